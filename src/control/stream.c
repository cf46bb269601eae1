/* stream.c - versions of a stream, their cells, and what readers ask of one version.
 *
 * A version is one block of memory: the struct, then shards, consumers, tags, marks, open list, texts. */
#include "control/stream.h"

#include <assert.h>
#include <stdlib.h>

struct cell {
    struct rn_shard_cell shown;
    _Atomic(uint32_t) refs;
    struct rn_cell_hooks hooks; /* a copy: a waiting request may let go when control is closed */
};

_Static_assert(sizeof(struct rn_version) % _Alignof(struct rn_shard) == 0,
               "shards may follow their version");

_Static_assert(sizeof(struct rn_pair_text) % _Alignof(struct rn_daily_mark) == 0,
               "marks may follow tags");

static struct cell *cell_of(struct rn_shard_cell *shown)
{
    return (struct cell *)(void *)shown;
}

static void cell_unref(struct rn_shard_cell *shown)
{
    struct cell *cell = shown ? cell_of(shown) : NULL;

    if (!cell || atomic_fetch_sub_explicit(&cell->refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    cell->hooks.runtime_free(cell->hooks.runtime_arg, cell->shown.runtime);
    rn_engine_lane_unref(cell->hooks.engine, cell->shown.lane);
    free(cell);
}

static int by_range(const void *a, const void *b, void *arg)
{
    const struct rn_shard *shards = arg;
    const struct rn_shard *left = &shards[*(const uint32_t *)a],
                          *right = &shards[*(const uint32_t *)b];

    if (left->range.start != right->range.start) {
        return left->range.start < right->range.start ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

void rn_version_seal(struct rn_version *version)
{
    size_t count = 0;

    for (size_t i = 0; i < version->stream.shard_count; i++) {
        if (version->shards[i].closed_ms == 0) {
            version->open[count++] = (uint32_t)i;
        }
    }
    version->stream.open_count = count;
    qsort_r(version->open, count, sizeof(*version->open), by_range, version->shards);
}

static void share_cells(struct rn_version *version)
{
    for (size_t i = 0; i < version->stream.shard_count; i++) {
        if (version->shards[i].cell) {
            atomic_fetch_add_explicit(&cell_of(version->shards[i].cell)->refs, 1,
                                      memory_order_relaxed);
        }
    }
}

/* How much of each kind follows the struct, and where the next of it goes. */
struct layout {
    size_t tags, text;
    struct rn_pair_text *next_tag;
    char *next_text;
};

static void count_tags(struct layout *layout, const struct rn_pair_text *tags, size_t count)
{
    layout->tags += count;
    for (size_t i = 0; i < count; i++) {
        layout->text += tags[i].key.len + tags[i].value.len;
    }
}

static struct layout measure(const struct rn_stream *draft)
{
    struct layout layout = {.text = draft->policy.len + draft->key_id.len};

    count_tags(&layout, draft->tags, draft->tag_count);
    for (size_t i = 0; i < draft->consumer_count; i++) {
        const struct rn_consumer *consumer = &draft->consumers[i];

        layout.text += consumer->name.len + consumer->policy.len;
        count_tags(&layout, consumer->tags, consumer->tag_count);
    }
    return layout;
}

static rn_str copy_text(struct layout *layout, rn_str from)
{
    rn_str copy = rn_str_make(layout->next_text, from.len);

    if (from.len) {
        memcpy(layout->next_text, from.data, from.len);
    }
    layout->next_text += from.len;
    return copy;
}

static const struct rn_pair_text *copy_tags(struct layout *layout, const struct rn_pair_text *from,
                                            size_t count)
{
    struct rn_pair_text *tags = layout->next_tag;

    for (size_t i = 0; i < count; i++) {
        tags[i].key = copy_text(layout, from[i].key);
        tags[i].value = copy_text(layout, from[i].value);
    }
    layout->next_tag += count;
    return tags;
}

static void copy_consumers(struct layout *layout, const struct rn_stream *draft,
                           struct rn_consumer *ret_consumers)
{
    for (size_t i = 0; i < draft->consumer_count; i++) {
        const struct rn_consumer *from = &draft->consumers[i];

        ret_consumers[i] = *from;
        ret_consumers[i].name = copy_text(layout, from->name);
        ret_consumers[i].policy = copy_text(layout, from->policy);
        ret_consumers[i].tags = copy_tags(layout, from->tags, from->tag_count);
    }
}

struct rn_version *rn_version_make(const struct rn_stream *draft)
{
    size_t shard_count = draft->shard_count;
    struct layout layout = measure(draft);
    struct rn_daily_mark *marks;
    struct rn_version *version = calloc(
        1, sizeof(*version) + shard_count * sizeof(struct rn_shard) +
               draft->consumer_count * sizeof(struct rn_consumer) +
               layout.tags * sizeof(struct rn_pair_text) + draft->daily.count * sizeof(*marks) +
               shard_count * sizeof(uint32_t) + layout.text + 1);

    if (!version) {
        return NULL;
    }
    version->shards = (struct rn_shard *)(void *)(version + 1);
    version->consumers = (struct rn_consumer *)(void *)(version->shards + shard_count);
    layout.next_tag = (struct rn_pair_text *)(void *)(version->consumers + draft->consumer_count);
    marks = (struct rn_daily_mark *)(void *)(layout.next_tag + layout.tags);
    version->open = (uint32_t *)(void *)(marks + draft->daily.count);
    layout.next_text = (char *)(version->open + shard_count);
    version->stream = *draft;
    version->stream.tags = copy_tags(&layout, draft->tags, draft->tag_count);
    version->stream.policy = copy_text(&layout, draft->policy);
    version->stream.key_id = copy_text(&layout, draft->key_id);
    if (draft->daily.count > 0) {
        memcpy(marks, draft->daily.marks, draft->daily.count * sizeof(*marks));
    }
    version->stream.daily.marks = marks;
    copy_consumers(&layout, draft, version->consumers);
    if (draft->shards) {
        memcpy(version->shards, draft->shards, shard_count * sizeof(*version->shards));
    }
    version->stream.consumers = version->consumers;
    version->stream.shards = version->shards;
    version->stream.open = version->open;
    version->stream.control_private = version;
    atomic_init(&version->refs, 1);
    share_cells(version);
    rn_version_seal(version);
    return version;
}

void rn_version_unref(struct rn_version *version)
{
    if (!version || atomic_fetch_sub_explicit(&version->refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    for (size_t i = 0; i < version->stream.shard_count; i++) {
        cell_unref(version->shards[i].cell);
    }
    free(version);
}

static rn_err cell_new(const struct rn_cell_hooks *hooks, uint64_t uid,
                       const struct rn_shard *shard, struct rn_shard_cell **ret_cell)
{
    struct cell *cell = calloc(1, sizeof(*cell));

    if (!cell) {
        return RN_NOMEM;
    }
    cell->hooks = *hooks;
    atomic_init(&cell->refs, 1);
    cell->shown.lane = rn_engine_lane_ref(hooks->engine, uid, shard->lane);
    if (!cell->shown.lane) {
        free(cell);
        return RN_NOT_FOUND;
    }
    cell->shown.runtime = hooks->runtime_new(hooks->runtime_arg, uid, shard->index);
    if (!cell->shown.runtime) {
        rn_engine_lane_unref(hooks->engine, cell->shown.lane);
        free(cell);
        return RN_NOMEM;
    }
    *ret_cell = &cell->shown;
    return RN_OK;
}

rn_err rn_version_attach(struct rn_version *version, const struct rn_cell_hooks *hooks)
{
    for (size_t i = 0; i < version->stream.shard_count; i++) {
        struct rn_shard *shard = &version->shards[i];
        rn_err err = RN_OK;

        if (shard->opened_ms && !shard->cell) {
            err = cell_new(hooks, version->stream.uid, shard, &shard->cell);
        }
        if (err) {
            return err;
        }
    }
    return RN_OK;
}

bool rn_version_covers(const struct rn_version *version)
{
    rn_u128 next = 0;

    for (size_t i = 0; i < version->stream.open_count; i++) {
        const struct rn_hash_range *range = &version->shards[version->open[i]].range;

        if (range->start != next || range->end < range->start || (i > 0 && next == 0)) {
            return false;
        }
        next = range->end + 1; /* 0 behind the last key */
    }
    return version->stream.open_count > 0 && next == 0;
}

void rn_stream_ref(const struct rn_stream *stream)
{
    struct rn_version *version = stream->control_private;

    atomic_fetch_add_explicit(&version->refs, 1, memory_order_relaxed);
}

void rn_stream_unref(const struct rn_stream *stream)
{
    rn_version_unref(stream->control_private);
}

const struct rn_shard *rn_stream_route(const struct rn_stream *stream, rn_u128 key)
{
    size_t low = 0, high = stream->open_count; /* the last open shard that starts at or below key */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (stream->shards[stream->open[middle]].range.start <= key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return NULL;
    }
    return stream->shards[stream->open[low - 1]].range.end >= key
               ? &stream->shards[stream->open[low - 1]]
               : NULL;
}

const struct rn_shard *rn_stream_shard(const struct rn_stream *stream, uint32_t index)
{
    size_t low = 0, high = stream->shard_count; /* indexes rise, with holes where shards expired */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (stream->shards[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < stream->shard_count && stream->shards[low].index == index ? &stream->shards[low]
                                                                           : NULL;
}
