/* command.h - the subcommands of the binary: one function and one file each.
 *
 * argv[0] is the subcommand's own name ("put"), argv[argc] is NULL; the return value is the exit
 * code (exit.h). Each answers --help on standard output with exit code 0. Errors go to standard
 * error as "runnel put: <one sentence that names the bad value>". */
#ifndef RN_CLI_COMMAND_H
#define RN_CLI_COMMAND_H

#include <stddef.h>

int rn_command_serve(int argc, char **argv);
int rn_command_create(int argc, char **argv);
int rn_command_list(int argc, char **argv);
int rn_command_describe(int argc, char **argv);
int rn_command_delete(int argc, char **argv);
int rn_command_put(int argc, char **argv);
int rn_command_tail(int argc, char **argv);
int rn_command_shards(int argc, char **argv);
int rn_command_limits(int argc, char **argv);
int rn_command_env(int argc, char **argv);
int rn_command_config(int argc, char **argv);
int rn_command_health(int argc, char **argv);
int rn_command_version(int argc, char **argv);
int rn_command_help(int argc, char **argv);
int rn_command_docs(int argc, char **argv);

struct rn_command {
    const char *name;
    const char *help; /* one line; NULL: for the build, not shown to users */
    int (*run)(int argc, char **argv);
};

const struct rn_command *rn_command_table(size_t *ret_count);

#ifndef RN_VERSION /* the build says */
#define RN_VERSION "0"
#endif

#endif
