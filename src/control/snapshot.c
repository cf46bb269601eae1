/* snapshot.c - the bytes of the whole state.
 *
 * LAYOUT    integers are big-endian; str is a u16 length and that many bytes
 *   0 magic "RNCS" · 4 version u16 · 6 level u16 · 8 next offset u64 · 16 time, ms, i64 · 24 cluster id 16
 *   · 40 secret 32 · 72 region str · account str · streams u32 · streams in rising order of uid
 *   · limits that were set: u16, each name str · value i64, in rising order of names
 *   · commitment of the account: started ms · ends ms
 *   · digest: sha256 of all before it · crc32c u32 of all before it
 *   stream  see snapshot_stream.c
 *
 *   Version 1 lacks the limits; 1 and 2 lack the commitment, and each stream some of its fields.
 *
 * INVARIANT What follows from other fields (open shards, counts) is not stored. One state has one
 *           encoding, and of the newest version decode accepts nothing else.
 * CRASH     A snapshot is a file replaced whole; until it is there, the log from the older one is kept. */
#include "control/snapshot.h"

#include "base/arena.h"
#include "base/crc32c.h"
#include "control/apply.h"
#include "control/snapshot_stream.h"
#include "control/wire.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HEAD_BYTES = 72,
    TAIL_BYTES = RN_SHA256_BYTES + 4,
    SCRATCH_BYTES_MAX = 16 * RN_SNAPSHOT_BYTES_MAX, /* lists take more in memory than in the file */
};

static void encode_tail(struct rn_buf *buf, size_t start)
{
    uint8_t digest[RN_SHA256_BYTES];

    rn_sha256(rn_str_make(buf->data + start, buf->len - start), digest);
    rn_buf_add(buf, digest, sizeof(digest));
    if (!buf->failed) {
        rn_wire_put_u32(buf, rn_crc32c(0, buf->data + start, buf->len - start));
    }
}

static void encode_limits(const struct rn_state *state, struct rn_buf *buf)
{
    int64_t values[RN_LIMIT_COUNT];

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        values[i] = rn_state_limit(state, (enum rn_limit)i);
    }
    rn_limits_wire_put(buf, values, RN_LIMIT_UNSET);
}

static void encode_commitment(const struct rn_state *state, struct rn_buf *buf)
{
    struct rn_commitment commitment = rn_state_commitment(state);

    rn_wire_put_u64(buf, (uint64_t)commitment.started_ms);
    rn_wire_put_u64(buf, (uint64_t)commitment.ends_ms);
}

rn_err rn_snapshot_encode(const struct rn_state *state, struct rn_buf *buf)
{
    size_t start = buf->len;

    assert(state->level > 0);
    rn_buf_add(buf, "RNCS", 4);
    rn_wire_put_u16(buf, RN_SNAPSHOT_VERSION);
    rn_wire_put_u16(buf, state->level);
    rn_wire_put_u64(buf, state->next);
    rn_wire_put_u64(buf, (uint64_t)state->time_ms);
    rn_buf_add(buf, state->cluster_id, sizeof(state->cluster_id));
    rn_buf_add(buf, state->secret, sizeof(state->secret));
    rn_wire_put_str(buf, rn_state_region(state));
    rn_wire_put_str(buf, rn_state_account(state));
    rn_wire_put_u32(buf, (uint32_t)rn_state_stream_count(state));
    for (struct rn_slot *slot = rn_slots_from_uid(&state->slots, 0); slot && !buf->failed;
         slot = rn_slot_next(slot, RN_SLOT_BY_UID)) {
        rn_snapshot_put_stream(&rn_slot_version(slot)->stream, buf);
    }
    encode_limits(state, buf);
    encode_commitment(state, buf);
    if (!buf->failed) {
        encode_tail(buf, start);
    }
    if (buf->failed) {
        return buf->cap >= buf->limit ? RN_TOO_LARGE : RN_NOMEM;
    }
    return RN_OK;
}

/* Does the log go beyond what the stream names? */
static bool is_of_log(const struct rn_stream *stream, uint64_t next)
{
    for (size_t i = 0; i < stream->consumer_count; i++) {
        if (stream->consumers[i].uid >= next) {
            return false;
        }
    }
    return stream->uid < next;
}

static rn_err decode_into_slot(struct rn_wire *wire, unsigned format, struct rn_arena *scratch,
                               struct rn_state *state, uint64_t *uid_before)
{
    struct rn_version *version;
    struct rn_slot *slot;
    rn_err err = rn_snapshot_take_stream(wire, format, scratch, &version);

    rn_arena_reset(scratch); /* the version has copies */
    if (err) {
        return err;
    }
    if (version->stream.uid <= *uid_before || !is_of_log(&version->stream, state->next) ||
        rn_state_slot(state, rn_stream_name(&version->stream))) {
        rn_version_unref(version);
        return RN_CORRUPT;
    }
    *uid_before = version->stream.uid;
    slot = rn_slot_new(version);
    if (!slot) {
        rn_version_unref(version);
        return RN_NOMEM;
    }
    rn_state_insert(state, slot);
    return RN_OK;
}

static rn_err decode_identity(struct rn_wire *wire, uint16_t level, struct rn_state *state)
{
    struct rn_genesis genesis = {.level = level};

    rn_wire_bytes(wire, genesis.cluster_id, sizeof(genesis.cluster_id));
    rn_wire_bytes(wire, genesis.secret, sizeof(genesis.secret));
    genesis.region = rn_wire_str(wire);
    genesis.account = rn_wire_str(wire);
    if (wire->bad || level == 0 || !rn_region_valid(genesis.region) ||
        !rn_account_valid(genesis.account)) {
        return RN_CORRUPT;
    }
    rn_state_identify(state, &genesis);
    rn_wipe(genesis.secret, sizeof(genesis.secret));
    return RN_OK;
}

/* RN_NEWER: one that this program does not know. */
static rn_err decode_limits(struct rn_wire *wire, struct rn_state *state)
{
    int64_t values[RN_LIMIT_COUNT];

    rn_limits_wire_take(wire, values, RN_LIMIT_UNSET);
    if (wire->bad || wire->newer) {
        return wire->bad ? RN_CORRUPT : RN_NEWER;
    }
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        if (values[i] != RN_LIMIT_UNSET && !rn_limit_value_valid((enum rn_limit)i, values[i])) {
            return RN_CORRUPT;
        }
        rn_state_set_limit(state, (enum rn_limit)i, values[i]);
    }
    return RN_OK;
}

static rn_err decode_streams(struct rn_wire *wire, unsigned format, struct rn_state *state)
{
    struct rn_arena *scratch = rn_arena_new(SCRATCH_BYTES_MAX);
    uint64_t uid_before = 0; /* a uid is at least 1 */
    uint32_t streams = rn_wire_u32(wire);
    rn_err err = scratch ? RN_OK : RN_NOMEM;

    for (uint32_t i = 0; i < streams && !err; i++) {
        err = decode_into_slot(wire, format, scratch, state, &uid_before);
    }
    rn_arena_free(scratch);
    return err;
}

static rn_err decode_commitment(struct rn_wire *wire, struct rn_state *state)
{
    struct rn_commitment commitment;

    commitment.started_ms = (int64_t)rn_wire_u64(wire);
    commitment.ends_ms = (int64_t)rn_wire_u64(wire);
    if (wire->bad || commitment.started_ms < 0 || commitment.ends_ms < 0) {
        return RN_CORRUPT;
    }
    rn_state_set_commitment(state, &commitment);
    return RN_OK;
}

static rn_err decode_body(struct rn_wire *wire, unsigned format, uint16_t level,
                          struct rn_state *state)
{
    rn_err err;

    state->next = rn_wire_u64(wire);
    state->time_ms = (int64_t)rn_wire_u64(wire);
    err = decode_identity(wire, level, state);
    if (!err) {
        err = decode_streams(wire, format, state);
    }
    if (!err && format >= 2) {
        err = decode_limits(wire, state);
    }
    if (!err && format >= 3) {
        err = decode_commitment(wire, state);
    }
    if (!err && (wire->bad || rn_wire_left(wire) > 0 || state->next == 0)) {
        err = RN_CORRUPT;
    }
    return err;
}

/* Both sums; *bytes then ends before them. */
static bool sums_hold(rn_str *bytes)
{
    uint8_t digest[RN_SHA256_BYTES];
    rn_str body = rn_str_make(bytes->data, bytes->len - TAIL_BYTES);

    if (rn_get_be32(bytes->data + bytes->len - 4) != rn_crc32c(0, bytes->data, bytes->len - 4)) {
        return false;
    }
    rn_sha256(body, digest);
    if (memcmp(digest, body.data + body.len, sizeof(digest)) != 0) {
        return false;
    }
    *bytes = body;
    return true;
}

rn_err rn_snapshot_decode(rn_str bytes, struct rn_state *state, struct rn_reason *reterr_reason)
{
    struct rn_wire wire;
    uint16_t version, level;
    rn_err err;

    assert(state->level == 0 && rn_state_stream_count(state) == 0);
    if (bytes.len < HEAD_BYTES + TAIL_BYTES || memcmp(bytes.data, "RNCS", 4) != 0) {
        return rn_reason_set(reterr_reason, RN_CORRUPT, "%zu bytes are no snapshot", bytes.len);
    }
    if (!sums_hold(&bytes)) {
        return rn_reason_set(reterr_reason, RN_CORRUPT, "a checksum of the snapshot does not fit");
    }
    wire = rn_wire_open(bytes);
    (void)rn_wire_take(&wire, 4);
    version = rn_wire_u16(&wire);
    level = rn_wire_u16(&wire);
    if (version > RN_SNAPSHOT_VERSION || level > RN_CONTROL_LEVEL) {
        return rn_reason_set(
            reterr_reason, RN_NEWER,
            "the snapshot has version %u and level %u, this program knows versions up to %u and "
            "levels up to %u",
            version, level, RN_SNAPSHOT_VERSION, RN_CONTROL_LEVEL);
    }
    err = version == 0 ? RN_CORRUPT : decode_body(&wire, version, level, state);
    if (err) {
        rn_reason_set(reterr_reason, err, "%s",
                      err == RN_NOMEM ? "no memory to hold the snapshot"
                      : err == RN_NEWER
                          ? "the snapshot sets a limit that this program does not know"
                          : "the snapshot breaks its form");
    }
    return err;
}
