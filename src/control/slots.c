/* slots.c - the skip lists of slots.h; one tower of pointers per slot and order. */
#include "control/slots.h"

#include <assert.h>
#include <stdlib.h>

struct key {
    enum rn_slot_order order;
    rn_str name;
    uint64_t uid;
};

void rn_slots_init(struct rn_slots *slots)
{
    for (int order = 0; order < RN_SLOT_ORDERS; order++) {
        for (int level = 0; level < RN_SLOT_LEVELS; level++) {
            atomic_init(&slots->heads[order][level], NULL);
        }
    }
}

/* Drawn from the uid, so that equal logs give equal lists; uids are log offsets, not chosen by clients. */
static unsigned height_of(uint64_t uid)
{
    uint64_t mixed = uid * 0x9e3779b97f4a7c15u;
    unsigned height = 1;

    mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93u;
    mixed ^= mixed >> 32;
    for (; height < RN_SLOT_LEVELS && (mixed & 3) == 0; mixed >>= 2) {
        height++;
    }
    return height;
}

struct rn_slot *rn_slot_new(struct rn_version *version)
{
    unsigned height = height_of(version->stream.uid);
    struct rn_slot *slot =
        calloc(1, sizeof(*slot) + RN_SLOT_ORDERS * height * sizeof(slot->next[0]));

    if (!slot) {
        return NULL;
    }
    slot->uid = version->stream.uid;
    slot->name_len = version->stream.name_len;
    memcpy(slot->name, version->stream.name, slot->name_len);
    slot->height = height;
    atomic_init(&slot->version, version);
    return slot;
}

/* The pointer that leaves `slot` (NULL: the head) at a level. */
static const _Atomic(struct rn_slot *) *leaving(const struct rn_slots *slots,
                                                const struct rn_slot *slot,
                                                enum rn_slot_order order, unsigned level)
{
    assert(!slot || level < slot->height);
    return slot ? &slot->next[(unsigned)order * slot->height + level] : &slots->heads[order][level];
}

static _Atomic(struct rn_slot *) *leaving_to_write(struct rn_slots *slots, struct rn_slot *slot,
                                                   enum rn_slot_order order, unsigned level)
{
    return slot ? &slot->next[(unsigned)order * slot->height + level] : &slots->heads[order][level];
}

static bool below(const struct rn_slot *slot, const struct key *key)
{
    return key->order == RN_SLOT_BY_NAME ? rn_str_cmp(rn_slot_name(slot), key->name) < 0
                                         : slot->uid < key->uid;
}

/* The first slot not below `key`; *ret_before[level] gets the last one below it (NULL: the head). */
static struct rn_slot *search(const struct rn_slots *slots, const struct key *key,
                              struct rn_slot **ret_before)
{
    struct rn_slot *at = NULL, *next = NULL;

    for (unsigned level = RN_SLOT_LEVELS; level-- > 0;) {
        next = atomic_load_explicit(leaving(slots, at, key->order, level), memory_order_acquire);
        while (next && below(next, key)) {
            at = next;
            next =
                atomic_load_explicit(leaving(slots, at, key->order, level), memory_order_acquire);
        }
        if (ret_before) {
            ret_before[level] = at;
        }
    }
    return next;
}

void rn_slots_link(struct rn_slots *slots, struct rn_slot *slot)
{
    for (int order = 0; order < RN_SLOT_ORDERS; order++) {
        struct key key = {(enum rn_slot_order)order, rn_slot_name(slot), slot->uid};
        struct rn_slot *before[RN_SLOT_LEVELS];
        struct rn_slot *after = search(slots, &key, before);

        assert(!after || (order == RN_SLOT_BY_NAME ? !rn_str_eq(rn_slot_name(after), key.name)
                                                   : after->uid != key.uid));
        for (unsigned level = 0; level < slot->height;
             level++) { /* whole first, then shown from below */
            after = atomic_load_explicit(leaving(slots, before[level], key.order, level),
                                         memory_order_relaxed);
            atomic_store_explicit(leaving_to_write(slots, slot, key.order, level), after,
                                  memory_order_relaxed);
        }
        for (unsigned level = 0; level < slot->height; level++) {
            atomic_store_explicit(leaving_to_write(slots, before[level], key.order, level), slot,
                                  memory_order_release);
        }
    }
}

void rn_slots_unlink(struct rn_slots *slots, struct rn_slot *slot)
{
    for (int order = 0; order < RN_SLOT_ORDERS; order++) {
        struct key key = {(enum rn_slot_order)order, rn_slot_name(slot), slot->uid};
        struct rn_slot *before[RN_SLOT_LEVELS];
        struct rn_slot *found = search(slots, &key, before);

        assert(found == slot);
        for (unsigned level = slot->height; level-- > 0;) {
            struct rn_slot *after =
                atomic_load_explicit(leaving(slots, slot, key.order, level), memory_order_relaxed);

            atomic_store_explicit(leaving_to_write(slots, before[level], key.order, level), after,
                                  memory_order_release);
        }
    }
}

struct rn_slot *rn_slots_from_name(const struct rn_slots *slots, rn_str name)
{
    return search(slots, &(struct key){.order = RN_SLOT_BY_NAME, .name = name}, NULL);
}

struct rn_slot *rn_slots_from_uid(const struct rn_slots *slots, uint64_t uid)
{
    return search(slots, &(struct key){.order = RN_SLOT_BY_UID, .uid = uid}, NULL);
}

struct rn_slot *rn_slot_next(const struct rn_slot *slot, enum rn_slot_order order)
{
    return atomic_load_explicit(&slot->next[(unsigned)order * slot->height], memory_order_acquire);
}
