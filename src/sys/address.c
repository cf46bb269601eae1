/* address.c - numeric addresses as text. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "sys/tcp.h"

enum { UNIX_PATH_BYTES = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

/* The canonical form of a numeric host, or "localhost". */
static rn_err set_host(struct rn_address *address, rn_str host)
{
    char text[sizeof(address->host)];
    unsigned char raw[sizeof(struct in6_addr)];
    int family = rn_str_find(host, ':', 0) < host.len ? AF_INET6 : AF_INET;

    if (host.len == 0 || host.len >= sizeof(text)) {
        return RN_INVALID;
    }
    memcpy(text, host.data, host.len);
    text[host.len] = '\0';
    if (rn_str_ieq(host, RN_STR("localhost"))) {
        (void)snprintf(address->host, sizeof(address->host), "localhost");
        return RN_OK;
    }
    if (inet_pton(family, text, raw) != 1 ||
        !inet_ntop(family, raw, address->host, sizeof(address->host))) {
        return RN_INVALID;
    }
    return RN_OK;
}

static rn_err set_port(struct rn_address *address, rn_str port)
{
    uint64_t value;

    if (!rn_str_to_u64(port, &value) || value > UINT16_MAX) {
        return RN_INVALID;
    }
    address->port = (uint16_t)value;
    return RN_OK;
}

static const rn_str unix_prefix = RN_STR_INIT("unix:");

bool rn_address_is_unix(const struct rn_address *address)
{
    return rn_str_starts(rn_str_c(address->host), unix_prefix);
}

/* "unix:/path": RN_NOT_FOUND when it is none. */
static rn_err parse_unix(rn_str text, struct rn_address *ret_address)
{
    struct rn_address address = {.port = 0};

    if (!rn_str_starts(text, unix_prefix)) {
        return RN_NOT_FOUND;
    }
    if (text.len >= sizeof(address.host) || text.len - unix_prefix.len >= UNIX_PATH_BYTES ||
        text.len == unix_prefix.len || text.data[unix_prefix.len] != '/' ||
        memchr(text.data, '\0', text.len)) {
        return RN_INVALID;
    }
    memcpy(address.host, text.data, text.len);
    *ret_address = address;
    return RN_OK;
}

rn_err rn_address_parse(rn_str text, const struct rn_address *defaults,
                        struct rn_address *ret_address)
{
    struct rn_address address = *defaults;
    rn_str host = text, port = RN_STR_NONE;
    size_t colon = rn_str_find(text, ':', 0);
    uint64_t number;
    rn_err err = parse_unix(text, ret_address);

    if (err != RN_NOT_FOUND || text.len == 0) {
        return err == RN_NOT_FOUND ? RN_INVALID : err;
    }
    err = RN_OK;
    if (text.data[0] == '[') {
        size_t end = rn_str_find(text, ']', 0);

        host = rn_str_make(text.data + 1, end == text.len ? 0 : end - 1);
        if (end < text.len && end + 1 < text.len) {
            if (text.data[end + 1] != ':') {
                return RN_INVALID;
            }
            port = rn_str_make(text.data + end + 2, text.len - end - 2);
        }
        if (rn_str_find(host, ':', 0) == host.len) {
            return RN_INVALID; /* brackets are for IPv6 */
        }
    } else if (rn_str_to_u64(text, &number)) {
        host = RN_STR_NONE;
        port = text;
    } else if (colon < text.len && rn_str_find(text, ':', colon + 1) == text.len) {
        host = rn_str_make(text.data, colon);
        port = rn_str_make(text.data + colon + 1, text.len - colon - 1);
        if (host.len == 0) {
            host = RN_STR_NONE;
        }
    }
    if (host.data) {
        err = set_host(&address, host);
    }
    if (!err && port.data) {
        err = set_port(&address, port);
    }
    if (err) {
        return err;
    }
    *ret_address = address;
    return RN_OK;
}

bool rn_address_is_loopback(const struct rn_address *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (strcmp(address->host, "localhost") == 0 || rn_address_is_unix(address)) {
        return true;
    }
    if (inet_pton(AF_INET, address->host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, address->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
