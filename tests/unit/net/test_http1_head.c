/* Method: each input is read whole, and again in two pieces for every place to cut it (long ones:
 * for some); what comes out must be the same each time. */
#include "net/grammar.h"
#include "net/http1_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START "POST / HTTP/1.1\r\nHost: h\r\n"

enum { INPUT_BYTES = 64 * 1024, CUTS_MAX = 400 };

struct result {
    rn_err err;
    struct rn_http1_head head;
    struct rn_http_header headers[RN_HTTP_HEADERS_MAX];
    size_t used;
};

/* In memory of exactly its size, so that a look past the end is seen. */
static char *exact(rn_str input)
{
    char *copy = malloc(input.len + (input.len == 0));

    assert_non_null(copy);
    if (input.len > 0) {
        memcpy(copy, input.data, input.len);
    }
    return copy;
}

static void read_in_pieces(const char *bytes, size_t cut, size_t len, struct result *result)
{
    *result = (struct result){.err = RN_WAIT};
    rn_http1_head_init(&result->head, result->headers);
    result->err = rn_http1_head_read(&result->head, bytes, cut, &result->used);
    if (result->err == RN_WAIT) {
        result->err = rn_http1_head_read(&result->head, bytes, len, &result->used);
    }
}

static void assert_same(const struct result *a, const struct result *b)
{
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->head.status, b->head.status);
    assert_int_equal(a->head.length, b->head.length);
    assert_int_equal(a->head.header_count, b->head.header_count);
    assert_memory_equal(a->headers, b->headers, a->head.header_count * sizeof(a->headers[0]));
    assert_true(a->head.path.data == b->head.path.data && a->head.path.len == b->head.path.len);
}

/* The result of the whole, checked against those in pieces. The caller frees *ret_bytes. */
static struct result read_head(rn_str input, char **ret_bytes)
{
    static struct result whole, split;
    char *bytes = exact(input);
    size_t step = input.len / CUTS_MAX + 1;

    read_in_pieces(bytes, input.len, input.len, &whole);
    for (size_t cut = 0; cut < input.len; cut += step) {
        read_in_pieces(bytes, cut, input.len, &split);
        assert_same(&whole, &split);
    }
    *ret_bytes = bytes;
    return whole;
}

static int status_of(rn_str input)
{
    char *bytes;
    struct result result = read_head(input, &bytes);

    free(bytes);
    if (result.err == RN_INVALID) {
        return result.head.status;
    }
    return result.err == RN_OK ? 200 : 0; /* 0: it waits for more */
}

struct row {
    rn_str input;
    int status;
};
#define ROW(text, wanted)         \
    {                             \
        RN_STR_INIT(text), wanted \
    }

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = status_of(rows[i].input);

        if (status != rows[i].status) {
            fail_msg("%d, not %d: %.*s", status, rows[i].status, RN_STR_ARG(rows[i].input));
        }
    }
}

static void request_lines_of_one_form_are_read_and_no_others(void **state)
{
    static const struct row rows[] = {
        ROW("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("M-1.x!#$%&'*+^_`|~ / HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("GET HTTPS://h HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTP/1.1 x\r\nHost: h\r\n\r\n", 400),
        ROW("GET /\r\n", 400),
        ROW("GET\r\n", 400),
        ROW("G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("A234567890123456789012345678901 / HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ROW("A23456789012345678901234567890123 / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("\x16\x03\x01\r\n", 400),
        ROW("\0\r\n", 400),
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void any_version_but_1_1_is_refused(void **state)
{
    static const struct row rows[] = {
        ROW("GET / HTTP/1.0\r\nHost: h\r\n\r\n", 505),
        ROW("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
        ROW("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        ROW("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
        ROW("GET / HTTP/9.1\r\nHost: h\r\n\r\n", 505),
        ROW("GET / http/1.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTP/11\r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTP/1,1\r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTP/x.1\r\nHost: h\r\n\r\n", 400),
        ROW("GET / HTTQ/1.1\r\nHost: h\r\n\r\n", 400),
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void header_lines_of_one_form_are_read_and_no_others(void **state)
{
    static const struct row rows[] = {
        ROW(START "\r\n", 200),
        ROW(START "A:b\r\nB: \t c \t\r\nC:\r\nD: e f:g\r\n\r\n", 200),
        ROW(START "High: \x80\xff\r\n\r\n", 200),
        ROW(START "!#$%&'*+-.^_`|~9z: x\r\n\r\n", 200),
        ROW(START "No-Colon\r\n\r\n", 400),
        ROW(START ": no name\r\n\r\n", 400),
        ROW(START "Blank : x\r\n\r\n", 400),
        ROW(START "Two Words: x\r\n\r\n", 400),
        ROW(START "N(me: x\r\n\r\n", 400),
        ROW(START "N\xe4me: x\r\n\r\n", 400),
        ROW(START "Folded: a\r\n b\r\n\r\n", 400),
        ROW(START "Folded: a\r\n\tb: c\r\n\r\n", 400),
        ROW(START " First: folded\r\n\r\n", 400),
        ROW(START "Nul: a\0b\r\n\r\n", 400),
        ROW(START "N\0l: a\r\n\r\n", 400),
        ROW(START "Control: a\x01\r\n\r\n", 400),
        ROW(START "Delete: a\x7f\r\n\r\n", 400),
        ROW(START "Bare-Lf: a\nB: c\r\n\r\n", 400),
        ROW(START "Bare-Cr: a\rB: c\r\n\r\n", 400),
        ROW(START "Two-Cr: a\r\r\n\r\n", 400),
        ROW(START "\n", 400),
        ROW(START "\r\r\n", 400),
        ROW("POST / HTTP/1.1\nHost: h\n\n", 400),
        ROW("POST / HTTP/1.1\rHost: h\r\n\r\n", 400),
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void whatever_could_frame_a_body_in_two_ways_is_refused(void **state)
{
    static const struct row rows[] = {
        ROW(START "Content-Length: 0\r\n\r\n", 200),
        ROW(START "Content-Length: 00017\r\n\r\n", 200),
        ROW(START "Transfer-Encoding: chunked\r\n\r\n", 200),
        ROW(START "transfer-ENCODING: CHUNKED\r\n\r\n", 200),
        ROW(START "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 400),
        ROW(START "Content-Length: 2\r\ncontent-length: 3\r\n\r\n", 400),
        ROW(START "Content-Length: 2, 2\r\n\r\n", 400),
        ROW(START "Content-Length: +2\r\n\r\n", 400),
        ROW(START "Content-Length: -2\r\n\r\n", 400),
        ROW(START "Content-Length: 0x2\r\n\r\n", 400),
        ROW(START "Content-Length: 2 2\r\n\r\n", 400),
        ROW(START "Content-Length: 2.0\r\n\r\n", 400),
        ROW(START "Content-Length:\r\n\r\n", 400),
        ROW(START "Content-Length : 2\r\n\r\n", 400),
        ROW(START "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ROW(START "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 400),
        ROW(START "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ROW(START "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
        ROW(START "Transfer-Encoding: gzip\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: chunked, gzip\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: chunked, chunked\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: identity\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: \"chunked\"\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: xchunked\r\n\r\n", 501),
        ROW(START "Transfer-Encoding:\r\n\r\n", 501),
        ROW(START "Transfer-Encoding: \x0b"
                  "chunked\r\n\r\n",
            400),
        ROW(START "Host: h\r\n\r\n", 400),
        ROW("POST / HTTP/1.1\r\n\r\n", 400),
        ROW("POST / HTTP/1.1\r\nHost:\r\n\r\n", 200),
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void an_unfinished_head_waits_for_more(void **state)
{
    static const struct row rows[] = {
        ROW("", 0),
        ROW("\r", 0),
        ROW("\r\n", 0),
        ROW("GET / HTTP", 0),
        ROW("GET / HTTP/9\r", 0),
        ROW(START, 0),
        ROW(START "\r", 0),
        ROW(START "Bad\x01", 0),
    };

    (void)state;
    check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void the_parts_of_a_request_are_told_as_sent(void **state)
{
    static const char input[] = "PUT /a/b?c=d?e HTTP/1.1\r\nHost: h:1\r\nContent-Length: 7\r\n"
                                "X-One:  two three\t\r\n\r\nBODY...GET /";
    char *bytes;
    struct result result = read_head(rn_str_c(input), &bytes);
    const struct rn_http_header *last = &result.headers[2];

    (void)state;
    assert_int_equal(result.err, RN_OK);
    assert_int_equal(result.used, sizeof(input) - 1 - strlen("BODY...GET /"));
    assert_true(rn_str_eq(result.head.method, RN_STR("PUT")));
    assert_true(rn_str_eq(result.head.path, RN_STR("/a/b")));
    assert_true(rn_str_eq(result.head.query, RN_STR("c=d?e")));
    assert_int_equal(result.head.header_count, 3);
    assert_true(rn_str_eq(last->name, RN_STR("X-One")));
    assert_true(rn_str_eq(last->value, RN_STR("two three")));
    assert_true(result.head.has_length && result.head.length == 7 && !result.head.is_chunked);
    assert_true(result.head.keeps_alive && !result.head.expects_continue);
    free(bytes);
}

static void assert_target(const char *target, const char *path, const char *query)
{
    char input[256], *bytes;
    int len = snprintf(input, sizeof(input), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
    struct result result = read_head(rn_str_make(input, (size_t)len), &bytes);

    assert_int_equal(result.err, RN_OK);
    assert_true(rn_str_eq(result.head.path, rn_str_c(path)));
    assert_int_equal(result.head.query.data != NULL, query != NULL);
    assert_true(!query || rn_str_eq(result.head.query, rn_str_c(query)));
    free(bytes);
}

static void a_target_is_its_path_and_its_query(void **state)
{
    (void)state;
    assert_target("/", "/", NULL);
    assert_target("/?", "/", "");
    assert_target("/%2F//x?a", "/%2F//x", "a");
    assert_target("*", "*", NULL);
    assert_target("http://h:80/p?q", "/p", "q");
    assert_target("http://h?q", "/", "q");
    assert_target("https://h", "/", NULL);
}

static bool keeps_alive(const char *header)
{
    char input[256], *bytes;
    int len = snprintf(input, sizeof(input), START "%s\r\n\r\n", header);
    struct result result = read_head(rn_str_make(input, (size_t)len), &bytes);

    assert_int_equal(result.err, RN_OK);
    free(bytes);
    return result.head.keeps_alive;
}

static void a_connection_is_kept_unless_the_client_says_close(void **state)
{
    (void)state;
    assert_true(keeps_alive("Connection: keep-alive"));
    assert_true(keeps_alive("Connection:"));
    assert_true(keeps_alive("Connection: closed"));
    assert_false(keeps_alive("Connection: close"));
    assert_false(keeps_alive("connection: te ,\tCLOSE, x"));
    assert_false(keeps_alive("Connection: close\r\nConnection: keep-alive"));
}

static void a_client_may_expect_100_and_nothing_else(void **state)
{
    char *bytes;
    struct result result = read_head(RN_STR(START "Expect: 100-Continue\r\n\r\n"), &bytes);

    (void)state;
    assert_int_equal(result.err, RN_OK);
    assert_true(result.head.expects_continue);
    free(bytes);
    assert_int_equal(status_of(RN_STR(START "Expect: a miracle\r\n\r\n")), 417);
}

/* ---- limits ---- */

/* `start`, then `fill` times 'a', then `end`. */
static int status_of_long(const char *start, size_t fill, const char *end)
{
    char *input = malloc(INPUT_BYTES);
    size_t len = strlen(start);
    int status;

    assert_non_null(input);
    assert_true(len + fill + strlen(end) <= INPUT_BYTES);
    memcpy(input, start, len);
    memset(input + len, 'a', fill);
    memcpy(input + len + fill, end, strlen(end));
    status = status_of(rn_str_make(input, len + fill + strlen(end)));
    free(input);
    return status;
}

static void a_head_has_a_greatest_size(void **state)
{
    size_t around = strlen(START "Long: \r\n\r\n");

    (void)state;
    assert_int_equal(status_of_long(START "Long: ", RN_HTTP_HEAD_BYTES_MAX - around, "\r\n\r\n"),
                     200);
    assert_int_equal(
        status_of_long(START "Long: ", RN_HTTP_HEAD_BYTES_MAX - around + 1, "\r\n\r\n"), 431);
    assert_int_equal(status_of_long(START "Long: ", RN_HTTP_HEAD_BYTES_MAX, ""), 431);
    assert_int_equal(status_of_long(START, RN_HTTP_HEAD_BYTES_MAX, ""), 431);
}

static void a_request_line_has_a_greatest_size(void **state)
{
    size_t around = strlen("GET / HTTP/1.1");
    const char *end = " HTTP/1.1\r\nHost: h\r\n\r\n";

    (void)state;
    assert_int_equal(status_of_long("GET /", RN_HTTP_REQUEST_LINE_BYTES_MAX - around, end), 200);
    assert_int_equal(status_of_long("GET /", RN_HTTP_REQUEST_LINE_BYTES_MAX - around + 1, end),
                     414);
    assert_int_equal(status_of_long("GET /", RN_HTTP_REQUEST_LINE_BYTES_MAX, ""), 414);
}

static int status_of_headers(int count)
{
    static char input[INPUT_BYTES];
    size_t len = 0;

    len += (size_t)snprintf(input, sizeof(input), START);
    for (int i = 1; i < count; i++) { /* Host is the first */
        len += (size_t)snprintf(input + len, sizeof(input) - len, "X-%d: x\r\n", i);
    }
    len += (size_t)snprintf(input + len, sizeof(input) - len, "\r\n");
    return status_of(rn_str_make(input, len));
}

static void headers_have_a_greatest_number(void **state)
{
    (void)state;
    assert_int_equal(status_of_headers(RN_HTTP_HEADERS_MAX), 200);
    assert_int_equal(status_of_headers(RN_HTTP_HEADERS_MAX + 1), 431);
}

static void a_length_beyond_counting_is_the_greatest(void **state)
{
    char *bytes;
    struct result result =
        read_head(RN_STR(START "Content-Length: 99999999999999999999999\r\n\r\n"), &bytes);

    (void)state;
    assert_int_equal(result.err, RN_OK);
    assert_true(result.head.length == UINT64_MAX);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_lines_of_one_form_are_read_and_no_others),
        cmocka_unit_test(any_version_but_1_1_is_refused),
        cmocka_unit_test(header_lines_of_one_form_are_read_and_no_others),
        cmocka_unit_test(whatever_could_frame_a_body_in_two_ways_is_refused),
        cmocka_unit_test(an_unfinished_head_waits_for_more),
        cmocka_unit_test(the_parts_of_a_request_are_told_as_sent),
        cmocka_unit_test(a_target_is_its_path_and_its_query),
        cmocka_unit_test(a_connection_is_kept_unless_the_client_says_close),
        cmocka_unit_test(a_client_may_expect_100_and_nothing_else),
        cmocka_unit_test(a_head_has_a_greatest_size),
        cmocka_unit_test(a_request_line_has_a_greatest_size),
        cmocka_unit_test(headers_have_a_greatest_number),
        cmocka_unit_test(a_length_beyond_counting_is_the_greatest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
