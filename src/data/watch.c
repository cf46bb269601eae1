/* watch.c - see watch.h.
 *
 * A watched lane is kept while anybody watches it, and while its watches are being told: they may stop
 * each other then, so those still to be told stand in a list of their own. */
#include "data/watch.h"

#include <stdlib.h>

#include "base/map.h"
#include "data/runtime.h"

struct rn_watches {
    struct rn_engine *engine;
    struct rn_mailbox *box;
    struct rn_map *map; /* by lane */
};

struct rn_watched {
    struct rn_follow follow;
    struct rn_watches *watches;
    uintptr_t key;               /* the lane */
    struct rn_link told, untold; /* all stand in `told` but for the time of telling */
    bool is_telling;
};

static rn_str text_of(const uintptr_t *key)
{
    return rn_str_make((const char *)key, sizeof(*key));
}

static void forget_if_unwatched(struct rn_watched *watched)
{
    struct rn_watches *watches = watched->watches;

    if (watched->is_telling || !rn_list_empty(&watched->told)) {
        return;
    }
    (void)rn_map_remove(watches->map, text_of(&watched->key));
    rn_engine_unfollow(watches->engine, &watched->follow);
    free(watched);
}

static void moved(struct rn_task *task)
{
    struct rn_watched *watched = RN_OWNER(task, struct rn_watched, follow.moved);
    struct rn_link *link;

    watched->is_telling = true;
    rn_list_splice(&watched->untold, &watched->told);
    while ((link = rn_list_pop(&watched->untold))) {
        struct rn_watch *watch = RN_OWNER(link, struct rn_watch, link);

        rn_list_push(&watched->told, link);
        watch->moved(watch);
    }
    watched->is_telling = false;
    forget_if_unwatched(watched);
}

static rn_err follow(struct rn_watches *watches, struct rn_lane *lane,
                     struct rn_watched **ret_watched)
{
    struct rn_watched *watched = calloc(1, sizeof(*watched));
    rn_err err;

    if (!watched) {
        return RN_NOMEM;
    }
    watched->watches = watches;
    watched->key = (uintptr_t)lane;
    watched->follow = (struct rn_follow){.lane = lane, .box = watches->box, .moved.run = moved};
    rn_list_init(&watched->told);
    rn_list_init(&watched->untold);
    err = rn_map_put(watches->map, text_of(&watched->key), watched, NULL);
    if (err) {
        free(watched);
        return err;
    }
    err = rn_engine_follow(watches->engine, &watched->follow);
    if (err) {
        (void)rn_map_remove(watches->map, text_of(&watched->key));
        free(watched);
        return err;
    }
    *ret_watched = watched;
    return RN_OK;
}

struct rn_watches *rn_watches_new(struct rn_data *data, struct rn_mailbox *box)
{
    struct rn_watches *watches = calloc(1, sizeof(*watches));

    if (!watches) {
        return NULL;
    }
    watches->engine = data->options.engine;
    watches->box = box;
    watches->map = rn_map_new();
    if (!watches->map) {
        free(watches);
        return NULL;
    }
    return watches;
}

void rn_watches_free(struct rn_watches *watches)
{
    if (watches) {
        assert(rn_map_count(watches->map) == 0);
        rn_map_free(watches->map);
        free(watches);
    }
}

rn_err rn_watch_start(struct rn_watches *watches, const struct rn_shard *shard,
                      struct rn_watch *watch)
{
    struct rn_lane *lane = shard->cell->lane;
    const uintptr_t key = (uintptr_t)lane;
    struct rn_watched *watched = rn_map_get(watches->map, text_of(&key));

    if (!watched) {
        rn_err err = follow(watches, lane, &watched);

        if (err) {
            return err;
        }
    }
    watch->watched = watched;
    rn_list_push(&watched->told, &watch->link);
    return RN_OK;
}

void rn_watch_stop(struct rn_watches *watches, struct rn_watch *watch)
{
    struct rn_watched *watched = watch->watched;

    (void)watches;
    watch->watched = NULL;
    rn_list_remove(&watch->link);
    forget_if_unwatched(watched);
}
