/* Shard iterators.
 *
 * HOLDS      No text opens that was not sealed here. An iterator made of the input's bytes opens as
 *            it was, and does not with one character changed. */
#include <assert.h>

#include "base/bytes.h"
#include "crypto/crypto.h"
#include "model/iterator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[RN_ITERATOR_KEY_BYTES] = "fuzzers cannot guess this at all";

static void check_sealed(const uint8_t *data, size_t size)
{
    uint8_t bytes[64] = {0};
    char text[RN_ITERATOR_TEXT_BYTES];
    struct rn_iterator iterator = {.stream = ""}, opened;
    size_t len, at;

    memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
    iterator.stream_uid = rn_get_le64(bytes);
    iterator.offset = rn_get_le64(bytes + 8);
    iterator.timestamp_ms = (int64_t)rn_get_le64(bytes + 16);
    iterator.created_ms = (int64_t)rn_get_le64(bytes + 24);
    iterator.shard_index = rn_get_le32(bytes + 32);
    iterator.kind = (enum rn_iterator_kind)(bytes[36] % (RN_ITERATOR_AT_TIME + 1));
    for (size_t i = 0; i < size && i < RN_STREAM_NAME_BYTES_MAX; i++) {
        iterator.stream[i] = (char)data[i];
    }
    len = rn_iterator_seal(&iterator, key, bytes + 40, text);
    assert(len == strlen(text) && len < RN_ITERATOR_TEXT_BYTES);
    assert(rn_iterator_open(rn_str_make(text, len), key, &opened) == RN_OK);
    assert(opened.stream_uid == iterator.stream_uid && opened.offset == iterator.offset);
    assert(opened.timestamp_ms == iterator.timestamp_ms &&
           opened.created_ms == iterator.created_ms);
    assert(opened.shard_index == iterator.shard_index && opened.kind == iterator.kind);
    assert(strcmp(opened.stream, iterator.stream) == 0);
    at = bytes[52] * 256u + bytes[53];
    text[at % len] = (char)(text[at % len] ^ (1 + bytes[54] % 255));
    assert(rn_iterator_open(rn_str_make(text, len), key, &opened) == RN_INVALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rn_iterator opened;

    assert(rn_iterator_open(rn_str_make(data, size), key, &opened) == RN_INVALID);
    check_sealed(data, size);
    return 0;
}
