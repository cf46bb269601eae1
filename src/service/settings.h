/* settings.h - settings of streams and of the account, as several operations ask for and answer them. */
#ifndef RN_SERVICE_SETTINGS_H
#define RN_SERVICE_SETTINGS_H

#include "service/change.h"
#include "shape/kinesis_settings.h"

/* The metrics of the mask by name, never "ALL". False: memory ended. */
RN_MUST_USE bool rn_metrics_list(struct rn_arena *arena, uint8_t metrics,
                                 struct rn_items *ret_names);
/* NULL: memory ended. */
struct rn_kinesis_warm_throughput *rn_warm_throughput(struct rn_arena *arena, uint64_t target_mib,
                                                      uint64_t current_mib);
/* May streams of the account have warm throughput? */
bool rn_may_be_warm(const struct rn_call *call);
/* May this one have so much? False: the call has failed. */
RN_MUST_USE bool rn_warm_fits(struct rn_call *call, rn_str name, int64_t mib);

/* One on-demand stream more. A quota of the account rather than a bound of ours, so two that race may both
 * get in. False: the call has failed. */
RN_MUST_USE bool rn_on_demand_fits(struct rn_call *call, rn_str name);
/* What is wanted of the stream is for those in ON_DEMAND mode. */
void rn_fail_provisioned(struct rn_call *call, rn_str name);
void rn_fail_daily(struct rn_change_call *change); /* DAILY_LIMIT, of a setting or of RESHARD */
/* PROVISIONED, KEY. */
void rn_fail_setting(struct rn_change_call *change);

#endif
