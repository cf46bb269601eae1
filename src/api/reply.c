/* reply.c - headers, request ids and bodies of answers.
 *
 * Every answer of the service carries x-amzn-RequestId and x-amz-id-2; a browser's (it sends Origin)
 * also what CORS asks for. Ids are random but need not be secret from one another, so a worker
 * fetches randomness for 64 answers at once.
 * Bodies are encoded in one buffer per worker: a small body is copied into the exchange's arena, a
 * large one leaves with the buffer, so that nothing large is copied and nothing small is allocated. */
#include "api/reply.h"

#include "codec/base64.h"

#include <assert.h>
#include <stdlib.h>

rn_err rn_api_new(const struct rn_api_options *options, struct rn_api **ret_api)
{
    struct rn_api *api = calloc(1, sizeof(*api));

    if (!api) {
        return RN_NOMEM;
    }
    api->options = *options;
    rn_buf_init(&api->scratch, RN_REPLY_BYTES_MAX);
    *ret_api = api;
    return RN_OK;
}

void rn_api_free(struct rn_api *api)
{
    if (api) {
        rn_buf_done(&api->scratch);
        free(api);
    }
}

static const uint8_t *take_random(struct rn_api *api)
{
    if (api->random_left < RN_ID_RANDOM_BYTES) {
        rn_random_fill(api->options.random, api->random, sizeof(api->random));
        api->random_left = sizeof(api->random);
    }
    api->random_left -= RN_ID_RANDOM_BYTES;
    return api->random + api->random_left;
}

void rn_reply_ids(struct rn_api *api, char *ret_request_id, char *ret_extended_id)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *random = take_random(api);
    char *at = ret_request_id;

    for (int i = 0; i < 16; i++) {
        uint8_t byte = random[i];

        if (i == 6) {
            byte = (uint8_t)((byte & 0x0f) | 0x40); /* version 4 */
        } else if (i == 8) {
            byte = (uint8_t)((byte & 0x3f) | 0x80); /* the variant of RFC 4122 */
        }
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *at++ = '-';
        }
        *at++ = hex[byte >> 4];
        *at++ = hex[byte & 15];
    }
    assert(at - ret_request_id == RN_REQUEST_ID_BYTES);
    rn_base64_encode(random + 16, RN_EXTENDED_ID_RANDOM_BYTES, ret_extended_id);
}

struct header_list {
    struct rn_http_header rows[8];
    size_t count;
};

static void add_header(struct header_list *list, rn_str name, rn_str value)
{
    assert(list->count < sizeof(list->rows) / sizeof(list->rows[0]));
    list->rows[list->count++] = (struct rn_http_header){name, value};
}

static void send_with(struct rn_exchange *exchange, int status, const struct header_list *headers,
                      rn_str body)
{
    rn_str *part = rn_arena_alloc(exchange->arena, sizeof(*part));

    if (!part) { /* the request has used up its arena: the status must do */
        status = status == 200 ? 500 : status;
    } else {
        *part = body;
    }
    rn_exchange_reply(exchange, &(struct rn_http_reply){
                                    .status = status,
                                    .headers = headers->rows,
                                    .header_count = headers->count,
                                    .body = part,
                                    .body_count = part && body.len > 0 ? 1 : 0,
                                });
}

/* What every answer of the service has, and the texts behind it. */
struct usual_headers {
    struct header_list list;
    char request_id[RN_REQUEST_ID_BYTES];
    char extended_id[RN_EXTENDED_ID_BYTES];
};

static void add_usual(struct rn_api *api, const struct rn_exchange *exchange, rn_str content_type,
                      struct usual_headers *usual)
{
    struct header_list *list = &usual->list;

    list->count = 0;
    rn_reply_ids(api, usual->request_id, usual->extended_id);
    add_header(list, RN_STR("x-amzn-RequestId"),
               rn_str_make(usual->request_id, sizeof(usual->request_id)));
    add_header(list, RN_STR("x-amz-id-2"),
               rn_str_make(usual->extended_id, sizeof(usual->extended_id)));
    if (content_type.data) {
        add_header(list, RN_STR("Content-Type"), content_type);
    }
    if (rn_exchange_header(exchange, RN_STR("Origin")).data) {
        add_header(list, RN_STR("Access-Control-Allow-Origin"), RN_STR("*"));
        add_header(list, RN_STR("Access-Control-Expose-Headers"),
                   RN_STR("x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-"
                          "ErrorMessage,Date"));
    }
}

void rn_reply_send(struct rn_api *api, struct rn_exchange *exchange, int status,
                   rn_str content_type, rn_str body)
{
    struct usual_headers headers;

    add_usual(api, exchange, content_type, &headers);
    send_with(exchange, status, &headers.list, body);
}

void rn_reply_feed(struct rn_api *api, struct rn_exchange *exchange, struct rn_call *call,
                   void (*feed)(struct rn_call *call, struct rn_exchange *exchange,
                                struct rn_http_reply *reply))
{
    struct usual_headers headers;

    add_usual(api, exchange, RN_STR("application/vnd.amazon.eventstream"), &headers);
    feed(call, exchange,
         &(struct rn_http_reply){
             .status = 200, .headers = headers.list.rows, .header_count = headers.list.count});
}

void rn_reply_preflight(struct rn_api *api, struct rn_exchange *exchange)
{
    struct header_list headers = {.count = 0};
    rn_str wanted_headers = rn_exchange_header(exchange, RN_STR("Access-Control-Request-Headers"));
    rn_str wanted_method = rn_exchange_header(exchange, RN_STR("Access-Control-Request-Method"));
    char request_id[RN_REQUEST_ID_BYTES];
    char extended_id[RN_EXTENDED_ID_BYTES];

    rn_reply_ids(api, request_id, extended_id); /* the extended one is not sent here */
    add_header(&headers, RN_STR("x-amzn-RequestId"), rn_str_make(request_id, sizeof(request_id)));
    add_header(&headers, RN_STR("Access-Control-Allow-Origin"), RN_STR("*"));
    if (wanted_headers.data) {
        add_header(&headers, RN_STR("Access-Control-Allow-Headers"), wanted_headers);
    }
    if (wanted_method.data) {
        add_header(&headers, RN_STR("Access-Control-Allow-Methods"), wanted_method);
    }
    add_header(&headers, RN_STR("Access-Control-Max-Age"), RN_STR("172800"));
    send_with(exchange, 200, &headers, RN_STR(""));
}

static void free_buffer(void *data)
{
    free(data);
}

/* What lies in the scratch buffer, as bytes that live as long as the exchange. RN_STR_NONE: no memory. */
static rn_str keep_scratch(struct rn_api *api, struct rn_arena *arena)
{
    rn_str body = rn_buf_str(&api->scratch);

    if (api->scratch.failed) {
        body = RN_STR_NONE;
    } else if (body.len <= RN_SCRATCH_BYTES) {
        body = rn_arena_dup(arena, body);
    } else if (rn_arena_defer(arena, free_buffer, api->scratch.data) == RN_OK) {
        rn_buf_init(&api->scratch, RN_REPLY_BYTES_MAX); /* the arena owns the memory now */
        return body;
    } else {
        body = RN_STR_NONE;
    }
    if (api->scratch.cap > 4 * RN_SCRATCH_BYTES) {
        rn_buf_done(&api->scratch);
        rn_buf_init(&api->scratch, RN_REPLY_BYTES_MAX);
    } else {
        rn_buf_clear(&api->scratch);
    }
    return body;
}

/* A body that could not be made: the one answer that needs no memory. */
static void send_no_memory(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire)
{
    static const char cbor[] = "\xbf\x66__type\x6fInternalFailure\xff";

    if (wire == RN_WIRE_CBOR) {
        rn_reply_send(api, exchange, 500, rn_wire_content_type(wire),
                      rn_str_make(cbor, sizeof(cbor) - 1));
    } else {
        rn_reply_send(api, exchange, 500, rn_wire_content_type(RN_WIRE_JSON),
                      RN_STR("{\"__type\":\"InternalFailure\"}"));
    }
}

static void send_scratch(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                         int status)
{
    rn_str body = keep_scratch(api, exchange->arena);

    if (body.data) {
        rn_reply_send(api, exchange, status, rn_wire_content_type(wire), body);
    } else {
        send_no_memory(api, exchange, wire);
    }
}

void rn_reply_error(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                    const struct rn_error *error)
{
    rn_error_encode(wire, error, &api->scratch);
    send_scratch(api, exchange, wire, error->status);
}

void rn_reply_value(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                    const struct rn_shape *shape, const void *value)
{
    if (!shape) {
        rn_reply_send(api, exchange, 200, rn_wire_content_type(wire), RN_STR(""));
        return;
    }
    if (wire == RN_WIRE_CBOR) {
        rn_cbor_encode(shape, value, &api->scratch);
    } else {
        rn_json_encode(shape, value, &api->scratch);
    }
    send_scratch(api, exchange, wire, 200);
}
