/* reshard.c - `runnel reshard`: a stream gets another number of shards, all of one size. */
#include <stdio.h>

#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/plan.h"
#include "tool/settle.h"

enum { SHARDS_MAX = 100000 };

struct reshard {
    const char *stream;
    int64_t shards;
    bool plan, no_wait, quiet;
};

static int show_plan(struct runnel_client *client, const struct reshard *reshard)
{
    struct rn_shards shards;
    enum runnel_err err = rn_shards_read(client, reshard->stream, &shards);
    int code = err ? rn_connect_failed("reshard", client, err)
                   : rn_plan_print("reshard", &shards,
                                   &(struct rn_reshard){.kind = RN_RESHARD_COUNT,
                                                        .target = (uint32_t)reshard->shards});

    rn_shards_done(&shards);
    return code;
}

static int run(struct runnel_client *client, const struct reshard *reshard)
{
    struct rn_kinesis_update_shard_count_request request = {
        .stream_name = rn_str_c(reshard->stream),
        .target_shard_count = {reshard->shards, true},
        .scaling_type = RN_STR("UNIFORM_SCALING"),
    };
    struct rn_kinesis_update_shard_count_reply reply;
    enum runnel_err err =
        rn_client_call(client, "UpdateShardCount", &rn_kinesis_update_shard_count_request_shape,
                       &request, &rn_kinesis_update_shard_count_reply_shape, &reply);
    int64_t before;
    int code;

    if (err) {
        return rn_connect_failed("reshard", client, err);
    }
    before = reply.current_shard_count.value;
    code = reshard->no_wait ? RN_EXIT_OK : rn_settle("reshard", client, reshard->stream);
    if (code == RN_EXIT_OK && !reshard->no_wait && !reshard->quiet) {
        (void)rn_complain("reshard", 0, "%s went from %lld to %lld open shards", reshard->stream,
                          (long long)before, (long long)reshard->shards);
    }
    return code;
}

int rn_command_reshard(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct reshard reshard = {0};
    const struct rn_option options[] = {
        {.name = "shards",
         .value = "N",
         .help = "open shards afterwards, each with an equal part of the hash keys",
         .number = &reshard.shards,
         .number_min = 1,
         .number_max = SHARDS_MAX},
        {.name = "plan",
         .help = "show the splits and merges, and the shards afterwards, and do nothing",
         .on = &reshard.plan},
        {.name = "no-wait", .help = "end before the new shards are there", .on = &reshard.no_wait},
        {.name = "quiet", .help = "say nothing when all went well", .on = &reshard.quiet},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "reshard",
        .arguments = "STREAM --shards N",
        .about = "Gives a stream another number of shards: splits and merges until each has an "
                 "equal part of the hash keys.\nWaits until all are there; writing and reading go "
                 "on meanwhile.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 1,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code == RN_GO_ON && !reshard.shards) {
        code =
            rn_complain("reshard", RN_EXIT_USAGE,
                        "how many shards is missing: runnel reshard %s --shards N", arguments[0]);
    }
    code = code == RN_GO_ON ? rn_connect_client("reshard", &connect, &client) : code;
    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(client, true);
    reshard.stream = arguments[0];
    code = reshard.plan ? show_plan(client, &reshard) : run(client, &reshard);
    runnel_client_free(client);
    return code;
}
