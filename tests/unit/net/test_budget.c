#include "net/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/seeded_random.h"

enum { BYTES_MAX = 100, READERS = 8 };

struct peer {
    struct rn_reader reader;
    int resumed, number;
    size_t holds; /* bytes taken */
};

static struct rn_budget budget;
static struct peer peers[READERS];
static int resumes[64]; /* who, in order */
static int resume_count;

static void resume(struct rn_reader *reader)
{
    struct peer *peer = RN_OWNER(reader, struct peer, reader);

    assert_true(resume_count < 64);
    assert_false(rn_budget_is_resting(reader));
    resumes[resume_count++] = peer->number;
    peer->resumed++;
}

static int fresh(void **state)
{
    (void)state;
    rn_budget_init(&budget, BYTES_MAX);
    resume_count = 0;
    for (int i = 0; i < READERS; i++) {
        peers[i] = (struct peer){.number = i};
    }
    return 0;
}

static void enter(int number)
{
    rn_budget_enter(&budget, &peers[number].reader, resume);
}

static bool may_read(int number)
{
    return rn_budget_may_read(&budget, &peers[number].reader);
}

static void take(int number, size_t bytes)
{
    rn_budget_take(&budget, bytes);
    peers[number].holds += bytes;
}

/* As the end of an exchange does it. */
static void end(int number)
{
    rn_budget_leave(&budget, &peers[number].reader);
    rn_budget_give(&budget, peers[number].holds);
    peers[number].holds = 0;
}

static void below_the_budget_everybody_reads(void **state)
{
    (void)state;
    for (int i = 0; i < READERS; i++) {
        enter(i);
    }
    take(0, BYTES_MAX - 1);
    for (int i = 0; i < READERS; i++) {
        assert_true(may_read(i));
    }
    assert_int_equal(resume_count, 0);
}

static void over_the_budget_all_but_one_rest(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        enter(i);
    }
    take(0, BYTES_MAX);
    assert_false(may_read(2));
    assert_false(may_read(0));
    assert_false(may_read(3));
    assert_true(may_read(1)); /* nobody else reads */
    assert_true(may_read(1));
    assert_false(may_read(2)); /* and asking again changes nothing */
    assert_true(rn_budget_is_resting(&peers[2].reader));
}

static void who_rested_first_is_resumed_first(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        enter(i);
    }
    take(1, BYTES_MAX + 50);
    assert_false(may_read(2));
    assert_false(may_read(0));
    assert_false(may_read(3));
    end(1);
    assert_int_equal(resume_count, 3);
    assert_int_equal(resumes[0], 2);
    assert_int_equal(resumes[1], 0);
    assert_int_equal(resumes[2], 3);
    assert_true(may_read(2) && may_read(0) && may_read(3));
}

/* Method: what fills the budget is held by bodies that are whole already. */
static void somebody_goes_on_although_no_bytes_came_back(void **state)
{
    (void)state;
    take(0, 2 * BYTES_MAX);
    enter(1);
    enter(2);
    enter(3);
    assert_false(may_read(1));
    assert_false(may_read(2));
    assert_true(may_read(3));
    rn_budget_leave(&budget, &peers[3].reader);
    assert_int_equal(resume_count, 1);
    assert_int_equal(resumes[0], 1);
    assert_true(may_read(1));
    assert_false(may_read(2));
}

static void a_resting_reader_may_leave(void **state)
{
    (void)state;
    enter(0);
    enter(1);
    take(0, BYTES_MAX);
    assert_false(may_read(0));
    rn_budget_leave(&budget, &peers[0].reader);
    assert_false(rn_budget_is_resting(&peers[0].reader));
    rn_budget_leave(&budget, &peers[0].reader); /* twice is fine */
    assert_true(may_read(1));
    end(1);
    assert_int_equal(resume_count, 0);
}

/* Method: random moves; after each, whoever is there and not resting counts as reading, somebody
 * reads if anybody is there, and nobody rests below the budget. */
static void some_reader_always_goes_on(void **state)
{
    struct seeded_random random;

    (void)state;
    seeded_random_init(&random, 7);
    for (int step = 0; step < 20000; step++) {
        int number = (int)seeded_random_below(&random, READERS);
        struct peer *peer = &peers[number];
        size_t here = 0, resting = 0;

        resume_count = 0;
        if (!peer->reader.is_entered) {
            end(number);
            enter(number);
        } else if (seeded_random_below(&random, 4) == 0) {
            rn_budget_leave(&budget, &peer->reader);
        } else if (may_read(number)) {
            take(number, seeded_random_below(&random, BYTES_MAX / 2));
        }
        for (int i = 0; i < READERS; i++) {
            here += peers[i].reader.is_entered;
            resting += rn_budget_is_resting(&peers[i].reader);
        }
        assert_int_equal(budget.reading, here - resting);
        assert_true(here == 0 || budget.reading > 0);
        assert_true(resting == 0 || budget.used >= BYTES_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(below_the_budget_everybody_reads, fresh),
        cmocka_unit_test_setup(over_the_budget_all_but_one_rest, fresh),
        cmocka_unit_test_setup(who_rested_first_is_resumed_first, fresh),
        cmocka_unit_test_setup(somebody_goes_on_although_no_bytes_came_back, fresh),
        cmocka_unit_test_setup(a_resting_reader_may_leave, fresh),
        cmocka_unit_test_setup(some_reader_always_goes_on, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
