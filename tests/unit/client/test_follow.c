/* Parents before children, whatever order the shards become known in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "client/follow.h"

#define NONE RN_SHARD_NONE

/* One letter for each followed shard, in the order of their ids: w(aits), r(eads), e(nded). */
static const char *states(const struct rn_follow *follow)
{
    static char text[64];

    memset(text, 0, sizeof(text));
    for (size_t i = 0; i < follow->count; i++) {
        text[follow->shards[i].index] = "wre"[follow->shards[i].state];
    }
    return text;
}

static void end(struct rn_follow *follow, uint32_t index)
{
    for (size_t i = 0; i < follow->count; i++) {
        if (follow->shards[i].index == index) {
            rn_follow_end(follow, i);
        }
    }
}

/* 0 was split into 1 and 2, these were merged into 3; 4 has always been there. */
static void a_history_is_read_from_its_beginning(void **state)
{
    static const uint32_t shards[][3] = {{3, 1, 2},       {1, 0, NONE}, {4, NONE, NONE},
                                         {0, NONE, NONE}, {2, 0, NONE}, {1, 0, NONE}};
    struct rn_follow follow = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(shards) / sizeof(shards[0]); i++) {
        assert_int_equal(rn_follow_add(&follow, shards[i][0], shards[i][1], shards[i][2]), RN_OK);
    }
    rn_follow_begin(&follow);
    assert_int_equal(follow.count, 5);
    assert_string_equal(states(&follow), "rwwwr");
    end(&follow, 0);
    assert_string_equal(states(&follow), "errwr");
    end(&follow, 2);
    assert_string_equal(states(&follow), "erewr"); /* the other parent goes on */
    end(&follow, 1);
    assert_string_equal(states(&follow), "eeerr");
    rn_follow_done(&follow);
}

static void children_that_appear_wait_for_both_parents(void **state)
{
    struct rn_follow follow = {0};

    (void)state;
    assert_int_equal(rn_follow_add(&follow, 0, NONE, NONE), RN_OK);
    assert_int_equal(rn_follow_add(&follow, 1, NONE, NONE), RN_OK);
    rn_follow_begin(&follow);
    assert_int_equal(rn_follow_child(&follow, 2, 0, 1), RN_OK);
    end(&follow, 0);
    assert_string_equal(states(&follow), "erw");
    assert_int_equal(rn_follow_child(&follow, 2, 0, 1), RN_OK); /* the other parent tells too */
    end(&follow, 1);
    assert_string_equal(states(&follow), "eer");
    assert_true(follow.shards[2].is_child);
    assert_false(follow.shards[0].is_child);
    assert_int_equal(follow.count, 3);
    rn_follow_done(&follow);
}

static void parents_that_are_not_followed_keep_nobody_waiting(void **state)
{
    struct rn_follow follow = {0};

    (void)state;
    assert_int_equal(rn_follow_add(&follow, 7, 3, 4), RN_OK);
    rn_follow_begin(&follow);
    assert_int_equal(follow.shards[0].state, RN_FOLLOW_READS);
    assert_int_equal(rn_follow_child(&follow, 9, 7, 8), RN_OK);
    end(&follow, 7);
    assert_int_equal(follow.shards[1].state, RN_FOLLOW_READS);
    rn_follow_done(&follow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_history_is_read_from_its_beginning),
        cmocka_unit_test(children_that_appear_wait_for_both_parents),
        cmocka_unit_test(parents_that_are_not_followed_keep_nobody_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
