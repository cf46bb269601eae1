/* Method: each body is decoded whole, and again in two pieces for every place to cut it, and byte
 * by byte. Pieces lie in memory of exactly their size. Data, end and refusal must be the same. */
#include "net/http1_chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

enum { DATA_BYTES = 32 * 1024, BYTES_MAX = 20000, CUTS_MAX = 500 };

struct result {
    rn_err err;
    int status;
    size_t used, len;
    char data[DATA_BYTES];
};

static void feed(struct rn_http1_chunks *chunks, const char *bytes, size_t len,
                 struct result *result)
{
    char *piece = malloc(len + (len == 0));
    size_t used = 0;
    size_t data = 0;

    assert_non_null(piece);
    memcpy(piece, bytes, len);
    result->err = rn_http1_chunks_read(chunks, piece, len, &used, &data);
    if (result->err == RN_OK || result->err == RN_WAIT) {
        assert_true(used <= len && data <= used && result->len + data <= DATA_BYTES);
        assert_true(result->err == RN_OK || used == len);
        memcpy(result->data + result->len, piece, data);
        result->len += data;
        result->used += used;
    }
    result->status = chunks->status;
    free(piece);
}

/* Pieces of `first` bytes, then of `rest`. */
static void decode(rn_str body, size_t first, size_t rest, struct result *result)
{
    struct rn_http1_chunks chunks;

    result->err = RN_WAIT;
    result->used = result->len = 0;
    result->status = 0;
    rn_http1_chunks_init(&chunks, BYTES_MAX);
    for (size_t at = 0; at < body.len && result->err == RN_WAIT;) {
        size_t piece = at == 0 ? first : rest;

        piece = piece < body.len - at ? piece : body.len - at;
        feed(&chunks, body.data + at, piece, result);
        at += piece;
    }
}

static void assert_same(const struct result *a, const struct result *b)
{
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->status, b->status);
    if (a->err == RN_OK || a->err == RN_WAIT) {
        assert_int_equal(a->used, b->used);
        assert_int_equal(a->len, b->len);
        assert_memory_equal(a->data, b->data, a->len);
    }
}

static struct result *decode_all_ways(rn_str body)
{
    static struct result whole, split;
    size_t step = body.len / CUTS_MAX + 1;

    decode(body, body.len, body.len, &whole);
    for (size_t cut = 1; cut < body.len; cut += step) {
        decode(body, cut, body.len, &split);
        assert_same(&whole, &split);
    }
    decode(body, 1, 1, &split);
    assert_same(&whole, &split);
    return &whole;
}

static void assert_data(rn_str body, rn_str data, size_t rest)
{
    struct result *result = decode_all_ways(body);

    assert_int_equal(result->err, RN_OK);
    assert_int_equal(result->used, body.len - rest);
    assert_int_equal(result->len, data.len);
    assert_memory_equal(result->data, data.data, data.len);
}

static void assert_refused(rn_str body, int status)
{
    struct result *result = decode_all_ways(body);

    if (result->status != status) {
        fail_msg("%d, not %d: %.*s", result->status, status, RN_STR_ARG(body));
    }
    assert_int_equal(result->err, status == 413 ? RN_TOO_LARGE : RN_INVALID);
}

static void the_data_of_all_chunks_is_the_body(void **state)
{
    (void)state;
    assert_data(RN_STR("0\r\n\r\n"), RN_STR(""), 0);
    assert_data(RN_STR("3\r\nabc\r\n0\r\n\r\n"), RN_STR("abc"), 0);
    assert_data(RN_STR("1\r\na\r\n2\r\nbc\r\n00A\r\n0123456789\r\n0\r\n\r\n"),
                RN_STR("abc0123456789"), 0);
    assert_data(RN_STR("b\r\nline\r\nline2\r\n0000\r\n\r\n"), RN_STR("line\r\nline2"), 0);
    assert_data(RN_STR("0000000000000002\r\n\0\n\r\n0\r\n\r\n"), RN_STR("\0\n"), 0);
}

static void what_follows_the_end_is_not_touched(void **state)
{
    (void)state;
    assert_data(RN_STR("1\r\na\r\n0\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), RN_STR("a"),
                strlen("0\r\n\r\nGET / HTTP/1.1\r\n"));
}

static void extensions_and_trailers_are_thrown_away(void **state)
{
    (void)state;
    assert_data(RN_STR("1;a=b;c=\"d e\"\r\nx\r\n0;z\r\n\r\n"), RN_STR("x"), 0);
    assert_data(RN_STR("1;\r\nx\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n"), RN_STR("x"), 0);
}

static void an_unfinished_body_waits_for_more(void **state)
{
    static const rn_str bodies[] = {
        RN_STR_INIT("3"),           RN_STR_INIT("3;x"),           RN_STR_INIT("3\r"),
        RN_STR_INIT("3\r\nab"),     RN_STR_INIT("3\r\nabc"),      RN_STR_INIT("3\r\nabc\r"),
        RN_STR_INIT("0\r\n"),       RN_STR_INIT("0\r\nA"),        RN_STR_INIT("0\r\nA: b\r"),
        RN_STR_INIT("0\r\nA:\r\n"), RN_STR_INIT("0\r\nA:\r\n\r"), RN_STR_INIT("3\r\nabc\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(decode_all_ways(bodies[i])->err, RN_WAIT);
    }
}

static void anything_but_the_one_form_is_refused(void **state)
{
    static const rn_str bodies[] = {
        RN_STR_INIT("\r\n"),
        RN_STR_INIT(";x\r\n"),
        RN_STR_INIT("x\r\n"),
        RN_STR_INIT("+1\r\na\r\n"),
        RN_STR_INIT("-1\r\na\r\n"),
        RN_STR_INIT("0x1\r\na\r\n"),
        RN_STR_INIT(" 1\r\na\r\n"),
        RN_STR_INIT("1 \r\na\r\n"),
        RN_STR_INIT("1_0\r\n"),
        RN_STR_INIT("1\na\n0\n\n"),
        RN_STR_INIT("1\r\r\n"),
        RN_STR_INIT("1\rxa\r\n"),
        RN_STR_INIT("1;a\nb\r\n"),
        RN_STR_INIT("1;a\0\r\n"),
        RN_STR_INIT("1;a\rb\r\n"),
        RN_STR_INIT("1;a\x7f\r\n"),
        RN_STR_INIT("1\r\nab\r\n"),
        RN_STR_INIT("1\r\na\n0\r\n\r\n"),
        RN_STR_INIT("1\r\na\rx"),
        RN_STR_INIT("1\r\na\r\n\r\n"),
        RN_STR_INIT("0\r\n\n"),
        RN_STR_INIT("0\r\n\rx"),
        RN_STR_INIT("0\r\nA: b\n\r\n"),
        RN_STR_INIT("0\r\nA: b\rc\r\n\r\n"),
        RN_STR_INIT("0\r\nA: \0\r\n\r\n"),
        RN_STR_INIT("0\r\n folded\r\n\r\n"),
        RN_STR_INIT("0\r\nA: b\r\n\tfolded\r\n\r\n"),
        RN_STR_INIT("00000000000000001\r\na\r\n"),
        RN_STR_INIT("fffffffffffffffff\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_refused(bodies[i], 400);
    }
}

/* ---- limits ---- */

static char text[512 * 1024];

static size_t repeat(size_t at, const char *part, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        assert_true(at + strlen(part) <= sizeof(text));
        memcpy(text + at, part, strlen(part));
        at += strlen(part);
    }
    return at;
}

static void a_body_over_its_limit_is_refused_before_its_data(void **state)
{
    size_t len;

    (void)state;
    assert_refused(RN_STR("4e21\r\n"), 413); /* 20001 */
    assert_refused(RN_STR("ffffffffffffffff\r\n"), 413);
    assert_refused(RN_STR("1\r\na\r\n4e20\r\n"), 413);
    assert_refused(RN_STR("1\r\na\r\nffffffffffffffff\r\n"), 413);
    len = repeat(0, "4e20\r\n", 1);
    len = repeat(len, "x", BYTES_MAX);
    assert_data(rn_str_make(text, repeat(len, "\r\n0\r\n\r\n", 1)),
                rn_str_make(text + 6, BYTES_MAX), 0);
    assert_refused(rn_str_make(text, repeat(len, "\r\n1\r\n", 1)), 413);
}

static void extensions_are_bounded_by_chunk_and_by_body(void **state)
{
    size_t len = repeat(0, "1;", 1);
    size_t chunks = RN_HTTP1_EXTENSIONS_BYTES_MAX / 16;

    (void)state;
    len = repeat(len, "e", RN_HTTP1_EXTENSION_BYTES_MAX);
    assert_data(rn_str_make(text, repeat(len, "\r\na\r\n0\r\n\r\n", 1)), RN_STR("a"), 0);
    assert_refused(rn_str_make(text, repeat(len, "e", 1)), 400);
    len = repeat(0, "1;123456789012345=\r\na\r\n", chunks);
    assert_int_equal(decode_all_ways(rn_str_make(text, len))->err, RN_WAIT);
    assert_refused(rn_str_make(text, repeat(len, "1;x", 1)), 400);
}

static void trailers_are_bounded(void **state)
{
    size_t len = repeat(0, "0\r\n", 1);

    (void)state;
    len = repeat(len, "A: 45678901234\r\n", RN_HTTP1_TRAILER_BYTES_MAX / 16);
    assert_data(rn_str_make(text, repeat(len, "\r\n", 1)), RN_STR(""), 0);
    len = repeat(len, "A: 45678901234\r\n", RN_HTTP1_TRAILER_BYTES_MAX / 16);
    assert_refused(rn_str_make(text, len), 431);
    len = repeat(repeat(0, "0\r\n", 1), "x", RN_HTTP1_TRAILER_BYTES_MAX + 1);
    assert_refused(rn_str_make(text, len), 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_data_of_all_chunks_is_the_body),
        cmocka_unit_test(what_follows_the_end_is_not_touched),
        cmocka_unit_test(extensions_and_trailers_are_thrown_away),
        cmocka_unit_test(an_unfinished_body_waits_for_more),
        cmocka_unit_test(anything_but_the_one_form_is_refused),
        cmocka_unit_test(a_body_over_its_limit_is_refused_before_its_data),
        cmocka_unit_test(extensions_are_bounded_by_chunk_and_by_body),
        cmocka_unit_test(trailers_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
