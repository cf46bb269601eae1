/* step.c - `runnel split` and `runnel merge`: one step of a reshard, by hand. */
#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/plan.h"
#include "tool/settle.h"
#include "tool/shards.h"

struct step {
    const char *command, *stream;
    bool plan, no_wait;
    struct rn_reshard reshard;
};

/* The options that both have; to be put into a table of options. */
#define STEP_OPTIONS(step)                                                                       \
    {.name = "plan", .help = "show what would come of it and do nothing", .on = &(step).plan},   \
    {                                                                                            \
        .name = "no-wait", .help = "end before what comes of it is there", .on = &(step).no_wait \
    }

static enum runnel_err call(struct runnel_client *client, const struct step *step)
{
    const struct rn_reshard *reshard = &step->reshard;
    char id[RN_SHARD_ID_TEXT_BYTES], adjacent[RN_SHARD_ID_TEXT_BYTES], key[RN_HASH_KEY_TEXT_BYTES];
    rn_str stream = rn_str_c(step->stream),
           shard = rn_str_make(id, rn_shard_id_format(reshard->shard, id));

    if (reshard->kind == RN_RESHARD_SPLIT) {
        struct rn_kinesis_split_shard_request request = {
            .stream_name = stream,
            .shard_to_split = shard,
            .new_starting_hash_key = rn_str_make(key, rn_hash_key_format(reshard->hash_key, key)),
        };

        return rn_client_call(client, "SplitShard", &rn_kinesis_split_shard_request_shape, &request,
                              NULL, NULL);
    }
    struct rn_kinesis_merge_shards_request request = {
        .stream_name = stream,
        .shard_to_merge = shard,
        .adjacent_shard_to_merge =
            rn_str_make(adjacent, rn_shard_id_format(reshard->adjacent, adjacent)),
    };

    return rn_client_call(client, "MergeShards", &rn_kinesis_merge_shards_request_shape, &request,
                          NULL, NULL);
}

/* Show the step, or take it. */
static int take(struct runnel_client *client, const struct step *step,
                const struct rn_shards *shards)
{
    enum runnel_err err;

    if (step->plan) {
        return rn_plan_print(step->command, shards, &step->reshard);
    }
    err = call(client, step);
    if (err) {
        return rn_connect_failed(step->command, client, err);
    }
    return step->no_wait
               ? RN_EXIT_OK
               : rn_settle_children(step->command, client, step->stream, step->reshard.shard);
}

/* ---- split -------------------------------------------------------------------------------- */

/* "30%" of the shard's own hash keys, 1 to 99; false: it is something else. */
static bool parse_percent(const char *text, struct rn_hash_range range, rn_u128 *ret_key)
{
    size_t len = strlen(text);
    uint64_t percent;

    if (!len || text[len - 1] != '%' || !rn_str_to_u64(rn_str_make(text, len - 1), &percent) ||
        percent < 1 || percent > 99) {
        return false;
    }
    /* (end - start + 1) * percent / 100 without passing 2^128 */
    rn_u128 less_one = range.end - range.start;

    *ret_key = range.start + less_one / 100 * percent + (less_one % 100 * percent + percent) / 100;
    return true;
}

/* The hash key to split at; RN_GO_ON, or what is wrong was said. The rule is the service's. */
static int choose_key(const char *at, struct rn_hash_range range, rn_u128 *ret_key)
{
    char low[RN_HASH_KEY_TEXT_BYTES], high[RN_HASH_KEY_TEXT_BYTES];

    if (!parse_percent(at, range, ret_key) && rn_hash_key_parse(rn_str_c(at), ret_key)) {
        return rn_complain("split", RN_EXIT_USAGE,
                           "--at must be a hash key or a percentage such as 30%%, not '%s'", at);
    }
    if (*ret_key <= range.start + 1 || *ret_key >= range.end) {
        (void)rn_hash_key_format(range.start, low);
        (void)rn_hash_key_format(range.end, high);
        return rn_complain("split", RN_EXIT_USAGE,
                           "--at %s must be over %s + 1 and under %s: the shard's hash keys end "
                           "there",
                           at, low, high);
    }
    return RN_GO_ON;
}

static int split(struct runnel_client *client, struct step *step, const char *at,
                 const char *const *words)
{
    struct rn_shards shards;
    struct rn_lineage_shard shard;
    int code = rn_shards_find("split", client, step->stream, words, 1, &shards, &shard);

    step->reshard = (struct rn_reshard){.kind = RN_RESHARD_SPLIT};
    code = code == RN_GO_ON ? choose_key(at, shard.range, &step->reshard.hash_key) : code;
    if (code == RN_GO_ON) {
        step->reshard.shard = shard.index;
        code = take(client, step, &shards);
    }
    rn_shards_done(&shards);
    return code;
}

int rn_command_split(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct step step = {.command = "split"};
    const char *at = "50%";
    const struct rn_option options[] = {
        {.name = "at",
         .value = "WHERE",
         .help = "where the upper part begins: a hash key, or a part of the shard's own in percent",
         .text = &at},
        STEP_OPTIONS(step),
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "split",
        .arguments = "STREAM SHARD",
        .about = "Splits a shard in two, waits for them and prints their ids. Its records stay in "
                 "it, and are read before\nthose of its children. SHARD is an id, "
                 "shardId-000000000003, or just 3.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 2,
        .arguments_max = 2,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_connect_begin(&line, argc, argv, &connect, arguments, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(client, true);
    step.stream = arguments[0];
    code = split(client, &step, at, arguments + 1);
    runnel_client_free(client);
    return code;
}

/* ---- merge -------------------------------------------------------------------------------- */

/* The lower one comes first. */
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

static int merge(struct runnel_client *client, struct step *step, const char *const *words)
{
    struct rn_shards shards;
    struct rn_lineage_shard pair[2];
    int code = rn_shards_find("merge", client, step->stream, words, 2, &shards, pair);

    code = code == RN_GO_ON ? put_in_order(pair) : code;
    if (code == RN_GO_ON) {
        step->reshard = (struct rn_reshard){
            .kind = RN_RESHARD_MERGE, .shard = pair[0].index, .adjacent = pair[1].index};
        code = take(client, step, &shards);
    }
    rn_shards_done(&shards);
    return code;
}

int rn_command_merge(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct step step = {.command = "merge"};
    const struct rn_option options[] = {
        STEP_OPTIONS(step),
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
    step.stream = arguments[0];
    code = merge(client, &step, arguments + 1);
    runnel_client_free(client);
    return code;
}
