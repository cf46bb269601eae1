/* consumer.c - which consumer of a stream does a name, a uid or an ARN mean? */
#include "control/state.h"

const struct rn_consumer *rn_stream_consumer(const struct rn_stream *stream, rn_str name)
{
    size_t low = 0, high = stream->consumer_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = rn_str_cmp(stream->consumers[middle].name, name);

        if (order == 0) {
            return &stream->consumers[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct rn_consumer *rn_stream_consumer_uid(const struct rn_stream *stream, uint64_t uid)
{
    for (size_t i = 0; i < stream->consumer_count; i++) {
        if (stream->consumers[i].uid == uid) {
            return &stream->consumers[i];
        }
    }
    return NULL;
}

const struct rn_consumer *rn_stream_consumer_of_arn(const struct rn_stream *stream,
                                                    const struct rn_arn *arn)
{
    const struct rn_consumer *consumer = rn_stream_consumer(stream, arn->consumer);

    return consumer && rn_consumer_created_s(consumer) == arn->consumer_created_s ? consumer : NULL;
}
