#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct owner {
    int id;
    struct rn_link link;
};

static struct owner owners[6];

static int fresh(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        owners[i] = (struct owner){.id = i};
    }
    return 0;
}

static int pop_id(struct rn_link *head)
{
    struct rn_link *link = rn_list_pop(head);

    return link ? RN_OWNER(link, struct owner, link)->id : -1;
}

static void what_is_pushed_is_popped_in_order(void **state)
{
    struct rn_link head;

    (void)state;
    rn_list_init(&head);
    assert_true(rn_list_empty(&head));
    for (int i = 0; i < 4; i++) {
        rn_list_push(&head, &owners[i].link);
        assert_true(rn_list_linked(&owners[i].link));
    }
    rn_list_remove(&owners[2].link);
    assert_false(rn_list_linked(&owners[2].link));
    assert_int_equal(pop_id(&head), 0);
    assert_int_equal(pop_id(&head), 1);
    assert_int_equal(pop_id(&head), 3);
    assert_int_equal(pop_id(&head), -1);
}

static void splicing_moves_everything_to_the_end(void **state)
{
    struct rn_link to, from;

    (void)state;
    rn_list_init(&to);
    rn_list_init(&from);
    rn_list_splice(&to, &from);
    assert_true(rn_list_empty(&to));
    rn_list_push(&to, &owners[0].link);
    rn_list_push(&from, &owners[1].link);
    rn_list_push(&from, &owners[2].link);
    rn_list_splice(&to, &from);
    assert_true(rn_list_empty(&from));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pop_id(&to), i);
    }
    assert_true(rn_list_empty(&to));
}

static void the_current_link_may_be_removed_while_walking(void **state)
{
    struct rn_link head;
    int seen = 0;

    (void)state;
    rn_list_init(&head);
    for (int i = 0; i < 6; i++) {
        rn_list_push(&head, &owners[i].link);
    }
    RN_LIST_EACH (at, &head) {
        assert_int_equal(RN_OWNER(at, struct owner, link)->id, seen);
        if (seen % 2 == 0) {
            rn_list_remove(at);
        }
        seen++;
    }
    assert_int_equal(seen, 6);
    assert_int_equal(pop_id(&head), 1);
    assert_int_equal(pop_id(&head), 3);
    assert_int_equal(pop_id(&head), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_pushed_is_popped_in_order, fresh),
        cmocka_unit_test_setup(splicing_moves_everything_to_the_end, fresh),
        cmocka_unit_test_setup(the_current_link_may_be_removed_while_walking, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
