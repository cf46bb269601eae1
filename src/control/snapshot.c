/* snapshot.c - the bytes of the whole state.
 *
 * LAYOUT    integers are big-endian; str is a u16 length and that many bytes
 *   0 magic "RNCS" · 4 version u16 · 6 level u16 · 8 next offset u64 · 16 time, ms, i64 · 24 cluster id 16
 *   · 40 secret 32 · 72 region str · account str · streams u32 · streams in rising order of uid
 *   · limits that were set: u16, each name str · value i64, in rising order of names
 *   · commitment of the account: started ms · ends ms
 *   · digest: sha256 of all before it · crc32c u32 of all before it
 *   stream  uid u64 · name str · status u8 · mode u8 · created ms · updated ms · retention hours u32
 *           · trimmed ms · record KiB u32 · tags · lanes u32 · resharding u8: 0, or
 *           1 · id u64 · closing u8 · reshard as in its command; · peaks u8: 0, or 1 · newest day u64 · the
 *           highest load u32 of it and of the 29 days before it · policy str · settings · consumers u32, in
 *           rising order of name · shards u32, in rising order of index
 *   settings  metrics u8 · key id str · encrypted ms · warm MiB/s u32 · of it reached u32
 *           · marks u16, each what u8 · at ms
 *   tags    u16, each key str · value str, in rising order of key
 *   consumer  uid u64 · name str · status u8 · created ms · tags · policy str
 *   shard   index u32 · parent u32 · adjacent parent u32 · range start, end, 16 bytes each
 *           · created s · opened ms · closed ms · lane u32 · start u64 · end u64
 *
 *   Version 1 lacks the limits, and trimmed ms in each stream; 1 and 2 lack policy, settings, consumers, lanes,
 *   resharding, and the commitment: then every shard has its lane, and nothing is set or on the way.
 *
 * INVARIANT What follows from other fields (open shards, counts) is not stored. One state has one
 *           encoding, and of the newest version decode accepts nothing else.
 * CRASH     A snapshot is a file replaced whole; until it is there, the log from the older one is kept. */
#include "control/snapshot.h"

#include "base/arena.h"
#include "base/crc32c.h"
#include "control/apply.h"
#include "control/lineage.h"
#include "control/wire.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HEAD_BYTES = 72,
    TAIL_BYTES = RN_SHA256_BYTES + 4,
    SHARD_BYTES = 88,
    CONSUMER_BYTES_MIN = 23,
    SCRATCH_BYTES_MAX = 16 * RN_SNAPSHOT_BYTES_MAX, /* lists take more in memory than in the file */
};

static void encode_shard(const struct rn_shard *shard, struct rn_buf *buf)
{
    rn_wire_put_u32(buf, shard->index);
    rn_wire_put_u32(buf, shard->parent);
    rn_wire_put_u32(buf, shard->adjacent_parent);
    rn_wire_put_u128(buf, shard->range.start);
    rn_wire_put_u128(buf, shard->range.end);
    rn_wire_put_u64(buf, (uint64_t)shard->created_s);
    rn_wire_put_u64(buf, (uint64_t)shard->opened_ms);
    rn_wire_put_u64(buf, (uint64_t)shard->closed_ms);
    rn_wire_put_u32(buf, shard->lane);
    rn_wire_put_u64(buf, shard->start);
    rn_wire_put_u64(buf, shard->end);
}

static void encode_peaks(const struct rn_peaks *peaks, struct rn_buf *buf)
{
    rn_wire_put_u8(buf, peaks->day != 0);
    if (peaks->day) {
        rn_wire_put_u64(buf, peaks->day);
        for (uint64_t i = 0; i < RN_PEAK_DAYS; i++) {
            rn_wire_put_u32(buf, i <= peaks->day ? rn_peaks_of_day(peaks, peaks->day - i) : 0);
        }
    }
}

static void encode_tags(const struct rn_pair_text *tags, size_t count, struct rn_buf *buf)
{
    rn_wire_put_u16(buf, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        rn_wire_put_str(buf, tags[i].key);
        rn_wire_put_str(buf, tags[i].value);
    }
}

static void encode_consumers(const struct rn_stream *stream, struct rn_buf *buf)
{
    rn_wire_put_u32(buf, (uint32_t)stream->consumer_count);
    for (size_t i = 0; i < stream->consumer_count; i++) {
        const struct rn_consumer *consumer = &stream->consumers[i];

        rn_wire_put_u64(buf, consumer->uid);
        rn_wire_put_str(buf, consumer->name);
        rn_wire_put_u8(buf, (uint8_t)consumer->status);
        rn_wire_put_u64(buf, (uint64_t)consumer->created_ms);
        encode_tags(consumer->tags, consumer->tag_count, buf);
        rn_wire_put_str(buf, consumer->policy);
    }
}

static void encode_daily(const struct rn_daily_marks *daily, struct rn_buf *buf)
{
    rn_wire_put_u16(buf, (uint16_t)daily->count);
    for (size_t i = 0; i < daily->count; i++) {
        rn_wire_put_u8(buf, (uint8_t)daily->marks[i].what);
        rn_wire_put_u64(buf, (uint64_t)daily->marks[i].at_ms);
    }
}

static void encode_settings(const struct rn_stream *stream, struct rn_buf *buf)
{
    rn_wire_put_u8(buf, stream->metrics);
    rn_wire_put_str(buf, stream->key_id);
    rn_wire_put_u64(buf, (uint64_t)stream->encrypted_ms);
    rn_wire_put_u32(buf, stream->warm_mib);
    rn_wire_put_u32(buf, stream->warm_now_mib);
    encode_daily(&stream->daily, buf);
}

static void encode_stream(const struct rn_stream *stream, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, stream->uid);
    rn_wire_put_str(buf, rn_stream_name(stream));
    rn_wire_put_u8(buf, (uint8_t)stream->status);
    rn_wire_put_u8(buf, (uint8_t)stream->mode);
    rn_wire_put_u64(buf, (uint64_t)stream->created_ms);
    rn_wire_put_u64(buf, (uint64_t)stream->updated_ms);
    rn_wire_put_u32(buf, stream->retention_hours);
    rn_wire_put_u64(buf, (uint64_t)stream->trimmed_ms);
    rn_wire_put_u32(buf, stream->record_kib_max);
    encode_tags(stream->tags, stream->tag_count, buf);
    rn_wire_put_u32(buf, stream->lanes);
    rn_wire_put_u8(buf, stream->reshard.kind != RN_RESHARD_NONE);
    if (stream->reshard.kind) {
        rn_wire_put_u64(buf, stream->reshard_id);
        rn_wire_put_u8(buf, stream->closing);
        rn_reshard_wire_put(buf, &stream->reshard);
    }
    encode_peaks(&stream->peaks, buf);
    rn_wire_put_str(buf, stream->policy);
    encode_settings(stream, buf);
    encode_consumers(stream, buf);
    rn_wire_put_u32(buf, (uint32_t)stream->shard_count);
    for (size_t i = 0; i < stream->shard_count; i++) {
        encode_shard(&stream->shards[i], buf);
    }
}

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
        encode_stream(&rn_slot_version(slot)->stream, buf);
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

static void decode_shard(struct rn_wire *wire, struct rn_shard *shard)
{
    shard->index = rn_wire_u32(wire);
    shard->parent = rn_wire_u32(wire);
    shard->adjacent_parent = rn_wire_u32(wire);
    shard->range.start = rn_wire_u128(wire);
    shard->range.end = rn_wire_u128(wire);
    shard->created_s = (int64_t)rn_wire_u64(wire);
    shard->opened_ms = (int64_t)rn_wire_u64(wire);
    shard->closed_ms = (int64_t)rn_wire_u64(wire);
    shard->lane = rn_wire_u32(wire);
    shard->start = rn_wire_u64(wire);
    shard->end = rn_wire_u64(wire);
}

static bool shards_valid(const struct rn_version *version)
{
    for (size_t i = 0; i < version->stream.shard_count; i++) {
        const struct rn_shard *shard = &version->shards[i];

        if (shard->index > RN_SHARD_INDEX_MAX || (i > 0 && shard->index <= shard[-1].index) ||
            shard->range.start > shard->range.end || shard->start > shard->end ||
            shard->lane >= version->stream.lanes) {
            return false;
        }
    }
    return rn_version_covers(version) &&
           (!version->stream.reshard.kind ||
            rn_lineage_possible(&version->stream, &version->stream.reshard));
}

/* The fields before the tags. */
static void decode_plain(struct rn_wire *wire, unsigned format, struct rn_stream *stream)
{
    rn_str name;

    stream->uid = rn_wire_u64(wire);
    name = rn_wire_str(wire);
    wire->bad = wire->bad || !rn_stream_name_valid(name);
    if (!wire->bad) {
        stream->name_len = name.len;
        memcpy(stream->name, name.data, name.len);
    }
    stream->status = (enum rn_stream_status)rn_wire_u8(wire);
    stream->mode = (enum rn_stream_mode)rn_wire_u8(wire);
    stream->created_ms = (int64_t)rn_wire_u64(wire);
    stream->updated_ms = (int64_t)rn_wire_u64(wire);
    stream->retention_hours = rn_wire_u32(wire);
    stream->trimmed_ms = format >= 2 ? (int64_t)rn_wire_u64(wire) : 0;
    stream->record_kib_max = rn_wire_u32(wire);
}

static void decode_reshard(struct rn_wire *wire, struct rn_stream *stream)
{
    stream->lanes = rn_wire_u32(wire);
    if (rn_wire_bool(wire)) {
        stream->reshard_id = rn_wire_u64(wire);
        stream->closing = rn_wire_bool(wire);
        rn_reshard_wire_take(wire, &stream->reshard);
        wire->bad = wire->bad || !rn_reshard_valid(&stream->reshard) ||
                    stream->reshard_id <= stream->uid || stream->status == RN_STREAM_ACTIVE ||
                    stream->status == RN_STREAM_CREATING;
    }
    wire->bad = wire->bad || stream->lanes < 1 || stream->lanes > RN_STREAM_LANES_MAX;
}

static void decode_peaks(struct rn_wire *wire, struct rn_peaks *peaks)
{
    if (!rn_wire_bool(wire)) {
        return;
    }
    peaks->day = rn_wire_u64(wire);
    wire->bad = wire->bad || peaks->day == 0 || peaks->day > RN_DAYS_MAX;
    for (uint64_t i = 0; i < RN_PEAK_DAYS; i++) {
        uint32_t milli = rn_wire_u32(wire);

        if (i <= peaks->day) {
            peaks->milli[(peaks->day - i) % RN_PEAK_DAYS] = milli;
        }
        wire->bad = wire->bad || (i > peaks->day && milli);
    }
}

static void decode_daily(struct rn_wire *wire, struct rn_daily_marks *daily,
                         struct rn_daily_mark room[RN_DAILY_MARKS_MAX])
{
    size_t count = rn_wire_u16(wire);

    wire->bad = wire->bad || count > RN_DAILY_MARKS_MAX;
    for (size_t i = 0; i < count && !wire->bad; i++) {
        room[i].what = (enum rn_daily)rn_wire_u8(wire);
        room[i].at_ms = (int64_t)rn_wire_u64(wire);
    }
    *daily = (struct rn_daily_marks){room, wire->bad ? 0 : count};
    wire->bad = wire->bad || !rn_daily_valid(daily);
}

static void decode_settings(struct rn_wire *wire, struct rn_stream *stream,
                            struct rn_daily_mark room[RN_DAILY_MARKS_MAX])
{
    stream->metrics = rn_wire_u8(wire);
    stream->key_id = rn_wire_str(wire);
    stream->encrypted_ms = (int64_t)rn_wire_u64(wire);
    stream->warm_mib = rn_wire_u32(wire);
    stream->warm_now_mib = rn_wire_u32(wire);
    decode_daily(wire, &stream->daily, room);
    wire->bad = wire->bad || stream->metrics > RN_METRICS_ALL ||
                stream->key_id.len > RN_KEY_ID_BYTES_MAX || stream->encrypted_ms < 0 ||
                (stream->key_id.len == 0 && stream->encrypted_ms != 0);
}

static bool plain_valid(const struct rn_stream *stream)
{
    return stream->status <= RN_STREAM_DELETING && stream->mode <= RN_STREAM_ON_DEMAND &&
           stream->retention_hours >= 1 && stream->retention_hours <= RN_RETENTION_HOURS_MAX &&
           stream->trimmed_ms >= 0;
}

/* Into `scratch`. RN_CORRUPT, RN_NOMEM. */
static rn_err decode_tags(struct rn_wire *wire, struct rn_arena *scratch,
                          const struct rn_pair_text **ret_tags, size_t *ret_count)
{
    size_t count = rn_wire_u16(wire);
    struct rn_pair_text *tags;

    if (count > RN_COMMAND_TAGS_MAX) {
        return RN_CORRUPT;
    }
    tags = rn_arena_zalloc(scratch, count, sizeof(*tags));
    if (!tags) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        tags[i].key = rn_wire_str(wire);
        tags[i].value = rn_wire_str(wire);
    }
    *ret_tags = tags;
    *ret_count = count;
    return wire->bad || !rn_tags_valid(tags, count) ? RN_CORRUPT : RN_OK;
}

static rn_str decode_policy(struct rn_wire *wire)
{
    rn_str policy = rn_wire_str(wire);

    wire->bad = wire->bad || policy.len > RN_POLICY_BYTES_MAX;
    return policy;
}

static rn_err decode_consumer(struct rn_wire *wire, struct rn_arena *scratch,
                              struct rn_consumer *consumer)
{
    rn_err err;

    consumer->uid = rn_wire_u64(wire);
    consumer->name = rn_wire_str(wire);
    consumer->status = (enum rn_consumer_status)rn_wire_u8(wire);
    consumer->created_ms = (int64_t)rn_wire_u64(wire);
    err = decode_tags(wire, scratch, &consumer->tags, &consumer->tag_count);
    consumer->policy = decode_policy(wire);
    return err;
}

static bool consumers_valid(const struct rn_stream *stream)
{
    for (size_t i = 0; i < stream->consumer_count; i++) {
        const struct rn_consumer *consumer = &stream->consumers[i];

        if (consumer->uid <= stream->uid || !rn_consumer_name_valid(consumer->name) ||
            consumer->status > RN_CONSUMER_DELETING ||
            (stream->status == RN_STREAM_DELETING && consumer->status != RN_CONSUMER_DELETING) ||
            (i > 0 && rn_str_cmp(consumer[-1].name, consumer->name) >= 0)) {
            return false;
        }
    }
    return true;
}

static rn_err decode_consumers(struct rn_wire *wire, struct rn_arena *scratch,
                               struct rn_stream *stream)
{
    size_t count = rn_wire_u32(wire);
    struct rn_consumer *consumers;
    rn_err err = RN_OK;

    if (count > rn_wire_left(wire) / CONSUMER_BYTES_MIN || count > RN_STREAM_CONSUMERS_MAX) {
        return RN_CORRUPT;
    }
    consumers = rn_arena_zalloc(scratch, count, sizeof(*consumers));
    if (!consumers) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < count && !err; i++) {
        err = decode_consumer(wire, scratch, &consumers[i]);
    }
    stream->consumers = consumers;
    stream->consumer_count = count;
    return err ? err : wire->bad || !consumers_valid(stream) ? RN_CORRUPT : RN_OK;
}

/* All before the shards, which come with their count. */
static rn_err decode_draft(struct rn_wire *wire, unsigned format, struct rn_arena *scratch,
                           struct rn_daily_mark room[RN_DAILY_MARKS_MAX], struct rn_stream *draft)
{
    rn_err err;

    decode_plain(wire, format, draft);
    if (wire->bad || !plain_valid(draft)) {
        return RN_CORRUPT;
    }
    err = decode_tags(wire, scratch, &draft->tags, &draft->tag_count);
    if (!err && format >= 3) {
        decode_reshard(wire, draft);
        decode_peaks(wire, &draft->peaks);
        draft->policy = decode_policy(wire);
        decode_settings(wire, draft, room);
        err = decode_consumers(wire, scratch, draft);
    }
    if (err) {
        return err;
    }
    draft->shard_count = rn_wire_u32(wire);
    if (format < 3) {
        draft->lanes = (uint32_t)draft->shard_count;
    }
    /* So memory is taken only for bytes that are there: */
    return wire->bad || draft->shard_count < 1 ||
                   draft->shard_count > rn_wire_left(wire) / SHARD_BYTES
               ? RN_CORRUPT
               : RN_OK;
}

/* RN_CORRUPT, RN_NOMEM; RN_OK: *ret_version is the caller's. */
static rn_err decode_stream(struct rn_wire *wire, unsigned format, struct rn_arena *scratch,
                            struct rn_version **ret_version)
{
    struct rn_stream draft = {.policy = RN_STR(""), .key_id = RN_STR("")};
    struct rn_daily_mark room[RN_DAILY_MARKS_MAX];
    struct rn_version *version;
    rn_err err = decode_draft(wire, format, scratch, room, &draft);

    if (err) {
        return err;
    }
    version = rn_version_make(&draft);
    if (!version) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < draft.shard_count; i++) {
        decode_shard(wire, &version->shards[i]);
    }
    rn_version_seal(version);
    if (wire->bad || !shards_valid(version)) {
        rn_version_unref(version);
        return RN_CORRUPT;
    }
    *ret_version = version;
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
    rn_err err = decode_stream(wire, format, scratch, &version);

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
