/* limits.c - see limits.h. */
#include "server/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/disk.h"

enum { NOTICE_PAUSE_US = 60 * 1000 * 1000, DIRECTORY_BYTES_MAX = 4096 };

static rn_err read_file(const char *path, char **ret_bytes, size_t *ret_len)
{
    char directory[DIRECTORY_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    struct rn_disk *disk = NULL;
    rn_err err;

    if (slash && (size_t)(slash - path) >= sizeof(directory)) {
        return RN_TOO_LARGE;
    }
    (void)snprintf(directory, sizeof(directory), "%.*s",
                   slash == path ? 1
                   : slash       ? (int)(slash - path)
                                 : 1,
                   slash ? path : ".");
    err = rn_disk_open(directory, &disk, NULL);
    if (!err) {
        err = rn_disk_read_whole(disk, slash ? slash + 1 : path, RN_LIMITS_FILE_BYTES_MAX,
                                 ret_bytes, ret_len);
    }
    rn_disk_close(disk);
    return err;
}

rn_err rn_limits_of_setting(const char *setting, rn_str region, struct rn_limits *ret_limits,
                            struct rn_reason *reterr_reason)
{
    struct rn_limits limits = rn_limits_aws(region);
    char *bytes = NULL;
    size_t len;
    rn_err err;

    if (strcmp(setting, "off") == 0) {
        limits = rn_limits_off();
    } else if (strcmp(setting, "aws") != 0) {
        err = read_file(setting, &bytes, &len);
        if (err) {
            return rn_reason_set(reterr_reason, RN_INVALID,
                                 "--limits: \"%s\" is neither aws nor off, and cannot be read as a "
                                 "file: %s",
                                 setting, rn_err_text(err));
        }
        err = rn_limits_read(rn_str_make(bytes, len), setting, &limits, reterr_reason);
        free(bytes);
        if (err) {
            return err;
        }
    }
    *ret_limits = limits;
    return RN_OK;
}

/* Only one of those who come at once sees true. */
static bool due(_Atomic(int64_t) *next_us, int64_t now_us)
{
    int64_t next = atomic_load_explicit(next_us, memory_order_relaxed);

    return now_us >= next &&
           atomic_compare_exchange_strong(next_us, &next, now_us + NOTICE_PAUSE_US);
}

static void write_notice(enum rn_limit limit, rn_str stream, uint64_t times, char *text)
{
    char subject[160] = "";

    if (stream.data) {
        (void)snprintf(subject, sizeof(subject), " for stream %.*s", RN_STR_ARG(stream));
    }
    if (limit == RN_LIMIT_NONE) {
        (void)snprintf(text, RN_LIMIT_NOTICE_BYTES,
                       "records were refused%s (%" PRIu64
                       " since this was last said): the disk does not keep up, and the queue "
                       "before it is full",
                       subject, times);
        return;
    }
    (void)snprintf(text, RN_LIMIT_NOTICE_BYTES,
                   "limit %s was reached%s (refused since this was last said: %" PRIu64
                   "); runnel limits set %s VALUE changes it, the value off lifts it",
                   rn_limit_row(limit)->name, subject, times, rn_limit_row(limit)->name);
}

bool rn_limit_notice(struct rn_limit_notices *notices, enum rn_limit limit, rn_str stream,
                     int64_t now_us, char *text)
{
    atomic_fetch_add_explicit(&notices->of[limit].unsaid, 1, memory_order_relaxed);
    if (!due(&notices->of[limit].next_us, now_us)) {
        return false;
    }
    write_notice(limit, stream, atomic_exchange(&notices->of[limit].unsaid, 0), text);
    return true;
}
