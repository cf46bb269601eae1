/* disk_kernel.c - the disk that is one: files below a directory, by the kernel's calls.
 *
 * Every path is resolved from the directory's descriptor, so a rename of a parent cannot
 * redirect a running server. Short reads and writes and interruptions are finished here; with
 * direct I/O what is finished always starts at an aligned offset. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sys/disk.h"

enum { ALIGN_MAX = 4096 };

struct kernel_disk {
    struct rn_disk disk;
    int dir;
};

struct kernel_file {
    struct rn_file file;
    int fd;
};

static rn_err err_of(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return RN_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return RN_DENIED;
    case ENOENT:
        return RN_NOT_FOUND;
    case EEXIST:
        return RN_EXISTS;
    case ENOMEM:
        return RN_NOMEM;
    default:
        return RN_IO;
    }
}

static rn_err err_now(void)
{
    return err_of(errno);
}

static struct kernel_file *file_of(struct rn_file *file)
{
    return (struct kernel_file *)file;
}

static struct kernel_disk *disk_of(struct rn_disk *disk)
{
    return (struct kernel_disk *)disk;
}

/* "" is the root, which openat calls ".". */
static const char *name_of(const char *path)
{
    assert(path[0] != '/');
    return *path ? path : ".";
}

/* ---- files ---- */

static rn_err file_read(struct rn_file *file, uint64_t offset, void *bytes, size_t len,
                        size_t *ret_len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t got =
            pread(file_of(file)->fd, (char *)bytes + done, len - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_now();
        }
        done += (size_t)got;
        if (got == 0 || done % file->align) {
            break; /* the end; direct reads stop short only there */
        }
    }
    *ret_len = done;
    return RN_OK;
}

static rn_err file_write(struct rn_file *file, uint64_t offset, const void *bytes, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t put = pwrite(file_of(file)->fd, (const char *)bytes + done, len - done,
                             (off_t)(offset + done));

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return err_now();
        }
        put -= put % file->align; /* the torn end of a short direct write is written again */
        if (put == 0) {
            return RN_IO;
        }
        done += (size_t)put;
    }
    return RN_OK;
}

static rn_err sync_fd(int fd, int (*sync)(int fd))
{
    int result;

    do {
        result = sync(fd);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? RN_OK : err_now();
}

static rn_err file_sync(struct rn_file *file)
{
    return sync_fd(file_of(file)->fd, fdatasync);
}

static rn_err file_size(struct rn_file *file, uint64_t *ret_bytes)
{
    struct stat facts;

    if (fstat(file_of(file)->fd, &facts) != 0) {
        return err_now();
    }
    *ret_bytes = (uint64_t)facts.st_size;
    return RN_OK;
}

static rn_err file_truncate(struct rn_file *file, uint64_t bytes)
{
    while (ftruncate(file_of(file)->fd, (off_t)bytes) != 0) {
        if (errno != EINTR) {
            return err_now();
        }
    }
    return RN_OK;
}

static void file_close(struct rn_file *file)
{
    (void)close(
        file_of(file)->fd); /* what had to last was synced; Linux closes also when it says EINTR */
    free(file);
}

static const struct rn_file_ops file_ops = {
    .read = file_read,
    .write = file_write,
    .sync = file_sync,
    .size = file_size,
    .truncate = file_truncate,
    .close = file_close,
};

/* ---- opening ---- */

/* The alignment that direct I/O on `fd` asks for; 0: this file cannot do it. */
static uint32_t direct_align(int fd)
{
#ifdef STATX_DIOALIGN
    struct statx facts;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &facts) == 0 &&
        (facts.stx_mask & STATX_DIOALIGN)) {
        uint32_t align = facts.stx_dio_offset_align > facts.stx_dio_mem_align
                             ? facts.stx_dio_offset_align
                             : facts.stx_dio_mem_align;

        return align <= ALIGN_MAX ? align : 0;
    }
#else
    (void)fd;
#endif
    return ALIGN_MAX; /* an old kernel does not say; every block device is content with this */
}

static int open_retry(int dir, const char *path, int flags)
{
    int fd;

    do {
        fd = openat(dir, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* Direct if asked for and possible, else buffered. */
static int open_fd(int dir, const char *path, int flags, uint32_t *ret_align)
{
    int how = (flags & RN_FILE_READ) ? O_RDONLY : O_RDWR;
    int fd;

    *ret_align = 1;
    if (flags & RN_FILE_CREATE) {
        how |= O_CREAT | ((flags & RN_FILE_EXCL) ? O_EXCL : 0);
    }
    if (!(flags & RN_FILE_DIRECT)) {
        return open_retry(dir, path, how);
    }
    fd = open_retry(dir, path, how | O_DIRECT);
    if (fd >= 0) {
        uint32_t align = direct_align(fd);

        if (align) {
            *ret_align = align;
        } else if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_DIRECT) != 0) {
            (void)close(fd);
            return -1;
        }
        return fd;
    }
    if (errno != EINVAL && errno != EOPNOTSUPP) {
        return -1;
    }
    /* A file system without direct I/O says so after it made the file: no second O_EXCL. */
    fd = open_retry(dir, path, how & ~(O_CREAT | O_EXCL));
    return fd >= 0 || errno != ENOENT ? fd : open_retry(dir, path, how);
}

static rn_err disk_open(struct rn_disk *disk, const char *path, int flags,
                        struct rn_file **ret_file)
{
    struct kernel_file *file = calloc(1, sizeof(*file));
    rn_err err;

    if (!file) {
        return RN_NOMEM;
    }
    file->fd = open_fd(disk_of(disk)->dir, name_of(path), flags, &file->file.align);
    if (file->fd < 0) {
        err = err_now();
        free(file);
        return err;
    }
    file->file.ops = &file_ops;
    file->file.is_direct = file->file.align > 1;
    *ret_file = &file->file;
    return RN_OK;
}

/* ---- names ---- */

static rn_err disk_rename(struct rn_disk *disk, const char *from, const char *to)
{
    int dir = disk_of(disk)->dir;

    return renameat(dir, name_of(from), dir, name_of(to)) == 0 ? RN_OK : err_now();
}

static rn_err disk_unlink(struct rn_disk *disk, const char *path)
{
    return unlinkat(disk_of(disk)->dir, name_of(path), 0) == 0 ? RN_OK : err_now();
}

static rn_err disk_mkdir(struct rn_disk *disk, const char *path)
{
    if (mkdirat(disk_of(disk)->dir, name_of(path), 0700) == 0) {
        return RN_OK;
    }
    return errno == EEXIST ? RN_OK : err_now();
}

static rn_err disk_sync_dir(struct rn_disk *disk, const char *path)
{
    int fd = open_retry(disk_of(disk)->dir, name_of(path), O_RDONLY | O_DIRECTORY);
    rn_err err;

    if (fd < 0) {
        return err_now();
    }
    err = sync_fd(fd, fsync);
    (void)close(fd);
    return err;
}

static bool is_plain(int dir, const struct dirent *entry)
{
    struct stat facts;

    if (entry->d_type != DT_UNKNOWN) {
        return entry->d_type == DT_REG;
    }
    return fstatat(dir, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode);
}

static rn_err list_open(DIR *stream, rn_err (*each)(void *arg, const char *name), void *arg)
{
    for (;;) {
        const struct dirent *entry;

        errno = 0;
        entry = readdir(stream); /* NOLINT(concurrency-mt-unsafe): the stream is ours alone */
        if (!entry) {
            return errno ? err_now() : RN_OK;
        }
        if (is_plain(dirfd(stream), entry)) {
            rn_err err = each(arg, entry->d_name);

            if (err) {
                return err;
            }
        }
    }
}

static rn_err disk_list(struct rn_disk *disk, const char *path,
                        rn_err (*each)(void *arg, const char *name), void *arg)
{
    int fd = open_retry(disk_of(disk)->dir, name_of(path), O_RDONLY | O_DIRECTORY);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    rn_err err;

    if (!stream) {
        err = err_now();
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    err = list_open(stream, each, arg);
    (void)closedir(stream);
    return err;
}

static rn_err disk_free_bytes(struct rn_disk *disk, uint64_t *ret_bytes)
{
    struct statvfs facts;

    if (fstatvfs(disk_of(disk)->dir, &facts) != 0) {
        return err_now();
    }
    *ret_bytes = (uint64_t)facts.f_bavail * facts.f_frsize;
    return RN_OK;
}

static void disk_close(struct rn_disk *disk)
{
    (void)close(disk_of(disk)->dir);
    free(disk);
}

static const struct rn_disk_ops disk_ops = {
    .open = disk_open,
    .rename = disk_rename,
    .unlink = disk_unlink,
    .mkdir = disk_mkdir,
    .sync_dir = disk_sync_dir,
    .list = disk_list,
    .free_bytes = disk_free_bytes,
    .close = disk_close,
};

rn_err rn_disk_open(const char *path, struct rn_disk **ret_disk, struct rn_reason *reterr_reason)
{
    struct kernel_disk *disk = calloc(1, sizeof(*disk));
    rn_err err;

    if (!disk) {
        return rn_reason_set(reterr_reason, RN_NOMEM, "no memory to open %s", path);
    }
    disk->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (disk->dir < 0) {
        int code = errno;

        free(disk);
        err = err_of(code);
        return rn_reason_set(reterr_reason, err, "cannot open directory %s: %s", path,
                             strerrordesc_np(code));
    }
    disk->disk.ops = &disk_ops;
    *ret_disk = &disk->disk;
    return RN_OK;
}
