/* str.h - rn_str, a borrowed run of bytes. Not NUL-terminated.
 *
 * data == NULL means absent, which differs from an empty value (data != NULL, len 0).
 * Nobody owns the bytes through an rn_str: it is valid as long as what it points into. */
#ifndef RN_BASE_STR_H
#define RN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *data;
    size_t len;
} rn_str;

#define RN_STR(literal) ((rn_str){"" literal, sizeof(literal) - 1})
#define RN_STR_INIT(literal)            \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    } /* for static initialisers */
#define RN_STR_NONE ((rn_str){NULL, 0})
/* For printf's "%.*s". Longer than INT_MAX never happens: all inputs are bounded below it. */
#define RN_STR_ARG(s) (int)(s).len, (s).data ? (s).data : ""

static inline rn_str rn_str_make(const void *data, size_t len)
{
    return (rn_str){data, len};
}

static inline rn_str rn_str_c(const char *text)
{
    return (rn_str){text, text ? strlen(text) : 0};
}

static inline bool rn_str_eq(rn_str a, rn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* ASCII case ignored. */
bool rn_str_ieq(rn_str a, rn_str b);
/* Byte order, a prefix before the longer: <0, 0, >0. */
int rn_str_cmp(rn_str a, rn_str b);
bool rn_str_starts(rn_str s, rn_str prefix);
/* Index of `byte` at or after `from`, or s.len. */
size_t rn_str_find(rn_str s, char byte, size_t from);
/* Without ASCII blanks (space, tab) at both ends. */
rn_str rn_str_trim(rn_str s);
/* Decimal digits only, no sign, no blanks, no overflow; false otherwise. */
bool rn_str_to_u64(rn_str s, uint64_t *ret_value);

#endif
