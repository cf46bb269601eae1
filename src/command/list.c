/* list.c - `runnel list`: the streams of the account. */
#include <stdio.h>

#include "base/civil.h"
#include "client/list.h"
#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"

static void print_stream(void *arg, const struct rn_listed_stream *stream)
{
    const bool *with_details = arg;
    char created[RN_CIVIL_TEXT_BYTES];

    if (*with_details) {
        (void)printf("%-10.*s %-12.*s %s  ", RN_STR_ARG(stream->status), RN_STR_ARG(stream->mode),
                     rn_civil_iso(stream->created_ms, created));
    }
    (void)printf("%.*s\n", RN_STR_ARG(stream->name));
}

int rn_command_list(int argc, char **argv)
{
    struct rn_connect connect = {0};
    bool with_details = false;
    const struct rn_option options[] = {
        {.name = "long", .help = "with status, mode and time of creation", .on = &with_details},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "list",
        .arguments = "",
        .about = "Lists the streams, a name on each line.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_connect_begin(&line, argc, argv, &connect, arguments, &client);

    return code == RN_GO_ON ? rn_connect_end("list", client,
                                             rn_list_streams(client, print_stream, &with_details))
                            : code;
}
