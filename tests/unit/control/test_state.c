/* The published state: order against a naive oracle, and readers on other threads while it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdatomic.h>

#include "sys/thread.h"
#include "tests/unit/control/commands.h"

enum { STREAMS = 10000, READERS = 3, CHANGES = 6000, CHANGES_MAX = 5000000, SEEN = 3000 };

struct oracle {
    char name[32];
    uint64_t uid;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct oracle *)a)->name, ((const struct oracle *)b)->name);
}

/* Names that are each other's prefixes too, in no order. */
static void name_of(uint32_t i, char *name)
{
    uint32_t mixed = i * 2654435761u;

    (void)snprintf(name, 32, i % 3 == 0 ? "%x" : i % 3 == 1 ? "%x-x" : "Z.%x_", mixed >> 7);
    (void)snprintf(name + strlen(name), 32 - strlen(name), "%u", i);
}

static void assert_lists(const struct rn_state *state, const struct oracle *oracle, size_t count)
{
    const struct rn_stream *stream = rn_state_next(state, RN_STR(""));

    assert_int_equal(rn_state_stream_count(state), count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(stream);
        assert_string_equal(stream->name, oracle[i].name);
        assert_int_equal(stream->uid, oracle[i].uid);
        assert_ptr_equal(rn_state_find(state, rn_str_c(oracle[i].name)), stream);
        assert_ptr_equal(rn_state_find_uid(state, oracle[i].uid), stream);
        stream = rn_state_next(state, rn_str_c(oracle[i].name));
    }
    assert_null(stream);
}

/* Method: 10,000 streams in one order, a sorted array beside them; then every third is removed. */
static void streams_are_listed_in_byte_order_of_their_names(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct oracle *oracle = calloc(STREAMS, sizeof(*oracle));
    struct rn_change change;
    size_t left = 0;

    (void)unused;
    for (uint32_t i = 0; i < STREAMS; i++) {
        name_of(i, oracle[i].name);
        assert_int_equal(create_stream(state, oracle[i].name, 1, &change), RN_VERDICT_OK);
        oracle[i].uid = change.uid;
    }
    qsort(oracle, STREAMS, sizeof(*oracle), by_name);
    assert_lists(state, oracle, STREAMS);
    for (uint32_t i = 0; i < STREAMS; i++) {
        if (i % 3 == 0) {
            delete_stream(state, oracle[i].name, &change);
            assert_int_equal(report_stream(state, RN_COMMAND_STREAM_GONE, oracle[i].uid, &change),
                             RN_VERDICT_OK);
            assert_null(rn_state_find(state, rn_str_c(oracle[i].name)));
            assert_null(rn_state_find_uid(state, oracle[i].uid));
        } else {
            oracle[left++] = oracle[i];
        }
    }
    assert_lists(state, oracle, left);
    free(oracle);
    rn_state_free(state);
}

static void a_listing_goes_on_behind_names_that_do_not_exist(void **unused)
{
    struct rn_state *state = new_state(NULL);
    struct rn_change change;

    (void)unused;
    assert_null(rn_state_next(state, RN_STR("")));
    create_stream(state, "b", 1, &change);
    create_stream(state, "b.", 1, &change);
    create_stream(state, "d", 1, &change);
    assert_string_equal(rn_state_next(state, RN_STR("a"))->name, "b");
    assert_string_equal(rn_state_next(state, RN_STR("b"))->name, "b.");
    assert_string_equal(rn_state_next(state, RN_STR("c"))->name, "d");
    assert_null(rn_state_next(state, RN_STR("d")));
    assert_null(rn_state_find(state, RN_STR("c")));
    assert_null(rn_state_find(state, RN_STR("")));
    rn_state_free(state);
}

static void routing_agrees_with_a_search_of_every_shard(void **unused)
{
    struct rn_state *state = new_state(NULL);
    const struct rn_stream *stream;
    struct seeded_random random;
    struct rn_change change;

    (void)unused;
    seeded_random_init(&random, 3);
    create_stream(state, "s", 37, &change);
    stream = rn_state_find(state, RN_STR("s"));
    for (int i = 0; i < 5000; i++) {
        rn_u128 key = (rn_u128)seeded_random_next(&random) << 64 | seeded_random_next(&random);
        const struct rn_shard *naive = NULL;

        for (size_t j = 0; j < stream->shard_count; j++) {
            if (key >= stream->shards[j].range.start && key <= stream->shards[j].range.end) {
                assert_null(naive);
                naive = &stream->shards[j];
            }
        }
        assert_ptr_equal(rn_stream_route(stream, key), naive);
    }
    rn_state_free(state);
}

/* A closed shard in the middle of its children, as a split leaves it. */
static void closed_shards_get_no_keys(void **unused)
{
    const struct rn_stream draft = {.name = "s", .name_len = 1, .shard_count = 3};
    struct rn_version *version = rn_version_make(&draft);
    struct rn_hash_range low = rn_hash_range_initial(0, 2), high = rn_hash_range_initial(1, 2);

    (void)unused;
    version->shards[0] =
        (struct rn_shard){.index = 4, .range = {0, RN_HASH_KEY_MAX}, .closed_ms = 5};
    version->shards[1] = (struct rn_shard){.index = 7, .range = high};
    version->shards[2] = (struct rn_shard){.index = 9, .range = low};
    rn_version_seal(version);
    assert_true(rn_version_covers(version));
    assert_int_equal(rn_stream_route(&version->stream, 0)->index, 9);
    assert_int_equal(rn_stream_route(&version->stream, high.start)->index, 7);
    assert_int_equal(rn_stream_shard(&version->stream, 4)->closed_ms, 5);
    assert_null(rn_stream_shard(&version->stream, 5));
    version->shards[1].closed_ms = 6;
    rn_version_seal(version);
    assert_false(rn_version_covers(version));
    assert_null(rn_stream_route(&version->stream, high.start));
    rn_version_unref(version);
}

struct reader {
    struct rn_thread thread;
    const struct rn_state *state;
    struct rn_epoch *epoch;
    unsigned number;
    _Atomic(bool) *stop;
    _Atomic(uint64_t) seen;
};

/* Whatever a version shows, it shows of one moment. */
static void check_stream(const struct rn_stream *stream)
{
    if (stream->name_len != strlen(stream->name) || stream->shard_count != 4 ||
        stream->open_count != 4 || stream->shards[3].created_s != stream->created_ms / 1000 ||
        (stream->status == RN_STREAM_ACTIVE && stream->shards[3].opened_ms != stream->updated_ms) ||
        rn_stream_route(stream, RN_HASH_KEY_MAX) != &stream->shards[3]) {
        abort();
    }
}

static void read_all_the_time(void *arg)
{
    struct reader *reader = arg;
    const struct rn_stream *held = NULL;

    while (!atomic_load_explicit(reader->stop, memory_order_relaxed)) {
        const struct rn_stream *stream, *last = NULL;
        char name[16];

        rn_epoch_enter(reader->epoch, reader->number);
        for (stream = rn_state_next(reader->state, RN_STR("")); stream;
             stream = rn_state_next(reader->state, rn_stream_name(stream))) {
            check_stream(stream);
            if (last && rn_str_cmp(rn_stream_name(last), rn_stream_name(stream)) >= 0) {
                abort();
            }
            last = stream;
            reader->seen++;
        }
        (void)snprintf(name, sizeof(name), "stream-%u", (unsigned)(reader->seen % NAMES));
        stream = rn_state_find(reader->state, rn_str_c(name));
        if (stream) {
            const struct rn_stream *by_uid = rn_state_find_uid(reader->state, stream->uid);

            check_stream(stream);
            if (by_uid && by_uid->uid != stream->uid) {
                abort();
            }
            if (!held) {
                rn_stream_ref(stream);
                held = stream;
            }
        }
        rn_epoch_leave(reader->epoch, reader->number);
        if (held && reader->seen % 5 == 0) { /* outside of any turn: the reference keeps it */
            check_stream(held);
            rn_stream_unref(held);
            held = NULL;
        }
    }
    if (held) {
        rn_stream_unref(held);
    }
}

static void change_at_random(struct rn_state *state, struct seeded_random *random)
{
    struct rn_change change;
    const struct rn_stream *stream;
    char name[16];

    (void)snprintf(name, sizeof(name), "stream-%u", seeded_random_below(random, NAMES));
    stream = rn_state_find(state, rn_str_c(name));
    if (!stream) {
        create_stream(state, name, 4, &change);
    } else if (stream->status == RN_STREAM_CREATING) {
        report_stream(state, RN_COMMAND_STREAM_READY, stream->uid, &change);
    } else if (stream->status == RN_STREAM_ACTIVE) {
        delete_stream(state, name, &change);
    } else {
        report_stream(state, RN_COMMAND_STREAM_GONE, stream->uid, &change);
    }
}

static bool all_saw_enough(const struct reader *readers)
{
    for (int i = 0; i < READERS; i++) {
        if (atomic_load_explicit(&readers[i].seen, memory_order_relaxed) < SEEN) {
            return false;
        }
    }
    return true;
}

/* Method: one thread changes streams at random and frees old versions through the epoch; others read
 * without locks and now and then keep a reference. The sanitizers judge. */
static void readers_see_whole_versions_while_the_state_changes(void **unused)
{
    struct rn_epoch *epoch = rn_epoch_new();
    struct rn_state *state = new_state(epoch);
    struct reader readers[READERS];
    _Atomic(bool) stop = false;
    struct seeded_random random;

    (void)unused;
    seeded_random_init(&random, 4);
    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.state = state, .epoch = epoch, .stop = &stop};
        assert_int_equal(rn_epoch_join(epoch, &readers[i].number), RN_OK);
    }
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(
            rn_thread_start(&readers[i].thread, "reader", read_all_the_time, &readers[i]), RN_OK);
    }
    for (int i = 0; i < CHANGES || (i < CHANGES_MAX && !all_saw_enough(readers)); i++) {
        change_at_random(state, &random);
        rn_epoch_collect(epoch);
    }
    assert_true(all_saw_enough(readers));
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++) {
        rn_thread_join(&readers[i].thread);
    }
    rn_state_free(state);
    rn_epoch_free(epoch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_listed_in_byte_order_of_their_names),
        cmocka_unit_test(a_listing_goes_on_behind_names_that_do_not_exist),
        cmocka_unit_test(routing_agrees_with_a_search_of_every_shard),
        cmocka_unit_test(closed_shards_get_no_keys),
        cmocka_unit_test(readers_see_whole_versions_while_the_state_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
