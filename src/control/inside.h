/* inside.h - the state as its one writer sees it; readers have state.h. */
#ifndef RN_CONTROL_INSIDE_H
#define RN_CONTROL_INSIDE_H

#include "control/command.h"
#include "control/slots.h"

struct rn_state {
    struct rn_slots slots;
    _Atomic(size_t) stream_count;
    _Atomic(uint64_t) open_shards;
    _Atomic(size_t) on_demand_count;
    _Atomic(uint64_t) changes;
    _Atomic(int64_t) limits[RN_LIMIT_COUNT]; /* RN_LIMIT_UNSET, RN_LIMIT_OFF, or a value */
    _Atomic(int64_t) commitment_started_ms, commitment_ends_ms;
    /* Set once by GENESIS (or a snapshot), before anybody reads: */
    uint16_t level; /* 0: no GENESIS yet */
    uint8_t cluster_id[RN_CLUSTER_ID_BYTES];
    uint8_t secret[RN_CLUSTER_SECRET_BYTES];
    char region[RN_REGION_BYTES_MAX + 1];
    char account[RN_ACCOUNT_BYTES + 1];
    /* Of the writer alone: */
    struct rn_epoch *epoch; /* NULL: nobody reads, old versions are freed at once */
    uint64_t next;          /* offset of the first command not applied */
    int64_t time_ms;        /* of the newest command, never decreasing */
    uint64_t in_transition; /* streams in CREATING or DELETING */
    uint64_t opening;       /* shards that reshards under way will open in addition */
};

struct rn_state *rn_state_new(struct rn_epoch *epoch); /* NULL when memory ends */
/* Empty again, as after new; nobody reads. */
void rn_state_clear(struct rn_state *state);
void rn_state_free(struct rn_state *state); /* nobody reads; NULL is fine */

/* Who the cluster is; in place of GENESIS when a snapshot is read. */
void rn_state_identify(struct rn_state *state, const struct rn_genesis *genesis);
/* A stream that was not there; takes over the slot and its version. */
void rn_state_insert(struct rn_state *state, struct rn_slot *slot);
/* A later version of the slot's stream; takes it over. */
void rn_state_replace(struct rn_state *state, struct rn_slot *slot, struct rn_version *version);
void rn_state_remove(struct rn_state *state, struct rn_slot *slot);

void rn_state_set_limit(struct rn_state *state, enum rn_limit limit, int64_t value);
void rn_state_set_commitment(struct rn_state *state, const struct rn_commitment *commitment);

struct rn_slot *rn_state_slot(const struct rn_state *state, rn_str name);
struct rn_slot *rn_state_slot_uid(const struct rn_state *state, uint64_t uid);

#endif
