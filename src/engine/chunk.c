/* chunk.c - the bytes of a record, little-endian:
 *
 *   0 value length (u32) · 4 stamp (u32) · 8 key length (u16) · 10 flags (u16) · 12 kind (u8)
 *   13 key · value
 *
 * A chunk has no head and no end of its own; its length, number of records and checksum stand where
 * the chunk is carried. */
#include "engine/chunk.h"

#include <assert.h>

#include "base/bytes.h"

char *rn_chunk_put(char *at, const struct rn_record *record)
{
    assert(record->key.len <= RN_RECORD_KEY_BYTES_MAX &&
           record->value.len <= RN_RECORD_VALUE_BYTES_MAX);
    rn_put_le32(at, (uint32_t)record->value.len);
    rn_put_le32(at + 4, record->stamp);
    rn_put_le16(at + 8, (uint16_t)record->key.len);
    rn_put_le16(at + 10, record->flags);
    at[12] = (char)record->kind;
    at += RN_CHUNK_HEAD_BYTES;
    if (record->key.len) {
        memcpy(at, record->key.data, record->key.len);
        at += record->key.len;
    }
    if (record->value.len) {
        memcpy(at, record->value.data, record->value.len);
        at += record->value.len;
    }
    return at;
}

rn_err rn_chunk_next(struct rn_chunk_cursor *cursor, struct rn_record *ret_record)
{
    const char *at = cursor->at;
    size_t room = (size_t)(cursor->end - at), key_len, value_len;

    if (room == 0) {
        return RN_NOT_FOUND;
    }
    if (room < RN_CHUNK_HEAD_BYTES) {
        return RN_CORRUPT;
    }
    value_len = rn_get_le32(at);
    key_len = rn_get_le16(at + 8);
    if (key_len > RN_RECORD_KEY_BYTES_MAX || value_len > RN_RECORD_VALUE_BYTES_MAX ||
        key_len + value_len > room - RN_CHUNK_HEAD_BYTES) {
        return RN_CORRUPT;
    }
    *ret_record = (struct rn_record){
        .key = rn_str_make(at + RN_CHUNK_HEAD_BYTES, key_len),
        .value = rn_str_make(at + RN_CHUNK_HEAD_BYTES + key_len, value_len),
        .stamp = rn_get_le32(at + 4),
        .flags = rn_get_le16(at + 10),
        .kind = (uint8_t)at[12],
    };
    cursor->at = at + RN_CHUNK_HEAD_BYTES + key_len + value_len;
    return RN_OK;
}
