/* daily.c - marks of what was done in the last 24 hours; see daily.h. */
#include "model/daily.h"

#include <assert.h>

enum { DAY_MS = 24 * 3600 * 1000 };

static size_t count_since(const struct rn_daily_marks *marks, enum rn_daily what, int64_t from_ms)
{
    size_t count = 0;

    for (size_t i = 0; i < marks->count; i++) {
        count += marks->marks[i].what == what && marks->marks[i].at_ms > from_ms;
    }
    return count;
}

bool rn_daily_fits(const struct rn_daily_marks *marks, enum rn_daily what, uint32_t max,
                   int64_t now_ms)
{
    return max == 0 || count_since(marks, what, now_ms - DAY_MS) < max;
}

void rn_daily_add(struct rn_daily_marks *marks, enum rn_daily what, int64_t now_ms,
                  struct rn_daily_mark room[RN_DAILY_MARKS_MAX])
{
    size_t count = 0;
    bool drop_oldest = count_since(marks, what, now_ms - DAY_MS) >= RN_DAILY_MAX;

    for (size_t i = 0; i < marks->count; i++) {
        const struct rn_daily_mark *mark = &marks->marks[i];

        if (mark->at_ms <= now_ms - DAY_MS) {
            continue;
        }
        if (drop_oldest && mark->what == what) {
            drop_oldest = false;
            continue;
        }
        room[count++] = *mark;
    }
    assert(count < RN_DAILY_MARKS_MAX);
    room[count++] = (struct rn_daily_mark){.what = what, .at_ms = now_ms};
    *marks = (struct rn_daily_marks){room, count};
}

bool rn_daily_valid(const struct rn_daily_marks *marks)
{
    size_t counts[RN_DAILY_COUNT] = {0};
    int64_t before_ms = 0;

    for (size_t i = 0; i < marks->count; i++) {
        const struct rn_daily_mark *mark = &marks->marks[i];

        if ((unsigned)mark->what >= RN_DAILY_COUNT || ++counts[mark->what] > RN_DAILY_MAX ||
            mark->at_ms < before_ms) {
            return false;
        }
        before_ms = mark->at_ms;
    }
    return true;
}
