/* Frames to one send: what is copied, what is pointed to, and that the order stays. */
#include "net/http2_batch.h"

#include "tests/support/seeded_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BODY_BYTES = 1024 * 1024, WANTED_BYTES = 1024 * 1024 };

static struct rn_pool pool;
static struct rn_http2_batch batch;
static char body[BODY_BYTES], wanted[WANTED_BYTES];
static size_t wanted_len;

static int setup(void **state)
{
    (void)state;
    pool = (struct rn_pool){.input_count = 0};
    batch = (struct rn_http2_batch){.text = NULL};
    wanted_len = 0;
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (char)(i * 7 + i / 251);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rn_http2_batch_clear(&batch, &pool);
    rn_pool_done(&pool);
    return 0;
}

static void want(rn_str bytes)
{
    assert_true(bytes.len <= WANTED_BYTES - wanted_len);
    memcpy(wanted + wanted_len, bytes.data, bytes.len);
    wanted_len += bytes.len;
}

static void add_text(rn_str text)
{
    want(text);
    assert_true(rn_http2_batch_add(&batch, &pool, text));
}

static void add_piece(rn_str piece, bool last)
{
    want(piece);
    rn_http2_batch_add_piece(&batch, piece, last);
}

static void expect_all(void)
{
    size_t at = 0;

    for (size_t i = 0; i < batch.count; i++) {
        assert_true(batch.parts[i].len > 0 && batch.parts[i].len <= wanted_len - at);
        assert_memory_equal(batch.parts[i].data, wanted + at, batch.parts[i].len);
        at += batch.parts[i].len;
    }
    assert_int_equal(at, wanted_len);
}

static void small_frames_share_one_part(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        add_text(RN_STR("nine byte"));
        add_piece(rn_str_make(body, 100), true);
    }
    assert_int_equal(batch.count, 1);
    assert_int_equal(batch.body_bytes, 100 * 100);
    expect_all();
}

static void long_pieces_stay_where_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(rn_http2_batch_has_room_for_body(&batch));
        add_text(RN_STR("nine byte"));
        add_piece(rn_str_make(body + i * 16384, 16384), true);
        assert_ptr_equal(batch.parts[2 * i + 1].data, body + i * 16384);
    }
    assert_int_equal(batch.count, RN_SOCKET_PARTS_MAX);
    assert_false(rn_http2_batch_has_room(&batch));
    assert_false(rn_http2_batch_has_room_for_body(&batch));
    expect_all();
}

static void a_cleared_batch_gives_its_text_back(void **state)
{
    (void)state;
    add_text(RN_STR("some"));
    assert_int_equal(pool.input_count, 0);
    rn_http2_batch_clear(&batch, &pool);
    assert_null(batch.text);
    assert_int_equal(batch.count, 0);
    assert_int_equal(pool.input_count, RN_POOL_RECYCLES ? 1 : 0);
}

/* Method: frames of random kinds for as long as there is room, some thousand times. */
static void whatever_is_added_leaves_in_order(void **state)
{
    struct seeded_random random;
    size_t full = 0;

    (void)state;
    seeded_random_init(&random, 20260115);
    for (int round = 0; round < 3000; round++) {
        while (rn_http2_batch_has_room(&batch)) {
            size_t left = seeded_random_below(&random, 16384) + 1;

            if (seeded_random_below(&random, 3) == 0) {
                add_text(rn_str_make(
                    body, seeded_random_below(&random, 3) ? 9 : RN_HTTP2_FRAME_BYTES_MAX));
                continue;
            }
            if (!rn_http2_batch_has_room_for_body(&batch)) {
                break;
            }
            add_text(RN_STR("nine byte"));
            while (left > 0) {
                size_t len = seeded_random_below(&random, 9000) + 1;

                len = len < left ? len : left;
                left -= len;
                add_piece(rn_str_make(body + seeded_random_below(&random, 100000), len), left == 0);
            }
        }
        expect_all();
        full += batch.count == RN_SOCKET_PARTS_MAX;
        rn_http2_batch_clear(&batch, &pool);
        wanted_len = 0;
    }
    assert_true(full > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        T(small_frames_share_one_part),
        T(long_pieces_stay_where_they_are),
        T(a_cleared_batch_gives_its_text_back),
        T(whatever_is_added_leaves_in_order),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
