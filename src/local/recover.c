/* recover.c - from the files of a data directory to lanes in memory; segment.c tells what the files promise.
 *
 *   names ─▶ heads ─▶ the chain, back from the newest ─▶ tidy up ─▶ load, oldest first ─▶ writer and spares
 *
 * A segment that is not the newest has a valid end, in the head behind it. Its index tells what it holds; where
 * that is missing its frames do (scan.c), and the housekeeper writes the index again. The newest segment is synced,
 * then read to its end. So start-up reads indexes and one segment, however much is stored.
 * Nothing is changed before all heads were read: a directory of a later version stays as it is.
 * What is damaged is logged, counted and left where it is; reading it fails. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "local/frame.h"
#include "local/index.h"
#include "local/inside.h"
#include "local/scan.h"
#include "sys/log.h"

enum { NAMES_MAX = 1 << 20 };

/* A segment file. */
struct found {
    uint64_t id;
    struct rn_segment_head head;
    bool readable; /* its head is good */
    bool in_chain, spliced, lost;
    uint64_t valid_end; /* with in_chain; 0: not known */
    uint64_t valid_frames;
    uint64_t file_bytes;
};

struct numbers {
    uint64_t *list;
    size_t count, cap;
};

struct recovery {
    struct rn_local *local;
    struct rn_disk *disk;
    struct rn_reason *reason;
    struct numbers segments, indexes, spares;
    char (*temporaries)[RN_LOG_PATH_BYTES];
    size_t temporary_count;
    struct found *found; /* of each of segments, by id */
    struct rn_past past;
    int64_t last_ms;
};

/* ---- names ---- */

static rn_err numbers_add(struct numbers *numbers, uint64_t number)
{
    if (numbers->count == numbers->cap) {
        size_t cap = numbers->cap ? numbers->cap * 2 : 64;
        uint64_t *list = cap <= NAMES_MAX ? realloc(numbers->list, cap * sizeof(*list)) : NULL;

        if (!list) {
            return RN_NOMEM;
        }
        numbers->list = list;
        numbers->cap = cap;
    }
    numbers->list[numbers->count++] = number;
    return RN_OK;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static bool numbers_have(const struct numbers *numbers, uint64_t number)
{
    return numbers->count > 0 &&
           bsearch(&number, numbers->list, numbers->count, sizeof(number), by_number);
}

static rn_err remember_temporary(struct recovery *recovery, const char *name)
{
    size_t len = strlen(name), dir = sizeof(RN_LOG_DIR);
    void *grown;

    if (dir + len >= RN_LOG_PATH_BYTES) {
        return RN_OK; /* not a name of ours */
    }
    grown = realloc(recovery->temporaries,
                    (recovery->temporary_count + 1) * sizeof(*recovery->temporaries));
    if (!grown) {
        return RN_NOMEM;
    }
    recovery->temporaries = grown;
    char *path = recovery->temporaries[recovery->temporary_count++];

    memcpy(path, RN_LOG_DIR "/", dir);
    memcpy(path + dir, name, len + 1);
    return RN_OK;
}

static rn_err note_name(void *arg, const char *name)
{
    struct recovery *recovery = arg;
    uint64_t number;

    switch (rn_name_parse(name, &number)) {
    case RN_NAME_SEGMENT:
        return numbers_add(&recovery->segments, number);
    case RN_NAME_INDEX:
        return numbers_add(&recovery->indexes, number);
    case RN_NAME_SPARE:
        return numbers_add(&recovery->spares, number);
    case RN_NAME_TEMPORARY:
        return remember_temporary(recovery, name);
    case RN_NAME_OTHER:
        break;
    }
    return RN_OK;
}

static rn_err list_names(struct recovery *recovery)
{
    rn_err err = recovery->disk->ops->list(recovery->disk, RN_LOG_DIR, note_name, recovery);

    if (err) {
        return rn_reason_set(recovery->reason, err,
                             "cannot list the directory \"" RN_LOG_DIR "\": %s", rn_err_text(err));
    }
    struct numbers *all[] = {&recovery->segments, &recovery->indexes, &recovery->spares};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i]->count > 0) {
            qsort(all[i]->list, all[i]->count, sizeof(uint64_t), by_number);
        }
    }
    return RN_OK;
}

/* ---- heads ---- */

static rn_err read_head_of(struct rn_file *file, struct found *found)
{
    char *bytes = malloc(RN_SEGMENT_START);
    size_t len = 0;
    rn_err err = bytes ? rn_file_read(file, 0, bytes, RN_SEGMENT_START, &len) : RN_NOMEM;

    if (!err) {
        err = len == RN_SEGMENT_START ? rn_segment_head_get(bytes, &found->head) : RN_CORRUPT;
    }
    if (!err && (found->head.id != found->id || found->head.prev >= found->id)) {
        err = RN_CORRUPT;
    }
    if (!err) {
        err = file->ops->size(file, &found->file_bytes);
    }
    free(bytes);
    return err;
}

/* What cannot be understood is left unreadable; an error is about memory or a later version. */
static rn_err read_head(struct recovery *recovery, struct found *found)
{
    char path[RN_LOG_PATH_BYTES];
    struct rn_file *file;
    rn_err err =
        rn_file_open(recovery->disk, rn_segment_path(path, found->id), RN_FILE_READ, &file);

    if (!err) {
        err = read_head_of(file, found);
        rn_file_close(file);
    }
    if (err == RN_NEWER) {
        return rn_reason_set(recovery->reason, err,
                             "\"%s\" was written by a newer version (format above %d)", path,
                             RN_SEGMENT_VERSION);
    }
    if (err && err != RN_NOMEM) {
        rn_count(&recovery->local->counters.damaged, 1);
        rn_log(RN_LOG_ERROR, "local", "the head of \"%s\" cannot be read: %s; it is left as it is",
               path, rn_err_text(err));
    }
    found->readable = !err;
    return err == RN_NOMEM ? err : RN_OK;
}

static rn_err read_heads(struct recovery *recovery)
{
    rn_err err = RN_OK;

    recovery->found = calloc(recovery->segments.count + 1, sizeof(*recovery->found));
    if (!recovery->found) {
        return RN_NOMEM;
    }
    for (size_t i = 0; !err && i < recovery->segments.count; i++) {
        recovery->found[i].id = recovery->segments.list[i];
        err = read_head(recovery, &recovery->found[i]);
    }
    return err;
}

static rn_err load_dropped(struct recovery *recovery)
{
    rn_err err = rn_dropped_load(&recovery->local->house.dropped, recovery->disk);

    if (err == RN_NOMEM || err == RN_OK) {
        return err;
    }
    if (err != RN_NOT_FOUND) {
        rn_count(&recovery->local->counters.damaged, 1);
        rn_log(RN_LOG_ERROR, "local", "the list of dropped segments cannot be read: %s",
               rn_err_text(err));
        rn_dropped_done(&recovery->local->house.dropped);
    }
    return RN_OK;
}

/* ---- the chain ---- */

static bool was_dropped(struct recovery *recovery, uint64_t id)
{
    return rn_dropped_find(&recovery->local->house.dropped, id) != NULL;
}

/* The newest segment below `id` that can be used, or NULL. */
static struct found *find_below(struct recovery *recovery, uint64_t id)
{
    for (size_t i = recovery->segments.count; i > 0; i--) {
        struct found *found = &recovery->found[i - 1];

        if (found->id < id && found->readable && !was_dropped(recovery, found->id)) {
            return found;
        }
    }
    return NULL;
}

static struct found *find_usable(struct recovery *recovery, uint64_t id)
{
    struct found *found = find_below(recovery, id + 1);

    return found && found->id == id ? found : NULL;
}

static struct found *give_up_link(struct recovery *recovery, struct found *found, uint64_t prev)
{
    struct found *below = find_below(recovery, prev);

    found->lost = true;
    rn_count(&recovery->local->counters.missing, 1);
    rn_log(RN_LOG_ERROR, "local", "segment %016llx is missing; what it held is lost",
           (unsigned long long)prev);
    return below; /* where it ends is for its index or its frames to tell */
}

/* The segment before `found` in the chain, or NULL: there is none. */
static struct found *link_back(struct recovery *recovery, struct found *found)
{
    uint64_t prev = found->head.prev, end = found->head.prev_end, frames = found->head.prev_frames;
    const struct rn_gap *gap;
    struct found *before;

    while ((gap = rn_dropped_find(&recovery->local->house.dropped, prev))) {
        found->spliced = true;
        end = gap->prev_end;
        frames = gap->prev_frames;
        if (gap->prev >= gap->first) {
            return give_up_link(recovery, found, gap->first);
        }
        prev = gap->prev;
    }
    if (prev == 0) {
        return NULL;
    }
    before = find_usable(recovery, prev);
    if (!before || end < RN_SEGMENT_START || end % RN_BLOCK_BYTES) {
        return give_up_link(recovery, found, prev);
    }
    before->valid_end = end;
    before->valid_frames = frames;
    return before;
}

static rn_err walk_chain(struct recovery *recovery)
{
    struct found *newest =
        recovery->segments.count ? &recovery->found[recovery->segments.count - 1] : NULL;

    if (newest && !newest->readable) {
        return rn_reason_set(recovery->reason, RN_CORRUPT,
                             "the newest segment, \"" RN_LOG_DIR
                             "/%016llx.seg\", cannot be read at all; without it "
                             "nobody knows which records count",
                             (unsigned long long)newest->id);
    }
    for (struct found *at = newest; at; at = link_back(recovery, at)) {
        at->in_chain = true;
    }
    return RN_OK;
}

/* ---- tidying up ---- */

static void remove_file(struct recovery *recovery, const char *path)
{
    rn_err err = recovery->disk->ops->unlink(recovery->disk, path);

    if (err && err != RN_NOT_FOUND) {
        rn_log(RN_LOG_WARN, "local", "cannot remove \"%s\": %s", path, rn_err_text(err));
    }
}

static bool in_chain(struct recovery *recovery, uint64_t id)
{
    struct found *found = find_usable(recovery, id);

    return found && found->in_chain;
}

/* Half-written files, what was dropped, attempts that never joined the chain, indexes of nothing. */
static void tidy(struct recovery *recovery)
{
    char path[RN_LOG_PATH_BYTES];

    for (size_t i = 0; i < recovery->temporary_count; i++) {
        remove_file(recovery, recovery->temporaries[i]);
    }
    for (size_t i = 0; i < recovery->segments.count; i++) {
        const struct found *found = &recovery->found[i];

        if (!found->in_chain && (found->readable || was_dropped(recovery, found->id))) {
            remove_file(recovery, rn_segment_path(path, found->id));
        }
    }
    for (size_t i = 0; i < recovery->indexes.count; i++) {
        uint64_t id = recovery->indexes.list[i];

        if (!in_chain(recovery, id) &&
            (was_dropped(recovery, id) || !numbers_have(&recovery->segments, id))) {
            remove_file(recovery, rn_index_path(path, id));
        }
    }
}

/* ---- loading ---- */

static rn_err add_row(struct recovery *recovery, const struct rn_index_row *row)
{
    struct rn_lane *lane;
    rn_err err = rn_topics_lane(&recovery->local->topics, row->topic, row->lane, &lane);

    if (err) {
        return err;
    }
    rn_mutex_lock(&lane->lock);
    if (lane->piece_count > 0 && row->piece.first > lane->end) {
        (void)rn_past_let_go(&recovery->past, lane,
                             row->piece.first); /* else the gap shows when it is read */
    }
    err = lane->piece_count > 0 && row->piece.first < lane->end
              ? RN_CORRUPT
              : rn_lane_add_piece(lane, &row->piece);
    rn_mutex_unlock(&lane->lock);
    return err;
}

static rn_err add_rows(struct recovery *recovery, struct rn_segment *segment,
                       const struct rn_index_row *rows, uint64_t count)
{
    rn_err err = RN_OK;

    for (uint64_t i = 0; i < count && err != RN_NOMEM; i++) {
        err = add_row(recovery, &rows[i]);
        if (err && err != RN_NOMEM) {
            rn_count(&recovery->local->counters.damaged, 1);
            rn_log(RN_LOG_ERROR, "local",
                   "the index of segment %016llx contradicts earlier ones in topic %llu lane %u",
                   (unsigned long long)segment->head.id, (unsigned long long)rows[i].topic,
                   rows[i].lane);
        }
    }
    return err == RN_NOMEM ? err : RN_OK;
}

/* RN_NOT_FOUND: no index, or it is about something else. */
static rn_err load_index(struct recovery *recovery, const struct found *found,
                         struct rn_segment *segment)
{
    struct rn_index_head head;
    struct rn_index_row *rows;
    rn_err err = rn_index_read(recovery->disk, segment, &head, &rows);

    if (err) {
        return err == RN_NOMEM ? err : RN_NOT_FOUND;
    }
    if (found->valid_end && (head.end != found->valid_end || head.frames != found->valid_frames)) {
        free(rows);
        return RN_NOT_FOUND;
    }
    atomic_store_explicit(&segment->end, head.end, memory_order_relaxed);
    segment->frames = head.frames;
    segment->extents = head.extents;
    segment->min_ms = head.min_ms;
    segment->max_ms = head.max_ms;
    rn_segment_set_state(segment, RN_SEGMENT_INDEXED);
    err = add_rows(recovery, segment, rows, head.lanes);
    free(rows);
    return err;
}

static rn_err scan(struct recovery *recovery, struct rn_scan *scan, int flags)
{
    char path[RN_LOG_PATH_BYTES];
    rn_err err = rn_file_open(recovery->disk, rn_segment_path(path, scan->segment->head.id), flags,
                              &scan->file);

    if (!err && scan->newest) {
        err = rn_file_sync(scan->file); /* what we read now is what the next start will read */
    }
    if (!err) {
        scan->local = recovery->local;
        scan->past = &recovery->past;
        err = rn_scan_segment(scan);
    }
    if (err) {
        rn_file_close(scan->file);
        scan->file = NULL;
        return rn_reason_set(recovery->reason, err, "cannot read \"%s\": %s", path,
                             rn_err_text(err));
    }
    atomic_store_explicit(&scan->segment->end, scan->end, memory_order_relaxed);
    scan->segment->frames = scan->frames;
    return RN_OK;
}

/* A sealed segment without a usable index. */
static rn_err load_frames(struct recovery *recovery, const struct found *found,
                          struct rn_segment *segment)
{
    uint64_t bytes = found->file_bytes; /* a valid end beyond them is as good as none */
    struct rn_scan sealed = {
        .segment = segment,
        .limit = found->valid_end && found->valid_end < bytes ? found->valid_end : bytes,
    };
    rn_err err = scan(recovery, &sealed, RN_FILE_READ | RN_FILE_DIRECT);

    if (err) {
        return err;
    }
    rn_file_close(sealed.file);
    if (found->valid_end) { /* what the chain says, also where the frames say less */
        atomic_store_explicit(&segment->end, found->valid_end, memory_order_relaxed);
        segment->frames = found->valid_frames;
    }
    rn_segment_set_state(segment, RN_SEGMENT_SEALED);
    rn_count(&recovery->local->counters.rebuilt_indexes, 1);
    return RN_OK;
}

static rn_err load_newest(struct recovery *recovery, struct rn_segment *segment)
{
    struct rn_writer *writer = &recovery->local->writer;
    struct rn_scan newest = {.segment = segment, .limit = segment->file_bytes, .newest = true};
    rn_err err = scan(recovery, &newest, RN_FILE_DIRECT);

    if (err) {
        return err;
    }
    if (newest.ended) {
        writer->active = segment;
        writer->file = newest.file;
        writer->at = newest.end;
        writer->frames = writer->synced = newest.frames;
        rn_spares_begin(&recovery->local->spares, segment->head.id, newest.end,
                        segment->file_bytes / RN_BLOCK_BYTES * RN_BLOCK_BYTES);
        return RN_OK;
    }
    rn_file_close(newest.file);
    writer->prev = segment->head.id;
    writer->prev_end = newest.end;
    writer->prev_frames = newest.frames;
    rn_segment_set_state(segment, RN_SEGMENT_SEALED);
    return RN_OK;
}

static rn_err load_one(struct recovery *recovery, const struct found *found)
{
    bool newest = found->id == recovery->segments.list[recovery->segments.count - 1];
    struct rn_segment *segment = rn_segment_new(&found->head);
    rn_err err;

    if (!segment) {
        return RN_NOMEM;
    }
    segment->file_bytes = found->file_bytes;
    recovery->past.spliced = found->spliced ? found->id : recovery->past.spliced;
    recovery->past.lost = found->lost ? found->id : recovery->past.lost;
    rn_book_add(&recovery->local->book, segment);
    if (newest) {
        err = load_newest(recovery, segment);
    } else {
        err = load_index(recovery, found, segment);
        err = err == RN_NOT_FOUND ? load_frames(recovery, found, segment) : err;
    }
    recovery->last_ms = segment->max_ms > recovery->last_ms ? segment->max_ms : recovery->last_ms;
    rn_count(&recovery->local->counters.recovered_segments, 1);
    return err;
}

static rn_err load(struct recovery *recovery)
{
    rn_err err = RN_OK;

    for (size_t i = 0; !err && i < recovery->segments.count; i++) {
        if (recovery->found[i].in_chain) {
            err = load_one(recovery, &recovery->found[i]);
        }
    }
    return err;
}

/* ---- what goes on from here ---- */

static void begin_writer(struct recovery *recovery)
{
    const struct rn_dropped *dropped = &recovery->local->house.dropped;
    uint64_t last =
        recovery->segments.count ? recovery->segments.list[recovery->segments.count - 1] : 0;
    uint64_t gone = dropped->count ? dropped->gaps[dropped->count - 1].last : 0;

    recovery->local->writer.next_id = (last > gone ? last : gone) + 1;
    recovery->local->writer.last_ms = recovery->last_ms;
}

static void collect_spares(struct recovery *recovery)
{
    struct rn_spares *spares = &recovery->local->spares;
    char path[RN_LOG_PATH_BYTES];

    for (size_t i = 0; i < recovery->spares.count; i++) {
        struct rn_spare spare = {.number = recovery->spares.list[i]};
        struct rn_file *file = NULL;
        rn_err err =
            rn_file_open(recovery->disk, rn_spare_path(path, spare.number), RN_FILE_READ, &file);

        if (!err) {
            err = file->ops->size(file, &spare.bytes);
        }
        rn_file_close(err ? NULL : file);
        if (err || spare.bytes < RN_SEGMENT_START || !rn_spares_add(spares, &spare)) {
            remove_file(recovery, path);
        }
        if (spare.number < UINT64_MAX) {
            spares->next_number = spare.number + 1;
        }
    }
}

static void recovery_done(struct recovery *recovery)
{
    free(recovery->segments.list);
    free(recovery->indexes.list);
    free(recovery->spares.list);
    free(recovery->temporaries);
    free(recovery->found);
}

static rn_err recover_all(struct recovery *recovery)
{
    rn_err err = list_names(recovery);

    if (!err) {
        err = read_heads(recovery);
    }
    if (!err) {
        err = load_dropped(recovery);
    }
    if (!err) {
        err = walk_chain(recovery);
    }
    if (!err) {
        tidy(recovery);
        err = load(recovery);
    }
    if (!err) {
        begin_writer(recovery);
        collect_spares(recovery);
    }
    return err;
}

rn_err rn_recover(struct rn_local *local, struct rn_reason *reterr_reason)
{
    struct recovery recovery = {
        .local = local, .disk = local->options.disk, .reason = reterr_reason, .last_ms = INT64_MIN};
    rn_err err = recovery.disk->ops->mkdir(recovery.disk, RN_LOG_DIR);

    if (!err) {
        err = recovery.disk->ops->sync_dir(recovery.disk, "");
    }
    if (err) {
        return rn_reason_set(reterr_reason, err, "cannot make the directory \"" RN_LOG_DIR "\": %s",
                             rn_err_text(err));
    }
    err = recover_all(&recovery);
    recovery_done(&recovery);
    return err;
}
