/* reload.h - settings read anew in a running server: those that can change at once do, of the others is told
 * that they wait for the next start. */
#ifndef RN_SERVER_RELOAD_H
#define RN_SERVER_RELOAD_H

#include "server/settings.h"

/* `current` becomes what holds; its texts stay those it had. The arena is for the call. */
void rn_reload(const struct rn_settings *fresh, struct rn_settings *current,
               struct rn_arena *arena);

#endif
