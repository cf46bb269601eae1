/* wire.h - the fields of commands and snapshots: big-endian integers, byte strings behind their u16
 * length. Writing goes into a bounded rn_buf; reading never leaves [at, end), and the first field
 * that does not fit makes the whole reader bad, so a decoder reads freely and asks once. */
#ifndef RN_CONTROL_WIRE_H
#define RN_CONTROL_WIRE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "model/shard.h"

struct rn_wire {
    const char *at, *end;
    bool bad;
    bool newer; /* what was read is whole, but of a program that knows more */
};

static inline struct rn_wire rn_wire_open(rn_str bytes)
{
    return (struct rn_wire){.at = bytes.data, .end = bytes.data + bytes.len};
}

/* NULL when fewer are left. */
static inline const char *rn_wire_take(struct rn_wire *wire, size_t len)
{
    const char *at = wire->at;

    if (wire->bad || len > (size_t)(wire->end - at)) {
        wire->bad = true;
        return NULL;
    }
    wire->at += len;
    return at;
}

static inline size_t rn_wire_left(const struct rn_wire *wire)
{
    return wire->bad ? 0 : (size_t)(wire->end - wire->at);
}

static inline uint8_t rn_wire_u8(struct rn_wire *wire)
{
    const char *at = rn_wire_take(wire, 1);

    return at ? (uint8_t)*at : 0;
}

/* 0 or 1. */
static inline bool rn_wire_bool(struct rn_wire *wire)
{
    uint8_t value = rn_wire_u8(wire);

    wire->bad = wire->bad || value > 1;
    return value == 1;
}

static inline uint16_t rn_wire_u16(struct rn_wire *wire)
{
    const char *at = rn_wire_take(wire, 2);

    return at ? rn_get_be16(at) : 0;
}

static inline uint32_t rn_wire_u32(struct rn_wire *wire)
{
    const char *at = rn_wire_take(wire, 4);

    return at ? rn_get_be32(at) : 0;
}

static inline uint64_t rn_wire_u64(struct rn_wire *wire)
{
    const char *at = rn_wire_take(wire, 8);

    return at ? rn_get_be64(at) : 0;
}

static inline rn_u128 rn_wire_u128(struct rn_wire *wire)
{
    rn_u128 high = rn_wire_u64(wire);

    return high << 64 | rn_wire_u64(wire);
}

static inline void rn_wire_bytes(struct rn_wire *wire, uint8_t *ret_bytes, size_t len)
{
    const char *at = rn_wire_take(wire, len);

    if (at) {
        memcpy(ret_bytes, at, len);
    }
}

/* Borrowed; never absent, and "" when bad. */
static inline rn_str rn_wire_str(struct rn_wire *wire)
{
    size_t len = rn_wire_u16(wire);
    const char *at = rn_wire_take(wire, len);

    return at ? rn_str_make(at, len) : RN_STR("");
}

static inline void rn_wire_put_u8(struct rn_buf *buf, uint8_t value)
{
    rn_buf_add(buf, &value, 1);
}

static inline void rn_wire_put_u16(struct rn_buf *buf, uint16_t value)
{
    char bytes[2];

    rn_put_be16(bytes, value);
    rn_buf_add(buf, bytes, sizeof(bytes));
}

static inline void rn_wire_put_u32(struct rn_buf *buf, uint32_t value)
{
    char bytes[4];

    rn_put_be32(bytes, value);
    rn_buf_add(buf, bytes, sizeof(bytes));
}

static inline void rn_wire_put_u64(struct rn_buf *buf, uint64_t value)
{
    char bytes[8];

    rn_put_be64(bytes, value);
    rn_buf_add(buf, bytes, sizeof(bytes));
}

static inline void rn_wire_put_u128(struct rn_buf *buf, rn_u128 value)
{
    rn_wire_put_u64(buf, (uint64_t)(value >> 64));
    rn_wire_put_u64(buf, (uint64_t)value);
}

/* At most 65,535 bytes: a longer one fails the buffer. */
static inline void rn_wire_put_str(struct rn_buf *buf, rn_str s)
{
    if (s.len > UINT16_MAX) {
        buf->failed = true;
        return;
    }
    rn_wire_put_u16(buf, (uint16_t)s.len);
    rn_buf_add_str(buf, s);
}

#endif
