/* disk.c - whole small files, over any disk. */
#include "sys/disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES_MAX = 4096, BLOCK_BYTES = 4096 };

void *rn_disk_alloc(size_t bytes)
{
    if (bytes > SIZE_MAX - BLOCK_BYTES) {
        return NULL;
    }
    bytes = bytes ? (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES : BLOCK_BYTES;
    return aligned_alloc(BLOCK_BYTES, bytes);
}

static rn_err read_file(struct rn_file *file, size_t bytes_max, char **ret_bytes, size_t *ret_len)
{
    uint64_t size;
    size_t len;
    char *bytes;
    rn_err err = file->ops->size(file, &size);

    if (err) {
        return err;
    }
    if (size > bytes_max) {
        return RN_TOO_LARGE;
    }
    bytes = malloc((size_t)size + 1); /* a NUL behind it, for those who read text */
    if (!bytes) {
        return RN_NOMEM;
    }
    err = rn_file_read(file, 0, bytes, (size_t)size, &len);
    if (err) {
        free(bytes);
        return err;
    }
    bytes[len] = '\0';
    *ret_bytes = bytes;
    *ret_len = len;
    return RN_OK;
}

rn_err rn_disk_open_parent(const char *path, struct rn_disk **ret_disk, const char **ret_name)
{
    char directory[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len >= sizeof(directory)) {
        return RN_TOO_LARGE;
    }
    memcpy(directory, path, len);
    directory[len] = '\0';
    *ret_name = slash ? slash + 1 : path;
    return rn_disk_open(len > 0 ? directory : slash ? "/" : ".", ret_disk, NULL);
}

rn_err rn_disk_read_whole(struct rn_disk *disk, const char *path, size_t bytes_max,
                          char **ret_bytes, size_t *ret_len)
{
    struct rn_file *file;
    rn_err err = rn_file_open(disk, path, RN_FILE_READ, &file);

    if (err) {
        return err;
    }
    if (bytes_max > RN_DISK_SMALL_FILE_MAX) {
        bytes_max = RN_DISK_SMALL_FILE_MAX;
    }
    err = read_file(file, bytes_max, ret_bytes, ret_len);
    rn_file_close(file);
    return err;
}

static rn_err write_synced(struct rn_disk *disk, const char *path, const void *bytes, size_t len)
{
    struct rn_file *file;
    rn_err err = rn_file_open(disk, path, RN_FILE_CREATE, &file);

    if (err) {
        return err;
    }
    err = file->ops->truncate(file, 0); /* a crash may have left one behind */
    if (!err) {
        err = rn_file_write(file, 0, bytes, len);
    }
    if (!err) {
        err = rn_file_sync(file);
    }
    rn_file_close(file);
    return err;
}

rn_err rn_disk_write_whole(struct rn_disk *disk, const char *path, const void *bytes, size_t len)
{
    char temporary[PATH_BYTES_MAX], dir[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    rn_err err;

    if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary)) {
        return RN_TOO_LARGE;
    }
    (void)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 0, path);
    err = write_synced(disk, temporary, bytes, len);
    if (!err) {
        err = disk->ops->rename(disk, temporary, path);
    }
    if (err) {
        (void)disk->ops->unlink(
            disk, temporary); /* gives the room back; the next try would reuse it anyway */
        return err;
    }
    return disk->ops->sync_dir(disk, dir);
}
