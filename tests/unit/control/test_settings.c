/* Settings of a stream and of the account, command by command: what they become, what they are refused for,
 * and that UPDATING ends with STREAM_READY. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/control/commands.h"

#define DAY_MS (24 * 3600000ll)
#define HOUR_MS 3600000ll

struct rig {
    struct rn_state *state;
    struct rn_change change;
    const struct rn_stream *stream; /* "s", uid 1, ACTIVE at first */
};

static struct rig rig;

static int begin(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    rig.state = new_state(NULL);
    create_stream(rig.state, "s", 2, &rig.change);
    report_stream(rig.state, RN_COMMAND_STREAM_READY, 1, &rig.change);
    rig.stream = rn_state_find(rig.state, RN_STR("s"));
    return 0;
}

static int end(void **state)
{
    (void)state;
    rn_state_free(rig.state);
    return 0;
}

static enum rn_verdict apply(const struct rn_command *command, int64_t later_ms)
{
    enum rn_verdict verdict = apply_and_commit(rig.state, command, rig.state->next,
                                               rig.state->time_ms + later_ms, &rig.change);

    rig.stream = rn_state_find(rig.state, RN_STR("s"));
    return verdict;
}

/* So much later; the stream stays in UPDATING if it went there. */
static enum rn_verdict set_at(int64_t later_ms, struct rn_set_setting set)
{
    struct rn_command command = {.type = RN_COMMAND_SET_SETTING};

    set.uid = 1;
    if (!set.key_id.data) {
        set.key_id = RN_STR("");
    }
    command.as.set_setting = set;
    return apply(&command, later_ms);
}

static void ready(void)
{
    report_stream(rig.state, RN_COMMAND_STREAM_READY, 1, &rig.change);
    rig.stream = rn_state_find(rig.state, RN_STR("s"));
}

static enum rn_verdict set(struct rn_set_setting set)
{
    enum rn_verdict verdict = set_at(0, set);
    uint64_t numbers[3];

    memcpy(numbers, rig.change.numbers, sizeof(numbers));
    if (rig.stream->status == RN_STREAM_UPDATING) {
        ready();
    }
    memcpy(rig.change.numbers, numbers, sizeof(numbers));
    return verdict;
}

#define SET(...) set((struct rn_set_setting){__VA_ARGS__})

static void a_change_is_there_at_once_and_updating_until_ready(void **state)
{
    int64_t opened_ms = rig.stream->shards[0].opened_ms;

    (void)state;
    assert_int_equal(set_at(5, (struct rn_set_setting){.which = RN_SET_RECORD_KIB, .number = 2048}),
                     RN_VERDICT_OK);
    assert_int_equal(rig.stream->record_kib_max, 2048);
    assert_int_equal(rig.stream->status, RN_STREAM_UPDATING);
    assert_int_equal(rig.stream->updated_ms, rig.state->time_ms);
    assert_int_equal(set_at(5, (struct rn_set_setting){.which = RN_SET_RECORD_KIB, .number = 4096}),
                     RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(rig.change.numbers[0], RN_STREAM_UPDATING);
    ready();
    assert_int_equal(rig.change.verdict, RN_VERDICT_OK);
    assert_int_equal(rig.stream->status, RN_STREAM_ACTIVE);
    assert_int_equal(rig.stream->record_kib_max, 2048);
    assert_int_equal(rig.stream->shards[0].opened_ms, opened_ms);
    ready(); /* twice */
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
}

static void what_is_so_already_changes_nothing(void **state)
{
    (void)state;
    SET(.which = RN_SET_ENCRYPT, .key_id = RN_STR("alias/a"));
    SET(.which = RN_SET_METRICS_ON, .number = 3);
    assert_int_equal(SET(.which = RN_SET_ENCRYPT, .key_id = RN_STR("alias/a")), RN_VERDICT_OK);
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
    assert_int_equal(SET(.which = RN_SET_METRICS_ON, .number = 2), RN_VERDICT_OK);
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
    assert_int_equal(SET(.which = RN_SET_METRICS_OFF, .number = 4), RN_VERDICT_OK);
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
    assert_int_equal(SET(.which = RN_SET_RECORD_KIB, .number = 1024), RN_VERDICT_OK);
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
    assert_int_equal(SET(.which = RN_SET_MODE, .number = RN_STREAM_PROVISIONED), RN_VERDICT_OK);
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
    assert_int_equal(rig.stream->daily.count, 1);
}

static void metrics_come_and_go_by_bits_and_are_told_before_and_after(void **state)
{
    (void)state;
    assert_int_equal(SET(.which = RN_SET_METRICS_ON, .number = 5), RN_VERDICT_OK);
    assert_int_equal(rig.change.numbers[0], 0);
    assert_int_equal(rig.change.numbers[1], 5);
    SET(.which = RN_SET_METRICS_ON, .number = 6);
    assert_int_equal(rig.stream->metrics, 7);
    SET(.which = RN_SET_METRICS_OFF, .number = 13);
    assert_int_equal(rig.change.numbers[0], 7);
    assert_int_equal(rig.change.numbers[1], 2);
    assert_int_equal(rig.stream->metrics, 2);
}

static void a_stream_is_encrypted_since_its_first_key(void **state)
{
    int64_t since_ms;

    (void)state;
    assert_int_equal(SET(.which = RN_SET_DECRYPT, .key_id = RN_STR("alias/a")), RN_VERDICT_KEY);
    assert_int_equal(rig.change.numbers[0], 0);
    SET(.which = RN_SET_ENCRYPT, .key_id = RN_STR("alias/a"));
    since_ms = rig.stream->encrypted_ms;
    assert_true(since_ms > 0);
    SET(.which = RN_SET_ENCRYPT, .key_id = RN_STR("alias/b"));
    assert_int_equal(rig.stream->encrypted_ms, since_ms);
    assert_true(rn_str_eq(rig.stream->key_id, RN_STR("alias/b")));
    assert_int_equal(SET(.which = RN_SET_DECRYPT, .key_id = RN_STR("alias/a")), RN_VERDICT_KEY);
    assert_int_equal(rig.change.numbers[0], 1);
    assert_int_equal(SET(.which = RN_SET_DECRYPT, .key_id = RN_STR("alias/b")), RN_VERDICT_OK);
    assert_int_equal(rig.stream->encrypted_ms, 0);
    assert_int_equal(rig.stream->key_id.len, 0);
    assert_int_equal(rig.stream->daily.count, 3);
}

static void warm_throughput_is_reached_when_the_stream_is_ready(void **state)
{
    (void)state;
    assert_int_equal(SET(.which = RN_SET_WARM, .number = 5), RN_VERDICT_PROVISIONED);
    SET(.which = RN_SET_MODE, .number = RN_STREAM_ON_DEMAND, .warm_mib = 8);
    assert_int_equal(rig.stream->warm_now_mib, 8);
    set_at(0, (struct rn_set_setting){.which = RN_SET_WARM, .number = 20});
    assert_int_equal(rig.change.numbers[0], 8);
    assert_int_equal(rig.change.numbers[1], 20);
    assert_int_equal(rig.stream->warm_mib, 20);
    assert_int_equal(rig.stream->warm_now_mib, 8);
    ready();
    assert_int_equal(rig.stream->warm_now_mib, 20);
    SET(.which = RN_SET_MODE, .number = RN_STREAM_ON_DEMAND);
    assert_int_equal(rig.stream->warm_mib, 20);
    SET(.which = RN_SET_MODE, .number = RN_STREAM_PROVISIONED);
    assert_int_equal(rig.stream->warm_mib + rig.stream->warm_now_mib, 0);
    assert_int_equal(rn_state_on_demand_count(rig.state), 0);
}

/* More throughput in the same mode is no switch of the mode. */
static void modes_are_switched_so_often_a_day(void **state)
{
    struct rn_set_setting on = {
        .which = RN_SET_MODE, .number = RN_STREAM_ON_DEMAND, .daily_max = 2};
    struct rn_set_setting off = {.which = RN_SET_MODE, .daily_max = 2};

    (void)state;
    assert_int_equal(set(on), RN_VERDICT_OK);
    on.warm_mib = 4;
    assert_int_equal(set(on), RN_VERDICT_OK);
    assert_int_equal(set(off), RN_VERDICT_OK);
    assert_int_equal(rig.stream->daily.count, 2);
    assert_int_equal(set(on), RN_VERDICT_DAILY_LIMIT);
    assert_int_equal(rig.change.numbers[1], 2);
    assert_int_equal(rig.stream->status, RN_STREAM_ACTIVE);
    assert_int_equal(rig.stream->mode, RN_STREAM_PROVISIONED);
    assert_int_equal(set_at(DAY_MS - 10000, on), RN_VERDICT_DAILY_LIMIT);
    assert_int_equal(set_at(10000, on), RN_VERDICT_OK);
    ready();
    off.daily_max = 0;
    assert_int_equal(set(off), RN_VERDICT_OK);
}

static void a_stream_that_is_not_there_or_on_its_way_is_not_changed(void **state)
{
    struct rn_command command = {.type = RN_COMMAND_SET_SETTING};

    (void)state;
    command.as.set_setting =
        (struct rn_set_setting){.uid = 77, .which = RN_SET_WARM, .number = 1, .key_id = RN_STR("")};
    assert_int_equal(apply(&command, 0), RN_VERDICT_NOT_FOUND);
    delete_stream(rig.state, "s", &rig.change);
    assert_int_equal(SET(.which = RN_SET_METRICS_ON, .number = 1), RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(rig.change.numbers[0], RN_STREAM_DELETING);
}

static void a_stream_is_deleted_also_while_updating(void **state)
{
    (void)state;
    set_at(0, (struct rn_set_setting){.which = RN_SET_METRICS_ON, .number = 1});
    assert_int_equal(delete_stream(rig.state, "s", &rig.change), RN_VERDICT_OK);
    report_stream(rig.state, RN_COMMAND_STREAM_READY, 1, &rig.change); /* late */
    assert_int_equal(rig.change.verdict, RN_VERDICT_NOT_ACTIVE);
    assert_int_equal(report_stream(rig.state, RN_COMMAND_STREAM_GONE, 1, &rig.change),
                     RN_VERDICT_OK);
}

/* A reshard's UPDATING has steps of its own. */
static void a_late_ready_does_not_end_a_reshard(void **state)
{
    struct rn_command command = {.type = RN_COMMAND_RESHARD};

    (void)state;
    command.as.change_shards =
        (struct rn_change_shards){.uid = 1, .reshard = {.kind = RN_RESHARD_COUNT, .target = 4}};
    assert_int_equal(apply(&command, 0), RN_VERDICT_OK);
    assert_int_equal(rig.stream->status, RN_STREAM_UPDATING);
    ready();
    assert_int_equal(rig.change.kind, RN_CHANGE_NONE);
    assert_int_equal(rig.stream->status, RN_STREAM_UPDATING);
}

static struct rn_commitment commit(bool on, int64_t later_ms)
{
    struct rn_command command = {.type = RN_COMMAND_SET_COMMITMENT};

    command.as.set_commitment.on = on;
    assert_int_equal(apply(&command, later_ms), RN_VERDICT_OK);
    return rn_state_commitment(rig.state);
}

static bool holds(void)
{
    struct rn_commitment commitment = rn_state_commitment(rig.state);

    return rn_commitment_holds(&commitment, rig.state->time_ms);
}

static void a_commitment_holds_for_a_day_at_least(void **state)
{
    struct rn_commitment first, now;

    (void)state;
    now = commit(false, 0); /* nothing to end */
    assert_int_equal(now.started_ms + now.ends_ms, 0);
    first = commit(true, HOUR_MS);
    assert_int_equal(first.started_ms, rig.state->time_ms);
    assert_int_equal(first.ends_ms, 0);
    now = commit(false, HOUR_MS);
    assert_int_equal(now.started_ms, first.started_ms);
    assert_int_equal(now.ends_ms, first.started_ms + DAY_MS);
    assert_true(holds());
    now = commit(false, HOUR_MS); /* again: it ends when it ends */
    assert_int_equal(now.ends_ms, first.started_ms + DAY_MS);
    now = commit(true, HOUR_MS); /* it goes on */
    assert_int_equal(now.started_ms, first.started_ms);
    assert_int_equal(now.ends_ms, 0);
    now = commit(false, 40 * HOUR_MS); /* longer than a day: at once */
    assert_int_equal(now.ends_ms, rig.state->time_ms);
    assert_false(holds());
    now = commit(false, HOUR_MS);
    assert_int_equal(now.ends_ms, rig.state->time_ms - HOUR_MS);
    now = commit(true, HOUR_MS); /* a new one */
    assert_int_equal(now.started_ms, rig.state->time_ms);
    assert_int_equal(now.ends_ms, 0);
    assert_true(holds());
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_change_is_there_at_once_and_updating_until_ready),
        RIG_TEST(what_is_so_already_changes_nothing),
        RIG_TEST(metrics_come_and_go_by_bits_and_are_told_before_and_after),
        RIG_TEST(a_stream_is_encrypted_since_its_first_key),
        RIG_TEST(warm_throughput_is_reached_when_the_stream_is_ready),
        RIG_TEST(modes_are_switched_so_often_a_day),
        RIG_TEST(a_stream_that_is_not_there_or_on_its_way_is_not_changed),
        RIG_TEST(a_stream_is_deleted_also_while_updating),
        RIG_TEST(a_late_ready_does_not_end_a_reshard),
        RIG_TEST(a_commitment_holds_for_a_day_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
