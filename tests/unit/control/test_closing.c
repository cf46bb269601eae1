/* Reshards by control as it runs: the CUTs, what the shards are told, and whatever can come in between.
 * Method: the rig of running.h. Of one reshard the engine sees four appends in a row: RESHARD, LANES_READY, the
 * CUTs, SHARDS_CUT; tests say what becomes of each. */
#include "tests/unit/control/running.h"

#include "control/stream.h"

enum { APPENDS = 4, SHARDS_MAX = 4000, STEPS_MAX = 64 };

/* What the shards were told, in order; and of each one the last. */
struct told {
    struct {
        uint32_t shard;
        enum rn_close_step step;
        uint64_t end;
    } steps[STEPS_MAX];
    size_t count;
    enum rn_close_step last[SHARDS_MAX];
    bool any[SHARDS_MAX];
};

static struct told told;

static const struct rn_stream *stream_now(void)
{
    const struct rn_stream *stream = rn_state_find(rn_control_state(rig.control), RN_STR("s"));

    assert_non_null(stream);
    return stream;
}

static void note(uint32_t shard, enum rn_close_step step, uint64_t end)
{
    assert_true(shard < SHARDS_MAX);
    if (step == RN_CLOSE_DONE) { /* the state that says so is published */
        assert_int_equal(rn_stream_shard(stream_now(), shard)->end, end);
        assert_int_equal(stream_now()->status, RN_STREAM_ACTIVE);
    }
    if (told.count < STEPS_MAX) {
        told.steps[told.count].shard = shard;
        told.steps[told.count].step = step;
        told.steps[told.count].end = end;
    }
    told.count++;
    told.last[shard] = step;
    told.any[shard] = true;
}

static int begin_listening(void **state)
{
    memset(&told, 0, sizeof(told));
    begin(state);
    rig.closed = note;
    return 0;
}

static void end_of_round(void)
{
    end(NULL);
    begin_listening(NULL);
}

static void assert_told(size_t i, uint32_t shard, enum rn_close_step step)
{
    assert_true(i < told.count);
    assert_int_equal(told.steps[i].shard, shard);
    assert_int_equal(told.steps[i].step, step);
}

static struct rn_proposal wish(struct rn_reshard reshard)
{
    struct rn_proposal proposal = {.type = RN_COMMAND_RESHARD, .wait_for_task = true};

    proposal.as.change_shards =
        (struct rn_change_shards){.uid = stream_now()->uid, .reshard = reshard};
    return proposal;
}

static struct rn_reshard split_of(uint32_t shard)
{
    const struct rn_hash_range *range = &rn_stream_shard(stream_now(), shard)->range;

    return (struct rn_reshard){.kind = RN_RESHARD_SPLIT,
                               .shard = shard,
                               .hash_key = range->start + (range->end - range->start) / 2};
}

static void assert_split_done(void)
{
    const struct rn_stream *stream = stream_now();

    assert_int_equal(stream->status, RN_STREAM_ACTIVE);
    assert_int_equal(stream->shard_count, 3);
    assert_int_equal(stream->open_count, 2);
    assert_int_equal(stream->lanes, 3);
    assert_true(stream->shards[0].closed_ms > 0);
    assert_true(rn_version_covers(stream->control_private));
}

/* The next appends but for the last of them go well. */
static void plan_last_of(size_t count, enum rn_outcome outcome, enum fake_fate fate)
{
    for (size_t i = 1; i < count; i++) {
        fake_engine_plan_append(&rig.fake, RN_OUTCOME_OK, FAKE_STORED);
    }
    fake_engine_plan_append(&rig.fake, outcome, fate);
}

/* With time for what a first tick begins. */
static void pass_on(int64_t ms)
{
    pass(ms);
    pass(0);
    pass(0);
}

/* A split of shard 0 that has come so far that this many appends are stored and answered, and the next one
 * is with the engine. */
static void split_up_to(struct rn_proposal *proposal, size_t appends)
{
    rig.fake.hold = true;
    *proposal = wish(split_of(0));
    hand_over(proposal);
    for (size_t i = 0; i < appends; i++) {
        assert_int_equal(fake_engine_commit(&rig.fake, 1), 1);
        drain();
    }
    assert_int_equal(rig.fake.held_count, appends < APPENDS ? 1 : 0);
}

static void let_go(void)
{
    rig.fake.hold = false;
    fake_engine_commit(&rig.fake, FAKE_HELD_MAX);
    drain();
}

/* ---- as it should go --------------------------------------------------------------------------- */

static void shards_hear_of_the_close_before_the_cut_and_of_its_end_after(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create();
    split_up_to(&proposal, 1);
    assert_int_equal(stream_now()->status, RN_STREAM_UPDATING);
    assert_int_equal(told.count, 0);
    assert_int_equal(fake_engine_commit(&rig.fake, 1), 1); /* LANES_READY */
    assert_int_equal(told.count, 0);
    drain();
    assert_int_equal(told.count, 1); /* and the CUT is with the engine, not in the lane */
    assert_told(0, 0, RN_CLOSE_BEGUN);
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 0), 0);
    assert_int_equal(fake_engine_commit(&rig.fake, 1), 1);
    drain();
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 0), 1);
    assert_int_equal(told.count, 1);
    assert_int_equal(stream_now()->open_count, 1);
    let_go();
    assert_int_equal(told.count, 2);
    assert_told(1, 0, RN_CLOSE_DONE);
    assert_int_equal(told.steps[1].end, 0);
    assert_int_equal(proposal.verdict, RN_VERDICT_OK);
    assert_int_equal(rig.answered, 1);
    assert_split_done();
}

static void every_parent_gets_a_cut_and_no_other_shard(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create_with(4);
    proposal = wish((struct rn_reshard){.kind = RN_RESHARD_MERGE, .shard = 1, .adjacent = 2});
    propose(&proposal);
    assert_int_equal(told.count, 4);
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 0), 0);
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 1), 1);
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 2), 1);
    assert_int_equal(stream_now()->open_count, 3);
}

/* More parents than one submit may have runs. */
static void a_thousand_shards_are_cut_in_batches(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create_with(1100);
    proposal = wish((struct rn_reshard){.kind = RN_RESHARD_COUNT, .target = 1});
    rig.fake.submits = 0;
    propose(&proposal);
    assert_int_equal(rig.fake.submits,
                     3 + (1100 + RN_RUNS_PER_SUBMIT_MAX - 1) / RN_RUNS_PER_SUBMIT_MAX);
    for (uint32_t i = 0; i < 1100; i++) {
        assert_int_equal(told.last[i], RN_CLOSE_DONE);
    }
    assert_int_equal(stream_now()->open_count, 1);
    assert_true(rn_version_covers(stream_now()->control_private));
}

/* ---- what goes wrong --------------------------------------------------------------------------- */

static void a_cut_that_failed_is_tried_again(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create();
    plan_last_of(3, RN_OUTCOME_FULL, FAKE_NOT_STORED);
    proposal = wish(split_of(0));
    hand_over(&proposal);
    assert_int_equal(rig.answered, 0);
    assert_int_equal(told.count, 1);
    pass_on(100);
    assert_int_equal(rig.answered, 1);
    assert_told(1, 0, RN_CLOSE_DONE);
    assert_int_equal(told.steps[1].end, 0);
    assert_split_done();
}

/* Of two parents the first CUT is stored, and of the second nobody knows. */
static void of_two_cuts_of_a_shard_the_one_that_was_reported_counts(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create_with(2);
    plan_last_of(4, RN_OUTCOME_UNKNOWN, FAKE_STORED);
    proposal = wish((struct rn_reshard){.kind = RN_RESHARD_MERGE, .shard = 0, .adjacent = 1});
    hand_over(&proposal);
    pass_on(100);
    assert_int_equal(rig.answered, 1);
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 0), 1);
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 1), 2);
    assert_int_equal(stream_now()->shards[0].end, 0);
    assert_int_equal(stream_now()->shards[1].end, 1);
}

static void on_a_full_disk_puts_need_not_wait_and_the_close_goes_on_later(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create();
    split_up_to(&proposal, 2);
    plan_last_of(1, RN_OUTCOME_FULL, FAKE_NOT_STORED);
    let_go();
    rig.fake.submit_err = RN_FULL;
    pass_on(4000);
    assert_int_equal(told.count, 1);
    pass_on(1001);
    assert_int_equal(told.count, 2);
    assert_told(1, 0, RN_CLOSE_DELAYED);
    assert_int_equal(proposal.verdict, RN_VERDICT_OK); /* it stands; only its task takes long */
    pass_on(60000);
    assert_int_equal(told.count, 2);
    rig.fake.submit_err = RN_OK;
    pass_on(5000);
    assert_told(2, 0, RN_CLOSE_DONE);
    assert_split_done();
}

static void puts_do_not_wait_for_a_disk_that_does_not_answer(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    for (size_t appends = 2; appends < APPENDS; appends++) { /* the CUT; SHARDS_CUT */
        create();
        split_up_to(&proposal, appends);
        assert_int_equal(told.count, 1);
        pass_on(5001);
        assert_int_equal(told.count, 2);
        assert_told(1, 0, RN_CLOSE_DELAYED);
        let_go();
        pass_on(5001);
        assert_told(2, 0, RN_CLOSE_DONE);
        assert_split_done();
        end_of_round();
    }
}

static void a_report_that_was_lost_is_repeated(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create();
    plan_last_of(2, RN_OUTCOME_UNKNOWN, FAKE_NOT_STORED); /* LANES_READY */
    proposal = wish(split_of(0));
    hand_over(&proposal);
    assert_false(stream_now()->closing);
    plan_last_of(3, RN_OUTCOME_UNKNOWN, FAKE_NOT_STORED); /* SHARDS_CUT */
    pass_on(5001);
    pass_on(101);
    assert_true(stream_now()->closing);
    pass_on(5001);
    pass_on(101);
    assert_split_done();
    assert_int_equal(fake_engine_end(&rig.fake, proposal.uid, 0), 1); /* a single CUT */
}

static void a_report_that_comes_twice_changes_nothing(void **state)
{
    struct rn_proposal proposal;
    const struct rn_stream *done;

    (void)state;
    create();
    plan_last_of(2, RN_OUTCOME_UNKNOWN, FAKE_STORED_LATE); /* LANES_READY */
    proposal = wish(split_of(0));
    hand_over(&proposal);
    plan_last_of(3, RN_OUTCOME_UNKNOWN, FAKE_STORED_LATE); /* SHARDS_CUT */
    pass_on(5001);
    pass_on(101);
    assert_true(stream_now()->closing);
    pass_on(5001);
    pass_on(101);
    assert_split_done();
    assert_int_equal(told.count, 3); /* BEGUN, DELAYED, DONE */
    done = stream_now();
    fake_engine_store_late(&rig.fake);
    drain();
    pass_on(5001);
    assert_ptr_equal(stream_now(), done);
    assert_int_equal(told.count, 3);
}

static void a_stream_can_be_deleted_at_any_point(void **state)
{
    (void)state;
    for (size_t appends = 1; appends < APPENDS; appends++) {
        struct rn_proposal reshard, delete = {.type = RN_COMMAND_DELETE_STREAM};

        create();
        delete.as.delete_stream.name = RN_STR("s");
        delete.wait_for_task = true;
        split_up_to(&reshard, appends);
        hand_over(&delete);
        let_go();
        pass_on(200);
        assert_int_equal(rig.answered, 2);
        assert_null(rn_state_find(rn_control_state(rig.control), RN_STR("s")));
        assert_false(fake_engine_has_topic(&rig.fake, reshard.uid));
        if (told.any[0] && told.last[0] != RN_CLOSE_DONE) {
            assert_int_equal(told.last[0], RN_CLOSE_DELAYED);
        }
        end_of_round();
    }
}

static void nobody_waits_once_the_control_log_cannot_be_followed(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create();
    split_up_to(&proposal, 2);
    fake_engine_append(&rig.fake, RN_STR("no command"));
    drain();
    assert_int_not_equal(rn_control_health(rig.control), RN_OK);
    assert_int_equal(told.count, 2);
    assert_told(1, 0, RN_CLOSE_DELAYED);
    let_go();
    assert_int_equal(told.count, 2);
}

static void nobody_waits_once_control_ends(void **state)
{
    struct rn_proposal proposal;

    (void)state;
    create();
    split_up_to(&proposal, 2);
    stop();
    let_go();
    assert_int_equal(told.count, 2);
    assert_told(1, 0, RN_CLOSE_DELAYED);
    fake_engine_restart(&rig.fake);
    start();
}

/* ---- restarts --------------------------------------------------------------------------------- */

enum crash { LOST, STORED };

/* The process ends with an append on its way, which gets into its lane or not. */
static void crash(enum crash how, bool with_snapshot)
{
    rig.fake.hold = false;
    rig.fake.append_plans = 0;
    if (how == LOST) {
        fake_engine_plan_append(&rig.fake, RN_OUTCOME_UNKNOWN, FAKE_NOT_STORED);
    }
    rn_control_close(rig.control);
    fake_engine_commit(&rig.fake, FAKE_HELD_MAX);
    drain();
    if (!with_snapshot) {
        scratch_empty(&rig.scratch, "control");
    }
    fake_engine_restart(&rig.fake);
    start();
}

static void after_a_crash_at_any_point_the_reshard_is_made_or_never_was(void **state)
{
    (void)state;
    for (size_t appends = 0; appends < APPENDS; appends++) {
        for (int way = 0; way < 4; way++) {
            struct rn_proposal proposal;

            create();
            split_up_to(&proposal, appends);
            crash(way & 1 ? STORED : LOST, way & 2);
            pass_on(0);
            if (appends == 0 && !(way & 1)) {
                assert_int_equal(stream_now()->shard_count, 1);
                assert_int_equal(stream_now()->status, RN_STREAM_ACTIVE);
            } else {
                assert_split_done();
            }
            end_of_round();
        }
    }
}

static void a_delay_stretches_the_time_before_the_close_and_not_the_close(void **state)
{
    struct rn_proposal proposal;
    uint64_t uid;

    (void)state;
    uid = create();
    rig.transition_delay_ms = 60000;
    stop();
    fake_engine_restart(&rig.fake);
    start();
    proposal = wish(split_of(0));
    propose(&proposal);
    pass_on(59000);
    assert_int_equal(stream_now()->status, RN_STREAM_UPDATING);
    assert_int_equal(told.count, 0);
    rig.fake.hold = true;
    pass_on(1000);
    assert_int_equal(fake_engine_commit(&rig.fake, 1), 1); /* LANES_READY */
    drain();
    assert_int_equal(told.count, 1);
    crash(STORED, true);
    assert_split_done(); /* no put waits for the delay */
    assert_int_equal(fake_engine_end(&rig.fake, uid, 0), 2);
}

/* ---- everything at once ------------------------------------------------------------------------ */

/* A record on its way into a shard's lane, as the record path has it (data/guard.h). */
enum put_state { PUT_ROUTED, PUT_SENT, PUT_WAITS, PUT_ACKNOWLEDGED, PUT_VOID, PUT_UNKNOWN };

struct put {
    enum put_state state;
    uint32_t shard;
    struct rn_record record;
    struct rn_run run;
    struct rn_submit submit;
};

enum { PUTS = 3000, WISHES = 600, TURNS = 12000 };

static struct put sent[PUTS];
static struct rn_proposal wishes[WISHES];
static size_t put_count, wish_count;

static uint32_t below(uint32_t bound)
{
    return seeded_random_below(&rig.random, bound);
}

static void judge(struct put *put)
{
    uint64_t offset = rn_run_offset(&put->run, 0);

    if (!told.any[put->shard]) {
        put->state = PUT_ACKNOWLEDGED;
        return;
    }
    switch (told.last[put->shard]) {
    case RN_CLOSE_BEGUN:
        put->state = PUT_WAITS;
        return;
    case RN_CLOSE_DELAYED:
        put->state = PUT_UNKNOWN;
        return;
    case RN_CLOSE_DONE:
        put->state =
            offset < rn_stream_shard(stream_now(), put->shard)->end ? PUT_ACKNOWLEDGED : PUT_VOID;
        return;
    }
}

static void put_done(struct rn_task *task)
{
    struct put *put = RN_OWNER(task, struct put, submit.done);

    if (put->state != PUT_SENT) {
        return; /* the process that sent it is gone */
    }
    if (put->run.outcome == RN_OUTCOME_OK) {
        judge(put);
    } else {
        put->state = PUT_UNKNOWN;
    }
}

static void judge_again(void)
{
    for (size_t i = 0; i < put_count; i++) {
        if (sent[i].state == PUT_WAITS) {
            judge(&sent[i]);
        }
    }
}

/* The guard let it pass. */
static void route_something(void)
{
    const struct rn_stream *stream = stream_now();
    const struct rn_shard *shard =
        &stream->shards[stream->open[below((uint32_t)stream->open_count)]];
    struct put *put = &sent[put_count];

    if (put_count == PUTS || told.any[shard->index]) {
        return;
    }
    *put = (struct put){.state = PUT_ROUTED, .shard = shard->index};
    put->record = (struct rn_record){
        .key = RN_STR("k"), .value = RN_STR("v"), .stamp = shard->index, .kind = RN_RECORD_DATA};
    put->run = (struct rn_run){.lane = shard->cell->lane, .records = &put->record, .count = 1};
    put->submit =
        (struct rn_submit){.runs = &put->run, .count = 1, .box = &rig.box, .done.run = put_done};
    put_count++;
}

/* Whatever has become of the shard meanwhile. */
static void send_some(void)
{
    for (size_t i = 0; i < put_count; i++) {
        if (sent[i].state == PUT_ROUTED && below(2)) {
            sent[i].state =
                rn_engine_submit(&rig.fake.engine, &sent[i].submit) ? PUT_UNKNOWN : PUT_SENT;
        }
    }
}

static void wish_something(void)
{
    const struct rn_stream *stream = stream_now();
    uint32_t at = below((uint32_t)stream->open_count);
    uint32_t shard = stream->shards[stream->open[at]].index;
    struct rn_reshard reshard = split_of(shard);

    if (wish_count == WISHES || stream->status != RN_STREAM_ACTIVE) {
        return;
    }
    if (below(8) == 0) {
        reshard = (struct rn_reshard){.kind = RN_RESHARD_COUNT, .target = 1 + below(6)};
    } else if (at > 0 && below(stream->open_count > 6 ? 5 : 2) > 0) {
        reshard = (struct rn_reshard){.kind = RN_RESHARD_MERGE,
                                      .shard = stream->shards[stream->open[at - 1]].index,
                                      .adjacent = shard};
    }
    wishes[wish_count] = wish(reshard);
    hand_over(&wishes[wish_count++]);
}

static void plan_something(void)
{
    static const enum rn_outcome outcomes[] = {RN_OUTCOME_UNKNOWN, RN_OUTCOME_FULL,
                                               RN_OUTCOME_UNAVAILABLE, RN_OUTCOME_OK};
    uint32_t which = below(4);
    enum fake_fate fate =
        which == 0 ? (enum fake_fate)below(3) : (which == 3 ? FAKE_STORED : FAKE_NOT_STORED);

    if (below(6) == 0 && rig.fake.topic_plans < 4) {
        fake_engine_plan_topic(&rig.fake, RN_OUTCOME_UNAVAILABLE);
    } else if (rig.fake.append_plans < 8) {
        fake_engine_plan_append(&rig.fake, outcomes[which], fate);
    }
}

static void crash_somehow(void)
{
    for (size_t i = 0; i < put_count; i++) {
        if (sent[i].state < PUT_ACKNOWLEDGED) {
            sent[i].state = PUT_UNKNOWN;
        }
    }
    rig.fake.submit_err = RN_OK;
    rn_control_close(rig.control);
    rig.fake.hold = false;
    fake_engine_commit(&rig.fake, FAKE_HELD_MAX);
    drain();
    if (below(2)) {
        fake_engine_store_late(&rig.fake);
        drain();
    }
    rig.fake.topic_plans = rig.fake.append_plans = 0;
    memset(&told, 0, sizeof(told)); /* guards go with the process */
    fake_engine_restart(&rig.fake);
    start();
}

static void turn(void)
{
    uint32_t what = below(100);

    if (what < 30) {
        route_something();
    } else if (what < 50) {
        send_some();
    } else if (what < 60) {
        wish_something();
    } else if (what < 75) {
        fake_engine_commit(&rig.fake, 1 + below(5));
    } else if (what < 83) {
        pass_on(below(4) ? below(50) : below(6000));
    } else if (what < 88) {
        plan_something();
    } else if (what < 90) {
        fake_engine_store_late(&rig.fake);
    } else if (what < 98) {
        rig.fake.hold = !rig.fake.hold;
        if (!rig.fake.hold) {
            fake_engine_commit(&rig.fake, FAKE_HELD_MAX);
        }
    } else if (what < 99) {
        rig.fake.submit_err = rig.fake.submit_err ? RN_OK : RN_FULL;
    } else if (below(4) == 0) {
        crash_somehow();
    }
    drain();
    judge_again();
}

/* The rule of guard.h, from outside: what was acknowledged is the shard's, what was void is not. */
static size_t assert_rule(enum put_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < put_count; i++) {
        const struct rn_shard *shard = rn_stream_shard(stream_now(), sent[i].shard);

        assert_non_null(shard);
        if (sent[i].state == state) {
            assert_true((rn_run_offset(&sent[i].run, 0) < shard->end) ==
                        (state == PUT_ACKNOWLEDGED));
            count++;
        }
    }
    return count;
}

static void whatever_happens_acknowledged_records_lie_before_the_end(void **state)
{
    size_t acknowledged = 0, voids = 0, closed = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        end_of_round();
        seeded_random_init(&rig.random, seed);
        memset(sent, 0, sizeof(sent));
        put_count = wish_count = 0;
        create_with(3);
        for (int i = 0; i < TURNS / 12; i++) {
            turn();
        }
        rig.fake.submit_err = RN_OK;
        rig.fake.topic_plans = rig.fake.append_plans = 0;
        let_go();
        for (int i = 0; i < 20; i++) {
            pass_on(5001);
        }
        judge_again();
        assert_int_equal(stream_now()->status, RN_STREAM_ACTIVE);
        assert_true(rn_version_covers(stream_now()->control_private));
        acknowledged += assert_rule(PUT_ACKNOWLEDGED);
        voids += assert_rule(PUT_VOID);
        assert_int_equal(assert_rule(PUT_WAITS), 0);
        closed += stream_now()->shard_count - stream_now()->open_count;
    }
    assert_true(acknowledged > 1000);
    assert_true(voids > 10);
    assert_true(closed > 100);
}

#define CLOSING_TEST(name) cmocka_unit_test_setup_teardown(name, begin_listening, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOSING_TEST(shards_hear_of_the_close_before_the_cut_and_of_its_end_after),
        CLOSING_TEST(every_parent_gets_a_cut_and_no_other_shard),
        CLOSING_TEST(a_thousand_shards_are_cut_in_batches),
        CLOSING_TEST(a_cut_that_failed_is_tried_again),
        CLOSING_TEST(of_two_cuts_of_a_shard_the_one_that_was_reported_counts),
        CLOSING_TEST(on_a_full_disk_puts_need_not_wait_and_the_close_goes_on_later),
        CLOSING_TEST(puts_do_not_wait_for_a_disk_that_does_not_answer),
        CLOSING_TEST(a_report_that_was_lost_is_repeated),
        CLOSING_TEST(a_report_that_comes_twice_changes_nothing),
        CLOSING_TEST(a_stream_can_be_deleted_at_any_point),
        CLOSING_TEST(nobody_waits_once_the_control_log_cannot_be_followed),
        CLOSING_TEST(nobody_waits_once_control_ends),
        CLOSING_TEST(after_a_crash_at_any_point_the_reshard_is_made_or_never_was),
        CLOSING_TEST(a_delay_stretches_the_time_before_the_close_and_not_the_close),
        CLOSING_TEST(whatever_happens_acknowledged_records_lie_before_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
