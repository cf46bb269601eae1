/* clock_watch.c - see clock_watch.h. */
#include "server/clock_watch.h"

#include "base/civil.h"
#include "sys/log.h"

#include <inttypes.h>

void rn_clock_watch_init(struct rn_clock_watch *watch, struct rn_clock *clock)
{
    *watch = (struct rn_clock_watch){
        .clock = clock, .wall_us = clock->wall_us(clock), .mono_us = clock->mono_us(clock)};
}

bool rn_clock_watch_look(struct rn_clock_watch *watch, struct rn_clock_step *ret_step)
{
    struct rn_clock_watch before = *watch;
    int64_t expected_us, by_ms;

    rn_clock_watch_init(watch, watch->clock);
    expected_us = before.wall_us + (watch->mono_us - before.mono_us);
    by_ms = (watch->wall_us - expected_us) / 1000;
    if (by_ms <= RN_CLOCK_STEP_MS && by_ms >= -RN_CLOCK_STEP_MS) {
        return false;
    }
    *ret_step = (struct rn_clock_step){
        .from_ms = expected_us / 1000, .to_ms = watch->wall_us / 1000, .by_ms = by_ms};
    return true;
}

void rn_clock_watch_tell(struct rn_clock_watch *watch)
{
    struct rn_clock_step step;
    char from[RN_CIVIL_TEXT_BYTES], to[RN_CIVIL_TEXT_BYTES];

    if (rn_clock_watch_look(watch, &step)) {
        rn_log(RN_LOG_WARN, "server", "the clock was set %s by %" PRId64 " s: from %s to %s",
               step.by_ms < 0 ? "back" : "forward",
               (step.by_ms < 0 ? -step.by_ms : step.by_ms) / 1000, rn_civil_iso(step.from_ms, from),
               rn_civil_iso(step.to_ms, to));
    }
}
