/* Lanes and topics in memory. */
#include "tests/unit/local/rig.h"

static struct rn_topics topics;

static struct rn_lane *begin(void)
{
    struct rn_topic *topic;

    memset(&rig, 0, sizeof(rig));
    rn_mailbox_init(&rig.box, NULL, NULL);
    assert_int_equal(rn_topics_init(&topics), RN_OK);
    assert_int_equal(rn_topic_grow(&topics, 7, 2, &topic), RN_OK);
    return rn_topic_lane(topic, 1);
}

static struct rn_segment *segment_new(uint64_t id)
{
    struct rn_segment_head head = {.id = id};
    struct rn_segment *segment = rn_segment_new(&head);

    assert_non_null(segment);
    return segment;
}

static void add(struct rn_lane *lane, struct rn_segment *segment, uint64_t first, uint32_t count,
                int64_t ms)
{
    struct rn_extent extent = {.first = first, .count = count, .ms = ms, .bytes = 10 * count};

    assert_int_equal(rn_lane_reserve(lane, segment, 1, 0), RN_OK);
    rn_mutex_lock(&lane->lock);
    rn_lane_add(lane, segment, &extent);
    rn_mutex_unlock(&lane->lock);
}

static void drop(struct rn_lane *lane, size_t count)
{
    rn_mutex_lock(&lane->lock);
    rn_lane_drop_pieces(lane, count);
    rn_mutex_unlock(&lane->lock);
}

static void topics_grow_and_keep_their_lanes(void **state)
{
    struct rn_lane *lane = begin(), **lanes;
    struct rn_topic *topic, *other;
    size_t count;

    (void)state;
    assert_int_equal(rn_topic_grow(&topics, 7, 1, &topic), RN_OK); /* never shrinks */
    assert_int_equal(topic->lane_count, 2);
    assert_int_equal(rn_topic_grow(&topics, 7, 300, &topic), RN_OK);
    assert_int_equal(topic->lane_count, 300);
    assert_ptr_equal(rn_topic_lane(topic, 1), lane);
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(rn_topic_lane(topic, i)->number, i);
        assert_ptr_equal(rn_topic_lane(topic, i)->topic, topic);
    }
    assert_int_equal(rn_topic_grow(&topics, 8, 3, &other), RN_OK);
    assert_ptr_equal(rn_topic_find(&topics, 8), other);
    assert_null(rn_topic_find(&topics, 9));
    assert_int_equal(rn_topic_grow(&topics, 8, UINT32_MAX, &other), RN_TOO_LARGE);
    assert_int_equal(other->lane_count, 3);
    assert_int_equal(rn_topics_lanes(&topics, &lanes, &count), RN_OK);
    assert_int_equal(count, 300);
    rn_lanes_free(lanes, count);
    rn_topics_done(&topics);
}

static void lanes_that_nobody_uses_are_not_there(void **state)
{
    struct rn_lane *lane, **lanes;
    struct rn_topic *topic;
    size_t count;

    (void)state;
    begin();
    assert_int_equal(rn_topic_grow(&topics, 7, RN_LANES_PER_TOPIC_MAX, &topic), RN_OK);
    assert_int_equal(rn_topic_grow(&topics, 7, RN_LANES_PER_TOPIC_MAX + 1, &topic), RN_TOO_LARGE);
    assert_int_equal(rn_topics_lane(&topics, 7, RN_LANES_PER_TOPIC_MAX, &lane), RN_TOO_LARGE);
    assert_int_equal(rn_topics_lane(&topics, 7, RN_LANES_PER_TOPIC_MAX - 1, &lane), RN_OK);
    assert_int_equal(lane->number, RN_LANES_PER_TOPIC_MAX - 1);
    assert_int_equal(rn_topics_lanes(&topics, &lanes, &count), RN_OK);
    assert_int_equal(count, 2); /* begin's, and this one */
    assert_ptr_equal(lanes[1], lane);
    rn_lanes_free(lanes, count);
    rn_lane_ref(lane);
    rn_topic_kill(&topics, topic);
    assert_true(rn_lane_is_dead(lane));
    assert_true(rn_topics_bury(&topics));
    rn_lane_unref(lane);
    rn_topics_done(&topics);
}

static void a_lane_outlives_its_topic_while_somebody_holds_it(void **state)
{
    struct rn_lane *lane = begin();
    struct rn_topic *topic = rn_topic_find(&topics, 7);

    (void)state;
    rn_lane_ref(lane);
    rn_topic_kill(&topics, topic);
    assert_true(rn_lane_is_dead(lane));
    assert_null(rn_topic_find(&topics, 7));
    assert_true(rn_topics_bury(&topics));
    assert_false(rn_topics_bury(&topics));
    assert_int_equal(lane->topic->uid, 7);
    rn_lane_unref(lane);
    rn_lane_unref(NULL);
    rn_topics_done(&topics);
}

static void pieces_follow_the_segments_and_are_found_by_offset(void **state)
{
    struct rn_lane *lane = begin();
    struct rn_segment *segments[5];

    (void)state;
    for (uint64_t s = 0; s < 5; s++) {
        segments[s] = segment_new(s + 1);
        for (uint64_t i = 0; i < 4; i++) {
            add(lane, segments[s], s * 12 + i * 3, 3, (int64_t)(100 * s + i));
        }
        assert_int_equal(segments[s]->lane_count, 1);
        assert_int_equal(atomic_load(&segments[s]->pieces), 1);
    }
    assert_int_equal(lane->first, 0);
    assert_int_equal(lane->end, 60);
    assert_int_equal(lane->newest_ms, 403);
    assert_int_equal(lane->piece_count, 5);
    for (uint64_t at = 0; at <= 70; at++) {
        assert_int_equal(rn_lane_find_piece(lane, at), at < 60 ? at / 12 : 5);
    }
    assert_int_equal(rn_lane_piece(lane, 2)->min_ms, 200);
    assert_int_equal(rn_lane_piece(lane, 2)->max_ms, 203);
    assert_int_equal(rn_lane_piece(lane, 2)->bytes, 120);
    drop(lane, 2);
    assert_int_equal(lane->first, 24);
    assert_int_equal(lane->piece_count, 3);
    assert_int_equal(atomic_load(&segments[1]->pieces), 0);
    assert_int_equal(atomic_load(&segments[1]->dead_bytes), 120);
    assert_int_equal(rn_lane_find_piece(lane, 0), 0);
    assert_int_equal(rn_lane_piece(lane, 0)->first, 24);
    drop(lane, 0);
    assert_int_equal(lane->first, 24);
    drop(lane, 3);
    assert_int_equal(lane->end, 60); /* the numbering goes on */
    for (int s = 0; s < 5; s++) {
        rn_segment_unref(segments[s]);
    }
    rn_topics_done(&topics);
}

static void room_is_used_again_when_pieces_come_and_go(void **state)
{
    struct rn_lane *lane = begin();

    (void)state;
    for (uint64_t s = 0; s < 1000; s++) {
        struct rn_segment *segment = segment_new(s + 1);

        add(lane, segment, s, 1, 0);
        if (s >= 3) {
            struct rn_segment *oldest = rn_lane_piece(lane, 0)->segment;

            drop(lane, 1);
            rn_segment_unref(oldest);
        }
        assert_in_range(lane->piece_cap, 1, 16);
    }
    while (lane->piece_count > 0) {
        struct rn_segment *oldest = rn_lane_piece(lane, 0)->segment;

        drop(lane, 1);
        rn_segment_unref(oldest);
    }
    rn_topics_done(&topics);
}

static void a_marker_is_the_end_of_a_lane_and_nothing_else(void **state)
{
    struct rn_lane *lane = begin();
    struct rn_segment *old = segment_new(1), *new = segment_new(2), *later = segment_new(3);

    (void)state;
    add(lane, old, 0, 10, 500);
    add(lane, new, 10, 0, 500);
    assert_int_equal(lane->end, 10);
    assert_int_equal(lane->first, 0);
    assert_int_equal(lane->newest_ms, 500);
    drop(lane, 1);
    assert_int_equal(lane->first, 10);
    assert_int_equal(lane->end, 10);
    rn_lane_empty(lane);
    rn_segment_unref(old);
    rn_segment_unref(new);
    /* At a start the marker is all there is. */
    lane = rn_topic_lane(rn_topic_find(&topics, 7), 0);
    add(lane, later, 77, 0, 400);
    assert_int_equal(lane->first, 77);
    assert_int_equal(lane->end, 77);
    assert_int_equal(lane->newest_ms, 400);
    add(lane, later, 77, 3, 600);
    assert_int_equal(lane->first, 77);
    assert_int_equal(lane->end, 80);
    rn_lane_empty(lane);
    rn_segment_unref(later);
    rn_topics_done(&topics);
}

static void what_is_cached_leaves_with_its_slab_oldest_first(void **state)
{
    struct rn_lane *lane = begin();
    struct rn_segment *segment = segment_new(1);
    struct rn_slab slabs[3] = {0};

    (void)state;
    for (uint64_t i = 0; i < 60; i++) {
        struct rn_cached cached = {.slab = &slabs[i / 20], .first = i, .count = 1};

        assert_int_equal(rn_lane_reserve(lane, segment, 1, 1), RN_OK);
        rn_lane_cache(lane, &cached);
    }
    assert_int_equal(lane->tail_count, 60);
    rn_lane_uncache(lane, &slabs[1]); /* is not the oldest: stays */
    assert_int_equal(lane->tail_count, 60);
    rn_lane_uncache(lane, &slabs[0]);
    assert_int_equal(lane->tail_count, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(rn_lane_cached(lane, i)->first, 20 + i);
    }
    rn_lane_uncache(lane, &slabs[1]);
    rn_lane_uncache(lane, &slabs[2]);
    assert_int_equal(lane->tail_count, 0);
    assert_null(lane->tail);
    rn_lane_empty(lane);
    rn_segment_unref(segment);
    rn_topics_done(&topics);
}

/* ---- followers ---- */

struct follower {
    struct rn_follow follow;
    int moved;
    bool leaves;
};

static void follower_moved(struct rn_task *task)
{
    struct rn_follow *follow = RN_OWNER(task, struct rn_follow, moved);
    struct follower *follower = RN_OWNER(follow, struct follower, follow);

    follower->moved++;
    if (follower->leaves) {
        rn_lane_unfollow(follow);
    }
}

static void notify(struct rn_lane *lane)
{
    rn_mutex_lock(&lane->lock);
    rn_lane_notify(lane);
    rn_mutex_unlock(&lane->lock);
}

static void each_follower_has_one_notice_under_way(void **state)
{
    struct rn_lane *lane = begin();
    struct follower followers[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        followers[i] = (struct follower){
            .follow = {.lane = lane, .box = &rig.box, .moved = {.run = follower_moved}}};
        assert_int_equal(rn_lane_follow(lane, &followers[i].follow), RN_OK);
    }
    notify(lane);
    notify(lane);
    assert_true(rn_mailbox_drain(&rig.box));
    assert_false(rn_mailbox_drain(&rig.box));
    notify(lane);
    rn_lane_unfollow(&followers[1].follow); /* with a notice under way */
    followers[2].leaves = true;             /* in the notice itself */
    assert_true(rn_mailbox_drain(&rig.box));
    assert_int_equal(followers[0].moved, 2);
    assert_int_equal(followers[1].moved, 1);
    assert_int_equal(followers[2].moved, 2);
    notify(lane);
    assert_true(rn_mailbox_drain(&rig.box));
    assert_int_equal(followers[0].moved, 3);
    assert_int_equal(followers[2].moved, 2);
    rn_lane_unfollow(&followers[0].follow);
    rn_topics_done(&topics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_grow_and_keep_their_lanes),
        cmocka_unit_test(lanes_that_nobody_uses_are_not_there),
        cmocka_unit_test(a_lane_outlives_its_topic_while_somebody_holds_it),
        cmocka_unit_test(pieces_follow_the_segments_and_are_found_by_offset),
        cmocka_unit_test(room_is_used_again_when_pieces_come_and_go),
        cmocka_unit_test(a_marker_is_the_end_of_a_lane_and_nothing_else),
        cmocka_unit_test(what_is_cached_leaves_with_its_slab_oldest_first),
        cmocka_unit_test(each_follower_has_one_notice_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
