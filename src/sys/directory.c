/* directory.c - the data directory as a whole: who holds it, what the kernel says of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "sys/disk.h"

enum { PATH_BYTES_MAX = 4096 };

struct rn_lock {
    int fd;
};

/* The lock is the kernel's, on the open file: it ends with the process, however that ends. */
rn_err rn_lock_take(const char *path, struct rn_lock **ret_lock)
{
    struct rn_lock *lock = malloc(sizeof(*lock));

    if (!lock) {
        return RN_NOMEM;
    }
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->fd < 0) {
        rn_err err = errno == ENOENT                                       ? RN_NOT_FOUND
                     : errno == EACCES || errno == EPERM || errno == EROFS ? RN_DENIED
                     : errno == ENOSPC || errno == EDQUOT                  ? RN_FULL
                                                                           : RN_IO;
        free(lock);
        return err;
    }
    if (flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        rn_err err = errno == EWOULDBLOCK ? RN_BUSY : RN_IO;

        rn_lock_release(lock);
        return err;
    }
    *ret_lock = lock;
    return RN_OK;
}

void rn_lock_release(struct rn_lock *lock)
{
    if (lock) {
        (void)close(lock->fd);
        free(lock);
    }
}

static const struct {
    uint32_t magic;
    bool is_network;
    char name[12];
} file_systems[] = {
    {0xEF53, false, "ext4"},        {0x58465342, false, "xfs"},   {0x9123683E, false, "btrfs"},
    {0x2FC12FC1, false, "zfs"},     {0xF2F52010, false, "f2fs"},  {0xCA451A4E, false, "bcachefs"},
    {0x01021994, false, "tmpfs"},   {0x858458F6, false, "ramfs"}, {0x794C7630, false, "overlayfs"},
    {0x6969, true, "nfs"},          {0x517B, true, "smb"},        {0xFF534D42, true, "cifs"},
    {0xFE534D42, true, "smb2"},     {0x01021997, true, "9p"},     {0x65735546, true, "fuse"},
    {0x00C36400, true, "ceph"},     {0x5346414F, true, "afs"},    {0x6B414653, true, "kafs"},
    {0x73757245, true, "coda"},     {0x0BD00BD0, true, "lustre"}, {0x786F4256, true, "vboxsf"},
    {0x6A656A63, true, "virtiofs"},
};

static void name_file_system(uint32_t magic, struct rn_dir_facts *facts)
{
    for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++) {
        if (file_systems[i].magic == magic) {
            facts->is_network = file_systems[i].is_network;
            (void)snprintf(facts->fs_name, sizeof(facts->fs_name), "%s", file_systems[i].name);
            return;
        }
    }
    facts->is_network = false;
    (void)snprintf(facts->fs_name, sizeof(facts->fs_name), "type 0x%x", magic);
}

rn_err rn_dir_facts(const char *path, struct rn_dir_facts *ret_facts)
{
    struct stat st;
    struct statfs fs;

    if (stat(path, &st) != 0 || statfs(path, &fs) != 0) {
        return errno == ENOENT ? RN_NOT_FOUND : errno == EACCES ? RN_DENIED : RN_IO;
    }
    if (!S_ISDIR(st.st_mode)) {
        return RN_EXISTS;
    }
    ret_facts->mode = st.st_mode & 07777;
    ret_facts->is_ours = st.st_uid == geteuid();
    name_file_system((uint32_t)fs.f_type, ret_facts);
    return RN_OK;
}

rn_err rn_file_mode(const char *path, unsigned *ret_mode)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return errno == ENOENT ? RN_NOT_FOUND : errno == EACCES ? RN_DENIED : RN_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        return RN_EXISTS;
    }
    *ret_mode = st.st_mode & 07777;
    return RN_OK;
}

/* Fill `bytes` (bytes_max + 1) from fd. */
static rn_err read_to_end(int fd, char *bytes, size_t bytes_max, size_t *ret_len)
{
    size_t len = 0;

    while (len <= bytes_max) {
        ssize_t got = read(fd, bytes + len, bytes_max + 1 - len);

        if (got == 0) {
            bytes[len] = '\0';
            *ret_len = len;
            return RN_OK;
        }
        if (got < 0 && errno != EINTR) {
            return errno == EISDIR ? RN_INVALID : RN_IO;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    return RN_TOO_LARGE;
}

rn_err rn_path_read(const char *path, size_t bytes_max, char **ret_bytes, size_t *ret_len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *bytes;
    rn_err err;

    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? RN_NOT_FOUND
               : errno == EACCES || errno == EPERM ? RN_DENIED
                                                   : RN_IO;
    }
    bytes = malloc(bytes_max + 1);
    err = bytes ? read_to_end(fd, bytes, bytes_max, ret_len) : RN_NOMEM;
    (void)close(fd);
    if (err) {
        free(bytes);
        return err;
    }
    *ret_bytes = bytes;
    return RN_OK;
}

static rn_err make_one(const char *path, mode_t mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0) {
        return RN_OK;
    }
    if (errno != EEXIST) {
        return errno == EACCES || errno == EPERM || errno == EROFS ? RN_DENIED
               : errno == ENOSPC || errno == EDQUOT                ? RN_FULL
                                                                   : RN_IO;
    }
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? RN_OK : RN_EXISTS;
}

/* A new directory lasts once its parent was synced. */
static rn_err sync_parent(const char *path)
{
    char parent[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    int fd, result;

    (void)snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path) : 1,
                   slash ? path : ".");
    fd = open(*parent ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return RN_OK; /* a parent we may enter but not read: nothing to be done */
    }
    result = fsync(fd);
    (void)close(fd);
    return result == 0 || errno == EINVAL ? RN_OK : RN_IO;
}

rn_err rn_dir_make(const char *path)
{
    char part[PATH_BYTES_MAX];
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    if (len == 0 || len >= sizeof(part)) {
        return len ? RN_TOO_LARGE : RN_INVALID;
    }
    memcpy(part, path, len);
    part[len] = '\0';
    for (size_t i = 1; i <= len; i++) {
        bool last = i == len;
        bool there;
        rn_err err;

        if (!last && (part[i] != '/' || part[i - 1] == '/')) {
            continue;
        }
        part[i] = '\0';
        there = access(part, F_OK) == 0;
        err = make_one(part, last ? 0700 : 0755);
        if (!err && !there) {
            err = sync_parent(part);
        }
        if (err) {
            return err;
        }
        if (!last) {
            part[i] = '/';
        }
    }
    return RN_OK;
}
