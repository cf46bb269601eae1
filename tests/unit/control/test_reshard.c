/* The commands of a reshard: verdicts, lineage, and that equal logs give equal shards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "control/lineage.h"
#include "tests/unit/control/commands.h"

static const struct rn_stream *stream_of(const struct rn_state *state)
{
    const struct rn_stream *stream = rn_state_find(state, RN_STR("s"));

    assert_non_null(stream);
    return stream;
}

static struct rn_state *with_stream(uint32_t shards)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;

    assert_int_equal(create_stream(state, "s", shards, &change), RN_VERDICT_OK);
    assert_int_equal(report_stream(state, RN_COMMAND_STREAM_READY, change.uid, &change),
                     RN_VERDICT_OK);
    return state;
}

static enum rn_verdict wish(struct rn_state *state, struct rn_change_shards change_shards,
                            struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_RESHARD, .as.change_shards = change_shards};

    command.as.change_shards.uid = stream_of(state)->uid;
    return apply_and_commit(state, &command, state->next, state->time_ms + 10, ret_change);
}

static struct rn_change_shards split(uint32_t shard, rn_u128 key)
{
    return (struct rn_change_shards){
        .reshard = {.kind = RN_RESHARD_SPLIT, .shard = shard, .hash_key = key}};
}

static struct rn_change_shards merge(uint32_t lower, uint32_t upper)
{
    return (struct rn_change_shards){
        .reshard = {.kind = RN_RESHARD_MERGE, .shard = lower, .adjacent = upper}};
}

static struct rn_change_shards count(uint32_t target)
{
    return (struct rn_change_shards){.reshard = {.kind = RN_RESHARD_COUNT, .target = target}};
}

static struct rn_reshard_step step_of(const struct rn_state *state)
{
    return (struct rn_reshard_step){.uid = stream_of(state)->uid,
                                    .reshard_id = stream_of(state)->reshard_id,
                                    .ends = RN_STR("")};
}

static enum rn_verdict lanes_ready(struct rn_state *state, struct rn_reshard_step step,
                                   struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_LANES_READY, .as.reshard_step = step};

    return apply_and_commit(state, &command, state->next, state->time_ms + 10, ret_change);
}

/* Every closed shard ends at 100 + its index. */
static rn_err shards_cut(struct rn_state *state, struct rn_reshard_step step,
                         struct rn_change *ret_change)
{
    struct rn_command command = {.type = RN_COMMAND_SHARDS_CUT, .as.reshard_step = step};
    const struct rn_stream *stream = stream_of(state);
    struct rn_lineage lineage = {0};
    char ends[512];
    rn_err err;

    if (stream->reshard.kind) {
        assert_int_equal(rn_lineage_make(stream, &stream->reshard, &lineage), RN_OK);
    }
    for (size_t i = 0; i < lineage.closed_count; i++) {
        rn_put_be64(ends + 8 * i, 100 + stream->shards[lineage.closed[i]].index);
    }
    command.as.reshard_step.ends =
        rn_str_make(ends, lineage.closed_count ? 8 * lineage.closed_count : 8);
    rn_lineage_done(&lineage);
    err = rn_apply(state, &command, state->next, state->time_ms + 10, ret_change);
    if (!err) {
        rn_change_commit(state, ret_change);
    }
    return err;
}

static void finish(struct rn_state *state)
{
    struct rn_change change;

    assert_int_equal(lanes_ready(state, step_of(state), &change), RN_VERDICT_OK);
    assert_true(stream_of(state)->closing);
    assert_int_equal(shards_cut(state, step_of(state), &change), RN_OK);
    assert_int_equal(change.verdict, RN_VERDICT_OK);
    assert_int_equal(stream_of(state)->status, RN_STREAM_ACTIVE);
}

static struct rn_state *through_a_snapshot(struct rn_state *state)
{
    struct rn_state *copy = rn_state_new(NULL);
    struct rn_buf bytes, again;
    struct rn_reason reason;

    rn_buf_init(&bytes, RN_SNAPSHOT_BYTES_MAX);
    rn_buf_init(&again, RN_SNAPSHOT_BYTES_MAX);
    assert_int_equal(rn_snapshot_encode(state, &bytes), RN_OK);
    assert_int_equal(rn_snapshot_decode(rn_buf_str(&bytes), copy, &reason), RN_OK);
    assert_int_equal(rn_snapshot_encode(copy, &again), RN_OK);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    rn_buf_done(&bytes);
    rn_buf_done(&again);
    rn_state_free(state);
    return copy;
}

static void a_reshard_is_refused_for_what_its_verdict_says(void **unused)
{
    struct rn_state *state = with_stream(3);
    rn_u128 low = stream_of(state)->shards[1].range.start,
            high = stream_of(state)->shards[1].range.end;
    struct rn_change_shards limited = count(8);
    struct rn_change change;

    (void)unused;
    assert_int_equal(wish(state, split(7, 5), &change), RN_VERDICT_NO_SHARD);
    assert_int_equal(change.numbers[0], 7);
    assert_int_equal(wish(state, merge(0, 9), &change), RN_VERDICT_NO_SHARD);
    assert_int_equal(wish(state, split(1, low), &change), RN_VERDICT_HASH_KEY);
    assert_int_equal(wish(state, split(1, low + 1), &change), RN_VERDICT_HASH_KEY);
    assert_int_equal(wish(state, split(1, high), &change), RN_VERDICT_HASH_KEY);
    assert_int_equal(wish(state, merge(0, 2), &change), RN_VERDICT_NOT_ADJACENT);
    assert_int_equal(wish(state, merge(2, 0), &change), RN_VERDICT_NOT_ADJACENT);
    assert_int_equal(wish(state, merge(1, 1), &change), RN_VERDICT_NOT_ADJACENT);
    limited.factor_max = 2;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_FACTOR);
    assert_int_equal(change.numbers[0], 3);
    limited.reshard.target = 1;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_FACTOR);
    limited.reshard.target = 6;
    limited.stream_shards_max = 5;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_STREAM_SHARDS);
    limited.stream_shards_max = 0;
    limited.shards_per_account_max = 5;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_SHARD_LIMIT);
    assert_int_equal(change.numbers[0], 3);
    assert_int_equal(change.numbers[2], 3);
    assert_int_equal(wish(state, count(3), &change), RN_VERDICT_OK); /* as it is */
    assert_int_equal(stream_of(state)->status, RN_STREAM_ACTIVE);
    assert_int_equal(wish(state, split(1, low + 2), &change), RN_VERDICT_OK);
    assert_int_equal(wish(state, split(0, 5), &change), RN_VERDICT_NOT_ACTIVE);
    finish(state);
    assert_int_equal(wish(state, split(1, low + 2), &change), RN_VERDICT_SHARD_CLOSED);
    assert_int_equal(wish(state, merge(0, 1), &change), RN_VERDICT_SHARD_CLOSED);
    state->time_ms += (int64_t)stream_of(state)->retention_hours * 3600000;
    assert_int_equal(wish(state, merge(0, 1), &change), RN_VERDICT_NO_SHARD); /* expired */
    rn_state_free(state);
}

static void the_same_count_changes_nothing_even_where_ranges_are_uneven(void **unused)
{
    struct rn_state *state = with_stream(1);
    struct rn_change change;

    (void)unused;
    assert_int_equal(wish(state, split(0, 5), &change), RN_VERDICT_OK);
    finish(state);
    assert_int_equal(wish(state, count(2), &change), RN_VERDICT_OK);
    assert_int_equal(change.numbers[0], 2);
    assert_int_equal(stream_of(state)->status, RN_STREAM_ACTIVE);
    assert_int_equal(stream_of(state)->shard_count, 3);
    rn_state_free(state);
}

static void children_get_lanes_of_their_own_and_parents_their_ends(void **unused)
{
    struct rn_state *state = with_stream(2);
    struct rn_change change;
    const struct rn_stream *stream;

    (void)unused;
    assert_int_equal(wish(state, merge(0, 1), &change), RN_VERDICT_OK);
    assert_int_equal(change.numbers[0], 2);
    assert_int_equal(stream_of(state)->lanes, 3);
    assert_int_equal(stream_of(state)->open_count, 2);
    finish(state);
    stream = stream_of(state);
    assert_int_equal(stream->shard_count, 3);
    assert_int_equal(stream->shards[0].end, 100);
    assert_int_equal(stream->shards[1].end, 101);
    assert_int_equal(stream->shards[0].closed_ms, state->time_ms);
    assert_int_equal(stream->shards[2].lane, 2);
    assert_int_equal(stream->shards[2].start, 0);
    assert_int_equal(stream->shards[2].opened_ms, state->time_ms);
    assert_int_equal(stream->shards[2].created_s,
                     state->time_ms / 1000 > stream->shards[0].created_s + 1
                         ? state->time_ms / 1000
                         : stream->shards[0].created_s + 1);
    assert_int_equal(rn_state_open_shard_count(state), 1);
    rn_state_free(state);
}

static void a_step_that_comes_twice_or_late_changes_nothing(void **unused)
{
    struct rn_state *state = with_stream(1);
    struct rn_reshard_step old;
    struct rn_change change;

    (void)unused;
    assert_int_equal(wish(state, count(2), &change), RN_VERDICT_OK);
    old = step_of(state);
    assert_int_equal(shards_cut(state, old, &change), RN_OK); /* before the lanes are there */
    assert_int_equal(stream_of(state)->open_count, 1);
    finish(state);
    assert_int_equal(lanes_ready(state, old, &change), RN_VERDICT_OK);
    assert_int_equal(shards_cut(state, old, &change), RN_OK);
    assert_int_equal(stream_of(state)->open_count, 2);
    assert_int_equal(wish(state, count(3), &change), RN_VERDICT_OK);
    assert_int_equal(lanes_ready(state, old, &change), RN_VERDICT_OK);
    assert_false(stream_of(state)->closing);
    finish(state);
    assert_int_equal(stream_of(state)->open_count, 3);
    old.uid = 999;
    assert_int_equal(lanes_ready(state, old, &change), RN_VERDICT_NOT_FOUND);
    rn_state_free(state);
}

static void another_count_is_had_so_often_in_24_hours(void **unused)
{
    struct rn_state *state = with_stream(1);
    struct rn_change_shards limited = count(2);
    struct rn_change change;

    (void)unused;
    limited.daily_max = 2;
    for (uint32_t target = 2; target <= 3; target++) {
        limited.reshard.target = target;
        assert_int_equal(wish(state, limited, &change), RN_VERDICT_OK);
        finish(state);
    }
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_OK); /* as it is: not counted */
    limited.reshard.target = 4;
    state = through_a_snapshot(state);
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_DAILY_LIMIT);
    assert_int_equal(change.numbers[1], 2);
    assert_int_equal(
        wish(state, split(stream_of(state)->shards[stream_of(state)->open[0]].index, 9), &change),
        RN_VERDICT_OK); /* splits are free */
    finish(state);
    state->time_ms += 24 * 3600000 - 10000;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_OK); /* as it is, by now */
    limited.reshard.target = 5;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_DAILY_LIMIT);
    state->time_ms += 20000;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_OK);
    finish(state);
    rn_state_free(state);
}

static void ends_that_do_not_fit_the_shards_break_the_log(void **unused)
{
    struct rn_state *state = with_stream(2);
    struct rn_command command = {.type = RN_COMMAND_SHARDS_CUT};
    struct rn_change change;

    (void)unused;
    assert_int_equal(wish(state, merge(0, 1), &change), RN_VERDICT_OK);
    assert_int_equal(lanes_ready(state, step_of(state), &change), RN_VERDICT_OK);
    command.as.reshard_step = step_of(state);
    command.as.reshard_step.ends = rn_str_make("12345678", 8);
    assert_int_equal(rn_apply(state, &command, state->next, state->time_ms, &change), RN_CORRUPT);
    rn_state_free(state);
}

static void assert_numbers_rise(const struct rn_stream *stream)
{
    for (size_t i = 0; i < stream->shard_count; i++) {
        const struct rn_shard *shard = &stream->shards[i];
        const uint32_t parents[] = {shard->parent, shard->adjacent_parent};

        for (size_t p = 0; p < 2; p++) {
            const struct rn_shard *parent =
                parents[p] == RN_SHARD_NONE ? NULL : rn_stream_shard(stream, parents[p]);

            assert_true(!parent || (parent->created_s < shard->created_s && parent->closed_ms));
        }
    }
}

/* Method: random reshards of one stream, the state now and then replaced by what its snapshot says, hours
 * passing: the hash keys stay covered, numbers rise, lanes are not shared, old closed shards go. */
static void a_life_of_reshards_keeps_the_lineage(void **unused)
{
    struct seeded_random random;
    struct rn_state *state = with_stream(2);
    size_t dropped = 0;

    (void)unused;
    seeded_random_init(&random, 7);
    for (int i = 0; i < 400; i++) {
        const struct rn_stream *stream = stream_of(state);
        size_t before = stream->shard_count;
        const struct rn_shard *shard =
            &stream
                 ->shards[stream->open[seeded_random_below(&random, (uint32_t)stream->open_count)]];
        struct rn_change change;

        switch (seeded_random_below(&random, 3)) {
        case 0:
            (void)wish(state, count(1 + seeded_random_below(&random, 12)), &change);
            break;
        case 1:
            (void)wish(state,
                       split(shard->index,
                             shard->range.start + (shard->range.end - shard->range.start) / 3),
                       &change);
            break;
        default:
            (void)wish(state, merge(shard->index, seeded_random_below(&random, 40)), &change);
            break;
        }
        state->time_ms += seeded_random_below(&random, 4) * 3600000;
        if (seeded_random_below(&random, 3) == 0) {
            state = through_a_snapshot(state);
        }
        if (stream_of(state)->status == RN_STREAM_UPDATING) {
            finish(state);
            assert_true(rn_version_covers(stream_of(state)->control_private));
            assert_numbers_rise(stream_of(state));
            dropped +=
                stream_of(state)->shards[0].index > 0 && stream_of(state)->shard_count < before;
        }
    }
    assert_true(dropped > 0);
    assert_true(stream_of(state)->lanes > 100);
    rn_state_free(state);
}

/* Method: the other stream is judged while the first one's new shards are not there yet. */
static void shards_that_are_still_coming_count_for_the_account(void **unused)
{
    struct rn_command command = {.type = RN_COMMAND_CREATE_STREAM};
    struct rn_state *state = with_stream(3);
    struct rn_change_shards limited = count(5);
    struct rn_change change;

    (void)unused;
    limited.shards_per_account_max = 6;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_OK);
    assert_int_equal(rn_state_open_shard_count(state), 3);
    command.as.create_stream = (struct rn_create_stream){
        .name = RN_STR("t"), .shard_count = 2, .record_kib_max = 1024, .shards_per_account_max = 6};
    assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                     RN_VERDICT_SHARD_LIMIT);
    assert_int_equal(change.numbers[0], 5);
    state = through_a_snapshot(state);
    assert_int_equal(apply_and_commit(state, &command, state->next, state->time_ms, &change),
                     RN_VERDICT_SHARD_LIMIT);
    finish(state);
    assert_int_equal(state->opening, 0);
    limited = split(stream_of(state)->shards[stream_of(state)->open[0]].index, 1000);
    limited.shards_per_account_max = 6;
    assert_int_equal(wish(state, limited, &change), RN_VERDICT_OK);
    assert_int_equal(state->opening, 1);
    assert_int_equal(delete_stream(state, "s", &change), RN_VERDICT_OK);
    assert_int_equal(state->opening, 0);
    rn_state_free(state);
}

/* Beyond that the engine would refuse the lanes for ever, and the stream stay UPDATING. */
static void a_stream_opens_no_more_shards_than_its_engine_has_lanes(void **unused)
{
    struct rn_state *state = with_stream(1);
    struct rn_version *version = stream_of(state)->control_private;
    struct rn_change change;

    (void)unused;
    version->stream.lanes = RN_LANES_PER_TOPIC_MAX - 1;
    assert_int_equal(wish(state, split(0, 1000), &change), RN_VERDICT_SHARDS_OF_LIFE);
    assert_int_equal(change.numbers[1], RN_LANES_PER_TOPIC_MAX);
    version->stream.lanes = RN_LANES_PER_TOPIC_MAX - 2;
    assert_int_equal(wish(state, split(0, 1000), &change), RN_VERDICT_OK);
    finish(state);
    assert_int_equal(stream_of(state)->shards[2].lane, RN_LANES_PER_TOPIC_MAX - 1);
    rn_state_free(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reshard_is_refused_for_what_its_verdict_says),
        cmocka_unit_test(the_same_count_changes_nothing_even_where_ranges_are_uneven),
        cmocka_unit_test(children_get_lanes_of_their_own_and_parents_their_ends),
        cmocka_unit_test(a_step_that_comes_twice_or_late_changes_nothing),
        cmocka_unit_test(another_count_is_had_so_often_in_24_hours),
        cmocka_unit_test(ends_that_do_not_fit_the_shards_break_the_log),
        cmocka_unit_test(a_life_of_reshards_keeps_the_lineage),
        cmocka_unit_test(shards_that_are_still_coming_count_for_the_account),
        cmocka_unit_test(a_stream_opens_no_more_shards_than_its_engine_has_lanes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
