/* policies.c - PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: texts that are kept, and handed back
 * as they came.
 *
 * Order of checks: resource, calls a second, size, form; whether there is a policy to delete, and whether the
 * resource is ACTIVE, the control log decides. */
#include "service/policies.h"

#include "service/rates.h"
#include "shape/kinesis_resource.h"

/* The members that all three requests begin with. */
static bool find(struct rn_call *call, rn_str arn, enum rn_limit limit,
                 struct rn_resource *ret_resource)
{
    return rn_select_resource(call, arn, ret_resource) &&
           rn_rate_of_account(call, limit, rn_stream_name(ret_resource->stream));
}

void rn_fail_no_policy(struct rn_change_call *change)
{
    const struct rn_kinesis_resource_request *request = change->call->request;

    rn_call_fail(change->call, RN_FAULT_RESOURCE_NOT_FOUND,
                 "No resource policy found for resource ARN %.*s.",
                 RN_STR_ARG(request->resource_arn));
}

static bool policy_fits(struct rn_call *call, rn_str policy)
{
    size_t at = 0;

    if (policy.len > RN_POLICY_BYTES_MAX) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT,
                     "The policy has %zu bytes. The maximum size of a resource policy is %d bytes.",
                     policy.len, RN_POLICY_BYTES_MAX);
        return false;
    }
    while (at < policy.len && strchr(" \t\n\r", policy.data[at])) {
        at++;
    }
    if (at == policy.len || policy.data[at] != '{' || rn_json_check(policy)) {
        rn_call_fail(call, RN_FAULT_INVALID_ARGUMENT, "The policy is not a valid JSON object.");
        return false;
    }
    return true;
}

static void set_policy(struct rn_call *call, const struct rn_resource *resource, rn_str policy)
{
    struct rn_change_call *change = rn_change_call_of(call, RN_COMMAND_SET_POLICY, resource);

    if (change) {
        change->proposal.as.set_policy =
            (struct rn_set_policy){.uid = resource->stream->uid,
                                   .consumer_uid = resource->consumer ? resource->consumer->uid : 0,
                                   .policy = policy};
        rn_change_call_propose(change);
    }
}

void rn_service_put_resource_policy(struct rn_call *call)
{
    const struct rn_kinesis_put_resource_policy_request *request = call->request;
    struct rn_resource resource;

    if (find(call, request->resource_arn, RN_LIMIT_CALLS_PUT_POLICY, &resource) &&
        policy_fits(call, request->policy)) {
        set_policy(call, &resource, request->policy);
    }
}

void rn_service_delete_resource_policy(struct rn_call *call)
{
    const struct rn_kinesis_resource_request *request = call->request;
    struct rn_resource resource;

    if (find(call, request->resource_arn, RN_LIMIT_CALLS_DROP_POLICY, &resource)) {
        set_policy(call, &resource, RN_STR(""));
    }
}

void rn_service_get_resource_policy(struct rn_call *call)
{
    const struct rn_kinesis_resource_request *request = call->request;
    struct rn_kinesis_get_resource_policy_reply *reply = call->reply;
    struct rn_resource resource;
    rn_str policy;

    if (!find(call, request->resource_arn, RN_LIMIT_CALLS_GET_POLICY, &resource)) {
        return;
    }
    policy = resource.consumer ? resource.consumer->policy : resource.stream->policy;
    reply->policy = policy.len > 0 ? rn_arena_dup(call->arena, policy) : RN_STR("{}");
    if (reply->policy.data) {
        rn_call_ok(call);
    } else {
        rn_fail_internal(call);
    }
}
