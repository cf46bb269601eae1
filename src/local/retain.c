/* retain.c - what has expired is let go by its lanes; a segment that no lane holds is dropped.
 *
 * A lane lets go of whole pieces, oldest first, when their youngest record has outlived the retention of
 * the topic or lies before the trim. Its last piece it keeps, because that says where the lane ends. So a segment
 * whose pieces are all such ends would stay for ever: then each of its lanes gets a marker in the newest
 * segment, which becomes its last piece, and the segment goes the next time. segment.c tells why a crash
 * in the middle of dropping is harmless. */
#include <stdlib.h>

#include "local/house.h"
#include "local/inside.h"
#include "sys/log.h"

/* ---- lanes ---- */

static bool is_gone(const struct rn_lane *lane, const struct rn_piece *piece, int64_t horizon_ms)
{
    return piece->max_ms < horizon_ms || piece->end <= lane->first;
}

/* Only what an index tells of: an index that lacked a lane would look like damage in between. */
static bool may_let_go(const struct rn_lane *lane, const struct rn_piece *piece, int64_t horizon_ms)
{
    return is_gone(lane, piece, horizon_ms) &&
           rn_segment_state(piece->segment) == RN_SEGMENT_INDEXED;
}

/* Append times below this have expired; INT64_MIN: none. */
static int64_t horizon_of(struct rn_local *local, const struct rn_topic *topic)
{
    int64_t retention_ms = atomic_load_explicit(&topic->retention_ms, memory_order_relaxed);
    int64_t now_ms = rn_clock_wall_ms(local->options.clock);

    return retention_ms == INT64_MAX ? INT64_MIN : now_ms - retention_ms;
}

/* Returns whether anything was let go. */
static bool expire(struct rn_local *local, struct rn_lane *lane)
{
    int64_t horizon_ms = horizon_of(local, lane->topic);
    size_t count = 0;

    rn_mutex_lock(&lane->lock);
    while (count + 1 < lane->piece_count &&
           may_let_go(lane, rn_lane_piece(lane, count), horizon_ms)) {
        count++;
    }
    rn_lane_drop_pieces(lane, count);
    if (lane->piece_count == 1 && is_gone(lane, rn_lane_piece(lane, 0), horizon_ms)) {
        rn_lane_piece(lane, 0)->segment->idle++;
    }
    rn_mutex_unlock(&lane->lock);
    return count > 0;
}

/* Does only the end of this lane keep a segment that nothing else keeps? */
static bool wants_marker(struct rn_local *local, struct rn_lane *lane)
{
    int64_t horizon_ms = horizon_of(local, lane->topic);

    rn_mutex_lock(&lane->lock);
    struct rn_piece *piece = lane->piece_count == 1 ? rn_lane_piece(lane, 0) : NULL;
    struct rn_segment *segment = piece ? piece->segment : NULL;
    bool wants = segment && is_gone(lane, piece, horizon_ms) &&
                 rn_segment_state(segment) != RN_SEGMENT_ACTIVE &&
                 segment->idle == atomic_load_explicit(&segment->pieces, memory_order_acquire) &&
                 !rn_book_is_newest(&local->book, segment) &&
                 !atomic_load_explicit(&lane->marking, memory_order_relaxed);

    rn_mutex_unlock(&lane->lock);
    return wants;
}

static void forget_idle(struct rn_local *local)
{
    for (struct rn_segment *at = NULL; (at = rn_book_next(&local->book, at));) {
        at->idle = 0;
    }
}

static bool expire_all(struct rn_local *local)
{
    struct rn_lane **lanes;
    size_t count;
    bool any = false;

    if (rn_topics_lanes(&local->topics, &lanes, &count)) {
        return false; /* next time there may be memory */
    }
    forget_idle(local);
    for (size_t i = 0; i < count; i++) {
        any |= expire(local, lanes[i]);
    }
    for (size_t i = 0; i < count; i++) {
        any |= wants_marker(local, lanes[i]) && !rn_queue_marker(local, lanes[i]);
    }
    rn_lanes_free(lanes, count);
    return any;
}

/* ---- segments ---- */

enum { DROPS_PER_ROUND = 64 };

struct drops {
    struct rn_segment *segments[DROPS_PER_ROUND]; /* with a reference each */
    size_t count;
};

/* No lane holds it, no reader uses it, and it is not what the next start begins with. */
static bool is_needless(struct rn_local *local, struct rn_segment *segment)
{
    return rn_segment_state(segment) != RN_SEGMENT_ACTIVE &&
           atomic_load_explicit(&segment->pieces, memory_order_acquire) == 0 &&
           atomic_load_explicit(&segment->refs, memory_order_acquire) ==
               2 && /* the book's and ours */
           !rn_book_is_newest(&local->book, segment);
}

static void find_drops(struct rn_local *local, struct drops *drops)
{
    for (struct rn_segment *at = NULL; (at = rn_book_next(&local->book, at));) {
        if (drops->count < DROPS_PER_ROUND && is_needless(local, at)) {
            rn_segment_ref(at);
            drops->segments[drops->count++] = at;
        }
    }
}

/* "dropped" says so before a file is touched. */
static rn_err announce(struct rn_local *local, const struct drops *drops)
{
    rn_err err = RN_OK;

    for (size_t i = 0; !err && i < drops->count; i++) {
        err = rn_dropped_add(&local->house.dropped, &drops->segments[i]->head);
    }
    return err ? err : rn_dropped_save(&local->house.dropped, local->options.disk);
}

/* Big enough to be worth writing over, and room for one more. */
static bool is_worth_keeping(struct rn_local *local, const struct rn_segment *segment,
                             size_t spares)
{
    return segment->file_bytes >= local->options.segment_bytes / 2 &&
           !atomic_load_explicit(&local->full, memory_order_relaxed) &&
           rn_spares_count(&local->spares) + spares < RN_SPARES_MAX;
}

/* The file becomes a spare, or goes. *spares of `list` are to be added once the names are durable. */
static rn_err remove_files(struct rn_local *local, struct rn_segment *segment,
                           struct rn_spare *list, size_t *spares)
{
    struct rn_disk *disk = local->options.disk;
    char path[RN_LOG_PATH_BYTES], to[RN_LOG_PATH_BYTES];
    rn_err err;

    rn_blocks_forget(&local->blocks, segment->head.id);
    err = disk->ops->unlink(disk, rn_index_path(path, segment->head.id));
    if (err && err != RN_NOT_FOUND) {
        return err;
    }
    rn_segment_path(path, segment->head.id);
    if (!is_worth_keeping(local, segment, *spares)) {
        return disk->ops->unlink(disk, path);
    }
    struct rn_spare spare = {rn_spares_number(&local->spares), segment->file_bytes};

    err = disk->ops->rename(disk, path, rn_spare_path(to, spare.number));
    if (!err) {
        list[(*spares)++] = spare;
    }
    return err;
}

static void add_spares(struct rn_local *local, const struct rn_spare *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)rn_spares_add(&local->spares, &list[i]); /* only we add, and there was room */
        rn_count(&local->counters.recycled, 1);
    }
}

/* Whatever fails is finished at the next start: the segments are said to be dropped. */
static rn_err drop(struct rn_local *local, const struct drops *drops)
{
    struct rn_disk *disk = local->options.disk;
    struct rn_spare list[RN_SPARES_MAX];
    size_t spares = 0;
    rn_err err = RN_OK, first_err = RN_OK;

    for (size_t i = 0; i < drops->count; i++) {
        err = remove_files(local, drops->segments[i], list, &spares);
        first_err = first_err ? first_err : err;
        rn_segment_set_state(drops->segments[i], RN_SEGMENT_RETIRED);
        rn_book_remove(&local->book, drops->segments[i]);
        rn_count(&local->counters.dropped, 1);
    }
    err = disk->ops->sync_dir(disk, RN_LOG_DIR);
    if (!err) {
        add_spares(local, list, spares);
    }
    return first_err ? first_err : err;
}

/* What keeps the ends of the lanes now lies in the newest segment: with --durability os perhaps not
 * yet on the disk. */
static rn_err sync_newest(struct rn_local *local)
{
    struct rn_segment *newest = NULL;
    char path[RN_LOG_PATH_BYTES];
    struct rn_file *file;
    rn_err err;

    if (local->options.sync) {
        return RN_OK;
    }
    for (struct rn_segment *at = NULL; (at = rn_book_next(&local->book, at));) {
        newest = at;
    }
    if (!newest) {
        return RN_OK;
    }
    err = rn_file_open(local->options.disk, rn_segment_path(path, newest->head.id), 0, &file);
    if (!err) {
        err = rn_file_sync(file);
        rn_file_close(file);
    }
    return err;
}

static bool drop_segments(struct rn_local *local)
{
    struct drops drops = {.count = 0};
    rn_err err;

    find_drops(local, &drops);
    err = drops.count > 0 ? sync_newest(local) : RN_OK;
    if (!err && drops.count > 0) {
        err = announce(local, &drops);
    }
    if (!err && drops.count > 0) {
        err = drop(local, &drops);
    }
    if (err) {
        rn_log(RN_LOG_WARN, "local", "cannot drop expired segments: %s", rn_err_text(err));
    }
    for (size_t i = 0; i < drops.count; i++) {
        rn_segment_unref(drops.segments[i]);
    }
    return drops.count > 0 && !err;
}

bool rn_retain(struct rn_local *local)
{
    bool any = expire_all(local);

    return drop_segments(local) || any;
}
