/* credentials.c - DATA/credentials, the root access key.
 *
 * The form is that of the AWS tools' shared credentials file, so that they can be pointed at it:
 *     [default]
 *     aws_access_key_id = AKIA...
 *     aws_secret_access_key = ...
 * Mode 0600; written whole (temporary file, sync, rename), so a crash leaves the old one or the new. */
#include "server/credentials.h"

#include "base/buf.h"
#include "codec/base64.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FILE_BYTES_MAX = 64 * 1024,
    ID_BYTES_MIN = 3,
    SECRET_BYTES_MIN = 8,
    MADE_ID_RANDOM = 16,     /* characters after "AKIA" */
    MADE_SECRET_RANDOM = 30, /* bytes: 40 characters of base64 without padding */
    PATH_BYTES_MAX = 4096 + 16,
    MODE_OF_OTHERS = 077,
};

static const char file_name[] = "credentials";

/* Ids end at '/' in a signature's scope, and both stand in a file of lines. */
static bool is_id(rn_str text)
{
    if (text.len < ID_BYTES_MIN || text.len > RN_ACCESS_KEY_ID_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-')) {
            return false;
        }
    }
    return true;
}

static bool is_secret(rn_str text)
{
    if (text.len < SECRET_BYTES_MIN || text.len > RN_SECRET_KEY_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

static void set_key(struct rn_root_key *key, rn_str id, rn_str secret)
{
    assert(id.len < sizeof(key->id) && secret.len < sizeof(key->secret));
    memset(key, 0, sizeof(*key));
    memcpy(key->id, id.data, id.len);
    memcpy(key->secret, secret.data, secret.len);
}

rn_err rn_root_key_parse(rn_str contents, struct rn_root_key *ret_key)
{
    rn_str id = RN_STR_NONE;
    rn_str secret = RN_STR_NONE;
    bool in_default = false;

    for (size_t from = 0; from < contents.len;) {
        size_t end = rn_str_find(contents, '\n', from);
        rn_str line = rn_str_make(contents.data + from, end - from);
        size_t equals;
        rn_str name;
        rn_str value;

        from = end + 1;
        if (line.len > 0 && line.data[line.len - 1] == '\r') {
            line.len--;
        }
        line = rn_str_trim(line);
        if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';') {
            continue;
        }
        if (line.data[0] == '[') {
            in_default = rn_str_eq(line, RN_STR("[default]"));
            continue;
        }
        equals = rn_str_find(line, '=', 0);
        if (!in_default || equals == line.len) {
            continue;
        }
        name = rn_str_trim(rn_str_make(line.data, equals));
        value = rn_str_trim(rn_str_make(line.data + equals + 1, line.len - equals - 1));
        if (rn_str_ieq(name, RN_STR("aws_access_key_id"))) {
            id = value;
        } else if (rn_str_ieq(name, RN_STR("aws_secret_access_key"))) {
            secret = value;
        }
    }
    if (!is_id(id) || !is_secret(secret)) {
        return RN_CORRUPT;
    }
    set_key(ret_key, id, secret);
    return RN_OK;
}

static void make_key(struct rn_random *random, struct rn_root_key *ret_key)
{
    static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t bytes[MADE_ID_RANDOM + MADE_SECRET_RANDOM];
    char id[4 + MADE_ID_RANDOM] = {'A', 'K', 'I', 'A'};
    char secret[MADE_SECRET_RANDOM / 3 * 4];

    rn_random_fill(random, bytes, sizeof(bytes));
    for (size_t i = 0; i < MADE_ID_RANDOM; i++) {
        id[4 + i] = base32[bytes[i] & 31];
    }
    rn_base64_encode(bytes + MADE_ID_RANDOM, MADE_SECRET_RANDOM, secret);
    set_key(ret_key, rn_str_make(id, sizeof(id)), rn_str_make(secret, sizeof(secret)));
    rn_wipe(bytes, sizeof(bytes));
    rn_wipe(secret, sizeof(secret));
}

static rn_err write_key(const struct rn_root_key_inputs *inputs, const struct rn_root_key *key,
                        struct rn_reason *reason)
{
    struct rn_buf text;
    rn_err err;

    rn_buf_init(&text, FILE_BYTES_MAX);
    rn_buf_printf(
        &text,
        "# The root access key of the Runnel server on this data directory. Keep it secret.\n"
        "[default]\n"
        "aws_access_key_id = %s\n"
        "aws_secret_access_key = %s\n",
        key->id, key->secret);
    err =
        text.failed ? RN_NOMEM : rn_disk_write_whole(inputs->disk, file_name, text.data, text.len);
    if (text.data) {
        rn_wipe(text.data, text.len);
    }
    rn_buf_done(&text);
    if (err) {
        return rn_reason_set(reason, err, "cannot write %s/%s: %s", inputs->directory, file_name,
                             rn_err_text(err));
    }
    return RN_OK;
}

static rn_err check_mode(const struct rn_root_key_inputs *inputs, struct rn_reason *reason)
{
    char path[PATH_BYTES_MAX];
    unsigned mode;
    rn_err err;

    (void)snprintf(path, sizeof(path), "%s/%s", inputs->directory, file_name);
    err = rn_file_mode(path, &mode);
    if (err == RN_NOT_FOUND) {
        return err;
    }
    if (err) {
        return rn_reason_set(reason, err, "cannot look at %s: %s", path, rn_err_text(err));
    }
    if (mode & MODE_OF_OTHERS) {
        return rn_reason_set(reason, RN_DENIED,
                             "%s is open to other users (mode %04o); run: chmod 600 '%s'", path,
                             mode, path);
    }
    return RN_OK;
}

/* RN_NOT_FOUND: no file yet. */
static rn_err read_key(const struct rn_root_key_inputs *inputs, struct rn_root_key *ret_key,
                       struct rn_reason *reason)
{
    char *contents = NULL;
    size_t len = 0;
    rn_err err = check_mode(inputs, reason);

    if (err) {
        return err;
    }
    err = rn_disk_read_whole(inputs->disk, file_name, FILE_BYTES_MAX, &contents, &len);
    if (err == RN_NOT_FOUND) {
        return err;
    }
    if (err) {
        return rn_reason_set(reason, err, "cannot read %s/%s: %s", inputs->directory, file_name,
                             rn_err_text(err));
    }
    err = rn_root_key_parse(rn_str_make(contents, len), ret_key);
    rn_wipe(contents, len);
    free(contents);
    if (err) {
        return rn_reason_set(
            reason, err,
            "%s/%s has no usable aws_access_key_id and aws_secret_access_key in [default]",
            inputs->directory, file_name);
    }
    return RN_OK;
}

static rn_err check_given(rn_str id, rn_str secret, struct rn_reason *reason)
{
    if (id.len == 0 || secret.len == 0) {
        return rn_reason_set(reason, RN_INVALID,
                             "RUNNEL_ROOT_ACCESS_KEY_ID and RUNNEL_ROOT_SECRET_ACCESS_KEY go "
                             "together: set both or none");
    }
    if (!is_id(id)) {
        return rn_reason_set(
            reason, RN_INVALID,
            "RUNNEL_ROOT_ACCESS_KEY_ID: \"%.*s\" is not %d to %d letters, digits, '_' or '-'",
            RN_STR_ARG(id), ID_BYTES_MIN, RN_ACCESS_KEY_ID_BYTES_MAX);
    }
    if (!is_secret(secret)) {
        return rn_reason_set(
            reason, RN_INVALID,
            "RUNNEL_ROOT_SECRET_ACCESS_KEY is not %d to %d characters of ASCII without blanks",
            SECRET_BYTES_MIN, RN_SECRET_KEY_BYTES_MAX);
    }
    return RN_OK;
}

rn_err rn_root_key_open(const struct rn_root_key_inputs *inputs, struct rn_root_key *ret_key,
                        enum rn_root_key_origin *ret_origin, struct rn_reason *reterr_reason)
{
    rn_str id = rn_str_c(inputs->given_id);
    rn_str secret = rn_str_c(inputs->given_secret);
    bool is_given = id.len > 0 || secret.len > 0;
    struct rn_root_key key;
    rn_err err;

    if (is_given) {
        err = check_given(id, secret, reterr_reason);
        if (err) {
            return err;
        }
    }
    err = read_key(inputs, &key, reterr_reason);
    if (err && err != RN_NOT_FOUND) {
        return err;
    }
    if (!err && (!is_given ||
                 (rn_str_eq(id, rn_str_c(key.id)) && rn_str_eq(secret, rn_str_c(key.secret))))) {
        *ret_key = key;
        *ret_origin = RN_ROOT_KEY_KEPT;
        return RN_OK;
    }
    if (is_given) {
        set_key(&key, id, secret);
    } else {
        make_key(inputs->random, &key);
    }
    err = write_key(inputs, &key, reterr_reason);
    if (err) {
        return err;
    }
    *ret_key = key;
    *ret_origin = is_given ? RN_ROOT_KEY_GIVEN : RN_ROOT_KEY_MADE;
    return RN_OK;
}

static bool find_root(void *arg, rn_str access_key_id, rn_str session_token,
                      struct rn_credential *ret_credential)
{
    const struct rn_root_key *key = arg;

    /* A long-term key has no token: one that comes with it belongs to something else. */
    if (session_token.len > 0 || !rn_str_eq(access_key_id, rn_str_c(key->id))) {
        return false;
    }
    memcpy(ret_credential->secret, key->secret, sizeof(ret_credential->secret));
    ret_credential->generation = 1;
    ret_credential->principal = 0;
    ret_credential->active = true;
    return true;
}

struct rn_key_lookup rn_root_key_lookup(struct rn_root_key *key)
{
    return (struct rn_key_lookup){find_root, key};
}
