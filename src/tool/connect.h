/* connect.h - what every subcommand that talks to a server shares: its options, a client, and how a failed
 * call is told and ends the process. */
#ifndef RN_TOOL_CONNECT_H
#define RN_TOOL_CONNECT_H

#include "client/client.h"
#include "tool/options.h"

struct rn_connect {
    const char *endpoint, *region, *profile, *data;
};

/* Rows of the four common options; to be put into a table of options. */
#define RN_CONNECT_OPTIONS(connect)                                                              \
    {.name = "endpoint",                                                                         \
     .value = "URL",                                                                             \
     .help = "where the server is; else AWS_ENDPOINT_URL_KINESIS, else port 4567 here",          \
     .text = &(connect).endpoint},                                                               \
        {.name = "region",                                                                       \
         .value = "NAME",                                                                        \
         .help = "region to sign for; else AWS_REGION",                                          \
         .text = &(connect).region},                                                             \
        {.name = "profile",                                                                      \
         .value = "NAME",                                                                        \
         .help = "profile in the AWS files; else AWS_PROFILE",                                   \
         .text = &(connect).profile},                                                            \
    {                                                                                            \
        .name = "data", .value = "DIR", .help = "the server's data directory, for its root key", \
        .text = &(connect).data                                                                  \
    }

#define RN_DEFAULT_ENDPOINT "http://127.0.0.1:4567"

/* A loaded config, or what is wrong was said: RN_GO_ON or an exit code. The caller frees *ret_config. */
int rn_connect_config(const char *command, const struct rn_connect *connect,
                      struct runnel_config **ret_config);
/* A client made from it. The caller frees *ret_client. */
int rn_connect_client(const char *command, const struct rn_connect *connect,
                      struct runnel_client **ret_client);

/* For commands that are one call or a few: parse the line and connect; RN_GO_ON with *ret_client, or an exit code. */
int rn_connect_begin(const struct rn_command_line *line, int argc, char **argv,
                     const struct rn_connect *connect, const char **ret_arguments,
                     struct runnel_client **ret_client);
/* Free the client; the exit code of its last call, whose failure is said. */
int rn_connect_end(const char *command, struct runnel_client *client, enum runnel_err err);

/* Say why the last call failed; the exit code for it. */
int rn_connect_failed(const char *command, const struct runnel_client *client, enum runnel_err err);
int rn_connect_exit(enum runnel_err err);

#endif
