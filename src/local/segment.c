/* segment.c - the files of the local engine: how they hang together and why a crash is harmless.
 *
 * FILES     in the directory log/; N is 16 hexadecimal digits, n a decimal number
 *   N.seg   segment N: a head of 4096 bytes, the same head again, then frames (frame.c) up to the
 *           segment's valid end; what lies behind it means nothing
 *   N.idx   index of segment N, once it is sealed (index.c); can be made again from N.seg
 *   spare-n a file waiting to become a segment; its bytes mean nothing
 *   dropped which segments were dropped on purpose (dropped.c)
 *   *.new   a file that was being written when the process ended; removed at the next start
 *
 * HEAD      integers are little-endian
 *           0 magic "RNSG" · 4 format version (u32) · 8 id · 16 salt, random · 24 id of the predecessor
 *           32 the predecessor's valid end · 40 its frames up to there · 48 creation, ms since 1970
 *           56 crc32c of bytes 0..55; zeros
 *
 * CHAIN     Exactly one segment is written at a time, and all lanes share it. Ids only grow. A segment's
 *   head names its predecessor and the predecessor's valid end. The chain is what the newest
 *   segment leads to; the newest segment's own end is found by reading it (recover.c).
 *
 * INVARIANTS
 *   (1) One thread writes frames. At most one frame is neither synced nor given up (with
 *       --durability os: all behind the last sync).
 *   (2) A head is durable - file synced, renamed from its spare, directory synced - before the
 *       first frame of its segment is written.
 *   (3) A block that holds acknowledged bytes is never written again, while the segment is in the chain.
 *   (4) A record is acknowledged, and readers see it, after its frame was synced, never before.
 *   (5) After a write or sync that failed, nothing more is written to that segment. The next head names
 *       the end of the last good frame as its valid end. Until that head is durable writes are refused.
 *   (6) A segment is dropped when every lane has let go of it; that is durable in "dropped" first. The
 *       newest segment is never dropped. A lane that would be forgotten with it - its records
 *       have expired, but its numbering must go on - is marked in the newest segment before: a
 *       marker is an extent with no records, the lane's end as first offset, and 8 bytes of chunk:
 *       the append time of the last record.
 *   (7) A file becomes a spare by rename, durably, before its blocks are written for another use.
 *
 * WHY A CRASH IS HARMLESS
 *   By (1) and (4) only frames that nobody was told of can be torn, and they are the last of the newest
 *   segment. So a bad frame there with no good frame behind it that was built after the bad one
 *   had been synced (field `synced`) is a torn tail: the segment is sealed before it, and the next
 *   head says so durably before anything new is acknowledged. If we crash again before that, the
 *   same bytes lead to the same decision, because recovery syncs the file before it reads it.
 *   Whatever else turns up behind a valid end, now or by a late write of the device, is ignored
 *   by the chain; whatever lies in a spare has another id and salt. A bad frame that was
 *   synced once cannot come from a crash: it is damage, is reported, and reading it fails.
 *   A clean stop writes a frame with RN_FRAME_END, so even the last frame can be told to be damaged;
 *   only behind such a frame a segment is continued after a start. */
#include "local/segment.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "local/frame.h"
#include "local/lane.h"

enum { MAGIC = 0x47534E52, CRC_AT = 56 };

_Static_assert(RN_SEGMENT_START == 2 * RN_BLOCK_BYTES, "two copies of the head");

void rn_segment_head_put(char *bytes, const struct rn_segment_head *head)
{
    memset(bytes, 0, RN_SEGMENT_START);
    rn_put_le32(bytes, MAGIC);
    rn_put_le32(bytes + 4, RN_SEGMENT_VERSION);
    rn_put_le64(bytes + 8, head->id);
    rn_put_le64(bytes + 16, head->salt);
    rn_put_le64(bytes + 24, head->prev);
    rn_put_le64(bytes + 32, head->prev_end);
    rn_put_le64(bytes + 40, head->prev_frames);
    rn_put_le64(bytes + 48, (uint64_t)head->created_ms);
    rn_put_le32(bytes + CRC_AT, rn_crc32c(0, bytes, CRC_AT));
    memcpy(bytes + RN_BLOCK_BYTES, bytes, RN_BLOCK_BYTES);
}

static rn_err get_copy(const char *bytes, struct rn_segment_head *ret_head)
{
    if (rn_get_le32(bytes) != MAGIC || rn_get_le32(bytes + CRC_AT) != rn_crc32c(0, bytes, CRC_AT)) {
        return RN_CORRUPT;
    }
    if (rn_get_le32(bytes + 4) != RN_SEGMENT_VERSION) {
        return RN_NEWER;
    }
    *ret_head = (struct rn_segment_head){
        .id = rn_get_le64(bytes + 8),
        .salt = rn_get_le64(bytes + 16),
        .prev = rn_get_le64(bytes + 24),
        .prev_end = rn_get_le64(bytes + 32),
        .prev_frames = rn_get_le64(bytes + 40),
        .created_ms = (int64_t)rn_get_le64(bytes + 48),
    };
    return RN_OK;
}

rn_err rn_segment_head_get(const char *bytes, struct rn_segment_head *ret_head)
{
    rn_err err = get_copy(bytes, ret_head);

    return err == RN_CORRUPT ? get_copy(bytes + RN_BLOCK_BYTES, ret_head) : err;
}

/* ---- names ---- */

static char *path_of(char *path, const char *fmt, uint64_t number)
{
    int len;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats are the three below */
    len = snprintf(path, RN_LOG_PATH_BYTES, fmt, (unsigned long long)number);
#pragma GCC diagnostic pop
    assert(len > 0 && len < RN_LOG_PATH_BYTES);
    return path;
}

char *rn_segment_path(char path[RN_LOG_PATH_BYTES], uint64_t id)
{
    return path_of(path, RN_LOG_DIR "/%016llx.seg", id);
}

char *rn_index_path(char path[RN_LOG_PATH_BYTES], uint64_t id)
{
    return path_of(path, RN_LOG_DIR "/%016llx.idx", id);
}

char *rn_spare_path(char path[RN_LOG_PATH_BYTES], uint64_t number)
{
    return path_of(path, RN_LOG_DIR "/spare-%llu", number);
}

static bool hex_id(const char *name, uint64_t *ret_id)
{
    uint64_t id = 0;

    for (int i = 0; i < 16; i++) {
        char c = name[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (digit < 0) {
            return false;
        }
        id = id << 4 | (unsigned)digit;
    }
    *ret_id = id;
    return id != 0;
}

enum rn_name rn_name_parse(const char *name, uint64_t *ret_number)
{
    size_t len = strlen(name);

    if (len > 4 && strcmp(name + len - 4, ".new") == 0) {
        return RN_NAME_TEMPORARY;
    }
    if (strncmp(name, "spare-", 6) == 0 && rn_str_to_u64(rn_str_c(name + 6), ret_number)) {
        return RN_NAME_SPARE;
    }
    if (len == 20 && hex_id(name, ret_number)) {
        return strcmp(name + 16, ".seg") == 0   ? RN_NAME_SEGMENT
               : strcmp(name + 16, ".idx") == 0 ? RN_NAME_INDEX
                                                : RN_NAME_OTHER;
    }
    return RN_NAME_OTHER;
}

/* ---- in memory ---- */

struct rn_segment *rn_segment_new(const struct rn_segment_head *head)
{
    struct rn_segment *segment = calloc(1, sizeof(*segment));

    if (segment) {
        segment->head = *head;
        segment->min_ms = INT64_MAX;
        segment->max_ms = INT64_MIN;
        atomic_init(&segment->refs, 1);
        atomic_init(&segment->end, RN_SEGMENT_START);
        atomic_init(&segment->state, RN_SEGMENT_ACTIVE);
    }
    return segment;
}

void rn_segment_ref(struct rn_segment *segment)
{
    atomic_fetch_add_explicit(&segment->refs, 1, memory_order_relaxed);
}

void rn_segment_unref(struct rn_segment *segment)
{
    if (segment && atomic_fetch_sub_explicit(&segment->refs, 1, memory_order_acq_rel) == 1) {
        rn_segment_forget_lanes(segment);
        free(segment);
    }
}

void rn_book_init(struct rn_book *book)
{
    rn_mutex_init(&book->lock);
    rn_list_init(&book->segments);
}

void rn_book_done(struct rn_book *book)
{
    RN_LIST_EACH (at, &book->segments) {
        rn_list_remove(at);
        rn_segment_unref(RN_OWNER(at, struct rn_segment, link));
    }
    rn_mutex_done(&book->lock);
}

void rn_book_add(struct rn_book *book, struct rn_segment *segment)
{
    rn_mutex_lock(&book->lock);
    rn_list_push(&book->segments, &segment->link);
    rn_mutex_unlock(&book->lock);
}

void rn_book_remove(struct rn_book *book, struct rn_segment *segment)
{
    rn_mutex_lock(&book->lock);
    rn_list_remove(&segment->link);
    rn_mutex_unlock(&book->lock);
    rn_segment_unref(segment);
}

struct rn_segment *rn_book_next(struct rn_book *book, struct rn_segment *segment)
{
    struct rn_segment *next = NULL;

    rn_mutex_lock(&book->lock);
    /* A segment that was removed meanwhile leads nowhere; only the housekeeper removes, and it walks. */
    struct rn_link *link = segment ? segment->link.next : book->segments.next;

    if (link && link != &book->segments) {
        next = RN_OWNER(link, struct rn_segment, link);
        rn_segment_ref(next);
    }
    rn_mutex_unlock(&book->lock);
    rn_segment_unref(segment);
    return next;
}

bool rn_book_is_newest(struct rn_book *book, const struct rn_segment *segment)
{
    rn_mutex_lock(&book->lock);
    bool newest = segment->link.next == &book->segments;

    rn_mutex_unlock(&book->lock);
    return newest;
}
