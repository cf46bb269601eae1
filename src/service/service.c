/* service.c - the service object, and questions about streams that several operations ask. */
#include "service/service.h"

#include <assert.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "service/inside.h"
#include "service/rates.h"

rn_err rn_service_new(const struct rn_service_options *options, struct rn_service **ret_service)
{
    struct rn_service *service = calloc(1, sizeof(*service));

    assert(options->control && options->data && options->clock && options->random);
    if (!service) {
        return RN_NOMEM;
    }
    service->rates = calloc(1, sizeof(*service->rates));
    if (!service->rates) {
        free(service);
        return RN_NOMEM;
    }
    rn_rates_init(service->rates);
    service->options = *options;
    service->state = rn_control_state(options->control);
    service->region = rn_state_region(service->state);
    service->account = rn_state_account(service->state);
    rn_control_derive_key(options->control, RN_STR("shard iterator"), service->iterator_key);
    rn_control_derive_key(options->control, RN_STR("next token"), service->token_key);
    rn_data_attach(options->data, service->state);
    *ret_service = service;
    return RN_OK;
}

void rn_service_free(struct rn_service *service)
{
    if (service) {
        rn_wipe(service->iterator_key, sizeof(service->iterator_key));
        rn_wipe(service->token_key, sizeof(service->token_key));
        rn_rates_done(service->rates);
        free(service->rates);
        free(service);
    }
}

rn_str rn_stream_status_text(enum rn_stream_status status)
{
    switch (status) {
    case RN_STREAM_CREATING:
        return RN_STR("CREATING");
    case RN_STREAM_ACTIVE:
        return RN_STR("ACTIVE");
    case RN_STREAM_UPDATING:
        return RN_STR("UPDATING");
    case RN_STREAM_DELETING:
        return RN_STR("DELETING");
    }
    abort(); /* not a status */
}

rn_str rn_consumer_status_text(enum rn_consumer_status status)
{
    switch (status) {
    case RN_CONSUMER_CREATING:
        return RN_STR("CREATING");
    case RN_CONSUMER_ACTIVE:
        return RN_STR("ACTIVE");
    case RN_CONSUMER_DELETING:
        return RN_STR("DELETING");
    }
    abort(); /* not a status */
}

rn_str rn_stream_mode_text(enum rn_stream_mode mode)
{
    switch (mode) {
    case RN_STREAM_PROVISIONED:
        return RN_STR("PROVISIONED");
    case RN_STREAM_ON_DEMAND:
        return RN_STR("ON_DEMAND");
    }
    abort(); /* not a mode */
}

int64_t rn_account_shards_max(const struct rn_service *service)
{
    int64_t limit = rn_data_limit(service->options.data, RN_LIMIT_ACCOUNT_SHARDS);

    return limit == RN_LIMIT_OFF ? RN_ACCOUNT_SHARDS_UNLIMITED : limit;
}

/* The stream begins when its first shards open, a moment after the request that made it: between
 * the two there would be an instant without shards, and consumers want every instant covered. */
static int64_t origin_ms(const struct rn_stream *stream)
{
    int64_t first_ms = stream->shard_count > 0 ? stream->shards[0].opened_ms : stream->created_ms;

    for (size_t i = 1; i < stream->shard_count; i++) {
        if (stream->shards[i].opened_ms < first_ms) {
            first_ms = stream->shards[i].opened_ms;
        }
    }
    return first_ms;
}

int64_t rn_stream_horizon_ms(const struct rn_stream *stream, int64_t now_ms)
{
    int64_t horizon_ms = rn_stream_kept_from_ms(stream, now_ms);
    int64_t begin_ms = origin_ms(stream);

    return horizon_ms > begin_ms ? horizon_ms : begin_ms;
}

const struct rn_shard *rn_visible_shard(const struct rn_stream *stream, uint32_t index,
                                        int64_t now_ms)
{
    const struct rn_shard *shard = rn_stream_shard(stream, index);

    return shard && rn_shard_visible(stream, shard, now_ms) ? shard : NULL;
}

rn_str rn_shard_id_text(struct rn_arena *arena, uint32_t index)
{
    char *text = rn_arena_alloc(arena, RN_SHARD_ID_TEXT_BYTES);

    return text ? rn_str_make(text, rn_shard_id_format(index, text)) : RN_STR_NONE;
}

rn_str rn_stream_arn_text(struct rn_call *call, rn_str name)
{
    struct rn_service *service = call->service;
    char *text = rn_arena_alloc(call->arena, RN_STREAM_ARN_BYTES_MAX);

    return text ? rn_str_make(text,
                              rn_stream_arn_format(service->region, service->account, name, text))
                : RN_STR_NONE;
}
