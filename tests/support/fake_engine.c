/* fake_engine.c - see fake_engine.h. */
#include "tests/support/fake_engine.h"

#include <assert.h>
#include <stdlib.h>

#include "base/list.h"

enum { FOLLOWERS_MAX = 4 };

struct item {
    int64_t append_ms;
    char *value; /* behind the key, in one block that begins at `key` */
    char *key;
    size_t key_len, value_len;
    struct rn_record record; /* kind, flags, stamp */
};

struct notice {
    struct rn_task task;
    struct rn_follow *follow; /* NULL: let go */
    bool posted;
};

struct rn_lane {
    struct fake_topic *topic;
    struct item *items;
    size_t count, cap;
    uint64_t first;
    int64_t newest_ms;
    struct notice notices[FOLLOWERS_MAX];
};

struct fake_topic {
    struct fake_topic *next;
    uint64_t uid;
    uint32_t lane_count;
    struct rn_lane **lanes;
    int64_t retention_ms;
    bool named, gone; /* gone ones stay, as handles may be held */
};

struct fake_late {
    struct fake_late *next;
    struct rn_lane *lane;
    struct item item;
};

static struct fake_engine *of(struct rn_engine *engine)
{
    return RN_OWNER(engine, struct fake_engine, engine);
}

static void *must(void *memory)
{
    if (!memory) {
        abort();
    }
    return memory;
}

static struct fake_topic *find_topic(const struct fake_engine *fake, uint64_t uid)
{
    for (struct fake_topic *topic = fake->topics; topic; topic = topic->next) {
        if (topic->uid == uid && !topic->gone) {
            return topic;
        }
    }
    return NULL;
}

static void notice_run(struct rn_task *task)
{
    struct notice *notice = RN_OWNER(task, struct notice, task);

    notice->posted = false;
    if (notice->follow) {
        notice->follow->moved.run(&notice->follow->moved);
    }
}

static void lane_moved(struct rn_lane *lane)
{
    for (int i = 0; i < FOLLOWERS_MAX; i++) {
        struct notice *notice = &lane->notices[i];

        if (notice->follow && !notice->posted) {
            notice->posted = true;
            notice->task.run = notice_run;
            rn_mailbox_post(notice->follow->box, &notice->task);
        }
    }
}

static struct item copy_item(const struct rn_record *record)
{
    struct item item = {
        .record = *record, .key_len = record->key.len, .value_len = record->value.len};

    item.key = must(malloc(item.key_len + item.value_len + 1));
    item.value = item.key + item.key_len;
    memcpy(item.key, record->key.len ? record->key.data : "", record->key.len);
    memcpy(item.value, record->value.len ? record->value.data : "", record->value.len);
    return item;
}

static void lane_append(struct fake_engine *fake, struct rn_lane *lane, struct item item)
{
    if (lane->count == lane->cap) {
        lane->cap = lane->cap ? lane->cap * 2 : 16;
        lane->items = must(realloc(lane->items, lane->cap * sizeof(*lane->items)));
    }
    item.append_ms = rn_clock_wall_ms(fake->clock);
    if (item.append_ms < lane->newest_ms) {
        item.append_ms = lane->newest_ms;
    }
    lane->newest_ms = item.append_ms;
    lane->items[lane->count++] = item;
    lane_moved(lane);
}

static struct fake_plan next_plan(struct fake_engine *fake)
{
    struct fake_plan plan = {RN_OUTCOME_OK, FAKE_STORED};

    if (fake->append_plans > 0) {
        plan = fake->appends[0];
        fake->append_plans--;
        memmove(&fake->appends[0], &fake->appends[1],
                fake->append_plans * sizeof(fake->appends[0]));
    }
    return plan;
}

static void keep_for_late(struct fake_engine *fake, struct rn_lane *lane,
                          const struct rn_record *record)
{
    struct fake_late **last = &fake->late;

    while (*last) {
        last = &(*last)->next;
    }
    *last = must(calloc(1, sizeof(**last)));
    (*last)->lane = lane;
    (*last)->item = copy_item(record);
}

static void commit_run(struct fake_engine *fake, struct rn_run *run)
{
    struct fake_plan plan = next_plan(fake);

    run->outcome = run->lane->topic->gone ? RN_OUTCOME_NO_LANE : plan.outcome;
    run->offsets = NULL;
    run->first = run->lane->count;
    for (size_t i = 0; i < run->count && run->outcome != RN_OUTCOME_NO_LANE; i++) {
        switch (plan.fate) {
        case FAKE_NOT_STORED:
            break;
        case FAKE_STORED:
            lane_append(fake, run->lane, copy_item(&run->records[i]));
            break;
        case FAKE_STORED_LATE:
            keep_for_late(fake, run->lane, &run->records[i]);
            break;
        }
    }
    run->append_ms = run->lane->newest_ms;
}

static void commit(struct fake_engine *fake, struct rn_submit *submit)
{
    for (size_t i = 0; i < submit->count; i++) {
        commit_run(fake, &submit->runs[i]);
    }
    rn_mailbox_post(submit->box, &submit->done);
}

static rn_err submit_now(struct rn_engine *engine, struct rn_submit *submit)
{
    struct fake_engine *fake = of(engine);

    assert(submit->count > 0 && submit->count <= RN_RUNS_PER_SUBMIT_MAX);
    if (fake->submit_err) {
        return fake->submit_err;
    }
    fake->submits++;
    if (!fake->hold) {
        commit(fake, submit);
        return RN_OK;
    }
    assert(fake->held_count < FAKE_HELD_MAX);
    fake->held[fake->held_count++] = submit;
    return RN_OK;
}

size_t fake_engine_commit(struct fake_engine *fake, size_t most)
{
    size_t count = fake->held_count < most ? fake->held_count : most;

    for (size_t i = 0; i < count; i++) {
        commit(fake, fake->held[i]);
    }
    fake->held_count -= count;
    memmove(&fake->held[0], &fake->held[count], fake->held_count * sizeof(fake->held[0]));
    return count;
}

void fake_engine_store_late(struct fake_engine *fake)
{
    while (fake->late) {
        struct fake_late *late = fake->late;

        fake->late = late->next;
        lane_append(fake, late->lane, late->item);
        free(late);
    }
}

/* Items are copies, so that a use after release is seen by the address sanitizer. */
static void add_to_batch(struct rn_batch *batch, const struct item *item, uint64_t offset)
{
    struct rn_item *out = &batch->items[batch->count++];
    char *bytes = must(malloc(item->key_len + item->value_len + 1));

    memcpy(bytes, item->key, item->key_len + item->value_len);
    *out = (struct rn_item){.offset = offset, .append_ms = item->append_ms, .record = item->record};
    out->record.key = rn_str_make(bytes, item->key_len);
    out->record.value = rn_str_make(bytes + item->key_len, item->value_len);
}

static void fill(struct fake_engine *fake, const struct rn_read *read, struct rn_batch *batch)
{
    const struct rn_lane *lane = read->lane;
    uint64_t at = read->from > lane->first ? read->from : lane->first;
    size_t max =
        fake->batch_max && fake->batch_max < read->count_max ? fake->batch_max : read->count_max;
    size_t bytes = 0;

    *batch =
        (struct rn_batch){.end = lane->count,
                          .next = at,
                          .outcome = lane->topic->gone ? RN_OUTCOME_NO_LANE : fake->read_outcome};
    batch->items = must(calloc(max + 1, sizeof(*batch->items)));
    fake->batches_held++;
    fake->reads++;
    if (batch->outcome == RN_OUTCOME_OK && at > lane->count) {
        batch->outcome = RN_OUTCOME_OUT_OF_RANGE;
    }
    for (; batch->outcome == RN_OUTCOME_OK && at < lane->count && batch->count < max; at++) {
        const struct item *item = &lane->items[at];

        bytes += item->key_len + item->value_len;
        if (batch->count > 0 && bytes > read->bytes_max) {
            break;
        }
        if (item->append_ms >= read->not_before_ms) {
            add_to_batch(batch, item, at);
        }
        batch->next = at + 1;
    }
}

static rn_err read_now(struct rn_engine *engine, const struct rn_read *read,
                       struct rn_batch *ret_batch)
{
    if (of(engine)->cold && read->from < read->lane->count) {
        return RN_WAIT;
    }
    fill(of(engine), read, ret_batch);
    return RN_OK;
}

static void read_later(struct rn_engine *engine, struct rn_read *read)
{
    fill(of(engine), read, &read->batch);
    rn_mailbox_post(read->box, &read->done);
}

static void batch_release(struct rn_engine *engine, struct rn_batch *batch)
{
    assert(of(engine)->batches_held > 0);
    of(engine)->batches_held--;
    for (size_t i = 0; i < batch->count; i++) {
        free((char *)(uintptr_t)batch->items[i].record.key.data); /* of add_to_batch */
    }
    free(batch->items);
    batch->items = NULL;
}

static void bounds(struct rn_engine *engine, struct rn_bounds_query *query)
{
    const struct rn_lane *lane = query->lane;

    query->outcome = lane->topic->gone ? RN_OUTCOME_NO_LANE : of(engine)->bounds_outcome;
    query->bounds =
        (struct rn_bounds){.first = lane->first, .end = lane->count, .newest_ms = lane->newest_ms};
    rn_mailbox_post(query->box, &query->done);
}

static rn_err follow(struct rn_engine *engine, struct rn_follow *follow)
{
    (void)engine;
    for (int i = 0; i < FOLLOWERS_MAX; i++) {
        if (!follow->lane->notices[i].follow && !follow->lane->notices[i].posted) {
            follow->lane->notices[i].follow = follow;
            return RN_OK;
        }
    }
    return RN_NOMEM;
}

static void unfollow(struct rn_engine *engine, struct rn_follow *follow)
{
    (void)engine;
    for (int i = 0; i < FOLLOWERS_MAX; i++) {
        if (follow->lane->notices[i].follow == follow) {
            follow->lane->notices[i].follow = NULL;
        }
    }
}

static struct fake_topic *make_topic(struct fake_engine *fake, uint64_t uid, uint32_t lanes)
{
    struct fake_topic *topic = find_topic(fake, uid);

    if (!topic) {
        topic = must(calloc(1, sizeof(*topic)));
        topic->uid = uid;
        topic->next = fake->topics;
        fake->topics = topic;
    }
    if (topic->lane_count < lanes) {
        topic->lanes = must(realloc(topic->lanes, lanes * sizeof(struct rn_lane *)));
    }
    while (topic->lane_count < lanes) {
        struct rn_lane *lane = must(calloc(1, sizeof(*lane)));

        lane->topic = topic;
        lane->newest_ms = INT64_MIN;
        topic->lanes[topic->lane_count++] = lane;
    }
    topic->named = true;
    return topic;
}

static enum rn_outcome next_topic_outcome(struct fake_engine *fake)
{
    enum rn_outcome outcome = RN_OUTCOME_OK;

    if (fake->topic_plans > 0) {
        outcome = fake->topic_calls[0];
        fake->topic_plans--;
        memmove(&fake->topic_calls[0], &fake->topic_calls[1],
                fake->topic_plans * sizeof(fake->topic_calls[0]));
    }
    return outcome;
}

static void topic_gone(struct fake_topic *topic)
{
    topic->gone = true;
    for (uint32_t i = 0; i < topic->lane_count; i++) {
        lane_moved(topic->lanes[i]);
    }
}

static void finish_topic(struct fake_engine *fake, struct rn_topic_call *call, bool is_delete)
{
    struct fake_topic *topic = find_topic(fake, call->topic);

    call->outcome = next_topic_outcome(fake);
    if (call->outcome == RN_OUTCOME_OK && !is_delete) {
        make_topic(fake, call->topic, call->lanes)->retention_ms = call->retention_ms;
    } else if (call->outcome == RN_OUTCOME_OK && topic) {
        topic_gone(topic);
    } else if (call->outcome == RN_OUTCOME_OK) {
        call->outcome = RN_OUTCOME_NO_LANE;
    }
    rn_mailbox_post(call->box, &call->done);
}

static void take_topic_call(struct fake_engine *fake, struct rn_topic_call *call, bool is_delete)
{
    if (!fake->hold_topics) {
        finish_topic(fake, call, is_delete);
        return;
    }
    assert(fake->held_topic_count < FAKE_HELD_MAX);
    fake->held_topics[fake->held_topic_count++] = (struct fake_topic_wait){call, is_delete};
}

size_t fake_engine_finish_topics(struct fake_engine *fake)
{
    size_t count = fake->held_topic_count;

    for (size_t i = 0; i < count; i++) {
        finish_topic(fake, fake->held_topics[i].call, fake->held_topics[i].is_delete);
    }
    fake->held_topic_count = 0;
    return count;
}

static void topic_create(struct rn_engine *engine, struct rn_topic_call *call)
{
    of(engine)->creates++;
    take_topic_call(of(engine), call, false);
}

/* Never held: it is about space, and nobody waits for it. */
static void topic_retention(struct rn_engine *engine, struct rn_topic_call *call)
{
    struct fake_topic *topic = find_topic(of(engine), call->topic);

    of(engine)->retentions++;
    call->outcome = next_topic_outcome(of(engine));
    if (call->outcome == RN_OUTCOME_OK && topic && topic->named) {
        topic->retention_ms = call->retention_ms;
    } else if (call->outcome == RN_OUTCOME_OK) {
        call->outcome = RN_OUTCOME_NO_LANE;
    }
    rn_mailbox_post(call->box, &call->done);
}

int64_t fake_engine_retention_ms(const struct fake_engine *fake, uint64_t uid)
{
    const struct fake_topic *topic = find_topic(fake, uid);

    return topic ? topic->retention_ms : -1;
}

static void topic_delete(struct rn_engine *engine, struct rn_topic_call *call)
{
    of(engine)->deletes++;
    take_topic_call(of(engine), call, true);
}

static struct rn_lane *lane_ref(struct rn_engine *engine, uint64_t uid, uint32_t lane)
{
    const struct fake_topic *topic = find_topic(of(engine), uid);

    if (!topic || lane >= topic->lane_count) {
        return NULL;
    }
    atomic_fetch_add(&of(engine)->lanes_held, 1);
    return topic->lanes[lane];
}

static void lane_unref(struct rn_engine *engine, struct rn_lane *lane)
{
    (void)lane;
    if (atomic_fetch_sub(&of(engine)->lanes_held, 1) == 0) {
        abort();
    }
}

static void trim(struct rn_engine *engine, struct rn_lane *lane, uint64_t before)
{
    (void)engine;
    for (; lane->first < before && lane->first < lane->count; lane->first++) {
        free(lane->items[lane->first].key);
        lane->items[lane->first].key = NULL;
    }
}

static void ready(struct rn_engine *engine)
{
    of(engine)->ready = true;
    for (struct fake_topic *topic = of(engine)->topics; topic; topic = topic->next) {
        if (!topic->named && !topic->gone) {
            topic_gone(topic);
        }
    }
}

static bool writable(struct rn_engine *engine)
{
    return !of(engine)->submit_err;
}

static const struct rn_engine_ops ops = {
    .submit = submit_now,
    .read_now = read_now,
    .read = read_later,
    .batch_release = batch_release,
    .bounds = bounds,
    .follow = follow,
    .unfollow = unfollow,
    .topic_create = topic_create,
    .topic_grow = topic_create,
    .topic_retention = topic_retention,
    .topic_delete = topic_delete,
    .lane_ref = lane_ref,
    .lane_unref = lane_unref,
    .trim = trim,
    .ready = ready,
    .writable = writable,
};

void fake_engine_init(struct fake_engine *fake, struct rn_clock *clock)
{
    memset(fake, 0, sizeof(*fake));
    fake->engine = (struct rn_engine){.ops = &ops, .facts = {.can_trim = true, .name = "fake"}};
    fake->clock = clock;
    atomic_init(&fake->lanes_held, 0);
}

void fake_engine_restart(struct fake_engine *fake)
{
    assert(atomic_load(&fake->lanes_held) == 0 && fake->batches_held == 0);
    assert(fake->held_count == 0 && fake->held_topic_count == 0);
    fake->ready = false;
    fake->creates = fake->deletes = fake->submits = fake->reads = 0;
    fake->append_plans = fake->topic_plans = 0;
    for (struct fake_topic *topic = fake->topics; topic; topic = topic->next) {
        topic->named = false;
    }
}

static void lane_free(struct rn_lane *lane)
{
    for (uint64_t i = lane->first; i < lane->count; i++) {
        free(lane->items[i].key);
    }
    free(lane->items);
    free(lane);
}

void fake_engine_done(struct fake_engine *fake)
{
    assert(fake->batches_held == 0 && atomic_load(&fake->lanes_held) == 0);
    while (fake->topics) {
        struct fake_topic *topic = fake->topics;

        fake->topics = topic->next;
        for (uint32_t i = 0; i < topic->lane_count; i++) {
            lane_free(topic->lanes[i]);
        }
        free(topic->lanes);
        free(topic);
    }
    while (fake->late) {
        struct fake_late *late = fake->late;

        fake->late = late->next;
        free(late->item.key);
        free(late);
    }
}

void fake_engine_plan_append(struct fake_engine *fake, enum rn_outcome outcome, enum fake_fate fate)
{
    assert(fake->append_plans < FAKE_PLANS_MAX);
    fake->appends[fake->append_plans++] = (struct fake_plan){outcome, fate};
}

void fake_engine_plan_topic(struct fake_engine *fake, enum rn_outcome outcome)
{
    assert(fake->topic_plans < FAKE_PLANS_MAX);
    fake->topic_calls[fake->topic_plans++] = outcome;
}

bool fake_engine_has_topic(const struct fake_engine *fake, uint64_t topic)
{
    return find_topic(fake, topic) != NULL;
}

static struct rn_lane *lane_of(const struct fake_engine *fake, uint64_t uid, uint32_t lane)
{
    const struct fake_topic *topic = find_topic(fake, uid);

    assert(topic && lane < topic->lane_count);
    return topic->lanes[lane];
}

uint64_t fake_engine_first(const struct fake_engine *fake, uint64_t topic, uint32_t lane)
{
    return lane_of(fake, topic, lane)->first;
}

uint64_t fake_engine_end(const struct fake_engine *fake, uint64_t topic, uint32_t lane)
{
    return lane_of(fake, topic, lane)->count;
}

char *fake_engine_value(struct fake_engine *fake, uint64_t offset, size_t *ret_len)
{
    struct rn_lane *lane = lane_of(fake, RN_TOPIC_CONTROL, 0);

    assert(offset >= lane->first && offset < lane->count);
    *ret_len = lane->items[offset].value_len;
    return lane->items[offset].value;
}

void fake_engine_append(struct fake_engine *fake, rn_str value)
{
    lane_append(fake, make_topic(fake, RN_TOPIC_CONTROL, 1)->lanes[0],
                copy_item(&(struct rn_record){
                    .key = RN_STR(""), .value = value, .kind = RN_RECORD_COMMAND}));
}
