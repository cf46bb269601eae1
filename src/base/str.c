/* str.c - what can be asked of borrowed bytes; ASCII only, no locale. */
#include "base/str.h"

static unsigned char lower(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

bool rn_str_ieq(rn_str a, rn_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

int rn_str_cmp(rn_str a, rn_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.data, b.data, shared) : 0;

    if (order) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool rn_str_starts(rn_str s, rn_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

size_t rn_str_find(rn_str s, char byte, size_t from)
{
    const char *hit;

    if (from >= s.len) {
        return s.len;
    }
    hit = memchr(s.data + from, byte, s.len - from);
    return hit ? (size_t)(hit - s.data) : s.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

rn_str rn_str_trim(rn_str s)
{
    while (s.len && is_blank(s.data[s.len - 1])) {
        s.len--;
    }
    while (s.len && is_blank(*s.data)) {
        s.data++;
        s.len--;
    }
    return s;
}

bool rn_str_to_u64(rn_str s, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.data[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}
