/* cold.c - reading a lane: from the tail cache inside the call, or by a reader thread from files.
 *
 *   position ─▶ is it beyond the end, or is all that is left too old? ─▶ answered
 *            ─▶ does the tail cache reach back to it? ─▶ chunks from there
 *            ─▶ which piece holds it ─▶ extents, from memory or the index file ─▶ chunks from blocks
 *
 * A read takes a few chunks a round and looks at the lane anew for each round, so nothing is locked while a
 * file is read; what expires or grows in between is seen. A reader that goes on where the last one
 * stopped has the blocks that follow loaded ahead. */
#include "local/cold.h"

#include <assert.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "local/batch.h"
#include "local/frame.h"
#include "local/index.h"
#include "local/inside.h"
#include "sys/log.h"

enum { CHUNKS_PER_ROUND = 32 };

/* What a round found: how to go on. */
enum spot { SPOT_END, SPOT_CACHED, SPOT_STORED, SPOT_OUTCOME };

struct round {
    const struct rn_read *read;
    struct rn_reading *reading;
    enum rn_outcome outcome; /* of SPOT_OUTCOME */
    uint64_t end;            /* of the lane */
    /* SPOT_CACHED: with a reference on each slab. */
    struct rn_cached cached[CHUNKS_PER_ROUND];
    /* SPOT_STORED: */
    struct rn_piece piece; /* its segment with a reference */
    struct rn_extent extents[CHUNKS_PER_ROUND];
    size_t count;
};

/* ---- where: all of these with the lane's lock held ---- */

/* The first cached chunk that the reader needs, or the count. */
static size_t find_cached(struct rn_lane *lane, uint64_t from, int64_t not_before_ms)
{
    size_t low = 0, high = lane->tail_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct rn_cached *chunk = rn_lane_cached(lane, middle);

        if (chunk->first + chunk->count <= from || chunk->ms < not_before_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_cached(struct rn_lane *lane, uint64_t from, int64_t not_before_ms)
{
    const struct rn_cached *oldest = lane->tail_count > 0 ? rn_lane_cached(lane, 0) : NULL;

    /* What lies before the oldest is no younger than it. */
    return oldest && (oldest->first <= from || oldest->ms < not_before_ms);
}

static bool round_is_full(const struct round *round, size_t bytes, size_t records)
{
    const struct rn_reading *reading = round->reading;

    return round->count == CHUNKS_PER_ROUND || reading->bytes + bytes >= reading->bytes_max ||
           reading->count + records >= reading->count_max;
}

static enum spot take_cached(struct round *round, struct rn_lane *lane)
{
    size_t at = find_cached(lane, round->reading->next, round->read->not_before_ms), bytes = 0,
           records = 0;

    if (at == lane->tail_count) { /* the rest is too old */
        round->reading->next = lane->end;
        return SPOT_END;
    }
    for (; at < lane->tail_count && !round_is_full(round, bytes, records); at++) {
        const struct rn_cached *chunk = rn_lane_cached(lane, at);
        uint64_t skipped =
            round->reading->next > chunk->first ? round->reading->next - chunk->first : 0;

        rn_slab_ref(chunk->slab);
        round->cached[round->count++] = *chunk;
        bytes += skipped ? 0 : chunk->bytes;
        records += (size_t)(chunk->count - skipped);
    }
    return SPOT_CACHED;
}

/* Extents of a piece that is not indexed yet. */
static void take_extents(struct round *round, const struct rn_piece *piece)
{
    uint32_t low = 0, high = piece->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (rn_extent_is_before(&piece->extents[middle], round->reading->next,
                                round->read->not_before_ms)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < piece->count && round->count < CHUNKS_PER_ROUND; low++) {
        round->extents[round->count++] = piece->extents[low];
    }
}

static enum spot take_piece(struct round *round, struct rn_lane *lane)
{
    size_t at = rn_lane_find_piece(lane, round->reading->next);

    while (at < lane->piece_count && rn_lane_piece(lane, at)->max_ms < round->read->not_before_ms) {
        at++;
    }
    if (at == lane->piece_count) {
        round->reading->next = lane->end;
        return SPOT_END;
    }
    round->piece = *rn_lane_piece(lane, at);
    if (round->piece.first > round->reading->next && at > 0 &&
        rn_lane_piece(lane, at - 1)->end < round->piece.first &&
        rn_lane_piece(lane, at - 1)->end <= round->reading->next) {
        round->outcome = RN_OUTCOME_FAULT; /* what lay between was damaged */
        return SPOT_OUTCOME;
    }
    if (round->piece.extents) {
        take_extents(round, &round->piece);
    }
    rn_segment_ref(round->piece.segment);
    return SPOT_STORED;
}

static enum spot outcome(struct round *round, enum rn_outcome outcome)
{
    round->outcome = outcome;
    return SPOT_OUTCOME;
}

/* Where the reading goes on; `stored` is whether files may be read. */
static enum spot look(struct round *round, bool stored)
{
    struct rn_lane *lane = round->read->lane;
    struct rn_reading *reading = round->reading;

    round->count = 0;
    round->end = lane->end;
    if (rn_lane_is_dead(lane)) {
        return outcome(round, RN_OUTCOME_NO_LANE);
    }
    if (reading->next > lane->end) {
        return outcome(round, RN_OUTCOME_OUT_OF_RANGE);
    }
    reading->next = reading->next < lane->first ? lane->first : reading->next;
    if (reading->next == lane->end || lane->newest_ms < round->read->not_before_ms) {
        reading->next = lane->end;
        return SPOT_END;
    }
    if (is_cached(lane, reading->next, round->read->not_before_ms)) {
        return take_cached(round, lane);
    }
    return stored ? take_piece(round, lane) : SPOT_STORED;
}

static enum spot begin_round(struct round *round, bool stored)
{
    struct rn_lane *lane = round->read->lane;

    rn_mutex_lock(&lane->lock);
    enum spot spot = look(round, stored);

    rn_mutex_unlock(&lane->lock);
    return spot;
}

/* ---- what ---- */

/* Add the chunk, or nothing when the reading is full. */
static rn_err add(struct rn_reading *reading, const struct rn_chunk *chunk)
{
    if (reading->full) {
        return RN_OK;
    }
    reading->next = reading->next < chunk->first ? chunk->first : reading->next;
    return rn_reading_add(reading, chunk);
}

static rn_err add_cached(struct round *round)
{
    rn_err err = RN_OK;

    for (size_t i = 0; i < round->count; i++) {
        const struct rn_cached *cached = &round->cached[i];
        struct rn_chunk chunk = {cached->chunk, cached->bytes, cached->first, cached->count,
                                 cached->ms};

        if (err || round->reading->full) {
            rn_slab_unref(cached->slab);
            continue;
        }
        err = rn_reading_hold_slab(round->reading, cached->slab);
        if (!err) {
            err = add(round->reading, &chunk);
        }
    }
    return err;
}

/* How many of the extents from `at` on adjoin each other in the file, as the parts of a lane do that were
 * written in one frame, and are wanted. */
static size_t count_run(const struct round *round, size_t at)
{
    const struct rn_reading *reading = round->reading;
    const struct rn_extent *extent = &round->extents[at];
    size_t bytes = reading->bytes + extent->bytes, records = reading->count + extent->count, i = 1;

    for (; at + i < round->count && bytes < reading->bytes_max && records < reading->count_max;
         i++, extent++) {
        if (extent[1].offset != extent->offset + extent->bytes || extent[1].count == 0 ||
            extent[1].bytes > RN_FRAME_BYTES_MAX - bytes) {
            break;
        }
        bytes += extent[1].bytes;
        records += extent[1].count;
    }
    return i;
}

/* The bytes [offset, end) of the segment, in memory that lives with the batch. */
static rn_err read_bytes(struct rn_local *local, struct round *round, uint64_t offset, uint64_t end,
                         char **ret_bytes)
{
    struct rn_segment *segment = round->piece.segment;
    size_t len = (size_t)(end - offset);
    bool alone;
    char *room;

    if (offset > end || end > atomic_load_explicit(&segment->end, memory_order_acquire)) {
        return RN_CORRUPT;
    }
    alone = !rn_blocks_worth(&local->blocks, segment, offset, len);
    room = rn_reading_buffer(round->reading, len + (alone ? RN_ALONE_EXTRA : 0));
    if (!room) {
        return RN_NOMEM;
    }
    *ret_bytes = room;
    return alone ? rn_blocks_read_alone(local, segment, offset, room, len, ret_bytes)
                 : rn_blocks_copy(local, segment, RN_BLOCK_DATA, offset, room, len);
}

/* `count` adjoining chunks from the segment's file. */
static rn_err add_stored(struct rn_local *local, struct round *round, size_t at, size_t count)
{
    const struct rn_extent *first = &round->extents[at], *last = first + count - 1;
    char *bytes = NULL;
    rn_err err = read_bytes(local, round, first->offset, last->offset + last->bytes, &bytes);

    for (const struct rn_extent *extent = first; !err && extent <= last; extent++) {
        struct rn_chunk chunk = {bytes + (extent->offset - first->offset), extent->bytes,
                                 extent->first, extent->count, extent->ms};

        err = rn_crc32c(0, chunk.bytes, chunk.len) == extent->crc ? add(round->reading, &chunk)
                                                                  : RN_CORRUPT;
    }
    return err;
}

/* Have a few blocks from `from` on loaded, as far as the queue has room. */
static void read_ahead(struct rn_local *local, struct rn_segment *segment, uint64_t from)
{
    struct rn_cold *cold = &local->cold;
    uint64_t end = atomic_load_explicit(&segment->end, memory_order_acquire);
    uint64_t at = (from / RN_CACHE_BLOCK_BYTES + 1) * RN_CACHE_BLOCK_BYTES;
    bool any = false;

    for (int i = 0; i < RN_READ_AHEAD_BLOCKS && at < end; i++, at += RN_CACHE_BLOCK_BYTES) {
        if (rn_blocks_has(&local->blocks, segment, at)) {
            continue;
        }
        rn_mutex_lock(&cold->lock);
        if (cold->ahead_count < RN_READ_AHEAD_QUEUE && !cold->closed) {
            size_t free_at = (cold->ahead_at + cold->ahead_count++) % RN_READ_AHEAD_QUEUE;

            rn_segment_ref(segment);
            cold->ahead[free_at] = (struct rn_ahead){segment, at};
            any = true;
        }
        rn_mutex_unlock(&cold->lock);
    }
    if (any) {
        rn_cond_signal(&cold->more);
    }
}

static rn_err add_extents(struct rn_local *local, struct round *round)
{
    struct rn_reading *reading = round->reading;
    rn_err err = RN_OK;

    if (!round->piece.extents) {
        round->count = CHUNKS_PER_ROUND;
        err = rn_index_extents(local, &round->piece, reading->next, round->read->not_before_ms,
                               round->extents, &round->count);
    }
    for (size_t i = 0, run; !err && i < round->count && !reading->full; i += run) {
        run = 1;
        if (round->extents[i].count > 0) { /* not a marker */
            run = count_run(round, i);
            err = add_stored(local, round, i, run);
        }
    }
    if (!err && !reading->full && round->count < CHUNKS_PER_ROUND) {
        reading->next = reading->next < round->piece.end ? round->piece.end : reading->next;
    }
    return err;
}

/* Go on where the chunks end that were read, if this reader has read on before and most of what follows
 * will be the lane's. */
static void look_ahead(struct rn_local *local, const struct round *round)
{
    uint64_t begin = round->extents[0].offset, end = begin, bytes = 0;

    if (atomic_load_explicit(&round->read->lane->read_next, memory_order_relaxed) !=
        round->read->from) {
        return;
    }
    for (size_t i = 0; i < round->count && round->extents[i].first < round->reading->next; i++) {
        end = round->extents[i].offset + round->extents[i].bytes;
        bytes += round->extents[i].bytes;
    }
    if (bytes > (end - begin) / 4) {
        read_ahead(local, round->piece.segment, end);
    }
}

static void say_damaged(struct rn_local *local, const struct round *round, rn_err err)
{
    const struct rn_lane *lane = round->read->lane;

    rn_count(&local->counters.damaged, 1);
    rn_log(RN_LOG_ERROR, "local",
           "topic %llu lane %u cannot be read at offset %llu, in segment %016llx: %s",
           (unsigned long long)lane->topic->uid, lane->number,
           (unsigned long long)round->reading->next,
           (unsigned long long)round->piece.segment->head.id, rn_err_text(err));
}

static rn_err read_stored(struct rn_local *local, struct round *round)
{
    rn_err err = add_extents(local, round);

    if (!err) {
        look_ahead(local, round);
    } else if (err == RN_CORRUPT || err == RN_IO) {
        say_damaged(local, round, err);
    }
    rn_segment_unref(round->piece.segment);
    return err;
}

/* ---- answers ---- */

static void answer(struct rn_batch *batch, const struct round *round, enum rn_outcome outcome)
{
    *batch = (struct rn_batch){.outcome = outcome, .next = round->reading->next, .end = round->end};
    rn_reading_drop(round->reading);
}

static enum rn_outcome outcome_of(rn_err err)
{
    return err == RN_NOMEM ? RN_OUTCOME_UNAVAILABLE : RN_OUTCOME_FAULT;
}

/* The outcome of a reading that met an error: what came before it is an answer, too. */
static rn_err finish(struct round *round, rn_err err, struct rn_batch *ret_batch)
{
    if (err && round->reading->count == 0) {
        answer(ret_batch, round, outcome_of(err));
        return RN_OK;
    }
    return rn_reading_finish(round->reading, round->end, ret_batch);
}

/* Round after round until the batch is full or the lane ends. RN_WAIT: files would have to be read,
 * and `stored` is false. */
static rn_err read_rounds(struct rn_local *local, const struct rn_read *read, bool stored,
                          struct rn_batch *ret_batch)
{
    struct rn_reading reading;
    struct round round = {.read = read, .reading = &reading};
    enum spot spot;
    bool going;
    rn_err err = RN_OK;

    rn_reading_begin(&reading, local->recycler, read);
    do {
        spot = begin_round(&round, stored);
        going = spot == SPOT_CACHED || (spot == SPOT_STORED && stored);
        if (going) {
            err = spot == SPOT_CACHED ? add_cached(&round) : read_stored(local, &round);
        }
    } while (going && !err && !reading.full);
    if (reading.count == 0 && spot == SPOT_STORED && !stored) {
        rn_reading_drop(&reading);
        return RN_WAIT;
    }
    if (reading.count == 0 && spot == SPOT_OUTCOME) {
        answer(ret_batch, &round, round.outcome);
        return RN_OK;
    }
    return finish(&round, err, ret_batch);
}

rn_err rn_read_now(struct rn_local *local, const struct rn_read *read, struct rn_batch *ret_batch)
{
    rn_err err = read_rounds(local, read, false, ret_batch);

    rn_count(&local->counters.tail_reads, err != RN_WAIT);
    return err;
}

static void do_read(struct rn_local *local, struct rn_read *read)
{
    if (read_rounds(local, read, true, &read->batch)) {
        read->batch = (struct rn_batch){.outcome = RN_OUTCOME_UNAVAILABLE, .next = read->from};
    }
    atomic_store_explicit(&read->lane->read_next, read->batch.next, memory_order_relaxed);
    rn_count(&local->counters.cold_reads, 1);
    rn_mailbox_post(read->box, &read->done);
}

/* ---- readers ---- */

void rn_cold_init(struct rn_cold *cold)
{
    *cold = (struct rn_cold){0};
    rn_mutex_init(&cold->lock);
    rn_cond_init(&cold->more);
}

void rn_cold_done(struct rn_cold *cold)
{
    assert(!cold->first);
    while (cold->ahead_count > 0) {
        rn_segment_unref(cold->ahead[cold->ahead_at].segment);
        cold->ahead_at = (cold->ahead_at + 1) % RN_READ_AHEAD_QUEUE;
        cold->ahead_count--;
    }
    rn_cond_done(&cold->more);
    rn_mutex_done(&cold->lock);
}

void rn_cold_read(struct rn_local *local, struct rn_read *read)
{
    struct rn_cold *cold = &local->cold;

    read->engine_private = NULL;
    rn_mutex_lock(&cold->lock);
    if (cold->last) {
        cold->last->engine_private = read;
    } else {
        cold->first = read;
    }
    cold->last = read;
    rn_mutex_unlock(&cold->lock);
    rn_cond_signal(&cold->more);
}

bool rn_local_step_reader(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);
    struct rn_cold *cold = &local->cold;
    struct rn_ahead ahead = {0};

    rn_mutex_lock(&cold->lock);
    struct rn_read *read = cold->first;

    if (read) {
        cold->first = read->engine_private;
        cold->last = cold->first ? cold->last : NULL;
    } else if (cold->ahead_count > 0) {
        ahead = cold->ahead[cold->ahead_at];
        cold->ahead_at = (cold->ahead_at + 1) % RN_READ_AHEAD_QUEUE;
        cold->ahead_count--;
    }
    rn_mutex_unlock(&cold->lock);
    if (read) {
        do_read(local, read);
    } else if (ahead.segment) {
        rn_blocks_load(local, ahead.segment, ahead.offset);
        rn_segment_unref(ahead.segment);
    }
    return read || ahead.segment;
}
