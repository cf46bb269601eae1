/* Reads that memory does not answer: equal to an oracle at every position, within the bounds of the cache. */
#include "local/batch.h"
#include "tests/unit/local/rig.h"

enum { LANES = 5, RECORDS = 700 };

/* What lane l holds: record i has length len[l][i] and arrived at ms[l][i]. */
struct oracle {
    size_t len[LANES][RECORDS], count[LANES];
    int64_t ms[LANES][RECORDS];
};

static struct oracle oracle;

static uint64_t number_of(uint32_t lane, size_t index)
{
    return lane * 100000 + index;
}

static void append_some(struct seeded_random *random)
{
    uint32_t lane = seeded_random_below(random, LANES);
    size_t count = 1 + seeded_random_below(random, 6), *at = &oracle.count[lane];
    size_t len = seeded_random_below(random, seeded_random_below(random, 8) ? 400 : 9000);
    uint64_t first;

    assert_true(*at + count <= RECORDS);
    assert_int_equal(rig_append(1, lane, number_of(lane, *at), count, len, &first), RN_OUTCOME_OK);
    assert_int_equal(first, *at);
    for (size_t i = 0; i < count; i++, ++*at) {
        oracle.len[lane][*at] = len;
        oracle.ms[lane][*at] = rn_clock_wall_ms(&rig.clock.clock);
    }
}

static void begin(uint64_t seed, int appends)
{
    struct seeded_random random;

    memset(&oracle, 0, sizeof(oracle));
    seeded_random_init(&random, seed);
    rig_begin(seed);
    rig_open();
    rig_topic(1, LANES, INT64_MAX);
    for (int i = 0; i < appends; i++) {
        append_some(&random);
        hand_clock_pass(&rig.clock, seeded_random_below(&random, 4));
        if (seeded_random_below(&random, 4) == 0) {
            (void)rn_local_step_housekeeper(rig.engine);
        }
    }
}

/* The batch must be what the oracle says the read gets. */
static void check_batch(uint32_t lane, const struct rn_read *read, const struct rn_batch *batch)
{
    size_t at = read->from, bytes = 0, count = 0, count_max = read->count_max ? read->count_max : 1;

    while (at < oracle.count[lane] && oracle.ms[lane][at] < read->not_before_ms) {
        at++;
    }
    assert_int_equal(batch->outcome, RN_OUTCOME_OK);
    assert_int_equal(batch->end, oracle.count[lane]);
    for (; at < oracle.count[lane] && count < count_max; at++, count++) {
        size_t len = oracle.len[lane][at];

        if (count > 0 && (bytes >= read->bytes_max || bytes + len + 3 > read->bytes_max)) {
            break;
        }
        assert_true(count < batch->count);
        assert_int_equal(batch->items[count].offset, at);
        assert_int_equal(batch->items[count].append_ms, oracle.ms[lane][at]);
        rig_assert_item(&batch->items[count], number_of(lane, at), len);
        bytes += len + 3;
    }
    assert_int_equal(batch->count, count);
    assert_int_equal(batch->next, at);
}

static void check_read(uint32_t number, struct rn_read *read)
{
    struct rn_batch batch;

    read->lane = rig_lane(1, number);
    rig_read_cold(read);
    check_batch(number, read, &read->batch);
    rn_batch_release(rig.engine, &read->batch);
    if (rn_engine_read_now(rig.engine, read, &batch) == RN_OK) {
        check_batch(number, read, &batch);
        rn_batch_release(rig.engine, &batch);
    }
    rig_unref(read->lane);
}

static void check_every_position(void)
{
    for (uint32_t lane = 0; lane < LANES; lane++) {
        for (uint64_t at = 0; at <= oracle.count[lane]; at++) {
            struct rn_read read = rig_reading(NULL, at);

            read.count_max = 3;
            check_read(lane, &read);
        }
    }
}

static void check_some_reads(uint64_t seed, int count)
{
    struct seeded_random random;

    seeded_random_init(&random, seed);
    for (int i = 0; i < count; i++) {
        uint32_t lane = seeded_random_below(&random, LANES);
        struct rn_read read =
            rig_reading(NULL, seeded_random_below(&random, (uint32_t)oracle.count[lane] + 1));

        read.count_max = seeded_random_below(&random, 200);
        read.bytes_max = seeded_random_below(&random, 40000);
        if (seeded_random_below(&random, 2) == 0) {
            read.not_before_ms =
                RIG_START_MS + (int64_t)seeded_random_below(
                                   &random, (uint32_t)(rig.clock.wall / 1000 - RIG_START_MS) + 10);
        }
        check_read(lane, &read);
        if (seeded_random_below(&random, 3) == 0) {
            (void)rn_local_step_reader(rig.engine);
        }
    }
}

static void any_read_gives_what_was_appended(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        begin(seed, 450);
        check_every_position();
        check_some_reads(seed, 300);
        rig_settle(); /* now everything but the newest segment is indexed */
        check_every_position();
        check_some_reads(seed + 100, 300);
        rig_close();
        rig_open();
        rig_topic(1, LANES, INT64_MAX);
        check_every_position();
        check_some_reads(seed + 200, 300);
        rig_end();
    }
}

static void reads_go_on_while_the_segment_grows_under_them(void **state)
{
    struct seeded_random random;

    (void)state;
    begin(9, 0);
    seeded_random_init(&random, 9);
    for (int i = 0; i < 400; i++) {
        append_some(&random);
        hand_clock_pass(&rig.clock, 1);
        check_some_reads((uint64_t)i, 2);
    }
    check_every_position();
    rig_end();
}

/* ---- the block cache ---- */

static void the_cache_keeps_within_its_bound_and_empties_at_the_end(void **state)
{
    struct rn_blocks *blocks;

    (void)state;
    rig_begin(20);
    rig.options.segment_bytes = 1 << 20;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 100; i++) {
        rig_append_next(1, 0, 100000); /* 10 MB in 11 segments; the cache has 8 blocks */
    }
    rig_settle();
    blocks = &rig_local()->blocks;
    assert_int_equal(blocks->count_max, RN_CACHE_BLOCKS_MIN);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_check_lane(1, 0, 0, 100000), 100);
        rig_settle();
        assert_in_range(blocks->count, 1, RN_CACHE_BLOCKS_MIN);
    }
    rig_end();
}

static void a_block_is_read_once_while_it_is_in_the_cache(void **state)
{
    uint64_t before;

    (void)state;
    rig_begin(21);
    rig.options.cache_bytes = 1 << 27;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 300; i++) {
        rig_append_next(1, 0, 3000);
    }
    rig_settle();
    rig_close();
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 3000), 300);
    rig_settle();
    before = rig_counts().block_reads;
    assert_true(before > 10);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_check_lane(1, 0, 0, 3000), 300);
        rig_settle();
    }
    assert_int_equal(rig_counts().block_reads, before);
    assert_true(rig_counts().block_hits > before);
    rig_end();
}

/* One reading of a lane from its beginning: how many chunks were read alone. */
static uint64_t count_alone(uint32_t number, size_t records)
{
    uint64_t before = rig_counts().alone_reads;

    assert_int_equal(rig_check_lane(1, number, 0, 3000), records);
    rig_settle();
    return rig_counts().alone_reads - before;
}

static void a_lane_among_others_is_read_alone_until_others_want_its_blocks(void **state)
{
    enum { MANY = 64, ROUNDS = 40 };
    uint64_t blocks, first, second, third;

    (void)state;
    rig_begin(24);
    rig.options.segment_bytes = 16 << 20;
    rig.options.cache_bytes = 1 << 28;
    rig_open();
    rig_topic(1, MANY, INT64_MAX);
    for (uint32_t i = 0; i < ROUNDS * MANY; i++) { /* a chunk of each lane in every 256 KiB */
        rig_append_next(1, i % MANY, 3000);
    }
    rig_settle();
    rig_close();
    rig_open();
    rig_topic(1, MANY, INT64_MAX);
    first = count_alone(0, ROUNDS);
    blocks = rig_counts().block_reads;
    assert_in_range(first, ROUNDS / 2, ROUNDS);
    assert_in_range(blocks, 0, ROUNDS / 2);
    second = count_alone(1, ROUNDS);
    assert_in_range(second, 0, first / 4);
    assert_in_range(rig_counts().block_reads, ROUNDS / 2, 2 * ROUNDS);
    blocks = rig_counts().block_reads;
    third = count_alone(2, ROUNDS);
    assert_in_range(third, 0, second);
    assert_in_range(rig_counts().block_reads, blocks, blocks + second);
    rig_end();
}

static void a_sequential_reader_finds_the_next_blocks_loaded(void **state)
{
    struct rn_lane *lane;
    uint64_t at = 0, ahead = 0;

    (void)state;
    rig_begin(22);
    rig.options.segment_bytes = 8 << 20;
    rig.options.cache_bytes = 1 << 24;
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 60; i++) {
        rig_append_next(1, 0, 100000);
    }
    rig_settle();
    rig_close();
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    lane = rig_lane(1, 0);
    while (at < 60) {
        struct rn_read read = rig_reading(lane, at);
        uint64_t reads = rig_counts().block_reads;

        read.count_max = 2;
        rig_read_cold(&read);
        at = read.batch.next;
        rn_batch_release(rig.engine, &read.batch);
        ahead += at > 4 && rig_counts().block_reads == reads;
        while (rn_local_step_reader(rig.engine)) { /* what was queued to be loaded */
        }
    }
    assert_true(ahead > 20); /* of 28 reads hardly one had to wait */
    rig_unref(lane);
    rig_end();
}

static void a_random_reader_has_nothing_loaded_ahead(void **state)
{
    (void)state;
    rig_begin(23);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 100; i++) {
        rig_append_next(1, 0, 6000);
    }
    rig_settle();
    rig_close();
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (uint64_t at = 90; at > 0; at -= 10) {
        struct rn_read read = rig_reading(rig_lane(1, 0), at);

        read.count_max = 1;
        rig_read_cold(&read);
        rn_batch_release(rig.engine, &read.batch);
        rig_unref(read.lane);
        assert_false(rn_local_step_reader(rig.engine));
    }
    rig_end();
}

static void more_segments_than_open_files_are_read(void **state)
{
    (void)state;
    rig_begin(24);
    rig.options.segment_bytes = 16 << 20;
    rig.options.segment_bytes = RN_SEGMENT_START + 8192;
    rig.options.cache_bytes = 1 << 26; /* room for all blocks: it is the files that are few */
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 2 * RN_CACHE_FILES_MAX; i++) {
        rig_append_next(1, 0, 6000);
        rig_settle();
    }
    assert_true(rig_counts().segments > RN_CACHE_FILES_MAX + 10);
    assert_int_equal(rig_check_lane(1, 0, 0, 6000), 2 * RN_CACHE_FILES_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 6000), 2 * RN_CACHE_FILES_MAX);
    rig_end();
}

static void a_read_that_met_an_error_is_answered_once_more_when_it_is_gone(void **state)
{
    (void)state;
    rig_begin(25);
    rig_open();
    rig_topic(1, 1, INT64_MAX);
    for (int i = 0; i < 100; i++) {
        rig_append_next(1, 0, 6000);
    }
    rig_settle();
    for (int kind = SIM_OPEN; kind <= SIM_READ; kind++) {
        sim_disk_fail(rig.sim, (enum sim_call)kind, 1, RN_IO, true);
        assert_int_equal(rig_read_outcome(1, 0, (uint64_t)kind * 20), RN_OUTCOME_FAULT);
        sim_disk_heal(rig.sim);
        assert_int_equal(rig_read_outcome(1, 0, (uint64_t)kind * 20), RN_OUTCOME_OK);
    }
    assert_int_equal(rig_check_lane(1, 0, 0, 6000), 100);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_read_gives_what_was_appended),
        cmocka_unit_test(reads_go_on_while_the_segment_grows_under_them),
        cmocka_unit_test(the_cache_keeps_within_its_bound_and_empties_at_the_end),
        cmocka_unit_test(a_block_is_read_once_while_it_is_in_the_cache),
        cmocka_unit_test(a_lane_among_others_is_read_alone_until_others_want_its_blocks),
        cmocka_unit_test(a_sequential_reader_finds_the_next_blocks_loaded),
        cmocka_unit_test(a_random_reader_has_nothing_loaded_ahead),
        cmocka_unit_test(more_segments_than_open_files_are_read),
        cmocka_unit_test(a_read_that_met_an_error_is_answered_once_more_when_it_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
