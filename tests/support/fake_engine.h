/* fake_engine.h - an engine in memory whose commits the test decides, and whose lanes outlive a restart.
 *
 * One thread. Appends are stored inside submit unless `hold` is set; what becomes of the next ones, and
 * of the next topic calls, can be told beforehand. All completions come through mailboxes. The fake
 * checks its user: handles and batches are counted, and a topic is dead after ready unless it was named
 * since the last restart. */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "sys/clock.h"

enum fake_fate { FAKE_NOT_STORED, FAKE_STORED, FAKE_STORED_LATE };

enum { FAKE_PLANS_MAX = 16, FAKE_HELD_MAX = 4096 };

struct fake_plan {
    enum rn_outcome outcome;
    enum fake_fate fate;
};

struct fake_engine {
    struct rn_engine engine;
    struct rn_clock *clock;
    bool hold;         /* submits wait for fake_engine_commit */
    bool hold_topics;  /* topic calls wait for fake_engine_finish_topics */
    bool cold;         /* read_now says RN_WAIT */
    size_t batch_max;  /* records of one batch; 0: as asked */
    rn_err submit_err; /* what submit returns, queueing nothing */
    enum rn_outcome read_outcome, bounds_outcome;
    /* What tests ask afterwards. */
    bool ready;
    size_t submits, reads, creates, deletes, retentions;
    size_t batches_held;
    _Atomic(size_t) lanes_held;

    struct fake_plan appends[FAKE_PLANS_MAX];
    size_t append_plans;
    enum rn_outcome topic_calls[FAKE_PLANS_MAX];
    size_t topic_plans;
    struct rn_submit *held[FAKE_HELD_MAX];
    size_t held_count;
    struct fake_topic_wait {
        struct rn_topic_call *call;
        bool is_delete;
    } held_topics[FAKE_HELD_MAX];
    size_t held_topic_count;
    struct fake_topic *topics;
    struct fake_late *late; /* answered, and not in their lanes yet */
};

void fake_engine_init(struct fake_engine *fake, struct rn_clock *clock);
void fake_engine_done(struct fake_engine *fake);
/* As a new process finds it: lanes as they were, nothing named, nothing planned or held. */
void fake_engine_restart(struct fake_engine *fake);

/* The next run that nothing was told for: this outcome, and whether it gets into its lane. */
void fake_engine_plan_append(struct fake_engine *fake, enum rn_outcome outcome,
                             enum fake_fate fate);
void fake_engine_plan_topic(struct fake_engine *fake, enum rn_outcome outcome);
/* Carry out what `hold` kept back, oldest first; returns how many. */
size_t fake_engine_commit(struct fake_engine *fake, size_t most);
size_t fake_engine_finish_topics(struct fake_engine *fake);
/* What FAKE_STORED_LATE kept back arrives in the lanes. */
void fake_engine_store_late(struct fake_engine *fake);

int64_t fake_engine_retention_ms(const struct fake_engine *fake, uint64_t topic);
bool fake_engine_has_topic(const struct fake_engine *fake, uint64_t topic);
uint64_t fake_engine_first(const struct fake_engine *fake, uint64_t topic, uint32_t lane);
uint64_t fake_engine_end(const struct fake_engine *fake, uint64_t topic, uint32_t lane);
/* The value of a record in the control lane, to be read or spoiled. */
char *fake_engine_value(struct fake_engine *fake, uint64_t offset, size_t *ret_len);
/* Append to the control lane as somebody else would. */
void fake_engine_append(struct fake_engine *fake, rn_str value);

#endif
