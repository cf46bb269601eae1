/* settle.h - waiting until a stream is ACTIVE again after a change, with progress for whoever looks on. */
#ifndef RN_TOOL_SETTLE_H
#define RN_TOOL_SETTLE_H

#include "client/client.h"
#include "shape/kinesis.h"
#include "tool/options.h"

/* The stream's summary, valid until the next call on the client. RUNNEL_PROTOCOL: the answer has none. */
enum runnel_err rn_stream_summary(struct runnel_client *client, const char *stream,
                                  const struct rn_kinesis_stream_description_summary **ret_summary);

/* Until the stream is ACTIVE, or Ctrl-C. On a terminal a line on standard error shows what it is and how many shards
 * are open. RN_EXIT_OK, or the exit code of what was said. */
int rn_settle(const char *command, struct runnel_client *client, const char *stream);
/* The same, and then prints the ids of the shard's children, each on a line of standard output. */
int rn_settle_children(const char *command, struct runnel_client *client, const char *stream,
                       uint32_t parent);

#endif
