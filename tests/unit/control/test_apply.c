/* The state machine: verdicts, numbers, and that equal logs give equal states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/control/commands.h"

static struct rn_buf snapshot_of(const struct rn_state *state)
{
    struct rn_buf buf;

    rn_buf_init(&buf, RN_SNAPSHOT_BYTES_MAX);
    assert_int_equal(rn_snapshot_encode(state, &buf), RN_OK);
    return buf;
}

static void assert_same(const struct rn_state *a, const struct rn_state *b)
{
    struct rn_buf left = snapshot_of(a), right = snapshot_of(b);

    assert_int_equal(left.len, right.len);
    assert_memory_equal(left.data, right.data, left.len);
    assert_int_equal(a->in_transition, b->in_transition);
    assert_int_equal(rn_state_open_shard_count(a), rn_state_open_shard_count(b));
    assert_int_equal(rn_state_stream_count(a), rn_state_stream_count(b));
    rn_buf_done(&left);
    rn_buf_done(&right);
}

static struct rn_state *copy_by_snapshot(const struct rn_state *state)
{
    struct rn_buf bytes = snapshot_of(state);
    struct rn_state *copy = rn_state_new(NULL);
    struct rn_reason reason;

    assert_int_equal(rn_snapshot_decode(rn_buf_str(&bytes), copy, &reason), RN_OK);
    rn_buf_done(&bytes);
    return copy;
}

/* Method: a random log of commands, sensible and not, applied to one state as structs, to a second as
 * decoded bytes, and to a third that now and then is replaced by what its snapshot says. */
static void equal_logs_give_equal_states(uint64_t seed)
{
    struct seeded_random random;
    struct rn_state *first = new_state(NULL), *second = new_state(NULL), *third = new_state(NULL);
    int64_t now_ms = 1700000000000;
    static struct sample sample;
    static struct rn_command decoded;
    size_t consumers = 0;

    seeded_random_init(&random, seed);
    for (uint64_t offset = 1; offset < 3000; offset++) {
        struct rn_change left, right, again;
        struct rn_buf bytes;

        sample_likely(&sample, &random, first);
        now_ms +=
            (int64_t)seeded_random_below(&random, 5000) - 1000; /* the log's clock may go back */
        rn_buf_init(&bytes, RN_COMMAND_BYTES_MAX);
        assert_int_equal(rn_command_encode(&sample.command, &bytes), RN_OK);
        assert_int_equal(rn_command_decode(rn_buf_str(&bytes), &decoded, NULL), RN_OK);
        apply_and_commit(first, &sample.command, offset, now_ms, &left);
        apply_and_commit(second, &decoded, offset, now_ms, &right);
        apply_and_commit(third, &decoded, offset, now_ms, &again);
        assert_int_equal(left.verdict, right.verdict);
        assert_int_equal(left.verdict, again.verdict);
        assert_memory_equal(left.numbers, again.numbers, sizeof(left.numbers));
        assert_int_equal(left.uid, again.uid);
        consumers += left.consumer_uid && left.kind == RN_CHANGE_REPLACE;
        rn_buf_done(&bytes);
        if (seeded_random_below(&random, 100) == 0) {
            struct rn_state *replaced = copy_by_snapshot(third);

            rn_state_free(third);
            third = replaced;
            assert_same(first, third);
        }
    }
    assert_same(first, second);
    assert_same(first, third);
    assert_true(rn_state_stream_count(first) > 0);
    assert_true(consumers > 100);
    rn_state_free(first);
    rn_state_free(second);
    rn_state_free(third);
}

static void equal_logs_give_equal_states_for_many_seeds(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        equal_logs_give_equal_states(seed);
    }
}

static void a_new_stream_is_what_its_command_says(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;
    const struct rn_stream *stream;

    (void)unused;
    assert_int_equal(create_stream(state, "orders", 3, &change), RN_VERDICT_OK);
    assert_int_equal(change.uid, 1);
    stream = rn_state_find(state, RN_STR("orders"));
    assert_non_null(stream);
    assert_ptr_equal(stream, rn_state_find_uid(state, 1));
    assert_int_equal(stream->uid, 1);
    assert_int_equal(stream->status, RN_STREAM_CREATING);
    assert_int_equal(stream->created_ms, 1700000001500);
    assert_int_equal(stream->retention_hours, 24);
    assert_int_equal(stream->shard_count, 3);
    assert_int_equal(stream->open_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct rn_hash_range range = rn_hash_range_initial(i, 3);

        assert_int_equal(stream->shards[i].index, i);
        assert_int_equal(stream->shards[i].lane, i);
        assert_int_equal(stream->shards[i].created_s, 1700000001);
        assert_int_equal(stream->shards[i].opened_ms, 0);
        assert_int_equal(stream->shards[i].end, RN_SHARD_OPEN_END);
        assert_null(stream->shards[i].cell);
        assert_ptr_equal(rn_stream_route(stream, range.start), &stream->shards[i]);
        assert_ptr_equal(rn_stream_route(stream, range.end), &stream->shards[i]);
        assert_ptr_equal(rn_stream_shard(stream, i), &stream->shards[i]);
    }
    assert_null(rn_stream_shard(stream, 3));
    assert_int_equal(rn_state_open_shard_count(state), 3);
    rn_state_free(state);
}

static void a_stream_goes_from_creating_to_active_to_deleting_to_nothing(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;
    const struct rn_stream *stream;

    (void)unused;
    create_stream(state, "s", 2, &change);
    assert_int_equal(state->in_transition, 1);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_GONE, 1, &change),
                     RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(change.numbers[0], RN_STREAM_CREATING);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_READY, 1, &change), RN_VERDICT_OK);
    stream = rn_state_find(state, RN_STR("s"));
    assert_int_equal(stream->status, RN_STREAM_ACTIVE);
    assert_int_equal(stream->shards[1].opened_ms, change.time_ms);
    assert_int_equal(stream->shards[1].created_s,
                     1700000001); /* as before: sequence numbers carry it */
    assert_int_equal(state->in_transition, 0);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_READY, 1, &change),
                     RN_VERDICT_OK); /* twice */
    assert_int_equal(change.kind, RN_CHANGE_NONE);
    assert_int_equal(delete_stream(state, "s", &change), RN_VERDICT_OK);
    assert_int_equal(change.uid, 1);
    assert_int_equal(rn_state_find(state, RN_STR("s"))->status, RN_STREAM_DELETING);
    assert_int_equal(delete_stream(state, "s", &change), RN_VERDICT_OK);
    assert_int_equal(change.uid, 1);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_READY, 1, &change),
                     RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_GONE, 1, &change), RN_VERDICT_OK);
    assert_null(rn_state_find(state, RN_STR("s")));
    assert_null(rn_state_find_uid(state, 1));
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_GONE, 1, &change),
                     RN_VERDICT_NOT_FOUND);
    assert_int_equal(delete_stream(state, "s", &change), RN_VERDICT_NOT_FOUND);
    assert_int_equal(state->in_transition, 0);
    assert_int_equal(rn_state_open_shard_count(state), 0);
    rn_state_free(state);
}

static void a_name_is_taken_until_its_stream_is_gone(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;

    (void)unused;
    create_stream(state, "s", 1, &change);
    assert_int_equal(create_stream(state, "s", 1, &change), RN_VERDICT_EXISTS);
    assert_int_equal(change.uid, 1);
    delete_stream(state, "s", &change); /* from CREATING */
    assert_int_equal(create_stream(state, "s", 1, &change), RN_VERDICT_EXISTS);
    report_stream(state, RN_COMMAND_STREAM_GONE, 1, &change);
    assert_int_equal(create_stream(state, "s", 1, &change), RN_VERDICT_OK);
    assert_int_equal(change.uid, 6);
    rn_state_free(state);
}

static void a_delete_of_another_stream_of_that_name_finds_nothing(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_command command = {.type = RN_COMMAND_DELETE_STREAM};
    struct rn_change change;

    (void)unused;
    create_stream(state, "s", 1, &change);
    command.as.delete_stream = (struct rn_delete_stream){.name = RN_STR("s"), .uid = 77};
    assert_int_equal(apply_and_commit(state, &command, state->next, 0, &change),
                     RN_VERDICT_NOT_FOUND);
    assert_int_equal(rn_state_find(state, RN_STR("s"))->status, RN_STREAM_CREATING);
    rn_state_free(state);
}

static void limits_that_a_command_carries_are_judged_when_it_is_applied(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};
    struct rn_change change;

    (void)unused;
    create_stream(state, "a", 6, &change);
    command.as.create_stream = (struct rn_create_stream){
        .name = RN_STR("b"), .shard_count = 5, .shards_per_account_max = 10};
    assert_int_equal(apply_and_commit(state, &command, state->next, 0, &change),
                     RN_VERDICT_SHARD_LIMIT);
    assert_int_equal(change.numbers[0], 6);
    assert_int_equal(change.numbers[1], 10);
    assert_int_equal(change.numbers[2], 5);
    command.as.create_stream.shard_count = 4;
    command.as.create_stream.creating_max = 1;
    assert_int_equal(apply_and_commit(state, &command, state->next, 0, &change),
                     RN_VERDICT_TRANSITION_LIMIT);
    assert_int_equal(change.numbers[1], 1);
    command.as.create_stream.creating_max = 2;
    assert_int_equal(apply_and_commit(state, &command, state->next, 0, &change), RN_VERDICT_OK);
    command.as.create_stream =
        (struct rn_create_stream){.name = RN_STR("c"), .shard_count = UINT32_MAX};
    assert_int_equal(apply_and_commit(state, &command, state->next, 0, &change),
                     RN_VERDICT_SHARD_LIMIT);
    assert_int_equal(change.numbers[1], RN_STREAM_SHARDS_MAX);
    rn_state_free(state);
}

/* An ACTIVE stream "s" with uid 1. */
static struct rn_state *state_with_stream(void)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;

    assert_int_equal(create_stream(state, "s", 1, &change), RN_VERDICT_OK);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_READY, 1, &change), RN_VERDICT_OK);
    return state;
}

static enum rn_verdict change_tags(struct rn_state *state, enum rn_command_type type, uint32_t most,
                                   const char *const *texts, size_t count)
{
    static struct rn_command command;
    struct rn_change change;

    command.type = type;
    for (size_t i = 0; i < count; i++) {
        command.tags[i] = (struct rn_pair_text){
            rn_str_c(texts[i]), type == RN_COMMAND_ADD_TAGS ? rn_str_c(texts[i] + 1) : RN_STR("")};
    }
    command.as.change_tags = (struct rn_change_tags){
        .uid = 1, .tags = command.tags, .tag_count = count, .tags_max = most};
    return apply_and_commit(state, &command, state->next, state->time_ms, &change);
}

/* "a=1 b=2" */
static const char *tags_text(const struct rn_state *state)
{
    static char text[256];
    const struct rn_stream *stream = rn_state_find_uid(state, 1);
    size_t len = 0;

    text[0] = 0;
    for (size_t i = 0; i < stream->tag_count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s=%.*s", i ? " " : "",
                                RN_STR_ARG(stream->tags[i].key), RN_STR_ARG(stream->tags[i].value));
    }
    return text;
}

static void tags_are_added_replaced_and_removed(void **unused)
{
    struct rn_state *state = state_with_stream();

    (void)unused;
    assert_int_equal(change_tags(state, RN_COMMAND_ADD_TAGS, 50, (const char *[]){"b1", "d1"}, 2),
                     RN_VERDICT_OK);
    assert_int_equal(
        change_tags(state, RN_COMMAND_ADD_TAGS, 50, (const char *[]){"a2", "b1", "c2", "e2"}, 4),
        RN_VERDICT_OK);
    assert_string_equal(tags_text(state), "a2=2 b1=1 c2=2 d1=1 e2=2");
    assert_int_equal(
        change_tags(state, RN_COMMAND_REMOVE_TAGS, 0, (const char *[]){"a2", "bb", "d1", "zz"}, 4),
        RN_VERDICT_OK);
    assert_string_equal(tags_text(state), "b1=1 c2=2 e2=2");
    assert_int_equal(change_tags(state, RN_COMMAND_REMOVE_TAGS, 0, (const char *[]){"zz"}, 1),
                     RN_VERDICT_OK);
    assert_string_equal(tags_text(state), "b1=1 c2=2 e2=2");
    assert_int_equal(rn_state_find_uid(state, 1)->status, RN_STREAM_ACTIVE);
    rn_state_free(state);
}

/* A key that is there already takes no new place. */
static void the_tags_of_a_stream_are_limited_together(void **unused)
{
    struct rn_state *state = state_with_stream();

    (void)unused;
    change_tags(state, RN_COMMAND_ADD_TAGS, 3, (const char *[]){"a1", "b1"}, 2);
    assert_int_equal(change_tags(state, RN_COMMAND_ADD_TAGS, 3, (const char *[]){"c1", "d1"}, 2),
                     RN_VERDICT_TAG_LIMIT);
    assert_string_equal(tags_text(state), "a1=1 b1=1");
    assert_int_equal(change_tags(state, RN_COMMAND_ADD_TAGS, 3, (const char *[]){"b1", "c1"}, 2),
                     RN_VERDICT_OK);
    rn_state_free(state);
}

static enum rn_verdict set_retention(struct rn_state *state, uint32_t hours,
                                     enum rn_retention_change direction, int64_t at_ms,
                                     struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_SET_RETENTION};

    command.as.set_retention =
        (struct rn_set_retention){.uid = 1, .hours = hours, .change = direction};
    return apply_and_commit(state, &command, state->next, at_ms, ret_change);
}

#define HOUR_MS 3600000ll

static void a_longer_retention_revives_nothing(void **unused)
{
    struct rn_state *state = state_with_stream();
    int64_t t = state->time_ms + 100 * HOUR_MS;
    struct rn_change change;

    (void)unused;
    assert_int_equal(set_retention(state, 72, RN_RETENTION_INCREASE, t, &change), RN_VERDICT_OK);
    assert_true(change.retention);
    assert_int_equal(rn_stream_kept_from_ms(rn_state_find_uid(state, 1), t), t - 24 * HOUR_MS);
    assert_int_equal(rn_stream_kept_from_ms(rn_state_find_uid(state, 1), t + 47 * HOUR_MS),
                     t - 24 * HOUR_MS);
    assert_int_equal(rn_stream_kept_from_ms(rn_state_find_uid(state, 1), t + 49 * HOUR_MS),
                     t - 23 * HOUR_MS);
    t += 10 * HOUR_MS;
    assert_int_equal(set_retention(state, 24, RN_RETENTION_DECREASE, t, &change), RN_VERDICT_OK);
    assert_int_equal(rn_stream_kept_from_ms(rn_state_find_uid(state, 1), t), t - 24 * HOUR_MS);
    assert_int_equal(set_retention(state, 8760, RN_RETENTION_INCREASE, t + 1, &change),
                     RN_VERDICT_OK);
    assert_int_equal(rn_stream_kept_from_ms(rn_state_find_uid(state, 1), t + 1),
                     t + 1 - 24 * HOUR_MS);
    rn_state_free(state);
}

/* Reads go by the newest arrival, which may be ahead of the log's time. */
static void what_was_seen_to_expire_stays_gone(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_command command = {.type = RN_COMMAND_SET_RETENTION};
    int64_t t = state->time_ms;
    struct rn_change change;

    (void)unused;
    command.as.set_retention = (struct rn_set_retention){
        .uid = 1, .hours = 48, .change = RN_RETENTION_INCREASE, .seen_ms = t + 5 * HOUR_MS};
    assert_int_equal(apply_and_commit(state, &command, state->next, t, &change), RN_VERDICT_OK);
    assert_int_equal(rn_stream_kept_from_ms(rn_state_find_uid(state, 1), t + 5 * HOUR_MS),
                     t - 19 * HOUR_MS);
    rn_state_free(state);
}

static void retention_changes_in_the_direction_that_was_asked_for(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_change change;

    (void)unused;
    assert_int_equal(set_retention(state, 48, RN_RETENTION_DECREASE, 0, &change),
                     RN_VERDICT_RETENTION);
    assert_int_equal(change.numbers[0], 24);
    assert_int_equal(set_retention(state, 48, RN_RETENTION_INCREASE, 0, &change), RN_VERDICT_OK);
    assert_int_equal(set_retention(state, 47, RN_RETENTION_INCREASE, 0, &change),
                     RN_VERDICT_RETENTION);
    assert_int_equal(change.numbers[0], 48);
    assert_int_equal(set_retention(state, 48, RN_RETENTION_INCREASE, 0, &change), RN_VERDICT_OK);
    assert_int_equal(change.kind, RN_CHANGE_NONE);
    assert_int_equal(set_retention(state, 48, RN_RETENTION_DECREASE, 0, &change), RN_VERDICT_OK);
    assert_false(change.retention);
    rn_state_free(state);
}

static void only_an_active_stream_is_changed(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;

    (void)unused;
    assert_int_equal(set_retention(state, 48, RN_RETENTION_INCREASE, 0, &change),
                     RN_VERDICT_NOT_FOUND);
    rn_state_free(state);
    state = new_state(NULL);
    create_stream(state, "s", 1, &change);
    assert_int_equal(set_retention(state, 48, RN_RETENTION_INCREASE, 0, &change),
                     RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(change.numbers[0], RN_STREAM_CREATING);
    assert_int_equal(change_tags(state, RN_COMMAND_ADD_TAGS, 50, (const char *[]){"a1"}, 1),
                     RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(change_tags(state, RN_COMMAND_REMOVE_TAGS, 0, (const char *[]){"a1"}, 1),
                     RN_VERDICT_NOT_ACTIVE);
    rn_state_free(state);
}

static void limits_are_set_lifted_and_unset(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_command command = {.type = RN_COMMAND_SET_LIMITS};
    int64_t *values = command.as.set_limits.value;
    struct rn_change change;

    (void)unused;
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        assert_int_equal(rn_state_limit(state, (enum rn_limit)i), RN_LIMIT_UNSET);
        values[i] = RN_LIMIT_KEEP;
    }
    values[RN_LIMIT_STREAM_TAGS] = 60;
    values[RN_LIMIT_SHARD_READ_BYTES] = RN_LIMIT_OFF;
    apply_and_commit(state, &command, state->next, 0, &change);
    assert_int_equal(rn_state_limit(state, RN_LIMIT_STREAM_TAGS), 60);
    assert_int_equal(rn_state_limit(state, RN_LIMIT_SHARD_READ_BYTES), RN_LIMIT_OFF);
    values[RN_LIMIT_STREAM_TAGS] = RN_LIMIT_KEEP;
    values[RN_LIMIT_SHARD_READ_BYTES] = RN_LIMIT_UNSET;
    apply_and_commit(state, &command, state->next, 0, &change);
    assert_int_equal(rn_state_limit(state, RN_LIMIT_STREAM_TAGS), 60);
    assert_int_equal(rn_state_limit(state, RN_LIMIT_SHARD_READ_BYTES), RN_LIMIT_UNSET);
    rn_state_free(state);
}

static void on_demand_streams_are_counted(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};
    struct rn_change change;

    (void)unused;
    create_stream(state, "p", 1, &change);
    command.as.create_stream = (struct rn_create_stream){
        .name = RN_STR("d"), .shard_count = 4, .mode = RN_STREAM_ON_DEMAND};
    apply_and_commit(state, &command, state->next, 0, &change);
    assert_int_equal(rn_state_on_demand_count(state), 1);
    delete_stream(state, "d", &change);
    report_stream(state, RN_COMMAND_STREAM_GONE, 2, &change);
    assert_int_equal(rn_state_on_demand_count(state), 0);
    rn_state_free(state);
}

static void time_never_goes_back(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};
    struct rn_change change;

    (void)unused;
    command.as.create_stream = (struct rn_create_stream){.name = RN_STR("b"), .shard_count = 1};
    assert_int_equal(apply_and_commit(state, &command, state->next, 1600000000000, &change),
                     RN_VERDICT_OK);
    assert_int_equal(rn_state_find(state, RN_STR("b"))->created_ms, 1700000000000);
    rn_state_free(state);
}

static void a_second_genesis_changes_nothing_and_nothing_comes_before_the_first(void **unused)
{
    struct rn_state *state = new_state(NULL), *empty = rn_state_new(NULL),
                    *before = copy_by_snapshot(state);
    struct seeded_random random;
    struct sample sample;
    struct rn_command command = {.type = RN_COMMAND_STREAM_READY, .as.uid = 1};
    struct rn_change change;

    (void)unused;
    seeded_random_init(&random, 99);
    sample_genesis(&sample, &random);
    assert_int_equal(apply_and_commit(state, &sample.command, 1, 0, &change), RN_VERDICT_EXISTS);
    before->next = 2;
    assert_same(state, before);
    assert_int_equal(rn_apply(empty, &command, 0, 0, &change), RN_CORRUPT);
    rn_state_free(state);
    rn_state_free(before);
    rn_state_free(empty);
}

static const struct rn_consumer *consumer_of(const struct rn_state *state, const char *name)
{
    return rn_stream_consumer(rn_state_find(state, RN_STR("s")), rn_str_c(name));
}

static void a_consumer_goes_from_creating_to_active_to_deleting_to_nothing(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_change change;
    const struct rn_consumer *consumer;
    uint64_t uid;

    (void)unused;
    assert_int_equal(register_consumer(state, 1, "c", 0, &change), RN_VERDICT_OK);
    uid = change.offset;
    assert_int_equal(change.uid, 1);
    assert_int_equal(change.consumer_uid, uid);
    consumer = consumer_of(state, "c");
    assert_int_equal(consumer->uid, uid);
    assert_int_equal(consumer->status, RN_CONSUMER_CREATING);
    assert_int_equal(consumer->created_ms, change.time_ms);
    assert_true(rn_str_eq(consumer->tags[0].value, RN_STR("c")));
    assert_int_equal(register_consumer(state, 1, "c", 0, &change), RN_VERDICT_CONSUMER_EXISTS);
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_GONE, 1, uid, &change),
                     RN_VERDICT_CONSUMER_NOT_ACTIVE);
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_READY, 1, uid, &change),
                     RN_VERDICT_OK);
    assert_int_equal(consumer_of(state, "c")->status, RN_CONSUMER_ACTIVE);
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_READY, 1, uid, &change),
                     RN_VERDICT_OK); /* twice */
    assert_int_equal(change.kind, RN_CHANGE_NONE);
    assert_int_equal(change_consumer(state, RN_COMMAND_DEREGISTER_CONSUMER, 1, uid, &change),
                     RN_VERDICT_OK);
    assert_int_equal(consumer_of(state, "c")->status, RN_CONSUMER_DELETING);
    assert_int_equal(register_consumer(state, 1, "c", 0, &change), RN_VERDICT_CONSUMER_EXISTS);
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_READY, 1, uid, &change),
                     RN_VERDICT_CONSUMER_NOT_ACTIVE);
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_GONE, 1, uid, &change),
                     RN_VERDICT_OK);
    assert_null(consumer_of(state, "c"));
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_GONE, 1, uid, &change),
                     RN_VERDICT_NO_CONSUMER);
    assert_int_equal(change_consumer(state, RN_COMMAND_CONSUMER_GONE, 99, uid + 99, &change),
                     RN_VERDICT_NOT_FOUND);
    rn_state_free(state);
}

/* All within one millisecond of the log: only the uid tells the two apart. */
static void a_consumer_registered_anew_is_another(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_change change;
    int64_t created_ms;
    uint64_t old;

    (void)unused;
    register_consumer(state, 1, "c", 0, &change);
    old = change.consumer_uid;
    created_ms = consumer_of(state, "c")->created_ms;
    change_consumer(state, RN_COMMAND_DEREGISTER_CONSUMER, 1, old, &change);
    change_consumer(state, RN_COMMAND_CONSUMER_GONE, 1, old, &change);
    register_consumer(state, 1, "c", 0, &change);
    assert_int_equal(consumer_of(state, "c")->created_ms, created_ms);
    assert_true(consumer_of(state, "c")->uid > old);
    assert_null(rn_stream_consumer_uid(rn_state_find(state, RN_STR("s")), old));
    assert_int_equal(change_consumer(state, RN_COMMAND_DEREGISTER_CONSUMER, 1, old, &change),
                     RN_VERDICT_NO_CONSUMER);
    rn_state_free(state);
}

static void consumers_are_limited_in_all_and_in_creating(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_change change;

    (void)unused;
    assert_int_equal(register_consumer(state, 1, "c", 2, &change), RN_VERDICT_OK);
    assert_int_equal(register_consumer(state, 1, "a", 2, &change), RN_VERDICT_OK);
    assert_int_equal(register_consumer(state, 1, "b", 2, &change), RN_VERDICT_CONSUMERS_CREATING);
    assert_int_equal(change.numbers[1], 2);
    change_consumer(state, RN_COMMAND_CONSUMER_READY, 1, consumer_of(state, "c")->uid, &change);
    assert_int_equal(register_consumer(state, 1, "b", 2, &change), RN_VERDICT_OK);
    assert_int_equal(register_consumer(state, 1, "d", 0, &change), RN_VERDICT_OK);
    assert_int_equal(register_consumer(state, 1, "e", 0, &change), RN_VERDICT_CONSUMER_LIMIT);
    assert_int_equal(change.numbers[1], 4);
    for (size_t i = 0; i < 4; i++) { /* by name, each with what is its own */
        const struct rn_consumer *consumer = &rn_state_find(state, RN_STR("s"))->consumers[i];

        assert_int_equal(consumer->name.data[0], 'a' + (int)i);
        assert_true(rn_str_eq(consumer->tags[0].value, consumer->name));
    }
    rn_state_free(state);
}

static void no_limit_lets_a_stream_have_more_consumers_than_memory_is_planned_for(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_command command = {.type = RN_COMMAND_REGISTER_CONSUMER};
    struct rn_change change;
    char name[16];

    (void)unused;
    for (int i = 0; i <= RN_STREAM_CONSUMERS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "c%d", i);
        command.as.register_consumer =
            (struct rn_register_consumer){.uid = 1, .name = rn_str_c(name)};
        assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                         i < RN_STREAM_CONSUMERS_MAX ? RN_VERDICT_OK : RN_VERDICT_CONSUMER_LIMIT);
    }
    assert_int_equal(change.numbers[1], RN_STREAM_CONSUMERS_MAX);
    assert_int_equal(rn_state_find(state, RN_STR("s"))->consumer_count, RN_STREAM_CONSUMERS_MAX);
    assert_true(rn_str_eq(consumer_of(state, "c777")->name, RN_STR("c777")));
    rn_state_free(state);
}

static void a_stream_goes_with_its_consumers_or_not_at_all(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_command command = {.type = RN_COMMAND_DELETE_UNUSED_STREAM};
    struct rn_change change;

    (void)unused;
    command.as.delete_stream.name = RN_STR("s");
    register_consumer(state, 1, "c", 0, &change);
    assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                     RN_VERDICT_HAS_CONSUMERS);
    assert_int_equal(rn_state_find(state, RN_STR("s"))->status, RN_STREAM_ACTIVE);
    assert_int_equal(delete_stream(state, "s", &change), RN_VERDICT_OK);
    assert_int_equal(consumer_of(state, "c")->status, RN_CONSUMER_DELETING);
    assert_int_equal(register_consumer(state, 1, "d", 0, &change), RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                     RN_VERDICT_OK); /* it is going already */
    report_stream(state, RN_COMMAND_STREAM_GONE, 1, &change);
    create_stream(state, "s", 1, &change);
    assert_int_equal(rn_state_find(state, RN_STR("s"))->consumer_count, 0);
    assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                     RN_VERDICT_OK);
    assert_int_equal(rn_state_find(state, RN_STR("s"))->status, RN_STREAM_DELETING);
    rn_state_free(state);
}

static enum rn_verdict tag_consumer(struct rn_state *state, enum rn_command_type type, uint64_t uid,
                                    const char *key, const char *value)
{
    struct rn_command command = {.type = type};
    struct rn_change change;

    command.tags[0] = (struct rn_pair_text){rn_str_c(key), rn_str_c(value)};
    command.as.change_tags = (struct rn_change_tags){
        .uid = 1, .consumer_uid = uid, .tags = command.tags, .tag_count = 1, .tags_max = 2};
    return apply_and_commit(state, &command, state->next, state->time_ms, &change);
}

/* Between two others, so that a tag or policy that went astray is found. */
static void tags_and_policy_of_a_consumer_are_its_own(void **unused)
{
    struct rn_state *state = state_with_stream();
    struct rn_change change;
    const struct rn_consumer *b;
    uint64_t uid;

    (void)unused;
    register_consumer(state, 1, "a", 0, &change);
    register_consumer(state, 1, "c", 0, &change);
    register_consumer(state, 1, "b", 0, &change);
    uid = change.consumer_uid;
    assert_int_equal(tag_consumer(state, RN_COMMAND_TAG_CONSUMER, uid, "k", "v"),
                     RN_VERDICT_CONSUMER_NOT_ACTIVE);
    assert_int_equal(set_policy(state, 1, uid, "{}", &change), RN_VERDICT_CONSUMER_NOT_ACTIVE);
    assert_int_equal(change.numbers[0], RN_CONSUMER_CREATING);
    change_consumer(state, RN_COMMAND_CONSUMER_READY, 1, uid, &change);
    assert_int_equal(tag_consumer(state, RN_COMMAND_TAG_CONSUMER, uid, "k", "v"), RN_VERDICT_OK);
    assert_int_equal(tag_consumer(state, RN_COMMAND_TAG_CONSUMER, uid, "l", "v"),
                     RN_VERDICT_TAG_LIMIT);
    assert_int_equal(set_policy(state, 1, uid, "{\"b\":1}", &change), RN_VERDICT_OK);
    assert_int_equal(set_policy(state, 1, 0, "{\"s\":1}", &change), RN_VERDICT_OK);
    b = consumer_of(state, "b");
    assert_int_equal(b->tag_count, 2);
    assert_true(rn_str_eq(b->tags[0].key, RN_STR("k")));
    assert_true(rn_str_eq(b->policy, RN_STR("{\"b\":1}")));
    assert_true(rn_str_eq(rn_state_find(state, RN_STR("s"))->policy, RN_STR("{\"s\":1}")));
    assert_int_equal(rn_state_find(state, RN_STR("s"))->tag_count, 0);
    for (const char *name = "a\0c\0"; *name; name += 2) {
        assert_int_equal(consumer_of(state, name)->tag_count, 1);
        assert_int_equal(consumer_of(state, name)->policy.len, 0);
    }
    assert_int_equal(tag_consumer(state, RN_COMMAND_UNTAG_CONSUMER, uid, "k", ""), RN_VERDICT_OK);
    assert_int_equal(tag_consumer(state, RN_COMMAND_UNTAG_CONSUMER, uid, "k", ""), RN_VERDICT_OK);
    assert_int_equal(consumer_of(state, "b")->tag_count, 1);
    assert_int_equal(set_policy(state, 1, uid, "", &change), RN_VERDICT_OK);
    assert_int_equal(set_policy(state, 1, uid, "", &change), RN_VERDICT_NO_POLICY);
    assert_int_equal(set_policy(state, 1, uid + 9, "{}", &change), RN_VERDICT_NO_CONSUMER);
    assert_int_equal(set_policy(state, 99, 0, "{}", &change), RN_VERDICT_NOT_FOUND);
    rn_state_free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_logs_give_equal_states_for_many_seeds),
        cmocka_unit_test(a_new_stream_is_what_its_command_says),
        cmocka_unit_test(a_stream_goes_from_creating_to_active_to_deleting_to_nothing),
        cmocka_unit_test(a_name_is_taken_until_its_stream_is_gone),
        cmocka_unit_test(a_delete_of_another_stream_of_that_name_finds_nothing),
        cmocka_unit_test(limits_that_a_command_carries_are_judged_when_it_is_applied),
        cmocka_unit_test(tags_are_added_replaced_and_removed),
        cmocka_unit_test(the_tags_of_a_stream_are_limited_together),
        cmocka_unit_test(a_longer_retention_revives_nothing),
        cmocka_unit_test(what_was_seen_to_expire_stays_gone),
        cmocka_unit_test(retention_changes_in_the_direction_that_was_asked_for),
        cmocka_unit_test(only_an_active_stream_is_changed),
        cmocka_unit_test(limits_are_set_lifted_and_unset),
        cmocka_unit_test(on_demand_streams_are_counted),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(a_second_genesis_changes_nothing_and_nothing_comes_before_the_first),
        cmocka_unit_test(a_consumer_goes_from_creating_to_active_to_deleting_to_nothing),
        cmocka_unit_test(a_consumer_registered_anew_is_another),
        cmocka_unit_test(consumers_are_limited_in_all_and_in_creating),
        cmocka_unit_test(no_limit_lets_a_stream_have_more_consumers_than_memory_is_planned_for),
        cmocka_unit_test(a_stream_goes_with_its_consumers_or_not_at_all),
        cmocka_unit_test(tags_and_policy_of_a_consumer_are_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
