/* civil.c - the proleptic Gregorian calendar by arithmetic.
 *
 * Days are counted from 0000-03-01, so that the leap day ends a year and months have a regular
 * pattern (153 days in 5 months from March). An era is 400 years, 146097 days. */
#include "base/civil.h"

#include <assert.h>
#include <stdio.h>

enum { MS_PER_S = 1000, S_PER_DAY = 86400, DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Rounded towards minus infinity; *ret_rest in [0, by). */
static int64_t divide_down(int64_t value, int64_t by, int64_t *ret_rest)
{
    int64_t down = value / by;

    *ret_rest = value % by;
    if (*ret_rest < 0) {
        *ret_rest += by;
        down--;
    }
    return down;
}

struct rn_civil rn_civil_from_ms(int64_t ms)
{
    struct rn_civil civil;
    int64_t ms_rest, s_rest, day_of_era, weekday;
    int64_t days = divide_down(divide_down(ms, MS_PER_S, &ms_rest), S_PER_DAY, &s_rest);
    int64_t era = divide_down(days + DAYS_TO_1970, DAYS_PER_ERA, &day_of_era);
    int64_t year =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day =
        day_of_era - (365 * year + year / 4 - year / 100); /* of a year that starts in March */
    int64_t month = (5 * day + 2) / 153;                   /* 0 is March */

    (void)divide_down(days + 4, 7, &weekday); /* 1970-01-01 was a Thursday */
    civil.year = year + era * 400 + (month >= 10);
    civil.month = (int)(month < 10 ? month + 3 : month - 9);
    civil.day = (int)(day - (153 * month + 2) / 5 + 1);
    civil.hour = (int)(s_rest / 3600);
    civil.minute = (int)(s_rest / 60 % 60);
    civil.second = (int)(s_rest % 60);
    civil.ms = (int)ms_rest;
    civil.weekday = (int)weekday;
    return civil;
}

int64_t rn_civil_to_ms(const struct rn_civil *civil)
{
    int64_t march_year = civil->year - (civil->month <= 2);
    int64_t month = (civil->month + 9) % 12; /* 0 is March */
    int64_t year_of_era;
    int64_t era = divide_down(march_year, 400, &year_of_era);
    int64_t day = (153 * month + 2) / 5 + civil->day - 1;
    int64_t days = era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                   day - DAYS_TO_1970;
    int64_t seconds = days * S_PER_DAY + civil->hour * 3600 + civil->minute * 60 + civil->second;

    return seconds * MS_PER_S + civil->ms;
}

char *rn_civil_http(int64_t ms, char *text)
{
    struct rn_civil c = rn_civil_from_ms(ms);

    (void)snprintf(text, RN_CIVIL_TEXT_BYTES, "%s, %02d %s %04lld %02d:%02d:%02d GMT",
                   day_names[c.weekday], c.day, month_names[c.month - 1], (long long)c.year, c.hour,
                   c.minute, c.second);
    return text;
}

char *rn_civil_java(int64_t ms, char *text)
{
    struct rn_civil c = rn_civil_from_ms(ms);

    (void)snprintf(text, RN_CIVIL_TEXT_BYTES, "%s %s %02d %02d:%02d:%02d UTC %04lld",
                   day_names[c.weekday], month_names[c.month - 1], c.day, c.hour, c.minute,
                   c.second, (long long)c.year);
    return text;
}

char *rn_civil_basic(int64_t ms, char *text)
{
    struct rn_civil c = rn_civil_from_ms(ms);

    (void)snprintf(text, RN_CIVIL_TEXT_BYTES, "%04lld%02d%02dT%02d%02d%02dZ", (long long)c.year,
                   c.month, c.day, c.hour, c.minute, c.second);
    return text;
}

char *rn_civil_iso(int64_t ms, char *text)
{
    struct rn_civil c = rn_civil_from_ms(ms);

    (void)snprintf(text, RN_CIVIL_TEXT_BYTES, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ",
                   (long long)c.year, c.month, c.day, c.hour, c.minute, c.second, c.ms);
    return text;
}

/* ---- parsing: a reader walks the text; the first thing amiss makes it stay failed ---- */

struct reader {
    rn_str left;
    bool failed;
};

/* Exactly `count` digits. */
static int digits(struct reader *reader, size_t count)
{
    int value = 0;

    if (reader->failed || reader->left.len < count) {
        reader->failed = true;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        char c = reader->left.data[i];

        if (c < '0' || c > '9') {
            reader->failed = true;
            return 0;
        }
        value = value * 10 + (c - '0');
    }
    reader->left.data += count;
    reader->left.len -= count;
    return value;
}

/* Whether the next byte is one of `set`; then it is taken. */
static char take(struct reader *reader, const char *set)
{
    char c;

    if (reader->failed || reader->left.len == 0) {
        return '\0';
    }
    c = *reader->left.data;
    if (c == '\0' || !strchr(set, c)) {
        return '\0';
    }
    reader->left.data++;
    reader->left.len--;
    return c;
}

static void expect(struct reader *reader, const char *set)
{
    if (!take(reader, set)) {
        reader->failed = true;
    }
}

static void expect_text(struct reader *reader, const char *text)
{
    for (; *text; text++) {
        char one[2] = {*text, '\0'};

        expect(reader, one);
    }
}

/* The index of the three-letter name that comes next. */
static int name_of(struct reader *reader, const char (*names)[4], int count)
{
    for (int i = 0; i < count; i++) {
        if (!reader->failed && rn_str_starts(reader->left, rn_str_c(names[i]))) {
            reader->left.data += 3;
            reader->left.len -= 3;
            return i;
        }
    }
    reader->failed = true;
    return 0;
}

static int days_in(int64_t year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* All read, nothing left over, every field in range (a leap second is not). */
static rn_err finish(const struct reader *reader, const struct rn_civil *civil, int64_t *ret_ms)
{
    if (reader->failed || reader->left.len || civil->month < 1 || civil->month > 12 ||
        civil->day < 1 || civil->day > days_in(civil->year, civil->month) || civil->hour > 23 ||
        civil->minute > 59 || civil->second > 59) {
        return RN_INVALID;
    }
    *ret_ms = rn_civil_to_ms(civil);
    return RN_OK;
}

rn_err rn_civil_parse_basic(rn_str text, int64_t *ret_ms)
{
    struct reader reader = {.left = text};
    struct rn_civil civil = {0};

    civil.year = digits(&reader, 4);
    civil.month = digits(&reader, 2);
    civil.day = digits(&reader, 2);
    expect(&reader, "T");
    civil.hour = digits(&reader, 2);
    civil.minute = digits(&reader, 2);
    civil.second = digits(&reader, 2);
    expect(&reader, "Z");
    return finish(&reader, &civil, ret_ms);
}

/* ".1", ".123", ".123456789": milliseconds, what is finer is dropped. */
static int fraction_ms(struct reader *reader)
{
    int ms = 0;
    int place = 100;

    ms += digits(reader, 1) * place;
    while (!reader->failed && reader->left.len && *reader->left.data >= '0' &&
           *reader->left.data <= '9') {
        place /= 10;
        ms += digits(reader, 1) * place;
    }
    return ms;
}

/* Z or +hh:mm; how far local time is ahead. */
static int64_t zone_ms(struct reader *reader)
{
    int hours, minutes;
    char sign;

    if (take(reader, "Zz")) {
        return 0;
    }
    sign = take(reader, "+-");
    hours = digits(reader, 2);
    expect(reader, ":");
    minutes = digits(reader, 2);
    if (!sign || hours > 23 || minutes > 59) {
        reader->failed = true;
    }
    return (sign == '-' ? -1 : 1) * (int64_t)(hours * 60 + minutes) * 60 * MS_PER_S;
}

rn_err rn_civil_parse_rfc3339(rn_str text, int64_t *ret_ms)
{
    struct reader reader = {.left = text};
    struct rn_civil civil = {0};
    int64_t ahead_ms, ms;
    rn_err err;

    civil.year = digits(&reader, 4);
    expect(&reader, "-");
    civil.month = digits(&reader, 2);
    expect(&reader, "-");
    civil.day = digits(&reader, 2);
    expect(&reader, "Tt ");
    civil.hour = digits(&reader, 2);
    expect(&reader, ":");
    civil.minute = digits(&reader, 2);
    expect(&reader, ":");
    civil.second = digits(&reader, 2);
    if (take(&reader, ".")) {
        civil.ms = fraction_ms(&reader);
    }
    ahead_ms = zone_ms(&reader);
    err = finish(&reader, &civil, &ms);
    if (err) {
        return err;
    }
    *ret_ms = ms - ahead_ms;
    return RN_OK;
}

rn_err rn_civil_parse_http(rn_str text, int64_t *ret_ms)
{
    struct reader reader = {.left = text};
    struct rn_civil civil = {0};
    int weekday;
    int64_t ms;
    rn_err err;

    weekday = name_of(&reader, day_names, 7);
    expect_text(&reader, ", ");
    civil.day = digits(&reader, 2);
    expect(&reader, " ");
    civil.month = name_of(&reader, month_names, 12) + 1;
    expect(&reader, " ");
    civil.year = digits(&reader, 4);
    expect(&reader, " ");
    civil.hour = digits(&reader, 2);
    expect(&reader, ":");
    civil.minute = digits(&reader, 2);
    expect(&reader, ":");
    civil.second = digits(&reader, 2);
    expect_text(&reader, " GMT");
    err = finish(&reader, &civil, &ms);
    if (err) {
        return err;
    }
    if (rn_civil_from_ms(ms).weekday != weekday) {
        return RN_INVALID;
    }
    *ret_ms = ms;
    return RN_OK;
}
