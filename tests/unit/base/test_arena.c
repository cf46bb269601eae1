#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"

static void allocations_are_aligned_distinct_and_writable(void **state)
{
    struct rn_arena *arena = rn_arena_new(1 << 20);
    char *all[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        all[i] = rn_arena_alloc(arena, i * 7);
        assert_non_null(all[i]);
        assert_int_equal((uintptr_t)all[i] % 16, 0);
        memset(all[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i * 7; k++) {
            assert_int_equal((unsigned char)all[i][k], i);
        }
    }
    rn_arena_free(arena);
}

static void an_empty_allocation_has_an_address_of_its_own(void **state)
{
    struct rn_arena *arena = rn_arena_new(1000);
    void *a = rn_arena_alloc(arena, 0);
    void *b = rn_arena_alloc(arena, 0);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    rn_arena_free(arena);
}

/* Method: fill an arena to its bound with 16-byte pieces; the next one fails, and after a reset
 * exactly as many fit again. */
static void the_bound_is_exact_and_comes_back_with_a_reset(void **state)
{
    struct rn_arena *arena = rn_arena_new(64 * 1024);

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4096; i++) {
            assert_non_null(rn_arena_alloc(arena, 16));
        }
        assert_null(rn_arena_alloc(arena, 1));
        assert_null(rn_arena_alloc(arena, 0));
        rn_arena_reset(arena);
    }
    rn_arena_free(arena);
}

static void one_large_allocation_may_take_the_whole_bound(void **state)
{
    struct rn_arena *arena = rn_arena_new(16 << 20);
    char *all = rn_arena_alloc(arena, 16 << 20);

    (void)state;
    assert_non_null(all);
    all[0] = all[(16 << 20) - 1] = 1;
    assert_null(rn_arena_alloc(arena, 1));
    rn_arena_reset(arena);
    assert_null(rn_arena_alloc(arena, (16 << 20) + 1));
    assert_non_null(rn_arena_alloc(arena, 1));
    rn_arena_free(arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct rn_arena *arena = rn_arena_new(SIZE_MAX);

    (void)state;
    assert_null(rn_arena_alloc(arena, SIZE_MAX));
    assert_null(rn_arena_alloc(arena, SIZE_MAX - 40));
    assert_null(rn_arena_zalloc(arena, SIZE_MAX / 2, 3));
    assert_non_null(rn_arena_zalloc(arena, 3, 5));
    rn_arena_free(arena);
}

static void zalloc_is_clear_also_in_reused_memory(void **state)
{
    struct rn_arena *arena = rn_arena_new(100000);

    (void)state;
    memset(rn_arena_alloc(arena, 1000), 0xff, 1000);
    rn_arena_reset(arena);
    {
        const char *clear = rn_arena_zalloc(arena, 10, 100);

        for (int i = 0; i < 1000; i++) {
            assert_int_equal(clear[i], 0);
        }
    }
    rn_arena_free(arena);
}

struct trace {
    int order[4];
    int count;
};

struct entry {
    struct trace *trace;
    int id;
};

static void note(void *arg)
{
    struct entry *entry = arg;

    entry->trace->order[entry->trace->count++] = entry->id;
}

static void deferred_calls_run_once_newest_first(void **state)
{
    struct trace trace = {.count = 0};
    struct entry entries[3] = {{&trace, 1}, {&trace, 2}, {&trace, 3}};
    struct rn_arena *arena = rn_arena_new(1000);

    (void)state;
    assert_int_equal(rn_arena_defer(arena, note, &entries[0]), RN_OK);
    assert_int_equal(rn_arena_defer(arena, note, &entries[1]), RN_OK);
    rn_arena_reset(arena);
    assert_int_equal(trace.count, 2);
    assert_int_equal(trace.order[0], 2);
    assert_int_equal(trace.order[1], 1);
    assert_int_equal(rn_arena_defer(arena, note, &entries[2]), RN_OK);
    rn_arena_free(arena);
    assert_int_equal(trace.count, 3);
    assert_int_equal(trace.order[2], 3);
}

static void a_defer_that_does_not_fit_is_not_registered(void **state)
{
    struct trace trace = {.count = 0};
    struct entry entry = {&trace, 1};
    struct rn_arena *arena = rn_arena_new(16);

    (void)state;
    assert_int_equal(rn_arena_defer(arena, note, &entry), RN_NOMEM);
    rn_arena_free(arena);
    assert_int_equal(trace.count, 0);
}

static void copies_keep_absent_and_empty_apart(void **state)
{
    struct rn_arena *arena = rn_arena_new(1000);
    rn_str copy = rn_arena_dup(arena, RN_STR("a\0b"));
    rn_str text = rn_arena_printf(arena, "%s-%d", "shard", 7);

    (void)state;
    assert_null(rn_arena_dup(arena, RN_STR_NONE).data);
    assert_non_null(rn_arena_dup(arena, RN_STR("")).data);
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.data, "a\0b\0", 4);
    assert_string_equal(text.data, "shard-7");
    assert_int_equal(text.len, 7);
    assert_null(rn_arena_printf(arena, "%2000d", 1).data);
    rn_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_distinct_and_writable),
        cmocka_unit_test(an_empty_allocation_has_an_address_of_its_own),
        cmocka_unit_test(the_bound_is_exact_and_comes_back_with_a_reset),
        cmocka_unit_test(one_large_allocation_may_take_the_whole_bound),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(zalloc_is_clear_also_in_reused_memory),
        cmocka_unit_test(deferred_calls_run_once_newest_first),
        cmocka_unit_test(a_defer_that_does_not_fit_is_not_registered),
        cmocka_unit_test(copies_keep_absent_and_empty_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
