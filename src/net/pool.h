/* pool.h - memory of one server that is used again: input buffers, and bodies too large for one.
 *
 * INPUT   RN_INPUT_BYTES each, last used first. A socket that may have something to say is shown
 *         the next buffer (peek) and takes it only when bytes came: an idle connection holds none.
 * BODIES  powers of two from RN_BODY_BYTES_MIN, never cleared. Pages that nobody wrote to cost
 *         nothing, so a false Content-Length does not either. At most RN_BODY_SPARE_BYTES are kept.
 * Threads: the loop's. */
#ifndef RN_NET_POOL_H
#define RN_NET_POOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    RN_INPUT_BYTES = 68 * 1024,
    RN_INPUT_SPARES_MAX = 32,
    RN_BODY_BYTES_MIN = 128 * 1024,
    RN_BODY_CLASSES = 10, /* up to 64 MiB; larger ones are not kept */
    RN_BODY_SPARE_BYTES = 16 * 1024 * 1024,
};

/* Under AddressSanitizer nothing is used again, so that stale pointers are seen. */
#if defined(__SANITIZE_ADDRESS__)
#define RN_POOL_RECYCLES false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RN_POOL_RECYCLES false
#endif
#endif
#ifndef RN_POOL_RECYCLES
#define RN_POOL_RECYCLES true
#endif

struct rn_pool_spare;
struct rn_pool {
    /* Kept apart from the memory itself: the kernel writes into the one shown. */
    char *inputs[RN_INPUT_SPARES_MAX];
    size_t input_count;
    struct rn_pool_spare *bodies[RN_BODY_CLASSES];
    size_t body_bytes; /* in all spares */
    unsigned unused;   /* trims since a body was last taken or given */
};

void rn_pool_done(struct rn_pool *pool);

/* The buffer that the next take will give, or NULL when memory ends. */
char *rn_pool_peek_input(struct rn_pool *pool);
char *rn_pool_take_input(struct rn_pool *pool); /* after a peek that gave one */
void rn_pool_give_input(struct rn_pool *pool, char *input);

/* At least `bytes`; NULL when memory ends. */
char *rn_pool_take_body(struct rn_pool *pool, size_t bytes, size_t *ret_cap);
void rn_pool_give_body(struct rn_pool *pool, char *body, size_t cap);

/* Called now and then: spare bodies go when none was wanted during a few calls. */
void rn_pool_trim(struct rn_pool *pool);

#endif
