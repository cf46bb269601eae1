/* writer.c - a turn of the writer:
 *
 *   take what waits ─▶ a segment with room ─▶ memory for everything that must not fail later ─▶ build
 *   ─▶ write ─▶ sync ─▶ publish to the lanes ─▶ outcomes
 *
 * Up to the write a failure means that nothing was attempted (UNAVAILABLE, FULL). A write that found
 * the disk full counts as no frame, whatever part of it arrived: the room is used again, FULL. From any other
 * failed write or sync on the frame may be there or not (UNKNOWN), and the segment is sealed before it:
 * see segment.c. While one frame is synced the next one's records gather in the queue. */
#include "local/writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "local/frame.h"
#include "local/inside.h"
#include "sys/log.h"

enum { RETRY_US = 250000 };

/* ---- segments ---- */

/* Give `file` the head and the name of segment head->id. After an error it may have either. */
static rn_err become(struct rn_local *local, struct rn_file *file, uint64_t spare,
                     const struct rn_segment_head *head)
{
    struct rn_disk *disk = local->options.disk;
    char from[RN_LOG_PATH_BYTES], to[RN_LOG_PATH_BYTES];
    char *bytes = rn_disk_alloc(RN_SEGMENT_START);
    rn_err err;

    if (!bytes) {
        return RN_NOMEM;
    }
    rn_segment_head_put(bytes, head);
    err = rn_file_write(file, 0, bytes, RN_SEGMENT_START);
    free(bytes);
    if (!err) {
        err = rn_file_sync(file);
    }
    if (!err) {
        err = disk->ops->rename(disk, rn_spare_path(from, spare), rn_segment_path(to, head->id));
    }
    return err ? err : disk->ops->sync_dir(disk, RN_LOG_DIR);
}

/* A file to write the segment to; *ret_spare says which. */
static rn_err open_spare(struct rn_local *local, struct rn_spare *ret_spare,
                         struct rn_file **ret_file)
{
    struct rn_disk *disk = local->options.disk;
    char path[RN_LOG_PATH_BYTES];

    if (rn_spares_take(&local->spares, ret_spare) &&
        !rn_file_open(disk, rn_spare_path(path, ret_spare->number), RN_FILE_DIRECT, ret_file)) {
        return RN_OK;
    }
    *ret_spare = (struct rn_spare){.number = rn_spares_number(&local->spares)};
    return rn_file_open(disk, rn_spare_path(path, ret_spare->number),
                        RN_FILE_CREATE | RN_FILE_DIRECT, ret_file);
}

static void say_buffered(struct rn_local *local, const struct rn_file *file)
{
    if (!file->is_direct && !local->writer.said_buffered) {
        local->writer.said_buffered = true;
        rn_log(
            RN_LOG_WARN, "local",
            "the file system refuses direct I/O: writing through the page cache, which is slower");
    }
}

static struct rn_segment *new_segment(struct rn_local *local)
{
    struct rn_writer *writer = &local->writer;
    struct rn_segment_head head = {
        .id = writer->next_id++, /* an attempt that fails uses up its id */
        .prev = writer->prev,
        .prev_end = writer->prev_end,
        .prev_frames = writer->prev_frames,
        .created_ms = rn_clock_wall_ms(local->options.clock),
    };

    rn_random_fill(local->options.random, &head.salt, sizeof(head.salt));
    return rn_segment_new(&head);
}

/* An attempt that failed leaves no file: on a full disk there would be four more each second. Should
 * one last, it is like an attempt that the power ended. */
static void take_back(struct rn_local *local, uint64_t spare, uint64_t id)
{
    struct rn_disk *disk = local->options.disk;
    char path[RN_LOG_PATH_BYTES];

    (void)disk->ops->unlink(disk, rn_spare_path(path, spare));
    (void)disk->ops->unlink(disk, rn_segment_path(path, id));
}

static rn_err begin_segment(struct rn_local *local)
{
    struct rn_writer *writer = &local->writer;
    struct rn_segment *segment = new_segment(local);
    struct rn_file *file = NULL;
    struct rn_spare spare;
    rn_err err;

    assert(!writer->active);
    if (!segment) {
        return RN_NOMEM;
    }
    err = open_spare(local, &spare, &file);
    if (!err) {
        err = become(local, file, spare.number, &segment->head);
    }
    if (err) {
        rn_file_close(file);
        take_back(local, spare.number, segment->head.id);
        rn_segment_unref(segment);
        return err;
    }
    say_buffered(local, file);
    segment->file_bytes = spare.bytes;
    writer->active = segment;
    writer->file = file;
    writer->at = RN_SEGMENT_START;
    writer->frames = writer->synced = 0;
    rn_book_add(&local->book, segment);
    rn_spares_begin(&local->spares, segment->head.id, writer->at, spare.bytes);
    rn_count(&local->counters.segments, 1);
    return RN_OK;
}

/* What lies behind the last good frame is ignored from now on. */
static void seal(struct rn_local *local)
{
    struct rn_writer *writer = &local->writer;
    struct rn_segment *segment = writer->active;

    writer->prev = segment->head.id;
    writer->prev_end = writer->at;
    writer->prev_frames = writer->frames;
    segment->frames = writer->frames;
    segment->file_bytes = segment->file_bytes > writer->at ? segment->file_bytes : writer->at;
    rn_file_close(writer->file);
    writer->file = NULL;
    writer->active = NULL;
    rn_spares_begin(&local->spares, 0, 0, 0);
    rn_segment_set_state(segment, RN_SEGMENT_SEALED);
    rn_house_wake(&local->house);
}

static rn_err sync_file(struct rn_local *local)
{
    rn_err err = rn_file_sync(local->writer.file);

    rn_count(&local->counters.syncs, 1);
    if (!err) {
        local->writer.synced = local->writer.frames;
    }
    return err;
}

/* Seal a segment that is full. Its bytes are durable before the next head says that they are. */
static void roll(struct rn_local *local)
{
    if (local->writer.synced < local->writer.frames && sync_file(local)) {
        rn_log(RN_LOG_ERROR, "local",
               "segment %016llx could not be synced; what --durability os acknowledged may be lost",
               (unsigned long long)local->writer.active->head.id);
    }
    seal(local);
}

static void refuse(struct rn_local *local, rn_err err)
{
    struct rn_writer *writer = &local->writer;

    if (writer->refusal == RN_OUTCOME_OK) {
        rn_log(RN_LOG_ERROR, "local",
               "cannot begin a segment: %s; writes are refused until it works", rn_err_text(err));
    }
    writer->refusal = err == RN_FULL ? RN_OUTCOME_FULL : RN_OUTCOME_UNAVAILABLE;
    writer->retry_at_us = rn_clock_mono_us(local->options.clock) + RETRY_US;
    atomic_store_explicit(&local->refusing, true, memory_order_relaxed);
}

static void accept(struct rn_local *local)
{
    if (local->writer.refusal != RN_OUTCOME_OK) {
        rn_log(RN_LOG_INFO, "local", "segments can be begun again; writes are accepted");
    }
    local->writer.refusal = RN_OUTCOME_OK;
    atomic_store_explicit(&local->refusing, false, memory_order_relaxed);
}

/* Have a segment that `bytes` fit into. */
static rn_err have_segment(struct rn_local *local, size_t bytes, uint32_t extents)
{
    struct rn_writer *writer = &local->writer;
    rn_err err;

    if (writer->active && writer->at > RN_SEGMENT_START &&
        (writer->at + bytes > local->options.segment_bytes ||
         writer->active->extents + extents > RN_SEGMENT_EXTENTS_MAX)) {
        roll(local);
    }
    if (writer->active) {
        return RN_OK;
    }
    err = begin_segment(local);
    if (err) {
        refuse(local, err);
    } else {
        accept(local);
    }
    return err;
}

/* ---- a frame ---- */

struct frame_plan {
    struct rn_take *take;
    struct rn_frame head;
    char *bytes;
    struct rn_slab *slab;
};

static enum rn_outcome outcome_of(rn_err err)
{
    return err == RN_FULL ? RN_OUTCOME_FULL : RN_OUTCOME_UNAVAILABLE;
}

/* Every part of the take gets this outcome; nothing was published. */
static void finish_all(struct rn_local *local, struct rn_take *take, enum rn_outcome outcome)
{
    for (struct rn_link *link; (link = rn_list_pop(&take->lanes));) {
        struct rn_lane *lane = RN_OWNER(link, struct rn_lane, in_frame);
        struct rn_link parts;

        rn_list_init(&parts); /* the last part may take the lane with it */
        rn_list_splice(&parts, &lane->taken);
        for (struct rn_link *at; (at = rn_list_pop(&parts));) {
            rn_part_finish(local, RN_OWNER(at, struct rn_part, link), outcome, 0, INT64_MIN);
        }
    }
}

static uint32_t taken_count(const struct rn_lane *lane)
{
    uint32_t count = 0;

    for (const struct rn_link *at = lane->taken.next; at != &lane->taken; at = at->next) {
        count++;
    }
    return count;
}

/* All memory that publishing needs: once the frame is durable nothing may fail. */
static rn_err reserve(struct rn_local *local, struct frame_plan *plan)
{
    plan->bytes = rn_tail_room(&local->tail, plan->head.bytes);
    if (!plan->bytes) {
        return RN_NOMEM;
    }
    RN_LIST_EACH (at, &plan->take->lanes) {
        struct rn_lane *lane = RN_OWNER(at, struct rn_lane, in_frame);
        uint32_t count = taken_count(lane);
        rn_err err = rn_lane_reserve(lane, local->writer.active, count, count);

        if (err || !rn_tail_add_lane(&local->tail, lane, count)) {
            return RN_NOMEM;
        }
    }
    return RN_OK;
}

static void build(const struct frame_plan *plan)
{
    char *chunk = plan->bytes + rn_frame_table_bytes(plan->take->parts);
    uint32_t row = 0;

    RN_LIST_EACH (at, &plan->take->lanes) {
        struct rn_lane *lane = RN_OWNER(at, struct rn_lane, in_frame);
        uint64_t next = lane->end; /* only we move it */

        RN_LIST_EACH (link, &lane->taken) {
            const struct rn_part *part = RN_OWNER(link, struct rn_part, link);
            struct rn_frame_extent extent = {lane->topic->uid, next,        lane->number,
                                             part->count,      part->bytes, part->crc};

            rn_frame_put_extent(plan->bytes, row++, &extent);
            memcpy(chunk, part->chunk, part->bytes);
            chunk += part->bytes;
            next += part->count;
        }
    }
    assert(row == plan->head.extents && (size_t)(chunk - plan->bytes) == plan->head.used);
    memset(chunk, 0, plan->head.bytes - plan->head.used);
    rn_frame_seal(plan->bytes, &plan->head);
}

/* The frame may be there or not: the segment ends before it. */
static void give_up(struct rn_local *local, rn_err err)
{
    rn_log(RN_LOG_ERROR, "local", "writing segment %016llx failed: %s; going on in a new one",
           (unsigned long long)local->writer.active->head.id, rn_err_text(err));
    rn_count(&local->counters.failed_frames, 1);
    seal(local);
}

/* Add the lane's parts to what readers see. False: the lane's topic was deleted meanwhile. */
static bool add_parts(struct rn_local *local, const struct frame_plan *plan, struct rn_lane *lane,
                      const char *chunk)
{
    struct rn_writer *writer = &local->writer;

    rn_mutex_lock(&lane->lock);
    bool dead = rn_lane_is_dead(lane);

    for (struct rn_link *link = lane->taken.next; !dead && link != &lane->taken;
         link = link->next) {
        const struct rn_part *part = RN_OWNER(link, struct rn_part, link);
        struct rn_cached cached = {plan->slab,           chunk,       lane->end,
                                   plan->head.append_ms, part->count, part->bytes};
        struct rn_extent extent = {
            .first = lane->end,
            .offset = writer->at + (uint64_t)(chunk - plan->bytes),
            .ms = part->count ? plan->head.append_ms : lane->newest_ms,
            .count = part->count,
            .bytes = part->bytes,
            .crc = part->crc,
        };

        if (part->count > 0) {
            rn_lane_cache(lane, &cached);
        }
        rn_lane_add(lane, writer->active, &extent);
        chunk += part->bytes;
    }
    if (!dead) {
        rn_lane_notify(lane);
    }
    rn_mutex_unlock(&lane->lock);
    return !dead;
}

/* Publish one lane and give its parts their outcome. Returns the end of its chunks in the frame. */
static const char *publish_lane(struct rn_local *local, const struct frame_plan *plan,
                                struct rn_lane *lane, const char *chunk)
{
    uint64_t first = lane->end;
    bool alive = add_parts(local, plan, lane, chunk);
    struct rn_link parts;

    rn_list_init(&parts); /* the last part may take the lane with it */
    rn_list_splice(&parts, &lane->taken);
    for (struct rn_link *link; (link = rn_list_pop(&parts));) {
        struct rn_part *part = RN_OWNER(link, struct rn_part, link);
        uint32_t count = part->count;

        chunk += part->bytes;
        rn_count(&local->counters.records, count);
        rn_count(&local->counters.markers, count == 0);
        rn_part_finish(local, part, alive ? RN_OUTCOME_OK : RN_OUTCOME_NO_LANE, first,
                       plan->head.append_ms);
        first += count;
    }
    return chunk;
}

static void publish(struct rn_local *local, struct frame_plan *plan)
{
    struct rn_writer *writer = &local->writer;
    struct rn_segment *segment = writer->active;
    const char *chunk = plan->bytes + rn_frame_table_bytes(plan->head.extents);

    plan->slab = rn_tail_keep(&local->tail, plan->head.bytes);
    segment->min_ms =
        plan->head.append_ms < segment->min_ms ? plan->head.append_ms : segment->min_ms;
    segment->max_ms = plan->head.append_ms;
    segment->extents += plan->head.extents;
    atomic_store_explicit(&segment->end, writer->at + plan->head.bytes, memory_order_release);
    for (struct rn_link *link; (link = rn_list_pop(&plan->take->lanes));) {
        chunk = publish_lane(local, plan, RN_OWNER(link, struct rn_lane, in_frame), chunk);
    }
    writer->at += plan->head.bytes;
    rn_count(&local->counters.frames, 1);
    rn_count(&local->counters.bytes, plan->head.used);
    rn_count(&local->counters.padding, plan->head.bytes - plan->head.used);
    if (rn_spares_wrote(local, writer->at, plan->head.bytes)) {
        rn_house_wake(&local->house);
    }
}

static void plan_head(struct rn_local *local, struct frame_plan *plan, uint32_t flags)
{
    struct rn_writer *writer = &local->writer;
    int64_t now_ms = rn_clock_wall_ms(local->options.clock);

    writer->last_ms = now_ms > writer->last_ms ? now_ms : writer->last_ms;
    plan->head.segment = writer->active->head.id;
    plan->head.salt = writer->active->head.salt;
    plan->head.number = writer->frames;
    plan->head.synced = writer->synced;
    plan->head.append_ms = writer->last_ms;
    plan->head.flags = flags;
}

/* Write the frame and, where that is promised, have it synced. */
static rn_err make_durable(struct rn_local *local, const struct frame_plan *plan, bool sync)
{
    struct rn_writer *writer = &local->writer;
    rn_err err;

    rn_spares_claim(&local->spares, writer->at + plan->head.bytes);
    err = rn_file_write(writer->file, writer->at, plan->bytes, plan->head.bytes);
    if (err == RN_FULL) {
        return err; /* a frame is whole or nothing: the room is used again */
    }
    if (!err) {
        writer->frames++;
        err = sync ? sync_file(local) : RN_OK;
        writer->frames -= err != RN_OK;
    }
    if (err) {
        give_up(local, err);
    }
    return err ? RN_IO : RN_OK;
}

static void write_take(struct rn_local *local, struct rn_take *take)
{
    struct frame_plan plan = {
        .take = take,
        .head = {.used = (uint32_t)take->bytes,
                 .bytes = (uint32_t)rn_blocks_up(take->bytes),
                 .extents = take->parts},
    };
    rn_err err = have_segment(local, plan.head.bytes, take->parts);

    if (!err) {
        err = reserve(local, &plan);
    }
    if (err) {
        finish_all(local, take, outcome_of(err));
        return;
    }
    plan_head(local, &plan, 0);
    build(&plan);
    err = make_durable(local, &plan, local->options.sync || take->control);
    if (!err) {
        publish(local, &plan);
        return;
    }
    if (err == RN_FULL && !atomic_exchange_explicit(&local->full, true, memory_order_relaxed)) {
        rn_log(RN_LOG_ERROR, "local", "the disk is full: writes are refused until there is room");
    }
    finish_all(local, take, err == RN_FULL ? RN_OUTCOME_FULL : RN_OUTCOME_UNKNOWN);
}

/* ---- turns ---- */

/* Why nothing but the control log can be written now, or nothing at all. */
static enum rn_outcome refusal(struct rn_local *local)
{
    struct rn_writer *writer = &local->writer;

    if (!writer->active && writer->refusal != RN_OUTCOME_OK &&
        rn_clock_mono_us(local->options.clock) < writer->retry_at_us) {
        return RN_OUTCOME_UNAVAILABLE; /* for all alike; of a full disk the first refusal told */
    }
    return atomic_load_explicit(&local->full, memory_order_relaxed) ? RN_OUTCOME_FULL
                                                                    : RN_OUTCOME_OK;
}

/* After a refusal a segment is tried for also when nobody writes: the refused wait for us to say so. */
static bool heal(struct rn_local *local)
{
    struct rn_writer *writer = &local->writer;

    if (writer->active || writer->refusal == RN_OUTCOME_OK ||
        rn_clock_mono_us(local->options.clock) < writer->retry_at_us) {
        return false;
    }
    return have_segment(local, 0, 0) == RN_OK;
}

static size_t frame_room(const struct rn_local *local)
{
    size_t room = local->options.segment_bytes - RN_SEGMENT_START;

    return room < RN_FRAME_BYTES_MAX ? room : RN_FRAME_BYTES_MAX;
}

bool rn_local_step_writer(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);
    struct rn_take take;
    bool healed = heal(local);

    if (!rn_queue_take(local, refusal(local), frame_room(local), &take)) {
        return healed;
    }
    for (struct rn_link *link; (link = rn_list_pop(&take.refused));) {
        struct rn_part *part = RN_OWNER(link, struct rn_part, link);

        rn_part_finish(local, part, part->outcome, 0, INT64_MIN);
    }
    if (take.parts > 0) {
        write_take(local, &take);
    }
    return true;
}

rn_err rn_writer_end(struct rn_local *local)
{
    struct frame_plan plan = {.head = {.used = RN_FRAME_HEAD_BYTES, .bytes = RN_BLOCK_BYTES}};
    rn_err err;

    if (!local->writer.active) {
        return RN_OK;
    }
    plan.bytes = rn_tail_room(&local->tail, plan.head.bytes);
    if (!plan.bytes) {
        return RN_NOMEM;
    }
    plan_head(local, &plan, RN_FRAME_END);
    memset(plan.bytes, 0, plan.head.bytes);
    rn_frame_seal(plan.bytes, &plan.head);
    err = make_durable(local, &plan, true);
    if (!err) {
        local->writer.at += plan.head.bytes;
        atomic_store_explicit(&local->writer.active->end, local->writer.at, memory_order_release);
    }
    return err;
}

void rn_writer_done(struct rn_local *local)
{
    rn_file_close(local->writer.file);
    local->writer.file = NULL;
    local->writer.active = NULL; /* the book's */
}
