/* budget.c - see budget.h. */
#include "net/budget.h"

void rn_budget_init(struct rn_budget *budget, size_t bytes_max)
{
    *budget = (struct rn_budget){.bytes_max = bytes_max};
    rn_list_init(&budget->resting);
}

static void resume_some(struct rn_budget *budget)
{
    while (budget->used < budget->bytes_max || budget->reading == 0) {
        struct rn_link *link = rn_list_pop(&budget->resting);
        struct rn_reader *reader;

        if (!link) {
            return;
        }
        reader = RN_OWNER(link, struct rn_reader, link);
        budget->reading++;
        reader->resume(reader);
    }
}

void rn_budget_take(struct rn_budget *budget, size_t bytes)
{
    budget->used += bytes;
}

void rn_budget_give(struct rn_budget *budget, size_t bytes)
{
    assert(bytes <= budget->used);
    budget->used -= bytes;
    resume_some(budget);
}

void rn_budget_enter(struct rn_budget *budget, struct rn_reader *reader,
                     void (*resume)(struct rn_reader *reader))
{
    assert(!reader->is_entered);
    reader->is_entered = true;
    reader->resume = resume;
    budget->reading++;
}

void rn_budget_leave(struct rn_budget *budget, struct rn_reader *reader)
{
    if (!reader->is_entered) {
        return;
    }
    reader->is_entered = false;
    if (rn_budget_is_resting(reader)) {
        rn_list_remove(&reader->link);
        return;
    }
    assert(budget->reading > 0);
    budget->reading--;
    resume_some(budget);
}

bool rn_budget_may_read(struct rn_budget *budget, struct rn_reader *reader)
{
    assert(reader->is_entered);
    if (rn_budget_is_resting(reader)) {
        return false;
    }
    if (budget->used < budget->bytes_max || budget->reading == 1) {
        return true;
    }
    budget->reading--;
    rn_list_push(&budget->resting, &reader->link);
    return false;
}

bool rn_budget_is_resting(const struct rn_reader *reader)
{
    return rn_list_linked(&reader->link);
}
