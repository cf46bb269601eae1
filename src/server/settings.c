/* settings.c - the table of settings, and reading it from flags, variables and a file. */
#include "server/settings.h"

#include "server/settings_file.h"
#include "sys/log.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#define FIELD(name) offsetof(struct rn_settings, name)

static const char *const durability_choices[] = {
    [RN_DURABILITY_SYNC] = "sync", [RN_DURABILITY_OS] = "os", NULL};
static const char *const log_level_choices[] = {[RN_LOG_ERROR] = "error",
                                                [RN_LOG_WARN] = "warn",
                                                [RN_LOG_INFO] = "info",
                                                [RN_LOG_DEBUG] = "debug",
                                                NULL};
static const char *const log_format_choices[] = {
    [RN_LOG_FORMAT_TEXT] = "text", [RN_LOG_FORMAT_JSON] = "json", NULL};

static bool is_account(const char *text)
{
    return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

static bool is_region(const char *text)
{
    size_t len = strlen(text);

    return len >= 1 && len <= 32 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static const struct rn_setting table[] = {
    {.name = "config",
     .value_name = "FILE",
     .default_note = "/etc/runnel/runnel.conf as root, else $XDG_CONFIG_HOME/runnel/runnel.conf; "
                     "none if it is missing",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(config),
     .help = "read settings from this file: lines of the form key = value"},
    {.name = "listen",
     .value_name = "HOST:PORT",
     .default_text = "127.0.0.1:4567,[::1]:4567",
     .type = RN_SETTING_LIST,
     .offset = FIELD(listen),
     .help = "address to listen on, or unix:/PATH; may be repeated. Port 0 picks a free one, the "
             "same for all addresses"},
    {.name = "port-file",
     .value_name = "FILE",
     .default_note = "none",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(port_file),
     .help = "write the port here once connections are accepted"},
    {.name = "data",
     .value_name = "DIR",
     .default_note = "$STATE_DIRECTORY of a service, /var/lib/runnel as root, else "
                     "$XDG_STATE_HOME/runnel",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(data),
     .help = "directory that holds everything; made if missing"},
    {.name = "region",
     .value_name = "NAME",
     .default_text = "us-east-1",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(region),
     .fits = is_region,
     .shape = "lower-case letters, digits and '-'",
     .help = "AWS region to appear as; fixed in the data directory at first start"},
    {.name = "account",
     .value_name = "ID",
     .default_text = "000000000000",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(account),
     .fits = is_account,
     .shape = "12 digits",
     .help = "AWS account to appear as; fixed in the data directory at first start"},
    {.name = "threads",
     .value_name = "N",
     .default_note = "number of CPUs",
     .type = RN_SETTING_INTEGER,
     .offset = FIELD(threads),
     .min = 1,
     .max = 128,
     .help = "threads that serve connections"},
    {.name = "tls-cert",
     .value_name = "FILE",
     .default_note = "none",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(tls_cert),
     .help = "speak TLS, too, with this certificate and its chain (PEM); read again at SIGHUP"},
    {.name = "tls-key",
     .value_name = "FILE",
     .default_note = "none",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(tls_key),
     .help = "private key of --tls-cert (PEM)"},
    {.name = "tls-self-signed",
     .default_text = "off",
     .type = RN_SETTING_SWITCH,
     .offset = FIELD(tls_self_signed),
     .help = "speak TLS, too, with a certificate of an authority made for this data directory"},
    {.name = "tls-only",
     .default_text = "off",
     .type = RN_SETTING_SWITCH,
     .offset = FIELD(tls_only),
     .help = "refuse connections without TLS"},
    {.name = "auth",
     .value_name = "on|off",
     .default_text = "on",
     .type = RN_SETTING_ON_OFF,
     .offset = FIELD(auth),
     .help = "off lets every request in, signed or not; on loopback addresses only"},
    {.name = "allow-remote",
     .default_text = "off",
     .type = RN_SETTING_SWITCH,
     .offset = FIELD(allow_remote),
     .help = "with --auth off, listen on other addresses than loopback all the same"},
    {.name = "durability",
     .value_name = "sync|os",
     .default_text = "sync",
     .type = RN_SETTING_CHOICE,
     .offset = FIELD(durability),
     .choices = durability_choices,
     .help =
         "acknowledge records when they are on the disk, or when the operating system has them"},
    {.name = "limits",
     .value_name = "aws|off|FILE",
     .default_text = "aws",
     .type = RN_SETTING_TEXT,
     .offset = FIELD(limits),
     .help = "throughput and account limits: those of AWS, none, or AWS's with lines name = value"},
    {.name = "cache",
     .value_name = "SIZE",
     .default_text = "64MiB",
     .type = RN_SETTING_SIZE,
     .offset = FIELD(cache_bytes),
     .min = 1 << 20,
     .max = INT64_C(1) << 40,
     .help = "memory for recent records, used as they come"},
    {.name = "segment-size",
     .value_name = "SIZE",
     .default_text = "64MiB",
     .type = RN_SETTING_SIZE,
     .offset = FIELD(segment_bytes),
     .min = 1 << 20,
     .max = INT64_C(4) << 30,
     .help = "size of the files records are stored in"},
    {.name = "transition-delay",
     .value_name = "TIME",
     .default_text = "0",
     .type = RN_SETTING_DURATION,
     .offset = FIELD(transition_delay_ms),
     .min = 0,
     .max = 3600000,
     .help = "how long streams and consumers stay CREATING, UPDATING or DELETING, for tests that "
             "want to see it"},
    {.name = "on-demand-period",
     .value_name = "TIME",
     .default_text = "1m",
     .type = RN_SETTING_DURATION,
     .offset = FIELD(on_demand_period_ms),
     .min = 10,
     .max = 3600000,
     .help = "how often on-demand streams are fitted to their load; 1440 of them are a day"},
    {.name = "subscription-time",
     .value_name = "TIME",
     .default_text = "5m",
     .type = RN_SETTING_DURATION,
     .offset = FIELD(subscription_ms),
     .min = 1000,
     .max = 3600000,
     .help = "how long a SubscribeToShard lasts before its client has to ask again"},
    {.name = "allow-clock-back",
     .default_text = "off",
     .type = RN_SETTING_SWITCH,
     .offset = FIELD(allow_clock_back),
     .help = "start although the clock is more than an hour behind the stored records"},
    {.name = "log-level",
     .value_name = "LEVEL",
     .default_text = "info",
     .type = RN_SETTING_CHOICE,
     .offset = FIELD(log_level),
     .is_live = true,
     .choices = log_level_choices,
     .help = "error, warn, info or debug"},
    {.name = "log-format",
     .value_name = "text|json",
     .default_text = "text",
     .type = RN_SETTING_CHOICE,
     .offset = FIELD(log_format),
     .is_live = true,
     .choices = log_format_choices,
     .help = "form of the log on standard error"},
};
enum { TABLE_COUNT = sizeof(table) / sizeof(table[0]) };
_Static_assert((int)TABLE_COUNT <= (int)RN_SETTINGS_MAX, "an origin for every setting");

const struct rn_setting *rn_setting_table(size_t *ret_count)
{
    *ret_count = TABLE_COUNT;
    return table;
}

char *rn_setting_variable(const struct rn_setting *setting, char *text)
{
    int len = snprintf(text, RN_SETTING_NAME_BYTES, "RUNNEL_%s", setting->name);

    assert(len > 0 && len < RN_SETTING_NAME_BYTES);
    for (char *at = text; *at; at++) {
        if (*at == '-') {
            *at = '_';
        } else if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
    return text;
}

static void *field(const struct rn_setting *setting, struct rn_settings *settings)
{
    return (char *)settings + setting->offset;
}

static const void *field_const(const struct rn_setting *setting, const struct rn_settings *settings)
{
    return (const char *)settings + setting->offset;
}

/* A number with one of `units` behind it. */
struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit size_units[] = {{"", 1},
                                         {"B", 1},
                                         {"KiB", INT64_C(1) << 10},
                                         {"MiB", INT64_C(1) << 20},
                                         {"GiB", INT64_C(1) << 30},
                                         {"TiB", INT64_C(1) << 40},
                                         {NULL, 0}};
static const struct unit duration_units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                             {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static bool read_number(const char *text, const struct unit *units, int64_t *ret_value)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t number;

    if (!rn_str_to_u64(rn_str_make(text, digits), &number) || number > INT64_MAX) {
        return false;
    }
    if (number == 0 && text[digits] == '\0') { /* nothing needs no unit */
        *ret_value = 0;
        return true;
    }
    for (const struct unit *unit = units; unit->name; unit++) {
        if (strcmp(text + digits, unit->name) == 0) {
            return !__builtin_mul_overflow((int64_t)number, unit->factor, ret_value);
        }
    }
    return false;
}

/* In the largest unit that leaves a whole number. */
static rn_str number_text(int64_t number, const struct unit *units, struct rn_arena *arena)
{
    const struct unit *best = &units[0];

    for (const struct unit *unit = units; unit->name; unit++) {
        if (number != 0 && number % unit->factor == 0) {
            best = unit;
        }
    }
    return rn_arena_printf(arena, "%" PRId64 "%s", number / best->factor, number ? best->name : "");
}

/* One value from one place. `where` names that place in errors: "--threads", "RUNNEL_THREADS" or
 * "FILE:3: threads". */
struct value {
    const struct rn_setting *setting;
    const char *where;
    const char *text;
    struct rn_arena *arena;
    struct rn_reason *reason;
    uint32_t line; /* of the file; 0: from elsewhere */
};

static rn_err set_bounded(const struct value *value, const struct unit *units, const char *shape,
                          int64_t *ret_number)
{
    int64_t number;

    if (!read_number(value->text, units, &number)) {
        return rn_reason_set(value->reason, RN_INVALID, "%s: \"%s\" is not %s", value->where,
                             value->text, shape);
    }
    if (number < value->setting->min || number > value->setting->max) {
        rn_str min = number_text(value->setting->min, units, value->arena);
        rn_str max = number_text(value->setting->max, units, value->arena);

        return rn_reason_set(value->reason, RN_INVALID, "%s: \"%s\" is not between %.*s and %.*s",
                             value->where, value->text, RN_STR_ARG(min), RN_STR_ARG(max));
    }
    *ret_number = number;
    return RN_OK;
}

static rn_err set_on_off(const struct value *value, bool *ret_on)
{
    if (strcmp(value->text, "on") != 0 && strcmp(value->text, "off") != 0) {
        return rn_reason_set(value->reason, RN_INVALID, "%s: \"%s\" is neither on nor off",
                             value->where, value->text);
    }
    *ret_on = value->text[1] == 'n';
    return RN_OK;
}

static rn_err set_choice(const struct value *value, int64_t *ret_index)
{
    const char *const *choices = value->setting->choices;
    char list[128] = "";
    size_t len = 0;

    for (int64_t i = 0; choices[i]; i++) {
        if (strcmp(value->text, choices[i]) == 0) {
            *ret_index = i;
            return RN_OK;
        }
        len +=
            (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "", choices[i]);
        assert(len < sizeof(list));
    }
    return rn_reason_set(value->reason, RN_INVALID, "%s: \"%s\" is not one of: %s", value->where,
                         value->text, list);
}

static rn_err set_text(const struct value *value, const char **ret_text)
{
    const struct rn_setting *setting = value->setting;

    if (strlen(value->text) > RN_SETTING_TEXT_MAX) {
        return rn_reason_set(value->reason, RN_INVALID, "%s: longer than %d bytes", value->where,
                             RN_SETTING_TEXT_MAX);
    }
    if (setting->fits && !setting->fits(value->text)) {
        return rn_reason_set(value->reason, RN_INVALID, "%s: \"%s\" is not %s", value->where,
                             value->text, setting->shape);
    }
    if (value->text[0] == '\0') {
        return rn_reason_set(value->reason, RN_INVALID, "%s: empty", value->where);
    }
    *ret_text = value->text;
    return RN_OK;
}

/* Items of a list, parted by commas, are added to what is there. */
static rn_err add_items(const struct value *value, struct rn_setting_list *list)
{
    rn_str text = rn_str_c(value->text);

    for (size_t from = 0; from <= text.len;) {
        size_t end = rn_str_find(text, ',', from);
        rn_str item = rn_str_trim(rn_str_make(text.data + from, end - from));

        if (item.len == 0) {
            return rn_reason_set(value->reason, RN_INVALID, "%s: \"%s\" has an empty item",
                                 value->where, value->text);
        }
        if (list->count == RN_SETTING_LIST_MAX) {
            return rn_reason_set(value->reason, RN_INVALID, "%s: more than %d items", value->where,
                                 RN_SETTING_LIST_MAX);
        }
        item = rn_arena_dup(value->arena, item);
        if (!item.data) {
            return RN_NOMEM;
        }
        list->lines[list->count] = value->line;
        list->items[list->count++] = item.data;
        from = end + 1;
    }
    return RN_OK;
}

static rn_err set_value(const struct value *value, struct rn_settings *settings)
{
    void *at = field(value->setting, settings);

    switch (value->setting->type) {
    case RN_SETTING_TEXT:
        return set_text(value, at);
    case RN_SETTING_LIST:
        return add_items(value, at);
    case RN_SETTING_ON_OFF:
    case RN_SETTING_SWITCH:
        return set_on_off(value, at);
    case RN_SETTING_CHOICE:
        return set_choice(value, at);
    case RN_SETTING_SIZE:
        return set_bounded(value, size_units, "a size such as 64MiB", at);
    case RN_SETTING_DURATION:
        return set_bounded(value, duration_units, "a time such as 500ms, 30s or 5m", at);
    case RN_SETTING_INTEGER:
        return set_bounded(value, no_units, "a whole number", at);
    }
    assert(false && "a setting has a type");
    return RN_INVALID;
}

/* An absolute path in a variable: a relative one is to be ignored, the standards say. With several
 * (a service manager separates them by colons) there is no telling which is meant. */
static const char *directory_in(const struct rn_setting_inputs *inputs, const char *variable)
{
    const char *path = inputs->getenv(inputs->getenv_arg, variable);

    return path && path[0] == '/' && !strchr(path, ':') ? path : NULL;
}

/* $XDG/tail, or $HOME/otherwise/tail; absent: neither is set, or no memory. */
static rn_str home_path(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                        const char *xdg, const char *otherwise, const char *tail)
{
    const char *base = directory_in(inputs, xdg);
    const char *home = inputs->getenv(inputs->getenv_arg, "HOME");

    if (base) {
        return rn_arena_printf(arena, "%s/%s", base, tail);
    }
    if (home && home[0] == '/') {
        return rn_arena_printf(arena, "%s/%s/%s", home, otherwise, tail);
    }
    return RN_STR_NONE;
}

static rn_err default_data(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                           struct rn_settings *settings, struct rn_reason *reason)
{
    settings->data = directory_in(inputs, "STATE_DIRECTORY");
    if (!settings->data && inputs->is_root) {
        settings->data = "/var/lib/runnel";
    }
    if (!settings->data) {
        settings->data = home_path(inputs, arena, "XDG_STATE_HOME", ".local/state", "runnel").data;
    }
    return settings->data
               ? RN_OK
               : rn_reason_set(
                     reason, RN_INVALID,
                     "--data: neither HOME nor XDG_STATE_HOME is set, so name a directory");
}

/* NULL: there is no place to look. */
static const char *default_config(const struct rn_setting_inputs *inputs, struct rn_arena *arena)
{
    const char *directory = directory_in(inputs, "CONFIGURATION_DIRECTORY");

    if (directory) {
        return rn_arena_printf(arena, "%s/runnel.conf", directory).data;
    }
    if (inputs->is_root) {
        return "/etc/runnel/runnel.conf";
    }
    return home_path(inputs, arena, "XDG_CONFIG_HOME", ".config", "runnel/runnel.conf").data;
}

static rn_err set_defaults(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                           struct rn_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct value value = {&table[i], table[i].name, table[i].default_text, arena, NULL, 0};
        rn_err err = value.text ? set_value(&value, settings) : RN_OK;

        if (err) {
            return err;
        }
    }
    settings->listen.is_default = true;
    settings->threads = inputs->cpus < 128 ? (int64_t)inputs->cpus : 128;
    return RN_OK;
}

/* Sets one value given by an operator. The first item of a list removes those of a lesser source. */
static rn_err give(const struct value *value, enum rn_setting_source source,
                   struct rn_settings *settings, struct rn_settings_origin *origin)
{
    size_t row = (size_t)(value->setting - table);

    if (value->setting->type == RN_SETTING_LIST && origin->source[row] != source) {
        *(struct rn_setting_list *)field(value->setting, settings) =
            (struct rn_setting_list){.count = 0};
    }
    origin->source[row] = source;
    return set_value(value, settings);
}

static rn_err read_variables(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                             struct rn_settings *settings, struct rn_settings_origin *origin,
                             struct rn_reason *reason)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        char name[RN_SETTING_NAME_BYTES];
        const char *text = inputs->getenv(inputs->getenv_arg, rn_setting_variable(&table[i], name));
        struct value value = {&table[i], name, text, arena, reason, 0};
        rn_err err =
            text && text[0] ? give(&value, RN_SOURCE_ENVIRONMENT, settings, origin) : RN_OK;

        if (err) {
            return err;
        }
    }
    return RN_OK;
}

static const struct rn_setting *find_flag(rn_str name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (rn_str_eq(name, rn_str_c(table[i].name))) {
            return &table[i];
        }
    }
    return NULL;
}

static rn_err read_flags(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                         struct rn_settings *settings, struct rn_settings_origin *origin,
                         struct rn_reason *reason)
{
    for (int i = 0; i < inputs->argc; i++) {
        rn_str argument = rn_str_c(inputs->argv[i]);
        size_t equals = rn_str_find(argument, '=', 0);
        struct value value = {.arena = arena, .reason = reason};
        char where[RN_SETTING_NAME_BYTES + 2];
        rn_err err;

        if (!rn_str_starts(argument, RN_STR("--"))) {
            return rn_reason_set(reason, RN_INVALID, "\"%s\" is not a flag", inputs->argv[i]);
        }
        value.setting = find_flag(rn_str_make(argument.data + 2, equals - 2));
        if (!value.setting) {
            return rn_reason_set(reason, RN_INVALID, "unknown flag \"%.*s\"", (int)equals,
                                 argument.data);
        }
        (void)snprintf(where, sizeof(where), "--%s", value.setting->name);
        value.where = where;
        if (equals < argument.len) {
            value.text = argument.data + equals + 1;
        } else if (value.setting->type == RN_SETTING_SWITCH) {
            value.text = "on";
        } else if (i + 1 < inputs->argc && strncmp(inputs->argv[i + 1], "--", 2) != 0) {
            value.text = inputs->argv[++i];
        } else {
            return rn_reason_set(reason, RN_INVALID, "%s needs a value: %s", where,
                                 value.setting->value_name);
        }
        err = give(&value, RN_SOURCE_FLAG, settings, origin);
        if (err) {
            return err;
        }
    }
    return RN_OK;
}

/* ---- the file ------------------------------------------------------------------------------ */

enum { SHOWN_PATH_BYTES = 200, SHOWN_KEY_BYTES = 64 };

/* "FILE:3", of a long path its end: the value that is wrong must find room behind it. */
static void place_of(const char *path, uint32_t line, char *text, size_t bytes)
{
    size_t len = strlen(path);
    bool is_long = len > SHOWN_PATH_BYTES;

    (void)snprintf(text, bytes, "%s%s:%" PRIu32, is_long ? "..." : "",
                   path + (is_long ? len - SHOWN_PATH_BYTES : 0), line);
}

char *rn_setting_place(const struct rn_setting *setting, const struct rn_settings *settings,
                       const struct rn_settings_origin *origin, char *text)
{
    size_t row = (size_t)(setting - table);

    switch (origin->source[row]) {
    case RN_SOURCE_FILE:
        place_of(settings->config, origin->line[row], text, RN_SETTING_PLACE_BYTES);
        break;
    case RN_SOURCE_ENVIRONMENT:
        rn_setting_variable(setting, text);
        break;
    case RN_SOURCE_FLAG:
        (void)snprintf(text, RN_SETTING_PLACE_BYTES, "--%s", setting->name);
        break;
    case RN_SOURCE_DEFAULT:
        (void)snprintf(text, RN_SETTING_PLACE_BYTES, "default");
        break;
    }
    return text;
}

static rn_err check_key(const struct rn_setting *setting, const struct rn_settings_line *line,
                        const char *place, const struct rn_settings_origin *origin,
                        struct rn_reason *reason)
{
    if (!setting) {
        return rn_reason_set(
            reason, RN_INVALID, "%s: \"%.*s\" is no setting; runnel serve --help lists them", place,
            line->key.len < SHOWN_KEY_BYTES ? (int)line->key.len : SHOWN_KEY_BYTES, line->key.data);
    }
    if (setting->offset == FIELD(config)) {
        return rn_reason_set(reason, RN_INVALID, "%s: config: \"%.*s\": a file cannot name another",
                             place, RN_STR_ARG(line->value));
    }
    if (setting->type != RN_SETTING_LIST && origin->source[setting - table] == RN_SOURCE_FILE) {
        return rn_reason_set(reason, RN_INVALID,
                             "%s: %s: \"%.*s\": line %" PRIu32 " has set it already", place,
                             setting->name, RN_STR_ARG(line->value), origin->line[setting - table]);
    }
    return RN_OK;
}

static rn_err give_line(const struct rn_settings_line *line, const char *place,
                        struct rn_arena *arena, struct rn_settings *settings,
                        struct rn_settings_origin *origin, struct rn_reason *reason)
{
    const struct rn_setting *setting = find_flag(line->key);
    char where[SHOWN_PATH_BYTES + RN_SETTING_NAME_BYTES + 32];
    rn_err err = check_key(setting, line, place, origin, reason);
    rn_str text = err ? RN_STR_NONE : rn_arena_dup(arena, line->value);

    if (err) {
        return err;
    }
    if (!text.data) {
        return RN_NOMEM;
    }
    (void)snprintf(where, sizeof(where), "%s: %s", place, setting->name);
    origin->line[setting - table] = line->number;
    return give(&(struct value){setting, where, text.data, arena, reason, line->number},
                RN_SOURCE_FILE, settings, origin);
}

static rn_err read_lines(const char *path, rn_str text, struct rn_arena *arena,
                         struct rn_settings *settings, struct rn_settings_origin *origin,
                         struct rn_reason *reason)
{
    struct rn_settings_file file = {.rest = text};
    struct rn_settings_line line;
    struct rn_reason wrong;
    char place[SHOWN_PATH_BYTES + 32];
    rn_err err;

    while ((err = rn_settings_file_next(&file, &line, &wrong)) == RN_OK) {
        place_of(path, line.number, place, sizeof(place));
        err = give_line(&line, place, arena, settings, origin, reason);
        if (err) {
            return err;
        }
    }
    if (err == RN_CLOSED) {
        return RN_OK;
    }
    place_of(path, file.number, place, sizeof(place));
    return rn_reason_set(reason, err, "%s: %s", place, wrong.text);
}

/* *ret_path: the file to read, NULL when there is none; *ret_text: what it says. */
static rn_err open_file(const struct rn_setting_inputs *inputs, const char *named,
                        struct rn_arena *arena, const char **ret_path, rn_str *ret_text,
                        struct rn_reason *reason)
{
    const char *path = named ? named : default_config(inputs, arena);
    rn_err err =
        path ? inputs->read_file(inputs->read_file_arg, path, arena, ret_text) : RN_NOT_FOUND;

    *ret_path = err ? NULL : path;
    if (!err || err == RN_NOMEM || (err == RN_NOT_FOUND && !named)) {
        return err == RN_NOMEM ? err : RN_OK;
    }
    if (err == RN_TOO_LARGE) {
        return rn_reason_set(reason, RN_INVALID, "the configuration file %s has more than %d bytes",
                             path, RN_SETTINGS_FILE_BYTES_MAX);
    }
    return rn_reason_set(reason, err == RN_NOT_FOUND ? RN_INVALID : err,
                         "cannot read the configuration file %s: %s", path,
                         err == RN_INVALID ? "it is a directory" : rn_err_text(err));
}

/* What variables and flags say; the lesser sources went before. */
static rn_err read_given(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                         struct rn_settings *settings, struct rn_settings_origin *origin,
                         struct rn_reason *reason)
{
    rn_err err = read_variables(inputs, arena, settings, origin, reason);

    return err ? err : read_flags(inputs, arena, settings, origin, reason);
}

/* The file's values lie below those of variables and flags, which say where the file is: so all is
 * read again, in order. */
static rn_err read_with_file(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                             struct rn_settings *settings, struct rn_settings_origin *origin,
                             struct rn_reason *reason)
{
    const char *path;
    rn_str text;
    rn_err err = open_file(inputs, settings->config, arena, &path, &text, reason);

    if (err || !path) {
        return err;
    }
    memset(origin, 0, sizeof(*origin));
    err = set_defaults(inputs, arena, settings);
    settings->config = path;
    if (!err) {
        err = read_lines(path, text, arena, settings, origin, reason);
    }
    return err ? err : read_given(inputs, arena, settings, origin, reason);
}

rn_err rn_settings_read(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                        struct rn_settings *ret_settings, struct rn_settings_origin *ret_origin,
                        struct rn_reason *reterr_reason)
{
    rn_err err = set_defaults(inputs, arena, ret_settings);

    memset(ret_origin, 0, sizeof(*ret_origin));
    if (!err) {
        err = read_given(inputs, arena, ret_settings, ret_origin, reterr_reason);
    }
    if (!err && inputs->read_file) {
        err = read_with_file(inputs, arena, ret_settings, ret_origin, reterr_reason);
    }
    if (!err && !ret_settings->data) {
        err = default_data(inputs, arena, ret_settings, reterr_reason);
    }
    return err;
}

static rn_str list_text(const struct rn_setting_list *list, struct rn_arena *arena)
{
    rn_str text = RN_STR("");

    for (size_t i = 0; i < list->count && text.data; i++) {
        text =
            rn_arena_printf(arena, "%.*s%s%s", RN_STR_ARG(text), i > 0 ? "," : "", list->items[i]);
    }
    return text;
}

rn_str rn_setting_text(const struct rn_setting *setting, const struct rn_settings *settings,
                       struct rn_arena *arena)
{
    const void *at = field_const(setting, settings);

    switch (setting->type) {
    case RN_SETTING_TEXT:
        return rn_str_c(*(const char *const *)at);
    case RN_SETTING_LIST:
        return list_text(at, arena);
    case RN_SETTING_ON_OFF:
    case RN_SETTING_SWITCH:
        return *(const bool *)at ? RN_STR("on") : RN_STR("off");
    case RN_SETTING_CHOICE:
        return rn_str_c(setting->choices[*(const int64_t *)at]);
    case RN_SETTING_SIZE:
        return number_text(*(const int64_t *)at, size_units, arena);
    case RN_SETTING_DURATION:
        return number_text(*(const int64_t *)at, duration_units, arena);
    case RN_SETTING_INTEGER:
        return number_text(*(const int64_t *)at, no_units, arena);
    }
    assert(false && "a setting has a type");
    return RN_STR_NONE;
}
