/* snapshot_stream.c - the bytes of one stream in a snapshot.
 *
 * LAYOUT    as in snapshot.c
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
 *   Version 1 lacks trimmed ms; 1 and 2 lack lanes, resharding, peaks, policy, settings and consumers: then
 *   every shard has its lane, and nothing is set or on the way.
 *
 * What a stream may be is checked here, but for what depends on others: its name, its place in the log. */
#include "control/snapshot_stream.h"

#include "control/apply.h"
#include "control/lineage.h"
#include "control/wire.h"

enum { SHARD_BYTES = 88, CONSUMER_BYTES_MIN = 23 };

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

void rn_snapshot_put_stream(const struct rn_stream *stream, struct rn_buf *buf)
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

rn_err rn_snapshot_take_stream(struct rn_wire *wire, unsigned format, struct rn_arena *scratch,
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
