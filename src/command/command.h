/* command.h - the subcommands of the binary: a function each, most of them in a file of their own. Their names, and those that tell of
 * the program itself (help, docs, version), are in cli/table.h.
 *
 * argv[0] is the subcommand's own name ("put"), argv[argc] is NULL; the return value is the exit
 * code (exit.h). Each answers --help on standard output with exit code 0. Errors go to standard
 * error as "runnel put: <one sentence that names the bad value>". */
#ifndef RN_COMMAND_COMMAND_H
#define RN_COMMAND_COMMAND_H

int rn_command_serve(int argc, char **argv);
int rn_command_create(int argc, char **argv);
int rn_command_list(int argc, char **argv);
int rn_command_describe(int argc, char **argv);
int rn_command_delete(int argc, char **argv);
int rn_command_put(int argc, char **argv);
int rn_command_tail(int argc, char **argv);
int rn_command_subscribe(int argc, char **argv);
int rn_command_shards(int argc, char **argv);
int rn_command_reshard(int argc, char **argv);
int rn_command_split(int argc, char **argv);
int rn_command_merge(int argc, char **argv);
int rn_command_consumers(int argc, char **argv);
int rn_command_mode(int argc, char **argv);
int rn_command_tag(int argc, char **argv);
int rn_command_retention(int argc, char **argv);
int rn_command_limits(int argc, char **argv);
int rn_command_env(int argc, char **argv);
int rn_command_config(int argc, char **argv);
int rn_command_health(int argc, char **argv);

#ifndef RN_VERSION /* the build says */
#define RN_VERSION "0"
#endif

#endif
