/* sigcache.c - signing keys that were already derived.
 *
 *     hash(scope) -> set -> WAYS entries, the least recently used of which is replaced
 *
 * The table is one block, touched only where it is used, so its bound costs no resident memory. A
 * set is guarded by one of LOCKS mutexes, held for a few comparisons. Keys are wiped when replaced,
 * outdated or freed. */
#include "auth/sigcache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"

enum { WAYS = 8, LOCKS = 64 };

struct entry {
    uint64_t used; /* the set's clock at the last use; 0: empty */
    uint64_t generation;
    int64_t expires_ms;
    uint32_t scope_len;
    char scope[RN_SIG_CACHE_NAME_BYTES_MAX];
    uint8_t key[RN_SIG_KEY_BYTES];
};

struct set {
    uint64_t clock;
    struct entry ways[WAYS];
};

struct rn_sig_cache {
    struct set *sets;
    size_t set_count;
    pthread_mutex_t locks[LOCKS];
};

struct rn_sig_cache *rn_sig_cache_new(size_t entries_max)
{
    struct rn_sig_cache *cache = calloc(1, sizeof(*cache));

    if (!cache) {
        return NULL;
    }
    cache->set_count = entries_max / WAYS ? entries_max / WAYS : 1;
    cache->sets = calloc(cache->set_count, sizeof(*cache->sets));
    if (!cache->sets) {
        free(cache);
        return NULL;
    }
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_init(&cache->locks[i], NULL);
    }
    return cache;
}

void rn_sig_cache_free(struct rn_sig_cache *cache)
{
    if (!cache) {
        return;
    }
    for (size_t i = 0; i < cache->set_count; i++) {
        if (cache->sets[i].clock) {
            rn_wipe(&cache->sets[i], sizeof(cache->sets[i]));
        }
    }
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_destroy(&cache->locks[i]);
    }
    free(cache->sets);
    free(cache);
}

static struct set *set_lock(struct rn_sig_cache *cache, rn_str scope, pthread_mutex_t **ret_lock)
{
    size_t index = (size_t)(rn_hash(scope) % cache->set_count);

    *ret_lock = &cache->locks[index % LOCKS];
    pthread_mutex_lock(*ret_lock);
    return &cache->sets[index];
}

static struct entry *set_find(struct set *set, rn_str scope)
{
    for (struct entry *entry = set->ways; entry < set->ways + WAYS; entry++) {
        if (entry->used && rn_str_eq(rn_str_make(entry->scope, entry->scope_len), scope)) {
            return entry;
        }
    }
    return NULL;
}

static struct entry *set_oldest(struct set *set)
{
    struct entry *oldest = set->ways;

    for (struct entry *entry = set->ways + 1; entry < set->ways + WAYS; entry++) {
        if (entry->used < oldest->used) {
            oldest = entry;
        }
    }
    return oldest;
}

bool rn_sig_cache_find(struct rn_sig_cache *cache, const struct rn_sig_cache_name *name,
                       int64_t now_ms, uint8_t *ret_key)
{
    pthread_mutex_t *lock;
    struct set *set = set_lock(cache, name->scope, &lock);
    struct entry *entry = set_find(set, name->scope);
    bool found = entry && entry->generation == name->generation && now_ms < entry->expires_ms;

    if (found) {
        memcpy(ret_key, entry->key, RN_SIG_KEY_BYTES);
        entry->used = ++set->clock;
    } else if (entry) {
        rn_wipe(entry, sizeof(*entry));
    }
    pthread_mutex_unlock(lock);
    return found;
}

void rn_sig_cache_put(struct rn_sig_cache *cache, const struct rn_sig_cache_name *name,
                      int64_t expires_ms, const uint8_t *key)
{
    pthread_mutex_t *lock;
    struct set *set;
    struct entry *entry;

    if (name->scope.len > RN_SIG_CACHE_NAME_BYTES_MAX) {
        return;
    }
    set = set_lock(cache, name->scope, &lock);
    entry = set_find(set, name->scope);
    entry = entry ? entry : set_oldest(set);
    rn_wipe(entry, sizeof(*entry));
    entry->used = ++set->clock;
    entry->generation = name->generation;
    entry->expires_ms = expires_ms;
    entry->scope_len = (uint32_t)name->scope.len;
    memcpy(entry->scope, name->scope.data, name->scope.len);
    memcpy(entry->key, key, RN_SIG_KEY_BYTES);
    pthread_mutex_unlock(lock);
}
