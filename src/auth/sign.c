/* sign.c - Signature Version 4: the arithmetic both sides share, and the client's side.
 *
 *     key       = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")
 *     signature = HMAC(key, algorithm \n time \n scope \n hex(SHA-256(canonical request))) */
#include "auth/sign.h"

#include <assert.h>
#include <stdlib.h>

#include "auth/canonical.h"
#include "base/civil.h"

static rn_str str_of(const uint8_t *bytes, size_t len)
{
    return rn_str_make(bytes, len);
}

void rn_sig_derive_key(rn_str secret, rn_str date, rn_str region, rn_str service, uint8_t *ret_key)
{
    char start[4 + RN_SECRET_KEY_BYTES_MAX] = "AWS4";
    rn_str key = str_of(ret_key, RN_SIG_KEY_BYTES);

    assert(secret.len <= RN_SECRET_KEY_BYTES_MAX);
    memcpy(start + 4, secret.data, secret.len);
    rn_hmac_sha256(rn_str_make(start, 4 + secret.len), date, ret_key);
    rn_hmac_sha256(key, region, ret_key);
    rn_hmac_sha256(key, service, ret_key);
    rn_hmac_sha256(key, RN_SIG_TERMINATOR, ret_key);
    rn_wipe(start, sizeof(start));
}

rn_err rn_sig_calculate(rn_str canonical, rn_str time, rn_str scope, const uint8_t *key,
                        struct rn_arena *arena, uint8_t *ret_signature)
{
    uint8_t digest[RN_SHA256_BYTES];
    char hex[2 * RN_SHA256_BYTES];
    rn_str text;

    rn_sha256(canonical, digest);
    rn_sig_hex(digest, sizeof(digest), hex);
    text = rn_arena_printf(arena, "%.*s\n%.*s\n%.*s\n%.*s", RN_STR_ARG(RN_SIG_ALGORITHM),
                           RN_STR_ARG(time), RN_STR_ARG(scope), (int)sizeof(hex), hex);
    if (!text.data) {
        return RN_NOMEM;
    }
    rn_hmac_sha256(str_of(key, RN_SIG_KEY_BYTES), text, ret_signature);
    return RN_OK;
}

static int compare_names(const void *a, const void *b)
{
    return rn_str_cmp(*(const rn_str *)a, *(const rn_str *)b);
}

static rn_str lowered(struct rn_arena *arena, rn_str s)
{
    char *copy = rn_arena_alloc(arena, s.len);

    for (size_t i = 0; copy && i < s.len; i++) {
        copy[i] = s.data[i] >= 'A' && s.data[i] <= 'Z' ? (char)(s.data[i] - 'A' + 'a') : s.data[i];
    }
    return rn_str_make(copy, s.len);
}

/* Every header's name, once, in order: "content-type;host;x-amz-date". */
static rn_err all_names(const struct rn_sig_request *request, struct rn_arena *arena,
                        rn_str *ret_list)
{
    rn_str names[RN_SIG_HEADERS_MAX], list = RN_STR_NONE;
    size_t count = request->header_count;

    assert(count > 0 && count <= RN_SIG_HEADERS_MAX);
    for (size_t i = 0; i < count; i++) {
        names[i] = lowered(arena, request->headers[i].name);
        if (!names[i].data) {
            return RN_NOMEM;
        }
    }
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && rn_str_eq(names[i], names[i - 1])) {
            continue;
        }
        list = list.data
                   ? rn_arena_printf(arena, "%.*s;%.*s", RN_STR_ARG(list), RN_STR_ARG(names[i]))
                   : names[i];
        if (!list.data) {
            return RN_NOMEM;
        }
    }
    *ret_list = list;
    return RN_OK;
}

rn_err rn_sig_sign(const struct rn_signer *signer, const struct rn_sig_request *request,
                   int64_t now_ms, struct rn_arena *arena, rn_str *ret_authorization)
{
    char date[RN_CIVIL_TEXT_BYTES], hex[RN_SIG_SIGNATURE_CHARS];
    uint8_t key[RN_SIG_KEY_BYTES], signature[RN_SHA256_BYTES];
    rn_str list, canonical, scope, authorization, day;
    struct rn_sig_query query;
    rn_err err = signer->secret.len <= RN_SECRET_KEY_BYTES_MAX ? RN_OK : RN_INVALID;

    if (!err) {
        err = all_names(request, arena, &list);
    }
    if (!err) {
        err = rn_sig_query_parse(request->query, arena, &query);
    }
    if (!err) {
        err = rn_sig_canonical(request, &query, RN_STR_NONE, list, arena, &canonical);
    }
    if (err) {
        return err;
    }
    day = rn_str_make(rn_civil_basic(now_ms, date), RN_SIG_DATE_BYTES);
    scope =
        rn_arena_printf(arena, "%.*s/%.*s/%.*s/%.*s", RN_STR_ARG(day), RN_STR_ARG(signer->region),
                        RN_STR_ARG(signer->service), RN_STR_ARG(RN_SIG_TERMINATOR));
    if (!scope.data) {
        return RN_NOMEM;
    }
    rn_sig_derive_key(signer->secret, day, signer->region, signer->service, key);
    err = rn_sig_calculate(canonical, rn_str_c(date), scope, key, arena, signature);
    rn_wipe(key, sizeof(key));
    if (err) {
        return err;
    }
    rn_sig_hex(signature, sizeof(signature), hex);
    authorization =
        rn_arena_printf(arena, "%.*s Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s",
                        RN_STR_ARG(RN_SIG_ALGORITHM), RN_STR_ARG(signer->access_key_id),
                        RN_STR_ARG(scope), RN_STR_ARG(list), RN_SIG_SIGNATURE_CHARS, hex);
    if (!authorization.data) {
        return RN_NOMEM;
    }
    *ret_authorization = authorization;
    return RN_OK;
}
