/* snapshot_stream.h - one stream in the bytes of a snapshot. */
#ifndef RN_CONTROL_SNAPSHOT_STREAM_H
#define RN_CONTROL_SNAPSHOT_STREAM_H

#include "base/arena.h"
#include "control/inside.h"

void rn_snapshot_put_stream(const struct rn_stream *stream, struct rn_buf *buf);
/* As a snapshot of version `format` has it. `scratch` holds what is read on the way, the version has copies.
 * RN_CORRUPT, RN_NOMEM; RN_OK: *ret_version is the caller's. */
RN_MUST_USE rn_err rn_snapshot_take_stream(struct rn_wire *wire, unsigned format,
                                           struct rn_arena *scratch,
                                           struct rn_version **ret_version);

#endif
