/* conn.h - a connection: a wire under a protocol. Within the room.
 *
 *     opening ─ first bytes ─▶ http1, http2 ─ rn_conn_finish ─▶ leaving ─ end seen, or waited ─▶ closed
 *
 * PROTOCOL  a struct of functions and one block of state. The first bytes choose: see opening.c.
 *           If they are TLS, the wire changes instead, and `opening` looks again, at the clear
 *           bytes.
 * INPUT     [in_start, in_end) of `in` came and was not used yet. No buffer is held without bytes.
 * LEAVING   after the last reply: our side is shut down, what still comes is thrown away, so that
 *           the peer reads the reply instead of a reset. Bounded in bytes and time.
 * LIFE      `holds` counts the socket, each exchange, and a posted task; the last frees. So a
 *           connection that broke stays as a shell until the handler has answered. */
#ifndef RN_NET_CONN_H
#define RN_NET_CONN_H

#include "base/list.h"
#include "net/wire.h"

enum rn_wait {
    RN_WAIT_NONE,
    RN_WAIT_HEAD,    /* the first bytes, or the rest of a head */
    RN_WAIT_IDLE,    /* the next request */
    RN_WAIT_BODY,    /* the next portion of a body */
    RN_WAIT_SEND,    /* the peer takes the next portion of a reply */
    RN_WAIT_LEAVE,   /* the peer closes too */
    RN_WAIT_REFUSED, /* the same, while it is still sending what we did not want */
    RN_WAITS
};

struct rn_conn;
struct rn_http_server;

/* Each may end in rn_conn_close. */
struct rn_protocol {
    char *(*room)(struct rn_conn *conn, size_t *ret_len); /* as rn_socket_events.room */
    void (*received)(struct rn_conn *conn, size_t len);
    void (*ended)(struct rn_conn *conn); /* input_ended has just been set */
    void (*sent)(struct rn_conn *conn);
    void (*expired)(struct rn_conn *conn, enum rn_wait wait);
    void (*wake)(struct rn_conn *conn);  /* after rn_conn_later */
    void (*drain)(struct rn_conn *conn); /* end soon, at once if nothing is under way */
    /* The wire is closed: let go of all but `state` and unanswered exchanges. */
    void (*stop)(struct rn_conn *conn);
};

struct rn_conn {
    struct rn_link link, wait_link; /* in the server's conns and waits[] */
    struct rn_http_server *server;
    struct rn_wire wire;
    const struct rn_protocol *protocol;
    void *state; /* the protocol's, from malloc; freed with the connection */
    char *in;
    size_t in_start, in_end;
    int64_t deadline_us;
    enum rn_wait wait;
    unsigned holds;
    bool input_ended, is_paused, is_sending, is_closing, is_posted;
    size_t thrown_away; /* while leaving */
    struct rn_task task;
    struct rn_address peer;
};

/* `fd` becomes a connection, or is closed. */
void rn_conn_open(struct rn_http_server *server, int fd);
/* `fd` is closed, by sys, as every socket's descriptor is. */
void rn_conn_turn_away(struct rn_http_server *server, int fd);
void rn_conn_close(struct rn_conn *conn); /* at once */
/* Everything said: leave politely. `refused`: the peer is probably still sending. */
void rn_conn_finish(struct rn_conn *conn, bool refused);
void rn_conn_drop(struct rn_conn *conn); /* one hold */
/* Wait for `wait` from now on, and for nothing else. */
void rn_conn_wait(struct rn_conn *conn, enum rn_wait wait);
void rn_conn_expire(struct rn_http_server *server); /* all whose deadline has passed */
/* As rn_socket_send; not while is_sending. */
RN_MUST_USE rn_err rn_conn_send(struct rn_conn *conn, const rn_str *parts, size_t count);
void rn_conn_resume(struct rn_conn *conn); /* read on, if paused */
void rn_conn_later(struct rn_conn *conn);  /* protocol->wake() on a later turn of the loop */

/* What the wire tells, in the clear; each may end in rn_conn_close. A NULL room pauses until
 * wire.kind->resume. */
char *rn_conn_room(struct rn_conn *conn, size_t *ret_len);
void rn_conn_received(struct rn_conn *conn, size_t len);
void rn_conn_ended(struct rn_conn *conn, rn_err why);
void rn_conn_sent(struct rn_conn *conn);

/* Reading into `in`: room behind what is there (none left: paused), and its arrival. */
char *rn_conn_input_room(struct rn_conn *conn, size_t *ret_len);
void rn_conn_input_came(struct rn_conn *conn, size_t len);
void rn_conn_input_free(struct rn_conn *conn);

extern const struct rn_protocol rn_protocol_opening; /* opening.c */
/* Go on in HTTP/1 with the bytes that are there. http1.c */
void rn_http1_start(struct rn_conn *conn);
/* The same in HTTP/2: the bytes begin with its preface. http2.c */
void rn_http2_start(struct rn_conn *conn);

#endif
