#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"

enum { KEYS = 2000 };

static char keys[KEYS][24];
static int values[KEYS];

static rn_str key_of(int i)
{
    (void)snprintf(keys[i], sizeof(keys[i]), "key-%d", i * 7919);
    return rn_str_c(keys[i]);
}

static void what_was_put_is_found_and_nothing_else(void **state)
{
    struct rn_map *map = rn_map_new();
    void *old = map;

    (void)state;
    assert_null(rn_map_get(map, RN_STR("a")));
    assert_int_equal(rn_map_put(map, RN_STR("a"), &values[0], &old), RN_OK);
    assert_null(old);
    assert_int_equal(rn_map_put(map, RN_STR(""), &values[1], NULL), RN_OK);
    assert_ptr_equal(rn_map_get(map, RN_STR("a")), &values[0]);
    assert_ptr_equal(rn_map_get(map, RN_STR("")), &values[1]);
    assert_null(rn_map_get(map, RN_STR("A")));
    assert_int_equal(rn_map_put(map, RN_STR("a"), &values[2], &old), RN_OK);
    assert_ptr_equal(old, &values[0]);
    assert_int_equal(rn_map_count(map), 2);
    assert_ptr_equal(rn_map_remove(map, RN_STR("a")), &values[2]);
    assert_null(rn_map_remove(map, RN_STR("a")));
    assert_int_equal(rn_map_count(map), 1);
    rn_map_free(map);
}

/* Method: an array is the oracle; random puts and removals, the whole map compared now and then. */
static void many_random_changes_agree_with_a_plain_array(void **state)
{
    struct rn_map *map = rn_map_new();
    bool there[KEYS] = {false};
    uint32_t x = 12345;
    size_t count = 0;

    (void)state;
    for (int step = 0; step < 100000; step++) {
        int i;

        x = x * 1664525u + 1013904223u;
        i = (int)(x >> 8) % KEYS;
        if (x & 0x80) {
            assert_int_equal(rn_map_put(map, key_of(i), &values[i], NULL), RN_OK);
            count += !there[i];
            there[i] = true;
        } else {
            assert_ptr_equal(rn_map_remove(map, key_of(i)), there[i] ? &values[i] : NULL);
            count -= there[i];
            there[i] = false;
        }
        assert_int_equal(rn_map_count(map), count);
        if (step % 10000 == 0) {
            for (int k = 0; k < KEYS; k++) {
                assert_ptr_equal(rn_map_get(map, key_of(k)), there[k] ? &values[k] : NULL);
            }
        }
    }
    rn_map_free(map);
}

static void walking_meets_each_entry_once(void **state)
{
    struct rn_map *map = rn_map_new();
    int met[KEYS] = {0};
    size_t cursor = 0;
    rn_str key;
    void *value;

    (void)state;
    for (int i = 0; i < KEYS; i++) {
        assert_int_equal(rn_map_put(map, key_of(i), &values[i], NULL), RN_OK);
    }
    while (rn_map_next(map, &cursor, &key, &value)) {
        int i = (int)((int *)value - values);

        assert_true(rn_str_eq(key, key_of(i)));
        met[i]++;
    }
    for (int i = 0; i < KEYS; i++) {
        assert_int_equal(met[i], 1);
    }
    rn_map_free(map);
}

/* The old value may own the old key's bytes, so the entry must point at the new ones. */
static void replacing_takes_the_new_key(void **state)
{
    struct rn_map *map = rn_map_new();
    char first[] = "same", second[] = "same";
    size_t cursor = 0;
    rn_str key;

    (void)state;
    assert_int_equal(rn_map_put(map, rn_str_c(first), &values[0], NULL), RN_OK);
    assert_int_equal(rn_map_put(map, rn_str_c(second), &values[1], NULL), RN_OK);
    assert_true(rn_map_next(map, &cursor, &key, NULL));
    assert_ptr_equal(key.data, second);
    rn_map_free(map);
}

static void the_hash_depends_on_every_byte_the_length_and_the_seed(void **state)
{
    char bytes[64] = {0};

    (void)state;
    for (size_t len = 1; len <= 64; len++) {
        uint64_t plain = rn_hash(rn_str_make(bytes, len));

        assert_true(plain != rn_hash(rn_str_make(bytes, len - 1)));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = 1;
            assert_true(plain != rn_hash(rn_str_make(bytes, len)));
            bytes[i] = 0;
        }
        rn_map_seed(len);
        assert_true(plain != rn_hash(rn_str_make(bytes, len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_and_nothing_else),
        cmocka_unit_test(many_random_changes_agree_with_a_plain_array),
        cmocka_unit_test(walking_meets_each_entry_once),
        cmocka_unit_test(replacing_takes_the_new_key),
        cmocka_unit_test(the_hash_depends_on_every_byte_the_length_and_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
