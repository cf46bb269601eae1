/* connect.c - options to config to client, and errors to exit codes. */
#include "tool/connect.h"

#include "tool/exit.h"
#include "tool/interrupt.h"

int rn_connect_exit(enum runnel_err err)
{
    switch (err) {
    case RUNNEL_OK:
        return RN_EXIT_OK;
    case RUNNEL_NOMEM:
    case RUNNEL_PROTOCOL:
        return RN_EXIT_BUG;
    case RUNNEL_USAGE:
    case RUNNEL_NO_ENDPOINT:
        return RN_EXIT_USAGE;
    case RUNNEL_NO_KEY:
    case RUNNEL_DENIED:
        return RN_EXIT_DENIED;
    case RUNNEL_UNREACHABLE:
    case RUNNEL_THROTTLED:
        return RN_EXIT_UNAVAILABLE;
    case RUNNEL_SERVICE:
        return RN_EXIT_PARTLY;
    }
    return RN_EXIT_BUG;
}

static enum runnel_err fill(struct runnel_config *config, const struct rn_connect *connect)
{
    const struct {
        const char *name, *value;
    } given[] = {{"endpoint", connect->endpoint},
                 {"region", connect->region},
                 {"profile", connect->profile}};

    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        enum runnel_err err =
            given[i].value ? runnel_config_set(config, given[i].name, given[i].value) : RUNNEL_OK;

        if (err) {
            return err;
        }
    }
    enum runnel_err err = runnel_config_load(config, connect->data);

    if (err == RUNNEL_NO_ENDPOINT) { /* this machine's own server, never AWS */
        err = runnel_config_set(config, "endpoint", RN_DEFAULT_ENDPOINT);
        err = err ? err : runnel_config_load(config, connect->data);
    }
    return err;
}

int rn_connect_config(const char *command, const struct rn_connect *connect,
                      struct runnel_config **ret_config)
{
    struct runnel_config *config = runnel_config_new();
    enum runnel_err err = config ? fill(config, connect) : RUNNEL_NOMEM;

    if (err) {
        const char *message = config ? runnel_config_message(config) : "";
        int code = rn_complain(command, rn_connect_exit(err), "%s",
                               message[0] ? message : runnel_err_text(err));

        runnel_config_free(config);
        return code;
    }
    *ret_config = config;
    return RN_GO_ON;
}

int rn_connect_client(const char *command, const struct rn_connect *connect,
                      struct runnel_client **ret_client)
{
    struct runnel_config *config = NULL;
    int code = rn_connect_config(command, connect, &config);
    enum runnel_err err;

    if (code != RN_GO_ON) {
        return code;
    }
    err = runnel_client_new(config, ret_client);
    if (err) {
        code = rn_complain(command, rn_connect_exit(err), "%s: '%s'", runnel_err_text(err),
                           runnel_config_get(config, "endpoint"));
    }
    runnel_config_free(config);
    return code;
}

int rn_connect_failed(const char *command, const struct runnel_client *client, enum runnel_err err)
{
    const char *type = runnel_client_error_type(client),
               *message = runnel_client_error_message(client);

    if (err == RUNNEL_UNREACHABLE && rn_interrupted()) {
        return RN_EXIT_INTERRUPTED; /* whoever did it knows */
    }
    if (strcmp(type, "ResourceNotFoundException") == 0) {
        return rn_complain(command, RN_EXIT_UNAVAILABLE, "%s", message);
    }
    return rn_complain(command, rn_connect_exit(err), "%s%s%s", type,
                       type[0] && message[0] ? ": " : "",
                       message[0] || type[0] ? message : runnel_err_text(err));
}

int rn_connect_begin(const struct rn_command_line *line, int argc, char **argv,
                     const struct rn_connect *connect, const char **ret_arguments,
                     struct runnel_client **ret_client)
{
    size_t count;
    int code = rn_options_parse(line, argc, argv, ret_arguments, &count);

    return code == RN_GO_ON ? rn_connect_client(line->command, connect, ret_client) : code;
}

int rn_connect_end(const char *command, struct runnel_client *client, enum runnel_err err)
{
    int code = err ? rn_connect_failed(command, client, err) : RN_EXIT_OK;

    runnel_client_free(client);
    return code;
}
