/* http1_head.c - one reader per kind of line: the request line, then headers until an empty one. */
#include "net/http1_head.h"

#include "net/grammar.h"

#include <assert.h>

static rn_err refuse(struct rn_http1_head *head, int status)
{
    head->status = status;
    return RN_INVALID;
}

static rn_str part(rn_str s, size_t from, size_t to)
{
    assert(from <= to && to <= s.len);
    return rn_str_make(s.data + from, to - from);
}

/* ---- the request line ---- */

/* "http://host/path" is the form for proxies, which every server must understand. */
static rn_err skip_authority(struct rn_http1_head *head, rn_str *target)
{
    static const rn_str schemes[] = {RN_STR_INIT("http://"), RN_STR_INIT("https://")};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t at = schemes[i].len;

        if (target->len <= at || !rn_str_ieq(part(*target, 0, at), schemes[i])) {
            continue;
        }
        while (at < target->len && target->data[at] != '/' && target->data[at] != '?') {
            at++;
        }
        if (at == schemes[i].len) {
            break;
        }
        *target = part(*target, at, target->len);
        return RN_OK;
    }
    return refuse(head, 400);
}

static rn_err read_target(struct rn_http1_head *head, rn_str target)
{
    rn_err err = RN_OK;

    if (target.len == 0 || !rn_http_all(target, RN_HTTP_TARGET)) {
        return refuse(head, 400);
    }
    if (target.data[0] != '/' && !rn_str_eq(target, RN_STR("*"))) {
        err = skip_authority(head, &target);
    }
    rn_http_split_target(target, &head->path, &head->query);
    return err;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static rn_err read_version(struct rn_http1_head *head, rn_str version)
{
    const char *text = version.data;

    if (version.len != 8 || memcmp(text, "HTTP/", 5) != 0 || !is_digit(text[5]) || text[6] != '.' ||
        !is_digit(text[7])) {
        return refuse(head, 400);
    }
    return text[5] == '1' && text[7] == '1' ? RN_OK : refuse(head, 505);
}

static rn_err read_header(struct rn_http1_head *head, rn_str line);

static rn_err read_request(struct rn_http1_head *head, rn_str line)
{
    size_t first = rn_str_find(line, ' ', 0);
    size_t second = first < line.len ? rn_str_find(line, ' ', first + 1) : line.len;
    rn_err err;

    if (line.len == 0 && !head->passed_empty_line) {
        head->passed_empty_line = true;
        return RN_OK;
    }
    head->method = part(line, 0, first);
    if (second == line.len || first == 0 || first > RN_HTTP_METHOD_BYTES_MAX ||
        !rn_http_all(head->method, RN_HTTP_TOKEN)) {
        return refuse(head, 400);
    }
    err = read_target(head, part(line, first + 1, second));
    if (!err) {
        err = read_version(head, part(line, second + 1, line.len));
    }
    head->read_line = read_header;
    return err;
}

/* ---- header lines ---- */

static rn_err note_length(struct rn_http1_head *head, rn_str value)
{
    if (head->has_length || value.len == 0) {
        return refuse(head, 400);
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.data[i])) {
            return refuse(head, 400);
        }
    }
    if (!rn_str_to_u64(value, &head->length)) {
        head->length = UINT64_MAX;
    }
    head->has_length = true;
    return RN_OK;
}

static rn_err note_coding(struct rn_http1_head *head, rn_str value)
{
    if (head->is_chunked) {
        return refuse(head, 400);
    }
    if (!rn_str_ieq(value, RN_STR("chunked"))) {
        return refuse(head, 501);
    }
    head->is_chunked = true;
    return RN_OK;
}

static rn_err note_connection(struct rn_http1_head *head, rn_str value)
{
    for (size_t at = 0; at <= value.len;) {
        size_t end = rn_str_find(value, ',', at);
        rn_str token = rn_str_trim(part(value, at, end));

        head->says_close = head->says_close || rn_str_ieq(token, RN_STR("close"));
        at = end + 1;
    }
    return RN_OK;
}

static rn_err note_expect(struct rn_http1_head *head, rn_str value)
{
    if (rn_str_ieq(value, RN_STR("100-continue"))) {
        head->expects_continue = true;
    } else {
        head->expects_other = true;
    }
    return RN_OK;
}

static rn_err note_host(struct rn_http1_head *head, rn_str value)
{
    (void)value; /* any host is served */
    if (head->has_host) {
        return refuse(head, 400);
    }
    head->has_host = true;
    return RN_OK;
}

/* The headers that say how the request is framed and answered. */
static rn_err note(struct rn_http1_head *head, const struct rn_http_header *header)
{
    static const struct {
        rn_str name;
        rn_err (*note)(struct rn_http1_head *head, rn_str value);
    } rows[] = {
        {RN_STR_INIT("Host"), note_host},
        {RN_STR_INIT("Expect"), note_expect},
        {RN_STR_INIT("Connection"), note_connection},
        {RN_STR_INIT("Content-Length"), note_length},
        {RN_STR_INIT("Transfer-Encoding"), note_coding},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (header->name.len == rows[i].name.len && rn_str_ieq(header->name, rows[i].name)) {
            return rows[i].note(head, header->value);
        }
    }
    return RN_OK;
}

static rn_err end_head(struct rn_http1_head *head)
{
    if ((head->is_chunked && head->has_length) || !head->has_host) {
        return refuse(head, 400);
    }
    if (head->expects_other) {
        return refuse(head, 417);
    }
    head->keeps_alive = !head->says_close;
    head->read_line = NULL;
    return RN_OK;
}

static rn_err read_header(struct rn_http1_head *head, rn_str line)
{
    struct rn_http_header header;
    size_t colon;

    if (line.len == 0) {
        return end_head(head);
    }
    colon = rn_str_find(line, ':', 0);
    if (colon == 0 || colon == line.len) {
        return refuse(head, 400);
    }
    header.name = part(line, 0, colon);
    header.value = rn_str_trim(part(line, colon + 1, line.len));
    /* A blank is no part of a token: here folded lines end too. */
    if (!rn_http_all(header.name, RN_HTTP_TOKEN) || !rn_http_all(header.value, RN_HTTP_VALUE)) {
        return refuse(head, 400);
    }
    if (head->header_count == RN_HTTP_HEADERS_MAX) {
        return refuse(head, 431);
    }
    head->headers[head->header_count++] = header;
    return note(head, &header);
}

/* ---- lines ---- */

void rn_http1_head_init(struct rn_http1_head *head, struct rn_http_header *headers)
{
    *head = (struct rn_http1_head){.headers = headers, .read_line = read_request};
}

/* `end`: one past what is known of the line that starts at line_at, its CRLF not counted. */
static rn_err check_size(struct rn_http1_head *head, size_t end)
{
    if (head->read_line == read_request && end > head->line_at + RN_HTTP_REQUEST_LINE_BYTES_MAX) {
        return refuse(head, 414);
    }
    return end + 2 > RN_HTTP_HEAD_BYTES_MAX ? refuse(head, 431) : RN_OK;
}

rn_err rn_http1_head_read(struct rn_http1_head *head, const char *bytes, size_t len,
                          size_t *ret_used)
{
    assert(head->read_line && head->scanned <= len);
    while (head->read_line) {
        rn_str all = rn_str_make(bytes, len);
        size_t lf = rn_str_find(all, '\n', head->scanned);
        size_t end = lf;
        bool has_cr = lf > head->line_at && bytes[lf - 1] == '\r';
        rn_err err;

        if (has_cr) {
            end--; /* of an unfinished line too: the CR may be its end */
        }
        err = check_size(head, end);
        if (err) {
            return err;
        }
        if (lf == len) {
            head->scanned = len;
            return RN_WAIT;
        }
        if (!has_cr) {
            return refuse(head, 400);
        }
        all = part(all, head->line_at, end);
        err = head->read_line(head, all);
        if (err) {
            return err;
        }
        head->line_at = head->scanned = lf + 1;
    }
    *ret_used = head->line_at;
    return RN_OK;
}
