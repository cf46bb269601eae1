/* serve.c - runnel serve: the server. */
#include "command/serve.h"

#include "command/command.h"
#include "server/server.h"
#include "server/settings_file.h"
#include "sys/disk.h"
#include "sys/log.h"
#include "sys/process.h"
#include "sys/thread.h"
#include "tool/exit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_BYTES_MAX = 1024 * 1024 };

static void list_choices(const struct rn_setting *setting, char *text, size_t bytes)
{
    size_t len = 0;

    for (size_t i = 0; setting->choices[i]; i++) {
        len += (size_t)snprintf(text + len, bytes - len, "%s%s", i > 0 ? "|" : "",
                                setting->choices[i]);
        assert(len < bytes);
    }
}

void rn_serve_line_make(const char *command, const char *about, struct rn_serve_line *ret_line)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);

    memset(ret_line, 0, sizeof(*ret_line));
    for (size_t i = 0; i < count; i++) {
        const struct rn_setting *setting = &table[i];

        if (setting->type == RN_SETTING_CHOICE) {
            list_choices(setting, ret_line->choices[i], sizeof(ret_line->choices[i]));
        }
        ret_line->options[i] = (struct rn_option){
            .name = setting->name,
            .value = setting->value_name,
            .help = setting->help,
            .unset = setting->default_text ? setting->default_text : setting->default_note,
            .choices = setting->type == RN_SETTING_CHOICE   ? ret_line->choices[i]
                       : setting->type == RN_SETTING_ON_OFF ? "on|off"
                                                            : NULL,
            .repeats = setting->type == RN_SETTING_LIST,
        };
    }
    ret_line->line = (struct rn_command_line){
        .command = command,
        .arguments = "",
        .about = about,
        .options = ret_line->options,
        .option_count = count,
    };
}

bool rn_serve_line_answers(const struct rn_serve_line *line, int argc, char **argv)
{
    if (rn_options_told(&line->line)) {
        return true;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            rn_options_print_help(&line->line);
            return true;
        }
    }
    return false;
}

static const struct {
    rn_err err;
    enum rn_exit code;
} exits[] = {
    {RN_INVALID, RN_EXIT_USAGE},         {RN_BUSY, RN_EXIT_TAKEN},
    {RN_DENIED, RN_EXIT_DENIED},         {RN_NEWER, RN_EXIT_BAD_DATA},
    {RN_CORRUPT, RN_EXIT_BAD_DATA},      {RN_UNSUPPORTED, RN_EXIT_UNAVAILABLE},
    {RN_IO, RN_EXIT_CANNOT_CREATE},      {RN_FULL, RN_EXIT_CANNOT_CREATE},
    {RN_NOT_FOUND, RN_EXIT_UNAVAILABLE},
};

static int exit_of(rn_err err)
{
    for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
        if (exits[i].err == err) {
            return exits[i].code;
        }
    }
    return err == RN_OK ? RN_EXIT_OK : RN_EXIT_BUG;
}

static const char *from_environment(void *arg, const char *name)
{
    (void)arg;
    return getenv(name);
}

static rn_err read_file(void *arg, const char *path, struct rn_arena *arena, rn_str *ret_text)
{
    char *bytes;
    size_t len;
    rn_err err = rn_path_read(path, RN_SETTINGS_FILE_BYTES_MAX, &bytes, &len);

    (void)arg;
    if (!err) {
        *ret_text = rn_arena_dup(arena, rn_str_make(bytes, len));
        err = ret_text->data ? RN_OK : RN_NOMEM;
        free(bytes);
    }
    return err;
}

struct words {
    int argc;
    char **argv;
};

/* The flags, the environment and the file as they are now. */
static rn_err read_all(void *arg, struct rn_arena *arena, struct rn_serve_settings *ret_settings,
                       struct rn_reason *reterr_reason)
{
    const struct words *words = arg;
    struct rn_setting_inputs inputs = {
        .argc = words->argc - 1,
        .argv = words->argv + 1,
        .getenv = from_environment,
        .read_file = read_file,
        .is_root = rn_process_is_root(),
        .cpus = rn_cpu_count(),
    };

    return rn_settings_read(&inputs, arena, &ret_settings->values, &ret_settings->origin,
                            reterr_reason);
}

static rn_err reread(void *arg, struct rn_arena *arena, struct rn_settings *ret_settings,
                     struct rn_reason *reterr_reason)
{
    struct rn_serve_settings settings;
    rn_err err = read_all(arg, arena, &settings, reterr_reason);

    if (!err) {
        *ret_settings = settings.values;
    }
    return err;
}

int rn_serve_settings_read(int argc, char **argv, struct rn_serve_settings *ret_settings)
{
    struct words words = {argc, argv};
    struct rn_reason reason = {""};
    rn_err err;

    ret_settings->arena = rn_arena_new(SETTINGS_BYTES_MAX);
    err = ret_settings->arena ? read_all(&words, ret_settings->arena, ret_settings, &reason)
                              : RN_NOMEM;
    if (!err) {
        return RN_EXIT_OK;
    }
    (void)fprintf(stderr, "runnel %s: %s\n", argv[0],
                  reason.text[0] ? reason.text : rn_err_text(err));
    rn_serve_settings_done(ret_settings);
    return exit_of(err);
}

void rn_serve_settings_done(struct rn_serve_settings *settings)
{
    rn_arena_free(settings->arena);
    settings->arena = NULL;
}

/* The line that set the value, of a list the item, which `said` quotes. */
static uint32_t line_of(const struct rn_serve_settings *settings, const struct rn_setting *setting,
                        uint32_t otherwise, const char *said)
{
    const struct rn_setting_list *list =
        (const void *)((const char *)&settings->values + setting->offset);
    char quoted[RN_REASON_BYTES];

    for (size_t i = 0; setting->type == RN_SETTING_LIST && i < list->count; i++) {
        (void)snprintf(quoted, sizeof(quoted), "\"%s\"", list->items[i]);
        if (strstr(said, quoted)) {
            return list->lines[i];
        }
    }
    return otherwise;
}

/* What only the start finds wrong is named as a flag ("--listen: ..."): say where it was really set. */
static void correct_place(const struct rn_serve_settings *settings, struct rn_reason *reason)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);
    rn_str text = rn_str_c(reason->text), name;
    char place[RN_SETTING_PLACE_BYTES];
    struct rn_reason said = *reason;
    struct rn_settings_origin origin = settings->origin;

    if (!rn_str_starts(text, RN_STR("--"))) {
        return;
    }
    name = rn_str_make(text.data + 2, rn_str_find(text, ':', 0) - 2);
    for (size_t i = 0; i < count; i++) {
        enum rn_setting_source source = settings->origin.source[i];

        if (!rn_str_eq(name, rn_str_c(table[i].name)) || source == RN_SOURCE_DEFAULT ||
            source == RN_SOURCE_FLAG) {
            continue;
        }
        origin.line[i] = line_of(settings, &table[i], origin.line[i], said.text);
        rn_setting_place(&table[i], &settings->values, &origin, place);
        if (source == RN_SOURCE_FILE) {
            (void)rn_reason_set(reason, RN_INVALID, "%s: %s", place, said.text + 2);
        } else {
            (void)rn_reason_set(reason, RN_INVALID, "%s%s", place, said.text + 2 + name.len);
        }
    }
}

static const char about[] =
    "Serves the Kinesis Data Streams API until Ctrl-C or SIGTERM; a second one ends it at once.\n"
    "Every option can be given as a variable too: --port-file as RUNNEL_PORT_FILE, and so on; "
    "lists\n"
    "with commas; or as a line of the configuration file: port-file = FILE. An option beats a\n"
    "variable, a variable beats the file. SIGHUP reads them again: the log's settings change at\n"
    "once, others at the next start.\n"
    "RUNNEL_ROOT_ACCESS_KEY_ID and RUNNEL_ROOT_SECRET_ACCESS_KEY set the root access key, which "
    "is\n"
    "otherwise made at first start; either way DIR/credentials holds it.";

int rn_command_serve(int argc, char **argv)
{
    struct rn_serve_settings settings;
    struct words words = {argc, argv};
    struct rn_serve_line line;
    struct rn_reason reason = {""};
    rn_err err;
    int code;

    rn_serve_line_make("serve", about, &line);
    if (rn_serve_line_answers(&line, argc, argv)) {
        return RN_EXIT_OK;
    }
    code = rn_serve_settings_read(argc, argv, &settings);
    if (code) {
        return code;
    }
    err = rn_server_run(
        &(struct rn_server_options){
            .settings = &settings.values,
            .version = RN_VERSION,
            .root_key_id = getenv("RUNNEL_ROOT_ACCESS_KEY_ID"),
            .root_key_secret = getenv("RUNNEL_ROOT_SECRET_ACCESS_KEY"),
            .supervisor = {.notify_socket = getenv("NOTIFY_SOCKET"),
                           .watchdog_usec = getenv("WATCHDOG_USEC"),
                           .watchdog_pid = getenv("WATCHDOG_PID")},
            .reread = reread,
            .reread_arg = &words,
        },
        &reason);
    correct_place(&settings, &reason);
    if (err && settings.values.log_format == RN_LOG_FORMAT_JSON) {
        rn_log(RN_LOG_ERROR, "server", "%s", reason.text);
    } else if (err) {
        (void)fprintf(stderr, "runnel serve: %s\n", reason.text);
    }
    rn_serve_settings_done(&settings);
    return exit_of(err);
}
