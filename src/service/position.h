/* position.h - where in a shard does a reader want to begin? What GetShardIterator and SubscribeToShard
 * ask for in the same words. */
#ifndef RN_SERVICE_POSITION_H
#define RN_SERVICE_POSITION_H

#include "codec/shape.h"
#include "service/inside.h"

struct rn_wish {
    const char *operation; /* for messages */
    const struct rn_stream *stream;
    const struct rn_shard *shard;
    rn_str type; /* one of the model's five */
    rn_str number;
    struct rn_number timestamp;
};

struct rn_position {
    enum rn_iterator_kind kind; /* of LATEST: undecided */
    uint64_t offset;            /* RN_ITERATOR_AT_OFFSET */
    int64_t timestamp_ms;       /* RN_ITERATOR_AT_TIME */
    bool is_latest; /* where the shard ends now: only the engine knows, see rn_data_tip */
};

/* In the order of the service: no number where none belongs; the number readable, of this shard, of this stream, not
 * its end; a number where one is needed; a timestamp where one is needed, and not in the future. False: the
 * call has failed. */
RN_MUST_USE bool rn_position_find(struct rn_call *call, const struct rn_wish *wish,
                                  struct rn_position *ret_position);

#endif
