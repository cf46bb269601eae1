#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/list.h"
#include "sys/epoch.h"
#include "sys/thread.h"

static int freed;

static void count_free(struct rn_retired *retired)
{
    (void)retired;
    freed++;
}

static struct rn_epoch *epoch;
static unsigned a, b;

static int fresh(void **state)
{
    (void)state;
    freed = 0;
    epoch = rn_epoch_new();
    return epoch && rn_epoch_join(epoch, &a) == RN_OK && rn_epoch_join(epoch, &b) == RN_OK ? 0 : -1;
}

static int done(void **state)
{
    (void)state;
    rn_epoch_free(epoch);
    return 0;
}

static void with_idle_readers_it_is_freed_by_the_next_collect(void **state)
{
    struct rn_retired old = {.free = count_free};

    (void)state;
    rn_epoch_retire(epoch, &old);
    assert_int_equal(freed, 0);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, 1);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, 1);
}

static void a_reader_in_an_older_turn_holds_it_back(void **state)
{
    struct rn_retired old = {.free = count_free};

    (void)state;
    rn_epoch_enter(epoch, a);
    rn_epoch_enter(epoch, b);
    rn_epoch_retire(epoch, &old);
    rn_epoch_leave(epoch, a);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, 0);
    rn_epoch_leave(epoch, b);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, 1);
}

static void a_reader_that_passed_to_its_next_turn_does_not(void **state)
{
    struct rn_retired first = {.free = count_free}, second = {.free = count_free};

    (void)state;
    rn_epoch_enter(epoch, a);
    rn_epoch_retire(epoch, &first);
    rn_epoch_enter(epoch, a); /* a turn later, never idle */
    rn_epoch_retire(epoch, &second);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, 1);
    rn_epoch_enter(epoch, a);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, 2);
}

static void freeing_the_epoch_frees_what_is_left(void **state)
{
    struct rn_retired old = {.free = count_free};
    struct rn_epoch *own = rn_epoch_new();

    (void)state;
    rn_epoch_retire(own, &old);
    rn_epoch_free(own);
    rn_epoch_free(NULL);
    assert_int_equal(freed, 1);
}

static void readers_are_bounded(void **state)
{
    unsigned reader;

    (void)state;
    for (int i = 2; i < RN_EPOCH_READERS_MAX; i++) {
        assert_int_equal(rn_epoch_join(epoch, &reader), RN_OK);
    }
    assert_int_equal(rn_epoch_join(epoch, &reader), RN_FULL);
}

/* ---- readers and a publisher for real ---- */

enum { VERSIONS = 20000, FREED = 0x0badf00d };

struct version {
    struct rn_retired retired;
    _Atomic(int)
        number; /* FREED once freed: the block is kept, so a stale reader is caught, not lost */
};

static struct version versions[VERSIONS];
static _Atomic(struct version *) published;
static atomic_bool stop;
static _Atomic(long) stale;

static void mark_freed(struct rn_retired *retired)
{
    atomic_store_explicit(&RN_OWNER(retired, struct version, retired)->number, FREED,
                          memory_order_relaxed);
    freed++;
}

static void read_on(void *arg)
{
    unsigned reader = *(unsigned *)arg;

    while (!atomic_load(&stop)) {
        struct version *version;

        rn_epoch_enter(epoch, reader);
        version = atomic_load_explicit(&published, memory_order_acquire);
        for (int i = 0; i < 20; i++) {
            if (atomic_load_explicit(&version->number, memory_order_relaxed) == FREED) {
                atomic_fetch_add(&stale, 1);
            }
        }
        if (atomic_load_explicit(&version->number, memory_order_relaxed) % 3 == 0) {
            rn_epoch_leave(epoch, reader);
            (void)sched_yield();
        }
    }
    rn_epoch_leave(epoch, reader);
}

static void no_reader_ever_meets_freed_memory(void **state)
{
    struct rn_thread threads[2];

    (void)state;
    atomic_store(&published, &versions[0]);
    assert_int_equal(rn_thread_start(&threads[0], "reader", read_on, &a), RN_OK);
    assert_int_equal(rn_thread_start(&threads[1], "reader", read_on, &b), RN_OK);
    for (int i = 1; i < VERSIONS; i++) {
        struct version *old = &versions[i - 1];

        atomic_store_explicit(&versions[i].number, i, memory_order_relaxed);
        atomic_store_explicit(&published, &versions[i], memory_order_release);
        old->retired.free = mark_freed;
        rn_epoch_retire(epoch, &old->retired);
        rn_epoch_collect(epoch);
        if (i % 64 == 0) {
            (void)sched_yield();
        }
    }
    atomic_store(&stop, true);
    rn_thread_join(&threads[0]);
    rn_thread_join(&threads[1]);
    assert_int_equal(atomic_load(&stale), 0);
    rn_epoch_collect(epoch);
    assert_int_equal(freed, VERSIONS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_idle_readers_it_is_freed_by_the_next_collect, fresh,
                                        done),
        cmocka_unit_test_setup_teardown(a_reader_in_an_older_turn_holds_it_back, fresh, done),
        cmocka_unit_test_setup_teardown(a_reader_that_passed_to_its_next_turn_does_not, fresh,
                                        done),
        cmocka_unit_test_setup_teardown(freeing_the_epoch_frees_what_is_left, fresh, done),
        cmocka_unit_test_setup_teardown(readers_are_bounded, fresh, done),
        cmocka_unit_test_setup_teardown(no_reader_ever_meets_freed_memory, fresh, done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
