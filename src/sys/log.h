/* log.h - log lines on standard error, text or JSON, UTC. Never a secret, a partition key or
 * record data. Only server, net, api, console, kafka and engine threads log; other rooms return errors.
 * Threads: any; a line is one write. */
#ifndef RN_SYS_LOG_H
#define RN_SYS_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum rn_log_level { RN_LOG_ERROR, RN_LOG_WARN, RN_LOG_INFO, RN_LOG_DEBUG };

/* Default: INFO, text. Threads: any. */
void rn_log_setup(enum rn_log_level level, bool as_json);
bool rn_log_on(enum rn_log_level level);
/* `room` is the speaker ("local", "net"); the message is one sentence without newline. */
void rn_log(enum rn_log_level level, const char *room, const char *fmt, ...) RN_PRINTF(3, 4);

/* For what a client can bring about as often as it likes: one line a span, and how many there would have
 * been since the last. */
struct rn_log_pace {
    _Atomic int64_t next_us; /* on the monotonic clock */
    _Atomic uint64_t held_back;
};
/* False: not now. *ret_held_back: calls that were told so since the last true. */
bool rn_log_may(struct rn_log_pace *pace, int64_t now_us, int64_t span_ms, uint64_t *ret_held_back);

#endif
