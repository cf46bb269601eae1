/* curl.h - what every transfer of ours has, whatever it carries. */
#ifndef RN_CLIENT_CURL_H
#define RN_CLIENT_CURL_H

#include <curl/curl.h>

#include "client/transport.h"

/* Set for one POST after another to the endpoint: how long to wait, whom to trust, when to go through a proxy. The
 * errors of libcurl go into `error`, which has CURL_ERROR_SIZE. False: this libcurl lacks something. */
bool rn_curl_set_up(CURL *curl, const struct rn_transport_options *options, char *error);
/* These lines, and nothing that libcurl would add of its own accord; to be freed. NULL when memory ends. */
struct curl_slist *rn_curl_headers(const char *const *lines, size_t count);

#endif
