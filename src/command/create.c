/* create.c - `runnel create`: a new stream. */
#include "command/command.h"
#include "shape/kinesis.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/settle.h"

int rn_command_create(int argc, char **argv)
{
    struct rn_connect connect = {0};
    int64_t shards = 0;
    bool on_demand = false;
    const struct rn_option options[] = {
        {.name = "shards",
         .value = "N",
         .help = "shards of a provisioned stream; 1 unless --on-demand",
         .number = &shards,
         .number_min = 1,
         .number_max = 100000},
        {.name = "on-demand",
         .help = "let the service choose the number of shards",
         .on = &on_demand},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "create",
        .arguments = "STREAM",
        .about = "Creates a stream. It can be used when the command has ended.",
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
    struct rn_kinesis_stream_mode_details mode = {.stream_mode = RN_STR("ON_DEMAND")};
    struct rn_kinesis_create_stream_request request = {.stream_name = rn_str_c(arguments[0])};

    if (on_demand) {
        request.stream_mode_details = &mode;
    }
    if (shards || !on_demand) {
        request.shard_count = (struct rn_number){shards ? shards : 1, true};
    }
    enum runnel_err err = rn_client_call(
        client, "CreateStream", &rn_kinesis_create_stream_request_shape, &request, NULL, NULL);

    if (err) {
        return rn_connect_end("create", client, err);
    }
    rn_interrupt_watch(client, true);
    code = rn_settle("create", client, arguments[0]);
    runnel_client_free(client);
    return code;
}
