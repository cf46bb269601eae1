/* settings.h - everything an operator can set, as one table.
 *
 * A row gives a setting its flag (--port-file), its variable (RUNNEL_PORT_FILE), its key in the
 * configuration file (port-file), its default, its help and its field; flags, variables, help text,
 * manual, completions and `runnel config` all come from the row.
 * A flag beats a variable, a variable beats the file, the file beats the default. An empty variable
 * counts as unset. A list takes a flag or a line several times, or one of either, or a variable, with
 * commas; one given source replaces the other.
 * Nothing here looks at the machine: whoever calls gives the environment and reads the one file, so a
 * wrong value is found before anything happens. */
#ifndef RN_SERVER_SETTINGS_H
#define RN_SERVER_SETTINGS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { RN_SETTING_LIST_MAX = 16, RN_SETTING_TEXT_MAX = 4096 };

enum rn_setting_durability { RN_DURABILITY_SYNC, RN_DURABILITY_OS };
enum rn_setting_log_format { RN_LOG_FORMAT_TEXT, RN_LOG_FORMAT_JSON };

struct rn_setting_list {
    const char *items[RN_SETTING_LIST_MAX];
    uint32_t lines[RN_SETTING_LIST_MAX]; /* of the file, where they come from it */
    size_t count;
    bool is_default;
};

/* The values. Texts live in the arena, the arguments or the environment they came from. */
struct rn_settings {
    const char *config; /* the configuration file that was read; NULL: none */
    struct rn_setting_list listen;
    const char *port_file; /* NULL: none */
    const char *data;
    const char *region, *account;
    int64_t threads;
    const char *tls_cert, *tls_key; /* NULL: none */
    bool tls_self_signed, tls_only;
    bool auth, allow_remote;
    int64_t durability; /* enum rn_setting_durability */
    const char *limits; /* "aws", "off", or the path of a file: see limits.h */
    int64_t cache_bytes;
    int64_t segment_bytes;
    int64_t transition_delay_ms;
    int64_t on_demand_period_ms;
    int64_t subscription_ms;
    bool allow_clock_back;
    int64_t log_level;  /* enum rn_log_level */
    int64_t log_format; /* enum rn_setting_log_format */
};

enum rn_setting_type {
    RN_SETTING_TEXT,     /* const char * */
    RN_SETTING_LIST,     /* struct rn_setting_list */
    RN_SETTING_ON_OFF,   /* bool; takes on or off */
    RN_SETTING_SWITCH,   /* bool; the flag alone means on */
    RN_SETTING_CHOICE,   /* int64_t, index into choices */
    RN_SETTING_SIZE,     /* int64_t bytes: 64MiB */
    RN_SETTING_DURATION, /* int64_t milliseconds: 5m */
    RN_SETTING_INTEGER,  /* int64_t */
};

struct rn_setting {
    const char *name;         /* "port-file" */
    const char *value_name;   /* in help: "FILE" */
    const char *default_text; /* as an operator would write it; NULL: computed, or none */
    const char *default_note; /* in help, where default_text is NULL */
    const char *help;
    size_t offset;
    enum rn_setting_type type;
    const char *const *choices;     /* RN_SETTING_CHOICE, NULL-terminated */
    int64_t min, max;               /* SIZE, DURATION, INTEGER */
    bool (*fits)(const char *text); /* TEXT: may be NULL */
    const char *shape;              /* what `fits` wants, for the error: "12 digits" */
    bool is_live;                   /* a running server takes it over when told to reload */
};

const struct rn_setting *rn_setting_table(size_t *ret_count);

enum rn_setting_source { RN_SOURCE_DEFAULT, RN_SOURCE_FILE, RN_SOURCE_ENVIRONMENT, RN_SOURCE_FLAG };

/* Where values come from; a test gives its own environment. */
struct rn_setting_inputs {
    int argc; /* arguments after the subcommand's name */
    char **argv;
    const char *(*getenv)(void *arg, const char *name);
    void *getenv_arg;
    /* The whole configuration file, in the arena; RN_NOT_FOUND, RN_DENIED, RN_TOO_LARGE (more than
     * RN_SETTINGS_FILE_BYTES_MAX), RN_IO, RN_NOMEM. NULL: no file is looked for. */
    rn_err (*read_file)(void *arg, const char *path, struct rn_arena *arena, rn_str *ret_text);
    void *read_file_arg;
    bool is_root;
    unsigned cpus;
};

enum { RN_SETTINGS_MAX = 32 };

struct rn_settings_origin {
    enum rn_setting_source source[RN_SETTINGS_MAX]; /* by row of the table */
    uint32_t line[RN_SETTINGS_MAX];                 /* RN_SOURCE_FILE: the last one that set it */
};

/* RN_INVALID: the reason names the flag, the variable, or file and line, and the bad value.
 * RN_DENIED, RN_IO: the configuration file cannot be read. RN_NOMEM. */
RN_MUST_USE rn_err rn_settings_read(const struct rn_setting_inputs *inputs, struct rn_arena *arena,
                                    struct rn_settings *ret_settings,
                                    struct rn_settings_origin *ret_origin,
                                    struct rn_reason *reterr_reason);

enum { RN_SETTING_NAME_BYTES = 64, RN_SETTING_PLACE_BYTES = 320 };
/* "RUNNEL_PORT_FILE" for "port-file"; writes into `text` (RN_SETTING_NAME_BYTES) and returns it. */
char *rn_setting_variable(const struct rn_setting *setting, char *text);
/* Where the value in force was set: "--listen", "RUNNEL_LISTEN", "FILE:3" (of a long path its end) or
 * "default"; writes into `text` (RN_SETTING_PLACE_BYTES) and returns it. */
char *rn_setting_place(const struct rn_setting *setting, const struct rn_settings *settings,
                       const struct rn_settings_origin *origin, char *text);
/* The value in force as an operator would write it, in the arena; absent: not set, or no memory. */
rn_str rn_setting_text(const struct rn_setting *setting, const struct rn_settings *settings,
                       struct rn_arena *arena);

#endif
