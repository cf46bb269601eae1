/* The engine interface over local files, without threads. */
#include "tests/unit/local/rig.h"

static void what_is_appended_is_read(void **state)
{
    (void)state;
    rig_begin(1);
    rig_open();
    rig_topic(1, 2, INT64_MAX);
    for (int i = 0; i < 20; i++) {
        rig_append_next(1, 0, 100);
        rig_append_next(1, 1, 5000);
    }
    assert_int_equal(rig_check_lane(1, 0, 0, 100), 20);
    rig_settle();
    rig_close();
    rig_open();
    rig_topic(1, 2, INT64_MAX);
    assert_int_equal(rig_check_lane(1, 0, 0, 100), 20);
    assert_int_equal(rig_check_lane(1, 1, 0, 5000), 20);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_appended_is_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
