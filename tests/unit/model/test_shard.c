/* Hash keys, hash ranges and shard ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/shard.h"

#define MAX_TEXT "340282366920938463463374607431768211455" /* 2^128 - 1 */

static void assert_key(rn_u128 key, const char *text)
{
    char formatted[RN_HASH_KEY_TEXT_BYTES];

    assert_int_equal(rn_hash_key_format(key, formatted), strlen(text));
    assert_string_equal(formatted, text);
}

static rn_u128 parsed(const char *text)
{
    rn_u128 key = 0;

    assert_int_equal(rn_hash_key_parse(rn_str_c(text), &key), RN_OK);
    return key;
}

static void a_partition_key_hashes_to_its_md5_as_a_number(void **state)
{
    (void)state;
    assert_key(rn_hash_key_of(RN_STR("a")), "16955237001963240173058271559858726497");
    assert_key(rn_hash_key_of(RN_STR("key")), "80325066489831061459460196859901989661");
    assert_key(rn_hash_key_of(RN_STR("\xc3\xa9")), "136732923097551493579404309126273812335");
    assert_key(rn_hash_key_of(RN_STR("")),
               "281949768489412648962353822266799178366"); /* d41d8cd9... */
}

static void hash_keys_survive_formatting_and_parsing(void **state)
{
    rn_u128 key = 1;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        char text[RN_HASH_KEY_TEXT_BYTES];

        rn_hash_key_format(key, text);
        assert_true(parsed(text) == key);
        key = key * 6364136223846793005u + 1442695040888963407u;
    }
}

static void hash_keys_end_at_2_to_the_128(void **state)
{
    rn_u128 key = 7;

    (void)state;
    assert_true(parsed("0") == 0);
    assert_true(parsed("000000000000000000000000000000000000000000000000012") == 12);
    assert_true(parsed(MAX_TEXT) == RN_HASH_KEY_MAX);
    assert_key(RN_HASH_KEY_MAX, MAX_TEXT);
    assert_key(0, "0");
    assert_int_equal(rn_hash_key_parse(RN_STR("340282366920938463463374607431768211456"), &key),
                     RN_TOO_LARGE);
    assert_int_equal(rn_hash_key_parse(RN_STR("999999999999999999999999999999999999999"), &key),
                     RN_TOO_LARGE);
    assert_int_equal(
        rn_hash_key_parse(RN_STR("10000000000000000000000000000000000000000000000000"), &key),
        RN_TOO_LARGE);
    assert_true(key == 7); /* untouched by failures */
}

static void only_digits_are_hash_keys(void **state)
{
    static const char *const bad[] = {"",    "-1",  "+1",
                                      " 1",  "1 ",  "0x10",
                                      "1e3", "12a", "999999999999999999999999999999999999999z"};
    rn_u128 key;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(rn_hash_key_parse(rn_str_c(bad[i]), &key), RN_INVALID);
    }
}

static void initial_ranges_start_where_the_service_starts_them(void **state)
{
    static const struct {
        uint32_t count;
        const char *starts[5];
    } cases[] = {
        {1, {"0"}},
        {2, {"0", "170141183460469231731687303715884105728"}},
        {3,
         {"0", "113427455640312821154458202477256070485",
          "226854911280625642308916404954512140970"}},
        {4,
         {"0", "85070591730234615865843651857942052864", "170141183460469231731687303715884105728",
          "255211775190703847597530955573826158592"}},
        {5,
         {"0", "68056473384187692692674921486353642291", "136112946768375385385349842972707284582",
          "204169420152563078078024764459060926873", "272225893536750770770699685945414569164"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (uint32_t shard = 0; shard < cases[i].count; shard++) {
            assert_key(rn_hash_range_initial(shard, cases[i].count).start, cases[i].starts[shard]);
        }
    }
}

static void initial_ranges_cover_everything_once(void **state)
{
    static const uint32_t counts[] = {1,  2,  3,  4,   5,   6,    7,    8,    9,
                                      10, 16, 64, 100, 257, 1000, 4096, 10000};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        rn_u128 next = 0; /* wraps to 0 behind the last */

        for (uint32_t shard = 0; shard < counts[i]; shard++) {
            struct rn_hash_range range = rn_hash_range_initial(shard, counts[i]);

            assert_true(range.start == next && range.start <= range.end);
            next = range.end + 1;
        }
        assert_true(next == 0);
    }
}

static void shard_ids_have_twelve_digits(void **state)
{
    char text[RN_SHARD_ID_TEXT_BYTES];

    (void)state;
    assert_int_equal(rn_shard_id_format(7, text), 20);
    assert_string_equal(text, "shardId-000000000007");
    rn_shard_id_format(RN_SHARD_INDEX_MAX, text);
    assert_string_equal(text, "shardId-002147483647");
}

static void shard_ids_are_read_as_leniently_as_the_service_reads_them(void **state)
{
    static const struct {
        const char *text;
        int64_t index; /* negative: refused */
    } cases[] = {
        {"shardId-000000000007", 7},
        {"123", 123},
        {"shard-0", 0},
        {"anything-0", 0},
        {"-00002147483647", 2147483647},
        {"a-12-b", 12},
        {"a-000000000000000000000000000000000012", 12},
        {"2147483647", 2147483647},
        {"2147483648", -1},
        {"shardId-002147483648", -1},
        {"99999999999999999999999999", -1},
        {"ABKLFD8", -1},
        {"2.14E4", -1},
        {"", -1},
        {"-", -1},
        {"5-", -1}, /* the part is empty, so the whole counts */
        {"a--5", -1},
        {"a-b-5", -1},
        {"shardId- 1", -1},
        {"shardId-+1", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint32_t index = 99;
        rn_err err = rn_shard_id_parse(rn_str_c(cases[i].text), &index);

        if (cases[i].index < 0) {
            assert_int_equal(err, RN_INVALID);
            assert_int_equal(index, 99);
        } else {
            assert_int_equal(err, RN_OK);
            assert_int_equal(index, cases[i].index);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_key_hashes_to_its_md5_as_a_number),
        cmocka_unit_test(hash_keys_survive_formatting_and_parsing),
        cmocka_unit_test(hash_keys_end_at_2_to_the_128),
        cmocka_unit_test(only_digits_are_hash_keys),
        cmocka_unit_test(initial_ranges_start_where_the_service_starts_them),
        cmocka_unit_test(initial_ranges_cover_everything_once),
        cmocka_unit_test(shard_ids_have_twelve_digits),
        cmocka_unit_test(shard_ids_are_read_as_leniently_as_the_service_reads_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
