/* split.c - `runnel split`: one shard becomes two. */
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/plan.h"
#include "tool/settle.h"
#include "tool/shards.h"

struct split {
    const char *stream, *at;
    bool plan, no_wait;
    struct rn_lineage_shard shard;
    rn_u128 hash_key; /* where the upper part begins */
};

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
static int choose_key(struct split *split)
{
    struct rn_hash_range range = split->shard.range;
    char low[RN_HASH_KEY_TEXT_BYTES], high[RN_HASH_KEY_TEXT_BYTES];

    if (!parse_percent(split->at, range, &split->hash_key) &&
        rn_hash_key_parse(rn_str_c(split->at), &split->hash_key)) {
        return rn_complain("split", RN_EXIT_USAGE,
                           "--at must be a hash key or a percentage such as 30%%, not '%s'",
                           split->at);
    }
    if (split->hash_key <= range.start + 1 || split->hash_key >= range.end) {
        (void)rn_hash_key_format(range.start, low);
        (void)rn_hash_key_format(range.end, high);
        return rn_complain(
            "split", RN_EXIT_USAGE,
            "--at %s must be over %s + 1 and under %s: the shard's hash keys end there", split->at,
            low, high);
    }
    return RN_GO_ON;
}

static enum runnel_err call(struct runnel_client *client, const struct split *split)
{
    char id[RN_SHARD_ID_TEXT_BYTES], key[RN_HASH_KEY_TEXT_BYTES];
    struct rn_kinesis_split_shard_request request = {
        .stream_name = rn_str_c(split->stream),
        .shard_to_split = rn_str_make(id, rn_shard_id_format(split->shard.index, id)),
        .new_starting_hash_key = rn_str_make(key, rn_hash_key_format(split->hash_key, key)),
    };

    return rn_client_call(client, "SplitShard", &rn_kinesis_split_shard_request_shape, &request,
                          NULL, NULL);
}

static int run(struct runnel_client *client, struct split *split, const char *shard)
{
    struct rn_shards shards;
    int code = rn_shards_find("split", client, split->stream, &shard, 1, &shards, &split->shard);
    enum runnel_err err;

    code = code == RN_GO_ON ? choose_key(split) : code;
    if (code == RN_GO_ON && split->plan) {
        code = rn_plan_print("split", &shards,
                             &(struct rn_reshard){.kind = RN_RESHARD_SPLIT,
                                                  .shard = split->shard.index,
                                                  .hash_key = split->hash_key});
    }
    rn_shards_done(&shards);
    if (code != RN_GO_ON) {
        return code;
    }
    err = call(client, split);
    if (err) {
        return rn_connect_failed("split", client, err);
    }
    return split->no_wait ? RN_EXIT_OK
                          : rn_settle_children("split", client, split->stream, split->shard.index);
}

int rn_command_split(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct split split = {.at = "50%"};
    const struct rn_option options[] = {
        {.name = "at",
         .value = "WHERE",
         .help = "where the upper part begins: a hash key, or a part of the shard's own in percent",
         .text = &split.at},
        {.name = "plan", .help = "show what would come of it and do nothing", .on = &split.plan},
        {.name = "no-wait", .help = "end before the new shards are there", .on = &split.no_wait},
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
    split.stream = arguments[0];
    code = run(client, &split, arguments[1]);
    runnel_client_free(client);
    return code;
}
