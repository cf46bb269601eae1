/* directory.h - the data directory: ours, private, locked, and of a format we know. */
#ifndef RN_SERVER_DIRECTORY_H
#define RN_SERVER_DIRECTORY_H

#include "base/err.h"
#include "sys/disk.h"

enum { RN_DATA_FORMAT = 1 }; /* what this version writes, and the newest it reads */

struct rn_directory {
    const char *path; /* borrowed */
    struct rn_lock *lock;
    struct rn_disk *disk;
};

/* Makes the directory at first start, takes its lock, checks or writes FORMAT. Reasons name the path.
 * RN_IO: cannot be made or read. RN_DENIED: open to others, or not ours. RN_BUSY: another server has
 * it. RN_NEWER, RN_CORRUPT: FORMAT; nothing was touched. RN_INVALID: holds something else. */
RN_MUST_USE rn_err rn_directory_open(const char *path, struct rn_directory *ret_directory,
                                     struct rn_reason *reterr_reason);
void rn_directory_close(struct rn_directory *directory); /* a zeroed one is fine */

/* Whether FORMAT's contents can be served: RN_OK, RN_NEWER or RN_CORRUPT; *ret_format is set unless corrupt. */
RN_MUST_USE rn_err rn_directory_read_format(rn_str contents, uint64_t *ret_format);

#endif
