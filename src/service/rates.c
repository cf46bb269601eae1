/* rates.c - token buckets by limit and subject; see rates.h. */
#include "service/rates.h"

#include "model/shard.h"

void rn_rates_init(struct rn_rates *rates)
{
    rn_mutex_init(&rates->lock);
}

void rn_rates_done(struct rn_rates *rates)
{
    rn_mutex_done(&rates->lock);
}

static bool same_key(const struct rn_rate_key *a, const struct rn_rate_key *b)
{
    return a->stream_uid == b->stream_uid && a->shard == b->shard && a->limit == b->limit;
}

static struct rn_rate *set_of(struct rn_rates *rates, const struct rn_rate_key *key)
{
    uint64_t hash = key->stream_uid * 0x9e3779b97f4a7c15u;

    hash = (hash ^ key->shard) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ (uint64_t)key->limit) * 0x9e3779b97f4a7c15u;
    return rates->places[(hash >> 32) % RN_RATE_SETS];
}

/* The key's bucket, or the place that it shall have: a free one, else the one longest unused. */
static struct rn_rate *place_of(struct rn_rates *rates, const struct rn_rate_key *key)
{
    struct rn_rate *set = set_of(rates, key), *best = set;

    for (int i = 0; i < RN_RATE_WAYS; i++) {
        if (set[i].bucket.rate > 0 && same_key(&set[i].key, key)) {
            return &set[i];
        }
        if (best->bucket.rate > 0 &&
            (set[i].bucket.rate == 0 || set[i].bucket.at_us < best->bucket.at_us)) {
            best = &set[i];
        }
    }
    best->bucket.rate = 0;
    return best;
}

static bool take_locked(struct rn_rates *rates, const struct rn_rate_key *key, int64_t rate,
                        int64_t now_us)
{
    struct rn_rate *place = place_of(rates, key);

    if (place->bucket.rate == 0) {
        place->key = *key;
        rn_bucket_init(&place->bucket, rate, now_us);
    } else {
        rn_bucket_set_rate(&place->bucket, rate, now_us);
    }
    if (!rn_bucket_has(&place->bucket, 1)) {
        return false;
    }
    rn_bucket_take(&place->bucket, 1);
    return true;
}

bool rn_rates_take(struct rn_rates *rates, const struct rn_rate_key *key, int64_t rate,
                   int64_t now_us)
{
    bool granted;

    if (rate == RN_LIMIT_OFF) {
        return true;
    }
    rn_mutex_lock(&rates->lock);
    granted = take_locked(rates, key, rate, now_us);
    rn_mutex_unlock(&rates->lock);
    return granted;
}

void rn_tell_limited(const struct rn_call *call, enum rn_limit limit, rn_str stream)
{
    const struct rn_service_options *options = &call->service->options;

    if (options->limited) {
        options->limited(options->limited_arg, limit, stream);
    }
}

static bool take(struct rn_call *call, const struct rn_rate_key *key, rn_str stream)
{
    struct rn_service *service = call->service;
    bool granted =
        rn_rates_take(service->rates, key, rn_data_limit(service->options.data, key->limit),
                      rn_clock_mono_us(service->options.clock));

    if (!granted) {
        rn_tell_limited(call, key->limit, stream);
    }
    return granted;
}

static void fail_stream_rate(struct rn_call *call, rn_str name)
{
    rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED, "Rate exceeded for stream %.*s under account %.*s.",
                 RN_STR_ARG(name), RN_STR_ARG(call->service->account));
}

bool rn_rate_of_account(struct rn_call *call, enum rn_limit limit, rn_str name)
{
    if (take(call, &(struct rn_rate_key){.shard = RN_SHARD_NONE, .limit = limit}, name)) {
        return true;
    }
    if (name.data) {
        fail_stream_rate(call, name);
    } else {
        rn_call_fail(call, RN_FAULT_LIMIT_EXCEEDED, "Rate exceeded for account %.*s.",
                     RN_STR_ARG(call->service->account));
    }
    return false;
}

bool rn_rate_of_stream(struct rn_call *call, enum rn_limit limit, const struct rn_stream *stream)
{
    struct rn_rate_key key = {.stream_uid = stream->uid, .shard = RN_SHARD_NONE, .limit = limit};

    if (take(call, &key, rn_stream_name(stream))) {
        return true;
    }
    fail_stream_rate(call, rn_stream_name(stream));
    return false;
}

void rn_fail_shard_rate(struct rn_call *call, const struct rn_stream *stream,
                        const struct rn_shard *shard)
{
    char id[RN_SHARD_ID_TEXT_BYTES];

    rn_shard_id_format(shard->index, id);
    rn_call_fail(call, RN_FAULT_THROUGHPUT_EXCEEDED,
                 "Rate exceeded for shard %s in stream %.*s under account %.*s.", id,
                 RN_STR_ARG(rn_stream_name(stream)), RN_STR_ARG(call->service->account));
}

bool rn_rate_of_shard(struct rn_call *call, enum rn_limit limit, const struct rn_stream *stream,
                      const struct rn_shard *shard)
{
    struct rn_rate_key key = {.stream_uid = stream->uid, .shard = shard->index, .limit = limit};

    if (take(call, &key, rn_stream_name(stream))) {
        return true;
    }
    rn_fail_shard_rate(call, stream, shard);
    return false;
}
