/* client.c - one call: encode, sign, send, judge the answer, try again when that may help. */
#include "client/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/sigv4.h"
#include "base/civil.h"
#include "crypto/crypto.h"
#include "runnel/client.h"
#include "sys/pause.h"

enum { PAUSE_FIRST_MS = 50, PAUSE_MAX_MS = 2000, HEADER_BYTES_MAX = 8192, WAIT_STEP_MS = 50 };

#define CONTENT_TYPE "application/x-amz-json-1.1"

static const char *const texts[] = {
    [RUNNEL_OK] = "ok",
    [RUNNEL_NOMEM] = "out of memory",
    [RUNNEL_USAGE] = "wrong argument",
    [RUNNEL_NO_ENDPOINT] = "no endpoint",
    [RUNNEL_NO_KEY] = "no credentials",
    [RUNNEL_UNREACHABLE] = "the server cannot be reached",
    [RUNNEL_DENIED] = "not authorised",
    [RUNNEL_THROTTLED] = "over a limit",
    [RUNNEL_SERVICE] = "the service answered an error",
    [RUNNEL_PROTOCOL] = "the answer makes no sense",
};

const char *runnel_err_text(enum runnel_err err)
{
    return (size_t)err < sizeof(texts) / sizeof(texts[0]) ? texts[err] : "unknown error";
}

void runnel_client_free(struct runnel_client *client)
{
    if (client) {
        rn_transport_free(client->transport);
        rn_arena_free(client->arena);
        rn_buf_done(&client->body);
        runnel_config_free(client->config);
        free(client);
    }
}

static struct runnel_config *copy_config(const struct runnel_config *config)
{
    struct runnel_config *copy = runnel_config_new();

    for (int key = 0; copy && key < RN_CONFIG_COUNT; key++) {
        if (config->values[key] && !(copy->values[key] = strdup(config->values[key]))) {
            runnel_config_free(copy);
            return NULL;
        }
    }
    return copy;
}

enum runnel_err runnel_client_new(const struct runnel_config *config,
                                  struct runnel_client **ret_client)
{
    struct runnel_client *client;
    struct rn_transport_options options;
    rn_err err;

    if (!config->values[RN_CONFIG_ENDPOINT]) {
        return RUNNEL_NO_ENDPOINT;
    }
    if (!config->values[RN_CONFIG_ACCESS_KEY_ID] || !config->values[RN_CONFIG_SECRET_ACCESS_KEY]) {
        return RUNNEL_NO_KEY;
    }
    client = calloc(1, sizeof(*client));
    if (!client || !(client->config = copy_config(config)) ||
        !(client->arena = rn_arena_new(RN_CLIENT_ARENA_BYTES_MAX))) {
        runnel_client_free(client);
        return RUNNEL_NOMEM;
    }
    rn_buf_init(&client->body, RN_CLIENT_BODY_BYTES_MAX);
    client->clock = rn_clock_real();
    client->random = rn_random_real();
    client->error_type = client->error_message = "";
    options = (struct rn_transport_options){
        .endpoint = client->config->values[RN_CONFIG_ENDPOINT],
        .ca_bundle = client->config->values[RN_CONFIG_CA_BUNDLE],
        .connect_timeout_ms = rn_config_number(config, RN_CONFIG_CONNECT_TIMEOUT_MS),
        .timeout_ms = rn_config_number(config, RN_CONFIG_TIMEOUT_MS),
        .reply_bytes_max = RN_CLIENT_REPLY_BYTES_MAX,
        .interrupted = &client->interrupted,
    };
    err = rn_transport_new(&options, &client->transport, NULL);
    if (err) {
        runnel_client_free(client);
        return err == RN_NOMEM ? RUNNEL_NOMEM : RUNNEL_NO_ENDPOINT;
    }
    *ret_client = client;
    return RUNNEL_OK;
}

const char *runnel_client_error_type(const struct runnel_client *client)
{
    return client->error_type;
}

const char *runnel_client_error_message(const struct runnel_client *client)
{
    return client->error_message;
}

void runnel_client_interrupt(struct runnel_client *client)
{
    atomic_store(&client->interrupted, true);
}

enum runnel_err rn_client_fail(struct runnel_client *client, enum runnel_err err, const char *type,
                               const char *fmt, ...)
{
    char message[1024];
    va_list args;
    rn_str kept, kept_type = rn_arena_dup(client->arena, rn_str_c(type));

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    kept = rn_arena_dup(client->arena, rn_str_c(message));
    client->error_type = kept_type.data ? kept_type.data : "";
    client->error_message = kept.data ? kept.data : "out of memory";
    return err;
}

int64_t rn_client_pause_ms(struct rn_random *random, unsigned attempt)
{
    int64_t full = attempt > 6 ? PAUSE_MAX_MS : (int64_t)PAUSE_FIRST_MS << (attempt - 1);
    uint32_t drawn;

    full = full > PAUSE_MAX_MS ? PAUSE_MAX_MS : full;
    rn_random_fill(random, &drawn, sizeof(drawn));
    return full / 2 + (int64_t)(drawn % (uint64_t)(full / 2 + 1));
}

/* A copy that a decoder may change, NUL behind it; NULL when memory ends. */
static char *changeable(struct runnel_client *client, rn_str bytes)
{
    char *copy = rn_arena_alloc(client->arena, bytes.len + 1);

    if (copy) {
        memcpy(copy, bytes.data, bytes.len);
        copy[bytes.len] = 0;
    }
    return copy;
}

/* ---- the answer --------------------------------------------------------------------------- */

struct error_body {
    rn_str type, message, message_capital;
};

static const struct rn_shape text_shape = {.kind = RN_STRING};
static const struct rn_member error_members[] = {
    RN_MEMBER(error_body, type, "__type", text_shape, false),
    RN_MEMBER(error_body, message, "message", text_shape, false),
    RN_MEMBER(error_body, message_capital, "Message", text_shape, false),
};
static const struct rn_shape error_shape = RN_STRUCT_SHAPE(error_body, "Error", error_members);

/* What an error type means for the caller; the first row whose text begins the type. */
static const struct {
    const char *type;
    enum runnel_err err;
    bool again;
} meanings[] = {
    {"ProvisionedThroughputExceeded", RUNNEL_THROTTLED, true},
    {"LimitExceeded", RUNNEL_THROTTLED, true},
    {"Throttling", RUNNEL_THROTTLED, true},
    {"KMSThrottling", RUNNEL_THROTTLED, true},
    {"AccessDenied", RUNNEL_DENIED, false},
    {"UnrecognizedClient", RUNNEL_DENIED, false},
    {"InvalidSignature", RUNNEL_DENIED, false},
    {"IncompleteSignature", RUNNEL_DENIED, false},
    {"MissingAuthenticationToken", RUNNEL_DENIED, false},
    {"ExpiredToken", RUNNEL_DENIED, false},
};

/* The text after a namespace's '#', up to ':'. */
static rn_str bare_type(rn_str type)
{
    size_t hash = rn_str_find(type, '#', 0);
    rn_str bare = hash < type.len ? rn_str_make(type.data + hash + 1, type.len - hash - 1) : type;

    bare.len = rn_str_find(bare, ':', 0);
    return bare;
}

static bool contains(rn_str text, rn_str part)
{
    return part.len <= text.len && memmem(text.data, text.len, part.data, part.len);
}

/* One type of error stands for rates, which pass, and for quotas, which stay: the words tell. */
static bool is_quota(rn_str type, rn_str message)
{
    return rn_str_starts(type, RN_STR("LimitExceeded")) &&
           !rn_str_starts(message, RN_STR("Rate exceeded")) &&
           !contains(message, RN_STR("simultaneously"));
}

enum runnel_err rn_client_told(struct runnel_client *client, rn_str type, rn_str message,
                               bool *ret_again)
{
    enum runnel_err err = RUNNEL_SERVICE;
    rn_str bare = rn_arena_dup(client->arena, bare_type(type));

    *ret_again = rn_str_starts(bare, RN_STR("InternalFailure"));
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (rn_str_starts(bare, rn_str_c(meanings[i].type)) && !is_quota(bare, message)) {
            err = meanings[i].err;
            *ret_again = *ret_again || meanings[i].again;
        }
    }
    return rn_client_fail(client, err, bare.data, "%.*s", RN_STR_ARG(message));
}

enum runnel_err rn_client_refused(struct runnel_client *client, int status, rn_str body,
                                  bool *ret_again)
{
    struct error_body error = {0};
    struct rn_decode_failure failure;
    char *text = changeable(client, body);
    enum runnel_err err;

    *ret_again = status >= 500;
    if (!text || rn_json_decode(&error_shape, text, body.len, client->arena, &error, &failure) ||
        !error.type.data) {
        return rn_client_fail(client, status >= 500 ? RUNNEL_UNREACHABLE : RUNNEL_PROTOCOL, "",
                              "the server answered status %d: %.*s", status,
                              (int)(body.len > 200 ? 200 : body.len), body.data);
    }
    err = rn_client_told(client, error.type,
                         error.message.data ? error.message : error.message_capital, ret_again);
    *ret_again = *ret_again || status >= 500;
    return err;
}

enum runnel_err rn_client_excepted(struct runnel_client *client, rn_str type, rn_str payload,
                                   bool *ret_again)
{
    struct error_body error = {0};
    struct rn_decode_failure failure;
    char *text = changeable(client, payload);

    if (text && !rn_json_decode(&error_shape, text, payload.len, client->arena, &error, &failure)) {
        payload = error.message.data ? error.message : error.message_capital;
    }
    return rn_client_told(client, type, payload, ret_again);
}

/* ---- one attempt -------------------------------------------------------------------------- */

static bool add_header(struct runnel_client *client, struct rn_client_head *head, const char *name,
                       rn_str value)
{
    rn_str line = rn_arena_printf(client->arena, "%s: %.*s", name, RN_STR_ARG(value));

    if (strcmp(name, "host") != 0) { /* libcurl sends it; we sign it */
        head->lines[head->line_count++] = line.data;
    }
    head->pairs[head->pair_count++] = (struct rn_sig_header){rn_str_c(name), value};
    return line.data != NULL;
}

static struct rn_signer signer_of(const struct runnel_config *config)
{
    return (struct rn_signer){.access_key_id = rn_str_c(config->values[RN_CONFIG_ACCESS_KEY_ID]),
                              .secret = rn_str_c(config->values[RN_CONFIG_SECRET_ACCESS_KEY]),
                              .session_token = rn_str_c(config->values[RN_CONFIG_SESSION_TOKEN]),
                              .region = rn_str_c(config->values[RN_CONFIG_REGION]
                                                     ? config->values[RN_CONFIG_REGION]
                                                     : "us-east-1"),
                              .service = RN_STR("kinesis")};
}

enum runnel_err rn_client_sign(struct runnel_client *client, const char *operation, rn_str body,
                               struct rn_client_head *ret_head)
{
    const struct runnel_config *config = client->config;
    int64_t now_ms = rn_clock_wall_ms(client->clock);
    char date[RN_CIVIL_TEXT_BYTES];
    uint8_t digest[RN_SHA256_BYTES];
    rn_str authorization;
    const char *service = strchr(operation, '.') ? "" : "Kinesis_20131202.";
    rn_str target = rn_arena_printf(client->arena, "%s%s", service, operation);
    rn_str stamp = rn_arena_dup(client->arena, rn_str_c(rn_civil_basic(now_ms, date)));
    struct rn_client_head *head = ret_head;
    bool good;

    *head = (struct rn_client_head){.pair_count = 0};
    good = target.data && stamp.data &&
           add_header(client, head, "content-type", RN_STR(CONTENT_TYPE)) &&
           add_header(client, head, "host", rn_str_c(rn_transport_host(client->transport))) &&
           add_header(client, head, "x-amz-date", stamp);
    if (good && config->values[RN_CONFIG_SESSION_TOKEN]) {
        good = add_header(client, head, "x-amz-security-token",
                          rn_str_c(config->values[RN_CONFIG_SESSION_TOKEN]));
    }
    good = good && add_header(client, head, "x-amz-target", target);
    rn_sha256(body, digest);
    struct rn_sig_request request = {.method = RN_STR("POST"),
                                     .path = RN_STR("/"),
                                     .query = RN_STR(""),
                                     .headers = head->pairs,
                                     .header_count = head->pair_count,
                                     .body_sha256 = digest};
    struct rn_signer signer = signer_of(config);

    if (!good || rn_sig_sign(&signer, &request, now_ms, client->arena, &authorization)) {
        return rn_client_fail(client, RUNNEL_NOMEM, "", "out of memory");
    }
    rn_str line = rn_arena_printf(client->arena, "authorization: %.*s", RN_STR_ARG(authorization));

    head->lines[head->line_count++] = line.data;
    return line.data ? RUNNEL_OK : rn_client_fail(client, RUNNEL_NOMEM, "", "out of memory");
}

enum runnel_err rn_client_unanswered(struct runnel_client *client, rn_err err, const char *reason,
                                     bool *ret_again)
{
    *ret_again = err == RN_IO || err == RN_TIMEOUT;
    return rn_client_fail(client,
                          err == RN_NOMEM       ? RUNNEL_NOMEM
                          : err == RN_TOO_LARGE ? RUNNEL_PROTOCOL
                                                : RUNNEL_UNREACHABLE,
                          "", "%s", reason);
}

static enum runnel_err attempt(struct runnel_client *client, const char *operation,
                               rn_str *ret_body, bool *ret_again)
{
    struct rn_client_head head;
    struct rn_reason reason = {""};
    rn_str body = rn_buf_str(&client->body), reply;
    enum runnel_err failed = rn_client_sign(client, operation, body, &head);
    int status;
    rn_err err;

    *ret_again = false;
    if (failed) {
        return failed;
    }
    err = rn_transport_post(client->transport, head.lines, head.line_count, body, &status, &reply,
                            &reason);
    if (err) {
        return rn_client_unanswered(client, err, reason.text, ret_again);
    }
    if (status != 200) {
        return rn_client_refused(client, status, reply, ret_again);
    }
    *ret_body = reply;
    return RUNNEL_OK;
}

bool rn_client_wait(struct runnel_client *client, int64_t ms)
{
    for (; ms > 0 && !atomic_load(&client->interrupted); ms -= WAIT_STEP_MS) {
        rn_pause_ms(ms < WAIT_STEP_MS ? ms : WAIT_STEP_MS);
    }
    return !atomic_load(&client->interrupted);
}

/* Send client->body until an answer, a final error or the end of retry_ms. */
static enum runnel_err send_body(struct runnel_client *client, const char *operation,
                                 rn_str *ret_body)
{
    int64_t end_us = rn_clock_mono_us(client->clock) +
                     rn_config_number(client->config, RN_CONFIG_RETRY_MS) * 1000LL;

    client->error_type = client->error_message = "";
    for (unsigned tries = 1;; tries++) {
        bool again;
        enum runnel_err err = attempt(client, operation, ret_body, &again);
        int64_t pause_ms = rn_client_pause_ms(client->random, tries);

        if (!err || !again || rn_clock_mono_us(client->clock) + pause_ms * 1000 > end_us) {
            return err;
        }
        if (!rn_client_wait(client, pause_ms)) {
            return err;
        }
    }
}

enum runnel_err rn_client_call(struct runnel_client *client, const char *operation,
                               const struct rn_shape *request_shape, const void *request,
                               const struct rn_shape *reply_shape, void *ret_reply)
{
    struct rn_decode_failure failure;
    enum runnel_err err;
    rn_str body;
    char *text;

    rn_buf_clear(&client->body);
    rn_json_encode(request_shape, request, &client->body);
    rn_arena_reset(client->arena);
    if (client->body.failed) {
        return rn_client_fail(client, RUNNEL_USAGE, "", "the request is over %d bytes",
                              RN_CLIENT_BODY_BYTES_MAX);
    }
    err = send_body(client, operation, &body);
    if (err || !reply_shape) {
        return err;
    }
    text = changeable(client, body);
    memset(ret_reply, 0, reply_shape->size);
    if (!text) {
        return rn_client_fail(client, RUNNEL_NOMEM, "", "out of memory");
    }
    if (rn_json_decode(reply_shape, text, body.len, client->arena, ret_reply, &failure)) {
        return rn_client_fail(client, RUNNEL_PROTOCOL, "", "the answer to %s does not parse",
                              operation);
    }
    return RUNNEL_OK;
}

enum runnel_err runnel_client_call(struct runnel_client *client, const char *operation,
                                   const char *json, size_t json_bytes, const char **ret_json,
                                   size_t *ret_json_bytes)
{
    enum runnel_err err;
    rn_str body;
    char *copy;

    rn_buf_clear(&client->body);
    rn_buf_add(&client->body, json, json_bytes);
    rn_arena_reset(client->arena);
    if (client->body.failed) {
        return rn_client_fail(client, RUNNEL_USAGE, "", "the request is over %d bytes",
                              RN_CLIENT_BODY_BYTES_MAX);
    }
    err = send_body(client, operation, &body);
    if (err) {
        return err;
    }
    copy = changeable(client, body);
    if (!copy) {
        return rn_client_fail(client, RUNNEL_NOMEM, "", "out of memory");
    }
    *ret_json = copy;
    *ret_json_bytes = body.len;
    return RUNNEL_OK;
}
