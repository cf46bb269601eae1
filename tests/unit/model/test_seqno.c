/* Sequence numbers: real ones, their order, and what is no number. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/seqno.h"

#define START_TEXT "49646437577108476416916876405825929425585429676275269634"
#define RECORD_TEXT "49646437577108476416916876405827138351405044649047359490"
#define END_TEXT "49646437577119626789516141717395488358902146099801227266"

enum { CREATED_S = 1700000000 };

static struct rn_seqno parsed(const char *text)
{
    struct rn_seqno seqno;

    assert_int_equal(rn_seqno_parse(rn_str_c(text), &seqno), RN_OK);
    return seqno;
}

static void assert_invalid(const char *text)
{
    struct rn_seqno seqno = {.version = 77};

    assert_int_equal(rn_seqno_parse(rn_str_c(text), &seqno), RN_INVALID);
    assert_int_equal(seqno.version, 77);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Hex digits to decimal, the slow way: the oracle for layouts. */
static const char *decimal_of(const char *hex, char *text)
{
    char digits[80] = {0};
    size_t count = 1;

    for (; *hex; hex++) {
        int carry = *hex <= '9' ? *hex - '0' : *hex - 'a' + 10;

        for (size_t i = 0; i < count || carry; i++) {
            int value = digits[i] * 16 + carry;

            digits[i] = (char)(value % 10);
            carry = value / 10;
            count = i + 1 > count ? i + 1 : count;
        }
    }
    while (count > 1 && digits[count - 1] == 0) {
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        text[i] = (char)('0' + digits[count - 1 - i]);
    }
    text[count] = '\0';
    return text;
}

static void the_worked_numbers_come_out(void **state)
{
    struct rn_seqno start = {.shard_created_s = CREATED_S, .time_s = CREATED_S};
    struct rn_seqno record = {.shard_created_s = CREATED_S, .ix = 1, .time_s = CREATED_S + 5};
    struct rn_seqno end = {
        .shard_created_s = CREATED_S, .ix = RN_SEQNO_IX_MAX, .time_s = CREATED_S + 100};
    char text[RN_SEQNO_TEXT_BYTES];

    (void)state;
    assert_int_equal(rn_seqno_format(&start, text), 56);
    assert_string_equal(text, START_TEXT);
    rn_seqno_format(&record, text);
    assert_string_equal(text, RECORD_TEXT);
    rn_seqno_format(&end, text);
    assert_string_equal(text, END_TEXT);
}

static void the_worked_numbers_are_understood(void **state)
{
    struct rn_seqno record = parsed(RECORD_TEXT), end = parsed(END_TEXT);

    (void)state;
    assert_int_equal(parsed(START_TEXT).ix, 0);
    assert_int_equal(record.version, 2);
    assert_int_equal(record.shard_created_s, CREATED_S);
    assert_int_equal(record.ix, 1);
    assert_int_equal(record.time_s, CREATED_S + 5);
    assert_int_equal(record.shard_index, 0);
    assert_true(end.ix == RN_SEQNO_IX_MAX);
    assert_int_equal(end.time_s, CREATED_S + 100);
}

static void a_record_is_its_offset_plus_one_stamped_with_the_shards_creation(void **state)
{
    char text[RN_SEQNO_TEXT_BYTES];
    struct rn_seqno seqno;

    (void)state;
    rn_seqno_format_record(CREATED_S, 3, 41, text);
    seqno = parsed(text);
    assert_int_equal(seqno.ix, 42);
    assert_int_equal(seqno.time_s, CREATED_S);
    assert_int_equal(seqno.shard_created_s, CREATED_S);
    assert_int_equal(seqno.shard_index, 3);
}

/* The start of shard 1 is shard 0's plus 22300745198530623141535718272648361505980432. */
static void neighbouring_shards_are_the_known_distance_apart(void **state)
{
    struct rn_seqno seqno = {.shard_created_s = CREATED_S, .time_s = CREATED_S, .shard_index = 1};
    char text[RN_SEQNO_TEXT_BYTES];

    (void)state;
    rn_seqno_format(&seqno, text);
    assert_string_equal(text, "49646437577130777162115407028967465143858078037781250066");
}

static void formatting_agrees_with_the_layout_in_hex(void **state)
{
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct rn_seqno seqno = {
            .shard_created_s = (int64_t)(next_random(&seed) % 16025175000u),
            .ix = next_random(&seed) & RN_SEQNO_IX_MAX,
            .time_s = (int64_t)(next_random(&seed) & (((uint64_t)1 << 36) - 1)),
            .shard_index = (int64_t)(next_random(&seed) & 0x7fffffff),
        };
        char hex[64], expected[80], text[RN_SEQNO_TEXT_BYTES];

        snprintf(hex, sizeof(hex), "2%09" PRIx64 "%x%016" PRIx64 "00%09" PRIx64 "%08" PRIx64 "2",
                 (uint64_t)seqno.shard_created_s, (unsigned)(seqno.shard_index & 15), seqno.ix,
                 (uint64_t)seqno.time_s, (uint64_t)seqno.shard_index);
        rn_seqno_format(&seqno, text);
        assert_string_equal(text, decimal_of(hex, expected));
    }
}

static void parsing_undoes_formatting(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct rn_seqno seqno = {
            .shard_created_s = (int64_t)(next_random(&seed) % 16025175000u),
            .ix = (next_random(&seed) & RN_SEQNO_IX_MAX) >> next_random(&seed) % 63,
            .time_s = (int64_t)(next_random(&seed) & (((uint64_t)1 << 36) - 1)),
            .shard_index = (int32_t)next_random(&seed),
        };
        char text[RN_SEQNO_TEXT_BYTES];
        struct rn_seqno again;

        assert_int_equal(rn_seqno_format(&seqno, text), 56);
        again = parsed(text);
        assert_int_equal(again.version, 2);
        assert_true(again.shard_created_s == seqno.shard_created_s && again.ix == seqno.ix &&
                    again.time_s == seqno.time_s && again.shard_index == seqno.shard_index);
    }
}

/* All have as many digits, so the order of the texts is that of the numbers. */
static void within_a_shard_numbers_rise_with_the_offset(void **state)
{
    uint64_t seed = 42;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t low = next_random(&seed) >> (1 + next_random(&seed) % 63);
        uint64_t high = low + 1 + (next_random(&seed) >> 40);
        uint32_t shard = (uint32_t)next_random(&seed) & 0x7fffffff;
        char a[RN_SEQNO_TEXT_BYTES], b[RN_SEQNO_TEXT_BYTES];

        if (high >= RN_SEQNO_IX_MAX - 1) {
            continue;
        }
        assert_int_equal(rn_seqno_format_record(CREATED_S, shard, low, a), 56);
        assert_int_equal(rn_seqno_format_record(CREATED_S, shard, high, b), 56);
        assert_true(strcmp(a, b) < 0);
    }
}

static void a_child_starts_above_its_parents_end(void **state)
{
    struct rn_seqno end = {.shard_created_s = CREATED_S,
                           .ix = RN_SEQNO_IX_MAX,
                           .time_s = CREATED_S + 9,
                           .shard_index = 15};
    struct rn_seqno child = {
        .shard_created_s = CREATED_S + 10, .time_s = CREATED_S + 10, .shard_index = 16};
    char a[RN_SEQNO_TEXT_BYTES], b[RN_SEQNO_TEXT_BYTES];

    (void)state;
    rn_seqno_format(&end, a);
    rn_seqno_format(&child, b);
    assert_true(strcmp(a, b) < 0);
}

static void small_numbers_are_version_0(void **state)
{
    struct rn_seqno five = parsed("5"), zero = parsed("0"),
                    old = parsed("425352958651173072921826052383309826");

    (void)state;
    assert_int_equal(zero.version, 0);
    assert_int_equal(zero.shard_index, 0);
    assert_int_equal(zero.shard_created_s, 0);
    assert_int_equal(five.version, 0);
    assert_int_equal(five.shard_index, 5);
    assert_int_equal(old.version, 0);
    assert_int_equal(old.shard_index, 2);
    assert_int_equal(parsed("21267647932558653966460912964485513216").version,
                     0); /* 2^124: the digit 1 written out */
    assert_int_equal(parsed("21693000891209827039382739016868823042").shard_index, 2);
}

static void version_1_numbers_are_understood(void **state)
{
    char text[80];
    struct rn_seqno seqno = parsed(decimal_of("2"
                                              "06553f100"
                                              "a"
                                              "00"
                                              "06553f105"
                                              "0123456789abcd"
                                              "1f"
                                              "0000001a"
                                              "1",
                                              text));

    (void)state;
    assert_int_equal(seqno.version, 1);
    assert_int_equal(seqno.shard_created_s, 0x6553f100);
    assert_int_equal(seqno.time_s, 0x6553f105);
    assert_int_equal(seqno.ix, 0x1f);
    assert_int_equal(seqno.shard_index, 0x1a);
}

static void a_shard_index_with_its_top_bit_set_reads_as_negative(void **state)
{
    char text[80];

    (void)state;
    assert_int_equal(
        parsed(decimal_of("20000000000000000000000000000000000000800000002", text)).shard_index,
        -2147483648LL);
    assert_int_equal(
        parsed(decimal_of("20000000000000000000000000000000000000ffffffff2", text)).shard_index,
        -1);
}

static void numbers_of_no_known_form_are_refused(void **state)
{
    static const char *const hex[] = {
        "20000000000000000000000000000000",                /* 2^125 */
        "ffffffffffffffffffffffffffffffff",                /* between the versions */
        "1ffffffffffffffffffffffffffffffffffffffffffff2",  /* a digit short */
        "1fffffffffffffffffffffffffffffffffffffffffffff2", /* below 2^185 */
        "20000000000000000000000000000000000000000000000", /* 2^185 itself: version 0 in the wrong
                                                              place */
        "20655400000000000000000000000000000000000000003", /* version 3 */
        "2065540000000000000000000000000000000000000000f",
        "30000000000000000000000000000000000000000000002", /* 1.5 * 2^185 */
        "20000000000800000000000000000000000000000000002", /* seqIx with its top bit */
        "23bb2cc3d80000000000000000000000000000000000002", /* creation second 16025175000 */
        "23bb2cc3d80000000000000000000000000000000000001",
        "2fffffffff0000000000000000000000000000000000002",
        "13bb2cc3d80000000000000000000000", /* the same in version 0 */
        "3bb2cc3d80000000000000000000000",
    };
    char text[80];

    (void)state;
    for (size_t i = 0; i < sizeof(hex) / sizeof(*hex); i++) {
        assert_invalid(decimal_of(hex[i], text));
    }
    assert_int_equal(
        parsed(decimal_of("23bb2cc3d70000000000000000000000000000000000002", text)).shard_created_s,
        16025174999);
}

static void texts_that_are_no_plain_decimal_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "-1",
        "+1",
        "00",
        "01",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x1",
        "abc",
        "4964643757710847641691687640582592942558542967627526963x",
        "0" START_TEXT,
        START_TEXT "0",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "99999999999999999999999999999999999999999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_invalid(bad[i]);
    }
    assert_int_equal(rn_seqno_parse(RN_STR("1\0"), &(struct rn_seqno){0}), RN_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_numbers_come_out),
        cmocka_unit_test(the_worked_numbers_are_understood),
        cmocka_unit_test(a_record_is_its_offset_plus_one_stamped_with_the_shards_creation),
        cmocka_unit_test(neighbouring_shards_are_the_known_distance_apart),
        cmocka_unit_test(formatting_agrees_with_the_layout_in_hex),
        cmocka_unit_test(parsing_undoes_formatting),
        cmocka_unit_test(within_a_shard_numbers_rise_with_the_offset),
        cmocka_unit_test(a_child_starts_above_its_parents_end),
        cmocka_unit_test(small_numbers_are_version_0),
        cmocka_unit_test(version_1_numbers_are_understood),
        cmocka_unit_test(a_shard_index_with_its_top_bit_set_reads_as_negative),
        cmocka_unit_test(numbers_of_no_known_form_are_refused),
        cmocka_unit_test(texts_that_are_no_plain_decimal_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
