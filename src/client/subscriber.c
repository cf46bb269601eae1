/* subscriber.c - a SubscribeToShard call for each shard that may be read now, made again as long as the shard goes on.
 *
 *   idle ──due──▶ open ──events──▶ open ──reply over──▶ judged ──▶ idle (again), or the shard has ended
 *
 * Listeners of the transport only note what has come; calls begin and are judged between two turns of it. A page
 * moves the shard's position when it was handed over, so what was not is pushed again. */
#include <stdlib.h>

#include "client/push.h"
#include "client/succession.h"
#include "codec/eventstream.h"
#include "shape/kinesis_subscribe.h"

enum {
    ERROR_BYTES_MAX = 64 * 1024,
    SILENCE_MS = 20000, /* the service sends something every five seconds */
    TAKEN_MS = 1000,    /* until the next try where another reader may just be leaving */
    TYPE_BYTES = 32,
};

/* What was noted of a call. */
enum over { OVER_NOT, OVER_WELL, OVER_UNANSWERED, OVER_REFUSED, OVER_BAD_BYTES };

struct subscription {
    struct runnel_subscriber *subscriber;
    size_t place; /* in the lineage */
    char id[RN_SHARD_ID_TEXT_BYTES];
    char *after;              /* owned: the last page's continuation; NULL: none yet */
    struct runnel_page *last; /* owned: the shard's last page, until its children are followed */
    struct rn_push_call *call;
    struct rn_buf bytes; /* of a message that is not whole, or of a refusal */
    enum over over;
    rn_err failed; /* OVER_UNANSWERED */
    struct rn_reason reason;
    int status;           /* OVER_REFUSED */
    char *type, *message; /* owned: of an exception among the events */
    int64_t due_us,
        healthy_us; /* when to begin again; when a page last came, or it was first tried */
    unsigned tries;
};

struct runnel_subscriber {
    struct runnel_client *client;
    char *stream, *consumer_arn;
    struct rn_push *push;
    struct rn_follow follow;
    struct subscription **subscriptions; /* as many as shards are known; owned */
    size_t count;
    struct runnel_page *page;
    uint32_t only_index; /* or RN_SHARD_NONE */
    bool with_children, only_open, begun;
    char type[TYPE_BYTES];
    char *sequence_number; /* owned */
    int64_t at_ms;
    runnel_on_page on_page;
    void *arg;
    bool enough; /* on_page said so */
};

static int64_t now_us(const struct runnel_subscriber *subscriber)
{
    return rn_clock_mono_us(subscriber->client->clock);
}

static enum runnel_err out_of_memory(struct runnel_subscriber *subscriber)
{
    return rn_client_fail(subscriber->client, RUNNEL_NOMEM, "", "out of memory");
}

/* Replace an owned text; false when memory ends. */
static bool keep(char **where, rn_str text)
{
    char *copy = text.data ? strndup(text.data, text.len) : NULL;

    if (text.data && !copy) {
        return false;
    }
    free(*where);
    *where = copy;
    return true;
}

/* ---- life --------------------------------------------------------------------------------- */

static void subscription_free(struct subscription *subscription)
{
    free(subscription->after);
    free(subscription->type);
    free(subscription->message);
    runnel_page_free(subscription->last);
    rn_buf_done(&subscription->bytes);
    free(subscription);
}

void runnel_subscriber_free(struct runnel_subscriber *subscriber)
{
    if (!subscriber) {
        return;
    }
    rn_push_free(subscriber->push); /* first: its calls point to the subscriptions */
    for (size_t i = 0; i < subscriber->count; i++) {
        subscription_free(subscriber->subscriptions[i]);
    }
    free(subscriber->subscriptions);
    rn_follow_done(&subscriber->follow);
    runnel_page_free(subscriber->page);
    free(subscriber->sequence_number);
    free(subscriber->stream);
    free(subscriber->consumer_arn);
    free(subscriber);
}

enum runnel_err runnel_subscriber_new(struct runnel_client *client, const char *stream,
                                      const char *consumer_arn,
                                      struct runnel_subscriber **ret_subscriber)
{
    struct runnel_subscriber *subscriber = calloc(1, sizeof(*subscriber));
    struct rn_transport_options options = {
        .endpoint = client->config->values[RN_CONFIG_ENDPOINT],
        .ca_bundle = client->config->values[RN_CONFIG_CA_BUNDLE],
        .connect_timeout_ms = rn_config_number(client->config, RN_CONFIG_CONNECT_TIMEOUT_MS),
        .timeout_ms = SILENCE_MS,
        .interrupted = &client->interrupted,
    };

    if (!subscriber) {
        return RUNNEL_NOMEM;
    }
    subscriber->client = client;
    subscriber->stream = strdup(stream);
    subscriber->consumer_arn = strdup(consumer_arn);
    subscriber->page = runnel_page_new();
    if (!subscriber->stream || !subscriber->consumer_arn || !subscriber->page ||
        rn_push_new(&options, &subscriber->push)) {
        runnel_subscriber_free(subscriber);
        return RUNNEL_NOMEM;
    }
    *ret_subscriber = subscriber;
    return RUNNEL_OK;
}

/* A subscription for every shard that has become known. */
static enum runnel_err keep_up(struct runnel_subscriber *subscriber)
{
    struct subscription **longer, *fresh;

    if (subscriber->count == subscriber->follow.count) {
        return RUNNEL_OK;
    }
    longer = realloc(subscriber->subscriptions,
                     subscriber->follow.count * sizeof(struct subscription *));
    if (!longer) {
        return out_of_memory(subscriber);
    }
    subscriber->subscriptions = longer;
    while (subscriber->count < subscriber->follow.count) {
        fresh = calloc(1, sizeof(*fresh));
        if (!fresh) {
            return out_of_memory(subscriber);
        }
        fresh->subscriber = subscriber;
        fresh->place = subscriber->count;
        (void)rn_shard_id_format(subscriber->follow.shards[fresh->place].index, fresh->id);
        rn_buf_init(&fresh->bytes, RN_EVENT_BYTES_MAX);
        subscriber->subscriptions[subscriber->count++] = fresh;
    }
    return RUNNEL_OK;
}

/* ---- what to read ------------------------------------------------------------------------- */

static bool wanted(void *arg, const struct rn_lineage_shard *shard)
{
    const struct runnel_subscriber *subscriber = arg;

    if (subscriber->only_index != RN_SHARD_NONE) {
        return shard->index == subscriber->only_index;
    }
    return !subscriber->only_open || !shard->closed;
}

static bool is_type(const char *type)
{
    static const char *const types[] = {"LATEST", "TRIM_HORIZON", "AT_TIMESTAMP",
                                        "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

enum runnel_err runnel_subscriber_begin(struct runnel_subscriber *subscriber, const char *shard_id,
                                        const char *type, const char *sequence_number,
                                        int64_t at_ms, bool with_children)
{
    size_t found;
    enum runnel_err err;

    subscriber->only_index = RN_SHARD_NONE;
    if (subscriber->begun || !is_type(type) ||
        (shard_id && rn_shard_id_parse(rn_str_c(shard_id), &subscriber->only_index))) {
        return rn_client_fail(subscriber->client, RUNNEL_USAGE, "",
                              "told twice, or no position '%s' or shard '%s'", type,
                              shard_id ? shard_id : "");
    }
    memcpy(subscriber->type, type, strlen(type) + 1);
    subscriber->only_open = strcmp(type, "LATEST") == 0;
    subscriber->at_ms = at_ms;
    subscriber->with_children = with_children;
    if (!keep(&subscriber->sequence_number, rn_str_c(sequence_number))) {
        return out_of_memory(subscriber);
    }
    err = rn_succession_begin(&subscriber->follow, subscriber->client, subscriber->stream, wanted,
                              subscriber, &found);
    if (err) {
        rn_follow_done(&subscriber->follow);
        return err;
    }
    if (!found) {
        return rn_client_fail(subscriber->client, RUNNEL_USAGE, "", "%s has no shard %s",
                              subscriber->stream, shard_id ? shard_id : "to read");
    }
    subscriber->begun = true;
    return keep_up(subscriber);
}

/* ---- listening ---------------------------------------------------------------------------- */

/* An exception, or an error without a type of its own: kept, and the call is over. */
static bool note_exception(struct subscription *subscription, const struct rn_event *event)
{
    rn_str type = rn_event_string(event, RN_STR(":exception-type")), message = event->payload;

    if (!type.data) {
        type = rn_event_string(event, RN_STR(":error-code"));
        message = rn_event_string(event, RN_STR(":error-message"));
    }
    subscription->over = OVER_BAD_BYTES;
    if (type.data && keep(&subscription->type, type) && keep(&subscription->message, message)) {
        subscription->over = OVER_REFUSED;
        subscription->status = 0;
    }
    return false;
}

static bool take_page(struct subscription *subscription, rn_str payload)
{
    struct runnel_subscriber *subscriber = subscription->subscriber;
    struct runnel_page *page = subscriber->page;
    const char *continuation;

    if (!page || subscription->last || rn_page_from_event(page, payload)) {
        subscription->over = OVER_BAD_BYTES;
        return false;
    }
    continuation = runnel_page_continuation(page);
    subscription->tries = 0;
    subscription->healthy_us = now_us(subscriber);
    subscriber->enough = !subscriber->on_page(subscriber->arg, subscription->id, page);
    if (!continuation) {
        subscription->last = page; /* its children are looked at between two turns */
        subscriber->page = runnel_page_new();
    } else if (!keep(&subscription->after, rn_str_c(continuation))) {
        subscription->over = OVER_BAD_BYTES;
        return false;
    }
    return true;
}

static bool take_event(struct subscription *subscription, const struct rn_event *event)
{
    rn_str kind = rn_event_string(event, RN_STR(":message-type"));

    if (rn_str_eq(kind, RN_STR("exception")) || rn_str_eq(kind, RN_STR("error"))) {
        return note_exception(subscription, event);
    }
    if (rn_str_eq(rn_event_string(event, RN_STR(":event-type")), RN_STR("SubscribeToShardEvent"))) {
        return take_page(subscription, event->payload);
    }
    return true; /* initial-response, and what is not known yet */
}

/* The whole messages that are there, unless the reader has enough: then they wait for the next run. */
static bool digest(struct subscription *subscription)
{
    struct rn_buf *buf = &subscription->bytes;
    size_t read = 0;
    bool good = true;

    while (good && !subscription->subscriber->enough) {
        struct rn_event event;
        size_t used;
        rn_err err = rn_event_read(rn_str_make(buf->data + read, buf->len - read), &event, &used);

        if (err == RN_WAIT) {
            break;
        }
        if (err) {
            subscription->over = OVER_BAD_BYTES;
            return false;
        }
        read += used;
        good = take_event(subscription, &event);
    }
    if (read) {
        memmove(buf->data, buf->data + read, buf->len - read);
        buf->len -= read;
    }
    return good;
}

static bool on_bytes(void *arg, int status, rn_str bytes)
{
    struct subscription *subscription = arg;
    struct rn_buf *buf = &subscription->bytes;

    rn_buf_add_str(buf, bytes);
    if (buf->failed) {
        subscription->over = OVER_BAD_BYTES;
        return false;
    }
    return status == 200 ? digest(subscription) : buf->len <= ERROR_BYTES_MAX;
}

static void on_ended(void *arg, rn_err err, int status, const char *reason)
{
    struct subscription *subscription = arg;

    subscription->call = NULL;
    if (subscription->over != OVER_NOT) {
        return; /* known from within */
    }
    subscription->status = status;
    subscription->over = status && status != 200 ? OVER_REFUSED : err ? OVER_UNANSWERED : OVER_WELL;
    subscription->failed = err;
    if (err) {
        (void)rn_reason_set(&subscription->reason, err, "%s", reason);
    }
}

static const struct rn_push_listener listener = {on_bytes, on_ended};

/* ---- beginning ---------------------------------------------------------------------------- */

static struct rn_kinesis_starting_position position_of(const struct subscription *subscription)
{
    const struct runnel_subscriber *subscriber = subscription->subscriber;

    if (subscription->after) {
        return (struct rn_kinesis_starting_position){.type = RN_STR("AFTER_SEQUENCE_NUMBER"),
                                                     .sequence_number =
                                                         rn_str_c(subscription->after)};
    }
    if (subscriber->follow.shards[subscription->place].is_child) {
        return (struct rn_kinesis_starting_position){.type = RN_STR("TRIM_HORIZON")};
    }
    return (struct rn_kinesis_starting_position){
        .type = rn_str_c(subscriber->type),
        .sequence_number = rn_str_c(subscriber->sequence_number),
        .timestamp = {subscriber->at_ms, strcmp(subscriber->type, "AT_TIMESTAMP") == 0},
    };
}

static enum runnel_err start(struct subscription *subscription)
{
    struct runnel_subscriber *subscriber = subscription->subscriber;
    struct runnel_client *client = subscriber->client;
    struct rn_kinesis_starting_position position = position_of(subscription);
    struct rn_kinesis_subscribe_to_shard_request request = {
        .consumer_arn = rn_str_c(subscriber->consumer_arn),
        .shard_id = rn_str_c(subscription->id),
        .starting_position = &position,
    };
    struct rn_client_head head;
    enum runnel_err err;

    rn_buf_clear(&client->body);
    rn_json_encode(&rn_kinesis_subscribe_to_shard_request_shape, &request, &client->body);
    rn_arena_reset(client->arena);
    client->error_type = client->error_message = "";
    if (client->body.failed) {
        return out_of_memory(subscriber);
    }
    err = rn_client_sign(client, "SubscribeToShard", rn_buf_str(&client->body), &head);
    if (err) {
        return err;
    }
    rn_buf_clear(&subscription->bytes);
    subscription->over = OVER_NOT;
    if (!subscription->tries) {
        subscription->healthy_us = now_us(subscriber);
    }
    subscription->tries++;
    return rn_push_start(subscriber->push, head.lines, head.line_count, rn_buf_str(&client->body),
                         &listener, subscription, &subscription->call)
               ? out_of_memory(subscriber)
               : RUNNEL_OK;
}

/* Every shard that may be read has a call, once it is due. *ret_due_us: when the next one is; *ret_left: is there any? */
static enum runnel_err start_due(struct runnel_subscriber *subscriber, int64_t *ret_due_us,
                                 bool *ret_left)
{
    int64_t now = now_us(subscriber);

    *ret_due_us = INT64_MAX;
    *ret_left = false;
    for (size_t i = 0; i < subscriber->count; i++) {
        struct subscription *subscription = subscriber->subscriptions[i];

        if (subscriber->follow.shards[i].state != RN_FOLLOW_READS) {
            continue;
        }
        *ret_left = true;
        if (!subscription->call && !subscription->last && subscription->due_us <= now) {
            enum runnel_err err = start(subscription);

            if (err) {
                return err;
            }
        }
        if (!subscription->call && subscription->due_us < *ret_due_us) {
            *ret_due_us = subscription->due_us;
        }
    }
    return RUNNEL_OK;
}

/* ---- judging ------------------------------------------------------------------------------ */

/* Again after a pause, unless nothing good has come for too long. */
static enum runnel_err try_again(struct subscription *subscription, enum runnel_err err,
                                 int64_t after_ms)
{
    struct runnel_subscriber *subscriber = subscription->subscriber;
    int64_t now = now_us(subscriber);
    int64_t patience_us =
        rn_config_number(subscriber->client->config, RN_CONFIG_RETRY_MS) * (int64_t)1000;

    if (now + after_ms * 1000 > subscription->healthy_us + patience_us) {
        subscription->tries = 0; /* a new run begins with new patience */
        subscription->due_us = 0;
        return err;
    }
    subscription->due_us = now + after_ms * 1000;
    return RUNNEL_OK;
}

/* Longer with every call in turn that brought no page. */
static int64_t pause_ms(const struct subscription *subscription)
{
    return rn_client_pause_ms(subscription->subscriber->client->random,
                              subscription->tries ? subscription->tries : 1);
}

static bool is_error(const struct runnel_subscriber *subscriber, const char *type)
{
    return strcmp(subscriber->client->error_type, type) == 0;
}

/* The service knows no such shard, consumer or stream: that of the first alone is no failure. */
static enum runnel_err lost(struct subscription *subscription)
{
    struct runnel_subscriber *subscriber = subscription->subscriber;
    char *said = strdup(subscriber->client->error_message);
    enum runnel_err err =
        rn_succession_lost(&subscriber->follow, subscriber->client, subscriber->stream,
                           subscription->place, subscriber->with_children);

    if (err == RUNNEL_SERVICE && said) {
        err = rn_client_fail(subscriber->client, err, "ResourceNotFoundException", "%s", said);
    }
    free(said);
    return err ? err : keep_up(subscriber);
}

/* An exception's payload is a document, an error's message is plain. */
static enum runnel_err refused(struct subscription *subscription, bool *ret_again)
{
    struct runnel_client *client = subscription->subscriber->client;

    rn_arena_reset(client->arena);
    if (subscription->status) {
        return rn_client_refused(client, subscription->status, rn_buf_str(&subscription->bytes),
                                 ret_again);
    }
    return rn_client_excepted(client, rn_str_c(subscription->type), rn_str_c(subscription->message),
                              ret_again);
}

/* Another call as this consumer has the shard. If it is an old one of ours, it is over in seconds. */
static enum runnel_err judge_refused(struct subscription *subscription)
{
    struct runnel_subscriber *subscriber = subscription->subscriber;
    bool again;
    enum runnel_err err = refused(subscription, &again);

    if (is_error(subscriber, "ResourceNotFoundException")) {
        return lost(subscription);
    }
    if (is_error(subscriber, "ResourceInUseException") && subscription->status) {
        return try_again(subscription, err, TAKEN_MS);
    }
    return again ? try_again(subscription, err, pause_ms(subscription)) : err;
}

static enum runnel_err judge_unanswered(struct subscription *subscription)
{
    struct runnel_client *client = subscription->subscriber->client;
    bool again;
    enum runnel_err err;

    rn_arena_reset(client->arena);
    err = rn_client_unanswered(client, subscription->failed, subscription->reason.text, &again);
    return again ? try_again(subscription, err, pause_ms(subscription)) : err;
}

/* After its five minutes it begins again at once; one that brought nothing at all would do so without end. */
static enum runnel_err judge_ended(struct subscription *subscription)
{
    struct runnel_client *client = subscription->subscriber->client;
    enum runnel_err err;

    if (!subscription->tries) {
        subscription->due_us = 0;
        return RUNNEL_OK;
    }
    rn_arena_reset(client->arena);
    err = rn_client_fail(client, RUNNEL_UNREACHABLE, "", "the subscription to %s ends at once",
                         subscription->id);
    return try_again(subscription, err, pause_ms(subscription));
}

/* The children of a shard that has ended. If they cannot be known now, it is asked for later. */
static enum runnel_err succeed(struct subscription *subscription)
{
    struct runnel_subscriber *subscriber = subscription->subscriber;
    enum runnel_err err = RUNNEL_OK;

    if (!subscriber->with_children) {
        rn_follow_end(&subscriber->follow, subscription->place);
    } else {
        err = rn_succession_end(&subscriber->follow, subscriber->client, subscriber->stream,
                                subscription->place, subscription->last);
    }
    if (err) {
        return err; /* the last page stays: the next run tries again */
    }
    runnel_page_free(subscription->last);
    subscription->last = NULL;
    return keep_up(subscriber);
}

static enum runnel_err judge(struct subscription *subscription)
{
    enum over over = subscription->over;

    if (subscription->call || subscription->subscriber->enough) {
        return RUNNEL_OK;
    }
    if (subscription->last) {
        return succeed(subscription);
    }
    subscription->over = OVER_NOT;
    switch (over) {
    case OVER_NOT:
        break;
    case OVER_WELL:
        return judge_ended(subscription);
    case OVER_UNANSWERED:
        return judge_unanswered(subscription);
    case OVER_REFUSED:
        return judge_refused(subscription);
    case OVER_BAD_BYTES:
        return rn_client_fail(subscription->subscriber->client, RUNNEL_PROTOCOL, "",
                              "what was pushed of %s does not parse", subscription->id);
    }
    return RUNNEL_OK;
}

/* ---- running ------------------------------------------------------------------------------ */

static enum runnel_err turn(struct runnel_subscriber *subscriber, bool *ret_left)
{
    int64_t due_us;
    enum runnel_err err = start_due(subscriber, &due_us, ret_left);
    size_t known = subscriber->count;

    if (err || !*ret_left) {
        return err;
    }
    if (rn_push_turn(subscriber->push,
                     due_us == INT64_MAX ? INT64_MAX : (due_us - now_us(subscriber)) / 1000 + 1)) {
        return rn_client_fail(subscriber->client, RUNNEL_UNREACHABLE, "",
                              "libcurl cannot go on with its transfers");
    }
    for (size_t i = 0; !err && i < known; i++) {
        err = subscriber->page ? judge(subscriber->subscriptions[i]) : out_of_memory(subscriber);
    }
    return err;
}

enum runnel_err runnel_subscriber_run(struct runnel_subscriber *subscriber, runnel_on_page on_page,
                                      void *arg)
{
    enum runnel_err err = RUNNEL_OK;
    bool left = true;

    subscriber->on_page = on_page;
    subscriber->arg = arg;
    subscriber->enough = false;
    for (size_t i = 0; i < subscriber->count && !subscriber->enough; i++) {
        struct subscription *subscription = subscriber->subscriptions[i];

        if (!digest(subscription) && subscription->call) {
            rn_push_stop(subscriber->push, subscription->call);
            subscription->call = NULL;
        }
    }
    while (!err && left && !subscriber->enough) {
        if (atomic_load(&subscriber->client->interrupted)) {
            return rn_client_fail(subscriber->client, RUNNEL_UNREACHABLE, "", "interrupted");
        }
        err = turn(subscriber, &left);
    }
    return err;
}
