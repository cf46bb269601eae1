/* command.h - what is written into the control log, and the table of all commands.
 *
 * To add a command: a number in enum rn_command_type (control.h), a member of the union below, a row
 * in command.c with its check, encode and decode (there, or in a file of forms.h), and its apply function in
 * the apply_*.c of what it is about. */
#ifndef RN_CONTROL_COMMAND_H
#define RN_CONTROL_COMMAND_H

#include "base/buf.h"
#include "control/control.h"

enum {
    RN_COMMAND_VERSION = 1,
    RN_CONTROL_LEVEL = 1, /* the newest level of the state this program can apply */
    RN_COMMAND_TAGS_MAX = 200,
    RN_WARM_MIB_MAX = 1000000,
    RN_TAG_KEY_BYTES_MAX = 128 * 4,
    RN_TAG_VALUE_BYTES_MAX = 256 * 4,
    RN_COMMAND_BYTES_MAX = 512 * 1024,
    RN_ORIGIN_BYTES = 16,
    RN_CLUSTER_ID_BYTES = 16,
    RN_CLUSTER_SECRET_BYTES = 32,
};

_Static_assert(RN_COMMAND_TAGS_MAX *(RN_TAG_KEY_BYTES_MAX + RN_TAG_VALUE_BYTES_MAX + 4) + 4096 <=
                   RN_COMMAND_BYTES_MAX,
               "the largest command fits");

/* The first command: what the cluster is, for ever. */
struct rn_genesis {
    uint8_t cluster_id[RN_CLUSTER_ID_BYTES];
    uint8_t secret[RN_CLUSTER_SECRET_BYTES];
    uint16_t level;
    rn_str region, account;
};

enum { RN_SHARD_END_BYTES = 8, RN_SHARDS_CUT_MAX = 50000 };

_Static_assert(RN_SHARDS_CUT_MAX *RN_SHARD_END_BYTES + 4096 <= RN_COMMAND_BYTES_MAX,
               "the largest SHARDS_CUT fits");

/* How far a reshard has come. */
struct rn_reshard_step {
    uint64_t uid;
    uint64_t reshard_id;
    rn_str ends; /* SHARDS_CUT: of each shard that is closed, by hash range: a big-endian u64 */
};

struct rn_command {
    enum rn_command_type type;
    uint8_t origin[RN_ORIGIN_BYTES]; /* of the process that proposed it, made at its start */
    uint64_t request;                /* its number there; (origin, request) names the command */
    union {
        struct rn_genesis genesis;
        struct rn_create_stream create_stream; /* tags strictly rising by key */
        struct rn_delete_stream delete_stream;
        uint64_t uid;                      /* STREAM_READY, STREAM_GONE */
        struct rn_change_tags change_tags; /* strictly rising by key; REMOVE: empty values */
        struct rn_set_retention set_retention;
        struct rn_set_limits set_limits;
        struct rn_change_shards change_shards;
        struct rn_observe_load observe_load;
        struct rn_reshard_step reshard_step;           /* LANES_READY, SHARDS_CUT */
        struct rn_register_consumer register_consumer; /* tags strictly rising by key */
        struct rn_set_policy set_policy;
        struct rn_consumer_named consumer; /* CONSUMER_READY, DEREGISTER_CONSUMER, CONSUMER_GONE */
        struct rn_set_setting set_setting;
        struct rn_set_commitment set_commitment;
    } as;
    struct rn_pair_text tags[RN_COMMAND_TAGS_MAX]; /* where the tags in `as` point after decode */
};

struct rn_state;
struct rn_change;
struct rn_wire;

struct rn_command_row {
    enum rn_command_type type;
    const char *name;
    bool (*check)(const struct rn_command *command); /* are all fields within their rules? */
    void (*encode)(const struct rn_command *command, struct rn_buf *buf);
    void (*decode)(struct rn_wire *wire, struct rn_command *command);
    rn_err (*apply)(const struct rn_state *state, const struct rn_command *command,
                    struct rn_change *change);
};

/* NULL: not a command this program knows. */
const struct rn_command_row *rn_command_row(unsigned type);

/* Appends to `buf`. RN_INVALID: a field breaks its rule. RN_NOMEM. */
RN_MUST_USE rn_err rn_command_encode(const struct rn_command *command, struct rn_buf *buf);
/* Strings of *ret_command point into `bytes`. RN_CORRUPT: damaged. RN_NEWER: whole, but of a version,
 * type or level this program does not know. Accepts exactly what encode can write. */
RN_MUST_USE rn_err rn_command_decode(rn_str bytes, struct rn_command *ret_command,
                                     struct rn_reason *reterr_reason);

/* Limits as a u16 count, then name and value, in rising order of names; those that are `absent` are left
 * out. A name that this program does not know makes the wire `newer`; values are for the caller to judge. */
void rn_limits_wire_put(struct rn_buf *buf, const int64_t *values, int64_t absent);
void rn_limits_wire_take(struct rn_wire *wire, int64_t *values, int64_t absent);

/* A reshard as all its fields; those of another kind are 0. */
void rn_reshard_wire_put(struct rn_buf *buf, const struct rn_reshard *reshard);
void rn_reshard_wire_take(struct rn_wire *wire, struct rn_reshard *reshard);
bool rn_reshard_valid(const struct rn_reshard *reshard);

/* Letters, digits, '_', '.', '-'; 1 to RN_STREAM_NAME_BYTES_MAX. */
bool rn_stream_name_valid(rn_str name);
bool rn_consumer_name_valid(rn_str name);
/* Sizes within bounds, keys strictly rising. */
bool rn_tags_valid(const struct rn_pair_text *tags, size_t count);
/* Copies into `tags`, sorted by key; of equal keys the last stays. Returns the count. */
size_t rn_tags_sort(const struct rn_pair_text *from, size_t count, struct rn_pair_text *tags);

#endif
