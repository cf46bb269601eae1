/* queue.c - see queue.h. */
#include "local/queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "engine/chunk.h"
#include "local/frame.h"
#include "local/inside.h"

enum { MARKER_BYTES = 8 };

_Static_assert(RN_CHUNK_HEAD_BYTES + RN_RECORD_KEY_BYTES_MAX + RN_RECORD_VALUE_BYTES_MAX <=
                   RN_CHUNK_BYTES_MAX,
               "any record fits a frame");

void rn_queue_init(struct rn_queue *queue, size_t held_bytes_max)
{
    rn_mutex_init(&queue->lock);
    rn_cond_init(&queue->more);
    rn_list_init(&queue->round);
    queue->held_bytes_max = held_bytes_max;
}

static void part_free(struct rn_local *local, struct rn_part *part)
{
    struct rn_pending *pending = part->pending;

    rn_lane_unref(part->lane);
    if (!pending) {
        free(part);
        return;
    }
    assert(pending->left > 0);
    if (--pending->left == 0) {
        atomic_fetch_sub_explicit(&local->queue.held_bytes, pending->held_bytes,
                                  memory_order_relaxed);
        rn_recycler_put(local->recycler, pending);
    }
}

void rn_queue_done(struct rn_queue *queue)
{
    struct rn_local *local = RN_OWNER(queue, struct rn_local, queue);

    for (struct rn_link *link; (link = rn_list_pop(&queue->round));) {
        struct rn_link parts;

        rn_list_init(&parts);
        rn_list_splice(&parts, &RN_OWNER(link, struct rn_lane, ready)->parts);
        for (struct rn_link *at; (at = rn_list_pop(&parts));) {
            part_free(local, RN_OWNER(at, struct rn_part, link));
        }
    }
    rn_cond_done(&queue->more);
    rn_mutex_done(&queue->lock);
}

/* ---- submit ---- */

struct size {
    size_t parts, bytes;
    bool control;
};

/* Where the part that begins with record `from` ends; *ret_bytes is the length of its chunk. */
static size_t part_end(const struct rn_run *run, size_t from, size_t *ret_bytes)
{
    size_t bytes = 0, at = from;

    for (; at < run->count; at++) {
        size_t more = rn_chunk_record_bytes(&run->records[at]);

        if (bytes > 0 && bytes + more > RN_CHUNK_BYTES_MAX) {
            break;
        }
        bytes += more;
    }
    *ret_bytes = bytes;
    return at;
}

static struct size measure(const struct rn_submit *submit)
{
    struct size size = {0};

    for (size_t r = 0; r < submit->count; r++) {
        size.control |= submit->runs[r].lane->topic->uid == RN_TOPIC_CONTROL;
        for (size_t at = 0, bytes; at < submit->runs[r].count; size.parts++, size.bytes += bytes) {
            at = part_end(&submit->runs[r], at, &bytes);
        }
    }
    return size;
}

static void encode_part(struct rn_part *part, struct rn_run *run, size_t from, size_t to, char *at)
{
    char *end = at;

    for (size_t i = from; i < to; i++) {
        end = rn_chunk_put(end, &run->records[i]);
    }
    *part = (struct rn_part){
        .pending = part->pending,
        .lane = run->lane,
        .run = run,
        .chunk = at,
        .count = (uint32_t)(to - from),
        .bytes = (uint32_t)(end - at),
        .crc = rn_crc32c(0, at, (size_t)(end - at)),
        .first = from == 0,
    };
    rn_lane_ref(run->lane);
}

static void encode(struct rn_pending *pending, struct rn_part *parts, char *chunks)
{
    for (size_t r = 0; r < pending->submit->count; r++) {
        struct rn_run *run = &pending->submit->runs[r];

        run->outcome = RN_OUTCOME_OK; /* a run of no records is stored already */
        run->first = 0;
        run->offsets = NULL;
        run->append_ms = INT64_MIN;
        for (size_t at = 0, to, bytes; at < run->count; at = to) {
            to = part_end(run, at, &bytes);
            parts->pending = pending;
            encode_part(parts++, run, at, to, chunks);
            chunks += bytes;
        }
    }
}

static size_t row_bytes(const struct rn_part *part)
{
    return RN_FRAME_EXTENT_BYTES + part->bytes;
}

/* Lock held. */
static void enqueue(struct rn_queue *queue, struct rn_part *part)
{
    rn_list_push(&part->lane->parts, &part->link);
    if (!rn_list_linked(&part->lane->ready)) {
        rn_list_push(&queue->round, &part->lane->ready);
    }
    queue->bytes += row_bytes(part);
    queue->parts++;
}

static rn_err enqueue_all(struct rn_queue *queue, struct rn_part *parts, size_t count)
{
    rn_mutex_lock(&queue->lock);
    bool closed = queue->closed, was_empty = queue->parts == 0;

    for (size_t i = 0; i < count && !closed; i++) {
        enqueue(queue, &parts[i]);
    }
    rn_mutex_unlock(&queue->lock);
    if (!closed && was_empty) {
        rn_cond_signal(&queue->more);
    }
    return closed ? RN_CLOSED : RN_OK;
}

/* A share of the queue's limit; one submit of any size passes when nothing is queued. */
static bool hold(struct rn_queue *queue, const struct size *size, size_t bytes)
{
    size_t max = queue->held_bytes_max + (size->control ? RN_QUEUE_CONTROL_BYTES : 0);
    size_t before = atomic_fetch_add_explicit(&queue->held_bytes, bytes, memory_order_relaxed);

    if (before > 0 && before + bytes > max) {
        atomic_fetch_sub_explicit(&queue->held_bytes, bytes, memory_order_relaxed);
        return false;
    }
    return true;
}

static rn_err submit_parts(struct rn_local *local, struct rn_pending *pending,
                           const struct size *size)
{
    struct rn_part *parts = (struct rn_part *)(pending + 1);
    rn_err err;

    encode(pending, parts, (char *)(parts + size->parts));
    err = enqueue_all(&local->queue, parts, size->parts);
    for (size_t i = 0; err && i < size->parts; i++) {
        part_free(local, &parts[i]);
    }
    return err;
}

rn_err rn_queue_submit(struct rn_local *local, struct rn_submit *submit)
{
    struct size size = measure(submit);
    size_t bytes = sizeof(struct rn_pending) + size.parts * sizeof(struct rn_part) + size.bytes;
    struct rn_pending *pending;

    assert(submit->count <= RN_RUNS_PER_SUBMIT_MAX && submit->done.run && submit->box);
    if (!hold(&local->queue, &size, bytes)) {
        rn_count(&local->counters.queue_full, 1);
        return RN_FULL;
    }
    pending = rn_recycler_get(local->recycler, bytes);
    if (!pending) {
        atomic_fetch_sub_explicit(&local->queue.held_bytes, bytes, memory_order_relaxed);
        return RN_NOMEM;
    }
    *pending = (struct rn_pending){.submit = submit, .held_bytes = bytes, .left = size.parts};
    if (size.parts == 0) {
        encode(pending, NULL, NULL);
        atomic_fetch_sub_explicit(&local->queue.held_bytes, bytes, memory_order_relaxed);
        rn_recycler_put(local->recycler, pending);
        rn_mailbox_post(submit->box, &submit->done);
        return RN_OK;
    }
    return submit_parts(local, pending, &size);
}

rn_err rn_queue_marker(struct rn_local *local, struct rn_lane *lane)
{
    struct rn_part *part = calloc(1, sizeof(*part) + MARKER_BYTES);
    char *chunk = (char *)(part + 1);
    rn_err err;

    if (!part) {
        return RN_NOMEM;
    }
    rn_mutex_lock(&lane->lock);
    rn_put_le64(chunk, (uint64_t)lane->newest_ms);
    rn_mutex_unlock(&lane->lock);
    part->lane = lane;
    part->chunk = chunk;
    part->bytes = MARKER_BYTES;
    part->crc = rn_crc32c(0, chunk, MARKER_BYTES);
    rn_lane_ref(lane);
    atomic_store_explicit(&lane->marking, true, memory_order_relaxed);
    err = enqueue_all(&local->queue, part, 1);
    if (err) {
        atomic_store_explicit(&lane->marking, false, memory_order_relaxed);
        part_free(local, part);
    }
    return err;
}

/* ---- the writer's side ---- */

static enum rn_outcome refusal_of(struct rn_part *part, enum rn_outcome refuse, int64_t now_us)
{
    bool spared = !part->pending || part->lane->topic->uid == RN_TOPIC_CONTROL;

    if (rn_lane_is_dead(part->lane)) {
        return RN_OUTCOME_NO_LANE;
    }
    if (refuse != RN_OUTCOME_OK && !(refuse == RN_OUTCOME_FULL && spared)) {
        return refuse;
    }
    if (part->pending && part->pending->submit->deadline_us < now_us) {
        return RN_OUTCOME_UNAVAILABLE;
    }
    return RN_OUTCOME_OK;
}

struct taking {
    struct rn_queue *queue;
    struct rn_take *take;
    enum rn_outcome refuse;
    int64_t now_us;
    size_t room;           /* of the frame */
    bool all;              /* everything fits: whole lanes at a time */
    struct rn_link passed; /* lanes whose next part did not fit */
};

static void take_part(struct taking *taking, struct rn_lane *lane, struct rn_part *part)
{
    struct rn_take *take = taking->take;

    rn_list_push(&lane->taken, &part->link);
    if (!rn_list_linked(&lane->in_frame)) {
        rn_list_push(&take->lanes, &lane->in_frame);
    }
    take->bytes += row_bytes(part);
    take->parts++;
    take->control |= lane->topic->uid == RN_TOPIC_CONTROL;
}

enum turn { TURN_TOOK, TURN_NO_ROOM };

/* The next part of the lane, into the frame or to the refused. */
static enum turn take_next(struct taking *taking, struct rn_lane *lane)
{
    struct rn_part *part = RN_OWNER(lane->parts.next, struct rn_part, link);
    enum rn_outcome refusal = refusal_of(part, taking->refuse, taking->now_us);

    if (refusal == RN_OUTCOME_OK && taking->take->parts > 0 &&
        (taking->take->bytes + row_bytes(part) > taking->room ||
         taking->take->parts == RN_FRAME_EXTENTS_MAX)) {
        return TURN_NO_ROOM;
    }
    rn_list_remove(&part->link);
    taking->queue->bytes -= row_bytes(part);
    taking->queue->parts--;
    if (refusal == RN_OUTCOME_OK) {
        take_part(taking, lane, part);
    } else {
        part->outcome = refusal;
        rn_list_push(&taking->take->refused, &part->link);
    }
    return TURN_TOOK;
}

static void take_lane(struct taking *taking, struct rn_lane *lane)
{
    enum turn turn = TURN_TOOK;

    do {
        turn = take_next(taking, lane);
    } while (taking->all && turn == TURN_TOOK && !rn_list_empty(&lane->parts));
    if (turn == TURN_NO_ROOM) {
        rn_list_push(&taking->passed, &lane->ready);
    } else if (!rn_list_empty(&lane->parts)) {
        rn_list_push(&taking->queue->round, &lane->ready);
    }
}

bool rn_queue_take(struct rn_local *local, enum rn_outcome refuse, size_t frame_bytes_max,
                   struct rn_take *ret_take)
{
    struct rn_queue *queue = &local->queue;
    struct taking taking = {
        .queue = queue,
        .take = ret_take,
        .refuse = refuse,
        .now_us = rn_clock_mono_us(local->options.clock),
        .room = frame_bytes_max,
    };

    *ret_take = (struct rn_take){.bytes = RN_FRAME_HEAD_BYTES};
    rn_list_init(&ret_take->lanes);
    rn_list_init(&ret_take->refused);
    rn_list_init(&taking.passed);
    rn_mutex_lock(&queue->lock);
    taking.all = RN_FRAME_HEAD_BYTES + queue->bytes <= frame_bytes_max &&
                 queue->parts <= RN_FRAME_EXTENTS_MAX;
    for (struct rn_link *link; (link = rn_list_pop(&queue->round));) {
        take_lane(&taking, RN_OWNER(link, struct rn_lane, ready));
    }
    rn_list_splice(&queue->round, &taking.passed); /* the round is empty: they are first now */
    rn_mutex_unlock(&queue->lock);
    return ret_take->parts > 0 || !rn_list_empty(&ret_take->refused);
}

void rn_part_finish(struct rn_local *local, struct rn_part *part, enum rn_outcome outcome,
                    uint64_t first, int64_t append_ms)
{
    struct rn_pending *pending = part->pending;
    struct rn_run *run = part->run;

    if (!pending) {
        atomic_store_explicit(&part->lane->marking, false, memory_order_relaxed);
    } else if (part->first) {
        run->outcome = outcome;
        run->first = first;
        run->append_ms = append_ms;
    } else if (run->outcome != outcome) {
        run->outcome = RN_OUTCOME_UNKNOWN; /* a part of the run is stored, or may be */
    }
    struct rn_submit *done = pending && pending->left == 1 ? pending->submit : NULL;

    part_free(local, part);
    if (done) {
        rn_mailbox_post(done->box, &done->done);
    }
}
