/* json_decode.c - JSON (RFC 8259, strict) by shape tables, in place.
 *
 * The text must be well-formed UTF-8, with escaped surrogates in pairs, an object or a list at the
 * top, and nothing but blanks around it. Long strings are passed over 64 bytes at a time
 * (codec/scan.h) and stay where they are: an escape only ever makes a text shorter, so what is
 * behind it moves down. Base64 is decoded over itself.
 * What nobody wants (an unknown member, rn_json_check) is checked as strictly, and not written to.
 */
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/decimal.h"
#include "codec/place.h"
#include "codec/scan.h"

#include <assert.h>

struct json {
    const char *at, *end;
    const char *start;
    char *body; /* the same bytes, to write; NULL: not to be written to */
    struct rn_place place;
};

static char *writable(const struct json *json, const char *at)
{
    assert(json->body);
    return json->body + (at - json->start);
}

/* The next character that is no blank, still to be read; NUL at the end, which fits nowhere. */
static char peek(struct json *json)
{
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t')) {
        json->at++;
    }
    return (char)(json->at < json->end ? *json->at : '\0');
}

/* ---- strings ------------------------------------------------------------------------------- */

/* The first quote, backslash or control character, or `end`; NULL: ill-formed UTF-8 before it. */
static const char *skip_plain(const char *at, const char *end)
{
    at = rn_scan_text(at, end);
    while (at < end && (unsigned char)*at >= 0x80) {
        size_t len = rn_utf8_point(at, (size_t)(end - at));

        if (!len) {
            return NULL;
        }
        at += len;
        if (at < end && (unsigned char)*at < 0x80) {
            at = rn_scan_text(at, end);
        }
    }
    return at;
}

/* The four digits at `at`; -1 when they are none. */
static int read_hex4(const char *at, const char *end)
{
    int value = 0;

    if (end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        char c = at[i], lower = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9'           ? c - '0'
                    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                   : -1;

        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

static size_t put_utf8(unsigned point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 63));
        out[2] = (char)(0x80 | (point & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 63));
    out[2] = (char)(0x80 | (point >> 6 & 63));
    out[3] = (char)(0x80 | (point & 63));
    return 4;
}

/* \uXXXX at `at`, two of them for a point above U+FFFF. Where it ends, or NULL. */
static const char *read_point(const char *at, const char *end, char out[4], size_t *ret_len)
{
    int first = read_hex4(at + 2, end), second;

    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) {
        return NULL;
    }
    at += 6;
    if (first < 0xD800 || first > 0xDBFF) {
        *ret_len = put_utf8((unsigned)first, out);
        return at;
    }
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return NULL;
    }
    second = read_hex4(at + 2, end);
    if (second < 0xDC00 || second > 0xDFFF) {
        return NULL;
    }
    *ret_len =
        put_utf8(0x10000U + ((unsigned)(first - 0xD800) << 10) + (unsigned)(second - 0xDC00), out);
    return at + 6;
}

/* The escape at `at`, as UTF-8. Where it ends, or NULL. */
static const char *read_escape(const char *at, const char *end, char out[4], size_t *ret_len)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (end - at < 2) {
        return NULL;
    }
    if (at[1] == 'u') {
        return read_point(at, end, out, ret_len);
    }
    letter = memchr(letters, at[1], sizeof(letters) - 1);
    if (!letter) {
        return NULL;
    }
    out[0] = meanings[letter - letters];
    *ret_len = 1;
    return at + 2;
}

/* A string, from its opening quote on. Unless somebody wants it, it is only checked, and *ret_text
 * still has its escapes. */
static rn_err read_string(struct json *json, bool wanted, rn_str *ret_text)
{
    const char *start = json->at + 1, *at = start;
    char *out = NULL; /* since the first escape: where the text goes on */

    for (;;) {
        const char *stop = skip_plain(at, json->end);
        char bytes[4];
        size_t len;

        if (!stop || stop == json->end || (unsigned char)*stop < 0x20) {
            return RN_INVALID;
        }
        if (out) {
            memmove(out, at, (size_t)(stop - at));
            out += stop - at;
        }
        if (*stop == '"') {
            json->at = stop + 1;
            *ret_text = rn_str_make(start, out ? (size_t)(out - writable(json, start))
                                               : (size_t)(stop - start));
            return RN_OK;
        }
        at = read_escape(stop, json->end, bytes, &len);
        if (!at) {
            return RN_INVALID;
        }
        if (wanted) {
            out = out ? out : writable(json, stop);
            memcpy(out, bytes, len);
            out += len;
        }
    }
}

/* ---- values -------------------------------------------------------------------------------- */

/* The text as it was before the groups in front of `bad_at` were decoded over it. */
static char *restore_base64(struct rn_arena *arena, rn_str text, size_t bad_at)
{
    size_t done = text.len % 4 == 0 ? bad_at / 4 : 0; /* a wrong length is seen before all else */
    char *copy = rn_arena_alloc(arena, text.len);

    if (copy) {
        rn_base64_encode(text.data, done * 3, copy);
        memcpy(copy + done * 4, text.data + done * 4, text.len - done * 4);
    }
    return copy;
}

static rn_err fail_base64(struct rn_place *place, rn_str text, size_t bad_at, bool at_last)
{
    const char *was = restore_base64(place->arena, text, bad_at);
    rn_str parts[] = {RN_STR("'"),
                      rn_str_make(was, text.len),
                      RN_STR("' can not be converted to a Blob: "),
                      RN_STR(""),
                      RN_STR(""),
                      RN_STR("")};
    char digits[RN_DECIMAL_BYTES];

    if (!was) {
        return RN_NOMEM;
    }
    if (at_last) {
        parts[3] = RN_STR("Invalid last non-pad Base64 character dectected"); /* sic */
    } else if (bad_at == text.len) {
        parts[3] = RN_STR("Base64 encoded length is expected a multiple of 4 bytes but found: ");
        parts[4] = rn_str_make(digits, rn_decimal_print((int64_t)text.len, digits));
    } else {
        parts[3] = RN_STR("Invalid Base64 character: '");
        parts[4] = rn_str_make(was + bad_at, rn_utf8_point(was + bad_at, text.len - bad_at));
        parts[5] = RN_STR("'");
    }
    return rn_place_fail(place, parts, sizeof(parts) / sizeof(parts[0]));
}

static rn_err place_base64(struct json *json, rn_str text)
{
    char *out = writable(json, text.data);
    size_t len, bad_at;
    bool at_last;

    if (rn_base64_decode(text, out, &len, &bad_at, &at_last) == RN_OK) {
        return rn_place_bytes(&json->place, rn_str_make(out, len));
    }
    return json->place.failure.data ? RN_OK : fail_base64(&json->place, text, bad_at, at_last);
}

static rn_err read_text(struct json *json)
{
    const struct rn_shape *shape = json->place.shape;
    rn_str text;
    rn_err err = read_string(json, shape != NULL, &text);

    if (err || !shape) {
        return err;
    }
    return shape->kind == RN_BLOB ? place_base64(json, text) : rn_place_text(&json->place, text);
}

/* At least one digit; false: none. */
static bool skip_digits(struct json *json)
{
    const char *start = json->at;

    while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
        json->at++;
    }
    return json->at > start;
}

static bool skip_char(struct json *json, char c)
{
    bool is_there = json->at < json->end && *json->at == c;

    json->at += is_there;
    return is_there;
}

static bool skip_number(struct json *json)
{
    (void)skip_char(json, '-');
    if (!skip_char(json, '0') && !skip_digits(json)) {
        return false;
    }
    if (skip_char(json, '.') && !skip_digits(json)) {
        return false;
    }
    if (skip_char(json, 'e') || skip_char(json, 'E')) {
        if (!skip_char(json, '+')) {
            (void)skip_char(json, '-');
        }
        return skip_digits(json);
    }
    return true;
}

static rn_err read_number(struct json *json)
{
    const struct rn_shape *shape = json->place.shape;
    const char *start = json->at;
    bool is_time = shape && shape->kind == RN_TIMESTAMP;
    int64_t value = 0;

    if (!skip_number(json)) {
        return RN_INVALID;
    }
    if (shape) { /* seconds become milliseconds, to the nearest: a double of a client prints
                    .8669999 */
        value = rn_decimal_to_i64(rn_str_make(start, (size_t)(json->at - start)), is_time ? 3 : 0,
                                  is_time);
    }
    return rn_place_number(&json->place, value);
}

static bool skip_word(struct json *json, rn_str word)
{
    if (!rn_str_starts(rn_str_make(json->at, (size_t)(json->end - json->at)), word)) {
        return false;
    }
    json->at += word.len;
    return true;
}

static rn_err read_word(struct json *json)
{
    if (skip_word(json, RN_STR("true"))) {
        return rn_place_boolean(&json->place, true);
    }
    if (skip_word(json, RN_STR("false"))) {
        return rn_place_boolean(&json->place, false);
    }
    if (skip_word(json, RN_STR("null"))) {
        rn_place_null(&json->place);
        return RN_OK;
    }
    return RN_INVALID;
}

/* A scalar, or the start of an object or list. */
static rn_err read_value(struct json *json)
{
    switch (peek(json)) {
    case '"':
        return read_text(json);
    case '{':
        json->at++;
        return rn_place_open(&json->place, true);
    case '[':
        json->at++;
        return rn_place_open(&json->place, false);
    case 't':
    case 'f':
    case 'n':
        return read_word(json);
    default:
        return read_number(json);
    }
}

/* ---- structure ----------------------------------------------------------------------------- */

static rn_err read_key(struct json *json)
{
    rn_str name;
    rn_err err = peek(json) == '"'
                     ? read_string(json, rn_place_top(&json->place)->shape != NULL, &name)
                     : RN_INVALID;

    if (err) {
        return err;
    }
    if (peek(json) != ':') {
        return RN_INVALID;
    }
    json->at++;
    return rn_place_key(&json->place, name);
}

/* In the innermost object or list: its end, or one more member or item. */
static rn_err step(struct json *json)
{
    const struct rn_place_frame *frame = rn_place_top(&json->place);
    char next = peek(json);
    rn_err err;

    if (next == (frame->is_object ? '}' : ']')) {
        json->at++;
        return rn_place_close(&json->place);
    }
    if (frame->met > 0) {
        if (next != ',') {
            return RN_INVALID;
        }
        json->at++;
    }
    err = frame->is_object ? read_key(json) : rn_place_item(&json->place);
    return err ? err : read_value(json);
}

static rn_err parse(struct json *json)
{
    char first = peek(json);
    rn_err err = first == '{' || first == '[' ? read_value(json) : RN_INVALID;

    while (!err && json->place.depth > 0) {
        err = step(json);
    }
    if (err) {
        return err;
    }
    (void)peek(json);
    return json->at == json->end ? RN_OK : RN_INVALID;
}

rn_err rn_json_decode(const struct rn_shape *shape, char *body, size_t len, struct rn_arena *arena,
                      void *value, struct rn_decode_failure *reterr_failure)
{
    struct json json;
    rn_err err;

    json.at = json.start = json.body = body;
    json.end = body + len;
    rn_place_init(&json.place, shape, value, arena);
    reterr_failure->message = RN_STR_NONE;
    err = parse(&json);
    return err ? err : rn_place_result(&json.place, reterr_failure);
}

rn_err rn_json_check(rn_str body)
{
    struct json json;

    json.at = json.start = body.data;
    json.end = body.data + body.len;
    json.body = NULL;
    rn_place_init(&json.place, NULL, NULL, NULL);
    return parse(&json);
}
