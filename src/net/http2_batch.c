/* http2_batch.c - see http2_batch.h. */
#include "net/http2_batch.h"

#include <assert.h>

static bool has_text_room(const struct rn_http2_batch *batch)
{
    return !batch->text || RN_INPUT_BYTES - batch->text_len >= RN_HTTP2_FRAME_BYTES_MAX;
}

bool rn_http2_batch_has_room(const struct rn_http2_batch *batch)
{
    return has_text_room(batch) && (batch->ends_in_text || batch->count < RN_SOCKET_PARTS_MAX);
}

bool rn_http2_batch_has_room_for_body(const struct rn_http2_batch *batch)
{
    return has_text_room(batch) && batch->count + 2 <= RN_SOCKET_PARTS_MAX;
}

static void add_text(struct rn_http2_batch *batch, rn_str text)
{
    char *at = batch->text + batch->text_len;

    assert(text.len <= RN_INPUT_BYTES - batch->text_len);
    memcpy(at, text.data, text.len);
    batch->text_len += text.len;
    if (batch->ends_in_text) {
        batch->parts[batch->count - 1].len += text.len;
    } else {
        assert(batch->count < RN_SOCKET_PARTS_MAX);
        batch->parts[batch->count++] = rn_str_make(at, text.len);
        batch->ends_in_text = true;
    }
}

bool rn_http2_batch_add(struct rn_http2_batch *batch, struct rn_pool *pool, rn_str text)
{
    if (!batch->text) {
        if (!rn_pool_peek_input(pool)) {
            return false;
        }
        batch->text = rn_pool_take_input(pool);
    }
    add_text(batch, text);
    return true;
}

void rn_http2_batch_add_piece(struct rn_http2_batch *batch, rn_str piece, bool last)
{
    size_t free_parts = RN_SOCKET_PARTS_MAX - batch->count;

    batch->body_bytes += piece.len;
    /* The last place is for text, unless nothing follows: what follows can always be copied. */
    if (piece.len >= RN_HTTP2_PIECE_BYTES_MIN && free_parts >= (last ? 1 : 2)) {
        batch->parts[batch->count++] = piece;
        batch->ends_in_text = false;
    } else {
        add_text(batch, piece);
    }
}

void rn_http2_batch_clear(struct rn_http2_batch *batch, struct rn_pool *pool)
{
    rn_pool_give_input(pool, batch->text);
    *batch = (struct rn_http2_batch){.text = NULL};
}
