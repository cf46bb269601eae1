/* config.c - where to and as whom: values set by the caller, then what the AWS CLI would read.
 *
 * ORDER      a value set by a call; its variables, in the order of the table; the profile in the config file; in the
 *            credentials file. A key pair is taken from one place as a whole, never half from each.
 * NEVER      falls through to an AWS endpoint: without an explicit endpoint there is none.
 * Source: AWS CLI user guide, "Configuration and credential file settings" and "Environment variables". */
#include "client/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "client/ini.h"

enum { VARIABLES_MAX = 3, PATH_BYTES_MAX = 4096 };

struct setting {
    const char *name;
    const char *variables[VARIABLES_MAX]; /* tried in order */
    const char *file_key;                 /* in the AWS files; NULL: not there */
    long number_default;                  /* -1: a text */
};

static const struct setting settings[RN_CONFIG_COUNT] = {
    [RN_CONFIG_ENDPOINT] = {"endpoint",
                            {"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"},
                            "endpoint_url",
                            -1},
    [RN_CONFIG_REGION] = {"region", {"AWS_REGION", "AWS_DEFAULT_REGION"}, "region", -1},
    [RN_CONFIG_PROFILE] = {"profile", {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, NULL, -1},
    [RN_CONFIG_ACCESS_KEY_ID] = {"access_key_id", {"AWS_ACCESS_KEY_ID"}, "aws_access_key_id", -1},
    [RN_CONFIG_SECRET_ACCESS_KEY] = {"secret_access_key",
                                     {"AWS_SECRET_ACCESS_KEY"},
                                     "aws_secret_access_key",
                                     -1},
    [RN_CONFIG_SESSION_TOKEN] = {"session_token", {"AWS_SESSION_TOKEN"}, "aws_session_token", -1},
    [RN_CONFIG_CA_BUNDLE] = {"ca_bundle", {"AWS_CA_BUNDLE"}, "ca_bundle", -1},
    [RN_CONFIG_RETRY_MS] = {"retry_ms", {NULL}, NULL, 10000},
    [RN_CONFIG_CONNECT_TIMEOUT_MS] = {"connect_timeout_ms", {NULL}, NULL, 5000},
    [RN_CONFIG_TIMEOUT_MS] = {"timeout_ms", {NULL}, NULL, 60000},
};

struct runnel_config *runnel_config_new(void)
{
    return calloc(1, sizeof(struct runnel_config));
}

void runnel_config_free(struct runnel_config *config)
{
    if (config) {
        for (int key = 0; key < RN_CONFIG_COUNT; key++) {
            free(config->values[key]);
        }
        free(config);
    }
}

static int key_named(const char *name)
{
    for (int key = 0; key < RN_CONFIG_COUNT; key++) {
        if (strcmp(settings[key].name, name) == 0) {
            return key;
        }
    }
    return -1;
}

static enum runnel_err assign(struct runnel_config *config, int key, rn_str value)
{
    char *copy = strndup(value.data, value.len);

    if (!copy) {
        return RUNNEL_NOMEM;
    }
    free(config->values[key]);
    config->values[key] = copy;
    return RUNNEL_OK;
}

enum runnel_err runnel_config_set(struct runnel_config *config, const char *name, const char *value)
{
    int key = key_named(name);
    uint64_t number;

    config->reason.text[0] = 0;
    if (key < 0) {
        (void)rn_reason_set(&config->reason, RN_INVALID, "no setting is called '%s'", name);
        return RUNNEL_USAGE;
    }
    if (settings[key].number_default >= 0 &&
        (!rn_str_to_u64(rn_str_c(value), &number) || number > INT32_MAX)) {
        (void)rn_reason_set(&config->reason, RN_INVALID,
                            "%s must be a number of milliseconds, not '%s'", name, value);
        return RUNNEL_USAGE;
    }
    return assign(config, key, rn_str_c(value));
}

const char *runnel_config_get(const struct runnel_config *config, const char *name)
{
    int key = key_named(name);

    return key < 0 ? NULL : config->values[key];
}

const char *runnel_config_message(const struct runnel_config *config)
{
    return config->reason.text;
}

long rn_config_number(const struct runnel_config *config, enum rn_config_key key)
{
    uint64_t number = 0;

    return config->values[key] && rn_str_to_u64(rn_str_c(config->values[key]), &number)
               ? (long)number
               : settings[key].number_default;
}

bool rn_endpoint_is_loopback(const char *endpoint)
{
    const char *host = strstr(endpoint, "://");
    size_t len;

    host = host ? host + 3 : endpoint;
    if (strncmp(host, "[::1]", 5) == 0) {
        return host[5] == 0 || host[5] == ':' || host[5] == '/';
    }
    len = strcspn(host, ":/");
    if (len == 9 && strncmp(host, "localhost", 9) == 0) {
        return true;
    }
    return len >= 7 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

/* ---- loading ------------------------------------------------------------------------------ */

static enum runnel_err take(struct runnel_config *config, int key, const char *value)
{
    return config->values[key] || !value || !value[0] ? RUNNEL_OK
                                                      : assign(config, key, rn_str_c(value));
}

/* The three parts of a credential come from one place: where the access key id is found. */
static bool is_credential(int key)
{
    return key == RN_CONFIG_ACCESS_KEY_ID || key == RN_CONFIG_SECRET_ACCESS_KEY ||
           key == RN_CONFIG_SESSION_TOKEN;
}

static enum runnel_err load_variables(struct runnel_config *config)
{
    bool has_key = config->values[RN_CONFIG_ACCESS_KEY_ID] != NULL;

    for (int key = 0; key < RN_CONFIG_COUNT; key++) {
        for (int i = 0;
             i < VARIABLES_MAX && settings[key].variables[i] && !(has_key && is_credential(key));
             i++) {
            enum runnel_err err = take(config, key, getenv(settings[key].variables[i]));

            if (err) {
                return err;
            }
        }
    }
    return RUNNEL_OK;
}

/* Take what `section` of the file has. *ret_found: the section is there. */
static enum runnel_err load_file(struct runnel_config *config, const char *path,
                                 const char *section, bool *ret_found)
{
    struct rn_ini *ini = NULL;
    bool has_key = config->values[RN_CONFIG_ACCESS_KEY_ID] != NULL;
    enum runnel_err err = RUNNEL_OK;
    rn_err read = rn_ini_read(path, &ini, &config->reason);

    if (read) {
        return read == RN_NOT_FOUND ? RUNNEL_OK : read == RN_NOMEM ? RUNNEL_NOMEM : RUNNEL_USAGE;
    }
    *ret_found = *ret_found || rn_ini_has(ini, section);
    for (int key = 0; key < RN_CONFIG_COUNT && !err; key++) {
        if (settings[key].file_key && !(has_key && is_credential(key))) {
            err = take(config, key, rn_ini_get(ini, section, settings[key].file_key));
        }
    }
    rn_ini_free(ini);
    return err;
}

/* The path in `variable`, else ~/.aws/NAME; "" when there is no home. */
static void aws_path(const char *variable, const char *name, char *path)
{
    const char *given = getenv(variable), *home = getenv("HOME");

    if (given && given[0]) {
        (void)snprintf(path, PATH_BYTES_MAX, "%s", given);
    } else if (home && home[0]) {
        (void)snprintf(path, PATH_BYTES_MAX, "%s/.aws/%s", home, name);
    } else {
        path[0] = 0;
    }
}

static enum runnel_err load_profile(struct runnel_config *config)
{
    const char *profile =
        config->values[RN_CONFIG_PROFILE] ? config->values[RN_CONFIG_PROFILE] : "default";
    char path[PATH_BYTES_MAX], section[PATH_BYTES_MAX];
    bool found = false;
    enum runnel_err err;

    /* In the config file every profile but the default one is called "profile NAME". */
    (void)snprintf(section, sizeof(section), "%s%s",
                   strcmp(profile, "default") == 0 ? "" : "profile ", profile);
    aws_path("AWS_SHARED_CREDENTIALS_FILE", "credentials", path);
    err = load_file(config, path, profile, &found);
    if (err) {
        return err;
    }
    aws_path("AWS_CONFIG_FILE", "config", path);
    err = load_file(config, path, section, &found);
    if (!err && !found && config->values[RN_CONFIG_PROFILE]) {
        (void)rn_reason_set(&config->reason, RN_NOT_FOUND,
                            "profile '%s' is in neither the AWS config nor the credentials file",
                            profile);
        return RUNNEL_USAGE;
    }
    return err;
}

/* Where the server looks, in its order: server/settings.c. */
static const char *default_data_dir(char *path)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *of_service = getenv("STATE_DIRECTORY");

    if (of_service && of_service[0] == '/' && !strchr(of_service, ':')) {
        return of_service;
    }
    if (geteuid() == 0) {
        return "/var/lib/runnel";
    }
    if (state && state[0] == '/') {
        (void)snprintf(path, PATH_BYTES_MAX, "%s/runnel", state);
    } else {
        (void)snprintf(path, PATH_BYTES_MAX, "%s/.local/state/runnel", home ? home : "");
    }
    return path;
}

static enum runnel_err load_server_key(struct runnel_config *config, const char *data_dir)
{
    char path[PATH_BYTES_MAX], file[PATH_BYTES_MAX + 16];
    bool found = false;

    (void)snprintf(file, sizeof(file), "%s/credentials",
                   data_dir ? data_dir : default_data_dir(path));
    return load_file(config, file, "default", &found);
}

static enum runnel_err require(struct runnel_config *config)
{
    bool local = config->values[RN_CONFIG_ENDPOINT] &&
                 rn_endpoint_is_loopback(config->values[RN_CONFIG_ENDPOINT]);

    if (!config->values[RN_CONFIG_ENDPOINT]) {
        (void)rn_reason_set(&config->reason, RN_NOT_FOUND,
                            "no endpoint: give --endpoint http://host:port or set "
                            "AWS_ENDPOINT_URL_KINESIS (AWS itself is never assumed)");
        return RUNNEL_NO_ENDPOINT;
    }
    if (!config->values[RN_CONFIG_REGION]) {
        if (!local) {
            (void)rn_reason_set(&config->reason, RN_NOT_FOUND,
                                "no region: give --region or set AWS_REGION");
            return RUNNEL_USAGE;
        }
        return assign(config, RN_CONFIG_REGION, RN_STR("us-east-1"));
    }
    return RUNNEL_OK;
}

enum runnel_err runnel_config_load(struct runnel_config *config, const char *data_dir)
{
    enum runnel_err err;

    config->reason.text[0] = 0;
    err = load_variables(config);
    err = err ? err : load_profile(config);
    err = err ? err : require(config);
    if (!err && !config->values[RN_CONFIG_ACCESS_KEY_ID] &&
        rn_endpoint_is_loopback(config->values[RN_CONFIG_ENDPOINT])) {
        err = load_server_key(config, data_dir);
    }
    if (!err && (!config->values[RN_CONFIG_ACCESS_KEY_ID] ||
                 !config->values[RN_CONFIG_SECRET_ACCESS_KEY])) {
        (void)rn_reason_set(&config->reason, RN_NOT_FOUND,
                            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a "
                            "profile (the server's own key lies in DATA/credentials)");
        return RUNNEL_NO_KEY;
    }
    return err;
}
