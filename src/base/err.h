/* err.h - the one error type. A code travels; words are added once, at the edge.
 *
 * RN_OK is 0, so `if (err)` reads as "it failed". A call that fails leaves its ret_ arguments
 * alone. Where an operator must act, a call also fills a struct rn_reason with one sentence
 * that names the thing (path, port, value). */
#ifndef RN_BASE_ERR_H
#define RN_BASE_ERR_H

#define RN_MUST_USE __attribute__((warn_unused_result))
#define RN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define RN_ERR_MAP(X)                                       \
    X(RN_OK, "ok")                                          \
    X(RN_WAIT, "not now, ask again")                        \
    X(RN_NOMEM, "out of memory")                            \
    X(RN_FULL, "no room left")                              \
    X(RN_TOO_LARGE, "over a stated limit")                  \
    X(RN_CORRUPT, "stored bytes fail their check")          \
    X(RN_INVALID, "the input breaks a rule")                \
    X(RN_NOT_FOUND, "no such thing")                        \
    X(RN_EXISTS, "exists already")                          \
    X(RN_BUSY, "taken by someone else")                     \
    X(RN_DENIED, "not permitted")                           \
    X(RN_IO, "the device or the kernel reported a failure") \
    X(RN_CLOSED, "closed")                                  \
    X(RN_TIMEOUT, "the deadline passed")                    \
    X(RN_UNSUPPORTED, "not supported here")                 \
    X(RN_NEWER, "written by a newer version")

typedef enum {
#define X(code, text) code,
    RN_ERR_MAP(X)
#undef X
        RN_ERR_COUNT
} rn_err;

/* The text of RN_ERR_MAP; never NULL. */
const char *rn_err_text(rn_err err);

enum { RN_REASON_BYTES = 512 };

/* One sentence for a human, without a final newline; "" when nothing was said. */
struct rn_reason {
    char text[RN_REASON_BYTES];
};

/* Write the sentence (a NULL reason is fine) and return `err`, so that callers can
 * `return rn_reason_set(reason, RN_BUSY, "...", ...)`. */
rn_err rn_reason_set(struct rn_reason *reason, rn_err err, const char *fmt, ...) RN_PRINTF(3, 4);

#endif
