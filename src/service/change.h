/* change.h - a command on its way through the control log, for the call that asked for it.
 *
 * new, fill proposal.as, propose: the call then ends with the verdict, in the service's words. */
#ifndef RN_SERVICE_CHANGE_H
#define RN_SERVICE_CHANGE_H

#include "service/select.h"

struct rn_change_call {
    struct rn_call *call;
    struct rn_proposal proposal;
    rn_str name;     /* of the stream, for messages; a copy in the arena */
    rn_str consumer; /* likewise, of a consumer, when the change is about one */
    int64_t consumer_created_s;
    /* May be NULL: fills in the reply of a change that was made. False: memory ended. */
    bool (*answer)(struct rn_change_call *change);
};

/* NULL: memory ended and the call has failed. What makes, changes or ends a stream, or makes or ends a
 * consumer, waits for its task, so that create-then-put works. */
RN_MUST_USE struct rn_change_call *rn_change_call_new(struct rn_call *call,
                                                      enum rn_command_type type, rn_str name);
/* The same, of what hangs on a resource. */
RN_MUST_USE struct rn_change_call *rn_change_call_of(struct rn_call *call,
                                                     enum rn_command_type type,
                                                     const struct rn_resource *resource);
void rn_change_call_propose(struct rn_change_call *change);

/* "Stream NAME under account ACCT already exists." */
void rn_fail_stream_exists(struct rn_call *call, rn_str name);

#endif
