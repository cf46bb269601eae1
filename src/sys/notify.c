/* notify.c - see notify.h. The socket is not connected: a manager that starts anew listens on a new one. */
#include "sys/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { SEND_SECONDS = 1 };

struct rn_notify {
    int fd;
    struct sockaddr_un address;
    socklen_t address_len;
};

/* An abstract name begins with a NUL and ends with its length, not with a NUL. */
static rn_err fill_address(const char *text, struct rn_notify *notify)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(notify->address.sun_path)) {
        return RN_INVALID;
    }
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, text, len);
    if (text[0] == '@') {
        notify->address.sun_path[0] = '\0';
    } else {
        len++;
    }
    notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return RN_OK;
}

rn_err rn_notify_open(const char *address, struct rn_notify **ret_notify)
{
    struct timeval patience = {.tv_sec = SEND_SECONDS};
    struct rn_notify *notify = calloc(1, sizeof(*notify));
    rn_err err;

    if (!notify) {
        return RN_NOMEM;
    }
    notify->fd = -1;
    err = fill_address(address, notify);
    if (!err) {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        err = notify->fd < 0 || setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
                                           sizeof(patience)) != 0
                  ? RN_IO
                  : RN_OK;
    }
    if (err) {
        rn_notify_close(notify);
        return err;
    }
    *ret_notify = notify;
    return RN_OK;
}

void rn_notify_close(struct rn_notify *notify)
{
    if (notify) {
        if (notify->fd >= 0) {
            (void)close(notify->fd);
        }
        free(notify);
    }
}

rn_err rn_notify_send(struct rn_notify *notify, const char *lines)
{
    ssize_t sent;

    do {
        sent = sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL,
                      (const struct sockaddr *)&notify->address, notify->address_len);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return RN_OK;
    }
    return errno == ENOENT || errno == ECONNREFUSED ? RN_NOT_FOUND
           : errno == EAGAIN                        ? RN_TIMEOUT
           : errno == EACCES || errno == EPERM      ? RN_DENIED
                                                    : RN_IO;
}
