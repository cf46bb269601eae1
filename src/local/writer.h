/* writer.h - the one thread that writes frames. */
#ifndef RN_LOCAL_WRITER_H
#define RN_LOCAL_WRITER_H

#include "engine/engine.h"
#include "local/segment.h"

struct rn_local;

struct rn_writer {
    struct rn_segment *active; /* NULL: the next frame begins a segment */
    struct rn_file *file;      /* its file */
    uint64_t at;               /* end of its last good frame */
    uint64_t frames;
    uint64_t synced; /* frames below are durable */
    /* The newest segment that was sealed: what the next head will name. */
    uint64_t prev, prev_end, prev_frames;
    uint64_t next_id;
    int64_t last_ms;         /* append times never go below */
    enum rn_outcome refusal; /* why no segment could be begun; OK: none failed */
    int64_t retry_at_us;
    bool said_buffered;
};

/* Finish the active segment with an end mark. RN_IO and others: the next start will take it for a crash. */
RN_MUST_USE rn_err rn_writer_end(struct rn_local *local);
/* Continue or forget what recovery found. */
void rn_writer_done(struct rn_local *local);

#endif
