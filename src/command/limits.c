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

/* Is the line "get", "get NAME" or "set NAME VALUE"? If not, that was said. */
static int check_words(const char *const *words, size_t count)
{
    if (strcmp(words[0], "get") == 0) {
        return count <= 2 ? RN_GO_ON
                          : rn_complain("limits", RN_EXIT_USAGE,
                                        "get takes one name at most, not also "
                                        "\"%s\"",
                                        words[2]);
    }
    if (strcmp(words[0], "set") == 0) {
        return count == 3 ? RN_GO_ON
                          : rn_complain("limits", RN_EXIT_USAGE,
                                        "set needs a name and a value, such as: "
                                        "runnel limits set shard-write-records off");
    }
    return rn_complain("limits", RN_EXIT_USAGE, "\"%s\" is neither get nor set", words[0]);
}

int rn_command_limits(int argc, char **argv)
{
    struct rn_connect connect = {0};
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {"limits",
                                         "get [NAME] | set NAME VALUE",
                                         "Shows the limits of a running server, or sets one: to a "
                                         "whole number, to off, which lifts it, or "
                                         "to\ndefault, as the server was started. A change counts "
                                         "at once and stays after a restart.",
                                         options,
                                         sizeof(options) / sizeof(options[0]),
                                         1,
                                         3};
    const char *words[RN_ARGUMENTS_MAX];
    struct runnel_client *client = NULL;
    bool found = false;
    enum runnel_err err;
    size_t count;
    int code = rn_options_parse(&line, argc, argv, words, &count);

    if (code == RN_GO_ON) {
        code = check_words(words, count);
    }
    if (code == RN_GO_ON) {
        code = rn_connect_client("limits", &connect, &client);
    }
    if (code != RN_GO_ON) {
        return code;
    }
    err = count == 3 ? set(client, words[1], words[2])
                     : get(client, count == 2 ? words[1] : NULL, &found);
    code = RN_EXIT_OK;
    if (err) {
        code = strcmp(runnel_client_error_type(client), "InvalidArgumentException") == 0
                   ? rn_complain("limits", RN_EXIT_USAGE, "%s", runnel_client_error_message(client))
                   : rn_connect_failed("limits", client, err);
    } else if (count == 2 && !found) {
        code = rn_complain("limits", RN_EXIT_USAGE, "there is no limit \"%s\"", words[1]);
    }
    runnel_client_free(client);
    return code;
}
