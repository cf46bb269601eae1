/* batch.c - items, and the references that keep what they point to. */
#include "local/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/chunk.h"

enum { FIRST_ITEMS = 32, FIRST_HELD = 4 };

/* What a batch keeps behind engine_private. */
struct held {
    struct rn_recycler *recycler;
    struct rn_slab **slabs;
    size_t slab_count;
    char **buffers;
    size_t buffer_count;
};

void rn_reading_begin(struct rn_reading *reading, struct rn_recycler *recycler,
                      const struct rn_read *read)
{
    *reading = (struct rn_reading){
        .recycler = recycler,
        .count_max = read->count_max > 0 ? read->count_max : 1,
        .bytes_max = read->bytes_max > 0 ? read->bytes_max : 1, /* one record comes in any case */
        .next = read->from,
    };
}

static void let_go(const struct held *held)
{
    for (size_t i = 0; i < held->slab_count; i++) {
        rn_slab_unref(held->slabs[i]);
    }
    for (size_t i = 0; i < held->buffer_count; i++) {
        rn_recycler_put(held->recycler, held->buffers[i]);
    }
    free(held->slabs);
    free(held->buffers);
}

static struct held held_of(const struct rn_reading *reading)
{
    return (struct held){reading->recycler, reading->slabs, reading->slab_count, reading->buffers,
                         reading->buffer_count};
}

void rn_reading_drop(struct rn_reading *reading)
{
    struct held held = held_of(reading);

    let_go(&held);
    rn_recycler_put(reading->recycler, reading->items);
    *reading = (struct rn_reading){0};
}

rn_err rn_reading_finish(struct rn_reading *reading, uint64_t end, struct rn_batch *ret_batch)
{
    struct held *held = NULL;

    if (reading->count > 0) {
        held = malloc(sizeof(*held));
        if (!held) {
            rn_reading_drop(reading);
            return RN_NOMEM;
        }
        *held = held_of(reading);
    }
    *ret_batch = (struct rn_batch){
        .outcome = RN_OUTCOME_OK,
        .items = reading->items,
        .count = reading->count,
        .next = reading->next,
        .end = end,
        .engine_private = held,
    };
    if (!held) {
        rn_reading_drop(reading);
        ret_batch->items = NULL;
    }
    return RN_OK;
}

void rn_reading_release(struct rn_batch *batch)
{
    struct held *held = batch->engine_private;

    if (held) {
        rn_recycler_put(held->recycler, batch->items);
        let_go(held);
        free(held);
    }
    batch->items = NULL;
    batch->count = 0;
    batch->engine_private = NULL;
}

static bool room_for_one(void **list, size_t count, size_t *cap)
{
    if (count < *cap) {
        return true;
    }
    size_t more = *cap ? *cap * 2 : FIRST_HELD;
    void *grown = realloc(*list, more * sizeof(void *));

    if (grown) {
        *list = grown;
        *cap = more;
    }
    return grown != NULL;
}

rn_err rn_reading_hold_slab(struct rn_reading *reading, struct rn_slab *slab)
{
    if (reading->slab_count > 0 && reading->slabs[reading->slab_count - 1] == slab) {
        rn_slab_unref(slab); /* held already */
        return RN_OK;
    }
    void *list = reading->slabs;
    bool room = room_for_one(&list, reading->slab_count, &reading->slab_cap);

    reading->slabs = list;
    if (!room) {
        rn_slab_unref(slab);
        return RN_NOMEM;
    }
    reading->slabs[reading->slab_count++] = slab;
    return RN_OK;
}

char *rn_reading_buffer(struct rn_reading *reading, size_t bytes)
{
    void *list = reading->buffers;
    bool room = room_for_one(&list, reading->buffer_count, &reading->buffer_cap);
    char *buffer;

    reading->buffers = list;
    buffer = room ? rn_recycler_get(reading->recycler, bytes) : NULL;
    if (buffer) {
        reading->buffers[reading->buffer_count++] = buffer;
    }
    return buffer;
}

/* Room for up to `more` items, but not more than will be needed. */
static rn_err room_for_items(struct rn_reading *reading, size_t more)
{
    size_t need = reading->count + more, cap = reading->cap ? reading->cap : FIRST_ITEMS;
    struct rn_item *items;

    need = need > reading->count_max ? reading->count_max : need;
    if (need <= reading->cap) {
        return RN_OK;
    }
    while (cap < need) {
        cap *= 2;
    }
    items = rn_recycler_get(reading->recycler, cap * sizeof(*items));
    if (!items) {
        return RN_NOMEM;
    }
    if (reading->count > 0) {
        memcpy(items, reading->items, reading->count * sizeof(*items));
    }
    rn_recycler_put(reading->recycler, reading->items);
    reading->items = items;
    reading->cap = cap;
    return RN_OK;
}

/* False: the record does not fit any more. */
static bool add_item(struct rn_reading *reading, const struct rn_record *record, int64_t ms)
{
    size_t bytes = record->key.len + record->value.len;

    if (reading->count > 0 && (reading->bytes + bytes > reading->bytes_max)) {
        return false;
    }
    reading->items[reading->count++] = (struct rn_item){reading->next, ms, *record};
    reading->bytes += bytes;
    reading->next++;
    return reading->count < reading->count_max && reading->bytes < reading->bytes_max;
}

rn_err rn_reading_add(struct rn_reading *reading, const struct rn_chunk *chunk)
{
    struct rn_chunk_cursor cursor = {chunk->bytes, chunk->bytes + chunk->len};
    uint64_t skip = reading->next > chunk->first ? reading->next - chunk->first : 0;
    struct rn_record record;
    rn_err err;

    assert(chunk->first <= reading->next && !reading->full);
    if (skip >= chunk->count) {
        return RN_OK;
    }
    err = room_for_items(reading, (size_t)(chunk->count - skip));
    for (uint64_t i = 0; !err && i < chunk->count && !reading->full; i++) {
        err = rn_chunk_next(&cursor, &record);
        if (err == RN_NOT_FOUND) {
            err = RN_CORRUPT; /* fewer records than the row says */
        }
        if (!err && i >= skip) {
            reading->full = !add_item(reading, &record, chunk->ms);
        }
    }
    return err;
}
