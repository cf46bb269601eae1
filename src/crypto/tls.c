/* tls.c - sessions over OpenSSL's, with a BIO of our own so that nothing is copied twice.
 *
 * A failing session keeps the reason of its first error. Renegotiation is off, compression is off,
 * ciphers are OpenSSL's defaults at security level 2. */
#include "crypto/tls.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "crypto/pem.h"

enum { TICKET_KEY_BYTES = 80, ALPN_BYTES_MAX = 64, CHAIN_MAX = 10 };

struct rn_tls_server {
    CRYPTO_RWLOCK *lock;
    SSL_CTX *context; /* of the identity in use; NULL before the first */
    BIO_METHOD *method;
    unsigned char ticket_keys[TICKET_KEY_BYTES];
    unsigned char alpn[ALPN_BYTES_MAX]; /* each name behind its length */
    unsigned alpn_len;
};

struct rn_tls {
    SSL *ssl;
    struct rn_tls_io io;
    bool is_open, has_failed;
    char reason[RN_TLS_REASON_BYTES];
};

/* ---- the server's bytes ---- */

static int bio_read(BIO *bio, char *bytes, size_t len, size_t *ret_len)
{
    struct rn_tls *tls = BIO_get_data(bio);

    *ret_len = tls->io.take(tls->io.arg, bytes, len);
    BIO_clear_retry_flags(bio);
    if (*ret_len == 0) {
        BIO_set_retry_read(bio);
    }
    return *ret_len > 0;
}

static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *ret_len)
{
    struct rn_tls *tls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    *ret_len = tls->io.give(tls->io.arg, bytes, len) ? len : 0;
    return *ret_len == len;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory");

    if (method &&
        (!BIO_meth_set_read_ex(method, bio_read) || !BIO_meth_set_write_ex(method, bio_write) ||
         !BIO_meth_set_ctrl(method, bio_control))) {
        BIO_meth_free(method);
        method = NULL;
    }
    return method;
}

/* ---- identities ---- */

rn_err rn_tls_server_new(const char *const *alpn, size_t alpn_count,
                         struct rn_tls_server **ret_server)
{
    struct rn_tls_server *server = calloc(1, sizeof(*server));

    if (!server) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < alpn_count; i++) {
        size_t len = strlen(alpn[i]);

        assert(server->alpn_len + 1 + len <= sizeof(server->alpn));
        server->alpn[server->alpn_len++] = (unsigned char)len;
        memcpy(server->alpn + server->alpn_len, alpn[i], len);
        server->alpn_len += (unsigned)len;
    }
    server->lock = CRYPTO_THREAD_lock_new();
    server->method = make_method();
    if (!server->lock || !server->method ||
        RAND_bytes(server->ticket_keys, sizeof(server->ticket_keys)) != 1) {
        rn_tls_server_free(server);
        return RN_NOMEM;
    }
    *ret_server = server;
    return RN_OK;
}

void rn_tls_server_free(struct rn_tls_server *server)
{
    if (server) {
        SSL_CTX_free(server->context);
        BIO_meth_free(server->method);
        CRYPTO_THREAD_lock_free(server->lock);
        OPENSSL_cleanse(server->ticket_keys, sizeof(server->ticket_keys));
        free(server);
    }
}

/* A client that offers none of ours goes on without: the first bytes tell what it speaks. */
static int choose_alpn(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_len,
                       const unsigned char *offered, unsigned offered_len, void *arg)
{
    const struct rn_tls_server *server = arg;
    unsigned char *name = NULL;

    (void)ssl;
    if (SSL_select_next_proto(&name, ret_len, server->alpn, server->alpn_len, offered,
                              offered_len) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *ret_name = name;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_context(struct rn_tls_server *server)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (!context) {
        return NULL;
    }
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets only */
    (void)SSL_CTX_set_num_tickets(context, 1);
    (void)SSL_CTX_set_session_id_context(context, (const unsigned char *)"runnel", 6);
    (void)SSL_CTX_set_tlsext_ticket_keys(context, server->ticket_keys, sizeof(server->ticket_keys));
    if (server->alpn_len > 0) {
        SSL_CTX_set_alpn_select_cb(context, choose_alpn, server);
    }
    return context;
}

static const char *last_error(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;

    return text ? text : "unknown reason";
}

static rn_err refuse_identity(struct rn_reason *reason, const char *what)
{
    rn_err err = rn_reason_set(reason, RN_INVALID, "%s: %s", what, last_error());

    ERR_clear_error();
    return err;
}

static bool use_chain(SSL_CTX *context, rn_str pem)
{
    BIO *text = rn_pem_open(pem);
    X509 *leaf = text ? rn_pem_certificate(text) : NULL;
    bool good = leaf && SSL_CTX_use_certificate(context, leaf) == 1;

    X509_free(leaf);
    for (int i = 0; good && i < CHAIN_MAX; i++) {
        X509 *issuer = rn_pem_certificate(text);

        if (!issuer) {
            ERR_clear_error(); /* the end of the text */
            break;
        }
        if (SSL_CTX_add0_chain_cert(context, issuer) != 1) {
            X509_free(issuer);
            good = false;
        }
    }
    BIO_free(text);
    return good;
}

static rn_err use_identity(SSL_CTX *context, rn_str chain_pem, rn_str key_pem,
                           struct rn_reason *reason)
{
    EVP_PKEY *key;
    rn_err err = RN_OK;

    ERR_clear_error();
    if (!use_chain(context, chain_pem)) {
        return refuse_identity(reason, "the certificate cannot be used");
    }
    key = rn_pem_key(key_pem);
    if (!key) {
        return refuse_identity(reason, "the private key cannot be read");
    }
    if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1) {
        err = refuse_identity(reason, "the private key does not belong to the certificate");
    }
    EVP_PKEY_free(key);
    return err;
}

rn_err rn_tls_server_use(struct rn_tls_server *server, rn_str chain_pem, rn_str key_pem,
                         struct rn_reason *reterr_reason)
{
    SSL_CTX *context = make_context(server), *old;
    rn_err err = context ? use_identity(context, chain_pem, key_pem, reterr_reason) : RN_NOMEM;

    if (err) {
        SSL_CTX_free(context);
        return err;
    }
    (void)CRYPTO_THREAD_write_lock(server->lock);
    old = server->context;
    server->context = context;
    (void)CRYPTO_THREAD_unlock(server->lock);
    SSL_CTX_free(old); /* sessions hold it on */
    return RN_OK;
}

/* ---- sessions ---- */

static SSL *make_ssl(struct rn_tls_server *server)
{
    SSL *ssl;

    (void)CRYPTO_THREAD_read_lock(server->lock);
    ssl = server->context ? SSL_new(server->context) : NULL;
    (void)CRYPTO_THREAD_unlock(server->lock);
    return ssl;
}

rn_err rn_tls_new(struct rn_tls_server *server, const struct rn_tls_io *io, struct rn_tls **ret_tls)
{
    struct rn_tls *tls = calloc(1, sizeof(*tls));
    SSL *ssl = tls ? make_ssl(server) : NULL;
    BIO *bio = ssl ? BIO_new(server->method) : NULL;

    if (!bio) {
        SSL_free(ssl);
        free(tls);
        return RN_NOMEM;
    }
    tls->ssl = ssl;
    tls->io = *io;
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    *ret_tls = tls;
    return RN_OK;
}

void rn_tls_free(struct rn_tls *tls)
{
    if (tls) {
        SSL_free(tls->ssl);
        free(tls);
    }
}

static rn_err fail(struct rn_tls *tls)
{
    if (!tls->has_failed) {
        const char *text = last_error();
        size_t len = strlen(text);

        tls->has_failed = true;
        len = len < sizeof(tls->reason) ? len : sizeof(tls->reason) - 1;
        memcpy(tls->reason, text, len);
        tls->reason[len] = '\0';
    }
    ERR_clear_error();
    return RN_CORRUPT;
}

rn_err rn_tls_read(struct rn_tls *tls, char *bytes, size_t len, size_t *ret_len)
{
    int done;

    *ret_len = 0;
    if (tls->has_failed) {
        return RN_CORRUPT;
    }
    ERR_clear_error();
    done = SSL_read_ex(tls->ssl, bytes, len, ret_len);
    tls->is_open = tls->is_open || SSL_is_init_finished(tls->ssl);
    if (done == 1) {
        return RN_OK;
    }
    switch (SSL_get_error(tls->ssl, done)) {
    case SSL_ERROR_WANT_READ:
        return RN_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return RN_CLOSED;
    default:
        return fail(tls);
    }
}

rn_err rn_tls_write(struct rn_tls *tls, rn_str bytes)
{
    size_t done = 0;

    if (tls->has_failed) {
        return RN_CORRUPT;
    }
    ERR_clear_error();
    /* Without partial writes, and with an end that takes everything, it is all or an error. */
    if (bytes.len > 0 && SSL_write_ex(tls->ssl, bytes.data, bytes.len, &done) != 1) {
        return fail(tls);
    }
    assert(done == bytes.len);
    return RN_OK;
}

void rn_tls_end(struct rn_tls *tls)
{
    if (!tls->has_failed && tls->is_open) {
        ERR_clear_error();
        (void)SSL_shutdown(tls->ssl); /* the peer's answer is not waited for */
        ERR_clear_error();
    }
}

bool rn_tls_is_open(const struct rn_tls *tls)
{
    return tls->is_open;
}

const char *rn_tls_reason(const struct rn_tls *tls)
{
    return tls->reason;
}
