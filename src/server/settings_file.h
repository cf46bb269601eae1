/* settings_file.h - the lines of a configuration file, one after the other.
 *
 *   # a comment: from a '#' at the start of the line, or behind a blank, to its end
 *   listen = 0.0.0.0:4567
 *   cache = 1GiB           # keys are the flags' names without dashes; nothing is quoted
 *
 * Blanks around key and value do not count, nor do empty lines. Pure: the file is in memory. */
#ifndef RN_SERVER_SETTINGS_FILE_H
#define RN_SERVER_SETTINGS_FILE_H

#include "base/err.h"
#include "base/str.h"

enum { RN_SETTINGS_FILE_BYTES_MAX = 64 * 1024, RN_SETTINGS_LINE_BYTES_MAX = 4500 };

struct rn_settings_file {
    rn_str rest;     /* what was not read yet */
    uint32_t number; /* of the last line read, from 1 */
};

/* Parts of the file: valid as long as its text. */
struct rn_settings_line {
    rn_str key, value; /* the key is not empty; the value may be */
    uint32_t number;
};

/* RN_OK; RN_CLOSED: the file has ended; RN_INVALID: the reason says what is wrong with line `number`. */
RN_MUST_USE rn_err rn_settings_file_next(struct rn_settings_file *file,
                                         struct rn_settings_line *ret_line,
                                         struct rn_reason *reterr_reason);

#endif
