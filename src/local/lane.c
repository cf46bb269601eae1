/* lane.c - see lane.h for the picture. */
#include "local/lane.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_EXTENTS = 4, FIRST_PIECES = 2, FIRST_CACHED = 8 };

/* ---- topics ---- */

rn_err rn_topics_init(struct rn_topics *topics)
{
    rn_mutex_init(&topics->lock);
    rn_list_init(&topics->dying);
    topics->map = rn_map_new();
    return topics->map ? RN_OK : RN_NOMEM;
}

/* The topic's lanes that there are, one after the other: *at is 0 to begin with. NULL behind the last. */
static struct rn_lane *next_lane(const struct rn_topic *topic, uint32_t *at)
{
    while (*at / RN_LANE_PAGE < topic->page_count) {
        struct rn_lane **page = topic->pages[*at / RN_LANE_PAGE];
        struct rn_lane *lane = page ? page[*at % RN_LANE_PAGE] : NULL;

        *at += page ? 1 : RN_LANE_PAGE;
        if (lane) {
            return lane;
        }
    }
    return NULL;
}

static void topic_take_apart(struct rn_topic *topic)
{
    struct rn_lane *lane;
    uint32_t at = 0;

    while ((lane = next_lane(topic, &at))) {
        rn_lane_empty(lane);
        rn_lane_unref(lane);
    }
    for (uint32_t i = 0; i < topic->page_count; i++) {
        free(topic->pages[i]);
    }
    topic->page_count = topic->lane_count = 0;
    rn_topic_unref(topic);
}

bool rn_topics_bury(struct rn_topics *topics)
{
    struct rn_link *link;
    bool any = false;

    do {
        rn_mutex_lock(&topics->lock);
        link = rn_list_pop(&topics->dying);
        rn_mutex_unlock(&topics->lock);
        if (link) {
            topic_take_apart(RN_OWNER(link, struct rn_topic, dying));
            any = true;
        }
    } while (link);
    return any;
}

void rn_topics_done(struct rn_topics *topics)
{
    size_t cursor = 0;
    void *value;

    while (topics->map && rn_map_count(topics->map) > 0 &&
           rn_map_next(topics->map, &cursor, NULL, &value)) {
        topic_take_apart(value);
    }
    (void)rn_topics_bury(topics);
    rn_map_free(topics->map);
    rn_mutex_done(&topics->lock);
}

void rn_topic_unref(struct rn_topic *topic)
{
    if (atomic_fetch_sub_explicit(&topic->refs, 1, memory_order_acq_rel) == 1) {
        free(topic->pages);
        free(topic);
    }
}

static rn_str topic_key(const uint64_t *uid)
{
    return rn_str_make(uid, sizeof(*uid));
}

struct rn_topic *rn_topic_find(struct rn_topics *topics, uint64_t uid)
{
    return rn_map_get(topics->map, topic_key(&uid));
}

static struct rn_lane *lane_new(struct rn_topic *topic, uint32_t number)
{
    struct rn_lane *lane = calloc(1, sizeof(*lane));

    if (!lane) {
        return NULL;
    }
    lane->topic = topic;
    lane->number = number;
    lane->newest_ms = INT64_MIN;
    atomic_init(&lane->refs, 1);
    atomic_init(&lane->read_next, UINT64_MAX);
    atomic_fetch_add_explicit(&topic->refs, 1, memory_order_relaxed);
    rn_mutex_init(&lane->lock);
    rn_list_init(&lane->followers);
    rn_list_init(&lane->parts);
    rn_list_init(&lane->taken);
    return lane;
}

static rn_err add_lanes(struct rn_topic *topic, uint32_t lanes)
{
    uint32_t pages;

    if (lanes > RN_LANES_PER_TOPIC_MAX) {
        return RN_TOO_LARGE;
    }
    pages = (lanes + RN_LANE_PAGE - 1) / RN_LANE_PAGE;
    if (pages > topic->page_count) {
        struct rn_lane ***grown = realloc(topic->pages, pages * sizeof(*grown));

        if (!grown) {
            return RN_NOMEM;
        }
        memset(grown + topic->page_count, 0, (pages - topic->page_count) * sizeof(*grown));
        topic->pages = grown;
        topic->page_count = pages;
    }
    if (lanes > topic->lane_count) {
        topic->lane_count = lanes;
    }
    return RN_OK;
}

struct rn_lane *rn_topic_lane(struct rn_topic *topic, uint32_t number)
{
    struct rn_lane ***page = &topic->pages[number / RN_LANE_PAGE];
    struct rn_lane **place;

    assert(number < topic->lane_count);
    if (!*page) {
        *page = calloc(RN_LANE_PAGE, sizeof(**page));
    }
    if (!*page) {
        return NULL;
    }
    place = &(*page)[number % RN_LANE_PAGE];
    if (!*place) {
        *place = lane_new(topic, number);
    }
    return *place;
}

static struct rn_topic *topic_new(struct rn_topics *topics, uint64_t uid)
{
    struct rn_topic *topic = calloc(1, sizeof(*topic));

    if (!topic) {
        return NULL;
    }
    topic->uid = uid;
    atomic_init(&topic->refs, 1);
    atomic_init(&topic->retention_ms, INT64_MAX);
    if (rn_map_put(topics->map, topic_key(&topic->uid), topic, NULL)) {
        free(topic);
        return NULL;
    }
    return topic;
}

rn_err rn_topic_grow(struct rn_topics *topics, uint64_t uid, uint32_t lanes,
                     struct rn_topic **ret_topic)
{
    struct rn_topic *topic = rn_topic_find(topics, uid);
    rn_err err;

    topic = topic ? topic : topic_new(topics, uid);
    if (!topic) {
        return RN_NOMEM;
    }
    err = add_lanes(topic, lanes);
    if (!err) {
        *ret_topic = topic;
    }
    return err;
}

rn_err rn_topics_lane(struct rn_topics *topics, uint64_t uid, uint32_t number,
                      struct rn_lane **ret_lane)
{
    struct rn_topic *topic;
    rn_err err;

    if (number >= RN_LANES_PER_TOPIC_MAX) {
        return RN_TOO_LARGE;
    }
    rn_mutex_lock(&topics->lock);
    err = rn_topic_grow(topics, uid, number + 1, &topic);
    if (!err) {
        *ret_lane = rn_topic_lane(topic, number);
        err = *ret_lane ? RN_OK : RN_NOMEM;
    }
    rn_mutex_unlock(&topics->lock);
    return err;
}

void rn_topic_kill(struct rn_topics *topics, struct rn_topic *topic)
{
    struct rn_lane *lane;
    uint32_t at = 0;

    (void)rn_map_remove(topics->map, topic_key(&topic->uid));
    rn_list_push(&topics->dying, &topic->dying);
    while ((lane = next_lane(topic, &at))) {
        rn_mutex_lock(&lane->lock);
        atomic_store_explicit(&lane->dead, true, memory_order_release);
        rn_lane_notify(lane);
        rn_mutex_unlock(&lane->lock);
    }
}

/* The number of lanes; with a reference each into `lanes`, if that is not NULL. */
static size_t list_lanes(struct rn_topics *topics, struct rn_lane **lanes)
{
    size_t cursor = 0, count = 0;
    void *topic;

    while (rn_map_count(topics->map) > 0 && rn_map_next(topics->map, &cursor, NULL, &topic)) {
        struct rn_lane *lane;

        for (uint32_t at = 0; (lane = next_lane(topic, &at)); count++) {
            if (lanes) {
                rn_lane_ref(lane);
                lanes[count] = lane;
            }
        }
    }
    return count;
}

rn_err rn_topics_lanes(struct rn_topics *topics, struct rn_lane ***ret_lanes, size_t *ret_count)
{
    struct rn_lane **lanes;

    rn_mutex_lock(&topics->lock);
    lanes = calloc(list_lanes(topics, NULL) + 1, sizeof(struct rn_lane *));
    *ret_count = lanes ? list_lanes(topics, lanes) : 0;
    rn_mutex_unlock(&topics->lock);
    *ret_lanes = lanes;
    return lanes ? RN_OK : RN_NOMEM;
}

void rn_lanes_free(struct rn_lane **lanes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rn_lane_unref(lanes[i]);
    }
    free(lanes);
}

/* ---- lanes ---- */

void rn_lane_ref(struct rn_lane *lane)
{
    atomic_fetch_add_explicit(&lane->refs, 1, memory_order_relaxed);
}

void rn_lane_unref(struct rn_lane *lane)
{
    if (!lane || atomic_fetch_sub_explicit(&lane->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    assert(lane->piece_count == 0 && lane->tail_count == 0);
    assert(rn_list_empty(&lane->parts) && rn_list_empty(&lane->followers));
    rn_topic_unref(lane->topic);
    rn_mutex_done(&lane->lock);
    free(lane->pieces);
    free(lane->tail);
    free(lane->fresh);
    free(lane);
}

static bool last_piece_is(struct rn_lane *lane, const struct rn_segment *segment)
{
    return lane->piece_count > 0 && rn_lane_piece(lane, lane->piece_count - 1)->segment == segment;
}

/* Room for one more piece; what was dropped at the front is used again first. */
static rn_err reserve_piece(struct rn_lane *lane)
{
    if (lane->piece_at + lane->piece_count < lane->piece_cap) {
        return RN_OK;
    }
    if (lane->piece_at > lane->piece_cap / 2) {
        memmove(lane->pieces, lane->pieces + lane->piece_at,
                lane->piece_count * sizeof(*lane->pieces));
        lane->piece_at = 0;
        return RN_OK;
    }
    size_t cap = lane->piece_cap ? lane->piece_cap * 2 : FIRST_PIECES;
    struct rn_piece *pieces = realloc(lane->pieces, cap * sizeof(*pieces));

    if (!pieces) {
        return RN_NOMEM;
    }
    lane->pieces = pieces;
    lane->piece_cap = cap;
    return RN_OK;
}

static rn_err grow_extents(struct rn_extent **extents, uint32_t *cap, uint32_t need)
{
    if (need <= *cap) {
        return RN_OK;
    }
    uint32_t want = *cap ? *cap * 2 : FIRST_EXTENTS;

    want = want < need ? need : want;
    struct rn_extent *grown = realloc(*extents, want * sizeof(*grown));

    if (!grown) {
        return RN_NOMEM;
    }
    *extents = grown;
    *cap = want;
    return RN_OK;
}

static rn_err reserve_cached(struct rn_lane *lane, uint32_t more)
{
    size_t cap = lane->tail_cap ? lane->tail_cap : FIRST_CACHED;
    struct rn_cached *ring;

    while (cap < lane->tail_count + more) {
        cap *= 2;
    }
    if (cap == lane->tail_cap) {
        return RN_OK;
    }
    ring = malloc(cap * sizeof(*ring));
    if (!ring) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < lane->tail_count; i++) {
        ring[i] = *rn_lane_cached(lane, i);
    }
    free(lane->tail);
    lane->tail = ring;
    lane->tail_cap = cap;
    lane->tail_at = 0;
    return RN_OK;
}

static rn_err reserve(struct rn_lane *lane, const struct rn_segment *segment, uint32_t extents)
{
    if (last_piece_is(lane, segment)) {
        struct rn_piece *piece = rn_lane_piece(lane, lane->piece_count - 1);

        return grow_extents(&piece->extents, &piece->cap, piece->count + extents);
    }
    rn_err err = reserve_piece(lane);

    return err ? err : grow_extents(&lane->fresh, &lane->fresh_cap, extents);
}

/* Remember that `segment` holds this lane, for its index. */
static rn_err list_lane(struct rn_segment *segment, struct rn_lane *lane)
{
    if (lane->listed == segment->head.id) {
        return RN_OK;
    }
    if (segment->lane_count == segment->lane_cap) {
        size_t cap = segment->lane_cap ? segment->lane_cap * 2 : 16;
        struct rn_lane **lanes = realloc(segment->lanes, cap * sizeof(struct rn_lane *));

        if (!lanes) {
            return RN_NOMEM;
        }
        segment->lanes = lanes;
        segment->lane_cap = cap;
    }
    rn_lane_ref(lane);
    segment->lanes[segment->lane_count++] = lane;
    lane->listed = segment->head.id;
    return RN_OK;
}

rn_err rn_lane_reserve(struct rn_lane *lane, struct rn_segment *segment, uint32_t extents,
                       uint32_t cached)
{
    rn_err err;

    rn_mutex_lock(&lane->lock);
    err = reserve(lane, segment, extents);
    if (!err && cached > 0) {
        err = reserve_cached(lane, cached);
    }
    rn_mutex_unlock(&lane->lock);
    return err ? err : list_lane(segment, lane);
}

static struct rn_piece *new_piece(struct rn_lane *lane, struct rn_segment *segment, uint64_t first)
{
    assert(lane->piece_at + lane->piece_count < lane->piece_cap);
    struct rn_piece *piece = rn_lane_piece(lane, lane->piece_count++);

    *piece = (struct rn_piece){
        .segment = segment,
        .first = first,
        .end = first,
        .min_ms = INT64_MAX,
        .max_ms = INT64_MIN,
        .extents = lane->fresh,
        .cap = lane->fresh_cap,
    };
    lane->fresh = NULL;
    lane->fresh_cap = 0;
    atomic_fetch_add_explicit(&segment->pieces, 1, memory_order_relaxed);
    return piece;
}

/* The first record after nothing, or after records that were dropped: the lane begins here. */
static void begin_at(struct rn_lane *lane, uint64_t first)
{
    if (lane->first == lane->end) {
        lane->first = first;
    }
}

void rn_lane_add(struct rn_lane *lane, struct rn_segment *segment, const struct rn_extent *extent)
{
    uint64_t end = extent->first + extent->count;
    struct rn_piece *piece = last_piece_is(lane, segment)
                                 ? rn_lane_piece(lane, lane->piece_count - 1)
                                 : new_piece(lane, segment, extent->first);

    assert(piece->extents && piece->count < piece->cap);
    piece->extents[piece->count++] = *extent;
    piece->end = end > piece->end ? end : piece->end;
    piece->bytes += extent->bytes;
    piece->min_ms = extent->ms < piece->min_ms ? extent->ms : piece->min_ms;
    piece->max_ms = extent->ms > piece->max_ms ? extent->ms : piece->max_ms;
    begin_at(lane, extent->first);
    lane->end = end > lane->end ? end : lane->end;
    lane->newest_ms = extent->ms > lane->newest_ms ? extent->ms : lane->newest_ms;
}

rn_err rn_lane_add_piece(struct rn_lane *lane, const struct rn_piece *piece)
{
    rn_err err = reserve_piece(lane);

    if (err) {
        return err;
    }
    *rn_lane_piece(lane, lane->piece_count++) = *piece;
    atomic_fetch_add_explicit(&piece->segment->pieces, 1, memory_order_relaxed);
    begin_at(lane, piece->first);
    lane->end = piece->end > lane->end ? piece->end : lane->end;
    lane->newest_ms = piece->max_ms > lane->newest_ms ? piece->max_ms : lane->newest_ms;
    return RN_OK;
}

void rn_lane_drop_pieces(struct rn_lane *lane, size_t count)
{
    assert(count <= lane->piece_count);
    for (size_t i = 0; i < count; i++) {
        struct rn_piece *piece = rn_lane_piece(lane, i);

        free(piece->extents);
        atomic_fetch_add_explicit(&piece->segment->dead_bytes, piece->bytes, memory_order_relaxed);
        atomic_fetch_sub_explicit(&piece->segment->pieces, 1, memory_order_release);
    }
    lane->piece_at += count;
    lane->piece_count -= count;
    if (lane->piece_count == 0) {
        lane->piece_at = 0;
    } else if (count > 0 && rn_lane_piece(lane, 0)->first > lane->first) {
        lane->first = rn_lane_piece(lane, 0)->first;
    }
}

void rn_lane_empty(struct rn_lane *lane)
{
    rn_mutex_lock(&lane->lock);
    rn_lane_drop_pieces(lane, lane->piece_count);
    lane->tail_count = 0;
    rn_mutex_unlock(&lane->lock);
}

size_t rn_lane_find_piece(struct rn_lane *lane, uint64_t offset)
{
    size_t low = 0, high = lane->piece_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rn_lane_piece(lane, middle)->end <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void rn_segment_forget_lanes(struct rn_segment *segment)
{
    rn_lanes_free(segment->lanes, segment->lane_count);
    segment->lanes = NULL;
    segment->lane_count = segment->lane_cap = 0;
}

void rn_lane_cache(struct rn_lane *lane, const struct rn_cached *cached)
{
    assert(lane->tail_count < lane->tail_cap);
    *rn_lane_cached(lane, lane->tail_count++) = *cached;
}

void rn_lane_uncache(struct rn_lane *lane, const struct rn_slab *slab)
{
    rn_mutex_lock(&lane->lock);
    while (lane->tail_count > 0 && rn_lane_cached(lane, 0)->slab == slab) {
        lane->tail_at = (lane->tail_at + 1) & (lane->tail_cap - 1);
        lane->tail_count--;
    }
    if (lane->tail_count == 0) { /* an idle lane keeps no ring */
        free(lane->tail);
        lane->tail = NULL;
        lane->tail_cap = lane->tail_at = 0;
    }
    rn_mutex_unlock(&lane->lock);
}

/* ---- followers ---- */

/* Stands between a lane and rn_follow, so that one notice at most is under way. */
struct follower {
    struct rn_task task;
    struct rn_link link; /* in the lane, under its lock */
    struct rn_follow *follow;
    struct rn_lane *lane;
    _Atomic bool posted;
    bool gone; /* the mailbox's thread: unfollowed while a notice was under way */
};

static void follower_run(struct rn_task *task)
{
    struct follower *follower = RN_OWNER(task, struct follower, task);

    if (follower->gone) {
        free(follower);
        return;
    }
    /* First this, then look: growth from here on is a notice of its own. */
    atomic_store_explicit(&follower->posted, false, memory_order_seq_cst);
    follower->follow->moved.run(&follower->follow->moved);
}

rn_err rn_lane_follow(struct rn_lane *lane, struct rn_follow *follow)
{
    struct follower *follower = calloc(1, sizeof(*follower));

    if (!follower) {
        return RN_NOMEM;
    }
    follower->task.run = follower_run;
    follower->follow = follow;
    follower->lane = lane;
    follow->engine_private = follower;
    rn_lane_ref(lane);
    rn_mutex_lock(&lane->lock);
    rn_list_push(&lane->followers, &follower->link);
    rn_mutex_unlock(&lane->lock);
    return RN_OK;
}

void rn_lane_unfollow(struct rn_follow *follow)
{
    struct follower *follower = follow->engine_private;

    rn_mutex_lock(&follower->lane->lock);
    rn_list_remove(&follower->link);
    rn_mutex_unlock(&follower->lane->lock);
    rn_lane_unref(follower->lane);
    follow->engine_private = NULL;
    if (atomic_load_explicit(&follower->posted, memory_order_seq_cst)) {
        follower->gone = true; /* freed when the notice arrives, on this thread */
    } else {
        free(follower);
    }
}

void rn_lane_notify(struct rn_lane *lane)
{
    RN_LIST_EACH (at, &lane->followers) {
        struct follower *follower = RN_OWNER(at, struct follower, link);

        if (!atomic_exchange_explicit(&follower->posted, true, memory_order_seq_cst)) {
            rn_mailbox_post(follower->follow->box, &follower->task);
        }
    }
}
