/* buf.h - a growable, bounded run of bytes that somebody owns.
 *
 * Appending past `limit` or out of memory sets `failed`, and everything appended afterwards is
 * dropped: an encoder appends freely and asks once, at the end. */
#ifndef RN_BASE_BUF_H
#define RN_BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

struct rn_buf {
    char *data;
    size_t len, cap, limit;
    bool failed;
};

void rn_buf_init(struct rn_buf *buf, size_t limit_bytes); /* allocates nothing yet */
void rn_buf_done(struct rn_buf *buf);                     /* frees; init again before reuse */
void rn_buf_clear(struct rn_buf *buf);                    /* len 0, failed false, memory kept */
/* Room for `bytes` more behind len, or NULL (failed set). The caller writes, then adds to len. */
char *rn_buf_reserve(struct rn_buf *buf, size_t bytes);
void rn_buf_add(struct rn_buf *buf, const void *bytes, size_t len);
void rn_buf_add_str(struct rn_buf *buf, rn_str s);
void rn_buf_add_c(struct rn_buf *buf, char byte);
void rn_buf_printf(struct rn_buf *buf, const char *fmt, ...) RN_PRINTF(2, 3);

static inline rn_str rn_buf_str(const struct rn_buf *buf)
{
    return (rn_str){buf->data ? buf->data : "", buf->len};
}

#endif
