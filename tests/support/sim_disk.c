/* sim_disk.c - see sim_disk.h.
 *
 *   inode    durable bytes · unsynced changes in order · the bytes as files see them
 *   disk     durable names · unsynced changes in order · the names as files see them
 *
 * A sync applies the changes to what is durable. A crash applies some of them, then what is durable is all
 * there is. Paths have at most one directory before the name; names of all directories are in one list. */
#include "tests/support/sim_disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/thread.h"
#include "tests/support/seeded_random.h"

enum { PATH_BYTES = 64, FILE_BYTES_MAX = 1 << 30, BLOCK_BYTES = 4096 };

struct bytes {
    char *data;
    size_t len, cap;
};

/* An unsynced write, or a truncation (data NULL). */
struct change {
    struct change *next;
    uint64_t offset;
    size_t len;
    char *data;
};

struct inode {
    struct inode *next;
    struct bytes now, durable;
    struct change *first, *last;
    uint64_t errors; /* syncs that failed: every open file is told once */
    unsigned handles;
};

struct name {
    char path[PATH_BYTES];
    struct inode *inode; /* NULL: a directory */
};

struct names {
    struct name *list;
    size_t count, cap;
};

/* from and to: a rename; only `to`: a new name; only `from`: an unlink. */
struct renaming {
    struct renaming *next;
    char from[PATH_BYTES], to[PATH_BYTES];
    struct inode *inode; /* of `to` */
};

struct plan {
    uint64_t left; /* calls until it fails; 0: none */
    rn_err err;
    bool forever;
};

struct sim_disk {
    struct rn_disk disk;
    struct rn_mutex lock;
    struct seeded_random random;
    struct inode *inodes;
    struct names now, durable;
    struct renaming *first;
    uint32_t align;
    size_t sector;
    bool refuse_direct, lie, stopped;
    uint64_t limit, life;
    uint64_t calls[SIM_CALLS], changes, stop_left;
    struct plan plans[SIM_CALLS];
    unsigned handles;
};

struct handle {
    struct rn_file file;
    struct sim_disk *sim;
    struct inode *inode;
    uint64_t life, errors;
    bool read_only;
};

static void *must(void *memory)
{
    if (!memory) {
        abort();
    }
    return memory;
}

static void check(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "sim_disk: %s\n", what);
        abort();
    }
}

static struct sim_disk *sim_of(struct rn_disk *disk)
{
    return RN_OWNER(disk, struct sim_disk, disk);
}

static uint64_t below(struct sim_disk *sim, uint64_t count)
{
    return seeded_random_next(&sim->random) % count;
}

/* ---- bytes ---- */

static void bytes_resize(struct bytes *bytes, size_t len)
{
    check(len <= FILE_BYTES_MAX, "a file of more than 1 GiB");
    if (len > bytes->cap) {
        bytes->cap = len > bytes->cap * 2 ? len : bytes->cap * 2;
        bytes->data = must(realloc(bytes->data, bytes->cap));
    }
    if (len > bytes->len) {
        memset(bytes->data + bytes->len, 0, len - bytes->len);
    }
    bytes->len = len;
}

static void bytes_put(struct bytes *bytes, uint64_t offset, const char *data, size_t len)
{
    if (len == 0) {
        return;
    }
    if (offset + len > bytes->len) {
        bytes_resize(bytes, (size_t)offset + len);
    }
    memcpy(bytes->data + offset, data, len);
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
    bytes_resize(to, from->len);
    if (from->len > 0) {
        memcpy(to->data, from->data, from->len);
    }
}

/* ---- inodes ---- */

static struct inode *inode_new(struct sim_disk *sim)
{
    struct inode *inode = must(calloc(1, sizeof(*inode)));

    inode->next = sim->inodes;
    sim->inodes = inode;
    return inode;
}

static void forget_changes(struct inode *inode)
{
    while (inode->first) {
        struct change *change = inode->first;

        inode->first = change->next;
        free(change->data);
        free(change);
    }
    inode->last = NULL;
}

static void remember(struct inode *inode, uint64_t offset, const char *data, size_t len)
{
    struct change *change = must(calloc(1, sizeof(*change)));

    change->offset = offset;
    change->len = len;
    if (data) {
        change->data = must(malloc(len + 1));
        memcpy(change->data, data, len);
    }
    if (inode->last) {
        inode->last->next = change;
    } else {
        inode->first = change;
    }
    inode->last = change;
}

static void apply(struct inode *inode, const struct change *change)
{
    if (change->data) {
        bytes_put(&inode->durable, change->offset, change->data, change->len);
    } else {
        bytes_resize(&inode->durable, (size_t)change->offset);
    }
}

/* Some sectors of the write: those below `upto`, or each by chance; perhaps garbage in the first that
 * is lost. */
static void tear(struct sim_disk *sim, struct inode *inode, const struct change *change,
                 bool in_order)
{
    uint64_t end = change->offset + change->len;
    uint64_t upto = change->offset + below(sim, change->len / sim->sector + 1) * sim->sector;
    bool garbage = below(sim, 2) == 0;

    for (uint64_t at = change->offset; at < end;) {
        uint64_t next = (at / sim->sector + 1) * sim->sector;
        size_t len = (size_t)((next < end ? next : end) - at);

        if (in_order ? at < upto : below(sim, 2) == 0) {
            bytes_put(&inode->durable, at, change->data + (at - change->offset), len);
        } else if (garbage) {
            char *noise = must(malloc(len));

            seeded_random_fill(&sim->random.random, noise, len);
            bytes_put(&inode->durable, at, noise, len);
            free(noise);
            garbage = false;
        }
        at = next;
    }
}

static void settle_by_chance(struct sim_disk *sim, struct inode *inode, const struct change *change)
{
    uint64_t fate = below(sim, 4);

    if (fate == 0 || (fate > 1 && !change->data)) {
        apply(inode, change);
    } else if (fate > 1) {
        tear(sim, inode, change, fate == 2);
    }
}

/* What is left of the unsynced changes becomes durable. */
static void settle(struct sim_disk *sim, struct inode *inode, enum sim_crash how)
{
    uint64_t count = 0, kept, i = 0;

    for (const struct change *at = inode->first; at; at = at->next) {
        count++;
    }
    kept = how == SIM_KEEP ? count : how == SIM_PREFIX ? below(sim, count + 1) : 0;
    for (const struct change *at = inode->first; at; at = at->next, i++) {
        if (how == SIM_MIX) {
            settle_by_chance(sim, inode, at);
        } else if (i < kept) {
            apply(inode, at);
        } else if (i == kept && how == SIM_PREFIX && at->data) {
            tear(sim, inode, at, true);
        }
    }
    forget_changes(inode);
}

/* ---- names ---- */

static struct name *name_find(struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->list[i].path, path) == 0) {
            return &names->list[i];
        }
    }
    return NULL;
}

static void name_set(struct names *names, const char *path, struct inode *inode)
{
    struct name *name = name_find(names, path);

    if (!name) {
        if (names->count == names->cap) {
            names->cap = names->cap ? names->cap * 2 : 16;
            names->list = must(realloc(names->list, names->cap * sizeof(*names->list)));
        }
        name = &names->list[names->count++];
        check((size_t)snprintf(name->path, PATH_BYTES, "%s", path) < PATH_BYTES, "a long path");
    }
    name->inode = inode;
}

static void name_remove(struct names *names, const char *path)
{
    struct name *name = name_find(names, path);

    if (name) {
        *name = names->list[--names->count];
    }
}

static void dir_of(const char *path, char dir[PATH_BYTES])
{
    const char *slash = strrchr(path, '/');

    check(path[0] != '/' && strlen(path) < PATH_BYTES, "not a path below the disk");
    (void)snprintf(dir, PATH_BYTES, "%.*s", slash ? (int)(slash - path) : 0, path);
}

static bool is_in(const char *path, const char *dir)
{
    char own[PATH_BYTES];

    dir_of(path, own);
    return strcmp(own, dir) == 0;
}

static bool dir_exists(struct sim_disk *sim, const char *dir)
{
    const struct name *name = name_find(&sim->now, dir);

    return dir[0] == '\0' || (name && !name->inode);
}

static void apply_renaming(struct names *names, const struct renaming *change)
{
    const struct name *from = change->from[0] ? name_find(names, change->from) : NULL;

    if (from && (!change->to[0] || from->inode == change->inode)) {
        name_remove(names, change->from);
    }
    if (change->to[0]) {
        name_set(names, change->to, change->inode);
    }
}

static void change_name(struct sim_disk *sim, const char *from, const char *to, struct inode *inode)
{
    struct renaming *change = must(calloc(1, sizeof(*change))), **last = &sim->first;

    (void)snprintf(change->from, PATH_BYTES, "%s", from ? from : "");
    (void)snprintf(change->to, PATH_BYTES, "%s", to ? to : "");
    change->inode = inode;
    while (*last) {
        last = &(*last)->next;
    }
    *last = change;
    apply_renaming(&sim->now, change);
}

/* The changes in directory `dir` become durable; NULL: those in all, or what is left of them. */
static void settle_names(struct sim_disk *sim, const char *dir, enum sim_crash how)
{
    struct renaming **at = &sim->first;
    uint64_t count = 0, kept, i = 0;

    for (const struct renaming *each = sim->first; each; each = each->next) {
        count++;
    }
    kept = how == SIM_KEEP ? count : how == SIM_PREFIX ? below(sim, count + 1) : 0;
    while (*at) {
        struct renaming *change = *at;

        if (dir && !is_in(change->to[0] ? change->to : change->from, dir)) {
            at = &change->next;
            continue;
        }
        if (how == SIM_MIX ? below(sim, 2) == 0 : i < kept) {
            apply_renaming(&sim->durable, change);
        }
        i++;
        *at = change->next;
        free(change);
    }
}

/* Files in a directory that was lost are lost. */
static void drop_orphans(struct sim_disk *sim)
{
    for (size_t i = 0; i < sim->durable.count;) {
        char dir[PATH_BYTES];

        dir_of(sim->durable.list[i].path, dir);
        if (dir[0] && !name_find(&sim->durable, dir)) {
            sim->durable.list[i] = sim->durable.list[--sim->durable.count];
        } else {
            i++;
        }
    }
}

/* ---- memory ---- */

static bool is_named(const struct names *names, const struct inode *inode)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->list[i].inode == inode) {
            return true;
        }
    }
    return false;
}

static bool is_used(struct sim_disk *sim, const struct inode *inode)
{
    bool used = inode->handles > 0 || is_named(&sim->now, inode) || is_named(&sim->durable, inode);

    for (const struct renaming *at = sim->first; at && !used; at = at->next) {
        used = at->inode == inode;
    }
    return used;
}

static void inode_free(struct inode *inode)
{
    forget_changes(inode);
    free(inode->now.data);
    free(inode->durable.data);
    free(inode);
}

static void sweep(struct sim_disk *sim)
{
    for (struct inode **at = &sim->inodes; *at;) {
        struct inode *inode = *at;

        if (is_used(sim, inode)) {
            at = &inode->next;
        } else {
            *at = inode->next;
            inode_free(inode);
        }
    }
}

static uint64_t used_bytes(struct sim_disk *sim)
{
    uint64_t used = 0;

    for (const struct inode *inode = sim->inodes; inode; inode = inode->next) {
        if (inode->handles > 0 || is_named(&sim->now, inode)) {
            used += (inode->now.len + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
        }
    }
    return used;
}

/* ---- failures ---- */

/* The call is counted; the error it is to fail with, or RN_OK. *ret_last: the power goes in it. */
static rn_err enter(struct sim_disk *sim, enum sim_call kind, bool changes, bool *ret_last)
{
    struct plan *plan = &sim->plans[kind];

    *ret_last = false;
    sim->calls[kind]++;
    if (sim->stopped) {
        return RN_IO;
    }
    sim->changes += changes;
    if (changes && sim->stop_left > 0 && --sim->stop_left == 0) {
        sim->stopped = *ret_last = true;
    }
    if (plan->left == 0 || (plan->left > 1 && --plan->left > 0)) {
        return RN_OK;
    }
    plan->left = plan->forever ? 1 : 0;
    return plan->err;
}

/* ---- files ---- */

static struct handle *handle_of(struct rn_file *file)
{
    return RN_OWNER(file, struct handle, file);
}

static bool is_stale(const struct handle *handle)
{
    return handle->life != handle->sim->life;
}

static void check_alignment(const struct rn_file *file, uint64_t offset, const void *bytes,
                            size_t len)
{
    if (file->is_direct) {
        check(offset % file->align == 0, "direct I/O at a misaligned offset");
        check(len % file->align == 0, "direct I/O of a misaligned length");
        check((uintptr_t)bytes % file->align == 0, "direct I/O with misaligned memory");
    }
}

static rn_err file_read(struct rn_file *file, uint64_t offset, void *bytes, size_t len,
                        size_t *ret_len)
{
    struct handle *handle = handle_of(file);
    struct sim_disk *sim = handle->sim;
    bool last;
    rn_err err;

    check_alignment(file, offset, bytes, len);
    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_READ, false, &last);
    if (!err && is_stale(handle)) {
        err = RN_IO;
    }
    if (!err) {
        const struct bytes *now = &handle->inode->now;
        size_t left = offset < now->len ? now->len - (size_t)offset : 0;

        *ret_len = len < left ? len : left;
        if (*ret_len > 0) {
            memcpy(bytes, now->data + offset, *ret_len);
        }
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static void write_bytes(struct inode *inode, uint64_t offset, const char *bytes, size_t len)
{
    if (len > 0) {
        bytes_put(&inode->now, offset, bytes, len);
        remember(inode, offset, bytes, len);
    }
}

/* How much of the write there is room for. */
static size_t room_for(struct sim_disk *sim, const struct inode *inode, uint64_t offset, size_t len)
{
    uint64_t end = (offset + len + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES, used, more, over;

    if (sim->limit == 0 || end <= inode->now.len) {
        return len;
    }
    used = used_bytes(sim);
    more = end - (inode->now.len + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    over = used + more > sim->limit ? used + more - sim->limit : 0;
    return over >= len ? 0 : len - (size_t)over;
}

static rn_err file_write(struct rn_file *file, uint64_t offset, const void *bytes, size_t len)
{
    struct handle *handle = handle_of(file);
    struct sim_disk *sim = handle->sim;
    bool last;
    rn_err err;

    check_alignment(file, offset, bytes, len);
    check(!handle->read_only, "a write to a file opened for reading");
    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_WRITE, true, &last);
    if (is_stale(handle) || (sim->stopped && !last)) {
        err = RN_IO;
    } else if (err) { /* part of it may be there; of a whole one nobody could say that it failed */
        size_t unit = err == RN_FULL ? BLOCK_BYTES : sim->sector; /* room is given by the block */
        size_t part = (size_t)below(sim, len) / unit * unit;

        write_bytes(handle->inode, offset, bytes, part);
    } else {
        size_t room = room_for(sim, handle->inode, offset, len);

        write_bytes(handle->inode, offset, bytes,
                    room < len ? room / BLOCK_BYTES * BLOCK_BYTES : len);
        err = last ? RN_IO : room < len ? RN_FULL : RN_OK;
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

/* Part of what was dirty arrived. The rest is clean now: through a page cache it may be read a while
 * longer. */
static void lose_dirty(struct sim_disk *sim, struct inode *inode)
{
    settle(sim, inode, SIM_MIX);
    inode->errors++;
    if (!sim->refuse_direct || below(sim, 2) == 0) {
        bytes_copy(&inode->now, &inode->durable);
    }
}

static rn_err file_sync(struct rn_file *file)
{
    struct handle *handle = handle_of(file);
    struct sim_disk *sim = handle->sim;
    struct inode *inode = handle->inode;
    bool last;
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_SYNC, true, &last);
    if (is_stale(handle) || sim->stopped) {
        err = RN_IO;
    } else if (err) {
        lose_dirty(sim, inode);
    } else if (!sim->lie) {
        settle(sim, inode, SIM_KEEP);
    }
    if (!sim->stopped && handle->errors != inode->errors) { /* each open file is told once */
        handle->errors = inode->errors;
        err = err ? err : RN_IO;
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err file_size(struct rn_file *file, uint64_t *ret_bytes)
{
    struct handle *handle = handle_of(file);
    struct sim_disk *sim = handle->sim;
    rn_err err = RN_OK;

    rn_mutex_lock(&sim->lock);
    if (sim->stopped || is_stale(handle)) {
        err = RN_IO;
    } else {
        *ret_bytes = handle->inode->now.len;
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err file_truncate(struct rn_file *file, uint64_t bytes)
{
    struct handle *handle = handle_of(file);
    struct sim_disk *sim = handle->sim;
    bool last;
    rn_err err;

    check(!handle->read_only, "a truncation of a file opened for reading");
    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_TRUNCATE, true, &last);
    if (is_stale(handle) || (sim->stopped && !last)) {
        err = RN_IO;
    } else if (!err) {
        bytes_resize(&handle->inode->now, (size_t)bytes);
        remember(handle->inode, bytes, NULL, 0);
        err = last ? RN_IO : RN_OK;
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static void file_close(struct rn_file *file)
{
    struct handle *handle = handle_of(file);
    struct sim_disk *sim = handle->sim;

    rn_mutex_lock(&sim->lock);
    handle->inode->handles--;
    sim->handles--;
    sweep(sim);
    rn_mutex_unlock(&sim->lock);
    free(handle);
}

static const struct rn_file_ops file_ops = {
    .read = file_read,
    .write = file_write,
    .sync = file_sync,
    .size = file_size,
    .truncate = file_truncate,
    .close = file_close,
};

/* ---- the disk ---- */

static struct rn_file *handle_new(struct sim_disk *sim, struct inode *inode, int flags)
{
    struct handle *handle = must(calloc(1, sizeof(*handle)));
    bool direct = (flags & RN_FILE_DIRECT) && !sim->refuse_direct;

    handle->file =
        (struct rn_file){.ops = &file_ops, .align = direct ? sim->align : 1, .is_direct = direct};
    handle->sim = sim;
    handle->inode = inode;
    handle->life = sim->life;
    handle->errors = inode->errors;
    handle->read_only = flags & RN_FILE_READ;
    inode->handles++;
    sim->handles++;
    return &handle->file;
}

static rn_err open_locked(struct sim_disk *sim, const char *path, int flags,
                          struct rn_file **ret_file)
{
    const struct name *name = name_find(&sim->now, path);
    bool creates = !name && (flags & RN_FILE_CREATE), last;
    struct inode *inode = name ? name->inode : NULL;
    char dir[PATH_BYTES];
    rn_err err = enter(sim, SIM_OPEN, creates, &last);

    if (err && !last) {
        return err;
    }
    dir_of(path, dir);
    if (!dir_exists(sim, dir) || (!name && !creates)) {
        return RN_NOT_FOUND;
    }
    if (name && (flags & RN_FILE_CREATE) && (flags & RN_FILE_EXCL)) {
        return RN_EXISTS;
    }
    check(creates || inode, "a directory opened as a file");
    if (creates) {
        inode = inode_new(sim);
        change_name(sim, NULL, path, inode);
    }
    if (last) {
        return RN_IO;
    }
    *ret_file = handle_new(sim, inode, flags);
    return RN_OK;
}

static rn_err disk_open(struct rn_disk *disk, const char *path, int flags,
                        struct rn_file **ret_file)
{
    struct sim_disk *sim = sim_of(disk);
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = open_locked(sim, path, flags, ret_file);
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err rename_locked(struct sim_disk *sim, const char *from, const char *to, bool last)
{
    const struct name *name = name_find(&sim->now, from);
    char dir[PATH_BYTES];

    if (!name) {
        return RN_NOT_FOUND;
    }
    dir_of(from, dir);
    check(is_in(to, dir), "a rename into another directory");
    if (strcmp(from, to) != 0) {
        change_name(sim, from, to, name->inode);
    }
    return last ? RN_IO : RN_OK;
}

static rn_err disk_rename(struct rn_disk *disk, const char *from, const char *to)
{
    struct sim_disk *sim = sim_of(disk);
    bool last;
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_RENAME, true, &last);
    if (!err) {
        err = rename_locked(sim, from, to, last);
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err disk_unlink(struct rn_disk *disk, const char *path)
{
    struct sim_disk *sim = sim_of(disk);
    bool last;
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_UNLINK, true, &last);
    if (!err && !name_find(&sim->now, path)) {
        err = RN_NOT_FOUND;
    }
    if (!err) {
        change_name(sim, path, NULL, NULL);
        err = last ? RN_IO : RN_OK;
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err disk_mkdir(struct rn_disk *disk, const char *path)
{
    struct sim_disk *sim = sim_of(disk);
    bool last;
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_MKDIR, true, &last);
    if (!err && !name_find(&sim->now, path)) {
        change_name(sim, NULL, path, NULL);
    }
    err = last ? RN_IO : err;
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err disk_sync_dir(struct rn_disk *disk, const char *path)
{
    struct sim_disk *sim = sim_of(disk);
    bool last;
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_SYNC_DIR, true, &last);
    if (!err && !sim->stopped && !dir_exists(sim, path)) {
        err = RN_NOT_FOUND;
    }
    if (!err && !sim->stopped && !sim->lie) {
        settle_names(sim, path, SIM_KEEP);
        sweep(sim);
    }
    err = sim->stopped ? RN_IO : err; /* what failed may last or not: the changes stay unsynced */
    rn_mutex_unlock(&sim->lock);
    return err;
}

static rn_err disk_list(struct rn_disk *disk, const char *path,
                        rn_err (*each)(void *arg, const char *name), void *arg)
{
    struct sim_disk *sim = sim_of(disk);
    struct names seen = {0};
    bool last;
    rn_err err;

    rn_mutex_lock(&sim->lock);
    err = enter(sim, SIM_LIST, false, &last);
    if (!err && !dir_exists(sim, path)) {
        err = RN_NOT_FOUND;
    }
    for (size_t i = 0; !err && i < sim->now.count; i++) {
        if (sim->now.list[i].inode && is_in(sim->now.list[i].path, path)) {
            name_set(&seen, sim->now.list[i].path, NULL);
        }
    }
    rn_mutex_unlock(&sim->lock);
    for (size_t i = 0; !err && i < seen.count; i++) {
        const char *slash = strrchr(seen.list[i].path, '/');

        err = each(arg, slash ? slash + 1 : seen.list[i].path);
    }
    free(seen.list);
    return err;
}

static rn_err disk_free_bytes(struct rn_disk *disk, uint64_t *ret_bytes)
{
    struct sim_disk *sim = sim_of(disk);
    rn_err err = RN_OK;

    rn_mutex_lock(&sim->lock);
    if (sim->stopped) {
        err = RN_IO;
    } else {
        uint64_t used = sim->limit ? used_bytes(sim) : 0;

        *ret_bytes = sim->limit == 0     ? (uint64_t)1 << 50
                     : used < sim->limit ? sim->limit - used
                                         : 0;
    }
    rn_mutex_unlock(&sim->lock);
    return err;
}

static void disk_close(struct rn_disk *disk)
{
    (void)disk; /* sim_disk_free's */
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

struct sim_disk *sim_disk_new(uint64_t seed)
{
    struct sim_disk *sim = must(calloc(1, sizeof(*sim)));

    sim->disk.ops = &disk_ops;
    sim->align = BLOCK_BYTES;
    sim->sector = 512;
    rn_mutex_init(&sim->lock);
    seeded_random_init(&sim->random, seed);
    return sim;
}

void sim_disk_free(struct sim_disk *sim)
{
    check(sim->handles == 0, "a file was left open");
    while (sim->inodes) {
        struct inode *inode = sim->inodes;

        sim->inodes = inode->next;
        inode_free(inode);
    }
    while (sim->first) {
        struct renaming *change = sim->first;

        sim->first = change->next;
        free(change);
    }
    free(sim->now.list);
    free(sim->durable.list);
    rn_mutex_done(&sim->lock);
    free(sim);
}

struct rn_disk *sim_disk_of(struct sim_disk *sim)
{
    return &sim->disk;
}

struct sim_disk *sim_disk_clone(struct sim_disk *sim, uint64_t seed)
{
    struct sim_disk *clone = sim_disk_new(seed);

    rn_mutex_lock(&sim->lock);
    clone->align = sim->align;
    clone->sector = sim->sector;
    clone->refuse_direct = sim->refuse_direct;
    clone->limit = sim->limit;
    for (size_t i = 0; i < sim->now.count; i++) {
        const struct name *name = &sim->now.list[i];
        struct inode *inode = name->inode ? inode_new(clone) : NULL;

        if (inode) {
            bytes_copy(&inode->now, &name->inode->now);
            bytes_copy(&inode->durable, &name->inode->now);
        }
        name_set(&clone->now, name->path, inode);
        name_set(&clone->durable, name->path, inode);
    }
    rn_mutex_unlock(&sim->lock);
    return clone;
}

/* ---- what kind of disk ---- */

void sim_disk_refuse_direct(struct sim_disk *sim)
{
    sim->refuse_direct = true;
}

void sim_disk_align(struct sim_disk *sim, uint32_t align)
{
    sim->align = align;
}

void sim_disk_sector(struct sim_disk *sim, size_t bytes)
{
    sim->sector = bytes;
}

void sim_disk_lie(struct sim_disk *sim)
{
    sim->lie = true;
}

void sim_disk_limit(struct sim_disk *sim, uint64_t bytes)
{
    rn_mutex_lock(&sim->lock);
    sim->limit = bytes;
    rn_mutex_unlock(&sim->lock);
}

uint64_t sim_disk_used(struct sim_disk *sim)
{
    rn_mutex_lock(&sim->lock);
    uint64_t used = used_bytes(sim);

    rn_mutex_unlock(&sim->lock);
    return used;
}

/* ---- failures ---- */

void sim_disk_fail(struct sim_disk *sim, enum sim_call kind, uint64_t nth, rn_err err, bool forever)
{
    rn_mutex_lock(&sim->lock);
    sim->plans[kind] = (struct plan){nth, err, forever};
    rn_mutex_unlock(&sim->lock);
}

void sim_disk_heal(struct sim_disk *sim)
{
    rn_mutex_lock(&sim->lock);
    memset(sim->plans, 0, sizeof(sim->plans));
    rn_mutex_unlock(&sim->lock);
}

void sim_disk_stop_at(struct sim_disk *sim, uint64_t nth)
{
    rn_mutex_lock(&sim->lock);
    sim->stop_left = nth;
    rn_mutex_unlock(&sim->lock);
}

bool sim_disk_stopped(struct sim_disk *sim)
{
    rn_mutex_lock(&sim->lock);
    bool stopped = sim->stopped;

    rn_mutex_unlock(&sim->lock);
    return stopped;
}

/* Whatever was open fails from now on, nothing else does. Lock held. */
static void begin_life(struct sim_disk *sim)
{
    memset(sim->plans, 0, sizeof(sim->plans));
    sim->stopped = false;
    sim->stop_left = 0;
    sim->life++;
}

void sim_disk_restart(struct sim_disk *sim)
{
    rn_mutex_lock(&sim->lock);
    begin_life(sim);
    rn_mutex_unlock(&sim->lock);
}

static void names_copy(struct names *to, const struct names *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        name_set(to, from->list[i].path, from->list[i].inode);
    }
}

void sim_disk_crash(struct sim_disk *sim, uint64_t seed, enum sim_crash how)
{
    rn_mutex_lock(&sim->lock);
    seeded_random_init(&sim->random, seed);
    for (struct inode *inode = sim->inodes; inode; inode = inode->next) {
        settle(sim, inode, how);
        bytes_copy(&inode->now, &inode->durable);
        inode->errors = 0;
    }
    settle_names(sim, NULL, how);
    drop_orphans(sim);
    names_copy(&sim->now, &sim->durable);
    begin_life(sim);
    sweep(sim);
    rn_mutex_unlock(&sim->lock);
}

/* ---- looking ---- */

uint64_t sim_disk_calls(struct sim_disk *sim, enum sim_call kind)
{
    rn_mutex_lock(&sim->lock);
    uint64_t calls = sim->calls[kind];

    rn_mutex_unlock(&sim->lock);
    return calls;
}

uint64_t sim_disk_changes(struct sim_disk *sim)
{
    rn_mutex_lock(&sim->lock);
    uint64_t changes = sim->changes;

    rn_mutex_unlock(&sim->lock);
    return changes;
}

uint64_t sim_disk_unsynced(struct sim_disk *sim)
{
    uint64_t count = 0;

    rn_mutex_lock(&sim->lock);
    for (const struct inode *inode = sim->inodes; inode; inode = inode->next) {
        for (const struct change *at = inode->first; at; at = at->next) {
            count++;
        }
    }
    for (const struct renaming *at = sim->first; at; at = at->next) {
        count++;
    }
    rn_mutex_unlock(&sim->lock);
    return count;
}

size_t sim_disk_files(struct sim_disk *sim)
{
    size_t count = 0;

    rn_mutex_lock(&sim->lock);
    for (size_t i = 0; i < sim->now.count; i++) {
        count += sim->now.list[i].inode != NULL;
    }
    rn_mutex_unlock(&sim->lock);
    return count;
}

static struct inode *inode_at(struct sim_disk *sim, const char *path)
{
    const struct name *name = name_find(&sim->now, path);

    check(name && name->inode, path);
    return name->inode;
}

bool sim_disk_has(struct sim_disk *sim, const char *path)
{
    rn_mutex_lock(&sim->lock);
    bool has = name_find(&sim->now, path) != NULL;

    rn_mutex_unlock(&sim->lock);
    return has;
}

uint64_t sim_disk_size(struct sim_disk *sim, const char *path)
{
    rn_mutex_lock(&sim->lock);
    uint64_t size = inode_at(sim, path)->now.len;

    rn_mutex_unlock(&sim->lock);
    return size;
}

void sim_disk_name(struct sim_disk *sim, size_t nth, char *path, size_t path_bytes)
{
    const char *last = "", *next = NULL;

    rn_mutex_lock(&sim->lock);
    for (size_t i = 0; i <= nth; i++, last = next ? next : last) {
        next = NULL;
        for (size_t n = 0; n < sim->now.count; n++) {
            const struct name *name = &sim->now.list[n];

            if (name->inode && strcmp(name->path, last) > 0 &&
                (!next || strcmp(name->path, next) < 0)) {
                next = name->path;
            }
        }
    }
    (void)snprintf(path, path_bytes, "%s", next ? next : "");
    rn_mutex_unlock(&sim->lock);
}

/* ---- doing ---- */

void sim_disk_put(struct sim_disk *sim, const char *path, const void *bytes, size_t len)
{
    char dir[PATH_BYTES];

    rn_mutex_lock(&sim->lock);
    struct inode *inode = inode_new(sim);

    dir_of(path, dir);
    if (dir[0]) {
        name_set(&sim->now, dir, NULL);
        name_set(&sim->durable, dir, NULL);
    }
    bytes_put(&inode->now, 0, bytes, len);
    bytes_put(&inode->durable, 0, bytes, len);
    name_set(&sim->now, path, inode);
    name_set(&sim->durable, path, inode);
    sweep(sim);
    rn_mutex_unlock(&sim->lock);
}

void sim_disk_get(struct sim_disk *sim, const char *path, uint64_t offset, void *bytes, size_t len)
{
    rn_mutex_lock(&sim->lock);
    const struct bytes *now = &inode_at(sim, path)->now;

    check(offset <= now->len && len <= now->len - offset, path);
    memcpy(bytes, now->data + offset, len);
    rn_mutex_unlock(&sim->lock);
}

void sim_disk_flip(struct sim_disk *sim, const char *path, uint64_t offset, size_t len)
{
    rn_mutex_lock(&sim->lock);
    struct inode *inode = inode_at(sim, path);

    settle(sim, inode, SIM_KEEP);
    check(offset + len <= inode->now.len, path);
    for (size_t i = 0; i < len; i++) {
        inode->now.data[offset + i] = (char)~inode->now.data[offset + i];
    }
    bytes_copy(&inode->durable, &inode->now);
    rn_mutex_unlock(&sim->lock);
}

void sim_disk_cut(struct sim_disk *sim, const char *path, uint64_t bytes)
{
    rn_mutex_lock(&sim->lock);
    struct inode *inode = inode_at(sim, path);

    settle(sim, inode, SIM_KEEP);
    bytes_resize(&inode->now, (size_t)bytes);
    bytes_copy(&inode->durable, &inode->now);
    rn_mutex_unlock(&sim->lock);
}

void sim_disk_remove(struct sim_disk *sim, const char *path)
{
    rn_mutex_lock(&sim->lock);
    (void)inode_at(sim, path);
    name_remove(&sim->now, path);
    name_remove(&sim->durable, path);
    sweep(sim);
    rn_mutex_unlock(&sim->lock);
}
