/* tail.c - `runnel tail`: the records of a stream, all shards, now and as they come.
 *
 * One loop asks shard after shard; a shard with nothing new rests RN_REST_US, which stays within the five calls a second
 * that a shard allows. A shard that was split or merged is read to its end before its children are. Each shard remembers
 * its last sequence number, so an expired iterator or a restarted server costs nothing and shows nothing twice.
 * While following, a server that is away is waited for. A closed pipe is a clean end. */
#include <stdio.h>
#include <stdlib.h>

#include "client/succession.h"
#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/shards.h"
#include "tool/show.h"
#include "tool/since.h"

enum { REST_US = 250 * 1000, AWAY_MS = 1000, PAGE_RECORDS = 1000 };

/* What is known of followed shard i, beside its lineage. */
struct shard {
    char id[RN_SHARD_ID_TEXT_BYTES];
    char *iterator;      /* owned; NULL: to be asked for */
    char *after;         /* last sequence number shown; NULL: none yet */
    int64_t due_us;      /* not asked again before */
    int64_t answered_ms; /* wall clock of the last answer: where an unseen tail goes on */
    bool at_tip;
};

struct tail {
    const char *stream, *only_shard, *from;
    struct rn_since since;
    uint32_t only_index; /* with only_shard */
    bool no_follow, told_away;
    struct rn_show show;
    struct rn_follow follow;
    struct shard *shards; /* as many */
    size_t count;
    struct runnel_client *client;
    struct runnel_page *page;
};

static int64_t now_us(void)
{
    return rn_clock_mono_us(rn_clock_real());
}

static int out_of_memory(void)
{
    return rn_complain("tail", RN_EXIT_BUG, "out of memory");
}

/* Replace an owned text; false when memory ends. */
static bool keep(char **where, const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy) {
        return false;
    }
    free(*where);
    *where = copy;
    return true;
}

/* ---- shards ------------------------------------------------------------------------------- */

/* Is this one of the shards to begin with? Those that open later are found at their parents' ends. */
static bool wanted(void *arg, const struct rn_lineage_shard *shard)
{
    const struct tail *tail = arg;

    if (tail->only_shard) {
        return shard->index == tail->only_index;
    }
    switch (tail->since.kind) {
    case RN_SINCE_LATEST:
        return !shard->closed;
    case RN_SINCE_SEQUENCE:
        return shard->index == tail->since.shard_index;
    case RN_SINCE_OLDEST:
    case RN_SINCE_TIME:
        break;
    }
    return true;
}

/* Room for what is kept beside every followed shard; false when memory ends. */
static bool keep_up(struct tail *tail)
{
    struct shard *longer;

    if (tail->count == tail->follow.count) {
        return true;
    }
    longer = realloc(tail->shards, tail->follow.count * sizeof(*longer));
    if (!longer) {
        return false;
    }
    tail->shards = longer;
    for (; tail->count < tail->follow.count; tail->count++) {
        longer[tail->count] = (struct shard){.due_us = 0};
        (void)rn_shard_id_format(tail->follow.shards[tail->count].index, longer[tail->count].id);
    }
    return true;
}

/* A new iterator: behind what was shown, else from where --from says. */
static enum runnel_err get_place(struct tail *tail, struct shard *shard, bool is_child)
{
    const char *iterator, *type = "LATEST", *number = NULL;
    int64_t at_ms = tail->since.at_ms;
    enum runnel_err err;

    if (shard->after) {
        type = "AFTER_SEQUENCE_NUMBER";
        number = shard->after;
    } else if (is_child || tail->since.kind == RN_SINCE_OLDEST) {
        type = "TRIM_HORIZON";
    } else if (tail->since.kind == RN_SINCE_SEQUENCE) {
        type = "AT_SEQUENCE_NUMBER";
        number = tail->from;
    } else if (tail->since.kind == RN_SINCE_TIME || shard->answered_ms) {
        type = "AT_TIMESTAMP";
        at_ms = tail->since.kind == RN_SINCE_TIME ? at_ms : shard->answered_ms;
    }
    err = runnel_get_shard_iterator(tail->client, tail->stream, shard->id, type, number, at_ms,
                                    &iterator);
    if (!err && !keep(&shard->iterator, iterator)) {
        return RUNNEL_NOMEM;
    }
    return err;
}

/* ---- the loop ----------------------------------------------------------------------------- */

static bool is_error(const struct tail *tail, const char *type)
{
    return strcmp(runnel_client_error_type(tail->client), type) == 0;
}

/* A failed call: go on where time can heal it, else the exit code. */
static int bear(struct tail *tail, size_t place, enum runnel_err err)
{
    if (err == RUNNEL_SERVICE && is_error(tail, "ExpiredIteratorException")) {
        (void)keep(&tail->shards[place].iterator, NULL); /* cannot fail without a text */
        return RN_GO_ON;
    }
    if (err == RUNNEL_SERVICE && is_error(tail, "ResourceNotFoundException")) {
        err =
            rn_succession_lost(&tail->follow, tail->client, tail->stream, place, !tail->only_shard);
        if (!err) {
            return keep_up(tail) ? RN_GO_ON : out_of_memory();
        }
    }
    if (rn_interrupted()) {
        return RN_GO_ON;
    }
    if (err == RUNNEL_THROTTLED || (err == RUNNEL_UNREACHABLE && !tail->no_follow)) {
        if (err == RUNNEL_UNREACHABLE && !tail->told_away) {
            tail->told_away = true;
            (void)rn_complain("tail", 0, "%s; waiting for it",
                              runnel_client_error_message(tail->client));
        }
        (void)rn_client_wait(tail->client, AWAY_MS);
        return RN_GO_ON;
    }
    return rn_connect_failed("tail", tail->client, err);
}

/* The shard was read to its end, and the page says what goes on from there. RN_GO_ON or an exit code. */
static int end_shard(struct tail *tail, size_t place)
{
    enum runnel_err err;

    if (tail->only_shard) {
        rn_follow_end(&tail->follow, place);
        return RN_GO_ON;
    }
    err = rn_succession_end(&tail->follow, tail->client, tail->stream, place, tail->page);
    if (err) { /* asked again behind what was shown, once the service answers */
        (void)keep(&tail->shards[place].iterator, NULL);
        return bear(tail, place, err);
    }
    return keep_up(tail) ? RN_GO_ON : out_of_memory();
}

static int ask(struct tail *tail, size_t place)
{
    struct shard *shard = &tail->shards[place];
    const char *last = NULL;
    enum runnel_err err =
        shard->iterator ? RUNNEL_OK : get_place(tail, shard, tail->follow.shards[place].is_child);

    err = err ? err : runnel_get_records(tail->client, shard->iterator, PAGE_RECORDS, tail->page);
    if (err) {
        return bear(tail, place, err);
    }
    tail->told_away = false;
    shard->answered_ms = rn_clock_wall_ms(rn_clock_real());
    shard->at_tip = runnel_page_millis_behind(tail->page) == 0;
    shard->due_us = now_us() + (shard->at_tip || !runnel_page_count(tail->page) ? REST_US : 0);
    int code = rn_show_page(&tail->show, shard->id, tail->page, &last);

    if (code != RN_GO_ON) {
        return code;
    }
    if (last && !keep(&shard->after, last)) {
        return out_of_memory();
    }
    if (!runnel_page_next_iterator(tail->page)) {
        return end_shard(tail, place); /* may move the shards in memory */
    }
    return keep(&shard->iterator, runnel_page_next_iterator(tail->page)) ? RN_GO_ON
                                                                         : out_of_memory();
}

/* Nothing more is wanted of it, for now or for good. */
static bool is_done(const struct tail *tail, size_t place)
{
    const struct rn_followed *shard = &tail->follow.shards[place];

    return shard->state == RN_FOLLOW_KNOWN || shard->state == RN_FOLLOW_ENDED ||
           (tail->no_follow && tail->shards[place].at_tip && !shard->closed);
}

static bool done(const struct tail *tail)
{
    if (rn_interrupted() || rn_show_is_over(&tail->show)) {
        return true;
    }
    for (size_t i = 0; i < tail->count; i++) {
        if (!is_done(tail, i)) {
            return false;
        }
    }
    return true;
}

/* The shard that has waited longest, when it is due; else how long until one is. */
static bool next_shard(struct tail *tail, size_t *ret_place, int64_t *ret_wait_us)
{
    size_t next = tail->count;

    for (size_t i = 0; i < tail->count; i++) {
        if (tail->follow.shards[i].state == RN_FOLLOW_READS && !is_done(tail, i) &&
            (next == tail->count || tail->shards[i].due_us < tail->shards[next].due_us)) {
            next = i;
        }
    }
    *ret_place = next;
    *ret_wait_us = next < tail->count ? tail->shards[next].due_us - now_us() : 0;
    return next < tail->count && *ret_wait_us <= 0;
}

static int loop(struct tail *tail)
{
    int code = RN_GO_ON;

    while (code == RN_GO_ON && !done(tail)) {
        int64_t wait_us;
        size_t place;

        if (next_shard(tail, &place, &wait_us)) {
            code = ask(tail, place);
        } else {
            (void)rn_client_wait(tail->client, wait_us / 1000 + 1);
        }
    }
    if (code != RN_GO_ON) {
        return code;
    }
    return rn_interrupted() ? RN_EXIT_INTERRUPTED : RN_EXIT_OK;
}

static int run(struct tail *tail, const struct rn_connect *connect)
{
    enum runnel_err err;
    size_t begun;
    int code;

    code = rn_since_argument("tail", tail->from, &tail->since);
    if (code != RN_GO_ON) {
        return code;
    }
    if (tail->only_shard) {
        code = rn_shard_argument("tail", tail->only_shard, &tail->only_index);
        if (code != RN_GO_ON) {
            return code;
        }
    }
    code = rn_show_init(&tail->show, "tail");
    if (code != RN_GO_ON) {
        return code;
    }
    code = rn_connect_client("tail", connect, &tail->client);
    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(tail->client, true);
    tail->page = runnel_page_new();
    err = tail->page
              ? rn_succession_begin(&tail->follow, tail->client, tail->stream, wanted, tail, &begun)
              : RUNNEL_NOMEM;
    if (err) {
        return rn_connect_failed("tail", tail->client, err);
    }
    if (!begun) {
        return rn_complain("tail", RN_EXIT_UNAVAILABLE, "%s has no shard %s", tail->stream,
                           tail->only_shard ? tail->only_shard : "to read");
    }
    if (!keep_up(tail)) {
        return out_of_memory();
    }
    return loop(tail);
}

static void let_go(struct tail *tail)
{
    for (size_t i = 0; i < tail->count; i++) {
        free(tail->shards[i].iterator);
        free(tail->shards[i].after);
    }
    free(tail->shards);
    rn_follow_done(&tail->follow);
    runnel_page_free(tail->page);
    rn_show_done(&tail->show);
    runnel_client_free(tail->client);
}

int rn_command_tail(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct tail tail = {.from = "latest"};
    const struct rn_option options[] = {
        RN_SINCE_OPTION(tail.from),
        {.name = "shard",
         .value = "ID",
         .help = "only this shard, without its children",
         .text = &tail.only_shard},
        {.name = "no-follow",
         .help = "end when everything there is was shown",
         .on = &tail.no_follow},
        RN_SHOW_OPTIONS(tail.show),
        RN_CONNECT_OPTIONS(connect),
    };
    const struct rn_command_line line = {
        .command = "tail",
        .arguments = "STREAM",
        .about = "Shows the records of a stream, of all shards, "
                 "as they come; each on a line of its own.\n"
                 "On a terminal control bytes are escaped. Waits "
                 "for a server that is away; Ctrl-C ends.",
        .options = options,
        .option_count = sizeof(options) / sizeof(options[0]),
        .arguments_min = 1,
        .arguments_max = 1,
    };
    const char *arguments[RN_ARGUMENTS_MAX];
    size_t count;
    int code = rn_options_parse(&line, argc, argv, arguments, &count);

    if (code != RN_GO_ON) {
        return code;
    }
    tail.stream = arguments[0];
    code = run(&tail, &connect);
    let_go(&tail);
    return code;
}
