/* Commands of the control log, and snapshots of its state; the first byte chooses.
 *
 * METHOD     The sums of what is tried are made to fit, or nothing behind them would ever be reached.
 * HOLDS      What decodes encodes to the same bytes (a snapshot of an older version: to bytes that decode
 *            to themselves); anything else is damaged or newer, and leaves nothing behind. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "control/apply.h"
#include "control/snapshot.h"
#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct rn_buf *buf, rn_str bytes)
{
    assert(buf->len == bytes.len && memcmp(buf->data, bytes.data, bytes.len) == 0);
}

static void try_command(char *bytes, size_t len)
{
    static struct rn_command command;
    struct rn_buf again;
    rn_err err;

    if (len >= 4) {
        rn_put_be32(bytes + len - 4, rn_crc32c(0, bytes, len - 4));
    }
    err = rn_command_decode(rn_str_make(bytes, len), &command, NULL);
    assert(err == RN_OK || err == RN_CORRUPT || err == RN_NEWER);
    if (err == RN_OK) {
        rn_buf_init(&again, RN_COMMAND_BYTES_MAX);
        assert(rn_command_encode(&command, &again) == RN_OK);
        check_same(&again, rn_str_make(bytes, len));
        rn_buf_done(&again);
    }
}

/* The state's own bytes, which must decode to themselves. */
static struct rn_buf bytes_of(const struct rn_state *state)
{
    struct rn_buf buf;

    rn_buf_init(&buf, RN_SNAPSHOT_BYTES_MAX);
    assert(rn_snapshot_encode(state, &buf) == RN_OK);
    return buf;
}

static void check_state(const struct rn_state *state, rn_str bytes)
{
    struct rn_buf buf = bytes_of(state), again;
    struct rn_state *back = rn_state_new(NULL);

    assert(back && rn_snapshot_decode(rn_buf_str(&buf), back, NULL) == RN_OK);
    again = bytes_of(back);
    check_same(&again, rn_buf_str(&buf));
    if (rn_get_be16(bytes.data + 4) == RN_SNAPSHOT_VERSION) {
        check_same(&buf, bytes);
    }
    rn_buf_done(&buf);
    rn_buf_done(&again);
    rn_state_free(back);
}

static void try_snapshot(char *bytes, size_t len)
{
    struct rn_state *state = rn_state_new(NULL);
    rn_err err;

    assert(state);
    if (len >= RN_SHA256_BYTES + 4) {
        size_t body = len - RN_SHA256_BYTES - 4;

        rn_sha256(rn_str_make(bytes, body), (uint8_t *)bytes + body);
        rn_put_be32(bytes + len - 4, rn_crc32c(0, bytes, len - 4));
    }
    err = rn_snapshot_decode(rn_str_make(bytes, len), state, NULL);
    assert(err == RN_OK || err == RN_CORRUPT || err == RN_NEWER);
    if (err == RN_OK) {
        check_state(state, rn_str_make(bytes, len));
    }
    rn_state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);

    assert(bytes);
    if (size > 0) {
        memcpy(bytes, data + 1, size - 1);
        if (data[0] == 's') {
            try_snapshot(bytes, size - 1);
        } else {
            try_command(bytes, size - 1);
        }
    }
    free(bytes);
    return 0;
}
