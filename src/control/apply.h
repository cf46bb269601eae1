/* apply.h - the state machine: what a command makes of the state.
 *
 * Pure: (state, command, offset, time) decide everything. No clock, no randomness, no hash order, no
 * engine. rn_apply looks and prepares; rn_change_commit does it and cannot fail, so that what a change
 * needs besides (cells, tasks) can be had in between. */
#ifndef RN_CONTROL_APPLY_H
#define RN_CONTROL_APPLY_H

#include "control/inside.h"

enum {
    RN_STREAM_SHARDS_MAX = 100000,                /* whatever the limits of the account say */
    RN_STREAM_LANES_MAX = RN_LANES_PER_TOPIC_MAX, /* that a stream uses in its life */
    RN_STREAM_CONSUMERS_MAX = 1000,
    RN_STREAM_RETENTION_HOURS = 24, /* of a stream made by version 1 of CREATE_STREAM */
};

enum rn_change_kind {
    RN_CHANGE_NONE,
    RN_CHANGE_GENESIS,
    RN_CHANGE_INSERT,
    RN_CHANGE_REPLACE,
    RN_CHANGE_REMOVE,
    RN_CHANGE_LIMITS,
    RN_CHANGE_COMMITMENT
};

struct rn_change {
    uint64_t offset; /* of the command */
    int64_t time_ms; /* its time, made non-decreasing */
    enum rn_verdict verdict;
    uint64_t numbers[3];
    uint64_t uid;          /* of the stream the command is about; 0: none */
    uint64_t consumer_uid; /* of the stream's consumer it is about; 0: none */
    enum rn_change_kind kind;
    struct rn_slot *slot;       /* INSERT: new; REPLACE, REMOVE: of the state */
    struct rn_version *version; /* INSERT, REPLACE: what the stream becomes */
    const struct rn_genesis *genesis;
    const struct rn_set_limits *limits;
    struct rn_commitment commitment; /* COMMITMENT: what it becomes */
    bool retention;                  /* the engine is to be told the stream's */
};

/* RN_NOMEM: nothing happened, try again. RN_CORRUPT: no state has this command next. */
RN_MUST_USE rn_err rn_apply(const struct rn_state *state, const struct rn_command *command,
                            uint64_t offset, int64_t append_ms, struct rn_change *ret_change);
void rn_change_commit(struct rn_state *state, const struct rn_change *change);
/* Instead of commit. */
void rn_change_drop(struct rn_change *change);

/* For the functions below: what the change comes to. Always RN_OK. */
rn_err rn_change_decide(struct rn_change *change, enum rn_verdict verdict);
/* The stream becomes what the draft shows (see rn_version_make), updated now, and the verdict is OK; the
 * caller may touch up change->version. RN_NOMEM. */
rn_err rn_change_become(struct rn_change *change, struct rn_slot *slot, struct rn_stream *draft);
/* The ACTIVE stream that a command wants to change; NULL: the change has its verdict. */
struct rn_slot *rn_change_active_slot(struct rn_change *change, const struct rn_state *state,
                                      uint64_t uid);

/* The stream of a consumer that a command is about, and the consumer's place in its list; NULL: the change
 * has its verdict. */
struct rn_slot *rn_change_consumer(struct rn_change *change, const struct rn_state *state,
                                   const struct rn_consumer_named *named, size_t *ret_at);

/* One a row of the command table. */
rn_err rn_apply_genesis(const struct rn_state *state, const struct rn_command *command,
                        struct rn_change *change);
rn_err rn_apply_create_stream(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change);
rn_err rn_apply_stream_ready(const struct rn_state *state, const struct rn_command *command,
                             struct rn_change *change);
rn_err rn_apply_delete_stream(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change);
rn_err rn_apply_stream_gone(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change);
rn_err rn_apply_set_retention(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change);
rn_err rn_apply_reshard(const struct rn_state *state, const struct rn_command *command,
                        struct rn_change *change);
rn_err rn_apply_lanes_ready(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change);
rn_err rn_apply_shards_cut(const struct rn_state *state, const struct rn_command *command,
                           struct rn_change *change);
rn_err rn_apply_observe_load(const struct rn_state *state, const struct rn_command *command,
                             struct rn_change *change);
rn_err rn_apply_set_limits(const struct rn_state *state, const struct rn_command *command,
                           struct rn_change *change);
rn_err rn_apply_set_setting(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change);
rn_err rn_apply_set_commitment(const struct rn_state *state, const struct rn_command *command,
                               struct rn_change *change);

/* apply_settings.c: STREAM_READY of a stream in UPDATING. */
rn_err rn_apply_settled(struct rn_slot *slot, struct rn_change *change);
/* Are all fields within the rules of its kind? */
bool rn_setting_valid(const struct rn_set_setting *set);

/* apply_resource.c; of a stream, and of a consumer */
rn_err rn_apply_add_tags(const struct rn_state *state, const struct rn_command *command,
                         struct rn_change *change);
rn_err rn_apply_remove_tags(const struct rn_state *state, const struct rn_command *command,
                            struct rn_change *change);
rn_err rn_apply_set_policy(const struct rn_state *state, const struct rn_command *command,
                           struct rn_change *change);
/* apply_consumer.c */
rn_err rn_apply_register_consumer(const struct rn_state *state, const struct rn_command *command,
                                  struct rn_change *change);
rn_err rn_apply_consumer_ready(const struct rn_state *state, const struct rn_command *command,
                               struct rn_change *change);
rn_err rn_apply_deregister_consumer(const struct rn_state *state, const struct rn_command *command,
                                    struct rn_change *change);
rn_err rn_apply_consumer_gone(const struct rn_state *state, const struct rn_command *command,
                              struct rn_change *change);
rn_err rn_apply_delete_unused_stream(const struct rn_state *state, const struct rn_command *command,
                                     struct rn_change *change);

#endif
