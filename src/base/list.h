/* list.h - intrusive doubly linked list: the links sit in their owner, so linking cannot fail
 * and removal needs no search. A head is a link of its own, made by rn_list_init. */
#ifndef RN_BASE_LIST_H
#define RN_BASE_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct rn_link {
    struct rn_link *prev, *next;
};

#define RN_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void rn_list_init(struct rn_link *head)
{
    head->prev = head->next = head;
}

static inline bool rn_list_empty(const struct rn_link *head)
{
    return head->next == head;
}

/* At the end. A zeroed link is "in no list"; an owner sits in one list at a time. */
static inline void rn_list_push(struct rn_link *head, struct rn_link *link)
{
    assert(!link->next);
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void rn_list_remove(struct rn_link *link)
{
    assert(link->next);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = NULL;
}

static inline bool rn_list_linked(const struct rn_link *link)
{
    return link->next != NULL;
}

/* The first link, removed, or NULL. */
static inline struct rn_link *rn_list_pop(struct rn_link *head)
{
    struct rn_link *link = head->next;

    if (link == head) {
        return NULL;
    }
    rn_list_remove(link);
    return link;
}

/* Move all of `from` to the end of `to`; `from` is empty afterwards. */
static inline void rn_list_splice(struct rn_link *to, struct rn_link *from)
{
    if (rn_list_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    from->prev->next = to;
    to->prev->next = from->next;
    to->prev = from->prev;
    rn_list_init(from);
}

/* The body may remove `at`, nothing else. */
#define RN_LIST_EACH(at, head)                                                   \
    for (struct rn_link *at = (head)->next, *at##_next = at->next; at != (head); \
         at = at##_next, at##_next = at->next)

#endif
