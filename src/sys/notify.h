/* notify.h - the datagram socket on which a service manager hears from its service: sd_notify(3) without
 * its library. Threads: one at a time. */
#ifndef RN_SYS_NOTIFY_H
#define RN_SYS_NOTIFY_H

#include "base/err.h"

struct rn_notify;

/* `address` is what NOTIFY_SOCKET holds: an absolute path, or "@name" in the abstract namespace.
 * RN_INVALID: neither, or too long. RN_NOMEM, RN_IO. */
RN_MUST_USE rn_err rn_notify_open(const char *address, struct rn_notify **ret_notify);
void rn_notify_close(struct rn_notify *notify); /* NULL is fine */

/* One datagram of lines "NAME=value". Waits at most a second for a manager that does not read.
 * RN_NOT_FOUND: nobody has that address; RN_TIMEOUT; RN_DENIED; RN_IO. */
RN_MUST_USE rn_err rn_notify_send(struct rn_notify *notify, const char *lines);

#endif
