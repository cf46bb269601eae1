/* succession.c - see succession.h. */
#include "client/succession.h"

static enum runnel_err out_of_memory(struct runnel_client *client)
{
    return rn_client_fail(client, RUNNEL_NOMEM, "", "out of memory");
}

enum runnel_err rn_succession_begin(struct rn_follow *follow, struct runnel_client *client,
                                    const char *stream,
                                    bool (*wanted)(void *arg, const struct rn_lineage_shard *shard),
                                    void *arg, size_t *ret_wanted)
{
    struct rn_shards found;
    enum runnel_err err = rn_shards_read(client, stream, &found);

    *ret_wanted = 0;
    for (size_t i = 0; !err && i < found.count; i++) {
        bool follows = wanted(arg, &found.lineage[i]);

        *ret_wanted += follows;
        if ((follows ? rn_follow_add : rn_follow_learn)(follow, &found.lineage[i])) {
            err = out_of_memory(client);
        }
    }
    rn_shards_done(&found);
    rn_follow_begin(follow);
    return err;
}

/* Child i of the page. */
static bool read_child(const struct runnel_page *page, size_t i, struct rn_lineage_shard *ret_child)
{
    const char *id, *parent, *adjacent;

    *ret_child =
        (struct rn_lineage_shard){.parent = RN_SHARD_NONE, .adjacent_parent = RN_SHARD_NONE};
    runnel_page_child(page, i, &id, &parent, &adjacent);
    return !rn_shard_id_parse(rn_str_c(id), &ret_child->index) &&
           (!parent || !rn_shard_id_parse(rn_str_c(parent), &ret_child->parent)) &&
           (!adjacent || !rn_shard_id_parse(rn_str_c(adjacent), &ret_child->adjacent_parent));
}

/* The other parent of a merge may be a shard that nobody has come to yet: then all are listed. */
static enum runnel_err know_parents(struct rn_follow *follow, struct runnel_client *client,
                                    const char *stream, const struct rn_lineage_shard *child)
{
    struct rn_shards found;
    enum runnel_err err;

    if ((child->parent == RN_SHARD_NONE || rn_follow_knows(follow, child->parent)) &&
        (child->adjacent_parent == RN_SHARD_NONE ||
         rn_follow_knows(follow, child->adjacent_parent))) {
        return RUNNEL_OK;
    }
    err = rn_shards_read(client, stream, &found);
    for (size_t i = 0; !err && i < found.count; i++) {
        if (rn_follow_learn(follow, &found.lineage[i])) {
            err = out_of_memory(client);
        }
    }
    rn_shards_done(&found);
    return err;
}

enum runnel_err rn_succession_end(struct rn_follow *follow, struct runnel_client *client,
                                  const char *stream, size_t place, const struct runnel_page *page)
{
    for (size_t i = 0; i < runnel_page_child_count(page); i++) {
        struct rn_lineage_shard child;
        enum runnel_err err;

        if (!read_child(page, i, &child)) {
            return rn_client_fail(client, RUNNEL_PROTOCOL, "", "a child shard has no proper id");
        }
        err = know_parents(follow, client, stream, &child);
        if (err) {
            return err;
        }
        if (rn_follow_child(follow, &child)) {
            return out_of_memory(client);
        }
    }
    rn_follow_end(follow, place);
    return RUNNEL_OK;
}

enum runnel_err rn_succession_lost(struct rn_follow *follow, struct runnel_client *client,
                                   const char *stream, size_t place, bool with_children)
{
    uint32_t lost = follow->shards[place].index;
    struct rn_shards left;
    enum runnel_err err = rn_shards_read(client, stream, &left);

    for (size_t i = 0; !err && i < left.count; i++) {
        const struct rn_lineage_shard *shard = &left.lineage[i];
        bool is_child = shard->parent == lost || shard->adjacent_parent == lost;
        char id[RN_SHARD_ID_TEXT_BYTES];

        (void)rn_shard_id_format(lost, id);
        if (shard->index == lost) {
            err = rn_client_fail(client, RUNNEL_SERVICE, "ResourceNotFoundException",
                                 "%s of %s is listed and cannot be read", id, stream);
        } else if ((is_child && with_children ? rn_follow_child : rn_follow_learn)(follow, shard)) {
            err = out_of_memory(client);
        }
    }
    rn_shards_done(&left);
    if (!err) {
        rn_follow_end(follow, place);
    }
    return err;
}
