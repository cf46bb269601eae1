/* canonical.h - the canonical form of a request, which both sides of Signature Version 4 digest.
 *
 *     METHOD \n path \n query \n (name:value \n)* \n signed-header-list \n hex(SHA-256(body))
 *
 * The rules are those of all services but S3: the path is normalised and its wire form is encoded
 * once more, so a wire "%20" becomes "%2520". Private to src/auth. */
#ifndef RN_AUTH_CANONICAL_H
#define RN_AUTH_CANONICAL_H

#include "auth/sigv4.h"

enum {
    RN_SIG_HEADERS_MAX = 128, /* names in one SignedHeaders list */
    RN_SIG_PARAMS_MAX = 1024, /* in one query */
};

struct rn_sig_param {
    rn_str name, value; /* decoded */
};

struct rn_sig_query {
    struct rn_sig_param *params; /* as they arrived */
    size_t count;
};

/* Split at '&' and decoded into the arena: "%41" and '+' (a blank); a '%' without two hex digits
 * stays. RN_TOO_LARGE: over RN_SIG_PARAMS_MAX. RN_NOMEM. */
RN_MUST_USE rn_err rn_sig_query_parse(rn_str query, struct rn_arena *arena,
                                      struct rn_sig_query *ret_query);
/* The first parameter of that name (case counts), or RN_STR_NONE. */
rn_str rn_sig_query_find(const struct rn_sig_query *query, rn_str name);

/* All values of the header joined by ',', trimmed; RN_STR_NONE when it is absent. The name is given
 * in lower case. "host" and ":authority" stand for one another. RN_NOMEM. */
RN_MUST_USE rn_err rn_sig_header_find(const struct rn_sig_request *request, rn_str name,
                                      struct rn_arena *arena, rn_str *ret_value);

/* Cut the next name off a list separated by ';'. false: the list is used up; start with *cursor 0.
 */
bool rn_sig_names_next(rn_str list, size_t *cursor, rn_str *ret_name);

/* The whole canonical request, in the arena. `query` is request->query parsed; `signed_headers` is
 * the list as sent; the parameter `without` (may be absent) is left out of the query. RN_INVALID:
 * the list is over its limit or names a header twice; no honest signer does. RN_NOMEM. */
RN_MUST_USE rn_err rn_sig_canonical(const struct rn_sig_request *request,
                                    const struct rn_sig_query *query, rn_str without,
                                    rn_str signed_headers, struct rn_arena *arena,
                                    rn_str *ret_text);

/* Lower-case hex without NUL: 2 * len bytes. */
void rn_sig_hex(const uint8_t *bytes, size_t len, char *text);

#endif
