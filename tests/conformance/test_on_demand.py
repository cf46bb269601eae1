#!/usr/bin/python3
"""On-demand streams on a running server follow their load, at periods shortened for the test.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_on_demand.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, wait_until  # noqa: E402
from wire import Wire  # noqa: E402

DATA = base64.b64encode(bytes(2000)).decode()
SECONDS = 15


class Stream:
    """An on-demand stream that is put to on one connection."""

    def __init__(self, server, low, high):
        self.wire = Wire(server.host, server.port)
        self.low, self.high = low, high
        self.random = random.Random(4)
        self.put_count = 0
        self.call("CreateStream", StreamName="d", StreamModeDetails={"StreamMode": "ON_DEMAND"})
        equal(len(self.open()), 4)

    def call(self, operation, **members):
        response = self.wire.call(operation, members)
        equal(response.status, 200, repr(response))
        return response.value() if response.body else {}

    def shards(self):
        return self.call("ListShards", StreamName="d")["Shards"]

    def open(self):
        return [(int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"]))
                for shard in self.shards() if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]

    def put(self, count=20):
        records = [{"Data": DATA, "PartitionKey": "k", "ExplicitHashKey": str(self.random.randrange(self.low, self.high))}
                   for _ in range(count)]
        equal(self.call("PutRecords", StreamName="d", Records=records)["FailedRecordCount"], 0)
        self.put_count += count

    def put_until(self, condition, pause):
        """Put at a pace until the condition holds; False after SECONDS."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.put()
            time.sleep(pause)
        return True

    def read_all(self):
        count = 0
        for shard in self.shards():
            at = self.call("GetShardIterator", StreamName="d", ShardId=shard["ShardId"],
                           ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while at:
                answer = self.call("GetRecords", ShardIterator=at)
                count += len(answer["Records"])
                if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                    break
                at = answer.get("NextShardIterator")
        return count


def serve(*arguments):
    return Server(["--auth", "off", "--limits", "off", "--on-demand-period", "1s", *arguments])


@case("a hot key range in one shard is divided within seconds, and nothing that was put is lost")
def _():
    low = 1 << 126
    with serve() as server:
        stream = Stream(server, low, low + (1 << 110))
        assert stream.put_until(lambda: sum(a <= stream.high and b >= stream.low for a, b in stream.open()) >= 2, 0.02), \
            stream.open()
        equal(stream.read_all(), stream.put_count)
        at = 0
        for a, b in sorted(stream.open()):
            equal(a, at)
            at = b + 1
        equal(at, 1 << 128)


@case("load on all shards makes more of them, which a restart keeps")
def _():
    with serve() as server:
        stream = Stream(server, 0, 1 << 128)
        assert stream.put_until(lambda: len(stream.open()) >= 8, 0), stream.open()
        equal(stream.read_all(), stream.put_count)
        count = len(stream.open())
        server.restart()
        assert len(stream.open()) >= count
        equal(stream.read_all(), stream.put_count)


@case("warm throughput is there before the load, and goes when a quiet day has passed without it")
def _():
    with Server(["--auth", "off", "--limits", "off", "--on-demand-period", "10ms"]) as server:
        stream = Stream(server, 0, 1 << 128)
        stream.call("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})
        arn = stream.call("DescribeStreamSummary", StreamName="d")["StreamDescriptionSummary"]["StreamARN"]
        stream.call("UpdateStreamWarmThroughput", StreamARN=arn, WarmThroughputMiBps=9)
        wait_until(lambda: len(stream.open()) == 9, SECONDS, "nine shards")
        stream.call("UpdateStreamWarmThroughput", StreamARN=arn, WarmThroughputMiBps=1)
        wait_until(lambda: len(stream.open()) == 4, 3 * SECONDS, "four shards again")  # a day has 14.4 s
        equal(stream.read_all(), 0)


@case("a provisioned stream stays as it is")
def _():
    with serve() as server:
        stream = Stream(server, 0, 1 << 128)
        stream.call("CreateStream", StreamName="p", ShardCount=1)
        records = [{"Data": DATA, "PartitionKey": str(i)} for i in range(100)]

        def put_to_both():
            equal(stream.call("PutRecords", StreamName="p", Records=records)["FailedRecordCount"], 0)
            return len(stream.open()) > 4
        assert stream.put_until(put_to_both, 0), "the other stream grew"
        equal(len(stream.call("ListShards", StreamName="p")["Shards"]), 1)


if __name__ == "__main__":
    sys.exit(runner.main())
