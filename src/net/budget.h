/* budget.h - how many bytes of bodies a server holds at once, and who waits when it is too many.
 *
 * Bytes count when they have come, not when they are announced. Over the budget all readers but one
 * rest, in the order of their asking; that one goes on, so that some body gets whole, is answered
 * and gives its bytes back. The excess is thus at most one body, and what was on its way already.
 *
 *     enter ─▶ reading ─ may_read says no ─▶ resting ─ bytes given back, or nobody reads ─▶ reading
 *
 * Pure. Threads: the loop's. */
#ifndef RN_NET_BUDGET_H
#define RN_NET_BUDGET_H

#include "base/list.h"

struct rn_budget {
    size_t used, bytes_max;
    size_t reading;         /* readers that are entered and not resting */
    struct rn_link resting; /* first come, first resumed */
};

/* Embedded in its owner. */
struct rn_reader {
    struct rn_link link;
    bool is_entered;
    void (*resume)(struct rn_reader *reader); /* read on; may not call the budget at once */
};

void rn_budget_init(struct rn_budget *budget, size_t bytes_max);
void rn_budget_take(struct rn_budget *budget, size_t bytes);
void rn_budget_give(struct rn_budget *budget, size_t bytes);

void rn_budget_enter(struct rn_budget *budget, struct rn_reader *reader,
                     void (*resume)(struct rn_reader *reader));
void rn_budget_leave(struct rn_budget *budget, struct rn_reader *reader); /* entered or not */
/* False: the reader rests now, and resume() will be called unless it leaves. */
bool rn_budget_may_read(struct rn_budget *budget, struct rn_reader *reader);
bool rn_budget_is_resting(const struct rn_reader *reader);

#endif
