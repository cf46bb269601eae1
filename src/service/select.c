/* select.c - StreamName and StreamARN; see select.h. */
#include "service/select.h"

#include "model/arn.h"

/* What follows "stream/", and the account in front of it, of a text that the shape's pattern let
 * pass although it is no ARN of a stream: the name of something that cannot exist here. */
static struct rn_selected odd_arn(struct rn_call *call, rn_str arn)
{
    static const char resource[] = ":stream";
    size_t resource_len = sizeof(resource) - 1;
    struct rn_selected selected = {.name = arn, .account = call->service->account};
    size_t slash = rn_str_find(arn, '/', 0);
    size_t front = RN_ACCOUNT_BYTES + resource_len;

    if (slash >= arn.len) {
        return selected;
    }
    selected.name = rn_str_make(arn.data + slash + 1, arn.len - slash - 1);
    if (slash >= front && memcmp(arn.data + slash - resource_len, resource, resource_len) == 0) {
        selected.account = rn_str_make(arn.data + slash - front, RN_ACCOUNT_BYTES);
    }
    return selected;
}

static struct rn_selected by_arn(struct rn_call *call, rn_str text)
{
    struct rn_service *service = call->service;
    struct rn_selected selected;
    struct rn_arn arn;

    if (rn_arn_parse(text, &arn) || arn.consumer.data) {
        return odd_arn(call, text);
    }
    selected = (struct rn_selected){.name = arn.stream, .account = arn.account};
    if (rn_str_eq(arn.account, service->account) && rn_str_eq(arn.region, service->region) &&
        rn_str_eq(arn.partition, rn_partition_of_region(service->region))) {
        selected.stream = rn_state_find(service->state, arn.stream);
    }
    return selected;
}

bool rn_select(struct rn_call *call, rn_str name, rn_str arn, struct rn_selected *ret_selected)
{
    if (!arn.data && !name.data) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Either StreamName or StreamARN should be provided.");
        return false;
    }
    if (!arn.data) {
        *ret_selected = (struct rn_selected){.name = name, .account = call->service->account};
        ret_selected->stream = rn_state_find(call->service->state, name);
        return true;
    }
    *ret_selected = by_arn(call, arn);
    if (name.data && !rn_str_eq(name, ret_selected->name)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "StreamName %.*s and StreamARN %.*s do not name the same stream.",
                     RN_STR_ARG(name), RN_STR_ARG(arn));
        return false;
    }
    return true;
}

const struct rn_stream *rn_select_stream(struct rn_call *call, rn_str name, rn_str arn)
{
    struct rn_selected selected;

    if (!rn_select(call, name, arn, &selected)) {
        return NULL;
    }
    if (!selected.stream) {
        rn_fail_no_stream(call, selected.name, selected.account);
    }
    return selected.stream;
}

const struct rn_stream *rn_select_serving(struct rn_call *call, rn_str name, rn_str arn)
{
    const struct rn_stream *stream = rn_select_stream(call, name, arn);

    if (stream && !rn_stream_serves(stream)) {
        rn_fail_no_stream(call, rn_stream_name(stream), call->service->account);
        return NULL;
    }
    return stream;
}
