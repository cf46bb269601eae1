/* iterator.c - shard iterators: sealed, authenticated positions.
 *
 * SEALED     the 8 leading bytes are the additional data; the plain text is, big-endian,
 *            1 form (FORM_1) | 1 kind | 8 stream uid | 4 shard index | 8 offset | 8 timestamp ms
 *            | 8 created ms | 128 stream name, filled up with zeros
 * FORGERY    Whoever lacks the key cannot make, change or splice one: the tag covers everything,
 *            and the nonce is random, so one key is good for 2^32 iterators. The key is the
 *            cluster's, so iterators of another cluster do not open here.
 * NEWER      An unknown form or kind is RN_INVALID, as a foreign text is: the client asks again. */
#include "model/iterator.h"

#include <assert.h>

#include "base/bytes.h"
#include "codec/base64.h"
#include "crypto/crypto.h"

enum {
    FORM_1 = 1,
    HEAD_BYTES = 8,
    NAME_AT = 1 + 1 + 8 + 4 + 8 + 8 + 8,
    PLAIN_BYTES =
        NAME_AT +
        RN_STREAM_NAME_BYTES_MAX, /* of one length, so the text does not tell the name's */
    TOKEN_BYTES = HEAD_BYTES + RN_GCM_IV_BYTES + PLAIN_BYTES + RN_GCM_TAG_BYTES,
    TEXT_BYTES = (TOKEN_BYTES + 2) / 3 * 4,
};

_Static_assert((int)TEXT_BYTES < (int)RN_ITERATOR_TEXT_BYTES, "the text and its NUL fit");
_Static_assert((int)RN_ITERATOR_KEY_BYTES == (int)RN_AES_KEY_BYTES, "sealed with AES-256");

static const char head[HEAD_BYTES] = {0, 0, 0, 0, 0, 0, 0, 1};

/* Where the parts of a token lie. */
struct token {
    char bytes[TOKEN_BYTES];
};

static char *token_iv(struct token *token)
{
    return token->bytes + HEAD_BYTES;
}

static char *token_sealed(struct token *token)
{
    return token_iv(token) + RN_GCM_IV_BYTES;
}

static char *token_tag(struct token *token)
{
    return token_sealed(token) + PLAIN_BYTES;
}

static void plain_write(const struct rn_iterator *iterator, char *plain)
{
    plain[0] = FORM_1;
    plain[1] = (char)iterator->kind;
    rn_put_be64(plain + 2, iterator->stream_uid);
    rn_put_be32(plain + 10, iterator->shard_index);
    rn_put_be64(plain + 14, iterator->offset);
    rn_put_be64(plain + 22, (uint64_t)iterator->timestamp_ms);
    rn_put_be64(plain + 30, (uint64_t)iterator->created_ms);
    memset(plain + NAME_AT, 0, RN_STREAM_NAME_BYTES_MAX);
    memcpy(plain + NAME_AT, iterator->stream, strnlen(iterator->stream, RN_STREAM_NAME_BYTES_MAX));
}

static rn_err plain_read(const char *plain, struct rn_iterator *ret_iterator)
{
    if (plain[0] != FORM_1 || (unsigned char)plain[1] > RN_ITERATOR_AT_TIME) {
        return RN_INVALID;
    }
    *ret_iterator = (struct rn_iterator){
        .kind = (enum rn_iterator_kind)plain[1],
        .stream_uid = rn_get_be64(plain + 2),
        .shard_index = rn_get_be32(plain + 10),
        .offset = rn_get_be64(plain + 14),
        .timestamp_ms = (int64_t)rn_get_be64(plain + 22),
        .created_ms = (int64_t)rn_get_be64(plain + 30),
    };
    memcpy(ret_iterator->stream, plain + NAME_AT,
           RN_STREAM_NAME_BYTES_MAX); /* the NUL behind is there */
    return RN_OK;
}

size_t rn_iterator_seal(const struct rn_iterator *iterator, const uint8_t *key, const uint8_t *iv,
                        char *text)
{
    struct token token;
    char plain[PLAIN_BYTES];

    assert((unsigned)iterator->kind <= RN_ITERATOR_AT_TIME);
    plain_write(iterator, plain);
    memcpy(token.bytes, head, HEAD_BYTES);
    memcpy(token_iv(&token), iv, RN_GCM_IV_BYTES);
    token_iv(&token)[0] &= 0x3F; /* shares the text's 11th character with the head, which is 'E' */
    rn_gcm_seal(key, (uint8_t *)token_iv(&token), rn_str_make(head, HEAD_BYTES),
                rn_str_make(plain, PLAIN_BYTES), token_sealed(&token),
                (uint8_t *)token_tag(&token));
    rn_base64_encode(token.bytes, TOKEN_BYTES, text);
    text[TEXT_BYTES] = '\0';
    return TEXT_BYTES;
}

static rn_str without_quotes(rn_str text)
{
    if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"') {
        return rn_str_make(text.data + 1, text.len - 2);
    }
    return text;
}

/* Canonical: encoding the bytes again gives the same text. */
static rn_err token_decode(rn_str text, struct token *ret_token)
{
    char bytes[TEXT_BYTES / 4 * 3], again[TEXT_BYTES];
    size_t len, at;
    bool at_last;

    if (text.len != TEXT_BYTES || rn_base64_decode(text, bytes, &len, &at, &at_last) ||
        len != TOKEN_BYTES) {
        return RN_INVALID;
    }
    rn_base64_encode(bytes, TOKEN_BYTES, again);
    if (memcmp(again, text.data, TEXT_BYTES) != 0) {
        return RN_INVALID;
    }
    memcpy(ret_token->bytes, bytes, TOKEN_BYTES);
    return RN_OK;
}

rn_err rn_iterator_open(rn_str text, const uint8_t *key, struct rn_iterator *ret_iterator)
{
    struct token token;
    char plain[PLAIN_BYTES];
    rn_err err = token_decode(without_quotes(text), &token);

    if (err) {
        return err;
    }
    if (memcmp(token.bytes, head, HEAD_BYTES) != 0) {
        return RN_INVALID;
    }
    err = rn_gcm_open(key, (uint8_t *)token_iv(&token), rn_str_make(head, HEAD_BYTES),
                      rn_str_make(token_sealed(&token), PLAIN_BYTES), (uint8_t *)token_tag(&token),
                      plain);
    if (err) {
        return RN_INVALID;
    }
    return plain_read(plain, ret_iterator);
}
