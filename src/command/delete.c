/* delete.c - `runnel delete`: a stream and all its records. */
#include "command/command.h"
#include "shape/kinesis.h"
#include "tool/connect.h"
#include "tool/exit.h"

int rn_command_delete(int argc, char **argv)
{
    struct rn_connect connect = {0};
    bool with_consumers = false;
    const struct rn_option options[] = {
        {.name = "with-consumers",
         .help = "also when consumers are registered",
         .on = &with_consumers},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "delete",
        .arguments = "STREAM",
        .about = "Deletes a stream and all its records, at once and for good.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 1,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_connect_begin(&line, argc, argv, &connect, arguments, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    struct rn_kinesis_delete_stream_request request = {.stream_name = rn_str_c(arguments[0])};

    if (with_consumers) {
        request.enforce_consumer_deletion = (struct rn_number){true, true};
    }
    return rn_connect_end("delete", client,
                          rn_client_call(client, "DeleteStream",
                                         &rn_kinesis_delete_stream_request_shape, &request, NULL,
                                         NULL));
}
