/* utf8.h - well-formed UTF-8, as RFC 3629 has it: no overlong forms, no surrogates, up to U+10FFFF. */
#ifndef RN_BASE_UTF8_H
#define RN_BASE_UTF8_H

#include "base/str.h"

/* Bytes of the code point at `at`, of `left` >= 1 bytes; 0 when it is not well-formed. */
size_t rn_utf8_point(const char *at, size_t left);
/* Code points in `text`; false when it is not well-formed. */
bool rn_utf8_count(rn_str text, size_t *ret_points);

#endif
