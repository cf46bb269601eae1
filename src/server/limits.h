/* limits.h - what --limits means, and the log lines that tell an operator which limit was met. */
#ifndef RN_SERVER_LIMITS_H
#define RN_SERVER_LIMITS_H

#include <stdatomic.h>

#include "model/limit.h"
#include "sys/clock.h"

/* "aws", "off", or a file with lines `name = value` over AWS's. RN_INVALID: the reason names the file, and
 * the line and value where one is wrong. */
RN_MUST_USE rn_err rn_limits_of_setting(const char *setting, rn_str region,
                                        struct rn_limits *ret_limits,
                                        struct rn_reason *reterr_reason);

enum { RN_LIMIT_NOTICE_BYTES = 512 };

/* At most a line a minute for each limit; the last place is of RN_LIMIT_NONE, the writer's queue. */
struct rn_limit_notices {
    struct {
        _Atomic(int64_t) next_us; /* no line before */
        _Atomic(uint64_t) unsaid; /* refusals since the last line */
    } of[RN_LIMIT_COUNT + 1];
};

/* Zeroed memory is ready. A request about `stream` (absent: about none) was refused: whether that is to be
 * said now, and the sentence, in `text` (RN_LIMIT_NOTICE_BYTES). Threads: any. */
bool rn_limit_notice(struct rn_limit_notices *notices, enum rn_limit limit, rn_str stream,
                     int64_t now_us, char *text);

#endif
