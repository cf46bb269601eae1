/* rig.h - a local engine without threads over a simulated disk, with a clock moved by hand: nothing
 * happens but what a test asks for. What the engine would log is kept instead. */
#ifndef TESTS_LOCAL_RIG_H
#define TESTS_LOCAL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "local/frame.h"
#include "local/inside.h"
#include "sys/log.h"
#include "tests/support/hand_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/support/sim_disk.h"

#define RIG_START_MS ((int64_t)1700000000000)

struct rig {
    struct sim_disk *sim;
    struct hand_clock clock;
    struct seeded_random random;
    struct rn_local_options options;
    struct rn_engine *engine;
    struct rn_mailbox box;
    char said[4096]; /* the last line of the log */
    int errors, warnings;
    bool read_done;
};

static struct rig rig;

/* Stands in for sys/log.c. */
void rn_log_setup(enum rn_log_level level, bool as_json)
{
    (void)level;
    (void)as_json;
}

bool rn_log_on(enum rn_log_level level)
{
    return level <= RN_LOG_WARN;
}

void rn_log(enum rn_log_level level, const char *room, const char *fmt, ...)
{
    va_list args;

    (void)room;
    if (rig.options.threads) {
        return; /* several at a time */
    }
    va_start(args, fmt);
    (void)vsnprintf(rig.said, sizeof(rig.said), fmt, args);
    va_end(args);
    if (getenv("RIG_TRACE")) {
        (void)fprintf(stderr, "%s\n", rig.said);
    }
    rig.errors += level == RN_LOG_ERROR;
    rig.warnings += level == RN_LOG_WARN;
}

/* A fresh disk; options are small so that little is needed to see something. */
static inline void rig_begin(uint64_t seed)
{
    memset(&rig, 0, sizeof(rig));
    rig.sim = sim_disk_new(seed);
    hand_clock_init(&rig.clock, RIG_START_MS);
    seeded_random_init(&rig.random, seed + 1);
    rn_mailbox_init(&rig.box, NULL, NULL);
    rig.options = rn_local_defaults();
    rig.options.disk = sim_disk_of(rig.sim);
    rig.options.clock = &rig.clock.clock;
    rig.options.random = &rig.random.random;
    rig.options.segment_bytes = 64 * 1024;
    rig.options.cache_bytes = 256 * 1024;
    rig.options.queue_bytes_max = 1024 * 1024;
    rig.options.prepare_bytes = 0;
    rig.options.reserve_bytes = 0;
    rig.options.threads = false;
}

static inline struct rn_local *rig_local(void)
{
    return rn_local_of(rig.engine);
}

static inline struct rn_local_counts rig_counts(void)
{
    return rn_local_counts(rig.engine);
}

static inline rn_err rig_try_open(struct rn_reason *reason)
{
    rn_err err;

    rig.engine = NULL;
    err = rn_local_open(&rig.options, &rig.engine, reason);
    assert_int_equal(err != RN_OK, rig.engine == NULL);
    return err;
}

static inline void rig_open(void)
{
    assert_int_equal(rig_try_open(NULL), RN_OK);
}

static inline void rig_close(void)
{
    rn_local_close(rig.engine);
    rig.engine = NULL;
    (void)rn_mailbox_drain(&rig.box);
}

static inline void rig_abandon(void)
{
    rn_local_abandon(rig.engine);
    rig.engine = NULL;
    rn_mailbox_init(&rig.box, NULL, NULL);
}

/* The power fails and comes back. */
static inline void rig_crash(uint64_t seed, enum sim_crash how)
{
    rig_abandon();
    sim_disk_crash(rig.sim, seed, how);
}

static inline void rig_end(void)
{
    if (rig.engine) {
        rig_close();
    }
    sim_disk_free(rig.sim);
}

/* Until nobody has anything to do. */
static inline void rig_settle(void)
{
    bool any;

    do {
        any = rn_local_step_writer(rig.engine);
        any |= rn_local_step_reader(rig.engine);
        any |= rn_local_step_housekeeper(rig.engine);
        any |= rn_mailbox_drain(&rig.box);
    } while (any);
}

/* Rounds of the housekeeper, one a second, and what follows from each. */
static inline void rig_rounds(int count)
{
    for (int i = 0; i < count; i++) {
        hand_clock_pass(&rig.clock, 1001);
        rig_settle();
    }
}

/* ---- topics and lanes ---- */

static inline void rig_done(struct rn_task *task)
{
    (void)task;
}

enum rig_topic_op { RIG_CREATE, RIG_GROW, RIG_RETENTION, RIG_DELETE };

static inline enum rn_outcome rig_topic_call(enum rig_topic_op op, uint64_t uid, uint32_t lanes,
                                             int64_t retention_ms)
{
    struct rn_topic_call call = {.topic = uid,
                                 .lanes = lanes,
                                 .retention_ms = retention_ms,
                                 .box = &rig.box,
                                 .done = {.run = rig_done},
                                 .outcome = RN_OUTCOME_FAULT};

    switch (op) {
    case RIG_CREATE:
        rn_engine_topic_create(rig.engine, &call);
        break;
    case RIG_GROW:
        rn_engine_topic_grow(rig.engine, &call);
        break;
    case RIG_RETENTION:
        rn_engine_topic_retention(rig.engine, &call);
        break;
    case RIG_DELETE:
        rn_engine_topic_delete(rig.engine, &call);
        break;
    }
    assert_true(rn_mailbox_drain(&rig.box));
    return call.outcome;
}

static inline void rig_topic(uint64_t uid, uint32_t lanes, int64_t retention_ms)
{
    assert_int_equal(rig_topic_call(RIG_CREATE, uid, lanes, retention_ms), RN_OUTCOME_OK);
}

static inline struct rn_lane *rig_lane(uint64_t uid, uint32_t number)
{
    struct rn_lane *lane = rn_engine_lane_ref(rig.engine, uid, number);

    assert_non_null(lane);
    return lane;
}

static inline void rig_unref(struct rn_lane *lane)
{
    rn_engine_lane_unref(rig.engine, lane);
}

static inline struct rn_bounds rig_bounds(uint64_t uid, uint32_t number)
{
    struct rn_bounds_query query = {
        .lane = rig_lane(uid, number), .box = &rig.box, .done = {.run = rig_done}};

    rn_engine_bounds(rig.engine, &query);
    assert_true(rn_mailbox_drain(&rig.box));
    assert_int_equal(query.outcome, RN_OUTCOME_OK);
    rig_unref(query.lane);
    return query.bounds;
}

/* ---- records ---- */

enum { RIG_VALUE_BYTES_MAX = 16 * 1024 * 1024 };

/* The nth byte of the value of the record with this number. */
static inline char rig_byte(uint64_t number, size_t at)
{
    return (char)(number * 131 + at * 7 + at / 251);
}

/* A submit of one run of equal records, in memory of its own. */
struct rig_put {
    struct rn_submit submit;
    struct rn_run run;
    struct rn_record *records;
    char *bytes;
    bool done;
};

static inline void rig_put_done(struct rn_task *task)
{
    struct rn_submit *submit = RN_OWNER(task, struct rn_submit, done);

    RN_OWNER(submit, struct rig_put, submit)->done = true;
}

/* `count` records with numbers from `number` on, with values of `len` bytes. */
static inline struct rig_put *rig_put_new(struct rn_lane *lane, uint64_t number, size_t count,
                                          size_t len)
{
    struct rig_put *put = calloc(1, sizeof(*put));

    assert_non_null(put);
    put->records = calloc(count + 1, sizeof(*put->records));
    put->bytes = malloc(count * len + 1);
    assert_true(put->records && put->bytes);
    for (size_t i = 0; i < count; i++) {
        char *value = put->bytes + i * len;

        for (size_t at = 0; at < len; at++) {
            value[at] = rig_byte(number + i, at);
        }
        put->records[i] = (struct rn_record){.key = RN_STR("key"),
                                             .value = rn_str_make(value, len),
                                             .stamp = (uint32_t)(number + i)};
    }
    put->run = (struct rn_run){.lane = lane, .records = put->records, .count = count};
    put->submit = (struct rn_submit){.runs = &put->run,
                                     .count = 1,
                                     .deadline_us = INT64_MAX,
                                     .box = &rig.box,
                                     .done = {.run = rig_put_done}};
    return put;
}

static inline void rig_put_free(struct rig_put *put)
{
    free(put->records);
    free(put->bytes);
    free(put);
}

/* Append and wait for the outcome; *ret_first may be NULL. */
static inline enum rn_outcome rig_append(uint64_t uid, uint32_t number, uint64_t first_number,
                                         size_t count, size_t len, uint64_t *ret_first)
{
    struct rn_lane *lane = rig_lane(uid, number);
    struct rig_put *put = rig_put_new(lane, first_number, count, len);
    enum rn_outcome outcome;

    assert_int_equal(rn_engine_submit(rig.engine, &put->submit), RN_OK);
    while (!put->done) {
        bool wrote = rn_local_step_writer(rig.engine), told = rn_mailbox_drain(&rig.box);

        assert_true(wrote || told);
    }
    outcome = put->run.outcome;
    if (ret_first) {
        *ret_first = put->run.first;
    }
    rig_put_free(put);
    rig_unref(lane);
    return outcome;
}

/* One record whose number is its offset. */
static inline void rig_append_next(uint64_t uid, uint32_t number, size_t len)
{
    uint64_t end = rig_bounds(uid, number).end, first;

    assert_int_equal(rig_append(uid, number, end, 1, len, &first), RN_OUTCOME_OK);
    assert_int_equal(first, end);
}

static inline void rig_assert_item(const struct rn_item *item, uint64_t number, size_t len)
{
    assert_int_equal(item->record.stamp, number);
    assert_int_equal(item->record.value.len, len);
    for (size_t at = 0; at < len; at++) {
        if (item->record.value.data[at] != rig_byte(number, at)) {
            fail_msg("record %llu differs at byte %zu", (unsigned long long)number, at);
        }
    }
}

/* ---- reading ---- */

static inline void rig_read_done(struct rn_task *task)
{
    (void)task;
    rig.read_done = true;
}

static inline struct rn_read rig_reading(struct rn_lane *lane, uint64_t from)
{
    return (struct rn_read){.lane = lane,
                            .from = from,
                            .not_before_ms = INT64_MIN,
                            .count_max = 1000,
                            .bytes_max = 1 << 20,
                            .box = &rig.box,
                            .done = {.run = rig_read_done}};
}

/* Past the tail cache or not, whatever it takes. The batch is the caller's. */
static inline void rig_read_cold(struct rn_read *read)
{
    rig.read_done = false;
    rn_engine_read(rig.engine, read);
    while (!rig.read_done) {
        assert_true(rn_local_step_reader(rig.engine));
        (void)rn_mailbox_drain(&rig.box);
    }
}

/* Everything the lane holds from `from` on are records whose number is their offset, with values
 * of `len` bytes. Returns how many there are. */
static inline uint64_t rig_check_lane(uint64_t uid, uint32_t number, uint64_t from, size_t len)
{
    struct rn_lane *lane = rig_lane(uid, number);
    uint64_t seen = 0;

    for (bool more = true; more;) {
        struct rn_read read = rig_reading(lane, from);

        rig_read_cold(&read);
        assert_int_equal(read.batch.outcome, RN_OUTCOME_OK);
        for (size_t i = 0; i < read.batch.count; i++, seen++) {
            assert_int_equal(read.batch.items[i].offset, from + i);
            rig_assert_item(&read.batch.items[i], from + i, len);
        }
        more = read.batch.count > 0;
        from = read.batch.next;
        rn_batch_release(rig.engine, &read.batch);
    }
    rig_unref(lane);
    return seen;
}

/* The outcome of reading at an offset. */
static inline enum rn_outcome rig_read_outcome(uint64_t uid, uint32_t number, uint64_t from)
{
    struct rn_lane *lane = rig_lane(uid, number);
    struct rn_read read = rig_reading(lane, from);
    enum rn_outcome outcome;

    rig_read_cold(&read);
    outcome = read.batch.outcome;
    rn_batch_release(rig.engine, &read.batch);
    rig_unref(lane);
    return outcome;
}

/* ---- files ---- */

/* The path of the newest (back 0) segment file, or of one before it. */
static inline const char *rig_segment(size_t back)
{
    static char path[64];
    size_t found = 0;

    for (size_t i = sim_disk_files(rig.sim); i > 0; i--) {
        uint64_t id;

        sim_disk_name(rig.sim, i - 1, path, sizeof(path));
        if (strncmp(path, RN_LOG_DIR "/", 4) == 0 &&
            rn_name_parse(path + 4, &id) == RN_NAME_SEGMENT && found++ == back) {
            return path;
        }
    }
    fail_msg("there are only %zu segments", found);
    return NULL;
}

static inline size_t rig_count_files(enum rn_name kind)
{
    size_t count = 0;

    for (size_t i = 0; i < sim_disk_files(rig.sim); i++) {
        char path[64];
        uint64_t id;

        sim_disk_name(rig.sim, i, path, sizeof(path));
        count += strncmp(path, RN_LOG_DIR "/", 4) == 0 && rn_name_parse(path + 4, &id) == kind;
    }
    return count;
}

#endif
