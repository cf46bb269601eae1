/* The forest of shards, and its picture at several widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "tool/lineage.h"

#define NONE RN_SHARD_NONE
#define HALF ((rn_u128)1 << 127)
#define ALL RN_HASH_KEY_MAX

enum { MANY = 1000, TEXT_BYTES_MAX = 4 * 1024 * 1024 };

/* 0 was split into 1 and 2, these were merged into 3, and 3 was split into 4 and 5. */
static const struct rn_lineage_shard story[] = {
    {0, NONE, NONE, {0, ALL}, true},        {1, 0, NONE, {0, HALF - 1}, true},
    {2, 0, NONE, {HALF, ALL}, true},        {3, 1, 2, {0, ALL}, true},
    {4, 3, NONE, {0, HALF / 2 - 1}, false}, {5, 3, NONE, {HALF / 2, ALL}, false},
};
enum { STORY = sizeof(story) / sizeof(story[0]) };

/* The picture, to be freed. */
static char *picture(const struct rn_lineage_shard *shards, size_t count,
                     struct rn_lineage_style style, enum rn_lineage_drawn *ret_drawn)
{
    struct rn_lineage_shard *copy = calloc(count + 1, sizeof(*copy));
    struct rn_buf out;

    assert_non_null(copy);
    for (size_t i = 0; i < count; i++) { /* any order will do: the last first */
        copy[count - 1 - i] = shards[i];
    }
    rn_buf_init(&out, TEXT_BYTES_MAX);
    assert_int_equal(rn_lineage_draw(copy, count, &style, &out, ret_drawn), RN_OK);
    rn_buf_add_c(&out, 0);
    assert_false(out.failed);
    free(copy);
    return out.data;
}

static void assert_picture(const struct rn_lineage_shard *shards, size_t count,
                           struct rn_lineage_style style, const char *wanted)
{
    enum rn_lineage_drawn drawn = RN_LINEAGE_COUNTED;
    char *shown = picture(shards, count, style, &drawn);

    assert_string_equal(shown, wanted);
    assert_int_equal(drawn, RN_LINEAGE_ALL);
    free(shown);
}

static void children_stand_below_parents_beside_their_hash_keys(void **state)
{
    (void)state;
    assert_picture(
        story, STORY, (struct rn_lineage_style){.columns = 84},
        "shard                          state  0          hash keys          2^128-1  share %\n"
        "shardId-000000000000           closed |:::::::::::::::::::::::::::::::::::| 100.0\n"
        "+-shardId-000000000001         closed |:::::::::::::::::                  |  50.0\n"
        "| `-shardId-000000000003 = 1+2 closed |:::::::::::::::::::::::::::::::::::| 100.0\n"
        "|   +-shardId-000000000004     open   |########                           |  25.0\n"
        "|   `-shardId-000000000005     open   |        ###########################|  75.0\n"
        "`-shardId-000000000002 -> 3    closed |                 ::::::::::::::::::|  50.0\n");
}

static void narrow_lines_show_numbers_then_no_states(void **state)
{
    (void)state;
    assert_picture(story, STORY, (struct rn_lineage_style){.columns = 50},
                   "shard       state  0  hash keys   2^128-1  share %\n"
                   "0           closed |::::::::::::::::::::| 100.0\n"
                   "+-1         closed |::::::::::          |  50.0\n"
                   "| `-3 = 1+2 closed |::::::::::::::::::::| 100.0\n"
                   "|   +-4     open   |#####               |  25.0\n"
                   "|   `-5     open   |     ###############|  75.0\n"
                   "`-2 -> 3    closed |          ::::::::::|  50.0\n");
}

static void beyond_ascii_it_uses_lines_and_blocks(void **state)
{
    (void)state;
    assert_picture(story, STORY, (struct rn_lineage_style){.columns = 44, .utf8 = true},
                   "shard       0   hash keys   2^128-1  share %\n"
                   "0           │░░░░░░░░░░░░░░░░░░░░░│ 100.0\n"
                   "├─1         │░░░░░░░░░░           │  50.0\n"
                   "│ └─3 = 1+2 │░░░░░░░░░░░░░░░░░░░░░│ 100.0\n"
                   "│   ├─4     │█████                │  25.0\n"
                   "│   └─5     │     ████████████████│  75.0\n"
                   "└─2 → 3     │          ░░░░░░░░░░░│  50.0\n");
}

static void a_shard_whose_parents_are_gone_is_a_root_that_says_so(void **state)
{
    (void)state;
    assert_picture(story + 4, 2, (struct rn_lineage_style){.columns = 50},
                   "shard  state  0     hash keys     2^128-1  share %\n"
                   "4 of 3 open   |######                   |  25.0\n"
                   "5 of 3 open   |      ###################|  75.0\n");
}

/* The widths of all lines in columns: continuation bytes of UTF-8 count nothing. */
static int widest(const char *text)
{
    int columns = 0, most = 0;

    for (; *text; text++) {
        columns = *text == '\n' ? 0 : columns + (((unsigned char)*text & 0xc0) != 0x80);
        most = columns > most ? columns : most;
    }
    return most;
}

static void no_line_is_wider_than_asked(void **state)
{
    static struct rn_lineage_shard deep[MANY];
    enum rn_lineage_drawn drawn;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) { /* each child the upper half of its parent */
        deep[i] = (struct rn_lineage_shard){
            i, i ? i - 1 : NONE, NONE, {i < 127 ? ALL - (ALL >> i) : ALL, ALL}, i < MANY - 1};
    }
    for (int columns = 60; columns < 200; columns += 7) {
        for (size_t count = 1; count <= MANY; count *= 10) {
            for (size_t rows_max = 0; rows_max <= 64; rows_max += 64) {
                char *shown =
                    picture(deep, count,
                            (struct rn_lineage_style){columns, columns % 2 == 0, rows_max}, &drawn);

                assert_true(widest(shown) <= columns);
                assert_int_equal(drawn,
                                 rows_max && count > rows_max ? RN_LINEAGE_OPEN : RN_LINEAGE_ALL);
                free(shown);
            }
        }
    }
}

static void many_shards_are_counted_by_sixteenths(void **state)
{
    static struct rn_lineage_shard even[MANY];
    unsigned open = 0, closed = 0;
    enum rn_lineage_drawn drawn = RN_LINEAGE_ALL;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        even[i] = (struct rn_lineage_shard){i, NONE, NONE, rn_hash_range_initial(i, MANY), i < 10};
    }
    char *shown = picture(even, MANY, (struct rn_lineage_style){100, false, 64}, &drawn);
    const char *line = strchr(shown, '\n');

    assert_int_equal(drawn, RN_LINEAGE_COUNTED);
    for (int i = 0; i < 16; i++, line = strchr(line + 1, '\n')) {
        unsigned here_open, here_closed;

        assert_int_equal(sscanf(line, "%*f - %*f%% %u %u", &here_open, &here_closed), 2);
        open += here_open;
        closed += here_closed;
    }
    assert_int_equal(open, MANY - 10);
    assert_int_equal(closed, 10);
    assert_non_null(strstr(shown, "shardId-000000000010 shardId-000000000062"));
    free(shown);
}

static void of_too_many_the_open_ones_are_drawn(void **state)
{
    enum rn_lineage_drawn drawn;
    char *shown = picture(story, STORY, (struct rn_lineage_style){50, false, 4}, &drawn);

    (void)state;
    assert_int_equal(drawn, RN_LINEAGE_OPEN);
    assert_string_equal(shown, "shard  state  0     hash keys     2^128-1  share %\n"
                               "4 of 3 open   |######                   |  25.0\n"
                               "5 of 3 open   |      ###################|  75.0\n");
    free(shown);
}

/* Whatever is listed, each shard has one row, and a parent stands above its children. */
static void every_shard_has_one_row_below_its_parent(void **state)
{
    static struct rn_lineage_shard shards[MANY];
    static struct rn_lineage_row rows[MANY];
    static uint32_t row_of[MANY];
    uint32_t seed = 1;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        seed = seed * 1103515245 + 12345;
        shards[i] = (struct rn_lineage_shard){i, seed % 3 ? (seed >> 8) % (i + 2) : NONE,
                                              seed % 7 ? NONE : (seed >> 4) % MANY,
                                              rn_hash_range_initial((seed >> 16) % 16, 16), true};
    }
    assert_int_equal(rn_lineage_rows(shards, MANY, rows), RN_OK);
    memset(row_of, 0xff, sizeof(row_of));
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(row_of[rows[i].shard->index], UINT32_MAX);
        row_of[rows[i].shard->index] = i;
    }
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t parent = rows[i].shard->parent;

        if (parent != NONE && parent < rows[i].shard->index) {
            assert_true(row_of[parent] < i);
            assert_true(rows[i].depth == (rows[row_of[parent]].depth < RN_LINEAGE_DEPTH_MAX
                                              ? rows[row_of[parent]].depth + 1
                                              : RN_LINEAGE_DEPTH_MAX));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_stand_below_parents_beside_their_hash_keys),
        cmocka_unit_test(narrow_lines_show_numbers_then_no_states),
        cmocka_unit_test(beyond_ascii_it_uses_lines_and_blocks),
        cmocka_unit_test(a_shard_whose_parents_are_gone_is_a_root_that_says_so),
        cmocka_unit_test(no_line_is_wider_than_asked),
        cmocka_unit_test(of_too_many_the_open_ones_are_drawn),
        cmocka_unit_test(many_shards_are_counted_by_sixteenths),
        cmocka_unit_test(every_shard_has_one_row_below_its_parent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
