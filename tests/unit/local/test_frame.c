/* Frames: head, table and chunks under one checksum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "local/frame.h"

enum { EXTENTS = 3, CHUNK = 100 };

static const struct rn_frame sample = {
    .bytes = RN_BLOCK_BYTES,
    .used = RN_FRAME_HEAD_BYTES + EXTENTS * (RN_FRAME_EXTENT_BYTES + CHUNK),
    .segment = 0x1122334455667788,
    .salt = 0x99AABBCCDDEEFF00,
    .number = 7,
    .synced = 6,
    .append_ms = 1700000000123,
    .extents = EXTENTS,
    .flags = RN_FRAME_END,
};

static struct rn_frame_extent extent_of(uint32_t i)
{
    return (struct rn_frame_extent){
        .topic = 100 + i, .first = 1000 * i, .lane = i, .count = i + 1, .bytes = CHUNK};
}

static void build(char bytes[RN_BLOCK_BYTES])
{
    char *chunk = bytes + rn_frame_table_bytes(EXTENTS);

    memset(bytes, 0, RN_BLOCK_BYTES);
    for (uint32_t i = 0; i < EXTENTS; i++, chunk += CHUNK) {
        struct rn_frame_extent extent = extent_of(i);

        memset(chunk, (int)i + 1, CHUNK);
        extent.crc = rn_crc32c(0, chunk, CHUNK);
        rn_frame_put_extent(bytes, i, &extent);
    }
    rn_frame_seal(bytes, &sample);
}

static bool is_good(const char *bytes)
{
    struct rn_frame frame;

    return !rn_frame_peek(bytes, &frame) && rn_frame_table_good(bytes, &frame) &&
           rn_frame_chunks_good(bytes, &frame);
}

static void what_was_sealed_is_read_back(void **state)
{
    char bytes[RN_BLOCK_BYTES];
    struct rn_frame frame;

    (void)state;
    build(bytes);
    assert_int_equal(rn_frame_peek(bytes, &frame), RN_OK);
    assert_int_equal(frame.bytes, sample.bytes);
    assert_int_equal(frame.used, sample.used);
    assert_int_equal(frame.segment, sample.segment);
    assert_int_equal(frame.salt, sample.salt);
    assert_int_equal(frame.number, sample.number);
    assert_int_equal(frame.synced, sample.synced);
    assert_int_equal(frame.append_ms, sample.append_ms);
    assert_int_equal(frame.extents, sample.extents);
    assert_int_equal(frame.flags, sample.flags);
    for (uint32_t i = 0; i < EXTENTS; i++) {
        struct rn_frame_extent expected = extent_of(i), extent = rn_frame_get_extent(bytes, i);

        assert_int_equal(extent.topic, expected.topic);
        assert_int_equal(extent.first, expected.first);
        assert_int_equal(extent.lane, expected.lane);
        assert_int_equal(extent.count, expected.count);
        assert_int_equal(extent.bytes, CHUNK);
    }
    assert_true(is_good(bytes));
}

/* The head is part of files that others have: its bytes must not change by accident. */
static void the_head_is_laid_out_as_described(void **state)
{
    char bytes[RN_BLOCK_BYTES];

    (void)state;
    build(bytes);
    assert_memory_equal(bytes, "RNFR", 4);
    assert_int_equal(rn_get_le32(bytes + 4),
                     rn_crc32c(0, bytes + 8, rn_frame_table_bytes(EXTENTS) - 8));
    assert_int_equal(rn_get_le32(bytes + 8), sample.bytes);
    assert_int_equal(rn_get_le32(bytes + 12), sample.used);
    assert_int_equal(rn_get_le64(bytes + 16), sample.segment);
    assert_int_equal(rn_get_le64(bytes + 24), sample.salt);
    assert_int_equal(rn_get_le64(bytes + 32), sample.number);
    assert_int_equal(rn_get_le64(bytes + 40), sample.append_ms);
    assert_int_equal(rn_get_le64(bytes + 48), sample.synced);
    assert_int_equal(rn_get_le32(bytes + 56), sample.extents);
    assert_int_equal(rn_get_le32(bytes + 60), sample.flags);
}

static void every_changed_bit_is_noticed(void **state)
{
    char bytes[RN_BLOCK_BYTES];

    (void)state;
    build(bytes);
    for (size_t bit = 0; bit < sample.used * 8; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        assert_false(is_good(bytes));
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(is_good(bytes));
}

static void a_head_that_cannot_be_one_is_not_looked_into(void **state)
{
    static const struct {
        size_t at;
        uint32_t value;
    } cases[] = {
        {0, 0},                  /* magic */
        {8, RN_BLOCK_BYTES + 1}, /* not whole blocks */
        {8, RN_FRAME_BYTES_MAX + RN_BLOCK_BYTES},
        {8, 0},                         /* less than is used */
        {12, RN_BLOCK_BYTES + 1},       /* more used than there is */
        {12, RN_FRAME_HEAD_BYTES + 32}, /* less than the table */
        {56, RN_FRAME_EXTENTS_MAX + 1},
        {56, UINT32_MAX},
    };
    char bytes[RN_BLOCK_BYTES];
    struct rn_frame frame;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        build(bytes);
        rn_put_le32(bytes + cases[i].at, cases[i].value);
        assert_int_equal(rn_frame_peek(bytes, &frame), RN_CORRUPT);
    }
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(rn_frame_peek(bytes, &frame), RN_CORRUPT);
}

/* Method: the checksum is made to fit again, as whoever wrote nonsense would have. */
static void a_table_that_contradicts_its_head_is_not_good(void **state)
{
    char bytes[RN_BLOCK_BYTES];
    struct rn_frame_extent extent;
    struct rn_frame frame;

    (void)state;
    build(bytes);
    extent = rn_frame_get_extent(bytes, 1);
    extent.bytes++; /* the chunks are longer than the frame says */
    rn_frame_put_extent(bytes, 1, &extent);
    rn_frame_seal(bytes, &sample);
    assert_int_equal(rn_frame_peek(bytes, &frame), RN_OK);
    assert_false(rn_frame_table_good(bytes, &frame));

    build(bytes);
    extent = rn_frame_get_extent(bytes, 2);
    extent.first = UINT64_MAX; /* sums would overflow */
    rn_frame_put_extent(bytes, 2, &extent);
    rn_frame_seal(bytes, &sample);
    assert_false(rn_frame_table_good(bytes, &frame));

    for (uint32_t i = 0; i < EXTENTS; i++) { /* lengths whose sum wraps around to the right one */
        extent = rn_frame_get_extent(bytes, i);
        extent.first = 0;
        extent.bytes = i == 2 ? 2 + EXTENTS * CHUNK : UINT32_MAX;
        rn_frame_put_extent(bytes, i, &extent);
    }
    rn_frame_seal(bytes, &sample);
    assert_false(rn_frame_table_good(bytes, &frame));
}

static void blocks_are_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(rn_blocks_up(0), 0);
    assert_int_equal(rn_blocks_up(1), RN_BLOCK_BYTES);
    assert_int_equal(rn_blocks_up(RN_BLOCK_BYTES), RN_BLOCK_BYTES);
    assert_int_equal(rn_blocks_up(RN_BLOCK_BYTES + 1), 2 * RN_BLOCK_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_is_read_back),
        cmocka_unit_test(the_head_is_laid_out_as_described),
        cmocka_unit_test(every_changed_bit_is_noticed),
        cmocka_unit_test(a_head_that_cannot_be_one_is_not_looked_into),
        cmocka_unit_test(a_table_that_contradicts_its_head_is_not_good),
        cmocka_unit_test(blocks_are_rounded_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
