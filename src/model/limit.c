/* limit.c - rows, values and files of limits; see limit.h. */
#include "model/limit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { ACCOUNT_SHARDS_LARGE_REGION = 20000, SHOWN_MAX = 100 };

static const struct rn_limit_row rows[] = {
#define X(code, name, aws, max, unit, help) {name, aws, max, unit, help},
    RN_LIMIT_MAP(X)
#undef X
};

const struct rn_limit_row *rn_limit_row(enum rn_limit limit)
{
    assert(limit >= 0 && limit < RN_LIMIT_COUNT);
    return &rows[limit];
}

enum rn_limit rn_limit_find(rn_str name)
{
    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        if (rn_str_eq(name, rn_str_c(rows[i].name))) {
            return (enum rn_limit)i;
        }
    }
    return RN_LIMIT_NONE;
}

bool rn_limit_value_valid(enum rn_limit limit, int64_t value)
{
    return value == RN_LIMIT_OFF || (value >= 1 && value <= rn_limit_row(limit)->max);
}

struct rn_limits rn_limits_aws(rn_str region)
{
    static const rn_str large[] = {RN_STR_INIT("us-east-1"), RN_STR_INIT("us-west-2"),
                                   RN_STR_INIT("eu-west-1")};
    struct rn_limits limits;

    for (int i = 0; i < RN_LIMIT_COUNT; i++) {
        limits.value[i] = rows[i].aws;
    }
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        if (rn_str_eq(region, large[i])) {
            limits.value[RN_LIMIT_ACCOUNT_SHARDS] = ACCOUNT_SHARDS_LARGE_REGION;
        }
    }
    return limits;
}

struct rn_limits rn_limits_off(void)
{
    return (struct rn_limits){.value = {RN_LIMIT_OFF}};
}

char *rn_limit_value_text(int64_t value, char *text)
{
    if (value == RN_LIMIT_OFF) {
        memcpy(text, "off", sizeof("off"));
    } else {
        (void)snprintf(text, RN_LIMIT_VALUE_BYTES, "%" PRId64, value);
    }
    return text;
}

/* For messages: a value may be as long as whoever sent it likes. */
static int shown(rn_str text)
{
    return (int)(text.len < SHOWN_MAX ? text.len : SHOWN_MAX);
}

rn_err rn_limit_value_read(enum rn_limit limit, rn_str text, int64_t *ret_value,
                           struct rn_reason *reterr_reason)
{
    uint64_t number;

    if (rn_str_eq(text, RN_STR("off"))) {
        *ret_value = RN_LIMIT_OFF;
        return RN_OK;
    }
    if (!rn_str_to_u64(text, &number) || number < 1 ||
        number > (uint64_t)rn_limit_row(limit)->max) {
        return rn_reason_set(reterr_reason, RN_INVALID,
                             "%s: \"%.*s\" is neither off nor a whole number from 1 to %" PRId64,
                             rn_limit_row(limit)->name, shown(text), text.data,
                             rn_limit_row(limit)->max);
    }
    *ret_value = (int64_t)number;
    return RN_OK;
}

struct line {
    const char *file;
    unsigned number;
    rn_str text;
};

static rn_err read_line(const struct line *line, struct rn_limits *limits, struct rn_reason *reason)
{
    size_t equals = rn_str_find(line->text, '=', 0);
    rn_str name = rn_str_trim(rn_str_make(line->text.data, equals));
    enum rn_limit limit = rn_limit_find(name);
    struct rn_reason why;
    rn_err err;

    if (equals == line->text.len) {
        return rn_reason_set(reason, RN_INVALID, "%s:%u: \"%.*s\" is not of the form name = value",
                             line->file, line->number, shown(line->text), line->text.data);
    }
    if (limit == RN_LIMIT_NONE) {
        return rn_reason_set(reason, RN_INVALID, "%s:%u: there is no limit \"%.*s\"", line->file,
                             line->number, shown(name), name.data);
    }
    err = rn_limit_value_read(
        limit, rn_str_trim(rn_str_make(line->text.data + equals + 1, line->text.len - equals - 1)),
        &limits->value[limit], &why);
    return err ? rn_reason_set(reason, err, "%s:%u: %.300s", line->file, line->number, why.text)
               : RN_OK;
}

rn_err rn_limits_read(rn_str text, const char *file, struct rn_limits *limits,
                      struct rn_reason *reterr_reason)
{
    struct line line = {.file = file};

    for (size_t from = 0; from < text.len;) {
        size_t end = rn_str_find(text, '\n', from);
        rn_str whole = rn_str_make(text.data + from, end - from);
        rn_err err;

        line.number++;
        line.text = rn_str_trim(rn_str_make(whole.data, rn_str_find(whole, '#', 0)));
        err = line.text.len > 0 ? read_line(&line, limits, reterr_reason) : RN_OK;
        if (err) {
            return err;
        }
        from = end + 1;
    }
    return RN_OK;
}
