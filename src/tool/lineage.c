/* lineage.c - a walk down the forest without recursion: a stack of what is still to be shown. */
#include "tool/lineage.h"

#include <stdlib.h>

/* `under` sorts siblings together: 0 for roots, else 1 + the place of the parent among the shards. */
struct node {
    const struct rn_lineage_shard *shard;
    size_t under;
};

struct pending {
    size_t node;
    uint32_t depth;
    uint64_t goes_on;
};

struct forest {
    const struct rn_lineage_shard *shards; /* by index */
    size_t count;
    struct node *nodes; /* by `under`, then by hash key */
    struct pending *stack;
    size_t pending;
};

static int by_index(const void *a, const void *b)
{
    const struct rn_lineage_shard *left = a, *right = b;

    return (left->index > right->index) - (left->index < right->index);
}

static int by_place(const void *a, const void *b)
{
    const struct node *left = a, *right = b;

    if (left->under != right->under) {
        return left->under > right->under ? 1 : -1;
    }
    if (left->shard->range.start != right->shard->range.start) {
        return left->shard->range.start > right->shard->range.start ? 1 : -1;
    }
    return by_index(left->shard, right->shard);
}

/* The place of a shard among all, or `count`. */
static size_t place_of(const struct forest *forest, uint32_t index)
{
    struct rn_lineage_shard key = {.index = index};
    const struct rn_lineage_shard *found =
        index == RN_SHARD_NONE
            ? NULL
            : bsearch(&key, forest->shards, forest->count, sizeof(key), by_index);

    return found ? (size_t)(found - forest->shards) : forest->count;
}

/* A parent is older than its child: nothing that is listed wrongly can make a circle. */
static size_t above(const struct forest *forest, const struct rn_lineage_shard *shard)
{
    uint32_t parents[] = {shard->parent, shard->adjacent_parent};

    for (size_t i = 0; i < 2; i++) {
        size_t place = place_of(forest, parents[i]);

        if (place < forest->count && parents[i] < shard->index) {
            return place + 1;
        }
    }
    return 0;
}

static size_t first_under(const struct forest *forest, size_t under)
{
    size_t low = 0, high = forest->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (forest->nodes[middle].under < under) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Siblings go onto the stack from the last to the first. */
static void push_under(struct forest *forest, size_t under, uint32_t depth, uint64_t goes_on)
{
    size_t first = first_under(forest, under), end = first;

    while (end < forest->count && forest->nodes[end].under == under) {
        end++;
    }
    depth = depth < RN_LINEAGE_DEPTH_MAX ? depth : RN_LINEAGE_DEPTH_MAX;
    for (size_t i = end; i > first; i--) {
        uint64_t bit = (uint64_t)1 << depth;

        forest->stack[forest->pending++] =
            (struct pending){i - 1, depth, i == end ? goes_on & ~bit : goes_on | bit};
    }
}

static void walk(struct forest *forest, struct rn_lineage_row *rows)
{
    push_under(forest, 0, 0, 0);
    for (size_t row = 0; forest->pending; row++) {
        struct pending next = forest->stack[--forest->pending];
        const struct rn_lineage_shard *shard = forest->nodes[next.node].shard;

        rows[row] = (struct rn_lineage_row){
            .shard = shard,
            .depth = next.depth,
            .goes_on = next.goes_on,
            .merged_into = RN_SHARD_NONE,
            .is_orphan = !forest->nodes[next.node].under && shard->parent != RN_SHARD_NONE,
        };
        push_under(forest, (size_t)(shard - forest->shards) + 1, next.depth + 1, next.goes_on);
    }
}

/* Second parents hear of their child; `where` has the row of each shard. */
static void name_merged(const struct forest *forest, struct rn_lineage_row *rows,
                        const size_t *where)
{
    for (size_t i = 0; i < forest->count; i++) {
        const struct rn_lineage_shard *shard = &forest->shards[i];
        size_t second = place_of(forest, shard->adjacent_parent);

        if (second < forest->count && above(forest, shard) != second + 1) {
            rows[where[second]].merged_into = shard->index;
        }
    }
}

rn_err rn_lineage_rows(struct rn_lineage_shard *shards, size_t count,
                       struct rn_lineage_row *ret_rows)
{
    struct forest forest = {.shards = shards, .count = count};
    size_t *where = calloc(count + 1, sizeof(*where));

    forest.nodes = calloc(count + 1, sizeof(*forest.nodes));
    forest.stack = calloc(count + 1, sizeof(*forest.stack));
    if (!where || !forest.nodes || !forest.stack) {
        free(where);
        free(forest.nodes);
        free(forest.stack);
        return RN_NOMEM;
    }
    qsort(shards, count, sizeof(*shards), by_index);
    for (size_t i = 0; i < count; i++) {
        forest.nodes[i] = (struct node){&shards[i], above(&forest, &shards[i])};
    }
    qsort(forest.nodes, count, sizeof(*forest.nodes), by_place);
    walk(&forest, ret_rows);
    for (size_t i = 0; i < count; i++) {
        where[ret_rows[i].shard - shards] = i;
    }
    name_merged(&forest, ret_rows, where);
    free(where);
    free(forest.nodes);
    free(forest.stack);
    return RN_OK;
}
