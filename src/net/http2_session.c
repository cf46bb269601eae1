/* http2_session.c - nghttp2's side: how a session is set up, and what its callbacks come to here.
 *
 * nghttp2 parses frames, decompresses headers, keeps flow control and refuses what is malformed: with
 * RST_STREAM PROTOCOL_ERROR what concerns one stream, with GOAWAY what concerns all. What it leaves open
 * is decided here:
 *
 * MEMORY    All of a session comes through one allocator that counts; at RN_HTTP2_SESSION_BYTES_MAX it
 *           gives none, which ends the connection.
 * PATIENCE  Frames that bring nothing (PING, SETTINGS, PRIORITY, RST_STREAM, WINDOW_UPDATE, empty DATA,
 *           refused streams) are counted against an allowance that grows with time and with
 *           each request and each frame of a reply. Used up: GOAWAY, ENHANCE_YOUR_CALM. CONTINUATION
 *           frames are bounded by nghttp2 itself, 8 to a head.
 * FAIRNESS  Streams share a connection evenly, a frame of at most 16 KiB each in turn: what clients say of
 *           priorities is not followed (SETTINGS_NO_RFC7540_PRIORITIES). */
#include "net/http2_inside.h"

#include <malloc.h>
#include <stdlib.h>

enum { RESETS_UNCOUNTED = 1000 * 1000 }; /* by nghttp2: patience counts them with the rest */

/* ---- memory ---- */

static void *count(struct rn_http2 *http2, void *memory)
{
    if (memory) {
        http2->memory += malloc_usable_size(memory);
    }
    return memory;
}

static bool fits(const struct rn_http2 *http2, size_t bytes)
{
    return bytes <= RN_HTTP2_SESSION_BYTES_MAX &&
           http2->memory <= RN_HTTP2_SESSION_BYTES_MAX - bytes;
}

static void *session_malloc(size_t bytes, void *arg)
{
    return fits(arg, bytes) ? count(arg, malloc(bytes)) : NULL;
}

static void *session_calloc(size_t number, size_t bytes, void *arg)
{
    size_t all = number * bytes;

    if (bytes > 0 && number > RN_HTTP2_SESSION_BYTES_MAX / bytes) {
        return NULL;
    }
    return fits(arg, all) ? count(arg, calloc(1, all > 0 ? all : 1)) : NULL;
}

static void session_free(void *memory, void *arg)
{
    struct rn_http2 *http2 = arg;

    if (memory) {
        http2->memory -= malloc_usable_size(memory);
        free(memory);
    }
}

static void *session_realloc(void *memory, size_t bytes, void *arg)
{
    struct rn_http2 *http2 = arg;
    size_t had = memory ? malloc_usable_size(memory) : 0;
    void *moved;

    if (!fits(http2, bytes)) {
        return NULL;
    }
    moved = realloc(memory, bytes);
    if (moved) {
        http2->memory -= had;
        (void)count(http2, moved);
    }
    return moved;
}

/* ---- patience ---- */

static void add_patience(struct rn_http2 *http2, int64_t more)
{
    int64_t sum = http2->patience + more;

    http2->patience = sum < RN_HTTP2_PATIENCE_MAX ? (unsigned)sum : RN_HTTP2_PATIENCE_MAX;
}

static void grow_with_time(struct rn_http2 *http2)
{
    int64_t each_us = 1000000 / RN_HTTP2_PATIENCE_PER_S;
    int64_t more = (rn_http2_now_us(http2) - http2->patience_us) / each_us;

    http2->patience_us += more * each_us;
    add_patience(http2, more);
}

void rn_http2_patience_earn(struct rn_http2 *http2)
{
    add_patience(http2, RN_HTTP2_PATIENCE_EARNED);
}

static void lose_patience(struct rn_http2 *http2)
{
    grow_with_time(http2);
    if (http2->patience == 0) {
        rn_http2_terminate(http2, NGHTTP2_ENHANCE_YOUR_CALM);
    } else {
        http2->patience--;
    }
}

static bool brings_nothing(const nghttp2_frame_hd *header)
{
    switch (header->type) {
    case NGHTTP2_DATA:
        return header->length == 0 && !(header->flags & NGHTTP2_FLAG_END_STREAM);
    case NGHTTP2_HEADERS:      /* a request, or refused below */
    case NGHTTP2_CONTINUATION: /* bounded by nghttp2 */
        return false;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
        return !(header->flags & NGHTTP2_FLAG_ACK);
    default:
        return true;
    }
}

/* ---- what comes ---- */

static struct rn_http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *header, void *arg)
{
    (void)session;
    if (header->type == NGHTTP2_PRIORITY && header->stream_id == 0) {
        rn_http2_terminate(arg, NGHTTP2_PROTOCOL_ERROR); /* nghttp2 looks at priorities no more */
    } else if (brings_nothing(header)) {
        lose_patience(arg);
    }
    return 0;
}

static bool has_room_for_stream(const struct rn_http2 *http2)
{
    return http2->stream_count < RN_HTTP2_STREAMS_MAX &&
           http2->head_bytes < RN_HTTP2_HEADS_BYTES_MAX;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    static const nghttp2_extpri evenly = {.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
    struct rn_http2 *http2 = arg;
    struct rn_http2_stream *stream;
    int32_t id = frame->hd.stream_id;

    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0; /* trailers */
    }
    if (!has_room_for_stream(http2)) {
        rn_http2_check(http2, nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id,
                                                        NGHTTP2_REFUSED_STREAM));
        lose_patience(http2);
        return 0;
    }
    if (rn_http2_stream_open(http2, id, &stream) != RN_OK) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    rn_http2_check(http2, nghttp2_session_set_stream_user_data(session, id, stream));
    rn_http2_check(http2, nghttp2_session_change_extpri_stream_priority(session, id, &evenly, 1));
    return 0;
}

static rn_str text_of(const uint8_t *bytes, size_t len)
{
    return rn_str_make(len ? (const char *)bytes : "", len);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *arg)
{
    struct rn_http2_stream *stream = stream_of(session, frame->hd.stream_id);
    rn_err err;

    (void)flags;
    if (!stream) {
        return 0;
    }
    if (stream->state != RN_HTTP2_HEAD) {
        rn_http2_stream_trailer(stream, name_len + value_len + RN_HTTP2_FIELD_BYTES);
        return 0;
    }
    err = rn_http2_head_add(&stream->head, text_of(name, name_len), text_of(value, value_len));
    if (err == RN_TOO_LARGE) {
        rn_http2_terminate(arg, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    return err && err != RN_TOO_LARGE ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *arg)
{
    struct rn_http2_stream *stream = stream_of(session, id);
    struct rn_http2 *http2 = arg;

    (void)flags;
    rn_http2_check(http2, nghttp2_session_consume_connection(session, len));
    if (stream) {
        rn_http2_stream_data(stream, text_of(data, len));
    }
    return 0;
}

/* The frame is whole and, as far as nghttp2 looks, as it should be. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct rn_http2_stream *stream;
    struct rn_http2 *http2 = arg;

    if (frame->hd.type == NGHTTP2_SETTINGS) {
        http2->is_greeted = true;
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) {
        return 0;
    }
    stream = stream_of(session, frame->hd.stream_id);
    if (!stream) {
        return 0;
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        stream->is_whole = true;
    }
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        rn_http2_stream_head_ended(stream);
    } else if (stream->is_whole) {
        rn_http2_stream_whole(stream);
    }
    return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *arg)
{
    (void)session;
    (void)frame;
    (void)code;
    lose_patience(arg);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
    struct rn_http2_stream *stream = stream_of(session, id);

    (void)code;
    (void)arg;
    if (stream) {
        rn_http2_stream_closed(stream);
    }
    return 0;
}

/* ---- what leaves ---- */

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct rn_http2_stream *stream;
    struct rn_http2 *http2 = arg;

    if (frame->hd.type == NGHTTP2_GOAWAY) {
        http2->is_leaving = true; /* nghttp2 says it by itself, too */
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) {
        return 0;
    }
    stream = stream_of(session, frame->hd.stream_id);
    if (stream) {
        rn_http2_stream_sent(stream, (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
    }
    return 0;
}

/* A reply whose head nghttp2 finds too long, or whose stream is being reset already. */
static int on_frame_not_send(nghttp2_session *session, const nghttp2_frame *frame, int code,
                             void *arg)
{
    struct rn_http2_stream *stream;

    (void)code;
    (void)arg;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        stream = stream_of(session, frame->hd.stream_id);
        if (stream) {
            rn_http2_reset(stream, NGHTTP2_INTERNAL_ERROR);
        }
    }
    return 0;
}

/* A frame of a reply's body. */
static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *header,
                        size_t len, nghttp2_data_source *source, void *arg)
{
    struct rn_http2 *http2 = arg;
    struct rn_http2_batch *batch = &http2->batch;

    (void)session;
    (void)frame;
    if (!rn_http2_batch_has_room_for_body(batch)) {
        return NGHTTP2_ERR_WOULDBLOCK;
    }
    if (!rn_http2_batch_add(batch, &http2->conn->server->pool,
                            text_of(header, RN_HTTP2_FRAME_HEADER_BYTES))) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    rn_http2_stream_take(source->ptr, len);
    rn_http2_patience_earn(http2);
    /* nghttp2 would go on with any frame, also with one for which there is no room. */
    return rn_http2_batch_has_room(batch) ? 0 : NGHTTP2_ERR_PAUSE;
}

/* ---- life ---- */

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NULL;
    }
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
    return callbacks;
}

static nghttp2_option *make_options(void)
{
    nghttp2_option *options;

    if (nghttp2_option_new(&options) != 0) {
        return NULL;
    }
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_stream_reset_rate_limit(options, RESETS_UNCOUNTED, RESETS_UNCOUNTED);
    return options;
}

/* The first flight: it needs no word of the peer's. */
static int greet(nghttp2_session *session)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, RN_HTTP2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, RN_HTTP2_STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RN_HTTP_HEAD_BYTES_MAX},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    int code = nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
                                       sizeof(settings) / sizeof(settings[0]));

    return code ? code
                : nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                        RN_HTTP2_CONNECTION_WINDOW_BYTES);
}

rn_err rn_http2_session_new(struct rn_http2 *http2)
{
    nghttp2_mem memory = {http2, session_malloc, session_free, session_calloc, session_realloc};
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *options = make_options();
    nghttp2_session *session = NULL;

    http2->patience = RN_HTTP2_PATIENCE_MAX;
    http2->patience_us = rn_http2_now_us(http2);
    if (callbacks && options &&
        nghttp2_session_server_new3(&session, callbacks, http2, options, &memory) == 0 &&
        greet(session) != 0) {
        nghttp2_session_del(session);
        session = NULL;
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(options);
    http2->session = session;
    return session ? RN_OK : RN_NOMEM;
}
