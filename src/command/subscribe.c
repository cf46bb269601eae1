/* subscribe.c - `runnel subscribe`: the records of a stream, pushed to a registered consumer as they come. */
#include <stdio.h>

#include "command/command.h"
#include "sys/process.h"
#include "tool/connect.h"
#include "tool/consumer.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/shards.h"
#include "tool/show.h"
#include "tool/since.h"

enum { AWAY_MS = 1000 };

struct subscribe {
    const char *stream, *consumer, *from, *only_shard;
    struct rn_since since;
    struct rn_show show;
    struct runnel_client *client;
    struct runnel_subscriber *subscriber;
    int code; /* RN_GO_ON until showing ends it */
    bool told_away;
};

static bool show(void *arg, const char *shard_id, const struct runnel_page *page)
{
    struct subscribe *subscribe = arg;
    const char *last;

    subscribe->told_away = false;
    subscribe->code = rn_show_page(&subscribe->show, shard_id, page, &last);
    return subscribe->code == RN_GO_ON && !rn_show_is_over(&subscribe->show);
}

/* The consumer of that name, registered if need be. RN_GO_ON, or an exit code. */
static int find_consumer(const struct subscribe *subscribe, struct rn_consumer_seen *ret_consumer)
{
    char arn[RN_ARN_TEXT_BYTES];
    enum runnel_err err = rn_stream_arn(subscribe->client, subscribe->stream, arn);

    if (err) {
        return rn_connect_failed("subscribe", subscribe->client, err);
    }
    err = rn_consumer_find(subscribe->client, arn, subscribe->consumer, ret_consumer);
    if (rn_consumer_is_missing(subscribe->client, err)) {
        err = rn_consumer_register(subscribe->client, arn, subscribe->consumer, ret_consumer);
        if (!err) {
            (void)rn_complain(
                "subscribe", 0,
                "registered %s; runnel consumers deregister %s %s takes it away again",
                subscribe->consumer, subscribe->stream, subscribe->consumer);
        }
    }
    return err ? rn_connect_failed("subscribe", subscribe->client, err) : RN_GO_ON;
}

/* Say which shards, and from where. */
static enum runnel_err begin(const struct subscribe *subscribe)
{
    static const char *const types[] = {[RN_SINCE_LATEST] = "LATEST",
                                        [RN_SINCE_OLDEST] = "TRIM_HORIZON",
                                        [RN_SINCE_TIME] = "AT_TIMESTAMP",
                                        [RN_SINCE_SEQUENCE] = "AT_SEQUENCE_NUMBER"};
    char own[RN_SHARD_ID_TEXT_BYTES];
    bool by_number = subscribe->since.kind == RN_SINCE_SEQUENCE;

    (void)rn_shard_id_format(subscribe->since.shard_index, own);
    return runnel_subscriber_begin(subscribe->subscriber,
                                   subscribe->only_shard ? subscribe->only_shard
                                   : by_number           ? own
                                                         : NULL,
                                   types[subscribe->since.kind], by_number ? subscribe->from : NULL,
                                   subscribe->since.at_ms, !subscribe->only_shard);
}

/* Until the end; a server that is away is waited for. */
static int follow(struct subscribe *subscribe)
{
    for (;;) {
        enum runnel_err err = runnel_subscriber_run(subscribe->subscriber, show, subscribe);

        if (subscribe->code != RN_GO_ON || !err) {
            return subscribe->code == RN_GO_ON ? RN_EXIT_OK : subscribe->code;
        }
        if (rn_interrupted()) {
            return RN_EXIT_INTERRUPTED;
        }
        if (err != RUNNEL_UNREACHABLE && err != RUNNEL_THROTTLED) {
            return rn_connect_failed("subscribe", subscribe->client, err);
        }
        if (!subscribe->told_away) {
            subscribe->told_away = true;
            (void)rn_complain("subscribe", 0, "%s; waiting for it",
                              runnel_client_error_message(subscribe->client));
        }
        (void)rn_client_wait(subscribe->client, AWAY_MS);
    }
}

static int check(struct subscribe *subscribe)
{
    uint32_t index;
    int code = rn_show_init(&subscribe->show, "subscribe");

    if (code == RN_GO_ON && !subscribe->consumer) {
        code = rn_complain("subscribe", RN_EXIT_USAGE,
                           "which consumer is missing: runnel subscribe %s --consumer NAME",
                           subscribe->stream);
    }
    if (code == RN_GO_ON) {
        code = rn_since_argument("subscribe", subscribe->from, &subscribe->since);
    }
    if (code == RN_GO_ON && subscribe->only_shard) {
        code = rn_shard_argument("subscribe", subscribe->only_shard, &index);
    }
    return code;
}

static int run(struct subscribe *subscribe, const struct rn_connect *connect)
{
    struct rn_consumer_seen consumer;
    enum runnel_err err;
    int code = check(subscribe);

    code = code == RN_GO_ON ? rn_connect_client("subscribe", connect, &subscribe->client) : code;
    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(subscribe->client, true);
    (void)rn_process_raise_files(); /* without TLS every shard has a connection */
    code = find_consumer(subscribe, &consumer);
    if (code != RN_GO_ON) {
        return code;
    }
    err = runnel_subscriber_new(subscribe->client, subscribe->stream, consumer.arn,
                                &subscribe->subscriber);
    err = err ? err : begin(subscribe);
    if (err == RUNNEL_USAGE) { /* no such shard: the rest was looked at */
        return rn_complain("subscribe", RN_EXIT_UNAVAILABLE, "%s",
                           runnel_client_error_message(subscribe->client));
    }
    return err ? rn_connect_failed("subscribe", subscribe->client, err) : follow(subscribe);
}

int rn_command_subscribe(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct subscribe subscribe = {.from = "latest", .code = RN_GO_ON};
    const struct rn_option options[] = {
        {.name = "consumer",
         .value = "NAME",
         .help = "read as this consumer; registered if there is none of the name",
         .text = &subscribe.consumer},
        RN_SINCE_OPTION(subscribe.from),
        {.name = "shard",
         .value = "ID",
         .help = "only this shard, without its children",
         .text = &subscribe.only_shard},
        RN_SHOW_OPTIONS(subscribe.show),
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "subscribe",
        .arguments = "STREAM --consumer NAME",
        .about = "Shows the records of a stream, of all shards, as the server pushes them to a "
                 "registered consumer: with a\nthroughput of its own, and without asking. "
                 "Otherwise as runnel tail.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 1,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code != RN_GO_ON) {
        return code;
    }
    subscribe.stream = arguments[0];
    code = run(&subscribe, &connect);
    runnel_subscriber_free(subscribe.subscriber);
    rn_show_done(&subscribe.show);
    runnel_client_free(subscribe.client);
    return code;
}
