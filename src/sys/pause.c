/* pause.c - nanosleep, cut short by signals on purpose. */
#include "sys/pause.h"

#include <time.h>

void rn_pause_ms(int64_t ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    if (ms > 0) {
        (void)nanosleep(&span, NULL); /* an early end is what a signal is for */
    }
}
