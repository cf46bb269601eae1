/* scaler.c - loads, peaks, and proposals to control; see scaler.h.
 *
 *   tick ─▶ for each on-demand stream: watch ─▶ measure ─▶ [peak grew] OBSERVE_LOAD ─┐
 *                                                └───────▶ step ──▶ RESHARD ─────────┤
 *                                                             ▲                      │
 *                                                             └──── proposal done ◀──┘
 *
 * A stream that lacks shards for its warm throughput gets them at the next tick, whatever its load.
 * One proposal of a stream is under way at a time. What a new shard carries is estimated from its
 * parents until it was measured itself. */
#include "data/scaler.h"

#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/list.h"
#include "base/map.h"
#include "data/runtime.h"

/* A shard as it was measured last. */
struct sight {
    uint32_t index;
    uint64_t bytes, records;            /* counted then */
    uint32_t milli;                     /* of the last period */
    uint32_t today_milli, before_milli; /* highest of this day and of the one before */
};

struct watch {
    struct rn_scaler *scaler;
    struct rn_link link;
    char key[8];
    uint64_t uid;
    struct sight *sights; /* of the open shards, by index */
    size_t count;
    uint64_t day;             /* of today_milli */
    int64_t crowded_since_us; /* more shards than needed since then; 0: not so */
    bool seen;                /* in this round */
    bool under_way;
    struct rn_proposal proposal;
};

struct rn_scaler {
    struct rn_scaler_options options;
    struct rn_map *watches; /* by uid */
    struct rn_link list;
    int64_t measured_us; /* when loads were taken last */
};

static int64_t day_ms(const struct rn_scaler *scaler)
{
    return scaler->options.period_ms * RN_SCALER_DAY_PERIODS;
}

static uint64_t today(const struct rn_scaler *scaler)
{
    return (uint64_t)(rn_data_now_ms(scaler->options.data) / day_ms(scaler)) + 1;
}

rn_err rn_scaler_new(const struct rn_scaler_options *options, struct rn_scaler **ret_scaler)
{
    struct rn_scaler *scaler = calloc(1, sizeof(*scaler));

    assert(options->period_ms > 0);
    if (!scaler) {
        return RN_NOMEM;
    }
    scaler->options = *options;
    scaler->watches = rn_map_new();
    rn_list_init(&scaler->list);
    scaler->measured_us = rn_clock_mono_us(options->clock);
    if (!scaler->watches) {
        free(scaler);
        return RN_NOMEM;
    }
    *ret_scaler = scaler;
    return RN_OK;
}

static void watch_free(struct watch *watch)
{
    assert(!watch->under_way);
    rn_map_remove(watch->scaler->watches, rn_str_make(watch->key, sizeof(watch->key)));
    rn_list_remove(&watch->link);
    free(watch->sights);
    free(watch);
}

void rn_scaler_free(struct rn_scaler *scaler)
{
    if (!scaler) {
        return;
    }
    RN_LIST_EACH (link, &scaler->list) {
        watch_free(RN_OWNER(link, struct watch, link));
    }
    rn_map_free(scaler->watches);
    free(scaler);
}

/* NULL when memory ends: the next round tries again. */
static struct watch *watch_of(struct rn_scaler *scaler, uint64_t uid)
{
    struct watch *watch;
    char key[8];

    rn_put_be64(key, uid);
    watch = rn_map_get(scaler->watches, rn_str_make(key, sizeof(key)));
    if (watch) {
        return watch;
    }
    watch = calloc(1, sizeof(*watch));
    if (!watch) {
        return NULL;
    }
    watch->scaler = scaler;
    watch->uid = uid;
    memcpy(watch->key, key, sizeof(key));
    if (rn_map_put(scaler->watches, rn_str_make(watch->key, sizeof(watch->key)), watch, NULL)) {
        free(watch);
        return NULL;
    }
    rn_list_push(&scaler->list, &watch->link);
    return watch;
}

/* ---- measuring -------------------------------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
    uint32_t left = ((const struct sight *)a)->index, right = ((const struct sight *)b)->index;

    return left < right ? -1 : left > right;
}

static struct sight *sight_of(const struct watch *watch, uint32_t index)
{
    struct sight wanted = {.index = index};

    return watch->count == 0
               ? NULL
               : bsearch(&wanted, watch->sights, watch->count, sizeof(wanted), by_index);
}

/* Half of a split parent, both of merged ones. */
static struct sight inherited(const struct watch *watch, const struct rn_shard *shard)
{
    const struct sight *parent = sight_of(watch, shard->parent);
    const struct sight *adjacent = sight_of(watch, shard->adjacent_parent);
    struct sight sight = {.index = shard->index};

    if (parent && adjacent) {
        sight.milli = parent->milli + adjacent->milli;
        sight.today_milli = parent->today_milli + adjacent->today_milli;
        sight.before_milli = parent->before_milli + adjacent->before_milli;
    } else if (parent) {
        sight.milli = parent->milli / 2;
        sight.today_milli = parent->today_milli / 2;
        sight.before_milli = parent->before_milli / 2;
    }
    return sight;
}

/* The sights become those of the stream's open shards. False: memory ended. */
static bool look(struct watch *watch, const struct rn_stream *stream)
{
    struct sight *sights = calloc(stream->open_count, sizeof(*sights));

    if (!sights) {
        return false;
    }
    for (size_t i = 0; i < stream->open_count; i++) {
        const struct rn_shard *shard = &stream->shards[stream->open[i]];
        const struct sight *before = sight_of(watch, shard->index);

        sights[i] = before ? *before : inherited(watch, shard);
    }
    qsort(sights, stream->open_count, sizeof(*sights), by_index);
    free(watch->sights);
    watch->sights = sights;
    watch->count = stream->open_count;
    return true;
}

static uint32_t share(uint64_t amount, int64_t limit, int64_t elapsed_us)
{
    rn_u128 milli =
        (rn_u128)amount * RN_SHARD_FULL * 1000000 / (rn_u128)limit / (rn_u128)elapsed_us;

    return milli > INT32_MAX ? INT32_MAX : (uint32_t)milli;
}

/* Of a limit that is lifted, what AWS has: a shard's share is told by something. */
static int64_t full(const struct rn_scaler *scaler, enum rn_limit limit)
{
    int64_t value = rn_data_limit(scaler->options.data, limit);

    return value == RN_LIMIT_OFF ? rn_limit_row(limit)->aws : value;
}

static void measure_shard(struct watch *watch, const struct rn_shard *shard, int64_t elapsed_us)
{
    const struct rn_scaler *scaler = watch->scaler;
    struct sight *sight = sight_of(watch, shard->index);
    struct rn_shard_counts counts;
    uint32_t bytes, records;

    rn_data_counts(shard, &counts);
    bytes = share(counts.incoming_bytes - sight->bytes, full(scaler, RN_LIMIT_SHARD_WRITE_BYTES),
                  elapsed_us);
    records = share(counts.incoming_records - sight->records,
                    full(scaler, RN_LIMIT_SHARD_WRITE_RECORDS), elapsed_us);
    sight->bytes = counts.incoming_bytes;
    sight->records = counts.incoming_records;
    sight->milli = bytes > records ? bytes : records;
    sight->today_milli = sight->milli > sight->today_milli ? sight->milli : sight->today_milli;
}

static void turn_day(struct watch *watch, uint64_t day)
{
    for (size_t i = 0; i < watch->count && day != watch->day; i++) {
        struct sight *sight = &watch->sights[i];

        sight->before_milli = day == watch->day + 1 ? sight->today_milli : 0;
        sight->today_milli = 0;
    }
    watch->day = day;
}

/* The load of the stream since the last time. */
static uint32_t measure(struct watch *watch, const struct rn_stream *stream, int64_t elapsed_us)
{
    uint64_t total = 0;

    turn_day(watch, today(watch->scaler));
    for (size_t i = 0; i < stream->open_count; i++) {
        const struct rn_shard *shard = &stream->shards[stream->open[i]];

        measure_shard(watch, shard, elapsed_us);
        total += sight_of(watch, shard->index)->milli;
    }
    return total > INT32_MAX ? INT32_MAX : (uint32_t)total;
}

/* ---- proposing -------------------------------------------------------------------------------- */

static void proposal_done(struct rn_task *task);

static void propose(struct watch *watch)
{
    watch->proposal.box = watch->scaler->options.box;
    watch->proposal.done.run = proposal_done;
    watch->under_way = !rn_control_propose(watch->scaler->options.control, &watch->proposal);
}

/* Some per cent more than is known already are not worth a command. */
static bool grew(const struct rn_stream *stream, uint64_t day, uint32_t milli)
{
    uint32_t known = rn_peaks_of_day(&stream->peaks, day);

    return milli > known + known / 20;
}

static uint32_t needed(const struct rn_scaler *scaler, const struct rn_stream *stream)
{
    uint32_t shards = rn_capacity_shards(rn_peaks_max(&stream->peaks, today(scaler)));

    return shards > stream->warm_mib ? shards : stream->warm_mib;
}

/* Were there more shards than needed for a whole day? */
static bool quiet(struct watch *watch, size_t open, uint32_t need)
{
    int64_t now_us = rn_clock_mono_us(watch->scaler->options.clock);

    if (open <= need || open <= RN_ON_DEMAND_SHARDS) {
        watch->crowded_since_us = 0;
        return false;
    }
    if (watch->crowded_since_us == 0) {
        watch->crowded_since_us = now_us;
    }
    return now_us - watch->crowded_since_us >= day_ms(watch->scaler) * 1000;
}

static bool next_step(struct watch *watch, const struct rn_stream *stream,
                      struct rn_reshard *ret_reshard)
{
    struct rn_shard_load *loads = calloc(stream->open_count, sizeof(*loads));
    struct rn_capacity capacity = {.loads = loads, .count = stream->open_count};
    bool any;

    if (!loads || !look(watch, stream)) {
        free(loads);
        return false;
    }
    for (size_t i = 0; i < stream->open_count; i++) {
        const struct rn_shard *shard = &stream->shards[stream->open[i]];
        const struct sight *sight = sight_of(watch, shard->index);

        loads[i] = (struct rn_shard_load){
            .index = shard->index,
            .range = shard->range,
            .milli = sight->milli,
            .day_milli =
                sight->today_milli > sight->before_milli ? sight->today_milli : sight->before_milli,
            .middle_key = rn_heat_middle(&rn_runtime_of(shard)->heat, &shard->range),
        };
    }
    capacity.needed = needed(watch->scaler, stream);
    capacity.most = (uint32_t)full(watch->scaler, RN_LIMIT_STREAM_SHARDS);
    capacity.quiet = quiet(watch, stream->open_count, capacity.needed);
    any = rn_capacity_step(&capacity, ret_reshard);
    free(loads);
    return any;
}

static void step(struct watch *watch, const struct rn_stream *stream)
{
    struct rn_reshard reshard;

    if (!next_step(watch, stream, &reshard)) {
        return;
    }
    watch->proposal = (struct rn_proposal){
        .type = RN_COMMAND_RESHARD,
        .as.change_shards = {.uid = stream->uid, .reshard = reshard, .automatic = true},
        .wait_for_task = true,
    };
    propose(watch);
}

static const struct rn_stream *scaled_stream(const struct watch *watch)
{
    const struct rn_stream *stream =
        rn_state_find_uid(rn_control_state(watch->scaler->options.control), watch->uid);

    return stream && stream->mode == RN_STREAM_ON_DEMAND && stream->status == RN_STREAM_ACTIVE
               ? stream
               : NULL;
}

/* On to the next step, as long as there is one and the last was made. */
static void proposal_done(struct rn_task *task)
{
    struct watch *watch = RN_OWNER(task, struct watch, proposal.done);
    const struct rn_stream *stream = scaled_stream(watch);

    watch->under_way = false;
    if (stream && watch->proposal.verdict == RN_VERDICT_OK) {
        step(watch, stream);
    }
}

static void follow_load(struct watch *watch, const struct rn_stream *stream, int64_t elapsed_us)
{
    uint64_t day = today(watch->scaler);
    uint32_t milli;

    if (!look(watch, stream)) {
        return;
    }
    milli = measure(watch, stream, elapsed_us);
    if (watch->under_way) {
        return;
    }
    if (!grew(stream, day, milli)) {
        step(watch, stream);
        return;
    }
    watch->proposal = (struct rn_proposal){
        .type = RN_COMMAND_OBSERVE_LOAD,
        .as.observe_load = {.uid = stream->uid, .day = day, .milli = milli},
    };
    propose(watch);
}

/* Warm throughput is not waited for: somebody has announced the load. */
static void warm_up(struct watch *watch, const struct rn_stream *stream)
{
    if (stream->open_count < stream->warm_mib && !watch->under_way) {
        step(watch, stream);
    }
}

static void forget_unseen(struct rn_scaler *scaler)
{
    RN_LIST_EACH (link, &scaler->list) {
        struct watch *watch = RN_OWNER(link, struct watch, link);

        if (!watch->seen && !watch->under_way) {
            watch_free(watch);
        } else {
            watch->seen = false;
        }
    }
}

static void each_stream(struct rn_scaler *scaler, bool due, int64_t elapsed_us)
{
    const struct rn_state *state = rn_control_state(scaler->options.control);

    for (const struct rn_stream *stream = rn_state_next(state, RN_STR("")); stream;
         stream = rn_state_next(state, rn_stream_name(stream))) {
        bool scaled = stream->mode == RN_STREAM_ON_DEMAND && stream->status == RN_STREAM_ACTIVE;
        struct watch *watch = scaled ? watch_of(scaler, stream->uid) : NULL;

        if (watch && due) {
            watch->seen = true;
            follow_load(watch, stream, elapsed_us);
        } else if (watch) {
            warm_up(watch, stream);
        }
    }
}

void rn_scaler_tick(struct rn_scaler *scaler)
{
    const struct rn_state *state = rn_control_state(scaler->options.control);
    struct rn_commitment commitment = rn_state_commitment(state);
    int64_t now_us = rn_clock_mono_us(scaler->options.clock);
    int64_t elapsed_us = now_us - scaler->measured_us;
    bool due = elapsed_us >= scaler->options.period_ms * 1000;
    bool warm = rn_commitment_holds(&commitment, rn_data_now_ms(scaler->options.data));

    if (rn_state_on_demand_count(state) > 0 && (due || warm)) {
        each_stream(scaler, due, elapsed_us);
    }
    if (due) {
        scaler->measured_us = now_us;
        forget_unseen(scaler);
    }
}
