/* index.c - the extents of a sealed segment, by lane, so that reading the segment is not needed to know them.
 *
 * LAYOUT    integers are little-endian
 *   head    0 magic "RNIX" · 4 format version (u32) · 8 segment id · 16 its salt · 24 its valid end
 *           32 its frames · 40 extents · 48 lanes · 56 least and 64 greatest append time, ms since 1970
 *           72 crc32c of the rows (u32) · 76 crc32c of bytes 0..75
 *   rows    one a lane: 0 topic · 8 lane (u32) · 12 extents (u32) · 16 first offset · 24 end
 *           32 least and 40 greatest append time · 48 bytes of its chunks · 56 number of its first extent
 *   blocks  of 4096 bytes each, the first at a multiple of that: 0 crc32c of the rest · 4 number of the
 *           block (u32) · 8 extents, lane by lane: 0 first offset · 8 place of the chunk in the segment
 *           16 append time · 24 records (u32) · 28 bytes (u32) · 32 crc32c of the chunk (u32)
 *
 * Head and rows are read at start, blocks when a reader needs them. The file is replaced as a whole, so a
 * crash leaves an index or none; one that does not verify, or is about another end of the segment, is as
 * good as none: what it says is in the segment too. */
#include "local/index.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "local/frame.h"
#include "local/inside.h"

enum {
    MAGIC = 0x58494E52,
    VERSION = 1,
    HEAD_BYTES = 80,
    ROWS_CRC_AT = 72,
    HEAD_CRC_AT = 76,
    ROW_BYTES = 64,
    BLOCK_HEAD_BYTES = 8,
    EXTENT_BYTES = 36,
    EXTENTS_PER_BLOCK = (RN_BLOCK_BYTES - BLOCK_HEAD_BYTES) / EXTENT_BYTES,
};

static uint64_t blocks_at(uint64_t lanes)
{
    return rn_blocks_up(HEAD_BYTES + lanes * ROW_BYTES);
}

static uint64_t block_count(uint64_t extents)
{
    return (extents + EXTENTS_PER_BLOCK - 1) / EXTENTS_PER_BLOCK;
}

/* ---- writing ---- */

/* An index being built. Only the housekeeper lets go of pieces, and it is us: what is counted stays. */
struct build {
    char *bytes;
    size_t len;
    uint64_t extents, lanes; /* how many there will be, then how many are there */
    uint64_t first_block;
};

/* The lane's piece in `segment`, or NULL: it let go of it. Lock held. */
static struct rn_piece *piece_in(struct rn_lane *lane, const struct rn_segment *segment)
{
    for (size_t i = lane->piece_count; i > 0; i--) { /* it is one of the newest */
        struct rn_piece *piece = rn_lane_piece(lane, i - 1);

        if (piece->segment == segment) {
            return piece;
        }
    }
    return NULL;
}

static void measure(struct build *build, struct rn_segment *segment)
{
    for (size_t i = 0; i < segment->lane_count; i++) {
        struct rn_lane *lane = segment->lanes[i];

        rn_mutex_lock(&lane->lock);
        const struct rn_piece *piece = piece_in(lane, segment);

        build->lanes += piece != NULL;
        build->extents += piece ? piece->count : 0;
        rn_mutex_unlock(&lane->lock);
    }
    build->first_block = blocks_at(build->lanes);
    build->len = (size_t)(build->first_block + block_count(build->extents) * RN_BLOCK_BYTES);
}

static void put_extent(struct build *build, const struct rn_extent *extent)
{
    uint64_t number = build->extents++;
    char *at = build->bytes + build->first_block + number / EXTENTS_PER_BLOCK * RN_BLOCK_BYTES +
               BLOCK_HEAD_BYTES + number % EXTENTS_PER_BLOCK * EXTENT_BYTES;

    rn_put_le64(at, extent->first);
    rn_put_le64(at + 8, extent->offset);
    rn_put_le64(at + 16, (uint64_t)extent->ms);
    rn_put_le32(at + 24, extent->count);
    rn_put_le32(at + 28, extent->bytes);
    rn_put_le32(at + 32, extent->crc);
}

static void put_row(struct build *build, const struct rn_lane *lane, const struct rn_piece *piece)
{
    char *at = build->bytes + HEAD_BYTES + build->lanes++ * ROW_BYTES;

    rn_put_le64(at, lane->topic->uid);
    rn_put_le32(at + 8, lane->number);
    rn_put_le32(at + 12, piece->count);
    rn_put_le64(at + 16, piece->first);
    rn_put_le64(at + 24, piece->end);
    rn_put_le64(at + 32, (uint64_t)piece->min_ms);
    rn_put_le64(at + 40, (uint64_t)piece->max_ms);
    rn_put_le64(at + 48, piece->bytes);
    rn_put_le64(at + 56, build->extents);
}

static void put_lanes(struct build *build, struct rn_segment *segment)
{
    for (size_t i = 0; i < segment->lane_count; i++) {
        struct rn_lane *lane = segment->lanes[i];

        rn_mutex_lock(&lane->lock);
        struct rn_piece *piece = piece_in(lane, segment);

        if (piece) {
            put_row(build, lane, piece);
            piece->index_at = build->extents;
            for (uint32_t e = 0; e < piece->count; e++) {
                put_extent(build, &piece->extents[e]);
            }
        }
        rn_mutex_unlock(&lane->lock);
    }
}

static void put_head(struct build *build, struct rn_segment *segment)
{
    char *at = build->bytes;

    rn_put_le32(at, MAGIC);
    rn_put_le32(at + 4, VERSION);
    rn_put_le64(at + 8, segment->head.id);
    rn_put_le64(at + 16, segment->head.salt);
    rn_put_le64(at + 24, atomic_load_explicit(&segment->end, memory_order_relaxed));
    rn_put_le64(at + 32, segment->frames);
    rn_put_le64(at + 40, build->extents);
    rn_put_le64(at + 48, build->lanes);
    rn_put_le64(at + 56, (uint64_t)segment->min_ms);
    rn_put_le64(at + 64, (uint64_t)segment->max_ms);
    rn_put_le32(at + ROWS_CRC_AT, rn_crc32c(0, at + HEAD_BYTES, build->lanes * ROW_BYTES));
    rn_put_le32(at + HEAD_CRC_AT, rn_crc32c(0, at, HEAD_CRC_AT));
}

static void seal_blocks(struct build *build)
{
    for (uint64_t b = 0; b < block_count(build->extents); b++) {
        char *at = build->bytes + build->first_block + b * RN_BLOCK_BYTES;

        rn_put_le32(at + 4, (uint32_t)b);
        rn_put_le32(at, rn_crc32c(0, at + 4, RN_BLOCK_BYTES - 4));
    }
}

/* From now on the extents are in the file only. */
static void let_go(struct rn_segment *segment, uint64_t first_block)
{
    segment->index_at =
        first_block; /* before the locks below: who finds a piece without extents sees it */
    for (size_t i = 0; i < segment->lane_count; i++) {
        struct rn_lane *lane = segment->lanes[i];

        rn_mutex_lock(&lane->lock);
        struct rn_piece *piece = piece_in(lane, segment);

        if (piece) {
            free(piece->extents);
            piece->extents = NULL;
            piece->cap = 0;
        }
        rn_mutex_unlock(&lane->lock);
    }
    rn_segment_forget_lanes(segment);
    rn_segment_set_state(segment, RN_SEGMENT_INDEXED);
}

rn_err rn_index_write(struct rn_local *local, struct rn_segment *segment)
{
    char path[RN_LOG_PATH_BYTES];
    struct build build = {0};
    rn_err err;

    assert(rn_segment_state(segment) == RN_SEGMENT_SEALED);
    measure(&build, segment);
    build.bytes = calloc(1, build.len);
    if (!build.bytes) {
        return RN_NOMEM;
    }
    build.extents = build.lanes = 0;
    put_lanes(&build, segment);
    put_head(&build, segment);
    seal_blocks(&build);
    err = rn_disk_write_whole(local->options.disk, rn_index_path(path, segment->head.id),
                              build.bytes, build.len);
    free(build.bytes);
    if (!err) {
        let_go(segment, build.first_block);
        rn_count(&local->counters.indexes, 1);
    }
    return err;
}

/* ---- reading at start ---- */

static rn_err get_head(const char *at, const struct rn_segment *segment,
                       struct rn_index_head *ret_head)
{
    struct rn_index_head head = {
        .salt = rn_get_le64(at + 16),
        .end = rn_get_le64(at + 24),
        .frames = rn_get_le64(at + 32),
        .extents = rn_get_le64(at + 40),
        .lanes = rn_get_le64(at + 48),
        .min_ms = (int64_t)rn_get_le64(at + 56),
        .max_ms = (int64_t)rn_get_le64(at + 64),
    };

    if (rn_get_le32(at) != MAGIC || rn_get_le32(at + 4) != VERSION ||
        rn_get_le32(at + HEAD_CRC_AT) != rn_crc32c(0, at, HEAD_CRC_AT) ||
        rn_get_le64(at + 8) != segment->head.id || head.salt != segment->head.salt ||
        head.end < RN_SEGMENT_START || head.end % RN_BLOCK_BYTES || head.lanes > head.extents ||
        head.extents > 2 * (uint64_t)RN_SEGMENT_EXTENTS_MAX) {
        return RN_CORRUPT;
    }
    *ret_head = head;
    return RN_OK;
}

static rn_err get_row(const char *at, const struct rn_index_head *head,
                      struct rn_index_row *ret_row)
{
    const struct rn_piece piece = {
        .segment = ret_row->piece.segment,
        .count = rn_get_le32(at + 12),
        .first = rn_get_le64(at + 16),
        .end = rn_get_le64(at + 24),
        .min_ms = (int64_t)rn_get_le64(at + 32),
        .max_ms = (int64_t)rn_get_le64(at + 40),
        .bytes = rn_get_le64(at + 48),
        .index_at = rn_get_le64(at + 56),
    };

    if (piece.count == 0 || piece.index_at > head->extents ||
        piece.count > head->extents - piece.index_at || piece.first > piece.end ||
        piece.end > UINT64_MAX / 2) {
        return RN_CORRUPT;
    }
    *ret_row = (struct rn_index_row){
        .topic = rn_get_le64(at), .lane = rn_get_le32(at + 8), .piece = piece};
    return RN_OK;
}

static rn_err read_exactly(struct rn_file *file, uint64_t offset, void *bytes, size_t len)
{
    size_t got;
    rn_err err = rn_file_read(file, offset, bytes, len, &got);

    return err ? err : got == len ? RN_OK : RN_CORRUPT;
}

static rn_err get_rows(const char *bytes, const struct rn_index_head *head,
                       struct rn_segment *segment, struct rn_index_row *rows)
{
    rn_err err = RN_OK;

    for (uint64_t i = 0; !err && i < head->lanes; i++) {
        rows[i].piece.segment = segment;
        err = get_row(bytes + i * ROW_BYTES, head, &rows[i]);
    }
    return err;
}

static rn_err read_rows(struct rn_file *file, const struct rn_index_head *head, uint32_t crc,
                        struct rn_segment *segment, struct rn_index_row **ret_rows)
{
    size_t len = (size_t)head->lanes * ROW_BYTES;
    struct rn_index_row *rows = calloc(head->lanes + 1, sizeof(*rows));
    char *bytes = malloc(len + 1);
    rn_err err = rows && bytes ? read_exactly(file, HEAD_BYTES, bytes, len) : RN_NOMEM;

    if (!err && rn_crc32c(0, bytes, len) != crc) {
        err = RN_CORRUPT;
    }
    if (!err) {
        err = get_rows(bytes, head, segment, rows);
    }
    free(bytes);
    if (err) {
        free(rows);
        return err;
    }
    *ret_rows = rows;
    return RN_OK;
}

static rn_err check_size(struct rn_file *file, const struct rn_index_head *head)
{
    uint64_t size;
    rn_err err = file->ops->size(file, &size);

    return err ? err
           : size == blocks_at(head->lanes) + block_count(head->extents) * (uint64_t)RN_BLOCK_BYTES
               ? RN_OK
               : RN_CORRUPT;
}

rn_err rn_index_read(struct rn_disk *disk, struct rn_segment *segment,
                     struct rn_index_head *ret_head, struct rn_index_row **ret_rows)
{
    char path[RN_LOG_PATH_BYTES], bytes[HEAD_BYTES];
    struct rn_index_head head;
    struct rn_file *file;
    rn_err err = rn_file_open(disk, rn_index_path(path, segment->head.id), RN_FILE_READ, &file);

    if (err) {
        return err;
    }
    err = read_exactly(file, 0, bytes, HEAD_BYTES);
    if (!err) {
        err = get_head(bytes, segment, &head);
    }
    if (!err) {
        err = check_size(file, &head);
    }
    if (!err) {
        err = read_rows(file, &head, rn_get_le32(bytes + ROWS_CRC_AT), segment, ret_rows);
    }
    rn_file_close(file);
    if (!err) {
        segment->index_at = blocks_at(head.lanes);
        *ret_head = head;
    }
    return err;
}

/* ---- reading on demand ---- */

/* One block at a time, the last one kept: neighbours are asked for one after the other. */
struct page {
    struct rn_local *local;
    const struct rn_piece *piece;
    uint64_t number; /* UINT64_MAX: none yet */
    char bytes[RN_BLOCK_BYTES];
};

static rn_err turn_to(struct page *page, uint64_t number)
{
    uint64_t offset = page->piece->segment->index_at + number * RN_BLOCK_BYTES;
    rn_err err;

    if (page->number == number) {
        return RN_OK;
    }
    page->number = UINT64_MAX;
    err = rn_blocks_copy(page->local, page->piece->segment, RN_BLOCK_INDEX, offset, page->bytes,
                         RN_BLOCK_BYTES);
    if (err) {
        return err;
    }
    if (rn_get_le32(page->bytes) != rn_crc32c(0, page->bytes + 4, RN_BLOCK_BYTES - 4) ||
        rn_get_le32(page->bytes + 4) != (uint32_t)number) {
        return RN_CORRUPT;
    }
    page->number = number;
    return RN_OK;
}

static rn_err get_extent(struct page *page, uint64_t index, struct rn_extent *ret_extent)
{
    uint64_t number = page->piece->index_at + index;
    rn_err err = turn_to(page, number / EXTENTS_PER_BLOCK);
    const char *at = page->bytes + BLOCK_HEAD_BYTES + number % EXTENTS_PER_BLOCK * EXTENT_BYTES;

    if (err) {
        return err;
    }
    *ret_extent = (struct rn_extent){
        .first = rn_get_le64(at),
        .offset = rn_get_le64(at + 8),
        .ms = (int64_t)rn_get_le64(at + 16),
        .count = rn_get_le32(at + 24),
        .bytes = rn_get_le32(at + 28),
        .crc = rn_get_le32(at + 32),
    };
    return RN_OK;
}

rn_err rn_index_extents(struct rn_local *local, const struct rn_piece *piece, uint64_t from,
                        int64_t not_before_ms, struct rn_extent *ret_extents, size_t *count)
{
    struct page page = {.local = local, .piece = piece, .number = UINT64_MAX};
    uint64_t low = 0, high = piece->count;
    size_t room = *count, got = 0;
    struct rn_extent extent;
    rn_err err = RN_OK;

    while (!err && low < high) {
        uint64_t middle = low + (high - low) / 2;

        err = get_extent(&page, middle, &extent);
        if (!err && rn_extent_is_before(&extent, from, not_before_ms)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; !err && got < room && low < piece->count; low++) {
        err = get_extent(&page, low, &ret_extents[got++]);
    }
    if (!err) {
        *count = got;
    }
    return err;
}
