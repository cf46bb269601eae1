#!/usr/bin/python3
"""The model by itself, against the worked examples of the reference: it must be right without the server.

    test_oracle.py [WORD...]     only cases whose sentence holds one of the words
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import kinesis  # noqa: E402
import runner  # noqa: E402
import seqno  # noqa: E402
from stream import HOUR, even, shard_id, shard_index  # noqa: E402
from answers import Error, Mismatch, agree  # noqa: E402
from runner import case, equal  # noqa: E402
from shapes import Ms  # noqa: E402

NOW = 1700000000000
LIMITS = {"account-shards": 1000, "account-on-demand-streams": 50, "stream-tags": 50, "stream-shards": 1000, "stream-consumers": 20,
          "stream-consumers-creating": 5, "account-transitions": 5,
          "daily-UpdateShardCount": 10, "stream-warm-throughput": 10240}


def model(shards=1):
    made = kinesis.Kinesis(NOW, LIMITS)
    equal(made.answer("CreateStream", {"StreamName": "s", "ShardCount": shards}, {}), None)
    for shard in made.streams["s"].shards:
        shard.created_s = NOW // 1000
    return made


def refused(made, operation, body):
    answer = made.answer(operation, body, {})
    assert isinstance(answer, Error), answer
    return answer.body["__type"], answer.body.get("message", answer.body.get("Message"))


@case("sequence numbers have the layout of the worked examples")
def _():
    start = 49646437577108476416916876405825929425585429676275269634
    equal(seqno.start(1700000000, 0), start)
    equal(seqno.number(1700000000, 0, 1, 1700000005), 49646437577108476416916876405827138351405044649047359490)
    equal(seqno.end(1700000000, 0, 1700000100), 49646437577119626789516141717395488358902146099801227266)
    equal(seqno.start(1700000000, 1) - start, 22300745198530623141535718272648361505980432)
    made = seqno.decode("49646437577108476416916876405827138351405044649047359490")
    equal((made.version, made.created_s, made.time_s, made.index, made.ix), (2, 1700000000, 1700000005, 0, 1))
    equal(seqno.decode("0").version, 0)
    equal([seqno.decode(str(value)) for value in (1 << 185, (3 << 184) + 2, 9 ** 60)], [None] * 3)
    equal(seqno.decode(str(seqno.number(1700000000, 0xffffffff, 1, 1700000000))).index, -1)


@case("hash ranges and keys are those that were seen")
def _():
    equal([even(i, 3)[0] for i in range(3)],
          [0, 113427455640312821154458202477256070485, 226854911280625642308916404954512140970])
    equal(even(4, 5), (272225893536750770770699685945414569164, (1 << 128) - 1))
    for key, value in (("a", 16955237001963240173058271559858726497), ("key", 80325066489831061459460196859901989661),
                       ("é", 136732923097551493579404309126273812335)):
        equal(model().hash_key({"PartitionKey": key}), value)


@case("other shard counts leave as many shards as were seen")
def _():
    for before, after, total, left in ((4, 3, 11, [6, 9, 10]), (2, 4, 6, [2, 3, 4, 5]), (4, 2, 6, [4, 5]), (4, 5, 15, None)):
        made = model(before)
        made.answer("UpdateShardCount", {"StreamName": "s", "TargetShardCount": after, "ScalingType": "UNIFORM_SCALING"}, {})
        stream = made.streams["s"]
        equal((len(stream.shards), len(stream.open_shards())), (total, after))
        if left:
            equal([shard.index for shard in stream.open_shards()], left)


@case("shard ids are read as leniently as the service does")
def _():
    equal([shard_index(text) for text in ("123", "shard-0", "anything-0", "shardId-000000000007", "x", "2147483648", "-", "a-b")],
          [123, 0, 0, 7, None, None, None, None])
    equal(shard_id(-1), "shardId--00000000001")


@case("constraints are told in the words and the order of the recordings")
def _():
    equal(refused(model(), "PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": bytes(10485761)}),
          ("ValidationException", "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]' at 'data' "
           "failed to satisfy constraint: Member must have length less than or equal to 10485760"))
    equal(refused(model(), "DescribeStream", {"StreamName": "", "Limit": 0}),
          ("ValidationException", "3 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value "
           "greater than or equal to 1; Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression "
           "pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or "
           "equal to 1"))
    equal(refused(model(), "DescribeStream", {"StreamName": True}),
          ("SerializationException", "class java.lang.Boolean can not be converted to an String"))


@case("records come back in order, until they expire, and never again")
def _():
    made = model()
    for i in range(3):
        answer = made.answer("PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": b"%d" % i}, {})
        agree(answer["SequenceNumber"], str(seqno.number(NOW // 1000, 0, i + 1, NOW // 1000)))
        made.commit()
        made.now += 1000
    answer = made.answer("GetShardIterator", {"StreamName": "s", "ShardId": "0", "ShardIteratorType": "AT_TIMESTAMP",
                                              "Timestamp": Ms(NOW + 1)}, {})
    agree(answer["ShardIterator"], "AAAAAAAAAAEx")
    answer = made.answer("GetRecords", {"ShardIterator": "AAAAAAAAAAEx", "Limit": 1}, {})
    equal(([record["Data"] for record in answer["Records"]], answer["MillisBehindLatest"]), ([b"1"], 2000))
    for operation, hours, after in (("Increase", 25, 24 * HOUR - 2000), ("Decrease", 24, 1)):
        made.now += after
        made.answer(operation + "StreamRetentionPeriod", {"StreamName": "s", "RetentionPeriodHours": hours}, {})
    made.answer("IncreaseStreamRetentionPeriod", {"StreamName": "s", "RetentionPeriodHours": 48}, {})
    stream = made.streams["s"]
    equal([record.data for record in stream.shards[0].records if record.arrived >= stream.horizon(made.now)], [b"2"])


@case("answers that differ are refused: members, types, lengths, values")
def _():
    for wanted, got in (({"a": 1}, {"a": 1, "b": 2}), ({"a": 1}, {}), ({"a": True}, {"a": 1}), ([1], [1, 2]), (["x"], ["y"]), (None, {})):
        try:
            agree(wanted, got)
        except Mismatch:
            continue
        raise AssertionError("%r agrees with %r" % (wanted, got))


if __name__ == "__main__":
    sys.exit(runner.main())
