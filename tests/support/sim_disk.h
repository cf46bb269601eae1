/* sim_disk.h - a disk in memory that forgets what was not synced, as a power loss makes it, and fails
 * any call on demand.
 *
 * A file has durable bytes and unsynced writes on top of them; a directory has durable names and unsynced
 * changes of them. sim_disk_crash decides for each of those whether it lasted, was lost, or was
 * torn. Files that were open before a crash fail from then on. The same seed and the same calls
 * give the same disk.
 * Stricter than most kernels: syncing a file does not make its name durable.
 * Threads: any. */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include "sys/disk.h"

enum sim_call {
    SIM_OPEN,
    SIM_READ,
    SIM_WRITE,
    SIM_SYNC,
    SIM_TRUNCATE,
    SIM_RENAME,
    SIM_UNLINK,
    SIM_MKDIR,
    SIM_SYNC_DIR,
    SIM_LIST,
    SIM_CALLS
};

enum sim_crash {
    SIM_LOSE,   /* whatever was not synced */
    SIM_KEEP,   /* everything */
    SIM_PREFIX, /* of writes and names each, in order; the first lost write is torn */
    SIM_MIX,    /* each on its own: kept, lost, or torn */
    SIM_CRASHES
};

struct sim_disk;

struct sim_disk *sim_disk_new(uint64_t seed); /* empty, endless, direct I/O in blocks of 4096 */
void sim_disk_free(struct sim_disk *sim);     /* every file was closed */
struct rn_disk *sim_disk_of(struct sim_disk *sim);
/* Another disk with what would be left if everything lasted; nothing of it is unsynced. */
struct sim_disk *sim_disk_clone(struct sim_disk *sim, uint64_t seed);

/* ---- what kind of disk; to be set before files are opened ---- */

void sim_disk_refuse_direct(struct sim_disk *sim);
void sim_disk_align(struct sim_disk *sim, uint32_t align); /* of direct I/O; broken is an abort */
void sim_disk_sector(struct sim_disk *sim,
                     size_t bytes); /* what a crash cannot tear: 512 or 4096 */
/* Syncs say that they succeeded and do nothing. */
void sim_disk_lie(struct sim_disk *sim);
/* Files may fill so many bytes; what does not fit fails with RN_FULL, partly written. 0: endless. */
void sim_disk_limit(struct sim_disk *sim, uint64_t bytes);
uint64_t sim_disk_used(struct sim_disk *sim);

/* ---- failures ---- */

/* The nth call of the kind from now on (1: the next) fails with `err`, or it and all behind it. A write
 * that fails may have written part; a sync that fails may have synced part, and forgets the
 * rest. One plan a kind. nth 0: none. */
void sim_disk_fail(struct sim_disk *sim, enum sim_call kind, uint64_t nth, rn_err err,
                   bool forever);
void sim_disk_heal(struct sim_disk *sim);
/* The power goes in the nth call from now on that changes anything: it and every later call fail. What
 * it would have done is decided by the crash. 0: not at all. */
void sim_disk_stop_at(struct sim_disk *sim, uint64_t nth);
bool sim_disk_stopped(struct sim_disk *sim);
/* It was the process that ended, not the power: what is unsynced stays so, and can be read. */
void sim_disk_restart(struct sim_disk *sim);
/* The power is back. Failures planned are forgotten. */
void sim_disk_crash(struct sim_disk *sim, uint64_t seed, enum sim_crash how);

/* ---- looking ---- */

uint64_t sim_disk_calls(struct sim_disk *sim, enum sim_call kind);
uint64_t sim_disk_changes(struct sim_disk *sim);  /* calls that change anything */
uint64_t sim_disk_unsynced(struct sim_disk *sim); /* writes and names */
size_t sim_disk_files(struct sim_disk *sim);      /* names of files */
bool sim_disk_has(struct sim_disk *sim, const char *path);
uint64_t sim_disk_size(struct sim_disk *sim, const char *path); /* of a file that is there */
/* The name of the nth file in the order of names, from 0; "" when there are fewer. */
void sim_disk_name(struct sim_disk *sim, size_t nth, char *path, size_t path_bytes);

/* ---- doing, durably ---- */

void sim_disk_put(struct sim_disk *sim, const char *path, const void *bytes, size_t len);
void sim_disk_get(struct sim_disk *sim, const char *path, uint64_t offset, void *bytes, size_t len);
void sim_disk_flip(struct sim_disk *sim, const char *path, uint64_t offset, size_t len);
void sim_disk_cut(struct sim_disk *sim, const char *path, uint64_t bytes);
void sim_disk_remove(struct sim_disk *sim, const char *path);

#endif
