/* The list of dropped segments. Method: against a plain set of ids, and a chain that is made up. */
#include "base/bytes.h"
#include "local/dropped.h"
#include "tests/unit/local/rig.h"

static struct rn_segment_head head_of(uint64_t id, uint64_t prev)
{
    return (struct rn_segment_head){
        .id = id, .prev = prev, .prev_end = 4096 * (prev + 2), .prev_frames = prev + 1};
}

static void add(struct rn_dropped *dropped, uint64_t id, uint64_t prev)
{
    struct rn_segment_head head = head_of(id, prev);

    assert_int_equal(rn_dropped_add(dropped, &head), RN_OK);
}

static void neighbours_in_the_chain_become_one_gap(void **state)
{
    struct rn_dropped dropped = {0};

    (void)state;
    add(&dropped, 5, 3); /* 4 never joined the chain */
    add(&dropped, 9, 8);
    assert_int_equal(dropped.count, 2);
    add(&dropped, 6, 5);
    assert_int_equal(dropped.count, 2);
    assert_int_equal(dropped.gaps[0].first, 5);
    assert_int_equal(dropped.gaps[0].last, 6);
    assert_int_equal(dropped.gaps[0].prev, 3);
    add(&dropped, 8, 6); /* closes the space between the two */
    assert_int_equal(dropped.count, 1);
    assert_int_equal(dropped.gaps[0].last, 9);
    add(&dropped, 3, 0);
    assert_int_equal(dropped.count, 1);
    assert_int_equal(dropped.gaps[0].first, 3);
    assert_int_equal(dropped.gaps[0].prev, 0);
    assert_int_equal(dropped.gaps[0].prev_end, 8192);
    add(&dropped, 6, 5); /* again */
    assert_int_equal(dropped.count, 1);
    rn_dropped_done(&dropped);
}

/* Method: a chain of 200 segments, some ids left out, is dropped in a random order; after each step the
 * gaps lead from every dropped segment to the live one before it. */
static void any_order_of_drops_keeps_the_chain_together(void **state)
{
    enum { COUNT = 200 };
    uint64_t ids[COUNT];
    bool gone[COUNT];

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct rn_dropped dropped = {0};
        struct seeded_random random;
        uint64_t id = 0;

        seeded_random_init(&random, seed);
        memset(gone, 0, sizeof(gone));
        for (int i = 0; i < COUNT; i++) {
            id += 1 + (seeded_random_below(&random, 4) == 0);
            ids[i] = id;
        }
        for (int step = 0; step < COUNT - 1; step++) {
            int which = (int)seeded_random_below(&random, COUNT - 1); /* never the newest */

            gone[which] = true;
            add(&dropped, ids[which], which ? ids[which - 1] : 0);
            for (int i = COUNT - 1; i >= 0; i--) {
                const struct rn_gap *gap = rn_dropped_find(&dropped, ids[i]);
                int before = i - 1;

                assert_int_equal(gap != NULL, gone[i]);
                while (before >= 0 && gone[before]) {
                    before--;
                }
                if (gap) {
                    uint64_t prev = before >= 0 ? ids[before] : 0;

                    assert_int_equal(gap->prev, prev);
                    assert_int_equal(gap->prev_end, 4096 * (prev + 2));
                    assert_int_equal(gap->prev_frames, prev + 1);
                }
            }
        }
        rn_dropped_done(&dropped);
    }
}

static void what_was_saved_is_loaded(void **state)
{
    struct rn_dropped dropped = {0}, back = {0};

    (void)state;
    rig_begin(1);
    assert_int_equal(rig.options.disk->ops->mkdir(rig.options.disk, RN_LOG_DIR), RN_OK);
    assert_int_equal(rn_dropped_load(&back, rig.options.disk), RN_NOT_FOUND);
    assert_int_equal(rn_dropped_save(&dropped, rig.options.disk), RN_OK); /* none */
    assert_int_equal(rn_dropped_load(&back, rig.options.disk), RN_OK);
    assert_int_equal(back.count, 0);
    rn_dropped_done(&back);
    for (uint64_t id = 2; id < 100; id += 3) {
        add(&dropped, id, id - 1);
    }
    assert_int_equal(rn_dropped_save(&dropped, rig.options.disk), RN_OK);
    assert_int_equal(rig.options.disk->ops->sync_dir(rig.options.disk, ""), RN_OK);
    sim_disk_crash(rig.sim, 1, SIM_LOSE);
    assert_int_equal(rn_dropped_load(&back, rig.options.disk), RN_OK);
    assert_int_equal(back.count, dropped.count);
    assert_memory_equal(back.gaps, dropped.gaps, dropped.count * sizeof(*dropped.gaps));
    add(&back, 1000, 999); /* there is room for more */
    rn_dropped_done(&dropped);
    rn_dropped_done(&back);
    rig_end();
}

static void every_changed_byte_and_length_is_refused(void **state)
{
    const char *path = RN_LOG_DIR "/dropped";
    struct rn_dropped dropped = {0}, back = {0};
    uint64_t size;

    (void)state;
    rig_begin(2);
    assert_int_equal(rig.options.disk->ops->mkdir(rig.options.disk, RN_LOG_DIR), RN_OK);
    add(&dropped, 5, 4);
    add(&dropped, 9, 8);
    assert_int_equal(rn_dropped_save(&dropped, rig.options.disk), RN_OK);
    size = sim_disk_size(rig.sim, path);
    for (uint64_t at = 0; at < size; at++) {
        sim_disk_flip(rig.sim, path, at, 1);
        assert_int_equal(rn_dropped_load(&back, rig.options.disk), RN_CORRUPT);
        assert_null(back.gaps);
        sim_disk_flip(rig.sim, path, at, 1);
    }
    for (uint64_t len = size; len-- > 0;) {
        sim_disk_cut(rig.sim, path, len);
        assert_int_equal(rn_dropped_load(&back, rig.options.disk), RN_CORRUPT);
    }
    rn_dropped_done(&dropped);
    rig_end();
}

static void the_list_has_an_end(void **state)
{
    struct rn_dropped dropped = {0};
    struct rn_segment_head head;

    (void)state;
    for (uint64_t i = 0; i < RN_DROPPED_MAX; i++) {
        add(&dropped, 10 + i * 10, 9 + i * 10);
    }
    head = head_of(5, 4);
    assert_int_equal(rn_dropped_add(&dropped, &head), RN_FULL);
    assert_int_equal(dropped.count, RN_DROPPED_MAX);
    assert_null(rn_dropped_find(&dropped, 5));
    add(&dropped, 11, 10); /* what joins a gap still can */
    assert_int_equal(dropped.count, RN_DROPPED_MAX);
    rn_dropped_done(&dropped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_in_the_chain_become_one_gap),
        cmocka_unit_test(any_order_of_drops_keeps_the_chain_together),
        cmocka_unit_test(what_was_saved_is_loaded),
        cmocka_unit_test(every_changed_byte_and_length_is_refused),
        cmocka_unit_test(the_list_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
