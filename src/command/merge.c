/* merge.c - `runnel merge`: two neighbouring shards become one. */
#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/plan.h"
#include "tool/settle.h"
#include "tool/shards.h"

struct merge {
    const char *stream;
    bool plan, no_wait;
};

/* The lower one comes first; that they touch is asked of the service alone unless a plan is wanted. */
static int put_in_order(struct rn_lineage_shard *pair)
{
    char lower[RN_SHARD_ID_TEXT_BYTES], upper[RN_SHARD_ID_TEXT_BYTES];

    if (pair[0].range.start > pair[1].range.start) {
        struct rn_lineage_shard first = pair[0];

        pair[0] = pair[1];
        pair[1] = first;
    }
    if (pair[0].range.end + 1 == pair[1].range.start) {
        return RN_GO_ON;
    }
    (void)rn_shard_id_format(pair[0].index, lower);
    (void)rn_shard_id_format(pair[1].index, upper);
    return rn_complain("merge", RN_EXIT_USAGE, "the hash keys of %s and %s do not touch", lower,
                       upper);
}

static enum runnel_err call(struct runnel_client *client, const char *stream,
                            const struct rn_lineage_shard *pair)
{
    char lower[RN_SHARD_ID_TEXT_BYTES], upper[RN_SHARD_ID_TEXT_BYTES];
    struct rn_kinesis_merge_shards_request request = {
        .stream_name = rn_str_c(stream),
        .shard_to_merge = rn_str_make(lower, rn_shard_id_format(pair[0].index, lower)),
        .adjacent_shard_to_merge = rn_str_make(upper, rn_shard_id_format(pair[1].index, upper)),
    };

    return rn_client_call(client, "MergeShards", &rn_kinesis_merge_shards_request_shape, &request,
                          NULL, NULL);
}

static int run(struct runnel_client *client, const struct merge *merge, const char *const *words)
{
    struct rn_lineage_shard pair[2];
    struct rn_shards shards;
    int code = rn_shards_find("merge", client, merge->stream, words, 2, &shards, pair);
    enum runnel_err err;

    code = code == RN_GO_ON ? put_in_order(pair) : code;
    if (code == RN_GO_ON && merge->plan) {
        code = rn_plan_print("merge", &shards,
                             &(struct rn_reshard){.kind = RN_RESHARD_MERGE,
                                                  .shard = pair[0].index,
                                                  .adjacent = pair[1].index});
    }
    rn_shards_done(&shards);
    if (code != RN_GO_ON) {
        return code;
    }
    err = call(client, merge->stream, pair);
    if (err) {
        return rn_connect_failed("merge", client, err);
    }
    return merge->no_wait ? RN_EXIT_OK
                          : rn_settle_children("merge", client, merge->stream, pair[0].index);
}

int rn_command_merge(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct merge merge = {0};
    const struct rn_option options[] = {
        {.name = "plan", .help = "show what would come of it and do nothing", .on = &merge.plan},
        {.name = "no-wait", .help = "end before the new shard is there", .on = &merge.no_wait},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "merge",
        .arguments = "STREAM SHARD SHARD",
        .about = "Merges two shards whose hash keys touch, in either order, waits for the new one "
                 "and prints its id. Their\nrecords stay in them, and are read before those of "
                 "their child.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 3,
        .arguments_max = 3,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_connect_begin(&line, argc, argv, &connect, arguments, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(client, true);
    merge.stream = arguments[0];
    code = run(client, &merge, arguments + 1);
    runnel_client_free(client);
    return code;
}
