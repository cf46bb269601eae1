/* Segments: heads, names, and the book that holds them in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "local/frame.h"
#include "local/segment.h"

static const struct rn_segment_head sample = {.id = 0xABCDEF,
                                              .salt = 0x1122334455667788,
                                              .prev = 0xABCDEE,
                                              .prev_end = 40960,
                                              .prev_frames = 12,
                                              .created_ms = 1700000000123};

static void assert_sample(const struct rn_segment_head *head)
{
    assert_int_equal(head->id, sample.id);
    assert_int_equal(head->salt, sample.salt);
    assert_int_equal(head->prev, sample.prev);
    assert_int_equal(head->prev_end, sample.prev_end);
    assert_int_equal(head->prev_frames, sample.prev_frames);
    assert_int_equal(head->created_ms, sample.created_ms);
}

static void either_copy_of_a_head_is_enough(void **state)
{
    char bytes[RN_SEGMENT_START];
    struct rn_segment_head head;

    (void)state;
    rn_segment_head_put(bytes, &sample);
    assert_memory_equal(bytes, bytes + RN_BLOCK_BYTES, RN_BLOCK_BYTES);
    assert_int_equal(rn_segment_head_get(bytes, &head), RN_OK);
    assert_sample(&head);
    for (size_t copy = 0; copy < 2; copy++) {
        for (size_t at = 0; at < 60; at++) {
            memset(&head, 0, sizeof(head));
            bytes[copy * RN_BLOCK_BYTES + at] ^= 1;
            assert_int_equal(rn_segment_head_get(bytes, &head), RN_OK);
            assert_sample(&head);
            bytes[copy * RN_BLOCK_BYTES + at] ^= 1;
        }
    }
    bytes[16] ^= 1;
    bytes[RN_BLOCK_BYTES + 17] ^= 1;
    assert_int_equal(rn_segment_head_get(bytes, &head), RN_CORRUPT);
}

static void the_head_is_laid_out_as_described(void **state)
{
    char bytes[RN_SEGMENT_START];

    (void)state;
    rn_segment_head_put(bytes, &sample);
    assert_memory_equal(bytes, "RNSG", 4);
    assert_int_equal(rn_get_le32(bytes + 4), 1);
    assert_int_equal(rn_get_le64(bytes + 8), sample.id);
    assert_int_equal(rn_get_le64(bytes + 16), sample.salt);
    assert_int_equal(rn_get_le64(bytes + 24), sample.prev);
    assert_int_equal(rn_get_le64(bytes + 32), sample.prev_end);
    assert_int_equal(rn_get_le64(bytes + 40), sample.prev_frames);
    assert_int_equal(rn_get_le64(bytes + 48), sample.created_ms);
    assert_int_equal(rn_get_le32(bytes + 56), rn_crc32c(0, bytes, 56));
}

static void a_later_version_is_told_from_damage(void **state)
{
    char bytes[RN_SEGMENT_START];
    struct rn_segment_head head;

    (void)state;
    rn_segment_head_put(bytes, &sample);
    rn_put_le32(bytes + 4, RN_SEGMENT_VERSION + 1);
    rn_put_le32(bytes + 56, rn_crc32c(0, bytes, 56));
    assert_int_equal(rn_segment_head_get(bytes, &head), RN_NEWER);
    memcpy(bytes + RN_BLOCK_BYTES, bytes, RN_BLOCK_BYTES);
    bytes[0] ^= 1; /* and by the second copy alone */
    assert_int_equal(rn_segment_head_get(bytes, &head), RN_NEWER);
}

static void names_lead_back_to_their_numbers(void **state)
{
    static const uint64_t numbers[] = {1, 9, 10, 255, 0xABCDEF0123456789, UINT64_MAX};
    char path[RN_LOG_PATH_BYTES];
    uint64_t number;

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_int_equal(rn_name_parse(rn_segment_path(path, numbers[i]) + 4, &number),
                         RN_NAME_SEGMENT);
        assert_int_equal(number, numbers[i]);
        assert_int_equal(rn_name_parse(rn_index_path(path, numbers[i]) + 4, &number),
                         RN_NAME_INDEX);
        assert_int_equal(number, numbers[i]);
        assert_int_equal(rn_name_parse(rn_spare_path(path, numbers[i]) + 4, &number),
                         RN_NAME_SPARE);
        assert_int_equal(number, numbers[i]);
    }
    assert_string_equal(rn_segment_path(path, 0xAB), RN_LOG_DIR "/00000000000000ab.seg");
    assert_string_equal(rn_index_path(path, 0xAB), RN_LOG_DIR "/00000000000000ab.idx");
    assert_string_equal(rn_spare_path(path, 171), RN_LOG_DIR "/spare-171");
}

static void other_names_are_nobodys(void **state)
{
    static const char *const others[] = {
        "",
        "dropped",
        "00000000000000ab.seg2",
        "0000000000000ab.seg",
        "000000000000000ab.seg",
        "00000000000000AB.seg",
        "00000000000000ag.seg",
        "0000000000000000.seg", /* no segment has id 0 */
        "00000000000000ab.txt",
        "00000000000000ab",
        "spare-",
        "spare-x",
        "spare--1",
        "spare-99999999999999999999",
        "Spare-1",
        ".new",
        "lost+found",
    };
    uint64_t number;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (rn_name_parse(others[i], &number) != RN_NAME_OTHER) {
            fail_msg("\"%s\" is taken for one of ours", others[i]);
        }
    }
    assert_int_equal(rn_name_parse("dropped.new", &number), RN_NAME_TEMPORARY);
    assert_int_equal(rn_name_parse("00000000000000ab.idx.new", &number), RN_NAME_TEMPORARY);
}

static struct rn_segment *add(struct rn_book *book, uint64_t id)
{
    struct rn_segment_head head = {.id = id};
    struct rn_segment *segment = rn_segment_new(&head);

    assert_non_null(segment);
    assert_int_equal(rn_segment_state(segment), RN_SEGMENT_ACTIVE);
    rn_book_add(book, segment);
    return segment;
}

static void a_book_is_walked_in_order_and_holds_a_reference(void **state)
{
    struct rn_segment *segments[4], *at;
    struct rn_book book;
    uint64_t id = 0;

    (void)state;
    rn_book_init(&book);
    assert_null(rn_book_next(&book, NULL));
    for (uint64_t i = 0; i < 4; i++) {
        segments[i] = add(&book, i + 1);
        assert_true(rn_book_is_newest(&book, segments[i]));
    }
    assert_false(rn_book_is_newest(&book, segments[0]));
    for (at = NULL; (at = rn_book_next(&book, at));) {
        assert_int_equal(at->head.id, ++id);
        assert_int_equal(atomic_load(&at->refs), 2);
    }
    assert_int_equal(id, 4);
    rn_segment_ref(segments[1]);
    rn_book_remove(&book, segments[1]);
    assert_int_equal(atomic_load(&segments[1]->refs), 1);
    rn_segment_unref(segments[1]);
    at = rn_book_next(&book, rn_book_next(&book, NULL));
    assert_ptr_equal(at, segments[2]);
    rn_segment_unref(at);
    rn_segment_unref(NULL);
    rn_book_done(&book);
}

/* Method: while a walk stands on it, its segment is removed: the walk ends there, and memory is intact. */
static void a_walk_survives_the_removal_of_where_it_stands(void **state)
{
    struct rn_segment *first, *at;
    struct rn_book book;

    (void)state;
    rn_book_init(&book);
    first = add(&book, 1);
    (void)add(&book, 2);
    at = rn_book_next(&book, NULL);
    assert_ptr_equal(at, first);
    rn_book_remove(&book, first);
    assert_null(rn_book_next(&book, at));
    rn_book_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_copy_of_a_head_is_enough),
        cmocka_unit_test(the_head_is_laid_out_as_described),
        cmocka_unit_test(a_later_version_is_told_from_damage),
        cmocka_unit_test(names_lead_back_to_their_numbers),
        cmocka_unit_test(other_names_are_nobodys),
        cmocka_unit_test(a_book_is_walked_in_order_and_holds_a_reference),
        cmocka_unit_test(a_walk_survives_the_removal_of_where_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
