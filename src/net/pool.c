/* pool.c - spare input buffers in a stack, spare bodies in lists threaded through the spares. */
#include "net/pool.h"

#include <assert.h>
#include <stdlib.h>

enum { TRIMS_UNTIL_FREE = 5 };

struct rn_pool_spare {
    struct rn_pool_spare *next;
};

static void push(struct rn_pool_spare **list, char *memory)
{
    struct rn_pool_spare *spare = (struct rn_pool_spare *)(void *)memory;

    spare->next = *list;
    *list = spare;
}

static char *pop(struct rn_pool_spare **list)
{
    struct rn_pool_spare *spare = *list;

    if (spare) {
        *list = spare->next;
    }
    return (char *)spare;
}

static size_t class_bytes(unsigned class)
{
    return (size_t)RN_BODY_BYTES_MIN << class;
}

/* RN_BODY_CLASSES: too large for any. */
static unsigned class_of(size_t bytes)
{
    unsigned class = 0;

    while (class < RN_BODY_CLASSES && class_bytes(class) < bytes) {
        class ++;
    }
    return class;
}

static void free_bodies(struct rn_pool *pool)
{
    char *memory;

    for (unsigned class = 0; class < RN_BODY_CLASSES; class ++) {
        while ((memory = pop(&pool->bodies[class]))) {
            free(memory);
        }
    }
    pool->body_bytes = 0;
}

void rn_pool_done(struct rn_pool *pool)
{
    free_bodies(pool);
    while (pool->input_count > 0) {
        free(pool->inputs[--pool->input_count]);
    }
}

char *rn_pool_peek_input(struct rn_pool *pool)
{
    if (pool->input_count == 0) {
        char *memory = malloc(RN_INPUT_BYTES);

        if (!memory) {
            return NULL;
        }
        pool->inputs[pool->input_count++] = memory;
    }
    return pool->inputs[pool->input_count - 1];
}

char *rn_pool_take_input(struct rn_pool *pool)
{
    assert(pool->input_count > 0);
    return pool->inputs[--pool->input_count];
}

void rn_pool_give_input(struct rn_pool *pool, char *input)
{
    if (!input) {
        return;
    }
    if (!RN_POOL_RECYCLES || pool->input_count == RN_INPUT_SPARES_MAX) {
        free(input);
        return;
    }
    pool->inputs[pool->input_count++] = input;
}

char *rn_pool_take_body(struct rn_pool *pool, size_t bytes, size_t *ret_cap)
{
    unsigned class = class_of(bytes);
    size_t cap = class < RN_BODY_CLASSES ? class_bytes(class) : bytes;
    char *memory = class < RN_BODY_CLASSES ? pop(&pool->bodies[class]) : NULL;

    pool->unused = 0;
    if (memory) {
        pool->body_bytes -= cap;
    } else {
        memory = malloc(cap);
    }
    if (memory) {
        *ret_cap = cap;
    }
    return memory;
}

void rn_pool_give_body(struct rn_pool *pool, char *body, size_t cap)
{
    unsigned class = class_of(cap);

    if (!RN_POOL_RECYCLES || class == RN_BODY_CLASSES ||
        cap > RN_BODY_SPARE_BYTES - pool->body_bytes) {
        free(body);
        return;
    }
    assert(cap == class_bytes(class));
    push(&pool->bodies[class], body);
    pool->body_bytes += cap;
    pool->unused = 0; /* it was wanted until now */
}

void rn_pool_trim(struct rn_pool *pool)
{
    if (pool->unused < TRIMS_UNTIL_FREE) {
        pool->unused++;
    } else {
        free_bodies(pool);
    }
}
