/* consumers.h - why a change about a consumer was refused, in words. */
#ifndef RN_SERVICE_CONSUMERS_H
#define RN_SERVICE_CONSUMERS_H

#include "service/change.h"

void rn_fail_consumer_exists(struct rn_change_call *change);
void rn_fail_consumer_limit(struct rn_change_call *change);
void rn_fail_consumer_not_active(struct rn_change_call *change);
/* DeleteStream without EnforceConsumerDeletion. */
void rn_fail_has_consumers(struct rn_change_call *change);

#endif
