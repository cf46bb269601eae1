/* thread.c - POSIX threads whose failures are either reported once (start) or our own mistake. */
#include "sys/thread.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NAME_BYTES = 16 };

struct start {
    void (*run)(void *arg);
    void *arg;
    char name[NAME_BYTES];
};

static void must(int result)
{
    if (result != 0) {
        abort();
    }
}

static void *begin(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    (void)pthread_setname_np(pthread_self(), start.name); /* a name is a courtesy to the debugger */
    start.run(start.arg);
    return NULL;
}

rn_err rn_thread_start(struct rn_thread *thread, const char *name, void (*run)(void *arg),
                       void *arg)
{
    struct start *start = malloc(sizeof(*start));
    sigset_t all, before;
    int result;

    if (!start) {
        return RN_NOMEM;
    }
    start->run = run;
    start->arg = arg;
    (void)snprintf(start->name, sizeof(start->name), "%s", name);
    /* The mask is inherited: signals belong to the thread that waits for them. */
    (void)sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before));
    result = pthread_create(&thread->raw, NULL, begin, start);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL));
    if (result != 0) {
        free(start);
        return result == EAGAIN ? RN_FULL : RN_NOMEM;
    }
    return RN_OK;
}

void rn_thread_join(struct rn_thread *thread)
{
    must(pthread_join(thread->raw, NULL));
}

void rn_mutex_init(struct rn_mutex *mutex)
{
    must(pthread_mutex_init(&mutex->raw, NULL));
}

void rn_mutex_done(struct rn_mutex *mutex)
{
    must(pthread_mutex_destroy(&mutex->raw));
}

void rn_mutex_lock(struct rn_mutex *mutex)
{
    must(pthread_mutex_lock(&mutex->raw));
}

void rn_mutex_unlock(struct rn_mutex *mutex)
{
    must(pthread_mutex_unlock(&mutex->raw));
}

void rn_cond_init(struct rn_cond *cond)
{
    pthread_condattr_t attributes;

    must(pthread_condattr_init(&attributes));
    must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    must(pthread_cond_init(&cond->raw, &attributes));
    must(pthread_condattr_destroy(&attributes));
}

void rn_cond_done(struct rn_cond *cond)
{
    must(pthread_cond_destroy(&cond->raw));
}

void rn_cond_signal(struct rn_cond *cond)
{
    must(pthread_cond_signal(&cond->raw));
}

void rn_cond_broadcast(struct rn_cond *cond)
{
    must(pthread_cond_broadcast(&cond->raw));
}

void rn_cond_wait(struct rn_cond *cond, struct rn_mutex *mutex)
{
    must(pthread_cond_wait(&cond->raw, &mutex->raw));
}

bool rn_cond_wait_for(struct rn_cond *cond, struct rn_mutex *mutex, int64_t timeout_us)
{
    struct timespec until;
    int64_t ns;
    int result;

    assert(timeout_us >= 0);
    must(clock_gettime(CLOCK_MONOTONIC, &until));
    ns = until.tv_nsec + timeout_us % 1000000 * 1000;
    until.tv_sec += (time_t)(timeout_us / 1000000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    result = pthread_cond_timedwait(&cond->raw, &mutex->raw, &until);
    if (result == ETIMEDOUT) {
        return false;
    }
    must(result);
    return true;
}

unsigned rn_cpu_count(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return count > 0 ? (unsigned)count : 1;
}
