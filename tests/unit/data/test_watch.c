/* Who is told that a lane has grown, and who no more. */
#include "tests/unit/data/rig.h"

#include "data/watch.h"

enum { WATCHES = 4 };

static struct watcher {
    struct rn_watch watch;
    int told;
    struct rn_watch *stops; /* when told */
} watchers[WATCHES];

static struct rn_watches *watches;

static void told(struct rn_watch *watch)
{
    struct watcher *watcher = RN_OWNER(watch, struct watcher, watch);

    watcher->told++;
    if (watcher->stops) {
        rn_watch_stop(watches, watcher->stops);
        watcher->stops = NULL;
    }
}

static int begin(void **state)
{
    (void)state;
    rig_begin(false, 2);
    memset(watchers, 0, sizeof(watchers));
    watches = rn_watches_new(rig.data, &rig.box);
    return watches ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < WATCHES; i++) {
        if (watchers[i].watch.watched) {
            rn_watch_stop(watches, &watchers[i].watch);
        }
    }
    rn_watches_free(watches);
    rig_drain();
    rig_end();
    return 0;
}

static void watch(int i, int shard)
{
    watchers[i].watch.moved = told;
    assert_int_equal(rn_watch_start(watches, &rig.first.shards[shard], &watchers[i].watch), RN_OK);
}

static void grow(int shard)
{
    struct rn_record record = {.key = RN_STR("k"), .value = RN_STR("v")};

    rig_append(rig.first.cells[shard].lane, &record);
    rig_drain();
}

static void assert_told(int first, int second, int third, int fourth)
{
    assert_int_equal(watchers[0].told, first);
    assert_int_equal(watchers[1].told, second);
    assert_int_equal(watchers[2].told, third);
    assert_int_equal(watchers[3].told, fourth);
}

static void every_watch_of_a_lane_is_told_and_no_other(void **state)
{
    (void)state;
    watch(0, 0);
    watch(1, 0);
    watch(2, 1);
    grow(0);
    assert_told(1, 1, 0, 0);
    grow(1);
    assert_told(1, 1, 1, 0);
    grow(0);
    watch(3, 0); /* from here on */
    grow(0);
    assert_told(3, 3, 1, 1);
}

static void what_has_stopped_is_told_nothing(void **state)
{
    struct rn_record record = {.key = RN_STR("k"), .value = RN_STR("v")};
    struct rn_run run = {.lane = rig.first.cells[0].lane, .records = &record, .count = 1};
    struct rn_submit submit = {
        .runs = &run, .count = 1, .box = &rig.box, .done = {.run = rig_nothing}};

    (void)state;
    watch(0, 0);
    assert_int_equal(rn_engine_submit(&rig.fake.engine, &submit), RN_OK); /* the notice is posted */
    rn_watch_stop(watches, &watchers[0].watch);
    rig_drain();
    watch(0, 0); /* and again */
    assert_told(0, 0, 0, 0);
    grow(0);
    assert_told(1, 0, 0, 0);
}

static void a_watch_may_stop_itself_and_others_while_they_are_told(void **state)
{
    (void)state;
    watch(0, 0);
    watch(1, 0);
    watch(2, 0);
    watchers[0].stops = &watchers[2].watch;
    watchers[1].stops = &watchers[1].watch;
    grow(0);
    assert_told(1, 1, 0, 0);
    watchers[0].stops = &watchers[0].watch; /* the last one */
    grow(0);
    grow(0);
    assert_told(2, 1, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
        T(every_watch_of_a_lane_is_told_and_no_other),
        T(what_has_stopped_is_told_nothing),
        T(a_watch_may_stop_itself_and_others_while_they_are_told),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
