/* listen.h - from the addresses an operator writes to sockets that listen. */
#ifndef RN_SERVER_LISTEN_H
#define RN_SERVER_LISTEN_H

#include "server/settings.h"
#include "sys/tcp.h"

enum { RN_LISTENERS_MAX = 2 * RN_SETTING_LIST_MAX, RN_LISTEN_PORT = 4567 };

struct rn_listen_plan {
    struct rn_address addresses[RN_LISTENERS_MAX]; /* numeric, each once */
    bool optional[RN_LISTENERS_MAX]; /* going on without it is fine where it does not exist */
    size_t count;
};

/* RN_INVALID: the reason names the bad address. "localhost" becomes both loopback addresses. */
RN_MUST_USE rn_err rn_listen_plan(const struct rn_setting_list *list,
                                  struct rn_listen_plan *ret_plan, struct rn_reason *reterr_reason);
/* The first address that others than this machine can reach, or NULL. */
const struct rn_address *rn_listen_plan_remote(const struct rn_listen_plan *plan);

struct rn_listeners {
    struct rn_listener *items[RN_LISTENERS_MAX];
    size_t count;
};

/* All or none. Addresses with port 0 get one port, the same for all. RN_BUSY, RN_UNSUPPORTED, RN_DENIED,
 * RN_IO with a reason that names the address. */
RN_MUST_USE rn_err rn_listeners_open(const struct rn_listen_plan *plan,
                                     struct rn_listeners *ret_listeners,
                                     struct rn_reason *reterr_reason);
void rn_listeners_close(struct rn_listeners *listeners);

/* "127.0.0.1:4567", "[::1]:4567", "unix:/run/runnel/socket"; writes into `text` and returns it. */
enum { RN_ADDRESS_TEXT_BYTES = 128 };
char *rn_address_text(const struct rn_address *address, char *text);

/* The port of the first listener that has one as a line of text, into `path`: whoever sees the file can connect. */
RN_MUST_USE rn_err rn_port_file_write(const char *path, const struct rn_listeners *listeners,
                                      struct rn_reason *reterr_reason);

#endif
