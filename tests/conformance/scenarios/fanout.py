"""Enhanced fan-out: records of a shard pushed to a consumer."""
import contextlib
import time

from .session import ACCOUNT, HASH_KEY_MAX, arn, equal, seconds, shard_id


def consumer(s, stream, name="reader"):
    return s.call("RegisterStreamConsumer", StreamARN=arn(stream), ConsumerName=name)["Consumer"]["ConsumerARN"]


def put(s, stream, data, **members):
    return s.call("PutRecord", StreamName=stream, PartitionKey="k", Data=data, **members)["SequenceNumber"]


def datas(records):
    return [record["Data"] for record in records]


def a_record_is_pushed_as_it_was_put(s):
    name = s.stream()
    with s.subscription(consumer(s, name)) as events:
        data = bytes(range(256))
        number = s.call("PutRecord", StreamName=name, PartitionKey="schlüssel", Data=data)["SequenceNumber"]
        (record,), event = events.records(1)
        assert abs(seconds(record.pop("ApproximateArrivalTimestamp")) - time.time()) < 60
        equal(record, {"SequenceNumber": number, "PartitionKey": "schlüssel", "Data": data})
        equal((event["ContinuationSequenceNumber"], event["MillisBehindLatest"], "ChildShards" in event), (number, 0, False))


def a_subscription_begins_where_it_is_told_to(s):
    name = s.stream()
    numbers = [put(s, name, b"%d" % i) for i in range(4)]
    for kind, members, first in (("TRIM_HORIZON", {}, 0), ("AT_SEQUENCE_NUMBER", {"SequenceNumber": numbers[2]}, 2),
                                 ("AFTER_SEQUENCE_NUMBER", {"SequenceNumber": numbers[2]}, 3),
                                 ("AT_TIMESTAMP", {"Timestamp": time.time() - 3600}, 0)):
        with s.subscription(consumer(s, name, kind), kind, **members) as events:
            equal(datas(events.records(4 - first)[0]), [b"%d" % i for i in range(first, 4)])


def many_and_large_records_are_pushed_in_order(s):
    name = s.stream()
    wanted = [b"%d " % i + b"x" * 4000 for i in range(400)] + [b"\xff" * (1048576 - 1)]
    with s.subscription(consumer(s, name)) as events:
        s.call("PutRecords", StreamName=name, Records=[{"PartitionKey": "k", "Data": data} for data in wanted[:-1]])
        put(s, name, wanted[-1])
        assert datas(events.records(len(wanted))[0]) == wanted, "not what was put"


def subscriptions_of_many_shards_and_consumers_go_on_side_by_side(s):
    name = s.stream(3)
    starts = [i * 2 ** 128 // 3 + 9 for i in range(3)]
    with contextlib.ExitStack() as stack:
        every = [(shard, stack.enter_context(s.subscription(arn_of_one, shard=shard)))
                 for arn_of_one in [consumer(s, name, "c%d" % i) for i in range(2)] for shard in range(3)]
        for turn in range(3):
            for shard in range(3):
                put(s, name, b"%d %d" % (shard, turn), ExplicitHashKey=str(starts[shard]))
        for shard, events in every:
            equal(datas(events.records(3)[0]), [b"%d %d" % (shard, turn) for turn in range(3)])


def a_subscription_whose_time_is_over_is_continued(s):
    name = s.stream()
    with s.served_with("--subscription-time", "1s"):
        reader = s.call_again("RegisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")["Consumer"]["ConsumerARN"]
        with s.subscription(reader) as events:
            put(s, name, b"first")
            (first,), event = events.records(1)
            while event:
                last, event = event, events.event()
        equal(first["Data"], b"first")
        put(s, name, b"between")
        with s.subscription(reader, "AFTER_SEQUENCE_NUMBER", SequenceNumber=last["ContinuationSequenceNumber"]) as events:
            put(s, name, b"then")
            equal(datas(events.records(2)[0]), [b"between", b"then"])
            equal(events.event(), None)


def the_end_of_a_closed_shard_is_pushed_with_its_children(s):
    name = s.stream()
    with s.subscription(consumer(s, name)) as events:
        put(s, name, b"last")
        s.call("SplitShard", StreamName=name, ShardToSplit=shard_id(0), NewStartingHashKey=str(2 ** 127))
        found, event = [], {}
        while "ChildShards" not in event:
            event = events.event()
            found += datas(event["Records"])
        equal(found, [b"last"])
        assert not event.get("ContinuationSequenceNumber"), event
        equal(event["ChildShards"], [{"ShardId": shard_id(1), "ParentShards": [shard_id(0)],
                                      "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(2 ** 127 - 1)}},
                                     {"ShardId": shard_id(2), "ParentShards": [shard_id(0)],
                                      "HashKeyRange": {"StartingHashKey": str(2 ** 127), "EndingHashKey": str(HASH_KEY_MAX)}}])
        equal(events.event(), None)


def subscriptions_are_refused_in_the_services_words(s):
    name = s.stream()
    reader = consumer(s, name)
    latest = {"Type": "LATEST"}
    with s.subscription(reader):
        error = s.refused("SubscribeToShard", ConsumerARN=reader, ShardId=shard_id(0), StartingPosition=latest)
        equal(str(error), "ResourceInUseException: Another active subscription exists for this consumer: %s:%s:%s:reader"
              % (ACCOUNT, name, shard_id(0)))
    error = s.refused("SubscribeToShard", ConsumerARN=reader.replace("reader", "nobody"), ShardId=shard_id(0), StartingPosition=latest)
    equal(str(error), "ResourceNotFoundException: Consumer nobody, account %s not found." % ACCOUNT)
    error = s.refused("SubscribeToShard", ConsumerARN=reader, ShardId=shard_id(7), StartingPosition=latest)
    equal(str(error), "ResourceNotFoundException: Shard %s in stream %s under account %s does not exist" % (shard_id(7), name, ACCOUNT))


def a_consumer_or_stream_that_goes_ends_its_subscriptions_with_an_error(s):
    name = s.stream(2)
    reader, other = consumer(s, name), consumer(s, name, "other")
    with s.subscription(reader) as first, s.subscription(reader, shard=1) as second, s.subscription(other) as third:
        s.call("DeregisterStreamConsumer", ConsumerARN=reader)
        for events in (first, second):
            equal(str(events.broken()), "ResourceNotFoundException: Consumer reader, account %s not found." % ACCOUNT)
        put(s, name, b"x", ExplicitHashKey="0")
        equal(datas(third.records(1)[0]), [b"x"])
        s.call("DeleteStream", StreamName=name, EnforceConsumerDeletion=True)
        equal(str(third.broken()), "ResourceNotFoundException: Stream %s under account %s not found." % (name, ACCOUNT))
