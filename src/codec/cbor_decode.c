/* cbor_decode.c - CBOR (RFC 8949) by shape tables, in place, as the service's Java clients write
 * it.
 *
 * Lengths may be definite or not; text is well-formed UTF-8, chunk by chunk; keys are text; a map
 * or an array stands at the top, and nothing behind it. Tags are passed over: a timestamp is a
 * number of milliseconds, which clients tag with 1. Integers come in any width, floats are cut to
 * whole. Chunks are joined where they lie: the heads between them only make room. A length is
 * compared with the bytes that are left before it is used, and nothing is allocated by it, so that
 * a claim costs nothing. */
#include "codec/place.h"
#include "codec/text.h"

#include <assert.h>

#define INDEFINITE UINT64_MAX

enum major {
    MAJOR_UNSIGNED,
    MAJOR_NEGATIVE,
    MAJOR_BYTES,
    MAJOR_TEXT,
    MAJOR_ARRAY,
    MAJOR_MAP,
    MAJOR_TAG,
    MAJOR_SIMPLE,
};

enum info {
    INFO_FALSE = 20,
    INFO_TRUE,
    INFO_NULL,
    INFO_UNDEFINED,
    INFO_1_BYTE,
    INFO_2_BYTES, /* with MAJOR_SIMPLE, a float of that size */
    INFO_4_BYTES,
    INFO_8_BYTES,
    INFO_INDEFINITE = 31,
};

#define BREAK 0xFF

struct head {
    enum major major;
    unsigned info;
    uint64_t argument; /* INDEFINITE when info says so */
};

struct cbor {
    const char *at, *end;
    const char *start;
    char *body; /* the same bytes, to write; NULL: not to be written to */
    struct rn_place place;
    uint64_t
        left[RN_DECODE_DEPTH_MAX]; /* by depth: members or items still to come, or INDEFINITE */
};

static uint64_t bytes_left(const struct cbor *cbor)
{
    return (uint64_t)(cbor->end - cbor->at);
}

static rn_err read_head(struct cbor *cbor, struct head *ret_head)
{
    unsigned char first;
    unsigned info;
    uint64_t argument;

    if (cbor->at == cbor->end) {
        return RN_INVALID;
    }
    first = (unsigned char)*cbor->at++;
    argument = info = first & 31;
    if (info == INFO_INDEFINITE) {
        argument = INDEFINITE;
    } else if (info >= INFO_1_BYTE) {
        size_t width = (size_t)1 << (info - INFO_1_BYTE);

        if (info > INFO_8_BYTES || width > bytes_left(cbor)) {
            return RN_INVALID;
        }
        argument = 0;
        for (size_t i = 0; i < width; i++) {
            argument = argument << 8 | (unsigned char)*cbor->at++;
        }
    }
    *ret_head = (struct head){(enum major)(first >> 5), info, argument};
    return RN_OK;
}

/* The head of what is tagged. */
static rn_err read_untagged(struct cbor *cbor, struct head *ret_head)
{
    rn_err err;

    do {
        err = read_head(cbor, ret_head);
        if (!err && ret_head->major == MAJOR_TAG && ret_head->info == INFO_INDEFINITE) {
            err = RN_INVALID;
        }
    } while (!err && ret_head->major == MAJOR_TAG);
    return err;
}

/* ---- strings ------------------------------------------------------------------------------- */

/* The bytes of definite length behind `head`. */
static rn_err read_chunk(struct cbor *cbor, const struct head *head, rn_str *ret_chunk)
{
    if (head->info == INFO_INDEFINITE || head->argument > bytes_left(cbor)) {
        return RN_INVALID;
    }
    *ret_chunk = rn_str_make(cbor->at, (size_t)head->argument);
    cbor->at += head->argument;
    return head->major == MAJOR_BYTES || rn_text_is_utf8(*ret_chunk) ? RN_OK : RN_INVALID;
}

/* Chunks up to the break. Unless somebody wants them, they are only checked. */
static rn_err read_chunks(struct cbor *cbor, enum major major, bool wanted, rn_str *ret_string)
{
    size_t start = (size_t)(cbor->at - cbor->start), len = 0;

    for (;;) {
        struct head head;
        rn_str chunk;
        rn_err err = read_head(cbor, &head);

        if (err) {
            return err;
        }
        if (head.major == MAJOR_SIMPLE && head.info == INFO_INDEFINITE) {
            *ret_string = rn_str_make(cbor->start + start, wanted ? len : 0);
            return RN_OK;
        }
        err = head.major == major ? read_chunk(cbor, &head, &chunk) : RN_INVALID;
        if (err) {
            return err;
        }
        if (wanted) {
            assert(cbor->body);
            memmove(cbor->body + start + len, chunk.data, chunk.len);
            len += chunk.len;
        }
    }
}

static rn_err read_string(struct cbor *cbor, const struct head *head, bool wanted,
                          rn_str *ret_string)
{
    if (head->info == INFO_INDEFINITE) {
        return read_chunks(cbor, head->major, wanted, ret_string);
    }
    return read_chunk(cbor, head, ret_string);
}

/* ---- numbers ------------------------------------------------------------------------------- */

static int64_t whole_of_half(uint64_t bits)
{
    unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    bool negative = bits >> 15;
    int64_t value;

    if (exponent == 31) {
        return fraction ? 0 : negative ? INT64_MIN : INT64_MAX;
    }
    if (exponent < 15) { /* below 1 */
        return 0;
    }
    value = (int64_t)((1024U + fraction) << (exponent - 15) >> 10);
    return negative ? -value : value;
}

static int64_t whole_of_double(double value)
{
    if (value != value) { /* not a number */
        return 0;
    }
    if (value >= 0x1p63) {
        return INT64_MAX;
    }
    return value <= -0x1p63 ? INT64_MIN : (int64_t)value;
}

static int64_t whole_of_float(const struct head *head)
{
    double wide;
    float narrow;
    uint32_t low = (uint32_t)head->argument;

    if (head->info == INFO_2_BYTES) {
        return whole_of_half(head->argument);
    }
    if (head->info == INFO_4_BYTES) {
        memcpy(&narrow, &low, sizeof(narrow));
        return whole_of_double((double)narrow);
    }
    memcpy(&wide, &head->argument, sizeof(wide));
    return whole_of_double(wide);
}

static rn_err place_integer(struct cbor *cbor, const struct head *head)
{
    int64_t value;

    if (head->info == INFO_INDEFINITE) {
        return RN_INVALID;
    }
    value = head->argument > INT64_MAX ? INT64_MAX : (int64_t)head->argument;
    return rn_place_number(&cbor->place, head->major == MAJOR_NEGATIVE ? -1 - value : value);
}

/* ---- values -------------------------------------------------------------------------------- */

static rn_err place_simple(struct cbor *cbor, const struct head *head)
{
    switch (head->info) {
    case INFO_FALSE:
    case INFO_TRUE:
        return rn_place_boolean(&cbor->place, head->info == INFO_TRUE);
    case INFO_NULL:
    case INFO_UNDEFINED:
        rn_place_null(&cbor->place);
        return RN_OK;
    case INFO_2_BYTES:
    case INFO_4_BYTES:
    case INFO_8_BYTES:
        return rn_place_number(&cbor->place, whole_of_float(head));
    default: /* values that mean nothing, and a break where none may be */
        return RN_INVALID;
    }
}

/* Every item takes a byte at least, every member two. */
static rn_err open_items(struct cbor *cbor, const struct head *head)
{
    bool is_map = head->major == MAJOR_MAP;
    rn_err err;

    if (head->info != INFO_INDEFINITE && head->argument > bytes_left(cbor) / (is_map ? 2 : 1)) {
        return RN_INVALID;
    }
    err = rn_place_open(&cbor->place, is_map);
    if (!err) {
        cbor->left[cbor->place.depth - 1] = head->argument;
    }
    return err;
}

/* A scalar, or the start of a map or array. */
static rn_err place_value(struct cbor *cbor, const struct head *head)
{
    rn_str string;
    rn_err err;

    switch (head->major) {
    case MAJOR_UNSIGNED:
    case MAJOR_NEGATIVE:
        return place_integer(cbor, head);
    case MAJOR_BYTES:
    case MAJOR_TEXT:
        err = read_string(cbor, head, cbor->place.shape != NULL, &string);
        if (err) {
            return err;
        }
        return head->major == MAJOR_TEXT ? rn_place_text(&cbor->place, string)
                                         : rn_place_bytes(&cbor->place, string);
    case MAJOR_ARRAY:
    case MAJOR_MAP:
        return open_items(cbor, head);
    case MAJOR_SIMPLE:
        return place_simple(cbor, head);
    case MAJOR_TAG: /* passed over before */
        break;
    }
    return RN_INVALID;
}

/* ---- structure ----------------------------------------------------------------------------- */

static rn_err read_key(struct cbor *cbor)
{
    struct head head;
    rn_str name;
    rn_err err = read_untagged(cbor, &head);

    if (!err) {
        err = head.major == MAJOR_TEXT
                  ? read_string(cbor, &head, rn_place_top(&cbor->place)->shape != NULL, &name)
                  : RN_INVALID;
    }
    return err ? err : rn_place_key(&cbor->place, name);
}

static bool take_end(struct cbor *cbor, const uint64_t *left)
{
    if (*left != INDEFINITE) {
        return *left == 0;
    }
    if (cbor->at == cbor->end || (unsigned char)*cbor->at != BREAK) {
        return false;
    }
    cbor->at++;
    return true;
}

/* In the innermost map or array: its end, or one more member or item. */
static rn_err step(struct cbor *cbor)
{
    uint64_t *left = &cbor->left[cbor->place.depth - 1];
    struct head head;
    rn_err err;

    if (take_end(cbor, left)) {
        return rn_place_close(&cbor->place);
    }
    *left -= *left != INDEFINITE;
    err = rn_place_top(&cbor->place)->is_object ? read_key(cbor) : rn_place_item(&cbor->place);
    if (!err) {
        err = read_untagged(cbor, &head);
    }
    return err ? err : place_value(cbor, &head);
}

static rn_err parse(struct cbor *cbor)
{
    struct head head;
    rn_err err = read_untagged(cbor, &head);

    if (!err) {
        err = head.major == MAJOR_MAP || head.major == MAJOR_ARRAY ? open_items(cbor, &head)
                                                                   : RN_INVALID;
    }
    while (!err && cbor->place.depth > 0) {
        err = step(cbor);
    }
    if (err) {
        return err;
    }
    return cbor->at == cbor->end ? RN_OK : RN_INVALID;
}

rn_err rn_cbor_decode(const struct rn_shape *shape, char *body, size_t len, struct rn_arena *arena,
                      void *value, struct rn_decode_failure *reterr_failure)
{
    struct cbor cbor;
    rn_err err;

    cbor.at = cbor.start = cbor.body = body;
    cbor.end = body + len;
    rn_place_init(&cbor.place, shape, value, arena);
    reterr_failure->message = RN_STR_NONE;
    err = parse(&cbor);
    return err ? err : rn_place_result(&cbor.place, reterr_failure);
}

rn_err rn_cbor_check(rn_str body)
{
    struct cbor cbor;

    cbor.at = cbor.start = body.data;
    cbor.end = body.data + body.len;
    cbor.body = NULL;
    rn_place_init(&cbor.place, NULL, NULL, NULL);
    return parse(&cbor);
}
