/* house.c - a step does the most urgent of: zeros ahead of the writer, the index of a sealed segment, and once
 * a second the regular round: deleted topics, retention, the disk's room. */
#include "local/house.h"

#include "local/index.h"
#include "local/inside.h"
#include "sys/log.h"

enum { PAUSE_US = 1000000 };

void rn_house_init(struct rn_house *house)
{
    rn_mutex_init(&house->lock);
    rn_cond_init(&house->more);
}

void rn_house_done(struct rn_house *house)
{
    rn_dropped_done(&house->dropped);
    rn_cond_done(&house->more);
    rn_mutex_done(&house->lock);
}

void rn_house_wake(struct rn_house *house)
{
    rn_mutex_lock(&house->lock);
    house->due = true;
    rn_mutex_unlock(&house->lock);
    rn_cond_signal(&house->more);
}

/* ---- indexes ---- */

/* The oldest segment that is sealed and not indexed, with a reference, or NULL. */
static struct rn_segment *find_sealed(struct rn_local *local)
{
    struct rn_segment *segment = rn_book_next(&local->book, NULL);

    while (segment && rn_segment_state(segment) != RN_SEGMENT_SEALED) {
        segment = rn_book_next(&local->book, segment);
    }
    return segment;
}

static bool write_index(struct rn_local *local)
{
    int64_t now_us = rn_clock_mono_us(local->options.clock);
    struct rn_segment *segment = now_us < local->house.pause_until_us ? NULL : find_sealed(local);
    rn_err err;

    if (!segment) {
        return false;
    }
    err = rn_index_write(local, segment);
    if (err) { /* its extents stay in memory until it works */
        local->house.pause_until_us = now_us + PAUSE_US;
        rn_log(RN_LOG_WARN, "local", "cannot write the index of segment %016llx: %s; trying again",
               (unsigned long long)segment->head.id, rn_err_text(err));
    }
    rn_segment_unref(segment);
    return !err;
}

/* ---- room on the disk ---- */

static void give_back_spares(struct rn_local *local)
{
    struct rn_disk *disk = local->options.disk;
    char path[RN_LOG_PATH_BYTES];
    struct rn_spare spare;

    while (rn_spares_take(&local->spares, &spare)) {
        (void)disk->ops->unlink(
            disk, rn_spare_path(path, spare.number)); /* the next start would find it */
    }
}

/* What is left below the reserve is for the control log, snapshots and indexes. */
static void watch_room(struct rn_local *local)
{
    struct rn_disk *disk = local->options.disk;
    uint64_t left;

    if (disk->ops->free_bytes(disk, &left)) {
        return;
    }
    if (left < local->options.reserve_bytes) {
        give_back_spares(local);
        if (disk->ops->free_bytes(disk, &left)) {
            return;
        }
    }
    bool full = left < local->options.reserve_bytes;

    if (atomic_exchange_explicit(&local->full, full, memory_order_relaxed) != full) {
        rn_log(full ? RN_LOG_ERROR : RN_LOG_INFO, "local",
               full ? "the disk has only %llu MiB left: writes are refused until there is room"
                    : "the disk has %llu MiB left: writes are accepted again",
               (unsigned long long)(left >> 20));
    }
}

/* ---- steps ---- */

/* Whether the regular round is due; it is not again before the next period. */
static bool round_is_due(struct rn_local *local)
{
    int64_t now_us = rn_clock_mono_us(local->options.clock);
    bool due = now_us >= local->house.next_us;

    if (due) {
        local->house.next_us = now_us + RN_HOUSE_EVERY_US;
    }
    return due;
}

static bool regular_round(struct rn_local *local)
{
    bool any = rn_topics_bury(&local->topics);

    any |= atomic_load_explicit(&local->ready, memory_order_acquire) && rn_retain(local);
    watch_room(local);
    rn_recycler_trim(local->recycler);
    return any;
}

bool rn_local_step_housekeeper(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);

    return rn_spares_prepare(local) || write_index(local) ||
           (round_is_due(local) && regular_round(local));
}
