/* spare.c - see spare.h.
 *
 * The writer and the housekeeper never write the same bytes: the housekeeper announces under the lock how
 * far it will write (`preparing_to`), and begins where the writer cannot be; a writer that gets there waits. */
#include "local/spare.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "local/frame.h"
#include "local/inside.h"

enum {
    ZEROS_BYTES = 256 * 1024,
    STEP_BYTES_MAX = 16 * 1024 * 1024,
    SMALL_FRAME_BYTES = 128 * 1024, /* above it zeros do not pay */
    FREE_PARTS = 8,                 /* a step takes at most 1/8 of what the disk has left */
    PAUSE_US = 1000000,
};

void rn_spares_init(struct rn_spares *spares)
{
    rn_mutex_init(&spares->lock);
    rn_cond_init(&spares->prepared_more);
}

void rn_spares_done(struct rn_spares *spares)
{
    rn_file_close(spares->file);
    free(spares->zeros);
    rn_cond_done(&spares->prepared_more);
    rn_mutex_done(&spares->lock);
}

bool rn_spares_take(struct rn_spares *spares, struct rn_spare *ret_spare)
{
    rn_mutex_lock(&spares->lock);
    bool any = spares->count > 0;

    if (any) {
        *ret_spare = spares->list[--spares->count];
    }
    rn_mutex_unlock(&spares->lock);
    return any;
}

bool rn_spares_add(struct rn_spares *spares, const struct rn_spare *spare)
{
    rn_mutex_lock(&spares->lock);
    bool room = spares->count < RN_SPARES_MAX;

    if (room) {
        spares->list[spares->count++] = *spare;
    }
    rn_mutex_unlock(&spares->lock);
    return room;
}

size_t rn_spares_count(struct rn_spares *spares)
{
    rn_mutex_lock(&spares->lock);
    size_t count = spares->count;

    rn_mutex_unlock(&spares->lock);
    return count;
}

uint64_t rn_spares_number(struct rn_spares *spares)
{
    rn_mutex_lock(&spares->lock);
    uint64_t number = spares->next_number++;

    rn_mutex_unlock(&spares->lock);
    return number;
}

/* ---- ahead of the writer ---- */

void rn_spares_begin(struct rn_spares *spares, uint64_t segment, uint64_t at, uint64_t prepared)
{
    rn_mutex_lock(&spares->lock);
    spares->segment = segment;
    prepared -= prepared % RN_BLOCK_BYTES; /* a crash may have left the file with any length */
    spares->prepared = prepared > at ? prepared : at;
    spares->preparing_to = 0;
    atomic_store_explicit(&spares->written, at, memory_order_relaxed);
    rn_mutex_unlock(&spares->lock);
}

void rn_spares_claim(struct rn_spares *spares, uint64_t end)
{
    rn_mutex_lock(&spares->lock);
    while (end > spares->prepared && spares->preparing_to) {
        rn_cond_wait(&spares->prepared_more, &spares->lock);
    }
    if (end > spares->prepared) {
        spares->prepared = end; /* the file grows by this frame */
    }
    rn_mutex_unlock(&spares->lock);
}

/* How much should lie prepared ahead of `at`: little for a server that hardly writes. */
static uint64_t step_bytes(const struct rn_local *local, uint64_t at)
{
    uint64_t least = local->options.prepare_bytes, step = at / 4;

    step = step < least ? least : step;
    return rn_blocks_up(step > STEP_BYTES_MAX && least <= STEP_BYTES_MAX ? STEP_BYTES_MAX : step);
}

/* Lock held. */
static bool wants_more(struct rn_local *local, uint64_t at)
{
    struct rn_spares *spares = &local->spares;

    return spares->segment && !spares->preparing_to && local->options.prepare_bytes > 0 &&
           spares->prepared < local->options.segment_bytes &&
           spares->prepared < at + step_bytes(local, at) / 2 &&
           atomic_load_explicit(&spares->frame_bytes, memory_order_relaxed) <= SMALL_FRAME_BYTES;
}

bool rn_spares_wrote(struct rn_local *local, uint64_t end, size_t frame_bytes)
{
    struct rn_spares *spares = &local->spares;
    uint64_t average = atomic_load_explicit(&spares->frame_bytes, memory_order_relaxed);

    average = average - average / 8 + frame_bytes / 8;
    atomic_store_explicit(&spares->frame_bytes, average, memory_order_relaxed);
    atomic_store_explicit(&spares->written, end, memory_order_relaxed);
    rn_mutex_lock(&spares->lock);
    bool more = wants_more(local, end);

    rn_mutex_unlock(&spares->lock);
    return more;
}

static bool disk_has_room(struct rn_local *local, uint64_t bytes)
{
    uint64_t left;

    return !local->options.disk->ops->free_bytes(local->options.disk, &left) &&
           left / FREE_PARTS > bytes + local->options.reserve_bytes;
}

/* A handle of our own: the writer's belongs to its thread. */
static rn_err open_active(struct rn_local *local, uint64_t segment)
{
    struct rn_spares *spares = &local->spares;
    char path[RN_LOG_PATH_BYTES];
    rn_err err;

    if (!spares->zeros) {
        spares->zeros = rn_disk_alloc(ZEROS_BYTES);
        if (!spares->zeros) {
            return RN_NOMEM;
        }
        memset(spares->zeros, 0, ZEROS_BYTES);
    }
    if (spares->file && spares->file_id == segment) {
        return RN_OK;
    }
    rn_file_close(spares->file);
    spares->file = NULL;
    err = rn_file_open(local->options.disk, rn_segment_path(path, segment), RN_FILE_DIRECT,
                       &spares->file);
    spares->file_id = segment;
    return err;
}

static rn_err write_zeros(struct rn_local *local, uint64_t segment, uint64_t from, uint64_t to)
{
    struct rn_spares *spares = &local->spares;
    rn_err err = open_active(local, segment);

    while (!err && from < to) {
        size_t len = to - from < ZEROS_BYTES ? (size_t)(to - from) : ZEROS_BYTES;

        err = rn_file_write(spares->file, from, spares->zeros, len);
        from += len;
    }
    return err ? err : rn_file_sync(spares->file);
}

bool rn_spares_prepare(struct rn_local *local)
{
    struct rn_spares *spares = &local->spares;
    uint64_t at = atomic_load_explicit(&spares->written, memory_order_relaxed),
             step = step_bytes(local, at), from, to, segment;
    int64_t now_us = rn_clock_mono_us(local->options.clock);
    rn_err err;

    if (now_us < spares->pause_until_us) {
        return false;
    }
    rn_mutex_lock(&spares->lock);
    bool wanted = wants_more(local, at);

    segment = spares->segment;
    from = spares->prepared;
    to = from + step < local->options.segment_bytes ? from + step
                                                    : rn_blocks_up(local->options.segment_bytes);
    rn_mutex_unlock(&spares->lock);
    if (!wanted || !disk_has_room(local, step)) {
        return false;
    }
    rn_mutex_lock(&spares->lock);
    bool same = spares->segment == segment && spares->prepared == from;

    spares->preparing_to = same ? to : 0;
    rn_mutex_unlock(&spares->lock);
    if (!same) {
        return true; /* the writer was faster: look again */
    }
    err = write_zeros(local, segment, from, to);
    rn_mutex_lock(&spares->lock);
    if (spares->segment == segment) {
        spares->prepared = err ? from : to;
        spares->preparing_to = 0;
    }
    rn_cond_broadcast(&spares->prepared_more);
    rn_mutex_unlock(&spares->lock);
    if (err) {
        spares->pause_until_us = now_us + PAUSE_US;
    } else {
        rn_count(&local->counters.prepared_bytes, to - from);
    }
    return !err;
}
