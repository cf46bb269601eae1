/* health.c - `runnel health`: is the server ready? For container health checks and scripts: one question
 * without credentials, one word, an exit code. */
#include <stdio.h>
#include <stdlib.h>

#include "client/transport.h"
#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"

enum { REPLY_BYTES_MAX = 4096 };

/* As the other commands find it, but for the files: asking needs no profile. */
static const char *find_endpoint(const char *given)
{
    static const char *const variables[] = {"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"};

    for (size_t i = 0; !given && i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);

        given = value && value[0] ? value : NULL;
    }
    return given ? given : RN_DEFAULT_ENDPOINT;
}

static int ask(struct rn_transport *transport, const char *endpoint)
{
    struct rn_reason reason = {""};
    rn_str reply = RN_STR_NONE;
    int status = 0;
    rn_err err = rn_transport_get(transport, "/-/ready", &status, &reply, &reason);

    if (err) {
        return rn_complain("health", RN_EXIT_UNAVAILABLE, "%s",
                           reason.text[0] ? reason.text : rn_err_text(err));
    }
    if (reply.len > 0 && reply.data[reply.len - 1] == '\n') {
        reply.len--;
    }
    if (status != 200) {
        return rn_complain("health", RN_EXIT_UNAVAILABLE, "%s answers %d: %.*s", endpoint, status,
                           RN_STR_ARG(reply));
    }
    (void)printf("%.*s\n", RN_STR_ARG(reply));
    return RN_EXIT_OK;
}

int rn_command_health(int argc, char **argv)
{
    const char *endpoint = NULL;
    int64_t timeout_s = 5;
    const struct rn_option options[] = {
        {.name = "endpoint",
         .value = "URL",
         .help = "where the server is; else AWS_ENDPOINT_URL_KINESIS, else port 4567 here",
         .text = &endpoint},
        {.name = "timeout",
         .value = "SECONDS",
         .help = "how long to wait for an answer",
         .number = &timeout_s,
         .number_min = 1,
         .number_max = 3600},
    };
    const struct rn_command_line line = {
        .command = "health",
        .arguments = "",
        .about = "Asks a server whether it is ready: prints the answer and ends with 0, or says on "
                 "standard\n"
                 "error why it is not and ends with 69. Needs no credentials.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct rn_transport *transport = NULL;
    struct rn_reason reason = {""};
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);
    rn_err err;

    if (code != RN_GO_ON) {
        return code;
    }
    endpoint = find_endpoint(endpoint);
    err = rn_transport_new(
        &(struct rn_transport_options){.endpoint = endpoint,
                                       .ca_bundle = getenv("AWS_CA_BUNDLE"),
                                       .connect_timeout_ms = (long)timeout_s * 1000,
                                       .timeout_ms = (long)timeout_s * 1000,
                                       .reply_bytes_max = REPLY_BYTES_MAX},
        &transport, &reason);
    if (err) {
        return rn_complain("health", err == RN_INVALID ? RN_EXIT_USAGE : RN_EXIT_BUG, "%s",
                           reason.text[0] ? reason.text : rn_err_text(err));
    }
    code = ask(transport, endpoint);
    rn_transport_free(transport);
    return code;
}
