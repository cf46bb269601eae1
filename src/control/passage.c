/* passage.c - consumers on their way out of CREATING or DELETING, and the command that ends it.
 *
 *   CREATING   [delay] ──▶ propose CONSUMER_READY
 *   DELETING   [delay] ──▶ propose CONSUMER_GONE
 *
 * Like a job of task.c a passage is made from the state, never stored, and made again after a restart; it
 * needs nothing from the engine. It ends when the consumer has passed, or its stream is in DELETING:
 * then the consumer goes with the stream. */
#include "control/core.h"

#include <assert.h>
#include <stdlib.h>

enum { RETRY_MS = 500 };

struct rn_passage {
    struct rn_control *control;
    struct rn_link link;
    struct rn_link waiters; /* proposals that are answered when the consumer has passed */
    uint64_t stream_uid, uid;
    enum rn_consumer_status out_of; /* ACTIVE: not known yet */
    bool under_way;                 /* the proposal */
    int64_t not_before_us;
    struct rn_proposal proposal;
};

void rn_passages_init(struct rn_control *control)
{
    rn_list_init(&control->passages);
}

/* Nothing is under way. */
static void passage_free(struct rn_passage *passage)
{
    assert(!passage->under_way);
    rn_proposals_release(&passage->waiters);
    if (rn_list_linked(&passage->link)) {
        rn_list_remove(&passage->link);
    }
    free(passage);
}

void rn_passages_done(struct rn_control *control)
{
    RN_LIST_EACH (link, &control->passages) {
        struct rn_passage *passage = RN_OWNER(link, struct rn_passage, link);

        rn_proposals_release(&passage->waiters);
        rn_list_remove(link);
        if (!passage->under_way) { /* else it frees itself when it comes back */
            free(passage);
        }
    }
    free(control->passage_spare);
    control->passage_spare = NULL;
}

rn_err rn_passages_prepare(struct rn_control *control)
{
    if (!control->passage_spare) {
        control->passage_spare = calloc(1, sizeof(*control->passage_spare));
    }
    return control->passage_spare ? RN_OK : RN_NOMEM;
}

static struct rn_passage *find(const struct rn_control *control, uint64_t uid)
{
    RN_LIST_EACH (link, &control->passages) {
        struct rn_passage *passage = RN_OWNER(link, struct rn_passage, link);

        if (passage->uid == uid) {
            return passage;
        }
    }
    return NULL;
}

struct rn_link *rn_passages_waiters(const struct rn_control *control, uint64_t uid)
{
    struct rn_passage *passage = find(control, uid);

    return passage ? &passage->waiters : NULL;
}

/* What the consumer is to leave; ACTIVE: nothing. */
static enum rn_consumer_status to_leave(const struct rn_control *control, uint64_t stream_uid,
                                        uint64_t uid)
{
    struct rn_slot *slot = rn_state_slot_uid(control->state, stream_uid);
    const struct rn_stream *stream = slot ? &rn_slot_version(slot)->stream : NULL;
    const struct rn_consumer *consumer = stream ? rn_stream_consumer_uid(stream, uid) : NULL;

    return consumer && stream->status != RN_STREAM_DELETING ? consumer->status : RN_CONSUMER_ACTIVE;
}

static void step(struct rn_passage *passage);

static void reported(struct rn_task *task)
{
    struct rn_passage *passage = RN_OWNER(task, struct rn_passage, proposal.done);
    struct rn_control *control = passage->control;

    passage->under_way = false;
    if (control->stopping) {
        passage_free(passage);
        rn_control_let_go(control);
        return;
    }
    if (passage->proposal.verdict == RN_VERDICT_FAILED) {
        passage->not_before_us = rn_control_now_us(control) + RETRY_MS * 1000;
    }
    step(passage);
    rn_control_let_go(control);
}

static void report(struct rn_passage *passage)
{
    struct rn_control *control = passage->control;
    struct rn_command command;

    command.type = passage->out_of == RN_CONSUMER_CREATING ? RN_COMMAND_CONSUMER_READY
                                                           : RN_COMMAND_CONSUMER_GONE;
    command.as.consumer =
        (struct rn_consumer_named){.uid = passage->stream_uid, .consumer_uid = passage->uid};
    passage->proposal = (struct rn_proposal){
        .type = command.type, .box = control->options.box, .done.run = reported};
    passage->under_way = true;
    rn_control_hold(control);
    if (rn_proposals_add(control, &command, &passage->proposal)) {
        passage->under_way = false;
        passage->not_before_us = rn_control_now_us(control) + RETRY_MS * 1000;
        rn_control_let_go(control); /* not the last: the caller holds too */
    }
}

/* As far as it goes without waiting. May free the passage. */
static void step(struct rn_passage *passage)
{
    struct rn_control *control = passage->control;
    enum rn_consumer_status status = to_leave(control, passage->stream_uid, passage->uid);

    if (status != passage->out_of) { /* what they waited for came */
        rn_proposals_release(&passage->waiters);
    }
    if (passage->under_way || control->phase != RN_PHASE_LIVE) {
        return;
    }
    if (status == RN_CONSUMER_ACTIVE) {
        passage_free(passage);
        return;
    }
    if (status != passage->out_of) {
        passage->out_of = status;
        passage->not_before_us =
            rn_control_now_us(control) + control->options.transition_delay_ms * 1000;
    }
    if (rn_control_now_us(control) >= passage->not_before_us) {
        report(passage);
    }
}

static struct rn_passage *begin(struct rn_control *control, uint64_t stream_uid, uint64_t uid)
{
    struct rn_passage *passage = control->passage_spare;

    control->passage_spare = NULL;
    passage->control = control;
    passage->stream_uid = stream_uid;
    passage->uid = uid;
    passage->out_of = RN_CONSUMER_ACTIVE;
    rn_list_init(&passage->waiters);
    rn_list_push(&control->passages, &passage->link);
    return passage;
}

void rn_passages_changed(struct rn_control *control, uint64_t stream_uid, uint64_t uid)
{
    struct rn_passage *passage = find(control, uid);

    if (!passage && to_leave(control, stream_uid, uid) != RN_CONSUMER_ACTIVE) {
        passage = begin(control, stream_uid, uid);
    }
    if (passage) {
        step(passage);
    }
}

static rn_err resume(struct rn_control *control, const struct rn_stream *stream)
{
    for (size_t i = 0; i < stream->consumer_count; i++) {
        uint64_t uid = stream->consumers[i].uid;

        if (to_leave(control, stream->uid, uid) != RN_CONSUMER_ACTIVE) {
            if (rn_passages_prepare(control)) {
                return RN_NOMEM;
            }
            (void)begin(control, stream->uid, uid);
        }
    }
    return RN_OK;
}

rn_err rn_passages_resume(struct rn_control *control)
{
    rn_err err = RN_OK;

    for (struct rn_slot *slot = rn_slots_from_uid(&control->state->slots, 0); slot && !err;
         slot = rn_slot_next(slot, RN_SLOT_BY_UID)) {
        err = resume(control, &rn_slot_version(slot)->stream);
    }
    return err;
}

void rn_passages_tick(struct rn_control *control)
{
    RN_LIST_EACH (link, &control->passages) {
        step(RN_OWNER(link, struct rn_passage, link));
    }
}
