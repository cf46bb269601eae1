/* sink.h - the other end of an encoder (inside the room).
 *
 * An encoder runs twice through the same code: over a sink without memory, which only measures, and
 * then over exactly as much memory. So a reply takes one allocation, and no byte written is
 * checked. */
#ifndef RN_CODEC_SINK_H
#define RN_CODEC_SINK_H

#include "base/buf.h"
#include "base/str.h"

#include <assert.h>

struct rn_sink {
    char *out; /* NULL: measuring */
    size_t len;
};

static inline void rn_sink_put(struct rn_sink *sink, const void *bytes, size_t len)
{
    if (sink->out && len > 0) {
        memcpy(sink->out + sink->len, bytes, len);
    }
    sink->len += len;
}

static inline void rn_sink_put_c(struct rn_sink *sink, char c)
{
    if (sink->out) {
        sink->out[sink->len] = c;
    }
    sink->len++;
}

/* `write(subject, value, sink)` is the encoder. */
static inline void rn_sink_run(void (*write)(const void *subject, const void *value,
                                             struct rn_sink *sink),
                               const void *subject, const void *value, struct rn_buf *buf)
{
    struct rn_sink measured = {.out = NULL}, sink = {.out = NULL};

    write(subject, value, &measured);
    sink.out = rn_buf_reserve(buf, measured.len);
    if (sink.out) {
        write(subject, value, &sink);
        assert(sink.len == measured.len);
        buf->len += sink.len;
    }
}

#endif
