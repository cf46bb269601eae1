/* data.c - the record path's own state: its options and the newest time it has seen. */
#include <assert.h>
#include <stdlib.h>

#include "data/runtime.h"

void rn_data_options_default(struct rn_data_options *options)
{
    *options =
        (struct rn_data_options){.limits = rn_limits_aws(RN_STR("")), .put_deadline_ms = 8000};
}

rn_err rn_data_new(const struct rn_data_options *options, struct rn_data **ret_data)
{
    struct rn_data *data = calloc(1, sizeof(*data));

    assert(options->engine && options->clock && options->put_deadline_ms > 0);
    if (!data) {
        return RN_NOMEM;
    }
    data->options = *options;
    atomic_init(&data->newest_ms, INT64_MIN);
    *ret_data = data;
    return RN_OK;
}

void rn_data_free(struct rn_data *data)
{
    free(data);
}

void rn_data_attach(struct rn_data *data, const struct rn_state *state)
{
    data->state = state;
}

int64_t rn_data_limit(const struct rn_data *data, enum rn_limit limit)
{
    int64_t set = data->state ? rn_state_limit(data->state, limit) : RN_LIMIT_UNSET;

    return set == RN_LIMIT_UNSET ? data->options.limits.value[limit] : set;
}

int64_t rn_data_initial_limit(const struct rn_data *data, enum rn_limit limit)
{
    return data->options.limits.value[limit];
}

void rn_data_saw(struct rn_data *data, int64_t append_ms)
{
    int64_t newest_ms = atomic_load_explicit(&data->newest_ms, memory_order_relaxed);

    while (append_ms > newest_ms) {
        if (atomic_compare_exchange_weak_explicit(&data->newest_ms, &newest_ms, append_ms,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return;
        }
    }
}

int64_t rn_data_now_ms(struct rn_data *data)
{
    int64_t wall_ms = rn_clock_wall_ms(data->options.clock);
    int64_t newest_ms = atomic_load_explicit(&data->newest_ms, memory_order_relaxed);

    return wall_ms > newest_ms ? wall_ms : newest_ms;
}
