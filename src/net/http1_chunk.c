/* http1_chunk.c - each state is the reader of what comes next.
 *
 *   size ─▶ extension ─▶ size_end ─▶ data ─▶ data_cr ─▶ data_lf ─▶ size …
 *     └────────────────▶   └ size 0 ─▶ trailer ─▶ last_lf ─▶ end
 *                                      └ ⇄ trailer_line ─▶ trailer_lf */
#include "net/http1_chunk.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* in..end is still to be read, out is where the next data goes; out <= in. */
struct rn_http1_chunk_cursor {
    char *in, *end, *out;
};

static rn_err refuse(struct rn_http1_chunks *chunks, int status)
{
    chunks->status = status;
    return status == 413 ? RN_TOO_LARGE : RN_INVALID;
}

static bool is_text(char c)
{
    uint8_t byte = (uint8_t)c;

    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static rn_err read_size(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_extension(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_size_end(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_data(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_data_cr(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_data_lf(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_trailer(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_trailer_line(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_trailer_lf(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);
static rn_err read_last_lf(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at);

static void start_chunk(struct rn_http1_chunks *chunks)
{
    chunks->size = 0;
    chunks->digits = 0;
    chunks->extension = 0;
    chunks->read = read_size;
}

static rn_err read_size(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    char c = *at->in++;
    int digit = hex(c);

    if (digit >= 0) {
        if (chunks->digits++ == RN_HTTP1_SIZE_DIGITS_MAX) {
            return refuse(chunks, 400);
        }
        chunks->size = chunks->size << 4 | (uint64_t)digit;
        return RN_OK;
    }
    if (chunks->digits == 0 || (c != ';' && c != '\r')) {
        return refuse(chunks, 400);
    }
    chunks->read = c == ';' ? read_extension : read_size_end;
    return RN_OK;
}

static rn_err read_extension(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    char c = *at->in++;

    if (c == '\r') {
        chunks->read = read_size_end;
        return RN_OK;
    }
    if (!is_text(c) || chunks->extension++ == RN_HTTP1_EXTENSION_BYTES_MAX ||
        chunks->extensions++ == RN_HTTP1_EXTENSIONS_BYTES_MAX) {
        return refuse(chunks, 400);
    }
    return RN_OK;
}

static rn_err read_size_end(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    if (*at->in++ != '\n') {
        return refuse(chunks, 400);
    }
    if (chunks->size > chunks->bytes_max - chunks->total) {
        return refuse(chunks, 413);
    }
    chunks->total += chunks->size;
    chunks->left = chunks->size;
    chunks->read = chunks->size ? read_data : read_trailer;
    return RN_OK;
}

static rn_err read_data(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    size_t here = (size_t)(at->end - at->in);
    size_t len = chunks->left < here ? (size_t)chunks->left : here;

    memmove(at->out, at->in, len);
    at->in += len;
    at->out += len;
    chunks->left -= len;
    if (chunks->left == 0) {
        chunks->read = read_data_cr;
    }
    return RN_OK;
}

static rn_err read_data_cr(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    chunks->read = read_data_lf;
    return *at->in++ == '\r' ? RN_OK : refuse(chunks, 400);
}

static rn_err read_data_lf(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    start_chunk(chunks);
    return *at->in++ == '\n' ? RN_OK : refuse(chunks, 400);
}

/* The first byte of a trailer line, or of the empty line. */
static rn_err read_trailer(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    if (*at->in == ' ' || *at->in == '\t') {
        return refuse(chunks, 400); /* a folded line */
    }
    if (*at->in == '\r') {
        at->in++;
        chunks->read = read_last_lf;
    } else {
        chunks->read = read_trailer_line;
    }
    return RN_OK;
}

static rn_err read_trailer_line(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    char c = *at->in++;

    if (chunks->trailer++ == RN_HTTP1_TRAILER_BYTES_MAX) {
        return refuse(chunks, 431);
    }
    if (c == '\r') {
        chunks->read = read_trailer_lf;
        return RN_OK;
    }
    return is_text(c) ? RN_OK : refuse(chunks, 400);
}

static rn_err read_trailer_lf(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    chunks->read = read_trailer;
    return *at->in++ == '\n' ? RN_OK : refuse(chunks, 400);
}

static rn_err read_last_lf(struct rn_http1_chunks *chunks, struct rn_http1_chunk_cursor *at)
{
    chunks->read = NULL;
    return *at->in++ == '\n' ? RN_OK : refuse(chunks, 400);
}

void rn_http1_chunks_init(struct rn_http1_chunks *chunks, uint64_t bytes_max)
{
    *chunks = (struct rn_http1_chunks){.bytes_max = bytes_max};
    start_chunk(chunks);
}

rn_err rn_http1_chunks_read(struct rn_http1_chunks *chunks, char *bytes, size_t len,
                            size_t *ret_used, size_t *ret_data)
{
    struct rn_http1_chunk_cursor at;

    assert(chunks->read);
    at.in = at.out = bytes;
    at.end = bytes + len;
    while (chunks->read && at.in < at.end) {
        rn_err err = chunks->read(chunks, &at);

        if (err) {
            return err;
        }
        assert(at.out <= at.in);
    }
    *ret_used = (size_t)(at.in - bytes);
    *ret_data = (size_t)(at.out - bytes);
    return chunks->read ? RN_WAIT : RN_OK;
}
