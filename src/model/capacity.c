/* capacity.c - peaks of days, and the next split or merge; see capacity.h. */
#include "model/capacity.h"

void rn_peaks_note(struct rn_peaks *peaks, uint64_t day, uint32_t milli)
{
    uint32_t *at = &peaks->milli[day % RN_PEAK_DAYS];

    if (day + RN_PEAK_DAYS <= peaks->day) {
        return;
    }
    for (uint64_t d = peaks->day + 1; d <= day && d <= peaks->day + RN_PEAK_DAYS; d++) {
        peaks->milli[d % RN_PEAK_DAYS] = 0;
    }
    peaks->day = day > peaks->day ? day : peaks->day;
    *at = milli > *at ? milli : *at;
}

uint32_t rn_peaks_of_day(const struct rn_peaks *peaks, uint64_t day)
{
    bool held = day <= peaks->day && day + RN_PEAK_DAYS > peaks->day;

    return held ? peaks->milli[day % RN_PEAK_DAYS] : 0;
}

uint32_t rn_peaks_max(const struct rn_peaks *peaks, uint64_t day)
{
    uint32_t most = 0;

    for (uint64_t back = 0; back < RN_PEAK_DAYS && back <= day; back++) {
        uint32_t milli = rn_peaks_of_day(peaks, day - back);

        most = milli > most ? milli : most;
    }
    return most;
}

uint32_t rn_capacity_shards(uint32_t peak_milli)
{
    uint64_t shards = (2 * (uint64_t)peak_milli + RN_SHARD_FULL - 1) / RN_SHARD_FULL;

    return shards > 0 ? (uint32_t)shards : 1;
}

static rn_u128 width(const struct rn_shard_load *load)
{
    return load->range.end - load->range.start;
}

/* Wide enough for SplitShard's rule, start + 1 < key < end. */
static bool divides(const struct rn_shard_load *load)
{
    return width(load) >= 3;
}

static rn_u128 split_key(const struct rn_shard_load *load)
{
    return load->middle_key ? load->middle_key : load->range.start + width(load) / 2 + 1;
}

static void split(const struct rn_shard_load *load, struct rn_reshard *ret_reshard)
{
    *ret_reshard = (struct rn_reshard){
        .kind = RN_RESHARD_SPLIT, .shard = load->index, .hash_key = split_key(load)};
}

static bool busier(const struct rn_shard_load *a, const struct rn_shard_load *b)
{
    return a->milli != b->milli ? a->milli > b->milli : width(a) > width(b);
}

static const struct rn_shard_load *busiest(const struct rn_capacity *capacity)
{
    const struct rn_shard_load *most = NULL;

    for (size_t i = 0; i < capacity->count; i++) {
        if (divides(&capacity->loads[i]) && (!most || busier(&capacity->loads[i], most))) {
            most = &capacity->loads[i];
        }
    }
    return most;
}

/* Too busy, and not as busy as all the others are: more shards for all is what `needed` is for. */
static bool hot(const struct rn_shard_load *load, uint64_t total_milli, size_t count)
{
    return load->milli > RN_SHARD_HOT && 4 * (uint64_t)load->milli * count > 5 * total_milli;
}

/* Of those that are hot the hottest whose keys are known to divide: a single key cannot be helped. */
static const struct rn_shard_load *hottest(const struct rn_capacity *capacity)
{
    const struct rn_shard_load *most = NULL;
    uint64_t total_milli = 0;

    for (size_t i = 0; i < capacity->count; i++) {
        total_milli += capacity->loads[i].milli;
    }

    for (size_t i = 0; i < capacity->count; i++) {
        const struct rn_shard_load *load = &capacity->loads[i];

        if (hot(load, total_milli, capacity->count) && load->middle_key && divides(load) &&
            (!most || load->milli > most->milli)) {
            most = load;
        }
    }
    return most;
}

/* The coolest pair of neighbours, if it is cool enough to be one. */
static bool merge(const struct rn_capacity *capacity, struct rn_reshard *ret_reshard)
{
    uint64_t least = RN_SHARDS_COOL + 1;

    for (size_t i = 0; i + 1 < capacity->count; i++) {
        const struct rn_shard_load *lower = &capacity->loads[i];
        uint64_t both = (uint64_t)lower->day_milli + lower[1].day_milli;

        if (both < least) {
            least = both;
            *ret_reshard = (struct rn_reshard){
                .kind = RN_RESHARD_MERGE, .shard = lower->index, .adjacent = lower[1].index};
        }
    }
    return least <= RN_SHARDS_COOL;
}

bool rn_capacity_step(const struct rn_capacity *capacity, struct rn_reshard *ret_reshard)
{
    const struct rn_shard_load *load = capacity->count < capacity->most ? hottest(capacity) : NULL;

    if (!load && capacity->count < capacity->needed && capacity->count < capacity->most) {
        load = busiest(capacity);
    }
    if (load) {
        split(load, ret_reshard);
        return true;
    }
    return capacity->quiet && capacity->count > capacity->needed &&
           capacity->count > RN_ON_DEMAND_SHARDS && merge(capacity, ret_reshard);
}
