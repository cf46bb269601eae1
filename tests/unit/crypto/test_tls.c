/* Sessions against OpenSSL's client, over two pipes in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cmocka.h>

#include "crypto/certificate.h"
#include "crypto/tls.h"

enum { NOW_S = 1768472130, PIPE_BYTES = 1 << 20, TURNS_MAX = 20000 };

static struct rn_pem_pair authority, first, second;
static struct rn_tls_server *server;

struct pipe {
    char bytes[PIPE_BYTES];
    size_t at, end;
    size_t step; /* at most so many bytes at once; 0: all */
};

static struct {
    struct pipe to_server, to_client;
    struct rn_tls *tls;
    SSL_CTX *context;
    SSL *client;
    BIO *client_in, *client_out;
    bool gives_nothing; /* rn_tls_io.give fails */
} rig;

static size_t take(void *arg, char *bytes, size_t len)
{
    struct pipe *pipe = arg;
    size_t have = pipe->end - pipe->at;

    if (pipe->step && have > pipe->step) {
        have = pipe->step;
    }
    len = len < have ? len : have;
    if (len > 0) {
        memcpy(bytes, pipe->bytes + pipe->at, len);
    }
    pipe->at += len;
    return len;
}

static void put(struct pipe *pipe, const char *bytes, size_t len)
{
    if (pipe->at == pipe->end) {
        pipe->at = pipe->end = 0;
    }
    assert_true(len <= PIPE_BYTES - pipe->end);
    memcpy(pipe->bytes + pipe->end, bytes, len);
    pipe->end += len;
}

static size_t take_to_server(void *arg, char *bytes, size_t len)
{
    (void)arg;
    return take(&rig.to_server, bytes, len);
}

static bool give_to_client(void *arg, const char *bytes, size_t len)
{
    (void)arg;
    if (rig.gives_nothing) {
        return false;
    }
    put(&rig.to_client, bytes, len);
    return true;
}

static void end(void)
{
    rn_tls_free(rig.tls);
    SSL_free(rig.client);
    SSL_CTX_free(rig.context);
    memset(&rig, 0, sizeof(rig));
}

static void begin(int version, const char *alpn)
{
    struct rn_tls_io io = {.take = take_to_server, .give = give_to_client};
    BIO *pem = BIO_new_mem_buf(authority.certificate, -1);
    X509 *trusted = PEM_read_bio_X509(pem, NULL, NULL, NULL);

    memset(&rig, 0, sizeof(rig));
    assert_int_equal(rn_tls_new(server, &io, &rig.tls), RN_OK);
    rig.context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(rig.context, version);
    SSL_CTX_set_max_proto_version(rig.context, version);
    SSL_CTX_set_verify(rig.context, SSL_VERIFY_PEER, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(rig.context), trusted);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(rig.context), NOW_S);
    rig.client = SSL_new(rig.context);
    assert_int_equal(SSL_set1_host(rig.client, "localhost"), 1);
    if (alpn) {
        SSL_set_alpn_protos(rig.client, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    }
    rig.client_in = BIO_new(BIO_s_mem());
    rig.client_out = BIO_new(BIO_s_mem());
    SSL_set_bio(rig.client, rig.client_in, rig.client_out);
    SSL_set_connect_state(rig.client);
    X509_free(trusted);
    BIO_free(pem);
}

/* Carry what the client said to the server, and the other way round. */
static void carry(void)
{
    char bytes[4096];
    int len;
    size_t got;

    while ((len = BIO_read(rig.client_out, bytes, sizeof(bytes))) > 0) {
        put(&rig.to_server, bytes, (size_t)len);
    }
    while ((got = take(&rig.to_client, bytes, sizeof(bytes))) > 0) {
        assert_int_equal(BIO_write(rig.client_in, bytes, (int)got), got);
    }
}

/* The result of the client's handshake: SSL_ERROR_NONE, or what ended it; the server's in *ret_err. */
static int shake(rn_err *ret_err)
{
    int result = SSL_ERROR_WANT_READ;
    size_t len;
    char byte;

    *ret_err = RN_WAIT;
    for (int i = 0; i < TURNS_MAX && (!rn_tls_is_open(rig.tls) || result != SSL_ERROR_NONE); i++) {
        int done = SSL_do_handshake(rig.client);

        result = SSL_get_error(rig.client, done);
        carry();
        *ret_err = rn_tls_read(rig.tls, &byte, 1, &len);
        carry();
        if ((result != SSL_ERROR_NONE && result != SSL_ERROR_WANT_READ) ||
            (*ret_err != RN_WAIT && *ret_err != RN_OK)) {
            return SSL_get_error(rig.client, SSL_do_handshake(rig.client));
        }
    }
    return result;
}

static void connect_client(void)
{
    rn_err err;

    assert_int_equal(shake(&err), SSL_ERROR_NONE);
    assert_int_equal(err, RN_WAIT);
    assert_true(rn_tls_is_open(rig.tls));
    assert_string_equal(rn_tls_reason(rig.tls), "");
}

static int make(void **state)
{
    static const char *const alpn[] = {"h2", "http/1.1"};
    static const char *const names[] = {"localhost"};
    rn_str ca, key;

    (void)state;
    assert_int_equal(rn_certificate_authority("Test", NOW_S, 3650, &authority), RN_OK);
    ca = rn_str_c(authority.certificate);
    key = rn_str_c(authority.key);
    assert_int_equal(rn_certificate_sign(ca, key, names, 1, NOW_S, 30, &first), RN_OK);
    assert_int_equal(rn_certificate_sign(ca, key, names, 1, NOW_S, 60, &second), RN_OK);
    assert_int_equal(rn_tls_server_new(alpn, 2, &server), RN_OK);
    return rn_tls_server_use(server, rn_str_c(first.certificate), rn_str_c(first.key), NULL);
}

static int done(void **state)
{
    (void)state;
    rn_tls_server_free(server);
    return 0;
}

static void both_versions_carry_bytes_both_ways(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static char big[200000], got[200000];

    (void)state;
    for (size_t i = 0; i < sizeof(big); i++) {
        big[i] = (char)(i * 31 + i / 257);
    }
    for (size_t v = 0; v < 2; v++) {
        size_t len, all = 0;

        begin(versions[v], NULL);
        connect_client();
        assert_int_equal(SSL_write(rig.client, big, sizeof(big)), sizeof(big));
        carry();
        while (rn_tls_read(rig.tls, got + all, sizeof(got) - all, &len) == RN_OK) {
            all += len;
        }
        assert_int_equal(all, sizeof(big));
        assert_memory_equal(got, big, sizeof(big));
        assert_int_equal(rn_tls_write(rig.tls, rn_str_make(big, sizeof(big))), RN_OK);
        assert_int_equal(rn_tls_write(rig.tls, RN_STR("")), RN_OK);
        carry();
        for (all = 0; all < sizeof(got);) {
            int n = SSL_read(rig.client, got + all, (int)(sizeof(got) - all));

            assert_true(n > 0);
            all += (size_t)n;
        }
        assert_memory_equal(got, big, sizeof(big));
        end();
    }
}

static void bytes_may_come_one_by_one(void **state)
{
    char got[16];
    size_t len = 0, all = 0;

    (void)state;
    begin(TLS1_3_VERSION, NULL);
    rig.to_server.step = 1;
    connect_client();
    assert_int_equal(SSL_write(rig.client, "slowly", 6), 6);
    carry();
    for (int i = 0; i < TURNS_MAX && all < 6; i++) {
        if (rn_tls_read(rig.tls, got + all, sizeof(got) - all, &len) == RN_OK) {
            all += len;
        }
    }
    assert_memory_equal(got, "slowly", 6);
    end();
}

static void the_best_common_protocol_is_chosen_and_none_is_no_failure(void **state)
{
    static const struct {
        const char *offered, *chosen;
    } cases[] = {
        {"\x08http/1.1\x02h2", "h2"}, {"\x08http/1.1", "http/1.1"}, {"\x05other", ""}, {NULL, ""}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const unsigned char *name;
        unsigned len;

        begin(TLS1_3_VERSION, cases[i].offered);
        connect_client();
        SSL_get0_alpn_selected(rig.client, &name, &len);
        assert_int_equal(len, strlen(cases[i].chosen));
        assert_memory_equal(len ? (const char *)name : "", cases[i].chosen, len);
        end();
    }
}

static void an_older_version_is_refused_with_an_alert(void **state)
{
    rn_err err;

    (void)state;
    begin(TLS1_1_VERSION, NULL);
    SSL_set_security_level(rig.client, 0);
    assert_int_equal(shake(&err), SSL_ERROR_SSL);
    assert_int_equal(err, RN_CORRUPT);
    assert_string_not_equal(rn_tls_reason(rig.tls), "");
    assert_int_equal(rn_tls_write(rig.tls, RN_STR("x")), RN_CORRUPT);
    end();
}

static void what_is_no_handshake_fails_once_and_for_all(void **state)
{
    char byte;
    size_t len;

    (void)state;
    begin(TLS1_3_VERSION, NULL);
    put(&rig.to_server, "GET / HTTP/1.1\r\n\r\n", 18);
    assert_int_equal(rn_tls_read(rig.tls, &byte, 1, &len), RN_CORRUPT);
    assert_string_not_equal(rn_tls_reason(rig.tls), "");
    assert_int_equal(rn_tls_read(rig.tls, &byte, 1, &len), RN_CORRUPT);
    rn_tls_end(rig.tls);
    end();
}

static void a_changed_byte_ends_an_open_session(void **state)
{
    char got[64];
    size_t len;

    (void)state;
    begin(TLS1_3_VERSION, NULL);
    connect_client();
    assert_int_equal(SSL_write(rig.client, "hello", 5), 5);
    carry();
    rig.to_server.bytes[rig.to_server.end - 1] ^= 1;
    assert_int_equal(rn_tls_read(rig.tls, got, sizeof(got), &len), RN_CORRUPT);
    assert_true(rn_tls_is_open(rig.tls));
    end();
}

static void no_memory_for_what_must_leave_ends_the_session(void **state)
{
    rn_err err;

    (void)state;
    begin(TLS1_3_VERSION, NULL);
    rig.gives_nothing = true;
    (void)shake(&err);
    assert_int_equal(err, RN_CORRUPT);
    end();
}

static void both_ends_say_their_end(void **state)
{
    char got[64];
    size_t len;

    (void)state;
    begin(TLS1_3_VERSION, NULL);
    connect_client();
    SSL_shutdown(rig.client);
    carry();
    assert_int_equal(rn_tls_read(rig.tls, got, sizeof(got), &len), RN_CLOSED);
    assert_int_equal(rn_tls_write(rig.tls, RN_STR("still")), RN_OK);
    rn_tls_end(rig.tls);
    carry();
    assert_int_equal(SSL_read(rig.client, got, sizeof(got)), 5);
    assert_int_equal(SSL_read(rig.client, got, sizeof(got)), 0);
    assert_int_equal(SSL_get_shutdown(rig.client) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    end();
}

static ASN1_TIME *shown_until(void)
{
    X509 *shown = SSL_get1_peer_certificate(rig.client);
    ASN1_TIME *until = ASN1_STRING_dup(X509_get0_notAfter(shown));

    X509_free(shown);
    return until;
}

static void a_new_identity_is_for_new_sessions_and_tickets_stay_good(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        SSL_SESSION *session;
        ASN1_TIME *old, *new;
        char byte;

        begin(versions[v], NULL);
        connect_client();
        old = shown_until();
        (void)SSL_read(rig.client, &byte, 1); /* the ticket of 1.3 comes behind the handshake */
        session = SSL_get1_session(rig.client);
        SSL_set_shutdown(rig.client, SSL_SENT_SHUTDOWN); /* else it counts as broken */
        end();
        assert_int_equal(
            rn_tls_server_use(server, rn_str_c(second.certificate), rn_str_c(second.key), NULL),
            RN_OK);
        begin(versions[v], NULL);
        connect_client();
        new = shown_until();
        assert_int_not_equal(ASN1_TIME_compare(old, new), 0);
        assert_false(SSL_session_reused(rig.client));
        end();
        begin(versions[v], NULL);
        SSL_set_session(rig.client, session);
        connect_client();
        assert_true(SSL_session_reused(rig.client));
        end();
        SSL_SESSION_free(session);
        ASN1_STRING_free(old);
        ASN1_STRING_free(new);
        assert_int_equal(
            rn_tls_server_use(server, rn_str_c(first.certificate), rn_str_c(first.key), NULL),
            RN_OK);
    }
}

static void an_identity_that_cannot_be_used_is_named_and_the_old_one_stays(void **state)
{
    static const struct {
        const char *certificate, *key, *reason;
    } cases[] = {
        {"", first.key, "the certificate cannot be used"},
        {"no PEM", first.key, "the certificate cannot be used"},
        {first.certificate, "", "the private key cannot be read"},
        {first.certificate, first.certificate, "the private key cannot be read"},
        {first.certificate, second.key, "the private key does not belong to the certificate"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct rn_reason reason = {""};

        assert_int_equal(rn_tls_server_use(server, rn_str_c(cases[i].certificate),
                                           rn_str_c(cases[i].key), &reason),
                         RN_INVALID);
        assert_memory_equal(reason.text, cases[i].reason, strlen(cases[i].reason));
        begin(TLS1_3_VERSION, NULL);
        connect_client();
        end();
    }
}

static void a_chain_is_shown_whole(void **state)
{
    static char chain[2 * RN_PEM_BYTES_MAX];
    struct rn_reason reason;

    (void)state;
    (void)snprintf(chain, sizeof(chain), "%s%s", first.certificate, authority.certificate);
    assert_int_equal(rn_tls_server_use(server, rn_str_c(chain), rn_str_c(first.key), &reason),
                     RN_OK);
    begin(TLS1_3_VERSION, NULL);
    connect_client();
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(rig.client)), 2);
    end();
}

static void without_an_identity_there_is_no_session(void **state)
{
    struct rn_tls_io io = {.take = take_to_server, .give = give_to_client};
    struct rn_tls_server *bare;
    struct rn_tls *tls;

    (void)state;
    assert_int_equal(rn_tls_server_new(NULL, 0, &bare), RN_OK);
    assert_int_not_equal(rn_tls_new(bare, &io, &tls), RN_OK);
    rn_tls_server_free(bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_carry_bytes_both_ways),
        cmocka_unit_test(bytes_may_come_one_by_one),
        cmocka_unit_test(the_best_common_protocol_is_chosen_and_none_is_no_failure),
        cmocka_unit_test(an_older_version_is_refused_with_an_alert),
        cmocka_unit_test(what_is_no_handshake_fails_once_and_for_all),
        cmocka_unit_test(a_changed_byte_ends_an_open_session),
        cmocka_unit_test(no_memory_for_what_must_leave_ends_the_session),
        cmocka_unit_test(both_ends_say_their_end),
        cmocka_unit_test(a_new_identity_is_for_new_sessions_and_tickets_stay_good),
        cmocka_unit_test(an_identity_that_cannot_be_used_is_named_and_the_old_one_stays),
        cmocka_unit_test(a_chain_is_shown_whole),
        cmocka_unit_test(without_an_identity_there_is_no_session),
    };

    return cmocka_run_group_tests(tests, make, done);
}
