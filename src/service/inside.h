/* inside.h - what the files of this room share: the service object, and the answers that many
 * operations give. Every rn_fail_* ends the call, like rn_call_fail. */
#ifndef RN_SERVICE_INSIDE_H
#define RN_SERVICE_INSIDE_H

#include "model/iterator.h"
#include "service/service.h"
#include "sys/random.h"

enum { RN_TOKEN_KEY_BYTES = 32 };

struct rn_rates;

struct rn_service {
    struct rn_service_options options;
    const struct rn_state *state;
    rn_str region, account; /* of the state; constant */
    uint8_t iterator_key[RN_ITERATOR_KEY_BYTES];
    uint8_t token_key[RN_TOKEN_KEY_BYTES];
    struct rn_rates *rates;
};

enum {
    RN_ACCOUNT_SHARDS_UNLIMITED =
        100000, /* without limits: what one process is to hold in memory */
    RN_RECORD_KIB_DEFAULT = 1024,
};

/* Never without a bound. */
int64_t rn_account_shards_max(const struct rn_service *service);

/* 500 InternalFailure, which has no text: memory ended, or an outcome nobody may be told as
 * success. */
void rn_fail_internal(struct rn_call *call);
/* "Stream NAME under account ACCT not found." */
void rn_fail_no_stream(struct rn_call *call, rn_str name, rn_str account);
/* "Shard SHARD in stream NAME under account ACCT does not exist" */
void rn_fail_no_shard(struct rn_call *call, uint32_t shard_index, rn_str name, rn_str account);
/* "Could not find shard X in stream NAME under account ACCT." with X as the client wrote it. */
void rn_fail_shard_text(struct rn_call *call, rn_str shard, rn_str name, rn_str account);
/* "Stream NAME under account ACCT not ACTIVE, instead in state S" */
void rn_fail_not_active(struct rn_call *call, rn_str name, enum rn_stream_status status);
/* "Consumer CNAME, account ACCT not found." */
void rn_fail_no_consumer(struct rn_call *call, rn_str consumer, rn_str account);
/* All checks passed and the request asked for no more. */
void rn_fail_dry_run(struct rn_call *call);

rn_str rn_stream_status_text(enum rn_stream_status status);
rn_str rn_consumer_status_text(enum rn_consumer_status status);
rn_str rn_stream_mode_text(enum rn_stream_mode mode);

/* ACTIVE or UPDATING: records go in and come out. */
static inline bool rn_stream_serves(const struct rn_stream *stream)
{
    return stream->status == RN_STREAM_ACTIVE || stream->status == RN_STREAM_UPDATING;
}

/* With a key of KMS, as far as clients are told. */
static inline bool rn_stream_encrypted(const struct rn_stream *stream)
{
    return stream->key_id.len > 0;
}

/* Before this instant nothing of the stream is kept. */
int64_t rn_stream_horizon_ms(const struct rn_stream *stream, int64_t now_ms);
/* By index, NULL when unknown or expired. */
const struct rn_shard *rn_visible_shard(const struct rn_stream *stream, uint32_t index,
                                        int64_t now_ms);

/* NUL-terminated text in the arena, absent when memory ends. */
rn_str rn_shard_id_text(struct rn_arena *arena, uint32_t index);
rn_str rn_stream_arn_text(struct rn_call *call, rn_str name);

/* What the service judges time by: the record path's clock, see rn_data_now_ms. */
static inline int64_t rn_call_now_ms(const struct rn_call *call)
{
    return rn_data_now_ms(call->service->options.data);
}

#endif
