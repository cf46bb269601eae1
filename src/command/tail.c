/* tail.c - `runnel tail`: the records of a stream, all shards, now and as they come.
 *
 * One loop asks shard after shard; a shard with nothing new rests RN_REST_US, which stays within the five calls a second
 * that a shard allows. A shard that has ended is followed by its children. Each shard remembers
 * its last sequence number, so an expired iterator or a restarted server costs nothing and shows nothing twice.
 * While following, a server that is away is waited for. A closed pipe is a clean end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/list.h"
#include "command/command.h"
#include "tool/connect.h"
#include "tool/exit.h"
#include "tool/interrupt.h"
#include "tool/print.h"
#include "tool/since.h"

enum {
    REST_US = 250 * 1000,
    AWAY_MS = 1000,
    PAGE_RECORDS = 1000,
    OUT_BYTES_MAX = 64 * 1024 * 1024
};

struct shard {
    char id[RN_LISTED_ID_BYTES];
    char *iterator;      /* owned; NULL: to be asked for */
    char *after;         /* last sequence number shown; NULL: none yet */
    int64_t due_us;      /* not asked again before */
    int64_t answered_ms; /* wall clock of the last answer: where an unseen tail goes on */
    bool child;          /* appeared while we read: from its oldest record */
    bool at_tip, ended;
};

struct tail {
    const char *stream, *only_shard, *from;
    struct rn_since since;
    int64_t limit, shown;
    bool no_follow, raw, json, told_away;
    enum rn_print_form form;
    struct shard *shards;
    size_t count;
    struct runnel_client *client;
    struct runnel_page *page;
    struct rn_buf out;
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

static bool wanted(const struct tail *tail, const char *id)
{
    if (tail->only_shard && strcmp(tail->only_shard, id) != 0) {
        return false;
    }
    if (tail->since.kind == RN_SINCE_SEQUENCE) {
        char own[RN_SHARD_ID_TEXT_BYTES];

        (void)rn_shard_id_format(tail->since.shard_index, own);
        return strcmp(own, id) == 0;
    }
    return true;
}

struct adding {
    struct tail *tail;
    bool children, failed;
};

/* rn_list_shards calls this with each shard; those already known are left alone. */
static void add_shard(void *arg, const struct rn_listed_shard *listed)
{
    struct adding *adding = arg;
    struct tail *tail = adding->tail;

    for (size_t i = 0; i < tail->count; i++) {
        if (strcmp(tail->shards[i].id, listed->id) == 0) {
            return;
        }
    }
    if (!adding->children &&
        (!wanted(tail, listed->id) || (tail->since.kind == RN_SINCE_LATEST && listed->closed))) {
        return;
    }
    struct shard *longer = realloc(tail->shards, (tail->count + 1) * sizeof(*longer));

    if (!longer) {
        adding->failed = true;
        return;
    }
    tail->shards = longer;
    longer[tail->count] = (struct shard){.child = adding->children};
    memcpy(longer[tail->count++].id, listed->id, sizeof(listed->id));
}

static enum runnel_err find_shards(struct tail *tail, bool children)
{
    struct adding adding = {tail, children, false};
    enum runnel_err err = rn_list_shards(tail->client, tail->stream, add_shard, &adding);

    return err ? err : adding.failed ? RUNNEL_NOMEM : RUNNEL_OK;
}

/* A new iterator: behind what was shown, else from where --from says. */
static enum runnel_err place(struct tail *tail, struct shard *shard)
{
    const char *iterator, *type = "LATEST", *number = NULL;
    int64_t at_ms = tail->since.at_ms;
    enum runnel_err err;

    if (shard->after) {
        type = "AFTER_SEQUENCE_NUMBER";
        number = shard->after;
    } else if (shard->child || tail->since.kind == RN_SINCE_OLDEST) {
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

/* ---- showing ------------------------------------------------------------------------------ */

/* RN_GO_ON, or the end: a closed pipe is a clean one. */
static int write_out(struct tail *tail)
{
    size_t at = 0;

    if (tail->out.failed) {
        return out_of_memory();
    }
    while (at < tail->out.len) {
        ssize_t n = write(STDOUT_FILENO, tail->out.data + at, tail->out.len - at);

        if (n < 0 && errno == EPIPE) {
            return RN_EXIT_OK;
        }
        if (n < 0 && errno != EINTR) {
            return rn_complain("tail", RN_EXIT_CANNOT_CREATE, "cannot write: %s", strerror(errno));
        }
        at += n > 0 ? (size_t)n : 0;
    }
    rn_buf_clear(&tail->out);
    return RN_GO_ON;
}

static int show_page(struct tail *tail, struct shard *shard)
{
    size_t count = runnel_page_count(tail->page);
    struct rn_print_record record = {.shard_id = shard->id};

    for (size_t i = 0; i < count && (!tail->limit || tail->shown < tail->limit); i++) {
        const void *data;
        size_t len;

        runnel_page_record(tail->page, i, &data, &len, &record.partition_key,
                           &record.sequence_number, &record.arrival_ms);
        record.data = rn_str_make(data, len);
        rn_print_record(tail->form, &record, &tail->out);
        tail->shown++;
    }
    if (count && !keep(&shard->after, record.sequence_number)) {
        return out_of_memory();
    }
    return write_out(tail);
}

/* ---- the loop ----------------------------------------------------------------------------- */

static bool is_error(const struct tail *tail, const char *type)
{
    return strcmp(runnel_client_error_type(tail->client), type) == 0;
}

/* A failed call: go on where time can heal it, else the exit code. */
static int bear(struct tail *tail, struct shard *shard, enum runnel_err err)
{
    if (err == RUNNEL_SERVICE && is_error(tail, "ExpiredIteratorException")) {
        (void)keep(&shard->iterator, NULL); /* cannot fail without a text */
        return RN_GO_ON;
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

static int ask(struct tail *tail, struct shard *shard)
{
    enum runnel_err err = shard->iterator ? RUNNEL_OK : place(tail, shard);

    err = err ? err : runnel_get_records(tail->client, shard->iterator, PAGE_RECORDS, tail->page);
    if (err) {
        return bear(tail, shard, err);
    }
    tail->told_away = false;
    shard->answered_ms = rn_clock_wall_ms(rn_clock_real());
    shard->at_tip = runnel_page_millis_behind(tail->page) == 0;
    shard->due_us = now_us() + (shard->at_tip || !runnel_page_count(tail->page) ? REST_US : 0);
    int code = show_page(tail, shard);

    if (code != RN_GO_ON) {
        return code;
    }
    if (!runnel_page_next_iterator(tail->page)) {
        shard->ended = shard->at_tip = true;
        err = tail->only_shard ? RUNNEL_OK
                               : find_shards(tail, true); /* may move the shards in memory */
        return err ? bear(tail, &tail->shards[0], err) : RN_GO_ON;
    }
    return keep(&shard->iterator, runnel_page_next_iterator(tail->page)) ? RN_GO_ON
                                                                         : out_of_memory();
}

static bool done(const struct tail *tail)
{
    bool ended = true, at_tip = true;

    if (rn_interrupted() || (tail->limit && tail->shown >= tail->limit)) {
        return true;
    }
    for (size_t i = 0; i < tail->count; i++) {
        ended = ended && tail->shards[i].ended;
        at_tip = at_tip && tail->shards[i].at_tip;
    }
    return ended || (tail->no_follow && at_tip);
}

/* The shard that has waited longest, when it is due; else how long until one is. */
static struct shard *next_shard(struct tail *tail, int64_t *ret_wait_us)
{
    struct shard *next = NULL;

    for (size_t i = 0; i < tail->count; i++) {
        struct shard *shard = &tail->shards[i];

        if (!shard->ended && !(tail->no_follow && shard->at_tip) &&
            (!next || shard->due_us < next->due_us)) {
            next = shard;
        }
    }
    *ret_wait_us = next ? next->due_us - now_us() : 0;
    return next && *ret_wait_us <= 0 ? next : NULL;
}

static int loop(struct tail *tail)
{
    int code = RN_GO_ON;

    while (code == RN_GO_ON && !done(tail)) {
        int64_t wait_us;
        struct shard *shard = next_shard(tail, &wait_us);

        if (shard) {
            code = ask(tail, shard);
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
    int code;

    if (rn_since_parse(rn_str_c(tail->from), rn_clock_wall_ms(rn_clock_real()), &tail->since)) {
        return rn_complain("tail", RN_EXIT_USAGE,
                           "--from must be latest, oldest, a time (2026-01-15T10:15:30Z, "
                           "1768472130, -15m) or a sequence number, not '%s'",
                           tail->from);
    }
    if (tail->raw && tail->json) {
        return rn_complain("tail", RN_EXIT_USAGE, "--raw and --json exclude each other");
    }
    tail->form = tail->raw               ? RN_PRINT_RAW
                 : tail->json            ? RN_PRINT_JSON
                 : isatty(STDOUT_FILENO) ? RN_PRINT_ESCAPED
                                         : RN_PRINT_LINES;
    code = rn_connect_client("tail", connect, &tail->client);
    if (code != RN_GO_ON) {
        return code;
    }
    rn_interrupt_watch(tail->client, true);
    tail->page = runnel_page_new();
    rn_buf_init(&tail->out, OUT_BYTES_MAX);
    err = tail->page ? find_shards(tail, false) : RUNNEL_NOMEM;
    if (err) {
        return rn_connect_failed("tail", tail->client, err);
    }
    if (!tail->count) {
        return rn_complain("tail", RN_EXIT_UNAVAILABLE, "%s has no shard %s", tail->stream,
                           tail->only_shard ? tail->only_shard : "to read");
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
    runnel_page_free(tail->page);
    rn_buf_done(&tail->out);
    runnel_client_free(tail->client);
}

int rn_command_tail(int argc, char **argv)
{
    struct rn_connect connect = {0};
    struct tail tail = {.from = "latest"};
    const struct rn_option options[] = {
        {.name = "from",
         .value = "WHERE",
         .help = "latest, oldest, a time (RFC 3339, epoch seconds, -15m) or a sequence number",
         .text = &tail.from},
        {.name = "shard", .value = "ID", .help = "only this shard", .text = &tail.only_shard},
        {.name = "no-follow",
         .help = "end when everything there is was shown",
         .on = &tail.no_follow},
        {.name = "limit",
         .value = "N",
         .help = "end after N records",
         .number = &tail.limit,
         .number_min = 1,
         .number_max = INT64_MAX},
        {.name = "raw", .help = "the data as it is, no newline behind", .on = &tail.raw},
        {.name = "json",
         .help = "a JSON object a line, with key, sequence number and base64 data",
         .on = &tail.json},
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
