/* limits.c - runnel limits: the limits of a running server, and changing them. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "shape/runnel.h"
#include "tool/connect.h"
#include "tool/exit.h"

static enum runnel_err get(struct runnel_client *client, const char *name, bool *ret_found)
{
    struct rn_runnel_get_limits_request request = {0};
    struct rn_runnel_get_limits_reply reply = {0};
    enum runnel_err err =
        rn_client_call(client, RN_RUNNEL_TARGET ".GetLimits", &rn_runnel_get_limits_request_shape,
                       &request, &rn_runnel_get_limits_reply_shape, &reply);
    const struct rn_runnel_limit *limits = reply.limits.data;

    for (size_t i = 0; !err && i < reply.limits.count; i++) {
        const struct rn_runnel_limit *limit = &limits[i];

        if (name && !rn_str_eq(limit->name, rn_str_c(name))) {
            continue;
        }
        *ret_found = true;
        (void)printf("%-36.*s %12.*s %-9.*s %.*s", RN_STR_ARG(limit->name),
                     RN_STR_ARG(limit->value), RN_STR_ARG(limit->unit),
                     RN_STR_ARG(limit->description));
        if (limit->is_set.value) {
            (void)printf(" (set; default %.*s)", RN_STR_ARG(limit->initial));
        }
        (void)putchar('\n');
    }
    return err;
}

static enum runnel_err set(struct runnel_client *client, const char *name, const char *value)
{
    struct rn_pair pair = {rn_str_c(name), rn_str_c(value)};
    struct rn_runnel_set_limits_request request = {
        .limits = {.data = &pair, .count = 1, .set = true}};

    return rn_client_call(client, RN_RUNNEL_TARGET ".SetLimits",
                          &rn_runnel_set_limits_request_shape, &request, NULL, NULL);
}

int rn_command_limits(int argc, char **argv)
{
    enum { GET, SET };
    static const struct rn_verb verbs[] = {
        [GET] = {"get", "[NAME]", 0, 1}, [SET] = {"set", "NAME VALUE", 2, 2}};
    struct rn_connect connect = {0};
    size_t verb = GET;
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {
        .command = "limits",
        .about = "Shows the limits of a running server, or sets one: to a "
                 "whole number, to off, which lifts it, or "
                 "to\ndefault, as the server was started. A change counts "
                 "at once and stays after a restart.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .verbs = verbs,
        .verb_count = sizeof(verbs) / sizeof(verbs[0]),
        .verb = &verb,
    };
    const char *words[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    bool found = false;
    enum runnel_err err;
    int code = rn_connect_begin(&line, argc, argv, &connect, words, &client);

    if (code != RN_GO_ON) {
        return code;
    }
    err = verb == SET ? set(client, words[0], words[1]) : get(client, words[0], &found);
    if (err && strcmp(runnel_client_error_type(client), "InvalidArgumentException") == 0) {
        code = rn_complain("limits", RN_EXIT_USAGE, "%s", runnel_client_error_message(client));
    } else if (!err && verb == GET && words[0] && !found) {
        code = rn_complain("limits", RN_EXIT_USAGE, "there is no limit '%s'", words[0]);
    } else {
        return rn_connect_end("limits", client, err);
    }
    runnel_client_free(client);
    return code;
}
