/* control.c - the life of control: start, tick, end.
 *
 * START  A snapshot is loaded and the lane replayed from its offset, up to where the lane ends now. An
 *        empty lane gets GENESIS first. Then the engine, which keeps no catalogue, is told of every topic
 *        and that it knows them all; the shards get their cells; tasks that were cut short go on; and the
 *        state is complete.
 * REFUSE to start: a lane that begins behind the snapshot or ends before it (commands are missing), one
 *        written by a newer version, another region or account than before, a clock an hour behind the
 *        newest command (it would hand out sequence numbers and expiries of the past). */
#include "control/control.h"

#include "control/core.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { SNAPSHOT_PAUSE_MS = 60 * 1000, MS_PER_HOUR = 3600 * 1000 };

void rn_control_options_default(struct rn_control_options *options)
{
    *options = (struct rn_control_options){
        .snapshot_every_commands = 20000,
        .snapshot_every_bytes = 64 * 1024 * 1024,
    };
}

void rn_control_hold(struct rn_control *control)
{
    atomic_fetch_add(&control->under_way, 1);
}

/* Everything that only the struct needs; closed, and nothing is under way. */
static void free_control(struct rn_control *control)
{
    assert(atomic_load(&control->under_way) == 0);
    free(control);
}

void rn_control_let_go(struct rn_control *control)
{
    void (*stopped)(void *arg) = control->stopped;

    if (atomic_fetch_sub(&control->under_way, 1) > 1) {
        return;
    }
    if (control->closed) {
        free_control(control);
    } else if (stopped) {
        control->stopped = NULL;
        stopped(control->stopped_arg);
    }
}

void rn_control_warn(const struct rn_control *control, const struct rn_reason *reason)
{
    if (control->options.warn) {
        control->options.warn(control->options.warn_arg, reason);
    }
}

static void snapshot_warned(void *arg, const struct rn_reason *reason)
{
    rn_control_warn(arg, reason);
}

/* ---- start ------------------------------------------------------------------------------------ */

static void tell_started(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, started_task);

    if (!control->stopping) {
        control->started(control->started_arg, control->start_err, &control->reason);
    }
    rn_control_let_go(control);
}

static void post_started(struct rn_control *control, rn_err err)
{
    control->start_err = err;
    control->started_task.run = tell_started;
    rn_control_hold(control);
    rn_mailbox_post(control->options.box, &control->started_task);
}

void rn_control_fail(struct rn_control *control, rn_err err, const struct rn_reason *reason)
{
    enum rn_phase phase = control->phase;

    assert(err);
    if (phase == RN_PHASE_FAILED) {
        return;
    }
    control->phase = RN_PHASE_FAILED;
    control->reason = *reason;
    if (!control->reason.text[0]) {
        rn_reason_set(&control->reason, err, "control: %s", rn_err_text(err));
    }
    atomic_store(&control->health, (int)err);
    if (phase == RN_PHASE_LIVE) {
        rn_proposals_fail_all(control);
        rn_jobs_give_up(control);
        rn_control_warn(control, &control->reason);
    } else {
        post_started(control, err);
    }
}

static void fail_on_outcome(struct rn_control *control, const char *what, enum rn_outcome outcome)
{
    struct rn_reason reason;
    rn_err err = outcome == RN_OUTCOME_FULL    ? RN_FULL
                 : outcome == RN_OUTCOME_FAULT ? RN_CORRUPT
                                               : RN_IO;

    rn_reason_set(&reason, err, "%s: %s", what, rn_outcome_text(outcome));
    rn_control_fail(control, err, &reason);
}

static void named(struct rn_control *control)
{
    struct rn_reason reason;
    rn_err err = RN_OK;

    for (struct rn_slot *slot = rn_slots_from_uid(&control->state->slots, 0); slot && !err;
         slot = rn_slot_next(slot, RN_SLOT_BY_UID)) {
        err = rn_version_attach(rn_slot_version(slot), &control->cells); /* nobody reads yet */
    }
    if (!err) {
        err = rn_jobs_resume(control);
    }
    if (!err) {
        err = rn_passages_resume(control);
    }
    if (err) {
        rn_reason_set(&reason, err, "%s",
                      err == RN_NOT_FOUND ? "the engine lacks a lane that it was told of"
                                          : "no memory for all streams");
        rn_control_fail(control, err, &reason);
        return;
    }
    rn_engine_ready(control->options.engine);
    control->phase = RN_PHASE_LIVE;
    post_started(control, RN_OK);
    rn_jobs_tick(control);
    rn_passages_tick(control);
    rn_follow_pull(control);
}

static void name_more(struct rn_control *control);

static void topic_named(struct rn_task *task)
{
    struct rn_naming *naming = RN_OWNER(task, struct rn_naming, call.done);
    struct rn_control *control = naming->control;

    naming->under_way = false;
    if (!control->stopping && control->phase == RN_PHASE_NAMING) {
        if (naming->call.outcome == RN_OUTCOME_OK) {
            name_more(control);
        } else {
            fail_on_outcome(control, "the engine cannot open the lanes of a stream",
                            naming->call.outcome);
        }
    }
    rn_control_let_go(control);
}

static void name_topic(struct rn_naming *naming, const struct rn_version *version)
{
    struct rn_control *control = naming->control;

    naming->call = (struct rn_topic_call){
        .topic = version->stream.uid,
        .lanes = version->stream.lanes,
        .retention_ms = (int64_t)version->stream.retention_hours * MS_PER_HOUR,
        .box = control->options.box,
        .done.run = topic_named,
    };
    naming->under_way = true;
    rn_control_hold(control);
    rn_engine_topic_create(control->options.engine, &naming->call);
}

/* Every topic that the state knows, also of streams in transition: their tasks begin from there. */
static void name_more(struct rn_control *control)
{
    bool any_under_way = false;

    for (int i = 0; i < RN_NAMING_AT_ONCE; i++) {
        struct rn_naming *naming = &control->naming[i];
        struct rn_slot *slot = rn_slots_from_uid(&control->state->slots, control->named + 1);

        if (!naming->under_way && slot) {
            control->named = slot->uid;
            naming->control = control;
            name_topic(naming, rn_slot_version(slot));
        }
        any_under_way = any_under_way || naming->under_way;
    }
    if (!any_under_way) {
        named(control);
    }
}

static rn_err check_clock(const struct rn_control *control, struct rn_reason *reason)
{
    int64_t behind_ms = control->state->time_ms - rn_clock_wall_ms(control->options.clock);

    if (behind_ms <= RN_CLOCK_BACK_MAX_MS || control->options.allow_clock_back) {
        return RN_OK;
    }
    return rn_reason_set(reason, RN_INVALID,
                         "the clock is %" PRId64
                         " minutes behind the newest command in the control log; set it right "
                         "(or allow the clock to go back, if the log's time was the wrong one)",
                         behind_ms / 60000);
}

static rn_err check_identity(const struct rn_control *control, struct rn_reason *reason)
{
    const struct rn_state *state = control->state;

    if (!rn_str_eq(rn_state_region(state), rn_str_c(control->region))) {
        return rn_reason_set(reason, RN_INVALID,
                             "the data was made for region %s, not %s; a region is fixed for ever",
                             state->region, control->region);
    }
    if (!rn_str_eq(rn_state_account(state), rn_str_c(control->account))) {
        return rn_reason_set(
            reason, RN_INVALID,
            "the data was made for account %s, not %s; an account is fixed for ever",
            state->account, control->account);
    }
    return check_clock(control, reason);
}

static void begin_naming(struct rn_control *control)
{
    struct rn_reason reason = {.text = ""};
    rn_err err = check_identity(control, &reason);

    if (err) {
        rn_control_fail(control, err, &reason);
        return;
    }
    control->phase = RN_PHASE_NAMING;
    name_more(control);
}

static void genesis_done(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, genesis.done);
    struct rn_reason reason = {.text = "the first command of the control log cannot be written"};

    if (!control->stopping && control->phase == RN_PHASE_GENESIS) {
        if (control->genesis.verdict == RN_VERDICT_FAILED) {
            rn_control_fail(control, RN_IO, &reason);
        } else {
            begin_naming(control); /* EXISTS: somebody else began at the same time; theirs counts */
        }
    }
    rn_control_let_go(control);
}

static void begin_genesis(struct rn_control *control)
{
    struct rn_reason reason = {.text = "no memory for the first command"};
    struct rn_command command = {.type = RN_COMMAND_GENESIS};
    struct rn_genesis *genesis = &command.as.genesis;
    rn_err err;

    rn_random_fill(control->options.random, genesis->cluster_id, sizeof(genesis->cluster_id));
    rn_random_fill(control->options.random, genesis->secret, sizeof(genesis->secret));
    genesis->level = RN_CONTROL_LEVEL;
    genesis->region = rn_str_c(control->region);
    genesis->account = rn_str_c(control->account);
    control->phase = RN_PHASE_GENESIS;
    control->genesis = (struct rn_proposal){
        .type = RN_COMMAND_GENESIS, .box = control->options.box, .done.run = genesis_done};
    rn_control_hold(control);
    err = rn_proposals_add(control, &command, &control->genesis);
    rn_wipe(&command, sizeof(command));
    if (err) {
        rn_control_fail(control, err, &reason);
        rn_control_let_go(control); /* not the last: the caller holds too */
    }
}

void rn_control_replayed(struct rn_control *control)
{
    assert(control->phase == RN_PHASE_REPLAY);
    if (control->state->level == 0) {
        begin_genesis(control);
    } else {
        begin_naming(control);
    }
}

/* Does the lane hold every command that the snapshot does not? */
static rn_err check_bounds(const struct rn_control *control, struct rn_reason *reason)
{
    const struct rn_bounds *bounds = &control->bounds.bounds;
    uint64_t covered = control->state->next;

    if (bounds->first > covered) {
        return rn_reason_set(
            reason, RN_CORRUPT,
            covered == 0
                ? "no good snapshot covers the control log, which begins at command %" PRIu64
                : "the control log begins at command %" PRIu64 ", the newest good snapshot ends at "
                  "%" PRIu64 ": commands are missing",
            bounds->first, covered);
    }
    if (bounds->end < covered) {
        return rn_reason_set(reason, RN_CORRUPT,
                             "the control log ends at command %" PRIu64
                             ", but a snapshot covers it up to %" PRIu64 ": commands are missing",
                             bounds->end, covered);
    }
    return RN_OK;
}

static void bounds_known(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, bounds.done);
    struct rn_reason reason = {.text = ""};
    rn_err err;

    if (control->stopping) {
        rn_control_let_go(control);
        return;
    }
    if (control->bounds.outcome != RN_OUTCOME_OK) {
        fail_on_outcome(control, "the ends of the control log are not known",
                        control->bounds.outcome);
    } else if ((err = check_bounds(control, &reason))) {
        rn_control_fail(control, err, &reason);
    } else {
        control->phase = RN_PHASE_REPLAY;
        control->position = control->state->next;
        control->replay_end = control->bounds.bounds.end;
        if (control->position == control->replay_end) {
            rn_control_replayed(control);
        } else {
            rn_follow_pull(control);
        }
    }
    rn_control_let_go(control);
}

static void moved(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, follow.moved);

    rn_control_hold(control);
    rn_follow_pull(control);
    rn_control_let_go(control);
}

static rn_err open_lane(struct rn_control *control)
{
    struct rn_engine *engine = control->options.engine;

    control->lane = rn_engine_lane_ref(engine, RN_TOPIC_CONTROL, 0);
    if (!control->lane) {
        return RN_NOMEM;
    }
    control->follow =
        (struct rn_follow){.lane = control->lane, .box = control->options.box, .moved.run = moved};
    if (rn_engine_follow(engine, &control->follow)) {
        return RN_NOMEM;
    }
    control->following = true;
    control->bounds = (struct rn_bounds_query){
        .lane = control->lane, .box = control->options.box, .done.run = bounds_known};
    rn_control_hold(control);
    rn_engine_bounds(engine, &control->bounds);
    return RN_OK;
}

static void control_topic_made(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, control_topic.done);
    struct rn_reason reason = {.text = "no memory to open the control log"};

    if (control->stopping) {
        rn_control_let_go(control);
        return;
    }
    if (control->control_topic.outcome != RN_OUTCOME_OK) {
        fail_on_outcome(control, "the engine cannot open the control log",
                        control->control_topic.outcome);
    } else if (open_lane(control)) {
        rn_control_fail(control, RN_NOMEM, &reason);
    }
    rn_control_let_go(control);
}

static void begin(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, begin_task);
    struct rn_reason reason = {.text = ""};
    rn_err err;

    if (control->stopping) {
        rn_control_let_go(control);
        return;
    }
    err = rn_snapshots_load(&control->snapshots, control->state, &reason);
    if (err) {
        rn_control_fail(control, err, &reason);
    } else {
        control->control_topic = (struct rn_topic_call){
            .topic = RN_TOPIC_CONTROL,
            .lanes = 1,
            .retention_ms = INT64_MAX, /* cut by us, behind snapshots */
            .box = control->options.box,
            .done.run = control_topic_made,
        };
        rn_control_hold(control);
        rn_engine_topic_create(control->options.engine, &control->control_topic);
    }
    rn_control_let_go(control);
}

static void keep_text(char *to, size_t size, rn_str *text)
{
    assert(text->len < size);
    memcpy(to, text->data, text->len);
    to[text->len] = '\0';
    text->data = to;
}

static struct rn_control *control_new(const struct rn_control_options *options)
{
    struct rn_control *control = calloc(1, sizeof(*control));

    if (!control) {
        return NULL;
    }
    control->options = *options;
    keep_text(control->region, sizeof(control->region), &control->options.region);
    keep_text(control->account, sizeof(control->account), &control->options.account);
    control->cells = (struct rn_cell_hooks){
        .engine = options->engine,
        .runtime_new = options->runtime_new,
        .runtime_free = options->runtime_free,
        .runtime_arg = options->runtime_arg,
    };
    control->snapshots =
        (struct rn_snapshots){.disk = options->disk, .warn = snapshot_warned, .arg = control};
    rn_tellings_init(control);
    rn_passages_init(control);
    control->state = rn_state_new(options->epoch);
    if (!control->state || rn_proposals_init(control) || rn_jobs_init(control)) {
        rn_map_free(control->by_request);
        rn_state_free(control->state);
        free(control);
        return NULL;
    }
    return control;
}

rn_err rn_control_open(const struct rn_control_options *options,
                       void (*started)(void *arg, rn_err err, const struct rn_reason *reason),
                       void *arg, struct rn_control **ret_control)
{
    struct rn_control *control;

    assert(options->engine && options->disk && options->clock && options->random &&
           options->epoch && options->box);
    assert(options->runtime_new && options->runtime_free);
    if (!rn_region_valid(options->region) || !rn_account_valid(options->account)) {
        return RN_INVALID;
    }
    control = control_new(options);
    if (!control) {
        return RN_NOMEM;
    }
    control->started = started;
    control->started_arg = arg;
    control->begin_task.run = begin;
    rn_control_hold(control);
    *ret_control = control;
    rn_mailbox_post(options->box, &control->begin_task);
    return RN_OK;
}

/* ---- tick ------------------------------------------------------------------------------------- */

/* The lane is cut behind the older snapshot, so that either can be the start of a replay. */
static rn_err write_snapshot(struct rn_control *control, struct rn_reason *reason)
{
    rn_err err = rn_snapshots_write(&control->snapshots, control->state, reason);

    if (err) {
        return err;
    }
    control->commands_since = control->bytes_since = 0;
    if (control->snapshots.have_older && control->lane) {
        rn_engine_trim(control->options.engine, control->lane, control->snapshots.older);
    }
    return RN_OK;
}

static void maybe_snapshot(struct rn_control *control, int64_t now_us)
{
    struct rn_reason reason = {.text = ""};
    bool due = control->commands_since >= control->options.snapshot_every_commands ||
               control->bytes_since >= control->options.snapshot_every_bytes;

    if (!due || control->commands_since == 0 || now_us < control->snapshot_not_before_us) {
        return;
    }
    if (write_snapshot(control, &reason)) {
        control->snapshot_not_before_us = now_us + SNAPSHOT_PAUSE_MS * 1000LL;
        rn_control_warn(control, &reason);
    }
}

void rn_control_tick(struct rn_control *control)
{
    int64_t now_us = rn_control_now_us(control);

    rn_control_hold(control);
    rn_epoch_collect(control->options.epoch);
    if (control->phase == RN_PHASE_LIVE && !control->stopping) {
        rn_follow_pull(control);
        rn_proposals_expire(control, now_us);
        rn_jobs_tick(control);
        rn_passages_tick(control);
        rn_tellings_tick(control);
        maybe_snapshot(control, now_us);
    }
    rn_control_let_go(control);
}

/* ---- end -------------------------------------------------------------------------------------- */

/* Nothing new from here on. */
static void quit(struct rn_control *control)
{
    atomic_store_explicit(&control->refusing, true, memory_order_release);
    control->stopping = true;
    if (control->following) {
        rn_engine_unfollow(control->options.engine, &control->follow);
        control->following = false;
    }
    rn_proposals_fail_all(control);
}

void rn_control_stop(struct rn_control *control, void (*stopped)(void *arg), void *arg)
{
    rn_control_hold(control);
    quit(control);
    control->stopped_arg = arg;
    control->stopped = stopped;
    rn_control_let_go(control);
}

void rn_control_close(struct rn_control *control)
{
    struct rn_reason reason = {.text = ""};

    if (!control) {
        return;
    }
    rn_control_hold(control);
    control->stopped = NULL;
    quit(control);
    if (control->phase == RN_PHASE_LIVE && control->commands_since > 0 &&
        write_snapshot(control, &reason)) {
        rn_control_warn(control, &reason);
    }
    rn_jobs_done(control);
    rn_passages_done(control);
    rn_tellings_done(control);
    rn_proposals_done(control);
    rn_epoch_collect(control->options.epoch);
    rn_state_free(control->state);
    control->state = NULL;
    if (control->lane) {
        rn_engine_lane_unref(control->options.engine, control->lane);
        control->lane = NULL;
    }
    control->closed = true;
    rn_control_let_go(control);
}

/* ---- what others ask ----------------------------------------------------------------------------- */

const struct rn_state *rn_control_state(const struct rn_control *control)
{
    return control->state;
}

rn_err rn_control_health(const struct rn_control *control)
{
    return (rn_err)atomic_load(&control->health);
}

void rn_control_derive_key(const struct rn_control *control, rn_str purpose, uint8_t *ret_key32)
{
    rn_hkdf_sha256(rn_str_make(control->state->secret, sizeof(control->state->secret)), purpose,
                   ret_key32, RN_AES_KEY_BYTES);
}
