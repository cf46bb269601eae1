/* Lines from a pipe: bytes unchanged however they arrive, memory bounded, pieces of what is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "tool/lines.h"

enum { MAX = 10 };

struct rig {
    int in, out;
    struct rn_lines *lines;
};

static int open_rig(void **state)
{
    static struct rig rig;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    rig = (struct rig){ends[0], ends[1], rn_lines_new(ends[0], MAX, 1)};
    assert_non_null(rig.lines);
    *state = &rig;
    return 0;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;

    rn_lines_free(rig->lines);
    close(rig->in);
    if (rig->out >= 0) {
        close(rig->out);
    }
    return 0;
}

static void give(struct rig *rig, const char *bytes, size_t len)
{
    assert_int_equal(write(rig->out, bytes, len), len);
}

static void end(struct rig *rig)
{
    close(rig->out);
    rig->out = -1;
}

static void expect(struct rig *rig, rn_str bytes, uint64_t number, bool more)
{
    struct rn_line_piece piece;

    assert_int_equal(rn_lines_next(rig->lines, 0, &piece), RN_OK);
    assert_int_equal(piece.bytes.len, bytes.len);
    assert_memory_equal(piece.bytes.data, bytes.data, bytes.len);
    assert_int_equal(piece.number, number);
    assert_int_equal(piece.more, more);
}

static void expect_err(struct rig *rig, rn_err err)
{
    struct rn_line_piece piece;

    assert_int_equal(rn_lines_next(rig->lines, 0, &piece), err);
}

static void bytes_pass_unchanged(void **state)
{
    struct rig *rig = *state;

    give(rig, "a\0b\r\n\n\xff\n", 8);
    end(rig);
    expect(rig, RN_STR("a\0b\r"), 1, false);
    expect(rig, RN_STR(""), 2, false);
    expect(rig, RN_STR("\xff"), 3, false);
    expect_err(rig, RN_CLOSED);
}

static void a_last_line_needs_no_newline(void **state)
{
    struct rig *rig = *state;

    give(rig, "a\nb", 3);
    end(rig);
    expect(rig, RN_STR("a"), 1, false);
    expect(rig, RN_STR("b"), 2, false);
    expect_err(rig, RN_CLOSED);
}

static void half_a_line_waits_for_the_rest(void **state)
{
    struct rig *rig = *state;

    give(rig, "ab", 2);
    expect_err(rig, RN_WAIT);
    give(rig, "c\n", 2);
    expect(rig, RN_STR("abc"), 1, false);
    expect_err(rig, RN_WAIT);
}

static void a_line_of_the_limit_is_whole_and_one_byte_more_is_not(void **state)
{
    struct rig *rig = *state;

    give(rig, "0123456789\n", 11);
    give(rig, "0123456789x\n", 12);
    end(rig);
    expect(rig, RN_STR("0123456789"), 1, false);
    expect(rig, RN_STR("0123456789"), 2, true);
    expect(rig, RN_STR("x"), 2, false);
    expect_err(rig, RN_CLOSED);
}

static void pieces_of_a_long_line_add_up_to_it(void **state)
{
    struct rig *rig = *state;

    give(rig, "aaaaaaaaaabbbbbbbbbbcccccccccc\nd", 32);
    end(rig);
    expect(rig, RN_STR("aaaaaaaaaa"), 1, true);
    expect(rig, RN_STR("bbbbbbbbbb"), 1, true);
    expect(rig, RN_STR("cccccccccc"), 1, false);
    expect(rig, RN_STR("d"), 2, false);
}

static void a_long_last_line_ends_with_an_empty_piece_at_most(void **state)
{
    struct rig *rig = *state;

    give(rig, "aaaaaaaaaaa", 11);
    end(rig);
    expect(rig, RN_STR("aaaaaaaaaa"), 1, true);
    expect(rig, RN_STR("a"), 1, false);
    expect_err(rig, RN_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_pass_unchanged, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_last_line_needs_no_newline, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(half_a_line_waits_for_the_rest, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_line_of_the_limit_is_whole_and_one_byte_more_is_not,
                                        open_rig, close_rig),
        cmocka_unit_test_setup_teardown(pieces_of_a_long_line_add_up_to_it, open_rig, close_rig),
        cmocka_unit_test_setup_teardown(a_long_last_line_ends_with_an_empty_piece_at_most, open_rig,
                                        close_rig),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
