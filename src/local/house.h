/* house.h - what is done beside writing and reading: indexes, retention, dropping, room on the disk. */
#ifndef RN_LOCAL_HOUSE_H
#define RN_LOCAL_HOUSE_H

#include <stdbool.h>

#include "local/dropped.h"

struct rn_local;

enum { RN_HOUSE_EVERY_US = 1000000 };

struct rn_house {
    struct rn_mutex lock;
    struct rn_cond more;
    bool due, closed;       /* lock held; due: something may wait for a step */
    int64_t next_us;        /* of the regular round */
    int64_t pause_until_us; /* after an index that could not be written */
    struct rn_dropped dropped;
};

void rn_house_init(struct rn_house *house);
void rn_house_done(struct rn_house *house);
void rn_house_wake(struct rn_house *house); /* Thread: any */
/* Let go of what has expired; drop segments that nobody needs. Returns whether anything changed. */
bool rn_retain(struct rn_local *local);

#endif
