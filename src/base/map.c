/* map.c - open addressing with linear probing; removal shifts the run back, so there are no
 * tombstones and a table that saw many removals is as fast as a new one.
 *
 *   slots: [hash key value] [-] [hash key value] ...   capacity a power of two, at most 3/4 full
 *
 * A slot is empty when its value is NULL, hence values are never NULL.
 * The hash takes 8 bytes at a time through a 64x64 -> 128 bit multiplication folded to 64 bits.
 * It resists chosen collisions only through its seed, which never leaves the process. */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"

enum { FIRST_SLOTS = 16 };

struct slot {
    uint64_t hash;
    rn_str key;
    void *value;
};

struct rn_map {
    struct slot *slots;
    size_t count, mask; /* mask + 1 slots */
};

static uint64_t seed = 0x9e3779b97f4a7c15u;

void rn_map_seed(uint64_t new_seed)
{
    seed = new_seed;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t rn_hash(rn_str bytes)
{
    const char *at = bytes.data;
    size_t left = bytes.len;
    uint64_t state = mix(seed ^ 0xa0761d6478bd642fu, bytes.len ^ 0xe7037ed1a0b428dbu);

    for (; left > 16; at += 16, left -= 16) {
        state = mix(rn_get_le64(at) ^ 0x8ebc6af09c88c6e3u, rn_get_le64(at + 8) ^ state);
    }
    {
        char tail[16] = {0};

        if (left) {
            memcpy(tail, at, left);
        }
        state = mix(rn_get_le64(tail) ^ 0x589965cc75374cc3u, rn_get_le64(tail + 8) ^ state);
    }
    return mix(state ^ 0x1d8e4e27c47d124fu, seed ^ 0xeb44accab455d165u);
}

struct rn_map *rn_map_new(void)
{
    struct rn_map *map = calloc(1, sizeof(*map));

    if (!map) {
        return NULL;
    }
    map->slots = calloc(FIRST_SLOTS, sizeof(*map->slots));
    if (!map->slots) {
        free(map);
        return NULL;
    }
    map->mask = FIRST_SLOTS - 1;
    return map;
}

void rn_map_free(struct rn_map *map)
{
    if (map) {
        free(map->slots);
        free(map);
    }
}

size_t rn_map_count(const struct rn_map *map)
{
    return map->count;
}

/* The slot that holds `key`, or the empty one where it would go. */
static struct slot *find(const struct rn_map *map, uint64_t hash, rn_str key)
{
    size_t at = hash & map->mask;

    for (;;) { /* ends: a quarter of the slots is empty */
        struct slot *slot = &map->slots[at];

        if (!slot->value || (slot->hash == hash && rn_str_eq(slot->key, key))) {
            return slot;
        }
        at = (at + 1) & map->mask;
    }
}

void *rn_map_get(const struct rn_map *map, rn_str key)
{
    return find(map, rn_hash(key), key)->value;
}

static rn_err grow(struct rn_map *map)
{
    struct rn_map larger = {.count = map->count, .mask = map->mask * 2 + 1};

    larger.slots = calloc(larger.mask + 1, sizeof(*larger.slots));
    if (!larger.slots) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i <= map->mask; i++) {
        if (map->slots[i].value) {
            *find(&larger, map->slots[i].hash, map->slots[i].key) = map->slots[i];
        }
    }
    free(map->slots);
    *map = larger;
    return RN_OK;
}

rn_err rn_map_put(struct rn_map *map, rn_str key, void *value, void **ret_old)
{
    uint64_t hash = rn_hash(key);
    struct slot *slot = find(map, hash, key);

    assert(value);
    if (!slot->value) {
        if ((map->count + 1) * 4 > (map->mask + 1) * 3) {
            rn_err err = grow(map);

            if (err) {
                return err;
            }
            slot = find(map, hash, key);
        }
        map->count++;
    }
    if (ret_old) {
        *ret_old = slot->value;
    }
    *slot =
        (struct slot){hash, key, value}; /* the new key too: the old one may die with its value */
    return RN_OK;
}

void *rn_map_remove(struct rn_map *map, rn_str key)
{
    struct slot *hole = find(map, rn_hash(key), key);
    void *value = hole->value;
    size_t at = (size_t)(hole - map->slots);

    if (!value) {
        return NULL;
    }
    map->count--;
    /* Move back each later entry of the run that may not stand behind the hole. */
    for (size_t next = (at + 1) & map->mask; map->slots[next].value;
         next = (next + 1) & map->mask) {
        size_t home = map->slots[next].hash & map->mask;

        if (((next - home) & map->mask) >= ((next - at) & map->mask)) {
            map->slots[at] = map->slots[next];
            at = next;
        }
    }
    map->slots[at] = (struct slot){0};
    return value;
}

bool rn_map_next(const struct rn_map *map, size_t *cursor, rn_str *ret_key, void **ret_value)
{
    for (; *cursor <= map->mask; (*cursor)++) {
        const struct slot *slot = &map->slots[*cursor];

        if (slot->value) {
            if (ret_key) {
                *ret_key = slot->key;
            }
            if (ret_value) {
                *ret_value = slot->value;
            }
            (*cursor)++;
            return true;
        }
    }
    return false;
}
