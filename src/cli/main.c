/* main.c - the table of subcommands, and finding the one that was asked for. */
#include "cli/table.h"
#include "command/command.h"
#include "tool/exit.h"
#include "tool/options.h"

#include <stdio.h>
#include <string.h>

static const struct rn_command commands[] = {
    {"serve", "run a server", rn_command_serve},
    {"create", "create a stream", rn_command_create},
    {"list", "list streams", rn_command_list},
    {"describe", "show a stream and its shards", rn_command_describe},
    {"reshard", "give a stream another number of shards", rn_command_reshard},
    {"split", "split a shard in two", rn_command_split},
    {"merge", "merge two neighbouring shards", rn_command_merge},
    {"mode", "show or change who decides about the shards", rn_command_mode},
    {"consumers", "show, register or deregister consumers of a stream", rn_command_consumers},
    {"tag", "show, set or remove the tags of a stream", rn_command_tag},
    {"retention", "show or change how long a stream keeps its records", rn_command_retention},
    {"delete", "delete a stream", rn_command_delete},
    {"put", "write lines as records", rn_command_put},
    {"tail", "print records as they come", rn_command_tail},
    {"subscribe", "print records as they are pushed to a consumer", rn_command_subscribe},
    {"shards", "estimate how many shards a stream needs", rn_command_shards},
    {"limits", "show or change the limits of a server", rn_command_limits},
    {"env", "print shell settings that point AWS tools at the server", rn_command_env},
    {"config", "print the server's settings and where each comes from", rn_command_config},
    {"health", "ask a server whether it is ready", rn_command_health},
    {"version", "print the version", rn_command_version},
    {"help", "say more about a command", rn_command_help},
    {"docs", NULL, rn_command_docs},
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

const struct rn_command *rn_command_table(size_t *ret_count)
{
    *ret_count = COMMAND_COUNT;
    return commands;
}

static const struct rn_command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static void print_usage(FILE *out)
{
    (void)fputs("usage: runnel COMMAND [ARGUMENT...]\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (commands[i].help) {
            (void)fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
        }
    }
    (void)fputs("\nrunnel COMMAND --help tells the arguments of one. Exit codes:\n\n", out);
#define X(name, code, text) (void)fprintf(out, "  %3d  %s\n", code, text);
    RN_EXIT_MAP(X)
#undef X
}

static int unknown(const char *name)
{
    (void)fprintf(stderr, "runnel: unknown command \"%s\"; runnel help lists them\n", name);
    return RN_EXIT_USAGE;
}

int rn_command_help(int argc, char **argv)
{
    char help[] = "--help";
    const struct rn_command_line line = {.command = "help",
                                         .arguments = "[COMMAND]",
                                         .about = "Lists the commands, or says more about one.",
                                         .arguments_max = 1};
    const struct rn_command *command;
    char *arguments[3];

    if (rn_options_told(&line)) {
        return RN_EXIT_OK;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return RN_EXIT_OK;
    }
    command = find(argv[1]);
    if (!command) {
        return unknown(argv[1]);
    }
    arguments[0] = argv[1];
    arguments[1] = help;
    arguments[2] = NULL;
    return command->run(2, arguments);
}

int main(int argc, char **argv)
{
    const struct rn_command *command;
    int code;

    if (argc < 2) {
        print_usage(stderr);
        return RN_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        command = find("help");
    } else if (strcmp(argv[1], "--version") == 0) {
        command = find("version");
        argc = 2;
    } else {
        command = find(argv[1]);
    }
    if (!command) {
        return unknown(argv[1]);
    }
    if (strcmp(argv[1], command->name) != 0) { /* spelled as a flag */
        argc = 2;
    }
    code = command->run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 && code == RN_EXIT_OK) {
        (void)fputs("runnel: cannot write to standard output\n", stderr);
        return RN_EXIT_CANNOT_CREATE;
    }
    return code;
}
