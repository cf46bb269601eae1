/* token.c - sealing and opening of NextToken; see token.h. */
#include "service/token.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/civil.h"
#include "codec/base64.h"
#include "crypto/crypto.h"

enum {
    TOKEN_VERSION = 1,
    HEAD_BYTES = 1 + 1 + 8 + 8 + 4 + 1 + 8 + 1,
    PLAIN_BYTES_MAX = HEAD_BYTES + RN_STREAM_NAME_BYTES_MAX,
    SEALED_BYTES_MIN = RN_GCM_IV_BYTES + HEAD_BYTES + RN_GCM_TAG_BYTES,
    SEALED_BYTES_MAX = RN_GCM_IV_BYTES + PLAIN_BYTES_MAX + RN_GCM_TAG_BYTES,
};

_Static_assert((SEALED_BYTES_MAX + 2) / 3 * 4 < RN_TOKEN_TEXT_BYTES, "every token fits its text");
_Static_assert((int)RN_TOKEN_KEY_BYTES == (int)RN_AES_KEY_BYTES, "the key is of AES-256");

static const rn_str aad = RN_STR_INIT("next token");

static size_t token_write(const struct rn_token *token, char *plain)
{
    size_t name_len = strlen(token->name);

    plain[0] = TOKEN_VERSION;
    plain[1] = (char)token->kind;
    rn_put_le64(plain + 2, (uint64_t)token->created_ms);
    rn_put_le64(plain + 10, token->stream_uid);
    rn_put_le32(plain + 18, token->next_shard);
    plain[22] = (char)token->filter;
    rn_put_le64(plain + 23, (uint64_t)token->filter_ms);
    plain[31] = (char)name_len;
    memcpy(plain + HEAD_BYTES, token->name, name_len);
    return HEAD_BYTES + name_len;
}

/* What we sealed ourselves reads back; anything else is another version's or another use's. */
static bool token_read(const char *plain, size_t len, struct rn_token *ret_token)
{
    size_t name_len = (uint8_t)plain[31];

    if (plain[0] != TOKEN_VERSION || len != HEAD_BYTES + name_len ||
        name_len > RN_STREAM_NAME_BYTES_MAX) {
        return false;
    }
    *ret_token = (struct rn_token){
        .kind = (enum rn_token_kind)plain[1],
        .created_ms = (int64_t)rn_get_le64(plain + 2),
        .stream_uid = rn_get_le64(plain + 10),
        .next_shard = rn_get_le32(plain + 18),
        .filter = (enum rn_shard_filter)plain[22],
        .filter_ms = (int64_t)rn_get_le64(plain + 23),
    };
    memcpy(ret_token->name, plain + HEAD_BYTES, name_len);
    return true;
}

rn_str rn_token_seal(struct rn_call *call, struct rn_token *token)
{
    struct rn_service *service = call->service;
    char sealed[SEALED_BYTES_MAX];
    char plain[PLAIN_BYTES_MAX];
    char *text = rn_arena_alloc(call->arena, RN_TOKEN_TEXT_BYTES);
    size_t len;

    if (!text) {
        return RN_STR_NONE;
    }
    token->created_ms = rn_call_now_ms(call);
    len = token_write(token, plain);
    rn_random_fill(service->options.random, sealed, RN_GCM_IV_BYTES);
    rn_gcm_seal(service->token_key, (uint8_t *)sealed, aad, rn_str_make(plain, len),
                sealed + RN_GCM_IV_BYTES, (uint8_t *)sealed + RN_GCM_IV_BYTES + len);
    len += RN_GCM_IV_BYTES + RN_GCM_TAG_BYTES;
    rn_base64_encode(sealed, len, text);
    return rn_str_make(text, rn_base64_encoded_len(len));
}

static bool unseal(struct rn_service *service, rn_str text, struct rn_token *ret_token)
{
    char sealed[RN_TOKEN_TEXT_BYTES];
    char plain[RN_TOKEN_TEXT_BYTES];
    size_t len;
    size_t at;
    bool at_last;

    if (text.len >= RN_TOKEN_TEXT_BYTES || rn_base64_decode(text, sealed, &len, &at, &at_last) ||
        len < SEALED_BYTES_MIN || len > SEALED_BYTES_MAX) {
        return false;
    }
    len -= RN_GCM_IV_BYTES + RN_GCM_TAG_BYTES;
    return !rn_gcm_open(service->token_key, (uint8_t *)sealed, aad,
                        rn_str_make(sealed + RN_GCM_IV_BYTES, len),
                        (uint8_t *)sealed + RN_GCM_IV_BYTES + len, plain) &&
           token_read(plain, len, ret_token);
}

void rn_fail_invalid_token(struct rn_call *call)
{
    rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "Invalid NextToken.");
}

bool rn_token_open(struct rn_call *call, rn_str text, enum rn_token_kind kind,
                   struct rn_token *ret_token)
{
    int64_t now_ms = rn_call_now_ms(call);
    char created[RN_CIVIL_TEXT_BYTES];
    char now[RN_CIVIL_TEXT_BYTES];

    if (!unseal(call->service, text, ret_token) || ret_token->kind != kind) {
        rn_fail_invalid_token(call);
        return false;
    }
    if (now_ms - ret_token->created_ms > RN_TOKEN_LIFE_MS) {
        rn_call_fail(call, RN_FAULT_EXPIRED_NEXT_TOKEN,
                     "NextToken expired. The token was created at time %s while right now it is %s "
                     "which is further in "
                     "the future than the tolerated delay of %d milliseconds.",
                     rn_civil_java(ret_token->created_ms, created), rn_civil_java(now_ms, now),
                     RN_TOKEN_LIFE_MS);
        return false;
    }
    return true;
}
