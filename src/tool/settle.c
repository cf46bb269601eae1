/* settle.c - one question every POLL_MS, which stays within what the service answers. */
#include "tool/settle.h"

#include <stdio.h>

#include "client/shards.h"
#include "sys/clock.h"
#include "sys/process.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"

enum { POLL_MS = 250 };

enum runnel_err rn_stream_summary(struct runnel_client *client, const char *stream,
                                  const struct rn_kinesis_stream_description_summary **ret_summary)
{
    struct rn_kinesis_describe_stream_summary_request request = {.stream_name = rn_str_c(stream)};
    struct rn_kinesis_describe_stream_summary_reply reply;
    enum runnel_err err = rn_client_call(
        client, "DescribeStreamSummary", &rn_kinesis_describe_stream_summary_request_shape,
        &request, &rn_kinesis_describe_stream_summary_reply_shape, &reply);

    if (!err && !reply.stream_description_summary) {
        return rn_client_fail(client, RUNNEL_PROTOCOL, "", "the answer describes no stream");
    }
    if (!err) {
        *ret_summary = reply.stream_description_summary;
    }
    return err;
}

static int64_t now_us(void)
{
    return rn_clock_mono_us(rn_clock_real());
}

static int interrupted(const char *command, const char *stream)
{
    return rn_complain(command, RN_EXIT_INTERRUPTED,
                       "the change of %s goes on; runnel describe %s shows it", stream, stream);
}

int rn_settle(const char *command, struct runnel_client *client, const char *stream)
{
    const struct rn_kinesis_stream_description_summary *summary;
    bool told = false;
    int64_t begun_us = now_us();

    for (;;) {
        enum runnel_err err = rn_stream_summary(client, stream, &summary);
        bool active = !err && rn_str_eq(summary->stream_status, RN_STR("ACTIVE"));

        if (err && rn_interrupted()) {
            return interrupted(command, stream);
        }
        if (err && err != RUNNEL_THROTTLED) {
            return rn_connect_failed(command, client, err);
        }
        if (!err && rn_process_on_terminal() && (told || !active)) {
            told = true;
            (void)fprintf(stderr, "\r%s: %.*s, %lld open shards, %.1f s %s", stream,
                          RN_STR_ARG(summary->stream_status),
                          (long long)summary->open_shard_count.value,
                          (double)(now_us() - begun_us) / 1e6, active ? "\n" : "");
        }
        if (active) {
            return RN_EXIT_OK;
        }
        if (!rn_client_wait(client, POLL_MS)) {
            return interrupted(command, stream);
        }
    }
}

int rn_settle_children(const char *command, struct runnel_client *client, const char *stream,
                       uint32_t parent)
{
    struct rn_shards shards = {.count = 0};
    int code = rn_settle(command, client, stream);
    enum runnel_err err = code == RN_EXIT_OK ? rn_shards_read(client, stream, &shards) : RUNNEL_OK;

    if (err) {
        code = rn_connect_failed(command, client, err);
    }
    for (size_t i = 0; code == RN_EXIT_OK && i < shards.count; i++) {
        char id[RN_SHARD_ID_TEXT_BYTES];

        if (shards.lineage[i].parent == parent) {
            (void)rn_shard_id_format(shards.lineage[i].index, id);
            (void)puts(id);
        }
    }
    rn_shards_done(&shards);
    return code;
}
