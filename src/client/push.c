/* push.c - a multi handle of libcurl, an easy handle for each call.
 *
 * HTTP/2 is what TLS negotiates. Without TLS calls keep to HTTP/1.1: libcurl 7.88 breaks a connection that it knows to be
 * HTTP/2 in advance, when a second transfer joins it. */
#include "client/push.h"

#include <stdlib.h>

#include "base/list.h"
#include "client/curl.h"

enum { STREAMS_MAX = 1000, WAIT_STEP_MS = 250 };

struct rn_push {
    CURLM *multi;
    struct rn_transport_options options;
    char *endpoint, *ca_bundle;
    struct rn_link calls;
};

struct rn_push_call {
    struct rn_link link;
    struct rn_push *push;
    CURL *curl;
    struct curl_slist *headers;
    const struct rn_push_listener *listener;
    void *arg;
    bool unwanted; /* the listener said so */
    char error[CURL_ERROR_SIZE];
};

static void call_free(struct rn_push_call *call)
{
    if (call->curl) {
        (void)curl_multi_remove_handle(call->push->multi, call->curl); /* one not added: no harm */
        curl_easy_cleanup(call->curl);
    }
    curl_slist_free_all(call->headers);
    free(call);
}

void rn_push_stop(struct rn_push *push, struct rn_push_call *call)
{
    (void)push;
    rn_list_remove(&call->link);
    call_free(call);
}

void rn_push_free(struct rn_push *push)
{
    if (!push) {
        return;
    }
    while (!rn_list_empty(&push->calls)) {
        rn_push_stop(push, RN_OWNER(push->calls.next, struct rn_push_call, link));
    }
    if (push->multi) {
        (void)curl_multi_cleanup(push->multi);
    }
    free(push->endpoint);
    free(push->ca_bundle);
    free(push);
}

rn_err rn_push_new(const struct rn_transport_options *options, struct rn_push **ret_push)
{
    struct rn_push *push = calloc(1, sizeof(*push));

    if (!push) {
        return RN_NOMEM;
    }
    rn_list_init(&push->calls);
    push->options = *options;
    push->multi = curl_multi_init();
    push->options.endpoint = push->endpoint = strdup(options->endpoint);
    push->options.ca_bundle = push->ca_bundle =
        options->ca_bundle ? strdup(options->ca_bundle) : NULL;
    if (!push->multi || !push->endpoint || (options->ca_bundle && !push->ca_bundle) ||
        curl_multi_setopt(push->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_MAX)) {
        rn_push_free(push);
        return RN_NOMEM;
    }
    *ret_push = push;
    return RN_OK;
}

/* ---- one call ----------------------------------------------------------------------------- */

static int status_of(const struct rn_push_call *call)
{
    long status = 0;

    return curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? (int)status
                                                                                      : 0;
}

static size_t receive(char *bytes, size_t one, size_t len, void *arg)
{
    struct rn_push_call *call = arg;

    call->unwanted =
        !call->listener->bytes(call->arg, status_of(call), rn_str_make(bytes, one * len));
    return call->unwanted ? 0 : one * len;
}

/* Then a call waits for the connection of another to be there, and to be one that can be shared. */
static bool is_tls(const struct rn_push *push)
{
    return strncmp(push->endpoint, "https:", 6) == 0;
}

/* Instead of a timeout of the whole: less than a byte a second for so long. */
static bool set_up(struct rn_push_call *call, rn_str body)
{
    struct rn_transport_options options = call->push->options;
    long silence_s = (options.timeout_ms + 999) / 1000;
    CURL *curl = call->curl;

    options.timeout_ms = 0;
    return rn_curl_set_up(curl, &options, call->error) &&
           !curl_easy_setopt(curl, CURLOPT_URL, options.endpoint) &&
           !curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
           !curl_easy_setopt(curl, CURLOPT_PIPEWAIT, (long)is_tls(call->push)) &&
           !curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
           !curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, silence_s) &&
           !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) &&
           !curl_easy_setopt(curl, CURLOPT_WRITEDATA, call) &&
           !curl_easy_setopt(curl, CURLOPT_PRIVATE, call) &&
           !curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers) &&
           !curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) &&
           !curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.data);
}

rn_err rn_push_start(struct rn_push *push, const char *const *headers, size_t header_count,
                     rn_str body, const struct rn_push_listener *listener, void *arg,
                     struct rn_push_call **ret_call)
{
    struct rn_push_call *call = calloc(1, sizeof(*call));

    if (!call) {
        return RN_NOMEM;
    }
    call->push = push;
    call->listener = listener;
    call->arg = arg;
    call->curl = curl_easy_init();
    call->headers = rn_curl_headers(headers, header_count);
    if (!call->curl || !call->headers || !set_up(call, body) ||
        curl_multi_add_handle(push->multi, call->curl)) {
        call_free(call);
        return RN_NOMEM;
    }
    rn_list_push(&push->calls, &call->link);
    *ret_call = call;
    return RN_OK;
}

/* ---- all of them -------------------------------------------------------------------------- */

static void end_call(struct rn_push_call *call, CURLcode code)
{
    struct rn_push *push = call->push;
    const struct rn_push_listener *listener = call->listener;
    void *arg = call->arg;
    int status = status_of(call);
    struct rn_reason reason = {""};
    rn_err err = RN_OK;

    if (code != CURLE_OK && !call->unwanted) {
        err = rn_reason_set(&reason, code == CURLE_OPERATION_TIMEDOUT ? RN_TIMEOUT : RN_IO,
                            "cannot reach %s: %s", push->endpoint,
                            call->error[0] ? call->error : curl_easy_strerror(code));
    }
    rn_push_stop(push, call);
    listener->ended(arg, err, status, reason.text);
}

rn_err rn_push_turn(struct rn_push *push, int64_t wait_ms)
{
    int running, left;
    CURLMsg *message;

    if (curl_multi_perform(push->multi, &running)) {
        return RN_IO;
    }
    while ((message = curl_multi_info_read(push->multi, &left))) {
        struct rn_push_call *call = NULL;

        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call) == CURLE_OK) {
            end_call(call, message->data.result);
            wait_ms = 0;
        }
    }
    wait_ms = wait_ms < 0 ? 0 : wait_ms > WAIT_STEP_MS ? WAIT_STEP_MS : wait_ms;
    return wait_ms && curl_multi_poll(push->multi, NULL, 0, (int)wait_ms, NULL) ? RN_IO : RN_OK;
}
