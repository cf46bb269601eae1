/* civil.h - points in time as text and back; UTC only, no locale, no TZ, no system calls.
 * Times are milliseconds since 1970-01-01T00:00:00Z unless a name says otherwise. */
#ifndef RN_BASE_CIVIL_H
#define RN_BASE_CIVIL_H

#include "base/err.h"
#include "base/str.h"

struct rn_civil {
    int64_t year;
    int month, day, hour, minute, second, ms; /* month and day from 1 */
    int weekday;                              /* 0 Sunday */
};

struct rn_civil rn_civil_from_ms(int64_t ms);
int64_t rn_civil_to_ms(const struct rn_civil *civil); /* weekday ignored */

enum { RN_CIVIL_TEXT_BYTES = 40 };
/* Each writes a NUL-terminated text into `text` (RN_CIVIL_TEXT_BYTES) and returns it. */
char *rn_civil_http(int64_t ms, char *text);  /* Tue, 24 Nov 2026 01:56:56 GMT */
char *rn_civil_java(int64_t ms, char *text);  /* Thu Jan 22 01:22:02 UTC 2015 */
char *rn_civil_basic(int64_t ms, char *text); /* 20260115T101530Z */
char *rn_civil_iso(int64_t ms, char *text);   /* 2026-01-15T10:15:30.123Z */

/* Exactly YYYYMMDD'T'HHMMSS'Z', every field in range. */
RN_MUST_USE rn_err rn_civil_parse_basic(rn_str text, int64_t *ret_ms);
/* RFC 3339: 2026-01-15T10:15:30[.123](Z|+01:00); T and Z in either case, T may be a blank. */
RN_MUST_USE rn_err rn_civil_parse_rfc3339(rn_str text, int64_t *ret_ms);
/* RFC 1123, as in HTTP's Date. */
RN_MUST_USE rn_err rn_civil_parse_http(rn_str text, int64_t *ret_ms);

#endif
