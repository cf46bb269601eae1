/* serve.h - what serve and config have in common: the server's settings on a command line. */
#ifndef RN_COMMAND_SERVE_H
#define RN_COMMAND_SERVE_H

#include "server/settings.h"
#include "tool/options.h"

/* Everything the settings were read into; the arena holds their texts. */
struct rn_serve_settings {
    struct rn_arena *arena;
    struct rn_settings values;
    struct rn_settings_origin origin;
};

/* From flags and environment. Otherwise says what is wrong on standard error and returns an exit code. */
int rn_serve_settings_read(int argc, char **argv, struct rn_serve_settings *ret_settings);
void rn_serve_settings_done(struct rn_serve_settings *settings);

/* The settings as the options of a command line, for --help, manual and completions; parsing them is
 * rn_serve_settings_read's. */
struct rn_serve_line {
    struct rn_command_line line;
    struct rn_option options[RN_SETTINGS_MAX];
    char choices[RN_SETTINGS_MAX][64];
};

void rn_serve_line_make(const char *command, const char *about, struct rn_serve_line *ret_line);
/* Whether the command has nothing more to do: its line was told, or --help printed. */
bool rn_serve_line_answers(const struct rn_serve_line *line, int argc, char **argv);

#endif
