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

/* NULL: it is of another account or region, or there is none of that name. */
static const struct rn_stream *stream_of(struct rn_service *service, const struct rn_arn *arn)
{
    return rn_str_eq(arn->account, service->account) && rn_str_eq(arn->region, service->region) &&
                   rn_str_eq(arn->partition, rn_partition_of_region(service->region))
               ? rn_state_find(service->state, arn->stream)
               : NULL;
}

static struct rn_selected by_arn(struct rn_call *call, rn_str text)
{
    struct rn_arn arn;

    if (rn_arn_parse(text, &arn) || arn.consumer.data) {
        return odd_arn(call, text);
    }
    return (struct rn_selected){
        .name = arn.stream, .account = arn.account, .stream = stream_of(call->service, &arn)};
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

/* Do the members beside a consumer's ARN name what it does? */
static bool agree(rn_str stream_arn, rn_str name, const struct rn_arn *arn)
{
    struct rn_arn stream;

    return (!name.data || rn_str_eq(name, arn->consumer)) &&
           (!stream_arn.data ||
            (!rn_arn_parse(stream_arn, &stream) && !stream.consumer.data &&
             rn_str_eq(stream.stream, arn->stream) && rn_str_eq(stream.account, arn->account) &&
             rn_str_eq(stream.region, arn->region) && rn_str_eq(stream.partition, arn->partition)));
}

static bool consumer_by_arn(struct rn_call *call, rn_str stream_arn, rn_str name,
                            rn_str consumer_arn, struct rn_selected_consumer *ret_selected)
{
    struct rn_arn arn;

    if (rn_arn_parse(consumer_arn, &arn) || !arn.consumer.data) { /* nothing here has such an ARN */
        rn_fail_no_consumer(call, consumer_arn, call->service->account);
        return false;
    }
    if (!agree(stream_arn, name, &arn)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "StreamARN, ConsumerName and ConsumerARN do not name the same consumer.");
        return false;
    }
    *ret_selected = (struct rn_selected_consumer){
        .name = arn.consumer, .account = arn.account, .stream = stream_of(call->service, &arn)};
    if (!ret_selected->stream) {
        rn_fail_no_consumer(call, arn.consumer, arn.account);
        return false;
    }
    ret_selected->consumer = rn_stream_consumer_of_arn(ret_selected->stream, &arn);
    return true;
}

bool rn_select_consumer(struct rn_call *call, rn_str stream_arn, rn_str name, rn_str consumer_arn,
                        struct rn_selected_consumer *ret_selected)
{
    const struct rn_stream *stream;

    if (consumer_arn.data) {
        return consumer_by_arn(call, stream_arn, name, consumer_arn, ret_selected);
    }
    if (!stream_arn.data || !name.data) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "Either ConsumerARN or both StreamARN and ConsumerName should be provided.");
        return false;
    }
    stream = rn_select_stream(call, RN_STR_NONE, stream_arn);
    if (!stream) {
        return false;
    }
    *ret_selected = (struct rn_selected_consumer){.name = name,
                                                  .account = call->service->account,
                                                  .stream = stream,
                                                  .consumer = rn_stream_consumer(stream, name)};
    return true;
}

/* An unknown stream is told by the whole ARN, as emulators report it of the service. */
bool rn_select_resource(struct rn_call *call, rn_str text, struct rn_resource *ret_resource)
{
    struct rn_arn arn = {.account = call->service->account};

    *ret_resource = (struct rn_resource){.stream = NULL};
    if (!rn_arn_parse(text, &arn)) {
        ret_resource->stream = stream_of(call->service, &arn);
    }
    if (!ret_resource->stream) {
        rn_fail_no_stream(call, text, arn.account);
        return false;
    }
    if (!arn.consumer.data) {
        return true;
    }
    ret_resource->consumer = rn_stream_consumer_of_arn(ret_resource->stream, &arn);
    if (!ret_resource->consumer) {
        rn_fail_no_consumer(call, arn.consumer, arn.account);
    }
    return ret_resource->consumer != NULL;
}
