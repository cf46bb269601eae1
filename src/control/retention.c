/* retention.c - telling the engine of a stream's new retention, so that it lets go of no less and no more.
 *
 * Reads go by the state alone and are exact at once; this is about space. What the engine is told is the
 * state's retention at the moment of the call, so a telling that comes late, or twice, does no harm.
 * One that fails is repeated at the next tick. After a start every topic is named with its retention,
 * so nothing of this is stored. */
#include "control/core.h"

#include <stdlib.h>

enum { MS_PER_HOUR = 3600 * 1000 };

struct rn_telling {
    struct rn_control *control;
    struct rn_link link;
    uint64_t uid;
    bool under_way;
    struct rn_topic_call call;
};

void rn_tellings_init(struct rn_control *control)
{
    rn_list_init(&control->tellings);
}

void rn_tellings_done(struct rn_control *control)
{
    RN_LIST_EACH (link, &control->tellings) {
        struct rn_telling *telling = RN_OWNER(link, struct rn_telling, link);

        rn_list_remove(link);
        if (!telling->under_way) { /* else it frees itself when it comes back */
            free(telling);
        }
    }
    free(control->telling_spare);
    control->telling_spare = NULL;
}

rn_err rn_tellings_prepare(struct rn_control *control)
{
    if (!control->telling_spare) {
        control->telling_spare = calloc(1, sizeof(*control->telling_spare));
    }
    return control->telling_spare ? RN_OK : RN_NOMEM;
}

static void telling_free(struct rn_telling *telling)
{
    if (rn_list_linked(&telling->link)) {
        rn_list_remove(&telling->link);
    }
    free(telling);
}

static void told(struct rn_task *task)
{
    struct rn_telling *telling = RN_OWNER(task, struct rn_telling, call.done);
    struct rn_control *control = telling->control;
    enum rn_outcome outcome = telling->call.outcome;

    telling->under_way = false;
    if (control->stopping || outcome == RN_OUTCOME_OK || outcome == RN_OUTCOME_NO_LANE) {
        telling_free(telling); /* NO_LANE: the stream went away meanwhile */
    }
    rn_control_let_go(control);
}

/* May free the telling. */
static void tell(struct rn_telling *telling)
{
    struct rn_control *control = telling->control;
    struct rn_slot *slot = rn_state_slot_uid(control->state, telling->uid);

    if (telling->under_way) {
        return;
    }
    if (!slot) {
        telling_free(telling);
        return;
    }
    telling->call = (struct rn_topic_call){
        .topic = telling->uid,
        .retention_ms = (int64_t)rn_slot_version(slot)->stream.retention_hours * MS_PER_HOUR,
        .box = control->options.box,
        .done.run = told,
    };
    telling->under_way = true;
    rn_control_hold(control);
    rn_engine_topic_retention(control->options.engine, &telling->call);
}

void rn_tellings_changed(struct rn_control *control, uint64_t uid)
{
    struct rn_telling *telling = control->telling_spare;

    control->telling_spare = NULL;
    telling->control = control;
    telling->uid = uid;
    rn_list_push(&control->tellings, &telling->link);
    tell(telling);
}

void rn_tellings_tick(struct rn_control *control)
{
    RN_LIST_EACH (link, &control->tellings) {
        tell(RN_OWNER(link, struct rn_telling, link));
    }
}
