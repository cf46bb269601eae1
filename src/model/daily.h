/* daily.h - what may be done to a stream a number of times in any 24 hours; pure, time passed in.
 *
 * A stream carries a mark for each time it was done, in the log's time, as long as it counts: so the window
 * rolls to the millisecond, and whoever follows the log counts alike. Of each kind the newest
 * RN_DAILY_MAX are kept, which is the largest limit there is.
 *
 * To count something: a row of enum rn_daily; where it is done (control/apply_*.c) fits, then add. */
#ifndef RN_MODEL_DAILY_H
#define RN_MODEL_DAILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Their numbers stand in snapshots. */
enum rn_daily {
    RN_DAILY_MODE,
    RN_DAILY_ENCRYPT,
    RN_DAILY_DECRYPT,
    RN_DAILY_SHARD_COUNT,
    RN_DAILY_COUNT,
    RN_DAILY_NONE = RN_DAILY_COUNT
};

enum { RN_DAILY_MAX = 100, RN_DAILY_MARKS_MAX = RN_DAILY_COUNT * RN_DAILY_MAX };

struct rn_daily_mark {
    enum rn_daily what;
    int64_t at_ms;
};

/* In rising order of time. */
struct rn_daily_marks {
    const struct rn_daily_mark *marks;
    size_t count;
};

/* May it be done once more? `max` 0: there is no limit. */
bool rn_daily_fits(const struct rn_daily_marks *marks, enum rn_daily what, uint32_t max,
                   int64_t now_ms);
/* It is done now: those that still count, and this one, stand in `room` from here on. */
void rn_daily_add(struct rn_daily_marks *marks, enum rn_daily what, int64_t now_ms,
                  struct rn_daily_mark room[RN_DAILY_MARKS_MAX]);
/* Could they have come about so? */
bool rn_daily_valid(const struct rn_daily_marks *marks);

#endif
