/* The canonical request, line by line: the traps of path, query and headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "auth/canonical.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { ARENA_BYTES = 1 << 20 };

static struct rn_arena *arena;
static uint8_t empty_sha256[RN_SHA256_BYTES];

static int set_up(void **state)
{
    (void)state;
    arena = rn_arena_new(ARENA_BYTES);
    rn_sha256(RN_STR(""), empty_sha256);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rn_arena_free(arena);
    return 0;
}

static rn_str canonical(const struct rn_sig_request *request, rn_str without, const char *list)
{
    struct rn_sig_query query;
    rn_str text;

    assert_int_equal(rn_sig_query_parse(request->query, arena, &query), RN_OK);
    assert_int_equal(rn_sig_canonical(request, &query, without, rn_str_c(list), arena, &text),
                     RN_OK);
    return rn_arena_dup(arena, text);
}

static void assert_path(const char *path, const char *expected)
{
    struct rn_sig_request request = {
        .method = RN_STR("GET"), .path = rn_str_c(path), .body_sha256 = empty_sha256};
    char text[1024];

    snprintf(text, sizeof(text), "GET\n%s\n\n\n\n" EMPTY_SHA256, expected);
    assert_string_equal(canonical(&request, RN_STR_NONE, "").data, text);
}

static void assert_query(const char *query, const char *expected)
{
    struct rn_sig_request request = {.method = RN_STR("GET"),
                                     .path = RN_STR("/"),
                                     .query = rn_str_c(query),
                                     .body_sha256 = empty_sha256};
    char text[1024];

    snprintf(text, sizeof(text), "GET\n/\n%s\n\n\n" EMPTY_SHA256, expected);
    assert_string_equal(canonical(&request, RN_STR("X-Amz-Signature"), "").data, text);
}

static void assert_headers(const struct rn_sig_header *headers, size_t count, const char *list,
                           const char *expected)
{
    struct rn_sig_request request = {.method = RN_STR("GET"),
                                     .path = RN_STR("/"),
                                     .headers = headers,
                                     .header_count = count,
                                     .body_sha256 = empty_sha256};
    char text[1024];

    snprintf(text, sizeof(text), "GET\n/\n\n%s\n%s\n" EMPTY_SHA256, expected, list);
    assert_string_equal(canonical(&request, RN_STR_NONE, list).data, text);
}

static void an_empty_path_is_a_slash(void **state)
{
    (void)state;
    assert_path("", "/");
    assert_path("/", "/");
}

static void dot_segments_and_doubled_slashes_vanish(void **state)
{
    static const char *const cases[][2] = {
        {"//", "/"},           {"//example//", "/example/"},
        {"/./", "/"},          {"/./example", "/example"},
        {"/example/..", "/"},  {"/example1/example2/../..", "/"},
        {"/..", "/"},          {"/../../a", "/a"},
        {"/a/b/../c", "/a/c"}, {"/a/b/../", "/a/"},
        {"/a/.", "/a"},        {"/a/...", "/a/..."},
        {"/.a/b.", "/.a/b."},  {"a", "/a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_path(cases[i][0], cases[i][1]);
    }
}

static void the_wire_path_is_encoded_once_more(void **state)
{
    (void)state;
    assert_path("/a%20b", "/a%2520b");
    assert_path("/example space/", "/example%20space/");
    assert_path("/\xe1\x88\xb4", "/%E1%88%B4");
    assert_path("/-._~0123456789abcXYZ", "/-._~0123456789abcXYZ");
    assert_path("/a+b=c&d:e@f*", "/a%2Bb%3Dc%26d%3Ae%40f%2A");
    assert_path("/%2e%2e/a", "/%252e%252e/a"); /* no dot segment on the wire */
}

static void parameters_are_sorted_as_pairs(void **state)
{
    (void)state;
    assert_query("Param2=value2&Param1=value1", "Param1=value1&Param2=value2");
    assert_query("Param1=value2&Param1=Value1", "Param1=Value1&Param1=value2");
    assert_query("Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
                 "%E1%88%B4=Value1&Param=Value2&Param-3=Value3");
    assert_query("b&a&a=0", "a=&a=0&b=");
}

static void parameters_are_decoded_and_encoded_strictly(void **state)
{
    (void)state;
    assert_query("a=b%20c&d=e+f", "a=b%20c&d=e%20f");
    assert_query("%61=%7E%2d%2f", "a=~-%2F");
    assert_query("a=b=c", "a=b%3Dc");
    assert_query("a=%e1%88%B4", "a=%E1%88%B4");
    assert_query("=x", "=x");
    assert_query("&&a=1&&", "a=1");
    assert_query("a=%&b=%4&c=%zz&d=%4z", "a=%25&b=%254&c=%25zz&d=%254z");
    assert_query("@#a:/*'()", "%40%23a%3A%2F%2A%27%28%29=");
}

static void only_the_signature_is_left_out(void **state)
{
    (void)state;
    assert_query("X-Amz-Signature=1&a=2&X-Amz-Security-Token=3&X-Amz-Signature=4",
                 "X-Amz-Security-Token=3&a=2");
    assert_query("x-amz-signature=1", "x-amz-signature=1");
    assert_query("X-Amz-Signature=1", "");
}

static void the_first_of_equal_parameters_is_found(void **state)
{
    struct rn_sig_query query;

    (void)state;
    assert_int_equal(rn_sig_query_parse(RN_STR("a=1&%61=2&A=3&b"), arena, &query), RN_OK);
    assert_true(rn_str_eq(rn_sig_query_find(&query, RN_STR("a")), RN_STR("1")));
    assert_non_null(rn_sig_query_find(&query, RN_STR("b")).data); /* empty, not absent */
    assert_int_equal(rn_sig_query_find(&query, RN_STR("b")).len, 0);
    assert_null(rn_sig_query_find(&query, RN_STR("c")).data);
}

static void header_values_are_trimmed_and_their_blanks_collapsed(void **state)
{
    static const struct rn_sig_header headers[] = {
        {RN_STR_INIT("A"), RN_STR_INIT("  value  ")},
        {RN_STR_INIT("b"), RN_STR_INIT("\"a   b   c\"")},
        {RN_STR_INIT("C"), RN_STR_INIT("value1\r\n  value2\r\n\t value3")}, /* folded */
        {RN_STR_INIT("d"), RN_STR_INIT(" \t ")},
        {RN_STR_INIT("E"), RN_STR_INIT("attempt=1;   max=4")},
    };

    (void)state;
    assert_headers(headers, 5, "a;b;c;d;e",
                   "a:value\nb:\"a b c\"\nc:value1 value2 value3\nd:\ne:attempt=1; max=4\n");
}

static void repeated_headers_are_joined_in_arrival_order(void **state)
{
    static const struct rn_sig_header headers[] = {
        {RN_STR_INIT("X"), RN_STR_INIT(" value4")},
        {RN_STR_INIT("other"), RN_STR_INIT("o")},
        {RN_STR_INIT("x"), RN_STR_INIT("value1 ")},
        {RN_STR_INIT("x"), RN_STR_INIT("value3")},
    };

    (void)state;
    assert_headers(headers, 4, "other;x", "other:o\nx:value4,value1,value3\n");
}

static void the_list_stays_as_sent_while_names_are_lowered(void **state)
{
    static const struct rn_sig_header headers[] = {{RN_STR_INIT("hOst"), RN_STR_INIT("h:1")}};

    (void)state;
    assert_headers(headers, 1, "Host;Absent", "host:h:1\nabsent:\n");
    assert_headers(headers, 1, ":authority;host", ":authority:h:1\nhost:h:1\n");
}

static void a_name_listed_twice_is_invalid(void **state)
{
    struct rn_sig_request request = {
        .method = RN_STR("GET"), .path = RN_STR("/"), .body_sha256 = empty_sha256};
    struct rn_sig_query query = {0};
    rn_str text;

    (void)state;
    assert_int_equal(rn_sig_canonical(&request, &query, RN_STR_NONE, RN_STR("a;b;A"), arena, &text),
                     RN_INVALID);
    assert_int_equal(rn_sig_canonical(&request, &query, RN_STR_NONE, RN_STR(";;"), arena, &text),
                     RN_INVALID);
}

static void lists_and_queries_have_limits(void **state)
{
    char list[RN_SIG_HEADERS_MAX * 4 + 16], parameters[2 * RN_SIG_PARAMS_MAX + 2];
    struct rn_sig_request request = {
        .method = RN_STR("GET"), .path = RN_STR("/"), .body_sha256 = empty_sha256};
    struct rn_sig_query query = {0};
    rn_str text;

    (void)state;
    for (int i = 0; i < RN_SIG_HEADERS_MAX + 1; i++) {
        snprintf(list + i * 4, 16, "%03d;", i);
    }
    assert_int_equal(rn_sig_canonical(&request, &query, RN_STR_NONE,
                                      rn_str_make(list, RN_SIG_HEADERS_MAX * 4), arena, &text),
                     RN_OK);
    assert_int_equal(rn_sig_canonical(&request, &query, RN_STR_NONE,
                                      rn_str_make(list, RN_SIG_HEADERS_MAX * 4 + 4), arena, &text),
                     RN_INVALID);
    for (size_t i = 0; i < RN_SIG_PARAMS_MAX + 1; i++) {
        memcpy(parameters + 2 * i, "&a", 2);
    }
    assert_int_equal(
        rn_sig_query_parse(rn_str_make(parameters + 1, 2 * RN_SIG_PARAMS_MAX - 1), arena, &query),
        RN_OK);
    assert_int_equal(query.count, RN_SIG_PARAMS_MAX);
    assert_int_equal(
        rn_sig_query_parse(rn_str_make(parameters + 1, 2 * RN_SIG_PARAMS_MAX + 1), arena, &query),
        RN_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_path_is_a_slash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dot_segments_and_doubled_slashes_vanish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_wire_path_is_encoded_once_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parameters_are_sorted_as_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(parameters_are_decoded_and_encoded_strictly, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_the_signature_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_of_equal_parameters_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_values_are_trimmed_and_their_blanks_collapsed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeated_headers_are_joined_in_arrival_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_list_stays_as_sent_while_names_are_lowered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_name_listed_twice_is_invalid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_and_queries_have_limits, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
