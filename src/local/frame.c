/* frame.c - the bytes of a frame.
 *
 * LAYOUT    integers are little-endian; a frame begins at a block and fills whole blocks
 *   head    0 magic "RNFR" · 4 crc32c of all of head and table that follows · 8 bytes in blocks (u32)
 *           12 bytes used (u32) · 16 segment id · 24 salt of the segment · 32 number of the frame
 *           40 append time, ms since 1970 · 48 frames synced before it was built · 56 extents (u32)
 *           60 flags (u32)
 *   table   one row an extent: 0 topic · 8 first offset · 16 lane (u32) · 20 records (u32)
 *           24 bytes of the chunk (u32) · 28 crc32c of the chunk
 *   chunks  in the order of the table, without gaps (engine/chunk.c); zeros up to the block's end
 *
 * The checksum covers the chunks through their rows, so whoever seals a frame need not read them.
 * Segment id, salt and number are under the checksum too: what an earlier life of the file, or a
 * frame that was given up, left behind cannot pass for the frame expected at a place. The salt is
 * random and never leaves the files, so no client can send bytes that look like a frame. */
#include "local/frame.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/crc32c.h"

enum { MAGIC = 0x52464E52, CRC_AT = 4, CRC_FROM = 8 };

void rn_frame_put_extent(char *bytes, uint32_t index, const struct rn_frame_extent *extent)
{
    char *at = bytes + rn_frame_table_bytes(index);

    rn_put_le64(at, extent->topic);
    rn_put_le64(at + 8, extent->first);
    rn_put_le32(at + 16, extent->lane);
    rn_put_le32(at + 20, extent->count);
    rn_put_le32(at + 24, extent->bytes);
    rn_put_le32(at + 28, extent->crc);
}

struct rn_frame_extent rn_frame_get_extent(const char *bytes, uint32_t index)
{
    const char *at = bytes + rn_frame_table_bytes(index);

    return (struct rn_frame_extent){
        .topic = rn_get_le64(at),
        .first = rn_get_le64(at + 8),
        .lane = rn_get_le32(at + 16),
        .count = rn_get_le32(at + 20),
        .bytes = rn_get_le32(at + 24),
        .crc = rn_get_le32(at + 28),
    };
}

static uint32_t table_crc(const char *bytes, uint32_t extents)
{
    return rn_crc32c(0, bytes + CRC_FROM, rn_frame_table_bytes(extents) - CRC_FROM);
}

void rn_frame_seal(char *bytes, const struct rn_frame *frame)
{
    assert(frame->bytes % RN_BLOCK_BYTES == 0 && frame->bytes <= RN_FRAME_BYTES_MAX);
    assert(frame->used <= frame->bytes && frame->extents <= RN_FRAME_EXTENTS_MAX);
    rn_put_le32(bytes, MAGIC);
    rn_put_le32(bytes + 8, frame->bytes);
    rn_put_le32(bytes + 12, frame->used);
    rn_put_le64(bytes + 16, frame->segment);
    rn_put_le64(bytes + 24, frame->salt);
    rn_put_le64(bytes + 32, frame->number);
    rn_put_le64(bytes + 40, (uint64_t)frame->append_ms);
    rn_put_le64(bytes + 48, frame->synced);
    rn_put_le32(bytes + 56, frame->extents);
    rn_put_le32(bytes + 60, frame->flags);
    rn_put_le32(bytes + CRC_AT, table_crc(bytes, frame->extents));
}

rn_err rn_frame_peek(const char *bytes, struct rn_frame *ret_frame)
{
    struct rn_frame frame = {
        .bytes = rn_get_le32(bytes + 8),
        .used = rn_get_le32(bytes + 12),
        .segment = rn_get_le64(bytes + 16),
        .salt = rn_get_le64(bytes + 24),
        .number = rn_get_le64(bytes + 32),
        .append_ms = (int64_t)rn_get_le64(bytes + 40),
        .synced = rn_get_le64(bytes + 48),
        .extents = rn_get_le32(bytes + 56),
        .flags = rn_get_le32(bytes + 60),
    };

    if (rn_get_le32(bytes) != MAGIC || frame.bytes > RN_FRAME_BYTES_MAX ||
        frame.bytes % RN_BLOCK_BYTES || frame.used > frame.bytes ||
        frame.extents > RN_FRAME_EXTENTS_MAX || rn_frame_table_bytes(frame.extents) > frame.used) {
        return RN_CORRUPT;
    }
    *ret_frame = frame;
    return RN_OK;
}

bool rn_frame_table_good(const char *bytes, const struct rn_frame *frame)
{
    uint64_t used = rn_frame_table_bytes(frame->extents);

    if (rn_get_le32(bytes + CRC_AT) != table_crc(bytes, frame->extents)) {
        return false;
    }
    for (uint32_t i = 0; i < frame->extents; i++) {
        struct rn_frame_extent extent = rn_frame_get_extent(bytes, i);

        used += extent.bytes;
        if (extent.first >
            UINT64_MAX / 2) { /* so that sums of offsets and counts cannot overflow */
            return false;
        }
    }
    return used == frame->used;
}

bool rn_frame_chunks_good(const char *bytes, const struct rn_frame *frame)
{
    const char *chunk = bytes + rn_frame_table_bytes(frame->extents);

    for (uint32_t i = 0; i < frame->extents; i++) {
        struct rn_frame_extent extent = rn_frame_get_extent(bytes, i);

        if (rn_crc32c(0, chunk, extent.bytes) != extent.crc) {
            return false;
        }
        chunk += extent.bytes;
    }
    return true;
}
