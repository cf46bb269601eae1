/* lines.h - lines of a file or pipe, bytes unchanged, memory bounded whatever a line's length.
 *
 * A line is what stands before a newline, or before the end of the input; a carriage return belongs to it.
 * A line longer than line_bytes_max comes in pieces: all but the last have `more` set. */
#ifndef RN_TOOL_LINES_H
#define RN_TOOL_LINES_H

#include "base/err.h"
#include "base/str.h"

struct rn_lines;

struct rn_line_piece {
    rn_str bytes;    /* until the next call */
    uint64_t number; /* of the line, from 1, over all files of this reader */
    bool more;       /* the line goes on */
};

/* `fd` stays the caller's. NULL when memory ends. `first_number` is that of the next line. */
struct rn_lines *rn_lines_new(int fd, size_t line_bytes_max, uint64_t first_number);
void rn_lines_free(struct rn_lines *lines);
/* RN_OK; RN_CLOSED: the end; RN_WAIT: nothing came within wait_ms (-1: for ever), or a signal did; RN_IO. */
RN_MUST_USE rn_err rn_lines_next(struct rn_lines *lines, int wait_ms,
                                 struct rn_line_piece *ret_piece);

#endif
