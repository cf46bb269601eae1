/* slot.h - where the value of a shape lies in a C struct or in a list (inside the room). */
#ifndef RN_CODEC_SLOT_H
#define RN_CODEC_SLOT_H

#include "codec/shape.h"

/* Bytes that a value takes as a member of a struct. */
static inline size_t rn_slot_size(const struct rn_shape *shape)
{
    switch (shape->kind) {
    case RN_STRING:
    case RN_BLOB:
        return sizeof(rn_str);
    case RN_LIST:
    case RN_MAP:
        return sizeof(struct rn_items);
    case RN_STRUCT:
        return sizeof(void *);
    case RN_INTEGER:
    case RN_LONG:
    case RN_BOOLEAN:
    case RN_TIMESTAMP:
        break;
    }
    return sizeof(struct rn_number);
}

/* And as an item of a list: there a struct lies inline. */
static inline size_t rn_slot_item_size(const struct rn_shape *shape)
{
    return shape->kind == RN_STRUCT ? shape->size : rn_slot_size(shape);
}

static inline const void *rn_slot_of(const struct rn_member *member, const void *value)
{
    return (const char *)value + member->offset;
}

/* Of a member, not of an item. */
static inline bool rn_slot_is_absent(const struct rn_shape *shape, const void *slot)
{
    switch (shape->kind) {
    case RN_STRING:
    case RN_BLOB:
        return !((const rn_str *)slot)->data;
    case RN_LIST:
    case RN_MAP:
        return !((const struct rn_items *)slot)->set;
    case RN_STRUCT:
        return !*(const void *const *)slot;
    case RN_INTEGER:
    case RN_LONG:
    case RN_BOOLEAN:
    case RN_TIMESTAMP:
        break;
    }
    return !((const struct rn_number *)slot)->set;
}

#endif
