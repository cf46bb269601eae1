/* HTTP/1.1 as bytes: the head of a request, and a chunked body.
 *
 * INPUT   cut (u8, of 256) · a request: its head, and right behind it what may be a chunked body
 * The parts are read as one piece, then in two pieces cut at that place, then byte by byte if they
 * are short. The results must be equal, and what is accepted must keep the promises of the headers.
 * All pieces lie in memory of exactly their size. */
#include <assert.h>
#include <stdlib.h>

#include "net/http1_chunk.h"
#include "net/http1_head.h"

enum { BODY_BYTES_MAX = 4096, BYTE_BY_BYTE_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_of(const void *bytes, size_t len)
{
    char *copy = malloc(len + (len == 0));

    assert(copy);
    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

/* ---- the head ---- */

struct head {
    rn_err err;
    size_t used;
    struct rn_http1_head parsed;
    struct rn_http_header headers[RN_HTTP_HEADERS_MAX];
};

/* First `cut` bytes, then `step` more each time. */
static void read_head(const char *bytes, size_t len, size_t cut, size_t step, struct head *head)
{
    size_t have = cut;

    head->used = 0;
    rn_http1_head_init(&head->parsed, head->headers);
    for (;;) {
        head->err = rn_http1_head_read(&head->parsed, bytes, have, &head->used);
        if (head->err != RN_WAIT || have == len) {
            return;
        }
        have = step < len - have ? have + step : len;
    }
}

static void check_text(rn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        assert(text.data[i] != '\r' && text.data[i] != '\n' && text.data[i] != '\0');
    }
}

static void check_inside(rn_str part, const char *bytes, size_t len)
{
    assert(part.data >= bytes && part.data + part.len <= bytes + len);
    check_text(part);
}

static void check_accepted(const struct head *head, const char *bytes)
{
    const struct rn_http1_head *parsed = &head->parsed;
    size_t hosts = 0, lengths = 0, codings = 0;

    assert(head->used >= 4 && head->used <= RN_HTTP_HEAD_BYTES_MAX);
    assert(memcmp(bytes + head->used - 4, "\r\n\r\n", 4) == 0);
    check_inside(parsed->method, bytes, head->used);
    assert(parsed->method.len > 0 && parsed->path.len > 0);
    check_text(parsed->path);
    if (parsed->query.data) {
        check_inside(parsed->query, bytes, head->used);
    }
    for (size_t i = 0; i < parsed->header_count; i++) {
        const struct rn_http_header *header = &head->headers[i];

        check_inside(header->name, bytes, head->used);
        check_inside(header->value, bytes, head->used);
        assert(header->name.len > 0 && rn_str_find(header->name, ' ', 0) == header->name.len);
        hosts += rn_str_ieq(header->name, RN_STR("host"));
        lengths += rn_str_ieq(header->name, RN_STR("content-length"));
        codings += rn_str_ieq(header->name, RN_STR("transfer-encoding"));
    }
    assert(hosts == 1 && lengths + codings <= 1);
    assert(parsed->has_length == (lengths == 1) && parsed->is_chunked == (codings == 1));
    assert(parsed->has_length || parsed->length == 0);
}

static void check_refused(const struct head *head)
{
    int status = head->parsed.status;

    assert(head->err == RN_INVALID);
    assert(status == 400 || status == 414 || status == 417 || status == 431 || status == 501 ||
           status == 505);
}

static void check_same_head(const struct head *a, const struct head *b)
{
    assert(a->err == b->err && a->used == b->used);
    assert(a->parsed.status == b->parsed.status && a->parsed.length == b->parsed.length);
    assert(a->parsed.is_chunked == b->parsed.is_chunked);
    assert(a->parsed.keeps_alive == b->parsed.keeps_alive);
    assert(a->parsed.expects_continue == b->parsed.expects_continue);
    assert(rn_str_eq(a->parsed.path, b->parsed.path));
    assert(a->parsed.header_count == b->parsed.header_count);
    for (size_t i = 0; i < a->parsed.header_count; i++) {
        assert(rn_str_eq(a->headers[i].name, b->headers[i].name));
        assert(rn_str_eq(a->headers[i].value, b->headers[i].value));
    }
}

/* How long the head is; 0 when there is none. */
static size_t fuzz_head(const char *bytes, size_t len, size_t cut)
{
    static struct head whole, split;

    read_head(bytes, len, len, 1, &whole);
    if (whole.err == RN_OK) {
        check_accepted(&whole, bytes);
    } else if (whole.err != RN_WAIT) {
        check_refused(&whole);
    }
    read_head(bytes, len, cut, len, &split);
    check_same_head(&whole, &split);
    if (len <= BYTE_BY_BYTE_MAX) {
        read_head(bytes, len, 0, 1, &split);
        check_same_head(&whole, &split);
    }
    return whole.err == RN_OK ? whole.used : 0;
}

/* ---- the body ---- */

struct body {
    rn_err err;
    int status;
    size_t used, len;
    char data[BODY_BYTES_MAX];
};

static void feed(struct rn_http1_chunks *chunks, const char *bytes, size_t len, struct body *body)
{
    char *piece = copy_of(bytes, len);
    size_t used = 0, data = 0;

    body->err = rn_http1_chunks_read(chunks, piece, len, &used, &data);
    body->status = chunks->status;
    if (body->err == RN_OK || body->err == RN_WAIT) {
        assert(data <= used && used <= len && (body->err == RN_OK || used == len));
        assert(data <= BODY_BYTES_MAX - body->len);
        memcpy(body->data + body->len, piece, data);
        body->len += data;
        body->used += used;
    } else {
        assert(body->status == 400 || body->status == 413 || body->status == 431);
        assert((body->status == 413) == (body->err == RN_TOO_LARGE));
    }
    free(piece);
}

static void read_body(const char *bytes, size_t len, size_t cut, size_t step, struct body *body)
{
    struct rn_http1_chunks chunks;
    size_t at = 0;

    body->err = RN_WAIT;
    body->status = 0;
    body->used = body->len = 0;
    rn_http1_chunks_init(&chunks, BODY_BYTES_MAX);
    while (body->err == RN_WAIT && at < len) {
        size_t piece = at == 0 && cut > 0 ? cut : step;

        piece = piece < len - at ? piece : len - at;
        feed(&chunks, bytes + at, piece, body);
        at += piece;
    }
}

static void check_same_body(const struct body *a, const struct body *b)
{
    assert(a->err == b->err && a->status == b->status);
    if (a->err == RN_OK || a->err == RN_WAIT) {
        assert(a->used == b->used && a->len == b->len);
        assert(memcmp(a->data, b->data, a->len) == 0);
    }
}

static void fuzz_body(const char *bytes, size_t len, size_t cut)
{
    static struct body whole, split;

    read_body(bytes, len, len, len, &whole);
    read_body(bytes, len, cut, len, &split);
    check_same_body(&whole, &split);
    if (len <= BYTE_BY_BYTE_MAX) {
        read_body(bytes, len, 1, 1, &split);
        check_same_body(&whole, &split);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes;
    size_t len, head_len;

    if (size == 0) {
        return 0;
    }
    len = size - 1;
    bytes = copy_of(data + 1, len);
    head_len = fuzz_head(bytes, len, len * data[0] / 256);
    len -= head_len;
    fuzz_body(bytes + head_len, len, len * data[0] / 256);
    free(bytes);
    return 0;
}
