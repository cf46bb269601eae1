/* grammar.h - which bytes a part of a request may hold, in any protocol version. Within the room. */
#ifndef RN_NET_GRAMMAR_H
#define RN_NET_GRAMMAR_H

#include "base/str.h"

enum rn_http_class {
    RN_HTTP_TOKEN = 1,  /* a method, a header's name */
    RN_HTTP_VALUE = 2,  /* a header's value */
    RN_HTTP_TARGET = 4, /* a path with its query */
};

enum {
    RN_HTTP_METHOD_BYTES_MAX = 32,
    RN_HTTP_REQUEST_LINE_BYTES_MAX = 8 * 1024, /* without its CRLF; method and target elsewhere */
};

/* Every byte of `s`; an empty one too. */
bool rn_http_all(rn_str s, enum rn_http_class class);
/* A path and a query: "/a?b" is "/a" and "b"; without '?' the query is absent; "" is "/". */
void rn_http_split_target(rn_str target, rn_str *ret_path, rn_str *ret_query);

#endif
