/* transport.c - one libcurl easy handle per client, used again for every call, so its connection is kept. */
#include "client/transport.h"

#include <stdlib.h>

#include "client/curl.h"

struct rn_transport {
    CURL *curl;
    CURLU *url;
    char *host; /* curl_free */
    char *endpoint;
    struct rn_buf reply;
    char error[CURL_ERROR_SIZE];
};

void rn_transport_free(struct rn_transport *transport)
{
    if (transport) {
        curl_easy_cleanup(transport->curl);
        curl_url_cleanup(transport->url);
        free(transport->host);
        free(transport->endpoint);
        rn_buf_done(&transport->reply);
        free(transport);
    }
}

static size_t receive(char *bytes, size_t one, size_t len, void *arg)
{
    struct rn_transport *transport = arg;

    rn_buf_add(&transport->reply, bytes, one * len);
    return transport->reply.failed ? 0 : one * len;
}

/* "host:port" as libcurl will send it: without the scheme's own port. */
static rn_err parse_url(struct rn_transport *transport, struct rn_reason *reason)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
    rn_err err = RN_INVALID;

    if (!curl_url_set(transport->url, CURLUPART_URL, transport->endpoint, 0) &&
        !curl_url_get(transport->url, CURLUPART_SCHEME, &scheme, 0) &&
        !curl_url_get(transport->url, CURLUPART_HOST, &host, 0) &&
        !curl_url_get(transport->url, CURLUPART_PATH, &path, 0) && strcmp(path, "/") == 0 &&
        (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)) {
        bool own_port = curl_url_get(transport->url, CURLUPART_PORT, &port, 0) == CURLUE_OK &&
                        strcmp(port, strcmp(scheme, "http") == 0 ? "80" : "443") != 0;

        err = asprintf(&transport->host, own_port ? "%s:%s" : "%s", host, port) < 0 ? RN_NOMEM
                                                                                    : RN_OK;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    return err == RN_INVALID
               ? rn_reason_set(reason, err, "'%s' is not an endpoint of the form http://host:port",
                               transport->endpoint)
               : err;
}

static bool set_up(struct rn_transport *transport, const struct rn_transport_options *options)
{
    CURL *curl = transport->curl;

    return rn_curl_set_up(curl, options, transport->error) &&
           !curl_easy_setopt(curl, CURLOPT_CURLU, transport->url) &&
           !curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
           !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) &&
           !curl_easy_setopt(curl, CURLOPT_WRITEDATA, transport);
}

rn_err rn_transport_new(const struct rn_transport_options *options,
                        struct rn_transport **ret_transport, struct rn_reason *reterr_reason)
{
    struct rn_transport *transport = calloc(1, sizeof(*transport));
    rn_err err = RN_NOMEM;

    if (!transport) {
        return RN_NOMEM;
    }
    rn_buf_init(&transport->reply, options->reply_bytes_max);
    transport->curl = curl_easy_init(); /* initialises libcurl too, once */
    transport->url = curl_url();
    transport->endpoint = strdup(options->endpoint);
    if (!transport->curl || !transport->url || !transport->endpoint) {
        goto fail;
    }
    err = parse_url(transport, reterr_reason);
    if (err) {
        goto fail;
    }
    if (!set_up(transport, options)) {
        err = rn_reason_set(reterr_reason, RN_UNSUPPORTED,
                            "this libcurl lacks what a client of %s needs", options->endpoint);
        goto fail;
    }
    *ret_transport = transport;
    return RN_OK;

fail:
    rn_transport_free(transport);
    return err;
}

const char *rn_transport_host(const struct rn_transport *transport)
{
    return transport->host;
}

static rn_err verdict(struct rn_transport *transport, CURLcode code, struct rn_reason *reason)
{
    const char *text = transport->error[0] ? transport->error : curl_easy_strerror(code);

    if (code == CURLE_ABORTED_BY_CALLBACK) {
        return rn_reason_set(reason, RN_CLOSED, "interrupted");
    }
    if (transport->reply.failed) {
        return rn_reason_set(reason, RN_TOO_LARGE, "the answer of %s is over %zu bytes",
                             transport->endpoint, transport->reply.limit);
    }
    return rn_reason_set(reason, code == CURLE_OPERATION_TIMEDOUT ? RN_TIMEOUT : RN_IO,
                         "cannot reach %s: %s", transport->endpoint, text);
}

/* What a transfer that ended with `code` has brought. */
static rn_err answer(struct rn_transport *transport, CURLcode code, int *ret_status,
                     rn_str *ret_reply, struct rn_reason *reason)
{
    long status = 0;

    if (code != CURLE_OK ||
        curl_easy_getinfo(transport->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) {
        return verdict(transport, code, reason);
    }
    *ret_status = (int)status;
    *ret_reply = rn_buf_str(&transport->reply);
    return RN_OK;
}

rn_err rn_transport_post(struct rn_transport *transport, const char *const *headers,
                         size_t header_count, rn_str body, int *ret_status, rn_str *ret_reply,
                         struct rn_reason *reterr_reason)
{
    struct curl_slist *list = rn_curl_headers(headers, header_count);
    CURLcode code = CURLE_OUT_OF_MEMORY;

    if (!list) {
        return RN_NOMEM;
    }
    rn_buf_clear(&transport->reply);
    transport->error[0] = 0;
    if (!curl_easy_setopt(transport->curl, CURLOPT_HTTPHEADER, list) &&
        !curl_easy_setopt(transport->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) &&
        !curl_easy_setopt(transport->curl, CURLOPT_POSTFIELDS, body.data)) {
        code = curl_easy_perform(transport->curl);
    }
    curl_slist_free_all(list);
    return answer(transport, code, ret_status, ret_reply, reterr_reason);
}

rn_err rn_transport_get(struct rn_transport *transport, const char *path, int *ret_status,
                        rn_str *ret_reply, struct rn_reason *reterr_reason)
{
    CURLcode code = CURLE_OUT_OF_MEMORY;

    rn_buf_clear(&transport->reply);
    transport->error[0] = 0;
    if (!curl_url_set(transport->url, CURLUPART_PATH, path, 0) &&
        !curl_easy_setopt(transport->curl, CURLOPT_HTTPGET, 1L)) {
        code = curl_easy_perform(transport->curl);
    }
    if (curl_easy_setopt(transport->curl, CURLOPT_POST, 1L) ||
        curl_url_set(transport->url, CURLUPART_PATH, "/", 0)) {
        return RN_NOMEM;
    }
    return answer(transport, code, ret_status, ret_reply, reterr_reason);
}
