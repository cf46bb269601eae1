/* Plans of splits, merges and other numbers of shards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/reshard.h"

struct lineage {
    struct rn_reshard_piece *pieces;
    size_t piece_count;
    struct rn_reshard_child *children;
    size_t count;
};

/* `shards` even ones, then the plan. */
static struct lineage planned(uint32_t shards, struct rn_reshard reshard)
{
    struct lineage all = {.piece_count = shards};

    all.pieces = calloc(shards, sizeof(*all.pieces));
    all.children = calloc(rn_reshard_children_max(&reshard, shards), sizeof(*all.children));
    assert_true(all.pieces && all.children);
    for (uint32_t i = 0; i < shards; i++) {
        all.pieces[i] =
            (struct rn_reshard_piece){.index = i, .range = rn_hash_range_initial(i, shards)};
    }
    all.count = rn_reshard_plan(&reshard, all.pieces, shards, shards, all.children);
    return all;
}

static struct lineage counted(uint32_t shards, uint32_t target)
{
    return planned(shards, (struct rn_reshard){.kind = RN_RESHARD_COUNT, .target = target});
}

static void done(struct lineage *all)
{
    free(all->pieces);
    free(all->children);
}

static const struct rn_hash_range *range_of(const struct lineage *all, uint32_t index)
{
    return index < all->piece_count ? &all->pieces[index].range
                                    : &all->children[index - all->piece_count].range;
}

/* Every step divides or joins exactly what its parents had, and uses a parent once. */
static void assert_lineage(const struct lineage *all)
{
    unsigned *uses = calloc(all->piece_count + all->count, sizeof(*uses));

    assert_non_null(uses);
    for (size_t i = 0; i < all->count; i++) {
        const struct rn_reshard_child *child = &all->children[i];
        const struct rn_hash_range *parent = range_of(all, child->parent);

        assert_int_equal(child->index, all->piece_count + i);
        assert_true(child->parent < child->index);
        uses[child->parent]++;
        if (child->adjacent_parent != RN_SHARD_NONE) {
            const struct rn_hash_range *adjacent = range_of(all, child->adjacent_parent);

            uses[child->adjacent_parent]++;
            assert_true(child->range.start == parent->start && child->range.end == adjacent->end);
            assert_true(parent->end + 1 == adjacent->start);
        } else if (child->range.start == parent->start) { /* a lower part: its sister follows */
            assert_true(i + 1 < all->count && child[1].parent == child->parent);
            assert_true(child[1].range.start == child->range.end + 1);
            assert_true(child[1].range.end == parent->end);
        }
    }
    for (size_t i = 0; i < all->count; i++) {
        assert_int_equal(all->children[i].open, uses[all->children[i].index] == 0);
        assert_true(uses[all->children[i].index] <= 2);
    }
    free(uses);
}

static size_t open_after(const struct lineage *all)
{
    size_t open = all->piece_count;

    for (size_t i = 0; i < all->piece_count; i++) {
        for (size_t c = 0; c < all->count; c++) {
            if (all->children[c].parent == i || all->children[c].adjacent_parent == i) {
                open--;
                break;
            }
        }
    }
    for (size_t c = 0; c < all->count; c++) {
        open += all->children[c].open;
    }
    return open;
}

static void a_split_gives_the_lower_range_the_lower_id(void **state)
{
    struct lineage all = planned(
        2,
        (struct rn_reshard){.kind = RN_RESHARD_SPLIT, .shard = 1, .hash_key = (rn_u128)3 << 126});

    (void)state;
    assert_int_equal(all.count, 2);
    assert_int_equal(all.children[0].index, 2);
    assert_int_equal(all.children[0].parent, 1);
    assert_int_equal(all.children[0].adjacent_parent, RN_SHARD_NONE);
    assert_true(all.children[0].range.start == (rn_u128)1 << 127);
    assert_true(all.children[0].range.end == ((rn_u128)3 << 126) - 1);
    assert_true(all.children[1].range.start == (rn_u128)3 << 126);
    assert_true(all.children[1].range.end == RN_HASH_KEY_MAX);
    assert_lineage(&all);
    done(&all);
}

static void a_merge_is_the_union_with_both_parents(void **state)
{
    struct lineage all =
        planned(4, (struct rn_reshard){.kind = RN_RESHARD_MERGE, .shard = 1, .adjacent = 2});

    (void)state;
    assert_int_equal(all.count, 1);
    assert_int_equal(all.children[0].parent, 1);
    assert_int_equal(all.children[0].adjacent_parent, 2);
    assert_true(all.children[0].range.start == (rn_u128)1 << 126);
    assert_true(all.children[0].range.end == ((rn_u128)3 << 126) - 1);
    assert_true(all.children[0].open);
    done(&all);
}

/* Seen from the service: these totals, and for 4 to 3 which of the shards stay open. */
static void another_count_makes_the_shards_the_service_makes(void **state)
{
    static const struct {
        uint32_t from, to;
        size_t total;
    } seen[] = {{4, 3, 11}, {2, 4, 6}, {4, 2, 6}, {4, 5, 15}};
    struct lineage all;

    (void)state;
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        all = counted(seen[i].from, seen[i].to);
        assert_int_equal(seen[i].from + all.count, seen[i].total);
        assert_lineage(&all);
        done(&all);
    }
    all = counted(4, 3);
    for (size_t i = 0; i < all.count; i++) {
        uint32_t index = all.children[i].index;

        assert_int_equal(all.children[i].open, index == 6 || index == 9 || index == 10);
    }
    done(&all);
}

static void the_same_count_of_even_shards_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t count = 1; count < 40; count++) {
        struct lineage all = counted(count, count);

        assert_int_equal(all.count, 0);
        done(&all);
    }
}

static void any_count_ends_in_even_ranges(void **state)
{
    (void)state;
    for (uint32_t from = 1; from <= 24; from++) {
        for (uint32_t to = 1; to <= 24; to++) {
            struct lineage all = counted(from, to);

            assert_lineage(&all);
            assert_int_equal(open_after(&all), to);
            for (size_t i = 0; i < all.count; i++) {
                uint32_t at = 0;

                if (!all.children[i].open) {
                    continue;
                }
                while (rn_hash_range_initial(at, to).start != all.children[i].range.start) {
                    at++;
                }
                assert_true(rn_hash_range_initial(at, to).end == all.children[i].range.end);
            }
            done(&all);
        }
    }
}

static void large_steps_fit_the_room_that_was_promised(void **state)
{
    struct lineage up = counted(1, 10000), down = counted(10000, 1), odd = counted(9999, 10000);

    (void)state;
    assert_int_equal(open_after(&up), 10000);
    assert_int_equal(down.count, 9999);
    assert_int_equal(open_after(&down), 1);
    assert_int_equal(open_after(&odd), 10000);
    done(&up);
    done(&down);
    done(&odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_split_gives_the_lower_range_the_lower_id),
        cmocka_unit_test(a_merge_is_the_union_with_both_parents),
        cmocka_unit_test(another_count_makes_the_shards_the_service_makes),
        cmocka_unit_test(the_same_count_of_even_shards_changes_nothing),
        cmocka_unit_test(any_count_ends_in_even_ranges),
        cmocka_unit_test(large_steps_fit_the_room_that_was_promised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
