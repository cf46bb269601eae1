/* On-demand streams through weeks of load: control, data and the scaler as they run, an engine in memory,
 * a clock by hand, and one mailbox that the test drains. What clients put is told to the shards' counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "data/runtime.h"
#include "data/scaler.h"
#include "tests/support/fake_engine.h"
#include "tests/support/hand_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/control/scratch.h"

#define MINUTE_MS 60000ll
#define DAY_MS (24 * 60 * MINUTE_MS)

struct rig {
    struct hand_clock clock;
    struct seeded_random random;
    struct fake_engine fake;
    struct rn_mailbox box;
    struct scratch scratch;
    struct rn_epoch *epoch;
    struct rn_data *data;
    struct rn_control *control;
    struct rn_scaler *scaler;
    int64_t began_ms;
    int answered;
};

static struct rig rig;

static void drain(void)
{
    while (rn_mailbox_drain(&rig.box)) {
    }
}

static void started(void *arg, rn_err err, const struct rn_reason *reason)
{
    (void)arg;
    (void)reason;
    assert_int_equal(err, RN_OK);
}

static void start(void)
{
    struct rn_data_options data_options;
    struct rn_control_options options;

    rn_data_options_default(&data_options);
    data_options.engine = &rig.fake.engine;
    data_options.clock = &rig.clock.clock;
    assert_int_equal(rn_data_new(&data_options, &rig.data), RN_OK);
    rn_control_options_default(&options);
    options.engine = &rig.fake.engine;
    options.disk = rig.scratch.disk;
    options.clock = &rig.clock.clock;
    options.random = &rig.random.random;
    options.epoch = rig.epoch;
    options.box = &rig.box;
    options.region = RN_STR("us-east-1");
    options.account = RN_STR("000000000000");
    options.runtime_new = rn_data_runtime_new;
    options.runtime_free = rn_data_runtime_free;
    options.runtime_close = rn_data_runtime_close;
    options.runtime_arg = rig.data;
    assert_int_equal(rn_control_open(&options, started, NULL, &rig.control), RN_OK);
    drain();
    rn_data_attach(rig.data, rn_control_state(rig.control));
    assert_int_equal(rn_scaler_new(&(struct rn_scaler_options){.control = rig.control,
                                                               .data = rig.data,
                                                               .clock = &rig.clock.clock,
                                                               .box = &rig.box,
                                                               .period_ms = MINUTE_MS},
                                   &rig.scaler),
                     RN_OK);
}

static void stopped(void *arg)
{
    (void)arg;
}

static void stop(void)
{
    rn_control_stop(rig.control, stopped, NULL);
    drain();
    rn_scaler_free(rig.scaler);
    rn_control_close(rig.control);
    drain();
    rn_epoch_collect(rig.epoch);
    rn_data_free(rig.data);
}

static int begin(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    rig.began_ms = 1700006400000; /* a day begins */
    hand_clock_init(&rig.clock, rig.began_ms);
    seeded_random_init(&rig.random, 3);
    fake_engine_init(&rig.fake, &rig.clock.clock);
    rn_mailbox_init(&rig.box, NULL, NULL);
    rig.scratch = scratch_open();
    rig.epoch = rn_epoch_new();
    assert_non_null(rig.epoch);
    start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    stop();
    rn_epoch_free(rig.epoch);
    fake_engine_done(&rig.fake);
    scratch_close(&rig.scratch);
    return 0;
}

static void answered(struct rn_task *task)
{
    (void)task;
    rig.answered++;
}

static void create(uint32_t shards)
{
    struct rn_proposal proposal = {
        .type = RN_COMMAND_CREATE_STREAM,
        .as.create_stream = {.name = RN_STR("s"),
                             .shard_count = shards,
                             .mode = RN_STREAM_ON_DEMAND,
                             .record_kib_max = 1024},
        .wait_for_task = true,
        .box = &rig.box,
        .done.run = answered,
    };

    assert_int_equal(rn_control_propose(rig.control, &proposal), RN_OK);
    drain();
    assert_int_equal(rig.answered, 1);
    assert_int_equal(proposal.verdict, RN_VERDICT_OK);
}

static const struct rn_stream *stream(void)
{
    return rn_state_find(rn_control_state(rig.control), RN_STR("s"));
}

static size_t open_shards(void)
{
    return stream()->open_count;
}

/* How much of the range [from, to] the shard holds, in thousandths. */
static uint64_t held(const struct rn_shard *shard, rn_u128 from, rn_u128 to)
{
    rn_u128 low = shard->range.start > from ? shard->range.start : from;
    rn_u128 high = shard->range.end < to ? shard->range.end : to;
    rn_u128 thousandth = (to - from) / 1000 + 1;

    return low > high ? 0 : (uint64_t)((high - low) / thousandth);
}

/* A minute in which keys of [from, to] bring so many thousandths of a shard's bytes. */
static void minute(uint64_t milli, rn_u128 from, rn_u128 to)
{
    for (size_t i = 0; i < stream()->open_count; i++) {
        const struct rn_shard *shard = &stream()->shards[stream()->open[i]];
        struct rn_runtime *runtime = rn_runtime_of(shard);
        uint64_t share = held(shard, from, to);
        rn_u128 low = shard->range.start > from ? shard->range.start : from;
        rn_u128 high = shard->range.end < to ? shard->range.end : to;

        rn_count(&runtime->incoming_bytes, 60ull * 1048576 * milli / 1000 * share / 1000);
        for (int key = 0; share > 0 && milli > 0 && key < RN_HEAT_KEYS; key++) {
            rn_heat_note(&runtime->heat, low + (high - low) / RN_HEAT_KEYS * (rn_u128)key);
        }
    }
    hand_clock_pass(&rig.clock, MINUTE_MS);
    rn_control_tick(rig.control);
    rn_scaler_tick(rig.scaler);
    drain();
}

/* Even load from now to that minute of that day after the beginning. */
static void until(int64_t day, int64_t at_minute, uint64_t milli)
{
    while (rn_clock_wall_ms(&rig.clock.clock) <
           rig.began_ms + day * DAY_MS + at_minute * MINUTE_MS) {
        minute(milli, 0, RN_HASH_KEY_MAX);
    }
}

static void a_month_of_load_gives_these_shards(void **state)
{
    (void)state;
    create(RN_ON_DEMAND_SHARDS);
    until(0, 720, 0);
    assert_int_equal(open_shards(), 4);
    until(0, 1440, 1500); /* needs 3 */
    assert_int_equal(open_shards(), 4);
    until(1, 600,
          3100); /* day 1: needs 7; the one left twice as wide as the others is hot, so it is 8 */
    assert_int_equal(open_shards(), 8);
    until(1, 700, 4000);
    assert_int_equal(open_shards(), 8);
    until(1, 702, 8000); /* the peak */
    assert_int_equal(open_shards(), 16);
    until(2, 0, 500);
    assert_int_equal(open_shards(), 16);
    for (int64_t day = 3; day <= 31; day++) { /* quiet, but the peak counts for 30 days */
        until(day, 0, 500);
        assert_int_equal(open_shards(), 16);
    }
    until(31, 1430, 500); /* day 31 is the first whose month lacks the peak: one quiet day */
    assert_int_equal(open_shards(), 16);
    until(32, 10, 500);
    assert_int_equal(open_shards(), 4);
    assert_int_equal(stream()->status, RN_STREAM_ACTIVE);
}

static void peaks_outlive_a_restart_and_so_do_shards(void **state)
{
    (void)state;
    create(RN_ON_DEMAND_SHARDS);
    until(0, 10, 4000);
    assert_int_equal(open_shards(), 8);
    stop();
    start();
    assert_int_equal(open_shards(), 8);
    until(29, 1400, 100);
    assert_int_equal(open_shards(), 8);
    until(31, 5, 100);
    assert_int_equal(open_shards(), 4);
}

static void a_hot_key_range_is_divided_until_no_shard_is_hot(void **state)
{
    rn_u128 from = (rn_u128)1 << 126, to = from + ((rn_u128)1 << 120);
    uint64_t most = 0;

    (void)state;
    create(RN_ON_DEMAND_SHARDS);
    for (int i = 0; i < 8; i++) {
        minute(1600, from, to);
    }
    for (size_t i = 0; i < stream()->open_count; i++) {
        uint64_t share = held(&stream()->shards[stream()->open[i]], from, to);

        most = share > most ? share : most;
    }
    assert_true(most * 1600 / 1000 <= RN_SHARD_HOT);
    assert_true(open_shards() >= 7 && open_shards() <= 10);
    for (int i = 0; i < 2 * 1440 + 5; i++) { /* quiet again: the splits were not for the sum */
        minute(0, from, to);
    }
    assert_int_equal(open_shards(), 4);
}

static void a_single_hot_key_is_not_chased(void **state)
{
    rn_u128 key = (rn_u128)1 << 126;

    (void)state;
    create(RN_ON_DEMAND_SHARDS);
    for (int i = 0; i < 30; i++) {
        minute(900, key, key);
    }
    assert_int_equal(open_shards(), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_month_of_load_gives_these_shards, begin, end),
        cmocka_unit_test_setup_teardown(peaks_outlive_a_restart_and_so_do_shards, begin, end),
        cmocka_unit_test_setup_teardown(a_hot_key_range_is_divided_until_no_shard_is_hot, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_single_hot_key_is_not_chased, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
