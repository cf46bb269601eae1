/* slots.h - all streams in two orders, by name and by uid: skip lists that one thread writes and any
 * number of threads read without locks.
 *
 *   heads ─▶ a ───────▶ d ─▶ NULL       level 1
 *   heads ─▶ a ─▶ b ──▶ d ─▶ NULL       level 0
 *
 * READERS   follow pointers with acquire; a slot is whole before the first pointer to it is stored.
 * REMOVAL   unlinks a slot, whose own pointers stay as they were: a reader that stands on it goes on.
 *           It may be freed once every reader has passed a turn (sys/epoch.h), and so may any slot
 *           removed later: whoever can still reach that one began before. */
#ifndef RN_CONTROL_SLOTS_H
#define RN_CONTROL_SLOTS_H

#include <stdatomic.h>

#include "control/stream.h"

enum { RN_SLOT_LEVELS = 12 }; /* a quarter climbs each level: 4^12 streams before look-up slows */
enum rn_slot_order { RN_SLOT_BY_NAME, RN_SLOT_BY_UID, RN_SLOT_ORDERS };

struct rn_slot {
    _Atomic(struct rn_version *) version; /* never NULL */
    uint64_t uid;
    struct rn_retired retired;
    char name[RN_STREAM_NAME_BYTES_MAX + 1];
    size_t name_len;
    unsigned height;
    _Atomic(struct rn_slot *) next[]; /* by name, level 0 first; then by uid */
};

struct rn_slots {
    _Atomic(struct rn_slot *) heads[RN_SLOT_ORDERS][RN_SLOT_LEVELS];
};

void rn_slots_init(struct rn_slots *slots);
/* Takes over the version's one reference when linked. NULL when memory ends. */
struct rn_slot *rn_slot_new(struct rn_version *version);

/* Thread: the writer. The name and uid are in no slot yet. */
void rn_slots_link(struct rn_slots *slots, struct rn_slot *slot);
void rn_slots_unlink(struct rn_slots *slots, struct rn_slot *slot);

/* Thread: any, inside a turn. The first slot at or above; NULL: none. */
struct rn_slot *rn_slots_from_name(const struct rn_slots *slots, rn_str name);
struct rn_slot *rn_slots_from_uid(const struct rn_slots *slots, uint64_t uid);
struct rn_slot *rn_slot_next(const struct rn_slot *slot, enum rn_slot_order order);

static inline rn_str rn_slot_name(const struct rn_slot *slot)
{
    return (rn_str){slot->name, slot->name_len};
}

static inline struct rn_version *rn_slot_version(const struct rn_slot *slot)
{
    return atomic_load_explicit(&slot->version, memory_order_acquire);
}

#endif
