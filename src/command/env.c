/* env.c - `runnel env`: shell lines that point the AWS tools and SDKs at this server.
 * Meant for  eval "$(runnel env)"; values are quoted for any POSIX shell. */
#include <stdio.h>

#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"

static void export_line(const char *name, const char *value)
{
    if (!value) {
        return;
    }
    (void)printf("export %s='", name);
    for (const char *at = value; *at; at++) {
        if (*at == '\'') {
            (void)fputs("'\\''", stdout);
        } else {
            (void)putchar(*at);
        }
    }
    (void)puts("'");
}

int rn_command_env(int argc, char **argv)
{
    struct rn_connect connect = {0};
    const struct rn_option options[] = {RN_CONNECT_OPTIONS(connect)};
    const struct rn_command_line line = {
        .command = "env",
        .arguments = "",
        .about = "Prints shell lines that point the AWS CLI and every AWS "
                 "SDK at this server:\n  eval \"$(runnel env)\"\n"
                 "The secret key is printed: mind where the output goes.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    struct runnel_config *config = NULL;
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    code = code == RN_GO_ON ? rn_connect_config("env", &connect, &config) : code;
    if (code != RN_GO_ON) {
        return code;
    }
    export_line("AWS_ENDPOINT_URL_KINESIS", runnel_config_get(config, "endpoint"));
    export_line("AWS_ACCESS_KEY_ID", runnel_config_get(config, "access_key_id"));
    export_line("AWS_SECRET_ACCESS_KEY", runnel_config_get(config, "secret_access_key"));
    export_line("AWS_SESSION_TOKEN", runnel_config_get(config, "session_token"));
    export_line("AWS_DEFAULT_REGION", runnel_config_get(config, "region"));
    export_line("AWS_REGION", runnel_config_get(config, "region"));
    export_line("AWS_CA_BUNDLE", runnel_config_get(config, "ca_bundle"));
    runnel_config_free(config);
    return RN_EXIT_OK;
}
