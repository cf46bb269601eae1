/* scratch.h - a directory that goes away with its test, and a disk on it. */
#ifndef TESTS_CONTROL_SCRATCH_H
#define TESTS_CONTROL_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/disk.h"

struct scratch {
    char path[64];
    struct rn_disk *disk;
};

static inline struct scratch scratch_open(void)
{
    struct scratch scratch = {.path = "/tmp/runnel-control-XXXXXX"};
    struct rn_reason reason;

    assert_non_null(mkdtemp(scratch.path));
    assert_int_equal(rn_disk_open(scratch.path, &scratch.disk, &reason), RN_OK);
    return scratch;
}

static inline rn_err scratch_note(void *arg, const char *name)
{
    char *first = arg;

    (void)snprintf(first, 256, "%s", name);
    return RN_FULL; /* one is enough */
}

static inline void scratch_empty(const struct scratch *scratch, const char *directory)
{
    char name[256], path[600];

    while (scratch->disk->ops->list(scratch->disk, directory, scratch_note, name) == RN_FULL) {
        (void)snprintf(path, sizeof(path), "%s%s%s", directory, directory[0] ? "/" : "", name);
        assert_int_equal(scratch->disk->ops->unlink(scratch->disk, path), RN_OK);
    }
}

static inline void scratch_close(struct scratch *scratch)
{
    char path[128];

    scratch_empty(scratch, "control");
    scratch_empty(scratch, "");
    rn_disk_close(scratch->disk);
    (void)snprintf(path, sizeof(path), "%s/control", scratch->path);
    (void)rmdir(path);
    assert_int_equal(rmdir(scratch->path), 0);
}

static inline bool scratch_has(const struct scratch *scratch, const char *path)
{
    struct rn_file *file;
    rn_err err = rn_file_open(scratch->disk, path, RN_FILE_READ, &file);

    if (!err) {
        rn_file_close(file);
    }
    return !err;
}

static inline rn_err scratch_add(void *arg, const char *name)
{
    (void)name;
    ++*(size_t *)arg;
    return RN_OK;
}

static inline size_t scratch_count(const struct scratch *scratch, const char *directory)
{
    size_t count = 0;

    (void)scratch->disk->ops->list(scratch->disk, directory, scratch_add, &count);
    return count;
}

/* One byte of the file becomes another. */
static inline void scratch_spoil(const struct scratch *scratch, const char *path, size_t at)
{
    char *bytes;
    size_t len;

    assert_int_equal(rn_disk_read_whole(scratch->disk, path, RN_DISK_SMALL_FILE_MAX, &bytes, &len),
                     RN_OK);
    assert_true(at < len);
    bytes[at] ^= 1;
    assert_int_equal(rn_disk_write_whole(scratch->disk, path, bytes, len), RN_OK);
    free(bytes);
}

#endif
