#!/usr/bin/python3
"""Retention down to the record: what readers get as time goes by and as hours are changed.

A server whose clock the test sets by restarting it; every case has a stream of its own. The last line counts.
    tests/conformance/test_retention.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, clock_from  # noqa: E402
from wire import Wire  # noqa: E402

START = 1800000000
HOUR = 3600
KEYS = 1 << 128


class Travelling:
    """A server at a time of the test's choosing, and one stream in it."""

    def __enter__(self):
        self.server = Server(["--auth", "off", "--limits", "off"], start=False)
        self.server.__enter__()
        self.travel(0)
        self.call("CreateStream", StreamName="s", ShardCount=1)
        return self

    def __exit__(self, *why):
        return self.server.__exit__(*why)

    def travel(self, hours):
        if self.server.process:
            equal(self.server.stop(), 0, self.server.log())
        self.server.env = clock_from(START + hours * HOUR)
        self.server.start()
        self.wire = Wire(self.server.host, self.server.port)

    def call(self, operation, **members):
        response = self.wire.call(operation, members)
        equal(response.status, 200, "%s %r: %r" % (operation, members, response))
        return response.value() if response.body else {}

    def put(self, data, **members):
        return self.call("PutRecord", StreamName="s", PartitionKey="k", Data=base64.b64encode(data).decode(),
                         **members)["SequenceNumber"]

    def keep(self, hours):
        kept = self.call("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["RetentionPeriodHours"]
        direction = "Increase" if hours > kept else "Decrease"
        self.call(direction + "StreamRetentionPeriod", StreamName="s", RetentionPeriodHours=hours)

    def iterator(self, type_="TRIM_HORIZON", shard="0", **members):
        return self.call("GetShardIterator", StreamName="s", ShardId=shard, ShardIteratorType=type_,
                         **members)["ShardIterator"]

    def read(self, at=None):
        """What one call gives: data, and how far behind that is."""
        page = self.call("GetRecords", ShardIterator=at or self.iterator())
        return [base64.b64decode(record["Data"]) for record in page["Records"]], page["MillisBehindLatest"]

    def shards(self, **members):
        return [shard["ShardId"][-1] for shard in self.call("ListShards", StreamName="s", **members)["Shards"]]


@case("each record goes when it is old enough, and no other with it")
def _():
    with Travelling() as some:
        for hours in (0, 1, 2):
            some.travel(hours)
            some.put(b"%d" % hours)
        some.travel(23.9)
        equal(some.read(), ([b"0", b"1", b"2"], 0))
        some.travel(24.1)
        equal(some.read(), ([b"1", b"2"], 0))
        some.travel(25.1)
        equal(some.read(), ([b"2"], 0))
        some.travel(26.1)
        equal(some.read(), ([], 0))


@case("a shorter retention counts at once, and a longer one brings nothing back, also after restarts")
def _():
    with Travelling() as some:
        some.keep(72)
        some.put(b"a")
        some.travel(30)
        some.put(b"b")
        equal(some.read(), ([b"a", b"b"], 0))
        some.keep(24)
        equal(some.read(), ([b"b"], 0))
        some.keep(48)
        equal(some.read(), ([b"b"], 0))
        some.travel(31)
        equal(some.read(), ([b"b"], 0))
        some.travel(30 + 47)  # longer than the 24 hours of before
        equal(some.read(), ([b"b"], 0))
        some.travel(30 + 49)
        equal(some.read(), ([], 0))


@case("an iterator at or behind a record that is gone goes on at the oldest that is left")
def _():
    with Travelling() as some:
        gone = some.put(b"gone")
        some.travel(2)
        some.put(b"left")
        some.travel(24.5)
        for type_ in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
            equal(some.read(some.iterator(type_, StartingSequenceNumber=gone)), ([b"left"], 0), type_)


@case("a time before the horizon is the horizon, one behind it is exact, to the millisecond")
def _():
    with Travelling() as some:
        some.put(b"gone")
        some.travel(2)
        some.put(b"first")
        some.put(b"second")
        some.travel(24.5)
        page = some.call("GetRecords", ShardIterator=some.iterator())
        times = [record["ApproximateArrivalTimestamp"] for record in page["Records"]]
        equal(some.read(some.iterator("AT_TIMESTAMP", Timestamp=START)), ([b"first", b"second"], 0))
        equal(some.read(some.iterator("AT_TIMESTAMP", Timestamp=times[0])), ([b"first", b"second"], 0))
        equal(some.read(some.iterator("AT_TIMESTAMP", Timestamp=times[1] + 0.001)), ([], 0))
        if times[1] > times[0]:
            equal(some.read(some.iterator("AT_TIMESTAMP", Timestamp=times[1])), ([b"second"], 0))


@case("an iterator from TRIM_HORIZON is where the horizon is when it is read")
def _():
    with Travelling() as some:
        some.put(b"gone")
        some.travel(0.05)
        some.put(b"left")
        some.travel(23.98)
        at = some.iterator()
        equal(some.read(at), ([b"gone", b"left"], 0))
        some.travel(24.02)  # within the five minutes that an iterator lives
        equal(some.read(at), ([b"left"], 0))


@case("a reader that is where records expire steps over them, and LATEST waits where it is")
def _():
    with Travelling() as some:
        for i in range(3):
            some.put(b"%d" % i)
        some.travel(23.98)
        page = some.call("GetRecords", ShardIterator=some.iterator(), Limit=1)
        latest = some.iterator("LATEST")
        some.travel(24.02)
        equal(some.read(page["NextShardIterator"]), ([], 0))
        some.put(b"new")
        equal(some.read(page["NextShardIterator"]), ([b"new"], 0))
        equal(some.read(latest), ([b"new"], 0))


@case("fewer hours take closed shards away at once, and the description tells the hours")
def _():
    with Travelling() as some:
        some.keep(72)
        some.put(b"old")
        some.call("SplitShard", StreamName="s", ShardToSplit="0", NewStartingHashKey=str(KEYS // 2))
        some.travel(30)
        some.put(b"new", ExplicitHashKey="0")
        equal(some.shards(), ["0", "1", "2"])
        equal(some.shards(ShardFilter={"Type": "AT_TRIM_HORIZON"}), ["0"])
        some.keep(24)
        described = some.call("DescribeStream", StreamName="s")["StreamDescription"]
        equal(described["RetentionPeriodHours"], 24)
        equal([shard["ShardId"][-1] for shard in described["Shards"]], ["1", "2"])
        equal(some.shards(), ["1", "2"])
        equal(some.shards(ShardFilter={"Type": "AT_TRIM_HORIZON"}), ["1", "2"])
        equal(some.shards(ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": START}), ["1", "2"])
        response = some.wire.call("GetShardIterator", {"StreamName": "s", "ShardId": "0", "ShardIteratorType": "LATEST"})
        equal(response.value(), {"__type": "ResourceNotFoundException", "message":
                                 "Shard shardId-000000000000 in stream s under account 000000000000 does not exist"})
        equal(some.read(some.iterator(shard="1")), ([b"new"], 0))
        some.keep(72)
        equal(some.shards(), ["1", "2"], "more hours bring nothing back")
        some.travel(31)
        equal(some.shards(), ["1", "2"])


@case("an iterator into a closed shard finds its end when the records before it are gone, and then no shard")
def _():
    with Travelling() as some:
        some.put(b"old")
        some.travel(0.05)
        some.call("SplitShard", StreamName="s", ShardToSplit="0", NewStartingHashKey=str(KEYS // 2))
        some.travel(23.98)
        at = some.iterator()
        some.travel(24.02)
        page = some.call("GetRecords", ShardIterator=at)
        equal((page["Records"], len(page["ChildShards"]), "NextShardIterator" in page), ([], 2, False))
        some.travel(24.06)
        response = some.wire.call("GetRecords", {"ShardIterator": at})
        equal(response.value()["__type"], "ResourceNotFoundException")


if __name__ == "__main__":
    sys.exit(runner.main())
