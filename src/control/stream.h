/* stream.h - making the immutable versions of a stream, and the cells they share.
 *
 *   slot ──▶ version (new) ─┬─▶ cell 0: lane, runtime
 *            version (old) ─┘   one reference for each version that names it
 *
 * A version is made by the writer from a draft, perhaps touched up, published, never changed again, and
 * freed with its last reference: the slot's (given up through epoch.h) or that of a request that waits.
 * A cell goes with the last version that names it.
 *
 * To change a stream: take its struct as a draft, set what is to be other, make a version of it. */
#ifndef RN_CONTROL_STREAM_H
#define RN_CONTROL_STREAM_H

#include <stdatomic.h>

#include "control/state.h"
#include "sys/epoch.h"

struct rn_version {
    _Alignas(struct rn_shard) struct rn_stream stream;
    /* The arrays that `stream` shows as const. */
    struct rn_shard *shards;
    struct rn_consumer *consumers;
    uint32_t *open;
    _Atomic(uint32_t) refs;
    struct rn_retired retired;
};

struct rn_cell_hooks {
    struct rn_engine *engine;
    void *(*runtime_new)(void *arg, uint64_t stream_uid, uint32_t shard_index);
    void (*runtime_free)(void *arg, void *runtime);
    void *runtime_arg;
};

/* What the draft shows, in memory of its own, sealed; one reference. Plain fields are taken as they are,
 * arrays and texts copied, cells shared. `shards` NULL: shard_count cleared ones, for the caller to fill
 * and seal. What the draft says of `open` and control_private is not looked at. NULL when memory ends. */
struct rn_version *rn_version_make(const struct rn_stream *draft);
/* After shards were set or closed: lists the open ones. */
void rn_version_seal(struct rn_version *version);
void rn_version_unref(struct rn_version *version); /* NULL is fine */

/* Give every shard that was ever opened its cell, before the version is published. RN_NOMEM: some may
 * have one now, call again. RN_NOT_FOUND: the engine has no such lane. */
RN_MUST_USE rn_err rn_version_attach(struct rn_version *version, const struct rn_cell_hooks *hooks);

/* Do the open shards cover every hash key exactly once? */
bool rn_version_covers(const struct rn_version *version);

/* UPDATING for a setting that was changed: the change is made, and only to be seen for a while. */
static inline bool rn_stream_settles(const struct rn_stream *stream)
{
    return stream->status == RN_STREAM_UPDATING && !stream->reshard.kind;
}

/* CREATING or DELETING: what the account has a limit for. */
static inline bool rn_stream_in_transition(const struct rn_stream *stream)
{
    return stream->status == RN_STREAM_CREATING || stream->status == RN_STREAM_DELETING;
}

#endif
