/* options.h - the command line of a subcommand as a table: parsing, --help, the manual and the shells'
 * completions come from the same rows. */
#ifndef RN_TOOL_OPTIONS_H
#define RN_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rn_option {
    const char *name;  /* without the dashes */
    const char *value; /* what --help calls its value; NULL: a switch */
    const char *help;
    const char *
        *text; /* the value goes here; its content before parsing is the default, NULL: none */
    bool *on;  /* a switch */
    int64_t *number; /* a whole number between number_min and number_max */
    int64_t number_min, number_max;
    const char *choices; /* with text: "fail|skip|hash" */
    const char *unset;   /* what holds without it, in words, where no default can say it; or NULL */
    bool repeats;        /* may be given several times */
};

/* What a command does may be its first argument: "list" of `runnel tag list STREAM`. */
struct rn_verb {
    const char *name;
    const char *arguments; /* behind it: "STREAM" */
    size_t arguments_min, arguments_max;
};

struct rn_command_line {
    const char *command;   /* "put" */
    const char *arguments; /* "STREAM [FILE...]"; with verbs NULL */
    const char *about;     /* one or more sentences */
    const struct rn_option *options;
    size_t option_count;
    size_t arguments_min, arguments_max; /* with verbs theirs count */
    const struct rn_verb *verbs;         /* NULL: it does one thing */
    size_t verb_count;
    size_t *verb; /* which of them was named */
};

enum { RN_ARGUMENTS_MAX = 256, RN_GO_ON = -1 };

/* Fill what the rows point to; *ret_arguments gets the words that are no options, NULL behind the last; the verb is
 * not among them. Returns RN_GO_ON, or the exit code to end with: --help was asked for and printed, or the line is
 * wrong and that was said. "--" ends the options. */
int rn_options_parse(const struct rn_command_line *line, int argc, char **argv,
                     const char **ret_arguments, size_t *ret_count);

/* What --help prints. */
void rn_options_print_help(const struct rn_command_line *line);

/* While `fn` is set, a command's line is handed to it instead of being parsed, and the command ends at once:
 * this is how the tables reach the manual. Until the next call; NULL: parse. */
void rn_options_tell(void (*fn)(void *arg, const struct rn_command_line *line), void *arg);
/* Whether the line was told instead. For commands that parse themselves; rn_options_parse asks too. */
bool rn_options_told(const struct rn_command_line *line);

/* "runnel COMMAND: text" on standard error; returns `code`. */
int rn_complain(const char *command, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
