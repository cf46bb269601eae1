/* map.h - hash map from a byte string to a pointer; one thread at a time.
 * Keys are borrowed: they must live (inside the value, usually) as long as their entry. */
#ifndef RN_BASE_MAP_H
#define RN_BASE_MAP_H

#include "base/err.h"
#include "base/str.h"

struct rn_map;

struct rn_map *rn_map_new(void);      /* NULL when memory ends */
void rn_map_free(struct rn_map *map); /* values are the caller's */
size_t rn_map_count(const struct rn_map *map);
void *rn_map_get(const struct rn_map *map, rn_str key); /* NULL: none */
/* Replaces; *ret_old (may be NULL) gets the value that was there, or NULL. */
RN_MUST_USE rn_err rn_map_put(struct rn_map *map, rn_str key, void *value, void **ret_old);
void *rn_map_remove(struct rn_map *map, rn_str key); /* the value, or NULL */
/* Each entry once, in no order: start with *cursor 0; false at the end. Do not change the map meanwhile. */
bool rn_map_next(const struct rn_map *map, size_t *cursor, rn_str *ret_key, void **ret_value);
/* 64-bit hash, seeded per process by rn_map_seed() so that clients cannot aim collisions. */
uint64_t rn_hash(rn_str bytes);
void rn_map_seed(uint64_t seed); /* once, before threads start */

#endif
