/* since.h - the places from which reading can begin, as people write them. */
#ifndef RN_TOOL_SINCE_H
#define RN_TOOL_SINCE_H

#include "base/err.h"
#include "base/str.h"

enum rn_since_kind { RN_SINCE_LATEST, RN_SINCE_OLDEST, RN_SINCE_TIME, RN_SINCE_SEQUENCE };

struct rn_since {
    enum rn_since_kind kind;
    int64_t at_ms;
    uint32_t shard_index; /* RN_SINCE_SEQUENCE: the shard whose number it is */
};

/* latest, oldest, RFC 3339, epoch seconds with or without a fraction, -15m (s, m, h, d: before now),
 * or a sequence number. RN_INVALID: none of these. */
RN_MUST_USE rn_err rn_since_parse(rn_str text, int64_t now_ms, struct rn_since *ret_since);

/* The row of --from; to be put into a table of options. */
#define RN_SINCE_OPTION(from)                                                                  \
    {                                                                                          \
        .name = "from", .value = "WHERE",                                                      \
        .help = "latest, oldest, a time (RFC 3339, epoch seconds, -15m) or a sequence number", \
        .text = &(from)                                                                        \
    }
/* Its value: RN_GO_ON, or what is wrong was said. */
int rn_since_argument(const char *command, const char *from, struct rn_since *ret_since);

#endif
