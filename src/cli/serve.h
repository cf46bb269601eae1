/* serve.h - what serve and config have in common: the server's settings on a command line. */
#ifndef RN_CLI_SERVE_H
#define RN_CLI_SERVE_H

#include "server/settings.h"

/* Everything the settings were read into; the arena holds their texts. */
struct rn_serve_settings {
    struct rn_arena *arena;
    struct rn_settings values;
    struct rn_settings_origin origin;
};

/* Whether --help or -h is among the arguments. */
bool rn_serve_wants_help(int argc, char **argv);
/* From flags and environment. Otherwise says what is wrong on standard error and returns an exit code. */
int rn_serve_settings_read(int argc, char **argv, struct rn_serve_settings *ret_settings);
void rn_serve_settings_done(struct rn_serve_settings *settings);
/* The table of flags, on standard output. */
void rn_serve_print_flags(void);

#endif
