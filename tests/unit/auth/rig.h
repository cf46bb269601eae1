/* rig.h - a signed request and the world that judges it, for tests of Signature Version 4.
 *
 * V1 to V5 are worked requests of this service, as its clients send them. */
#ifndef TESTS_AUTH_RIG_H
#define TESTS_AUTH_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/sigv4.h"
#include "base/civil.h"

#define KEY_ID "AKIDKINESISEXAMPLE01"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SCOPE "20260115/us-east-1/kinesis/aws4_request"
#define DATE "20260115T101530Z"
#define SUITE_TOKEN "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
#define V2_TOKEN "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDEXAMPLE+/=="
#define V1_LIST "content-type;host;x-amz-date;x-amz-target"
#define V1_SIGNATURE "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153e"
#define V1_AUTHORIZATION                                                       \
    "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE ", SignedHeaders=" V1_LIST \
    ", Signature=" V1_SIGNATURE

#define MISMATCH                                                                                 \
    "The request signature we calculated does not match the signature you provided. Check your " \
    "AWS Secret Access Key and signing method. Consult the service documentation for details."

enum { HEADERS_MAX = 16, ARENA_BYTES = 1 << 20, PRINCIPAL = 4711, SKEW_MS = 300000 };

#define V3_SHA256 "be4846b7906dcdb0a90c1ab73c7b3af8944a1adaa28bc59a4a911fdef2c0a896"
#define V4_LIST ":authority;content-type;x-amz-date;x-amz-target;x-amz-user-agent"
#define V4_SIGNATURE "8fe802e71db0093f8d76e6bf6a6676da2385eacae5908015426f7069d26bff95"
#define V5_QUERY                                                        \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" KEY_ID         \
    "%2F20260115%2Fus-east-1%2Fkinesis%2Faws4_request&X-Amz-Date=" DATE \
    "&X-Amz-Expires=300&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-target"
#define V5_SIGNATURE "7519ebe57d4ec7c922ef7d2e760ea089714896d038653e06d9e06ff6f97985a5"

/* A request under test, and the world it is judged in. */
struct scene {
    struct rn_arena *arena;
    struct rn_sig_header headers[HEADERS_MAX];
    uint8_t body_sha256[RN_SHA256_BYTES];
    struct rn_sig_request request;
    struct rn_sig_rules rules;
    struct rn_credential credential; /* of key_id */
    const char *key_id;
    rn_str token; /* that belongs to the key, or absent */
    int lookups;
    struct rn_sig_cache *cache;
    struct rn_sig_caller caller;
    struct rn_sig_failure failure;
};

static inline bool find_key(void *arg, rn_str key_id, rn_str session_token,
                            struct rn_credential *ret_credential)
{
    struct scene *scene = arg;

    scene->lookups++;
    if (!rn_str_eq(key_id, rn_str_c(scene->key_id)) || !rn_str_eq(session_token, scene->token) ||
        !session_token.data != !scene->token.data) {
        return false;
    }
    *ret_credential = scene->credential;
    return true;
}

/* 20260115T101530Z as epoch milliseconds. */
static inline int64_t sig_at(const char *basic)
{
    int64_t ms = 0;

    assert_int_equal(rn_civil_parse_basic(rn_str_c(basic), &ms), RN_OK);
    return ms;
}

static inline void scene_add(struct scene *scene, const char *name, const char *value)
{
    assert_true(scene->request.header_count < HEADERS_MAX);
    scene->headers[scene->request.header_count++] =
        (struct rn_sig_header){rn_str_c(name), rn_str_c(value)};
}

static inline struct rn_sig_header *scene_header(struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->request.header_count; i++) {
        if (rn_str_ieq(scene->headers[i].name, rn_str_c(name))) {
            return &scene->headers[i];
        }
    }
    fail_msg("no header %s", name);
    return NULL;
}

static inline void scene_set(struct scene *scene, const char *name, const char *value)
{
    scene_header(scene, name)->value = rn_str_c(value);
}

static inline void scene_drop(struct scene *scene, const char *name)
{
    struct rn_sig_header *dropped = scene_header(scene, name);

    *dropped = scene->headers[--scene->request.header_count];
}

static inline void scene_set_body(struct scene *scene, rn_str body)
{
    rn_sha256(body, scene->body_sha256);
}

/* POST / with an empty set of headers, at DATE, region us-east-1, service kinesis. */
static inline void scene_begin(struct scene *scene)
{
    *scene = (struct scene){
        .arena = rn_arena_new(ARENA_BYTES),
        .request = {.method = RN_STR("POST"), .path = RN_STR("/")},
        .rules = {.region = RN_STR("us-east-1"),
                  .service = RN_STR("kinesis"),
                  .now_ms = sig_at(DATE) + 789,
                  .skew_ms = SKEW_MS},
        .credential = {.secret = SECRET, .generation = 1, .principal = PRINCIPAL, .active = true},
        .key_id = KEY_ID,
        .cache = rn_sig_cache_new(64),
    };
    assert_non_null(scene->arena);
    assert_non_null(scene->cache);
    scene->request.headers = scene->headers;
    scene->request.body_sha256 = scene->body_sha256;
}

static inline void scene_end(struct scene *scene)
{
    rn_sig_cache_free(scene->cache);
    rn_arena_free(scene->arena);
}

/* Into scene->caller or scene->failure. */
static inline rn_err scene_verify(struct scene *scene)
{
    struct rn_key_lookup keys = {.find = find_key, .arg = scene};

    scene->caller = (struct rn_sig_caller){.access_key_id = RN_STR("untouched")};
    return rn_sig_verify(&scene->request, &scene->rules, &keys, scene->cache, scene->arena,
                         &scene->caller, &scene->failure);
}

static inline void assert_verifies(struct scene *scene)
{
    rn_err err = scene_verify(scene);

    if (err == RN_DENIED) {
        fail_msg("denied: %.*s", RN_STR_ARG(scene->failure.message));
    }
    assert_int_equal(err, RN_OK);
    assert_true(rn_str_eq(scene->caller.access_key_id, rn_str_c(scene->key_id)));
    assert_int_equal(scene->caller.principal, PRINCIPAL);
}

static inline void assert_text(rn_str text, const char *expected)
{
    char copy[2048];

    snprintf(copy, sizeof(copy), "%.*s", RN_STR_ARG(text));
    assert_string_equal(copy, expected);
}

/* Refused with exactly these words, and nobody was named. */
static inline void assert_denied(struct scene *scene, const char *type, const char *message)
{
    assert_int_equal(scene_verify(scene), RN_DENIED);
    assert_text(scene->failure.message, message);
    assert_text(scene->failure.type, type);
    assert_text(scene->caller.access_key_id, "untouched");
}

static inline void assert_mismatch(struct scene *scene)
{
    assert_denied(scene, "InvalidSignatureException", MISMATCH);
}

/* The signature that rn_sig_sign gives for the scene's headers. */
/* What rn_sig_sign gives for the scene's request. */
static inline rn_str scene_signed_as(struct scene *scene, const char *key_id, rn_str region,
                                     rn_str service, int64_t now_ms)
{
    struct rn_signer signer = {.access_key_id = rn_str_c(key_id),
                               .secret = RN_STR(SECRET),
                               .region = region,
                               .service = service};
    rn_str authorization;

    assert_int_equal(rn_sig_sign(&signer, &scene->request, now_ms, scene->arena, &authorization),
                     RN_OK);
    return authorization;
}

static inline void assert_signs_to(struct scene *scene, rn_str region, const char *list,
                                   const char *signature)
{
    char expected[1024];

    snprintf(expected, sizeof(expected),
             "AWS4-HMAC-SHA256 Credential=%s/20260115/%.*s/kinesis/aws4_request, SignedHeaders=%s, "
             "Signature=%s",
             scene->key_id, RN_STR_ARG(region), list, signature);
    assert_text(scene_signed_as(scene, scene->key_id, region, RN_STR("kinesis"), sig_at(DATE)),
                expected);
}

/* ---- the worked requests ---- */

/* The worked requests: unsigned, or as sent. */
static inline void scene_begin_v1(struct scene *scene)
{
    scene_begin(scene);
    scene_set_body(scene, RN_STR("{}"));
    scene_add(scene, "Host", "kinesis.us-east-1.amazonaws.com");
    scene_add(scene, "Content-Type", "application/x-amz-json-1.1");
    scene_add(scene, "X-Amz-Date", DATE);
    scene_add(scene, "X-Amz-Target", "Kinesis_20131202.ListStreams");
}

/* Not signed by the client, so not part of the request that is signed here. */
static inline void scene_begin_v1_sent(struct scene *scene)
{
    scene_begin_v1(scene);
    scene_add(scene, "Authorization", V1_AUTHORIZATION);
    scene_add(scene, "User-Agent", "Boto3/1.43");
}

static inline void scene_begin_v2(struct scene *scene)
{
    scene_begin(scene);
    scene->token = RN_STR(V2_TOKEN);
    scene_set_body(
        scene,
        RN_STR("{\"StreamName\":\"orders\",\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"pk-1\"}"));
    scene_add(scene, "amz-sdk-invocation-id", "0f2f1a3e-6c1c-4a3a-9b7e-2b9a3f0c9d11");
    scene_add(scene, "amz-sdk-request", "attempt=1;   max=4");
    scene_add(scene, "content-length", "63");
    scene_add(scene, "content-type", "application/x-amz-json-1.1");
    scene_add(scene, "host", "127.0.0.1:4567");
    scene_add(scene, "x-amz-date", DATE);
    scene_add(scene, "x-amz-security-token", V2_TOKEN);
    scene_add(scene, "x-amz-target", "Kinesis_20131202.PutRecord");
}

static inline void scene_begin_v3(struct scene *scene)
{
    scene_begin(scene);
    scene->rules.region = RN_STR("eu-west-1");
    scene_set_body(scene, RN_STR("\xa2gRecords\x81\xa2"
                                 "dDataB\x00\xffl"
                                 "PartitionKeyaajStreamNameforders"));
    scene_add(scene, "content-type", "application/x-amz-cbor-1.1");
    scene_add(scene, "host", "kinesis.eu-west-1.amazonaws.com");
    scene_add(scene, "x-amz-content-sha256", V3_SHA256);
    scene_add(scene, "x-amz-date", DATE);
    scene_add(scene, "x-amz-target", "Kinesis_20131202.PutRecords");
}

static inline void scene_begin_v4(struct scene *scene)
{
    scene_begin(scene);
    scene_set_body(
        scene,
        RN_STR(
            "{\"ConsumerARN\":\"arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/"
            "c1:1700000000\",\"ShardId\":\"shardId-000000000000\",\"StartingPosition\":{\"Type\":"
            "\"LATEST\"}}"));
    scene_add(scene, ":authority", "127.0.0.1:4568");
    scene_add(scene, "content-type", "application/x-amz-json-1.1");
    scene_add(scene, "x-amz-date", DATE);
    scene_add(scene, "x-amz-target", "Kinesis_20131202.SubscribeToShard");
    scene_add(scene, "x-amz-user-agent", "aws-sdk-js/3.1142.0");
}

/* A header's text for the scene's key. */
static inline const char *scene_authorization(struct scene *scene, const char *scope,
                                              const char *list, const char *signature)
{
    return rn_arena_printf(scene->arena,
                           "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                           scene->key_id, scope, list, signature)
        .data;
}

static inline void scene_begin_v4_sent(struct scene *scene)
{
    scene_begin_v4(scene);
    scene_add(scene, "authorization", scene_authorization(scene, SCOPE, V4_LIST, V4_SIGNATURE));
}

static inline void scene_begin_v5(struct scene *scene)
{
    scene_begin(scene);
    scene_set_body(scene, RN_STR("{}"));
    scene_add(scene, "content-type", "application/x-amz-json-1.1");
    scene_add(scene, "host", "kinesis.us-east-1.amazonaws.com");
    scene_add(scene, "x-amz-target", "Kinesis_20131202.DescribeLimits");
    scene->request.query = RN_STR(V5_QUERY "&X-Amz-Signature=" V5_SIGNATURE);
}

#endif
