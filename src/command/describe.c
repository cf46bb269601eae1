/* describe.c - `runnel describe`: a stream, and its shards as the picture of their lineage. */
#include <stdio.h>
#include <unistd.h>

#include "base/civil.h"
#include "client/list.h"
#include "client/shards.h"
#include "command/command.h"
#include "shape/kinesis.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/lineage.h"
#include "tool/settle.h"
#include "tool/terminal.h"

enum { ROWS_MAX = 64, PICTURE_BYTES_MAX = 64 * 1024 * 1024 };

struct describe {
    const char *stream;
    bool json, with_numbers, all;
};

/* Shard-level metrics, if there are any. */
static void print_metrics(const struct rn_kinesis_stream_description_summary *summary)
{
    const struct rn_kinesis_enhanced_metrics *sets = summary->enhanced_monitoring.data;

    for (size_t i = 0; i < summary->enhanced_monitoring.count; i++) {
        const rn_str *names = sets[i].shard_level_metrics.data;

        for (size_t j = 0; j < sets[i].shard_level_metrics.count; j++) {
            (void)printf("%s%.*s", j ? ", " : "  metrics     ", RN_STR_ARG(names[j]));
        }
        (void)fputs(sets[i].shard_level_metrics.count ? "\n" : "", stdout);
    }
}

static void print_summary(const struct rn_kinesis_stream_description_summary *summary)
{
    char created[RN_CIVIL_TEXT_BYTES];

    (void)printf("%.*s\n  arn         %.*s\n  status      %.*s\n  mode        %.*s\n  created     "
                 "%s\n  retention   %lld h\n",
                 RN_STR_ARG(summary->stream_name), RN_STR_ARG(summary->stream_arn),
                 RN_STR_ARG(summary->stream_status),
                 RN_STR_ARG(summary->stream_mode_details ? summary->stream_mode_details->stream_mode
                                                         : RN_STR("")),
                 rn_civil_iso(summary->stream_creation_timestamp.value, created),
                 (long long)summary->retention_period_hours.value);
    if (summary->max_record_size_in_kib.set) {
        (void)printf("  record size %lld KiB\n", (long long)summary->max_record_size_in_kib.value);
    }
    (void)printf("  encryption  %.*s%s%.*s\n", RN_STR_ARG(summary->encryption_type),
                 summary->key_id.len ? " " : "", RN_STR_ARG(summary->key_id));
    print_metrics(summary);
    if (summary->warm_throughput) {
        (void)printf("  throughput  %lld MiB/s kept warm, %lld wanted\n",
                     (long long)summary->warm_throughput->current_mi_bps.value,
                     (long long)summary->warm_throughput->target_mi_bps.value);
    }
    (void)printf("  consumers   %lld\n", (long long)summary->consumer_count.value);
}

/* ---- the shards --------------------------------------------------------------------------- */

static enum runnel_err draw(struct runnel_client *client, const struct describe *describe,
                            struct rn_shards *shards)
{
    struct rn_terminal terminal = rn_terminal_of(STDOUT_FILENO);
    struct rn_lineage_style style = {terminal.columns, terminal.utf8, describe->all ? 0 : ROWS_MAX};
    struct rn_buf out;
    enum rn_lineage_drawn drawn;
    rn_err err;

    rn_buf_init(&out, PICTURE_BYTES_MAX);
    err = rn_lineage_draw(shards->lineage, shards->count, &style, &out, &drawn);
    if (!err) {
        (void)printf("\n%.*s", RN_STR_ARG(rn_buf_str(&out)));
    }
    if (!err && drawn != RN_LINEAGE_ALL) {
        (void)printf("\n%srunnel describe %s --all draws each shard\n",
                     drawn == RN_LINEAGE_OPEN ? "only the open ones are shown; " : "",
                     describe->stream);
    }
    rn_buf_done(&out);
    return err ? rn_client_fail(client, RUNNEL_NOMEM, "", "out of memory") : RUNNEL_OK;
}

static void print_shard(void *arg, const struct rn_listed_shard *shard)
{
    (void)arg;
    (void)printf("\n%s  %s\n  hash keys        %s - %s\n  sequence numbers %s - %s\n", shard->id,
                 shard->closed ? "closed" : "open", shard->start_hash_key, shard->end_hash_key,
                 shard->start_number, shard->closed ? shard->end_number : "now");
    if (shard->parent[0]) {
        (void)printf("  parents          %s %s\n", shard->parent, shard->adjacent_parent);
    }
}

static enum runnel_err describe_shards(struct runnel_client *client,
                                       const struct describe *describe)
{
    struct rn_shards shards;
    enum runnel_err err = rn_shards_read(client, describe->stream, &shards);

    if (!err) {
        (void)printf("  shards      %zu open, %zu closed\n", shards.open,
                     shards.count - shards.open);
    }
    if (!err && describe->with_numbers) {
        err = rn_list_shards(client, describe->stream, print_shard, NULL);
    } else if (!err && shards.count) {
        err = draw(client, describe, &shards);
    }
    rn_shards_done(&shards);
    return err;
}

/* ---- the stream --------------------------------------------------------------------------- */

static enum runnel_err describe_text(struct runnel_client *client, const struct describe *describe)
{
    const struct rn_kinesis_stream_description_summary *summary;
    enum runnel_err err = rn_stream_summary(client, describe->stream, &summary);

    if (err) {
        return err;
    }
    print_summary(summary);
    return describe_shards(client, describe);
}

static enum runnel_err describe_json(struct runnel_client *client, const struct describe *describe)
{
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name =
                                                                     rn_str_c(describe->stream)};
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
    struct describe describe = {0};
    const struct rn_option options[] = {
        {.name = "json",
         .help = "the service's own answer to DescribeStreamSummary",
         .on = &describe.json},
        {.name = "long",
         .help =
             "each shard with its hash keys, sequence numbers and parents instead of the picture",
         .on = &describe.with_numbers},
        {.name = "all", .help = "draw each shard, however many there are", .on = &describe.all},
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "describe",
        .arguments = "STREAM",
        .about = "Shows a stream, and its shards as a tree: a child stands below its parent, "
                 "beside a bar "
                 "that is its\npart of the hash keys. \"3 = 1+2\" came of a merge; an arrow "
                 "leads from a second parent there; \"3 of 1\"\nhas a parent whose records "
                 "are gone. Over 64 shards are counted by sixteenths of the hash keys.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 1,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    int code = rn_connect_begin(&line, argc, argv, &connect, arguments, &client);

    describe.stream = code == RN_GO_ON ? arguments[0] : NULL;
    return code == RN_GO_ON ? rn_connect_end("describe", client,
                                             describe.json ? describe_json(client, &describe)
                                                           : describe_text(client, &describe))
                            : code;
}
