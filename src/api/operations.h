/* operations.h - what the service can be asked, as one table. */
#ifndef RN_API_OPERATIONS_H
#define RN_API_OPERATIONS_H

#include "codec/shape.h"
#include "net/http.h"
#include "service/call.h"

#define RN_KINESIS_TARGET "Kinesis_20131202"

struct rn_operation {
    rn_str service;                 /* RN_KINESIS_TARGET, or RN_RUNNEL_TARGET: our own */
    rn_str name;                    /* "PutRecord" */
    const struct rn_shape *request; /* its size is that of call->request */
    const struct rn_shape *reply;   /* NULL: success has an empty body */
    const char *permission;         /* "kinesis:PutRecord" */
    void (*serve)(struct rn_call *call);
    /* For those that answer with an event stream: success is a reply made over time, which this begins with
     * the status and headers given. NULL elsewhere. */
    void (*feed)(struct rn_call *call, struct rn_exchange *exchange, struct rn_http_reply *reply);
};

/* NULL: not built, or not in the service's model at all. */
const struct rn_operation *rn_operation_find(rn_str service, rn_str name);
/* Is it in the newest public model of the service, built or not, or one of our own? */
bool rn_operation_in_model(rn_str service, rn_str name);
/* All rows that are built, for tests and tools. */
const struct rn_operation *rn_operation_table(size_t *ret_count);

#endif
