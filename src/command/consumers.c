/* consumers.c - `runnel consumers`: the registered consumers of a stream, each with a push of its own. */
#include <stdio.h>

#include "base/civil.h"
#include "command/command.h"
#include "tool/connect.h"
#include "tool/consumer.h"
#include "tool/exit.h"
#include "tool/interrupt.h"

static void print_line(void *arg, const struct rn_consumer_seen *consumer)
{
    char created[RN_CIVIL_TEXT_BYTES];

    (void)arg;
    (void)printf("%-10s %s  %s\n", consumer->status, rn_civil_iso(consumer->created_ms, created),
                 consumer->name);
}

static void print_all(const struct rn_consumer_seen *consumer)
{
    char created[RN_CIVIL_TEXT_BYTES];

    (void)printf("%s\n  arn     %s\n  status  %s\n  created %s\n", consumer->name, consumer->arn,
                 consumer->status, rn_civil_iso(consumer->created_ms, created));
}

int rn_command_consumers(int argc, char **argv)
{
    enum { LIST, REGISTER, DESCRIBE, DEREGISTER };
    static const struct rn_verb verbs[] = {[LIST] = {"list", "STREAM", 1, 1},
                                           [REGISTER] = {"register", "STREAM NAME", 2, 2},
                                           [DESCRIBE] = {"describe", "STREAM NAME", 2, 2},
                                           [DEREGISTER] = {"deregister", "STREAM NAME", 2, 2}};
    struct rn_connect connect = {0};
    size_t verb = LIST;
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {
        .command = "consumers",
        .about = "Shows the registered consumers of a stream, registers one and prints its ARN, "
                 "shows one, or deregisters it,\nwhich ends its subscriptions. Each consumer is "
                 "pushed the records of all shards: see runnel subscribe.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .verbs = verbs,
        .verb_count = sizeof(verbs) / sizeof(verbs[0]),
        .verb = &verb,
    };
    const char *words[RN_ARGUMENTS_MAX];
    char arn[RN_ARN_TEXT_BYTES];
    struct rn_consumer_seen consumer;
    struct runnel_client *client = NULL;
    enum runnel_err err;
    int code = rn_connect_begin(&line, argc, argv, &connect, words, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(client, true);
    err = rn_stream_arn(client, words[0], arn);
    if (!err) {
        switch (verb) {
        case REGISTER:
            err = rn_consumer_register(client, arn, words[1], &consumer);
            if (!err) {
                (void)puts(consumer.arn);
            }
            break;
        case DESCRIBE:
            err = rn_consumer_find(client, arn, words[1], &consumer);
            if (!err) {
                print_all(&consumer);
            }
            break;
        case DEREGISTER:
            err = rn_consumer_deregister(client, arn, words[1]);
            break;
        default:
            err = rn_consumer_list(client, arn, print_line, NULL);
            break;
        }
    }
    return rn_connect_end("consumers", client, err);
}
