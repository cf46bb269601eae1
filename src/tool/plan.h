/* plan.h - what a reshard would do: its steps and the shards afterwards, for --plan. */
#ifndef RN_TOOL_PLAN_H
#define RN_TOOL_PLAN_H

#include "tool/lineage.h"

/* The open shards by hash range, *ret_count of them; the caller frees. NULL when memory ends. */
struct rn_reshard_piece *rn_plan_pieces(const struct rn_shards *shards, size_t *ret_count);

/* Print it on standard output. `reshard` names open shards, a hash key inside, adjacent shards: what the planner wants.
 * The exit code. */
int rn_plan_print(const char *command, const struct rn_shards *shards,
                  const struct rn_reshard *reshard);

#endif
