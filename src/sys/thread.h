/* thread.h - threads, locks and conditions; a thin must-not-fail layer over POSIX (a failed lock
 * is our own mistake and aborts). */
#ifndef RN_SYS_THREAD_H
#define RN_SYS_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct rn_mutex {
    pthread_mutex_t raw;
};

struct rn_cond {
    pthread_cond_t raw; /* on the monotonic clock */
};

struct rn_thread {
    pthread_t raw;
};

/* `name`: at most 15 bytes, shown by ps and gdb. Signals are blocked in it. */
RN_MUST_USE rn_err rn_thread_start(struct rn_thread *thread, const char *name,
                                   void (*run)(void *arg), void *arg);
void rn_thread_join(struct rn_thread *thread);

void rn_mutex_init(struct rn_mutex *mutex);
void rn_mutex_done(struct rn_mutex *mutex);
void rn_mutex_lock(struct rn_mutex *mutex);
void rn_mutex_unlock(struct rn_mutex *mutex);

void rn_cond_init(struct rn_cond *cond);
void rn_cond_done(struct rn_cond *cond);
void rn_cond_signal(struct rn_cond *cond);
void rn_cond_broadcast(struct rn_cond *cond);
void rn_cond_wait(struct rn_cond *cond, struct rn_mutex *mutex);
/* False when timeout_us passed first. */
bool rn_cond_wait_for(struct rn_cond *cond, struct rn_mutex *mutex, int64_t timeout_us);

unsigned rn_cpu_count(void); /* those this process may run on, at least 1 */

#endif
