/* place.h - where decoded values go: what the JSON and the CBOR decoder share (inside the room).
 *
 * A decoder reads tokens and tells them; the place walks the shape along with it, keeps a frame for
 * each open object or list, and stores. `shape` is that of the value which comes next, NULL when
 * nobody wants it (an unknown member, or inside one): it is then only checked.
 *
 * The first value of a wrong type is noted, in the words of the service, and the walk goes on; only
 * rn_place_result() reports it. The calls themselves fail with RN_TOO_LARGE or RN_NOMEM alone.
 * The frames are an array, so no depth of nesting grows the C stack. */
#ifndef RN_CODEC_PLACE_H
#define RN_CODEC_PLACE_H

#include "codec/shape.h"

struct rn_place_frame {
    const struct rn_shape *shape; /* NULL: passed over */
    void *value;                  /* a struct: the struct itself; else its struct rn_items */
    size_t met;                   /* members or items so far, whatever became of them */
    size_t next;                  /* a struct: index of the member that is expected next */
    size_t room;                  /* a list or map: items that its memory can hold */
    bool is_object;
};

struct rn_place {
    struct rn_arena *arena;
    const struct rn_shape *shape; /* of the value that comes next */
    void *slot;                   /* where it goes */
    rn_str failure;               /* the first wrong type; absent: none so far */
    size_t depth;
    struct rn_place_frame frames[RN_DECODE_DEPTH_MAX];
};

/* `shape` NULL: everything is passed over. */
void rn_place_init(struct rn_place *place, const struct rn_shape *shape, void *value,
                   struct rn_arena *arena);
/* RN_OK, or RN_INVALID with the text of the first wrong type. */
RN_MUST_USE rn_err rn_place_result(const struct rn_place *place,
                                   struct rn_decode_failure *reterr_failure);

static inline struct rn_place_frame *rn_place_top(struct rn_place *place)
{
    return &place->frames[place->depth - 1];
}

/* In an object, a key comes before each value (`name` is read only where the frame has a shape, and
 * must then live as long as the value); in a list, rn_place_item() does. */
RN_MUST_USE rn_err rn_place_key(struct rn_place *place, rn_str name);
RN_MUST_USE rn_err rn_place_item(struct rn_place *place);

/* Then the value. Strings and blobs are borrowed. */
RN_MUST_USE rn_err rn_place_open(struct rn_place *place, bool is_object);
RN_MUST_USE rn_err rn_place_close(struct rn_place *place);
RN_MUST_USE rn_err rn_place_text(struct rn_place *place, rn_str text);
RN_MUST_USE rn_err rn_place_bytes(struct rn_place *place, rn_str bytes);
RN_MUST_USE rn_err rn_place_number(struct rn_place *place, int64_t value);
RN_MUST_USE rn_err rn_place_boolean(struct rn_place *place, bool value);
void rn_place_null(struct rn_place *place);
/* Wrong in a way that only the decoder sees: the message is made of the parts, which may hold any
 * bytes and are copied. */
RN_MUST_USE rn_err rn_place_fail(struct rn_place *place, const rn_str *parts, size_t count);

#endif
