/* Recovery: a directory of segments and indexes with anything done to its bytes.
 *
 * METHOD     A small real directory is made once. The input is a list of changes to a copy of it,
 *            7 bytes each and what they write behind them; after every change the checksum it broke
 *            may be mended, so that what lies behind checksums is reached too.
 * HOLDS      Opening ends, with an engine or an error; every record that can be read is read within
 *            the bounds of its lane; a second opening finds no less than the first. */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "local/frame.h"
#include "local/local.h"
#include "local/segment.h"
#include "sys/log.h"
#include "tests/support/hand_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/support/sim_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LANES = 3, PUTS = 40, CHANGE_BYTES = 7, FILE_BYTES_MAX = 256 * 1024, READS_MAX = 10000 };

/* Stands in for sys/log.c: damage is what this is about. */
void rn_log_setup(enum rn_log_level level, bool as_json)
{
    (void)level;
    (void)as_json;
}

bool rn_log_on(enum rn_log_level level)
{
    (void)level;
    return false;
}

void rn_log(enum rn_log_level level, const char *room, const char *fmt, ...)
{
    (void)level;
    (void)room;
    (void)fmt;
}

static struct sim_disk *made;
static struct hand_clock hands;
static struct seeded_random randoms;
static struct rn_mailbox box;

static rn_err open_on(struct sim_disk *sim, struct rn_engine **ret_engine)
{
    struct rn_local_options options = rn_local_defaults();

    options.disk = sim_disk_of(sim);
    options.clock = &hands.clock;
    options.random = &randoms.random;
    options.segment_bytes = 64 * 1024;
    options.cache_bytes = 256 * 1024;
    options.prepare_bytes = 0;
    options.reserve_bytes = 0;
    options.threads = false;
    return rn_local_open(&options, ret_engine, NULL);
}

static void done(struct rn_task *task)
{
    (void)task;
}

static void name_topic(struct rn_engine *engine)
{
    struct rn_topic_call call = {
        .topic = 1, .lanes = LANES, .retention_ms = INT64_MAX, .box = &box, .done = {.run = done}};

    rn_engine_topic_create(engine, &call);
    (void)rn_mailbox_drain(&box);
}

static void append(struct rn_engine *engine, uint32_t number, size_t len)
{
    static char value[9000];
    struct rn_record record = {.key = RN_STR("key"), .value = rn_str_make(value, len)};
    struct rn_run run = {
        .lane = rn_engine_lane_ref(engine, 1, number), .records = &record, .count = 1};
    struct rn_submit submit = {
        .runs = &run, .count = 1, .deadline_us = INT64_MAX, .box = &box, .done = {.run = done}};

    assert(rn_engine_submit(engine, &submit) == RN_OK);
    while (rn_local_step_writer(engine)) {
    }
    (void)rn_mailbox_drain(&box);
    rn_engine_lane_unref(engine, run.lane);
    hand_clock_pass(&hands, 10);
}

/* Sealed segments with indexes and one that is not sealed. */
static void make(void)
{
    struct rn_engine *engine;

    made = sim_disk_new(1);
    hand_clock_init(&hands, 1700000000000);
    seeded_random_init(&randoms, 2);
    rn_mailbox_init(&box, NULL, NULL);
    assert(open_on(made, &engine) == RN_OK);
    name_topic(engine);
    for (uint32_t i = 0; i < PUTS; i++) {
        append(engine, i % LANES, i * 223 % 9000);
        while (rn_local_step_housekeeper(engine)) {
        }
    }
    rn_local_close(engine);
    (void)rn_mailbox_drain(&box);
}

/* ---- changes ---- */

static void mend_head(char *bytes, size_t len, size_t crc_at)
{
    if (len >= crc_at + 4) {
        rn_put_le32(bytes + crc_at, rn_crc32c(0, bytes, crc_at));
    }
}

/* The table of the frame in whose first block byte `at` lies. */
static void mend_frame(char *bytes, size_t len, size_t at)
{
    size_t begin = at / RN_BLOCK_BYTES * RN_BLOCK_BYTES;
    struct rn_frame frame;

    if (begin + RN_FRAME_HEAD_BYTES <= len && !rn_frame_peek(bytes + begin, &frame) &&
        begin + rn_frame_table_bytes(frame.extents) <= len) {
        rn_put_le32(bytes + begin + 4,
                    rn_crc32c(0, bytes + begin + 8, rn_frame_table_bytes(frame.extents) - 8));
    }
}

static void mend(const char *path, char *bytes, size_t len, size_t at)
{
    uint64_t number;
    const char *name = strrchr(path, '/');

    switch (rn_name_parse(name ? name + 1 : path, &number)) {
    case RN_NAME_SEGMENT:
        if (at < RN_SEGMENT_START) {
            mend_head(bytes + at / RN_BLOCK_BYTES * RN_BLOCK_BYTES, RN_BLOCK_BYTES, 56);
        } else {
            mend_frame(bytes, len, at);
        }
        break;
    case RN_NAME_INDEX:
        if (len >= 80) {
            uint64_t rows = rn_get_le64(bytes + 48);

            if (rows < len / 64 && 80 + rows * 64 <= len) {
                rn_put_le32(bytes + 72, rn_crc32c(0, bytes + 80, rows * 64));
            }
            mend_head(bytes, len, 76);
        }
        break;
    case RN_NAME_OTHER:
    case RN_NAME_SPARE:
    case RN_NAME_TEMPORARY:
        break;
    }
}

static void overwrite(struct sim_disk *sim, const char *path, size_t at, const uint8_t *with,
                      size_t count, bool mended)
{
    static char bytes[FILE_BYTES_MAX];
    size_t len = (size_t)sim_disk_size(sim, path);

    if (len == 0 || len > sizeof(bytes)) {
        return;
    }
    sim_disk_get(sim, path, 0, bytes, len);
    at %= len;
    memcpy(bytes + at, with, count < len - at ? count : len - at);
    if (mended) {
        mend(path, bytes, len, at);
    }
    sim_disk_put(sim, path, bytes, len);
}

/* 0 file · 1 kind · 2..4 place · 5 mend · 6 bytes that follow. Returns what was used. */
static size_t change(struct sim_disk *sim, const uint8_t *data, size_t size)
{
    size_t files = sim_disk_files(sim), at = rn_get_le32(data + 2) & 0xFFFFFF;
    size_t count = data[6] < size - CHANGE_BYTES ? data[6] : size - CHANGE_BYTES;
    char path[128];

    if (files == 0) {
        return size;
    }
    sim_disk_name(sim, data[0] % files, path, sizeof(path));
    switch (data[1] % 4) {
    case 0:
    case 1:
        overwrite(sim, path, at, data + CHANGE_BYTES, count, data[5] & 1);
        break;
    case 2:
        sim_disk_cut(sim, path, at % (sim_disk_size(sim, path) + 1));
        break;
    case 3:
        sim_disk_remove(sim, path);
        break;
    }
    return CHANGE_BYTES + count;
}

/* ---- reading ---- */

/* Reads all that there is of a lane; returns its end. */
static uint64_t read_lane(struct rn_engine *engine, uint32_t number)
{
    struct rn_read read = {.lane = rn_engine_lane_ref(engine, 1, number),
                           .not_before_ms = INT64_MIN,
                           .count_max = 100,
                           .bytes_max = 1 << 20,
                           .box = &box,
                           .done = {.run = done}};
    uint64_t end = 0;
    bool more = read.lane != NULL;

    for (int i = 0; more && i < READS_MAX; i++) {
        rn_engine_read(engine, &read);
        while (rn_local_step_reader(engine)) {
        }
        (void)rn_mailbox_drain(&box);
        for (size_t r = 0; r < read.batch.count; r++) {
            assert(read.batch.items[r].offset < read.batch.end);
        }
        more = read.batch.outcome == RN_OUTCOME_OK && read.batch.next > read.from;
        end = read.batch.end;
        read.from = read.batch.next;
        rn_batch_release(engine, &read.batch);
    }
    rn_engine_lane_unref(engine, read.lane);
    return end;
}

static void live(struct sim_disk *sim)
{
    uint64_t ends[LANES] = {0};
    struct rn_engine *engine;

    for (int life = 0; life < 2; life++) {
        if (open_on(sim, &engine)) {
            assert(life == 0);
            return;
        }
        name_topic(engine);
        for (uint32_t i = 0; i < LANES; i++) {
            uint64_t end = read_lane(engine, i);

            assert(end >= ends[i]);
            ends[i] = end;
        }
        rn_engine_ready(engine);
        while (rn_local_step_housekeeper(engine)) {
        }
        rn_local_close(engine);
        (void)rn_mailbox_drain(&box);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_disk *sim;

    if (!made) {
        make();
    }
    sim = sim_disk_clone(made, 3);
    while (size >= CHANGE_BYTES) {
        size_t used = change(sim, data, size);

        data += used;
        size -= used;
    }
    live(sim);
    sim_disk_free(sim);
    return 0;
}
