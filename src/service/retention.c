/* retention.c - IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod.
 *
 * Order of checks: stream, least and most hours; then the state of the stream and the comparison with what
 * holds, which the control log decides. The change counts at once, in reads and listings. */
#include <inttypes.h>

#include "service/change.h"
#include "service/rates.h"
#include "service/select.h"
#include "shape/kinesis.h"

enum { HOURS_MIN = 24 };

static bool hours_fit(struct rn_call *call, int64_t hours)
{
    if (hours < HOURS_MIN) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Minimum allowed retention period is %d hours. Requested retention period "
                     "(%" PRId64 " hours) is too short.",
                     HOURS_MIN, hours);
        return false;
    }
    if (hours > RN_RETENTION_HOURS_MAX) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Maximum allowed retention period is %d hours. Requested retention period "
                     "(%" PRId64 " hours) is too long.",
                     RN_RETENTION_HOURS_MAX, hours);
        return false;
    }
    return true;
}

/* Both requests have the same members. */
static void set_retention(struct rn_call *call, enum rn_limit limit, enum rn_retention_change which)
{
    const struct rn_kinesis_set_stream_retention_period_request *request = call->request;
    const struct rn_stream *stream =
        rn_select_stream(call, request->stream_name, request->stream_arn);
    struct rn_change_call *change;

    if (!stream || !rn_rate_of_stream(call, limit, stream) ||
        !hours_fit(call, request->retention_period_hours.value)) {
        return;
    }
    change = rn_change_call_new(call, RN_COMMAND_SET_RETENTION, rn_stream_name(stream));
    if (change) {
        change->proposal.as.set_retention =
            (struct rn_set_retention){.uid = stream->uid,
                                      .hours = (uint32_t)request->retention_period_hours.value,
                                      .change = which,
                                      .seen_ms = rn_call_now_ms(call)};
        rn_change_call_propose(change);
    }
}

void rn_service_increase_stream_retention_period(struct rn_call *call)
{
    set_retention(call, RN_LIMIT_CALLS_INCREASE_RETENTION, RN_RETENTION_INCREASE);
}

void rn_service_decrease_stream_retention_period(struct rn_call *call)
{
    set_retention(call, RN_LIMIT_CALLS_DECREASE_RETENTION, RN_RETENTION_DECREASE);
}
