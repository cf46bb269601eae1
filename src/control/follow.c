/* follow.c - the control lane: read, apply in order, publish.
 *
 * One command after the other: decode, apply (which only looks), get what the change needs besides
 * (cells, memory for a task), commit, answer. Whatever can fail comes before the commit, so a command
 * that meets the end of memory is left in the lane and tried again at the next tick, with nothing
 * half done. Only committed, durable records are ever read, so nothing is published that a crash
 * could take back. */
#include "control/core.h"

#include <assert.h>
#include <inttypes.h>

enum { BATCH_BYTES = 1024 * 1024, BATCH_COMMANDS = 1000, BATCHES_MAX = 16 };

static bool may_apply(const struct rn_control *control)
{
    switch (control->phase) {
    case RN_PHASE_REPLAY:
    case RN_PHASE_GENESIS:
    case RN_PHASE_LIVE:
        return !control->stopping && !control->reading;
    case RN_PHASE_LOADING:
    case RN_PHASE_NAMING:
    case RN_PHASE_FAILED:
        break;
    }
    return false;
}

/* What the change needs besides the state. In replay nothing: cells and tasks come at its end. */
static rn_err prepare(struct rn_control *control, const struct rn_change *change)
{
    rn_err err = RN_OK;

    if (control->phase != RN_PHASE_LIVE || !change->version) {
        return RN_OK;
    }
    err = rn_version_attach(change->version, &control->cells);
    if (!err) {
        err = rn_jobs_prepare(control, &change->version->stream);
    }
    if (!err && change->consumer_uid) {
        err = rn_passages_prepare(control);
    }
    return !err && change->retention ? rn_tellings_prepare(control) : err;
}

static rn_err apply_command(struct rn_control *control, const struct rn_command *command,
                            const struct rn_item *item)
{
    struct rn_change change;
    rn_err err = rn_apply(control->state, command, item->offset, item->append_ms, &change);

    if (err) {
        return err;
    }
    err = prepare(control, &change);
    if (err) {
        rn_change_drop(&change);
        return RN_NOMEM; /* or the engine has no such lane at the moment: likewise tried again */
    }
    rn_change_commit(control->state, &change);
    control->commands_since++;
    control->bytes_since += item->record.value.len;
    if (control->phase == RN_PHASE_LIVE && change.kind != RN_CHANGE_NONE && change.uid) {
        rn_jobs_changed(control, change.uid);
        if (change.consumer_uid) {
            rn_passages_changed(control, change.uid, change.consumer_uid);
        }
    }
    if (control->phase == RN_PHASE_LIVE && change.retention) {
        rn_tellings_changed(control, change.uid);
    }
    rn_proposals_settle(control, command, &change);
    return RN_OK;
}

static rn_err apply_item(struct rn_control *control, const struct rn_item *item,
                         struct rn_reason *reason)
{
    struct rn_command command;
    struct rn_reason why = {.text = ""};
    rn_err err;

    if (item->offset != control->position) {
        return rn_reason_set(reason, RN_CORRUPT,
                             "the control log has no command %" PRIu64 ", it goes on at %" PRIu64,
                             control->position, item->offset);
    }
    if (item->record.kind != RN_RECORD_COMMAND) {
        return rn_reason_set(reason, RN_CORRUPT,
                             "record %" PRIu64 " of the control log is no command", item->offset);
    }
    err = rn_command_decode(item->record.value, &command, &why);
    if (!err && (err = apply_command(control, &command, item))) {
        (void)rn_reason_set(&why, err, "it cannot follow the commands before it");
    }
    if (!err) {
        control->position = item->offset + 1;
    } else if (err != RN_NOMEM) {
        rn_reason_set(reason, err,
                      "the control log cannot be applied at command %" PRIu64 ": %.300s",
                      item->offset, why.text);
    }
    return err;
}

/* RN_WAIT: nothing more now. RN_NOMEM: try again later. */
static rn_err apply_batch(struct rn_control *control, const struct rn_batch *batch,
                          struct rn_reason *reason)
{
    uint64_t before = control->position;

    switch (batch->outcome) {
    case RN_OUTCOME_OK:
        break;
    case RN_OUTCOME_UNKNOWN:
    case RN_OUTCOME_UNAVAILABLE:
    case RN_OUTCOME_FULL:
    case RN_OUTCOME_REJECTED:
        return rn_reason_set(reason, RN_IO, "the control log cannot be read: %s",
                             rn_outcome_text(batch->outcome));
    case RN_OUTCOME_NO_LANE:
    case RN_OUTCOME_OUT_OF_RANGE:
    case RN_OUTCOME_FAULT:
        return rn_reason_set(reason, RN_CORRUPT,
                             "the control log cannot be read from command %" PRIu64 " on: %s",
                             before, rn_outcome_text(batch->outcome));
    }
    for (size_t i = 0; i < batch->count; i++) {
        rn_err err = apply_item(control, &batch->items[i], reason);

        if (err) {
            return err;
        }
    }
    if (batch->next > control->position) {
        control->position = batch->next; /* what lies between is no record of ours */
    }
    return control->position > before ? RN_OK : RN_WAIT;
}

/* Whether there may be more to read at once. Releases the batch. */
static bool take_batch(struct rn_control *control, struct rn_batch *batch)
{
    struct rn_reason reason = {.text = ""};
    bool replaying = control->phase == RN_PHASE_REPLAY;
    rn_err err = apply_batch(control, batch, &reason);

    rn_batch_release(control->options.engine, batch);
    rn_epoch_collect(control->options.epoch);
    if (replaying && (!err || err == RN_WAIT) && control->position >= control->replay_end) {
        rn_control_replayed(control);
        return true;
    }
    if (!err) {
        return true;
    }
    if (replaying && err == RN_WAIT) {
        rn_reason_set(&reason, RN_CORRUPT,
                      "the control log ends at command %" PRIu64 " instead of %" PRIu64,
                      control->position, control->replay_end);
        err = RN_CORRUPT;
    }
    if (err == RN_WAIT || (control->phase == RN_PHASE_LIVE && (err == RN_NOMEM || err == RN_IO))) {
        return false; /* the tick pulls again */
    }
    rn_control_fail(control, err, &reason);
    return false;
}

static void read_done(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, read.done);

    control->reading = false;
    if (!may_apply(control)) {
        rn_batch_release(control->options.engine, &control->read.batch);
    } else if (take_batch(control, &control->read.batch)) {
        rn_follow_pull(control);
    }
    rn_control_let_go(control);
}

static void pull_more(struct rn_task *task)
{
    struct rn_control *control = RN_OWNER(task, struct rn_control, more_task);

    control->more_posted = false;
    rn_follow_pull(control);
    rn_control_let_go(control);
}

/* From memory if it is there; else begins to read. Whether a batch came. */
static bool next_batch(struct rn_control *control, struct rn_batch *ret_batch)
{
    rn_err err;

    control->read = (struct rn_read){
        .lane = control->lane,
        .from = control->position,
        .not_before_ms = INT64_MIN,
        .count_max = BATCH_COMMANDS,
        .bytes_max = BATCH_BYTES,
        .box = control->options.box,
        .done.run = read_done,
    };
    err = rn_engine_read_now(control->options.engine, &control->read, ret_batch);
    if (!err) {
        return true;
    }
    control->reading = true; /* RN_WAIT; also for want of memory: the engine tries by itself then */
    rn_control_hold(control);
    rn_engine_read(control->options.engine, &control->read);
    return false;
}

void rn_follow_pull(struct rn_control *control)
{
    for (int turn = 0; may_apply(control); turn++) {
        struct rn_batch batch;

        if (turn == BATCHES_MAX) { /* others in this mailbox want to run too */
            if (!control->more_posted) {
                control->more_posted = true;
                control->more_task.run = pull_more;
                rn_control_hold(control);
                rn_mailbox_post(control->options.box, &control->more_task);
            }
            return;
        }
        if (!next_batch(control, &batch) || !take_batch(control, &batch)) {
            return;
        }
    }
}
