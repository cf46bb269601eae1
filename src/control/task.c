/* task.c - what a stream in transition still needs from the engine, and the command that reports it.
 *
 *   CREATING            [delay] topic_create ──▶ propose STREAM_READY
 *   UPDATING, settles   [delay] ──▶ propose STREAM_READY
 *   UPDATING            [delay] topic_grow ──▶ propose LANES_READY
 *   UPDATING, closing   the parents' lanes are cut (closing.c) ──▶ propose SHARDS_CUT
 *   DELETING            [delay] topic_delete ──▶ propose STREAM_GONE
 *
 * A job is made from the state, never stored: after a restart it is made again, and every step may be
 * repeated. A step that fails is tried again after a pause that grows. While a call is under way the
 * job waits for it, whatever becomes of the stream meanwhile, so a topic is never created and
 * deleted at once. */
#include "control/core.h"

#include "base/bytes.h"

#include <assert.h>
#include <stdlib.h>

enum { PAUSE_FIRST_MS = 100, PAUSE_MAX_MS = 5000, MS_PER_HOUR = 3600 * 1000 };

enum stage { STAGE_NONE, STAGE_CREATE, STAGE_SETTLE, STAGE_GROW, STAGE_CLOSE, STAGE_DELETE };

struct job {
    struct rn_control *control;
    struct rn_link link;
    struct rn_link waiters; /* proposals that are answered when the job is done */
    char key[8];
    uint64_t uid;
    enum stage stage; /* of the stream, which the steps below are for */
    bool engine_did;  /* the first step is done */
    bool under_way;   /* an engine call or a proposal */
    int64_t not_before_us;
    int64_t pause_ms; /* after the last failure */
    struct rn_topic_call call;
    struct rn_proposal proposal;
    struct rn_closing *closing; /* STAGE_CLOSE */
};

static enum stage stage_of(const struct rn_stream *stream)
{
    switch (stream->status) {
    case RN_STREAM_CREATING:
        return STAGE_CREATE;
    case RN_STREAM_ACTIVE:
        break;
    case RN_STREAM_UPDATING:
        if (rn_stream_settles(stream)) {
            return STAGE_SETTLE;
        }
        return stream->closing ? STAGE_CLOSE : STAGE_GROW;
    case RN_STREAM_DELETING:
        return STAGE_DELETE;
    }
    return STAGE_NONE;
}

static void job_step(struct job *job);

rn_err rn_jobs_init(struct rn_control *control)
{
    rn_list_init(&control->job_list);
    control->jobs = rn_map_new();
    return control->jobs ? RN_OK : RN_NOMEM;
}

static rn_str key_of(const struct job *job)
{
    return rn_str_make(job->key, sizeof(job->key));
}

static struct job *find(const struct rn_control *control, uint64_t uid)
{
    char key[8];

    rn_put_be64(key, uid);
    return rn_map_get(control->jobs, rn_str_make(key, sizeof(key)));
}

/* No call is under way. */
static void job_free(struct job *job)
{
    assert(!job->under_way && rn_list_empty(&job->waiters));
    if (rn_list_linked(&job->link)) {
        rn_list_remove(&job->link);
        rn_map_remove(job->control->jobs, key_of(job));
    }
    rn_closing_free(job->closing);
    free(job);
}

void rn_jobs_done(struct rn_control *control)
{
    if (!control->jobs) {
        return;
    }
    RN_LIST_EACH (link, &control->job_list) {
        struct job *job = RN_OWNER(link, struct job, link);

        rn_proposals_release(&job->waiters);
        rn_list_remove(&job->link); /* one under way frees itself when it comes back */
        if (!job->under_way) {
            rn_closing_free(job->closing);
            free(job);
        }
    }
    rn_map_free(control->jobs);
    control->jobs = NULL;
}

rn_err rn_jobs_prepare(struct rn_control *control, const struct rn_stream *stream)
{
    struct job *job;

    if (stage_of(stream) == STAGE_NONE || find(control, stream->uid)) {
        return RN_OK;
    }
    job = calloc(1, sizeof(*job));
    if (!job) {
        return RN_NOMEM;
    }
    job->control = control;
    job->uid = stream->uid;
    job->stage = STAGE_NONE; /* no steps yet: rn_jobs_changed sets them */
    rn_put_be64(job->key, stream->uid);
    rn_list_init(&job->waiters);
    if (rn_map_put(control->jobs, key_of(job), job, NULL)) {
        free(job);
        return RN_NOMEM;
    }
    rn_list_push(&control->job_list, &job->link);
    return RN_OK;
}

struct rn_link *rn_jobs_waiters(const struct rn_control *control, uint64_t uid)
{
    struct job *job = find(control, uid);

    return job ? &job->waiters : NULL;
}

/* The job is back in this mailbox; whether it may go on. If not, job and hold are gone. */
static bool came_back(struct job *job)
{
    struct rn_control *control = job->control;

    job->under_way = false;
    if (!control->stopping) {
        return true;
    }
    rn_proposals_release(&job->waiters);
    job_free(job);
    rn_control_let_go(control);
    return false;
}

static void pause_after_failure(struct job *job)
{
    job->pause_ms = job->pause_ms == 0 ? PAUSE_FIRST_MS : job->pause_ms * 2;
    if (job->pause_ms > PAUSE_MAX_MS) {
        job->pause_ms = PAUSE_MAX_MS;
    }
    job->not_before_us = rn_control_now_us(job->control) + job->pause_ms * 1000;
}

/* The last thing that a completion of the engine does. */
static void engine_step_done(struct job *job, bool did)
{
    struct rn_control *control = job->control;

    if (!came_back(job)) {
        return;
    }
    if (did) {
        job->engine_did = true;
        job->pause_ms = 0;
    } else {
        pause_after_failure(job);
    }
    job_step(job);
    rn_control_let_go(control);
}

static void topic_done(struct rn_task *task)
{
    struct job *job = RN_OWNER(task, struct job, call.done);

    engine_step_done(job,
                     job->call.outcome == RN_OUTCOME_OK ||
                         (job->stage == STAGE_DELETE && job->call.outcome == RN_OUTCOME_NO_LANE));
}

static void lanes_cut(void *arg, bool all)
{
    engine_step_done(arg, all);
}

static void proposal_done(struct rn_task *task)
{
    struct job *job = RN_OWNER(task, struct job, proposal.done);
    struct rn_control *control = job->control;
    bool failed = job->proposal.verdict == RN_VERDICT_FAILED;

    if (!came_back(job)) {
        return;
    }
    if (failed) {
        pause_after_failure(job);
    }
    job_step(job);
    rn_control_let_go(control);
}

static void call_topic(struct job *job, const struct rn_version *version)
{
    struct rn_engine *engine = job->control->options.engine;

    job->call = (struct rn_topic_call){
        .topic = job->uid,
        .lanes = version->stream.lanes,
        .retention_ms = (int64_t)version->stream.retention_hours * MS_PER_HOUR,
        .box = job->control->options.box,
        .done.run = topic_done,
    };
    if (job->stage == STAGE_CREATE) {
        rn_engine_topic_create(engine, &job->call);
    } else if (job->stage == STAGE_GROW) {
        rn_engine_topic_grow(engine, &job->call);
    } else {
        rn_engine_topic_delete(engine, &job->call);
    }
}

static void call_engine(struct job *job, const struct rn_version *version)
{
    struct rn_control *control = job->control;

    job->under_way = true;
    rn_control_hold(control);
    if (job->stage != STAGE_CLOSE) {
        call_topic(job, version);
        return;
    }
    if (!job->closing) {
        job->closing = rn_closing_new(control, version, lanes_cut, job);
    }
    if (!job->closing || rn_closing_cut(job->closing)) {
        job->under_way = false;
        pause_after_failure(job);
        rn_control_let_go(control); /* not the last: the caller holds too */
    }
}

static enum rn_command_type report_of(enum stage stage)
{
    switch (stage) {
    case STAGE_CREATE:
    case STAGE_SETTLE:
        return RN_COMMAND_STREAM_READY;
    case STAGE_GROW:
        return RN_COMMAND_LANES_READY;
    case STAGE_CLOSE:
        return RN_COMMAND_SHARDS_CUT;
    case STAGE_DELETE:
        return RN_COMMAND_STREAM_GONE;
    case STAGE_NONE:
        break;
    }
    assert(false && "a job that reports is at some stage");
    return RN_COMMAND_STREAM_READY;
}

static void report(struct job *job, const struct rn_stream *stream)
{
    struct rn_command command;

    command.type = report_of(job->stage);
    if (job->stage == STAGE_GROW || job->stage == STAGE_CLOSE) {
        command.as.reshard_step = (struct rn_reshard_step){
            .uid = job->uid,
            .reshard_id = stream->reshard_id,
            .ends = job->stage == STAGE_CLOSE ? rn_closing_ends(job->closing) : RN_STR(""),
        };
    } else {
        command.as.uid = job->uid;
    }
    job->proposal = (struct rn_proposal){
        .type = command.type, .box = job->control->options.box, .done.run = proposal_done};
    job->under_way = true;
    rn_control_hold(job->control);
    if (rn_proposals_add(job->control, &command, &job->proposal)) {
        struct rn_control *control = job->control;

        job->under_way = false;
        pause_after_failure(job);
        rn_control_let_go(control); /* not the last: the caller holds too */
    }
}

/* A reshard goes through two stages, and the time it was to take is over with the first. */
static bool goes_on(enum stage from, enum stage to)
{
    return from == STAGE_GROW && to == STAGE_CLOSE;
}

/* What the stream wants now; its answer may have changed while a call was under way. */
static void job_turn(struct job *job, enum stage stage)
{
    int64_t delay_ms = stage == STAGE_CLOSE ? 0 : job->control->options.transition_delay_ms;

    if (job->stage == stage) {
        return;
    }
    rn_closing_free(job->closing);
    job->closing = NULL;
    job->stage = stage;
    job->engine_did = stage == STAGE_SETTLE; /* the engine has no part in it */
    job->pause_ms = 0;
    job->not_before_us = rn_control_now_us(job->control) + delay_ms * 1000;
}

/* As far as it goes without waiting. May free the job. */
static void job_step(struct job *job)
{
    struct rn_control *control = job->control;
    struct rn_slot *slot = rn_state_slot_uid(control->state, job->uid);
    enum stage stage = slot ? stage_of(&rn_slot_version(slot)->stream) : STAGE_NONE;

    if (job->closing) {
        rn_closing_tick(job->closing);
    }
    if (job->under_way || control->phase != RN_PHASE_LIVE) {
        return;
    }
    if (stage == STAGE_NONE) {
        rn_proposals_release(&job->waiters);
        job_free(job);
        return;
    }
    job_turn(job, stage);
    if (rn_control_now_us(control) < job->not_before_us) {
        return;
    }
    if (!job->engine_did) {
        call_engine(job, rn_slot_version(slot));
    } else {
        report(job, &rn_slot_version(slot)->stream);
    }
}

void rn_jobs_changed(struct rn_control *control, uint64_t uid)
{
    struct job *job = find(control, uid);
    struct rn_slot *slot = rn_state_slot_uid(control->state, uid);
    enum stage stage = slot ? stage_of(&rn_slot_version(slot)->stream) : STAGE_NONE;

    if (!job) {
        return;
    }
    if (stage != job->stage && job->closing) {
        rn_closing_settle(job->closing, slot ? &rn_slot_version(slot)->stream : NULL);
    }
    if (stage != job->stage && !goes_on(job->stage, stage)) {
        rn_proposals_release(
            &job->waiters); /* what they waited for came; a job under way stays a little */
    }
    job_step(job);
}

rn_err rn_jobs_resume(struct rn_control *control)
{
    for (struct rn_slot *slot = rn_slots_from_uid(&control->state->slots, 0); slot;
         slot = rn_slot_next(slot, RN_SLOT_BY_UID)) {
        rn_err err = rn_jobs_prepare(control, &rn_slot_version(slot)->stream);

        if (err) {
            return err;
        }
    }
    return RN_OK;
}

void rn_jobs_give_up(struct rn_control *control)
{
    RN_LIST_EACH (link, &control->job_list) {
        struct job *job = RN_OWNER(link, struct job, link);

        if (job->closing) {
            rn_closing_settle(job->closing, NULL);
        }
    }
}

void rn_jobs_tick(struct rn_control *control)
{
    RN_LIST_EACH (link, &control->job_list) {
        job_step(RN_OWNER(link, struct job, link));
    }
}
