/* iterators.h - shard iterators as texts of the service. */
#ifndef RN_SERVICE_ITERATORS_H
#define RN_SERVICE_ITERATORS_H

#include "service/inside.h"

/* Sealed for `shard` of `stream` as of now, in the call's arena; absent when memory ends.
 * `position` gives kind, offset and timestamp; the rest is filled in here. */
rn_str rn_iterator_text(struct rn_call *call, const struct rn_stream *stream,
                        const struct rn_shard *shard, struct rn_iterator position);

#endif
