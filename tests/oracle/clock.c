/* clock.c - a preload layer under which the wall clock stands still until a test moves it.
 *
 * $RUNNEL_CLOCK names a file of eight bytes, microseconds since 1970 in this machine's order. It is mapped, so a
 * test that writes there has moved the clock of every process under the layer. Other clocks go on as they do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int read_clock(clockid_t id, struct timespec *now);

static const _Atomic int64_t *wall_us;
static read_clock *kernels;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("RUNNEL_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*wall_us), PROT_READ, MAP_SHARED, fd, 0);

    kernels = (read_clock *)dlsym(RTLD_NEXT, "clock_gettime");
    if (page == MAP_FAILED || !kernels) {
        fputs("clock.c: no clock at $RUNNEL_CLOCK\n", stderr);
        abort();
    }
    close(fd);
    wall_us = page;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int64_t us;

    if (!wall_us || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) {
        return kernels(id, now);
    }
    us = atomic_load(wall_us);
    *now = (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    return 0;
}
