/* mode.c - `runnel mode`: who decides about a stream's shards, shown or changed. */
#include <stdio.h>

#include "command/command.h"
#include "shape/kinesis_settings.h"
#include "tool/connect.h"
#include "tool/consumer.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/settle.h"

static const struct {
    const char *word;
    rn_str mode; /* the service's */
} modes[] = {{"provisioned", RN_STR_INIT("PROVISIONED")}, {"on-demand", RN_STR_INIT("ON_DEMAND")}};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* As it is written here or by the service; RN_GO_ON, or what is wrong was said. */
static int parse(const char *word, rn_str *ret_mode)
{
    for (size_t i = 0; i < MODES; i++) {
        if (rn_str_ieq(rn_str_c(word), rn_str_c(modes[i].word)) ||
            rn_str_ieq(rn_str_c(word), modes[i].mode)) {
            *ret_mode = modes[i].mode;
            return RN_GO_ON;
        }
    }
    return rn_complain("mode", RN_EXIT_USAGE, "a mode is provisioned or on-demand, not '%s'", word);
}

static enum runnel_err show(struct runnel_client *client, const char *stream)
{
    const struct rn_kinesis_stream_description_summary *summary;
    enum runnel_err err = rn_stream_summary(client, stream, &summary);
    rn_str mode = !err && summary->stream_mode_details ? summary->stream_mode_details->stream_mode
                                                       : RN_STR("PROVISIONED");

    for (size_t i = 0; !err && i < MODES; i++) {
        if (rn_str_eq(mode, modes[i].mode)) {
            (void)puts(modes[i].word);
        }
    }
    return err;
}

static enum runnel_err set(struct runnel_client *client, const char *stream, rn_str mode)
{
    char arn[RN_ARN_TEXT_BYTES];
    enum runnel_err err = rn_stream_arn(client, stream, arn);
    struct rn_kinesis_stream_mode_details details = {.stream_mode = mode};
    struct rn_kinesis_update_stream_mode_request request = {.stream_arn = rn_str_c(arn),
                                                            .stream_mode_details = &details};

    return err ? err
               : rn_client_call(client, "UpdateStreamMode",
                                &rn_kinesis_update_stream_mode_request_shape, &request, NULL, NULL);
}

int rn_command_mode(int argc, char **argv)
{
    struct rn_connect connect = {0};
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {
        .command = "mode",
        .arguments = "STREAM [provisioned|on-demand]",
        .about = "Says who decides how many shards a stream has, or changes that: you "
                 "(provisioned), or the server by the\nload (on-demand). The shards stay as they "
                 "are at first.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 2,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    rn_str mode = RN_STR_NONE;
    enum runnel_err err;
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code == RN_GO_ON && count == 2) {
        code = parse(arguments[1], &mode);
    }
    code = code == RN_GO_ON ? rn_connect_client("mode", &connect, &client) : code;
    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(client, true);
    err = count == 2 ? set(client, arguments[0], mode) : show(client, arguments[0]);
    if (err || count == 1) {
        return rn_connect_end("mode", client, err);
    }
    code = rn_settle("mode", client, arguments[0]);
    runnel_client_free(client);
    return code;
}
