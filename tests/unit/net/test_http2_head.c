/* Header fields to a request, field by field. */
#include "net/grammar.h"
#include "net/http2_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SHOWN_MAX = RN_HTTP_HEADERS_MAX + RN_HTTP2_MORE_HEADERS_MAX };

static struct rn_arena *arena;
static struct rn_http_header shown[SHOWN_MAX];
static struct rn_http2_head head;

static int setup(void **state)
{
    (void)state;
    arena = rn_arena_new(1024 * 1024);
    rn_http2_head_init(&head, shown, arena);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rn_arena_free(arena);
    return 0;
}

static void add(const char *name, const char *value)
{
    assert_int_equal(rn_http2_head_add(&head, rn_str_c(name), rn_str_c(value)), RN_OK);
}

static void add_usual(void)
{
    add(":method", "POST");
    add(":scheme", "http");
    add(":path", "/");
}

static void expect_refused(int status)
{
    assert_int_equal(rn_http2_head_end(&head), RN_INVALID);
    assert_int_equal(head.status, status);
}

static bool shows(size_t at, const char *name, const char *value)
{
    return at < head.header_count && rn_str_eq(shown[at].name, rn_str_c(name)) &&
           rn_str_eq(shown[at].value, rn_str_c(value));
}

/* Fields live in a buffer of nghttp2's that is used again. */
static void what_is_shown_is_a_copy(void **state)
{
    char name[] = "x-a", value[] = "b";

    (void)state;
    add_usual();
    add(":authority", "h");
    add(name, value);
    name[0] = value[0] = '?';
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_true(shows(0, "x-a", "b"));
}

static void the_authority_is_shown_under_both_names(void **state)
{
    (void)state;
    add_usual();
    add(":authority", "h:1");
    add("x-a", "");
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_int_equal(head.header_count, 3);
    assert_true(shows(0, "x-a", ""));
    assert_true(shows(1, ":authority", "h:1"));
    assert_true(shows(2, "host", "h:1"));
}

static void a_host_is_shown_once(void **state)
{
    (void)state;
    add_usual();
    add(":authority", "h:1");
    add("host", "h:1");
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_int_equal(head.header_count, 2);
    assert_true(shows(0, "host", "h:1"));
    assert_true(shows(1, ":authority", "h:1"));
}

static void a_host_alone_will_do(void **state)
{
    (void)state;
    add_usual();
    add("host", "h:1");
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_int_equal(head.header_count, 1);
}

static void two_different_hosts_are_refused(void **state)
{
    (void)state;
    add_usual();
    add(":authority", "h:1");
    add("host", "h:2");
    expect_refused(400);
}

static void as_many_headers_as_in_http_1_are_taken(void **state)
{
    (void)state;
    add_usual();
    add(":authority", "h");
    for (int i = 0; i < RN_HTTP_HEADERS_MAX; i++) {
        add("x", "y");
    }
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_int_equal(head.header_count, SHOWN_MAX);
}

static void one_header_more_is_refused(void **state)
{
    (void)state;
    add_usual();
    for (int i = 0; i < RN_HTTP_HEADERS_MAX + 1; i++) {
        add("x", "y");
    }
    expect_refused(431);
}

/* Counted as the setting that tells it counts. */
static void a_head_may_be_as_long_as_was_told(void **state)
{
    static char value[RN_HTTP_HEAD_BYTES_MAX];
    size_t used = 3 * 32 + strlen(":method"
                                  "POST"
                                  ":scheme"
                                  "http"
                                  ":path"
                                  "/");
    size_t left = RN_HTTP_HEAD_BYTES_MAX - used - 32 - strlen("x");

    (void)state;
    memset(value, 'v', sizeof(value));
    for (size_t over = 0; over < 2; over++) {
        rn_http2_head_init(&head, shown, arena);
        add_usual();
        assert_int_equal(rn_http2_head_add(&head, RN_STR("x"), rn_str_make(value, left + over)),
                         RN_OK);
        assert_int_equal(rn_http2_head_end(&head), over ? RN_INVALID : RN_OK);
        assert_int_equal(head.status, over ? 431 : 0);
    }
}

static void the_rest_of_a_refused_head_is_counted_and_not_kept(void **state)
{
    static char value[8 * 1024];
    rn_err err = RN_OK;
    int fields = 0;

    (void)state;
    memset(value, 'v', sizeof(value));
    while (!err) {
        err = rn_http2_head_add(&head, RN_STR("x"), rn_str_make(value, sizeof(value)));
        fields++;
    }
    assert_int_equal(err, RN_TOO_LARGE);
    assert_int_equal(head.status, 431);
    assert_int_equal(head.header_count, 3);
    assert_int_equal(fields, RN_HTTP2_HEADS_TOLERATED * 4);
}

static void the_longest_target_is_that_of_http_1(void **state)
{
    static char path[RN_HTTP_REQUEST_LINE_BYTES_MAX];
    size_t longest = RN_HTTP_REQUEST_LINE_BYTES_MAX - strlen("POST  HTTP/2");

    (void)state;
    memset(path, 'p', sizeof(path));
    path[0] = '/';
    for (size_t over = 0; over < 2; over++) {
        rn_http2_head_init(&head, shown, arena);
        add(":method", "POST");
        assert_int_equal(
            rn_http2_head_add(&head, RN_STR(":path"), rn_str_make(path, longest + over)), RN_OK);
        assert_int_equal(rn_http2_head_end(&head), over ? RN_INVALID : RN_OK);
        assert_int_equal(head.status, over ? 414 : 0);
    }
}

static void methods_are_bounded_and_targets_are_clean(void **state)
{
    static const char *const rows[][2] = {
        {":method", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG"},
        {":method", "GE T"},
        {":path", "/a b"},
        {":path", "/a\x7f"},
        {":path", "/#"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rn_http2_head_init(&head, shown, arena);
        add_usual();
        add(rows[i][0], rows[i][1]);
        expect_refused(400);
    }
}

static void a_tunnel_is_not_built(void **state)
{
    (void)state;
    add(":method", "CONNECT");
    add(":authority", "h:1");
    expect_refused(501);
}

static void lengths_and_expectations_are_noted(void **state)
{
    (void)state;
    add_usual();
    add("content-length", "0042");
    add("expect", "100-Continue");
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_true(head.has_length && head.expects_continue);
    assert_int_equal(head.length, 42);
    rn_http2_head_init(&head, shown, arena);
    add_usual();
    add("content-length", "99999999999999999999999999");
    assert_int_equal(rn_http2_head_end(&head), RN_OK);
    assert_true(head.length == UINT64_MAX);
    rn_http2_head_init(&head, shown, arena);
    add_usual();
    add("expect", "more");
    expect_refused(417);
}

static void a_small_arena_is_told_of(void **state)
{
    struct rn_arena *small = rn_arena_new(8);

    (void)state;
    rn_http2_head_init(&head, shown, small);
    assert_int_equal(rn_http2_head_add(&head, RN_STR("x-long-name"), RN_STR("v")), RN_NOMEM);
    rn_arena_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        T(what_is_shown_is_a_copy),
        T(the_authority_is_shown_under_both_names),
        T(a_host_is_shown_once),
        T(a_host_alone_will_do),
        T(two_different_hosts_are_refused),
        T(as_many_headers_as_in_http_1_are_taken),
        T(one_header_more_is_refused),
        T(a_head_may_be_as_long_as_was_told),
        T(the_rest_of_a_refused_head_is_counted_and_not_kept),
        T(the_longest_target_is_that_of_http_1),
        T(methods_are_bounded_and_targets_are_clean),
        T(a_tunnel_is_not_built),
        T(lengths_and_expectations_are_noted),
        T(a_small_arena_is_told_of),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
