/* Signature Version 4: requests that must verify, and every way in which they must not.
 *
 * VECTORS    V1 to V5 are worked requests of this service, as its clients send them; the suite's
 *            values are those of the public signing test suite (AKIDEXAMPLE, service "service"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/sigv4.h"
#include "base/civil.h"

#define KEY_ID              "AKIDKINESISEXAMPLE01"
#define SECRET              "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SCOPE               "20260115/us-east-1/kinesis/aws4_request"
#define DATE                "20260115T101530Z"
#define SUITE_TOKEN         "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
#define SUITE_TOKEN_ENCODED SUITE_TOKEN
#define V2_TOKEN            "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDEXAMPLE+/=="
#define V1_LIST             "content-type;host;x-amz-date;x-amz-target"
#define V1_SIGNATURE        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153e"
#define V1_AUTHORIZATION                                                                           \
    "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE ", SignedHeaders=" V1_LIST                     \
    ", Signature=" V1_SIGNATURE

#define MISMATCH                                                                                   \
    "The request signature we calculated does not match the signature you provided. Check your "   \
    "AWS Secret "                                                                                  \
    "Access Key and signing method. Consult the service documentation for details."

enum { HEADERS_MAX = 16, ARENA_BYTES = 1 << 20, PRINCIPAL = 4711, SKEW_MS = 300000 };

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

static bool find_key(void *arg, rn_str key_id, rn_str session_token,
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

static int64_t at(const char *basic)
{
    int64_t ms = 0;

    assert_int_equal(rn_civil_parse_basic(rn_str_c(basic), &ms), RN_OK);
    return ms;
}

static void add(struct scene *scene, const char *name, const char *value)
{
    assert_true(scene->request.header_count < HEADERS_MAX);
    scene->headers[scene->request.header_count++] =
        (struct rn_sig_header){rn_str_c(name), rn_str_c(value)};
}

static struct rn_sig_header *header(struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->request.header_count; i++) {
        if (rn_str_ieq(scene->headers[i].name, rn_str_c(name))) {
            return &scene->headers[i];
        }
    }
    fail_msg("no header %s", name);
    return NULL;
}

static void set(struct scene *scene, const char *name, const char *value)
{
    header(scene, name)->value = rn_str_c(value);
}

static void drop(struct scene *scene, const char *name)
{
    struct rn_sig_header *dropped = header(scene, name);

    *dropped = scene->headers[--scene->request.header_count];
}

static void set_body(struct scene *scene, rn_str body)
{
    rn_sha256(body, scene->body_sha256);
}

static void begin(struct scene *scene)
{
    *scene = (struct scene){
        .arena = rn_arena_new(ARENA_BYTES),
        .request = {.method = RN_STR("POST"), .path = RN_STR("/")},
        .rules = {.region = RN_STR("us-east-1"),
                  .service = RN_STR("kinesis"),
                  .now_ms = at(DATE) + 789,
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

static void end(struct scene *scene)
{
    rn_sig_cache_free(scene->cache);
    rn_arena_free(scene->arena);
}

static rn_err verify(struct scene *scene)
{
    struct rn_key_lookup keys = {.find = find_key, .arg = scene};

    scene->caller = (struct rn_sig_caller){.access_key_id = RN_STR("untouched")};
    return rn_sig_verify(&scene->request, &scene->rules, &keys, scene->cache, scene->arena,
                         &scene->caller, &scene->failure);
}

static void assert_verifies(struct scene *scene)
{
    rn_err err = verify(scene);

    if (err == RN_DENIED) {
        fail_msg("denied: %.*s", RN_STR_ARG(scene->failure.message));
    }
    assert_int_equal(err, RN_OK);
    assert_true(rn_str_eq(scene->caller.access_key_id, rn_str_c(scene->key_id)));
    assert_int_equal(scene->caller.principal, PRINCIPAL);
}

static void assert_text(rn_str text, const char *expected)
{
    char copy[2048];

    snprintf(copy, sizeof(copy), "%.*s", RN_STR_ARG(text));
    assert_string_equal(copy, expected);
}

static void assert_denied(struct scene *scene, const char *type, const char *message)
{
    assert_int_equal(verify(scene), RN_DENIED);
    assert_text(scene->failure.message, message);
    assert_text(scene->failure.type, type);
    assert_text(scene->caller.access_key_id, "untouched");
}

static void assert_mismatch(struct scene *scene)
{
    assert_denied(scene, "InvalidSignatureException", MISMATCH);
}

/* The signature that rn_sig_sign gives for the scene's headers. */
static rn_str signed_as(struct scene *scene, const char *key_id, rn_str region, rn_str service,
                        int64_t now_ms)
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

static void assert_signs_to(struct scene *scene, rn_str region, const char *list,
                            const char *signature)
{
    char expected[1024];

    snprintf(expected, sizeof(expected),
             "AWS4-HMAC-SHA256 Credential=%s/20260115/%.*s/kinesis/aws4_request, SignedHeaders=%s, "
             "Signature=%s",
             scene->key_id, RN_STR_ARG(region), list, signature);
    assert_text(signed_as(scene, scene->key_id, region, RN_STR("kinesis"), at(DATE)), expected);
}

/* ---- the worked requests ---- */

static void begin_v1(struct scene *scene)
{
    begin(scene);
    set_body(scene, RN_STR("{}"));
    add(scene, "Host", "kinesis.us-east-1.amazonaws.com");
    add(scene, "Content-Type", "application/x-amz-json-1.1");
    add(scene, "X-Amz-Date", DATE);
    add(scene, "X-Amz-Target", "Kinesis_20131202.ListStreams");
}

/* Not signed by the client, so not part of the request that is signed here. */
static void begin_v1_sent(struct scene *scene)
{
    begin_v1(scene);
    add(scene, "Authorization", V1_AUTHORIZATION);
    add(scene, "User-Agent", "Boto3/1.43");
}

static void begin_v2(struct scene *scene)
{
    begin(scene);
    scene->token = RN_STR(V2_TOKEN);
    set_body(scene,
             RN_STR("{\"StreamName\":\"orders\",\"Data\":\"aGVsbG8=\",\"PartitionKey\":\"pk-1\"}"));
    add(scene, "amz-sdk-invocation-id", "0f2f1a3e-6c1c-4a3a-9b7e-2b9a3f0c9d11");
    add(scene, "amz-sdk-request", "attempt=1;   max=4");
    add(scene, "content-length", "63");
    add(scene, "content-type", "application/x-amz-json-1.1");
    add(scene, "host", "127.0.0.1:4567");
    add(scene, "x-amz-date", DATE);
    add(scene, "x-amz-security-token", V2_TOKEN);
    add(scene, "x-amz-target", "Kinesis_20131202.PutRecord");
}

#define V3_SHA256 "be4846b7906dcdb0a90c1ab73c7b3af8944a1adaa28bc59a4a911fdef2c0a896"

static void begin_v3(struct scene *scene)
{
    begin(scene);
    scene->rules.region = RN_STR("eu-west-1");
    set_body(scene, RN_STR("\xa2gRecords\x81\xa2"
                           "dDataB\x00\xffl"
                           "PartitionKeyaajStreamNameforders"));
    add(scene, "content-type", "application/x-amz-cbor-1.1");
    add(scene, "host", "kinesis.eu-west-1.amazonaws.com");
    add(scene, "x-amz-content-sha256", V3_SHA256);
    add(scene, "x-amz-date", DATE);
    add(scene, "x-amz-target", "Kinesis_20131202.PutRecords");
}

#define V4_LIST      ":authority;content-type;x-amz-date;x-amz-target;x-amz-user-agent"
#define V4_SIGNATURE "8fe802e71db0093f8d76e6bf6a6676da2385eacae5908015426f7069d26bff95"

static void begin_v4(struct scene *scene)
{
    begin(scene);
    set_body(
        scene,
        RN_STR(
            "{\"ConsumerARN\":\"arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/"
            "c1:1700000000\",\"ShardId\":\"shardId-000000000000\",\"StartingPosition\":{\"Type\":"
            "\"LATEST\"}}"));
    add(scene, ":authority", "127.0.0.1:4568");
    add(scene, "content-type", "application/x-amz-json-1.1");
    add(scene, "x-amz-date", DATE);
    add(scene, "x-amz-target", "Kinesis_20131202.SubscribeToShard");
    add(scene, "x-amz-user-agent", "aws-sdk-js/3.1142.0");
}

static const char *authorization(struct scene *scene, const char *scope, const char *list,
                                 const char *signature)
{
    return rn_arena_printf(scene->arena,
                           "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                           scene->key_id, scope, list, signature)
        .data;
}

static void begin_v4_sent(struct scene *scene)
{
    begin_v4(scene);
    add(scene, "authorization", authorization(scene, SCOPE, V4_LIST, V4_SIGNATURE));
}

#define V5_QUERY                                                                                   \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" KEY_ID                                    \
    "%2F20260115%2Fus-east-1%2Fkinesis%2Faws4_request&X-Amz-Date=" DATE                            \
    "&X-Amz-Expires=300&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-target"
#define V5_SIGNATURE "7519ebe57d4ec7c922ef7d2e760ea089714896d038653e06d9e06ff6f97985a5"

static void begin_v5(struct scene *scene)
{
    begin(scene);
    set_body(scene, RN_STR("{}"));
    add(scene, "content-type", "application/x-amz-json-1.1");
    add(scene, "host", "kinesis.us-east-1.amazonaws.com");
    add(scene, "x-amz-target", "Kinesis_20131202.DescribeLimits");
    scene->request.query = RN_STR(V5_QUERY "&X-Amz-Signature=" V5_SIGNATURE);
}

static void the_client_signs_the_worked_requests_to_the_byte(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1(&scene);
    assert_signs_to(&scene, RN_STR("us-east-1"), V1_LIST, V1_SIGNATURE);
    end(&scene);
    begin_v2(&scene);
    assert_signs_to(
        &scene, RN_STR("us-east-1"),
        "amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date;"
        "x-amz-security-token;x-amz-target",
        "334a1e323bdd9b79ccb19ea6f4a076428f10ca7c956512de2b78bfa4d2cb6757");
    end(&scene);
    begin_v3(&scene);
    assert_signs_to(&scene, RN_STR("eu-west-1"),
                    "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target",
                    "17bf3fbbffac1677e51675f42f9d17a56f3342de0b3bc30108df5d42942f4489");
    end(&scene);
    begin_v4(&scene);
    assert_signs_to(&scene, RN_STR("us-east-1"), V4_LIST, V4_SIGNATURE);
    end(&scene);
}

static void the_worked_requests_verify(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    assert_verifies(&scene);
    end(&scene);
    begin_v2(&scene);
    add(&scene, "Authorization",
        authorization(
            &scene, SCOPE,
            "amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date;"
            "x-amz-security-token;x-amz-target",
            "334a1e323bdd9b79ccb19ea6f4a076428f10ca7c956512de2b78bfa4d2cb6757"));
    assert_verifies(&scene);
    end(&scene);
    begin_v3(&scene);
    add(&scene, "Authorization",
        authorization(&scene, "20260115/eu-west-1/kinesis/aws4_request",
                      "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target",
                      "17bf3fbbffac1677e51675f42f9d17a56f3342de0b3bc30108df5d42942f4489"));
    assert_verifies(&scene);
    end(&scene);
    begin_v4_sent(&scene);
    assert_verifies(&scene);
    end(&scene);
}

static void the_worked_presigned_request_verifies(void **state)
{
    struct scene scene;

    (void)state;
    begin_v5(&scene);
    assert_verifies(&scene);
    scene.request.query =
        RN_STR("X-Amz-Signature=" V5_SIGNATURE "&" V5_QUERY); /* order does not matter */
    assert_verifies(&scene);
    scene.request.query = RN_STR(V5_QUERY "&X-Amz-Signature=" V5_SIGNATURE "&extra=1");
    assert_mismatch(&scene);
    scene.request.query = RN_STR(V5_QUERY "&X-Amz-Signature=" V1_SIGNATURE);
    assert_mismatch(&scene);
    end(&scene);
}

/* ---- the public suite ---- */

static void begin_suite(struct scene *scene, const char *method)
{
    begin(scene);
    scene->key_id = "AKIDEXAMPLE";
    scene->rules.service = RN_STR("service");
    scene->rules.now_ms = at("20150830T123600Z");
    scene->request.method = rn_str_c(method);
    set_body(scene, RN_STR(""));
    add(scene, "Host", "example.amazonaws.com");
    add(scene, "X-Amz-Date", "20150830T123600Z");
}

/* Signs to that signature, and then verifies. */
static void assert_suite(struct scene *scene, const char *signature)
{
    rn_str given = signed_as(scene, "AKIDEXAMPLE", RN_STR("us-east-1"), RN_STR("service"),
                             at("20150830T123600Z"));

    assert_true(given.len > 64);
    assert_text(rn_str_make(given.data + given.len - 64, 64), signature);
    add(scene, "Authorization", given.data);
    assert_verifies(scene);
    end(scene);
}

static void the_public_suite_agrees(void **state)
{
    struct scene scene;

    (void)state;
    begin_suite(&scene, "GET");
    add(&scene, "My-Header1", " value1");
    add(&scene, "My-Header2", " \"a   b   c\" ");
    assert_suite(&scene, "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");

    begin_suite(&scene, "GET");
    add(&scene, "My-Header1", "value2");
    add(&scene, "My-Header1", "value2");
    add(&scene, "My-Header1", "value1");
    assert_suite(&scene, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");

    begin_suite(&scene, "GET");
    scene.request.query = RN_STR("Param-3=Value3&Param=Value2&%E1%88%B4=Value1");
    assert_suite(&scene, "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");

    begin_suite(&scene, "POST");
    assert_suite(&scene, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");

    begin_suite(&scene, "GET");
    scene.token = RN_STR(SUITE_TOKEN);
    add(&scene, "X-Amz-Security-Token", SUITE_TOKEN);
    assert_suite(&scene, "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
}

static void a_token_added_after_signing_is_accepted(void **state)
{
    struct scene scene;

    (void)state;
    begin_suite(&scene, "POST");
    scene.token = RN_STR("a token");
    add(&scene, "Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    add(&scene, "X-Amz-Security-Token", "a token");
    assert_verifies(&scene);
    end(&scene);
}

static void the_public_suites_presigned_token_agrees(void **state)
{
    struct scene scene;

    (void)state;
    begin_suite(&scene, "GET");
    drop(&scene, "X-Amz-Date");
    scene.token = RN_STR(SUITE_TOKEN);
    scene.request.query =
        RN_STR("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-"
               "1%2Fservice%2Faws4_"
               "request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=3600&X-"
               "Amz-Security-Token=" SUITE_TOKEN_ENCODED
               "&X-Amz-Signature=7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c");
    assert_verifies(&scene);
    end(&scene);
}

/* ---- what must not verify: variants of V1, V2 and V4 ---- */

static void a_flipped_body_byte_is_a_mismatch(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    set_body(&scene, RN_STR("{]"));
    assert_mismatch(&scene);
    end(&scene);
}

static void any_changed_part_of_the_request_is_a_mismatch(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    scene.request.method = RN_STR("GET");
    assert_mismatch(&scene);
    scene.request.method = RN_STR("POST");
    scene.request.path = RN_STR("/x");
    assert_mismatch(&scene);
    scene.request.path = RN_STR("/");
    scene.request.query = RN_STR("a");
    assert_mismatch(&scene);
    scene.request.query = RN_STR("");
    set(&scene, "Host", "kinesis.us-east-1.amazonaws.com:4567");
    assert_mismatch(&scene);
    set(&scene, "Host", "kinesis.us-east-1.amazonaws.com");
    set(&scene, "X-Amz-Target", "Kinesis_20131202.DeleteStream");
    assert_mismatch(&scene);
    set(&scene, "X-Amz-Target", "Kinesis_20131202.ListStreams");
    add(&scene, "x-amz-target", "Kinesis_20131202.DeleteStream"); /* a second one joins the first */
    assert_mismatch(&scene);
    drop(&scene, "x-amz-target");
    assert_mismatch(&scene);
    end(&scene);
}

static void the_order_and_case_of_headers_do_not_matter(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    set_body(&scene, RN_STR("{}"));
    add(&scene, "x-amz-target", "  Kinesis_20131202.ListStreams\t");
    add(&scene, "AUTHORIZATION", V1_AUTHORIZATION);
    add(&scene, "HOST", "kinesis.us-east-1.amazonaws.com");
    add(&scene, "x-forwarded-for", "10.0.0.1");
    add(&scene, "X-AMZ-DATE", DATE);
    add(&scene, "content-TYPE", "application/x-amz-json-1.1");
    assert_verifies(&scene);
    end(&scene);
}

static void authorization_is_split_at_commas_and_blanks_in_any_order(void **state)
{
    static const char *const forms[] = {
        "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE ",SignedHeaders=" V1_LIST
        ",Signature=" V1_SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE " SignedHeaders=" V1_LIST
        " Signature=" V1_SIGNATURE,
        "AWS4-HMAC-SHA256   Signature=" V1_SIGNATURE " ,, SignedHeaders=" V1_LIST
        ",\tCredential=" KEY_ID "/" SCOPE ",",
        "AWS4-HMAC-SHA256 Signature=0, Extra=1, Credential=" KEY_ID "/" SCOPE
        ", SignedHeaders=" V1_LIST ", Signature=" V1_SIGNATURE,
        "AWS4-HMAC-SHA256 Credential=" KEY_ID "/" SCOPE "//, SignedHeaders=" V1_LIST
        ", Signature=" V1_SIGNATURE,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct scene scene;

        begin_v1_sent(&scene);
        set(&scene, "Authorization", forms[i]);
        assert_verifies(&scene);
        end(&scene);
    }
}

static void signatures_must_be_64_lower_case_digits(void **state)
{
    static const char *const signatures[] = {
        "4AFFCA58B3B6A61CA9F7F529AC6EECD8AA8ECC4C74FAFAD4C28F0BB3D1FF153E",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153e0",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "4affca58b3b6a61ca9f7f529ac6eecd8aa8ecc4c74fafad4c28f0bb3d1ff153=",
        "x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++) {
        struct scene scene;

        begin_v1_sent(&scene);
        set(&scene, "Authorization", authorization(&scene, SCOPE, V1_LIST, signatures[i]));
        assert_mismatch(&scene);
        end(&scene);
    }
}

#define WRONG_REGION  "Credential should be scoped to a valid region. "
#define WRONG_SERVICE "Credential should be scoped to correct service: 'kinesis'. "
#define WRONG_TERMINATOR(t)                                                                        \
    "Credential should be scoped with a valid terminator: 'aws4_request', not '" t "'. "
#define WRONG_DATE(d)                                                                              \
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "   \
    "'" d "' != "                                                                                  \
    "'20260115', from '" DATE "'."

static void each_wrong_part_of_the_scope_is_named_in_order(void **state)
{
    static const struct {
        const char *scope, *message;
    } cases[] = {
        {"20260116/us-east-1/kinesis/aws4_request", WRONG_DATE("20260116")},
        {"20260115/us-east-2/kinesis/aws4_request", WRONG_REGION},
        {"20260115/us-east-1/firehose/aws4_request", WRONG_SERVICE},
        {"20260115/us-east-1/kinesis/aws4_requesT", WRONG_TERMINATOR("aws4_requesT")},
        {"20260115//kinesis/aws4_request", WRONG_REGION},
        {"1/2/3/4", WRONG_REGION WRONG_SERVICE WRONG_TERMINATOR("4") WRONG_DATE("1")},
        {"20260115/us-east-2/firehose/aws4_request", WRONG_REGION WRONG_SERVICE},
        {"/us-east-1/kinesis/\x01\xff", WRONG_TERMINATOR("??") WRONG_DATE("")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        begin_v1_sent(&scene);
        set(&scene, "Authorization", authorization(&scene, cases[i].scope, V1_LIST, V1_SIGNATURE));
        assert_denied(&scene, "InvalidSignatureException", cases[i].message);
        assert_int_equal(scene.lookups, 0);
        end(&scene);
    }
}

static void without_an_expected_region_any_will_do(void **state)
{
    struct scene scene;

    (void)state;
    begin_v3(&scene);
    scene.rules.region = RN_STR_NONE;
    add(&scene, "Authorization",
        signed_as(&scene, KEY_ID, RN_STR("eu-west-1"), RN_STR("kinesis"), at(DATE)).data);
    assert_verifies(&scene);
    end(&scene);
}

static void credentials_have_five_parts(void **state)
{
    static const char *const credentials[] = {"a",     "a/b/c/d",   "a/b/c/d/e/f",
                                              "/////", "a/b/c/d//", "a/b/c//d/e"};

    (void)state;
    for (size_t i = 0; i < sizeof(credentials) / sizeof(*credentials); i++) {
        struct scene scene;
        char header_text[256], message[256];

        begin_v1_sent(&scene);
        snprintf(header_text, sizeof(header_text),
                 "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=0", credentials[i]);
        snprintf(message, sizeof(message),
                 "Credential must have exactly 5 slash-delimited elements, e.g. "
                 "keyid/date/region/service/term, got '%s'",
                 credentials[i]);
        set(&scene, "Authorization", header_text);
        assert_denied(&scene, "IncompleteSignatureException", message);
        end(&scene);
    }
}

static void the_host_must_be_signed(void **state)
{
    static const char *const lists[] = {"content-type;x-amz-date;x-amz-target", "hosts", ";",
                                        ":Authority"};
    struct scene scene;

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        begin_v1_sent(&scene);
        set(&scene, "Authorization", authorization(&scene, SCOPE, lists[i], V1_SIGNATURE));
        assert_denied(&scene, "InvalidSignatureException",
                      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        end(&scene);
    }
    begin_v1_sent(&scene);
    set(&scene, "Authorization",
        authorization(&scene, SCOPE, "content-type;Host;x-amz-date;x-amz-target", V1_SIGNATURE));
    assert_mismatch(&scene); /* the name's case is forgiven, the signature of another list is not */
    end(&scene);
}

static void the_window_is_five_minutes_to_the_second(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    scene.rules.now_ms = at("20260115T102030Z") + 999;
    assert_verifies(&scene);
    scene.rules.now_ms = at("20260115T102031Z");
    assert_denied(&scene, "InvalidSignatureException",
                  "Signature expired: 20260115T101530Z is now earlier than 20260115T101531Z "
                  "(20260115T102031Z - 5 min.)");
    scene.rules.now_ms = at("20260115T101030Z");
    assert_verifies(&scene);
    scene.rules.now_ms = at("20260115T101029Z") + 999;
    assert_denied(
        &scene, "InvalidSignatureException",
        "Signature not yet current: 20260115T101530Z is still later than 20260115T101529Z "
        "(20260115T101029Z + 5 min.)");
    scene.rules.skew_ms = 900000;
    scene.rules.now_ms = at("20260115T103031Z");
    assert_denied(&scene, "InvalidSignatureException",
                  "Signature expired: 20260115T101530Z is now earlier than 20260115T101531Z "
                  "(20260115T103031Z - 15 min.)");
    end(&scene);
}

static void dates_have_the_basic_form(void **state)
{
    static const char *const dates[] = {
        "2026-01-15T10:15:30Z",         "20260115T101530", "20261315T101530Z", "20260115", "x\x07y",
        "Thu, 15 Jan 2026 10:15:30 GMT"};

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        struct scene scene;
        char message[256];

        begin_v1_sent(&scene);
        set(&scene, "X-Amz-Date", dates[i]);
        snprintf(message, sizeof(message),
                 "Date must be in ISO-8601 'basic format'. Got '%s'. See "
                 "http://en.wikipedia.org/wiki/ISO_8601",
                 strcmp(dates[i], "x\x07y") == 0 ? "x?y" : dates[i]);
        assert_denied(&scene, "IncompleteSignatureException", message);
        end(&scene);
    }
}

static void two_dates_are_no_date(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    add(&scene, "x-amz-date", DATE);
    assert_denied(
        &scene, "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got '20260115T101530Z,20260115T101530Z'. See "
        "http://en.wikipedia.org/wiki/ISO_8601");
    end(&scene);
}

static void a_date_header_stands_in_for_x_amz_date(void **state)
{
    static const char *const dates[] = {"Thu, 15 Jan 2026 10:15:30 GMT", "2026-01-15T10:15:30Z",
                                        DATE};

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        struct scene scene;

        begin_v1(&scene);
        drop(&scene, "X-Amz-Date");
        add(&scene, "Date", dates[i]);
        add(&scene, "Authorization",
            signed_as(&scene, KEY_ID, RN_STR("us-east-1"), RN_STR("kinesis"), at(DATE)).data);
        assert_verifies(&scene);
        add(&scene, "X-Amz-Date", "20260115T000000Z"); /* beats it */
        scene.rules.now_ms = at("20260115T101530Z");
        assert_int_equal(verify(&scene), RN_DENIED);
        assert_memory_equal(scene.failure.message.data, "Signature expired: 20260115T000000Z", 35);
        end(&scene);
    }
}

static void a_changed_session_token_belongs_to_nobody(void **state)
{
    struct scene scene;

    (void)state;
    begin_v2(&scene);
    add(&scene, "Authorization",
        signed_as(&scene, KEY_ID, RN_STR("us-east-1"), RN_STR("kinesis"), at(DATE)).data);
    assert_verifies(&scene);
    set(&scene, "x-amz-security-token", "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDEXAMPLE+/=.");
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid");
    drop(&scene, "x-amz-security-token");
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    end(&scene);
}

static void a_signature_over_authority_does_not_pass_as_one_over_host(void **state)
{
    struct scene scene;

    (void)state;
    begin_v4(&scene);
    add(&scene, "authorization",
        authorization(&scene, SCOPE, "content-type;host;x-amz-date;x-amz-target;x-amz-user-agent",
                      V4_SIGNATURE));
    assert_mismatch(&scene);
    end(&scene);
}

static void host_and_authority_stand_for_one_another_on_the_wire(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    header(&scene, "Host")->name = RN_STR(":authority"); /* signed as host, arrived over HTTP/2 */
    assert_verifies(&scene);
    end(&scene);
    begin_v4_sent(&scene);
    header(&scene, ":authority")->name =
        RN_STR("Host"); /* and behind a proxy the other way round */
    assert_verifies(&scene);
    set(&scene, "Host", "127.0.0.1:4569");
    assert_mismatch(&scene);
    end(&scene);
}

static void other_algorithms_are_named_and_refused(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    set(&scene, "Authorization",
        "AWS4-ECDSA-P256-SHA256 Credential=" KEY_ID "/" SCOPE ", SignedHeaders=" V1_LIST
        ", Signature=" V1_SIGNATURE);
    assert_denied(&scene, "IncompleteSignatureException",
                  "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.");
    set(&scene, "Authorization",
        "aws4-hmac-sha256 Credential=" KEY_ID "/" SCOPE ", SignedHeaders=" V1_LIST
        ", Signature=" V1_SIGNATURE);
    assert_denied(&scene, "IncompleteSignatureException",
                  "Unsupported AWS 'algorithm': 'aws4-hmac-sha256'.");
    end(&scene);
}

/* ---- presence and structure ---- */

static void a_request_without_credentials_misses_a_token(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1(&scene);
    assert_denied(&scene, "MissingAuthenticationTokenException", "Missing Authentication Token");
    add(&scene, "Authorization", "  ");
    assert_denied(&scene, "MissingAuthenticationTokenException", "Missing Authentication Token");
    scene.request.query = RN_STR("X-Amz-Credential=a&x-amz-algorithm=AWS4-HMAC-SHA256");
    assert_denied(&scene, "MissingAuthenticationTokenException", "Missing Authentication Token");
    end(&scene);
}

static void both_forms_at_once_are_refused(void **state)
{
    static const char *const queries[] = {
        "X-Amz-Algorithm", "X-Amz-Algorithm=", "a&X-Amz-Algorithm=x", "X-Amz-%41lgorithm=1"};

    (void)state;
    for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
        struct scene scene;

        begin_v1_sent(&scene);
        scene.request.query = rn_str_c(queries[i]);
        assert_denied(&scene, "InvalidSignatureException",
                      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                      "HTTP header.");
        end(&scene);
    }
}

#define NEEDS(part) "Authorization header requires '" part "' parameter. "
#define NEEDS_DATE                                                                                 \
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
#define HASHED(digest) "(Hashed with SHA-256 and encoded with Base64) Authorization=" digest

static void all_missing_pieces_are_listed(void **state)
{
    static const struct {
        const char *authorization, *message;
        bool dated;
    } cases[] = {
        {"X",
         NEEDS("Credential") NEEDS("Signature") NEEDS("SignedHeaders")
             NEEDS_DATE HASHED("S2irOEf+2n1sYsH7y+6/o16rc1HtXnj03a3qXfZLgBU="),
         false},
        {"AWS4- Signature=b Credential=a",
         NEEDS("SignedHeaders") HASHED("lqzVWZTjSXwYqfdwVbmrdpXDM92FffYY554MIYcS9fg="), true},
        {"AWS4- Signature=b,Credential=a",
         NEEDS("SignedHeaders") HASHED("N5van34yNMRKNKzVDBxhg03IHJqY/ssMAMLLufW2e+4="), true},
        {"AWS4- Signature=,Credential=a,SignedHeaders=",
         NEEDS("Signature") NEEDS("SignedHeaders")
             HASHED("Oe8Dh7PlpdoYzRfQTWZMSSXaBDs749YRrVoAZ60hMwk="),
         true},
        {"AWS4- Signature=a,Credential=a,SignedHeaders=a",
         NEEDS_DATE HASHED("p+Dlou8l6TlPE1Lx6IN3sY4yRzdDWaB9ikMAYHKFJ8o="), false},
        {"AWS4- signature=a,credential=a,signedheaders=a",
         NEEDS("Credential") NEEDS("Signature") NEEDS("SignedHeaders")
             HASHED("YzOoj/70IsOBM4P6lt4ldD38EgOg84hbf75zxfo+O5E="),
         true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        begin_v1(&scene);
        add(&scene, "Authorization", cases[i].authorization);
        if (!cases[i].dated) {
            drop(&scene, "X-Amz-Date");
        }
        assert_denied(&scene, "IncompleteSignatureException", cases[i].message);
        end(&scene);
    }
}

#define NO_EQUALS(digest)                                                                          \
    "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 "    \
    "and encoded "                                                                                 \
    "with Base64): '" digest "'."

static void a_word_without_equal_sign_is_no_parameter(void **state)
{
    static const struct {
        const char *authorization, *message;
    } cases[] = {
        {"Basic dXNlcjpwYXNz", NO_EQUALS("AK+rg3mIGeouojwZwNRMjBjZouASr4mu4FWMTXQQcD0=")},
        {"AWS4-HMAC-SHA256 Credential= a, Signature=b, SignedHeaders=c",
         NO_EQUALS("IYk5iPH+2DVpOX2waG4U5SvnIW3kfqmiYyjWen6MAhM=")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        begin_v1(&scene);
        add(&scene, "Authorization", cases[i].authorization);
        assert_denied(&scene, "IncompleteSignatureException", cases[i].message);
        end(&scene);
    }
}

static void two_authorizations_are_refused(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    add(&scene, "authorization", V1_AUTHORIZATION);
    assert_int_equal(verify(&scene), RN_DENIED);
    assert_text(scene.failure.type, "IncompleteSignatureException");
    end(&scene);
}

static void the_header_begins_with_the_algorithm(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1(&scene);
    add(&scene, "Authorization", "Credential=a, Signature=b");
    assert_denied(&scene, "IncompleteSignatureException",
                  "Authorization header must begin with the algorithm name, which cannot include "
                  "an equal-sign.");
    end(&scene);
}

#define QUERY_NEEDS(part) "AWS query-string parameters must include '" part "'. "
#define RE_EXAMINE        "Re-examine the query-string parameters."

static void all_missing_query_parameters_are_listed(void **state)
{
    static const struct {
        const char *query, *message;
    } cases[] = {
        {"X-Amz-Algorithm", QUERY_NEEDS("X-Amz-Algorithm") QUERY_NEEDS("X-Amz-Credential")
                                QUERY_NEEDS("X-Amz-Signature") QUERY_NEEDS("X-Amz-SignedHeaders")
                                    QUERY_NEEDS("X-Amz-Date") RE_EXAMINE},
        {"X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d",
         QUERY_NEEDS("X-Amz-SignedHeaders") RE_EXAMINE},
        {"X-Amz-Algorithm=&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d&X-Amz-Date=e",
         QUERY_NEEDS("X-Amz-Algorithm") RE_EXAMINE},
        {"X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d",
         QUERY_NEEDS("X-Amz-Date") RE_EXAMINE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene scene;

        begin_v1(&scene); /* its X-Amz-Date header does not count */
        scene.request.query = rn_str_c(cases[i].query);
        assert_denied(&scene, "IncompleteSignatureException", cases[i].message);
        end(&scene);
    }
}

/* Each request has two faults; the one that is checked first is the answer. */
static void faults_are_found_in_the_services_order(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    scene.rules.now_ms = at("20260115T110000Z");
    set(&scene, "Authorization", authorization(&scene, "1/2/3/4", "x", "0"));
    assert_int_equal(verify(&scene), RN_DENIED); /* date before host */
    assert_memory_equal(scene.failure.message.data, "Signature expired", 17);
    scene.rules.now_ms = at(DATE);
    set(&scene, "Authorization", "X Credential=a, SignedHeaders=x, Signature=0");
    assert_int_equal(verify(&scene), RN_DENIED); /* host before algorithm */
    assert_memory_equal(scene.failure.message.data, "'Host' or", 9);
    set(&scene, "Authorization", "X Credential=a, SignedHeaders=host, Signature=0");
    assert_int_equal(verify(&scene), RN_DENIED); /* algorithm before the shape of the credential */
    assert_memory_equal(scene.failure.message.data, "Unsupported AWS", 15);
    set(&scene, "Authorization",
        "AWS4-HMAC-SHA256 Credential=a/1/2/3/4, SignedHeaders=host, Signature=0");
    assert_int_equal(verify(&scene), RN_DENIED); /* scope before the key */
    assert_memory_equal(scene.failure.message.data, "Credential should be scoped", 27);
    assert_int_equal(scene.lookups, 0);
    set(&scene, "Authorization",
        "AWS4-HMAC-SHA256 Credential=a/" SCOPE ", SignedHeaders=host, Signature=0");
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    end(&scene);
}

/* ---- keys and cache ---- */

static void unknown_and_inactive_keys_get_one_answer(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    scene.credential.active = false;
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    scene.credential.active = true;
    scene.key_id = "SOMEBODYELSE";
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    end(&scene);
}

static void an_overlong_or_empty_key_id_is_unknown(void **state)
{
    char key_id[RN_ACCESS_KEY_ID_BYTES_MAX + 2];
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    memset(key_id, 'A', sizeof(key_id) - 1);
    key_id[sizeof(key_id) - 1] = '\0';
    scene.key_id = key_id;
    set(&scene, "Authorization", authorization(&scene, SCOPE, V1_LIST, V1_SIGNATURE));
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    scene.key_id = "";
    set(&scene, "Authorization", authorization(&scene, SCOPE, V1_LIST, V1_SIGNATURE));
    assert_denied(&scene, "UnrecognizedClientException",
                  "The security token included in the request is invalid.");
    assert_int_equal(scene.lookups, 0);
    end(&scene);
}

static void a_cached_key_verifies_and_denies_like_a_derived_one(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    for (int i = 0; i < 3; i++) {
        assert_verifies(&scene);
        set_body(&scene, RN_STR("tampered"));
        assert_mismatch(&scene);
        set_body(&scene, RN_STR("{}"));
    }
    assert_int_equal(scene.lookups, 6); /* the key store is asked every time */
    end(&scene);
}

static void without_a_cache_requests_verify_too(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    rn_sig_cache_free(scene.cache);
    scene.cache = NULL;
    assert_verifies(&scene);
    end(&scene);
}

static void a_new_generation_ends_the_old_secret_at_once(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    assert_verifies(&scene);
    snprintf(scene.credential.secret, sizeof(scene.credential.secret), "another secret");
    scene.credential.generation++;
    assert_mismatch(&scene);
    scene.credential.active = false;
    assert_int_equal(verify(&scene), RN_DENIED);
    snprintf(scene.credential.secret, sizeof(scene.credential.secret), SECRET);
    scene.credential.active = true;
    scene.credential.generation++;
    assert_verifies(&scene);
    end(&scene);
}

/* The cached key is what verifies: with the same generation a changed secret goes unnoticed. */
static void only_success_fills_the_cache(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    snprintf(scene.credential.secret, sizeof(scene.credential.secret), "another secret");
    assert_mismatch(&scene); /* not kept ... */
    snprintf(scene.credential.secret, sizeof(scene.credential.secret), SECRET);
    assert_verifies(&scene); /* ... or this would fail; kept ... */
    snprintf(scene.credential.secret, sizeof(scene.credential.secret), "another secret");
    assert_verifies(&scene); /* ... and used */
    end(&scene);
}

/* ---- limits ---- */

static void a_header_signed_twice_is_a_mismatch(void **state)
{
    struct scene scene;

    (void)state;
    begin_v1_sent(&scene);
    set(&scene, "Authorization",
        authorization(&scene, SCOPE, "host;x-amz-date;Host", V1_SIGNATURE));
    assert_mismatch(&scene);
    end(&scene);
}

static void a_hostile_request_gets_an_answer_or_runs_out_of_its_own_room(void **state)
{
    enum { BYTES = 30000 };
    static char list[BYTES + 1], query[BYTES + 1];
    struct scene scene;

    (void)state;
    for (size_t i = 0; i < BYTES; i++) {
        list[i] = i % 2 ? ';' : 'a';
        query[i] = i % 2 ? '&' : 'b';
    }
    memcpy(list, "host;", 5);
    begin_v1_sent(&scene);
    set(&scene, "Authorization", authorization(&scene, SCOPE, list, V1_SIGNATURE));
    assert_mismatch(&scene);
    scene.request.query = rn_str_c(query);
    assert_mismatch(&scene);
    end(&scene);

    begin_v1_sent(&scene);
    rn_arena_free(scene.arena);
    for (size_t bytes = 0; bytes < 4096; bytes += 64) { /* memory ends somewhere, or not at all */
        rn_err err;

        scene.arena = rn_arena_new(bytes);
        err = verify(&scene);
        assert_true(err == RN_OK || err == RN_NOMEM);
        rn_arena_free(scene.arena);
    }
    scene.arena = NULL;
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_signs_the_worked_requests_to_the_byte),
        cmocka_unit_test(the_worked_requests_verify),
        cmocka_unit_test(the_worked_presigned_request_verifies),
        cmocka_unit_test(the_public_suite_agrees),
        cmocka_unit_test(a_token_added_after_signing_is_accepted),
        cmocka_unit_test(the_public_suites_presigned_token_agrees),
        cmocka_unit_test(a_flipped_body_byte_is_a_mismatch),
        cmocka_unit_test(any_changed_part_of_the_request_is_a_mismatch),
        cmocka_unit_test(the_order_and_case_of_headers_do_not_matter),
        cmocka_unit_test(authorization_is_split_at_commas_and_blanks_in_any_order),
        cmocka_unit_test(signatures_must_be_64_lower_case_digits),
        cmocka_unit_test(each_wrong_part_of_the_scope_is_named_in_order),
        cmocka_unit_test(without_an_expected_region_any_will_do),
        cmocka_unit_test(credentials_have_five_parts),
        cmocka_unit_test(the_host_must_be_signed),
        cmocka_unit_test(the_window_is_five_minutes_to_the_second),
        cmocka_unit_test(dates_have_the_basic_form),
        cmocka_unit_test(two_dates_are_no_date),
        cmocka_unit_test(a_date_header_stands_in_for_x_amz_date),
        cmocka_unit_test(a_changed_session_token_belongs_to_nobody),
        cmocka_unit_test(a_signature_over_authority_does_not_pass_as_one_over_host),
        cmocka_unit_test(host_and_authority_stand_for_one_another_on_the_wire),
        cmocka_unit_test(other_algorithms_are_named_and_refused),
        cmocka_unit_test(a_request_without_credentials_misses_a_token),
        cmocka_unit_test(both_forms_at_once_are_refused),
        cmocka_unit_test(all_missing_pieces_are_listed),
        cmocka_unit_test(a_word_without_equal_sign_is_no_parameter),
        cmocka_unit_test(two_authorizations_are_refused),
        cmocka_unit_test(the_header_begins_with_the_algorithm),
        cmocka_unit_test(all_missing_query_parameters_are_listed),
        cmocka_unit_test(faults_are_found_in_the_services_order),
        cmocka_unit_test(unknown_and_inactive_keys_get_one_answer),
        cmocka_unit_test(an_overlong_or_empty_key_id_is_unknown),
        cmocka_unit_test(a_cached_key_verifies_and_denies_like_a_derived_one),
        cmocka_unit_test(without_a_cache_requests_verify_too),
        cmocka_unit_test(a_new_generation_ends_the_old_secret_at_once),
        cmocka_unit_test(only_success_fills_the_cache),
        cmocka_unit_test(a_header_signed_twice_is_a_mismatch),
        cmocka_unit_test(a_hostile_request_gets_an_answer_or_runs_out_of_its_own_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
