#!/usr/bin/python3
"""SubscribeToShard on the wire: framing, positions, ends, and what a second caller is told.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_subscribe.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import binascii
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import http2  # noqa: E402
import runner  # noqa: E402
from eventstream import Refused, Subscription  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, wait_until  # noqa: E402
from wire import CBOR, JSON, Signer, Wire  # noqa: E402

ACCOUNT = "000000000000"
SHARD = "shardId-000000000000"
INITIAL = binascii.unhexlify(
    "0000007200000060ab820d9e0b3a6576656e742d74797065070010696e697469616c2d726573706f6e73650d3a636f6e74656e742d747970"
    "6507001a6170706c69636174696f6e2f782d616d7a2d6a736f6e2d312e310d3a6d6573736167652d747970650700056576656e747b7dacae6b7d")
WAYS = (Subscription.http1, Subscription.http2)

server = None  # without limits
wire = None
made = 0


def wire_of(some):
    return Wire(some.host, some.port, Signer(some.access_key, some.secret_key))


def call(operation, to=None, **members):
    response = (to or wire).call(operation, members)
    equal(response.status, 200, repr(response))
    return response.value() if response.body else {}


def stream_arn(name):
    return "arn:aws:kinesis:us-east-1:%s:stream/%s" % (ACCOUNT, name)


def consumer(name, to=None, label="c"):
    return call("RegisterStreamConsumer", to, StreamARN=stream_arn(name), ConsumerName=label)["Consumer"]["ConsumerARN"]


def stream(to=None, shards=1):
    """(name, ARN of a consumer)"""
    global made
    made += 1
    name = "s-%d" % made
    call("CreateStream", to, StreamName=name, ShardCount=shards)
    return name, consumer(name, to)


def put(name, data, to=None, key="k", **more):
    return call("PutRecord", to, StreamName=name, PartitionKey=key, Data=base64.b64encode(data).decode(), **more)["SequenceNumber"]


def datas(records):
    return [base64.b64decode(record["Data"]) for record in records]


def attempt(arn, to=None, way=Subscription.http1, shard=SHARD, start="LATEST"):
    """`start`: the type, or the whole StartingPosition. None while somebody else has it."""
    position = {"Type": start} if isinstance(start, str) else start
    try:
        return way(to or wire, ConsumerARN=arn, ShardId=shard, StartingPosition=position).begin()
    except Refused as refusal:
        equal(refusal.response.value()["__type"], "ResourceInUseException")
        return None


def subscribe(arn, to=None, seconds=2, **more):
    """Whoever had it before has gone, but the server may not have heard of it yet."""
    return wait_until(lambda: attempt(arn, to, **more), seconds, "the place is free")


def sharing(h2, **more):
    return lambda to, **members: Subscription.http2(to, h2, **more, **members)


def after(number):
    return {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}


def refused(type_, message, to=None, **members):
    try:
        Subscription.http1(to or wire, **members)
    except Refused as refusal:
        equal((refusal.response.status, refusal.response.value()), (400, {"__type": type_, "message": message}), repr(members))
        equal(refusal.response.type, JSON)
    else:
        raise AssertionError("not refused: %r" % members)


# ---- framing ----

@case("head and initial response come at once, byte for byte, in HTTP/1.1 and HTTP/2")
def _():
    for way in WAYS:
        name, arn = stream()
        with way(wire, ConsumerARN=arn, ShardId=SHARD, StartingPosition={"Type": "LATEST"}) as events:
            equal(events.headers["content-type"], "application/vnd.amazon.eventstream")
            equal(len(events.headers["x-amzn-requestid"]), 36)
            assert "x-amz-id-2" in events.headers and "date" in events.headers, events.headers
            assert "content-length" not in events.headers
            while len(events.data) < len(INITIAL):
                events.data += events._more()
            equal(events.data, INITIAL)


@case("a record that is put arrives, with its number as the continuation")
def _():
    for way in WAYS:
        name, arn = stream()
        with subscribe(arn, way=way) as events:
            number = put(name, b"hello \xff", key="key")
            event = events.event()
            record = event["Records"][0]
            equal(sorted(event), ["ContinuationSequenceNumber", "MillisBehindLatest", "Records"])
            equal(sorted(record), ["ApproximateArrivalTimestamp", "Data", "PartitionKey", "SequenceNumber"])
            equal((record["SequenceNumber"], record["PartitionKey"], datas([record])), (number, "key", [b"hello \xff"]))
            assert abs(record["ApproximateArrivalTimestamp"] - time.time()) < 60
            equal((event["ContinuationSequenceNumber"], event["MillisBehindLatest"]), (number, 0))


@case("many records arrive in order, each once, over either protocol and from several events")
def _():
    for way in WAYS:
        name, arn = stream()
        wanted = [b"%d " % i + b"x" * 20000 for i in range(300)]
        for at in range(0, 300, 100):
            call("PutRecords", StreamName=name, Records=[{"PartitionKey": "k", "Data": base64.b64encode(data).decode()}
                                                         for data in wanted[at:at + 100]])
        with subscribe(arn, way=way, start="TRIM_HORIZON") as events:
            found, event = events.records(300)
            equal(datas(found), wanted)
            equal(event["MillisBehindLatest"], 0)


@case("one record of a mebibyte arrives whole")
def _():
    for way in WAYS:
        name, arn = stream()
        with subscribe(arn, way=way) as events:
            put(name, b"b" * 1048576)
            equal(datas(events.records(1)[0]), [b"b" * 1048576])


@case("a subscription in CBOR is answered with 500")
def _():
    name, arn = stream()
    response = wire.call("SubscribeToShard", {"ConsumerARN": arn, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}}, CBOR)
    equal((response.status, response.type, response.value()), (500, CBOR, {"__type": "InternalFailure"}))


@case("a browser may read the stream")
def _():
    name, arn = stream()
    connection = wire.connect()
    body = b'{"ConsumerARN":"%s","ShardId":"%s","StartingPosition":{"Type":"LATEST"}}' % (arn.encode(), SHARD.encode())
    connection.send(wire.request(headers=[("Content-Type", JSON), ("X-Amz-Target", "Kinesis_20131202.SubscribeToShard"),
                                          ("Origin", "http://a.page")], body=body))
    equal(connection.head()[2]["access-control-allow-origin"], "*")
    connection.close()


# ---- positions ----

@case("every starting position begins where it says")
def _():
    name, arn = stream()
    numbers = [put(name, b"%d" % i) for i in range(4)]
    moment = call("GetRecords", ShardIterator=call("GetShardIterator", StreamName=name, ShardId=SHARD,
                                                   ShardIteratorType="TRIM_HORIZON")["ShardIterator"])["Records"]
    first_number = call("DescribeStream", StreamName=name)["StreamDescription"]["Shards"][0]["SequenceNumberRange"][
        "StartingSequenceNumber"]
    rows = [("TRIM_HORIZON", 0),
            ({"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": numbers[2]}, 2),
            (after(numbers[2]), 3),
            ({"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": first_number}, 0),
            (after(first_number), 0),
            ({"Type": "AT_TIMESTAMP", "Timestamp": moment[0]["ApproximateArrivalTimestamp"]}, 0),
            ({"Type": "AT_TIMESTAMP", "Timestamp": 1.5}, 0)]
    for way in WAYS:
        for start, index in rows:
            with subscribe(arn, way=way, start=start) as events:
                equal(datas(events.records(4 - index)[0]), [b"%d" % i for i in range(index, 4)], repr(start))
    with subscribe(arn) as events:
        put(name, b"latest")
        equal(datas(events.records(1)[0]), [b"latest"])
    name, arn = stream()
    with subscribe(arn, start={"Type": "AT_TIMESTAMP", "Timestamp": time.time() - 0.01}) as events:  # it is rounded
        put(name, b"from now on")
        equal(datas(events.records(1)[0]), [b"from now on"])


@case("after any continuation the rest comes: nothing is lost, nothing repeated")
def _():
    name, arn = stream()
    wanted, found, start = [], [], "TRIM_HORIZON"
    for round_ in range(12):
        with subscribe(arn, way=WAYS[round_ % 2], start=start) as events:
            for _ in range(3):
                wanted.append(b"%d" % len(wanted))
                put(name, wanted[-1])
            event = events.event()
            found += datas(event["Records"])
            start = after(event["ContinuationSequenceNumber"])
    with subscribe(arn, start=start) as events:
        if len(found) < len(wanted):
            found += datas(events.records(len(wanted) - len(found))[0])
    equal(found, wanted)


@case("a silent shard is spoken of, and what follows that event is read from there on")
def _():
    name, arn = stream()
    number = put(name, b"before")
    for way in WAYS:
        with subscribe(arn, way=way) as events:
            event = events.event()
            equal(event, {"Records": [], "ContinuationSequenceNumber": number, "MillisBehindLatest": 0})
        put(name, b"between")
        with subscribe(arn, way=way, start=after(event["ContinuationSequenceNumber"])) as events:
            found, event = events.records(1)
            equal(datas(found), [b"between"])
            number = event["ContinuationSequenceNumber"]


@case("a server that was started again goes on after a continuation")
def _():
    with Server(["--limits", "off"]) as own:
        to = wire_of(own)
        name, arn = stream(to)
        put(name, b"one", to)
        with subscribe(arn, to, start="TRIM_HORIZON") as events:
            start = after(events.event()["ContinuationSequenceNumber"])
            equal(own.stop(), 0)
            equal(events.event(), None, "an orderly end")
        own.start()
        put(name, b"two", to)
        with subscribe(arn, to, start=start) as events:
            equal(datas(events.records(1)[0]), [b"two"])


# ---- refusals ----

@case("members are told in order, and what is wrong with each")
def _():
    clause = "Value null at '%s' failed to satisfy constraint: Member must not be null"
    refused("ValidationException", "3 validation errors detected: " + "; ".join(
        clause % member for member in ("consumerARN", "shardId", "startingPosition")))
    name, arn = stream()
    refused("ValidationException", "1 validation error detected: " + clause % "startingPosition.type",
            ConsumerARN=arn, ShardId=SHARD, StartingPosition={})
    refused("ValidationException",
            "1 validation error detected: Value 'NOW' at 'startingPosition.type' failed to satisfy constraint: Member must "
            "satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
            ConsumerARN=arn, ShardId=SHARD, StartingPosition={"Type": "NOW"})


@case("consumer, stream and shard that are not there are told apart")
def _():
    name, arn = stream()
    latest = {"Type": "LATEST"}
    refused("ResourceNotFoundException", "Consumer c, account %s not found." % ACCOUNT,
            ConsumerARN=stream_arn("nothing") + "/consumer/c:1", ShardId=SHARD, StartingPosition=latest)
    refused("ResourceNotFoundException", "Consumer d, account %s not found." % ACCOUNT,
            ConsumerARN=stream_arn(name) + "/consumer/d:1700000000", ShardId=SHARD, StartingPosition=latest)
    refused("ResourceNotFoundException", "Shard shardId-000000000007 in stream %s under account %s does not exist" % (name, ACCOUNT),
            ConsumerARN=arn, ShardId="shardId-000000000007", StartingPosition=latest)
    refused("ResourceNotFoundException", "Could not find shard shard-x in stream %s under account %s." % (name, ACCOUNT),
            ConsumerARN=arn, ShardId="shard-x", StartingPosition=latest)


@case("a consumer on its way is not ACTIVE yet")
def _():
    with Server(["--limits", "off"]) as own:
        name, _arn = stream(wire_of(own))
        equal(own.stop(), 0)
        own.arguments += ["--transition-delay", "10m"]
        own.start()
        coming = consumer(name, wire_of(own), "coming")
        refused("ResourceInUseException", "Consumer coming with creation timestamp %s under stream: %s , account %s is not in ACTIVE status."
                % (coming.split(":")[-1], name, ACCOUNT), wire_of(own), ConsumerARN=coming, ShardId=SHARD, StartingPosition={"Type": "LATEST"})


@case("positions that make no sense are refused as GetShardIterator refuses them")
def _():
    name, arn = stream()
    number = put(name, b"x")
    both = ("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) "
            "TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s StartingSequenceNumber.")
    invalid = "InvalidArgumentException"
    at = {"ConsumerARN": arn, "ShardId": SHARD}
    refused(invalid, both % ("LATEST", "also a"), StartingPosition={"Type": "LATEST", "SequenceNumber": number}, **at)
    refused(invalid, both % ("AFTER_SEQUENCE_NUMBER", "no"), StartingPosition={"Type": "AFTER_SEQUENCE_NUMBER"}, **at)
    refused(invalid, "StartingSequenceNumber %d used in SubscribeToShard on shard %s in stream %s under account %s is invalid." %
            (2 ** 185 * 2, SHARD, name, ACCOUNT), StartingPosition=after(str(2 ** 185 * 2)), **at)
    refused(invalid, "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no "
            "timestamp parameter.", StartingPosition={"Type": "AT_TIMESTAMP"}, **at)
    refused("DryRunOperationException", "Request would have succeeded, but DryRun flag is set.",
            StartingPosition=after(number), DryRun=True, **at)


@case("nothing is subscribed without a signature")
def _():
    name, arn = stream()
    response = wire.call("SubscribeToShard", {"ConsumerARN": arn, "ShardId": SHARD, "StartingPosition": {"Type": "LATEST"}}, signer=None)
    equal((response.status, response.value()["__type"]), (400, "MissingAuthenticationTokenException"))


# ---- who has it ----

@case("a second call within five seconds is refused, a later one takes over")
def _():
    name, arn = stream()
    words = "Another active subscription exists for this consumer: %s:%s:%s:c" % (ACCOUNT, name, SHARD)
    latest = {"Type": "LATEST"}
    with subscribe(arn) as first:
        began = time.monotonic()
        refused("ResourceInUseException", words, ConsumerARN=arn, ShardId=SHARD, StartingPosition=latest)
        with subscribe(consumer(name, label="other")) as other:
            with subscribe(arn, way=Subscription.http2, seconds=10) as second:
                assert time.monotonic() - began > 4.9
                equal(first.exception(), ("ResourceInUseException", words))
                equal(first.message(), None)
                put(name, b"to both")
                equal(datas(second.records(1)[0]), [b"to both"])
                equal(datas(other.records(1)[0]), [b"to both"])


@case("a client that went away leaves the place free at once")
def _():
    for way in WAYS:
        name, arn = stream()
        for _ in range(5):
            subscribe(arn, way=way).close()


@case("a stream that is reset in HTTP/2 leaves the place free, and the connection goes on")
def _():
    name, arn = stream()
    with http2.Http2(server.host, server.port) as h2:
        first = subscribe(arn, way=sharing(h2))
        h2.send(http2.RST_STREAM, 0, first.stream, b"\0\0\0\x08")
        assert h2.alive()
        second = subscribe(arn, way=sharing(h2))
        put(name, b"x")
        equal(datas(second.records(1)[0]), [b"x"])


@case("calls of a consumer and shard are counted")
def _():
    with Server([]) as own:
        to = wire_of(own)
        name, arn = stream(to)
        for _ in range(20):  # by the end of two of them within a second
            try:
                Subscription.http1(to, ConsumerARN=arn, ShardId=SHARD, StartingPosition={"Type": "LATEST"}).close()
            except Refused as refusal:
                value = refusal.response.value()
                if value["__type"] == "LimitExceededException":
                    equal(value["message"], "Rate exceeded for consumer c and shard %s in stream %s under account %s." % (SHARD, name, ACCOUNT))
                    return
                equal(value["__type"], "ResourceInUseException")
        raise AssertionError("never refused")


# ---- ends ----

@case("a subscription ends in an orderly way when its time is over, and the connection goes on")
def _():
    with Server(["--limits", "off", "--subscription-time", "1s"]) as own:
        to = wire_of(own)
        name, arn = stream(to)
        with subscribe(arn, to) as events:
            put(name, b"x", to)
            start = after(events.event()["ContinuationSequenceNumber"])
            equal(events.message(), None)
            events.connection.send(b"GET /-/ready HTTP/1.1\r\nHost: h\r\n\r\n")
            equal(events.connection.response().status, 200)
        with subscribe(arn, to, way=Subscription.http2, start=start) as events:
            equal(events.message(), None)
            assert events.h2.alive()


@case("a consumer that is deregistered loses its subscriptions")
def _():
    for way in WAYS:
        name, arn = stream()
        with subscribe(arn, way=way) as events, subscribe(consumer(name, label="kept"), way=way) as kept:
            call("DeregisterStreamConsumer", ConsumerARN=arn)
            equal(events.exception(), ("ResourceNotFoundException", "Consumer c, account %s not found." % ACCOUNT))
            equal(events.message(), None)
            put(name, b"x")
            equal(datas(kept.records(1)[0]), [b"x"])


@case("a stream that is deleted takes its subscriptions along")
def _():
    for way in WAYS:
        name, arn = stream()
        with subscribe(arn, way=way) as events:
            call("DeleteStream", StreamName=name, EnforceConsumerDeletion=True)
            equal(events.exception(), ("ResourceNotFoundException", "Stream %s under account %s not found." % (name, ACCOUNT)))
            equal(events.message(), None)


@case("the end of a shard is told by its children, behind its last record")
def _():
    for way in WAYS:
        for start in ("TRIM_HORIZON", "LATEST"):
            name, arn = stream()
            put(name, b"before")
            with subscribe(arn, way=way, start=start) as events:
                put(name, b"last")
                call("SplitShard", StreamName=name, ShardToSplit=SHARD, NewStartingHashKey=str(2 ** 127))
                found = []
                while True:
                    event = events.event()
                    found += datas(event["Records"])
                    if "ContinuationSequenceNumber" not in event:
                        break
                    assert "ChildShards" not in event, event
                equal(found, [b"before", b"last"][0 if start == "TRIM_HORIZON" else 1:])
                equal(event["MillisBehindLatest"], 0)
                equal([(child["ShardId"], child["ParentShards"]) for child in event["ChildShards"]],
                      [("shardId-000000000001", [SHARD]), ("shardId-000000000002", [SHARD])])
                equal(event["ChildShards"][1]["HashKeyRange"], {"StartingHashKey": str(2 ** 127), "EndingHashKey": str(2 ** 128 - 1)})
                equal(events.message(), None)
            with subscribe(arn, way=way, shard="shardId-000000000002") as events:
                put(name, b"child", ExplicitHashKey=str(2 ** 127))
                equal(datas(events.records(1)[0]), [b"child"])


@case("a shard that is closed already is read to its end")
def _():
    name, arn = stream(shards=2)
    for key in (0, 2 ** 127):
        put(name, b"%d" % key, ExplicitHashKey=str(key))
    call("MergeShards", StreamName=name, ShardToMerge=SHARD, AdjacentShardToMerge="shardId-000000000001")
    for start, records in (("TRIM_HORIZON", [b"0"]), ("LATEST", [])):
        with subscribe(arn, start=start) as events:
            found = []
            event = events.event()
            while "ContinuationSequenceNumber" in event:
                found += datas(event["Records"])
                event = events.event()
            equal(found + datas(event["Records"]), records)
            equal([child["ParentShards"] for child in event["ChildShards"]], [[SHARD, "shardId-000000000001"]])
            equal(events.message(), None)


# ---- HTTP/2 ----

@case("a GOAWAY of the client right behind the head ends nothing, and the stream is delivered to its end")
def _():
    with Server(["--limits", "off", "--subscription-time", "2s"]) as own:
        to = wire_of(own)
        name, arn = stream(to)
        with subscribe(arn, to, way=Subscription.http2) as events:
            events.h2.send(http2.GOAWAY, payload=b"\0\0\0\0\0\0\0\0")
            for i in range(3):
                put(name, b"%d" % i, to)
                equal(datas(events.event()["Records"]), [b"%d" % i])
            equal(events.message(), None)
            events.h2.socket.shutdown(socket.SHUT_WR)  # the connection is the client's to close
            equal(events.h2.gone(), None)


@case("a stream whose window is shut holds up itself alone")
def _():
    name, arn = stream()
    wanted = [b"%d " % i + b"y" * 100000 for i in range(20)]
    with http2.Http2(server.host, server.port) as h2:
        slow = subscribe(arn, way=sharing(h2, windows=False))
        fast = subscribe(consumer(name, label="fast"), way=Subscription.http2)
        for data in wanted:
            put(name, data)
        equal(datas(fast.records(20)[0]), wanted)
        assert h2.alive()
        while len(slow.data) < 65535 - len(INITIAL):  # the whole window, and nothing beyond
            slow.data += slow._more()
        equal(len(slow.data), 65535 - len(INITIAL))
        h2.send(http2.WINDOW_UPDATE, payload=(2 ** 30).to_bytes(4, "big"))
        h2.send(http2.WINDOW_UPDATE, 0, slow.stream, (2 ** 30).to_bytes(4, "big"))
        equal(datas(slow.records(20)[0]), wanted)
        fast.close()


@case("many subscriptions share a connection, each with its own records")
def _():
    name, arn = stream(shards=16)
    step = 2 ** 128 // 16
    with http2.Http2(server.host, server.port) as h2:
        all_ = [subscribe(arn, shard="shardId-%012d" % i, way=sharing(h2)) for i in range(16)]
        for i in range(16):
            put(name, b"%d" % i, ExplicitHashKey=str(i * step + 1))
        for i in reversed(range(16)):
            equal(datas(all_[i].records(1)[0]), [b"%d" % i])


@case("slow readers in HTTP/1.1 are waited for, and others are not held up")
def _():
    name, arn = stream()
    wanted = [b"%d " % i + b"z" * 700000 for i in range(24)]
    with subscribe(arn, start="TRIM_HORIZON") as slow, subscribe(consumer(name, label="fast")) as fast:
        for data in wanted:
            put(name, data)
        equal(datas(fast.records(24)[0]), wanted)
        equal(datas(slow.records(24)[0]), wanted)


# ---- the server ----

@case("a server that is asked to end lets every subscription end in an orderly way")
def _():
    with Server(["--limits", "off"]) as own:
        to = wire_of(own)
        name, arn = stream(to)
        one, two = subscribe(arn, to), subscribe(consumer(name, to, "d"), to, way=Subscription.http2)
        put(name, b"x", to)
        for events in (one, two):
            equal(datas(events.records(1)[0]), [b"x"])
        own.process.terminate()
        for events in (one, two):
            equal(events.message(), None)
            events.close()
        equal(own.process.wait(30), 0)


@case("a server that is asked to end does not wait for a client that reads nothing")
def _():
    for way in WAYS:
        with Server(["--limits", "off"]) as own:
            to = wire_of(own)
            name, arn = stream(to)
            with subscribe(arn, to, way=way), subscribe(consumer(name, to, "d"), to) as other:
                for _ in range(40):
                    put(name, b"x" * 1000000, to)
                equal(len(other.records(40)[0]), 40)
                own.process.terminate()
                equal(own.process.wait(30), 0)


@case("the server has survived all this and drains with code 0")
def _():
    equal(server.status("/-/live"), 200)
    equal(server.stop(), 0)


if __name__ == "__main__":
    with Server(["--limits", "off"]) as server:
        wire = wire_of(server)
        code = runner.main()
    sys.exit(code)
