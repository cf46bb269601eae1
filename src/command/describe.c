/* describe.c - `runnel describe`: a stream and its shards. */
#include <stdio.h>

#include "base/civil.h"
#include "client/list.h"
#include "command/command.h"
#include "shape/kinesis.h"
#include "tool/connect.h"
#include "tool/exit.h"

static void print_shard(void *arg, const struct rn_listed_shard *shard)
{
    (void)arg;
    (void)printf("  %s  %s  %s - %s", shard->id, shard->closed ? "closed" : "open  ",
                 shard->start_hash_key, shard->end_hash_key);
    if (shard->parent[0]) {
        (void)printf("  from %s%s%s", shard->parent, shard->adjacent_parent[0] ? " and " : "",
                     shard->adjacent_parent);
    }
    (void)putchar('\n');
}

static enum runnel_err describe(struct runnel_client *client, const char *stream)
{
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name = rn_str_c(stream)};
    struct rn_kinesis_describe_stream_summary_reply reply;
    char created[RN_CIVIL_TEXT_BYTES];
    enum runnel_err err = rn_client_call(
        client, "DescribeStreamSummary", &rn_kinesis_describe_stream_summary_request_shape,
        &request, &rn_kinesis_describe_stream_summary_reply_shape, &reply);

    if (err) {
        return err;
    }
    const struct rn_kinesis_stream_description_summary *summary = reply.stream_description_summary;

    if (!summary) {
        return RUNNEL_PROTOCOL;
    }
    (void)printf("%.*s\n  arn         %.*s\n  status      %.*s\n  mode        %.*s\n  created     "
                 "%s\n  retention   %lld h\n  open shards %lld\n  consumers   %lld\n",
                 RN_STR_ARG(summary->stream_name), RN_STR_ARG(summary->stream_arn),
                 RN_STR_ARG(summary->stream_status),
                 RN_STR_ARG(summary->stream_mode_details ? summary->stream_mode_details->stream_mode
                                                         : RN_STR("")),
                 rn_civil_iso(summary->stream_creation_timestamp.value, created),
                 (long long)summary->retention_period_hours.value,
                 (long long)summary->open_shard_count.value,
                 (long long)summary->consumer_count.value);
    return rn_list_shards(client, stream, print_shard, NULL);
}

static enum runnel_err describe_json(struct runnel_client *client, const char *stream)
{
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name = rn_str_c(stream)};
    struct rn_buf body;
    const char *json;
    size_t len;
    enum runnel_err err;

    rn_buf_init(&body, RN_CLIENT_BODY_BYTES_MAX);
    rn_json_encode(&rn_kinesis_describe_stream_summary_request_shape, &request, &body);
    err = body.failed ? RUNNEL_NOMEM
                      : runnel_client_call(client, "DescribeStreamSummary", body.data, body.len,
                                           &json, &len);
    rn_buf_done(&body);
    if (!err) {
        (void)printf("%s\n", json);
    }
    return err;
}

int rn_command_describe(int argc, char **argv)
{
    struct rn_connect connect = {0};
    bool json = false;
    const struct rn_option options[] = {
        {.name = "json", .help = "the service's own answer to DescribeStreamSummary", .on = &json},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {"describe",
                                         "STREAM",
                                         "Shows a stream and its shards.",
                                         options,
                                         sizeof(options) / sizeof(options[0]),
                                         1,
                                         1};
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_connect_begin(&line, argc, argv, &connect, arguments, &client);

    return code == RN_GO_ON ? rn_connect_end("describe", client,
                                             json ? describe_json(client, arguments[0])
                                                  : describe(client, arguments[0]))
                            : code;
}
