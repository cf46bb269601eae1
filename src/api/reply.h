/* reply.h - what every answer carries besides its body, and how bodies leave. Within the room. */
#ifndef RN_API_REPLY_H
#define RN_API_REPLY_H

#include "api/api.h"
#include "api/errors.h"
#include "codec/shape.h"

enum {
    RN_REQUEST_ID_BYTES = 36, /* a version 4 UUID */
    RN_EXTENDED_ID_RANDOM_BYTES = 72,
    RN_EXTENDED_ID_BYTES = RN_EXTENDED_ID_RANDOM_BYTES / 3 * 4,
    RN_ID_RANDOM_BYTES = 16 + RN_EXTENDED_ID_RANDOM_BYTES, /* taken for one answer */
    RN_RANDOM_STOCK_BYTES = 64 * RN_ID_RANDOM_BYTES,       /* fetched from the kernel at once */
    RN_REPLY_BYTES_MAX = 64 * 1024 * 1024, /* 10 MB of records as JSON, keys escaped */
    RN_SCRATCH_BYTES =
        4096, /* an answer up to this is copied out of the worker's buffer; a larger one takes it along */
};

struct rn_api {
    struct rn_api_options options;
    struct rn_buf scratch; /* where answers are encoded */
    size_t calls;          /* operations under way */
    void (*on_idle)(void *arg);
    void *on_idle_arg;
    size_t random_left;
    uint8_t random[RN_RANDOM_STOCK_BYTES];
};

/* The ids of one answer; no NUL. */
void rn_reply_ids(struct rn_api *api, char *ret_request_id, char *ret_extended_id);

/* `content_type` may be absent; `body` lives in the exchange's arena or for ever. */
void rn_reply_send(struct rn_api *api, struct rn_exchange *exchange, int status,
                   rn_str content_type, rn_str body);
void rn_reply_error(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                    const struct rn_error *error);
/* 200 with `value`; a NULL shape gives an empty body. */
void rn_reply_value(struct rn_api *api, struct rn_exchange *exchange, enum rn_wire wire,
                    const struct rn_shape *shape, const void *value);
/* 200 with a body that `feed` makes. */
void rn_reply_feed(struct rn_api *api, struct rn_exchange *exchange, struct rn_call *call,
                   void (*feed)(struct rn_call *call, struct rn_exchange *exchange,
                                struct rn_http_reply *reply));
/* The answer to an OPTIONS request of a browser. */
void rn_reply_preflight(struct rn_api *api, struct rn_exchange *exchange);

/* health.c: everything below "/-/". */
void rn_api_health(struct rn_api *api, struct rn_exchange *exchange);

#endif
