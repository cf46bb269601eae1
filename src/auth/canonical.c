/* canonical.c - the canonical form of a request.
 *
 * The text is written once into a block whose size is computed first, from lengths alone: every
 * piece of the request appears at most once (three times as long where it is encoded), because a
 * header named twice is refused. So a hostile list of names cannot make the text larger than a
 * small multiple of the request. */
#include "auth/canonical.h"

#include <assert.h>
#include <stdlib.h>

enum { ENCODED_MAX = 3 /* bytes for one */ };

struct writer {
    char *text;
    size_t len, cap;
};

static void put_c(struct writer *writer, char byte)
{
    assert(writer->len < writer->cap);
    writer->text[writer->len++] = byte;
}

static void put_str(struct writer *writer, rn_str s)
{
    assert(s.len <= writer->cap - writer->len);
    if (s.len) {
        memcpy(writer->text + writer->len, s.data, s.len);
    }
    writer->len += s.len;
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n'; /* the last two: a folded line */
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Percent-encoded, '/' too unless it is kept. */
static void put_encoded(struct writer *writer, rn_str s, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (is_unreserved(s.data[i]) || (c == '/' && keep_slash)) {
            put_c(writer, s.data[i]);
        } else {
            put_c(writer, '%');
            put_c(writer, hex[c >> 4]);
            put_c(writer, hex[c & 15]);
        }
    }
}

void rn_sig_hex(const uint8_t *bytes, size_t len, char *text)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
}

/* ---- path ---- */

/* Go back over the last segment written, and the slash before it. */
static void drop_segment(struct writer *writer, size_t start)
{
    while (writer->len > start && writer->text[--writer->len] != '/') {
    }
}

/* Without empty, "." and ".." segments; a slash at the end stays one. */
static void put_path(struct writer *writer, rn_str path)
{
    size_t start = writer->len;

    for (size_t at = 0; at < path.len;) {
        size_t end = rn_str_find(path, '/', at);
        rn_str segment = rn_str_make(path.data + at, end - at);

        if (rn_str_eq(segment, RN_STR(".."))) {
            drop_segment(writer, start);
        } else if (segment.len && !rn_str_eq(segment, RN_STR("."))) {
            put_c(writer, '/');
            put_encoded(writer, segment, true);
        }
        at = end + 1;
    }
    if (writer->len == start || path.data[path.len - 1] == '/') {
        put_c(writer, '/');
    }
}

/* ---- query ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static rn_str decode(struct writer *writer, rn_str s)
{
    char *start = writer->text + writer->len;

    for (size_t i = 0; i < s.len; i++) {
        int high = s.data[i] == '%' && i + 2 < s.len ? hex_value(s.data[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s.data[i + 2]) : -1;

        if (low >= 0) {
            put_c(writer, (char)(high << 4 | low));
            i += 2;
        } else {
            put_c(writer, s.data[i] == '+' ? ' ' : s.data[i]);
        }
    }
    return rn_str_make(start, (size_t)(writer->text + writer->len - start));
}

static size_t params_count(rn_str query)
{
    size_t count = query.len > 0;

    for (size_t at = rn_str_find(query, '&', 0); at < query.len;
         at = rn_str_find(query, '&', at + 1)) {
        count++;
    }
    return count;
}

rn_err rn_sig_query_parse(rn_str query, struct rn_arena *arena, struct rn_sig_query *ret_query)
{
    size_t count_max = params_count(query);
    struct rn_sig_query parsed = {NULL, 0};
    struct writer writer = {.cap = query.len};

    if (count_max > RN_SIG_PARAMS_MAX) {
        return RN_TOO_LARGE;
    }
    if (count_max > 0) {
        parsed.params = rn_arena_zalloc(arena, count_max, sizeof(*parsed.params));
        writer.text = rn_arena_alloc(arena, query.len);
        if (!parsed.params || !writer.text) {
            return RN_NOMEM;
        }
    }
    for (size_t at = 0; at < query.len;) {
        size_t end = rn_str_find(query, '&', at);
        rn_str pair = rn_str_make(query.data + at, end - at);
        size_t equals = rn_str_find(pair, '=', 0);

        if (pair.len) {
            struct rn_sig_param *param = &parsed.params[parsed.count++];
            size_t value = equals < pair.len ? equals + 1 : pair.len;

            param->name = decode(&writer, rn_str_make(pair.data, equals));
            param->value = decode(&writer, rn_str_make(pair.data + value, pair.len - value));
        }
        at = end + 1;
    }
    *ret_query = parsed;
    return RN_OK;
}

rn_str rn_sig_query_find(const struct rn_sig_query *query, rn_str name)
{
    for (size_t i = 0; i < query->count; i++) {
        if (rn_str_eq(query->params[i].name, name)) {
            return query->params[i].value;
        }
    }
    return RN_STR_NONE;
}

/* Names first, values among equal names: never the joined text, in which '=' would take part. */
static int compare_params(const void *a, const void *b)
{
    const struct rn_sig_param *left = a, *right = b;
    int order = rn_str_cmp(left->name, right->name);

    return order ? order : rn_str_cmp(left->value, right->value);
}

static rn_str encode(struct writer *writer, rn_str s)
{
    size_t start = writer->len;

    put_encoded(writer, s, false);
    return rn_str_make(writer->text + start, writer->len - start);
}

static size_t params_bytes(const struct rn_sig_query *query)
{
    size_t bytes = 0;

    for (size_t i = 0; i < query->count; i++) {
        bytes += query->params[i].name.len + query->params[i].value.len;
    }
    return bytes;
}

static rn_err put_query(struct writer *writer, const struct rn_sig_query *query, rn_str without,
                        struct rn_arena *arena)
{
    struct writer encoded = {.cap = ENCODED_MAX * params_bytes(query)};
    struct rn_sig_param *sorted;
    size_t count = 0;

    if (query->count == 0) {
        return RN_OK;
    }
    sorted = rn_arena_zalloc(arena, query->count, sizeof(*sorted));
    encoded.text = rn_arena_alloc(arena, encoded.cap);
    if (!sorted || !encoded.text) {
        return RN_NOMEM;
    }
    for (size_t i = 0; i < query->count; i++) {
        if (without.data && rn_str_eq(query->params[i].name, without)) {
            continue;
        }
        sorted[count].name = encode(&encoded, query->params[i].name);
        sorted[count++].value = encode(&encoded, query->params[i].value);
    }
    qsort(sorted, count, sizeof(*sorted), compare_params);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            put_c(writer, '&');
        }
        put_str(writer, sorted[i].name);
        put_c(writer, '=');
        put_str(writer, sorted[i].value);
    }
    return RN_OK;
}

/* ---- headers ---- */

static bool is_authority(rn_str name)
{
    return rn_str_ieq(name, RN_STR("host")) || rn_str_ieq(name, RN_STR(":authority"));
}

/* How a name is looked up: as itself, or as its twin (HTTP/2 carries only ":authority" where the
 * signer may say "host", and the other way round behind a proxy). */
static rn_str wire_name(const struct rn_sig_request *request, rn_str name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (rn_str_ieq(request->headers[i].name, name)) {
            return name;
        }
    }
    if (is_authority(name)) {
        return rn_str_ieq(name, RN_STR("host")) ? RN_STR(":authority") : RN_STR("host");
    }
    return name;
}

/* Trimmed, runs of blanks as one, within quotes too. */
static void put_value(struct writer *writer, rn_str value)
{
    size_t start = writer->len;
    bool blank = false;

    for (size_t i = 0; i < value.len; i++) {
        if (is_blank(value.data[i])) {
            blank = writer->len > start;
            continue;
        }
        if (blank) {
            put_c(writer, ' ');
            blank = false;
        }
        put_c(writer, value.data[i]);
    }
}

static void put_header(struct writer *writer, const struct rn_sig_request *request, rn_str name)
{
    rn_str wire = wire_name(request, name);
    bool first = true;

    for (size_t i = 0; i < name.len; i++) {
        put_c(writer, lower(name.data[i]));
    }
    put_c(writer, ':');
    for (size_t i = 0; i < request->header_count; i++) {
        if (rn_str_ieq(request->headers[i].name, wire)) {
            if (!first) {
                put_c(writer, ',');
            }
            put_value(writer, request->headers[i].value);
            first = false;
        }
    }
    put_c(writer, '\n');
}

static size_t headers_bytes(const struct rn_sig_request *request)
{
    size_t bytes = 0;

    for (size_t i = 0; i < request->header_count; i++) {
        bytes += request->headers[i].value.len + 1; /* a comma */
    }
    return bytes;
}

rn_err rn_sig_header_find(const struct rn_sig_request *request, rn_str name, struct rn_arena *arena,
                          rn_str *ret_value)
{
    rn_str wire = wire_name(request, name), value = RN_STR_NONE;

    for (size_t i = 0; i < request->header_count; i++) {
        const struct rn_sig_header *header = &request->headers[i];

        if (!rn_str_ieq(header->name, wire)) {
            continue;
        }
        if (!value.data) {
            value = rn_str_trim(header->value.data ? header->value : RN_STR(""));
            continue;
        }
        value = rn_arena_printf(arena, "%.*s,%.*s", RN_STR_ARG(value),
                                RN_STR_ARG(rn_str_trim(header->value)));
        if (!value.data) {
            return RN_NOMEM;
        }
    }
    *ret_value = value;
    return RN_OK;
}

bool rn_sig_names_next(rn_str list, size_t *cursor, rn_str *ret_name)
{
    size_t end;

    if (*cursor >= list.len) {
        return false;
    }
    end = rn_str_find(list, ';', *cursor);
    *ret_name = rn_str_make(list.data + *cursor, end - *cursor);
    *cursor = end + 1;
    return true;
}

/* Few, and no two alike. */
static bool names_acceptable(rn_str list)
{
    rn_str names[RN_SIG_HEADERS_MAX];
    size_t count = 0, cursor = 0;

    for (rn_str name; rn_sig_names_next(list, &cursor, &name); count++) {
        if (count == RN_SIG_HEADERS_MAX) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (rn_str_ieq(names[i], name)) {
                return false;
            }
        }
        names[count] = name;
    }
    return true;
}

/* ---- the whole ---- */

static size_t canonical_bytes_max(const struct rn_sig_request *request,
                                  const struct rn_sig_query *query, rn_str list)
{
    size_t line_ends = 8 + RN_SIG_HEADERS_MAX * 2; /* ':' and '\n' of a header line */
    size_t values = 2 * headers_bytes(request);    /* host and :authority may both be listed */

    return request->method.len + ENCODED_MAX * request->path.len + 1 +
           ENCODED_MAX * params_bytes(query) + 2 * query->count + values + 2 * list.len +
           line_ends + 2 * RN_SHA256_BYTES;
}

rn_err rn_sig_canonical(const struct rn_sig_request *request, const struct rn_sig_query *query,
                        rn_str without, rn_str signed_headers, struct rn_arena *arena,
                        rn_str *ret_text)
{
    struct writer writer = {.cap = canonical_bytes_max(request, query, signed_headers)};
    size_t cursor = 0;
    rn_err err;

    if (!names_acceptable(signed_headers)) {
        return RN_INVALID;
    }
    writer.text = rn_arena_alloc(arena, writer.cap);
    if (!writer.text) {
        return RN_NOMEM;
    }
    put_str(&writer, request->method);
    put_c(&writer, '\n');
    put_path(&writer, request->path);
    put_c(&writer, '\n');
    err = put_query(&writer, query, without, arena);
    if (err) {
        return err;
    }
    put_c(&writer, '\n');
    for (rn_str name; rn_sig_names_next(signed_headers, &cursor, &name);) {
        put_header(&writer, request, name);
    }
    put_c(&writer, '\n');
    put_str(&writer, signed_headers);
    put_c(&writer, '\n');
    assert(writer.cap - writer.len >= 2 * RN_SHA256_BYTES);
    rn_sig_hex(request->body_sha256, RN_SHA256_BYTES, writer.text + writer.len);
    *ret_text = rn_str_make(writer.text, writer.len + 2 * RN_SHA256_BYTES);
    return RN_OK;
}
