/* Index files: what is written is read, piece by piece, and nothing else is believed. */
#include "base/bytes.h"
#include "base/crc32c.h"
#include "local/index.h"
#include "tests/unit/local/rig.h"

enum { LANES = 3, RECORDS = 400, ROUND = 32 };

static char path[RN_LOG_PATH_BYTES];
static struct rn_segment *segment; /* with a reference */

static uint32_t lane_of(uint32_t i)
{
    return i % 2 ? 0 : 1 + i / 2 % 2;
}

/* An indexed segment: lane 0 has every other record, lanes 1 and 2 the rest, a chunk each, 5 ms apart. */
static void begin(uint64_t seed)
{
    rig_begin(seed);
    rig.options.segment_bytes = 4 << 20;
    rig_open();
    rig_topic(1, LANES, INT64_MAX);
    for (uint32_t i = 0; i < RECORDS; i++) {
        rig_append_next(1, lane_of(i), 10 + i % 50);
        hand_clock_pass(&rig.clock, 5);
    }
    rig_close();
    rig.options.segment_bytes = 64 * 1024;
    rig_open();
    rig_topic(1, LANES, INT64_MAX);
    rig_append_next(1, 0, 10); /* begins the next */
    rig_settle();
    segment = rn_book_next(&rig_local()->book, NULL);
    assert_int_equal(rn_segment_state(segment), RN_SEGMENT_INDEXED);
    (void)rn_index_path(path, segment->head.id);
}

static void end(void)
{
    rn_segment_unref(segment);
    rig_end();
}

static struct rn_piece piece_of(uint32_t number)
{
    struct rn_lane *lane = rig_lane(1, number);
    struct rn_piece piece = *rn_lane_piece(lane, 0);

    rig_unref(lane);
    assert_ptr_equal(piece.segment, segment);
    return piece;
}

static void head_and_rows_tell_what_the_lanes_have(void **state)
{
    struct rn_index_head head;
    struct rn_index_row *rows;

    (void)state;
    begin(1);
    assert_int_equal(rn_index_read(rig.options.disk, segment, &head, &rows), RN_OK);
    assert_int_equal(head.salt, segment->head.salt);
    assert_int_equal(head.end, atomic_load(&segment->end));
    assert_int_equal(head.frames, segment->frames);
    assert_int_equal(head.extents, RECORDS);
    assert_int_equal(head.lanes, LANES);
    assert_int_equal(head.min_ms, RIG_START_MS);
    for (size_t i = 0; i < LANES; i++) {
        struct rn_piece piece = piece_of(rows[i].lane);

        assert_int_equal(rows[i].topic, 1);
        assert_int_equal(rows[i].piece.first, 0);
        assert_int_equal(rows[i].piece.end, rows[i].lane == 0 ? RECORDS / 2 : RECORDS / 4);
        assert_int_equal(rows[i].piece.count, rows[i].piece.end);
        assert_int_equal(rows[i].piece.index_at, piece.index_at);
        assert_int_equal(rows[i].piece.bytes, piece.bytes);
        assert_int_equal(rows[i].piece.min_ms, piece.min_ms);
        assert_int_equal(rows[i].piece.max_ms, piece.max_ms);
    }
    free(rows);
    end();
}

/* Method: every start, in offsets and in times, against what was written. */
static void extents_are_found_by_offset_and_by_time(void **state)
{
    struct rn_extent extents[ROUND];

    (void)state;
    begin(2);
    for (uint32_t number = 0; number < LANES; number++) {
        struct rn_piece piece = piece_of(number);

        assert_null(piece.extents);
        for (uint64_t from = 0; from <= piece.end; from++) {
            uint64_t left = piece.end - from;
            size_t count = ROUND;

            assert_int_equal(
                rn_index_extents(rig_local(), &piece, from, INT64_MIN, extents, &count), RN_OK);
            assert_int_equal(count, left < ROUND ? left : ROUND);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(extents[i].first, from + i);
                assert_int_equal(extents[i].count, 1);
                assert_in_range(extents[i].offset, RN_SEGMENT_START, atomic_load(&segment->end));
            }
            if (count > 0) { /* by the time of the first of them the same is found */
                int64_t ms = extents[0].ms;

                count = 1;
                assert_int_equal(rn_index_extents(rig_local(), &piece, 0, ms, extents, &count),
                                 RN_OK);
                assert_int_equal(count, 1);
                assert_int_equal(extents[0].first, from);
                assert_int_equal(rn_index_extents(rig_local(), &piece, 0, ms - 4, extents, &count),
                                 RN_OK);
                assert_int_equal(extents[0].first, from);
            }
        }
    }
    end();
}

static rn_err read_again(void)
{
    struct rn_index_head head;
    struct rn_index_row *rows = NULL;
    rn_err err = rn_index_read(rig.options.disk, segment, &head, &rows);

    free(rows);
    return err;
}

static void any_changed_byte_of_head_and_rows_makes_it_worthless(void **state)
{
    (void)state;
    begin(3);
    assert_int_equal(read_again(), RN_OK);
    for (uint64_t at = 0; at < 80 + LANES * 64; at++) {
        sim_disk_flip(rig.sim, path, at, 1);
        assert_int_equal(read_again(), RN_CORRUPT);
        sim_disk_flip(rig.sim, path, at, 1);
    }
    assert_int_equal(read_again(), RN_OK);
    end();
}

static void any_other_length_makes_it_worthless(void **state)
{
    uint64_t size;

    (void)state;
    begin(4);
    size = sim_disk_size(rig.sim, path);
    sim_disk_cut(rig.sim, path, size + 4096);
    assert_int_equal(read_again(), RN_CORRUPT);
    for (uint64_t cut = size - 1; cut > 0; cut = cut * 3 / 4) {
        sim_disk_cut(rig.sim, path, cut);
        assert_int_equal(read_again(), RN_CORRUPT);
    }
    sim_disk_remove(rig.sim, path);
    assert_int_equal(read_again(), RN_NOT_FOUND);
    end();
}

static void any_changed_byte_of_a_block_fails_who_needs_it(void **state)
{
    struct rn_extent extents[ROUND];
    struct rn_piece piece;
    size_t count;

    (void)state;
    begin(5);
    piece = piece_of(0);
    for (uint64_t at = 4096; at < 8192; at += 61) {
        sim_disk_flip(rig.sim, path, at, 1);
        rig_close(); /* so that no block of it is in memory */
        rn_segment_unref(segment);
        rig_open();
        rig_topic(1, LANES, INT64_MAX);
        segment = rn_book_next(&rig_local()->book, NULL);
        piece = piece_of(0);
        count = ROUND;
        assert_int_equal(rn_index_extents(rig_local(), &piece, 0, INT64_MIN, extents, &count),
                         RN_CORRUPT);
        sim_disk_flip(rig.sim, path, at, 1);
    }
    end();
}

/* Make head and rows fit again after bytes of them were changed. */
static void reseal(char *bytes)
{
    rn_put_le32(bytes + 72, rn_crc32c(0, bytes + 80, LANES * 64));
    rn_put_le32(bytes + 76, rn_crc32c(0, bytes, 76));
}

/* Method: fields are changed to the extremes, with good sums. */
static void numbers_that_cannot_be_are_refused_though_the_sums_are_good(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
        bool wide;
    } cases[] = {
        {4, 2, false},                /* version */
        {8, 99, true},                /* another segment */
        {16, 99, true},               /* another salt */
        {24, 0, true},                /* end before the first frame */
        {24, 8193, true},             /* not a whole block */
        {40, UINT64_MAX, true},       /* extents */
        {48, UINT64_MAX, true},       /* lanes */
        {48, 1 << 20, true},          /* more lanes than extents */
        {80 + 12, 0, false},          /* a row without extents */
        {80 + 12, UINT32_MAX, false}, /* more than there are */
        {80 + 16, UINT64_MAX, true},  /* begins behind its end */
        {80 + 24, UINT64_MAX, true},  /* an end that overflows */
        {80 + 56, UINT64_MAX, true},  /* extents beyond all */
        {80 + 56, RECORDS - 1, true}, /* and a bit beyond */
    };
    char bytes[4096];
    size_t size;
    char *file;

    (void)state;
    begin(6);
    size = (size_t)sim_disk_size(rig.sim, path);
    file = malloc(size);
    assert_non_null(file);
    sim_disk_get(rig.sim, path, 0, file, size);
    memcpy(bytes, file, sizeof(bytes));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(file, bytes, sizeof(bytes));
        if (cases[i].wide) {
            rn_put_le64(file + cases[i].at, cases[i].value);
        } else {
            rn_put_le32(file + cases[i].at, (uint32_t)cases[i].value);
        }
        reseal(file);
        sim_disk_put(rig.sim, path, file, size);
        assert_int_equal(read_again(), RN_CORRUPT);
    }
    free(file);
    end();
}

static void an_index_that_could_not_be_written_is_tried_again(void **state)
{
    (void)state;
    for (int kind = SIM_OPEN; kind <= SIM_SYNC_DIR; kind++) {
        if (kind == SIM_READ || kind == SIM_UNLINK || kind == SIM_MKDIR) {
            continue;
        }
        rig_begin(7);
        rig_open();
        rig_topic(1, 1, INT64_MAX);
        rig_append_next(1, 0, 40000);
        rig_append_next(1, 0, 40000);
        sim_disk_fail(rig.sim, (enum sim_call)kind, 1, RN_IO, true);
        rig_rounds(3);
        assert_int_equal(rig_counts().indexes, 0);
        assert_true(rig.warnings > 0);
        sim_disk_heal(rig.sim);
        assert_int_equal(rig_check_lane(1, 0, 0, 40000), 2); /* from the extents in memory */
        rig_rounds(2);
        assert_int_equal(rig_counts().indexes, 1);
        assert_int_equal(rig_check_lane(1, 0, 0, 40000), 2);
        rig_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_and_rows_tell_what_the_lanes_have),
        cmocka_unit_test(extents_are_found_by_offset_and_by_time),
        cmocka_unit_test(any_changed_byte_of_head_and_rows_makes_it_worthless),
        cmocka_unit_test(any_other_length_makes_it_worthless),
        cmocka_unit_test(any_changed_byte_of_a_block_fails_who_needs_it),
        cmocka_unit_test(numbers_that_cannot_be_are_refused_though_the_sums_are_good),
        cmocka_unit_test(an_index_that_could_not_be_written_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
