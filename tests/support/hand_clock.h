/* hand_clock.h - a clock that tests move by hand. */
#ifndef TESTS_HAND_CLOCK_H
#define TESTS_HAND_CLOCK_H

#include "base/list.h"
#include "sys/clock.h"

struct hand_clock {
    struct rn_clock clock;
    int64_t wall, mono; /* microseconds */
};

static inline int64_t hand_clock_wall_us(struct rn_clock *clock)
{
    return RN_OWNER(clock, struct hand_clock, clock)->wall;
}

static inline int64_t hand_clock_mono_us(struct rn_clock *clock)
{
    return RN_OWNER(clock, struct hand_clock, clock)->mono;
}

static inline void hand_clock_init(struct hand_clock *hand, int64_t wall_ms)
{
    *hand =
        (struct hand_clock){.clock = {.wall_us = hand_clock_wall_us, .mono_us = hand_clock_mono_us},
                            .wall = wall_ms * 1000,
                            .mono = 5000000};
}

static inline void hand_clock_pass(struct hand_clock *hand, int64_t ms)
{
    hand->wall += ms * 1000;
    hand->mono += ms * 1000;
}

#endif
