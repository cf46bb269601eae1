/* lines.c - a buffer of one longest line and a read's worth; found lines are views into it. */
#include "tool/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024 };

struct rn_lines {
    int fd;
    size_t line_bytes_max;
    char *bytes;
    size_t at, len, cap; /* unread: bytes[at, len) */
    size_t scanned;      /* of the unread, without a newline */
    uint64_t number;
    bool ended, in_line; /* in_line: a piece with `more` was handed out */
};

struct rn_lines *rn_lines_new(int fd, size_t line_bytes_max, uint64_t first_number)
{
    struct rn_lines *lines = calloc(1, sizeof(*lines));

    if (lines) {
        *lines = (struct rn_lines){.fd = fd,
                                   .line_bytes_max = line_bytes_max,
                                   .cap = line_bytes_max + 1 + READ_BYTES,
                                   .number = first_number};
        lines->bytes = malloc(lines->cap);
        if (!lines->bytes) {
            free(lines);
            return NULL;
        }
    }
    return lines;
}

void rn_lines_free(struct rn_lines *lines)
{
    if (lines) {
        free(lines->bytes);
        free(lines);
    }
}

static rn_err fill(struct rn_lines *lines, int wait_ms)
{
    struct pollfd poll_fd = {.fd = lines->fd, .events = POLLIN};
    ssize_t got;
    int ready;

    if (lines->at) {
        memmove(lines->bytes, lines->bytes + lines->at, lines->len - lines->at);
        lines->len -= lines->at;
        lines->at = 0;
    }
    ready = poll(&poll_fd, 1, wait_ms);
    if (ready <= 0) {
        return ready == 0 || errno == EINTR ? RN_WAIT : RN_IO;
    }
    got = read(lines->fd, lines->bytes + lines->len, lines->cap - lines->len);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? RN_WAIT : RN_IO;
    }
    lines->ended = got == 0;
    lines->len += (size_t)got;
    return RN_OK;
}

static rn_err hand_out(struct rn_lines *lines, size_t len, size_t skip, bool more,
                       struct rn_line_piece *ret_piece)
{
    *ret_piece =
        (struct rn_line_piece){rn_str_make(lines->bytes + lines->at, len), lines->number, more};
    lines->at += len + skip;
    lines->scanned = 0;
    lines->in_line = more;
    lines->number += !more;
    return RN_OK;
}

rn_err rn_lines_next(struct rn_lines *lines, int wait_ms, struct rn_line_piece *ret_piece)
{
    for (;;) {
        size_t left = lines->len - lines->at;
        const char *from = lines->bytes + lines->at;
        const char *newline = left > lines->scanned
                                  ? memchr(from + lines->scanned, '\n', left - lines->scanned)
                                  : NULL;

        lines->scanned = left;
        if (newline && (size_t)(newline - from) <= lines->line_bytes_max) {
            return hand_out(lines, (size_t)(newline - from), 1, false, ret_piece);
        }
        if (left > lines->line_bytes_max) {
            return hand_out(lines, lines->line_bytes_max, 0, true, ret_piece);
        }
        if (lines->ended) {
            return left || lines->in_line ? hand_out(lines, left, 0, false, ret_piece) : RN_CLOSED;
        }
        rn_err err = fill(lines, wait_ms);

        if (err) {
            return err;
        }
    }
}
