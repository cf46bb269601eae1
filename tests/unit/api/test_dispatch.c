/* The order of checks, and what each refusal looks like.
 * Method: net, service and fanout are stood in for by the functions below; an exchange is made by hand, and
 * the reply is caught. Signatures are made with the client's half of auth. */
#include "api/api.h"
#include "api/operations.h"
#include "crypto/crypto.h"
#include "fanout/fanout.h"
#include "service/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20, BODY_BYTES = 1 << 16, HEADERS_MAX = 16 };

#define NOW_MS INT64_C(1768472130000) /* 2026-01-15T10:15:30Z */

static struct rn_api_gate gate;
static struct rn_api *api;
static struct rn_sig_cache *cache;

/* ---- what stands in for net ---- */

static struct {
    int count, status;
    struct {
        char name[64], value[256];
    } headers[HEADERS_MAX];
    size_t header_count;
    char body[BODY_BYTES];
    size_t body_len;
} reply;

void rn_exchange_reply(struct rn_exchange *exchange, const struct rn_http_reply *sent)
{
    (void)exchange;
    reply.count++;
    reply.status = sent->status;
    reply.header_count = sent->header_count;
    assert_true(sent->header_count <= HEADERS_MAX);
    for (size_t i = 0; i < sent->header_count; i++) {
        (void)snprintf(reply.headers[i].name, sizeof(reply.headers[i].name), "%.*s",
                       RN_STR_ARG(sent->headers[i].name));
        (void)snprintf(reply.headers[i].value, sizeof(reply.headers[i].value), "%.*s",
                       RN_STR_ARG(sent->headers[i].value));
    }
    reply.body_len = 0;
    for (size_t i = 0; i < sent->body_count; i++) {
        assert_true(reply.body_len + sent->body[i].len < BODY_BYTES);
        memcpy(reply.body + reply.body_len, sent->body[i].data, sent->body[i].len);
        reply.body_len += sent->body[i].len;
    }
    reply.body[reply.body_len] = '\0';
}

rn_str rn_exchange_header(const struct rn_exchange *exchange, rn_str name)
{
    for (size_t i = 0; i < exchange->header_count; i++) {
        if (rn_str_ieq(exchange->headers[i].name, name)) {
            return exchange->headers[i].value;
        }
    }
    return RN_STR_NONE;
}

/* ---- what stands in for service ---- */

static int served;
static struct rn_call *waiting; /* a call that PutRecord left open */
static bool leave_open;
static enum rn_fault fail_with;

void rn_call_ok(struct rn_call *call)
{
    call->fault = RN_FAULT_NONE;
    call->finished(call);
}

static void serve(struct rn_call *call)
{
    served++;
    assert_int_equal(call->now_ms, NOW_MS);
    assert_non_null(call->request);
    if (leave_open) {
        waiting = call;
    } else if (fail_with != RN_FAULT_NONE) {
        call->fault = fail_with;
        call->message = fail_with == RN_FAULT_INTERNAL ? RN_STR_NONE : RN_STR("words");
        call->finished(call);
    } else {
        rn_call_ok(call);
    }
}

#define STAND_IN(name)                           \
    void rn_service_##name(struct rn_call *call) \
    {                                            \
        serve(call);                             \
    }
STAND_IN(create_stream)
STAND_IN(delete_stream)
STAND_IN(describe_stream)
STAND_IN(describe_stream_summary)
STAND_IN(list_streams)
STAND_IN(list_shards)
STAND_IN(put_record)
STAND_IN(put_records)
STAND_IN(get_shard_iterator)
STAND_IN(get_records)
STAND_IN(add_tags_to_stream)
STAND_IN(remove_tags_from_stream)
STAND_IN(list_tags_for_stream)
STAND_IN(increase_stream_retention_period)
STAND_IN(decrease_stream_retention_period)
STAND_IN(split_shard)
STAND_IN(merge_shards)
STAND_IN(update_shard_count)
STAND_IN(enable_enhanced_monitoring)
STAND_IN(disable_enhanced_monitoring)
STAND_IN(start_stream_encryption)
STAND_IN(stop_stream_encryption)
STAND_IN(update_max_record_size)
STAND_IN(update_stream_mode)
STAND_IN(update_stream_warm_throughput)
STAND_IN(describe_account_settings)
STAND_IN(update_account_settings)
STAND_IN(describe_limits)
STAND_IN(tag_resource)
STAND_IN(untag_resource)
STAND_IN(list_tags_for_resource)
STAND_IN(put_resource_policy)
STAND_IN(get_resource_policy)
STAND_IN(delete_resource_policy)
STAND_IN(register_stream_consumer)
STAND_IN(deregister_stream_consumer)
STAND_IN(describe_stream_consumer)
STAND_IN(list_stream_consumers)
STAND_IN(get_limits)
STAND_IN(set_limits)

void rn_fanout_subscribe(struct rn_call *call)
{
    serve(call);
}

/* As if the first piece were all. */
void rn_fanout_feed(struct rn_call *call, struct rn_exchange *exchange, struct rn_http_reply *sent)
{
    static const rn_str first = RN_STR_INIT("first");

    assert_non_null(call->request);
    sent->body = &first;
    sent->body_count = 1;
    rn_exchange_reply(exchange, sent);
}

/* ---- clock, randomness, key store ---- */

static int64_t fixed_us(struct rn_clock *clock)
{
    (void)clock;
    return NOW_MS * 1000;
}

static struct rn_clock fixed_clock = {fixed_us, fixed_us};

static void count_up(struct rn_random *random, void *bytes, size_t len)
{
    static uint8_t next;

    (void)random;
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)bytes)[i] = next++;
    }
}

static struct rn_random counting = {count_up};

static bool find_key(void *arg, rn_str id, rn_str token, struct rn_credential *ret_credential)
{
    (void)arg;
    if (token.len > 0 || !rn_str_eq(id, RN_STR("AKIDEXAMPLE"))) {
        return false;
    }
    *ret_credential =
        (struct rn_credential){.secret = "wJalrXUtnFEMI", .generation = 1, .active = true};
    return true;
}

static bool never_writable(void *arg)
{
    (void)arg;
    return false;
}

/* ---- making requests ---- */

static const char json[] = "application/x-amz-json-1.1";
static const char cbor[] = "application/x-amz-cbor-1.1";

struct request {
    const char *method, *path, *type, *target, *body;
    size_t body_len; /* 0: strlen(body) */
    const char *origin;
    bool is_signed, wrong_secret;
};

static struct rn_arena *arena;

static void add(struct rn_http_header *headers, size_t *count, const char *name, rn_str value)
{
    headers[(*count)++] = (struct rn_http_header){rn_str_c(name), value};
}

static rn_str sign(const struct rn_exchange *exchange, bool wrong_secret)
{
    struct rn_sig_header headers[HEADERS_MAX];
    uint8_t digest[RN_SHA256_BYTES];
    struct rn_signer signer = {
        .access_key_id = RN_STR("AKIDEXAMPLE"),
        .secret = wrong_secret ? RN_STR("another") : RN_STR("wJalrXUtnFEMI"),
        .region = RN_STR("us-east-1"),
        .service = RN_STR("kinesis"),
    };
    rn_str value = RN_STR_NONE;

    for (size_t i = 0; i < exchange->header_count; i++) {
        headers[i] = (struct rn_sig_header){exchange->headers[i].name, exchange->headers[i].value};
    }
    rn_sha256(rn_str_make(exchange->body, exchange->body_len), digest);
    assert_int_equal(rn_sig_sign(&signer,
                                 &(struct rn_sig_request){
                                     .method = exchange->method,
                                     .path = exchange->path,
                                     .query = RN_STR(""),
                                     .headers = headers,
                                     .header_count = exchange->header_count,
                                     .body_sha256 = digest,
                                 },
                                 NOW_MS, arena, &value),
                     RN_OK);
    return value;
}

static void send(struct request request)
{
    static struct rn_http_header headers[HEADERS_MAX];
    static char body[BODY_BYTES];
    static struct rn_exchange exchange;

    rn_arena_reset(arena);
    if (!request.body) {
        request.body = "";
    }
    exchange = (struct rn_exchange){
        .method = rn_str_c(request.method ? request.method : "POST"),
        .path = rn_str_c(request.path ? request.path : "/"),
        .headers = headers,
        .body = body,
        .body_len = request.body_len ? request.body_len : strlen(request.body),
        .arena = arena,
    };
    memcpy(body, request.body, exchange.body_len);
    add(headers, &exchange.header_count, "host", RN_STR("localhost"));
    if (request.type) {
        add(headers, &exchange.header_count, "Content-Type", rn_str_c(request.type));
    }
    if (request.target) {
        add(headers, &exchange.header_count, "x-amz-target", rn_str_c(request.target));
    }
    if (request.origin) {
        add(headers, &exchange.header_count, "Origin", rn_str_c(request.origin));
    }
    if (request.is_signed) {
        add(headers, &exchange.header_count, "X-Amz-Date", RN_STR("20260115T101530Z"));
        add(headers, &exchange.header_count, "Authorization",
            sign(&exchange, request.wrong_secret));
    }
    reply.count = 0;
    served = 0;
    rn_api_handle(api, &exchange);
}

static const char *reply_header(const char *name)
{
    for (size_t i = 0; i < reply.header_count; i++) {
        if (strcmp(reply.headers[i].name, name) == 0) {
            return reply.headers[i].value;
        }
    }
    return NULL;
}

static void expect(int status, const char *type, const char *body)
{
    assert_int_equal(reply.count, 1);
    assert_int_equal(reply.status, status);
    if (type) {
        assert_non_null(reply_header("Content-Type"));
        assert_string_equal(reply_header("Content-Type"), type);
    } else {
        assert_null(reply_header("Content-Type"));
    }
    assert_string_equal(reply.body, body);
}

static void make_api(bool auth)
{
    rn_api_free(api);
    assert_int_equal(rn_api_new(
                         &(struct rn_api_options){
                             .gate = &gate,
                             .clock = &fixed_clock,
                             .random = &counting,
                             .auth = auth,
                             .region = RN_STR("us-east-1"),
                             .keys = {find_key, NULL},
                             .cache = cache,
                         },
                         &api),
                     RN_OK);
}

static int setup(void **state)
{
    static int something;

    (void)state;
    arena = rn_arena_new(ARENA_BYTES);
    cache = rn_sig_cache_new(16);
    gate.writable = NULL;
    atomic_store(&gate.service,
                 (struct rn_service *)(void *)&something); /* never looked into here */
    atomic_store(&gate.draining, false);
    leave_open = false;
    fail_with = RN_FAULT_NONE;
    make_api(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rn_api_free(api);
    api = NULL;
    rn_sig_cache_free(cache);
    rn_arena_free(arena);
    return 0;
}

#define PUT "Kinesis_20131202.PutRecord"
static const char good_put[] = "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"AAAA\"}";
static const char denied[] =
    "<AccessDeniedException>\n"
    "  <Message>Unable to determine service/operation name to be authorized</Message>\n"
    "</AccessDeniedException>\n";

static void a_signed_valid_request_reaches_its_operation(void **state)
{
    (void)state;
    send((struct request){.type = json, .target = PUT, .body = good_put, .is_signed = true});
    assert_int_equal(served, 1);
    expect(200, json, "{}");
}

static void an_operation_without_output_has_an_empty_body(void **state)
{
    (void)state;
    send((struct request){.type = json,
                          .target = "Kinesis_20131202.DeleteStream",
                          .body = "{\"StreamName\":\"s\"}",
                          .is_signed = true});
    assert_int_equal(served, 1);
    expect(200, json, "");
}

static void another_method_than_post_is_denied_in_xml(void **state)
{
    static const char *const methods[] = {"GET", "PUT", "DELETE", "OPTIONS", "HEAD", "post"};

    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        send((struct request){.method = methods[i], .type = json, .target = PUT, .body = good_put});
        expect(403, NULL, denied);
    }
}

static void an_empty_body_is_answered_in_cbor_unless_it_is_json(void **state)
{
    (void)state;
    send((struct request){.type = json, .target = PUT});
    expect(400, json, "{\"__type\":\"SerializationException\"}");
    send((struct request){.type = json, .target = "Kinesis_20131202.Nothing"});
    expect(400, json, "{\"__type\":\"UnknownOperationException\"}");
    send((struct request){
        .type = json, .target = "Kinesis_20131202.CreateChannel"}); /* of the model, not built */
    expect(400, json, "{\"__type\":\"SerializationException\"}");
    send((struct request){.type = "application/json", .target = PUT});
    assert_string_equal(reply_header("Content-Type"), cbor);
    assert_non_null(strstr(reply.body, "SerializationException"));
    send((struct request){.target = PUT});
    assert_string_equal(reply_header("Content-Type"), cbor);
    send((struct request){.type = cbor});
    assert_string_equal(reply_header("Content-Type"), cbor);
    assert_non_null(strstr(reply.body, "UnknownOperationException"));
}

static void a_content_type_of_no_protocol_gets_xml(void **state)
{
    static const char *const without[] = {NULL, "", "Kinesis_20131202", "Kinesis_20131202.",
                                          ".PutRecord"};

    (void)state;
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
        send((struct request){.type = "text/plain", .target = without[i], .body = good_put});
        expect(403, NULL, denied);
    }
    send((struct request){.type = "text/plain", .target = PUT, .body = good_put});
    expect(404, NULL, "<UnknownOperationException/>\n");
    send((struct request){.target = "a.b", .body = good_put});
    expect(404, NULL, "<UnknownOperationException/>\n");
}

static void plain_json_never_reaches_an_operation(void **state)
{
    (void)state;
    send((struct request){
        .type = "application/json; charset=utf-8", .target = PUT, .body = "{", .is_signed = true});
    expect(400, "application/json",
           "{\"Output\":{\"__type\":\"com.amazon.coral.service#SerializationException\"},"
           "\"Version\":\"1.0\"}");
    send((struct request){
        .type = "application/json", .target = PUT, .body = good_put, .is_signed = true});
    expect(404, "application/json",
           "{\"Output\":{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"},"
           "\"Version\":\"1.0\"}");
}

static void the_content_type_ends_at_its_semicolon(void **state)
{
    (void)state;
    send((struct request){
        .type = " application/x-amz-json-1.1 ; charset=x", .target = PUT, .body = "{"});
    expect(400, json, "{\"__type\":\"SerializationException\"}");
}

static void parsing_comes_before_the_operation_and_both_before_authentication(void **state)
{
    (void)state;
    send((struct request){.type = json, .target = "Kinesis_20131202.Nothing", .body = "{"});
    expect(400, json, "{\"__type\":\"SerializationException\"}");
    send((struct request){.type = json, .target = "Kinesis_20131202.Nothing", .body = "{}"});
    expect(400, json, "{\"__type\":\"UnknownOperationException\"}");
    send((struct request){.type = json, .target = "DynamoDB_20120810.PutRecord", .body = "{}"});
    expect(400, json, "{\"__type\":\"UnknownOperationException\"}");
    send((struct request){.type = json, .body = "{}"});
    expect(400, json, "{\"__type\":\"UnknownOperationException\"}");
    send((struct request){.type = json, .target = PUT, .body = "{"});
    expect(400, json, "{\"__type\":\"SerializationException\"}");
}

static void authentication_comes_before_types_and_constraints(void **state)
{
    static const char *const bodies[] = {"{}", "{\"StreamName\":true}", good_put};

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        send((struct request){.type = json, .target = PUT, .body = bodies[i]});
        expect(400, json,
               "{\"__type\":\"MissingAuthenticationTokenException\",\"message\":\"Missing "
               "Authentication Token\"}");
        send((struct request){.type = json,
                              .target = PUT,
                              .body = bodies[i],
                              .is_signed = true,
                              .wrong_secret = true});
        assert_int_equal(reply.status, 400);
        assert_non_null(strstr(reply.body, "InvalidSignatureException"));
    }
    assert_int_equal(served, 0);
}

static void our_own_operations_have_a_target_of_their_own(void **state)
{
    (void)state;
    send((struct request){.type = json, .target = "Runnel_20250101.GetLimits", .body = "{}"});
    assert_non_null(strstr(reply.body, "MissingAuthenticationTokenException"));
    assert_int_equal(served, 0);
    send((struct request){
        .type = json, .target = "Runnel_20250101.GetLimits", .body = "{}", .is_signed = true});
    assert_int_equal(served, 1);
    send((struct request){.type = json, .target = "Runnel_20250101.ListStreams", .body = "{}"});
    expect(400, json, "{\"__type\":\"UnknownOperationException\"}");
    send((struct request){.type = json, .target = "Kinesis_20131202.GetLimits", .body = "{}"});
    expect(400, json, "{\"__type\":\"UnknownOperationException\"}");
}

static void an_event_stream_is_json_or_nothing(void **state)
{
    static const char body[] =
        "{\"ConsumerARN\":\"arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1\","
        "\"ShardId\":\"shardId-000000000000\",\"StartingPosition\":{\"Type\":\"LATEST\"}}";
    struct request request = {.type = json,
                              .target = "Kinesis_20131202.SubscribeToShard",
                              .body = body,
                              .is_signed = true};

    (void)state;
    send(request);
    assert_int_equal(served, 1);
    expect(200, "application/vnd.amazon.eventstream", "first");
    assert_non_null(reply_header("x-amzn-RequestId"));
    assert_non_null(reply_header("x-amz-id-2"));
    fail_with = RN_FAULT_RESOURCE_IN_USE;
    send(request);
    expect(400, json, "{\"__type\":\"ResourceInUseException\",\"message\":\"words\"}");
    request.type = cbor;
    request.body = "\xa0";
    send(request);
    assert_int_equal(served, 0);
    assert_int_equal(reply.status, 500);
    assert_non_null(strstr(reply.body, "InternalFailure"));
    request.is_signed = false; /* who may not ask does not learn that */
    send(request);
    assert_int_equal(reply.status, 400);
}

static void an_operation_that_is_not_built_says_so_after_authentication(void **state)
{
    (void)state;
    send((struct request){.type = json, .target = "Kinesis_20131202.CreateChannel", .body = "{"});
    expect(400, json, "{\"__type\":\"SerializationException\"}");
    send((struct request){.type = json, .target = "Kinesis_20131202.CreateChannel", .body = "{}"});
    assert_non_null(strstr(reply.body, "MissingAuthenticationTokenException"));
    send((struct request){
        .type = json, .target = "Kinesis_20131202.CreateChannel", .body = "{}", .is_signed = true});
    expect(400, json,
           "{\"__type\":\"UnsupportedOperationException\",\"message\":\"Runnel does not implement "
           "Kinesis_20131202.CreateChannel\"}");
}

static void types_come_before_constraints_and_are_told_with_a_capital(void **state)
{
    (void)state;
    send((struct request){
        .type = json, .target = PUT, .body = "{\"StreamName\":true}", .is_signed = true});
    expect(400, json,
           "{\"__type\":\"SerializationException\",\"Message\":\"class java.lang.Boolean can not "
           "be converted to an "
           "String\"}");
    send((struct request){.type = json,
                          .target = PUT,
                          .body = "{\"StreamName\":\"s\",\"PartitionKey\":\"k\"}",
                          .is_signed = true});
    expect(400, json,
           "{\"__type\":\"ValidationException\",\"message\":\"1 validation error detected: Value "
           "null at 'data' failed "
           "to satisfy constraint: Member must not be null\"}");
    assert_int_equal(served, 0);
}

static void a_fault_is_told_in_the_encoding_of_the_request(void **state)
{
    /* {"StreamName": "s"} */
    static const char in_cbor[] = "\xa1\x6aStreamName\x61s";

    (void)state;
    fail_with = RN_FAULT_RESOURCE_NOT_FOUND;
    send((struct request){.type = json,
                          .target = "Kinesis_20131202.DeleteStream",
                          .body = "{\"StreamName\":\"s\"}",
                          .is_signed = true});
    expect(400, json, "{\"__type\":\"ResourceNotFoundException\",\"message\":\"words\"}");
    send((struct request){.type = cbor,
                          .target = "Kinesis_20131202.DeleteStream",
                          .body = in_cbor,
                          .is_signed = true});
    assert_int_equal(served, 1);
    assert_int_equal(reply.status, 400);
    assert_string_equal(reply_header("Content-Type"), cbor);
    assert_non_null(
        strstr(reply.body, "\x66__type\x78\x19ResourceNotFoundException\x67message\x65words"));
    fail_with = RN_FAULT_INTERNAL;
    send((struct request){.type = json, .target = PUT, .body = good_put, .is_signed = true});
    expect(500, json, "{\"__type\":\"InternalFailure\"}");
}

static void without_authentication_unsigned_and_wrongly_signed_requests_pass(void **state)
{
    (void)state;
    make_api(false);
    send((struct request){.type = json, .target = PUT, .body = good_put});
    assert_int_equal(served, 1);
    send((struct request){
        .type = json, .target = PUT, .body = good_put, .is_signed = true, .wrong_secret = true});
    assert_int_equal(served, 1);
    expect(200, json, "{}");
}

static void while_recovering_requests_are_told_to_come_again(void **state)
{
    (void)state;
    atomic_store(&gate.service, NULL);
    send((struct request){.type = json, .target = PUT, .body = good_put, .is_signed = true});
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "\"__type\":\"ServiceUnavailable\""));
    assert_non_null(
        strstr(reply.body, "Runnel is recovering its data and will serve in a moment."));
    assert_int_equal(served, 0);
}

static void every_answer_carries_ids_of_its_own(void **state)
{
    char first[64];

    (void)state;
    send((struct request){.type = json, .target = PUT, .body = good_put, .is_signed = true});
    assert_int_equal(strlen(reply_header("x-amz-id-2")), 96);
    (void)snprintf(first, sizeof(first), "%s", reply_header("x-amzn-RequestId"));
    assert_int_equal(strlen(first), 36);
    assert_int_equal(first[14], '4');
    assert_non_null(strchr("89ab", first[19]));
    send((struct request){.method = "GET"});
    assert_string_not_equal(reply_header("x-amzn-RequestId"), first);
    assert_non_null(reply_header("x-amz-id-2"));
}

static void a_browser_gets_what_it_needs(void **state)
{
    (void)state;
    send((struct request){.method = "OPTIONS", .origin = "http://x"});
    expect(200, NULL, "");
    assert_string_equal(reply_header("Access-Control-Allow-Origin"), "*");
    assert_string_equal(reply_header("Access-Control-Max-Age"), "172800");
    assert_non_null(reply_header("x-amzn-RequestId"));
    assert_null(reply_header("x-amz-id-2"));
    assert_null(reply_header("Access-Control-Expose-Headers"));
    send((struct request){.type = json, .target = PUT, .body = "{", .origin = "http://x"});
    assert_string_equal(reply_header("Access-Control-Allow-Origin"), "*");
    assert_non_null(reply_header("Access-Control-Expose-Headers"));
    send((struct request){.type = json, .target = PUT, .body = "{"});
    assert_null(reply_header("Access-Control-Allow-Origin"));
}

static void own_paths_tell_life_and_readiness(void **state)
{
    (void)state;
    send((struct request){.method = "GET", .path = "/-/live"});
    expect(200, "text/plain", "live\n");
    send((struct request){.method = "GET", .path = "/-/ready"});
    expect(200, "text/plain", "ready\n");
    gate.writable = never_writable;
    send((struct request){.method = "GET", .path = "/-/ready"});
    assert_int_equal(reply.status, 503);
    atomic_store(&gate.service, NULL);
    send((struct request){.method = "GET", .path = "/-/ready"});
    expect(503, "text/plain", "recovering\n");
    atomic_store(&gate.draining, true);
    send((struct request){.method = "GET", .path = "/-/ready"});
    expect(503, "text/plain", "draining\n");
    send((struct request){.method = "GET", .path = "/-/live"});
    assert_int_equal(reply.status, 200);
    send((struct request){.method = "GET", .path = "/-/other"});
    assert_int_equal(reply.status, 404);
    send((struct request){.path = "/-/", .type = json, .target = PUT, .body = good_put});
    assert_int_equal(reply.status, 404);
    send((struct request){.path = "/-/live"});
    assert_int_equal(reply.status, 405);
}

static int idle_count;

static void became_idle(void *arg)
{
    (void)arg;
    idle_count++;
}

static void idleness_waits_for_the_last_operation(void **state)
{
    (void)state;
    idle_count = 0;
    leave_open = true;
    send((struct request){.type = json, .target = PUT, .body = good_put, .is_signed = true});
    assert_int_equal(reply.count, 0);
    rn_api_when_idle(api, became_idle, NULL);
    assert_int_equal(idle_count, 0);
    rn_call_ok(waiting);
    assert_int_equal(reply.count, 1);
    assert_int_equal(idle_count, 1);
    rn_api_when_idle(api, became_idle, NULL);
    assert_int_equal(idle_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        T(a_signed_valid_request_reaches_its_operation),
        T(an_operation_without_output_has_an_empty_body),
        T(another_method_than_post_is_denied_in_xml),
        T(an_empty_body_is_answered_in_cbor_unless_it_is_json),
        T(a_content_type_of_no_protocol_gets_xml),
        T(plain_json_never_reaches_an_operation),
        T(the_content_type_ends_at_its_semicolon),
        T(parsing_comes_before_the_operation_and_both_before_authentication),
        T(authentication_comes_before_types_and_constraints),
        T(our_own_operations_have_a_target_of_their_own),
        T(an_operation_that_is_not_built_says_so_after_authentication),
        T(types_come_before_constraints_and_are_told_with_a_capital),
        T(a_fault_is_told_in_the_encoding_of_the_request),
        T(without_authentication_unsigned_and_wrongly_signed_requests_pass),
        T(while_recovering_requests_are_told_to_come_again),
        T(every_answer_carries_ids_of_its_own),
        T(a_browser_gets_what_it_needs),
        T(own_paths_tell_life_and_readiness),
        T(an_event_stream_is_json_or_nothing),
        T(idleness_waits_for_the_last_operation),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
