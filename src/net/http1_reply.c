/* http1_reply.c - written by hand rather than with printf: it is on the path of every request. */
#include "net/http1_reply.h"

#include <assert.h>

/* `len` goes on counting past `cap`, where nothing is written any more. */
struct text {
    char *out;
    size_t len, cap;
};

static void add(struct text *text, rn_str s)
{
    if (s.len > 0 && s.len <= text->cap && text->len <= text->cap - s.len) {
        memcpy(text->out + text->len, s.data, s.len);
    }
    text->len += s.len;
}

static void add_number(struct text *text, size_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(text, rn_str_make(digits + at, sizeof(digits) - at));
}

static void add_header(struct text *text, rn_str name, rn_str value)
{
    add(text, name);
    add(text, RN_STR(": "));
    add(text, value);
    add(text, RN_STR("\r\n"));
}

static rn_str phrase(int status)
{
    static const struct {
        int status;
        rn_str text;
    } rows[] = {
        {200, RN_STR_INIT("OK")},
        {400, RN_STR_INIT("Bad Request")},
        {403, RN_STR_INIT("Forbidden")},
        {404, RN_STR_INIT("Not Found")},
        {405, RN_STR_INIT("Method Not Allowed")},
        {408, RN_STR_INIT("Request Timeout")},
        {413, RN_STR_INIT("Content Too Large")},
        {414, RN_STR_INIT("URI Too Long")},
        {417, RN_STR_INIT("Expectation Failed")},
        {429, RN_STR_INIT("Too Many Requests")},
        {431, RN_STR_INIT("Request Header Fields Too Large")},
        {500, RN_STR_INIT("Internal Server Error")},
        {501, RN_STR_INIT("Not Implemented")},
        {503, RN_STR_INIT("Service Unavailable")},
        {505, RN_STR_INIT("HTTP Version Not Supported")},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status) {
            return rows[i].text;
        }
    }
    return RN_STR(""); /* the phrase may be empty */
}

static bool is_one_line(rn_str s)
{
    return s.len == 0 || (!memchr(s.data, '\r', s.len) && !memchr(s.data, '\n', s.len));
}

size_t rn_http_reply_body_len(const struct rn_http_reply *reply)
{
    size_t len = 0;

    for (size_t i = 0; i < reply->body_count; i++) {
        len += reply->body[i].len;
    }
    return len;
}

/* All but the framing of the body. */
static void add_head(struct text *text, const struct rn_http_reply *reply, rn_str date,
                     rn_str connection)
{
    add(text, RN_STR("HTTP/1.1 "));
    add_number(text, (size_t)reply->status);
    add(text, RN_STR(" "));
    add(text, phrase(reply->status));
    add(text, RN_STR("\r\n"));
    for (size_t i = 0; i < reply->header_count; i++) {
        const struct rn_http_header *header = &reply->headers[i];

        assert(is_one_line(header->name) && is_one_line(header->value));
        add_header(text, header->name, header->value);
    }
    add_header(text, RN_STR("Date"), date);
    if (connection.data) {
        add_header(text, RN_STR("Connection"), connection);
    }
}

size_t rn_http1_reply_head(char *out, size_t cap, const struct rn_http_reply *reply, rn_str date,
                           rn_str connection)
{
    struct text text = {.cap = cap};

    text.out = out;
    add_head(&text, reply, date, connection);
    add(&text, RN_STR("Content-Length: "));
    add_number(&text, rn_http_reply_body_len(reply));
    add(&text, RN_STR("\r\n\r\n"));
    return text.len;
}

size_t rn_http1_chunk_line(char *out, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    char digits[2 * sizeof(len)];
    size_t at = sizeof(digits);

    do {
        digits[--at] = hex[len % 16];
        len /= 16;
    } while (len > 0);
    memcpy(out, digits + at, sizeof(digits) - at);
    memcpy(out + sizeof(digits) - at, "\r\n", 2);
    return sizeof(digits) - at + 2;
}

size_t rn_http1_feed_head(char *out, size_t cap, const struct rn_http_reply *reply, rn_str date,
                          rn_str connection)
{
    struct text text = {.cap = cap};
    size_t body_len = rn_http_reply_body_len(reply);
    char line[RN_HTTP1_CHUNK_LINE_BYTES];

    text.out = out;
    add_head(&text, reply, date, connection);
    add(&text, RN_STR("Transfer-Encoding: chunked\r\n\r\n"));
    if (body_len > 0) {
        add(&text, rn_str_make(line, rn_http1_chunk_line(line, body_len)));
    }
    return text.len;
}
