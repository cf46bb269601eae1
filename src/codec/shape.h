/* shape.h - one description per structure of a service: from these tables come decoding from JSON
 * and CBOR, validation in the service's words, and encoding to both.
 *
 * A shape says what a C value looks like and what may be in it. The C side:
 *   RN_STRING, RN_BLOB     rn_str; data == NULL: absent
 *   RN_INTEGER, RN_LONG    struct rn_number; INTEGER is clamped to 32 bits by the decoders
 *   RN_BOOLEAN             struct rn_number, value 0 or 1
 *   RN_TIMESTAMP           struct rn_number, milliseconds since 1970
 *   RN_LIST                struct rn_items of values of `item`, side by side (strings: rn_str[])
 *   RN_MAP                 struct rn_items of struct rn_pair; string to string only
 *   RN_STRUCT              a pointer to the struct; NULL: absent. As an item of a list: inline
 * Member order is the order in which the service reports violations; encoders use it too.
 * Source of the constraints: the public service model; of the texts: recorded answers. */
#ifndef RN_CODEC_SHAPE_H
#define RN_CODEC_SHAPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum rn_shape_kind {
    RN_STRING,
    RN_BLOB,
    RN_INTEGER,
    RN_LONG,
    RN_BOOLEAN,
    RN_TIMESTAMP,
    RN_LIST,
    RN_MAP,
    RN_STRUCT
};

struct rn_number {
    int64_t value;
    bool set;
};

struct rn_items {
    void *data;
    size_t count;
    bool set;
};

struct rn_pair {
    rn_str key, value;
};

struct rn_shape;

struct rn_member {
    rn_str name; /* "StreamName" */
    const struct rn_shape *shape;
    size_t offset; /* in the C struct */
    bool required;
};

struct rn_shape {
    enum rn_shape_kind kind;
    const char *name;                /* RN_STRUCT: for messages, "PutRecordsRequestEntry" */
    const struct rn_member *members; /* RN_STRUCT */
    size_t member_count;
    size_t size;                 /* RN_STRUCT: sizeof the C struct */
    const struct rn_shape *item; /* RN_LIST */
    const struct rn_shape *key;  /* RN_MAP: constraints of keys and values */
    const struct rn_shape *value;
    /* Constraints; each holds only where its flag or pointer is set. */
    bool has_min, has_max;
    int64_t min, max;               /* length of strings, blobs, lists, maps; value of numbers */
    const char *pattern;            /* printed in messages, the model's text */
    bool (*matches)(rn_str value);  /* decides the pattern for the whole value */
    const char *const *enum_values; /* NULL-terminated, in printing order */
};

/* What decoding found wrong first. `message` absent: the body does not parse at all
 * (SerializationException without text); else the text of the wrong type. */
struct rn_decode_failure {
    rn_str message; /* in the arena */
};

enum {
    RN_DECODE_DEPTH_MAX = 32,
    RN_DECODE_ITEMS_MAX = 100000, /* of one list or map */
    RN_VIOLATIONS_MAX = 10,
};

/* Decode `body` into the zeroed struct `value` that `shape` (RN_STRUCT) describes. Strings and blobs
 * point into `body`, which is changed in place (escapes, base64), or into the arena.
 * RN_INVALID: *reterr_failure says why; the walk goes on past a type error to find a syntax error,
 * which wins. RN_TOO_LARGE: over a limit above. RN_NOMEM. */
RN_MUST_USE rn_err rn_json_decode(const struct rn_shape *shape, char *body, size_t len,
                                  struct rn_arena *arena, void *value,
                                  struct rn_decode_failure *reterr_failure);
RN_MUST_USE rn_err rn_cbor_decode(const struct rn_shape *shape, char *body, size_t len,
                                  struct rn_arena *arena, void *value,
                                  struct rn_decode_failure *reterr_failure);
/* Would the body parse, whatever it says? (For unknown operations: order of checks.) The body is unchanged. */
RN_MUST_USE rn_err rn_json_check(rn_str body);
RN_MUST_USE rn_err rn_cbor_check(rn_str body);

/* RN_OK, or RN_INVALID with the whole "N validation error(s) detected: ..." text in the arena. */
RN_MUST_USE rn_err rn_shape_validate(const struct rn_shape *shape, const void *value,
                                     struct rn_arena *arena, rn_str *reterr_message);

/* Encode; absent members are left out. Failure is out->failed. */
void rn_json_encode(const struct rn_shape *shape, const void *value, struct rn_buf *out);
void rn_cbor_encode(const struct rn_shape *shape, const void *value, struct rn_buf *out);
/* A JSON string with its quotes, escaped; invalid UTF-8 becomes U+FFFD. */
void rn_json_encode_string(rn_str text, struct rn_buf *out);

/* Row makers. */
#define RN_MEMBER(type, field, wire, shape_of, must)                       \
    {                                                                      \
        RN_STR_INIT(wire), &(shape_of), offsetof(struct type, field), must \
    }
#define RN_STRUCT_SHAPE(type, wire, rows)                                           \
    {                                                                               \
        .kind = RN_STRUCT, .name = wire, .members = rows,                           \
        .member_count = sizeof(rows) / sizeof(rows[0]), .size = sizeof(struct type) \
    }

#endif
