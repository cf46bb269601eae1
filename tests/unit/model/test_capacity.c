/* Peaks of days, and which shard to split or merge next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/capacity.h"

static void a_peak_counts_for_thirty_days(void **state)
{
    struct rn_peaks peaks = {0};

    (void)state;
    assert_int_equal(rn_peaks_max(&peaks, 20000), 0);
    rn_peaks_note(&peaks, 20000, 700);
    rn_peaks_note(&peaks, 20000, 300); /* lower: no new peak */
    assert_int_equal(rn_peaks_of_day(&peaks, 20000), 700);
    rn_peaks_note(&peaks, 20003, 500);
    assert_int_equal(rn_peaks_of_day(&peaks, 20001), 0);
    assert_int_equal(rn_peaks_max(&peaks, 20003), 700);
    assert_int_equal(rn_peaks_max(&peaks, 20029), 700);
    assert_int_equal(rn_peaks_max(&peaks, 20030), 500);
    assert_int_equal(rn_peaks_max(&peaks, 20033), 0);
    rn_peaks_note(&peaks, 20001, 600); /* late, and still in time */
    assert_int_equal(rn_peaks_max(&peaks, 20030), 600);
    rn_peaks_note(&peaks, 20031, 1);
    rn_peaks_note(&peaks, 20001, 900); /* its place is another day's now */
    assert_int_equal(rn_peaks_of_day(&peaks, 20031), 1);
    rn_peaks_note(&peaks, 30000, 5);
    assert_int_equal(rn_peaks_max(&peaks, 30000), 5);
}

static void shards_are_for_twice_the_peak(void **state)
{
    (void)state;
    assert_int_equal(rn_capacity_shards(0), 1);
    assert_int_equal(rn_capacity_shards(500), 1);
    assert_int_equal(rn_capacity_shards(501), 2);
    assert_int_equal(rn_capacity_shards(6000), 12);
    assert_int_equal(rn_capacity_shards(UINT32_MAX), 8589935);
}

enum { SHARDS = 8 };
static struct rn_shard_load loads[SHARDS];
static struct rn_capacity capacity;

/* Even shards without load. */
static void begin(uint32_t count, uint32_t needed)
{
    for (uint32_t i = 0; i < count; i++) {
        loads[i] = (struct rn_shard_load){.index = i, .range = rn_hash_range_initial(i, count)};
    }
    capacity = (struct rn_capacity){.loads = loads, .count = count, .needed = needed, .most = 100};
}

static struct rn_reshard step(void)
{
    struct rn_reshard reshard = {.kind = RN_RESHARD_NONE};

    if (!rn_capacity_step(&capacity, &reshard)) {
        assert_int_equal(reshard.kind == RN_RESHARD_SPLIT, false);
        return (struct rn_reshard){.kind = RN_RESHARD_NONE};
    }
    return reshard;
}

static void the_busiest_shard_is_split_as_long_as_more_are_needed(void **state)
{
    struct rn_reshard reshard;

    (void)state;
    begin(4, 5);
    loads[2].milli = 100;
    reshard = step();
    assert_int_equal(reshard.kind, RN_RESHARD_SPLIT);
    assert_int_equal(reshard.shard, 2);
    assert_true(reshard.hash_key == ((rn_u128)5 << 125));
    loads[2].middle_key = loads[2].range.start + 1000;
    assert_true(step().hash_key == loads[2].middle_key);
    capacity.most = 4;
    assert_int_equal(step().kind, RN_RESHARD_NONE);
    begin(4, 4);
    assert_int_equal(step().kind, RN_RESHARD_NONE);
}

static void a_hot_shard_is_split_though_the_sum_is_small(void **state)
{
    (void)state;
    begin(4, 4);
    loads[1].milli = 501;
    assert_int_equal(step().kind, RN_RESHARD_NONE); /* its keys are not known to divide */
    loads[1].middle_key = loads[1].range.start + 77;
    assert_int_equal(step().shard, 1);
    assert_true(step().hash_key == loads[1].middle_key);
    loads[1].milli = 500;
    assert_int_equal(step().kind, RN_RESHARD_NONE);
    for (int i = 0; i < 4; i++) { /* all are as busy: more shards for all is another matter */
        loads[i].milli = 900;
        loads[i].middle_key = loads[i].range.start + 77;
    }
    assert_int_equal(step().kind, RN_RESHARD_NONE);
}

static void neighbours_that_were_cool_for_a_day_become_one(void **state)
{
    (void)state;
    begin(6, 2);
    for (int i = 0; i < 6; i++) {
        loads[i].day_milli = 150;
    }
    loads[3].day_milli = 20;
    assert_int_equal(step().kind, RN_RESHARD_NONE); /* not yet a day */
    capacity.quiet = true;
    assert_int_equal(step().kind, RN_RESHARD_MERGE);
    assert_int_equal(step().shard, 2);
    assert_int_equal(step().adjacent, 3);
    capacity.needed = 6;
    assert_int_equal(step().kind, RN_RESHARD_NONE);
    begin(6, 2);
    capacity.quiet = true;
    for (int i = 0; i < 6; i++) {
        loads[i].day_milli = 201; /* two of them would be hot */
    }
    assert_int_equal(step().kind, RN_RESHARD_NONE);
    begin(4, 1);
    capacity.quiet = true;
    assert_int_equal(step().kind, RN_RESHARD_NONE); /* four is the least */
}

static void a_shard_too_narrow_to_split_is_left(void **state)
{
    (void)state;
    begin(1, 2);
    loads[0].range.end = loads[0].range.start + 2;
    assert_int_equal(step().kind, RN_RESHARD_NONE);
    loads[0].range.end++;
    assert_int_equal(step().kind, RN_RESHARD_SPLIT);
    assert_true(step().hash_key == loads[0].range.start + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peak_counts_for_thirty_days),
        cmocka_unit_test(shards_are_for_twice_the_peak),
        cmocka_unit_test(the_busiest_shard_is_split_as_long_as_more_are_needed),
        cmocka_unit_test(a_hot_shard_is_split_though_the_sum_is_small),
        cmocka_unit_test(neighbours_that_were_cool_for_a_day_become_one),
        cmocka_unit_test(a_shard_too_narrow_to_split_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
