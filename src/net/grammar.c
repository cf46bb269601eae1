/* grammar.c - see grammar.h. */
#include "net/grammar.h"

/* Sums of enum rn_http_class. */
static const uint8_t classes[256] = {
    ['\t'] = 2,        [' '] = 2,         ['!'] = 7,           ['"'] = 6,         ['#'] = 3,
    ['$'] = 7,         ['%'] = 7,         ['&'] = 7,           ['\''] = 7,        ['('] = 6,
    [')'] = 6,         ['*'] = 7,         ['+'] = 7,           [','] = 6,         ['-'] = 7,
    ['.'] = 7,         ['/'] = 6,         ['0' ... '9'] = 7,   [':' ... '@'] = 6, ['A' ... 'Z'] = 7,
    ['[' ... ']'] = 6, ['^' ... '`'] = 7, ['a' ... 'z'] = 7,   ['{'] = 6,         ['|'] = 7,
    ['}'] = 6,         ['~'] = 7,         [0x80 ... 0xff] = 2,
};

bool rn_http_all(rn_str s, enum rn_http_class class)
{
    uint8_t common = (uint8_t) class;

    for (size_t i = 0; i < s.len; i++) {
        common &= classes[(uint8_t)s.data[i]];
    }
    return common == class;
}

void rn_http_split_target(rn_str target, rn_str *ret_path, rn_str *ret_query)
{
    size_t mark = rn_str_find(target, '?', 0);

    *ret_path = mark > 0 ? rn_str_make(target.data, mark) : RN_STR("/");
    *ret_query = mark < target.len ? rn_str_make(target.data + mark + 1, target.len - mark - 1)
                                   : RN_STR_NONE;
}
