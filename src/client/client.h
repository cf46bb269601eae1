/* client.h - inside of struct runnel_client: one signed call, typed by shape tables.
 * Thread: one at a time, but for runnel_client_interrupt. */
#ifndef RN_CLIENT_CLIENT_H
#define RN_CLIENT_CLIENT_H

#include <stdatomic.h>

#include "auth/sigv4.h"
#include "base/arena.h"
#include "base/buf.h"
#include "client/config.h"
#include "client/transport.h"
#include "codec/shape.h"
#include "sys/clock.h"
#include "sys/random.h"

enum {
    RN_CLIENT_ARENA_BYTES_MAX = 128 * 1024 * 1024,
    RN_CLIENT_REPLY_BYTES_MAX = 64 * 1024 * 1024,
    RN_CLIENT_BODY_BYTES_MAX = 16 * 1024 * 1024,
};

struct runnel_client {
    struct runnel_config *config;
    struct rn_transport *transport;
    struct rn_arena *arena; /* of the last call: its reply and error texts */
    struct rn_buf body;     /* of the request */
    struct rn_clock *clock;
    struct rn_random *random;
    atomic_bool interrupted;
    const char *error_type, *error_message;
};

/* One call by its two shapes; an operation with a dot names its target whole, "Runnel_20250101.GetLimits" (reply shape NULL: no output). The client's arena is reset first; the
 * reply's strings live in it until the next call. Retries as runnel/client.h says. */
enum runnel_err rn_client_call(struct runnel_client *client, const char *operation,
                               const struct rn_shape *request_shape, const void *request,
                               const struct rn_shape *reply_shape, void *ret_reply);

/* What makes up a call, for those that are no exchange of one request and one reply. All texts live in the client's arena. */
enum { RN_CLIENT_HEAD_MAX = 6 };
struct rn_client_head {
    struct rn_sig_header pairs[RN_CLIENT_HEAD_MAX]; /* what was signed */
    const char *lines[RN_CLIENT_HEAD_MAX]; /* what the transport is to send: "name: value" */
    size_t pair_count, line_count;
};
/* The head of a POST of `body`, signed now. */
enum runnel_err rn_client_sign(struct runnel_client *client, const char *operation, rn_str body,
                               struct rn_client_head *ret_head);
/* The failure that a transport's error is, a reply of another status than 200, an error that has a type: with the error of
 * the last call filled. *ret_again: time may heal it. */
enum runnel_err rn_client_unanswered(struct runnel_client *client, rn_err err, const char *reason,
                                     bool *ret_again);
enum runnel_err rn_client_refused(struct runnel_client *client, int status, rn_str body,
                                  bool *ret_again);
enum runnel_err rn_client_told(struct runnel_client *client, rn_str type, rn_str message,
                               bool *ret_again);

/* An exception among events: its payload is a document with a message, or the message. */
enum runnel_err rn_client_excepted(struct runnel_client *client, rn_str type, rn_str payload,
                                   bool *ret_again);

/* Milliseconds to wait before attempt `attempt` (from 1): 50 ms doubled each time, at most 2 s, half of it jitter. */
int64_t rn_client_pause_ms(struct rn_random *random, unsigned attempt);
/* Sleep, but not past an interrupt: false when interrupted. */
bool rn_client_wait(struct runnel_client *client, int64_t ms);
/* Fill the error of the last call and return `err`. */
enum runnel_err rn_client_fail(struct runnel_client *client, enum runnel_err err, const char *type,
                               const char *fmt, ...) RN_PRINTF(4, 5);

/* The payload of a SubscribeToShardEvent as a page. RUNNEL_PROTOCOL: it is none; RUNNEL_NOMEM. The page is empty then. */
enum runnel_err rn_page_from_event(struct runnel_page *page, rn_str payload);

#endif
