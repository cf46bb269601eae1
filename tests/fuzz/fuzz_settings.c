/* The configuration file: all that an operator's editor can make of it.
 *
 * HOLDS      It is read, or refused with a reason that names the file. What was read lies within its bounds, and
 *            printed and read again it is the same. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/settings.h"
#include "server/settings_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char flag[] = "--config=/c";
static char *arguments[] = {flag, NULL};

static const char *no_variable(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "HOME") == 0 ? "/home" : NULL;
}

static rn_err give_text(void *arg, const char *path, struct rn_arena *arena, rn_str *ret_text)
{
    (void)arena;
    assert(strcmp(path, "/c") == 0);
    *ret_text = *(const rn_str *)arg;
    return RN_OK;
}

static rn_err read_text(rn_str text, struct rn_arena *arena, struct rn_settings *ret_settings)
{
    struct rn_setting_inputs inputs = {.argc = 1,
                                       .argv = arguments,
                                       .getenv = no_variable,
                                       .read_file = give_text,
                                       .read_file_arg = &text,
                                       .cpus = 2};
    struct rn_settings_origin origin;
    struct rn_reason reason = {""};
    rn_err err = rn_settings_read(&inputs, arena, ret_settings, &origin, &reason);

    assert(err == RN_OK || err == RN_INVALID || err == RN_NOMEM);
    assert(err != RN_INVALID || strncmp(reason.text, "/c:", 3) == 0);
    return err;
}

static bool is_bounded(const struct rn_setting *setting)
{
    return setting->type == RN_SETTING_SIZE || setting->type == RN_SETTING_DURATION ||
           setting->type == RN_SETTING_INTEGER;
}

/* The settings as a file. */
static rn_str print(const struct rn_settings *settings, struct rn_arena *arena)
{
    size_t count;
    const struct rn_setting *table = rn_setting_table(&count);
    rn_str file = RN_STR("");

    for (size_t i = 1; i < count; i++) { /* all but the file itself */
        rn_str text = rn_setting_text(&table[i], settings, arena);

        if (is_bounded(&table[i])) {
            int64_t number = *(const int64_t *)((const char *)settings + table[i].offset);

            assert(number >= table[i].min && number <= table[i].max);
        }
        if (text.data) {
            file = rn_arena_printf(arena, "%.*s%s=%.*s\n", RN_STR_ARG(file), table[i].name,
                                   RN_STR_ARG(text));
            assert(file.data);
        }
    }
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rn_arena *arena = rn_arena_new(64 * 1024 * 1024);
    char *copy = malloc(size + (size == 0));
    struct rn_settings settings, again;

    assert(arena && copy);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    if (size <= RN_SETTINGS_FILE_BYTES_MAX &&
        !read_text(rn_str_make(copy, size), arena, &settings)) {
        rn_str printed = print(&settings, arena);

        assert(read_text(printed, arena, &again) == RN_OK);
        assert(rn_str_eq(print(&again, arena), printed));
    }
    free(copy);
    rn_arena_free(arena);
    return 0;
}
