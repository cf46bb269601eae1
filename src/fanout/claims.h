/* claims.h - one active subscription for a consumer and shard, whichever worker serves it.
 *
 * Within RN_CLAIM_GRACE_MS of a claim another one is refused; later it takes over, and whoever had it is
 * told on its own thread.
 * Threads: any; one lock, held for a look into a map. */
#ifndef RN_FANOUT_CLAIMS_H
#define RN_FANOUT_CLAIMS_H

#include "base/err.h"
#include "base/mailbox.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { RN_CLAIM_GRACE_MS = 5000 };

struct rn_claims;

struct rn_claim {
    uint64_t consumer_uid, shard; /* one key: nothing lies between them */
    struct rn_mailbox *box;       /* where `lost` runs */
    void (*lost)(struct rn_claim *claim);
    /* Private. */
    int64_t since_us;
    bool is_held;   /* under the lock: in the map */
    bool is_posted; /* `lost` is still to run; set under the lock, cleared by the owner's thread */
    struct rn_task task;
};

struct rn_claims *rn_claims_new(void); /* NULL when memory ends */
void rn_claims_free(struct rn_claims *claims);

/* RN_BUSY: somebody claimed it less than RN_CLAIM_GRACE_MS ago. */
RN_MUST_USE rn_err rn_claim_look(struct rn_claims *claims, const struct rn_claim *claim,
                                 int64_t now_us);
/* As above, and if that is not so it is the caller's, whoever had it before. RN_NOMEM. */
RN_MUST_USE rn_err rn_claim_take(struct rn_claims *claims, struct rn_claim *claim, int64_t now_us);
/* Thread: the owner's. If is_posted is set the claim must stay where it is until lost() has run. */
void rn_claim_drop(struct rn_claims *claims, struct rn_claim *claim);

#endif
