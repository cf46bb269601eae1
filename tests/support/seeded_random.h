/* seeded_random.h - the same "random" bytes for the same seed, for tests; and numbers from them. */
#ifndef TESTS_SEEDED_RANDOM_H
#define TESTS_SEEDED_RANDOM_H

#include "base/list.h"
#include "sys/random.h"

struct seeded_random {
    struct rn_random random;
    uint64_t state;
};

static inline uint64_t seeded_random_next(struct seeded_random *seeded)
{
    uint64_t mixed = seeded->state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* 0 .. count - 1 */
static inline uint32_t seeded_random_below(struct seeded_random *seeded, uint32_t count)
{
    return (uint32_t)(seeded_random_next(seeded) % count);
}

static inline void seeded_random_fill(struct rn_random *random, void *bytes, size_t len)
{
    struct seeded_random *seeded = RN_OWNER(random, struct seeded_random, random);

    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)bytes)[i] = (uint8_t)seeded_random_next(seeded);
    }
}

static inline void seeded_random_init(struct seeded_random *seeded, uint64_t seed)
{
    *seeded = (struct seeded_random){.random = {.fill = seeded_random_fill}, .state = seed};
}

#endif
