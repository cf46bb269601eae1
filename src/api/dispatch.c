/* dispatch.c - from an exchange to a call and back, failing in the order of the service.
 *
 *    1  body over the limit                     413, by net
 *    2  OPTIONS with Origin                     the CORS answer
 *    3  not POST                                403 XML
 *       empty body                              Serialization- or UnknownOperationException; CBOR
 *                                               unless the content type is JSON 1.1
 *    4  content type of no protocol             403 or 404 XML
 *       still recovering                        503 (Runnel's own; SDKs try again)
 *    5  body does not parse                     SerializationException without text
 *       application/json that parses            404
 *    6  operation outside the model             UnknownOperationException
 *    7  authentication                          in the words of auth
 *       operation of the model, not built       UnsupportedOperationException (Runnel's own)
 *       an event stream asked for in CBOR       InternalFailure
 *    8  type of a member                        SerializationException with text
 *    9  constraints                             ValidationException
 *   10  what the operation itself finds         its fault
 *
 * The body is decoded once, in place, before step 5 is answered; what that finds wrong waits for its
 * turn. Its digest is taken before. No state is looked at and nothing happens before step 7 passed.
 * A struct pending lives in the exchange's arena from step 5 until the reply is handed to net. */
#include "api/api.h"
#include "api/errors.h"
#include "api/operations.h"
#include "api/reply.h"
#include "base/list.h"
#include "crypto/crypto.h"

#include <assert.h>

enum {
    SIGNATURE_SKEW_MS = 300000, /* five minutes, as Kinesis has it */
    REFUSED_SPAN_MS = 10000,    /* at most one line in the log */
};

struct target {
    rn_str service, operation; /* as sent; may be empty */
    bool in_model;
    const struct rn_operation *row; /* NULL: not built */
};

struct pending {
    struct rn_call call;
    struct rn_api *api;
    struct rn_exchange *exchange;
    const struct rn_operation *operation;
    enum rn_wire wire;
    struct rn_decode_failure decode_failure;
    uint8_t digest[RN_SHA256_BYTES];
};

static void fail(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                 const struct rn_error *error)
{
    rn_reply_error(api, exchange, wire, error);
}

static void fail_bare(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                      int status, rn_str type)
{
    fail(api, exchange, wire, &(struct rn_error){.status = status, .type = type});
}

static void fail_internal(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire)
{
    fail_bare(api, exchange, wire, 500, RN_STR("InternalFailure"));
}

static void fail_without_operation(struct rn_api *api, struct rn_exchange *exchange)
{
    rn_reply_send(
        api, exchange, 403, RN_STR_NONE,
        RN_STR("<AccessDeniedException>\n"
               "  <Message>Unable to determine service/operation name to be authorized</Message>\n"
               "</AccessDeniedException>\n"));
}

static struct target read_target(const struct rn_exchange *exchange)
{
    rn_str text = rn_exchange_header(exchange, RN_STR("X-Amz-Target"));
    size_t dot = rn_str_find(text, '.', 0);
    struct target target = {.service = rn_str_make(text.data, dot), .operation = RN_STR("")};

    if (dot < text.len) {
        target.operation = rn_str_make(text.data + dot + 1, text.len - dot - 1);
    }
    target.row = rn_operation_find(target.service, target.operation);
    target.in_model = target.row || rn_operation_in_model(target.service, target.operation);
    return target;
}

static void answer_empty_body(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                              const struct target *target)
{
    rn_str type =
        target->in_model ? RN_STR("SerializationException") : RN_STR("UnknownOperationException");

    fail_bare(api, exchange, wire == RN_WIRE_JSON ? wire : RN_WIRE_CBOR, 400, type);
}

static void answer_no_protocol(struct rn_api *api, struct rn_exchange *exchange,
                               const struct target *target)
{
    if (target->service.len == 0 || target->operation.len == 0) {
        fail_without_operation(api, exchange);
    } else {
        rn_reply_send(api, exchange, 404, RN_STR_NONE, RN_STR("<UnknownOperationException/>\n"));
    }
}

static void answer_plain_json(struct rn_api *api, struct rn_exchange *exchange)
{
    if (rn_json_check(rn_str_make(exchange->body, exchange->body_len)) != RN_OK) {
        fail_bare(api, exchange, RN_WIRE_PLAIN_JSON, 400, RN_STR("SerializationException"));
    } else {
        fail_bare(api, exchange, RN_WIRE_PLAIN_JSON, 404, RN_STR("UnknownOperationException"));
    }
}

static void answer_recovering(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire)
{
    fail(api, exchange, wire,
         &(struct rn_error){
             .status = 503,
             .type = RN_STR("ServiceUnavailable"),
             .message = RN_STR("Runnel is recovering its data and will serve in a moment."),
         });
}

/* A wrong region or port in a client's settings is the operator's to find, so it is told. */
static void log_hint(struct rn_api *api, const struct rn_exchange *exchange, rn_str hint)
{
    uint64_t held_back;

    if (hint.data && rn_log_may(&api->options.gate->refused, rn_clock_mono_us(api->options.clock),
                                REFUSED_SPAN_MS, &held_back)) {
        rn_log(RN_LOG_WARN, "api",
               "refused a request of %s: %.*s (%llu more since the last such line)",
               exchange->peer->host, RN_STR_ARG(hint), (unsigned long long)held_back);
    }
}

/* Step 7. RN_DENIED: the refusal has been answered. */
static rn_err authenticate(struct pending *pending)
{
    struct rn_api *api = pending->api;
    struct rn_exchange *exchange = pending->exchange;
    struct rn_sig_header *headers =
        rn_arena_alloc(exchange->arena, exchange->header_count * sizeof(*headers));
    struct rn_sig_rules rules = {
        .region = api->options.region,
        .service = RN_STR("kinesis"),
        .now_ms = pending->call.now_ms,
        .skew_ms = SIGNATURE_SKEW_MS,
    };
    struct rn_sig_failure failure;
    struct rn_sig_caller caller;
    rn_err err;

    if (!headers) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < exchange->header_count; i++) {
        headers[i] = (struct rn_sig_header){exchange->headers[i].name, exchange->headers[i].value};
    }
    err = rn_sig_verify(
        &(struct rn_sig_request){
            .method = exchange->method,
            .path = exchange->path,
            .query = exchange->query.data ? exchange->query : RN_STR(""),
            .headers = headers,
            .header_count = exchange->header_count,
            .body_sha256 = pending->digest,
        },
        &rules, &api->options.keys, api->options.cache, exchange->arena, &caller, &failure);
    if (err == RN_DENIED) {
        log_hint(api, exchange, failure.hint);
        fail(api, exchange, pending->wire,
             &(struct rn_error){.status = 400, .type = failure.type, .message = failure.message});
    }
    return err;
}

/* Answers unless it returns true. */
static bool passes_authentication(struct pending *pending)
{
    rn_err err = pending->api->options.auth ? authenticate(pending) : RN_OK;

    if (err != RN_OK && err != RN_DENIED) {
        fail_internal(pending->api, pending->exchange, pending->wire);
    }
    return err == RN_OK;
}

static void answer_call(struct pending *pending)
{
    struct rn_call *call = &pending->call;

    if (call->fault == RN_FAULT_NONE && pending->operation->feed) {
        rn_reply_feed(pending->api, pending->exchange, call, pending->operation->feed);
        return;
    }
    if (call->fault == RN_FAULT_NONE) {
        rn_reply_value(pending->api, pending->exchange, pending->wire, pending->operation->reply,
                       call->reply);
        return;
    }
    fail(pending->api, pending->exchange, pending->wire,
         &(struct rn_error){
             .status = rn_fault_row(call->fault)->status,
             .type = rn_fault_row(call->fault)->type,
             .message = call->message,
         });
}

static void finished(struct rn_call *call)
{
    struct pending *pending = RN_OWNER(call, struct pending, call);
    struct rn_api *api = pending->api;

    answer_call(pending); /* the call is gone now */
    assert(api->calls > 0);
    api->calls--;
    if (api->calls == 0 && api->on_idle) {
        api->on_idle(api->on_idle_arg);
    }
}

void rn_api_when_idle(struct rn_api *api, void (*fn)(void *arg), void *arg)
{
    if (api->calls == 0) {
        fn(arg);
    } else {
        api->on_idle = fn;
        api->on_idle_arg = arg;
    }
}

/* The body, which must be there, checked for syntax only: nothing will be read from it. */
static rn_err check_syntax(const struct pending *pending)
{
    rn_str body = rn_str_make(pending->exchange->body, pending->exchange->body_len);

    return pending->wire == RN_WIRE_CBOR ? rn_cbor_check(body) : rn_json_check(body);
}

static void answer_not_built(struct pending *pending, const struct target *target)
{
    struct rn_exchange *exchange = pending->exchange;

    if (check_syntax(pending) != RN_OK) {
        fail_bare(pending->api, exchange, pending->wire, 400, RN_STR("SerializationException"));
    } else if (!target->in_model) {
        fail_bare(pending->api, exchange, pending->wire, 400, RN_STR("UnknownOperationException"));
    } else if (passes_authentication(pending)) {
        fail(pending->api, exchange, pending->wire,
             &(struct rn_error){
                 .status = 400,
                 .type = RN_STR("UnsupportedOperationException"),
                 .message = rn_arena_printf(exchange->arena,
                                            "Runnel does not implement " RN_KINESIS_TARGET ".%.*s",
                                            RN_STR_ARG(target->operation)),
             });
    }
}

static rn_err decode(struct pending *pending, void *request)
{
    struct rn_exchange *exchange = pending->exchange;
    const struct rn_shape *shape = pending->operation->request;

    if (pending->wire == RN_WIRE_CBOR) {
        return rn_cbor_decode(shape, exchange->body, exchange->body_len, exchange->arena, request,
                              &pending->decode_failure);
    }
    return rn_json_decode(shape, exchange->body, exchange->body_len, exchange->arena, request,
                          &pending->decode_failure);
}

/* Steps 5 to 10 for an operation that is built. */
static void serve(struct pending *pending)
{
    struct rn_api *api = pending->api;
    struct rn_exchange *exchange = pending->exchange;
    const struct rn_operation *operation = pending->operation;
    struct rn_call *call = &pending->call;
    void *request = rn_arena_zalloc(exchange->arena, 1, operation->request->size);
    rn_err err = request ? decode(pending, request) : RN_NOMEM;
    rn_str message;

    if (err == RN_TOO_LARGE || (err == RN_INVALID && !pending->decode_failure.message.data)) {
        fail_bare(api, exchange, pending->wire, 400, RN_STR("SerializationException"));
        return;
    }
    if (err != RN_OK && err != RN_INVALID) {
        fail_internal(api, exchange, pending->wire);
        return;
    }
    if (!passes_authentication(pending)) {
        return;
    }
    if (operation->feed && pending->wire == RN_WIRE_CBOR) {
        fail_internal(api, exchange, pending->wire); /* events are JSON: recorded, odd as it is */
        return;
    }
    if (err == RN_INVALID) {
        fail(api, exchange, pending->wire,
             &(struct rn_error){
                 .status = 400,
                 .type = RN_STR("SerializationException"),
                 .capital_message = pending->decode_failure.message,
             });
        return;
    }
    call->reply =
        operation->reply ? rn_arena_zalloc(exchange->arena, 1, operation->reply->size) : NULL;
    err = operation->reply && !call->reply
              ? RN_NOMEM
              : rn_shape_validate(operation->request, request, exchange->arena, &message);
    if (err == RN_INVALID) {
        fail(api, exchange, pending->wire,
             &(struct rn_error){
                 .status = 400, .type = RN_STR("ValidationException"), .message = message});
        return;
    }
    if (err != RN_OK) {
        fail_internal(api, exchange, pending->wire);
        return;
    }
    call->request = request;
    api->calls++;
    operation->serve(call);
}

/* A request in one of the two protocols, while the service is there. */
static void begin(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                  const struct target *target, struct rn_service *service)
{
    struct pending *pending = rn_arena_zalloc(exchange->arena, 1, sizeof(*pending));

    if (!pending) {
        fail_internal(api, exchange, wire);
        return;
    }
    pending->api = api;
    pending->exchange = exchange;
    pending->operation = target->row;
    pending->wire = wire;
    pending->call = (struct rn_call){
        .service = service,
        .arena = exchange->arena,
        .box = api->options.box,
        .fanout = api->options.fanout,
        .now_ms = rn_clock_wall_ms(api->options.clock),
        .finished = finished,
    };
    /* With neither a header nor a query there is no signature that the digest could fit. */
    if (api->options.auth &&
        (exchange->query.len > 0 || rn_exchange_header(exchange, RN_STR("Authorization")).data)) {
        rn_sha256(rn_str_make(exchange->body, exchange->body_len), pending->digest);
    }
    if (target->row) {
        serve(pending);
    } else {
        answer_not_built(pending, target);
    }
}

void rn_api_handle(void *arg, struct rn_exchange *exchange)
{
    struct rn_api *api = arg;
    struct rn_service *service;
    struct target target;
    enum rn_wire wire;

    if (rn_str_starts(exchange->path, RN_STR("/-/"))) {
        rn_api_health(api, exchange);
        return;
    }
    if (rn_str_eq(exchange->method, RN_STR("OPTIONS")) &&
        rn_exchange_header(exchange, RN_STR("Origin")).data) {
        rn_reply_preflight(api, exchange);
        return;
    }
    if (!rn_str_eq(exchange->method, RN_STR("POST"))) {
        fail_without_operation(api, exchange);
        return;
    }
    target = read_target(exchange);
    wire = rn_wire_of(rn_exchange_header(exchange, RN_STR("Content-Type")));
    service = atomic_load_explicit(&api->options.gate->service, memory_order_acquire);
    if (exchange->body_len == 0) {
        answer_empty_body(api, exchange, wire, &target);
    } else if (wire == RN_WIRE_NONE) {
        answer_no_protocol(api, exchange, &target);
    } else if (!service) {
        answer_recovering(api, exchange, wire == RN_WIRE_PLAIN_JSON ? RN_WIRE_JSON : wire);
    } else if (wire == RN_WIRE_PLAIN_JSON) {
        answer_plain_json(api, exchange);
    } else {
        begin(api, exchange, wire, &target, service);
    }
}
