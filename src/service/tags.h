/* tags.h - what a tag of a stream or a consumer may look like. */
#ifndef RN_SERVICE_TAGS_H
#define RN_SERVICE_TAGS_H

#include "codec/shape.h"
#include "service/inside.h"

/* Whose tags they are, for messages. */
struct rn_tagged {
    const char *what; /* "stream", "consumer" */
    rn_str name;
};

/* False: the call has failed; the checks of texts before tags are added, in the service's order and words.
 * Letters outside ASCII are taken as letters. */
RN_MUST_USE bool rn_tags_check(struct rn_call *call, struct rn_tagged tagged,
                               const struct rn_pair *tags, size_t count);
/* Would it have too many with `count` in all? Then false, and the call has failed. */
RN_MUST_USE bool rn_tags_fit(struct rn_call *call, struct rn_tagged tagged, size_t count);
void rn_fail_tag_limit(struct rn_call *call, struct rn_tagged tagged, uint64_t limit);
/* As a command wants them; NULL when memory ends. */
struct rn_pair_text *rn_tags_of_map(struct rn_arena *arena, const struct rn_items *map);

#endif
