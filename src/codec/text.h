/* text.h - is a string well-formed UTF-8 (inside the room)? Eight ASCII characters at a time. */
#ifndef RN_CODEC_TEXT_H
#define RN_CODEC_TEXT_H

#include "base/str.h"
#include "base/utf8.h"

static inline bool rn_text_is_utf8(rn_str text)
{
    const char *at = text.data, *end = text.data + text.len;

    while (at < end) {
        uint64_t word;
        size_t len;

        if (end - at >= (ptrdiff_t)sizeof(word)) {
            memcpy(&word, at, sizeof(word));
            if ((word & 0x8080808080808080U) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        len = rn_utf8_point(at, (size_t)(end - at));
        if (!len) {
            return false;
        }
        at += len;
    }
    return true;
}

#endif
