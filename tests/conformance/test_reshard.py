#!/usr/bin/python3
"""Splits, merges and other shard counts on the wire: texts, lineage, what puts and reads see meanwhile.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_reshard.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, clock_from, wait_until  # noqa: E402
from wire import CBOR, JSON, Signer, Wire  # noqa: E402

ACCOUNT = "000000000000"
KEYS = 1 << 128
INVALID = "InvalidArgumentException"
LIMIT = "LimitExceededException"

server = None  # without limits
wire = None
made = 0


def wire_of(some):
    return Wire(some.host, some.port, Signer(some.access_key, some.secret_key))


def call(operation, to=None, **members):
    response = (to or wire).call(operation, members)
    equal(response.status, 200, "%s %r: %r" % (operation, members, response))
    return response.value() if response.body else {}


def refused(operation, type_, message, members, to=None):
    for encoding in (JSON, CBOR):
        response = (to or wire).call(operation, members, encoding)
        equal((response.status, response.value()), (400, {"__type": type_, "message": message}), "%s %r" % (operation, members))


def stream(shards, to=None, **members):
    global made
    made += 1
    call("CreateStream", to, StreamName="r-%d" % made, ShardCount=shards, **members)
    return "r-%d" % made


def shard_id(index):
    return "shardId-%012d" % index


def shards_of(name, to=None):
    return call("ListShards", to, StreamName=name)["Shards"]


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def range_of(shard):
    return int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"])


def open_ids(name, to=None):
    return [shard["ShardId"] for shard in shards_of(name, to) if is_open(shard)]


def put(name, data, to=None, **members):
    return call("PutRecord", to, StreamName=name, Data=base64.b64encode(data).decode(), PartitionKey="k", **members)


def iterator(name, shard, type_="TRIM_HORIZON", to=None, **members):
    return call("GetShardIterator", to, StreamName=name, ShardId=shard, ShardIteratorType=type_, **members)["ShardIterator"]


def read(name, shard, type_="TRIM_HORIZON", to=None, **members):
    """Everything up to the tip or the end, and the last answer."""
    at, records = iterator(name, shard, type_, to, **members), []
    while True:
        answer = call("GetRecords", to, ShardIterator=at)
        equal("NextShardIterator" in answer, "ChildShards" not in answer, "one of the two")
        records += [base64.b64decode(record["Data"]) for record in answer["Records"]]
        at = answer.get("NextShardIterator")
        if not at or (not answer["Records"] and answer["MillisBehindLatest"] == 0):
            return records, answer


def assert_covered(shards):
    """The open shards hold every hash key once, and numbers rise from parents to children."""
    at = 0
    for low, high in sorted(range_of(shard) for shard in shards if is_open(shard)):
        equal(low, at)
        at = high + 1
    equal(at, KEYS)
    by_id = {shard["ShardId"]: shard for shard in shards}
    for shard in shards:
        for parent in (by_id.get(shard.get("ParentShardId")), by_id.get(shard.get("AdjacentParentShardId"))):
            if parent:
                assert int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) > \
                    int(parent["SequenceNumberRange"]["EndingSequenceNumber"]), (shard, parent)


# ---- what is refused, in the order of the checks ----

@case("members are told in the order of the service")
def _():
    pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    refused("SplitShard", "ValidationException",
            "3 validation errors detected: Value '01' at 'newStartingHashKey' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: 0|([1-9]\\d{0,38}); Value 'a b' at 'streamName' failed to satisfy constraint: %s; "
            "Value null at 'shardToSplit' failed to satisfy constraint: Member must not be null" % pattern,
            {"StreamName": "a b", "NewStartingHashKey": "01"})
    refused("MergeShards", "ValidationException",
            "3 validation errors detected: Value 'x y' at 'shardToMerge' failed to satisfy constraint: %s; Value null at "
            "'adjacentShardToMerge' failed to satisfy constraint: Member must not be null; Value 'a b' at 'streamName' failed to "
            "satisfy constraint: %s" % (pattern, pattern), {"StreamName": "a b", "ShardToMerge": "x y"})
    refused("UpdateShardCount", "ValidationException",
            "2 validation errors detected: Value '0' at 'targetShardCount' failed to satisfy constraint: Member must have value "
            "greater than or equal to 1; Value 'FAST' at 'scalingType' failed to satisfy constraint: Member must satisfy enum "
            "value set: [UNIFORM_SCALING]", {"StreamName": "a", "TargetShardCount": 0, "ScalingType": "FAST"})


@case("a shard id nobody can read is told before the stream is looked for")
def _():
    text = "Could not find shard what in stream nobody under account %s." % ACCOUNT
    refused("SplitShard", "ResourceNotFoundException", text,
            {"StreamName": "nobody", "ShardToSplit": "what", "NewStartingHashKey": "5"})
    for members in ({"ShardToMerge": "what", "AdjacentShardToMerge": "1"}, {"ShardToMerge": "1", "AdjacentShardToMerge": "what"}):
        refused("MergeShards", "ResourceNotFoundException", text, dict(members, StreamName="nobody"))
    text = "Stream nobody under account %s not found." % ACCOUNT
    refused("SplitShard", "ResourceNotFoundException", text,
            {"StreamName": "nobody", "ShardToSplit": "shard-0", "NewStartingHashKey": "5"})
    refused("MergeShards", "ResourceNotFoundException", text,
            {"StreamName": "nobody", "ShardToMerge": "0", "AdjacentShardToMerge": "1"})
    refused("UpdateShardCount", "ResourceNotFoundException", text,
            {"StreamName": "nobody", "TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"})


@case("a missing and a closed shard, a hash key that does not divide, and shards that do not adjoin")
def _():
    name = stream(3)
    missing = "Could not find shard shardId-000000000009 in stream %s under account %s." % (name, ACCOUNT)
    refused("SplitShard", "ResourceNotFoundException", missing,
            {"StreamName": name, "ShardToSplit": "9", "NewStartingHashKey": "5"})
    refused("MergeShards", "ResourceNotFoundException", missing,
            {"StreamName": name, "ShardToMerge": "0", "AdjacentShardToMerge": "9"})
    low, high = range_of(shards_of(name)[1])
    for key in (0, low, low + 1, high, KEYS - 1, KEYS + 5):
        refused("SplitShard", INVALID,
                "NewStartingHashKey %d used in SplitShard() on shard shardId-000000000001 in stream %s under account %s is not both "
                "greater than one plus the shard's StartingHashKey %d and less than the shard's EndingHashKey %d."
                % (key, name, ACCOUNT, low, high),
                {"StreamName": name, "ShardToSplit": "1", "NewStartingHashKey": str(key)})
    for lower, upper in ((0, 2), (1, 0), (1, 1), (2, 0)):
        refused("MergeShards", INVALID,
                "Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging"
                % (shard_id(lower), shard_id(upper), name, ACCOUNT),
                {"StreamName": name, "ShardToMerge": shard_id(lower), "AdjacentShardToMerge": shard_id(upper)})
    call("SplitShard", StreamName=name, ShardToSplit="1", NewStartingHashKey=str(low + 2))
    closed = ("Shard shardId-000000000001 in stream %s under account %s has already been merged or split, and thus is not eligible "
              "for merging or splitting." % (name, ACCOUNT))
    refused("SplitShard", INVALID, closed, {"StreamName": name, "ShardToSplit": "1", "NewStartingHashKey": str(low + 2)})
    refused("MergeShards", INVALID, closed, {"StreamName": name, "ShardToMerge": "0", "AdjacentShardToMerge": "1"})


@case("the shards of an on-demand stream are not the caller's matter")
def _():
    global made
    made += 1
    name = "r-%d" % made
    call("CreateStream", StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    text = "Request is invalid. Stream %s under account %s is in On-Demand mode." % (name, ACCOUNT)
    refused("SplitShard", "ValidationException", text, {"StreamName": name, "ShardToSplit": "0", "NewStartingHashKey": "5"})
    refused("MergeShards", "ValidationException", text, {"StreamName": name, "ShardToMerge": "0", "AdjacentShardToMerge": "1"})
    refused("UpdateShardCount", "ValidationException", text,
            {"StreamName": name, "TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"})


def limits_file(text):
    path = os.path.join(server.scratch, "limits-%d" % time.monotonic_ns())
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@case("limits: half to double, shards of a stream and of the account, each by its value")
def _():
    path = limits_file("account-shards = 12\nstream-shards = 9\naccount-transitions = off\n")
    with Server(["--limits", path]) as some:
        to = wire_of(some)
        name = stream(5, to)
        wish = {"StreamName": name, "ScalingType": "UNIFORM_SCALING"}
        refused("UpdateShardCount", LIMIT,
                "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 5 Target "
                "shard count: 2", dict(wish, TargetShardCount=2), to)
        refused("UpdateShardCount", LIMIT,
                "UpdateShardCount cannot scale stream %s under account %s beyond 9 shards. Current open shard count: 5 Target shard "
                "count: 10" % (name, ACCOUNT), dict(wish, TargetShardCount=10), to)
        lifted = to.send(headers=[("Content-Type", JSON), ("X-Amz-Target", "Runnel_20250101.SetLimits")],
                         body=b'{"Limits":{"stream-shards":"off"}}')
        equal(lifted.status, 200, repr(lifted))
        refused("UpdateShardCount", LIMIT,
                "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 5 Target "
                "shard count: 11", dict(wish, TargetShardCount=11), to)
        other = stream(6, to)
        account = ("This request would exceed the shard limit for the account %s in us-east-1. Current shard count for the account: "
                   "%d. Limit: 12. Number of additional shards that would have resulted from this request: %d. Refer to the AWS "
                   "Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "
                   "and how to request higher limits.")
        refused("UpdateShardCount", LIMIT, account % (ACCOUNT, 11, 5), dict(wish, TargetShardCount=10), to)
        call("SplitShard", to, StreamName=other, ShardToSplit="0", NewStartingHashKey="9")
        refused("SplitShard", LIMIT, account % (ACCOUNT, 12, 1),
                {"StreamName": other, "ShardToSplit": "1", "NewStartingHashKey": "5"}, to)
        call("MergeShards", to, StreamName=other, ShardToMerge="6", AdjacentShardToMerge="7")
        equal(call("UpdateShardCount", to, TargetShardCount=3, **wish),
              {"StreamName": name, "StreamARN": "arn:aws:kinesis:us-east-1:%s:stream/%s" % (ACCOUNT, name),
               "CurrentShardCount": 5, "TargetShardCount": 3})


@case("calls a second are limited")
def _():
    with Server(["--limits", limits_file("calls-SplitShard = 1\ncalls-UpdateShardCount = 1\n")]) as some:
        to = wire_of(some)
        name = stream(1, to)
        call("SplitShard", to, StreamName=name, ShardToSplit="0", NewStartingHashKey="100")
        answer = to.call("SplitShard", {"StreamName": name, "ShardToSplit": "1", "NewStartingHashKey": "50"}).value()
        equal(answer, {"__type": LIMIT, "message": "Rate exceeded for stream %s under account %s." % (name, ACCOUNT)})
        wish = {"StreamName": name, "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}
        call("UpdateShardCount", to, **wish)
        equal(to.call("UpdateShardCount", wish).value(),
              {"__type": LIMIT, "message": "Rate exceeded for stream %s under account %s." % (name, ACCOUNT)})


@case("another shard count is had ten times in 24 hours, one that is there already not counted")
def _():
    with Server(["--limits", limits_file("calls-UpdateShardCount = off\n")]) as some:
        to = wire_of(some)
        name = stream(1, to)
        for i in range(10):
            call("UpdateShardCount", to, StreamName=name, TargetShardCount=1 + (i + 1) % 2, ScalingType="UNIFORM_SCALING")
        call("UpdateShardCount", to, StreamName=name, TargetShardCount=1, ScalingType="UNIFORM_SCALING")
        some.restart()
        refused("UpdateShardCount", LIMIT,
                "Limit of 10 UpdateShardCount operations in 24 hours exceeded for stream %s under account %s." % (name, ACCOUNT),
                {"StreamName": name, "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}, to)


@case("no more shards close at once than one command has room for")
def _():
    with Server(["--limits", "off"]) as some:
        to = wire_of(some)
        name = stream(50001, to)
        refused("UpdateShardCount", LIMIT, "Stream %s under account %s cannot have more than 50000 shards closed at once, or more than "
                "4194304 shards opened in its life." % (name, ACCOUNT),
                {"StreamName": name, "TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"}, to)
        equal(call("DescribeStreamSummary", to, StreamName=name)["StreamDescriptionSummary"]["StreamStatus"], "ACTIVE")


# ---- lineage ----

@case("a split closes its parent and opens the lower and the upper part")
def _():
    name = stream(2)
    call("SplitShard", StreamName=name, ShardToSplit="shardId-000000000001", NewStartingHashKey=str(3 * KEYS // 4))
    shards = shards_of(name)
    assert_covered(shards)
    equal([(shard["ShardId"], is_open(shard), shard.get("ParentShardId"), shard.get("AdjacentParentShardId")) for shard in shards],
          [(shard_id(0), True, None, None), (shard_id(1), False, None, None), (shard_id(2), True, shard_id(1), None),
           (shard_id(3), True, shard_id(1), None)])
    equal(range_of(shards[2]), (KEYS // 2, 3 * KEYS // 4 - 1))
    equal(range_of(shards[3]), (3 * KEYS // 4, KEYS - 1))
    equal(call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["OpenShardCount"], 3)


@case("a merge has both parents, the lower first")
def _():
    name = stream(3)
    call("MergeShards", StreamName=name, ShardToMerge="1", AdjacentShardToMerge="2")
    shards = shards_of(name)
    assert_covered(shards)
    equal((shards[3]["ParentShardId"], shards[3]["AdjacentParentShardId"]), (shard_id(1), shard_id(2)))
    equal([is_open(shard) for shard in shards], [True, False, False, True])


@case("another shard count leaves the shards that the service leaves, evenly cut")
def _():
    for before, after, total, left in ((4, 3, 11, [6, 9, 10]), (2, 4, 6, [2, 3, 4, 5]), (4, 2, 6, [4, 5]), (4, 5, 15, None)):
        name = stream(before)
        answer = call("UpdateShardCount", StreamName=name, TargetShardCount=after, ScalingType="UNIFORM_SCALING")
        equal((answer["CurrentShardCount"], answer["TargetShardCount"]), (before, after))
        shards = shards_of(name)
        assert_covered(shards)
        equal(len(shards), total)
        equal(len(open_ids(name)), after)
        if left:
            equal(open_ids(name), [shard_id(index) for index in left])
        widths = [high - low for low, high in map(range_of, filter(is_open, shards))]
        assert max(widths) - min(widths) <= after, widths
    call("UpdateShardCount", StreamName=name, TargetShardCount=5, ScalingType="UNIFORM_SCALING")
    equal(len(shards_of(name)), 15, "nothing to do")


@case("from 1 to 1,000 shards in one call, and an ordered put to every one of them")
def _():
    name = stream(1)
    number = put(name, b"before")["SequenceNumber"]
    call("UpdateShardCount", StreamName=name, TargetShardCount=1000, ScalingType="UNIFORM_SCALING")
    shards = []
    token = {"StreamName": name}
    while token:
        answer = call("ListShards", **token)
        shards += answer["Shards"]
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else None
    assert_covered(shards)
    opened = [shard for shard in shards if is_open(shard)]
    equal(len(opened), 1000)
    for shard in opened:
        key = shard["HashKeyRange"]["StartingHashKey"]
        first = put(name, b"one", ExplicitHashKey=key, SequenceNumberForOrdering=number)
        equal(first["ShardId"], shard["ShardId"])
        second = put(name, b"two", ExplicitHashKey=key, SequenceNumberForOrdering=first["SequenceNumber"])
        assert int(number) < int(first["SequenceNumber"]) < int(second["SequenceNumber"])


# ---- reading over a reshard ----

@case("records stay where they were put, and the end of a shard names its children")
def _():
    name = stream(1)
    for i in range(5):
        last = put(name, b"parent %d" % i)
    call("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=str(KEYS // 2))
    where = put(name, b"child", ExplicitHashKey="7")
    equal(where["ShardId"], shard_id(1))
    assert int(where["SequenceNumber"]) > int(last["SequenceNumber"])
    records, end = read(name, shard_id(0))
    equal(records, [b"parent %d" % i for i in range(5)])
    equal(end["ChildShards"],
          [{"ShardId": shard_id(1), "ParentShards": [shard_id(0)],
            "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(KEYS // 2 - 1)}},
           {"ShardId": shard_id(2), "ParentShards": [shard_id(0)],
            "HashKeyRange": {"StartingHashKey": str(KEYS // 2), "EndingHashKey": str(KEYS - 1)}}])
    for type_, members in (("LATEST", {}), ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": last["SequenceNumber"]}),
                           ("AT_TIMESTAMP", {"Timestamp": time.time()})):
        records, end = read(name, shard_id(0), type_, **members)
        equal((records, len(end["ChildShards"])), ([], 2), type_)
    equal(read(name, shard_id(0), "AT_SEQUENCE_NUMBER", StartingSequenceNumber=last["SequenceNumber"])[0], [b"parent 4"])
    equal(read(name, shard_id(1))[0], [b"child"])
    call("MergeShards", StreamName=name, ShardToMerge="1", AdjacentShardToMerge="2")
    equal(read(name, shard_id(2))[1]["ChildShards"],
          [{"ShardId": shard_id(3), "ParentShards": [shard_id(1), shard_id(2)],
            "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(KEYS - 1)}}])


@case("an iterator from before the split goes on to the end, and LATEST of before finds later records")
def _():
    name = stream(1)
    latest = iterator(name, shard_id(0), "LATEST")
    put(name, b"late")
    call("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=str(KEYS // 2))
    answer = call("GetRecords", ShardIterator=latest)
    equal([base64.b64decode(record["Data"]) for record in answer["Records"]], [b"late"])
    while "NextShardIterator" in answer:
        answer = call("GetRecords", ShardIterator=answer["NextShardIterator"])
    equal(len(answer["ChildShards"]), 2)


@case("pieces that were used up on the way are closed, empty, and lead on to their children")
def _():
    name = stream(4)
    call("UpdateShardCount", StreamName=name, TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    shards = {shard["ShardId"]: shard for shard in shards_of(name)}
    for shard in shards.values():
        if not is_open(shard):
            records, end = read(name, shard["ShardId"])
            equal(records, [])
            for child in end["ChildShards"]:
                of = shards[child["ShardId"]]
                assert shard["ShardId"] in (of["ParentShardId"], of.get("AdjacentParentShardId"))


# ---- while it goes on ----

@case("meanwhile the stream is UPDATING, shows its old shards and takes records, and no other change")
def _():
    with Server(["--limits", "off", "--transition-delay", "1500ms"]) as some:
        to = wire_of(some)
        name = stream(1, to)
        wait_until(lambda: call("DescribeStreamSummary", to, StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE",
                   10, "the stream is there")
        call("SplitShard", to, StreamName=name, ShardToSplit="0", NewStartingHashKey="1000")
        equal(call("DescribeStream", to, StreamName=name)["StreamDescription"]["StreamStatus"], "UPDATING")
        equal(open_ids(name, to), [shard_id(0)])
        equal(put(name, b"still here", to)["ShardId"], shard_id(0))
        text = "Stream %s under account %s not ACTIVE, instead in state UPDATING" % (name, ACCOUNT)
        refused("SplitShard", "ResourceInUseException", text,
                {"StreamName": name, "ShardToSplit": "0", "NewStartingHashKey": "1000"}, to)
        refused("MergeShards", "ResourceInUseException", text,
                {"StreamName": name, "ShardToMerge": "0", "AdjacentShardToMerge": "1"}, to)
        refused("UpdateShardCount", "ResourceInUseException", text,
                {"StreamName": name, "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}, to)
        wait_until(lambda: len(open_ids(name, to)) == 2, 10, "the split is done")
        equal(call("DescribeStream", to, StreamName=name)["StreamDescription"]["StreamStatus"], "ACTIVE")


@case("a reshard goes on after a crash in its middle, and a stream can be deleted in it")
def _():
    with Server(["--limits", "off", "--transition-delay", "1s"]) as some:
        to = wire_of(some)
        name, other = stream(1, to), stream(1, to)
        active = "ACTIVE"
        for each in (name, other):
            wait_until(lambda: call("DescribeStreamSummary", to, StreamName=each)["StreamDescriptionSummary"]["StreamStatus"] ==
                       active, 10, "the stream is there")
        put(name, b"kept", to)
        call("SplitShard", to, StreamName=name, ShardToSplit="0", NewStartingHashKey="1000")
        call("SplitShard", to, StreamName=other, ShardToSplit="0", NewStartingHashKey="1000")
        some.kill()
        some.start()
        call("DeleteStream", to, StreamName=other)
        wait_until(lambda: len(open_ids(name, to)) == 2, 10, "the split is done")
        equal(read(name, shard_id(0), to=to)[0], [b"kept"])
        wait_until(lambda: other not in call("ListStreams", to)["StreamNames"], 10, "the other is gone")
        some.restart()
        equal(len(shards_of(name, to)), 3)
        assert_covered(shards_of(name, to))


@case("no put fails and none is lost while shards split and merge under it")
def _():
    name = stream(2)
    stop, failures, counts = threading.Event(), [], [0] * 4
    numbers = [[] for _ in counts]

    def write(who):
        to = wire_of(server)
        while not stop.is_set():
            answer = to.call("PutRecords", {"StreamName": name, "Records": [
                {"Data": base64.b64encode(b"%d %d" % (who, counts[who] + i)).decode(), "PartitionKey": "%d" % who}
                for i in range(20)]})
            value = answer.value()
            if answer.status != 200 or value["FailedRecordCount"]:
                failures.append(value)
                return
            numbers[who] += [int(record["SequenceNumber"]) for record in value["Records"]]
            counts[who] += 20

    writers = [threading.Thread(target=write, args=(who,)) for who in range(len(counts))]
    for writer in writers:
        writer.start()
    try:
        for round_ in range(30):
            shards = sorted(filter(is_open, shards_of(name)), key=range_of)
            if len(shards) < 6 and round_ % 3:
                low, high = range_of(shards[round_ % len(shards)])
                call("SplitShard", StreamName=name, ShardToSplit=shards[round_ % len(shards)]["ShardId"],
                     NewStartingHashKey=str((low + high) // 2))
            elif round_ % 2:
                call("UpdateShardCount", StreamName=name, TargetShardCount=3, ScalingType="UNIFORM_SCALING")
            else:
                call("MergeShards", StreamName=name, ShardToMerge=shards[0]["ShardId"], AdjacentShardToMerge=shards[1]["ShardId"])
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    equal(failures, [])
    for who, each in enumerate(numbers):
        assert all(a < b for a, b in zip(each, each[1:])), "numbers of one key rise"
    shards = shards_of(name)
    assert_covered(shards)
    seen = [[] for _ in counts]
    for shard in sorted(shards, key=lambda shard: shard["ShardId"]):
        for data in read(name, shard["ShardId"])[0]:
            who, count = map(int, data.split())
            seen[who].append(count)
    for who, each in enumerate(seen):
        equal(sorted(each), list(range(counts[who])), "writer %d" % who)
    assert min(counts) > 0, counts


@case("a closed shard is gone when its records have expired, its children keep its name")
def _():
    start = 1700000000
    with Server(["--limits", "off", "--auth", "off"], env=clock_from(start)) as some:
        to = Wire(some.host, some.port)
        name = stream(1, to)
        put(name, b"old", to)
        call("SplitShard", to, StreamName=name, ShardToSplit="0", NewStartingHashKey="1000")
        some.stop()
        some.env.update(clock_from(start + 25 * 3600))
        some.start()
        equal([(shard["ShardId"], shard["ParentShardId"]) for shard in shards_of(name, to)],
              [(shard_id(1), shard_id(0)), (shard_id(2), shard_id(0))])
        refused("GetShardIterator", "ResourceNotFoundException",
                "Shard %s in stream %s under account %s does not exist" % (shard_id(0), name, ACCOUNT),
                {"StreamName": name, "ShardId": shard_id(0), "ShardIteratorType": "TRIM_HORIZON"}, to)
        call("MergeShards", to, StreamName=name, ShardToMerge="1", AdjacentShardToMerge="2")
        equal([shard["ShardId"] for shard in shards_of(name, to)], [shard_id(1), shard_id(2), shard_id(3)])
        some.restart()
        equal([shard["ShardId"] for shard in shards_of(name, to)], [shard_id(1), shard_id(2), shard_id(3)])


@case("the server has survived all this and drains with code 0")
def _():
    equal(server.process.poll(), None, server.log())
    equal(server.stop(), 0, server.log())


def main():
    global server, wire
    with Server(["--limits", "off"]) as started:
        server = started
        wire = wire_of(server)
        return runner.main()


if __name__ == "__main__":
    sys.exit(main())
