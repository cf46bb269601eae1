/* disk.h - files, as a seam: production is the kernel, tests and simulation keep it in memory,
 * lose, keep or tear what was not synced, and fail any call.
 *
 * Paths are relative to the directory the disk was opened on, with '/' between parts, no "..".
 * Everything that must survive power loss follows one rule: a file's bytes after rn_file_sync,
 * a name (create, rename, unlink) after rn_disk_sync_dir of its directory. After a failed sync
 * the page cache may lie: nothing written since the last good sync may be trusted.
 * Threads: any; one file may be read by many while one thread writes it. All calls may block:
 * never on an event loop. Errors: RN_IO unless said otherwise; RN_FULL when the disk is full
 * (ENOSPC, EDQUOT); RN_DENIED for permissions and read-only file systems. */
#ifndef RN_SYS_DISK_H
#define RN_SYS_DISK_H

#include "base/err.h"
#include "base/str.h"

struct rn_disk;
struct rn_file;

enum rn_file_flags {
    RN_FILE_READ = 1,   /* otherwise read and write */
    RN_FILE_CREATE = 2, /* made if absent, mode 0600 */
    RN_FILE_EXCL = 4,   /* with CREATE: RN_EXISTS if present */
    RN_FILE_DIRECT =
        8, /* past the page cache; offsets, lengths and memory aligned to rn_file_align.
                            Where the file system refuses, opens buffered: see rn_file_is_direct */
};

struct rn_disk_ops {
    rn_err (*open)(struct rn_disk *disk, const char *path, int flags, struct rn_file **ret_file);
    rn_err (*rename)(struct rn_disk *disk, const char *from, const char *to); /* replaces */
    rn_err (*unlink)(struct rn_disk *disk, const char *path);                 /* RN_NOT_FOUND */
    rn_err (*mkdir)(struct rn_disk *disk, const char *path);    /* 0700; existing is RN_OK */
    rn_err (*sync_dir)(struct rn_disk *disk, const char *path); /* "" is the root */
    /* Calls each(arg, name) for every plain file in the directory, in no order; the name lives
     * for the call. A non-zero return stops and is returned. */
    rn_err (*list)(struct rn_disk *disk, const char *path,
                   rn_err (*each)(void *arg, const char *name), void *arg);
    rn_err (*free_bytes)(struct rn_disk *disk, uint64_t *ret_bytes); /* available to us */
    void (*close)(struct rn_disk *disk);
};

struct rn_file_ops {
    rn_err (*read)(struct rn_file *file, uint64_t offset, void *bytes, size_t len,
                   size_t *ret_len); /* short only at the end */
    rn_err (*write)(struct rn_file *file, uint64_t offset, const void *bytes,
                    size_t len);          /* all or an error */
    rn_err (*sync)(struct rn_file *file); /* fdatasync */
    rn_err (*size)(struct rn_file *file, uint64_t *ret_bytes);
    rn_err (*truncate)(struct rn_file *file, uint64_t bytes);
    void (*close)(struct rn_file *file);
};

struct rn_disk {
    const struct rn_disk_ops *ops;
};

struct rn_file {
    const struct rn_file_ops *ops;
    uint32_t align; /* 1 when buffered; else the direct-I/O alignment, at most 4096 */
    bool is_direct;
};

/* The kernel's: everything below directory `path`, which exists. */
RN_MUST_USE rn_err rn_disk_open(const char *path, struct rn_disk **ret_disk,
                                struct rn_reason *reterr_reason);

RN_MUST_USE static inline rn_err rn_file_open(struct rn_disk *disk, const char *path, int flags,
                                              struct rn_file **ret_file)
{
    return disk->ops->open(disk, path, flags, ret_file);
}

RN_MUST_USE static inline rn_err rn_file_read(struct rn_file *file, uint64_t offset, void *bytes,
                                              size_t len, size_t *ret_len)
{
    return file->ops->read(file, offset, bytes, len, ret_len);
}

RN_MUST_USE static inline rn_err rn_file_write(struct rn_file *file, uint64_t offset,
                                               const void *bytes, size_t len)
{
    return file->ops->write(file, offset, bytes, len);
}

RN_MUST_USE static inline rn_err rn_file_sync(struct rn_file *file)
{
    return file->ops->sync(file);
}

static inline void rn_file_close(struct rn_file *file) /* NULL is fine */
{
    if (file) {
        file->ops->close(file);
    }
}

static inline void rn_disk_close(struct rn_disk *disk) /* NULL is fine */
{
    if (disk) {
        disk->ops->close(disk);
    }
}

enum { RN_DISK_SMALL_FILE_MAX = 64 * 1024 * 1024 };
/* The whole file in memory the caller frees with free(). RN_NOT_FOUND, RN_TOO_LARGE. */
RN_MUST_USE rn_err rn_disk_read_whole(struct rn_disk *disk, const char *path, size_t bytes_max,
                                      char **ret_bytes, size_t *ret_len);
/* Replace atomically: temporary file beside it, sync, rename, sync of the directory. */
RN_MUST_USE rn_err rn_disk_write_whole(struct rn_disk *disk, const char *path, const void *bytes,
                                       size_t len);

/* For one file anywhere: the disk of its directory, and its name there, which lies in `path`. RN_TOO_LARGE. */
RN_MUST_USE rn_err rn_disk_open_parent(const char *path, struct rn_disk **ret_disk,
                                       const char **ret_name);

/* Memory aligned for any RN_FILE_DIRECT file; free(). NULL when memory ends. */
void *rn_disk_alloc(size_t bytes);

/* Hold `path` (made if absent) until the process ends or rn_lock_release: RN_BUSY when another
 * process holds it. Real file systems only. */
struct rn_lock;
RN_MUST_USE rn_err rn_lock_take(const char *path, struct rn_lock **ret_lock);
void rn_lock_release(struct rn_lock *lock);

/* What the kernel says of a directory, for start-up checks. */
struct rn_dir_facts {
    unsigned mode;   /* permission bits */
    bool is_ours;    /* owned by this user */
    bool is_network; /* NFS, SMB, 9P, FUSE …: syncs may not reach a disk */
    char fs_name[32];
};
RN_MUST_USE rn_err rn_dir_facts(const char *path,
                                struct rn_dir_facts *ret_facts); /* RN_NOT_FOUND */
/* Permission bits of a plain file. RN_NOT_FOUND. */
RN_MUST_USE rn_err rn_file_mode(const char *path, unsigned *ret_mode);
/* What `path` gives until its end, NUL behind it: a file, a pipe; links are followed. The caller
 * frees. RN_NOT_FOUND, RN_TOO_LARGE, RN_INVALID: a directory. */
RN_MUST_USE rn_err rn_path_read(const char *path, size_t bytes_max, char **ret_bytes,
                                size_t *ret_len);
RN_MUST_USE rn_err
rn_dir_make(const char *path); /* with parents, last part 0700; existing is RN_OK */

#endif
