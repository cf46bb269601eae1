/* sigv4.c - Signature Version 4, the server's side: the checks, in the service's order.
 *
 * ORDER      present at all -> structure -> date -> host signed -> algorithm -> shape of the
 *            credential -> its scope -> the key -> the signature. The first failure is the answer;
 *            only missing pieces and wrong parts of a scope are gathered. Clients see which, so the
 *            order is wire behaviour, not taste.
 * TIMING     An unknown key takes the road of a known one with a secret that fits nothing,
 *            signatures are compared as 32 raw bytes, and nothing but a signature that fits puts a
 *            key into the cache.
 * SECRETS    Copies of secrets and derived keys on the stack are wiped. Messages show neither
 *            secrets nor the Authorization header, only its digest.
 * REPLAY     Within the skew window a request may be repeated, as with the service; over TLS nobody
 *            can read one to repeat it. */
#include "auth/sigv4.h"

#include <assert.h>
#include <stdlib.h>

#include "auth/canonical.h"
#include "auth/sigcache.h"
#include "auth/sign.h"
#include "base/civil.h"
#include "codec/base64.h"

enum {
    CREDENTIAL_PARTS = 5,
    DIGEST_TEXT_BYTES = (RN_SHA256_BYTES + 2) / 3 * 4 + 1,
    MS_PER_DAY = 86400000,
};

/* ---- the table of failures: wire names, and words (printf formats) ---- */

#define MISSING_TOKEN RN_STR("MissingAuthenticationTokenException")
#define INCOMPLETE RN_STR("IncompleteSignatureException")
#define INVALID RN_STR("InvalidSignatureException")
#define UNRECOGNIZED RN_STR("UnrecognizedClientException")

#define TEXT_NONE "Missing Authentication Token"
#define TEXT_BOTH \
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
#define TEXT_HEADER_NEEDS(name) "Authorization header requires '" name "' parameter. "
#define TEXT_HEADER_NEEDS_DATE \
    "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
#define TEXT_HEADER_END "(Hashed with SHA-256 and encoded with Base64) Authorization=%s"
#define TEXT_QUERY_NEEDS(name) "AWS query-string parameters must include '" name "'. "
#define TEXT_QUERY_END "Re-examine the query-string parameters."
#define TEXT_NO_EQUALS                                                                          \
    "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 " \
    "and encoded with Base64): '%s'."
#define TEXT_NO_ALGORITHM \
    "Authorization header must begin with the algorithm name, which cannot include an equal-sign."
#define TEXT_DATE_FORM \
    "Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601"
#define TEXT_TOO_OLD "Signature expired: %s is now earlier than %s (%s - %lld min.)"
#define TEXT_TOO_NEW "Signature not yet current: %s is still later than %s (%s + %lld min.)"
#define TEXT_HOST_UNSIGNED \
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
#define TEXT_ALGORITHM "Unsupported AWS 'algorithm': '%s'."
#define TEXT_CREDENTIAL                                              \
    "Credential must have exactly 5 slash-delimited elements, e.g. " \
    "keyid/date/region/service/term, got '%s'"
#define TEXT_SCOPE_REGION "Credential should be scoped to a valid region. "
#define TEXT_SCOPE_SERVICE "Credential should be scoped to correct service: '%.*s'. "
#define TEXT_SCOPE_TERMINATOR \
    "Credential should be scoped with a valid terminator: 'aws4_request', not '%s'. "
#define TEXT_SCOPE_DATE                                                                          \
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " \
    "'%s' != '%.8s', from '%s'."
#define TEXT_KEY "The security token included in the request is invalid."
#define TEXT_SESSION "The security token included in the request is invalid" /* no full stop */
#define TEXT_SIGNATURE                                                                           \
    "The request signature we calculated does not match the signature you provided. Check your " \
    "AWS Secret Access Key and signing method. Consult the service documentation for details."

/* ---- what a request claims, as the checks go along ---- */

struct verification {
    const struct rn_sig_request *request;
    const struct rn_sig_rules *rules;
    struct rn_arena *arena;
    struct rn_sig_failure *failure;

    struct rn_sig_query query;
    bool in_query;        /* the query form; otherwise the header form */
    rn_str authorization; /* the header, in the header form */

    rn_str algorithm, credential, signed_headers, signature; /* absent or as sent */
    rn_str date, session_token;
    bool http_date; /* `date` is the Date header */

    int64_t signed_s;                    /* the request's date, epoch seconds */
    char signed_at[RN_CIVIL_TEXT_BYTES]; /* the same, 20260115T101530Z */
    rn_str scope;                        /* the credential without trailing slashes */
    rn_str parts[CREDENTIAL_PARTS];      /* of it */
};

enum { PART_KEY_ID, PART_DATE, PART_REGION, PART_SERVICE, PART_TERMINATOR };

static rn_err deny_with(struct verification *v, rn_str type, rn_str message)
{
    if (!message.data) {
        return RN_NOMEM;
    }
    v->failure->type = type;
    v->failure->message = message;
    return RN_DENIED;
}

#define deny(v, type, ...) deny_with(v, type, rn_arena_printf((v)->arena, __VA_ARGS__))

/* Text from the request, NUL-terminated, with '?' for all but printable ASCII. NULL: no memory. */
static const char *echo(const struct verification *v, rn_str s)
{
    char *copy = rn_arena_alloc(v->arena, s.len + 1);

    if (!copy) {
        return NULL;
    }
    for (size_t i = 0; i < s.len; i++) {
        copy[i] = s.data[i] >= ' ' && s.data[i] <= '~' ? s.data[i] : '?';
    }
    copy[s.len] = '\0';
    return copy;
}

/* What stands for the Authorization header in messages. */
static const char *authorization_digest(const struct verification *v, char *text)
{
    uint8_t digest[RN_SHA256_BYTES];

    rn_sha256(v->authorization, digest);
    rn_base64_encode(digest, sizeof(digest), text);
    text[DIGEST_TEXT_BYTES - 1] = '\0';
    return text;
}

/* ---- present at all ---- */

static rn_err find_form(struct verification *v)
{
    rn_err err =
        rn_sig_header_find(v->request, RN_STR("authorization"), v->arena, &v->authorization);

    if (!err) {
        err = rn_sig_query_parse(v->request->query, v->arena, &v->query);
    }
    if (err == RN_TOO_LARGE) {
        return deny(v, INVALID, TEXT_SIGNATURE); /* no signer makes such a query */
    }
    if (err) {
        return err;
    }
    v->in_query =
        rn_sig_query_find(&v->query, RN_STR("X-Amz-Algorithm")).data != NULL; /* empty counts too */
    if (v->in_query && v->authorization.len) {
        return deny(v, INVALID, TEXT_BOTH);
    }
    if (!v->in_query && !v->authorization.len) {
        return deny(v, MISSING_TOKEN, TEXT_NONE);
    }
    return RN_OK;
}

/* ---- structure ---- */

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

/* The next run of bytes between commas and blanks. */
static bool next_word(rn_str text, size_t *cursor, rn_str *ret_word)
{
    size_t start = *cursor, end;

    while (start < text.len && is_separator(text.data[start])) {
        start++;
    }
    for (end = start; end < text.len && !is_separator(text.data[end]); end++) {
    }
    *ret_word = rn_str_make(text.data + start, end - start);
    *cursor = end;
    return end > start;
}

/* Of a key given twice the last counts; unknown keys are passed over. */
static void take_parameter(struct verification *v, rn_str key, rn_str value)
{
    if (rn_str_eq(key, RN_STR("Credential"))) {
        v->credential = value;
    } else if (rn_str_eq(key, RN_STR("SignedHeaders"))) {
        v->signed_headers = value;
    } else if (rn_str_eq(key, RN_STR("Signature"))) {
        v->signature = value;
    }
}

static rn_err read_authorization(struct verification *v)
{
    char digest[DIGEST_TEXT_BYTES];
    size_t cursor = 0;

    next_word(v->authorization, &cursor, &v->algorithm);
    if (rn_str_find(v->algorithm, '=', 0) < v->algorithm.len) {
        return deny(v, INCOMPLETE, TEXT_NO_ALGORITHM);
    }
    for (rn_str word; next_word(v->authorization, &cursor, &word);) {
        size_t equals = rn_str_find(word, '=', 0);

        if (equals == word.len) {
            return deny(v, INCOMPLETE, TEXT_NO_EQUALS, authorization_digest(v, digest));
        }
        take_parameter(v, rn_str_make(word.data, equals),
                       rn_str_make(word.data + equals + 1, word.len - equals - 1));
    }
    return RN_OK;
}

static rn_err read_signing_headers(struct verification *v)
{
    rn_err err = rn_sig_header_find(v->request, RN_STR("x-amz-date"), v->arena, &v->date);

    if (!err && !v->date.len) {
        v->http_date = true;
        err = rn_sig_header_find(v->request, RN_STR("date"), v->arena, &v->date);
    }
    if (!err) {
        err = rn_sig_header_find(v->request, RN_STR("x-amz-security-token"), v->arena,
                                 &v->session_token);
    }
    return err;
}

static rn_err read_header_form(struct verification *v)
{
    char digest[DIGEST_TEXT_BYTES];
    rn_err err = read_authorization(v);

    if (!err) {
        err = read_signing_headers(v);
    }
    if (err) {
        return err;
    }
    if (v->credential.len && v->signature.len && v->signed_headers.len && v->date.len) {
        return RN_OK;
    }
    return deny(v, INCOMPLETE, "%s%s%s%s" TEXT_HEADER_END,
                v->credential.len ? "" : TEXT_HEADER_NEEDS("Credential"),
                v->signature.len ? "" : TEXT_HEADER_NEEDS("Signature"),
                v->signed_headers.len ? "" : TEXT_HEADER_NEEDS("SignedHeaders"),
                v->date.len ? "" : TEXT_HEADER_NEEDS_DATE, authorization_digest(v, digest));
}

static rn_err read_query_form(struct verification *v)
{
    v->algorithm = rn_sig_query_find(&v->query, RN_STR("X-Amz-Algorithm"));
    v->credential = rn_sig_query_find(&v->query, RN_STR("X-Amz-Credential"));
    v->signature = rn_sig_query_find(&v->query, RN_STR("X-Amz-Signature"));
    v->signed_headers = rn_sig_query_find(&v->query, RN_STR("X-Amz-SignedHeaders"));
    v->date = rn_sig_query_find(&v->query, RN_STR("X-Amz-Date"));
    v->session_token = rn_sig_query_find(&v->query, RN_STR("X-Amz-Security-Token"));
    /* X-Amz-Expires is for the services that enforce it; here the skew window is narrower. */
    if (v->algorithm.len && v->credential.len && v->signature.len && v->signed_headers.len &&
        v->date.len) {
        return RN_OK;
    }
    return deny(v, INCOMPLETE, "%s%s%s%s%s" TEXT_QUERY_END,
                v->algorithm.len ? "" : TEXT_QUERY_NEEDS("X-Amz-Algorithm"),
                v->credential.len ? "" : TEXT_QUERY_NEEDS("X-Amz-Credential"),
                v->signature.len ? "" : TEXT_QUERY_NEEDS("X-Amz-Signature"),
                v->signed_headers.len ? "" : TEXT_QUERY_NEEDS("X-Amz-SignedHeaders"),
                v->date.len ? "" : TEXT_QUERY_NEEDS("X-Amz-Date"));
}

/* ---- date, host, algorithm ---- */

/* The basic form; in a Date header also what HTTP and RFC 3339 write. */
static rn_err read_date(struct verification *v)
{
    int64_t ms;
    rn_err err = rn_civil_parse_basic(v->date, &ms);
    const char *text;

    if (err && v->http_date) {
        err = rn_civil_parse_http(v->date, &ms);
    }
    if (err && v->http_date) {
        err = rn_civil_parse_rfc3339(v->date, &ms);
    }
    if (err) {
        text = echo(v, v->date);
        return text ? deny(v, INCOMPLETE, TEXT_DATE_FORM, text) : RN_NOMEM;
    }
    v->signed_s = ms / 1000 - (ms % 1000 < 0);
    rn_civil_basic(v->signed_s * 1000, v->signed_at);
    return RN_OK;
}

/* In whole seconds, as the texts print them. */
static rn_err check_window(struct verification *v)
{
    int64_t now_s = v->rules->now_ms / 1000, skew_s = v->rules->skew_ms / 1000;
    long long minutes = (long long)(skew_s / 60);
    char now[RN_CIVIL_TEXT_BYTES], bound[RN_CIVIL_TEXT_BYTES];

    rn_civil_basic(now_s * 1000, now);
    if (v->signed_s < now_s - skew_s) {
        rn_civil_basic((now_s - skew_s) * 1000, bound);
        return deny(v, INVALID, TEXT_TOO_OLD, v->signed_at, bound, now, minutes);
    }
    if (v->signed_s > now_s + skew_s) {
        rn_civil_basic((now_s + skew_s) * 1000, bound);
        return deny(v, INVALID, TEXT_TOO_NEW, v->signed_at, bound, now, minutes);
    }
    return RN_OK;
}

static rn_err check_host_signed(struct verification *v)
{
    size_t cursor = 0;

    for (rn_str name; rn_sig_names_next(v->signed_headers, &cursor, &name);) {
        if (rn_str_ieq(name, RN_STR("host")) || rn_str_eq(name, RN_STR(":authority"))) {
            return RN_OK;
        }
    }
    return deny(v, INVALID, TEXT_HOST_UNSIGNED);
}

static rn_err check_algorithm(struct verification *v)
{
    const char *text;

    if (rn_str_eq(v->algorithm, RN_SIG_ALGORITHM)) {
        return RN_OK;
    }
    text = echo(v, v->algorithm);
    return text ? deny(v, INCOMPLETE, TEXT_ALGORITHM, text) : RN_NOMEM;
}

/* ---- credential ---- */

static rn_err split_credential(struct verification *v)
{
    rn_str rest = v->credential;
    size_t count = 0;
    const char *text;

    while (rest.len && rest.data[rest.len - 1] == '/') {
        rest.len--;
    }
    v->scope = rest;
    for (size_t at = 0; at <= rest.len; count++) {
        size_t end = rn_str_find(rest, '/', at);

        if (count < CREDENTIAL_PARTS) {
            v->parts[count] = rn_str_make(rest.data + at, end - at);
        }
        at = end + 1;
    }
    if (count == CREDENTIAL_PARTS) {
        return RN_OK;
    }
    text = echo(v, v->credential);
    return text ? deny(v, INCOMPLETE, TEXT_CREDENTIAL, text) : RN_NOMEM;
}

/* For the log: the client's text does not say which region or service would have been right. */
static bool hint_scope(struct verification *v, bool region, bool service)
{
    const char *region_sent = echo(v, v->parts[PART_REGION]);
    const char *service_sent = echo(v, v->parts[PART_SERVICE]);

    if (!region_sent || !service_sent || (region && service)) {
        return region_sent && service_sent;
    }
    v->failure->hint = rn_arena_printf(
        v->arena, "signed for region '%.64s' and service '%.64s'; this is '%.*s' and '%.*s'",
        region_sent, service_sent,
        v->rules->region.data ? (int)v->rules->region.len : (int)v->parts[PART_REGION].len,
        v->rules->region.data ? v->rules->region.data : region_sent, RN_STR_ARG(v->rules->service));
    return v->failure->hint.data != NULL;
}

/* All that is wrong in one message. */
static rn_err check_scope(struct verification *v)
{
    bool region = !v->rules->region.data || rn_str_eq(v->parts[PART_REGION], v->rules->region);
    bool service = rn_str_eq(v->parts[PART_SERVICE], v->rules->service);
    bool terminator = rn_str_eq(v->parts[PART_TERMINATOR], RN_SIG_TERMINATOR);
    bool date = rn_str_eq(v->parts[PART_DATE], rn_str_make(v->signed_at, RN_SIG_DATE_BYTES));
    rn_str service_text = RN_STR(""), terminator_text = RN_STR(""), date_text = RN_STR("");
    const char *terminator_sent, *date_sent;

    if (region && service && terminator && date) {
        return RN_OK;
    }
    terminator_sent = echo(v, v->parts[PART_TERMINATOR]);
    date_sent = echo(v, v->parts[PART_DATE]);
    if (!terminator_sent || !date_sent) {
        return RN_NOMEM;
    }
    if (!service) {
        service_text = rn_arena_printf(v->arena, TEXT_SCOPE_SERVICE, RN_STR_ARG(v->rules->service));
    }
    if (!terminator) {
        terminator_text = rn_arena_printf(v->arena, TEXT_SCOPE_TERMINATOR, terminator_sent);
    }
    if (!date) {
        date_text =
            rn_arena_printf(v->arena, TEXT_SCOPE_DATE, date_sent, v->signed_at, v->signed_at);
    }
    if (!service_text.data || !terminator_text.data || !date_text.data) {
        return RN_NOMEM;
    }
    if (!hint_scope(v, region, service)) {
        return RN_NOMEM;
    }
    return deny(v, INVALID, "%s%.*s%.*s%.*s", region ? "" : TEXT_SCOPE_REGION,
                RN_STR_ARG(service_text), RN_STR_ARG(terminator_text), RN_STR_ARG(date_text));
}

/* ---- keys and signatures ---- */

/* 64 lower-case digits to 32 bytes. */
static bool read_signature(rn_str text, uint8_t *ret_signature)
{
    if (text.len != RN_SIG_SIGNATURE_CHARS) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (value < 0) {
            return false;
        }
        ret_signature[i / 2] = (uint8_t)(i % 2 ? ret_signature[i / 2] | value : value << 4);
    }
    return true;
}

/* false: unknown or switched off; the credential then holds a secret that fits nothing. */
static bool find_credential(const struct verification *v, const struct rn_key_lookup *keys,
                            struct rn_credential *ret_credential)
{
    rn_str key_id = v->parts[PART_KEY_ID];
    rn_str token = v->session_token.len ? v->session_token : RN_STR_NONE;
    bool known = key_id.len > 0 && key_id.len <= RN_ACCESS_KEY_ID_BYTES_MAX &&
                 keys->find(keys->arg, key_id, token, ret_credential);

    if (known && ret_credential->active) {
        return true;
    }
    *ret_credential =
        (struct rn_credential){.secret = "nobody has this secret, it takes time only"};
    return false;
}

/* From the cache, else derived. *ret_cached says which. */
static void signing_key(const struct verification *v, const struct rn_credential *credential,
                        const struct rn_sig_cache_name *name, struct rn_sig_cache *cache,
                        bool *ret_cached, uint8_t *ret_key)
{
    *ret_cached =
        cache && credential->active && rn_sig_cache_find(cache, name, v->rules->now_ms, ret_key);
    if (!*ret_cached) {
        rn_sig_derive_key(rn_str_c(credential->secret), v->parts[PART_DATE], v->parts[PART_REGION],
                          v->parts[PART_SERVICE], ret_key);
    }
}

/* The scope's date is the day of signed_s (checked before); a day after its end no request can carry
 * it any more. */
static int64_t key_expires_ms(const struct verification *v)
{
    int64_t ms = v->signed_s * 1000;

    return ms - ms % MS_PER_DAY + 2 * (int64_t)MS_PER_DAY;
}

/* Does the signature fit? RN_NOMEM. */
static rn_err compare_signature(struct verification *v, const struct rn_credential *credential,
                                struct rn_sig_cache *cache, bool *ret_fits)
{
    rn_str without = v->in_query ? RN_STR("X-Amz-Signature") : RN_STR_NONE;
    size_t date_at = (size_t)(v->parts[PART_DATE].data - v->scope.data);
    rn_str scope = rn_str_make(v->scope.data + date_at, v->scope.len - date_at);
    struct rn_sig_cache_name name = {
        .scope = rn_str_make(v->scope.data, v->scope.len - RN_SIG_TERMINATOR.len - 1),
        .generation = credential->generation,
    };
    uint8_t key[RN_SIG_KEY_BYTES], expected[RN_SHA256_BYTES], given[RN_SHA256_BYTES] = {0};
    bool readable = read_signature(v->signature, given), cached;
    rn_str canonical;
    rn_err err =
        rn_sig_canonical(v->request, &v->query, without, v->signed_headers, v->arena, &canonical);

    if (err == RN_INVALID) {
        *ret_fits = false;
        return RN_OK;
    }
    if (err) {
        return err;
    }
    signing_key(v, credential, &name, cache, &cached, key);
    err = rn_sig_calculate(canonical, rn_str_c(v->signed_at), scope, key, v->arena, expected);
    if (!err) {
        *ret_fits = rn_bytes_equal(given, expected, sizeof(expected)) && readable;
        if (*ret_fits && cache && credential->active && !cached) {
            rn_sig_cache_put(cache, &name, key_expires_ms(v), key);
        }
    }
    rn_wipe(key, sizeof(key));
    return err;
}

static rn_err check_signature(struct verification *v, const struct rn_key_lookup *keys,
                              struct rn_sig_cache *cache, struct rn_sig_caller *ret_caller)
{
    struct rn_credential credential = {.generation = 0};
    bool known = find_credential(v, keys, &credential);
    bool fits = false;
    uint64_t principal = credential.principal;
    rn_err err = compare_signature(v, &credential, cache, &fits);

    rn_wipe(&credential, sizeof(credential));
    if (err) {
        return err;
    }
    if (!known) {
        return v->session_token.len ? deny(v, UNRECOGNIZED, TEXT_SESSION)
                                    : deny(v, UNRECOGNIZED, TEXT_KEY);
    }
    if (!fits) {
        return deny(v, INVALID, TEXT_SIGNATURE);
    }
    *ret_caller =
        (struct rn_sig_caller){.access_key_id = v->parts[PART_KEY_ID], .principal = principal};
    return RN_OK;
}

rn_err rn_sig_verify(const struct rn_sig_request *request, const struct rn_sig_rules *rules,
                     const struct rn_key_lookup *keys, struct rn_sig_cache *cache,
                     struct rn_arena *arena, struct rn_sig_caller *ret_caller,
                     struct rn_sig_failure *reterr_failure)
{
    static rn_err (*const checks[])(struct verification * v) = {
        read_date, check_window, check_host_signed, check_algorithm, split_credential, check_scope,
    };
    struct verification v = {.request = request,
                             .rules = rules,
                             .arena = arena,
                             .failure = reterr_failure,
                             .authorization = RN_STR_NONE};
    rn_err err = find_form(&v);

    reterr_failure->hint = RN_STR_NONE;
    if (!err) {
        err = v.in_query ? read_query_form(&v) : read_header_form(&v);
    }
    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks) && !err; i++) {
        err = checks[i](&v);
    }
    return err ? err : check_signature(&v, keys, cache, ret_caller);
}
