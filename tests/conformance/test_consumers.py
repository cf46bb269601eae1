#!/usr/bin/python3
"""Registered consumers on the wire: every text, states, paging, limits, restarts.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_consumers.py [WORD...]     only cases whose sentence holds one of the words
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from caller import ACCOUNT, INVALID, VALIDATION, arn as arn_of, caller_of  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, clock_from, wait_until  # noqa: E402

IN_USE = "ResourceInUseException"
LIMIT = "LimitExceededException"
NOT_FOUND = "ResourceNotFoundException"
ARN = arn_of("")
ARN_PATTERN = "Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+"

server = None
to = None  # a server without limits


def stream(name, where=None):
    """A new stream's ARN."""
    (where or to)("CreateStream", StreamName=name, ShardCount=1)
    return arn_of(name)


def register(arn, name, where=None, **members):
    return (where or to)("RegisterStreamConsumer", StreamARN=arn, ConsumerName=name, **members)["Consumer"]


def described(where=None, **names):
    return (where or to)("DescribeStreamConsumer", **names)["ConsumerDescription"]


def names_of(arn, where=None):
    return [consumer["ConsumerName"] for consumer in (where or to)("ListStreamConsumers", StreamARN=arn)["Consumers"]]


def no_consumer(name):
    return "Consumer %s, account %s not found." % (name, ACCOUNT)


# ---- requests ----

@case("members are told in one order, and the ARN of a consumer has its pattern")
def _():
    to.refused("RegisterStreamConsumer", VALIDATION,
               "3 validation errors detected: Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or "
               "equal to 1; Value 'a b' at 'consumerName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
               "[a-zA-Z0-9_.-]+; Value null at 'streamARN' failed to satisfy constraint: Member must not be null",
               Tags={}, ConsumerName="a b")
    to.refused("ListStreamConsumers", VALIDATION,
               "2 validation errors detected: Value '10001' at 'maxResults' failed to satisfy constraint: Member must have value less than "
               "or equal to 10000; Value 'x' at 'streamARN' failed to satisfy constraint: " + ARN_PATTERN, MaxResults=10001, StreamARN="x")
    pattern = "^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+"
    for operation in ("DescribeStreamConsumer", "DeregisterStreamConsumer"):
        for bad in (ARN + "s/consumer/c", ARN + "s/consumer/c:", ARN + "s/consumer/:1", ARN + "s/consumer/c:1x", ARN + "/consumer/c:1",
                    ARN + "s/consumers/c:1", "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1", "arn:aws:kafka:x:%s:stream/s/consumer/c:1" % ACCOUNT,
                    "x" + ARN + "s/consumer/c:1", ARN + "s/t/consumer/c:1", "1"):
            to.refused(operation, VALIDATION,
                       "1 validation error detected: Value '%s' at 'consumerARN' failed to satisfy constraint: Member must satisfy regular "
                       "expression pattern: %s" % (bad, pattern), ConsumerARN=bad)


@case("what names no stream, or no consumer, is told in the words of each")
def _():
    arn = stream("found")
    made = register(arn, "c")
    gone = "Stream nobody under account %s not found." % ACCOUNT
    to.refused("RegisterStreamConsumer", NOT_FOUND, gone, StreamARN=ARN + "nobody", ConsumerName="c")
    to.refused("ListStreamConsumers", NOT_FOUND, gone, StreamARN=ARN + "nobody")
    for operation in ("DescribeStreamConsumer", "DeregisterStreamConsumer"):
        both = "Either ConsumerARN or both StreamARN and ConsumerName should be provided."
        to.refused(operation, INVALID, both)
        to.refused(operation, INVALID, both, StreamARN=arn)
        to.refused(operation, INVALID, both, ConsumerName="c")
        to.refused(operation, NOT_FOUND, gone, StreamARN=ARN + "nobody", ConsumerName="c")
        to.refused(operation, NOT_FOUND, no_consumer("d"), StreamARN=arn, ConsumerName="d")
        to.refused(operation, NOT_FOUND, no_consumer("c"), ConsumerARN=made["ConsumerARN"] + "0")
        to.refused(operation, NOT_FOUND, no_consumer("c"), ConsumerARN=ARN + "nobody/consumer/c:1")
        to.refused(operation, NOT_FOUND, no_consumer("c"), ConsumerARN=made["ConsumerARN"].replace("us-east-1", "eu-west-1"))
        other = made["ConsumerARN"].replace(ACCOUNT, "123456789012")
        to.refused(operation, NOT_FOUND, "Consumer c, account 123456789012 not found.", ConsumerARN=other)
        odd = "arn:aws:kinesis:us-east-1:%s:xstream/found/consumer/c:1" % ACCOUNT
        to.refused(operation, NOT_FOUND, no_consumer(odd), ConsumerARN=odd)
        disagree = "StreamARN, ConsumerName and ConsumerARN do not name the same consumer."
        to.refused(operation, INVALID, disagree, ConsumerARN=made["ConsumerARN"], ConsumerName="d")
        to.refused(operation, INVALID, disagree, ConsumerARN=made["ConsumerARN"], StreamARN=ARN + "nobody")
        to.refused(operation, INVALID, disagree, ConsumerARN=made["ConsumerARN"], StreamARN=made["ConsumerARN"])
        to.refused(operation, INVALID, disagree, StreamARN=ARN + "nobody",
                   ConsumerARN=(ARN + "nobody/consumer/c:1").replace(ACCOUNT, "123456789012"))


# ---- life ----

@case("a consumer is registered, described, listed, counted and deregistered")
def _():
    arn = stream("life")
    before = int(time.time())
    made = register(arn, "reader", Tags={"team": "blue"})
    created = made["ConsumerCreationTimestamp"]
    assert before - 1 <= created <= time.time() + 1, created
    equal(made, {"ConsumerName": "reader", "ConsumerARN": "%s/consumer/reader:%d" % (arn, created), "ConsumerStatus": "CREATING",
                 "ConsumerCreationTimestamp": created})
    active = {**made, "ConsumerStatus": "ACTIVE"}
    whole = {**active, "StreamARN": arn}
    equal(described(StreamARN=arn, ConsumerName="reader"), whole)
    equal(described(ConsumerARN=made["ConsumerARN"]), whole)
    equal(described(ConsumerARN=made["ConsumerARN"], StreamARN=arn, ConsumerName="reader"), whole)
    equal(to("ListStreamConsumers", StreamARN=arn), {"Consumers": [active]})
    register(arn, "also")
    equal(names_of(arn), ["also", "reader"])
    equal(to("DescribeStreamSummary", StreamName="life")["StreamDescriptionSummary"]["ConsumerCount"], 2)
    to.refused("RegisterStreamConsumer", IN_USE, "Consumer reader under stream life already exists.", StreamARN=arn, ConsumerName="reader")
    equal(to("DeregisterStreamConsumer", ConsumerARN=made["ConsumerARN"]), {})
    to.refused("DescribeStreamConsumer", NOT_FOUND, no_consumer("reader"), StreamARN=arn, ConsumerName="reader")
    to("DeregisterStreamConsumer", StreamARN=arn, ConsumerName="also")
    equal(names_of(arn), [])


@case("a consumer registered anew has an ARN of its own, and the old one names nothing")
def _():
    arn = stream("anew")
    old = register(arn, "c")
    to("DeregisterStreamConsumer", ConsumerARN=old["ConsumerARN"])
    wait_until(lambda: time.time() >= old["ConsumerCreationTimestamp"] + 1, 5, "the next second")
    new = register(arn, "c")
    assert new["ConsumerARN"] != old["ConsumerARN"]
    to.refused("DescribeStreamConsumer", NOT_FOUND, no_consumer("c"), ConsumerARN=old["ConsumerARN"])
    equal(described(ConsumerARN=new["ConsumerARN"])["ConsumerStatus"], "ACTIVE")


@case("consumers go through CREATING and DELETING, which take as long as is asked for")
def _():
    with Server(["--limits", "off", "--transition-delay", "400ms"]) as slow:
        at = caller_of(slow)
        at("CreateStream", StreamName="s", ShardCount=1)
        arn = ARN + "s"
        creating = "Stream s under account %s not ACTIVE, instead in state CREATING" % ACCOUNT
        at.refused("RegisterStreamConsumer", IN_USE, creating, StreamARN=arn, ConsumerName="c")
        at.refused("ListStreamConsumers", IN_USE, creating, StreamARN=arn)

        def status(*_):
            response = at.wire.call("DescribeStreamConsumer", {"StreamARN": arn, "ConsumerName": "c"})
            return response.value()["ConsumerDescription"]["ConsumerStatus"] if response.status == 200 else None

        def stream_status():
            return at("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["StreamStatus"]

        wait_until(lambda: stream_status() == "ACTIVE", 10, "the stream is ACTIVE")
        register(arn, "c", at)
        equal(status(), "CREATING")
        wait_until(lambda: status() == "ACTIVE", 10, "the consumer is ACTIVE")
        at("DeregisterStreamConsumer", StreamARN=arn, ConsumerName="c")
        equal(status(), "DELETING")
        at("DeregisterStreamConsumer", StreamARN=arn, ConsumerName="c")  # it is going already
        at.refused("RegisterStreamConsumer", IN_USE, "Consumer c under stream s already exists.", StreamARN=arn, ConsumerName="c")
        wait_until(lambda: status() is None, 10, "the consumer is gone")


@case("a consumer that was on its way when the server ended arrives after the next start")
def _():
    for end in ("stop", "kill"):
        with Server(["--limits", "off", "--transition-delay", "10m"], start=False) as slow:
            slow.arguments[-1] = "0s"
            slow.start()
            at = caller_of(slow)
            arn = stream("s", at)
            register(arn, "stays", at)
            register(arn, "goes", at)
            equal(slow.stop(), 0)
            slow.arguments[-1] = "10m"
            slow.start()
            at = caller_of(slow)
            register(arn, "comes", at)
            at("DeregisterStreamConsumer", StreamARN=arn, ConsumerName="goes")
            getattr(slow, end)()
            slow.start()
            at = caller_of(slow)
            equal([(x["ConsumerName"], x["ConsumerStatus"]) for x in at("ListStreamConsumers", StreamARN=arn)["Consumers"]],
                  [("comes", "CREATING"), ("goes", "DELETING"), ("stays", "ACTIVE")], end)
            equal(slow.stop(), 0)
            slow.arguments[-1] = "0s"
            slow.start()
            at = caller_of(slow)
            wait_until(lambda: [x["ConsumerStatus"] for x in at("ListStreamConsumers", StreamARN=arn)["Consumers"]] == ["ACTIVE"] * 2, 10,
                       "both have arrived")
            equal(names_of(arn, at), ["comes", "stays"])


@case("a stream with consumers is deleted when that is enforced, and takes them along")
def _():
    arn = stream("kept")
    register(arn, "c")
    text = ("DeleteStream can't delete %s:kept because there are consumers associated with this data stream. To delete kept anyway, set the "
            "EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated with it." % ACCOUNT)
    to.refused("DeleteStream", IN_USE, text, StreamName="kept")
    to.refused("DeleteStream", IN_USE, text, StreamARN=arn, EnforceConsumerDeletion=False)
    equal(names_of(arn), ["c"])
    to("DeleteStream", StreamName="kept", EnforceConsumerDeletion=True)
    to.refused("DescribeStreamConsumer", NOT_FOUND, "Stream kept under account %s not found." % ACCOUNT, StreamARN=arn, ConsumerName="c")
    stream("kept")
    equal(names_of(arn), [])
    to("DeleteStream", StreamName="kept")


@case("tags of a registration go through the checks of every tag")
def _():
    arn = stream("tagged")
    to.refused("RegisterStreamConsumer", INVALID, "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white "
               "space, _ . / = + - % @.", StreamARN=arn, ConsumerName="c", Tags={"a;b": ""})
    equal(names_of(arn), [])


# ---- pages ----

@case("a listing goes on where its token says, of its stream alone")
def _():
    arn, other = stream("paged"), stream("other")
    for name in ("b", "d", "a", "e", "c"):
        register(arn, name)
    found, token = [], {}
    while True:
        page = to("ListStreamConsumers", StreamARN=arn, MaxResults=2, **token)
        found.append([x["ConsumerName"] for x in page["Consumers"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    equal(found, [["a", "b"], ["c", "d"], ["e"]])
    equal(to("ListStreamConsumers", StreamARN=arn, MaxResults=5).get("NextToken"), None)
    to("DeregisterStreamConsumer", StreamARN=arn, ConsumerName="d")  # the last one of the page before
    equal([x["ConsumerName"] for x in to("ListStreamConsumers", StreamARN=arn, **token)["Consumers"]], ["e"])
    to.refused("ListStreamConsumers", INVALID, "Invalid NextToken.", StreamARN=other, **token)
    to.refused("ListStreamConsumers", INVALID, "Invalid NextToken.", StreamARN=arn, NextToken="bm90aGluZw==")
    streams = to("ListStreams", Limit=1)["NextToken"]
    to.refused("ListStreamConsumers", INVALID, "Invalid NextToken.", StreamARN=arn, NextToken=streams)


@case("a page has at most a hundred consumers")
def _():
    arn = stream("many")
    for i in range(101):
        register(arn, "c%03d" % i)
    page = to("ListStreamConsumers", StreamARN=arn, MaxResults=10000)
    equal(len(page["Consumers"]), 100)
    equal(names_of(arn)[-1], "c099")
    equal(to("ListStreamConsumers", StreamARN=arn, NextToken=page["NextToken"])["Consumers"][0]["ConsumerName"], "c100")


@case("a creation time names one stream of that name")
def _():
    arn = stream("dated")
    created = to("DescribeStreamSummary", StreamName="dated")["StreamDescriptionSummary"]["StreamCreationTimestamp"]
    equal(to("ListStreamConsumers", StreamARN=arn, StreamCreationTimestamp=created), {"Consumers": []})
    response = to.wire.call("ListStreamConsumers", {"StreamARN": arn, "StreamCreationTimestamp": created - 60})
    equal((response.status, response.value()),
          (400, {"__type": NOT_FOUND, "message": "Stream dated under account %s not found." % ACCOUNT}))


@case("a token ends after five minutes")
def _():
    with Server(["--auth", "off", "--limits", "off"], env=clock_from(1790000000), start=False) as travelling:
        travelling.start()
        at = caller_of(travelling)
        arn = stream("s", at)
        for name in "ab":
            register(arn, name, at)
        token = at("ListStreamConsumers", StreamARN=arn, MaxResults=1)["NextToken"]
        equal(travelling.stop(), 0)
        travelling.env = clock_from(1790000000 + 310)
        travelling.start()
        response = caller_of(travelling).wire.call("ListStreamConsumers", {"StreamARN": arn, "NextToken": token})
        equal((response.status, response.value()["__type"]), (400, "ExpiredNextTokenException"))


# ---- limits ----

@case("a stream has at most twenty consumers, and five of them in CREATING")
def _():
    with Server(["--auth", "off"]) as limited:
        at = caller_of(limited)
        at.set_limits(calls_RegisterStreamConsumer="off")
        arn = stream("s", at)
        for i in range(20):
            register(arn, "c%d" % i, at)
        at.refused("RegisterStreamConsumer", LIMIT, "This request would exceed the limit on the number of consumers for stream s under account "
                   "%s. Limit: 20." % ACCOUNT, StreamARN=arn, ConsumerName="c20")
        at.set_limits(stream_consumers="off")
        register(arn, "c20", at)
        assert "limit stream-consumers was reached for stream s" in limited.log()
        equal(limited.stop(), 0)
        limited.arguments += ["--transition-delay", "10m"]
        limited.start()
        at = caller_of(limited)
        for i in range(5):
            register(arn, "d%d" % i, at)
        at.refused("RegisterStreamConsumer", LIMIT, "This request would exceed the limit on the number of consumers that can simultaneously be "
                   "in CREATING for stream s under account %s. Limit: 5." % ACCOUNT, StreamARN=arn, ConsumerName="d5")


@case("calls a second are counted for each stream")
def _():
    operations = ("RegisterStreamConsumer", "DeregisterStreamConsumer", "DescribeStreamConsumer", "ListStreamConsumers")
    with Server(["--auth", "off"]) as limited:
        at = caller_of(limited)
        arn, other = stream("s", at), stream("t", at)
        at.set_limits(**{"calls_" + operation: "1" for operation in operations})

        def until_refused(operation, **members):
            for _ in range(20):
                response = at.wire.call(operation, {"StreamARN": arn, **members})
                if response.status != 200 and response.value()["__type"] == LIMIT:
                    return response.value()["message"]
            raise AssertionError("%s was never refused" % operation)

        text = "Rate exceeded for stream s under account %s." % ACCOUNT
        for operation in operations[:3]:
            equal(until_refused(operation, ConsumerName="c"), text)
        equal(until_refused("ListStreamConsumers"), text)
        equal(names_of(other, at), [])


@case("the server has survived all this and drains with code 0")
def _():
    equal(server.process.poll(), None, server.log())
    equal(server.stop(), 0, server.log())


def main():
    global server, to
    with Server(["--limits", "off"]) as started:
        server = started
        to = caller_of(server)
        return runner.main()


if __name__ == "__main__":
    sys.exit(main())
