/* kinesis_record.c - tables of the operations on records and iterators. */
#include "shape/kinesis_subscribe.h"
#include "shape/kinesis_types.h"

#define TEXT rn_kinesis_text
#define INTEGER rn_kinesis_integer
#define BOOLEAN rn_kinesis_boolean
#define TIMESTAMP rn_kinesis_timestamp

/* ---- requests --------------------------------------------------------------------------------- */

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_record_request, field, name, shape, required)
static const struct rn_member put_record_members[] = {
    ROW(sequence_number_for_ordering, "SequenceNumberForOrdering", rn_kinesis_sequence_number,
        false),
    ROW(partition_key, "PartitionKey", rn_kinesis_partition_key, true),
    ROW(explicit_hash_key, "ExplicitHashKey", rn_kinesis_hash_key, false),
    ROW(data, "Data", rn_kinesis_data, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(dry_run, "DryRun", BOOLEAN, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_put_record_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_put_record_request, "PutRecordInput", put_record_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_records_request_entry, field, name, shape, required)
static const struct rn_member put_records_entry_members[] = {
    ROW(partition_key, "PartitionKey", rn_kinesis_partition_key, true),
    ROW(explicit_hash_key, "ExplicitHashKey", rn_kinesis_hash_key, false),
    ROW(data, "Data", rn_kinesis_data, true),
};
static const struct rn_shape put_records_entry = RN_STRUCT_SHAPE(
    rn_kinesis_put_records_request_entry, "PutRecordsRequestEntry", put_records_entry_members);
static const struct rn_shape put_records_entries = {.kind = RN_LIST,
                                                    .item = &put_records_entry,
                                                    .has_min = true,
                                                    .has_max = true,
                                                    .min = 1,
                                                    .max = 500};
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_records_request, field, name, shape, required)
static const struct rn_member put_records_members[] = {
    ROW(records, "Records", put_records_entries, true),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(dry_run, "DryRun", BOOLEAN, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_put_records_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_put_records_request, "PutRecordsInput", put_records_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_get_shard_iterator_request, field, name, shape, required)
static const struct rn_member get_shard_iterator_members[] = {
    ROW(shard_id, "ShardId", rn_kinesis_shard_id, true),
    ROW(shard_iterator_type, "ShardIteratorType", rn_kinesis_shard_iterator_type, true),
    ROW(starting_sequence_number, "StartingSequenceNumber", rn_kinesis_sequence_number, false),
    ROW(stream_name, "StreamName", rn_kinesis_stream_name, false),
    ROW(timestamp, "Timestamp", TIMESTAMP, false),
    ROW(dry_run, "DryRun", BOOLEAN, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_get_shard_iterator_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_get_shard_iterator_request, "GetShardIteratorInput", get_shard_iterator_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_get_records_request, field, name, shape, required)
static const struct rn_member get_records_members[] = {
    ROW(limit, "Limit", rn_kinesis_limit, false),
    ROW(shard_iterator, "ShardIterator", rn_kinesis_shard_iterator, true),
    ROW(dry_run, "DryRun", BOOLEAN, false),
    ROW(stream_arn, "StreamARN", rn_kinesis_stream_arn, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_get_records_request_shape =
    RN_STRUCT_SHAPE(rn_kinesis_get_records_request, "GetRecordsInput", get_records_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_starting_position, field, name, shape, required)
static const struct rn_member starting_position_members[] = {
    ROW(type, "Type", rn_kinesis_shard_iterator_type, true),
    ROW(sequence_number, "SequenceNumber", rn_kinesis_sequence_number, false),
    ROW(timestamp, "Timestamp", TIMESTAMP, false),
};
static const struct rn_shape starting_position =
    RN_STRUCT_SHAPE(rn_kinesis_starting_position, "StartingPosition", starting_position_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_subscribe_to_shard_request, field, name, shape, required)
static const struct rn_member subscribe_to_shard_members[] = {
    ROW(consumer_arn, "ConsumerARN", rn_kinesis_consumer_arn, true),
    ROW(shard_id, "ShardId", rn_kinesis_shard_id, true),
    ROW(starting_position, "StartingPosition", starting_position, true),
    ROW(dry_run, "DryRun", BOOLEAN, false),
    ROW(stream_id, "StreamId", rn_kinesis_stream_id, false),
};
const struct rn_shape rn_kinesis_subscribe_to_shard_request_shape = RN_STRUCT_SHAPE(
    rn_kinesis_subscribe_to_shard_request, "SubscribeToShardInput", subscribe_to_shard_members);
#undef ROW

/* ---- replies ---------------------------------------------------------------------------------- */

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_record_reply, field, name, shape, required)
static const struct rn_member put_record_reply_members[] = {
    ROW(shard_id, "ShardId", TEXT, true),
    ROW(sequence_number, "SequenceNumber", TEXT, true),
    ROW(encryption_type, "EncryptionType", TEXT, false),
};
const struct rn_shape rn_kinesis_put_record_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_put_record_reply, "PutRecordOutput", put_record_reply_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_records_result_entry, field, name, shape, required)
static const struct rn_member put_records_result_members[] = {
    ROW(sequence_number, "SequenceNumber", TEXT, false),
    ROW(shard_id, "ShardId", TEXT, false),
    ROW(error_code, "ErrorCode", TEXT, false),
    ROW(error_message, "ErrorMessage", TEXT, false),
};
static const struct rn_shape put_records_result = RN_STRUCT_SHAPE(
    rn_kinesis_put_records_result_entry, "PutRecordsResultEntry", put_records_result_members);
static const struct rn_shape put_records_results = {.kind = RN_LIST, .item = &put_records_result};
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_put_records_reply, field, name, shape, required)
static const struct rn_member put_records_reply_members[] = {
    ROW(failed_record_count, "FailedRecordCount", INTEGER, false),
    ROW(records, "Records", put_records_results, true),
    ROW(encryption_type, "EncryptionType", TEXT, false),
};
const struct rn_shape rn_kinesis_put_records_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_put_records_reply, "PutRecordsOutput", put_records_reply_members);
#undef ROW

static const struct rn_member get_shard_iterator_reply_members[] = {
    RN_MEMBER(rn_kinesis_get_shard_iterator_reply, shard_iterator, "ShardIterator", TEXT, false),
};
const struct rn_shape rn_kinesis_get_shard_iterator_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_get_shard_iterator_reply, "GetShardIteratorOutput",
                    get_shard_iterator_reply_members);

#define ROW(field, name, shape, required) RN_MEMBER(rn_kinesis_record, field, name, shape, required)
static const struct rn_member record_members[] = {
    ROW(sequence_number, "SequenceNumber", TEXT, true),
    ROW(approximate_arrival_timestamp, "ApproximateArrivalTimestamp", TIMESTAMP, false),
    ROW(data, "Data", rn_kinesis_blob, true),
    ROW(partition_key, "PartitionKey", TEXT, false),
    ROW(encryption_type, "EncryptionType", TEXT, false),
};
static const struct rn_shape record = RN_STRUCT_SHAPE(rn_kinesis_record, "Record", record_members);
static const struct rn_shape records = {.kind = RN_LIST, .item = &record};
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_child_shard, field, name, shape, required)
static const struct rn_member child_shard_members[] = {
    ROW(shard_id, "ShardId", TEXT, true),
    ROW(parent_shards, "ParentShards", rn_kinesis_text_list, true),
    ROW(hash_key_range, "HashKeyRange", rn_kinesis_hash_range, true),
};
static const struct rn_shape child_shard =
    RN_STRUCT_SHAPE(rn_kinesis_child_shard, "ChildShard", child_shard_members);
static const struct rn_shape child_shards = {.kind = RN_LIST, .item = &child_shard};
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_get_records_reply, field, name, shape, required)
static const struct rn_member get_records_reply_members[] = {
    ROW(records, "Records", records, true),
    ROW(next_shard_iterator, "NextShardIterator", TEXT, false),
    ROW(millis_behind_latest, "MillisBehindLatest", rn_kinesis_long, false),
    ROW(child_shards, "ChildShards", child_shards, false),
};
const struct rn_shape rn_kinesis_get_records_reply_shape =
    RN_STRUCT_SHAPE(rn_kinesis_get_records_reply, "GetRecordsOutput", get_records_reply_members);
#undef ROW

#define ROW(field, name, shape, required) \
    RN_MEMBER(rn_kinesis_subscribe_to_shard_event, field, name, shape, required)
static const struct rn_member subscribe_to_shard_event_members[] = {
    ROW(records, "Records", records, true),
    ROW(continuation_sequence_number, "ContinuationSequenceNumber", TEXT, false),
    ROW(millis_behind_latest, "MillisBehindLatest", rn_kinesis_long, true),
    ROW(child_shards, "ChildShards", child_shards, false),
};
const struct rn_shape rn_kinesis_subscribe_to_shard_event_shape = RN_STRUCT_SHAPE(
    rn_kinesis_subscribe_to_shard_event, "SubscribeToShardEvent", subscribe_to_shard_event_members);
#undef ROW
