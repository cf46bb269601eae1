/* Building what a read returns. */
#include "engine/chunk.h"
#include "local/batch.h"
#include "tests/unit/local/rig.h"

enum { COUNT = 20, LEN = 97, ITEM = LEN + 3 };

static struct rn_recycler *recycler;
static char bytes[COUNT * 200];

static void begin(void)
{
    memset(&rig, 0, sizeof(rig));
    recycler = rn_recycler_new(1 << 20);
    assert_non_null(recycler);
}

/* Records first..first+COUNT-1, a hundred bytes each. */
static struct rn_chunk chunk_of(uint64_t first)
{
    char value[LEN], *end = bytes;

    for (uint64_t i = 0; i < COUNT; i++) {
        for (size_t at = 0; at < LEN; at++) {
            value[at] = rig_byte(first + i, at);
        }
        struct rn_record record = {
            .key = RN_STR("key"), .value = rn_str_make(value, LEN), .stamp = (uint32_t)(first + i)};

        end = rn_chunk_put(end, &record);
    }
    return (struct rn_chunk){bytes, (uint32_t)(end - bytes), first, COUNT, 77};
}

static void start(struct rn_reading *reading, uint64_t from, size_t count_max, size_t bytes_max)
{
    struct rn_read read = {.from = from, .count_max = count_max, .bytes_max = bytes_max};

    rn_reading_begin(reading, recycler, &read);
}

static void records_come_from_the_position_on_until_the_reading_is_full(void **state)
{
    struct rn_chunk chunk;
    struct rn_reading reading;
    struct rn_batch batch;

    (void)state;
    begin();
    chunk = chunk_of(100);
    for (uint64_t from = 100; from <= 120; from++) {
        for (size_t max = 1; max < 25; max++) {
            uint64_t left = 120 - from, expected = left < max ? left : max;

            start(&reading, from, max % 2 ? max : 1000, max % 2 ? 100000 : max * ITEM);
            assert_int_equal(rn_reading_add(&reading, &chunk), RN_OK);
            assert_int_equal(reading.full, expected == max);
            assert_int_equal(rn_reading_finish(&reading, 500, &batch), RN_OK);
            assert_int_equal(batch.count, expected);
            assert_int_equal(batch.next, from + expected);
            assert_int_equal(batch.end, 500);
            for (size_t i = 0; i < batch.count; i++) {
                assert_int_equal(batch.items[i].offset, from + i);
                assert_int_equal(batch.items[i].append_ms, 77);
                rig_assert_item(&batch.items[i], from + i, LEN);
            }
            rn_reading_release(&batch);
        }
    }
    rn_recycler_free(recycler);
}

static void one_record_comes_however_small_the_limits(void **state)
{
    struct rn_chunk chunk;
    struct rn_reading reading;
    struct rn_batch batch;

    (void)state;
    begin();
    chunk = chunk_of(0);
    for (size_t max = 0; max < 2; max++) {
        start(&reading, 3, max, max);
        assert_int_equal(rn_reading_add(&reading, &chunk), RN_OK);
        assert_true(reading.full);
        assert_int_equal(rn_reading_finish(&reading, 20, &batch), RN_OK);
        assert_int_equal(batch.count, 1);
        rn_reading_release(&batch);
    }
    rn_recycler_free(recycler);
}

static void chunks_that_are_not_what_they_should_be_are_corrupt(void **state)
{
    struct rn_chunk chunk;
    struct rn_reading reading;

    (void)state;
    begin();
    chunk = chunk_of(0);
    chunk.count++; /* fewer records than the row says */
    start(&reading, 0, 1000, 1000000);
    assert_int_equal(rn_reading_add(&reading, &chunk), RN_CORRUPT);
    rn_reading_drop(&reading);
    chunk = chunk_of(0);
    chunk.len -= 5;
    start(&reading, 0, 1000, 1000000);
    assert_int_equal(rn_reading_add(&reading, &chunk), RN_CORRUPT);
    assert_int_equal(reading.count, COUNT - 1); /* the good ones before it are an answer, too */
    rn_reading_drop(&reading);
    rn_recycler_free(recycler);
}

static void buffers_and_slabs_live_as_long_as_the_batch(void **state)
{
    struct rn_reading reading;
    struct rn_batch batch;
    struct rn_tail tail;
    struct rn_slab *slabs[6];
    struct rn_chunk chunk;

    (void)state;
    begin();
    memset(&tail, 0, sizeof(tail));
    rn_tail_init(&tail, 1 << 20);
    start(&reading, 0, 1000, 1 << 20);
    for (size_t i = 0; i < 6; i++) {
        assert_non_null(rn_tail_room(&tail, tail.slab_bytes));
        slabs[i] = rn_tail_keep(&tail, tail.slab_bytes);
        for (int twice = 0; twice < 2; twice++) { /* held once all the same */
            rn_slab_ref(slabs[i]);
            assert_int_equal(rn_reading_hold_slab(&reading, slabs[i]), RN_OK);
        }
        assert_int_equal(atomic_load(&slabs[i]->refs), 2);
    }
    for (size_t i = 0; i < 10; i++) {
        char *buffer = rn_reading_buffer(&reading, 1000 + i);

        assert_non_null(buffer);
        memset(buffer, 1, 1000 + i);
    }
    chunk = chunk_of(0);
    assert_int_equal(rn_reading_add(&reading, &chunk), RN_OK);
    assert_int_equal(rn_reading_finish(&reading, COUNT, &batch), RN_OK);
    assert_int_equal(atomic_load(&slabs[0]->refs), 2);
    rn_reading_release(&batch);
    rn_reading_release(&batch); /* an empty one is let go of as well */
    assert_int_equal(atomic_load(&slabs[0]->refs), 1);
    rn_tail_done(&tail);
    rn_recycler_free(recycler);
}

static void an_empty_reading_lets_go_of_all_it_held(void **state)
{
    struct rn_reading reading;
    struct rn_batch batch;

    (void)state;
    begin();
    start(&reading, 5, 10, 1000);
    assert_non_null(rn_reading_buffer(&reading, 100000));
    assert_int_equal(rn_reading_finish(&reading, 5, &batch), RN_OK);
    assert_int_equal(batch.count, 0);
    assert_null(batch.items);
    assert_int_equal(batch.next, 5);
    rn_reading_release(&batch);
    rn_recycler_free(recycler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_from_the_position_on_until_the_reading_is_full),
        cmocka_unit_test(one_record_comes_however_small_the_limits),
        cmocka_unit_test(chunks_that_are_not_what_they_should_be_are_corrupt),
        cmocka_unit_test(buffers_and_slabs_live_as_long_as_the_batch),
        cmocka_unit_test(an_empty_reading_lets_go_of_all_it_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
