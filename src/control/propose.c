/* propose.c - from a wish to the verdict of apply.
 *
 *   propose ──post──▶ start ──submit──▶ appended ─────────────┐ surely not stored, or the deadline:
 *   (any thread)        │                                     ├──▶ FAILED
 *                       └──────▶ settle (applied) ──▶ wait for its task ──▶ done
 *
 * Whether a command came to be is told by the lane alone: `appended` only knows when it surely did
 * not. So an append of unknown outcome needs no care of its own: its request number is found in the
 * lane before the deadline, or the answer is FAILED, which promises nothing. */
#include "control/core.h"

#include "base/bytes.h"

#include <assert.h>
#include <stdlib.h>

struct pending {
    struct rn_task task;
    struct rn_link link;    /* proposals, later waiting */
    struct rn_link at_task; /* of a task's waiters */
    struct rn_control *control;
    struct rn_proposal *proposal; /* NULL when answered */
    struct rn_submit submit;
    struct rn_run run;
    struct rn_record record;
    struct rn_buf bytes;
    char request[8]; /* key in by_request */
    int64_t deadline_us;
    bool wait_for_task, in_engine, in_map;
};

rn_err rn_proposals_init(struct rn_control *control)
{
    rn_list_init(&control->proposals);
    rn_list_init(&control->waiting);
    rn_random_fill(control->options.random, control->origin, sizeof(control->origin));
    control->by_request = rn_map_new();
    return control->by_request ? RN_OK : RN_NOMEM;
}

void rn_proposals_done(struct rn_control *control)
{
    rn_map_free(control->by_request);
    control->by_request = NULL;
}

static void pending_free(struct pending *pending)
{
    struct rn_control *control = pending->control;

    rn_buf_done(&pending->bytes);
    free(pending);
    atomic_fetch_sub(&control->proposal_count, 1);
    rn_control_let_go(control);
}

static void unlink_pending(struct pending *pending)
{
    if (rn_list_linked(&pending->link)) {
        rn_list_remove(&pending->link);
    }
    if (rn_list_linked(&pending->at_task)) {
        rn_list_remove(&pending->at_task);
    }
    if (pending->in_map) {
        rn_map_remove(pending->control->by_request,
                      rn_str_make(pending->request, sizeof(pending->request)));
        pending->in_map = false;
    }
}

/* Gives the answer that the proposal holds. Its memory is the proposer's from here on. */
static void answer(struct pending *pending)
{
    struct rn_proposal *proposal = pending->proposal;

    assert(proposal);
    unlink_pending(pending);
    pending->proposal = NULL;
    rn_mailbox_post(proposal->box, &proposal->done);
    if (!pending->in_engine) {
        pending_free(pending);
    }
}

static void fail(struct pending *pending)
{
    pending->proposal->verdict = RN_VERDICT_FAILED;
    answer(pending);
}

static void appended(struct rn_task *task)
{
    struct pending *pending = RN_OWNER(task, struct pending, submit.done);
    struct rn_control *control = pending->control;

    pending->in_engine = false;
    if (!pending->proposal) { /* answered already */
        pending_free(pending);
        return;
    }
    switch (pending->run.outcome) {
    case RN_OUTCOME_OK:
        rn_control_hold(control);
        rn_follow_pull(control); /* sooner than the notice of the lane */
        rn_control_let_go(control);
        return;
    case RN_OUTCOME_UNKNOWN:
    case RN_OUTCOME_OUT_OF_RANGE:
    case RN_OUTCOME_FAULT:
        if (control->phase == RN_PHASE_GENESIS) { /* nobody ticks yet: the next start will see */
            fail(pending);
        }
        return;
    case RN_OUTCOME_REJECTED:
    case RN_OUTCOME_UNAVAILABLE:
    case RN_OUTCOME_NO_LANE:
    case RN_OUTCOME_FULL:
        if (pending->in_map) { /* else the lane has told otherwise, and the lane is right */
            fail(pending);
        }
        return;
    }
}

static rn_err submit(struct pending *pending)
{
    struct rn_control *control = pending->control;

    pending->record = (struct rn_record){
        .key = RN_STR(""), .value = rn_buf_str(&pending->bytes), .kind = RN_RECORD_COMMAND};
    pending->run = (struct rn_run){.lane = control->lane, .records = &pending->record, .count = 1};
    pending->submit = (struct rn_submit){
        .runs = &pending->run,
        .count = 1,
        .deadline_us = pending->deadline_us,
        .box = control->options.box,
        .done.run = appended,
    };
    return rn_engine_submit(control->options.engine, &pending->submit);
}

static bool may_start(const struct pending *pending)
{
    const struct rn_control *control = pending->control;

    return !control->stopping &&
           (control->phase == RN_PHASE_LIVE || pending->proposal == &control->genesis);
}

static void start(struct rn_task *task)
{
    struct pending *pending = RN_OWNER(task, struct pending, task);
    struct rn_control *control = pending->control;

    pending->deadline_us = rn_control_now_us(control) + RN_APPEND_MS * 1000LL;
    if (!may_start(pending) ||
        rn_map_put(control->by_request, rn_str_make(pending->request, sizeof(pending->request)),
                   pending, NULL)) {
        fail(pending);
        return;
    }
    pending->in_map = true;
    rn_list_push(&control->proposals, &pending->link);
    pending->in_engine = true;
    if (submit(pending)) { /* full, or memory ended: nothing is queued */
        pending->in_engine = false;
        fail(pending);
    }
}

rn_err rn_proposals_add(struct rn_control *control, struct rn_command *command,
                        struct rn_proposal *proposal)
{
    struct pending *pending;
    rn_err err;

    if (atomic_load_explicit(&control->refusing, memory_order_acquire)) {
        return RN_CLOSED;
    }
    pending = calloc(1, sizeof(*pending));
    if (!pending) {
        return RN_NOMEM;
    }
    command->request = atomic_fetch_add_explicit(&control->requests, 1, memory_order_relaxed);
    memcpy(command->origin, control->origin, sizeof(command->origin));
    rn_put_be64(pending->request, command->request);
    rn_buf_init(&pending->bytes, RN_COMMAND_BYTES_MAX);
    err = rn_command_encode(command, &pending->bytes);
    if (!err && atomic_fetch_add(&control->proposal_count, 1) >= RN_PROPOSALS_MAX) {
        atomic_fetch_sub(&control->proposal_count, 1);
        err = RN_FULL;
    }
    if (err) {
        rn_buf_done(&pending->bytes);
        free(pending);
        return err;
    }
    pending->control = control;
    pending->proposal = proposal;
    pending->wait_for_task = proposal->wait_for_task;
    pending->task.run = start;
    proposal->control_private = pending;
    rn_control_hold(control);
    rn_mailbox_post(control->options.box, &pending->task);
    return RN_OK;
}

/* The proposal's tags, sorted, into the command's own room; both fields then name them there. */
static rn_err take_tags(struct rn_command *command, const struct rn_pair_text **tags, size_t *count)
{
    if (*count > RN_COMMAND_TAGS_MAX) {
        return RN_INVALID;
    }
    *count = rn_tags_sort(*tags, *count, command->tags);
    *tags = command->tags;
    return RN_OK;
}

rn_err rn_control_propose(struct rn_control *control, struct rn_proposal *proposal)
{
    struct rn_command command;
    rn_err err = RN_OK;

    command.type = proposal->type;
    switch (proposal->type) {
    case RN_COMMAND_CREATE_STREAM:
    case RN_COMMAND_CREATE_WARM_STREAM:
        command.as.create_stream = proposal->as.create_stream;
        err = take_tags(&command, &command.as.create_stream.tags,
                        &command.as.create_stream.tag_count);
        break;
    case RN_COMMAND_DELETE_STREAM:
    case RN_COMMAND_DELETE_UNUSED_STREAM:
        command.as.delete_stream = proposal->as.delete_stream;
        break;
    case RN_COMMAND_ADD_TAGS:
    case RN_COMMAND_REMOVE_TAGS:
    case RN_COMMAND_TAG_CONSUMER:
    case RN_COMMAND_UNTAG_CONSUMER:
        command.as.change_tags = proposal->as.change_tags;
        err = take_tags(&command, &command.as.change_tags.tags, &command.as.change_tags.tag_count);
        break;
    case RN_COMMAND_SET_RETENTION:
        command.as.set_retention = proposal->as.set_retention;
        break;
    case RN_COMMAND_SET_LIMITS:
        command.as.set_limits = proposal->as.set_limits;
        break;
    case RN_COMMAND_RESHARD:
        command.as.change_shards = proposal->as.change_shards;
        break;
    case RN_COMMAND_OBSERVE_LOAD:
        command.as.observe_load = proposal->as.observe_load;
        break;
    case RN_COMMAND_SET_POLICY:
        command.as.set_policy = proposal->as.set_policy;
        break;
    case RN_COMMAND_REGISTER_CONSUMER:
        command.as.register_consumer = proposal->as.register_consumer;
        err = take_tags(&command, &command.as.register_consumer.tags,
                        &command.as.register_consumer.tag_count);
        break;
    case RN_COMMAND_DEREGISTER_CONSUMER:
        command.as.consumer = proposal->as.consumer;
        break;
    case RN_COMMAND_SET_SETTING:
        command.as.set_setting = proposal->as.set_setting;
        break;
    case RN_COMMAND_SET_COMMITMENT:
        command.as.set_commitment = proposal->as.set_commitment;
        break;
    case RN_COMMAND_GENESIS:
    case RN_COMMAND_STREAM_READY:
    case RN_COMMAND_STREAM_GONE:
    case RN_COMMAND_LANES_READY:
    case RN_COMMAND_SHARDS_CUT:
    case RN_COMMAND_CONSUMER_READY:
    case RN_COMMAND_CONSUMER_GONE:
        return RN_INVALID; /* control's own */
    }
    return err ? err : rn_proposals_add(control, &command, proposal);
}

void rn_proposals_settle(struct rn_control *control, const struct rn_command *command,
                         const struct rn_change *change)
{
    char request[8];
    struct pending *pending;
    struct rn_link *waiters = NULL;

    if (memcmp(command->origin, control->origin, sizeof(control->origin)) != 0) {
        return;
    }
    rn_put_be64(request, command->request);
    pending = rn_map_get(control->by_request, rn_str_make(request, sizeof(request)));
    if (!pending) {
        return; /* its deadline passed */
    }
    pending->proposal->verdict = change->verdict;
    memcpy(pending->proposal->numbers, change->numbers, sizeof(change->numbers));
    pending->proposal->uid = change->uid;
    pending->proposal->time_ms = change->time_ms;
    if (pending->wait_for_task && change->verdict == RN_VERDICT_OK &&
        control->options.transition_delay_ms == 0) {
        waiters = change->consumer_uid ? rn_passages_waiters(control, change->consumer_uid)
                                       : rn_jobs_waiters(control, change->uid);
    }
    if (!waiters) {
        answer(pending);
        return;
    }
    unlink_pending(pending);
    pending->deadline_us = rn_control_now_us(control) + RN_TASK_WAIT_MS * 1000LL;
    rn_list_push(&control->waiting, &pending->link);
    rn_list_push(waiters, &pending->at_task);
}

void rn_proposals_release(struct rn_link *waiters)
{
    while (!rn_list_empty(waiters)) {
        answer(RN_OWNER(waiters->next, struct pending, at_task));
    }
}

static struct pending *oldest(const struct rn_link *list)
{
    return rn_list_empty(list) ? NULL : RN_OWNER(list->next, struct pending, link);
}

void rn_proposals_expire(struct rn_control *control, int64_t now_us)
{
    struct pending *pending;

    while ((pending = oldest(&control->proposals)) && pending->deadline_us <= now_us) {
        fail(pending);
    }
    while ((pending = oldest(&control->waiting)) && pending->deadline_us <= now_us) {
        answer(pending); /* the command stands; only its task takes long */
    }
}

void rn_proposals_fail_all(struct rn_control *control)
{
    struct pending *pending;

    while ((pending = oldest(&control->proposals))) {
        fail(pending);
    }
    while ((pending = oldest(&control->waiting))) {
        answer(pending);
    }
}
