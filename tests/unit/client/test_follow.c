/* Parents before children, whatever order the shards become known in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "client/follow.h"

#define NONE RN_SHARD_NONE
#define SHARD(index, parent, adjacent) \
    (&(struct rn_lineage_shard){index, parent, adjacent, {0, 0}, false})

/* One letter for each followed shard, in the order of their ids: k(nown), w(aits), r(eads), e(nded). */
static const char *states(const struct rn_follow *follow)
{
    static char text[64];

    memset(text, 0, sizeof(text));
    for (size_t i = 0; i < follow->count; i++) {
        text[follow->shards[i].index] = "kwre"[follow->shards[i].state];
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
        assert_int_equal(rn_follow_add(&follow, SHARD(shards[i][0], shards[i][1], shards[i][2])),
                         RN_OK);
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
    assert_int_equal(rn_follow_add(&follow, SHARD(0, NONE, NONE)), RN_OK);
    assert_int_equal(rn_follow_add(&follow, SHARD(1, NONE, NONE)), RN_OK);
    rn_follow_begin(&follow);
    assert_int_equal(rn_follow_child(&follow, SHARD(2, 0, 1)), RN_OK);
    end(&follow, 0);
    assert_string_equal(states(&follow), "erw");
    assert_int_equal(rn_follow_child(&follow, SHARD(2, 0, 1)),
                     RN_OK); /* the other parent tells too */
    end(&follow, 1);
    assert_string_equal(states(&follow), "eer");
    assert_true(follow.shards[2].is_child);
    assert_false(follow.shards[0].is_child);
    assert_int_equal(follow.count, 3);
    rn_follow_done(&follow);
}

static void ancestors_that_are_not_followed_keep_nobody_waiting(void **state)
{
    struct rn_follow follow = {0};

    (void)state;
    assert_int_equal(rn_follow_learn(&follow, SHARD(1, 0, NONE)), RN_OK);
    assert_int_equal(rn_follow_learn(&follow, SHARD(0, NONE, NONE)), RN_OK);
    assert_int_equal(rn_follow_add(&follow, SHARD(2, 1, 7)), RN_OK); /* 7: nobody knows */
    rn_follow_begin(&follow);
    assert_string_equal(states(&follow), "kkr");
    assert_int_equal(rn_follow_child(&follow, SHARD(3, 2, 1)), RN_OK);
    end(&follow, 2);
    assert_string_equal(states(&follow), "kker");
    assert_true(rn_follow_knows(&follow, 1));
    assert_false(rn_follow_knows(&follow, 7));
    assert_false(rn_follow_knows(&follow, NONE));
    rn_follow_done(&follow);
}

/* 0 and 1 are read. Meanwhile 1 was split into 2 and 3, and 2 merged with 0 into 4: at the end of 0 its child 4
 * waits for 1, though its other parent 2 is not followed before 1 has ended. */
static void a_child_waits_for_parents_nobody_has_come_to_yet(void **state)
{
    struct rn_follow follow = {0};

    (void)state;
    assert_int_equal(rn_follow_add(&follow, SHARD(0, NONE, NONE)), RN_OK);
    assert_int_equal(rn_follow_add(&follow, SHARD(1, NONE, NONE)), RN_OK);
    rn_follow_begin(&follow);
    assert_int_equal(rn_follow_learn(&follow, SHARD(2, 1, NONE)), RN_OK);
    assert_int_equal(rn_follow_child(&follow, SHARD(4, 0, 2)), RN_OK);
    end(&follow, 0);
    assert_int_equal(rn_follow_learn(&follow, SHARD(3, 1, NONE)), RN_OK);
    assert_string_equal(states(&follow), "erkkw");
    assert_int_equal(rn_follow_child(&follow, SHARD(2, 1, NONE)), RN_OK);
    assert_int_equal(rn_follow_child(&follow, SHARD(3, 1, NONE)), RN_OK);
    end(&follow, 1);
    assert_string_equal(states(&follow), "eerrw");
    end(&follow, 2);
    assert_string_equal(states(&follow), "eeerr");
    rn_follow_done(&follow);
}

/* Each generation has two shards, and each of them comes of both before: walks must not look at any twice. */
static void a_dense_lineage_is_walked_once(void **state)
{
    enum { GENERATIONS = 400 };
    struct rn_follow follow = {0};

    (void)state;
    for (uint32_t i = 0; i < 2 * GENERATIONS; i++) {
        uint32_t before = (i / 2 - 1) * 2;

        assert_int_equal(i < 2 ? rn_follow_add(&follow, SHARD(i, NONE, NONE))
                               : rn_follow_learn(&follow, SHARD(i, before, before + 1)),
                         RN_OK);
    }
    rn_follow_begin(&follow);
    assert_int_equal(
        rn_follow_child(&follow, SHARD(2 * GENERATIONS, 2 * GENERATIONS - 2, 2 * GENERATIONS - 1)),
        RN_OK);
    rn_follow_end(&follow, 0);
    assert_int_equal(follow.shards[2 * GENERATIONS].state, RN_FOLLOW_WAITS);
    rn_follow_end(&follow, 1);
    assert_int_equal(follow.shards[2 * GENERATIONS].state, RN_FOLLOW_READS);
    rn_follow_done(&follow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_history_is_read_from_its_beginning),
        cmocka_unit_test(children_that_appear_wait_for_both_parents),
        cmocka_unit_test(ancestors_that_are_not_followed_keep_nobody_waiting),
        cmocka_unit_test(a_child_waits_for_parents_nobody_has_come_to_yet),
        cmocka_unit_test(a_dense_lineage_is_walked_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
