/* core.h - struct rn_control, shared by the files that run it.
 *
 *   control.c  life: open, what happens before the first request, tick, stop, close
 *   follow.c   the control lane: read, apply, publish
 *   propose.c  proposals: append, wait for the own command to be applied, answer
 *   task.c     what streams in transition still need from the engine
 *   closing.c  cutting the lanes of the shards that a reshard closes
 *   passage.c  when consumers leave CREATING or DELETING
 *   retention.c  telling the engine of a stream's new retention
 *
 *   LOADING ─▶ REPLAY ─┬──────────────▶ NAMING ─▶ LIVE
 *      │          │    └─▶ GENESIS ─────▲ │        │       (begin, rn_follow_pull, replayed, named)
 *      └──────────┴───────────┴───────────┴────────┴─▶ FAILED   (rn_control_fail)
 *
 * Everything here belongs to the mailbox's thread, but for the fields marked "any". */
#ifndef RN_CONTROL_CORE_H
#define RN_CONTROL_CORE_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "base/map.h"
#include "control/apply.h"
#include "control/snapshot.h"

enum rn_phase {
    RN_PHASE_LOADING, /* snapshot, control topic, bounds of the lane */
    RN_PHASE_REPLAY,  /* up to where the lane ended at the start */
    RN_PHASE_GENESIS, /* an empty log: the first command is on its way */
    RN_PHASE_NAMING,  /* the engine is told of every topic */
    RN_PHASE_LIVE,
    RN_PHASE_FAILED,
};

enum {
    RN_APPEND_MS = 5000,    /* until a proposal is answered without being applied */
    RN_TASK_WAIT_MS = 5000, /* that wait_for_task waits at most */
    RN_PROPOSALS_MAX = 10000,
    RN_CLOCK_BACK_MAX_MS = 3600 * 1000,
    RN_NAMING_AT_ONCE = 64,
};

struct rn_naming {
    struct rn_control *control;
    struct rn_topic_call call;
    bool under_way;
};

struct rn_control {
    struct rn_control_options options; /* region and account: copies below */
    char region[RN_REGION_BYTES_MAX + 1], account[RN_ACCOUNT_BYTES + 1];
    struct rn_state *state;
    struct rn_cell_hooks cells;
    enum rn_phase phase;
    bool stopping;               /* nothing new begins */
    bool closed;                 /* freed when nothing is under way */
    _Atomic(bool) refusing;      /* any: proposals get RN_CLOSED */
    _Atomic(uint64_t) under_way; /* any: calls that will come back to this mailbox */
    _Atomic(int) health;         /* any: rn_err */
    void (*stopped)(void *arg);
    void *stopped_arg;

    /* control.c */
    void (*started)(void *arg, rn_err err, const struct rn_reason *reason);
    void *started_arg;
    struct rn_task begin_task, started_task;
    rn_err start_err;
    struct rn_reason reason;
    struct rn_topic_call control_topic;
    struct rn_bounds_query bounds;
    struct rn_proposal genesis;
    struct rn_naming naming[RN_NAMING_AT_ONCE];
    uint64_t named; /* streams up to this uid were named or are on their way */
    struct rn_snapshots snapshots;
    uint64_t commands_since, bytes_since; /* the newest snapshot */
    int64_t snapshot_not_before_us;       /* after one failed */

    /* follow.c */
    struct rn_lane *lane;
    struct rn_follow follow;
    struct rn_read read;
    struct rn_task more_task;
    bool following, reading, more_posted;
    uint64_t position; /* of the lane, where reading goes on */
    uint64_t replay_end;

    /* propose.c */
    uint8_t origin[RN_ORIGIN_BYTES];
    _Atomic(uint64_t) requests;       /* any: numbers given out */
    _Atomic(uint64_t) proposal_count; /* any */
    struct rn_map *by_request;
    struct rn_link proposals; /* not applied yet, oldest deadline first */
    struct rn_link waiting;   /* applied, their task is not done; likewise */

    /* task.c */
    struct rn_map *jobs; /* by uid */
    struct rn_link job_list;

    /* passage.c */
    struct rn_link passages;
    struct rn_passage *passage_spare;

    /* retention.c */
    struct rn_link tellings;
    struct rn_telling *telling_spare;
};

static inline int64_t rn_control_now_us(const struct rn_control *control)
{
    return rn_clock_mono_us(control->options.clock);
}

/* control.c. Every call whose completion comes to the mailbox is held meanwhile. Letting go is the last
 * thing its completion does: control may be gone afterwards. */
void rn_control_hold(struct rn_control *control);
void rn_control_let_go(struct rn_control *control);
void rn_control_replayed(struct rn_control *control); /* position has reached replay_end */
/* No way on: before LIVE the start fails, later proposals do. */
void rn_control_fail(struct rn_control *control, rn_err err, const struct rn_reason *reason);
void rn_control_warn(const struct rn_control *control, const struct rn_reason *reason);

/* follow.c: read and apply what there is, as far as the phase allows. */
void rn_follow_pull(struct rn_control *control);

/* propose.c */
RN_MUST_USE rn_err rn_proposals_init(struct rn_control *control);
void rn_proposals_done(struct rn_control *control); /* all were answered */
/* `command` needs no origin or request. Thread: any. */
RN_MUST_USE rn_err rn_proposals_add(struct rn_control *control, struct rn_command *command,
                                    struct rn_proposal *proposal);
/* The command was applied: answer whoever proposed it here, or let them wait for the task. */
void rn_proposals_settle(struct rn_control *control, const struct rn_command *command,
                         const struct rn_change *change);
/* A task ended: answer the proposals that waited for it. */
void rn_proposals_release(struct rn_link *waiters);
void rn_proposals_expire(struct rn_control *control, int64_t now_us);
void rn_proposals_fail_all(struct rn_control *control);

/* task.c */
RN_MUST_USE rn_err rn_jobs_init(struct rn_control *control);
void rn_jobs_done(struct rn_control *control);
/* Before a change is committed: memory for the task it will make. RN_NOMEM. */
RN_MUST_USE rn_err rn_jobs_prepare(struct rn_control *control, const struct rn_stream *stream);
/* The stream with this uid changed, or is gone. */
void rn_jobs_changed(struct rn_control *control, uint64_t uid);
/* Where proposals wait for the stream's task; NULL: it has none. */
struct rn_link *rn_jobs_waiters(const struct rn_control *control, uint64_t uid);
/* A task for every stream that needs one, after a start. RN_NOMEM. */
RN_MUST_USE rn_err rn_jobs_resume(struct rn_control *control);
void rn_jobs_tick(struct rn_control *control);
/* No command will be applied any more: nobody need wait for one. */
void rn_jobs_give_up(struct rn_control *control);

/* closing.c. One for a stream that is `closing`. */
struct rn_closing;
/* The shards are told that it BEGUN. NULL when memory ends. done(arg, all): every lane has its CUT. */
struct rn_closing *rn_closing_new(struct rn_control *control, const struct rn_version *version,
                                  void (*done)(void *arg, bool all), void *arg);
/* Append a CUT to the lanes that have none; then done comes once, and nothing else frees it meanwhile.
 * RN_NOMEM, RN_FULL, RN_CLOSED: it does not. */
RN_MUST_USE rn_err rn_closing_cut(struct rn_closing *closing);
rn_str rn_closing_ends(const struct rn_closing *closing); /* as SHARDS_CUT has them */
void rn_closing_tick(struct rn_closing *closing);         /* takes it long? */
/* The stream left `closing` for this; NULL: it is gone, or nobody will ever know. */
void rn_closing_settle(struct rn_closing *closing, const struct rn_stream *stream);
/* Whoever still waits for a shard need not. NULL is fine. */
void rn_closing_free(struct rn_closing *closing);

/* passage.c */
void rn_passages_init(struct rn_control *control);
void rn_passages_done(struct rn_control *control);
/* Before a change of a consumer is committed: memory for the passage it may begin. RN_NOMEM. */
RN_MUST_USE rn_err rn_passages_prepare(struct rn_control *control);
/* A consumer of the stream changed, or is gone; prepare went before. */
void rn_passages_changed(struct rn_control *control, uint64_t stream_uid, uint64_t uid);
/* Where proposals wait until the consumer has passed; NULL: it is not under way. */
struct rn_link *rn_passages_waiters(const struct rn_control *control, uint64_t uid);
/* Of every consumer that needs one, after a start. RN_NOMEM. */
RN_MUST_USE rn_err rn_passages_resume(struct rn_control *control);
void rn_passages_tick(struct rn_control *control);

/* retention.c */
void rn_tellings_init(struct rn_control *control);
void rn_tellings_done(struct rn_control *control);
/* Before a change of retention is committed: memory to tell the engine. RN_NOMEM. */
RN_MUST_USE rn_err rn_tellings_prepare(struct rn_control *control);
/* The stream's retention changed; prepare went before. */
void rn_tellings_changed(struct rn_control *control, uint64_t uid);
void rn_tellings_tick(struct rn_control *control);

#endif
