/* utf8.c - by the table of well-formed byte sequences in the Unicode Standard, chapter 3. */
#include "base/utf8.h"

size_t rn_utf8_point(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t len = at[0] < 0x80   ? 1
                 : at[0] < 0xC2 ? 0
                 : at[0] < 0xE0 ? 2
                 : at[0] < 0xF0 ? 3
                 : at[0] < 0xF5 ? 4
                                : 0;

    if (!len || len > left) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F)) {
        return 0;
    }
    return len;
}

bool rn_utf8_count(rn_str text, size_t *ret_points)
{
    size_t points = 0;

    for (size_t at = 0; at < text.len; points++) {
        size_t len = rn_utf8_point(text.data + at, text.len - at);

        if (!len) {
            return false;
        }
        at += len;
    }
    *ret_points = points;
    return true;
}
