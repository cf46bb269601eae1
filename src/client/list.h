/* list.h - whole listings: the pages of ListStreams and ListShards as calls to a function, and the summary of a stream. */
#ifndef RN_CLIENT_LIST_H
#define RN_CLIENT_LIST_H

#include "client/client.h"
#include "model/shard.h"

enum { RN_LISTED_ID_BYTES = 136, RN_LISTED_NUMBER_BYTES = 136 };

struct rn_listed_shard {
    char id[RN_LISTED_ID_BYTES], parent[RN_LISTED_ID_BYTES],
        adjacent_parent[RN_LISTED_ID_BYTES]; /* "": none */
    char start_hash_key[RN_HASH_KEY_TEXT_BYTES], end_hash_key[RN_HASH_KEY_TEXT_BYTES];
    char start_number[RN_LISTED_NUMBER_BYTES],
        end_number[RN_LISTED_NUMBER_BYTES]; /* end "": open */
    bool closed;
};

struct rn_listed_stream {
    rn_str name, arn, status, mode; /* while the function runs */
    int64_t created_ms;
};

/* Each shard of the stream once, in the order of the service. */
enum runnel_err rn_list_shards(struct runnel_client *client, const char *stream,
                               void (*each)(void *arg, const struct rn_listed_shard *shard),
                               void *arg);
/* Each stream of the account once, by name. */
enum runnel_err rn_list_streams(struct runnel_client *client,
                                void (*each)(void *arg, const struct rn_listed_stream *stream),
                                void *arg);

#endif
