/* The tail cache: slabs that are filled, let go of, and used again. */
#include "tests/unit/local/rig.h"

static struct rn_tail tail;
static struct rn_topics topics;
static struct rn_lane *lane;

static void begin(size_t bytes_max)
{
    struct rn_topic *topic;

    memset(&tail, 0, sizeof(tail));
    memset(&rig, 0, sizeof(rig));
    rn_tail_init(&tail, bytes_max);
    assert_int_equal(rn_topics_init(&topics), RN_OK);
    assert_int_equal(rn_topic_grow(&topics, 1, 1, &topic), RN_OK);
    lane = rn_topic_lane(topic, 0);
}

static void end(void)
{
    rn_tail_done(&tail);
    rn_topics_done(&topics);
}

/* A frame with one chunk of the lane; the slab it lies in. */
static struct rn_slab *write_frame(size_t bytes)
{
    struct rn_segment_head head = {.id = 1};
    struct rn_segment *segment = rn_segment_new(&head); /* to reserve the ring with */
    char *room = rn_tail_room(&tail, bytes);
    struct rn_cached cached = {.chunk = room, .bytes = (uint32_t)bytes, .count = 1};

    assert_non_null(segment);
    assert_non_null(room);
    assert_int_equal((uintptr_t)room % RN_BLOCK_BYTES, 0);
    memset(room, 7, bytes);
    assert_int_equal(rn_lane_reserve(lane, segment, 1, 1), RN_OK);
    assert_true(rn_tail_add_lane(&tail, lane, 1));
    cached.slab = rn_tail_keep(&tail, bytes);
    rn_lane_cache(lane, &cached);
    lane->listed = 0;
    rn_segment_unref(segment);
    return cached.slab;
}

static void room_is_the_same_until_it_is_kept(void **state)
{
    char *room;

    (void)state;
    begin(1 << 20);
    room = rn_tail_room(&tail, 8192);
    assert_ptr_equal(rn_tail_room(&tail, 4096), room);
    assert_ptr_equal(rn_tail_room(&tail, 8192), room); /* a frame that failed used none of it */
    (void)rn_tail_keep(&tail, 8192);
    assert_ptr_equal(rn_tail_room(&tail, 4096), room + 8192);
    end();
}

static void the_cache_keeps_within_its_bound_and_lets_go_of_the_oldest(void **state)
{
    (void)state;
    begin(1 << 20);
    for (int i = 0; i < 1000; i++) {
        (void)write_frame(16384);
        assert_in_range(tail.bytes, 16384, 1 << 20);
        assert_in_range(lane->tail_count, i < 32 ? (size_t)i + 1 : 32, 64);
    }
    end();
}

static void a_frame_bigger_than_a_slab_has_one_of_its_own(void **state)
{
    struct rn_slab *slab;

    (void)state;
    begin(1 << 20);
    (void)write_frame(4096);
    slab = write_frame(4 << 20); /* more than the whole cache may hold */
    assert_int_equal(slab->cap, 4 << 20);
    assert_int_equal(lane->tail_count, 1);
    (void)write_frame(4096);
    assert_int_equal(lane->tail_count, 1);
    assert_in_range(tail.bytes, 4096, 1 << 20);
    end();
}

static void a_referenced_slab_outlives_the_cache_that_let_go_of_it(void **state)
{
    struct rn_slab *slab;

    (void)state;
    begin(1 << 20);
    slab = write_frame(4096);
    rn_slab_ref(slab);
    slab->bytes[5] = 42;
    for (int i = 0; i < 1000; i++) {
        (void)write_frame(16384);
    }
    assert_int_equal(slab->bytes[5], 42);
    assert_int_equal(atomic_load(&slab->refs), 1);
    rn_slab_unref(slab);
    end();
}

static void slabs_are_used_again_and_few_lie_unused(void **state)
{
    struct rn_slab *held[8];

    (void)state;
    begin(1 << 20);
    for (int i = 0; i < 8; i++) {
        held[i] = write_frame(tail.slab_bytes);
        rn_slab_ref(held[i]);
    }
    for (int i = 0; i < 20; i++) {
        (void)write_frame(tail.slab_bytes);
    }
    for (int i = 0; i < 8; i++) {
        rn_slab_unref(held[i]);
        assert_in_range(tail.unused_count, 0, RN_SLABS_UNUSED_MAX);
    }
    assert_int_equal(tail.unused_count, RN_SLABS_UNUSED_MAX);
    (void)write_frame(tail.slab_bytes);
    assert_in_range(tail.unused_count, RN_SLABS_UNUSED_MAX - 1, RN_SLABS_UNUSED_MAX);
    end();
}

static void a_tiny_cache_works_too(void **state)
{
    (void)state;
    begin(0);
    assert_int_equal(tail.slab_bytes, RN_SLAB_BYTES_MIN);
    for (int i = 0; i < 100; i++) {
        (void)write_frame(16384);
        assert_in_range(tail.bytes, 1, RN_SLAB_BYTES_MIN + 4096);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_the_same_until_it_is_kept),
        cmocka_unit_test(the_cache_keeps_within_its_bound_and_lets_go_of_the_oldest),
        cmocka_unit_test(a_frame_bigger_than_a_slab_has_one_of_its_own),
        cmocka_unit_test(a_referenced_slab_outlives_the_cache_that_let_go_of_it),
        cmocka_unit_test(slabs_are_used_again_and_few_lie_unused),
        cmocka_unit_test(a_tiny_cache_works_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
