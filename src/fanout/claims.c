/* claims.c - see claims.h. */
#include "fanout/claims.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "sys/thread.h"

struct rn_claims {
    struct rn_mutex lock;
    struct rn_map *map; /* by consumer and shard */
};

struct rn_claims *rn_claims_new(void)
{
    struct rn_claims *claims = calloc(1, sizeof(*claims));

    if (!claims) {
        return NULL;
    }
    claims->map = rn_map_new();
    if (!claims->map) {
        free(claims);
        return NULL;
    }
    rn_mutex_init(&claims->lock);
    return claims;
}

void rn_claims_free(struct rn_claims *claims)
{
    if (claims) {
        rn_map_free(claims->map);
        rn_mutex_done(&claims->lock);
        free(claims);
    }
}

static rn_str key_of(const struct rn_claim *claim)
{
    _Static_assert(offsetof(struct rn_claim, shard) == sizeof(uint64_t), "one key");
    return rn_str_make((const char *)&claim->consumer_uid, 2 * sizeof(uint64_t));
}

/* Who has it, unless it may be taken over. Lock held. */
static bool is_busy(const struct rn_claim *holder, int64_t now_us)
{
    return holder && now_us - holder->since_us < (int64_t)RN_CLAIM_GRACE_MS * 1000;
}

rn_err rn_claim_look(struct rn_claims *claims, const struct rn_claim *claim, int64_t now_us)
{
    bool busy;

    rn_mutex_lock(&claims->lock);
    busy = is_busy(rn_map_get(claims->map, key_of(claim)), now_us);
    rn_mutex_unlock(&claims->lock);
    return busy ? RN_BUSY : RN_OK;
}

static void tell_lost(struct rn_task *task)
{
    struct rn_claim *claim = RN_OWNER(task, struct rn_claim, task);

    claim->is_posted = false;
    claim->lost(claim); /* it may be gone */
}

static rn_err take(struct rn_claims *claims, struct rn_claim *claim, int64_t now_us)
{
    struct rn_claim *holder = rn_map_get(claims->map, key_of(claim));
    rn_err err;

    if (is_busy(holder, now_us)) {
        return RN_BUSY;
    }
    err = rn_map_put(claims->map, key_of(claim), claim, NULL); /* in the holder's place */
    if (err) {
        return err;
    }
    claim->is_held = true;
    claim->since_us = now_us;
    if (holder) {
        holder->is_held = false;
        holder->is_posted = true;
        rn_mailbox_post(holder->box, &holder->task);
    }
    return RN_OK;
}

rn_err rn_claim_take(struct rn_claims *claims, struct rn_claim *claim, int64_t now_us)
{
    rn_err err;

    claim->task.run = tell_lost;
    rn_mutex_lock(&claims->lock);
    err = take(claims, claim, now_us);
    rn_mutex_unlock(&claims->lock);
    return err;
}

void rn_claim_drop(struct rn_claims *claims, struct rn_claim *claim)
{
    rn_mutex_lock(&claims->lock);
    if (claim->is_held) {
        (void)rn_map_remove(claims->map, key_of(claim));
        claim->is_held = false;
    }
    rn_mutex_unlock(&claims->lock);
}
