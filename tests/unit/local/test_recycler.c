/* Large pieces of memory that are used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "local/recycler.h"
#include "sys/thread.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

static void pieces_of_any_size_are_aligned_and_all_of_them_can_be_written(void **state)
{
    static const size_t sizes[] = {0,        1,        15,     16,      1000,
                                   32 * KIB, 64 * KIB, 100000, 3 * MIB, 40 * MIB};
    struct rn_recycler *recycler = rn_recycler_new(64 * MIB);

    (void)state;
    assert_non_null(recycler);
    for (int round = 0; round < 3; round++) {
        void *pieces[sizeof(sizes) / sizeof(sizes[0])];

        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            pieces[i] = rn_recycler_get(recycler, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            memset(pieces[i], (int)i, sizes[i]);
        }
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            rn_recycler_put(recycler, pieces[i]);
        }
    }
    rn_recycler_put(recycler, NULL);
    assert_null(rn_recycler_get(recycler, SIZE_MAX));
    assert_null(rn_recycler_get(recycler, SIZE_MAX - 8));
    rn_recycler_free(recycler);
    rn_recycler_free(NULL);
}

static void a_large_piece_comes_back_to_who_asks_for_its_like(void **state)
{
    struct rn_recycler *recycler = rn_recycler_new(8 * MIB);
    void *first = rn_recycler_get(recycler, 200000), *second;

    (void)state;
    rn_recycler_put(recycler, first);
    second = rn_recycler_get(recycler, 140000); /* both need 256 KiB */
    assert_ptr_equal(first, second);
    rn_recycler_put(recycler, second);
    second = rn_recycler_get(recycler, 300000);
    assert_ptr_not_equal(first, second);
    rn_recycler_put(recycler, second);
    rn_recycler_free(recycler);
}

/* Method: of two unused pieces one is in use now and then, so the next trim frees one of them and the others none. */
static void what_nobody_needed_since_the_last_trim_is_freed(void **state)
{
    struct rn_recycler *recycler = rn_recycler_new(8 * MIB);
    void *pieces[2] = {rn_recycler_get(recycler, 200000), rn_recycler_get(recycler, 200000)};
    void *piece = NULL;

    (void)state;
    rn_recycler_put(recycler, pieces[0]);
    rn_recycler_put(recycler, pieces[1]);
    rn_recycler_trim(recycler); /* both were in use since the one before */
    for (int i = 0; i < 4; i++) {
        void *again = rn_recycler_get(recycler, 200000);

        assert_true(again == pieces[0] || again == pieces[1]);
        assert_true(i < 2 || again == piece);
        piece = again;
        rn_recycler_put(recycler, piece);
        rn_recycler_trim(recycler);
    }
    rn_recycler_trim(recycler);
    rn_recycler_trim(recycler);
    rn_recycler_free(recycler);
}

static void no_more_is_kept_than_agreed(void **state)
{
    struct rn_recycler *recycler = rn_recycler_new(1 * MIB);
    void *pieces[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        pieces[i] = rn_recycler_get(recycler, 200000);
    }
    for (int i = 0; i < 8; i++) {
        rn_recycler_put(recycler, pieces[i]);
    }
    for (int i = 3; i >= 0; i--) { /* four pieces of 256 KiB were kept, the newest first */
        assert_ptr_equal(rn_recycler_get(recycler, 200000), pieces[i]);
    }
    for (int i = 0; i < 4; i++) {
        rn_recycler_put(recycler, pieces[i]);
    }
    rn_recycler_free(recycler);
}

static void run_user(void *arg)
{
    struct rn_recycler *recycler = arg;

    for (int i = 0; i < 2000; i++) {
        char *piece = rn_recycler_get(recycler, 70000 + (size_t)i * 50);

        piece[0] = piece[69999] = (char)i;
        if (i % 100 == 0) {
            rn_recycler_trim(recycler);
        }
        rn_recycler_put(recycler, piece);
    }
}

static void threads_share_it(void **state)
{
    struct rn_recycler *recycler = rn_recycler_new(1 * MIB);
    struct rn_thread threads[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rn_thread_start(&threads[i], "user", run_user, recycler), RN_OK);
    }
    for (int i = 0; i < 3; i++) {
        rn_thread_join(&threads[i]);
    }
    rn_recycler_free(recycler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_are_aligned_and_all_of_them_can_be_written),
        cmocka_unit_test(a_large_piece_comes_back_to_who_asks_for_its_like),
        cmocka_unit_test(what_nobody_needed_since_the_last_trim_is_freed),
        cmocka_unit_test(no_more_is_kept_than_agreed),
        cmocka_unit_test(threads_share_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
