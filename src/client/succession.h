/* succession.h - what a service tells of a stream's shards, taken into the lineage that is followed. */
#ifndef RN_CLIENT_SUCCESSION_H
#define RN_CLIENT_SUCCESSION_H

#include "client/follow.h"

/* Learn of all shards of the stream, and follow those that `wanted` says yes to, from the first that may be read;
 * *ret_wanted: how many these are. */
enum runnel_err rn_succession_begin(struct rn_follow *follow, struct runnel_client *client,
                                    const char *stream,
                                    bool (*wanted)(void *arg, const struct rn_lineage_shard *shard),
                                    void *arg, size_t *ret_wanted);

/* The shard at `place` has ended, and `page` is its last: the children that it names are followed. On an error nothing
 * has changed, and the end can be told again. */
enum runnel_err rn_succession_end(struct rn_follow *follow, struct runnel_client *client,
                                  const char *stream, size_t place, const struct runnel_page *page);

/* The service does not know the shard at `place` any more. If the stream is there without it (its records have expired), it
 * has ended and, if `with_children`, they are followed. RUNNEL_SERVICE: it is there all the same. */
enum runnel_err rn_succession_lost(struct rn_follow *follow, struct runnel_client *client,
                                   const char *stream, size_t place, bool with_children);

#endif
