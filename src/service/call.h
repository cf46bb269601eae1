/* call.h - one request being served, between the wire (api) and the functions that answer it.
 *
 * An operation is one function `void rn_service_x(struct rn_call *call)`: it finds a valid, typed
 * request in call->request, fills call->reply and ends with rn_call_ok, or with rn_call_fail. It may
 * end later (after a write became durable), on the same worker thread, exactly once.
 * Memory: everything belongs to call->arena, which lives until the reply has left. */
#ifndef RN_SERVICE_CALL_H
#define RN_SERVICE_CALL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/str.h"

/* The service's modelled errors. api/errors.c has their wire names and statuses. */
enum rn_fault {
    RN_FAULT_NONE,
    RN_FAULT_RESOURCE_NOT_FOUND,
    RN_FAULT_RESOURCE_IN_USE,
    RN_FAULT_LIMIT_EXCEEDED,
    RN_FAULT_INVALID_ARGUMENT,
    RN_FAULT_VALIDATION,
    RN_FAULT_THROUGHPUT_EXCEEDED,
    RN_FAULT_EXPIRED_ITERATOR,
    RN_FAULT_EXPIRED_NEXT_TOKEN,
    RN_FAULT_DRY_RUN,
    RN_FAULT_KMS_NOT_FOUND,
    RN_FAULT_INTERNAL,
    RN_FAULT_COUNT
};

struct rn_service;
struct rn_fanout; /* fanout/fanout.h */

struct rn_call {
    struct rn_service *service;
    const void *request; /* the operation's request struct, validated */
    void *reply;         /* its zeroed reply struct; NULL for operations without output */
    struct rn_arena *arena;
    struct rn_mailbox *box;   /* of the worker that serves the call */
    struct rn_fanout *fanout; /* the same worker's */
    int64_t now_ms;           /* wall clock when the call began */
    /* Set by ok / fail: */
    enum rn_fault fault;
    rn_str message; /* RN_STR_NONE for RN_FAULT_INTERNAL */
    void (*finished)(struct rn_call *call);
};

/* End the call. `call` is gone afterwards. */
void rn_call_ok(struct rn_call *call);
void rn_call_fail(struct rn_call *call, enum rn_fault fault, const char *fmt, ...) RN_PRINTF(3, 4);

#endif
