/* Records as bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "engine/chunk.h"

static struct rn_record record_of(rn_str key, rn_str value)
{
    return (struct rn_record){
        .key = key, .value = value, .stamp = 0xDEADBEEF, .flags = 0x1234, .kind = RN_RECORD_CUT};
}

static void assert_same(const struct rn_record *a, const struct rn_record *b)
{
    assert_true(rn_str_eq(a->key, b->key));
    assert_true(rn_str_eq(a->value, b->value));
    assert_int_equal(a->stamp, b->stamp);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->kind, b->kind);
}

static void the_bytes_are_as_chunk_c_describes_them(void **state)
{
    static const char expected[] = "\x03\0\0\0\xEF\xBE\xAD\xDE\x02\0\x34\x12\x01kyval";
    struct rn_record record = record_of(RN_STR("ky"), RN_STR("val"));
    char bytes[64];

    (void)state;
    assert_int_equal(rn_chunk_record_bytes(&record), sizeof(expected) - 1);
    assert_ptr_equal(rn_chunk_put(bytes, &record), bytes + sizeof(expected) - 1);
    assert_memory_equal(bytes, expected, sizeof(expected) - 1);
}

static void what_was_put_comes_in_the_same_order(void **state)
{
    enum { COUNT = 100 };
    struct rn_record records[COUNT], record;
    char bytes[COUNT * 200], text[COUNT * 2], *end = bytes;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < COUNT; i++) { /* keys and values of no byte, too */
        records[i] = record_of(rn_str_make(text, i % 7), rn_str_make(text + i, i % 50 * (i % 3)));
        records[i].stamp = (uint32_t)i;
        end = rn_chunk_put(end, &records[i]);
    }
    struct rn_chunk_cursor cursor = {bytes, end};

    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(rn_chunk_next(&cursor, &record), RN_OK);
        assert_same(&record, &records[i]);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rn_chunk_next(&cursor, &record), RN_NOT_FOUND);
    }
}

static void the_largest_record_passes(void **state)
{
    char *value = calloc(1, RN_RECORD_VALUE_BYTES_MAX), *bytes, key[RN_RECORD_KEY_BYTES_MAX] = {0};
    struct rn_record record =
        record_of(rn_str_make(key, sizeof(key)), rn_str_make(value, RN_RECORD_VALUE_BYTES_MAX));
    struct rn_record back;

    (void)state;
    bytes = malloc(rn_chunk_record_bytes(&record));
    assert_true(value && bytes);
    struct rn_chunk_cursor cursor = {bytes, rn_chunk_put(bytes, &record)};

    assert_int_equal(rn_chunk_next(&cursor, &back), RN_OK);
    assert_same(&record, &back);
    free(value);
    free(bytes);
}

/* Method: the bytes are cut at every place, in memory that ends there. */
static void a_chunk_that_ends_early_is_corrupt(void **state)
{
    struct rn_record record = record_of(RN_STR("key"), RN_STR("a value of some bytes")), back;
    size_t len = rn_chunk_record_bytes(&record);
    char bytes[64];

    (void)state;
    (void)rn_chunk_put(bytes, &record);
    for (size_t cut = 1; cut < len; cut++) {
        char *part = malloc(cut);

        assert_non_null(part);
        memcpy(part, bytes, cut);
        struct rn_chunk_cursor cursor = {part, part + cut};

        assert_int_equal(rn_chunk_next(&cursor, &back), RN_CORRUPT);
        free(part);
    }
}

static void lengths_over_their_limits_are_corrupt(void **state)
{
    size_t room = RN_CHUNK_HEAD_BYTES + RN_RECORD_VALUE_BYTES_MAX + 70000;
    char *bytes = calloc(1, room);
    struct rn_record back;

    (void)state;
    assert_non_null(bytes);
    rn_put_le32(bytes, RN_RECORD_VALUE_BYTES_MAX + 1);
    assert_int_equal(rn_chunk_next(&(struct rn_chunk_cursor){bytes, bytes + room}, &back),
                     RN_CORRUPT);
    rn_put_le32(bytes, UINT32_MAX);
    assert_int_equal(rn_chunk_next(&(struct rn_chunk_cursor){bytes, bytes + room}, &back),
                     RN_CORRUPT);
    rn_put_le32(bytes, 0);
    rn_put_le16(bytes + 8, RN_RECORD_KEY_BYTES_MAX + 1);
    assert_int_equal(rn_chunk_next(&(struct rn_chunk_cursor){bytes, bytes + room}, &back),
                     RN_CORRUPT);
    rn_put_le16(bytes + 8, RN_RECORD_KEY_BYTES_MAX);
    assert_int_equal(rn_chunk_next(&(struct rn_chunk_cursor){bytes, bytes + room}, &back), RN_OK);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_as_chunk_c_describes_them),
        cmocka_unit_test(what_was_put_comes_in_the_same_order),
        cmocka_unit_test(the_largest_record_passes),
        cmocka_unit_test(a_chunk_that_ends_early_is_corrupt),
        cmocka_unit_test(lengths_over_their_limits_are_corrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
