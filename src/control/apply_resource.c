/* apply_resource.c - commands about what hangs on a stream, or on one of its consumers: tags, a policy.
 *
 * Stream or consumer must be ACTIVE, and stays it. */
#include "control/apply.h"

#include <stdlib.h>

struct resource {
    struct rn_slot *slot; /* NULL: not to be changed, and the change has its verdict */
    bool is_consumer;
    size_t at; /* of the consumer in the stream's list */
    const struct rn_pair_text *tags;
    size_t tag_count;
    rn_str policy;
};

static struct resource find_consumer(struct rn_change *change, const struct rn_state *state,
                                     const struct rn_consumer_named *named)
{
    struct resource found = {.is_consumer = true};
    struct rn_slot *slot = rn_change_consumer(change, state, named, &found.at);
    const struct rn_consumer *consumer;

    if (!slot) {
        return found;
    }
    consumer = &rn_slot_version(slot)->stream.consumers[found.at];
    if (consumer->status != RN_CONSUMER_ACTIVE) {
        change->numbers[0] = consumer->status;
        change->verdict = RN_VERDICT_CONSUMER_NOT_ACTIVE;
        return found;
    }
    found.slot = slot;
    found.tags = consumer->tags;
    found.tag_count = consumer->tag_count;
    found.policy = consumer->policy;
    return found;
}

/* `consumer_uid` 0: the stream itself. */
static struct resource find(struct rn_change *change, const struct rn_state *state, uint64_t uid,
                            uint64_t consumer_uid)
{
    struct resource found = {.slot = NULL};

    if (consumer_uid != 0) {
        return find_consumer(change, state,
                             &(struct rn_consumer_named){.uid = uid, .consumer_uid = consumer_uid});
    }
    found.slot = rn_change_active_slot(change, state, uid);
    if (found.slot) {
        const struct rn_stream *stream = &rn_slot_version(found.slot)->stream;

        found.tags = stream->tags;
        found.tag_count = stream->tag_count;
        found.policy = stream->policy;
    }
    return found;
}

/* The consumer's tags and policy become those that `resource` names. */
static rn_err become_consumer(struct rn_change *change, const struct resource *resource,
                              struct rn_stream *draft)
{
    struct rn_consumer *list = calloc(draft->consumer_count, sizeof(*list));
    rn_err err;

    if (!list) {
        return RN_NOMEM;
    }
    memcpy(list, draft->consumers, draft->consumer_count * sizeof(*list));
    list[resource->at].tags = resource->tags;
    list[resource->at].tag_count = resource->tag_count;
    list[resource->at].policy = resource->policy;
    draft->consumers = list;
    err = rn_change_become(change, resource->slot, draft);
    free(list);
    return err;
}

static rn_err become(struct rn_change *change, const struct resource *resource)
{
    struct rn_stream draft = rn_slot_version(resource->slot)->stream;

    if (resource->is_consumer) {
        return become_consumer(change, resource, &draft);
    }
    draft.tags = resource->tags;
    draft.tag_count = resource->tag_count;
    draft.policy = resource->policy;
    return rn_change_become(change, resource->slot, &draft);
}

/* Two sorted lists as one; of equal keys that of `over` stays. Returns the count. */
static size_t merge_tags(const struct rn_pair_text *under, size_t under_count,
                         const struct rn_pair_text *over, size_t over_count,
                         struct rn_pair_text *ret_tags)
{
    size_t u = 0, o = 0, count = 0;

    while (u < under_count || o < over_count) {
        int order = u == under_count  ? 1
                    : o == over_count ? -1
                                      : rn_str_cmp(under[u].key, over[o].key);

        u += order <= 0;
        ret_tags[count++] = order < 0 ? under[u - 1] : over[o++];
    }
    return count;
}

rn_err rn_apply_add_tags(const struct rn_state *state, const struct rn_command *command,
                         struct rn_change *change)
{
    const struct rn_change_tags *add = &command->as.change_tags;
    struct resource resource = find(change, state, add->uid, add->consumer_uid);
    struct rn_pair_text tags[2 * RN_COMMAND_TAGS_MAX];
    size_t most = RN_COMMAND_TAGS_MAX;

    if (!resource.slot) {
        return RN_OK;
    }
    if (add->tags_max > 0 && add->tags_max < most) {
        most = add->tags_max;
    }
    resource.tag_count =
        merge_tags(resource.tags, resource.tag_count, add->tags, add->tag_count, tags);
    resource.tags = tags;
    if (resource.tag_count > most) {
        change->numbers[1] = most;
        return rn_change_decide(change, RN_VERDICT_TAG_LIMIT);
    }
    return become(change, &resource);
}

/* Both lists rise. Returns how many stay. */
static size_t without_keys(const struct resource *resource, const struct rn_change_tags *remove,
                           struct rn_pair_text *ret_tags)
{
    size_t count = 0, at = 0;

    for (size_t i = 0; i < resource->tag_count; i++) {
        rn_str key = resource->tags[i].key;

        while (at < remove->tag_count && rn_str_cmp(remove->tags[at].key, key) < 0) {
            at++;
        }
        if (at == remove->tag_count || !rn_str_eq(remove->tags[at].key, key)) {
            ret_tags[count++] = resource->tags[i];
        }
    }
    return count;
}

rn_err rn_apply_remove_tags(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change)
{
    const struct rn_change_tags *remove = &command->as.change_tags;
    struct resource resource = find(change, state, remove->uid, remove->consumer_uid);
    struct rn_pair_text tags[RN_COMMAND_TAGS_MAX];
    size_t count;

    if (!resource.slot) {
        return RN_OK;
    }
    count = without_keys(&resource, remove, tags);
    if (count == resource.tag_count) {
        return rn_change_decide(change, RN_VERDICT_OK);
    }
    resource.tags = tags;
    resource.tag_count = count;
    return become(change, &resource);
}

rn_err rn_apply_set_policy(const struct rn_state *state, const struct rn_command *command,
                           struct rn_change *change)
{
    const struct rn_set_policy *set = &command->as.set_policy;
    struct resource resource = find(change, state, set->uid, set->consumer_uid);

    if (!resource.slot) {
        return RN_OK;
    }
    if (set->policy.len == 0 && resource.policy.len == 0) {
        return rn_change_decide(change, RN_VERDICT_NO_POLICY);
    }
    resource.policy = set->policy;
    return become(change, &resource);
}
