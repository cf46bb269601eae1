/* sigv4.h - AWS Signature Version 4, both directions: the server verifies, the client signs.
 *
 * Works on a request described by plain strings; knows neither sockets nor key storage. The body's
 * SHA-256 is computed by the caller, once, before anything changes the body.
 * Header names are compared without case; header values are as received.
 * Source: AWS General Reference, "Signature Version 4"; failure texts as recorded in
 * docs/compatibility.md. Threads: any; a cache is internally locked. */
#ifndef RN_AUTH_SIGV4_H
#define RN_AUTH_SIGV4_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/crypto.h"

struct rn_sig_header {
    rn_str name, value;
};

struct rn_sig_request {
    rn_str method;
    rn_str path;  /* wire form, before '?' */
    rn_str query; /* wire form, after '?', may be empty */
    const struct rn_sig_header
        *headers; /* arrival order; ":authority" of HTTP/2 under that name; when "host" is
                                          * there too the two are equal: net has seen to that */
    size_t header_count;
    const uint8_t *body_sha256;
};

enum { RN_ACCESS_KEY_ID_BYTES_MAX = 128, RN_SECRET_KEY_BYTES_MAX = 128 };

struct rn_credential {
    char secret[RN_SECRET_KEY_BYTES_MAX + 1];
    uint64_t
        generation; /* changes whenever the secret or its state changes: invalidates cached keys */
    uint64_t principal; /* the key store's name for whose key this is */
    bool active;
};

/* The key store: false when there is no such key. Thread: any. */
struct rn_key_lookup {
    bool (*find)(void *arg, rn_str access_key_id, rn_str session_token,
                 struct rn_credential *ret_credential);
    void *arg;
};

/* Why a request is refused, e.g. type "InvalidSignatureException"; sigv4.c has the table. */
struct rn_sig_failure {
    rn_str type;    /* wire name with Exception suffix; static */
    rn_str message; /* in the arena */
    rn_str hint; /* what whoever runs the server may want to know; absent: nothing. In the arena */
};

struct rn_sig_caller {
    rn_str access_key_id; /* in the request; "" when unsigned requests are let through */
    uint64_t principal;
};

struct rn_sig_rules {
    rn_str region;  /* expected; absent: any */
    rn_str service; /* "kinesis" */
    int64_t now_ms;
    int64_t skew_ms; /* 300,000 for Kinesis */
};

struct rn_sig_cache; /* signing keys by (access key, date, region, service, generation); bounded */
struct rn_sig_cache *rn_sig_cache_new(size_t entries_max); /* NULL when memory ends */
void rn_sig_cache_free(struct rn_sig_cache *cache);

/* RN_OK: ret_caller is filled. RN_DENIED: reterr_failure says why, in the service's words (printable
 * ASCII). RN_NOMEM. Checks run in the order of the service. Both forms are verified: the Authorization
 * header, and the presigned query (X-Amz-Algorithm in the query; X-Amz-Expires is not looked at, the
 * skew window is). `cache` may be NULL. A session token that `keys` does not accept is the key's fault.
 * A header sent twice counts as its values joined by ','; whoever reads only one of them (the target,
 * the host) must refuse the request. */
RN_MUST_USE rn_err rn_sig_verify(const struct rn_sig_request *request,
                                 const struct rn_sig_rules *rules, const struct rn_key_lookup *keys,
                                 struct rn_sig_cache *cache, struct rn_arena *arena,
                                 struct rn_sig_caller *ret_caller,
                                 struct rn_sig_failure *reterr_failure);

struct rn_signer {
    rn_str access_key_id, secret;
    rn_str
        session_token; /* may be absent; the caller sends it as the header x-amz-security-token */
    rn_str region, service;
};

/* The Authorization header's value for `request`, whose headers (host, x-amz-date, … already in
 * place) are all signed. RN_INVALID: the secret is over RN_SECRET_KEY_BYTES_MAX. RN_TOO_LARGE: the
 * query is. RN_NOMEM. */
RN_MUST_USE rn_err rn_sig_sign(const struct rn_signer *signer, const struct rn_sig_request *request,
                               int64_t now_ms, struct rn_arena *arena, rn_str *ret_authorization);

#endif
