/* heat.c - a ring of the newest hash keys; see heat.h. */
#include "data/heat.h"

#include <stdlib.h>

void rn_heat_note(struct rn_heat *heat, rn_u128 hash_key)
{
    uint32_t at = atomic_fetch_add_explicit(&heat->next, 1, memory_order_relaxed);

    atomic_store_explicit(&heat->keys[at % RN_HEAT_KEYS], (uint64_t)(hash_key >> 64),
                          memory_order_relaxed);
    if (at == UINT32_MAX) { /* about to look as if nothing was seen */
        atomic_store_explicit(&heat->next, RN_HEAT_KEYS, memory_order_relaxed);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* Of sorted keys the place where the upper half begins: never among equal ones. 0: all are equal. */
static size_t cut(const uint64_t *keys)
{
    size_t middle = RN_HEAT_KEYS / 2, up = middle, down = middle;

    while (up < RN_HEAT_KEYS && keys[up] == keys[up - 1]) {
        up++;
    }
    while (down > 0 && keys[down] == keys[down - 1]) {
        down--;
    }
    if (up == RN_HEAT_KEYS || (down > 0 && middle - down < up - middle)) {
        return down;
    }
    return up;
}

rn_u128 rn_heat_middle(const struct rn_heat *heat, const struct rn_hash_range *range)
{
    uint64_t keys[RN_HEAT_KEYS];
    rn_u128 key;
    size_t at;

    if (atomic_load_explicit(&heat->next, memory_order_relaxed) < RN_HEAT_KEYS) {
        return 0;
    }
    for (size_t i = 0; i < RN_HEAT_KEYS; i++) {
        keys[i] = atomic_load_explicit(&heat->keys[i], memory_order_relaxed);
    }
    qsort(keys, RN_HEAT_KEYS, sizeof(keys[0]), by_value);
    at = cut(keys);
    key = (rn_u128)keys[at] << 64;
    return at > 0 && key > range->start + 1 && key < range->end ? key : 0;
}
