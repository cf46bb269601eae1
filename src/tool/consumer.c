/* consumer.c - the calls, and waiting for what they set going. */
#include "tool/consumer.h"

#include "shape/kinesis_resource.h"
#include "tool/settle.h"

enum { POLL_MS = 250, PAGE_CONSUMERS = 100, TOKEN_BYTES_MAX = 1024 * 1024 };

/* With a NUL; false: longer than the service's own limits. */
static bool copy_text(rn_str text, char *room, size_t size)
{
    if (text.len >= size) {
        return false;
    }
    memcpy(room, text.data ? text.data : "", text.len);
    room[text.len] = 0;
    return true;
}

static enum runnel_err take(struct runnel_client *client, const struct rn_kinesis_consumer *from,
                            struct rn_consumer_seen *ret_consumer)
{
    struct rn_consumer_seen seen;

    if (!from || !copy_text(from->consumer_name, seen.name, sizeof(seen.name)) ||
        !copy_text(from->consumer_arn, seen.arn, sizeof(seen.arn)) ||
        !copy_text(from->consumer_status, seen.status, sizeof(seen.status))) {
        return rn_client_fail(client, RUNNEL_PROTOCOL, "", "the answer describes no consumer");
    }
    seen.created_ms = from->consumer_creation_timestamp.value;
    *ret_consumer = seen;
    return RUNNEL_OK;
}

enum runnel_err rn_stream_arn(struct runnel_client *client, const char *stream, char *ret_arn)
{
    const struct rn_kinesis_stream_description_summary *summary;
    enum runnel_err err = rn_stream_summary(client, stream, &summary);

    if (!err && !copy_text(summary->stream_arn, ret_arn, RN_ARN_TEXT_BYTES)) {
        return rn_client_fail(client, RUNNEL_PROTOCOL, "", "the stream's ARN is over %d bytes",
                              RN_ARN_TEXT_BYTES);
    }
    return err;
}

enum runnel_err rn_consumer_find(struct runnel_client *client, const char *stream_arn,
                                 const char *name, struct rn_consumer_seen *ret_consumer)
{
    struct rn_kinesis_stream_consumer_request request = {.stream_arn = rn_str_c(stream_arn),
                                                         .consumer_name = rn_str_c(name)};
    struct rn_kinesis_describe_stream_consumer_reply reply;
    enum runnel_err err = rn_client_call(
        client, "DescribeStreamConsumer", &rn_kinesis_describe_stream_consumer_request_shape,
        &request, &rn_kinesis_describe_stream_consumer_reply_shape, &reply);

    return err ? err : take(client, reply.consumer_description, ret_consumer);
}

enum runnel_err rn_consumer_list(struct runnel_client *client, const char *stream_arn,
                                 void (*each)(void *arg, const struct rn_consumer_seen *consumer),
                                 void *arg)
{
    struct rn_kinesis_list_stream_consumers_request request = {
        .stream_arn = rn_str_c(stream_arn), .max_results = {PAGE_CONSUMERS, true}};
    struct rn_kinesis_list_stream_consumers_reply reply;
    struct rn_buf token;
    enum runnel_err err;

    rn_buf_init(&token, TOKEN_BYTES_MAX);
    do {
        err = rn_client_call(client, "ListStreamConsumers",
                             &rn_kinesis_list_stream_consumers_request_shape, &request,
                             &rn_kinesis_list_stream_consumers_reply_shape, &reply);
        for (size_t i = 0; !err && i < reply.consumers.count; i++) {
            struct rn_consumer_seen seen;

            err = take(client, (const struct rn_kinesis_consumer *)reply.consumers.data + i, &seen);
            if (!err) {
                each(arg, &seen);
            }
        }
        if (!err && reply.next_token.len) { /* the next call gives up what the last one brought */
            rn_buf_clear(&token);
            rn_buf_add_str(&token, reply.next_token);
            request.next_token = rn_buf_str(&token);
        }
    } while (!err && reply.next_token.len);
    rn_buf_done(&token);
    return err;
}

bool rn_consumer_is_missing(const struct runnel_client *client, enum runnel_err err)
{
    return err == RUNNEL_SERVICE &&
           strcmp(runnel_client_error_type(client), "ResourceNotFoundException") == 0;
}

/* Ask until it is ACTIVE, or what it is not any more. */
static enum runnel_err wait_for(struct runnel_client *client, const char *stream_arn,
                                const char *name, struct rn_consumer_seen *ret_consumer)
{
    for (;;) {
        enum runnel_err err = rn_consumer_find(client, stream_arn, name, ret_consumer);

        if (err || strcmp(ret_consumer->status, "ACTIVE") == 0) {
            return err;
        }
        if (!rn_client_wait(client, POLL_MS)) {
            return rn_client_fail(client, RUNNEL_UNREACHABLE, "", "interrupted: %s is %s", name,
                                  ret_consumer->status);
        }
    }
}

enum runnel_err rn_consumer_register(struct runnel_client *client, const char *stream_arn,
                                     const char *name, struct rn_consumer_seen *ret_consumer)
{
    struct rn_kinesis_register_stream_consumer_request request = {
        .stream_arn = rn_str_c(stream_arn), .consumer_name = rn_str_c(name)};
    struct rn_kinesis_register_stream_consumer_reply reply;
    enum runnel_err err = rn_client_call(
        client, "RegisterStreamConsumer", &rn_kinesis_register_stream_consumer_request_shape,
        &request, &rn_kinesis_register_stream_consumer_reply_shape, &reply);

    return err ? err : wait_for(client, stream_arn, name, ret_consumer);
}

enum runnel_err rn_consumer_deregister(struct runnel_client *client, const char *stream_arn,
                                       const char *name)
{
    struct rn_kinesis_stream_consumer_request request = {.stream_arn = rn_str_c(stream_arn),
                                                         .consumer_name = rn_str_c(name)};
    struct rn_consumer_seen seen;
    enum runnel_err err =
        rn_client_call(client, "DeregisterStreamConsumer",
                       &rn_kinesis_deregister_stream_consumer_request_shape, &request, NULL, NULL);

    while (!err) {
        err = rn_consumer_find(client, stream_arn, name, &seen);
        if (!err && !rn_client_wait(client, POLL_MS)) {
            return rn_client_fail(client, RUNNEL_UNREACHABLE, "", "interrupted: %s is %s", name,
                                  seen.status);
        }
        if (rn_consumer_is_missing(client, err)) {
            return RUNNEL_OK;
        }
    }
    return err;
}
