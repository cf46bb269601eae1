/* runnel/client.h - a C client for the Kinesis Data Streams API: signed requests over HTTP(S).
 *
 * LIFE CYCLE   A config says where and as whom (runnel_config_load fills it from what the AWS CLI reads);
 *              a client talks to one endpoint and keeps its connection open between calls.
 * RETRIES      A call that met a broken connection, a 5xx or a throttle is tried again with growing, jittered
 *              pauses until `retry_ms` have passed (runnel_config_set, default 10,000).
 * ERRORS       Every call returns an enum runnel_err. RUNNEL_SERVICE: the service refused;
 *              runnel_client_error_type and _message then have its own words. On any error the
 *              outputs of the call are untouched.
 * THREADS      A config is read-only once a client was made from it. A client serves one thread at a
 *              time; different clients are independent.
 * Source: Amazon Kinesis Data Streams API reference, version 2013-12-02. */
#ifndef RUNNEL_CLIENT_H
#define RUNNEL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RUNNEL_API __attribute__((visibility("default")))

enum runnel_err {
    RUNNEL_OK = 0,
    RUNNEL_NOMEM,       /* out of memory */
    RUNNEL_USAGE,       /* an argument or setting is wrong */
    RUNNEL_NO_ENDPOINT, /* nothing names an endpoint: a client never guesses AWS */
    RUNNEL_NO_KEY,      /* no credentials were found */
    RUNNEL_UNREACHABLE, /* no connection, or it broke, until retries ran out */
    RUNNEL_DENIED,      /* the service does not know the key, the signature, or does not allow it */
    RUNNEL_THROTTLED,   /* over a limit, until retries ran out */
    RUNNEL_SERVICE,     /* the service answered another error */
    RUNNEL_PROTOCOL     /* the answer makes no sense */
};

/* A short text; never NULL; static. */
RUNNEL_API const char *runnel_err_text(enum runnel_err err);
/* "0.1.0"; static. */
RUNNEL_API const char *runnel_version(void);

/* ---- config ------------------------------------------------------------------------------- */

struct runnel_config;

/* An empty one, or NULL when memory ends. The caller frees it, at any time after use. */
RUNNEL_API struct runnel_config *runnel_config_new(void);
RUNNEL_API void runnel_config_free(struct runnel_config *config); /* NULL is fine */

/* Set one value; `value` is copied. Names: endpoint (http://host:port), region, profile, access_key_id,
 * secret_access_key, session_token, ca_bundle (a PEM file), retry_ms, connect_timeout_ms, timeout_ms.
 * RUNNEL_USAGE: no such name, or not a number where one is wanted. */
RUNNEL_API enum runnel_err runnel_config_set(struct runnel_config *config, const char *name,
                                             const char *value);
/* The value, or NULL when unset; valid until the next change. */
RUNNEL_API const char *runnel_config_get(const struct runnel_config *config, const char *name);

/* Fill what is not set yet, in the AWS CLI's order: variables (AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL,
 * AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
 * AWS_CA_BUNDLE), then the profile in AWS_CONFIG_FILE (~/.aws/config) and
 * AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials). With no key anywhere and a loopback endpoint, the key in
 * `data_dir`/credentials is taken (NULL: the server's default data directory). A missing region becomes us-east-1 on a loopback endpoint.
 * RUNNEL_NO_ENDPOINT, RUNNEL_NO_KEY, RUNNEL_USAGE (a named profile is missing, no region):
 * runnel_config_message has the sentence for a human. */
RUNNEL_API enum runnel_err runnel_config_load(struct runnel_config *config, const char *data_dir);
/* Why the last set or load failed; "" otherwise. Valid until the next call on the config. */
RUNNEL_API const char *runnel_config_message(const struct runnel_config *config);

/* ---- client ------------------------------------------------------------------------------- */

struct runnel_client;

/* The config is copied. Makes no connection yet. RUNNEL_NOMEM, RUNNEL_NO_ENDPOINT, RUNNEL_NO_KEY. */
RUNNEL_API enum runnel_err runnel_client_new(const struct runnel_config *config,
                                             struct runnel_client **ret_client);
RUNNEL_API void runnel_client_free(struct runnel_client *client); /* NULL is fine */
/* Of the last failed call: the service's error type ("ResourceNotFoundException", "" when it was not the
 * service), and a sentence. Valid until the next call. */
RUNNEL_API const char *runnel_client_error_type(const struct runnel_client *client);
RUNNEL_API const char *runnel_client_error_message(const struct runnel_client *client);
/* A call under way in the client's thread, and every later one, ends soon with RUNNEL_UNREACHABLE.
 * Threads: any; also from a signal handler. */
RUNNEL_API void runnel_client_interrupt(struct runnel_client *client);

/* Any operation of the API by name, JSON in and out: "ListStreams", "{}". One with a dot names its target whole:
 * "Runnel_20250101.GetLimits". *ret_json is NUL-terminated,
 * "" for an empty answer, valid until the next call on this client. */
RUNNEL_API enum runnel_err runnel_client_call(struct runnel_client *client, const char *operation,
                                              const char *json, size_t json_bytes,
                                              const char **ret_json, size_t *ret_json_bytes);

/* ---- records ------------------------------------------------------------------------------ */

/* A batch of records for one PutRecords: at most 500 records and 10 MiB. */
struct runnel_batch;

RUNNEL_API struct runnel_batch *runnel_batch_new(void); /* NULL when memory ends */
RUNNEL_API void runnel_batch_free(struct runnel_batch *batch);
RUNNEL_API void runnel_batch_clear(struct runnel_batch *batch);
/* partition_key: UTF-8, 1 to 256 code points; data: 0 bytes to 10 MiB. Both are copied.
 * RUNNEL_USAGE: outside those bounds, or the batch is full (send it and add again); nothing was added. */
RUNNEL_API enum runnel_err runnel_batch_add(struct runnel_batch *batch, const char *partition_key,
                                            size_t partition_key_bytes, const void *data,
                                            size_t data_bytes);
RUNNEL_API size_t runnel_batch_count(const struct runnel_batch *batch);
RUNNEL_API bool runnel_batch_has_room(const struct runnel_batch *batch, size_t partition_key_bytes,
                                      size_t data_bytes);

/* Put the batch. Records that the service refused one by one (throttled, internal) are sent again until retry_ms
 * passed; those still refused are left, marked, and *ret_failed counts them (RUNNEL_OK all the same).
 * Record i was acknowledged, durably, iff runnel_batch_sequence_number(i) is not NULL. When a call fails as a
 * whole, records that were acknowledged before that stay marked so. */
RUNNEL_API enum runnel_err runnel_put_records(struct runnel_client *client, const char *stream,
                                              struct runnel_batch *batch, size_t *ret_failed);
RUNNEL_API const char *runnel_batch_sequence_number(const struct runnel_batch *batch, size_t index);
RUNNEL_API const char *runnel_batch_shard_id(const struct runnel_batch *batch, size_t index);
RUNNEL_API const char *runnel_batch_error(const struct runnel_batch *batch,
                                          size_t index); /* code, or NULL */

/* What one GetRecords brought. */
struct runnel_page;

RUNNEL_API struct runnel_page *
runnel_page_new(void); /* NULL when memory ends; used again by each get */
RUNNEL_API void runnel_page_free(struct runnel_page *page);
/* limit: 1 to 10,000. */
RUNNEL_API enum runnel_err runnel_get_records(struct runnel_client *client,
                                              const char *shard_iterator, int limit,
                                              struct runnel_page *page);
RUNNEL_API size_t runnel_page_count(const struct runnel_page *page);
RUNNEL_API const char *
runnel_page_next_iterator(const struct runnel_page *page); /* NULL: the shard has ended */
RUNNEL_API int64_t runnel_page_millis_behind(const struct runnel_page *page);
/* The last page of a shard that was split or merged says which shards go on from there; 0 on every other page. */
RUNNEL_API size_t runnel_page_child_count(const struct runnel_page *page);
/* Views of the ids of child `index` and of its parents, valid until the page is used again; *ret_adjacent_parent is NULL
 * unless it came of a merge. Any output may be NULL. */
RUNNEL_API void runnel_page_child(const struct runnel_page *page, size_t index,
                                  const char **ret_shard_id, const char **ret_parent,
                                  const char **ret_adjacent_parent);

/* Views of record `index`, valid until the page is used again. Any output may be NULL. */
RUNNEL_API void runnel_page_record(const struct runnel_page *page, size_t index,
                                   const void **ret_data, size_t *ret_data_bytes,
                                   const char **ret_partition_key, const char **ret_sequence_number,
                                   int64_t *ret_arrival_ms);

/* type: "TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER" (sequence_number wanted) or
 * "AT_TIMESTAMP" (at_ms wanted). *ret_iterator is valid until the next call on this client. */
RUNNEL_API enum runnel_err runnel_get_shard_iterator(struct runnel_client *client,
                                                     const char *stream, const char *shard_id,
                                                     const char *type, const char *sequence_number,
                                                     int64_t at_ms, const char **ret_iterator);

/* ---- push --------------------------------------------------------------------------------- */

/* A registered consumer is pushed the records of every shard over calls that stay open (SubscribeToShard). A subscriber
 * keeps those calls: one that has ended, as each does after five minutes, is made again where it left off, and a shard
 * that was split or merged is read to its end before its children are. Over HTTP/2 they share one connection. */
struct runnel_subscriber;

/* Where to go on behind this page, as an AFTER_SEQUENCE_NUMBER: of pages that were pushed, but for the last of a shard. NULL
 * otherwise. Valid until the page is used again. */
RUNNEL_API const char *runnel_page_continuation(const struct runnel_page *page);

/* The client is lent: its credentials sign the calls, it lists the shards, and its error is that of the subscriber; so do not
 * use it while runnel_subscriber_run runs, and free it afterwards. `consumer_arn` and `stream` (a name) are copied.
 * RUNNEL_NOMEM; RUNNEL_USAGE: this libcurl lacks what is needed. The caller frees *ret_subscriber. */
RUNNEL_API enum runnel_err runnel_subscriber_new(struct runnel_client *client, const char *stream,
                                                 const char *consumer_arn,
                                                 struct runnel_subscriber **ret_subscriber);
RUNNEL_API void runnel_subscriber_free(struct runnel_subscriber *subscriber); /* NULL is fine */

/* What to read, told once, before the first run: all shards of the stream (shard_id NULL) or one of them, and whether to go on
 * with the children of those that end. Positions are those of runnel_get_shard_iterator; LATEST begins with the shards
 * that are open. The texts are copied. Lists the shards: the errors of a call; RUNNEL_USAGE: told twice, no such position,
 * or the stream has no such shard. */
RUNNEL_API enum runnel_err runnel_subscriber_begin(struct runnel_subscriber *subscriber,
                                                   const char *shard_id, const char *type,
                                                   const char *sequence_number, int64_t at_ms,
                                                   bool with_children);

/* Records as they come: `page` has those of one shard, and may have none. Shards take turns in any order, but for children behind
 * their parents. It is called in the thread that runs, keeps all shards waiting while it works, must not use the subscriber or its
 * client, and borrows both arguments for the call. False ends the run; the page counts as read. */
typedef bool (*runnel_on_page)(void *arg, const char *shard_id, const struct runnel_page *page);

/* Until every shard has ended or on_page returned false (RUNNEL_OK), runnel_client_interrupt (RUNNEL_UNREACHABLE), or
 * a failure. What time may heal (no connection, a rate, another reader that has just left) is tried again until retry_ms
 * have passed without a page; after such an error (RUNNEL_UNREACHABLE, RUNNEL_THROTTLED) it can be run again and goes on behind the
 * last pages. RUNNEL_SERVICE: the service refused, as with ResourceInUseException when somebody else reads as this consumer. */
RUNNEL_API enum runnel_err runnel_subscriber_run(struct runnel_subscriber *subscriber,
                                                 runnel_on_page on_page, void *arg);

#ifdef __cplusplus
}
#endif

#endif
