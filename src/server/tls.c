/* tls.c - see tls.h. */
#include "server/tls.h"

#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "sys/log.h"
#include "sys/process.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PEM_FILE_BYTES_MAX = 1024 * 1024,
    AUTHORITY_DAYS = 3650,
    CERTIFICATE_DAYS = 397, /* the most that browsers accept */
    RENEWED_BEFORE_S = 30 * 86400,
    NAMES_MAX = 4,
};

static const char authority_file[] = "tls/ca.pem", authority_key_file[] = "tls/ca-key.pem",
                  certificate_file[] = "tls/cert.pem", key_file[] = "tls/key.pem";

bool rn_tls_is_wanted(const struct rn_settings *settings)
{
    return settings->tls_cert || settings->tls_self_signed;
}

rn_err rn_tls_check_settings(const struct rn_settings *settings, struct rn_reason *reterr_reason)
{
    if (!settings->tls_cert != !settings->tls_key) {
        return rn_reason_set(reterr_reason, RN_INVALID,
                             "--tls-cert and --tls-key go together; %s is missing",
                             settings->tls_cert ? "--tls-key" : "--tls-cert");
    }
    if (settings->tls_cert && settings->tls_self_signed) {
        return rn_reason_set(reterr_reason, RN_INVALID,
                             "--tls-self-signed and --tls-cert exclude each other");
    }
    if (settings->tls_only && !rn_tls_is_wanted(settings)) {
        return rn_reason_set(reterr_reason, RN_INVALID,
                             "--tls-only needs --tls-cert with --tls-key, or --tls-self-signed");
    }
    return RN_OK;
}

/* ---- files ---- */

struct text {
    char *bytes; /* NULL: absent */
    size_t len;
};

static rn_str str_of(const struct text *text)
{
    return rn_str_make(text->bytes, text->len);
}

static void text_free(struct text *text)
{
    if (text->bytes) {
        rn_wipe(text->bytes, text->len);
        free(text->bytes);
        text->bytes = NULL;
    }
}

static rn_err read_given(const char *path, struct text *ret_text, struct rn_reason *reason)
{
    struct rn_disk *disk;
    const char *name;
    rn_err err = rn_disk_open_parent(path, &disk, &name);

    if (!err) {
        err = rn_disk_read_whole(disk, name, PEM_FILE_BYTES_MAX, &ret_text->bytes, &ret_text->len);
        rn_disk_close(disk);
    }
    return err ? rn_reason_set(reason, err, "cannot read %s: %s", path, rn_err_text(err)) : RN_OK;
}

static rn_err use(struct rn_tls_server *server, const struct text *chain, const struct text *key,
                  const char *chain_path, struct rn_reason *reason)
{
    struct rn_reason why = {""};
    rn_err err = rn_tls_server_use(server, str_of(chain), str_of(key), &why);

    return err ? rn_reason_set(reason, err, "%s: %s", chain_path,
                               why.text[0] ? why.text : rn_err_text(err))
               : RN_OK;
}

static rn_err load_given(const struct rn_tls_source *source, struct rn_tls_server *server,
                         struct rn_reason *reason)
{
    const struct rn_settings *settings = source->settings;
    struct text chain = {NULL, 0}, key = {NULL, 0};
    rn_err err = read_given(settings->tls_cert, &chain, reason);

    if (!err) {
        err = read_given(settings->tls_key, &key, reason);
    }
    if (!err) {
        err = use(server, &chain, &key, settings->tls_cert, reason);
    }
    text_free(&chain);
    text_free(&key);
    return err;
}

/* ---- our own ---- */

struct own {
    const struct rn_tls_source *source;
    struct rn_reason *reason;
    struct text authority, authority_key, certificate, key;
    char host[RN_HOST_NAME_BYTES];
    const char *names[NAMES_MAX];
    size_t name_count;
};

static rn_err read_own(const struct own *own, const char *name, struct text *ret_text)
{
    rn_err err = rn_disk_read_whole(own->source->disk, name, PEM_FILE_BYTES_MAX, &ret_text->bytes,
                                    &ret_text->len);

    if (err && err != RN_NOT_FOUND) {
        return rn_reason_set(own->reason, err, "cannot read %s/%s: %s", own->source->settings->data,
                             name, rn_err_text(err));
    }
    return RN_OK;
}

static rn_err write_own(const struct own *own, const char *name, const char *text,
                        struct text *ret_text)
{
    rn_err err = rn_disk_write_whole(own->source->disk, name, text, strlen(text));

    if (err) {
        return rn_reason_set(own->reason, err, "cannot write %s/%s: %s",
                             own->source->settings->data, name, rn_err_text(err));
    }
    text_free(ret_text);
    ret_text->bytes = strdup(text);
    ret_text->len = strlen(text);
    return ret_text->bytes ? RN_OK : RN_NOMEM;
}

/* The key first: a certificate is there only with its key. */
static rn_err write_pair(const struct own *own, const struct rn_pem_pair *pair,
                         const char *certificate_name, struct text *ret_certificate,
                         const char *key_name, struct text *ret_key)
{
    rn_err err = write_own(own, key_name, pair->key, ret_key);

    return err ? err : write_own(own, certificate_name, pair->certificate, ret_certificate);
}

static rn_err have_authority(struct own *own)
{
    struct rn_pem_pair pair;
    char name[RN_HOST_NAME_BYTES + 32];
    rn_err err = read_own(own, authority_file, &own->authority);

    if (!err) {
        err = read_own(own, authority_key_file, &own->authority_key);
    }
    if (err || (own->authority.bytes && own->authority_key.bytes)) {
        return err;
    }
    (void)snprintf(name, sizeof(name), "Runnel on %s", own->host);
    err = rn_certificate_authority(name, own->source->now_s, AUTHORITY_DAYS, &pair);
    if (!err) {
        err = write_pair(own, &pair, authority_file, &own->authority, authority_key_file,
                         &own->authority_key);
    }
    rn_wipe(&pair, sizeof(pair));
    return err;
}

static rn_err have_certificate(struct own *own)
{
    struct rn_pem_pair pair;
    rn_err err = read_own(own, certificate_file, &own->certificate);

    if (!err) {
        err = read_own(own, key_file, &own->key);
    }
    if (err || (own->certificate.bytes && own->key.bytes &&
                rn_certificate_fits(str_of(&own->certificate), str_of(&own->authority), own->names,
                                    own->name_count, own->source->now_s + RENEWED_BEFORE_S))) {
        return err;
    }
    err = rn_certificate_sign(str_of(&own->authority), str_of(&own->authority_key), own->names,
                              own->name_count, own->source->now_s, CERTIFICATE_DAYS, &pair);
    if (err == RN_INVALID) {
        err = rn_reason_set(own->reason, err,
                            "%s/%s and %s are no authority to sign with; remove both to have them "
                            "made again",
                            own->source->settings->data, authority_file, authority_key_file);
    } else if (!err) {
        err = write_pair(own, &pair, certificate_file, &own->certificate, key_file, &own->key);
    }
    rn_wipe(&pair, sizeof(pair));
    return err;
}

static rn_err load_own(const struct rn_tls_source *source, struct rn_tls_server *server,
                       struct rn_reason *reason)
{
    struct own own = {.source = source,
                      .reason = reason,
                      .names = {"localhost", "127.0.0.1", "::1"},
                      .name_count = 3};
    rn_err err;

    rn_process_host_name(own.host);
    if (own.host[0] && strcmp(own.host, "localhost") != 0) {
        own.names[own.name_count++] = own.host;
    }
    err = source->disk->ops->mkdir(source->disk, "tls");
    if (err) {
        return rn_reason_set(reason, err, "cannot make %s/tls: %s", source->settings->data,
                             rn_err_text(err));
    }
    err = have_authority(&own);
    if (!err) {
        err = have_certificate(&own);
    }
    if (!err) {
        err = use(server, &own.certificate, &own.key, certificate_file, reason);
    }
    text_free(&own.authority);
    text_free(&own.authority_key);
    text_free(&own.certificate);
    text_free(&own.key);
    return err;
}

rn_err rn_tls_load(const struct rn_tls_source *source, struct rn_tls_server *server,
                   struct rn_reason *reterr_reason)
{
    return source->settings->tls_self_signed ? load_own(source, server, reterr_reason)
                                             : load_given(source, server, reterr_reason);
}

void rn_tls_tell_clients(const struct rn_settings *settings)
{
    if (!settings->tls_self_signed) {
        return;
    }
    rn_log(RN_LOG_INFO, "server", "TLS clients trust this server with AWS_CA_BUNDLE=%s/%s",
           settings->data, authority_file);
    rn_log(RN_LOG_INFO, "server", "or, Node.js: NODE_EXTRA_CA_CERTS=%s/%s", settings->data,
           authority_file);
    rn_log(RN_LOG_INFO, "server",
           "or, Java: keytool -importcert -noprompt -alias runnel -file %s/%s -keystore "
           "runnel.jks -storepass changeit, then -Djavax.net.ssl.trustStore=runnel.jks",
           settings->data, authority_file);
}
