/* sigcache.h - signing keys that were already derived; private to src/auth.
 *
 * Deriving a key takes four HMACs, and a client uses one for a day. Only keys of requests that
 * verified are put in, so nobody without a secret can push others out.
 * Threads: any, at once. */
#ifndef RN_AUTH_SIGCACHE_H
#define RN_AUTH_SIGCACHE_H

#include "auth/sign.h"

enum { RN_SIG_CACHE_NAME_BYTES_MAX = 208 };

struct rn_sig_cache_name {
    rn_str scope;        /* "access key id/YYYYMMDD/region/service"; longer ones are not kept */
    uint64_t generation; /* of the credential */
};

/* false: not there, or older than `now_ms` allows. */
bool rn_sig_cache_find(struct rn_sig_cache *cache, const struct rn_sig_cache_name *name,
                       int64_t now_ms, uint8_t *ret_key);
/* Replaces an older generation; the least recently used of a few neighbours makes room. */
void rn_sig_cache_put(struct rn_sig_cache *cache, const struct rn_sig_cache_name *name,
                      int64_t expires_ms, const uint8_t *key);

#endif
