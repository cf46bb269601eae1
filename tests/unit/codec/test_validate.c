/* Constraints in the words of the service: which clauses, in which order, with which values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sample.h"

static struct rn_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = rn_arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rn_arena_free(arena);
    return 0;
}

static void assert_valid(const struct sample *value)
{
    rn_str message = RN_STR("as it was");
    rn_err err = rn_shape_validate(&sample_shape, value, arena, &message);

    if (err) {
        print_error("%.*s\n", RN_STR_ARG(message));
    }
    assert_int_equal(err, RN_OK);
    assert_string_equal(message.data, "as it was");
}

static void assert_message(const struct sample *value, const char *wanted)
{
    rn_str message = RN_STR_NONE, copy;

    assert_int_equal(rn_shape_validate(&sample_shape, value, arena, &message), RN_INVALID);
    copy = rn_arena_dup(arena, message);
    assert_string_equal(copy.data, wanted);
}

#define ONE "1 validation error detected: "
#define VALUE(value, path) "Value '" value "' at '" path "' failed to satisfy constraint: "
#define NONE(path) "Value null at '" path "' failed to satisfy constraint: Member must not be null"
#define PATTERN "Member must satisfy regular expression pattern: [a-z]+"
#define LEN_MIN(n) "Member must have length greater than or equal to " n
#define LEN_MAX(n) "Member must have length less than or equal to " n

static void what_keeps_its_constraints_is_valid(void **state)
{
    struct sample_inner inner = {.mode = RN_STR("TWO")};
    struct sample_entry entries[] = {
        {.key = RN_STR("ab"), .hash = RN_STR("abc"), .data = RN_STR("")}};
    rn_str words[] = {RN_STR("a"), RN_STR("abcd")};
    struct rn_pair tags[] = {{RN_STR("abcd"), RN_STR("")}, {RN_STR("a"), RN_STR("abcd")}};
    struct sample value = {.count = {0}};

    (void)state;
    assert_valid(&value);
    value = (struct sample){
        .count = {100, true},
        .big = {1LL << 40, true},
        .flag = {7, true},
        .when = {-1, true},
        .name = RN_STR("abcdefgh"),
        .token = RN_STR("ab"),
        .kind = RN_STR("ONE"),
        .data = RN_STR(""),
        .inner = &inner,
        .entries = {entries, 1, true},
        .words = {words, 2, true},
        .numbers = {.set = true},
        .tags = {tags, 2, true},
    };
    assert_valid(&value);
}

static void the_recorded_text_of_a_blob_comes_out(void **state)
{
    char data[1001] = "";
    struct sample value = {.data = rn_str_make(data, sizeof(data))};

    (void)state;
    assert_message(&value, ONE VALUE("java.nio.HeapByteBuffer[pos=0 lim=1001 cap=1001]", "data")
                               LEN_MAX("1000"));
    value.data.len = 1000;
    assert_valid(&value);
}

static void numbers_are_held_against_their_bounds(void **state)
{
    struct sample value = {.count = {0, true}};

    (void)state;
    assert_message(&value,
                   ONE VALUE("0", "count") "Member must have value greater than or equal to 1");
    value.count.value = 101;
    assert_message(&value,
                   ONE VALUE("101", "count") "Member must have value less than or equal to 100");
    value.count.value = INT32_MIN;
    assert_message(&value, ONE VALUE("-2147483648",
                                     "count") "Member must have value greater than or equal to 1");
    value = (struct sample){.big = {INT64_MAX, true}};
    assert_message(&value,
                   ONE VALUE("9223372036854775807",
                             "big") "Member must have value less than or equal to 1099511627776");
}

static void within_a_string_pattern_comes_before_shortest_and_longest(void **state)
{
    struct sample value = {.name = RN_STR("")};

    (void)state;
    assert_message(&value, "2 validation errors detected: " VALUE("", "streamName") PATTERN
                   "; " VALUE("", "streamName") LEN_MIN("1"));
    value.name = RN_STR("abcdefghi");
    assert_message(&value, ONE VALUE("abcdefghi", "streamName") LEN_MAX("8"));
    value.name = RN_STR("abcdefgh!");
    assert_message(&value, "2 validation errors detected: " VALUE("abcdefgh!", "streamName") PATTERN
                   "; " VALUE("abcdefgh!", "streamName") LEN_MAX("8"));
}

static void an_enumeration_tells_its_values(void **state)
{
    struct sample value = {.kind = RN_STR("THREE")};

    (void)state;
    assert_message(&value,
                   ONE VALUE("THREE", "kind") "Member must satisfy enum value set: [ONE, TWO]");
    value.kind = RN_STR("");
    assert_message(&value, ONE VALUE("", "kind") "Member must satisfy enum value set: [ONE, TWO]");
}

/* Two to four units: a point above U+FFFF is two, all others are one. */
static void strings_are_counted_in_utf16_units(void **state)
{
    struct sample value = {.token = RN_STR("\xf0\x9f\x98\x80")};

    (void)state;
    assert_valid(&value);
    value.token = RN_STR("\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
    assert_valid(&value);
    value.token = RN_STR("\xe4\xb8\x96\xe4\xb8\x96\xc3\xa9\xc3\xa9");
    assert_valid(&value);
    value.token = RN_STR("\xe4\xb8\x96");
    assert_message(&value, ONE VALUE("\xe4\xb8\x96", "token") LEN_MIN("2"));
    value.token = RN_STR("\xf0\x9f\x98\x80\xf0\x9f\x98\x80x");
    assert_message(&value, ONE VALUE("\xf0\x9f\x98\x80\xf0\x9f\x98\x80x", "token") LEN_MAX("4"));
}

static void a_required_member_that_is_absent_is_told_as_null(void **state)
{
    struct sample_inner inner = {.when = {0}};
    struct sample_entry entries[] = {{.key = RN_STR("ab")}, {.data = RN_STR("")}};
    struct sample value = {.inner = &inner, .entries = {entries, 2, true}};

    (void)state;
    assert_message(&value, "3 validation errors detected: " NONE("inner.mode") "; " NONE(
                               "entries.1.member.data") "; " NONE("entries.2.member.key"));
}

static void items_that_are_structures_are_told_one_by_one(void **state)
{
    struct sample_entry entries[] = {
        {.key = RN_STR("a"), .hash = RN_STR("A"), .data = RN_STR("")},
        {.key = RN_STR("ab"), .data = RN_STR("")},
        {.key = RN_STR("abcde"), .data = RN_STR("")},
    };
    struct sample value = {.entries = {entries, 3, true}};

    (void)state;
    assert_message(&value, "3 validation errors detected: " VALUE("a", "entries.1.member.key")
                               LEN_MIN("2") "; " VALUE("A", "entries.1.member.hash") PATTERN
                   "; " VALUE("abcde", "entries.3.member.key") LEN_MAX("4"));
}

static void a_list_is_held_against_its_bounds(void **state)
{
    struct sample_entry entries[4];
    struct sample value = {.entries = {.set = true}};
    rn_str message;
    unsigned ids[4];
    int end = 0;

    (void)state;
    assert_message(&value, ONE VALUE("[]", "entries") LEN_MIN("1"));
    for (size_t i = 0; i < 4; i++) {
        entries[i] = (struct sample_entry){.key = RN_STR("ab"), .data = RN_STR("")};
    }
    value.entries = (struct rn_items){entries, 4, true};
    assert_int_equal(rn_shape_validate(&sample_shape, &value, arena, &message), RN_INVALID);
    message = rn_arena_dup(arena, message);
#define ENTRY "com.amazonaws.kinesis.v20131202.Entry@%8x"
    assert_int_equal(sscanf(message.data,
                            ONE VALUE("[" ENTRY ", " ENTRY ", " ENTRY ", " ENTRY "]", "entries")
                                LEN_MAX("3") "%n",
                            &ids[0], &ids[1], &ids[2], &ids[3], &end),
                     4);
    assert_int_equal(end, message.len);
}

static void a_list_of_strings_is_told_once_with_all_of_it(void **state)
{
    rn_str words[] = {RN_STR("ab"), RN_STR(""), RN_STR("toolong"), RN_STR("A")};
    struct sample value = {.words = {words, 3, true}};

    (void)state;
#define INNER "Member must satisfy constraint: [" LEN_MAX("4") ", " LEN_MIN("1") ", " PATTERN "]"
    assert_message(&value, ONE VALUE("[ab, , toolong]", "words") INNER);
    value.words.count = 4;
    assert_message(&value, "2 validation errors detected: " VALUE("[ab, , toolong, A]", "words")
                               LEN_MAX("3") "; " VALUE("[ab, , toolong, A]", "words") INNER);
    value.words = (struct rn_items){words + 3, 1, true};
    assert_message(&value, ONE VALUE("[A]", "words") INNER);
    value.words.count = 0;
    assert_message(&value, ONE VALUE("[]", "words") LEN_MIN("1"));
}

static void a_map_tells_its_bounds_then_its_keys_then_its_values(void **state)
{
    struct rn_pair tags[] = {{RN_STR(""), RN_STR("toolong")},
                             {RN_STR("a"), RN_STR("b")},
                             {RN_STR("c"), RN_STR("")},
                             {RN_STR("d"), RN_STR("e")}};
    struct sample value = {.tags = {tags, 4, true}};

    (void)state;
#define TAGS VALUE("{=toolong, a=b, c=, d=e}", "tags")
    assert_message(&value, "3 validation errors detected: " TAGS LEN_MAX(
                               "3") "; " TAGS
                                    "Map keys must satisfy constraint: [" LEN_MAX("4") ", " LEN_MIN(
                                        "1") "]; " TAGS
                                             "Map value must satisfy constraint: [" LEN_MAX(
                                                 "4") ", " LEN_MIN("0") "]");
    value.tags = (struct rn_items){.set = true};
    assert_message(&value, ONE VALUE("{}", "tags") LEN_MIN("1"));
}

static void members_are_told_in_the_order_of_the_table(void **state)
{
    struct sample value = {
        .count = {0, true}, .token = RN_STR("a"), .kind = RN_STR("x"), .name = RN_STR("A")};

    (void)state;
    assert_message(
        &value,
        "4 validation errors detected: " VALUE(
            "0", "count") "Member must have value greater than or equal to 1; " VALUE("A",
                                                                                      "streamName")
            PATTERN
        "; " VALUE("a", "token")
            LEN_MIN("2") "; " VALUE("x", "kind") "Member must satisfy enum value set: [ONE, TWO]");
}

static void never_more_than_ten_are_told(void **state)
{
    struct sample_entry entries[8];
    struct sample value = {.entries = {entries, 8, true}};
    rn_str message;
    size_t clauses = 0;

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        entries[i] = (struct sample_entry){.key = RN_STR("a"), .hash = RN_STR("")};
    }
    assert_int_equal(rn_shape_validate(&sample_shape, &value, arena, &message), RN_INVALID);
    message = rn_arena_dup(arena, message);
    assert_true(rn_str_starts(message, RN_STR("10 validation errors detected: Value '[com.")));
    for (const char *at = message.data; (at = strstr(at, " failed to satisfy constraint: "));
         at++) {
        clauses++;
    }
    assert_int_equal(clauses, RN_VIOLATIONS_MAX);
    /* the list is one, three entries are four each with their missing data */
    assert_non_null(strstr(message.data, "'entries.3.member.key'"));
    assert_null(strstr(message.data, "'entries.4."));
}

static void values_are_printed_as_they_came(void **state)
{
    struct sample value = {.name = RN_STR("it's\n\"\\")};

    (void)state;
    assert_message(&value, ONE VALUE("it's\n\"\\", "streamName") PATTERN);
    value.name = RN_STR("a\0b");
    rn_str message;
    assert_int_equal(rn_shape_validate(&sample_shape, &value, arena, &message), RN_INVALID);
    assert_true(rn_str_eq(
        message,
        RN_STR(ONE "Value 'a\0b' at 'streamName' failed to satisfy constraint: " PATTERN)));
}

static void an_arena_that_is_too_small_is_told(void **state)
{
    struct sample value = {.count = {0, true}};
    rn_str message = RN_STR("as it was");
    struct rn_arena *small = rn_arena_new(64);

    (void)state;
    assert_non_null(small);
    assert_int_equal(rn_shape_validate(&sample_shape, &value, small, &message), RN_NOMEM);
    assert_string_equal(message.data, "as it was");
    rn_arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_keeps_its_constraints_is_valid),
        cmocka_unit_test(the_recorded_text_of_a_blob_comes_out),
        cmocka_unit_test(numbers_are_held_against_their_bounds),
        cmocka_unit_test(within_a_string_pattern_comes_before_shortest_and_longest),
        cmocka_unit_test(an_enumeration_tells_its_values),
        cmocka_unit_test(strings_are_counted_in_utf16_units),
        cmocka_unit_test(a_required_member_that_is_absent_is_told_as_null),
        cmocka_unit_test(items_that_are_structures_are_told_one_by_one),
        cmocka_unit_test(a_list_is_held_against_its_bounds),
        cmocka_unit_test(a_list_of_strings_is_told_once_with_all_of_it),
        cmocka_unit_test(a_map_tells_its_bounds_then_its_keys_then_its_values),
        cmocka_unit_test(members_are_told_in_the_order_of_the_table),
        cmocka_unit_test(never_more_than_ten_are_told),
        cmocka_unit_test(values_are_printed_as_they_came),
        cmocka_unit_test(an_arena_that_is_too_small_is_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
