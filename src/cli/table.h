/* table.h - the table of subcommands: which name is which function of command/command.h. */
#ifndef RN_CLI_TABLE_H
#define RN_CLI_TABLE_H

#include <stddef.h>

int rn_command_help(int argc, char **argv);
int rn_command_docs(int argc, char **argv);
int rn_command_version(int argc, char **argv);

struct rn_command {
    const char *name;
    const char *help; /* one line; NULL: for the build, not shown to users */
    int (*run)(int argc, char **argv);
};

const struct rn_command *rn_command_table(size_t *ret_count);

#endif
