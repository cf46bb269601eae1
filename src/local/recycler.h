/* recycler.h - large pieces of memory that come and go with every request, kept for the next one, so
 * that a busy server does not ask the kernel for fresh pages (and get a page fault for each).
 *
 * Small and huge pieces go to malloc. What lies unused is bounded, and given back by trims.
 * Threads: any; a piece may be put by another thread than the one that got it. */
#ifndef RN_LOCAL_RECYCLER_H
#define RN_LOCAL_RECYCLER_H

#include <stddef.h>

struct rn_recycler;

/* Keeps at most `kept_bytes_max` unused. NULL when memory ends. */
struct rn_recycler *rn_recycler_new(size_t kept_bytes_max);
void rn_recycler_free(struct rn_recycler *recycler); /* everything was put back */

void *rn_recycler_get(struct rn_recycler *recycler,
                      size_t bytes); /* aligned to 16, not cleared; NULL */
void rn_recycler_put(struct rn_recycler *recycler, void *piece); /* NULL is fine */
/* Free what nobody needed since the last trim. */
void rn_recycler_trim(struct rn_recycler *recycler);

#endif
