/* Power loss. A seeded scheduler lets clients, writer, housekeeper and readers take turns in any order
 * over a simulated disk, the power goes, and a model says what must be there afterwards:
 *
 *   every record whose outcome was OK, once, unchanged, at its offset, unless it has expired
 *   of the others any that may be there, in the order of their submits, and never a refused one
 *   no lane's end before what it was; no record without every control record before it
 *
 * The model notes the first breach, so that other tests can show that it would notice one. */
#include "tests/unit/local/rig.h"

enum {
    TOPICS_MAX = 16,
    LANES_PER_TOPIC = 3,
    LANES_MAX = 1 + TOPICS_MAX * LANES_PER_TOPIC,
    RECORDS_MAX = 4096,
    OFFSETS_MAX = 1024,
    RUNS_MAX = 3,
    PER_RUN_MAX = 3,
    RETENTION_MS = 4000,
    NOBODY = -1,
};

enum fate { FATE_OPEN, FATE_OK, FATE_UNKNOWN, FATE_NEVER };

struct record {
    int lane;
    size_t len;
    enum fate fate;
    int64_t ms;
    uint64_t control_before; /* control records acknowledged when it was submitted */
    int creates, deletes;    /* a command: which topic, or NOBODY */
};

struct lane {
    struct rn_lane *handle; /* while the topic lives */
    int at[OFFSETS_MAX];    /* record, or NOBODY */
    uint64_t end, trimmed;
};

enum life { LIFE_NONE, LIFE_ASKED, LIFE_LIVE, LIFE_DYING, LIFE_DEAD };

struct topic {
    enum life life;
    int64_t retention_ms;
};

/* A submit under way. */
struct put {
    struct rn_submit submit;
    struct rn_run runs[RUNS_MAX];
    struct rn_record records[RUNS_MAX][PER_RUN_MAX];
    int first[RUNS_MAX];
    char *values;
    struct put *next;
};

struct model {
    struct seeded_random random;
    struct record records[RECORDS_MAX];
    struct lane lanes[LANES_MAX];
    struct topic topics[TOPICS_MAX];
    int record_count, topic_count;
    uint64_t control_acked;
    struct put *puts;
    bool faults;
    char problem[256];
};

static struct model model;
static struct rn_local_counts seen; /* of all runs: what they were for did happen */

static void complain(const char *what, int lane, uint64_t offset, int record)
{
    if (!model.problem[0]) {
        (void)snprintf(
            model.problem, sizeof(model.problem), "%.150s (topic %d lane %d offset %llu record %d)",
            what, lane > 0 ? (lane - 1) / LANES_PER_TOPIC + 1 : 0,
            lane > 0 ? (lane - 1) % LANES_PER_TOPIC : 0, (unsigned long long)offset, record);
    }
}

static uint32_t chance(uint32_t count)
{
    return seeded_random_below(&model.random, count);
}

static void model_begin(uint64_t seed)
{
    memset(&model, 0, sizeof(model));
    seeded_random_init(&model.random, seed);
    for (int i = 0; i < LANES_MAX; i++) {
        memset(model.lanes[i].at, 0xff, sizeof(model.lanes[i].at));
    }
}

/* ---- lanes of topics; uid t + 1 is topic t ---- */

static int lane_of(int topic, int number)
{
    return 1 + topic * LANES_PER_TOPIC + number;
}

static int topic_of(int lane)
{
    return (lane - 1) / LANES_PER_TOPIC;
}

static void topic_up(int topic)
{
    rig_topic((uint64_t)topic + 1, LANES_PER_TOPIC, model.topics[topic].retention_ms);
    for (int i = 0; i < LANES_PER_TOPIC; i++) {
        model.lanes[lane_of(topic, i)].handle = rig_lane((uint64_t)topic + 1, (uint32_t)i);
    }
    model.topics[topic].life = LIFE_LIVE;
}

static void lane_down(struct lane *lane)
{
    if (lane->handle) {
        rig_unref(lane->handle);
        lane->handle = NULL;
    }
}

static void topic_down(int topic)
{
    for (int i = 0; i < LANES_PER_TOPIC; i++) {
        lane_down(&model.lanes[lane_of(topic, i)]);
    }
    assert_int_equal(rig_topic_call(RIG_DELETE, (uint64_t)topic + 1, 0, 0), RN_OUTCOME_OK);
    model.topics[topic].life = LIFE_DEAD;
}

static void lanes_down(void)
{
    for (int i = 0; i < LANES_MAX; i++) {
        lane_down(&model.lanes[i]);
    }
}

/* ---- appending ---- */

static void put_free(struct put *put)
{
    struct put **at = &model.puts;

    while (*at != put) {
        at = &(*at)->next;
    }
    *at = put->next;
    free(put->values);
    free(put);
}

static void settle_record(int id, const struct rn_run *run, uint64_t offset)
{
    struct record *record = &model.records[id];
    struct lane *lane = &model.lanes[record->lane];

    switch (run->outcome) {
    case RN_OUTCOME_OK:
        if (offset >= OFFSETS_MAX || (lane->at[offset] != NOBODY && lane->at[offset] != id)) {
            complain("acknowledged at an offset that was taken", record->lane, offset, id);
            return;
        }
        record->fate = FATE_OK;
        record->ms = run->append_ms;
        lane->at[offset] = id;
        lane->end = offset + 1 > lane->end ? offset + 1 : lane->end;
        model.control_acked += record->lane == 0;
        break;
    case RN_OUTCOME_FULL: /* all that matters of a frame may have been written before there was no room */
    case RN_OUTCOME_UNKNOWN:
        record->fate = FATE_UNKNOWN;
        break;
    case RN_OUTCOME_REJECTED:
    case RN_OUTCOME_UNAVAILABLE:
    case RN_OUTCOME_NO_LANE:
        record->fate = FATE_NEVER;
        break;
    case RN_OUTCOME_OUT_OF_RANGE:
    case RN_OUTCOME_FAULT:
        complain("an outcome that appends do not have", record->lane, offset, id);
        break;
    }
}

/* What control does when a command is durable. */
static void obey(const struct record *record)
{
    if (!rig.engine) {
        return; /* closed meanwhile: the replay tells */
    }
    if (record->creates != NOBODY && record->fate == FATE_OK) {
        topic_up(record->creates);
    } else if (record->creates != NOBODY && record->fate == FATE_NEVER) {
        model.topics[record->creates].life = LIFE_DEAD;
    } else if (record->deletes != NOBODY && record->fate == FATE_OK) {
        topic_down(record->deletes);
    }
}

static void put_done(struct rn_task *task)
{
    struct rn_submit *submit = RN_OWNER(task, struct rn_submit, done);
    struct put *put = RN_OWNER(submit, struct put, submit);

    for (size_t r = 0; r < submit->count; r++) {
        for (size_t i = 0; i < put->runs[r].count; i++) {
            settle_record(put->first[r] + (int)i, &put->runs[r], rn_run_offset(&put->runs[r], i));
        }
    }
    int command = put->first[0];

    put_free(put);
    obey(&model.records[command]);
}

static int record_new(int lane, size_t len)
{
    assert_true(model.record_count < RECORDS_MAX);
    model.records[model.record_count] = (struct record){.lane = lane,
                                                        .len = len,
                                                        .control_before = model.control_acked,
                                                        .creates = NOBODY,
                                                        .deletes = NOBODY};
    return model.record_count++;
}

static size_t some_length(void)
{
    return chance(8) == 0 ? chance(20000) : chance(4) == 0 ? chance(5000) : chance(300);
}

static void add_run(struct put *put, int lane, size_t count, char **values)
{
    size_t r = put->submit.count++;
    struct rn_run *run = &put->runs[r];

    put->first[r] = model.record_count;
    *run = (struct rn_run){
        .lane = model.lanes[lane].handle, .records = put->records[r], .count = count};
    for (size_t i = 0; i < count; i++) {
        size_t len = some_length();
        int id = record_new(lane, len);

        for (size_t at = 0; at < len; at++) {
            (*values)[at] = rig_byte((uint64_t)id, at);
        }
        put->records[r][i] = (struct rn_record){
            .key = RN_STR("key"), .value = rn_str_make(*values, len), .stamp = (uint32_t)id};
        *values += len;
    }
}

static struct put *put_new(void)
{
    struct put *put = calloc(1, sizeof(*put));

    assert_non_null(put);
    put->values = malloc(RUNS_MAX * PER_RUN_MAX * 20000);
    assert_non_null(put->values);
    put->submit = (struct rn_submit){.runs = put->runs,
                                     .deadline_us = rig.clock.mono + 3600000000,
                                     .box = &rig.box,
                                     .done = {.run = put_done}};
    put->next = model.puts;
    model.puts = put;
    return put;
}

static void submit(struct put *put)
{
    rn_err err = rn_engine_submit(rig.engine, &put->submit);

    if (!err) {
        return;
    }
    assert_int_equal(err, RN_FULL);
    for (size_t r = 0; r < put->submit.count; r++) {
        for (size_t i = 0; i < put->runs[r].count; i++) {
            model.records[put->first[r] + (int)i].fate = FATE_NEVER;
        }
    }
    int command = put->first[0];

    put_free(put);
    obey(&model.records[command]);
}

/* A live lane, or -1. */
static int some_lane(void)
{
    int live[LANES_MAX], count = 0;

    for (int i = 1; i < LANES_MAX; i++) {
        if (model.lanes[i].handle && model.topics[topic_of(i)].life == LIFE_LIVE) {
            live[count++] = i;
        }
    }
    return count ? live[chance((uint32_t)count)] : NOBODY;
}

static void submit_data(void)
{
    int lane = some_lane();
    uint32_t runs = 1 + chance(RUNS_MAX);

    if (lane == NOBODY) {
        return;
    }
    struct put *put = put_new();
    char *values = put->values;

    for (uint32_t i = 0; i < runs; i++) {
        add_run(put, some_lane(), 1 + chance(PER_RUN_MAX), &values);
    }
    submit(put);
}

static void submit_command(int creates, int deletes)
{
    struct put *put = put_new();
    char *values = put->values;

    add_run(put, 0, 1, &values);
    model.records[put->first[0]].creates = creates;
    model.records[put->first[0]].deletes = deletes;
    submit(put);
}

static void create_topic(void)
{
    if (model.topic_count < TOPICS_MAX) {
        int topic = model.topic_count++;

        model.topics[topic] = (struct topic){LIFE_ASKED, chance(4) == 0 ? INT64_MAX : RETENTION_MS};
        submit_command(topic, NOBODY);
    }
}

static void delete_topic(void)
{
    int lane = some_lane();

    if (lane != NOBODY && model.topic_count > 2) {
        model.topics[topic_of(lane)].life = LIFE_DYING;
        submit_command(NOBODY, topic_of(lane));
    }
}

/* ---- checking ---- */

static bool is_right(const struct rn_item *item, int lane)
{
    const struct record *record = &model.records[item->record.stamp];

    if (item->record.stamp >= (uint32_t)model.record_count || record->lane != lane ||
        record->len != item->record.value.len) {
        return false;
    }
    for (size_t at = 0; at < record->len; at++) {
        if (item->record.value.data[at] != rig_byte(item->record.stamp, at)) {
            return false;
        }
    }
    return true;
}

/* An item that a read gave. `restarted`: what had no outcome when the power went may be there. */
static void check_item(const struct rn_item *item, int lane, bool restarted)
{
    int id = (int)item->record.stamp, *at = &model.lanes[lane].at[item->offset];

    if (!is_right(item, lane)) {
        complain("a record that nobody wrote", lane, item->offset, id);
        return;
    }
    struct record *record = &model.records[id];

    bool may_be = record->fate == FATE_OPEN || (restarted && record->fate == FATE_UNKNOWN);

    if (*at != id && (*at != NOBODY || !may_be)) {
        complain("not the record that was acknowledged there", lane, item->offset, id);
        return;
    }
    if (record->control_before > model.lanes[0].end) {
        complain("a record survived a control record before it", lane, item->offset, id);
    }
    if (item->offset > 0 && model.lanes[lane].at[item->offset - 1] >= id) {
        complain("out of order", lane, item->offset, id);
    }
    *at = id;
    record->ms = item->append_ms;
    if (restarted) {
        record->fate = FATE_OK;
    }
}

static struct rn_bounds bounds_of(int lane)
{
    return lane == 0
               ? rig_bounds(0, 0)
               : rig_bounds((uint64_t)topic_of(lane) + 1, (uint32_t)((lane - 1) % LANES_PER_TOPIC));
}

/* Read on from *at. False: there is no more. */
static bool check_batch(int lane, uint64_t *at, bool restarted)
{
    struct rn_read read = rig_reading(model.lanes[lane].handle, *at);
    uint64_t first = bounds_of(lane).first, next = *at > first ? *at : first;
    bool more;

    read.count_max = 1 + chance(50);
    rig_read_cold(&read);
    if (read.batch.outcome != RN_OUTCOME_OK) {
        complain(rn_outcome_text(read.batch.outcome), lane, *at, NOBODY);
    }
    for (size_t i = 0; i < read.batch.count && !model.problem[0]; i++) {
        if (read.batch.items[i].offset != next + i) {
            complain("a hole", lane, next + i, NOBODY);
            break;
        }
        check_item(&read.batch.items[i], lane, restarted);
    }
    more = read.batch.count > 0 && !model.problem[0];
    *at = read.batch.next;
    rn_batch_release(rig.engine, &read.batch);
    return more;
}

/* What is not there any more must have expired. */
static void check_missing(int number, uint64_t first)
{
    const struct lane *lane = &model.lanes[number];
    int64_t retention_ms = number == 0 ? INT64_MAX : model.topics[topic_of(number)].retention_ms;
    int64_t horizon_ms =
        retention_ms == INT64_MAX ? INT64_MIN : rn_clock_wall_ms(&rig.clock.clock) - retention_ms;

    for (uint64_t at = 0; at < first && at < OFFSETS_MAX; at++) {
        int id = lane->at[at];

        if (id != NOBODY && at >= lane->trimmed && model.records[id].ms >= horizon_ms) {
            complain("an acknowledged record is lost", number, at, id);
        }
    }
}

/* After a restart. */
static void check_lane(int number)
{
    struct lane *lane = &model.lanes[number];
    struct rn_bounds bounds = bounds_of(number);
    uint64_t at = 0;

    if (bounds.end < lane->end) {
        complain("the end of a lane went back", number, bounds.end, NOBODY);
        return;
    }
    assert_true(bounds.end < OFFSETS_MAX);
    lane->end = bounds.end;
    check_missing(number, bounds.first);
    while (check_batch(number, &at, true)) {
    }
    if (!model.problem[0] && at != bounds.end) {
        complain("reading ended before the end", number, at, NOBODY);
    }
    if (!model.problem[0] && bounds.end > bounds.first && lane->at[bounds.end - 1] != NOBODY &&
        bounds.newest_ms != model.records[lane->at[bounds.end - 1]].ms) {
        complain("not the time of the newest record", number, bounds.end, NOBODY);
    }
}

/* What control learns from its log. */
static void replay(void)
{
    for (int i = 0; i < model.topic_count; i++) {
        model.topics[i].life = LIFE_NONE;
    }
    for (uint64_t at = 0; at < model.lanes[0].end; at++) {
        const struct record *record = &model.records[model.lanes[0].at[at]];

        if (record->creates != NOBODY) {
            model.topics[record->creates].life = LIFE_LIVE;
        } else if (record->deletes != NOBODY) {
            model.topics[record->deletes].life = LIFE_DEAD;
        }
    }
    model.control_acked = model.lanes[0].end;
}

/* The engine was opened: compare it with the model, and go on from what is there. */
static void check_all(void)
{
    model.lanes[0].handle = rig_lane(0, 0);
    check_lane(0);
    if (!model.problem[0]) {
        replay();
    }
    for (int t = 0; t < model.topic_count && !model.problem[0]; t++) {
        if (model.topics[t].life == LIFE_LIVE) {
            topic_up(t);
            for (int i = 0; i < LANES_PER_TOPIC; i++) {
                check_lane(lane_of(t, i));
            }
        }
    }
    for (int i = 0; i < model.record_count; i++) { /* what is not there now never comes again */
        struct record *record = &model.records[i];

        record->fate = record->fate == FATE_OK ? FATE_OK : FATE_NEVER;
    }
    rn_engine_ready(rig.engine);
}

/* ---- the scheduler ---- */

static void check_some_lane(void)
{
    int lane = some_lane();

    if (lane != NOBODY && !model.faults) {
        uint64_t at = chance((uint32_t)model.lanes[lane].end + 1);

        (void)rn_mailbox_drain(&rig.box);
        if (model.lanes[lane].handle) {
            (void)check_batch(lane, &at, false);
        }
    }
}

static void trim_some_lane(void)
{
    int lane = some_lane();

    if (lane != NOBODY) {
        uint64_t before = chance((uint32_t)model.lanes[lane].end + 1);

        rn_engine_trim(rig.engine, model.lanes[lane].handle, before);
        if (before > model.lanes[lane].trimmed) { /* a trim takes nothing back */
            model.lanes[lane].trimmed = before;
        }
    }
}

static void break_something(void)
{
    static const enum sim_call kinds[] = {SIM_OPEN,   SIM_WRITE,  SIM_SYNC,    SIM_TRUNCATE,
                                          SIM_RENAME, SIM_UNLINK, SIM_SYNC_DIR};
    enum sim_call kind = kinds[chance(sizeof(kinds) / sizeof(kinds[0]))];

    sim_disk_fail(rig.sim, kind, 1 + chance(4), chance(3) ? RN_IO : RN_FULL, chance(3) == 0);
    model.faults = true;
}

static void heal(void)
{
    sim_disk_heal(rig.sim);
    model.faults = false;
}

static void take_turn(bool with_faults)
{
    uint32_t turn = chance(100);

    if (turn < 28) {
        submit_data();
    } else if (turn < 31) {
        create_topic();
    } else if (turn < 32) {
        delete_topic();
    } else if (turn < 56) {
        (void)rn_local_step_writer(rig.engine);
    } else if (turn < 76) {
        (void)rn_local_step_housekeeper(rig.engine);
    } else if (turn < 82) {
        (void)rn_mailbox_drain(&rig.box);
    } else if (turn < 92) {
        hand_clock_pass(&rig.clock, 1 + chance(900));
    } else if (turn < 97) {
        check_some_lane();
    } else if (turn < 98) {
        trim_some_lane();
    } else if (with_faults && turn < 99) {
        break_something();
    } else if (with_faults) {
        heal();
    }
}

static void take_turns(int count, bool with_faults)
{
    for (int i = 0; i < count && !sim_disk_stopped(rig.sim) && !model.problem[0]; i++) {
        take_turn(with_faults);
    }
}

/* ---- lives ---- */

static void forget_puts(void)
{
    while (model.puts) {
        put_free(model.puts);
    }
}

static void note_counts(void)
{
    struct rn_local_counts counts = rig_counts();

#define X(name, text) seen.name += counts.name;
    RN_LOCAL_COUNTS(X)
#undef X
}

/* The power goes. */
static void lose_power(uint64_t seed, enum sim_crash how)
{
    note_counts();
    lanes_down();
    rig_crash(seed, how);
    forget_puts();
    model.faults = false;
}

static void stop_cleanly(void)
{
    note_counts();
    sim_disk_heal(rig.sim);
    lanes_down();
    rig_close();
    for (int i = 0; i < LANES_MAX; i++) { /* topics whose creation was just acknowledged */
        model.lanes[i].handle = NULL;
    }
    model.faults = false;
}

/* The process is killed, perhaps between a write and its sync: what it wrote stays readable, but not
 * all of it would survive the power. */
static void kill_process(void)
{
    sim_disk_heal(rig.sim);
    sim_disk_stop_at(rig.sim, 1 + chance(6));
    take_turns(60, false);
    note_counts();
    lanes_down();
    rig_abandon();
    forget_puts();
    sim_disk_restart(rig.sim);
    model.faults = false;
}

/* Open, perhaps with the power going again in the middle of it. */
static void open_again(uint64_t seed, bool interrupted, enum sim_crash how)
{
    struct rn_reason reason = {""};

    if (interrupted) {
        sim_disk_stop_at(rig.sim, 1 + seed % 7);
        if (rig_try_open(NULL) == RN_OK) {
            rig_abandon();
        }
        sim_disk_crash(rig.sim, seed, how);
    }
    rig.errors = 0;
    if (rig_try_open(&reason) != RN_OK) {
        (void)snprintf(model.problem, sizeof(model.problem), "it does not open: %.200s",
                       reason.text);
        return;
    }
    if (rig_counts().damaged || rig_counts().missing) {
        complain(rig.said, 0, 0, NOBODY);
    }
    check_all();
}

static void begin(uint64_t seed)
{
    rig_begin(seed);
    model_begin(seed);
    rig.options.segment_bytes = 48 * 1024;
    rig.options.prepare_bytes = seed % 3 == 0 ? 16 * 1024 : 0;
}

static void begin_first_life(void)
{
    assert_int_equal(rig_try_open(NULL), RN_OK);
    check_all();
    create_topic();
    create_topic();
}

static void end(void)
{
    lanes_down();
    if (rig.engine) {
        rig_abandon();
    }
    forget_puts();
    sim_disk_free(rig.sim);
}

enum { TURNS = 220, TURNS_AFTERWARDS = 60 };

/* Sanitizers are slow: with them one place in so many is tried. */
#if defined(__SANITIZE_THREAD__)
enum { STRIDE = 11 };
#elif defined(__SANITIZE_ADDRESS__)
enum { STRIDE = 3 };
#else
enum { STRIDE = 1 };
#endif

/* A second life, whose new records must not wake old ones, and a look from a third. */
static void live_on(uint64_t seed)
{
    if (!model.problem[0]) {
        take_turns(TURNS_AFTERWARDS, false);
    }
    if (!model.problem[0]) {
        lose_power(seed + 17, SIM_LOSE);
        open_again(seed, false, SIM_LOSE);
    }
}

/* One run with the power going in the nth change of the disk; 0: at the end. Returns how many changes
 * there were. */
static uint64_t run_to(uint64_t seed, uint64_t nth, enum sim_crash how, bool interrupted)
{
    uint64_t changes;

    begin(seed);
    sim_disk_stop_at(rig.sim, nth);
    if (rig_try_open(NULL) == RN_OK) {
        check_all();
        create_topic();
        create_topic();
        take_turns(TURNS, false);
        changes = sim_disk_changes(rig.sim);
        lose_power(nth, how);
    } else {
        changes = sim_disk_changes(rig.sim);
        sim_disk_crash(rig.sim, nth, how);
    }
    if (!model.problem[0]) {
        open_again(nth, interrupted, how);
        live_on(nth);
    }
    end();
    return changes;
}

static void check_run(uint64_t seed, uint64_t nth)
{
    if (model.problem[0]) {
        fail_msg("seed %llu, power lost at change %llu: %s", (unsigned long long)seed,
                 (unsigned long long)nth, model.problem);
    }
}

static void crash_everywhere(uint64_t seed, enum sim_crash how, bool interrupted)
{
    uint64_t changes = run_to(seed, 0, how, interrupted);

    check_run(seed, 0);
    assert_in_range(changes, 50, 2000);
    for (uint64_t nth = 1; nth <= changes; nth += STRIDE) {
        (void)run_to(seed, nth, how, interrupted);
        check_run(seed, nth);
    }
}

static void nothing_is_lost_when_the_power_goes_at_any_change_and_takes_all_unsynced(void **state)
{
    (void)state;
    crash_everywhere(3, SIM_LOSE, false);
}

static void
nothing_is_lost_when_the_power_goes_at_any_change_and_what_was_unsynced_lasts(void **state)
{
    (void)state;
    crash_everywhere(4, SIM_KEEP, false);
}

static void nothing_is_lost_when_the_power_goes_at_any_change_and_writes_are_torn(void **state)
{
    (void)state;
    crash_everywhere(6, SIM_MIX, false);
}

static void nothing_is_lost_when_it_goes_again_while_recovering(void **state)
{
    (void)state;
    crash_everywhere(9, SIM_PREFIX, true);
}

/* Several lives with faults of the disk, each ended by a crash, a kill or a clean stop. */
static void run_lives(uint64_t seed)
{
    bool buffered = seed % 5 == 0;

    begin(seed);
    if (buffered) {
        sim_disk_refuse_direct(rig.sim);
    }
    sim_disk_sector(rig.sim, seed % 2 ? 512 : 4096);
    begin_first_life();
    for (int life = 0; life < 4 && !model.problem[0]; life++) {
        take_turns(30 + (int)chance(150), true);
        if (model.problem[0]) {
            break;
        }
        uint64_t crash_seed = seeded_random_next(&model.random);

        /* After a failed sync the page cache shows what is not on the disk, until the power goes. */
        if (chance(3) == 0 && !buffered) {
            stop_cleanly();
            open_again(crash_seed, false, SIM_LOSE);
        } else if (chance(4) == 0 && !buffered) {
            kill_process();
            if (model.problem[0]) {
                break;
            }
            open_again(crash_seed, false, SIM_LOSE);
        } else {
            lose_power(crash_seed, (enum sim_crash)chance(SIM_CRASHES));
            open_again(crash_seed, chance(3) == 0, (enum sim_crash)chance(SIM_CRASHES));
        }
    }
    end();
}

static void nothing_is_lost_over_lives_full_of_faults(void **state)
{
    const char *only = getenv("SEED"), *count = getenv("SEEDS");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1;
    uint64_t last = only ? first : count ? strtoull(count, NULL, 10) : 300;

    (void)state;
    for (uint64_t seed = first; seed <= last; seed += STRIDE) {
        run_lives(seed);
        if (model.problem[0]) {
            fail_msg("SEED=%llu: %s", (unsigned long long)seed, model.problem);
        }
    }
}

/* ---- would it be noticed? ---- */

/* How many of some runs the model objects to. */
static int count_objections(bool sync, bool lie)
{
    int objections = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed);
        rig.options.sync = sync;
        if (lie) {
            sim_disk_lie(rig.sim);
        }
        begin_first_life();
        take_turns(TURNS, false);
        lose_power(seed, SIM_LOSE);
        open_again(seed, false, SIM_LOSE);
        objections += model.problem[0] != '\0';
        end();
    }
    return objections;
}

static void an_engine_that_acknowledges_before_its_sync_is_found_out(void **state)
{
    (void)state;
    assert_in_range(count_objections(false, false), 5, 20);
}

static void a_disk_that_ignores_syncs_is_found_out(void **state)
{
    (void)state;
    assert_in_range(count_objections(true, true), 15, 20);
}

static void nobody_is_found_out_without_a_reason(void **state)
{
    (void)state;
    assert_int_equal(count_objections(true, false), 0);
}

static void the_runs_met_everything_they_are_for(void **state)
{
    (void)state;
    assert_true(seen.torn > 0 && seen.failed_frames > 0 && seen.rebuilt_indexes > 0);
    assert_true(seen.dropped > 0 && seen.recycled > 0 && seen.markers > 0 && seen.indexes > 0);
    assert_true(seen.prepared_bytes > 0 && seen.cold_reads > 0 && seen.recovered_frames > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_when_the_power_goes_at_any_change_and_takes_all_unsynced),
        cmocka_unit_test(
            nothing_is_lost_when_the_power_goes_at_any_change_and_what_was_unsynced_lasts),
        cmocka_unit_test(nothing_is_lost_when_the_power_goes_at_any_change_and_writes_are_torn),
        cmocka_unit_test(nothing_is_lost_when_it_goes_again_while_recovering),
        cmocka_unit_test(nothing_is_lost_over_lives_full_of_faults),
        cmocka_unit_test(an_engine_that_acknowledges_before_its_sync_is_found_out),
        cmocka_unit_test(a_disk_that_ignores_syncs_is_found_out),
        cmocka_unit_test(nobody_is_found_out_without_a_reason),
        cmocka_unit_test(the_runs_met_everything_they_are_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
