/* recycler.c - a free list for each power of two; a piece remembers its class before its first byte. */
#include "local/recycler.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "sys/thread.h"

enum { SMALLEST_BITS = 16, CLASSES = 10, NO_CLASS = CLASSES };

struct piece {
    size_t class;
    struct piece *next; /* while unused */
};

_Static_assert(sizeof(struct piece) == 16, "what follows a piece's head is aligned to 16");

struct class
{
    struct piece *unused;
    size_t count, least; /* least: of count, since the last trim */
};

struct rn_recycler {
    struct rn_mutex lock;
    size_t kept_bytes, kept_bytes_max;
    struct class classes[CLASSES];
};

static size_t class_bytes(size_t class)
{
    return (size_t)1 << (SMALLEST_BITS + class);
}

/* The class for `bytes` with the head; NO_CLASS: too small or too large to be worth keeping. */
static size_t class_of(size_t bytes)
{
    if (bytes <= class_bytes(0) / 2) {
        return NO_CLASS;
    }
    for (size_t class = 0; class < CLASSES; class ++) {
        if (bytes <= class_bytes(class)) {
            return class;
        }
    }
    return NO_CLASS;
}

struct rn_recycler *rn_recycler_new(size_t kept_bytes_max)
{
    struct rn_recycler *recycler = calloc(1, sizeof(*recycler));

    if (recycler) {
        rn_mutex_init(&recycler->lock);
        recycler->kept_bytes_max = kept_bytes_max;
    }
    return recycler;
}

static struct piece *take_unused(struct class *class)
{
    struct piece *piece = class->unused;

    if (piece) {
        class->unused = piece->next;
        class->count--;
        class->least = class->count < class->least ? class->count : class->least;
    }
    return piece;
}

void rn_recycler_free(struct rn_recycler *recycler)
{
    if (!recycler) {
        return;
    }
    for (size_t i = 0; i < CLASSES; i++) {
        for (struct piece *piece; (piece = take_unused(&recycler->classes[i]));) {
            free(piece);
        }
    }
    rn_mutex_done(&recycler->lock);
    free(recycler);
}

void *rn_recycler_get(struct rn_recycler *recycler, size_t bytes)
{
    struct piece *piece = NULL;
    size_t class;

    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    bytes += sizeof(*piece);
    class = class_of(bytes);
    if (class != NO_CLASS) {
        bytes = class_bytes(class);
        rn_mutex_lock(&recycler->lock);
        piece = take_unused(&recycler->classes[class]);
        recycler->kept_bytes -= piece ? bytes : 0;
        rn_mutex_unlock(&recycler->lock);
    }
    piece = piece ? piece : malloc(bytes);
    if (!piece) {
        return NULL;
    }
    piece->class = class;
    return piece + 1;
}

void rn_recycler_put(struct rn_recycler *recycler, void *bytes)
{
    struct piece *piece = bytes ? (struct piece *)bytes - 1 : NULL;

    if (piece && piece->class != NO_CLASS) {
        size_t kept = class_bytes(piece->class);

        assert(piece->class < CLASSES);
        rn_mutex_lock(&recycler->lock);
        if (recycler->kept_bytes + kept <= recycler->kept_bytes_max) {
            struct class *class = &recycler->classes[piece->class];

            recycler->kept_bytes += kept;
            piece->next = class->unused;
            class->unused = piece;
            class->count++;
            piece = NULL;
        }
        rn_mutex_unlock(&recycler->lock);
    }
    free(piece);
}

/* Free the `count` pieces of the class that were put longest ago: they lie last. */
static void free_last(struct class *class, size_t count)
{
    struct piece **at = &class->unused;

    for (size_t kept = class->count - count; kept > 0; kept--) {
        at = &(*at)->next;
    }
    for (struct piece *piece = *at, *next; piece; piece = next) {
        next = piece->next;
        free(piece);
    }
    *at = NULL;
    class->count -= count;
}

void rn_recycler_trim(struct rn_recycler *recycler)
{
    rn_mutex_lock(&recycler->lock);
    for (size_t i = 0; i < CLASSES; i++) {
        struct class *class = &recycler->classes[i];

        recycler->kept_bytes -= class->least * class_bytes(i);
        free_last(class, class->least);
        class->least = class->count;
    }
    rn_mutex_unlock(&recycler->lock);
}
