/* A TLS session of a server against bytes that claim to be a client's.
 *
 * INPUT      what comes from the peer; it arrives in portions whose sizes follow from it.
 * HOLDS      The session waits, or fails with a reason; it never opens (the fuzzer knows no key) and never
 *            decrypts anything. What it wants to say stays within a few records. */
#include <assert.h>
#include <stdlib.h>

#include "crypto/certificate.h"
#include "crypto/tls.h"

enum { NOW_S = 1768472130, SAID_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
    const uint8_t *bytes;
    size_t at, end, portion, said;
};

static size_t take(void *arg, char *bytes, size_t len)
{
    struct peer *peer = arg;
    size_t have = peer->end - peer->at;

    len = len < have ? len : have;
    len = len < peer->portion ? len : peer->portion;
    if (len > 0) {
        memcpy(bytes, peer->bytes + peer->at, len);
        peer->at += len;
    }
    return len;
}

static bool give(void *arg, const char *bytes, size_t len)
{
    struct peer *peer = arg;

    (void)bytes;
    peer->said += len;
    return true;
}

static struct rn_tls_server *make_server(void)
{
    static const char *const alpn[] = {"h2", "http/1.1"}, *const names[] = {"localhost"};
    static struct rn_pem_pair authority, pair;
    struct rn_tls_server *server;
    rn_err err = rn_certificate_authority("Fuzz", NOW_S, 10, &authority);

    if (!err) {
        err = rn_certificate_sign(rn_str_c(authority.certificate), rn_str_c(authority.key), names,
                                  1, NOW_S, 10, &pair);
    }
    if (!err) {
        err = rn_tls_server_new(alpn, 2, &server);
    }
    if (!err) {
        err = rn_tls_server_use(server, rn_str_c(pair.certificate), rn_str_c(pair.key), NULL);
    }
    assert(!err);
    return server;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rn_tls_server *server;
    struct peer peer = {.bytes = data, .end = size, .portion = size ? data[size - 1] + 1u : 1};
    struct rn_tls_io io = {.take = take, .give = give, .arg = &peer};
    struct rn_tls *tls;
    char got[256];
    size_t len, before;
    rn_err err;

    if (!server) {
        server = make_server();
    }
    err = rn_tls_new(server, &io, &tls);
    assert(!err);
    do {
        before = peer.at;
        err = rn_tls_read(tls, got, sizeof(got), &len);
    } while (err == RN_WAIT && peer.at > before);
    assert(err == RN_WAIT || err == RN_CORRUPT || err == RN_CLOSED);
    assert(!rn_tls_is_open(tls) && peer.said < SAID_MAX);
    assert((err == RN_CORRUPT) == (rn_tls_reason(tls)[0] != '\0'));
    rn_tls_end(tls);
    rn_tls_free(tls);
    return 0;
}
