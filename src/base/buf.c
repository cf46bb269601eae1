/* buf.c - growth by doubling up to the limit; failure is remembered, not reported each time. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 256 };

void rn_buf_init(struct rn_buf *buf, size_t limit_bytes)
{
    *buf = (struct rn_buf){.limit = limit_bytes};
}

void rn_buf_done(struct rn_buf *buf)
{
    free(buf->data);
    *buf = (struct rn_buf){.limit = buf->limit};
}

void rn_buf_clear(struct rn_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

static bool grow(struct rn_buf *buf, size_t needed)
{
    size_t cap = buf->cap ? buf->cap : FIRST_BYTES;
    char *data;

    while (cap < needed) {
        cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    }
    if (cap > buf->limit) {
        cap = buf->limit;
    }
    data = realloc(buf->data, cap);
    if (!data) {
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

char *rn_buf_reserve(struct rn_buf *buf, size_t bytes)
{
    assert(buf->len <= buf->cap);
    if (buf->failed || bytes > buf->limit - buf->len) {
        buf->failed = true;
        return NULL;
    }
    /* data stays NULL only while nothing was ever reserved; a reserve of 0 still gives a place */
    if ((bytes > buf->cap - buf->len || !buf->data) && !grow(buf, buf->len + (bytes ? bytes : 1))) {
        buf->failed = true;
        return NULL;
    }
    return buf->data + buf->len;
}

void rn_buf_add(struct rn_buf *buf, const void *bytes, size_t len)
{
    char *at;

    if (len == 0) {
        return;
    }
    at = rn_buf_reserve(buf, len);
    if (at) {
        memcpy(at, bytes, len);
        buf->len += len;
    }
}

void rn_buf_add_str(struct rn_buf *buf, rn_str s)
{
    rn_buf_add(buf, s.data, s.len);
}

void rn_buf_add_c(struct rn_buf *buf, char byte)
{
    rn_buf_add(buf, &byte, 1);
}

/* The text is longer than what is free: format it aside, so that growing stays in one place. */
RN_PRINTF(3, 0)
static void add_formatted(struct rn_buf *buf, size_t len, const char *fmt, va_list args)
{
    char *text = len <= buf->limit - buf->len ? malloc(len + 1) : NULL;

    if (!text) {
        buf->failed = true;
        return;
    }
    (void)vsnprintf(text, len + 1, fmt, args);
    rn_buf_add(buf, text, len);
    free(text);
}

void rn_buf_printf(struct rn_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    size_t room = buf->cap - buf->len;
    int len;

    if (buf->failed) {
        return;
    }
    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(room ? buf->data + buf->len : NULL, room, fmt, args);
    if (len < 0) {
        buf->failed = true;
    } else if ((size_t)len < room) { /* it fitted, with its NUL */
        buf->len += (size_t)len;
    } else {
        add_formatted(buf, (size_t)len, fmt, again);
    }
    va_end(again);
    va_end(args);
}
