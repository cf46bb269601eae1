"""Streams made, described, listed and deleted, and their shards."""
import time

from .session import ACCOUNT, HASH_KEY_MAX, arn, equal, seconds, shard_id


def a_created_stream_is_described_listed_and_gone_after_delete(s):
    name = s.stream(3)
    described = s.call("DescribeStream", StreamName=name)["StreamDescription"]
    equal((described["StreamName"], described["StreamARN"], described["StreamStatus"]), (name, arn(name), "ACTIVE"))
    equal((described["RetentionPeriodHours"], described["HasMoreShards"], described["EncryptionType"]), (24, False, "NONE"))
    equal(described["EnhancedMonitoring"], [{"ShardLevelMetrics": []}])
    assert abs(seconds(described["StreamCreationTimestamp"]) - time.time()) < 60
    equal([shard["ShardId"] for shard in described["Shards"]], [shard_id(i) for i in range(3)])
    assert name in s.call("ListStreams", Limit=10000)["StreamNames"]
    s.call("DeleteStream", StreamName=name)
    error = s.refused("DescribeStream", StreamName=name)
    equal((error.kind, error.message), ("ResourceNotFoundException", "Stream %s under account %s not found." % (name, ACCOUNT)))
    assert name not in s.call("ListStreams", Limit=10000)["StreamNames"]


def hash_ranges_cover_the_key_space_in_equal_parts(s):
    for count in (1, 2, 3, 5):
        name = s.stream(count)
        shards = s.call("DescribeStream", StreamName=name)["StreamDescription"]["Shards"]
        ranges = [(int(x["HashKeyRange"]["StartingHashKey"]), int(x["HashKeyRange"]["EndingHashKey"])) for x in shards]
        equal([start for start, _ in ranges], [i * (2 ** 128 // count) for i in range(count)])
        equal([end + 1 for _, end in ranges[:-1]], [start for start, _ in ranges[1:]])
        equal(ranges[-1][1], HASH_KEY_MAX)
        for shard in shards:
            assert "EndingSequenceNumber" not in shard["SequenceNumberRange"] and "ParentShardId" not in shard


def a_summary_counts_open_shards(s):
    name = s.stream(4)
    summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    equal((summary["StreamName"], summary["OpenShardCount"], summary["ConsumerCount"], summary["StreamStatus"]), (name, 4, 0, "ACTIVE"))
    equal(summary["StreamModeDetails"], {"StreamMode": "PROVISIONED"})


def a_name_is_taken_once(s):
    name = s.stream()
    error = s.refused("CreateStream", StreamName=name, ShardCount=1)
    equal((error.kind, error.message), ("ResourceInUseException", "Stream %s under account %s already exists." % (name, ACCOUNT)))


def a_name_can_be_used_again_and_shows_nothing_of_the_old_stream(s):
    name = s.stream()
    s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"old")
    s.call("DeleteStream", StreamName=name)
    s.call("CreateStream", StreamName=name, ShardCount=1)
    equal(s.read(name), [])


def an_on_demand_stream_starts_with_four_shards(s):
    name = s.prefix + "-on-demand"
    s.call("CreateStream", StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    equal((summary["OpenShardCount"], summary["StreamModeDetails"]), (4, {"StreamMode": "ON_DEMAND"}))


def streams_are_listed_in_pages_by_name(s):
    names = sorted(s.stream() for _ in range(5))
    found, last = [], names[0][:-1]
    while True:
        page = s.call("ListStreams", Limit=2, ExclusiveStartStreamName=last)
        found += page["StreamNames"]
        if not page["HasMoreStreams"] or not found[-1].startswith(s.prefix):
            break
        last = found[-1]
    equal([name for name in found if name in names], names)


def streams_are_listed_in_pages_with_a_token(s):
    names = sorted(s.stream() for _ in range(3))
    page = s.call("ListStreams", Limit=2, ExclusiveStartStreamName=names[0][:-1])
    equal((page["StreamNames"], page["HasMoreStreams"]), (names[:2], True))
    equal(s.call("ListStreams", Limit=1, NextToken=page["NextToken"])["StreamNames"], names[2:])


def a_list_of_streams_tells_the_mode_and_age_of_each(s):
    name = s.stream()
    described = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    page = s.call("ListStreams", ExclusiveStartStreamName=name[:-1], Limit=1)
    equal(page["StreamSummaries"], [{"StreamName": name, "StreamARN": arn(name), "StreamStatus": "ACTIVE",
                                     "StreamModeDetails": {"StreamMode": "PROVISIONED"},
                                     "StreamCreationTimestamp": described["StreamCreationTimestamp"]}])


def shards_are_described_in_pages(s):
    name = s.stream(5)
    first = s.call("DescribeStream", StreamName=name, Limit=2)["StreamDescription"]
    equal(([x["ShardId"] for x in first["Shards"]], first["HasMoreShards"]), ([shard_id(0), shard_id(1)], True))
    rest = s.call("DescribeStream", StreamName=name, Limit=3, ExclusiveStartShardId=shard_id(1))["StreamDescription"]
    equal(([x["ShardId"] for x in rest["Shards"]], rest["HasMoreShards"]), ([shard_id(2), shard_id(3), shard_id(4)], False))


def shards_are_listed_in_pages_with_a_token(s):
    name = s.stream(5)
    page = s.call("ListShards", StreamName=name, MaxResults=2)
    found = [x["ShardId"] for x in page["Shards"]]
    while page.get("NextToken"):
        page = s.call("ListShards", NextToken=page["NextToken"], MaxResults=2)
        found += [x["ShardId"] for x in page["Shards"]]
    equal(found, [shard_id(i) for i in range(5)])
    error = s.refused("ListShards", StreamName=name, NextToken="x")
    equal((error.kind, error.message), ("InvalidArgumentException", "NextToken and StreamName cannot be provided together."))


def shard_filters_choose_shards(s):
    name = s.stream(3)
    for kind in ("AT_LATEST", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON"):
        equal(len(s.call("ListShards", StreamName=name, ShardFilter={"Type": kind})["Shards"]), 3)
    for kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP"):
        equal(len(s.call("ListShards", StreamName=name, ShardFilter={"Type": kind, "Timestamp": time.time() - 5})["Shards"]), 3)
    after = s.call("ListShards", StreamName=name, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": shard_id(0)})["Shards"]
    equal([x["ShardId"] for x in after], [shard_id(1), shard_id(2)])


def a_stream_is_found_by_its_arn_as_by_its_name(s):
    name = s.stream()
    put = s.call("PutRecord", StreamARN=arn(name), PartitionKey="a", Data=b"x")
    equal(s.call("DescribeStream", StreamARN=arn(name))["StreamDescription"]["StreamName"], name)
    iterator = s.call("GetShardIterator", StreamARN=arn(name), ShardId=put["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    equal(len(s.call("GetRecords", ShardIterator=iterator, StreamARN=arn(name))["Records"]), 1)
    error = s.refused("DescribeStream", StreamARN=arn(name + "-none"))
    equal(error.kind, "ResourceNotFoundException")
