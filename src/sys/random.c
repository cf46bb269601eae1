/* random.c - the kernel's random bytes. */
#include "sys/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void fill(struct rn_random *random, void *bytes, size_t len)
{
    unsigned char *at = bytes;

    (void)random;
    while (len) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno != EINTR) {
            abort(); /* keys made of anything else would be worse than no server */
        }
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

struct rn_random *rn_random_real(void)
{
    static struct rn_random real = {fill};

    return &real;
}
