/* consumer.h - the registered consumers of a stream, by name: what consumers and subscribe share. */
#ifndef RN_TOOL_CONSUMER_H
#define RN_TOOL_CONSUMER_H

#include "client/client.h"

enum { RN_ARN_TEXT_BYTES = 2049, RN_CONSUMER_NAME_BYTES = 129, RN_CONSUMER_STATUS_BYTES = 16 };

struct rn_consumer_seen {
    char name[RN_CONSUMER_NAME_BYTES], arn[RN_ARN_TEXT_BYTES], status[RN_CONSUMER_STATUS_BYTES];
    int64_t created_ms;
};

/* Every call wants the stream's ARN. `ret_arn` has RN_ARN_TEXT_BYTES. */
enum runnel_err rn_stream_arn(struct runnel_client *client, const char *stream, char *ret_arn);

/* RUNNEL_SERVICE with ResourceNotFoundException: there is none of that name. */
enum runnel_err rn_consumer_find(struct runnel_client *client, const char *stream_arn,
                                 const char *name, struct rn_consumer_seen *ret_consumer);
enum runnel_err rn_consumer_list(struct runnel_client *client, const char *stream_arn,
                                 void (*each)(void *arg, const struct rn_consumer_seen *consumer),
                                 void *arg);
/* Both return when the consumer is ACTIVE, or gone. */
enum runnel_err rn_consumer_register(struct runnel_client *client, const char *stream_arn,
                                     const char *name, struct rn_consumer_seen *ret_consumer);
enum runnel_err rn_consumer_deregister(struct runnel_client *client, const char *stream_arn,
                                       const char *name);

/* The last call failed because there is no such stream or consumer. */
bool rn_consumer_is_missing(const struct runnel_client *client, enum runnel_err err);

#endif
