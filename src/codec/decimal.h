/* decimal.h - numbers as they stand in JSON, to 64 bits (inside the room). */
#ifndef RN_CODEC_DECIMAL_H
#define RN_CODEC_DECIMAL_H

#include "base/str.h"

/* `text` is a number by JSON's grammar. Its value times 10^`shift` (0 or more), as exactly as 64 bits
 * can: the fraction is dropped, or rounded half away from zero if `round`; what is too large becomes
 * the largest, what is too small the smallest. Linear in the text, whatever the exponent. */
int64_t rn_decimal_to_i64(rn_str text, unsigned shift, bool round);
/* Writes up to RN_DECIMAL_BYTES characters, no NUL; their number. */
enum { RN_DECIMAL_BYTES = 20 };
size_t rn_decimal_print(int64_t value, char *out);

#endif
