/* lineage.h - the shards of a stream as the forest of their splits and merges, and that as a picture.
 *
 * A shard stands below its parent; one that came of a merge below its first parent, and its second names it.
 * Shards whose parents are not among them (expired, or the first ones) are roots. */
#ifndef RN_TOOL_LINEAGE_H
#define RN_TOOL_LINEAGE_H

#include "base/buf.h"
#include "client/shards.h"

/* A line of the picture. */
struct rn_lineage_row {
    const struct rn_lineage_shard *shard;
    uint32_t depth;   /* 0: a root */
    uint64_t goes_on; /* bit d: the ancestor (or itself) at depth d has a sibling further down */
    uint32_t merged_into; /* the shard that has this one as its second parent; or RN_SHARD_NONE */
    bool is_orphan;       /* a root that has parents, which are gone */
};

enum { RN_LINEAGE_DEPTH_MAX = 63 }; /* deeper ones are given this depth */

/* The rows from top to bottom: roots and siblings in the order of their hash keys. `shards` are sorted by index in place;
 * a number stands for one shard. `ret_rows` has room for `count`. RN_NOMEM. */
RN_MUST_USE rn_err rn_lineage_rows(struct rn_lineage_shard *shards, size_t count,
                                   struct rn_lineage_row *ret_rows);

/* ---- the picture -------------------------------------------------------------------------- */

struct rn_lineage_style {
    int columns; /* width to fill */
    bool utf8;
    size_t rows_max; /* more are not drawn one by one; 0: all are */
};

/* What was drawn: every shard; the open ones, since all are too many; or how many there are in each sixteenth of the
 * hash keys, since the open ones are too many as well. */
enum rn_lineage_drawn { RN_LINEAGE_ALL, RN_LINEAGE_OPEN, RN_LINEAGE_COUNTED };

/* Lines that end with a newline, into `out`. `shards` as above, moved about. RN_NOMEM. */
RN_MUST_USE rn_err rn_lineage_draw(struct rn_lineage_shard *shards, size_t count,
                                   const struct rn_lineage_style *style, struct rn_buf *out,
                                   enum rn_lineage_drawn *ret_drawn);

/* The share of the hash keys that a range is, in percent: "33.3", "6.25", "<0.001". Returns `text`. */
enum { RN_LINEAGE_SHARE_BYTES = 16 };
const char *rn_lineage_share(struct rn_hash_range range, char *text);

#endif
