/* random.h - unpredictable bytes, as a seam: getrandom in production, a seed in simulation. */
#ifndef RN_SYS_RANDOM_H
#define RN_SYS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct rn_random {
    void (*fill)(struct rn_random *random, void *bytes,
                 size_t len); /* cannot fail: aborts instead */
};

struct rn_random *rn_random_real(void); /* Thread: any; a constant, never freed */

static inline void rn_random_fill(struct rn_random *random, void *bytes, size_t len)
{
    random->fill(random, bytes, len);
}

#endif
