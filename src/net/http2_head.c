/* http2_head.c - see http2_head.h. */
#include "net/http2_head.h"

#include "net/grammar.h"

#include <assert.h>

void rn_http2_head_init(struct rn_http2_head *head, struct rn_http_header *headers,
                        struct rn_arena *arena)
{
    *head = (struct rn_http2_head){.headers = headers, .arena = arena};
}

/* The first reason counts. */
static void refuse(struct rn_http2_head *head, int status)
{
    if (head->status == 0) {
        head->status = status;
    }
}

static void show(struct rn_http2_head *head, rn_str name, rn_str value)
{
    assert(head->header_count < RN_HTTP_HEADERS_MAX + RN_HTTP2_MORE_HEADERS_MAX);
    head->headers[head->header_count++] = (struct rn_http_header){name, value};
}

/* ---- fields with a meaning here ---- */

static void note_method(struct rn_http2_head *head, rn_str value)
{
    head->method = value;
    if (value.len > RN_HTTP_METHOD_BYTES_MAX || !rn_http_all(value, RN_HTTP_TOKEN)) {
        refuse(head, 400);
    }
}

static void note_path(struct rn_http2_head *head, rn_str value)
{
    head->target = value;
    if (!rn_http_all(value, RN_HTTP_TARGET)) {
        refuse(head, 400);
    }
}

static void note_authority(struct rn_http2_head *head, rn_str value)
{
    head->authority = value;
}

static void note_host(struct rn_http2_head *head, rn_str value)
{
    head->host = value;
}

static void note_length(struct rn_http2_head *head, rn_str value)
{
    head->has_length = true;
    if (!rn_str_to_u64(value, &head->length)) {
        head->length = UINT64_MAX; /* digits they are, by nghttp2's check */
    }
}

static void note_expect(struct rn_http2_head *head, rn_str value)
{
    if (rn_str_ieq(value, RN_STR("100-continue"))) {
        head->expects_continue = true;
    } else {
        refuse(head, 417);
    }
}

static void note(struct rn_http2_head *head, rn_str name, rn_str value)
{
    static const struct {
        rn_str name;
        void (*note)(struct rn_http2_head *head, rn_str value);
    } rows[] = {
        {RN_STR_INIT(":method"), note_method},        {RN_STR_INIT(":path"), note_path},
        {RN_STR_INIT(":authority"), note_authority},  {RN_STR_INIT("host"), note_host},
        {RN_STR_INIT("content-length"), note_length}, {RN_STR_INIT("expect"), note_expect},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rn_str_eq(name, rows[i].name)) {
            rows[i].note(head, value);
            return;
        }
    }
}

/* ---- the head ---- */

/* False: over a limit. */
static bool has_room(struct rn_http2_head *head, rn_str name)
{
    if (head->bytes > RN_HTTP_HEAD_BYTES_MAX) {
        refuse(head, 431);
        return false;
    }
    if (name.data[0] != ':' && head->came++ == RN_HTTP_HEADERS_MAX) {
        refuse(head, 431);
        return false;
    }
    return true;
}

rn_err rn_http2_head_add(struct rn_http2_head *head, rn_str name, rn_str value)
{
    assert(name.len > 0);
    head->bytes += name.len + value.len + RN_HTTP2_FIELD_BYTES;
    if (head->bytes > (size_t)RN_HTTP_HEAD_BYTES_MAX * RN_HTTP2_HEADS_TOLERATED) {
        return RN_TOO_LARGE;
    }
    if (head->status != 0 || !has_room(head, name)) {
        return RN_OK;
    }
    name = rn_arena_dup(head->arena, name);
    value = rn_arena_dup(head->arena, value);
    if (!name.data || !value.data) {
        return RN_NOMEM;
    }
    note(head, name, value);
    if (name.data[0] != ':') {
        show(head, name, value);
    }
    return RN_OK;
}

static void show_authority(struct rn_http2_head *head)
{
    if (!head->authority.data) {
        return; /* a proxy's form: then there is a host */
    }
    if (head->host.data && !rn_str_eq(head->host, head->authority)) {
        refuse(head, 400);
        return;
    }
    show(head, RN_STR(":authority"), head->authority);
    if (!head->host.data) {
        show(head, RN_STR("host"), head->authority);
    }
}

rn_err rn_http2_head_end(struct rn_http2_head *head)
{
    if (head->status != 0) {
        return RN_INVALID;
    }
    if (!head->method.data || !head->target.data) {
        refuse(head, 501); /* CONNECT, the one method without a path: nothing is tunnelled here */
        return RN_INVALID;
    }
    if (head->method.len + head->target.len + strlen("  HTTP/2") > RN_HTTP_REQUEST_LINE_BYTES_MAX) {
        refuse(head, 414);
        return RN_INVALID;
    }
    rn_http_split_target(head->target, &head->path, &head->query);
    show_authority(head);
    return head->status ? RN_INVALID : RN_OK;
}
