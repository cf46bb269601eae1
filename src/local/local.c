/* local.c - the local engine as the engine interface sees it: open, close, topics, and its threads.
 *
 * What is asked of it goes to the file that knows: queue.c and writer.c (append), cold.c (read), lane.c
 * (topics, followers), retain.c (trim takes effect there). Answers that need no disk are posted at once. */
#include "local/local.h"

#include <assert.h>
#include <stdlib.h>

#include "local/batch.h"
#include "local/inside.h"
#include "sys/log.h"

enum {
    RECYCLER_BYTES = 32 * 1024 * 1024,
    WRITER_PAUSE_US = 100000, /* to look whether a refusal has healed */
};

struct rn_local_options rn_local_defaults(void)
{
    return (struct rn_local_options){
        .segment_bytes = 256 * 1024 * 1024,
        .cache_bytes = 256 * 1024 * 1024,
        .queue_bytes_max = 64 * 1024 * 1024,
        .prepare_bytes = 1024 * 1024,
        .reserve_bytes = 64 * 1024 * 1024,
        .sync = true,
        .threads = true,
    };
}

/* ---- append and read ---- */

static rn_err engine_submit(struct rn_engine *engine, struct rn_submit *submit)
{
    return rn_queue_submit(rn_local_of(engine), submit);
}

static rn_err engine_read_now(struct rn_engine *engine, const struct rn_read *read,
                              struct rn_batch *ret_batch)
{
    return rn_read_now(rn_local_of(engine), read, ret_batch);
}

static void engine_read(struct rn_engine *engine, struct rn_read *read)
{
    rn_cold_read(rn_local_of(engine), read);
}

static void engine_batch_release(struct rn_engine *engine, struct rn_batch *batch)
{
    (void)engine;
    rn_reading_release(batch);
}

static void engine_bounds(struct rn_engine *engine, struct rn_bounds_query *query)
{
    struct rn_lane *lane = query->lane;

    (void)engine;
    rn_mutex_lock(&lane->lock);
    query->bounds = (struct rn_bounds){lane->first, lane->end, lane->newest_ms};
    query->outcome = rn_lane_is_dead(lane) ? RN_OUTCOME_NO_LANE : RN_OUTCOME_OK;
    rn_mutex_unlock(&lane->lock);
    rn_mailbox_post(query->box, &query->done);
}

static rn_err engine_follow(struct rn_engine *engine, struct rn_follow *follow)
{
    (void)engine;
    return rn_lane_follow(follow->lane, follow);
}

static void engine_unfollow(struct rn_engine *engine, struct rn_follow *follow)
{
    (void)engine;
    rn_lane_unfollow(follow);
}

static void engine_trim(struct rn_engine *engine, struct rn_lane *lane, uint64_t before)
{
    (void)engine;
    rn_mutex_lock(&lane->lock);
    before = before < lane->end ? before : lane->end;
    lane->first = before > lane->first ? before : lane->first;
    rn_mutex_unlock(&lane->lock);
}

/* ---- topics ---- */

static void answer(struct rn_topic_call *call, enum rn_outcome outcome)
{
    call->outcome = outcome;
    rn_mailbox_post(call->box, &call->done);
}

/* A topic that control has named. Lock held. */
static struct rn_topic *find_named(struct rn_local *local, uint64_t uid)
{
    struct rn_topic *topic = rn_topic_find(&local->topics, uid);

    return topic && topic->named ? topic : NULL;
}

static enum rn_outcome outcome_of(rn_err err)
{
    return err == RN_OK          ? RN_OUTCOME_OK
           : err == RN_TOO_LARGE ? RN_OUTCOME_REJECTED
                                 : RN_OUTCOME_UNAVAILABLE;
}

static void engine_topic_create(struct rn_engine *engine, struct rn_topic_call *call)
{
    struct rn_local *local = rn_local_of(engine);
    struct rn_topic *topic;
    rn_err err;

    rn_mutex_lock(&local->topics.lock);
    err = rn_topic_grow(&local->topics, call->topic, call->lanes, &topic);
    if (!err) {
        topic->named = true;
        atomic_store_explicit(&topic->retention_ms, call->retention_ms, memory_order_relaxed);
    }
    rn_mutex_unlock(&local->topics.lock);
    answer(call, outcome_of(err));
}

static void engine_topic_grow(struct rn_engine *engine, struct rn_topic_call *call)
{
    struct rn_local *local = rn_local_of(engine);
    struct rn_topic *topic;
    enum rn_outcome outcome = RN_OUTCOME_NO_LANE;

    rn_mutex_lock(&local->topics.lock);
    if (find_named(local, call->topic)) {
        outcome = outcome_of(rn_topic_grow(&local->topics, call->topic, call->lanes, &topic));
    }
    rn_mutex_unlock(&local->topics.lock);
    answer(call, outcome);
}

static void engine_topic_retention(struct rn_engine *engine, struct rn_topic_call *call)
{
    struct rn_local *local = rn_local_of(engine);

    rn_mutex_lock(&local->topics.lock);
    struct rn_topic *topic = find_named(local, call->topic);

    if (topic) {
        atomic_store_explicit(&topic->retention_ms, call->retention_ms, memory_order_relaxed);
    }
    rn_mutex_unlock(&local->topics.lock);
    answer(call, topic ? RN_OUTCOME_OK : RN_OUTCOME_NO_LANE);
}

static void engine_topic_delete(struct rn_engine *engine, struct rn_topic_call *call)
{
    struct rn_local *local = rn_local_of(engine);

    assert(call->topic != RN_TOPIC_CONTROL);
    rn_mutex_lock(&local->topics.lock);
    struct rn_topic *topic = rn_topic_find(&local->topics, call->topic);

    if (topic) {
        rn_topic_kill(&local->topics, topic);
    }
    rn_mutex_unlock(&local->topics.lock);
    answer(call, RN_OUTCOME_OK);
}

static struct rn_lane *engine_lane_ref(struct rn_engine *engine, uint64_t uid, uint32_t number)
{
    struct rn_local *local = rn_local_of(engine);
    struct rn_lane *lane = NULL;

    rn_mutex_lock(&local->topics.lock);
    struct rn_topic *topic = find_named(local, uid);

    if (topic && number < topic->lane_count) {
        lane = rn_topic_lane(topic, number);
    }
    if (lane) {
        rn_lane_ref(lane);
    }
    rn_mutex_unlock(&local->topics.lock);
    return lane;
}

static void engine_lane_unref(struct rn_engine *engine, struct rn_lane *lane)
{
    (void)engine;
    rn_lane_unref(lane);
}

/* A topic that nobody named, or NULL. Lock held. */
static struct rn_topic *find_unnamed(struct rn_topics *topics)
{
    size_t cursor = 0;
    void *value;

    while (rn_map_count(topics->map) > 0 && rn_map_next(topics->map, &cursor, NULL, &value)) {
        if (!((struct rn_topic *)value)->named) {
            return value;
        }
    }
    return NULL;
}

static void engine_ready(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);

    rn_mutex_lock(&local->topics.lock);
    for (struct rn_topic *topic; (topic = find_unnamed(&local->topics));) {
        rn_topic_kill(&local->topics, topic);
    }
    rn_mutex_unlock(&local->topics.lock);
    atomic_store_explicit(&local->ready, true, memory_order_release);
}

static bool engine_writable(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);

    return !atomic_load_explicit(&local->full, memory_order_relaxed) &&
           !atomic_load_explicit(&local->refusing, memory_order_relaxed);
}

static const struct rn_engine_ops ops = {
    .submit = engine_submit,
    .read_now = engine_read_now,
    .read = engine_read,
    .batch_release = engine_batch_release,
    .bounds = engine_bounds,
    .follow = engine_follow,
    .unfollow = engine_unfollow,
    .topic_create = engine_topic_create,
    .topic_grow = engine_topic_grow,
    .topic_retention = engine_topic_retention,
    .topic_delete = engine_topic_delete,
    .lane_ref = engine_lane_ref,
    .lane_unref = engine_lane_unref,
    .trim = engine_trim,
    .ready = engine_ready,
    .writable = engine_writable,
};

/* ---- threads ---- */

/* Whether the writer may stop: nothing comes any more and nothing waits. Waits for either. */
static bool writer_rests(struct rn_local *local)
{
    struct rn_queue *queue = &local->queue;

    rn_mutex_lock(&queue->lock);
    if (queue->parts == 0 && !queue->closed) {
        if (atomic_load_explicit(&local->refusing, memory_order_relaxed)) {
            (void)rn_cond_wait_for(&queue->more, &queue->lock, WRITER_PAUSE_US);
        } else {
            rn_cond_wait(&queue->more, &queue->lock);
        }
    }
    bool over = queue->parts == 0 && queue->closed;

    rn_mutex_unlock(&queue->lock);
    return over;
}

static void run_writer(void *arg)
{
    struct rn_local *local = arg;

    do {
        while (rn_local_step_writer(&local->engine)) {
        }
    } while (!writer_rests(local));
}

static bool housekeeper_rests(struct rn_local *local)
{
    struct rn_house *house = &local->house;

    rn_mutex_lock(&house->lock);
    if (!house->due && !house->closed) {
        int64_t wait_us = house->next_us - rn_clock_mono_us(local->options.clock);

        (void)rn_cond_wait_for(&house->more, &house->lock, wait_us > 0 ? wait_us : 0);
    }
    house->due = false;
    bool over = house->closed;

    rn_mutex_unlock(&house->lock);
    return over;
}

static void run_housekeeper(void *arg)
{
    struct rn_local *local = arg;

    while (!housekeeper_rests(local)) {
        while (rn_local_step_housekeeper(&local->engine)) {
        }
    }
}

static bool reader_rests(struct rn_cold *cold)
{
    rn_mutex_lock(&cold->lock);
    while (!cold->first && cold->ahead_count == 0 && !cold->closed) {
        rn_cond_wait(&cold->more, &cold->lock);
    }
    bool over = cold->closed && !cold->first;

    rn_mutex_unlock(&cold->lock);
    return over;
}

static void run_reader(void *arg)
{
    struct rn_local *local = arg;

    while (!reader_rests(&local->cold)) {
        (void)rn_local_step_reader(&local->engine);
    }
}

static rn_err start_threads(struct rn_local *local)
{
    static const struct {
        const char *name;
        void (*run)(void *arg);
    } roles[] = {
        {"rn-writer", run_writer}, {"rn-house", run_housekeeper}, {"rn-reader", run_reader}};
    rn_err err = RN_OK;

    for (size_t i = 0; !err && i < 2 + RN_READERS; i++) {
        size_t role = i < 2 ? i : 2;

        err = rn_thread_start(&local->threads[i], roles[role].name, roles[role].run, local);
        local->thread_count += !err;
    }
    return err;
}

static void close_queue(struct rn_local *local)
{
    rn_mutex_lock(&local->queue.lock);
    local->queue.closed = true;
    rn_mutex_unlock(&local->queue.lock);
    rn_cond_broadcast(&local->queue.more);
}

static void close_house(struct rn_local *local)
{
    rn_mutex_lock(&local->house.lock);
    local->house.closed = true;
    rn_mutex_unlock(&local->house.lock);
    rn_cond_broadcast(&local->house.more);
}

static void close_cold(struct rn_local *local)
{
    rn_mutex_lock(&local->cold.lock);
    local->cold.closed = true;
    rn_mutex_unlock(&local->cold.lock);
    rn_cond_broadcast(&local->cold.more);
}

static void join_threads(struct rn_local *local)
{
    for (size_t i = 0; i < local->thread_count; i++) {
        rn_thread_join(&local->threads[i]);
    }
    local->thread_count = 0;
}

/* ---- open and close ---- */

static void free_local(struct rn_local *local)
{
    rn_writer_done(local);
    rn_queue_done(&local->queue);
    rn_tail_done(&local->tail);
    rn_cold_done(&local->cold);
    rn_topics_done(&local->topics);
    rn_spares_done(&local->spares);
    rn_house_done(&local->house);
    rn_book_done(&local->book);
    rn_blocks_done(&local->blocks);
    rn_recycler_free(local->recycler);
    free(local);
}

static rn_err init_local(struct rn_local *local)
{
    size_t read_back = local->options.cache_bytes / 4;
    rn_err err;

    rn_queue_init(&local->queue, local->options.queue_bytes_max);
    rn_tail_init(&local->tail, local->options.cache_bytes - read_back);
    rn_cold_init(&local->cold);
    rn_spares_init(&local->spares);
    rn_house_init(&local->house);
    rn_book_init(&local->book);
    local->recycler = rn_recycler_new(RECYCLER_BYTES);
    err = rn_topics_init(&local->topics);
    if (!err) {
        err = rn_blocks_init(&local->blocks, read_back);
    }
    return err ? err : local->recycler ? RN_OK : RN_NOMEM;
}

static rn_err name_control(struct rn_local *local)
{
    struct rn_topic *topic;
    rn_err err;

    rn_mutex_lock(&local->topics.lock);
    err = rn_topic_grow(&local->topics, RN_TOPIC_CONTROL, 1, &topic);
    if (!err) {
        topic->named = true;
    }
    rn_mutex_unlock(&local->topics.lock);
    return err;
}

static void say_what_was_found(struct rn_local *local, int64_t began_us)
{
    const struct rn_counters *counters = &local->counters;

    rn_log(RN_LOG_INFO, "local",
           "recovered %llu segments (%llu frames replayed, %llu indexes made again) in %lld ms",
           (unsigned long long)counters->recovered_segments,
           (unsigned long long)counters->recovered_frames,
           (unsigned long long)counters->rebuilt_indexes,
           (long long)(rn_clock_mono_us(local->options.clock) - began_us) / 1000);
}

rn_err rn_local_open(const struct rn_local_options *options, struct rn_engine **ret_engine,
                     struct rn_reason *reterr_reason)
{
    struct rn_local *local = calloc(1, sizeof(*local));
    int64_t began_us = rn_clock_mono_us(options->clock);
    rn_err err;

    if (!local) {
        return RN_NOMEM;
    }
    local->engine = (struct rn_engine){.ops = &ops, .facts = {.can_trim = true, .name = "local"}};
    local->options = *options;
    err = init_local(local);
    if (!err) {
        err = name_control(local);
    }
    if (!err) {
        err = rn_recover(local, reterr_reason);
    }
    if (!err) {
        say_what_was_found(local, began_us);
        err = options->threads ? start_threads(local) : RN_OK;
    }
    if (err) {
        close_queue(local);
        close_house(local);
        close_cold(local);
        join_threads(local);
        free_local(local);
        return err;
    }
    *ret_engine = &local->engine;
    return RN_OK;
}

/* Without threads whoever drives the engine leaves work behind. */
static void finish_work(struct rn_local *local)
{
    while (rn_local_step_writer(&local->engine)) {
    }
    while (local->cold.first) {
        (void)rn_local_step_reader(&local->engine);
    }
}

void rn_local_close(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);
    rn_err err;

    close_queue(local);
    close_house(local);
    close_cold(local);
    join_threads(local);
    finish_work(local);
    err = rn_writer_end(local);
    if (err) {
        rn_log(RN_LOG_WARN, "local",
               "the end could not be marked: %s; the next start will look for a crash",
               rn_err_text(err));
    }
    free_local(local);
}

/* Reads that wait are forgotten with everything else. */
void rn_local_abandon(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);

    assert(local->thread_count == 0);
    local->cold.first = local->cold.last = NULL;
    free_local(local);
}

/* ---- counts ---- */

static void count_segments(struct rn_local *local, struct rn_local_counts *counts)
{
    for (struct rn_segment *at = NULL; (at = rn_book_next(&local->book, at));) {
        counts->live_segments++;
        counts->live_bytes += atomic_load_explicit(&at->end, memory_order_relaxed);
        counts->dead_bytes += atomic_load_explicit(&at->dead_bytes, memory_order_relaxed);
    }
}

struct rn_local_counts rn_local_counts(struct rn_engine *engine)
{
    struct rn_local *local = rn_local_of(engine);
    struct rn_local_counts counts = {
#define X(name, text) .name = atomic_load_explicit(&local->counters.name, memory_order_relaxed),
        RN_LOCAL_COUNTS(X)
#undef X
    };

    counts.queued_bytes = atomic_load_explicit(&local->queue.held_bytes, memory_order_relaxed);
    count_segments(local, &counts);
    return counts;
}
