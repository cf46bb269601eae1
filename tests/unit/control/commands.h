/* commands.h - lists of random commands, and a state that they are applied to without an engine. */
#ifndef TESTS_CONTROL_COMMANDS_H
#define TESTS_CONTROL_COMMANDS_H

#include <stdio.h>
#include <stdlib.h>

#include "control/apply.h"
#include "control/snapshot.h"
#include "tests/support/seeded_random.h"

enum { NAMES = 40 };

/* A command and the memory its strings point to. */
struct sample {
    struct rn_command command;
    char name[16];
    char texts[8][32];
};

static inline void sample_origin(struct sample *sample, struct seeded_random *random)
{
    rn_random_fill(&random->random, sample->command.origin, sizeof(sample->command.origin));
    sample->command.request = seeded_random_next(random);
}

static inline void sample_genesis(struct sample *sample, struct seeded_random *random)
{
    struct rn_genesis *genesis = &sample->command.as.genesis;

    memset(sample, 0, sizeof(*sample));
    sample_origin(sample, random);
    sample->command.type = RN_COMMAND_GENESIS;
    rn_random_fill(&random->random, genesis->cluster_id, sizeof(genesis->cluster_id));
    rn_random_fill(&random->random, genesis->secret, sizeof(genesis->secret));
    genesis->level = RN_CONTROL_LEVEL;
    genesis->region = RN_STR("eu-central-1");
    genesis->account = RN_STR("000000000000");
}

static inline void sample_create(struct sample *sample, struct seeded_random *random)
{
    struct rn_create_stream *create = &sample->command.as.create_stream;

    sample->command.type = RN_COMMAND_CREATE_STREAM;
    create->name = rn_str_c(sample->name);
    create->shard_count = 1 + seeded_random_below(random, 9);
    create->mode = seeded_random_below(random, 2) ? RN_STREAM_ON_DEMAND : RN_STREAM_PROVISIONED;
    create->record_kib_max = 1024 + seeded_random_below(random, 9) * 1024;
    create->shards_per_account_max = seeded_random_below(random, 3) ? 0 : 60;
    create->creating_max = seeded_random_below(random, 3) ? 0 : 5;
    if (create->mode == RN_STREAM_ON_DEMAND && seeded_random_below(random, 4) == 0) {
        sample->command.type = RN_COMMAND_CREATE_WARM_STREAM;
        create->warm_mib = 1 + seeded_random_below(random, 1000);
    }
    create->tags = sample->command.tags;
    create->tag_count = seeded_random_below(random, 5);
    for (size_t i = 0; i < create->tag_count; i++) {
        (void)snprintf(sample->texts[i], sizeof(sample->texts[i]), "key-%zu", i);
        (void)snprintf(sample->texts[4 + i], sizeof(sample->texts[4 + i]), "%x",
                       seeded_random_below(random, 999999));
        sample->command.tags[i].key = rn_str_c(sample->texts[i]);
        sample->command.tags[i].value = rn_str_c(sample->texts[4 + i]);
    }
}

static inline void sample_tags(struct sample *sample, struct seeded_random *random, bool add)
{
    struct rn_change_tags *change = &sample->command.as.change_tags;

    sample->command.type = add ? RN_COMMAND_ADD_TAGS : RN_COMMAND_REMOVE_TAGS;
    *change = (struct rn_change_tags){.tags = sample->command.tags,
                                      .tag_count = seeded_random_below(random, 5),
                                      .tags_max = add ? seeded_random_below(random, 7) : 0};
    for (size_t i = 0; i < change->tag_count; i++) {
        (void)snprintf(sample->texts[i], sizeof(sample->texts[i]), "key-%zu",
                       i * 2 + seeded_random_below(random, 2));
        sample->command.tags[i] = (struct rn_pair_text){
            .key = rn_str_c(sample->texts[i]), .value = add ? rn_str_c("new") : RN_STR("")};
    }
}

static inline void sample_limits(struct sample *sample, struct seeded_random *random)
{
    int64_t *values = sample->command.as.set_limits.value;

    sample->command.type = RN_COMMAND_SET_LIMITS;
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        values[i] = (int64_t)seeded_random_below(random, 4) - 2; /* keep, unset, off, 1 */
    }
    values[seeded_random_below(random, RN_LIMIT_COUNT)] = 40;
}

static inline void sample_reshard(struct sample *sample, struct seeded_random *random)
{
    struct rn_change_shards *change = &sample->command.as.change_shards;

    sample->command.type = RN_COMMAND_RESHARD;
    *change = (struct rn_change_shards){
        .reshard.kind = (enum rn_reshard_kind)(1 + seeded_random_below(random, 3)),
        .automatic = seeded_random_below(random, 2),
        .shards_per_account_max = seeded_random_below(random, 3) ? 0 : 60,
        .stream_shards_max = seeded_random_below(random, 3) ? 0 : 20,
        .factor_max = seeded_random_below(random, 3),
        .daily_max = seeded_random_below(random, 3),
    };
    if (change->reshard.kind == RN_RESHARD_COUNT) {
        change->reshard.target = 1 + seeded_random_below(random, 20);
        return;
    }
    change->reshard.shard = seeded_random_below(random, 10);
    if (change->reshard.kind == RN_RESHARD_MERGE) {
        change->reshard.adjacent = change->reshard.shard + 1;
    } else {
        change->reshard.hash_key = (rn_u128)seeded_random_next(random) << 64;
    }
}

static inline void sample_setting(struct sample *sample, struct seeded_random *random)
{
    static const rn_str keys[] = {RN_STR_INIT("alias/a"), RN_STR_INIT("alias/b")};
    struct rn_set_setting *set = &sample->command.as.set_setting;

    sample->command.type = RN_COMMAND_SET_SETTING;
    *set = (struct rn_set_setting){
        .which = (enum rn_stream_setting)(1 + seeded_random_below(random, RN_SET_COUNT - 1)),
        .key_id = RN_STR(""),
    };
    switch (set->which) {
    case RN_SET_METRICS_ON:
    case RN_SET_METRICS_OFF:
        set->number = 1 + seeded_random_below(random, RN_METRICS_ALL);
        return;
    case RN_SET_ENCRYPT:
    case RN_SET_DECRYPT:
        set->key_id = keys[seeded_random_below(random, 2)];
        break;
    case RN_SET_RECORD_KIB:
        set->number = RN_RECORD_KIB_MIN + seeded_random_below(random, 9);
        return;
    case RN_SET_MODE:
        set->number = seeded_random_below(random, 2);
        set->warm_mib = set->number == RN_STREAM_ON_DEMAND ? seeded_random_below(random, 3) : 0;
        break;
    case RN_SET_WARM:
        set->number = seeded_random_below(random, 9);
        return;
    case RN_SET_COUNT:
        break;
    }
    set->daily_max = seeded_random_below(random, 3);
}

/* Of a stream that is not there: test_reshard.c has those that are. */
static inline void sample_step(struct sample *sample, struct seeded_random *random, uint64_t offset)
{
    bool cut = seeded_random_below(random, 2);

    sample->command.type = cut ? RN_COMMAND_SHARDS_CUT : RN_COMMAND_LANES_READY;
    sample->command.as.reshard_step = (struct rn_reshard_step){
        .uid = offset + 1000,
        .reshard_id = offset + 1001 + seeded_random_below(random, 9),
        .ends = cut ? rn_str_make("0123456789abcdef", 8 + 8 * seeded_random_below(random, 2))
                    : RN_STR(""),
    };
}

/* Tags or a policy of a consumer, or a policy of its stream. */
static inline void sample_resource(struct sample *sample, struct seeded_random *random,
                                   uint64_t stream, uint64_t uid)
{
    static const char policy[] = "{\"Version\": \"2012-10-17\"}";
    bool add = seeded_random_below(random, 2);

    if (seeded_random_below(random, 2)) {
        sample->command.type = RN_COMMAND_SET_POLICY;
        sample->command.as.set_policy =
            (struct rn_set_policy){.uid = stream,
                                   .consumer_uid = seeded_random_below(random, 2) ? uid : 0,
                                   .policy = rn_str_make(policy, add ? sizeof(policy) - 1 : 0)};
        return;
    }
    sample_tags(sample, random, add);
    sample->command.type = add ? RN_COMMAND_TAG_CONSUMER : RN_COMMAND_UNTAG_CONSUMER;
    sample->command.as.change_tags.uid = stream;
    sample->command.as.change_tags.consumer_uid = uid;
}

/* `stream`: a uid, perhaps of one. */
static inline void sample_consumer(struct sample *sample, struct seeded_random *random,
                                   uint64_t stream, uint64_t offset)
{
    static const enum rn_command_type types[] = {
        RN_COMMAND_CONSUMER_READY, RN_COMMAND_DEREGISTER_CONSUMER, RN_COMMAND_CONSUMER_GONE};
    struct rn_register_consumer *wish = &sample->command.as.register_consumer;
    uint64_t uid = stream + 1 + seeded_random_below(random, (uint32_t)(offset + 2 - stream));

    if (seeded_random_below(random, 2)) {
        sample_tags(sample, random, true);
        *wish = (struct rn_register_consumer){
            .uid = stream,
            .name = rn_str_c(sample->name),
            .tags = sample->command.tags,
            .tag_count = sample->command.as.change_tags.tag_count,
            .consumers_max = seeded_random_below(random, 9),
            .creating_max = seeded_random_below(random, 5),
        };
        sample->command.type = RN_COMMAND_REGISTER_CONSUMER;
        return;
    }
    if (seeded_random_below(random, 2)) {
        sample_resource(sample, random, stream, uid);
        return;
    }
    sample->command.type = types[seeded_random_below(random, 3)];
    sample->command.as.consumer = (struct rn_consumer_named){.uid = stream, .consumer_uid = uid};
}

/* Whatever may stand at `offset` of a log, sensible or not. */
static inline void sample_any(struct sample *sample, struct seeded_random *random, uint64_t offset)
{
    memset(sample, 0, sizeof(*sample));
    sample_origin(sample, random);
    (void)snprintf(sample->name, sizeof(sample->name), "stream-%u",
                   seeded_random_below(random, NAMES));
    switch (seeded_random_below(random, 20)) {
    case 0:
    case 1:
    case 2:
        sample_create(sample, random);
        return;
    case 3:
    case 4:
        sample->command.type = RN_COMMAND_STREAM_READY;
        break;
    case 5:
    case 6:
        sample->command.type = RN_COMMAND_STREAM_GONE;
        break;
    case 7:
        sample->command.type = seeded_random_below(random, 2) ? RN_COMMAND_DELETE_STREAM
                                                              : RN_COMMAND_DELETE_UNUSED_STREAM;
        sample->command.as.delete_stream.name = rn_str_c(sample->name);
        sample->command.as.delete_stream.uid =
            seeded_random_below(random, 3) ? 0
                                           : 1 + seeded_random_below(random, (uint32_t)offset + 1);
        return;
    case 8:
        sample_tags(sample, random, seeded_random_below(random, 2));
        sample->command.as.change_tags.uid = 1 + seeded_random_below(random, (uint32_t)offset + 1);
        return;
    case 9:
        sample->command.type = RN_COMMAND_SET_RETENTION;
        sample->command.as.set_retention = (struct rn_set_retention){
            .uid = 1 + seeded_random_below(random, (uint32_t)offset + 1),
            .hours = 1 + seeded_random_below(random, 100),
            .change = (enum rn_retention_change)seeded_random_below(random, 2),
            .seen_ms = seeded_random_below(random, 1000)};
        return;
    case 10:
        sample_limits(sample, random);
        return;
    case 17:
    case 18:
        sample_setting(sample, random);
        sample->command.as.set_setting.uid = 1 + seeded_random_below(random, (uint32_t)offset + 1);
        return;
    case 19:
        sample->command.type = RN_COMMAND_SET_COMMITMENT;
        sample->command.as.set_commitment.on = seeded_random_below(random, 2);
        return;
    case 11:
        sample_reshard(sample, random);
        sample->command.as.change_shards.uid =
            1 + seeded_random_below(random, (uint32_t)offset + 1);
        return;
    case 13:
        sample->command.type = RN_COMMAND_OBSERVE_LOAD;
        sample->command.as.observe_load =
            (struct rn_observe_load){.uid = 1 + seeded_random_below(random, (uint32_t)offset + 1),
                                     .day = 1 + seeded_random_below(random, 90),
                                     .milli = seeded_random_below(random, 10000)};
        return;
    case 12:
        sample_step(sample, random, offset);
        return;
    case 14:
        sample_consumer(sample, random, 1 + seeded_random_below(random, (uint32_t)offset + 1),
                        offset);
        return;
    default:
        if (seeded_random_below(random, 20) == 0) {
            sample_genesis(sample, random);
        } else {
            sample_create(sample, random);
        }
        return;
    }
    sample->command.as.uid = 1 + seeded_random_below(random, (uint32_t)offset + 1);
}

static inline enum rn_verdict apply_and_commit(struct rn_state *state,
                                               const struct rn_command *command, uint64_t offset,
                                               int64_t append_ms, struct rn_change *ret_change)
{
    if (rn_apply(state, command, offset, append_ms, ret_change)) {
        abort();
    }
    rn_change_commit(state, ret_change);
    return ret_change->verdict;
}

/* The command is about this consumer, if it is about one. */
static inline void aim_at(struct rn_command *command, uint64_t consumer_uid)
{
    if (command->type == RN_COMMAND_TAG_CONSUMER || command->type == RN_COMMAND_UNTAG_CONSUMER) {
        command->as.change_tags.consumer_uid = consumer_uid;
    } else if (command->type == RN_COMMAND_SET_POLICY) {
        command->as.set_policy.consumer_uid =
            command->as.set_policy.consumer_uid ? consumer_uid : 0;
    } else if (command->type != RN_COMMAND_REGISTER_CONSUMER) {
        command->as.consumer.consumer_uid = consumer_uid;
    }
}

/* Rather than any: a command that makes a stream ready, or is about its consumers, if the dice find one. */
static inline void sample_likely(struct sample *sample, struct seeded_random *random,
                                 const struct rn_state *state)
{
    const struct rn_stream *stream;
    const struct rn_consumer *consumer;

    sample_any(sample, random, state->next);
    stream = rn_state_find(state, rn_str_c(sample->name));
    if (!stream || seeded_random_below(random, 2)) {
        return;
    }
    if (stream->status == RN_STREAM_CREATING) {
        sample->command.type = RN_COMMAND_STREAM_READY;
        sample->command.as.uid = stream->uid;
        return;
    }
    (void)snprintf(sample->name, sizeof(sample->name), "consumer-%u",
                   seeded_random_below(random, 12));
    sample_consumer(sample, random, stream->uid, state->next);
    consumer = rn_stream_consumer(stream, rn_str_c(sample->name));
    if (consumer) {
        aim_at(&sample->command, consumer->uid);
    }
}

/* The state after GENESIS. */
static inline struct rn_state *new_state(struct rn_epoch *epoch)
{
    struct seeded_random random;
    struct sample sample;
    struct rn_change change;
    struct rn_state *state = rn_state_new(epoch);

    seeded_random_init(&random, 1);
    sample_genesis(&sample, &random);
    apply_and_commit(state, &sample.command, 0, 1700000000000, &change);
    return state;
}

static inline enum rn_verdict create_stream(struct rn_state *state, const char *name,
                                            uint32_t shards, struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};

    command.as.create_stream = (struct rn_create_stream){.name = rn_str_c(name),
                                                         .shard_count = shards,
                                                         .mode = RN_STREAM_PROVISIONED,
                                                         .record_kib_max = 1024};
    return apply_and_commit(state, &command, state->next, state->time_ms + 1500, ret_change);
}

static inline enum rn_verdict delete_stream(struct rn_state *state, const char *name,
                                            struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_DELETE_STREAM};

    command.as.delete_stream.name = rn_str_c(name);
    return apply_and_commit(state, &command, state->next, state->time_ms + 1500, ret_change);
}

/* At most 4 of the stream; `creating_max` 0: as many in CREATING. */
static inline enum rn_verdict register_consumer(struct rn_state *state, uint64_t uid,
                                                const char *name, uint32_t creating_max,
                                                struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_REGISTER_CONSUMER};

    command.tags[0] = (struct rn_pair_text){RN_STR("of"), rn_str_c(name)};
    command.as.register_consumer = (struct rn_register_consumer){.uid = uid,
                                                                 .name = rn_str_c(name),
                                                                 .tags = command.tags,
                                                                 .tag_count = 1,
                                                                 .consumers_max = 4,
                                                                 .creating_max = creating_max};
    return apply_and_commit(state, &command, state->next, state->time_ms, ret_change);
}

static inline enum rn_verdict change_consumer(struct rn_state *state, enum rn_command_type type,
                                              uint64_t uid, uint64_t consumer_uid,
                                              struct rn_change *ret_change)
{
    struct rn_command command = {.type = type};

    command.as.consumer = (struct rn_consumer_named){.uid = uid, .consumer_uid = consumer_uid};
    return apply_and_commit(state, &command, state->next, state->time_ms, ret_change);
}

/* `consumer_uid` 0: of the stream. */
static inline enum rn_verdict set_policy(struct rn_state *state, uint64_t uid,
                                         uint64_t consumer_uid, const char *policy,
                                         struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_SET_POLICY};

    command.as.set_policy = (struct rn_set_policy){
        .uid = uid, .consumer_uid = consumer_uid, .policy = rn_str_c(policy)};
    return apply_and_commit(state, &command, state->next, state->time_ms, ret_change);
}

static inline enum rn_verdict report_stream(struct rn_state *state, enum rn_command_type type,
                                            uint64_t uid, struct rn_change *ret_change)
{
    struct rn_command command = {.type = type};

    command.as.uid = uid;
    return apply_and_commit(state, &command, state->next, state->time_ms + 1500, ret_change);
}

#endif
