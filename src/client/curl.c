/* curl.c - see curl.h. */
#include "client/curl.h"

#include "client/config.h"

static int progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                    curl_off_t up)
{
    const atomic_bool *interrupted = arg;

    (void)down_total, (void)down, (void)up_total, (void)up;
    return interrupted && atomic_load(interrupted);
}

bool rn_curl_set_up(CURL *curl, const struct rn_transport_options *options, char *error)
{
    bool good = !curl_easy_setopt(curl, CURLOPT_POST, 1L) &&
                !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
                !curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L) &&
                !curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms) &&
                !curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, options->timeout_ms) &&
                !curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress) &&
                !curl_easy_setopt(curl, CURLOPT_XFERINFODATA, options->interrupted) &&
                !curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) &&
                !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);

    if (good && options->ca_bundle) {
        good = !curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_bundle);
    }
    if (good && rn_endpoint_is_loopback(options->endpoint)) {
        good = !curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    }
    return good;
}

struct curl_slist *rn_curl_headers(const char *const *lines, size_t count)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* never wait for 100-continue */

    for (size_t i = 0; list && i < count; i++) {
        struct curl_slist *longer = curl_slist_append(list, lines[i]);

        if (!longer) {
            curl_slist_free_all(list);
        }
        list = longer;
    }
    return list;
}
