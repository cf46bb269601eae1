/* iterator.h - shard iterators: sealed, authenticated positions.
 *
 * FORM  base64 (canonical) of  00 00 00 00 00 00 00 01 | iv 12 | AES-256-GCM ciphertext | tag 16,
 *       so the text begins AAAAAAAAAAE. Checked by re-encoding. Valid 300,000 ms from creation. */
#ifndef RN_MODEL_ITERATOR_H
#define RN_MODEL_ITERATOR_H

#include "base/err.h"
#include "base/str.h"
#include "model/arn.h"

enum {
    RN_ITERATOR_TEXT_BYTES = 512,
    RN_ITERATOR_LIFE_MS = 300000,
    RN_ITERATOR_KEY_BYTES = 32,
};

enum rn_iterator_kind {
    RN_ITERATOR_AT_OFFSET,    /* first record at or after `offset` */
    RN_ITERATOR_TRIM_HORIZON, /* resolved when it is read */
    RN_ITERATOR_AT_TIME, /* as AT_OFFSET, skipping records older than timestamp_ms, until the first match */
};

struct rn_iterator {
    uint64_t stream_uid;
    uint32_t shard_index;
    enum rn_iterator_kind kind;
    uint64_t offset;
    int64_t timestamp_ms;
    int64_t created_ms;
    char stream[RN_STREAM_NAME_BYTES_MAX +
                1]; /* name, NUL-terminated: for the answer when the stream is gone */
};

/* `iv`: RN_GCM_IV_BYTES fresh random bytes. NUL-terminated; returns the length. */
size_t rn_iterator_seal(const struct rn_iterator *iterator, const uint8_t *key, const uint8_t *iv,
                        char *text);
/* Accepts the text wrapped in double quotes, as the service does. RN_INVALID: not one of ours.
 * Expiry is the caller's to judge. */
RN_MUST_USE rn_err rn_iterator_open(rn_str text, const uint8_t *key,
                                    struct rn_iterator *ret_iterator);

#endif
