/* What may be done so often in any 24 hours: the window, the kinds, the room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include "model/daily.h"

#define DAY_MS (24 * 3600000ll)
#define NOW_MS 1700000000000ll

/* The marks, and the room they stand in: a new one for each mark, as for each version of a stream. */
struct marked {
    struct rn_daily_marks marks;
    struct rn_daily_mark *room;
};

static void mark(struct marked *marked, enum rn_daily what, int64_t at_ms)
{
    struct rn_daily_mark *room = calloc(RN_DAILY_MARKS_MAX, sizeof(*room));

    assert_non_null(room);
    rn_daily_add(&marked->marks, what, at_ms, room);
    free(marked->room);
    marked->room = room;
}

static void the_window_is_24_hours_to_the_millisecond(void **state)
{
    struct marked marked = {0};

    (void)state;
    assert_true(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 1, NOW_MS));
    mark(&marked, RN_DAILY_MODE, NOW_MS);
    assert_false(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 1, NOW_MS));
    assert_true(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 2, NOW_MS));
    mark(&marked, RN_DAILY_MODE, NOW_MS + 1000);
    assert_false(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 2, NOW_MS + DAY_MS - 1));
    assert_true(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 2, NOW_MS + DAY_MS));
    assert_false(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 1, NOW_MS + DAY_MS + 999));
    assert_true(rn_daily_fits(&marked.marks, RN_DAILY_MODE, 1, NOW_MS + DAY_MS + 1000));
    free(marked.room);
}

static void kinds_are_counted_apart_and_no_limit_is_none(void **state)
{
    struct marked marked = {0};

    (void)state;
    for (int i = 0; i < 9; i++) {
        mark(&marked, RN_DAILY_ENCRYPT, NOW_MS + i);
    }
    assert_true(rn_daily_fits(&marked.marks, RN_DAILY_ENCRYPT, 0, NOW_MS + 9));
    assert_false(rn_daily_fits(&marked.marks, RN_DAILY_ENCRYPT, 9, NOW_MS + 9));
    assert_true(rn_daily_fits(&marked.marks, RN_DAILY_DECRYPT, 1, NOW_MS + 9));
    free(marked.room);
}

static void what_no_longer_counts_is_forgotten_with_the_next_mark(void **state)
{
    struct marked marked = {0};

    (void)state;
    mark(&marked, RN_DAILY_MODE, NOW_MS);
    mark(&marked, RN_DAILY_ENCRYPT, NOW_MS + 5);
    mark(&marked, RN_DAILY_DECRYPT, NOW_MS + DAY_MS);
    assert_int_equal(marked.marks.count, 2);
    assert_int_equal(marked.marks.marks[0].what, RN_DAILY_ENCRYPT);
    assert_int_equal(marked.marks.marks[1].what, RN_DAILY_DECRYPT);
    free(marked.room);
}

/* Without a limit somebody may do it all day long; the largest limit is still exact afterwards. */
static void of_each_kind_the_newest_are_kept(void **state)
{
    struct marked marked = {0};

    (void)state;
    mark(&marked, RN_DAILY_DECRYPT, NOW_MS);
    for (int i = 0; i < 3 * RN_DAILY_MAX; i++) {
        mark(&marked, RN_DAILY_ENCRYPT, NOW_MS + i);
    }
    assert_int_equal(marked.marks.count, 1 + RN_DAILY_MAX);
    assert_int_equal(marked.marks.marks[0].what, RN_DAILY_DECRYPT);
    assert_int_equal(marked.marks.marks[1].at_ms, NOW_MS + 2 * RN_DAILY_MAX);
    assert_false(rn_daily_fits(&marked.marks, RN_DAILY_ENCRYPT, RN_DAILY_MAX, NOW_MS + DAY_MS));
    free(marked.room);
}

static void marks_that_no_stream_has_are_told(void **state)
{
    static struct rn_daily_mark room[RN_DAILY_MAX + 2];
    struct rn_daily_marks marks = {room, 2};

    (void)state;
    room[0] = room[1] = (struct rn_daily_mark){RN_DAILY_MODE, NOW_MS};
    assert_true(rn_daily_valid(&marks));
    room[0].what = RN_DAILY_COUNT; /* a kind that does not exist */
    assert_false(rn_daily_valid(&marks));
    room[0].what = RN_DAILY_MODE;
    room[1].at_ms--; /* back in time */
    assert_false(rn_daily_valid(&marks));
    room[0].at_ms = -1; /* before all time */
    assert_false(rn_daily_valid(&marks));
    for (int i = 0; i <= RN_DAILY_MAX; i++) {
        room[i] = (struct rn_daily_mark){RN_DAILY_MODE, NOW_MS};
    }
    marks.count = RN_DAILY_MAX;
    assert_true(rn_daily_valid(&marks));
    marks.count++; /* more of one kind than are kept */
    assert_false(rn_daily_valid(&marks));
    room[RN_DAILY_MAX].what = RN_DAILY_ENCRYPT;
    assert_true(rn_daily_valid(&marks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_24_hours_to_the_millisecond),
        cmocka_unit_test(kinds_are_counted_apart_and_no_limit_is_none),
        cmocka_unit_test(what_no_longer_counts_is_forgotten_with_the_next_mark),
        cmocka_unit_test(of_each_kind_the_newest_are_kept),
        cmocka_unit_test(marks_that_no_stream_has_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
