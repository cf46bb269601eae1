/* clock_watch.h - did somebody set the clock? Compares the wall clock with the monotonic one, look by look.
 *
 * A step is what the wall clock moved beyond what passed, when that is over five minutes; slow corrections
 * never add up to one. Each step is reported by one look, the first behind it. */
#ifndef RN_SERVER_CLOCK_WATCH_H
#define RN_SERVER_CLOCK_WATCH_H

#include "sys/clock.h"

#include <stdbool.h>

enum { RN_CLOCK_STEP_MS = 5 * 60 * 1000 };

struct rn_clock_watch {
    struct rn_clock *clock;
    int64_t wall_us, mono_us; /* at the last look */
};

struct rn_clock_step {
    int64_t from_ms; /* what the wall clock would say */
    int64_t to_ms;   /* what it says */
    int64_t by_ms;   /* negative: back */
};

void rn_clock_watch_init(struct rn_clock_watch *watch, struct rn_clock *clock);
/* Whether the clock stepped since the last look. */
bool rn_clock_watch_look(struct rn_clock_watch *watch, struct rn_clock_step *ret_step);
/* Look, and log a step. */
void rn_clock_watch_tell(struct rn_clock_watch *watch);

#endif
