/* directory.c - opening the data directory.
 *
 *   DATA/LOCK         held by the running server; its contents mean nothing
 *   DATA/FORMAT       "runnel-data 1\n": the format of all that lies beside it. Written first of all,
 *                     atomically, so a directory without it holds no data of ours
 *   DATA/credentials  the root key (credentials.c)
 *   the rest          the engine's and the control log's
 *
 * Nothing is written before the lock is held, and nothing but the lock before FORMAT was understood. */
#include "server/directory.h"

#include "sys/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const rn_str format_prefix = RN_STR_INIT("runnel-data ");

enum { FORMAT_BYTES_MAX = 4096, PATH_BYTES_MAX = 4096 + 16, MODE_OF_OTHERS = 077 };

rn_err rn_directory_read_format(rn_str contents, uint64_t *ret_format)
{
    size_t line_end = rn_str_find(contents, '\n', 0);
    uint64_t format;

    if (line_end == contents.len || !rn_str_starts(contents, format_prefix)) {
        return RN_CORRUPT;
    }
    if (!rn_str_to_u64(rn_str_make(contents.data + format_prefix.len, line_end - format_prefix.len),
                       &format) ||
        format == 0) {
        return RN_CORRUPT;
    }
    *ret_format = format;
    return format > RN_DATA_FORMAT ? RN_NEWER : RN_OK;
}

static rn_err check_facts(const char *path, struct rn_reason *reason)
{
    struct rn_dir_facts facts;
    rn_err err = rn_dir_facts(path, &facts);

    if (err == RN_NOT_FOUND) {
        if (rn_dir_make(path) != RN_OK) {
            return rn_reason_set(
                reason, RN_IO, "cannot make the data directory %s; name another with --data", path);
        }
        err = rn_dir_facts(path, &facts);
    }
    if (err) {
        return rn_reason_set(reason, RN_IO, "cannot use %s as data directory: %s", path,
                             rn_err_text(err));
    }
    if (!facts.is_ours) {
        return rn_reason_set(reason, RN_DENIED, "data directory %s belongs to another user", path);
    }
    if (facts.mode & MODE_OF_OTHERS) {
        return rn_reason_set(
            reason, RN_DENIED,
            "data directory %s is open to other users (mode %04o); run: chmod 700 '%s'", path,
            facts.mode, path);
    }
    if (facts.is_network) {
        rn_log(RN_LOG_WARN, "server",
               "data directory %s lies on a network file system (%s): what was synced may not be "
               "on a disk",
               path, facts.fs_name);
    }
    return RN_OK;
}

static rn_err take_lock(struct rn_directory *directory, struct rn_reason *reason)
{
    char path[PATH_BYTES_MAX];
    rn_err err;

    (void)snprintf(path, sizeof(path), "%s/LOCK", directory->path);
    err = rn_lock_take(path, &directory->lock);
    if (err == RN_BUSY) {
        return rn_reason_set(reason, err, "data directory %s is in use by another Runnel server",
                             directory->path);
    }
    if (err) {
        return rn_reason_set(reason, err == RN_NOMEM ? err : RN_IO, "cannot lock %s: %s", path,
                             rn_err_text(err));
    }
    return RN_OK;
}

/* Files that may lie in a directory whose first start was cut short. */
static rn_err refuse_foreign(void *arg, const char *name)
{
    static const char *const own[] = {"LOCK", "FORMAT", "credentials"};
    char *foreign = arg;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strstr(name, own[i])) { /* temporary names contain the final one */
            return RN_OK;
        }
    }
    (void)snprintf(foreign, FORMAT_BYTES_MAX, "%s", name);
    return RN_EXISTS;
}

static rn_err write_format(struct rn_directory *directory, struct rn_reason *reason)
{
    char text[FORMAT_BYTES_MAX];
    int len;
    rn_err err = directory->disk->ops->list(directory->disk, "", refuse_foreign, text);

    if (err == RN_EXISTS) {
        return rn_reason_set(reason, RN_INVALID,
                             "%s is no data directory of Runnel and not empty (it holds \"%s\"); "
                             "name another with --data",
                             directory->path, text);
    }
    if (!err) {
        len = snprintf(text, sizeof(text), "%.*s%d\n", RN_STR_ARG(format_prefix), RN_DATA_FORMAT);
        err = rn_disk_write_whole(directory->disk, "FORMAT", text, (size_t)len);
    }
    if (err) {
        return rn_reason_set(reason, err, "cannot write to data directory %s: %s", directory->path,
                             rn_err_text(err));
    }
    return RN_OK;
}

static rn_err check_format(struct rn_directory *directory, struct rn_reason *reason)
{
    char *contents = NULL;
    size_t len = 0;
    uint64_t format = 0;
    rn_err err = rn_disk_read_whole(directory->disk, "FORMAT", FORMAT_BYTES_MAX, &contents, &len);

    if (err == RN_NOT_FOUND) {
        return write_format(directory, reason);
    }
    if (err) {
        return rn_reason_set(reason, err == RN_TOO_LARGE ? RN_CORRUPT : err,
                             "cannot read %s/FORMAT: %s", directory->path, rn_err_text(err));
    }
    err = rn_directory_read_format(rn_str_make(contents, len), &format);
    free(contents);
    if (err == RN_NEWER) {
        return rn_reason_set(reason, err,
                             "data directory %s is of format %" PRIu64
                             ", and this version reads up to %d",
                             directory->path, format, RN_DATA_FORMAT);
    }
    if (err) {
        return rn_reason_set(reason, err, "%s/FORMAT is damaged: it should read \"runnel-data %d\"",
                             directory->path, RN_DATA_FORMAT);
    }
    return RN_OK;
}

rn_err rn_directory_open(const char *path, struct rn_directory *ret_directory,
                         struct rn_reason *reterr_reason)
{
    struct rn_directory directory = {.path = path};
    rn_err err = check_facts(path, reterr_reason);

    if (!err) {
        err = take_lock(&directory, reterr_reason);
    }
    if (!err) {
        err = rn_disk_open(path, &directory.disk, reterr_reason);
    }
    if (!err) {
        err = check_format(&directory, reterr_reason);
    }
    if (err) {
        rn_directory_close(&directory);
        return err;
    }
    *ret_directory = directory;
    return RN_OK;
}

void rn_directory_close(struct rn_directory *directory)
{
    rn_disk_close(directory->disk);
    if (directory->lock) {
        rn_lock_release(directory->lock);
    }
    *directory = (struct rn_directory){.path = NULL};
}
