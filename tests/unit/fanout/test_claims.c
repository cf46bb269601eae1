/* Claims: who is refused, who takes over, and who is told, also between threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/list.h"
#include "fanout/claims.h"
#include "sys/thread.h"

enum { GRACE_US = RN_CLAIM_GRACE_MS * 1000, THREADS = 4, ROUNDS = 2000 };

struct owner {
    struct rn_claim claim;
    int lost;
};

static struct rn_claims *claims;
static struct rn_mailbox box;

static void lost(struct rn_claim *claim)
{
    RN_OWNER(claim, struct owner, claim)->lost++;
}

static struct owner make(uint64_t consumer, uint64_t shard)
{
    return (struct owner){
        .claim = {.consumer_uid = consumer, .shard = shard, .box = &box, .lost = lost}};
}

static int begin(void **state)
{
    (void)state;
    rn_mailbox_init(&box, NULL, NULL);
    claims = rn_claims_new();
    return claims ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    rn_claims_free(claims);
    return 0;
}

static void a_claim_stands_for_its_grace_and_is_then_taken_over(void **state)
{
    struct owner first = make(1, 0), second = make(1, 0);

    (void)state;
    assert_int_equal(rn_claim_look(claims, &first.claim, 0), RN_OK);
    assert_int_equal(rn_claim_take(claims, &first.claim, 0), RN_OK);
    assert_int_equal(rn_claim_look(claims, &second.claim, GRACE_US - 1), RN_BUSY);
    assert_int_equal(rn_claim_take(claims, &second.claim, GRACE_US - 1), RN_BUSY);
    assert_int_equal(rn_claim_look(claims, &second.claim, GRACE_US), RN_OK);
    assert_int_equal(rn_claim_take(claims, &second.claim, GRACE_US), RN_OK);
    assert_int_equal(first.lost, 0); /* told on its own thread */
    (void)rn_mailbox_drain(&box);
    assert_int_equal(first.lost, 1);
    rn_claim_drop(claims, &first.claim); /* of what it has no more */
    assert_int_equal(rn_claim_look(claims, &first.claim, GRACE_US + 1), RN_BUSY);
    rn_claim_drop(claims, &second.claim);
    assert_int_equal(rn_claim_look(claims, &first.claim, GRACE_US + 1), RN_OK);
    assert_int_equal(second.lost, 0);
}

static void consumers_and_shards_do_not_meet(void **state)
{
    struct owner owners[] = {make(1, 0), make(1, 1), make(2, 0), make(2, 1)};

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rn_claim_take(claims, &owners[i].claim, i), RN_OK);
    }
    for (int i = 0; i < 4; i++) {
        rn_claim_drop(claims, &owners[i].claim);
    }
}

static void who_drops_while_it_is_being_told_waits_for_that(void **state)
{
    struct owner first = make(1, 0), second = make(1, 0);

    (void)state;
    assert_int_equal(rn_claim_take(claims, &first.claim, 0), RN_OK);
    assert_int_equal(rn_claim_take(claims, &second.claim, GRACE_US), RN_OK);
    rn_claim_drop(claims, &first.claim);
    assert_true(first.claim.is_posted);
    (void)rn_mailbox_drain(&box);
    assert_false(first.claim.is_posted);
    rn_claim_drop(claims, &second.claim);
    assert_false(second.claim.is_posted);
}

/* Each thread has a mailbox of its own; the time of all is one counter, far enough apart to take over. */
static void fight(void *arg)
{
    static _Atomic int64_t now_us;
    struct rn_mailbox own;
    struct owner owner;
    int *won = arg;

    rn_mailbox_init(&own, NULL, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        owner = make(7, 7);
        owner.claim.box = &own;
        if (rn_claim_take(claims, &owner.claim, atomic_fetch_add(&now_us, GRACE_US / 2)) == RN_OK) {
            (*won)++;
            rn_claim_drop(claims, &owner.claim);
            while (owner.claim.is_posted) {
                (void)rn_mailbox_drain(&own);
            }
        }
    }
}

static void threads_take_over_from_one_another(void **state)
{
    struct rn_thread threads[THREADS];
    struct owner last = make(7, 7);
    int won[THREADS] = {0};

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(rn_thread_start(&threads[i], "fight", fight, &won[i]), RN_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        rn_thread_join(&threads[i]);
        assert_true(won[i] > 0);
    }
    assert_int_equal(rn_claim_take(claims, &last.claim, 0), RN_OK); /* nobody has it any more */
    rn_claim_drop(claims, &last.claim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
        T(a_claim_stands_for_its_grace_and_is_then_taken_over),
        T(consumers_and_shards_do_not_meet),
        T(who_drops_while_it_is_being_told_waits_for_that),
        T(threads_take_over_from_one_another),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
