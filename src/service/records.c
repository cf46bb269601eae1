/* records.c - see records.h. */
#include "service/records.h"

#include "model/seqno.h"
#include "service/describe.h"

enum { PARENTS_MAX = 2 };

/* One array of records and one block of number texts for the whole reply. */
bool rn_write_records(struct rn_arena *arena, const struct rn_get *get,
                      struct rn_items *ret_records)
{
    struct rn_kinesis_record *records = rn_arena_zalloc(arena, get->item_count, sizeof(*records));
    char *numbers = rn_arena_alloc(arena, get->item_count * RN_SEQNO_TEXT_BYTES);

    if (!records || !numbers) {
        return false;
    }
    for (size_t i = 0; i < get->item_count; i++) {
        const struct rn_item *item = &get->items[i];
        char *number = numbers + i * RN_SEQNO_TEXT_BYTES;
        size_t len =
            rn_seqno_format_record(get->shard->created_s, get->shard->index, item->offset, number);

        records[i].sequence_number = rn_str_make(number, len);
        records[i].approximate_arrival_timestamp =
            (struct rn_number){.value = item->append_ms, .set = true};
        records[i].data = item->record.value;
        records[i].partition_key = item->record.key;
        if (rn_stream_encrypted(get->stream) && item->append_ms >= get->stream->encrypted_ms) {
            records[i].encryption_type = RN_STR("KMS");
        }
    }
    *ret_records = (struct rn_items){.data = records, .count = get->item_count, .set = true};
    return true;
}

static bool write_child(struct rn_arena *arena, const struct rn_shard *shard,
                        struct rn_kinesis_child_shard *out)
{
    rn_str *parents = rn_arena_zalloc(arena, PARENTS_MAX, sizeof(*parents));
    size_t count = 0;

    if (!parents) {
        return false;
    }
    parents[count++] = rn_shard_id_text(arena, shard->parent);
    if (shard->adjacent_parent != RN_SHARD_NONE) {
        parents[count++] = rn_shard_id_text(arena, shard->adjacent_parent);
    }
    out->shard_id = rn_shard_id_text(arena, shard->index);
    out->parent_shards = (struct rn_items){.data = parents, .count = count, .set = true};
    out->hash_key_range = rn_describe_range(arena, &shard->range);
    return out->shard_id.data && parents[0].data && parents[count - 1].data && out->hash_key_range;
}

static bool is_child(const struct rn_shard *shard, const struct rn_shard *parent)
{
    return shard->parent == parent->index || shard->adjacent_parent == parent->index;
}

bool rn_write_children(struct rn_arena *arena, const struct rn_stream *stream,
                       const struct rn_shard *shard, struct rn_items *ret_children)
{
    struct rn_kinesis_child_shard *children;
    size_t count = 0;

    for (size_t i = 0; i < stream->shard_count; i++) {
        count += is_child(&stream->shards[i], shard);
    }
    children = rn_arena_zalloc(arena, count, sizeof(*children));
    if (!children) {
        return false;
    }
    *ret_children = (struct rn_items){.data = children, .count = count, .set = true};
    for (size_t i = 0; i < stream->shard_count; i++) {
        if (is_child(&stream->shards[i], shard) &&
            !write_child(arena, &stream->shards[i], children++)) {
            return false;
        }
    }
    return true;
}
