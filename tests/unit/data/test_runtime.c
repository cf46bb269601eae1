/* A shard's quotas under several threads: what is granted never exceeds what a second holds. */
#include "tests/unit/data/rig.h"

enum { THREADS = 4, TRIES = 2000 };

struct worker {
    struct rn_thread thread;
    struct rn_runtime *runtime;
    size_t granted, reads;
};

static void work(void *arg)
{
    struct worker *worker = arg;
    struct rn_record record = {.key = RN_STR("k"), .value = RN_STR("v")};
    enum rn_limit limit;

    for (int i = 0; i < TRIES; i++) {
        worker->granted +=
            rn_runtime_grant_write(rig.data, worker->runtime, &record, 1, rig.clock.mono, &limit);
        worker->reads += rn_runtime_grant_read(rig.data, worker->runtime, rig.clock.mono, &limit);
        rn_data_saw(rig.data, RIG_EPOCH_MS + i);
        rn_runtime_charge_read(rig.data, worker->runtime, 1, rig.clock.mono);
    }
}

static void threads_together_get_one_seconds_worth(void **state)
{
    struct worker workers[THREADS];
    struct rn_shard_counts counts;
    size_t granted = 0, reads = 0;

    (void)state;
    rig_begin(true, 1);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.runtime = rn_runtime_of(&rig.first.shards[0])};
        assert_int_equal(rn_thread_start(&workers[i].thread, "worker", work, &workers[i]), RN_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        rn_thread_join(&workers[i].thread);
        granted += workers[i].granted;
        reads += workers[i].reads;
    }
    assert_int_equal(granted, 1000);
    assert_int_equal(reads, 5);
    rn_data_counts(&rig.first.shards[0], &counts);
    assert_int_equal(counts.write_throttled, THREADS * TRIES - 1000);
    assert_int_equal(counts.read_throttled, THREADS * TRIES - 5);
    assert_int_equal(rn_data_now_ms(rig.data), RIG_EPOCH_MS + TRIES - 1);
    rig_end();
}

/* Method: requests of random sizes at random times over ten minutes; an oracle adds up every byte
 * and record of each second-long stretch that begins with a grant. */
static void no_second_carries_more_than_twice_the_rate(void **state)
{
    static struct rn_record records[500];
    static char bytes[4096];
    uint64_t seed = 3;
    enum rn_limit limit;
    int64_t start_us;
    uint64_t total_bytes = 0, total_records = 0;

    (void)state;
    rig_begin(true, 1);
    start_us = rig.clock.mono;
    for (int step = 0; step < 20000; step++) {
        size_t count, granted;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        rig.clock.mono += (int64_t)((seed >> 33) % 60000);
        count = (seed >> 20) % 500 + 1;
        for (size_t i = 0; i < count; i++) {
            records[i] = (struct rn_record){.key = RN_STR("k"),
                                            .value = {bytes, (seed >> (i % 16)) % sizeof(bytes)}};
        }
        granted = rn_runtime_grant_write(rig.data, rn_runtime_of(&rig.first.shards[0]), records,
                                         count, rig.clock.mono, &limit);
        for (size_t i = 0; i < granted; i++) {
            total_bytes += records[i].value.len + 1;
        }
        total_records += granted;
        /* Ever granted: at most one second's worth saved up, and what dripped in since. */
        assert_true(total_bytes * 1000000 <=
                    (uint64_t)(rig.clock.mono - start_us + 1000000) * 1048576);
        assert_true(total_records * 1000000 <=
                    (uint64_t)(rig.clock.mono - start_us + 1000000) * 1000);
    }
    /* and nearly all of it was granted, as much more was asked for */
    assert_true(total_bytes * 1000000 > (uint64_t)(rig.clock.mono - start_us) * 1048576 / 100 * 40);
    rig_end();
}

static size_t put(size_t count, size_t bytes, enum rn_limit *ret_limit)
{
    static struct rn_record records[2000];
    static char data[2000];

    for (size_t i = 0; i < count; i++) {
        records[i] = (struct rn_record){.key = RN_STR("k"), .value = {data, bytes - 1}};
    }
    *ret_limit = RN_LIMIT_NONE;
    return rn_runtime_grant_write(rig.data, rn_runtime_of(&rig.first.shards[0]), records, count,
                                  rig.clock.mono, ret_limit);
}

static void the_limit_that_refused_is_named(void **state)
{
    enum rn_limit limit;

    (void)state;
    rig_begin(true, 1);
    assert_int_equal(put(1001, 10, &limit), 1000);
    assert_int_equal(limit, RN_LIMIT_SHARD_WRITE_RECORDS);
    hand_clock_pass(&rig.clock, 1000);
    assert_int_equal(put(600, 2000, &limit), 524); /* of 1,048,576 bytes */
    assert_int_equal(limit, RN_LIMIT_SHARD_WRITE_BYTES);
    rig_end();
}

static void limits_that_the_log_sets_count_from_the_next_call_on(void **state)
{
    enum rn_limit limit;

    (void)state;
    rig_begin(true, 1);
    rig.limits[RN_LIMIT_SHARD_WRITE_RECORDS] = 5;
    assert_int_equal(put(10, 10, &limit), 5);
    rig.limits[RN_LIMIT_SHARD_WRITE_RECORDS] = RN_LIMIT_OFF;
    assert_int_equal(put(2000, 10, &limit), 2000);
    rig.limits[RN_LIMIT_SHARD_WRITE_RECORDS] = RN_LIMIT_UNSET;
    hand_clock_pass(&rig.clock, 1000);
    assert_int_equal(put(2000, 10, &limit), 1000);
    rig.limits[RN_LIMIT_SHARD_WRITE_BYTES] = 100;
    hand_clock_pass(&rig.clock, 10000);
    assert_int_equal(put(20, 10, &limit), 10);
    assert_int_equal(limit, RN_LIMIT_SHARD_WRITE_BYTES);
    rig_end();
}

static size_t reads(size_t most, enum rn_limit *ret_limit)
{
    size_t count = 0;

    while (count < most && rn_runtime_grant_read(rig.data, rn_runtime_of(&rig.first.shards[0]),
                                                 rig.clock.mono, ret_limit)) {
        count++;
    }
    return count;
}

static void reads_are_counted_whatever_their_limit(void **state)
{
    static const int64_t limits[] = {1, 5, 16, 17, 50};
    enum rn_limit limit;

    (void)state;
    rig_begin(true, 1);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        rig.limits[RN_LIMIT_CALLS_GET_RECORDS] = limits[i];
        hand_clock_pass(&rig.clock, 5000);
        assert_int_equal(reads(100, &limit), limits[i]);
        assert_int_equal(limit, RN_LIMIT_CALLS_GET_RECORDS);
    }
    rig.limits[RN_LIMIT_CALLS_GET_RECORDS] = RN_LIMIT_OFF;
    assert_int_equal(reads(100, &limit), 100);
    rn_runtime_charge_read(rig.data, rn_runtime_of(&rig.first.shards[0]), 10 * 1048576,
                           rig.clock.mono);
    assert_int_equal(reads(100, &limit), 0);
    assert_int_equal(limit, RN_LIMIT_SHARD_READ_BYTES);
    hand_clock_pass(&rig.clock, 5000); /* repaid at 2 MiB/s */
    assert_int_equal(reads(1, &limit), 1);
    rn_runtime_charge_read(rig.data, rn_runtime_of(&rig.first.shards[0]), 10 * 1048576,
                           rig.clock.mono);
    rig.limits[RN_LIMIT_SHARD_READ_BYTES] = RN_LIMIT_OFF;
    assert_int_equal(reads(100, &limit), 100);
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_together_get_one_seconds_worth),
        cmocka_unit_test(no_second_carries_more_than_twice_the_rate),
        cmocka_unit_test(the_limit_that_refused_is_named),
        cmocka_unit_test(limits_that_the_log_sets_count_from_the_next_call_on),
        cmocka_unit_test(reads_are_counted_whatever_their_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
