/* dropped.c - the gaps of the chain, in one small file that is replaced as a whole.
 *
 * LAYOUT    0 magic "RNDR" · 4 version (u32) · 8 gaps (u32) · 12 crc32c of the rest · 16 zero (u64)
 *           then, for each gap: first id · last id · predecessor · its valid end · its frames (u64 each)
 *
 * The file is durable before a segment in it is renamed or unlinked. So after a crash a segment that is both
 * here and in the directory is one whose removal had begun, and it is finished. Neighbouring gaps are
 * one gap; ids between them that never joined the chain do not matter. Losing the file costs
 * reports of missing segments, and the exact end of a segment before a gap where its index is lost too. */
#include "local/dropped.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"

enum {
    MAGIC = 0x52444E52,
    VERSION = 1,
    HEAD_BYTES = 24,
    CRC_FROM = 16,
    GAP_BYTES = 40,
    FIELDS = 5
};

static const char path[] = RN_LOG_DIR "/dropped";

void rn_dropped_done(struct rn_dropped *dropped)
{
    free(dropped->gaps);
    *dropped = (struct rn_dropped){0};
}

static rn_err decode(struct rn_dropped *dropped, const char *bytes, size_t len)
{
    uint32_t count = len < HEAD_BYTES ? 0 : rn_get_le32(bytes + 8);

    if (len < HEAD_BYTES || rn_get_le32(bytes) != MAGIC || rn_get_le32(bytes + 4) != VERSION ||
        count > RN_DROPPED_MAX || len != HEAD_BYTES + (size_t)count * GAP_BYTES ||
        rn_get_le32(bytes + 12) != rn_crc32c(0, bytes + CRC_FROM, len - CRC_FROM)) {
        return RN_CORRUPT;
    }
    dropped->gaps = calloc(count + 1, sizeof(*dropped->gaps));
    if (!dropped->gaps) {
        return RN_NOMEM;
    }
    dropped->cap = count + 1;
    for (; dropped->count < count; dropped->count++) {
        const char *at = bytes + HEAD_BYTES + dropped->count * GAP_BYTES;

        dropped->gaps[dropped->count] = (struct rn_gap){
            .first = rn_get_le64(at),
            .last = rn_get_le64(at + 8),
            .prev = rn_get_le64(at + 16),
            .prev_end = rn_get_le64(at + 24),
            .prev_frames = rn_get_le64(at + 32),
        };
    }
    return RN_OK;
}

rn_err rn_dropped_load(struct rn_dropped *dropped, struct rn_disk *disk)
{
    char *bytes = NULL;
    size_t len;
    rn_err err = rn_disk_read_whole(disk, path, HEAD_BYTES + (size_t)RN_DROPPED_MAX * GAP_BYTES,
                                    &bytes, &len);

    if (!err) {
        err = decode(dropped, bytes, len);
        free(bytes);
    }
    return err;
}

rn_err rn_dropped_save(const struct rn_dropped *dropped, struct rn_disk *disk)
{
    size_t len = HEAD_BYTES + dropped->count * GAP_BYTES;
    char *bytes = calloc(1, len);
    rn_err err;

    if (!bytes) {
        return RN_NOMEM;
    }
    rn_put_le32(bytes, MAGIC);
    rn_put_le32(bytes + 4, VERSION);
    rn_put_le32(bytes + 8, (uint32_t)dropped->count);
    for (size_t i = 0; i < dropped->count; i++) {
        const struct rn_gap *gap = &dropped->gaps[i];
        const uint64_t fields[FIELDS] = {gap->first, gap->last, gap->prev, gap->prev_end,
                                         gap->prev_frames};

        for (size_t f = 0; f < FIELDS; f++) {
            rn_put_le64(bytes + HEAD_BYTES + i * GAP_BYTES + f * 8, fields[f]);
        }
    }
    rn_put_le32(bytes + 12, rn_crc32c(0, bytes + CRC_FROM, len - CRC_FROM));
    err = rn_disk_write_whole(disk, path, bytes, len);
    free(bytes);
    return err;
}

const struct rn_gap *rn_dropped_find(const struct rn_dropped *dropped, uint64_t id)
{
    size_t low = 0, high = dropped->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (dropped->gaps[middle].last < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < dropped->count && dropped->gaps[low].first <= id ? &dropped->gaps[low] : NULL;
}

static rn_err insert(struct rn_dropped *dropped, size_t at, const struct rn_gap *gap)
{
    if (dropped->count == RN_DROPPED_MAX) {
        return RN_FULL;
    }
    if (dropped->count == dropped->cap) {
        size_t cap = dropped->cap ? dropped->cap * 2 : 16;
        struct rn_gap *gaps = realloc(dropped->gaps, cap * sizeof(*gaps));

        if (!gaps) {
            return RN_NOMEM;
        }
        dropped->gaps = gaps;
        dropped->cap = cap;
    }
    memmove(&dropped->gaps[at + 1], &dropped->gaps[at], (dropped->count - at) * sizeof(*gap));
    dropped->gaps[at] = *gap;
    dropped->count++;
    return RN_OK;
}

rn_err rn_dropped_add(struct rn_dropped *dropped, const struct rn_segment_head *head)
{
    struct rn_gap gap = {head->id, head->id, head->prev, head->prev_end, head->prev_frames};
    size_t at = 0;

    if (rn_dropped_find(dropped, head->id)) {
        return RN_OK;
    }
    while (at < dropped->count && dropped->gaps[at].last < head->id) {
        at++;
    }
    /* A gap that began right behind this segment now begins with it. */
    bool joins_next = at < dropped->count && dropped->gaps[at].prev == head->id;
    bool joins_last = at > 0 && head->prev >= dropped->gaps[at - 1].first &&
                      head->prev <= dropped->gaps[at - 1].last;

    if (joins_last) {
        dropped->gaps[at - 1].last = joins_next ? dropped->gaps[at].last : head->id;
        if (joins_next) {
            dropped->count--;
            memmove(&dropped->gaps[at], &dropped->gaps[at + 1],
                    (dropped->count - at) * sizeof(gap));
        }
        return RN_OK;
    }
    if (joins_next) {
        gap.last = dropped->gaps[at].last;
        dropped->gaps[at] = gap;
        return RN_OK;
    }
    return insert(dropped, at, &gap);
}
