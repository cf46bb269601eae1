/* shard.c - hash keys, hash ranges and shard ids.
 *
 * A hash key is an unsigned 128-bit number; the ranges of a stream's open shards cover all of them
 * without gap or overlap. */
#include "model/shard.h"

#include <assert.h>
#include <stdio.h>

#include "base/bytes.h"
#include "crypto/crypto.h"

rn_err rn_hash_key_parse(rn_str text, rn_u128 *ret_key)
{
    rn_u128 key = 0;
    bool too_large = false;

    if (text.len == 0) {
        return RN_INVALID;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';

        if (digit > 9) {
            return RN_INVALID; /* also behind the point where it became too large */
        }
        too_large = too_large || key > (RN_HASH_KEY_MAX - digit) / 10;
        key = key * 10 + digit;
    }
    if (too_large) {
        return RN_TOO_LARGE;
    }
    *ret_key = key;
    return RN_OK;
}

size_t rn_hash_key_format(rn_u128 key, char *text)
{
    char digits[RN_HASH_KEY_TEXT_BYTES]; /* last digit first */
    size_t len = 0;

    do {
        assert(len < sizeof(digits) - 1);
        digits[len++] = (char)('0' + (int)(key % 10));
        key /= 10;
    } while (key);
    for (size_t i = 0; i < len; i++) {
        text[i] = digits[len - 1 - i];
    }
    text[len] = '\0';
    return len;
}

rn_u128 rn_hash_key_of(rn_str partition_key)
{
    uint8_t digest[RN_MD5_BYTES];

    rn_md5(partition_key, digest);
    return (rn_u128)rn_get_be64(digest) << 64 | rn_get_be64(digest + 8);
}

struct rn_hash_range rn_hash_range_initial(uint32_t index, uint32_t count)
{
    rn_u128 width; /* floor(2^128 / count); 2^128 itself does not fit */

    assert(count > 0 && index < count);
    width = RN_HASH_KEY_MAX / count;
    if (RN_HASH_KEY_MAX % count == count - 1) {
        width++; /* count divides 2^128; for one shard this wraps to 0, and only index 0 uses it */
    }
    return (struct rn_hash_range){
        .start = index * width,
        .end = index == count - 1 ? RN_HASH_KEY_MAX : (index + 1) * width - 1,
    };
}

size_t rn_shard_id_format(uint32_t index, char *text)
{
    int len = snprintf(text, RN_SHARD_ID_TEXT_BYTES, "shardId-%012u", (unsigned)index);

    assert(len > 0 && len < RN_SHARD_ID_TEXT_BYTES);
    return (size_t)len;
}

rn_err rn_shard_id_parse(rn_str text, uint32_t *ret_index)
{
    size_t dash = rn_str_find(text, '-', 0);
    rn_str part = text;
    uint64_t index;

    if (dash < text.len) {
        size_t end = rn_str_find(text, '-', dash + 1);

        if (end > dash + 1) {
            part = rn_str_make(text.data + dash + 1, end - dash - 1);
        }
    }
    if (!rn_str_to_u64(part, &index) || index > RN_SHARD_INDEX_MAX) {
        return RN_INVALID;
    }
    *ret_index = (uint32_t)index;
    return RN_OK;
}
