/* h2_client.h - a client's end of an HTTP/2 connection: a peer of peer.h, spoken for by nghttp2.
 *
 * It collects what comes for each stream it opened. PUMP_UNTIL(client, condition) carries bytes both ways
 * and turns the loop until the condition holds. raw() says bytes past the session, to break rules. */
#ifndef TESTS_NET_H2_CLIENT_H
#define TESTS_NET_H2_CLIENT_H

#include <nghttp2/nghttp2.h>

#include "tests/unit/net/rig.h"

enum { CALLS_MAX = 1024, CLIENT_HEADERS_MAX = 24 };

struct call {
    int32_t id;
    int status; /* 0: none yet */
    bool has_continue, is_closed;
    uint32_t error; /* when closed */
    char *body;
    size_t body_len, body_cap;
    char echo[256]; /* the header x-echo */
    char date[64], length[32];
    size_t header_count;
    bool has_upper, has_connection;
    /* what it sends */
    size_t to_send, sent;
    bool stays_open; /* no end after to_send */
};

struct client {
    struct peer *peer;
    nghttp2_session *session;
    struct call calls[CALLS_MAX];
    size_t count;
    bool got_goaway, is_over; /* over: the session wants no more */
    uint32_t goaway_error;
    int32_t goaway_last;
    size_t pongs, settings, window_updates;
    bool is_still; /* does not open windows by itself */
    uint32_t streams_max, window_initial, head_list_max;
};

static inline struct call *call_of(struct client *client, int32_t id)
{
    for (size_t i = 0; i < client->count; i++) {
        if (client->calls[i].id == id) {
            return &client->calls[i];
        }
    }
    return NULL;
}

static char client_byte_at(size_t i)
{
    return (char)('a' + i % 23 + (i / 997) % 3);
}

static int client_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                         size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                         void *arg)
{
    struct call *call = call_of(arg, frame->hd.stream_id);
    rn_str key = rn_str_make(name, name_len);

    (void)session;
    (void)flags;
    assert_non_null(call);
    call->header_count++;
    for (size_t i = 0; i < name_len; i++) {
        call->has_upper = call->has_upper || (name[i] >= 'A' && name[i] <= 'Z');
    }
    call->has_connection = call->has_connection || rn_str_eq(key, RN_STR("connection"));
    if (rn_str_eq(key, RN_STR(":status"))) {
        int status = (int)strtol((const char *)value, NULL, 10);

        call->has_continue = call->has_continue || status == 100;
        call->status = status == 100 ? 0 : status;
    } else if (rn_str_eq(key, RN_STR("x-echo"))) {
        assert_true(value_len < sizeof(call->echo));
        memcpy(call->echo, value, value_len);
    } else if (rn_str_eq(key, RN_STR("date"))) {
        memcpy(call->date, value, value_len);
    } else if (rn_str_eq(key, RN_STR("content-length"))) {
        memcpy(call->length, value, value_len);
    }
    return 0;
}

static int client_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                       size_t len, void *arg)
{
    struct call *call = call_of(arg, id);

    (void)session;
    (void)flags;
    assert_non_null(call);
    if (call->body_cap - call->body_len < len) {
        call->body_cap = 2 * call->body_cap + len;
        call->body = realloc(call->body, call->body_cap);
        assert_non_null(call->body);
    }
    memcpy(call->body + call->body_len, data, len);
    call->body_len += len;
    return 0;
}

static int client_closed(nghttp2_session *session, int32_t id, uint32_t error, void *arg)
{
    struct call *call = call_of(arg, id);

    (void)session;
    assert_non_null(call);
    call->is_closed = true;
    call->error = error;
    return 0;
}

static void client_note_settings(struct client *client, const nghttp2_settings *settings)
{
    client->settings++;
    for (size_t i = 0; i < settings->niv; i++) {
        if (settings->iv[i].settings_id == NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) {
            client->streams_max = settings->iv[i].value;
        } else if (settings->iv[i].settings_id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) {
            client->window_initial = settings->iv[i].value;
        } else if (settings->iv[i].settings_id == NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE) {
            client->head_list_max = settings->iv[i].value;
        }
    }
}

static int client_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct client *client = arg;

    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        client->got_goaway = true;
        client->goaway_error = frame->goaway.error_code;
        client->goaway_last = frame->goaway.last_stream_id;
    } else if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK)) {
        client->pongs++;
    } else if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
        client_note_settings(client, &frame->settings);
    } else if (frame->hd.type == NGHTTP2_WINDOW_UPDATE) {
        client->window_updates++;
    }
    return 0;
}

static ssize_t client_read(nghttp2_session *session, int32_t id, uint8_t *buf, size_t len,
                           uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct call *call = source->ptr;
    size_t here = call->to_send - call->sent;

    (void)session;
    (void)id;
    (void)arg;
    here = here < len ? here : len;
    for (size_t i = 0; i < here; i++) {
        buf[i] = (uint8_t)client_byte_at(call->sent + i);
    }
    call->sent += here;
    if (call->sent == call->to_send && !call->stays_open) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (here == 0) {
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)here;
}

/* Bytes both ways, as far as they go now. */
static inline void pump(struct client *client)
{
    struct peer *peer = client->peer;
    const uint8_t *bytes;
    ssize_t len;

    if (peer->got_len > peer->read_at) {
        size_t came = peer->got_len - peer->read_at;

        len = nghttp2_session_mem_recv(client->session, (const uint8_t *)peer->got + peer->read_at,
                                       came);
        assert_int_equal(len, came);
        peer->got_len = peer->read_at = 0;
    }
    while (!peer->saying && !peer->is_broken &&
           (len = nghttp2_session_mem_send(client->session, &bytes)) > 0) {
        say(peer, rn_str_make(bytes, (size_t)len));
    }
    client->is_over =
        !nghttp2_session_want_read(client->session) && !nghttp2_session_want_write(client->session);
}

#define PUMP_UNTIL(client, condition) UNTIL((pump(client), (condition)))

static struct client *clients[PEERS_MAX];
static size_t client_count;

/* `is_still`: windows are opened only by hand. `window`: of each stream, 0: the usual. */
static inline struct client *client_start(bool is_still, uint32_t window)
{
    struct client *client = calloc(1, sizeof(*client));
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *options;
    nghttp2_settings_entry setting = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};

    assert_non_null(client);
    client->peer = connect_peer();
    client->is_still = is_still;
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_option_new(&options), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, client_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, client_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, client_closed);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, client_frame);
    nghttp2_option_set_no_auto_window_update(options, is_still);
    nghttp2_option_set_peer_max_concurrent_streams(options, CALLS_MAX);
    assert_int_equal(nghttp2_session_client_new2(&client->session, callbacks, client, options), 0);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(options);
    assert_int_equal(
        nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, &setting, window ? 1 : 0), 0);
    assert_true(client_count < PEERS_MAX);
    clients[client_count++] = client;
    return client;
}

static inline struct client *client_new(void)
{
    return client_start(false, 0);
}

/* `more`: name, value, ... NULL. `len`: of a body; SIZE_MAX: none. */
static inline struct call *client_ask(struct client *client, const char *method, const char *path,
                                      const char *const *more, size_t len)
{
    nghttp2_nv fields[CLIENT_HEADERS_MAX];
    const char *words[2 * CLIENT_HEADERS_MAX] = {":method",    method,       ":scheme", "http",
                                                 ":authority", "some.where", ":path",   path};
    struct call *call = &client->calls[client->count++];
    nghttp2_data_provider source = {.source.ptr = call, .read_callback = client_read};
    size_t count = 8;

    assert_true(client->count <= CALLS_MAX);
    for (; more && *more; more++) {
        assert_true(count < 2 * CLIENT_HEADERS_MAX);
        words[count++] = *more;
    }
    for (size_t i = 0; i < count / 2; i++) {
        fields[i] =
            (nghttp2_nv){(uint8_t *)(uintptr_t)words[2 * i], (uint8_t *)(uintptr_t)words[2 * i + 1],
                         strlen(words[2 * i]), strlen(words[2 * i + 1]), NGHTTP2_NV_FLAG_NONE};
    }
    call->to_send = len == SIZE_MAX ? 0 : len;
    call->id = nghttp2_submit_request(client->session, NULL, fields, count / 2,
                                      len == SIZE_MAX ? NULL : &source, NULL);
    assert_true(call->id > 0);
    return call;
}

static inline struct call *client_get(struct client *client, const char *path)
{
    return client_ask(client, "GET", path, NULL, SIZE_MAX);
}

static inline struct call *client_post(struct client *client, size_t len)
{
    return client_ask(client, "POST", "/", NULL, len);
}

/* A body that is not ended by itself: client_more sends of it. */
static inline struct call *client_post_open(struct client *client, size_t len,
                                            const char *const *more)
{
    struct call *call = client_ask(client, "POST", "/", more, len);

    call->stays_open = true;
    return call;
}

static inline void client_more(struct client *client, struct call *call, size_t len, bool ends)
{
    call->to_send += len;
    call->stays_open = !ends;
    assert_int_equal(nghttp2_session_resume_data(client->session, call->id), 0);
}

static inline void expect_call(struct client *client, struct call *call, const char *text)
{
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, NGHTTP2_NO_ERROR);
    assert_int_equal(call->status, 200);
    assert_int_equal(call->body_len, strlen(text));
    assert_memory_equal(call->body, text, strlen(text));
}

static inline void expect_status(struct client *client, struct call *call, int status)
{
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->status, status);
    assert_int_equal(call->body_len, 0);
    assert_string_equal(call->length, "0");
}

static inline void expect_reset(struct client *client, struct call *call, uint32_t error)
{
    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->error, error);
    assert_int_equal(call->status, 0);
}

static inline void expect_goaway(struct client *client, uint32_t error)
{
    PUMP_UNTIL(client, client->got_goaway && client->peer->has_ended);
    assert_int_equal(client->goaway_error, error);
}

/* The body that client_byte_at makes, behind "POST /:". */
/* Behind its GOAWAY and its last stream the client closes, not the server. */
static inline void expect_left_to_client(struct client *client)
{
    pump(client);
    assert_false(client->peer->has_ended);
    rn_socket_shutdown(client->peer->socket);
    PUMP_UNTIL(client, client->peer->has_ended);
    assert_false(client->peer->is_broken);
}

static inline void expect_pattern_of(struct client *client, struct call *call, size_t len)
{
    const char *start = "POST /:";
    size_t start_len = strlen(start);

    PUMP_UNTIL(client, call->is_closed);
    assert_int_equal(call->status, 200);
    assert_int_equal(call->body_len, start_len + len);
    assert_memory_equal(call->body, start, start_len);
    for (size_t i = 0; i < len; i++) {
        if (call->body[start_len + i] != client_byte_at(i)) {
            fail_msg("byte %zu of %zu differs", i, len);
        }
    }
}

/* Past the session: frame header and payload. */
static inline void raw_frame(struct client *client, uint8_t type, uint8_t flags, int32_t id,
                             const void *payload, size_t len)
{
    uint8_t header[9] = {
        (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,       type,       flags,
        (uint8_t)(id >> 24),  (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id};

    say(client->peer, rn_str_make(header, sizeof(header)));
    say(client->peer, rn_str_make(payload, len));
}

static inline struct rn_conn *conn_of_newest(void)
{
    return RN_OWNER(rig.server->conns.prev, struct rn_conn, link);
}

static inline int h2_teardown(void **state)
{
    for (size_t i = 0; i < client_count; i++) {
        struct client *client = clients[i];

        nghttp2_session_del(client->session);
        for (size_t j = 0; j < client->count; j++) {
            free(client->calls[j].body);
        }
        free(client);
    }
    client_count = 0;
    return rig_teardown(state);
}

#endif
