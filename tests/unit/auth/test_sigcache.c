/* The cache of signing keys: bounded, current, and safe to share. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/sigcache.h"

#define SCOPE RN_STR("AKID/20260115/us-east-1/kinesis")

enum { NOW_MS = 1000, LATER_MS = 5000 };

/* A key that tells what it was put in for. */
static void key_of(uint64_t seed, uint8_t *key)
{
    for (size_t i = 0; i < RN_SIG_KEY_BYTES; i++) {
        key[i] = (uint8_t)(seed * 31 + i);
    }
}

static void put(struct rn_sig_cache *cache, rn_str scope, uint64_t generation, uint64_t seed)
{
    struct rn_sig_cache_name name = {scope, generation};
    uint8_t key[RN_SIG_KEY_BYTES];

    key_of(seed, key);
    rn_sig_cache_put(cache, &name, LATER_MS, key);
}

static bool holds(struct rn_sig_cache *cache, rn_str scope, uint64_t generation, int64_t now_ms,
                  uint64_t seed)
{
    struct rn_sig_cache_name name = {scope, generation};
    uint8_t key[RN_SIG_KEY_BYTES], expected[RN_SIG_KEY_BYTES];

    if (!rn_sig_cache_find(cache, &name, now_ms, key)) {
        return false;
    }
    key_of(seed, expected);
    assert_memory_equal(key, expected, sizeof(key));
    return true;
}

static void a_key_is_found_under_its_scope_and_generation_only(void **state)
{
    struct rn_sig_cache *cache = rn_sig_cache_new(64);

    (void)state;
    put(cache, SCOPE, 1, 7);
    assert_true(holds(cache, SCOPE, 1, NOW_MS, 7));
    assert_false(holds(cache, RN_STR("AKID/20260116/us-east-1/kinesis"), 1, NOW_MS, 7));
    assert_false(holds(cache, SCOPE, 2, NOW_MS, 7));
    assert_false(
        holds(cache, SCOPE, 1, NOW_MS, 7)); /* another generation was seen: the entry is gone */
    rn_sig_cache_free(cache);
}

static void a_newer_generation_takes_the_place_of_the_older(void **state)
{
    struct rn_sig_cache *cache = rn_sig_cache_new(1);

    (void)state;
    put(cache, SCOPE, 1, 7);
    put(cache, SCOPE, 2, 8);
    assert_true(holds(cache, SCOPE, 2, NOW_MS, 8));
    rn_sig_cache_free(cache);
}

static void a_key_ends_at_its_time(void **state)
{
    struct rn_sig_cache *cache = rn_sig_cache_new(64);

    (void)state;
    put(cache, SCOPE, 1, 7);
    assert_true(holds(cache, SCOPE, 1, LATER_MS - 1, 7));
    assert_false(holds(cache, SCOPE, 1, LATER_MS, 7));
    assert_false(holds(cache, SCOPE, 1, NOW_MS, 7)); /* wiped */
    rn_sig_cache_free(cache);
}

static void the_least_recently_used_makes_room(void **state)
{
    enum { ENTRIES = 8 }; /* one set */
    struct rn_sig_cache *cache = rn_sig_cache_new(ENTRIES);
    char scope[ENTRIES + 1][32];

    (void)state;
    for (int i = 0; i <= ENTRIES; i++) {
        snprintf(scope[i], sizeof(scope[i]), "key%d", i);
    }
    for (uint64_t i = 0; i < ENTRIES; i++) {
        put(cache, rn_str_c(scope[i]), 1, i);
    }
    assert_true(
        holds(cache, rn_str_c(scope[0]), 1, NOW_MS, 0)); /* used again: now 1 is the oldest */
    put(cache, rn_str_c(scope[ENTRIES]), 1, ENTRIES);
    assert_false(holds(cache, rn_str_c(scope[1]), 1, NOW_MS, 1));
    assert_true(holds(cache, rn_str_c(scope[0]), 1, NOW_MS, 0));
    for (uint64_t i = 2; i <= ENTRIES; i++) {
        assert_true(holds(cache, rn_str_c(scope[i]), 1, NOW_MS, i));
    }
    rn_sig_cache_free(cache);
}

static void overlong_scopes_are_not_kept(void **state)
{
    char scope[RN_SIG_CACHE_NAME_BYTES_MAX + 1];
    struct rn_sig_cache *cache = rn_sig_cache_new(64);

    (void)state;
    memset(scope, 's', sizeof(scope));
    put(cache, rn_str_make(scope, sizeof(scope) - 1), 1, 7);
    assert_true(holds(cache, rn_str_make(scope, sizeof(scope) - 1), 1, NOW_MS, 7));
    put(cache, rn_str_make(scope, sizeof(scope)), 1, 7);
    assert_false(holds(cache, rn_str_make(scope, sizeof(scope)), 1, NOW_MS, 7));
    rn_sig_cache_free(cache);
    rn_sig_cache_free(NULL);
}

enum { THREADS = 4, ROUNDS = 5000, SCOPES = 40 };

static void *use(void *arg)
{
    struct rn_sig_cache *cache = arg;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t seed = i % SCOPES;
        struct rn_sig_cache_name name = {rn_str_make((const char *)&seed, sizeof(seed)), 1};
        uint8_t key[RN_SIG_KEY_BYTES], expected[RN_SIG_KEY_BYTES];

        key_of(seed, expected);
        if (rn_sig_cache_find(cache, &name, NOW_MS, key)) {
            if (memcmp(key, expected, sizeof(key)) != 0) {
                return arg; /* another one's key */
            }
        } else {
            rn_sig_cache_put(cache, &name, LATER_MS, expected);
        }
    }
    return NULL;
}

static void threads_find_what_threads_put(void **state)
{
    struct rn_sig_cache *cache =
        rn_sig_cache_new(32); /* fewer than SCOPES: eviction goes on all the time */
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use, cache), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *fault;

        pthread_join(threads[i], &fault);
        assert_null(fault);
    }
    rn_sig_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_under_its_scope_and_generation_only),
        cmocka_unit_test(a_newer_generation_takes_the_place_of_the_older),
        cmocka_unit_test(a_key_ends_at_its_time),
        cmocka_unit_test(the_least_recently_used_makes_room),
        cmocka_unit_test(overlong_scopes_are_not_kept),
        cmocka_unit_test(threads_find_what_threads_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
