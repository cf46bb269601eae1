/* snapshot.h - the whole state as bytes, and the files that hold them.
 *
 * Equal states have equal snapshots, so two that disagree at one offset tell of a fault. */
#ifndef RN_CONTROL_SNAPSHOT_H
#define RN_CONTROL_SNAPSHOT_H

#include "control/inside.h"
#include "sys/disk.h"

enum { RN_SNAPSHOT_VERSION = 3, RN_SNAPSHOT_BYTES_MAX = RN_DISK_SMALL_FILE_MAX };

/* Appends to `buf`. RN_NOMEM; RN_TOO_LARGE: over the buffer's limit. */
RN_MUST_USE rn_err rn_snapshot_encode(const struct rn_state *state, struct rn_buf *buf);
/* Into an empty state. RN_CORRUPT: damaged. RN_NEWER: whole, but of a version or level not known here.
 * RN_NOMEM. After an error the state is to be cleared. */
RN_MUST_USE rn_err rn_snapshot_decode(rn_str bytes, struct rn_state *state,
                                      struct rn_reason *reterr_reason);

/* The files control/<16 hex digits of the offset>.snap. */
struct rn_snapshots {
    struct rn_disk *disk;
    bool have_newest, have_older;
    uint64_t newest, older;                                  /* offsets of the good ones kept */
    void (*warn)(void *arg, const struct rn_reason *reason); /* a damaged file was passed over */
    void *arg;
};

/* Fill an empty state from the newest good file; without any it stays empty. RN_NEWER, RN_NOMEM, RN_IO. */
RN_MUST_USE rn_err rn_snapshots_load(struct rn_snapshots *snapshots, struct rn_state *state,
                                     struct rn_reason *reterr_reason);
/* Write the state, keep the newest two, remove the others. Nothing to do when no command came since. */
RN_MUST_USE rn_err rn_snapshots_write(struct rn_snapshots *snapshots, const struct rn_state *state,
                                      struct rn_reason *reterr_reason);

#endif
