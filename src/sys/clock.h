/* clock.h - time, as a seam. Nothing outside sys asks the kernel what time it is. */
#ifndef RN_SYS_CLOCK_H
#define RN_SYS_CLOCK_H

#include <stdint.h>

struct rn_clock {
    int64_t (*wall_us)(struct rn_clock *clock); /* since 1970, may jump */
    int64_t (*mono_us)(struct rn_clock *clock); /* never goes back, starts anywhere */
};

struct rn_clock *rn_clock_real(void); /* the kernel's; a constant, never freed */

static inline int64_t rn_clock_wall_ms(struct rn_clock *clock)
{
    return clock->wall_us(clock) / 1000;
}

static inline int64_t rn_clock_mono_us(struct rn_clock *clock)
{
    return clock->mono_us(clock);
}

#endif
