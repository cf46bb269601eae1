/* clock.c - the kernel's clocks. */
#include "sys/clock.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0) {
        abort(); /* both clocks exist on every Linux */
    }
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t wall_us(struct rn_clock *clock)
{
    (void)clock;
    return read_us(CLOCK_REALTIME);
}

static int64_t mono_us(struct rn_clock *clock)
{
    (void)clock;
    return read_us(CLOCK_MONOTONIC);
}

struct rn_clock *rn_clock_real(void)
{
    static struct rn_clock real = {wall_us, mono_us};

    return &real;
}
