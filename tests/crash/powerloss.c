/* powerloss.c - a preload layer that turns the death of a process into the loss of power.
 *
 * Killing a process proves little: what it wrote sits in the kernel's page cache and survives. Under
 * this layer, below the directory POWERLOSS_ROOT,
 *   - bytes written (and truncations) stay in this process until fdatasync or fsync of their file;
 *     reads see them laid over the file;
 *   - names made, renamed or removed are carried out at once but can be taken back until their
 *     directory is synced: what a name used to reach is kept by a hard link in POWERLOSS_UNDO.
 * At a crash, the unsynced writes of every file are each kept, dropped or torn at 512-byte sectors,
 * as the seed says, and a suffix of the unsynced name changes is taken back, newest first. Then the process kills itself.
 *
 * WHEN       POWERLOSS_AT_SYNC=n: in the n-th sync, before it took effect (0: never), and
 *            whenever a byte arrives in the fifo POWERLOSS_FIFO.
 * LIMITS     pwrite, write and their kin; no mmap, no io_uring, no copy_file_range: the server
 *            uses none of them on its data.
 * O_DIRECT is taken off the real descriptor (the layer copies the bytes anyway), after checking
 * the alignment that the kernel would have asked for. */
#define _GNU_SOURCE
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SECTOR = 512, FDS_MAX = 4096, UNDO_MAX = 65536 };

/* A held write, or a truncation when `bytes` is NULL. */
struct held {
    struct held *next;
    off_t offset;
    size_t len;
    char *bytes;
};

/* One per inode below the root that has held writes or is open. */
struct node {
    struct node *next;
    dev_t dev;
    ino_t ino;
    int fd; /* our own, so that held writes outlive the server's descriptors */
    struct held *oldest, **newest;
    off_t size; /* as the server sees it */
};

/* A name that was lost comes back from the link `kept`. */
struct lost_name {
    char *name, *kept; /* NULL: none */
};

/* A name change that its directory's sync has not covered yet; taken back whole or not at all. */
struct undo {
    char *dir;                /* absolute; its sync makes the change durable */
    char *made;               /* this name appeared: remove it. NULL: none */
    struct lost_name lost[2]; /* what it replaced; where a rename came from */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct node *nodes;
static struct node *by_fd[FDS_MAX];
static bool append_fd[FDS_MAX], direct_fd[FDS_MAX];
static off_t position[FDS_MAX];
static struct undo undos[UNDO_MAX];
static size_t undo_count, kept_count;
static char root[4096], undo_dir[4096];
static uint64_t seed;
static long at_sync, syncs;

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_close)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_fstat)(int, struct stat *);
static off_t (*real_lseek)(int, off_t, int);

static _Noreturn void broken(const char *what)
{
    fprintf(stderr, "powerloss: %s\n", what);
    abort();
}

/* The same seed gives the same fate of each write (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void load(void *where, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found) {
        broken(name);
    }
    memcpy(where, &found, sizeof(found));
}

static bool below_root(const char *path)
{
    size_t len = strlen(root);

    return len && strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == 0);
}

/* The absolute path of `name` seen from `dirfd`; its directory resolved, the last part not. */
static bool absolute(int dirfd, const char *name, char *out, size_t size)
{
    char dir[4096], link[64];
    ssize_t len;

    if (name[0] == '/') {
        return snprintf(out, size, "%s", name) < (int)size;
    }
    if (dirfd == AT_FDCWD) {
        if (!getcwd(dir, sizeof(dir))) {
            return false;
        }
    } else {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
        len = readlink(link, dir, sizeof(dir) - 1);
        if (len < 0) {
            return false;
        }
        dir[len] = 0;
    }
    return snprintf(out, size, "%s%s%s", dir, strcmp(name, ".") == 0 ? "" : "/",
                    strcmp(name, ".") == 0 ? "" : name) < (int)size;
}

/* ---- held bytes --------------------------------------------------------------------------- */

static struct node *node_of(int fd)
{
    struct stat st;

    if (real_fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        return NULL;
    }
    for (struct node *node = nodes; node; node = node->next) {
        if (node->dev == st.st_dev && node->ino == st.st_ino) {
            return node;
        }
    }
    char link[64];
    struct node *node = calloc(1, sizeof(*node));

    if (!node) {
        broken("out of memory");
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    node->fd = real_openat(AT_FDCWD, link, O_RDWR | O_CLOEXEC);
    if (node->fd < 0) {
        free(node);
        return NULL; /* not writable by us: nothing to hold */
    }
    node->dev = st.st_dev;
    node->ino = st.st_ino;
    node->size = st.st_size;
    node->newest = &node->oldest;
    node->next = nodes;
    nodes = node;
    return node;
}

static void hold(struct node *node, const void *bytes, size_t len, off_t offset)
{
    struct held *held = calloc(1, sizeof(*held));

    if (!held || (bytes && !(held->bytes = malloc(len ? len : 1)))) {
        broken("out of memory");
    }
    if (bytes) {
        memcpy(held->bytes, bytes, len);
        if (offset + (off_t)len > node->size) {
            node->size = offset + (off_t)len;
        }
    } else {
        node->size = offset;
    }
    held->offset = offset;
    held->len = len;
    *node->newest = held;
    node->newest = &held->next;
}

static void put_down(int fd, const char *bytes, size_t len, off_t offset)
{
    while (len) {
        ssize_t n = real_pwrite(fd, bytes, len, offset);

        if (n <= 0) {
            broken("cannot write through");
        }
        bytes += n;
        len -= (size_t)n;
        offset += n;
    }
}

/* Carry out one held change: all of it, or (torn) each sector by a draw of its own. */
static void carry_out(struct node *node, const struct held *held, bool torn)
{
    if (!held->bytes) {
        if (real_ftruncate(node->fd, held->offset)) {
            broken("cannot truncate");
        }
        return;
    }
    if (!torn) {
        put_down(node->fd, held->bytes, held->len, held->offset);
        return;
    }
    for (size_t at = 0; at < held->len; at += SECTOR) {
        size_t len = held->len - at < SECTOR ? held->len - at : SECTOR;

        if (draw() & 1) {
            put_down(node->fd, held->bytes + at, len, held->offset + (off_t)at);
        }
    }
}

static void settle(struct node *node)
{
    for (struct held *held = node->oldest, *next; held; held = next) {
        next = held->next;
        carry_out(node, held, false);
        free(held->bytes);
        free(held);
    }
    node->oldest = NULL;
    node->newest = &node->oldest;
}

/* Lay what is held over what the file gave for [offset, offset + len). */
static void overlay(const struct node *node, char *bytes, size_t len, off_t offset)
{
    off_t end = offset + (off_t)len;

    for (const struct held *held = node->oldest; held; held = held->next) {
        off_t from = held->offset > offset ? held->offset : offset;
        off_t to = held->bytes ? held->offset + (off_t)held->len : end;

        if (to > end) {
            to = end;
        }
        if (from >= to) {
            continue;
        }
        if (held->bytes) {
            memcpy(bytes + (from - offset), held->bytes + (from - held->offset),
                   (size_t)(to - from));
        } else {
            memset(bytes + (from - offset), 0, (size_t)(to - from));
        }
    }
}

/* ---- names -------------------------------------------------------------------------------- */

static char *dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
}

/* Keep what `path` reaches now, so that the name can come back; NULL: nothing there. */
static char *keep(const char *path)
{
    char *kept = NULL;

    if (asprintf(&kept, "%s/%zu", undo_dir, kept_count++) < 0) {
        broken("out of memory");
    }
    if (linkat(AT_FDCWD, path, AT_FDCWD, kept, 0)) {
        free(kept);
        return NULL;
    }
    return kept;
}

static struct undo *remember(const char *path, const char *made)
{
    struct undo *undo = &undos[undo_count++];

    if (undo_count == UNDO_MAX) {
        broken("too many unsynced name changes");
    }
    *undo = (struct undo){.dir = dir_of(path), .made = made ? strdup(made) : NULL};
    return undo;
}

static void forget(struct undo *undo)
{
    for (size_t i = 0; i < 2; i++) {
        if (undo->lost[i].kept) {
            (void)real_unlinkat(AT_FDCWD, undo->lost[i].kept, 0);
        }
        free(undo->lost[i].name);
        free(undo->lost[i].kept);
    }
    free(undo->dir);
    free(undo->made);
}

static void dir_synced(const char *dir)
{
    size_t left = 0;

    for (size_t i = 0; i < undo_count; i++) {
        if (strcmp(undos[i].dir, dir) == 0) {
            forget(&undos[i]);
        } else {
            undos[left++] = undos[i];
        }
    }
    undo_count = left;
}

/* A directory goes with all it holds, synced or not: without its name nothing in it can be reached. */
static void unmake(const char *name)
{
    char *away = NULL;

    if (real_unlinkat(AT_FDCWD, name, 0) == 0) {
        return;
    }
    if (errno == EISDIR && asprintf(&away, "%s/dir-%zu", undo_dir, kept_count++) > 0) {
        (void)real_renameat(AT_FDCWD, name, AT_FDCWD, away);
        free(away);
    }
}

static void take_back(const struct undo *undo)
{
    if (undo->made) {
        unmake(undo->made);
    }
    for (size_t i = 0; i < 2; i++) {
        const struct lost_name *lost = &undo->lost[i];

        if (lost->kept && linkat(AT_FDCWD, lost->kept, AT_FDCWD, lost->name, 0)) {
            broken("cannot bring a name back");
        }
    }
}

/* ---- the crash ---------------------------------------------------------------------------- */

/* With the lock held. The fate of a round: 0 nothing unsynced survives, 1 all of it, else mixed. */
static _Noreturn void lose_power(void)
{
    unsigned fate = (unsigned)(draw() % 4);

    for (struct node *node = nodes; node; node = node->next) {
        for (struct held *held = node->oldest; held; held = held->next) {
            unsigned what = fate > 1 ? (unsigned)(draw() % 3) : fate;

            if (what) {
                carry_out(node, held, what == 2);
            }
        }
    }
    size_t lost = fate == 0 ? undo_count : fate == 1 ? 0 : (size_t)(draw() % (undo_count + 1));

    for (size_t i = 0; i < lost; i++) {
        take_back(&undos[undo_count - 1 - i]);
    }
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

static void *wait_for_word(void *arg)
{
    char byte;
    int fd = real_openat(AT_FDCWD, arg, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && real_read(fd, &byte, 1) < 0 && errno == EINTR) {
    }
    pthread_mutex_lock(&lock);
    lose_power();
}

__attribute__((constructor)) static void begin(void)
{
    const char *dir = getenv("POWERLOSS_ROOT"), *undo = getenv("POWERLOSS_UNDO");
    const char *fifo = getenv("POWERLOSS_FIFO"), *text = getenv("POWERLOSS_SEED");
    pthread_t thread;

    load(&real_openat, "openat");
    load(&real_pread, "pread");
    load(&real_pwrite, "pwrite");
    load(&real_read, "read");
    load(&real_write, "write");
    load(&real_fsync, "fsync");
    load(&real_fdatasync, "fdatasync");
    load(&real_close, "close");
    load(&real_ftruncate, "ftruncate");
    load(&real_renameat, "renameat");
    load(&real_unlinkat, "unlinkat");
    load(&real_fstat, "fstat");
    load(&real_lseek, "lseek");
    if (!dir || !undo || !realpath(dir, root) || !realpath(undo, undo_dir)) {
        root[0] = 0;
        return;
    }
    seed = text ? strtoull(text, NULL, 10) : 1;
    at_sync = getenv("POWERLOSS_AT_SYNC") ? atol(getenv("POWERLOSS_AT_SYNC")) : 0;
    if (fifo && pthread_create(&thread, NULL, wait_for_word, strdup(fifo))) {
        broken("cannot start a thread");
    }
}

/* ---- what the server calls ---------------------------------------------------------------- */

static int opened(int dirfd, const char *name, int flags, mode_t mode)
{
    char path[4096];
    bool ours = root[0] && !(flags & O_DIRECTORY) && (flags & O_TMPFILE) != O_TMPFILE &&
                absolute(dirfd, name, path, sizeof(path)) && below_root(path);
    bool fresh = false;
    int fd;

    if (!ours) {
        return real_openat(dirfd, name, flags, mode);
    }
    pthread_mutex_lock(&lock);
    if (flags & O_CREAT) {
        struct stat st;
        fresh = fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0;
    }
    fd = real_openat(dirfd, name, flags & ~(O_DIRECT | O_TRUNC | O_SYNC | O_DSYNC), mode);
    if (fd >= FDS_MAX) {
        broken("too many descriptors");
    }
    if (fd >= 0) {
        by_fd[fd] = node_of(fd); /* for readers too: they see held writes */
        append_fd[fd] = (flags & O_APPEND) != 0;
        direct_fd[fd] = (flags & O_DIRECT) != 0;
        position[fd] = 0;
        if ((flags & O_TRUNC) && by_fd[fd]) {
            hold(by_fd[fd], NULL, 0, 0);
        }
        if (fresh) {
            remember(path, path);
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN_MODE(flags, mode)             \
    mode_t mode = 0;                       \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list args;                      \
        va_start(args, flags);             \
        mode = va_arg(args, mode_t);       \
        va_end(args);                      \
    }

int open(const char *name, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return opened(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return opened(AT_FDCWD, name, flags, mode);
}

int openat(int dirfd, const char *name, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return opened(dirfd, name, flags, mode);
}

int openat64(int dirfd, const char *name, int flags, ...)
{
    OPEN_MODE(flags, mode)
    return opened(dirfd, name, flags, mode);
}

int __open_2(const char *name, int flags)
{
    return opened(AT_FDCWD, name, flags, 0);
}

int __openat_2(int dirfd, const char *name, int flags)
{
    return opened(dirfd, name, flags, 0);
}

static struct node *held_by(int fd)
{
    return fd >= 0 && fd < FDS_MAX ? by_fd[fd] : NULL;
}

/* What the kernel asks of direct I/O, on the real device. */
static void check_direct(int fd, const void *bytes, size_t len, off_t offset)
{
    if (direct_fd[fd] && (((uintptr_t)bytes | len | (size_t)offset) & (SECTOR - 1))) {
        broken("unaligned direct I/O");
    }
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    pthread_mutex_lock(&lock);
    struct node *node = held_by(fd);

    if (!node) {
        pthread_mutex_unlock(&lock);
        return real_pwrite(fd, bytes, len, offset);
    }
    check_direct(fd, bytes, len, offset);
    hold(node, bytes, len, offset);
    pthread_mutex_unlock(&lock);
    return (ssize_t)len;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite(fd, bytes, len, offset);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    pthread_mutex_lock(&lock);
    struct node *node = held_by(fd);

    if (!node) {
        pthread_mutex_unlock(&lock);
        return real_write(fd, bytes, len);
    }
    if (append_fd[fd]) {
        position[fd] = node->size;
    }
    hold(node, bytes, len, position[fd]);
    position[fd] += (off_t)len;
    pthread_mutex_unlock(&lock);
    return (ssize_t)len;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t (*real_writev)(int, const struct iovec *, int);
    ssize_t sum = 0;

    if (!held_by(fd)) {
        load(&real_writev, "writev");
        return real_writev(fd, parts, count);
    }
    for (int i = 0; i < count; i++) {
        sum += write(fd, parts[i].iov_base, parts[i].iov_len);
    }
    return sum;
}

static ssize_t read_over(int fd, struct node *node, void *bytes, size_t len, off_t offset)
{
    if (offset >= node->size) {
        return 0;
    }
    if ((off_t)len > node->size - offset) {
        len = (size_t)(node->size - offset);
    }
    ssize_t got = real_pread(fd, bytes, len, offset);

    if (got < 0) {
        return got;
    }
    memset((char *)bytes + got, 0, len - (size_t)got);
    overlay(node, bytes, len, offset);
    return (ssize_t)len;
}

ssize_t pread(int fd, void *bytes, size_t len, off_t offset)
{
    pthread_mutex_lock(&lock);
    struct node *node = held_by(fd);
    if (node) {
        check_direct(fd, bytes, len, offset);
    }
    ssize_t got =
        node ? read_over(fd, node, bytes, len, offset) : real_pread(fd, bytes, len, offset);

    pthread_mutex_unlock(&lock);
    return got;
}

ssize_t pread64(int fd, void *bytes, size_t len, off_t offset)
{
    return pread(fd, bytes, len, offset);
}

ssize_t __pread_chk(int fd, void *bytes, size_t len, off_t offset, size_t size)
{
    assert(len <= size);
    return pread(fd, bytes, len, offset);
}

ssize_t __pread64_chk(int fd, void *bytes, size_t len, off_t offset, size_t size)
{
    assert(len <= size);
    return pread(fd, bytes, len, offset);
}

ssize_t read(int fd, void *bytes, size_t len)
{
    if (!held_by(fd)) {
        return real_read(fd, bytes, len); /* without the lock: may wait for a peer */
    }
    pthread_mutex_lock(&lock);
    ssize_t got = read_over(fd, by_fd[fd], bytes, len, position[fd]);

    if (got > 0) {
        position[fd] += got;
    }
    pthread_mutex_unlock(&lock);
    return got;
}

ssize_t __read_chk(int fd, void *bytes, size_t len, size_t size)
{
    assert(len <= size);
    return read(fd, bytes, len);
}

int ftruncate(int fd, off_t len)
{
    pthread_mutex_lock(&lock);
    struct node *node = held_by(fd);

    if (!node) {
        pthread_mutex_unlock(&lock);
        return real_ftruncate(fd, len);
    }
    hold(node, NULL, 0, len);
    pthread_mutex_unlock(&lock);
    return 0;
}

int ftruncate64(int fd, off_t len)
{
    return ftruncate(fd, len);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    int (*real_fallocate)(int, int, off_t, off_t);

    pthread_mutex_lock(&lock);
    struct node *node = held_by(fd);

    if (node && mode == 0 && offset + len > node->size) {
        hold(node, NULL, 0, offset + len);
    }
    pthread_mutex_unlock(&lock);
    if (node) {
        return 0;
    }
    load(&real_fallocate, "fallocate");
    return real_fallocate(fd, mode, offset, len);
}

int fstat(int fd, struct stat *st)
{
    int done = real_fstat(fd, st);

    pthread_mutex_lock(&lock);
    if (done == 0 && held_by(fd)) {
        st->st_size = by_fd[fd]->size;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

off_t lseek(int fd, off_t offset, int whence)
{
    pthread_mutex_lock(&lock);
    struct node *node = held_by(fd);

    if (!node) {
        pthread_mutex_unlock(&lock);
        return real_lseek(fd, offset, whence);
    }
    position[fd] = whence == SEEK_SET   ? offset
                   : whence == SEEK_CUR ? position[fd] + offset
                                        : node->size + offset;
    off_t now = position[fd];

    pthread_mutex_unlock(&lock);
    return now;
}

static int synced(int fd, int (*real_sync)(int))
{
    char path[4096];
    struct stat st;

    if (!root[0] || real_fstat(fd, &st) || !absolute(fd, ".", path, sizeof(path)) ||
        !below_root(path)) {
        return real_sync(fd);
    }
    pthread_mutex_lock(&lock);
    if (++syncs == at_sync) {
        lose_power();
    }
    if (S_ISDIR(st.st_mode)) {
        dir_synced(path);
    } else if (held_by(fd)) {
        settle(by_fd[fd]);
    }
    pthread_mutex_unlock(&lock);
    return 0; /* durable as far as this layer is the disk */
}

int fsync(int fd)
{
    return synced(fd, real_fsync);
}

int fdatasync(int fd)
{
    return synced(fd, real_fdatasync);
}

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX) {
        by_fd[fd] = NULL;
    }
    pthread_mutex_unlock(&lock);
    return real_close(fd);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    char old[4096], new[4096];

    if (!root[0] || !absolute(from_dir, from, old, sizeof(old)) ||
        !absolute(to_dir, to, new, sizeof(new)) || !below_root(new)) {
        return real_renameat(from_dir, from, to_dir, to);
    }
    pthread_mutex_lock(&lock);
    char *replaced = keep(new), *moved = keep(old);
    int done = real_renameat(from_dir, from, to_dir, to);

    if (done == 0) {
        struct undo *undo = remember(new, new);

        undo->lost[0] = (struct lost_name){strdup(new), replaced};
        undo->lost[1] = (struct lost_name){strdup(old), moved};
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int mkdirat(int dirfd, const char *name, mode_t mode)
{
    int (*real_mkdirat)(int, const char *, mode_t);
    char path[4096];

    load(&real_mkdirat, "mkdirat");
    pthread_mutex_lock(&lock);
    int done = real_mkdirat(dirfd, name, mode);

    if (done == 0 && root[0] && absolute(dirfd, name, path, sizeof(path)) && below_root(path) &&
        strcmp(path, root) != 0) {
        remember(path, path);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

int unlinkat(int dirfd, const char *name, int flags)
{
    char path[4096];

    if (!root[0] || flags || !absolute(dirfd, name, path, sizeof(path)) || !below_root(path)) {
        return real_unlinkat(dirfd, name, flags);
    }
    pthread_mutex_lock(&lock);
    char *kept = keep(path);
    int done = real_unlinkat(dirfd, name, flags);

    if (done == 0) {
        remember(path, NULL)->lost[0] = (struct lost_name){strdup(path), kept};
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}
