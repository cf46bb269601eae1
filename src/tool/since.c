/* since.c - tries each form in turn; they do not overlap: sequence numbers have over 20 digits. */
#include "tool/since.h"

#include "base/civil.h"
#include "model/seqno.h"
#include "sys/clock.h"
#include "tool/exit.h"
#include "tool/options.h"

enum { EPOCH_DIGITS_MAX = 12 };

/* "-15m" */
static bool ago(rn_str text, int64_t now_ms, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    uint64_t number;

    if (text.len < 3 || text.data[0] != '-' ||
        !rn_str_to_u64(rn_str_make(text.data + 1, text.len - 2), &number) || number > 1000000000) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.data[text.len - 1] == units[i].unit) {
            *ret_ms = now_ms - (int64_t)number * units[i].ms;
            return true;
        }
    }
    return false;
}

/* "1700000000" or "1700000000.25" */
static bool epoch(rn_str text, int64_t *ret_ms)
{
    size_t dot = rn_str_find(text, '.', 0);
    uint64_t seconds, part = 0;
    int64_t ms = 0, scale = 100;

    if (dot > EPOCH_DIGITS_MAX || !rn_str_to_u64(rn_str_make(text.data, dot), &seconds)) {
        return false;
    }
    if (dot < text.len &&
        !rn_str_to_u64(rn_str_make(text.data + dot + 1, text.len - dot - 1), &part)) {
        return false;
    }
    for (size_t i = dot + 1; i < text.len; i++, scale /= 10) {
        ms += (text.data[i] - '0') * scale;
    }
    *ret_ms = (int64_t)seconds * 1000 + ms;
    return true;
}

rn_err rn_since_parse(rn_str text, int64_t now_ms, struct rn_since *ret_since)
{
    struct rn_since since = {.kind = RN_SINCE_TIME};
    struct rn_seqno number;

    if (rn_str_eq(text, RN_STR("latest"))) {
        since.kind = RN_SINCE_LATEST;
    } else if (rn_str_eq(text, RN_STR("oldest"))) {
        since.kind = RN_SINCE_OLDEST;
    } else if (!ago(text, now_ms, &since.at_ms) && !epoch(text, &since.at_ms) &&
               rn_civil_parse_rfc3339(text, &since.at_ms)) {
        if (rn_seqno_parse(text, &number) || number.shard_index < 0) {
            return RN_INVALID;
        }
        since.kind = RN_SINCE_SEQUENCE;
        since.shard_index = (uint32_t)number.shard_index;
    }
    *ret_since = since;
    return RN_OK;
}

int rn_since_argument(const char *command, const char *from, struct rn_since *ret_since)
{
    return rn_since_parse(rn_str_c(from), rn_clock_wall_ms(rn_clock_real()), ret_since)
               ? rn_complain(command, RN_EXIT_USAGE,
                             "--from must be latest, oldest, a time (2026-01-15T10:15:30Z, "
                             "1768472130, -15m) or a sequence number, not '%s'",
                             from)
               : RN_GO_ON;
}
