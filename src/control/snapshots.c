/* snapshots.c - the snapshot files of a data directory.
 *
 * Two are kept, so that one damaged file costs a longer replay and nothing else: the caller cuts the
 * control lane behind the older. Only files known to be good are counted: one that did not load is
 * passed over, and removed after the next good one is on disk. */
#include "control/snapshot.h"

#include "crypto/crypto.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 64, NAME_DIGITS = 16, FILES_MAX = 64, NAME_BYTES = 32 };

static const char DIRECTORY[] = "control";

static void path_of(uint64_t offset, char *path)
{
    int len = snprintf(path, PATH_BYTES, "%s/%016" PRIx64 ".snap", DIRECTORY, offset);

    assert(len > 0 && len < PATH_BYTES);
}

/* Does the name begin as ours do? *ret_rest is what follows ".snap": "" of a whole file. */
static bool parse_name(const char *name, uint64_t *ret_offset, const char **ret_rest)
{
    uint64_t offset = 0;

    for (int i = 0; i < NAME_DIGITS; i++) {
        char c = name[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        offset = offset << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (strncmp(name + NAME_DIGITS, ".snap", 5) != 0) {
        return false;
    }
    *ret_offset = offset;
    *ret_rest = name + NAME_DIGITS + 5;
    return true;
}

struct newest_files {
    uint64_t offsets[FILES_MAX]; /* falling; the highest are kept */
    size_t count;
};

static rn_err note_file(void *arg, const char *name)
{
    struct newest_files *files = arg;
    uint64_t offset;
    const char *rest;
    size_t at;

    if (!parse_name(name, &offset, &rest) || *rest) {
        return RN_OK;
    }
    for (at = files->count; at > 0 && files->offsets[at - 1] < offset; at--) {
    }
    if (at == FILES_MAX) {
        return RN_OK;
    }
    if (files->count == FILES_MAX) {
        files->count--;
    }
    memmove(&files->offsets[at + 1], &files->offsets[at],
            (files->count - at) * sizeof(files->offsets[0]));
    files->offsets[at] = offset;
    files->count++;
    return RN_OK;
}

static rn_err load_file(struct rn_snapshots *snapshots, uint64_t offset, struct rn_state *state,
                        struct rn_reason *reason)
{
    char path[PATH_BYTES];
    char *bytes;
    size_t len;
    rn_err err;

    path_of(offset, path);
    err = rn_disk_read_whole(snapshots->disk, path, RN_SNAPSHOT_BYTES_MAX, &bytes, &len);
    if (err) {
        return rn_reason_set(reason, err, "cannot read it: %s", rn_err_text(err));
    }
    err = rn_snapshot_decode(rn_str_make(bytes, len), state, reason);
    free(bytes);
    if (!err && state->next != offset) {
        err = rn_reason_set(reason, RN_CORRUPT, "its name and its contents name different offsets");
    }
    return err;
}

static void warn_passed_over(const struct rn_snapshots *snapshots, uint64_t offset,
                             const struct rn_reason *why)
{
    struct rn_reason warning;
    char path[PATH_BYTES];

    path_of(offset, path);
    rn_reason_set(&warning, RN_CORRUPT,
                  "%s is passed over, the log since an older snapshot is replayed instead: %.300s",
                  path, why->text);
    if (snapshots->warn) {
        snapshots->warn(snapshots->arg, &warning);
    }
}

rn_err rn_snapshots_load(struct rn_snapshots *snapshots, struct rn_state *state,
                         struct rn_reason *reterr_reason)
{
    struct newest_files files = {.count = 0};
    rn_err err = snapshots->disk->ops->mkdir(snapshots->disk, DIRECTORY);

    if (!err) {
        err = snapshots->disk->ops->list(snapshots->disk, DIRECTORY, note_file, &files);
    }
    if (err) {
        return rn_reason_set(reterr_reason, err, "cannot list the directory %s: %s", DIRECTORY,
                             rn_err_text(err));
    }
    for (size_t i = 0; i < files.count; i++) {
        struct rn_reason why = {.text = ""};

        err = load_file(snapshots, files.offsets[i], state, &why);
        if (!err) {
            snapshots->have_newest = true;
            snapshots->newest = files.offsets[i];
            return RN_OK;
        }
        rn_state_clear(state);
        if (err == RN_NEWER || err == RN_NOMEM) {
            return rn_reason_set(reterr_reason, err, "%s/%016" PRIx64 ".snap: %.300s", DIRECTORY,
                                 files.offsets[i], why.text);
        }
        warn_passed_over(snapshots, files.offsets[i], &why);
    }
    return RN_OK;
}

struct old_files {
    const struct rn_snapshots *snapshots;
    char names[FILES_MAX][NAME_BYTES];
    size_t count;
};

static rn_err note_old(void *arg, const char *name)
{
    struct old_files *old = arg;
    const struct rn_snapshots *snapshots = old->snapshots;
    uint64_t offset;
    const char *rest;
    bool kept;

    if (!parse_name(name, &offset, &rest) || strlen(name) >= NAME_BYTES ||
        old->count == FILES_MAX) {
        return RN_OK;
    }
    kept = offset == snapshots->newest || (snapshots->have_older && offset == snapshots->older);
    if (!kept || *rest) { /* with a rest: a temporary file that a crash left */
        memcpy(old->names[old->count++], name, strlen(name) + 1);
    }
    return RN_OK;
}

/* Best effort: what stays is tried again after the next snapshot. */
static void remove_old(struct rn_snapshots *snapshots)
{
    struct old_files old = {.snapshots = snapshots};

    (void)snapshots->disk->ops->list(snapshots->disk, DIRECTORY, note_old, &old);
    for (size_t i = 0; i < old.count; i++) {
        char path[PATH_BYTES];

        (void)snprintf(path, sizeof(path), "%s/%s", DIRECTORY, old.names[i]);
        (void)snapshots->disk->ops->unlink(snapshots->disk, path);
    }
}

rn_err rn_snapshots_write(struct rn_snapshots *snapshots, const struct rn_state *state,
                          struct rn_reason *reterr_reason)
{
    char path[PATH_BYTES];
    struct rn_buf buf;
    rn_err err;

    if (snapshots->have_newest && snapshots->newest == state->next) {
        return RN_OK;
    }
    rn_buf_init(&buf, RN_SNAPSHOT_BYTES_MAX);
    err = rn_snapshot_encode(state, &buf);
    path_of(state->next, path);
    if (!err) {
        err = rn_disk_write_whole(snapshots->disk, path, buf.data, buf.len);
    }
    if (!err && !snapshots->have_newest) {
        err = snapshots->disk->ops->sync_dir(snapshots->disk, ""); /* the directory's own name */
    }
    if (buf.data) {
        rn_wipe(buf.data, buf.len); /* the cluster's secret */
    }
    rn_buf_done(&buf);
    if (err) {
        return rn_reason_set(reterr_reason, err, "cannot write %s: %s", path, rn_err_text(err));
    }
    snapshots->have_older = snapshots->have_newest;
    snapshots->older = snapshots->newest;
    snapshots->have_newest = true;
    snapshots->newest = state->next;
    remove_old(snapshots);
    return RN_OK;
}
