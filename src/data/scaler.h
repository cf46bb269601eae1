/* scaler.h - on-demand streams get the shards their load asks for.
 *
 * Once a period the load of every open shard of every on-demand stream is taken from its counters; what a
 * new peak is goes into the control log, and the next split or merge that model/capacity.h names is
 * proposed. A day is DAY_PERIODS periods, so that tests may live through a month in minutes. Peaks are in
 * the log; how long a stream had more shards than it needs is counted from the start of the server.
 * Threads: all calls and completions on the thread of the mailbox, which is control's. */
#ifndef RN_DATA_SCALER_H
#define RN_DATA_SCALER_H

#include "data/data.h"

enum { RN_SCALER_DAY_PERIODS = 24 * 60 }; /* a period is a minute */

struct rn_scaler_options {
    struct rn_control *control;
    struct rn_data *data;
    struct rn_clock *clock;
    struct rn_mailbox *box;
    int64_t period_ms;
};

struct rn_scaler;

RN_MUST_USE rn_err rn_scaler_new(const struct rn_scaler_options *options,
                                 struct rn_scaler **ret_scaler);
/* Control has stopped, and its mailbox was drained since; NULL is fine. */
void rn_scaler_free(struct rn_scaler *scaler);
/* Call often; does something once a period, and while a stream is on its way to its shards. */
void rn_scaler_tick(struct rn_scaler *scaler);

#endif
