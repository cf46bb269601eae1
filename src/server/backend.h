/* backend.h - everything behind the API: engine, control, record path, service; and their thread.
 *
 * The thread opens the engine (which may take a while: recovery), runs the control log's mailbox and
 * ticks, and closes both. Workers meet it only through the gate. */
#ifndef RN_SERVER_BACKEND_H
#define RN_SERVER_BACKEND_H

#include "api/api.h"
#include "server/directory.h"
#include "server/limits.h"
#include "server/settings.h"
#include "sys/epoch.h"

struct rn_backend;

struct rn_backend_options {
    const struct rn_settings *settings;
    struct rn_limits limits; /* in force where the control log sets none */
    const struct rn_directory *directory;
    struct rn_epoch *epoch;
    struct rn_api_gate *gate; /* its service is published when the data is recovered */
    struct rn_mailbox *box;   /* of the caller: where `started` runs */
    /* Once. RN_OK: requests are served from now on. Else the reason says why they cannot be. */
    void (*started)(void *arg, rn_err err, const struct rn_reason *reason);
    void *arg;
};

/* Starts the thread; `options` is copied, what it points to is borrowed until free. */
RN_MUST_USE rn_err rn_backend_start(const struct rn_backend_options *options,
                                    struct rn_backend **ret_backend);
/* Snapshot, end mark, everything closed and freed. Blocks until the thread has ended; a recovery under way
 * is waited for. No worker runs any more. NULL is fine. */
void rn_backend_stop(struct rn_backend *backend);

#endif
