/* acceptor.c - see acceptor.h.
 *
 * `coming` counts what was handed over and has not arrived, so that a burst is spread although the
 * workers' own counts are still old. A handover that is under way when the acceptor closes still
 * arrives: the acceptor's memory is shared with it and goes with the last of them. */
#include "net/acceptor.h"

#include "base/list.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct target {
    struct rn_acceptor_worker worker;
    _Atomic unsigned coming;
};

struct rn_acceptor {
    struct rn_listener *listener;
    _Atomic unsigned refs; /* the owner's, and each handover's */
    size_t count;
    struct target targets[];
};

struct handover {
    struct rn_task task;
    struct rn_acceptor *acceptor;
    struct target *target;
    int fd;
};

/* Thread: any. */
static void drop(struct rn_acceptor *acceptor)
{
    if (atomic_fetch_sub_explicit(&acceptor->refs, 1, memory_order_acq_rel) == 1) {
        free(acceptor);
    }
}

static void arrive(struct rn_task *task)
{
    struct handover *handover = RN_OWNER(task, struct handover, task);

    rn_http_server_adopt(handover->target->worker.server, handover->fd);
    atomic_fetch_sub_explicit(&handover->target->coming, 1, memory_order_relaxed);
    drop(handover->acceptor);
    free(handover);
}

static unsigned load_of(struct target *target)
{
    return rn_http_server_connections(target->worker.server) +
           atomic_load_explicit(&target->coming, memory_order_relaxed);
}

static struct target *choose(struct rn_acceptor *acceptor)
{
    struct target *best = &acceptor->targets[0]; /* ties stay here */
    unsigned least = load_of(best);

    for (size_t i = 1; i < acceptor->count; i++) {
        unsigned load = load_of(&acceptor->targets[i]);

        if (load < least) {
            best = &acceptor->targets[i];
            least = load;
        }
    }
    return best;
}

static void accepted(void *arg, int fd)
{
    struct rn_acceptor *acceptor = arg;
    struct target *target = choose(acceptor);
    struct handover *handover = target == acceptor->targets ? NULL : malloc(sizeof(*handover));

    if (!handover) {
        rn_http_server_adopt(acceptor->targets[0].worker.server, fd);
        return;
    }
    *handover =
        (struct handover){.task.run = arrive, .acceptor = acceptor, .target = target, .fd = fd};
    atomic_fetch_add_explicit(&acceptor->refs, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&target->coming, 1, memory_order_relaxed);
    rn_mailbox_post(rn_loop_box(target->worker.loop), &handover->task);
}

rn_err rn_acceptor_new(struct rn_listener *listener, const struct rn_acceptor_worker *workers,
                       size_t count, struct rn_acceptor **ret_acceptor)
{
    struct rn_acceptor *acceptor =
        calloc(1, sizeof(*acceptor) + count * sizeof(acceptor->targets[0]));
    rn_err err;

    if (!acceptor) {
        return RN_NOMEM;
    }
    assert(count > 0);
    acceptor->listener = listener;
    acceptor->count = count;
    atomic_init(&acceptor->refs, 1);
    for (size_t i = 0; i < count; i++) {
        acceptor->targets[i].worker = workers[i];
    }
    err = rn_listener_start(listener, workers[0].loop, accepted, acceptor);
    if (err) {
        free(acceptor);
        return err;
    }
    *ret_acceptor = acceptor;
    return RN_OK;
}

void rn_acceptor_close(struct rn_acceptor *acceptor)
{
    if (acceptor) {
        rn_listener_close(acceptor->listener);
        drop(acceptor);
    }
}
