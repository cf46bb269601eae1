/* interrupt.h - Ctrl-C as a wish: the first one sets a flag, the second one also breaks off the
 * client's call under way, the third one ends the process. SIGTERM counts as Ctrl-C. A write to a closed pipe is an error. */
#ifndef RN_TOOL_INTERRUPT_H
#define RN_TOOL_INTERRUPT_H

#include <stdbool.h>

struct runnel_client;

/* `calls_at_once`: already the first one breaks off the call under way. */
void rn_interrupt_watch(struct runnel_client *client, bool calls_at_once);
bool rn_interrupted(void);

#endif
