/* select.h - which stream does a request mean? By StreamName, StreamARN or both. */
#ifndef RN_SERVICE_SELECT_H
#define RN_SERVICE_SELECT_H

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

#endif
