/* list.c - pages until the service says there are no more. */
#include "client/list.h"

#include "shape/kinesis.h"

/* A NUL-terminated copy, cut when it does not fit (no name of the service is that long). */
static void copy_text(rn_str text, char *room, size_t size)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len) {
        memcpy(room, text.data, len);
    }
    room[len] = 0;
}

static void tell_shard(const struct rn_kinesis_shard *shard,
                       void (*each)(void *arg, const struct rn_listed_shard *shard), void *arg)
{
    struct rn_listed_shard listed = {.closed = false};

    copy_text(shard->shard_id, listed.id, sizeof(listed.id));
    copy_text(shard->parent_shard_id, listed.parent, sizeof(listed.parent));
    copy_text(shard->adjacent_parent_shard_id, listed.adjacent_parent,
              sizeof(listed.adjacent_parent));
    if (shard->hash_key_range) {
        copy_text(shard->hash_key_range->starting_hash_key, listed.start_hash_key,
                  sizeof(listed.start_hash_key));
        copy_text(shard->hash_key_range->ending_hash_key, listed.end_hash_key,
                  sizeof(listed.end_hash_key));
    }
    if (shard->sequence_number_range) {
        copy_text(shard->sequence_number_range->starting_sequence_number, listed.start_number,
                  sizeof(listed.start_number));
        copy_text(shard->sequence_number_range->ending_sequence_number, listed.end_number,
                  sizeof(listed.end_number));
        listed.closed = listed.end_number[0] != 0;
    }
    each(arg, &listed);
}

/* The next page's token, kept over the call that resets the client's arena; NULL when memory ends. */
static bool keep_token(struct rn_buf *kept, rn_str token)
{
    rn_buf_clear(kept);
    rn_buf_add_str(kept, token);
    return !kept->failed;
}

enum runnel_err rn_list_shards(struct runnel_client *client, const char *stream,
                               void (*each)(void *arg, const struct rn_listed_shard *shard),
                               void *arg)
{
    struct rn_kinesis_list_shards_request request = {.stream_name = rn_str_c(stream)};
    struct rn_buf token;
    enum runnel_err err;

    rn_buf_init(&token, 1024 * 1024);
    for (;;) {
        struct rn_kinesis_list_shards_reply reply;

        err = rn_client_call(client, "ListShards", &rn_kinesis_list_shards_request_shape, &request,
                             &rn_kinesis_list_shards_reply_shape, &reply);
        if (err) {
            break;
        }
        for (size_t i = 0; i < reply.shards.count; i++) {
            tell_shard((const struct rn_kinesis_shard *)reply.shards.data + i, each, arg);
        }
        if (!reply.next_token.len) {
            break;
        }
        if (!keep_token(&token, reply.next_token)) {
            err = RUNNEL_NOMEM;
            break;
        }
        request = (struct rn_kinesis_list_shards_request){.next_token = rn_buf_str(&token)};
    }
    rn_buf_done(&token);
    return err;
}

enum runnel_err rn_list_streams(struct runnel_client *client,
                                void (*each)(void *arg, const struct rn_listed_stream *stream),
                                void *arg)
{
    struct rn_kinesis_list_streams_request request = {.limit = {0, false}};
    struct rn_buf token;
    enum runnel_err err;

    rn_buf_init(&token, 1024 * 1024);
    for (;;) {
        struct rn_kinesis_list_streams_reply reply;

        err = rn_client_call(client, "ListStreams", &rn_kinesis_list_streams_request_shape,
                             &request, &rn_kinesis_list_streams_reply_shape, &reply);
        if (err) {
            break;
        }
        for (size_t i = 0; i < reply.stream_summaries.count; i++) {
            const struct rn_kinesis_stream_summary *summary =
                (const struct rn_kinesis_stream_summary *)reply.stream_summaries.data + i;
            struct rn_listed_stream listed = {
                summary->stream_name, summary->stream_arn, summary->stream_status,
                summary->stream_mode_details ? summary->stream_mode_details->stream_mode
                                             : RN_STR(""),
                summary->stream_creation_timestamp.value};

            each(arg, &listed);
        }
        if (!reply.next_token.len) {
            break;
        }
        if (!keep_token(&token, reply.next_token)) {
            err = RUNNEL_NOMEM;
            break;
        }
        request.next_token = rn_buf_str(&token);
    }
    rn_buf_done(&token);
    return err;
}
