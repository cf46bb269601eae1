/* server.h - one server process, from settings to the end of its drain. */
#ifndef RN_SERVER_SERVER_H
#define RN_SERVER_SERVER_H

#include "base/err.h"
#include "server/settings.h"
#include "server/supervisor.h"

struct rn_server_options {
    const struct rn_settings *settings;
    const char *version;
    const char *root_key_id, *root_key_secret; /* from the environment; NULL: not given */
    struct rn_supervisor_options supervisor;   /* from the environment; the loop is filled in */
    /* The settings from all their sources as they are now; texts live in the arena. */
    rn_err (*reread)(void *arg, struct rn_arena *arena, struct rn_settings *ret_settings,
                     struct rn_reason *reterr_reason);
    void *reread_arg;
};

/* Serves until SIGTERM or SIGINT, then drains: RN_OK. A second signal ends the process at once. SIGHUP
 * reads the settings again, but on a terminal it means that this has gone: drain.
 * Else the server could not start, and the reason says why, naming the thing:
 * RN_INVALID: a setting, or one that does not fit the data. RN_BUSY: a port or the directory is taken.
 * RN_DENIED: permissions. RN_NEWER, RN_CORRUPT: the data. RN_UNSUPPORTED: an address. RN_IO, RN_NOMEM. */
RN_MUST_USE rn_err rn_server_run(const struct rn_server_options *options,
                                 struct rn_reason *reterr_reason);

#endif
