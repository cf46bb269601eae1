/* http2_reply.c - how a stream is answered: at once and whole, or fed over time.
 *
 *     parts ─▶ tell_length, when nghttp2 asks ─▶ a frame in the batch ─▶ the parts' next bytes
 *
 * A stream that is fed rests when it has nothing: nghttp2 asks no more until it is resumed. Its piece is
 * let go of when the batch that its last byte is in has left. */
#include "net/http1_reply.h"
#include "net/http2_inside.h"

/* ---- heads and bodies ---- */

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is nghttp2's */
static ssize_t tell_length(nghttp2_session *session, int32_t id, uint8_t *buf, size_t len,
                           uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    const struct rn_http2_stream *stream = source->ptr;

    (void)session;
    (void)id;
    (void)buf;
    (void)arg;
    if (stream->state == RN_HTTP2_FED && stream->left == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream->left > len) {
        return (ssize_t)len;
    }
    if (stream->state != RN_HTTP2_FED) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)stream->left;
}

struct fields {
    nghttp2_nv rows[RN_HTTP_EXTRA_HEADERS_MAX + 3];
    size_t count;
};

/* Long values differ from reply to reply; a table of compression is no place for them. */
static void add_field(struct fields *fields, rn_str name, rn_str value)
{
    enum { INDEXED_BYTES_MAX = 32 };
    uint8_t flags = value.len > INDEXED_BYTES_MAX ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;

    /* nghttp2 copies them, names in lower case; it does not write to these. */
    fields->rows[fields->count++] =
        (nghttp2_nv){(uint8_t *)(uintptr_t)name.data, (uint8_t *)(uintptr_t)value.data, name.len,
                     value.len, flags};
}

void rn_http2_continue(struct rn_http2_stream *stream)
{
    struct rn_http2 *http2 = stream->http2;
    struct fields fields = {.count = 0};

    add_field(&fields, RN_STR(":status"), RN_STR("100"));
    rn_http2_check(http2, nghttp2_submit_headers(http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                                 NULL, fields.rows, fields.count, NULL));
}

static rn_str number_text(size_t number, char *end)
{
    char *at = end;

    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return rn_str_make(at, (size_t)(end - at));
}

/* A feeder bounds by itself what is under way for it: it holds up no requests. */
void rn_http2_count_left(struct rn_http2_stream *stream, size_t left)
{
    if (!stream->exchange->feed.events) {
        stream->http2->reply_bytes += left - stream->left;
    }
    stream->left = left;
}

/* What the body of the reply is made of from here on. */
static void give_parts(struct rn_http2_stream *stream, const rn_str *parts, size_t count,
                       size_t len)
{
    struct rn_net_exchange *exchange = stream->exchange;

    exchange->parts = parts;
    exchange->part_count = count;
    exchange->next = exchange->next_at = 0;
    rn_http2_count_left(stream, len);
}

static void forget_body(struct rn_http2_stream *stream)
{
    stream->http2->body_bytes -= stream->held;
    stream->held = 0;
}

/* `is_fed`: the length is not known. */
static void submit_head(struct rn_http2_stream *stream, const struct rn_http_reply *reply,
                        bool is_fed)
{
    struct rn_http2 *http2 = stream->http2;
    nghttp2_data_provider source = {.source.ptr = stream, .read_callback = tell_length};
    char status[20], length[20];
    struct fields fields = {.count = 0};

    add_field(&fields, RN_STR(":status"),
              number_text((size_t)reply->status, status + sizeof(status)));
    for (size_t i = 0; i < reply->header_count; i++) {
        add_field(&fields, reply->headers[i].name, reply->headers[i].value);
    }
    add_field(&fields, RN_STR("date"), rn_server_date(http2->conn->server));
    if (!is_fed) {
        add_field(&fields, RN_STR("content-length"),
                  number_text(rn_http_reply_body_len(reply), length + sizeof(length)));
    }
    rn_http2_check(http2,
                   nghttp2_submit_response(http2->session, stream->id, fields.rows, fields.count,
                                           is_fed || stream->left > 0 ? &source : NULL));
}

void rn_http2_reply(struct rn_http2_stream *stream, const struct rn_http_reply *reply)
{
    struct rn_net_exchange *exchange = stream->exchange;
    bool is_head = rn_str_eq(exchange->public.method, RN_STR("HEAD"));

    rn_exchange_spend_body(exchange, reply);
    if (!exchange->own_body) {
        forget_body(stream);
    }
    give_parts(stream, reply->body, reply->body_count, is_head ? 0 : rn_http_reply_body_len(reply));
    stream->since_us = rn_http2_now_us(stream->http2);
    rn_http2_move(stream, RN_HTTP2_REPLYING);
    submit_head(stream, reply, false);
}

/* rn_exchange_reply */
static void reply_to(struct rn_net_exchange *exchange, const struct rn_http_reply *reply)
{
    struct rn_http2_stream *stream = exchange->stream;
    struct rn_http2 *http2 = stream->http2;

    if (stream->is_closed) { /* nobody reads it any more */
        if (http2->session) {
            rn_http2_wake(http2); /* it may have been the last that the connection waited for */
        }
        rn_http2_release(stream);
        return;
    }
    rn_http2_reply(stream, reply);
    if (reply->close) {
        rn_http2_leave(http2);
    }
    rn_http2_wake(http2);
}

void rn_http2_stream_take(struct rn_http2_stream *stream, size_t len)
{
    struct rn_net_exchange *exchange = stream->exchange;

    rn_http2_count_left(stream, stream->left - len);
    while (len > 0) {
        rn_str part = exchange->parts[exchange->next];
        size_t piece = part.len - exchange->next_at;

        piece = piece < len ? piece : len;
        len -= piece;
        if (piece > 0) {
            rn_http2_batch_add_piece(&stream->http2->batch,
                                     rn_str_make(part.data + exchange->next_at, piece), len == 0);
        }
        exchange->next_at += piece;
        if (exchange->next_at == part.len) {
            exchange->next++;
            exchange->next_at = 0;
        }
    }
    if (stream->left == 0 && exchange->feed.events && !stream->is_emptied) {
        stream->is_emptied = true;
        rn_list_push(&stream->http2->emptied, &stream->emptied_link);
    }
}

/* ---- replies made over time ---- */

static rn_err feed_start(struct rn_net_exchange *exchange, const struct rn_http_reply *reply)
{
    struct rn_http2_stream *stream = exchange->stream;

    rn_http2_move(stream, RN_HTTP2_FED);
    forget_body(stream);
    if (stream->is_closed) {
        rn_feed_tell(exchange, RN_FEED_GONE);
        return RN_CLOSED;
    }
    exchange->feed.parts[0] = reply->body_count > 0 ? reply->body[0] : RN_STR("");
    give_parts(stream, exchange->feed.parts, 1, exchange->feed.parts[0].len);
    submit_head(stream, reply, true);
    rn_exchange_forget_request(exchange);
    if (stream->http2->conn->input_ended) {
        rn_http2_reset(stream, NGHTTP2_CANCEL);
    }
    rn_http2_wake(stream->http2);
    return stream->left > 0 ? RN_WAIT : RN_OK;
}

/* The data provider rests when nothing was left; else there is nothing to resume. */
static void resume(struct rn_http2_stream *stream)
{
    int code = nghttp2_session_resume_data(stream->http2->session, stream->id);

    if (code != NGHTTP2_ERR_INVALID_ARGUMENT) {
        rn_http2_check(stream->http2, code);
    }
    rn_http2_wake(stream->http2);
}

static rn_err feed_give(struct rn_net_exchange *exchange)
{
    struct rn_http2_stream *stream = exchange->stream;

    if (stream->is_closed) {
        return RN_CLOSED;
    }
    give_parts(stream, exchange->feed.parts, 1, exchange->feed.parts[0].len);
    resume(stream);
    return RN_WAIT;
}

static void feed_end(struct rn_net_exchange *exchange)
{
    struct rn_http2_stream *stream = exchange->stream;
    struct rn_http2 *http2 = stream->http2;

    if (!http2->session) {
        rn_http2_release(stream);
    } else if (stream->is_closed) { /* its last piece may be in the batch */
        rn_http2_move(stream, RN_HTTP2_GONE);
        rn_http2_wake(http2);
    } else {
        stream->since_us = rn_http2_now_us(http2);
        rn_http2_move(stream, RN_HTTP2_REPLYING);
        if (exchange->feed.is_cut) {
            rn_http2_reset(stream, NGHTTP2_ENHANCE_YOUR_CALM);
            rn_http2_wake(http2);
        } else {
            resume(stream);
        }
    }
}

const struct rn_exchange_ways rn_http2_ways = {reply_to, feed_start, feed_give, feed_end};

void rn_http2_feeds_left(struct rn_http2 *http2)
{
    struct rn_link *link;

    while ((link = rn_list_pop(&http2->emptied))) {
        struct rn_http2_stream *stream = RN_OWNER(link, struct rn_http2_stream, emptied_link);

        stream->is_emptied = false;
        rn_feed_left(stream->exchange);
    }
}

void rn_http2_cut_feeds(struct rn_http2 *http2)
{
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_FED]) {
        struct rn_http2_stream *stream = RN_OWNER(link, struct rn_http2_stream, link);

        if (!stream->is_closed) {
            rn_http2_reset(stream, NGHTTP2_CANCEL);
        }
    }
}

void rn_http2_drain_feeds(struct rn_http2 *http2)
{
    RN_LIST_EACH (link, &http2->streams[RN_HTTP2_FED]) {
        rn_feed_tell(RN_OWNER(link, struct rn_http2_stream, link)->exchange, RN_FEED_DRAIN);
    }
}

void rn_http2_stream_sent(struct rn_http2_stream *stream, bool last)
{
    if (stream->state == RN_HTTP2_REPLYING) {
        stream->since_us = rn_http2_now_us(stream->http2);
    }
    if (last && !stream->is_whole) {
        rn_http2_reset(stream, NGHTTP2_NO_ERROR);
    }
}
