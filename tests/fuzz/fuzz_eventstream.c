/* Event-stream messages.
 *
 * HOLDS      Any bytes are read, awaited or refused without harm, at any cut; what is read lies inside of
 *            them. So that the fuzzer gets past the checksums, the bytes are also taken as headers and
 *            payload of a message whose checksums are right. */
#include <assert.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "codec/eventstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_inside(rn_str part, const char *bytes, size_t len)
{
    assert(part.len == 0 || (part.data >= bytes && part.data + part.len <= bytes + len));
}

static rn_err check(const char *bytes, size_t len)
{
    struct rn_event event;
    size_t used;
    rn_err err = rn_event_read(rn_str_make(bytes, len), &event, &used);

    if (err == RN_WAIT) {
        assert(used > len);
    }
    if (err == RN_OK) {
        assert(used <= len && used >= RN_EVENT_OVERHEAD_BYTES);
        assert_inside(event.payload, bytes, used);
        for (size_t i = 0; i < event.header_count; i++) {
            assert(event.headers[i].name.len > 0);
            assert_inside(event.headers[i].name, bytes, used);
            assert_inside(event.headers[i].value, bytes, used);
        }
    }
    return err;
}

/* The first byte says how much of the rest is headers. */
static void check_inside(const uint8_t *data, size_t size)
{
    size_t rest = size - 1, headers_len = rest * data[0] / UINT8_MAX;
    size_t len = RN_EVENT_OVERHEAD_BYTES + rest;
    char *bytes = malloc(len);
    rn_err err;

    assert(bytes);
    rn_put_be32(bytes, (uint32_t)len);
    rn_put_be32(bytes + 4, (uint32_t)headers_len);
    rn_put_be32(bytes + 8, rn_crc32(0, bytes, 8));
    memcpy(bytes + 12, data + 1, rest);
    rn_put_be32(bytes + len - 4, rn_crc32(0, bytes, len - 4));
    err = check(bytes, len);
    assert(err == RN_OK || err == RN_INVALID || err == RN_TOO_LARGE);
    assert(check(bytes, len - 1) == RN_WAIT || err == RN_TOO_LARGE);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size ? size : 1);

    assert(bytes);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    (void)check(bytes, size);
    free(bytes);
    if (size > 0) {
        check_inside(data, size);
    }
    return 0;
}
