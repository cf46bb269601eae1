/* manage.c - `runnel create`, `list`, `describe` and `delete`: streams as a whole. */
#include <stdio.h>
#include <stdlib.h>

#include "base/civil.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/exit.h"
#include "client/list.h"
#include "shape/kinesis.h"

/* Parse the line and connect; RN_GO_ON with *ret_client, or an exit code. */
static int begin(const struct rn_command_line *line, int argc, char **argv,
                 const struct rn_connect *connect, const char **ret_arguments,
                 struct runnel_client **ret_client)
{
    size_t count;
    int code = rn_options_parse(line, argc, argv, ret_arguments, &count);

    return code == RN_GO_ON ? rn_connect_client(line->command, connect, ret_client) : code;
}

/* Free the client; the exit code of its last call. */
static int end(const char *command, struct runnel_client *client, enum runnel_err err)
{
    int code = err ? rn_connect_failed(command, client, err) : RN_EXIT_OK;

    runnel_client_free(client);
    return code;
}

int rn_command_create(int argc, char **argv)
{
    struct rn_connect connect = {0};
    int64_t shards = 0;
    bool on_demand = false;
    const struct rn_option options[] = {
        {.name = "shards",
         .value = "N",
         .help = "shards of a provisioned stream; 1 unless --on-demand",
         .number = &shards,
         .number_min = 1,
         .number_max = 100000},
        {.name = "on-demand",
         .help = "let the service choose the number of shards",
         .on = &on_demand},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        "create",
        "STREAM",
        "Creates a stream. It can be used when the command has ended.",
        options,
        sizeof(options) / sizeof(options[0]),
        1,
        1};
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = begin(&line, argc, argv, &connect, arguments, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    struct rn_kinesis_stream_mode_details mode = {.stream_mode = RN_STR("ON_DEMAND")};
    struct rn_kinesis_create_stream_request request = {.stream_name = rn_str_c(arguments[0])};

    if (on_demand) {
        request.stream_mode_details = &mode;
    }
    if (shards || !on_demand) {
        request.shard_count = (struct rn_number){shards ? shards : 1, true};
    }
    return end("create", client,
               rn_client_call(client, "CreateStream", &rn_kinesis_create_stream_request_shape,
                              &request, NULL, NULL));
}

int rn_command_delete(int argc, char **argv)
{
    struct rn_connect connect = {0};
    bool with_consumers = false;
    const struct rn_option options[] = {
        {.name = "with-consumers",
         .help = "also when consumers are registered",
         .on = &with_consumers},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        "delete",
        "STREAM",
        "Deletes a stream and all its records, at once and for good.",
        options,
        sizeof(options) / sizeof(options[0]),
        1,
        1};
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = begin(&line, argc, argv, &connect, arguments, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    struct rn_kinesis_delete_stream_request request = {.stream_name = rn_str_c(arguments[0])};

    if (with_consumers) {
        request.enforce_consumer_deletion = (struct rn_number){true, true};
    }
    return end("delete", client,
               rn_client_call(client, "DeleteStream", &rn_kinesis_delete_stream_request_shape,
                              &request, NULL, NULL));
}

/* ---- list --------------------------------------------------------------------------------- */

static void print_stream(void *arg, const struct rn_listed_stream *stream)
{
    const bool *with_details = arg;
    char created[RN_CIVIL_TEXT_BYTES];

    if (*with_details) {
        (void)printf("%-10.*s %-12.*s %s  ", RN_STR_ARG(stream->status), RN_STR_ARG(stream->mode),
                     rn_civil_iso(stream->created_ms, created));
    }
    (void)printf("%.*s\n", RN_STR_ARG(stream->name));
}

int rn_command_list(int argc, char **argv)
{
    struct rn_connect connect = {0};
    bool with_details = false;
    const struct rn_option options[] = {
        {.name = "long", .help = "with status, mode and time of creation", .on = &with_details},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {"list",
                                         "",
                                         "Lists the streams, a name on each line.",
                                         options,
                                         sizeof(options) / sizeof(options[0]),
                                         0,
                                         0};
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = begin(&line, argc, argv, &connect, arguments, &client);

    return code == RN_GO_ON
               ? end("list", client, rn_list_streams(client, print_stream, &with_details))
               : code;
}

/* ---- describe ----------------------------------------------------------------------------- */

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
    int code = begin(&line, argc, argv, &connect, arguments, &client);

    return code == RN_GO_ON
               ? end("describe", client,
                     json ? describe_json(client, arguments[0]) : describe(client, arguments[0]))
               : code;
}
