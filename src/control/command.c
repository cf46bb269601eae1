/* command.c - the bytes of a command, one record of the control lane.
 *
 * LAYOUT    integers are big-endian; str is a u16 length and that many bytes
 *   0 magic "RC" · 2 version u16 · 4 type u16 · 6 origin, 16 bytes · 22 request u64 · 30 body
 *   · last 4: crc32c of all bytes before it
 *   GENESIS        cluster id 16 · secret 32 · level u16 · region str · account str
 *   CREATE_STREAM  name str · shards u32 · mode u8 · record KiB u32 · shards per account u32
 *                  · creating u32 · tags u16, each key str · value str
 *   STREAM_READY, STREAM_GONE   uid u64
 *   DELETE_STREAM  name str · uid u64
 *   ADD_TAGS       uid u64 · most tags u32 · tags u16, each key str · value str
 *   REMOVE_TAGS    uid u64 · tags u16, each key str
 *   SET_RETENTION  uid u64 · hours u32 · 0 increase, 1 decrease u8 · seen ms i64
 *   SET_LIMITS     limits u16, each name str · value i64, in rising order of names
 *   SET_SETTING    uid u64 · which u8 · number u32 · warm MiB/s u32 · most in a day u32 · key id str
 *   SET_COMMITMENT 0 off, 1 on u8
 *
 * INVARIANT One value has one encoding: fields in fixed order, tags in rising order of their keys, no
 *           byte to spare. What decode accepts, encode writes back bit for bit.
 * VERSIONS  Magic, version and the checksum at the end stay where they are for ever, so a program
 *           can tell "newer than me" from "damaged". */
#include "control/command.h"

#include "base/crc32c.h"
#include "control/apply.h"
#include "control/forms.h"
#include "control/wire.h"

#include <assert.h>

enum { HEAD_BYTES = 30, CRC_BYTES = 4 };

bool rn_consumer_name_valid(rn_str name)
{
    return rn_stream_name_valid(name); /* the same rule */
}

bool rn_stream_name_valid(rn_str name)
{
    if (name.len < 1 || name.len > RN_STREAM_NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '.' || c == '-')) {
            return false;
        }
    }
    return true;
}

bool rn_tags_valid(const struct rn_pair_text *tags, size_t count)
{
    if (count > RN_COMMAND_TAGS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (tags[i].key.len < 1 || tags[i].key.len > RN_TAG_KEY_BYTES_MAX ||
            tags[i].value.len > RN_TAG_VALUE_BYTES_MAX ||
            (i > 0 && rn_str_cmp(tags[i - 1].key, tags[i].key) >= 0)) {
            return false;
        }
    }
    return true;
}

size_t rn_tags_sort(const struct rn_pair_text *from, size_t count, struct rn_pair_text *tags)
{
    size_t sorted = 0;

    for (size_t i = 0; i < count; i++) { /* by insertion: there are at most RN_COMMAND_TAGS_MAX */
        size_t at = sorted;

        while (at > 0 && rn_str_cmp(tags[at - 1].key, from[i].key) > 0) {
            at--;
        }
        if (at > 0 && rn_str_eq(tags[at - 1].key, from[i].key)) {
            tags[at - 1] = from[i];
            continue;
        }
        memmove(&tags[at + 1], &tags[at], (sorted - at) * sizeof(*tags));
        tags[at] = from[i];
        sorted++;
    }
    return sorted;
}

static bool check_genesis(const struct rn_command *command)
{
    const struct rn_genesis *genesis = &command->as.genesis;

    return genesis->level >= 1 && rn_region_valid(genesis->region) &&
           rn_account_valid(genesis->account);
}

static void encode_genesis(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_genesis *genesis = &command->as.genesis;

    rn_buf_add(buf, genesis->cluster_id, sizeof(genesis->cluster_id));
    rn_buf_add(buf, genesis->secret, sizeof(genesis->secret));
    rn_wire_put_u16(buf, genesis->level);
    rn_wire_put_str(buf, genesis->region);
    rn_wire_put_str(buf, genesis->account);
}

static void decode_genesis(struct rn_wire *wire, struct rn_command *command)
{
    struct rn_genesis *genesis = &command->as.genesis;

    rn_wire_bytes(wire, genesis->cluster_id, sizeof(genesis->cluster_id));
    rn_wire_bytes(wire, genesis->secret, sizeof(genesis->secret));
    genesis->level = rn_wire_u16(wire);
    genesis->region = rn_wire_str(wire);
    genesis->account = rn_wire_str(wire);
}

static bool check_create_stream(const struct rn_command *command)
{
    const struct rn_create_stream *create = &command->as.create_stream;

    return rn_stream_name_valid(create->name) && create->shard_count >= 1 &&
           (create->mode == RN_STREAM_PROVISIONED || create->mode == RN_STREAM_ON_DEMAND) &&
           rn_tags_valid(create->tags, create->tag_count);
}

static void encode_create_stream(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_create_stream *create = &command->as.create_stream;

    rn_wire_put_str(buf, create->name);
    rn_wire_put_u32(buf, create->shard_count);
    rn_wire_put_u8(buf, (uint8_t)create->mode);
    rn_wire_put_u32(buf, create->record_kib_max);
    rn_wire_put_u32(buf, create->shards_per_account_max);
    rn_wire_put_u32(buf, create->creating_max);
    rn_tags_wire_put(buf, create->tags, create->tag_count, true);
}

static void decode_create_stream(struct rn_wire *wire, struct rn_command *command)
{
    struct rn_create_stream *create = &command->as.create_stream;

    create->name = rn_wire_str(wire);
    create->shard_count = rn_wire_u32(wire);
    create->mode = (enum rn_stream_mode)rn_wire_u8(wire);
    create->record_kib_max = rn_wire_u32(wire);
    create->shards_per_account_max = rn_wire_u32(wire);
    create->creating_max = rn_wire_u32(wire);
    create->warm_mib = 0;
    create->tags = command->tags;
    create->tag_count = rn_tags_wire_take(wire, command, true);
}

static bool check_create_warm_stream(const struct rn_command *command)
{
    const struct rn_create_stream *create = &command->as.create_stream;

    return check_create_stream(command) && create->mode == RN_STREAM_ON_DEMAND &&
           create->warm_mib >= 1 && create->warm_mib <= RN_WARM_MIB_MAX;
}

static void encode_create_warm_stream(const struct rn_command *command, struct rn_buf *buf)
{
    encode_create_stream(command, buf);
    rn_wire_put_u32(buf, command->as.create_stream.warm_mib);
}

static void decode_create_warm_stream(struct rn_wire *wire, struct rn_command *command)
{
    decode_create_stream(wire, command);
    command->as.create_stream.warm_mib = rn_wire_u32(wire);
}

static bool check_uid(const struct rn_command *command)
{
    return command->as.uid != 0; /* offset 0 is GENESIS */
}

static void encode_uid(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.uid);
}

static void decode_uid(struct rn_wire *wire, struct rn_command *command)
{
    command->as.uid = rn_wire_u64(wire);
}

static bool check_delete_stream(const struct rn_command *command)
{
    return rn_stream_name_valid(command->as.delete_stream.name);
}

static void encode_delete_stream(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_str(buf, command->as.delete_stream.name);
    rn_wire_put_u64(buf, command->as.delete_stream.uid);
}

static void decode_delete_stream(struct rn_wire *wire, struct rn_command *command)
{
    command->as.delete_stream.name = rn_wire_str(wire);
    command->as.delete_stream.uid = rn_wire_u64(wire);
}

static bool check_set_retention(const struct rn_command *command)
{
    const struct rn_set_retention *set = &command->as.set_retention;

    return set->uid != 0 && set->hours >= 1 && set->hours <= RN_RETENTION_HOURS_MAX &&
           (set->change == RN_RETENTION_INCREASE || set->change == RN_RETENTION_DECREASE) &&
           set->seen_ms >= 0;
}

static void encode_set_retention(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_set_retention *set = &command->as.set_retention;

    rn_wire_put_u64(buf, set->uid);
    rn_wire_put_u32(buf, set->hours);
    rn_wire_put_u8(buf, (uint8_t)set->change);
    rn_wire_put_u64(buf, (uint64_t)set->seen_ms);
}

static void decode_set_retention(struct rn_wire *wire, struct rn_command *command)
{
    struct rn_set_retention *set = &command->as.set_retention;

    set->uid = rn_wire_u64(wire);
    set->hours = rn_wire_u32(wire);
    set->change = (enum rn_retention_change)rn_wire_u8(wire);
    set->seen_ms = (int64_t)rn_wire_u64(wire);
}

static bool check_set_limits(const struct rn_command *command)
{
    size_t count = 0;

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        int64_t value = command->as.set_limits.value[i];

        if (value != RN_LIMIT_KEEP && value != RN_LIMIT_UNSET &&
            !rn_limit_value_valid((enum rn_limit)i, value)) {
            return false;
        }
        count += value != RN_LIMIT_KEEP;
    }
    return count > 0;
}

static void encode_set_limits(const struct rn_command *command, struct rn_buf *buf)
{
    rn_limits_wire_put(buf, command->as.set_limits.value, RN_LIMIT_KEEP);
}

static void decode_set_limits(struct rn_wire *wire, struct rn_command *command)
{
    rn_limits_wire_take(wire, command->as.set_limits.value, RN_LIMIT_KEEP);
}

void rn_reshard_wire_put(struct rn_buf *buf, const struct rn_reshard *reshard)
{
    rn_wire_put_u8(buf, (uint8_t)reshard->kind);
    rn_wire_put_u32(buf, reshard->shard);
    rn_wire_put_u32(buf, reshard->adjacent);
    rn_wire_put_u128(buf, reshard->hash_key);
    rn_wire_put_u32(buf, reshard->target);
}

void rn_reshard_wire_take(struct rn_wire *wire, struct rn_reshard *reshard)
{
    reshard->kind = (enum rn_reshard_kind)rn_wire_u8(wire);
    reshard->shard = rn_wire_u32(wire);
    reshard->adjacent = rn_wire_u32(wire);
    reshard->hash_key = rn_wire_u128(wire);
    reshard->target = rn_wire_u32(wire);
}

bool rn_reshard_valid(const struct rn_reshard *reshard)
{
    switch (reshard->kind) {
    case RN_RESHARD_SPLIT:
        return reshard->shard <= RN_SHARD_INDEX_MAX && !reshard->adjacent && !reshard->target;
    case RN_RESHARD_MERGE:
        return reshard->shard <= RN_SHARD_INDEX_MAX && reshard->adjacent <= RN_SHARD_INDEX_MAX &&
               !reshard->hash_key && !reshard->target;
    case RN_RESHARD_COUNT:
        return reshard->target >= 1 && !reshard->shard && !reshard->adjacent && !reshard->hash_key;
    case RN_RESHARD_NONE:
        break;
    }
    return false;
}

static bool check_reshard(const struct rn_command *command)
{
    return command->as.change_shards.uid != 0 &&
           rn_reshard_valid(&command->as.change_shards.reshard) &&
           command->as.change_shards.daily_max <= RN_DAILY_MAX;
}

static void encode_reshard(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_change_shards *wish = &command->as.change_shards;

    rn_wire_put_u64(buf, wish->uid);
    rn_reshard_wire_put(buf, &wish->reshard);
    rn_wire_put_u8(buf, wish->automatic);
    rn_wire_put_u32(buf, wish->shards_per_account_max);
    rn_wire_put_u32(buf, wish->stream_shards_max);
    rn_wire_put_u32(buf, wish->factor_max);
    rn_wire_put_u32(buf, wish->daily_max);
}

static void decode_reshard(struct rn_wire *wire, struct rn_command *command)
{
    struct rn_change_shards *wish = &command->as.change_shards;

    wish->uid = rn_wire_u64(wire);
    rn_reshard_wire_take(wire, &wish->reshard);
    wish->automatic = rn_wire_bool(wire);
    wish->shards_per_account_max = rn_wire_u32(wire);
    wish->stream_shards_max = rn_wire_u32(wire);
    wish->factor_max = rn_wire_u32(wire);
    wish->daily_max = rn_wire_u32(wire);
}

static bool check_lanes_ready(const struct rn_command *command)
{
    const struct rn_reshard_step *step = &command->as.reshard_step;

    return step->uid != 0 && step->reshard_id > step->uid;
}

static void encode_lanes_ready(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.reshard_step.uid);
    rn_wire_put_u64(buf, command->as.reshard_step.reshard_id);
}

static void decode_lanes_ready(struct rn_wire *wire, struct rn_command *command)
{
    command->as.reshard_step.uid = rn_wire_u64(wire);
    command->as.reshard_step.reshard_id = rn_wire_u64(wire);
    command->as.reshard_step.ends = RN_STR("");
}

static bool check_shards_cut(const struct rn_command *command)
{
    const rn_str *ends = &command->as.reshard_step.ends;

    return check_lanes_ready(command) && ends->len > 0 && ends->len % RN_SHARD_END_BYTES == 0 &&
           ends->len / RN_SHARD_END_BYTES <= RN_SHARDS_CUT_MAX;
}

static void encode_shards_cut(const struct rn_command *command, struct rn_buf *buf)
{
    const rn_str *ends = &command->as.reshard_step.ends;

    encode_lanes_ready(command, buf);
    rn_wire_put_u32(buf, (uint32_t)(ends->len / RN_SHARD_END_BYTES));
    rn_buf_add_str(buf, *ends);
}

static void decode_shards_cut(struct rn_wire *wire, struct rn_command *command)
{
    size_t count;
    const char *ends;

    decode_lanes_ready(wire, command);
    count = rn_wire_u32(wire);
    ends = rn_wire_take(wire, count * RN_SHARD_END_BYTES);
    command->as.reshard_step.ends =
        ends ? rn_str_make(ends, count * RN_SHARD_END_BYTES) : RN_STR("");
}

static bool check_observe_load(const struct rn_command *command)
{
    const struct rn_observe_load *load = &command->as.observe_load;

    return load->uid != 0 && load->day >= 1 && load->day <= RN_DAYS_MAX;
}

static void encode_observe_load(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u64(buf, command->as.observe_load.uid);
    rn_wire_put_u64(buf, command->as.observe_load.day);
    rn_wire_put_u32(buf, command->as.observe_load.milli);
}

static void decode_observe_load(struct rn_wire *wire, struct rn_command *command)
{
    command->as.observe_load.uid = rn_wire_u64(wire);
    command->as.observe_load.day = rn_wire_u64(wire);
    command->as.observe_load.milli = rn_wire_u32(wire);
}

static bool check_set_setting(const struct rn_command *command)
{
    return rn_setting_valid(&command->as.set_setting);
}

static void encode_set_setting(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_set_setting *set = &command->as.set_setting;

    rn_wire_put_u64(buf, set->uid);
    rn_wire_put_u8(buf, (uint8_t)set->which);
    rn_wire_put_u32(buf, set->number);
    rn_wire_put_u32(buf, set->warm_mib);
    rn_wire_put_u32(buf, set->daily_max);
    rn_wire_put_str(buf, set->key_id);
}

static void decode_set_setting(struct rn_wire *wire, struct rn_command *command)
{
    struct rn_set_setting *set = &command->as.set_setting;

    set->uid = rn_wire_u64(wire);
    set->which = (enum rn_stream_setting)rn_wire_u8(wire);
    wire->newer = wire->newer || set->which >= RN_SET_COUNT;
    set->number = rn_wire_u32(wire);
    set->warm_mib = rn_wire_u32(wire);
    set->daily_max = rn_wire_u32(wire);
    set->key_id = rn_wire_str(wire);
}

static bool check_set_commitment(const struct rn_command *command)
{
    (void)command;
    return true;
}

static void encode_set_commitment(const struct rn_command *command, struct rn_buf *buf)
{
    rn_wire_put_u8(buf, command->as.set_commitment.on);
}

static void decode_set_commitment(struct rn_wire *wire, struct rn_command *command)
{
    uint8_t on = rn_wire_u8(wire);

    command->as.set_commitment.on = on == 1;
    wire->bad = wire->bad || on > 1;
}

void rn_limits_wire_put(struct rn_buf *buf, const int64_t *values, int64_t absent)
{
    uint16_t count = 0;

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        count = (uint16_t)(count + (values[i] != absent));
    }
    rn_wire_put_u16(buf, count);
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        if (values[i] != absent) {
            rn_wire_put_str(buf, rn_str_c(rn_limit_row((enum rn_limit)i)->name));
            rn_wire_put_u64(buf, (uint64_t)values[i]);
        }
    }
}

void rn_limits_wire_take(struct rn_wire *wire, int64_t *values, int64_t absent)
{
    size_t count = rn_wire_u16(wire);
    rn_str before = RN_STR("");

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        values[i] = absent;
    }
    for (size_t i = 0; i < count && !wire->bad; i++) {
        rn_str name = rn_wire_str(wire);
        int64_t value = (int64_t)rn_wire_u64(wire);
        enum rn_limit limit = rn_limit_find(name);

        wire->bad = wire->bad || rn_str_cmp(before, name) >= 0 || value == absent;
        wire->newer = wire->newer || limit == RN_LIMIT_NONE;
        if (limit != RN_LIMIT_NONE) {
            values[limit] = value;
        }
        before = name;
    }
}

#define ROW(TYPE, type, apply)                                                      \
    {                                                                               \
        RN_COMMAND_##TYPE, #TYPE, check_##type, encode_##type, decode_##type, apply \
    }

/* Of another file, declared in control/forms.h. */
#define ROW_ELSEWHERE(TYPE, type, apply)                                                     \
    {                                                                                        \
        RN_COMMAND_##TYPE, #TYPE, rn_check_##type, rn_encode_##type, rn_decode_##type, apply \
    }

static const struct rn_command_row rows[] = {
    ROW(GENESIS, genesis, rn_apply_genesis),
    ROW(CREATE_STREAM, create_stream, rn_apply_create_stream),
    ROW(STREAM_READY, uid, rn_apply_stream_ready),
    ROW(DELETE_STREAM, delete_stream, rn_apply_delete_stream),
    ROW(STREAM_GONE, uid, rn_apply_stream_gone),
    ROW_ELSEWHERE(ADD_TAGS, add_tags, rn_apply_add_tags),
    ROW_ELSEWHERE(REMOVE_TAGS, remove_tags, rn_apply_remove_tags),
    ROW(SET_RETENTION, set_retention, rn_apply_set_retention),
    ROW(SET_LIMITS, set_limits, rn_apply_set_limits),
    ROW(RESHARD, reshard, rn_apply_reshard),
    ROW(LANES_READY, lanes_ready, rn_apply_lanes_ready),
    ROW(SHARDS_CUT, shards_cut, rn_apply_shards_cut),
    ROW(OBSERVE_LOAD, observe_load, rn_apply_observe_load),
    ROW(CREATE_WARM_STREAM, create_warm_stream, rn_apply_create_stream),
    ROW_ELSEWHERE(REGISTER_CONSUMER, register_consumer, rn_apply_register_consumer),
    ROW_ELSEWHERE(CONSUMER_READY, consumer, rn_apply_consumer_ready),
    ROW_ELSEWHERE(DEREGISTER_CONSUMER, consumer, rn_apply_deregister_consumer),
    ROW_ELSEWHERE(CONSUMER_GONE, consumer, rn_apply_consumer_gone),
    ROW_ELSEWHERE(TAG_CONSUMER, tag_consumer, rn_apply_add_tags),
    ROW_ELSEWHERE(UNTAG_CONSUMER, untag_consumer, rn_apply_remove_tags),
    ROW_ELSEWHERE(SET_POLICY, set_policy, rn_apply_set_policy),
    ROW(DELETE_UNUSED_STREAM, delete_stream, rn_apply_delete_unused_stream),
    ROW(SET_SETTING, set_setting, rn_apply_set_setting),
    ROW(SET_COMMITMENT, set_commitment, rn_apply_set_commitment),
};

const struct rn_command_row *rn_command_row(unsigned type)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((unsigned)rows[i].type == type) {
            return &rows[i];
        }
    }
    return NULL;
}

rn_err rn_command_encode(const struct rn_command *command, struct rn_buf *buf)
{
    const struct rn_command_row *row = rn_command_row(command->type);
    size_t start = buf->len;

    if (!row || !row->check(command)) {
        return RN_INVALID;
    }
    rn_buf_add(buf, "RC", 2);
    rn_wire_put_u16(buf, RN_COMMAND_VERSION);
    rn_wire_put_u16(buf, (uint16_t)command->type);
    rn_buf_add(buf, command->origin, sizeof(command->origin));
    rn_wire_put_u64(buf, command->request);
    row->encode(command, buf);
    if (!buf->failed) {
        assert(buf->len - start >= HEAD_BYTES &&
               buf->len - start + CRC_BYTES <= RN_COMMAND_BYTES_MAX);
        rn_wire_put_u32(buf, rn_crc32c(0, buf->data + start, buf->len - start));
    }
    return buf->failed ? RN_NOMEM : RN_OK;
}

static rn_err decode_body(struct rn_wire *wire, const struct rn_command_row *row,
                          struct rn_command *ret_command, struct rn_reason *reason)
{
    rn_wire_bytes(wire, ret_command->origin, sizeof(ret_command->origin));
    ret_command->request = rn_wire_u64(wire);
    ret_command->type = row->type;
    row->decode(wire, ret_command);
    if (!wire->bad && wire->newer) {
        return rn_reason_set(reason, RN_NEWER,
                             "a %s command names something this program does not know", row->name);
    }
    if (wire->bad || rn_wire_left(wire) > 0 || !row->check(ret_command)) {
        return rn_reason_set(reason, RN_CORRUPT, "a %s command breaks its form", row->name);
    }
    if (row->type == RN_COMMAND_GENESIS && ret_command->as.genesis.level > RN_CONTROL_LEVEL) {
        return rn_reason_set(reason, RN_NEWER,
                             "the control log has level %u, this program knows levels up to %u",
                             ret_command->as.genesis.level, RN_CONTROL_LEVEL);
    }
    return RN_OK;
}

rn_err rn_command_decode(rn_str bytes, struct rn_command *ret_command,
                         struct rn_reason *reterr_reason)
{
    const struct rn_command_row *row;
    struct rn_wire wire;
    uint16_t version, type;

    if (bytes.len < HEAD_BYTES + CRC_BYTES || bytes.len > RN_COMMAND_BYTES_MAX ||
        memcmp(bytes.data, "RC", 2) != 0) {
        return rn_reason_set(reterr_reason, RN_CORRUPT, "a record of %zu bytes is no command",
                             bytes.len);
    }
    bytes.len -= CRC_BYTES;
    if (rn_get_be32(bytes.data + bytes.len) != rn_crc32c(0, bytes.data, bytes.len)) {
        return rn_reason_set(reterr_reason, RN_CORRUPT, "a command fails its checksum");
    }
    wire = rn_wire_open(bytes);
    (void)rn_wire_take(&wire, 2);
    version = rn_wire_u16(&wire);
    type = rn_wire_u16(&wire);
    if (version == 0) {
        return rn_reason_set(reterr_reason, RN_CORRUPT, "a command has version 0");
    }
    if (version > RN_COMMAND_VERSION) {
        return rn_reason_set(reterr_reason, RN_NEWER,
                             "a command has version %u, this program knows versions up to %u",
                             version, RN_COMMAND_VERSION);
    }
    row = rn_command_row(type);
    if (!row) {
        return rn_reason_set(reterr_reason, RN_NEWER,
                             "a command has type %u, which this program does not know", type);
    }
    return decode_body(&wire, row, ret_command, reterr_reason);
}
