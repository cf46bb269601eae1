/* decimal.c - digit by digit, without floating point: 1441215410.867 means exactly that. */
#include "codec/decimal.h"

/* Beyond any number of digits that fits into a body, far from overflow in sums. */
#define EXPONENT_MAX ((int64_t)1 << 40)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* From behind the 'e'. */
static int64_t read_exponent(rn_str text)
{
    bool negative = text.data[0] == '-';
    int64_t value = 0;

    for (size_t i = negative || text.data[0] == '+'; i < text.len && value < EXPONENT_MAX; i++) {
        value = value * 10 + (text.data[i] - '0');
    }
    return negative ? -value : value;
}

/* The digits of the mantissa, and how many of them stand before the decimal point once `shift` and the
 * exponent are applied (negative: zeros stand between). */
static int64_t whole_digits(rn_str mantissa, rn_str text, unsigned shift)
{
    size_t point = rn_str_find(mantissa, '.', 0);
    int64_t whole = (int64_t)point + shift;

    if (mantissa.len < text.len) {
        whole +=
            read_exponent(rn_str_make(text.data + mantissa.len + 1, text.len - mantissa.len - 1));
    }
    return whole;
}

static bool push(uint64_t *value, unsigned digit, uint64_t limit)
{
    if (*value > (limit - digit) / 10) {
        *value = limit;
        return false;
    }
    *value = *value * 10 + digit;
    return true;
}

/* False: the limit is reached, nothing can change any more. */
static bool push_zeros(uint64_t *value, int64_t count, uint64_t limit)
{
    while (count-- > 0 && *value != 0) {
        if (!push(value, 0, limit)) {
            return false;
        }
    }
    return true;
}

int64_t rn_decimal_to_i64(rn_str text, unsigned shift, bool round)
{
    bool negative = text.data[0] == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative, value = 0;
    rn_str number = rn_str_make(text.data + negative, text.len - negative), mantissa = number;
    int64_t whole, seen = 0;

    for (mantissa.len = 0;
         mantissa.len < number.len && (number.data[mantissa.len] | 0x20) != 'e';) {
        mantissa.len++;
    }
    whole = whole_digits(mantissa, number, shift);
    for (size_t i = 0; i < mantissa.len && seen <= whole; i++) {
        if (!is_digit(mantissa.data[i])) {
            continue;
        }
        if (seen < whole) {
            if (!push(&value, (unsigned)(mantissa.data[i] - '0'), limit)) {
                break;
            }
        } else if (round && mantissa.data[i] >= '5' && value < limit) {
            value++;
        }
        seen++;
    }
    (void)push_zeros(&value, whole - seen, limit);
    return negative ? (int64_t)(0 - value) : (int64_t)value;
}

size_t rn_decimal_print(int64_t value, char *out)
{
    char digits[RN_DECIMAL_BYTES];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t len = 0, at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        out[len++] = '-';
    }
    memcpy(out + len, digits + at, sizeof(digits) - at);
    return len + sizeof(digits) - at;
}
