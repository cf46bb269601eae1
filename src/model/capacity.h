/* capacity.h - how many shards an on-demand stream needs, and which to split or merge next; pure.
 *
 * UNIT     A load is told in thousandths of what one shard takes: the larger of its bytes and its records
 *          against the shard's limits. 1000 is a shard filled to the brim.
 * NEEDED   Twice the highest load of the last 30 days, as AWS documents it, so that traffic may double at
 *          once; never fewer than a new on-demand stream has.
 * UP       A shard above half its limit, and a quarter above the others' average, is split where its keys
 *          divide in halves, whatever the sum says; and the busiest one as long as fewer shards than
 *          needed are there.
 * DOWN     Two neighbours become one as long as more shards than needed were there for a whole day, and both
 *          together never came near half a shard's limit in it.
 * Source: developer guide, on-demand mode; what it leaves open is in docs/decisions/on-demand.md. */
#ifndef RN_MODEL_CAPACITY_H
#define RN_MODEL_CAPACITY_H

#include "model/reshard.h"

enum {
    RN_PEAK_DAYS = 30,
    RN_DAYS_MAX = 1000000000, /* far behind the end of every clock */
    RN_SHARD_FULL = 1000,
    RN_SHARD_HOT = 500,
    RN_SHARDS_COOL = 400,
    RN_ON_DEMAND_SHARDS = 4, /* of a new on-demand stream */
};

/* The highest load of each of the last days, a ring. Zeroed: no load was ever seen. */
struct rn_peaks {
    uint64_t day;                 /* the newest seen */
    uint32_t milli[RN_PEAK_DAYS]; /* of day d at d % RN_PEAK_DAYS */
};

void rn_peaks_note(struct rn_peaks *peaks, uint64_t day,
                   uint32_t milli); /* a day too old: nothing */
uint32_t rn_peaks_of_day(const struct rn_peaks *peaks, uint64_t day);
/* Of `day` and those before it that count. */
uint32_t rn_peaks_max(const struct rn_peaks *peaks, uint64_t day);

/* Shards for that load; at least 1. */
uint32_t rn_capacity_shards(uint32_t peak_milli);

struct rn_shard_load {
    uint32_t index;
    struct rn_hash_range range;
    uint32_t milli;     /* lately */
    uint32_t day_milli; /* the highest of the last day */
    rn_u128
        middle_key; /* where its keys divide in halves, within start + 2 .. end - 1; 0: not known, or
                           all of it is one key */
};

struct rn_capacity {
    const struct rn_shard_load *loads; /* of the open shards, by hash range */
    size_t count;
    uint32_t needed, most; /* shards */
    bool quiet;            /* there were more than needed for a day */
};

/* The next step; false: all is as it should be. */
bool rn_capacity_step(const struct rn_capacity *capacity, struct rn_reshard *ret_reshard);

#endif
