/* config.h - inside of struct runnel_config: one table of settings, filled by calls, variables and files. */
#ifndef RN_CLIENT_CONFIG_H
#define RN_CLIENT_CONFIG_H

#include "runnel/client.h"

#include "base/err.h"

enum rn_config_key {
    RN_CONFIG_ENDPOINT,
    RN_CONFIG_REGION,
    RN_CONFIG_PROFILE,
    RN_CONFIG_ACCESS_KEY_ID,
    RN_CONFIG_SECRET_ACCESS_KEY,
    RN_CONFIG_SESSION_TOKEN,
    RN_CONFIG_CA_BUNDLE,
    RN_CONFIG_RETRY_MS,
    RN_CONFIG_CONNECT_TIMEOUT_MS,
    RN_CONFIG_TIMEOUT_MS,
    RN_CONFIG_COUNT
};

struct runnel_config {
    char *values[RN_CONFIG_COUNT]; /* owned; NULL: unset */
    struct rn_reason reason;
};

/* A number setting, or its default. */
long rn_config_number(const struct runnel_config *config, enum rn_config_key key);
/* Host part of the endpoint is 127.0.0.0/8, ::1 or localhost. */
bool rn_endpoint_is_loopback(const char *endpoint);

#endif
