/* select.h - which stream does a request mean? By StreamName, StreamARN or both. And which
 * consumer? */
#ifndef RN_SERVICE_SELECT_H
#define RN_SERVICE_SELECT_H

#include "codec/shape.h"
#include "service/inside.h"

struct rn_selected {
    rn_str name, account;           /* as the request says; an ARN wins. For messages */
    const struct rn_stream *stream; /* NULL: unknown here. Good until the turn of the loop ends */
};

/* False: the call has failed, as the members are missing or contradict each other. That the stream
 * is unknown is no failure yet: the operations word it differently. */
RN_MUST_USE bool rn_select(struct rn_call *call, rn_str name, rn_str arn,
                           struct rn_selected *ret_selected);
/* The stream, or NULL and the call has failed with "Stream NAME under account ACCT not found." */
RN_MUST_USE const struct rn_stream *rn_select_stream(struct rn_call *call, rn_str name, rn_str arn);
/* The same, and a stream that takes no records yet or any more is "not found" too. */
RN_MUST_USE const struct rn_stream *rn_select_serving(struct rn_call *call, rn_str name,
                                                      rn_str arn);

/* A stream of that name made at another second is another stream. */
static inline bool rn_stream_created_at(const struct rn_stream *stream,
                                        const struct rn_number *timestamp)
{
    return !timestamp->set || timestamp->value / 1000 == stream->created_ms / 1000;
}

/* What tags and policies hang on. */
struct rn_resource {
    const struct rn_stream *stream;
    const struct rn_consumer *consumer; /* of the stream; NULL: the stream itself */
};

/* By ResourceARN. False: the call has failed, as there is no such stream or consumer. */
RN_MUST_USE bool rn_select_resource(struct rn_call *call, rn_str arn,
                                    struct rn_resource *ret_resource);

struct rn_selected_consumer {
    rn_str name, account; /* as the request says; an ARN wins. For messages */
    const struct rn_stream *stream;
    const struct rn_consumer
        *consumer; /* NULL: unknown here. Good until the turn of the loop ends */
};

/* By StreamARN and ConsumerName, by ConsumerARN, or by all three. False: the call has failed, as the members
 * are missing or contradict each other, or the stream is unknown. */
RN_MUST_USE bool rn_select_consumer(struct rn_call *call, rn_str stream_arn, rn_str name,
                                    rn_str consumer_arn, struct rn_selected_consumer *ret_selected);

#endif
