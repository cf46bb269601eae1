/* plan.c - the server's own planner, asked here. New shards get the ids that follow the highest one known. */
#include "tool/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool/exit.h"
#include "tool/options.h"
#include "tool/terminal.h"

enum { PICTURE_BYTES_MAX = 64 * 1024 * 1024, STEPS_MAX = 40, ROWS_MAX = 64 };

static int by_hash_key(const void *a, const void *b)
{
    const struct rn_reshard_piece *left = a, *right = b;

    return (left->range.start > right->range.start) - (left->range.start < right->range.start);
}

struct rn_reshard_piece *rn_plan_pieces(const struct rn_shards *shards, size_t *ret_count)
{
    struct rn_reshard_piece *pieces = calloc(shards->open + 1, sizeof(*pieces));
    size_t count = 0;

    for (size_t i = 0; pieces && i < shards->count; i++) {
        if (!shards->lineage[i].closed) {
            pieces[count++] =
                (struct rn_reshard_piece){shards->lineage[i].index, shards->lineage[i].range};
        }
    }
    if (pieces) {
        qsort(pieces, count, sizeof(*pieces), by_hash_key);
    }
    *ret_count = count;
    return pieces;
}

static uint32_t next_index(const struct rn_shards *shards)
{
    uint32_t next = 0;

    for (size_t i = 0; i < shards->count; i++) {
        next = shards->lineage[i].index >= next ? shards->lineage[i].index + 1 : next;
    }
    return next;
}

/* ---- the steps ---------------------------------------------------------------------------- */

/* "shardId-000000000007 (25.0 %)" */
static void print_child(const struct rn_reshard_child *child)
{
    char id[RN_SHARD_ID_TEXT_BYTES], share[RN_LINEAGE_SHARE_BYTES];

    (void)rn_shard_id_format(child->index, id);
    (void)printf("%s (%s %%)", id, rn_lineage_share(child->range, share));
}

/* The step that begins with this child; returns how many children it has. */
static size_t print_step(const struct rn_reshard_child *child, size_t number)
{
    char parent[RN_SHARD_ID_TEXT_BYTES], adjacent[RN_SHARD_ID_TEXT_BYTES],
        key[RN_HASH_KEY_TEXT_BYTES];

    (void)rn_shard_id_format(child->parent, parent);
    if (child->adjacent_parent != RN_SHARD_NONE) {
        (void)rn_shard_id_format(child->adjacent_parent, adjacent);
        (void)printf("%4zu. merge %s and %s\n      into ", number, parent, adjacent);
        print_child(child);
        (void)putchar('\n');
        return 1;
    }
    (void)rn_hash_key_format(child[1].range.start, key);
    (void)printf("%4zu. split %s at %s\n      into ", number, parent, key);
    print_child(child);
    (void)fputs(" and ", stdout);
    print_child(child + 1);
    (void)putchar('\n');
    return 2;
}

static void print_steps(const struct rn_reshard_child *children, size_t count)
{
    size_t steps = 0;

    for (size_t i = 0; i < count;) {
        steps++;
        if (steps <= STEPS_MAX) {
            i += print_step(&children[i], steps);
        } else {
            i += children[i].adjacent_parent == RN_SHARD_NONE ? 2 : 1;
        }
    }
    if (steps > STEPS_MAX) {
        (void)printf("      and %zu more like these\n", steps - STEPS_MAX);
    }
}

/* ---- the shards afterwards ---------------------------------------------------------------- */

static bool is_parent(const struct rn_reshard_child *children, size_t count, uint32_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (children[i].parent == index || children[i].adjacent_parent == index) {
            return true;
        }
    }
    return false;
}

/* The shards of today with their new children; to be freed. NULL when memory ends. */
static struct rn_lineage_shard *afterwards(const struct rn_shards *shards,
                                           const struct rn_reshard_child *children, size_t count)
{
    struct rn_lineage_shard *all = calloc(shards->count + count, sizeof(*all));

    for (size_t i = 0; all && i < shards->count; i++) {
        all[i] = shards->lineage[i];
        all[i].closed = all[i].closed || is_parent(children, count, all[i].index);
    }
    for (size_t i = 0; all && i < count; i++) {
        all[shards->count + i] = (struct rn_lineage_shard){children[i].index, children[i].parent,
                                                           children[i].adjacent_parent,
                                                           children[i].range, !children[i].open};
    }
    return all;
}

static rn_err draw(struct rn_lineage_shard *shards, size_t count)
{
    struct rn_terminal terminal = rn_terminal_of(STDOUT_FILENO);
    struct rn_lineage_style style = {terminal.columns, terminal.utf8, ROWS_MAX};
    struct rn_buf out;
    enum rn_lineage_drawn drawn;
    rn_err err;

    rn_buf_init(&out, PICTURE_BYTES_MAX);
    err = rn_lineage_draw(shards, count, &style, &out, &drawn);
    if (!err) {
        (void)printf("%s%.*s", drawn == RN_LINEAGE_OPEN ? "The open shards afterwards:\n\n" : "",
                     RN_STR_ARG(rn_buf_str(&out)));
    }
    rn_buf_done(&out);
    return err;
}

static rn_err print_all(const struct rn_shards *shards, const struct rn_reshard_child *children,
                        size_t count)
{
    struct rn_lineage_shard *all;
    size_t open = 0, total = shards->count + count;
    rn_err err;

    if (!count) {
        (void)puts("Nothing to do: the shards are as wanted.");
        return RN_OK;
    }
    all = afterwards(shards, children, count);
    if (!all) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < total; i++) {
        open += !all[i].closed;
    }
    (void)printf("From %zu to %zu open shards; nothing is done yet:\n\n", shards->open, open);
    print_steps(children, count);
    (void)putchar('\n');
    err = draw(all, total);
    free(all);
    return err;
}

int rn_plan_print(const char *command, const struct rn_shards *shards,
                  const struct rn_reshard *reshard)
{
    size_t piece_count, count;
    struct rn_reshard_piece *pieces = rn_plan_pieces(shards, &piece_count);
    struct rn_reshard_child *children =
        calloc(rn_reshard_children_max(reshard, piece_count) + 1, sizeof(*children));
    rn_err err = RN_NOMEM;

    if (pieces && children) {
        count = rn_reshard_plan(reshard, pieces, piece_count, next_index(shards), children);
        err = print_all(shards, children, count);
    }
    free(pieces);
    free(children);
    return err ? rn_complain(command, RN_EXIT_BUG, "%s", rn_err_text(err)) : RN_EXIT_OK;
}
