/* service.h - the operations of Kinesis Data Streams over control state and record path.
 * Threads: any worker; a call stays on its worker. */
#ifndef RN_SERVICE_SERVICE_H
#define RN_SERVICE_SERVICE_H

#include "control/control.h"
#include "data/data.h"
#include "service/call.h"

struct rn_service_options {
    struct rn_control *control;
    struct rn_data *data;
    struct rn_clock *clock;
    struct rn_random *random;
    /* A request about `stream` (absent: about none) is refused for a limit; RN_LIMIT_NONE: the writer's queue
     * is full. Thread: the worker's. May be NULL. */
    void (*limited)(void *arg, enum rn_limit limit, rn_str stream);
    void *limited_arg;
};

/* Control has started, so that region, account and the cluster's secret are known. RN_NOMEM. */
RN_MUST_USE rn_err rn_service_new(const struct rn_service_options *options,
                                  struct rn_service **ret_service);
void rn_service_free(struct rn_service *service);

void rn_service_create_stream(struct rn_call *call);
void rn_service_delete_stream(struct rn_call *call);
void rn_service_describe_stream(struct rn_call *call);
void rn_service_describe_stream_summary(struct rn_call *call);
void rn_service_list_streams(struct rn_call *call);
void rn_service_list_shards(struct rn_call *call);
void rn_service_put_record(struct rn_call *call);
void rn_service_put_records(struct rn_call *call);
void rn_service_get_shard_iterator(struct rn_call *call);
void rn_service_get_records(struct rn_call *call);
void rn_service_add_tags_to_stream(struct rn_call *call);
void rn_service_remove_tags_from_stream(struct rn_call *call);
void rn_service_list_tags_for_stream(struct rn_call *call);
void rn_service_increase_stream_retention_period(struct rn_call *call);
void rn_service_decrease_stream_retention_period(struct rn_call *call);
void rn_service_split_shard(struct rn_call *call);
void rn_service_merge_shards(struct rn_call *call);
void rn_service_update_shard_count(struct rn_call *call);
void rn_service_enable_enhanced_monitoring(struct rn_call *call);
void rn_service_disable_enhanced_monitoring(struct rn_call *call);
void rn_service_start_stream_encryption(struct rn_call *call);
void rn_service_stop_stream_encryption(struct rn_call *call);
void rn_service_update_max_record_size(struct rn_call *call);
void rn_service_update_stream_mode(struct rn_call *call);
void rn_service_update_stream_warm_throughput(struct rn_call *call);
void rn_service_describe_account_settings(struct rn_call *call);
void rn_service_update_account_settings(struct rn_call *call);
void rn_service_describe_limits(struct rn_call *call);
void rn_service_tag_resource(struct rn_call *call);
void rn_service_untag_resource(struct rn_call *call);
void rn_service_list_tags_for_resource(struct rn_call *call);
void rn_service_put_resource_policy(struct rn_call *call);
void rn_service_get_resource_policy(struct rn_call *call);
void rn_service_delete_resource_policy(struct rn_call *call);
void rn_service_register_stream_consumer(struct rn_call *call);
void rn_service_deregister_stream_consumer(struct rn_call *call);
void rn_service_describe_stream_consumer(struct rn_call *call);
void rn_service_list_stream_consumers(struct rn_call *call);
/* Runnel's own. */
void rn_service_get_limits(struct rn_call *call);
void rn_service_set_limits(struct rn_call *call);

#endif
