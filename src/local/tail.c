/* tail.c - slabs: the newest is being filled, older ones are read from, a few wait unused. */
#include "local/tail.h"

#include <assert.h>
#include <stdlib.h>

#include "local/frame.h"
#include "local/lane.h"
#include "sys/disk.h"

void rn_tail_init(struct rn_tail *tail, size_t bytes_max)
{
    size_t slab = bytes_max / 8;

    rn_list_init(&tail->slabs);
    rn_list_init(&tail->unused);
    rn_mutex_init(&tail->lock);
    tail->bytes = tail->unused_count = 0;
    tail->bytes_max = bytes_max;
    slab = slab > RN_SLAB_BYTES_MAX   ? RN_SLAB_BYTES_MAX
           : slab < RN_SLAB_BYTES_MIN ? RN_SLAB_BYTES_MIN
                                      : slab;
    tail->slab_bytes = rn_blocks_up(slab);
}

static void slab_free(struct rn_slab *slab)
{
    if (slab) {
        assert(slab->lane_count == 0);
        free(slab->lanes);
        free(slab->bytes);
        free(slab);
    }
}

void rn_slab_ref(struct rn_slab *slab)
{
    atomic_fetch_add_explicit(&slab->refs, 1, memory_order_relaxed);
}

void rn_slab_unref(struct rn_slab *slab)
{
    struct rn_tail *tail = slab->tail;

    if (atomic_fetch_sub_explicit(&slab->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    rn_mutex_lock(&tail->lock);
    if (tail->unused_count < RN_SLABS_UNUSED_MAX && slab->cap == tail->slab_bytes) {
        rn_list_push(&tail->unused, &slab->link);
        tail->unused_count++;
        slab = NULL;
    }
    rn_mutex_unlock(&tail->lock);
    slab_free(slab);
}

/* The oldest slab leaves the cache. */
static void evict(struct rn_tail *tail)
{
    struct rn_slab *slab = RN_OWNER(rn_list_pop(&tail->slabs), struct rn_slab, link);

    tail->bytes -= slab->cap + slab->cost;
    for (size_t i = 0; i < slab->lane_count; i++) {
        struct rn_lane *lane = slab->lanes[i];

        rn_lane_uncache(lane, slab);
        lane->slab = lane->slab == slab ? NULL : lane->slab;
        rn_lane_unref(lane);
    }
    slab->lane_count = 0;
    rn_slab_unref(slab);
}

void rn_tail_done(struct rn_tail *tail)
{
    while (!rn_list_empty(&tail->slabs)) {
        evict(tail);
    }
    for (struct rn_link *link; (link = rn_list_pop(&tail->unused));) {
        slab_free(RN_OWNER(link, struct rn_slab, link));
    }
    rn_mutex_done(&tail->lock);
}

static struct rn_slab *take_unused(struct rn_tail *tail)
{
    rn_mutex_lock(&tail->lock);
    struct rn_link *link = rn_list_pop(&tail->unused);

    tail->unused_count -= link != NULL;
    rn_mutex_unlock(&tail->lock);
    return link ? RN_OWNER(link, struct rn_slab, link) : NULL;
}

static struct rn_slab *slab_new(struct rn_tail *tail, size_t cap)
{
    struct rn_slab *slab = cap == tail->slab_bytes ? take_unused(tail) : NULL;

    if (!slab) {
        slab = calloc(1, sizeof(*slab));
        if (!slab) {
            return NULL;
        }
        slab->tail = tail;
        slab->cap = cap;
        slab->bytes = rn_disk_alloc(cap);
        if (!slab->bytes) {
            free(slab);
            return NULL;
        }
    }
    atomic_store_explicit(&slab->refs, 1, memory_order_relaxed);
    slab->used = slab->cost = 0;
    return slab;
}

static struct rn_slab *newest(struct rn_tail *tail)
{
    return rn_list_empty(&tail->slabs) ? NULL : RN_OWNER(tail->slabs.prev, struct rn_slab, link);
}

char *rn_tail_room(struct rn_tail *tail, size_t bytes)
{
    struct rn_slab *slab = newest(tail);
    size_t cap = bytes > tail->slab_bytes ? bytes : tail->slab_bytes;

    assert(bytes % RN_BLOCK_BYTES == 0);
    if (slab && slab->cap - slab->used >= bytes) {
        return slab->bytes + slab->used;
    }
    while (!rn_list_empty(&tail->slabs) && tail->bytes + cap > tail->bytes_max) {
        evict(tail);
    }
    slab = slab_new(tail, cap);
    if (!slab) {
        return NULL;
    }
    tail->bytes += cap;
    rn_list_push(&tail->slabs, &slab->link);
    return slab->bytes;
}

bool rn_tail_add_lane(struct rn_tail *tail, struct rn_lane *lane, uint32_t chunks)
{
    struct rn_slab *slab = newest(tail);
    size_t cost = chunks * sizeof(struct rn_cached);

    if (lane->slab != slab) {
        if (slab->lane_count == slab->lane_cap) {
            size_t cap = slab->lane_cap ? slab->lane_cap * 2 : 8;
            struct rn_lane **lanes = realloc(slab->lanes, cap * sizeof(struct rn_lane *));

            if (!lanes) {
                return false;
            }
            slab->lanes = lanes;
            slab->lane_cap = cap;
        }
        rn_lane_ref(lane);
        slab->lanes[slab->lane_count++] = lane;
        lane->slab = slab;
        cost += sizeof(struct rn_lane *);
    }
    slab->cost += cost;
    tail->bytes += cost;
    return true;
}

struct rn_slab *rn_tail_keep(struct rn_tail *tail, size_t bytes)
{
    struct rn_slab *slab = newest(tail);

    assert(slab && bytes <= slab->cap - slab->used);
    slab->used += bytes;
    return slab;
}
