/* scan.c - frame by frame:
 *
 *   good ─▶ its extents go to their lanes ─▶ the next
 *   bad  ─▶ look at every block behind it for a good frame of this segment
 *             in the newest segment, and none was built after the bad one had been synced: a torn tail, the end
 *             else: damage; the lanes get a hole, and reading goes on at the first good frame
 *
 * segment.c tells why this is right. */
#include "local/scan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "local/frame.h"
#include "local/inside.h"
#include "sys/log.h"

enum { WINDOW_BYTES = 1024 * 1024, MARKER_BYTES = 8 };

/* A piece of the file in memory. */
struct window {
    char *bytes;
    size_t cap, len;
    uint64_t at;
};

struct walk {
    struct rn_scan *scan;
    struct window window;
    uint64_t at;
    uint64_t expected; /* number of the next frame */
    uint32_t flags;    /* of the last good frame */
    rn_err err;        /* memory, or of the device */
};

/* `len` bytes at `offset`, or NULL: not there, or an error. */
static const char *view(struct walk *walk, uint64_t offset, size_t len)
{
    struct window *window = &walk->window;
    uint64_t left = walk->scan->limit > offset ? walk->scan->limit - offset : 0;
    size_t want = len > WINDOW_BYTES ? len : WINDOW_BYTES;

    if (len > left || walk->err) {
        return NULL;
    }
    if (offset >= window->at && offset + len <= window->at + window->len) {
        return window->bytes + (offset - window->at);
    }
    want = want > left ? (size_t)left : want;
    window->len = 0;
    if (want > window->cap) {
        free(window->bytes);
        window->bytes = rn_disk_alloc(want);
        window->cap = window->bytes ? want : 0;
    }
    walk->err = window->bytes
                    ? rn_file_read(walk->scan->file, offset, window->bytes, want, &window->len)
                    : RN_NOMEM;
    if (walk->err) {
        window->len = 0;
    }
    window->at = offset;
    return window->len >= len ? window->bytes : NULL;
}

/* The whole frame at `offset`, if it is a good one of this segment, at or after the expected one. */
static const char *good_frame(struct walk *walk, uint64_t offset, struct rn_frame *ret_frame)
{
    const struct rn_segment_head *head = &walk->scan->segment->head;
    const char *bytes = view(walk, offset, RN_BLOCK_BYTES);

    if (!bytes || rn_frame_peek(bytes, ret_frame) || ret_frame->segment != head->id ||
        ret_frame->salt != head->salt || ret_frame->number < walk->expected ||
        ret_frame->bytes == 0) {
        return NULL;
    }
    bytes = view(walk, offset, ret_frame->bytes);
    return bytes && rn_frame_table_good(bytes, ret_frame) && rn_frame_chunks_good(bytes, ret_frame)
               ? bytes
               : NULL;
}

/* ---- lanes ---- */

bool rn_past_let_go(const struct rn_past *past, struct rn_lane *lane, uint64_t first)
{
    uint64_t last = rn_lane_piece(lane, lane->piece_count - 1)->segment->head.id;

    if (past->spliced <= last || past->lost > last) {
        return false;
    }
    rn_lane_drop_pieces(lane, lane->piece_count);
    lane->first = lane->end = first;
    return true;
}

/* Lock held; room for two extents is reserved. RN_CORRUPT: it does not follow what the lane has. */
static rn_err add_to_lane(struct walk *walk, struct rn_lane *lane, const struct rn_extent *extent)
{
    struct rn_segment *segment = walk->scan->segment;
    bool known = lane->piece_count > 0;

    if (known && extent->first < lane->end) {
        return RN_CORRUPT;
    }
    if (known && extent->first > lane->end &&
        !rn_past_let_go(walk->scan->past, lane, extent->first)) {
        uint64_t gap = extent->first - lane->end;
        struct rn_extent hole = {
            .first = lane->end, .offset = extent->offset, .ms = extent->ms, .crc = RN_HOLE_CRC};

        if (gap > UINT32_MAX) {
            return RN_CORRUPT;
        }
        hole.count = (uint32_t)gap;
        rn_lane_add(lane, segment, &hole);
        segment->extents++;
    }
    rn_lane_add(lane, segment, extent);
    segment->extents++;
    return RN_OK;
}

/* The extent of a frame at `offset` as its lane will remember it. */
static struct rn_extent extent_of(const struct rn_frame *frame, const struct rn_frame_extent *row,
                                  const char *chunk, uint64_t offset)
{
    bool marker = row->count == 0 && row->bytes == MARKER_BYTES;

    return (struct rn_extent){
        .first = row->first,
        .offset = offset,
        .ms = marker ? (int64_t)rn_get_le64(chunk) : frame->append_ms,
        .count = row->count,
        .bytes = row->bytes,
        .crc = row->crc,
    };
}

static rn_err admit_extent(struct walk *walk, const struct rn_frame_extent *row,
                           const struct rn_extent *extent)
{
    struct rn_lane *lane;
    rn_err err = rn_topics_lane(&walk->scan->local->topics, row->topic, row->lane, &lane);

    if (!err) {
        err = rn_lane_reserve(lane, walk->scan->segment, 2, 0);
    }
    if (err) {
        return err;
    }
    rn_mutex_lock(&lane->lock);
    err = add_to_lane(walk, lane, extent);
    rn_mutex_unlock(&lane->lock);
    return err;
}

/* A frame whose checksums hold but that contradicts its lanes was not written by us. */
static void damage(struct walk *walk, uint64_t offset, const char *what)
{
    walk->scan->damaged = true;
    rn_count(&walk->scan->local->counters.damaged, 1);
    rn_log(RN_LOG_ERROR, "local", "segment %016llx is damaged at byte %llu: %s",
           (unsigned long long)walk->scan->segment->head.id, (unsigned long long)offset, what);
}

static void admit(struct walk *walk, const char *bytes, const struct rn_frame *frame)
{
    struct rn_segment *segment = walk->scan->segment;
    struct rn_counters *counters = &walk->scan->local->counters;
    const char *chunk = bytes + rn_frame_table_bytes(frame->extents);

    for (uint32_t i = 0; i < frame->extents && !walk->err; i++) {
        struct rn_frame_extent row = rn_frame_get_extent(bytes, i);
        struct rn_extent extent =
            extent_of(frame, &row, chunk, walk->at + (uint64_t)(chunk - bytes));
        rn_err err = admit_extent(walk, &row, &extent);

        if (err == RN_CORRUPT || err == RN_TOO_LARGE) {
            damage(walk, extent.offset, "records that do not follow their lane's");
        } else {
            walk->err = err;
        }
        chunk += row.bytes;
        rn_count(&counters->recovered_records, row.count);
    }
    rn_count(&counters->recovered_frames, 1);
    segment->min_ms = frame->append_ms < segment->min_ms ? frame->append_ms : segment->min_ms;
    segment->max_ms = frame->append_ms > segment->max_ms ? frame->append_ms : segment->max_ms;
}

/* ---- the walk ---- */

/* The first good frame behind the bad one at walk->at, or 0; *ret_proven: it was synced once. */
static uint64_t find_behind(struct walk *walk, bool *ret_proven)
{
    uint64_t first = 0;
    struct rn_frame frame;

    *ret_proven = false;
    for (uint64_t at = walk->at + RN_BLOCK_BYTES;
         at < walk->scan->limit && !walk->err && !*ret_proven;) {
        if (!good_frame(walk, at, &frame)) {
            at += RN_BLOCK_BYTES;
            continue;
        }
        first = first ? first : at;
        *ret_proven = !walk->scan->newest || frame.synced > walk->expected;
        at += frame.bytes;
    }
    return first;
}

/* Does the block begin like a frame of this segment? */
static bool is_torn(struct walk *walk)
{
    const struct rn_segment_head *head = &walk->scan->segment->head;
    const char *bytes = view(walk, walk->at, RN_BLOCK_BYTES);
    struct rn_frame frame;

    return bytes && !rn_frame_peek(bytes, &frame) && frame.segment == head->id &&
           frame.salt == head->salt && frame.number >= walk->expected;
}

/* A bad frame at walk->at. Returns whether to go on. */
static bool step_over(struct walk *walk)
{
    struct rn_scan *scan = walk->scan;
    bool proven;
    uint64_t next = find_behind(walk, &proven);

    if (walk->err) {
        return false;
    }
    if (proven) {
        damage(walk, walk->at, "a frame that was synced does not verify; its records are lost");
        walk->at = next;
        return true;
    }
    if (!scan->newest) {
        damage(walk, walk->at, "the last frames do not verify; their records are lost");
    } else if (next || is_torn(walk)) {
        rn_count(&scan->local->counters.torn,
                 1); /* never acknowledged, except with --durability os */
    }
    scan->ended = (walk->flags & RN_FRAME_END) && !next;
    return false;
}

static void walk_frames(struct walk *walk)
{
    struct rn_scan *scan = walk->scan;
    struct rn_frame frame;
    bool going = true;

    while (going && walk->at < scan->limit && !walk->err) {
        const char *bytes = good_frame(walk, walk->at, &frame);

        if (!bytes) {
            going = !walk->err && step_over(walk);
            continue;
        }
        admit(walk, bytes, &frame);
        walk->at += frame.bytes;
        walk->expected = frame.number + 1;
        walk->flags = frame.flags;
        scan->end = walk->at;
        scan->frames = walk->expected;
    }
    if (walk->at >= scan->limit) {
        scan->ended = walk->flags & RN_FRAME_END;
    }
}

rn_err rn_scan_segment(struct rn_scan *scan)
{
    struct walk walk = {.scan = scan, .at = RN_SEGMENT_START};

    scan->end = RN_SEGMENT_START;
    scan->frames = 0;
    scan->ended = scan->damaged = false;
    scan->limit -= scan->limit % RN_BLOCK_BYTES;
    walk_frames(&walk);
    free(walk.window.bytes);
    if (walk.err && walk.err != RN_NOMEM && !scan->newest) {
        damage(&walk, walk.at, rn_err_text(walk.err));
        return RN_OK;
    }
    return walk.err;
}
