/* retention.c - `runnel retention`: how long a stream keeps its records, shown or changed. */
#include <stdio.h>

#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/settle.h"

/* "168", "168h" or "7d" in hours. */
static bool parse_hours(const char *text, int64_t *ret_hours)
{
    rn_str number = rn_str_c(text);
    int64_t hours_each = 1;
    uint64_t value;

    if (number.len && (number.data[number.len - 1] == 'h' || number.data[number.len - 1] == 'd')) {
        hours_each = number.data[number.len - 1] == 'd' ? 24 : 1;
        number.len--;
    }
    if (!rn_str_to_u64(number, &value) || !value || value > 1000000) {
        return false;
    }
    *ret_hours = (int64_t)value * hours_each;
    return true;
}

/* The service has a call for longer and one for shorter, and wants to hear which. */
static enum runnel_err set(struct runnel_client *client, const char *stream, int64_t now_hours,
                           int64_t hours)
{
    struct rn_kinesis_set_stream_retention_period_request request = {
        .stream_name = rn_str_c(stream), .retention_period_hours = {hours, true}};
    bool longer = hours > now_hours;

    if (hours == now_hours) {
        return RUNNEL_OK;
    }
    return rn_client_call(
        client, longer ? "IncreaseStreamRetentionPeriod" : "DecreaseStreamRetentionPeriod",
        longer ? &rn_kinesis_increase_stream_retention_period_request_shape
               : &rn_kinesis_decrease_stream_retention_period_request_shape,
        &request, NULL, NULL);
}

int rn_command_retention(int argc, char **argv)
{
    struct rn_connect connect = {0};
    int64_t hours = 0;
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {
        .command = "retention",
        .arguments = "STREAM [HOURS]",
        .about =
            "Says how many hours a stream keeps its records, or changes that: 24 to 8760 hours, or "
            "days such as 7d.\nShorter takes the older records away, for good.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 2,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    const struct rn_kinesis_stream_description_summary *summary;
    enum runnel_err err;
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code == RN_GO_ON && count == 2 && !parse_hours(arguments[1], &hours)) {
        code = rn_complain("retention", RN_EXIT_USAGE,
                           "HOURS must be a whole number of hours (168) or days (7d), not '%s'",
                           arguments[1]);
    }
    code = code == RN_GO_ON ? rn_connect_client("retention", &connect, &client) : code;
    if (code != RN_GO_ON) {
        return code;
    }
    err = rn_stream_summary(client, arguments[0], &summary);
    if (!err && count == 1) {
        (void)printf("%lld\n", (long long)summary->retention_period_hours.value);
    } else if (!err) {
        err = set(client, arguments[0], summary->retention_period_hours.value, hours);
    }
    return rn_connect_end("retention", client, err);
}
