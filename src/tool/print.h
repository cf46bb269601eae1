/* print.h - how `runnel tail` shows a record. */
#ifndef RN_TOOL_PRINT_H
#define RN_TOOL_PRINT_H

#include "base/buf.h"

enum rn_print_form {
    RN_PRINT_LINES,   /* the data and a newline */
    RN_PRINT_ESCAPED, /* the same with control bytes and bad UTF-8 as \xNN: for terminals */
    RN_PRINT_RAW,     /* the data, nothing else */
    RN_PRINT_JSON,    /* one object a line, the API's member names, data in base64 */
};

struct rn_print_record {
    const char *shard_id, *sequence_number, *partition_key;
    int64_t arrival_ms;
    rn_str data;
};

void rn_print_record(enum rn_print_form form, const struct rn_print_record *record,
                     struct rn_buf *out);

#endif
