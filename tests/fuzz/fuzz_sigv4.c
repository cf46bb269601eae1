/* Signature Version 4 over hostile requests.
 *
 * INPUT      "METHOD /path?query\n", then "name: value\n" lines, an empty line, the body.
 * HOLDS      No input verifies as it is (none can know the secret), and every refusal has its
 *            words. What rn_sig_sign signs verifies, and does not with one digit of the signature
 *            or one bit of the body's digest changed. */
#include <assert.h>
#include <stdlib.h>

#include "auth/sigv4.h"
#include "base/civil.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "the fuzzer does not know this: 5c1e0f0a77"

enum { HEADERS_MAX = 110, SIGNED_MAX = HEADERS_MAX + 3, ARENA_BYTES = 8 << 20, SKEW_MS = 300000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t now_ms = 1768472130000; /* 20260115T101530Z */

struct input {
    struct rn_sig_request request;
    struct rn_sig_header headers[SIGNED_MAX];
    uint8_t body_sha256[RN_SHA256_BYTES];
};

static bool find_key(void *arg, rn_str key_id, rn_str session_token,
                     struct rn_credential *ret_credential)
{
    (void)arg;
    (void)session_token;
    *ret_credential =
        (struct rn_credential){.secret = SECRET, .generation = 1, .principal = 1, .active = true};
    return rn_str_eq(key_id, RN_STR(KEY_ID));
}

static rn_str cut(rn_str *rest, char byte)
{
    size_t end = rn_str_find(*rest, byte, 0);
    rn_str part = rn_str_make(rest->data, end);
    size_t skip = end < rest->len ? end + 1 : end;

    *rest = rn_str_make(rest->data + skip, rest->len - skip);
    return part;
}

static void input_read(struct input *input, rn_str rest)
{
    rn_str line = cut(&rest, '\n');

    *input =
        (struct input){.request = {.headers = input->headers, .body_sha256 = input->body_sha256}};
    input->request.method = cut(&line, ' ');
    input->request.path = cut(&line, '?');
    input->request.query = line;
    while (rest.len && input->request.header_count < HEADERS_MAX) {
        struct rn_sig_header *header = &input->headers[input->request.header_count];

        line = cut(&rest, '\n');
        if (line.len == 0) {
            break;
        }
        header->name = cut(&line, line.data[0] == ':' ? ' ' : ':'); /* ":authority value" */
        header->value = line;
        input->request.header_count++;
    }
    rn_sha256(rest, input->body_sha256);
}

static rn_err verify(const struct rn_sig_request *request, struct rn_sig_cache *cache,
                     struct rn_arena *arena)
{
    struct rn_sig_rules rules = {.region = RN_STR("us-east-1"),
                                 .service = RN_STR("kinesis"),
                                 .now_ms = now_ms,
                                 .skew_ms = SKEW_MS};
    struct rn_key_lookup keys = {.find = find_key};
    struct rn_sig_caller caller;
    struct rn_sig_failure failure = {RN_STR_NONE, RN_STR_NONE};
    rn_err err = rn_sig_verify(request, &rules, &keys, cache, arena, &caller, &failure);

    if (err == RN_DENIED) {
        assert(failure.type.len > 0 && failure.message.len > 0);
        for (size_t i = 0; i < failure.message.len; i++) {
            assert(failure.message.data[i] >= ' ' && failure.message.data[i] <= '~');
        }
    }
    return err;
}

/* As HTTP lets them through. */
static bool is_token(rn_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0;
}

/* Keep what a client would sign, and add what it must. */
static void make_signable(struct input *input)
{
    static const char *const own[] = {"authorization", "x-amz-date", "date",
                                      "x-amz-security-token"};
    size_t kept = 0;

    for (size_t i = 0; i < input->request.header_count; i++) {
        bool keep = is_token(input->headers[i].name);

        for (size_t k = 0; k < sizeof(own) / sizeof(*own); k++) {
            keep = keep && !rn_str_ieq(input->headers[i].name, rn_str_c(own[k]));
        }
        if (keep) {
            input->headers[kept++] = input->headers[i];
        }
    }
    input->headers[kept++] = (struct rn_sig_header){RN_STR("Host"), RN_STR("localhost:4567")};
    input->headers[kept++] =
        (struct rn_sig_header){RN_STR("X-Amz-Date"), RN_STR("20260115T101530Z")};
    input->request.header_count = kept;
}

static void check_signed(struct input *input, struct rn_sig_cache *cache, struct rn_arena *arena,
                         size_t where)
{
    struct rn_signer signer = {.access_key_id = RN_STR(KEY_ID),
                               .secret = RN_STR(SECRET),
                               .region = RN_STR("us-east-1"),
                               .service = RN_STR("kinesis")};
    rn_str authorization;
    char *digit;
    rn_err err;

    make_signable(input);
    err = rn_sig_sign(&signer, &input->request, now_ms, arena, &authorization);
    if (err) {
        assert(err == RN_TOO_LARGE || err == RN_NOMEM); /* the query's limit */
        return;
    }
    input->headers[input->request.header_count++] =
        (struct rn_sig_header){RN_STR("authorization"), authorization};
    err = verify(&input->request, cache, arena);
    if (err != RN_OK) { /* the query may say "X-Amz-Algorithm" */
        assert(err == RN_NOMEM ||
               rn_str_find(input->request.query, 'A', 0) < input->request.query.len ||
               rn_str_find(input->request.query, '%', 0) < input->request.query.len);
        return;
    }
    input->body_sha256[where % RN_SHA256_BYTES] ^= (uint8_t)(1 << where % 8);
    assert(verify(&input->request, cache, arena) != RN_OK);
    input->body_sha256[where % RN_SHA256_BYTES] ^= (uint8_t)(1 << where % 8);
    authorization = rn_arena_dup(arena, authorization);
    if (!authorization.data) {
        return;
    }
    digit = (char *)(uintptr_t)authorization.data + authorization.len - 64 + where % 64;
    *digit = *digit == '0' ? '1' : '0';
    input->headers[input->request.header_count - 1].value = authorization;
    assert(verify(&input->request, cache, arena) != RN_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rn_arena *arena = rn_arena_new(ARENA_BYTES);
    struct rn_sig_cache *cache = rn_sig_cache_new(8);
    struct input input;

    assert(arena && cache);
    input_read(&input, rn_str_make(data, size));
    assert(verify(&input.request, cache, arena) != RN_OK);
    check_signed(&input, cache, arena, size ? data[size - 1] + size : 0);
    rn_sig_cache_free(cache);
    rn_arena_free(arena);
    return 0;
}
