/* call.c - how calls end, and the texts in which many operations refuse. */
#include "service/call.h"

#include <stdarg.h>
#include <stdio.h>

#include "service/inside.h"

void rn_call_ok(struct rn_call *call)
{
    call->fault = RN_FAULT_NONE;
    call->finished(call);
}

void rn_fail_internal(struct rn_call *call)
{
    call->fault = RN_FAULT_INTERNAL;
    call->message = RN_STR_NONE;
    call->finished(call);
}

RN_PRINTF(2, 0) static rn_str format(struct rn_arena *arena, const char *fmt, va_list args)
{
    va_list again;
    int len;
    char *text;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0) {
        return RN_STR_NONE;
    }
    text = rn_arena_alloc(arena, (size_t)len + 1);
    if (!text) {
        return RN_STR_NONE;
    }
    (void)vsnprintf(text, (size_t)len + 1, fmt, args); /* measured above */
    return rn_str_make(text, (size_t)len);
}

void rn_call_fail(struct rn_call *call, enum rn_fault fault, const char *fmt, ...)
{
    va_list args;
    rn_str message;

    va_start(args, fmt);
    message = format(call->arena, fmt, args);
    va_end(args);
    if (!message.data) { /* a refusal without its words would mislead; say that we failed */
        rn_fail_internal(call);
        return;
    }
    call->fault = fault;
    call->message = fault == RN_FAULT_INTERNAL ? RN_STR_NONE : message;
    call->finished(call);
}

void rn_fail_no_stream(struct rn_call *call, rn_str name, rn_str account)
{
    rn_call_fail(call, RN_FAULT_RESOURCE_NOT_FOUND, "Stream %.*s under account %.*s not found.",
                 RN_STR_ARG(name), RN_STR_ARG(account));
}

void rn_fail_no_shard(struct rn_call *call, uint32_t shard_index, rn_str name, rn_str account)
{
    char shard[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(shard_index, shard);
    rn_call_fail(call, RN_FAULT_RESOURCE_NOT_FOUND,
                 "Shard %s in stream %.*s under account %.*s does not exist", shard,
                 RN_STR_ARG(name), RN_STR_ARG(account));
}

void rn_fail_shard_text(struct rn_call *call, rn_str shard, rn_str name, rn_str account)
{
    rn_call_fail(call, RN_FAULT_RESOURCE_NOT_FOUND,
                 "Could not find shard %.*s in stream %.*s under account %.*s.", RN_STR_ARG(shard),
                 RN_STR_ARG(name), RN_STR_ARG(account));
}

void rn_fail_not_active(struct rn_call *call, rn_str name, enum rn_stream_status status)
{
    rn_str account = call->service->account;

    rn_call_fail(call, RN_FAULT_RESOURCE_IN_USE,
                 "Stream %.*s under account %.*s not ACTIVE, instead in state %.*s",
                 RN_STR_ARG(name), RN_STR_ARG(account), RN_STR_ARG(rn_stream_status_text(status)));
}

void rn_fail_no_consumer(struct rn_call *call, rn_str consumer, rn_str account)
{
    rn_call_fail(call, RN_FAULT_RESOURCE_NOT_FOUND, "Consumer %.*s, account %.*s not found.",
                 RN_STR_ARG(consumer), RN_STR_ARG(account));
}

void rn_fail_dry_run(struct rn_call *call)
{
    rn_call_fail(call, RN_FAULT_DRY_RUN, "Request would have succeeded, but DryRun flag is set.");
}
