/* pause.h - waiting for nothing but time; for clients between tries. The server never calls it. */
#ifndef RN_SYS_PAUSE_H
#define RN_SYS_PAUSE_H

#include <stdint.h>

/* At least `ms` milliseconds, unless a signal arrives; 0 or less returns at once. */
void rn_pause_ms(int64_t ms);

#endif
