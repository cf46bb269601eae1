/* policies.h - why a change of a policy was refused, in words. */
#ifndef RN_SERVICE_POLICIES_H
#define RN_SERVICE_POLICIES_H

#include "service/change.h"

void rn_fail_no_policy(struct rn_change_call *change);

#endif
