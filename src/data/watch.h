/* watch.h - who on a worker wants to know that a shard's lane has grown.
 *
 *     commit ─ one notice a lane and worker ─▶ watches ─▶ every watch of that lane
 *
 * However many watch a lane on a worker, the engine is told of one follower; what it posts is one task,
 * and a burst of them wakes the worker once.
 * Thread: the worker's that owns the mailbox. */
#ifndef RN_DATA_WATCH_H
#define RN_DATA_WATCH_H

#include "base/list.h"
#include "data/data.h"

struct rn_watches;
struct rn_watched;

struct rn_watch {
    /* The lane may have grown, or ended. May stop any watch, this one too. */
    void (*moved)(struct rn_watch *watch);
    /* Private. */
    struct rn_link link;
    struct rn_watched *watched;
};

/* NULL when memory ends. `data` and `box` live longer. */
struct rn_watches *rn_watches_new(struct rn_data *data, struct rn_mailbox *box);
void rn_watches_free(struct rn_watches *watches); /* none is left; NULL is fine */

/* Growth from here on is told, at the latest with the next: so watch first, then read. RN_NOMEM. */
RN_MUST_USE rn_err rn_watch_start(struct rn_watches *watches, const struct rn_shard *shard,
                                  struct rn_watch *watch);
void rn_watch_stop(struct rn_watches *watches, struct rn_watch *watch);

#endif
