/* epoch.h - when may memory that readers might still see be freed?
 *
 * Readers (worker loops) hold no lock. Each marks itself busy while it runs callbacks and idle
 * while it waits in the kernel (rn_loop_on_idle). Something unpublished at time t is freed once
 * every reader has been idle, or has passed from one turn to the next, after t.
 * Threads: enter/leave by the reader itself; retire and collect by the one publisher. */
#ifndef RN_SYS_EPOCH_H
#define RN_SYS_EPOCH_H

#include <stdint.h>

#include "base/err.h"

enum { RN_EPOCH_READERS_MAX = 256 };

struct rn_epoch;

struct rn_epoch *rn_epoch_new(void);        /* NULL when memory ends */
void rn_epoch_free(struct rn_epoch *epoch); /* frees everything retired; no reader runs any more */
/* Before readers start. The reader begins idle. RN_FULL at RN_EPOCH_READERS_MAX. */
RN_MUST_USE rn_err rn_epoch_join(struct rn_epoch *epoch, unsigned *ret_reader);
void rn_epoch_enter(struct rn_epoch *epoch,
                    unsigned reader); /* a turn begins; also between turns */
void rn_epoch_leave(struct rn_epoch *epoch, unsigned reader);

struct rn_retired {
    struct rn_retired *next;
    uint64_t at;
    void (*free)(struct rn_retired *retired);
};
/* `retired` is already unreachable for new readers; ->free is called by a later collect. */
void rn_epoch_retire(struct rn_epoch *epoch, struct rn_retired *retired);
void rn_epoch_collect(struct rn_epoch *epoch);

#endif
