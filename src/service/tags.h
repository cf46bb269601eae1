/* tags.h - what a tag of a stream may look like. */
#ifndef RN_SERVICE_TAGS_H
#define RN_SERVICE_TAGS_H

#include "codec/shape.h"
#include "service/inside.h"

/* False: the call has failed; the checks of adding tags, in the service's order and words. Letters
 * outside ASCII are taken as letters. */
RN_MUST_USE bool rn_tags_check(struct rn_call *call, rn_str stream, const struct rn_pair *tags,
                               size_t count);

#endif
