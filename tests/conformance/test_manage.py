#!/usr/bin/python3
"""Tags, hours of retention and limits on the wire: every text, in the order of the checks.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_manage.py [WORD...]     only cases whose sentence holds one of the words
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, StartFailed  # noqa: E402
from wire import CBOR, JSON, Signer, Wire  # noqa: E402

ACCOUNT = "000000000000"
ENCODINGS = (JSON, CBOR)
INVALID = "InvalidArgumentException"
ODD_TAGS = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @."

server = None  # without limits
wire = None


def wire_of(some):
    return Wire(some.host, some.port, Signer(some.access_key, some.secret_key))


def call(operation, *to, **members):
    """The answer of a call that must succeed; to `wire` unless told otherwise."""
    response = (to[0] if to else wire).call(operation, members)
    equal(response.status, 200, repr(response))
    return response.value() if response.body else {}


def refused(operation, type_, message, members, to=None, encodings=ENCODINGS):
    for encoding in encodings:
        response = (to or wire).call(operation, members, encoding)
        equal((response.status, response.value()), (400, {"__type": type_, "message": message}), "%s %r" % (operation, members))


def own(operation, members, to):
    """One of Runnel's own operations."""
    return to.send(headers=[("Content-Type", JSON), ("X-Amz-Target", "Runnel_20250101." + operation)], body=json.dumps(members).encode())


made = 0


def stream(to=None, shards=1):
    global made
    made += 1
    call("CreateStream", to or wire, StreamName="m-%d" % made, ShardCount=shards)
    return "m-%d" % made


def tags_of(name):
    return [(tag["Key"], tag["Value"]) for tag in call("ListTagsForStream", StreamName=name)["Tags"]]


# ---- tags ----

@case("members are told in the order of the service")
def _():
    text = ("{} validation errors detected: Value '{}' at '{}' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1; Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular "
            "expression pattern: [a-zA-Z0-9_.-]+")
    refused("AddTagsToStream", "ValidationException", text.format(2, "{}", "tags"), {"StreamName": "a b", "Tags": {}})
    refused("RemoveTagsFromStream", "ValidationException", text.format(2, "[]", "tagKeys"), {"StreamName": "a b", "TagKeys": []})
    for operation in ("IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod"):
        refused(operation, "ValidationException",
                "2 validation errors detected: Value null at 'retentionPeriodHours' failed to satisfy constraint: Member must not "
                "be null; Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression "
                "pattern: [a-zA-Z0-9_.-]+", {"StreamName": "a b"})
        refused(operation, "ValidationException",
                "1 validation error detected: Value '0' at 'retentionPeriodHours' failed to satisfy constraint: Member must have "
                "value greater than or equal to 1", {"StreamName": "a", "RetentionPeriodHours": 0})
    refused("ListTagsForStream", "ValidationException",
            "3 validation errors detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or "
            "equal to 50; Value '' at 'exclusiveStartTagKey' failed to satisfy constraint: Member must have length greater than or "
            "equal to 1; Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z0-9_.-]+", {"StreamName": "a b", "Limit": 51, "ExclusiveStartTagKey": ""})


@case("sizes of keys, values and lists of tags are constraints")
def _():
    keys = ("Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater "
            "than or equal to 1]")
    long = "k" * 129
    refused("AddTagsToStream", "ValidationException",
            "1 validation error detected: Value '{%s=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "
            "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]" % long,
            {"StreamName": "a", "Tags": {long: "v"}})
    refused("AddTagsToStream", "ValidationException",
            "1 validation error detected: Value '{k=%s}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: "
            "[Member must have length less than or equal to 256, Member must have length greater than or equal to 0]" % ("v" * 257),
            {"StreamName": "a", "Tags": {"k": "v" * 257}})
    refused("RemoveTagsFromStream", "ValidationException",
            "1 validation error detected: Value '[a, %s]' at 'tagKeys' failed to satisfy constraint: %s" % (long, keys),
            {"StreamName": "a", "TagKeys": ["a", long]})
    many = ["k%d" % i for i in range(51)]
    refused("RemoveTagsFromStream", "ValidationException",
            "1 validation error detected: Value '[%s]' at 'tagKeys' failed to satisfy constraint: Member must have length less than "
            "or equal to 50" % ", ".join(many), {"StreamName": "a", "TagKeys": many})


@case("the stream is looked for before tags are looked at")
def _():
    text = "Stream nobody under account %s not found." % ACCOUNT
    refused("AddTagsToStream", "ResourceNotFoundException", text, {"StreamName": "nobody", "Tags": {"a;": "%"}})
    refused("RemoveTagsFromStream", "ResourceNotFoundException", text, {"StreamName": "nobody", "TagKeys": ["a;"]})
    refused("ListTagsForStream", "ResourceNotFoundException", text, {"StreamName": "nobody"})
    refused("ListTagsForStream", INVALID, "Either StreamName or StreamARN should be provided.", {})


@case("characters of tags are refused in the words of the service, percent signs last")
def _():
    name = stream()
    for bad in ("a\tb", "a\nb", "a;b", "a,b", "a%;"):
        refused("AddTagsToStream", INVALID, ODD_TAGS, {"StreamName": name, "Tags": {bad: "v"}})
        refused("AddTagsToStream", INVALID, ODD_TAGS, {"StreamName": name, "Tags": {"k": bad}})
        refused("RemoveTagsFromStream", INVALID, ODD_TAGS, {"StreamName": name, "TagKeys": ["k", bad]})
    illegal = (" stream %s under account %s because some tags contained illegal characters. The allowed characters are Unicode "
               "letters, white-spaces, '_',',','/','=','+','-','@'." % (name, ACCOUNT))
    refused("AddTagsToStream", INVALID, "Failed to add tags to" + illegal, {"StreamName": name, "Tags": {"100%": "v"}})
    refused("RemoveTagsFromStream", INVALID, "Failed to remove tags from" + illegal, {"StreamName": name, "TagKeys": ["100%"]})
    equal(tags_of(name), [])


@case("a stream has at most fifty tags, those of CreateStream counted")
def _():
    global made
    made += 1
    name = "m-%d" % made
    call("CreateStream", StreamName=name, ShardCount=1, Tags={"k%02d" % i: "" for i in range(48)})
    with Server(["--auth", "off"]) as limited:
        to = Wire(limited.host, limited.port)
        call("CreateStream", to, StreamName=name, ShardCount=1, Tags={"k%02d" % i: "" for i in range(48)})
        call("AddTagsToStream", to, StreamName=name, Tags={"k00": "new", "x": "", "y": ""})
        refused("AddTagsToStream", INVALID, "Failed to add tags to stream %s under account %s because a given stream cannot have more "
                "than 50 tags associated with it." % (name, ACCOUNT), {"StreamName": name, "Tags": {"z": ""}}, to)
        call("AddTagsToStream", to, StreamName=name, Tags={"k00": "newer"})
    call("AddTagsToStream", StreamName=name, Tags={"more%d" % i: "" for i in range(100)})  # limits are off
    refused("AddTagsToStream", INVALID, "Failed to add tags to stream %s under account %s because a given stream cannot have more "
            "than 200 tags associated with it." % (name, ACCOUNT), {"StreamName": name, "Tags": {"z%d" % i: "" for i in range(53)}})


@case("tags are listed by key, in pages, in both encodings, and survive a restart")
def _():
    name = stream()
    call("AddTagsToStream", StreamName=name, Tags={"b": "2", "ä": "ü", "a": "1", "A": "", "a/b": "3"})
    wanted = [("A", ""), ("a", "1"), ("a/b", "3"), ("b", "2"), ("ä", "ü")]
    equal(tags_of(name), wanted)
    for encoding in ENCODINGS:
        page = wire.call("ListTagsForStream", {"StreamName": name, "Limit": 2, "ExclusiveStartTagKey": "a"}, encoding).value()
        equal(page, {"Tags": [{"Key": "a/b", "Value": "3"}, {"Key": "b", "Value": "2"}], "HasMoreTags": True})
    equal(call("ListTagsForStream", StreamName=name, ExclusiveStartTagKey="b"), {"Tags": [{"Key": "ä", "Value": "ü"}], "HasMoreTags": False})
    call("RemoveTagsFromStream", StreamName=name, TagKeys=["A", "nothing", "b"])
    server.restart()
    equal(tags_of(name), [("a", "1"), ("a/b", "3"), ("ä", "ü")])


# ---- retention ----

def both(message, hours, name):
    for operation in ("IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod"):
        refused(operation, INVALID, message, {"StreamName": name, "RetentionPeriodHours": hours})


@case("hours of retention are refused in the words of the service")
def _():
    refused("IncreaseStreamRetentionPeriod", "ResourceNotFoundException", "Stream nobody under account %s not found." % ACCOUNT,
            {"StreamName": "nobody", "RetentionPeriodHours": 1})
    name = stream()
    both("Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.", 23, name)
    both("Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.", 8761, name)
    call("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=48)
    refused("IncreaseStreamRetentionPeriod", INVALID,
            "Requested retention period (24 hours) for stream %s can not be shorter than existing retention period (48 hours). Use "
            "DecreaseRetentionPeriod API." % name, {"StreamName": name, "RetentionPeriodHours": 24})
    refused("DecreaseStreamRetentionPeriod", INVALID,
            "Requested retention period (72 hours) for stream %s can not be longer than existing retention period (48 hours). Use "
            "IncreaseRetentionPeriod API." % name, {"StreamName": name, "RetentionPeriodHours": 72})
    for operation in ("IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod"):
        call(operation, StreamName=name, RetentionPeriodHours=48)
    equal(call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["RetentionPeriodHours"], 48)


@case("a stream that is not ACTIVE is not changed")
def _():
    with Server(["--limits", "off", "--transition-delay", "10m"]) as slow:
        to = wire_of(slow)
        call("CreateStream", to, StreamName="s", ShardCount=1, Tags={"a": "b"})
        text = "Stream s under account %s not ACTIVE, instead in state CREATING" % ACCOUNT
        for operation, members in (("AddTagsToStream", {"Tags": {"c": "d"}}), ("RemoveTagsFromStream", {"TagKeys": ["a"]}),
                                   ("IncreaseStreamRetentionPeriod", {"RetentionPeriodHours": 48}),
                                   ("DecreaseStreamRetentionPeriod", {"RetentionPeriodHours": 24})):
            refused(operation, "ResourceInUseException", text, {"StreamName": "s", **members}, to)
        equal(call("ListTagsForStream", to, StreamName="s")["Tags"], [{"Key": "a", "Value": "b"}])


# ---- limits ----

@case("calls a second are limited by account, stream and shard, each in its words")
def _():
    with Server(["--auth", "off"]) as limited:
        to = Wire(limited.host, limited.port)
        call("CreateStream", to, StreamName="s", ShardCount=2)

        calls = [limit["Name"] for limit in own("GetLimits", {}, to).value()["Limits"] if limit["Name"].startswith("calls-")]
        equal(own("SetLimits", {"Limits": {name: "1" for name in calls}}, to).status, 200)  # so that a slow machine is fast enough

        def until_refused(operation, **members):
            """Calls on one connection, faster than tokens drip in: the first answer that is an error."""
            with to.connect() as connection:
                for _ in range(10):
                    connection.send(to.request(headers=[("Content-Type", JSON), ("X-Amz-Target", "Kinesis_20131202." + operation)],
                                               body=json.dumps(members).encode()))
                    response = connection.response()
                    if response.status != 200:
                        return response.value()
            raise AssertionError("%s was never refused" % operation)

        account = {"__type": "LimitExceededException", "message": "Rate exceeded for account %s." % ACCOUNT}
        of_stream = {"__type": "LimitExceededException", "message": "Rate exceeded for stream s under account %s." % ACCOUNT}
        of_shard = {"__type": "ProvisionedThroughputExceededException",
                    "message": "Rate exceeded for shard shardId-000000000001 in stream s under account %s." % ACCOUNT}
        equal(until_refused("ListStreams"), account)
        equal(until_refused("DescribeLimits"), account)
        equal(until_refused("DescribeStream", StreamName="s"), of_stream)
        equal(until_refused("DescribeStreamSummary", StreamName="s"), of_stream)
        equal(until_refused("ListTagsForStream", StreamName="s"), of_stream)
        equal(until_refused("AddTagsToStream", StreamName="s", Tags={"a": "b"}), of_stream)
        equal(until_refused("RemoveTagsFromStream", StreamName="s", TagKeys=["a"]), of_stream)
        equal(until_refused("IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24), of_stream)
        equal(until_refused("DecreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24), of_stream)
        equal(until_refused("GetShardIterator", StreamName="s", ShardId="1", ShardIteratorType="LATEST"), of_shard)
        iterator = call("GetShardIterator", to, StreamName="s", ShardId="0", ShardIteratorType="LATEST")["ShardIterator"]
        equal(until_refused("GetRecords", ShardIterator=iterator),
              {"__type": "ProvisionedThroughputExceededException", "message": "Rate exceeded for Shard - %s/s/shardId-000000000000" % ACCOUNT})
        log = limited.log()
        assert log.count("limit calls-ListStreams was reached") == 1, log
        assert "runnel limits set calls-GetRecords VALUE" in log and "for stream s " in log, log


@case("a shard takes 1 MiB a second, per record in PutRecords, and data and keys count")
def _():
    with Server(["--auth", "off"]) as limited:
        to = Wire(limited.host, limited.port)
        call("CreateStream", to, StreamName="s", ShardCount=1)
        text = "Rate exceeded for shard shardId-000000000000 in stream s under account %s." % ACCOUNT
        key = "ü" * 128  # 256 bytes
        body = {"StreamName": "s", "PartitionKey": key, "Data": b"x" * (1048576 - 256)}
        equal(to.call("PutRecord", body, CBOR).status, 200)
        refused("PutRecord", "ProvisionedThroughputExceededException", text, body, to, [CBOR])
        equal(own("SetLimits", {"Limits": {"shard-write-bytes": "off", "shard-write-records": "3"}}, to).status, 200)
        answer = call("PutRecords", to, StreamName="s", Records=[{"Data": "YQ==", "PartitionKey": "k"}] * 5)
        equal((answer["FailedRecordCount"], len(answer["Records"])), (2, 5))
        assert all("SequenceNumber" in entry for entry in answer["Records"][:3]), answer
        equal(answer["Records"][3:], [{"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": text}] * 2)


@case("limits that are set count at once, stay after a restart, and go back to the default")
def _():
    with Server(["--auth", "off"]) as limited:
        to = Wire(limited.host, limited.port)

        def limit(name):
            shown = own("GetLimits", {}, to).value()["Limits"]
            return next((x["Value"], x["Default"], x["IsSet"]) for x in shown if x["Name"] == name)

        equal(limit("account-shards"), ("20000", "20000", False))
        equal(own("SetLimits", {"Limits": {"account-shards": "3", "calls-DescribeLimits": "off", "calls-CreateStream": "off"}}, to).status, 200)
        equal(limit("account-shards"), ("3", "20000", True))
        described = call("DescribeLimits", to)
        equal(described, {"ShardLimit": 3, "OpenShardCount": 0, "OnDemandStreamCount": 0, "OnDemandStreamCountLimit": 50})
        limited.restart()
        equal(limit("account-shards"), ("3", "20000", True))
        refused("CreateStream", "LimitExceededException",
                "This request would exceed the shard limit for the account %s in us-east-1. Current shard count for the account: 0. "
                "Limit: 3. Number of additional shards that would have resulted from this request: 4. Refer to the AWS Service Limits "
                "page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request "
                "higher limits." % ACCOUNT, {"StreamName": "s", "ShardCount": 4}, to)
        call("CreateStream", to, StreamName="s", ShardCount=3)
        equal(own("SetLimits", {"Limits": {"account-shards": "default"}}, to).status, 200)
        equal(limit("account-shards"), ("20000", "20000", False))
        equal(call("DescribeLimits", to)["OpenShardCount"], 3)


@case("what is no limit, or no value for it, is named")
def _():
    for limits, message in (({"shards": "5"}, 'There is no limit "shards".'),
                            ({"stream-tags": "many"}, 'stream-tags: "many" is neither off nor a whole number from 1 to 200; "default" '
                                                      "is possible too.")):
        response = own("SetLimits", {"Limits": limits}, wire)
        equal((response.status, response.value()), (400, {"__type": INVALID, "message": message}))
    response = own("SetLimits", {}, wire)
    equal(response.value()["__type"], "ValidationException")
    equal(own("ListStreams", {}, wire).value(), {"__type": "UnknownOperationException"})
    response = wire.call("GetLimits", {})
    equal(response.value(), {"__type": "UnknownOperationException"})
    unsigned = Wire(server.host, server.port)
    equal(own("SetLimits", {"Limits": {"stream-tags": "off"}}, unsigned).value()["__type"], "MissingAuthenticationTokenException")


@case("a file of limits counts over those of AWS, and a wrong one is named with its line")
def _():
    path = os.path.join(server.scratch, "my.limits")
    with open(path, "w", encoding="ascii") as file:
        file.write("# of this test\ncalls-ListStreams = 2\naccount-on-demand-streams = 1\n")
    with Server(["--auth", "off", "--limits", path]) as limited:
        to = Wire(limited.host, limited.port)
        call("CreateStream", to, StreamName="first")
        refused("CreateStream", "LimitExceededException",
                "This request would exceed the on-demand stream limit for the account %s in us-east-1. Current on-demand stream count "
                "for the account: 1. Limit: 1." % ACCOUNT, {"StreamName": "second"}, to)
        equal(call("DescribeLimits", to), {"ShardLimit": 20000, "OpenShardCount": 4, "OnDemandStreamCount": 1, "OnDemandStreamCountLimit": 1})
    with open(path, "a", encoding="ascii") as file:
        file.write("calls-ListStreams = lots\n")
    try:
        Server(["--auth", "off", "--limits", path]).close()
    except StartFailed as refusal:
        equal(refusal.code, 2)
        assert '%s:4: calls-ListStreams: "lots" is neither off nor' % path in str(refusal), refusal
    else:
        raise AssertionError("it was taken")


@case("the page on operating lists every limit with its value")
def _():
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "operating.md")
    with open(page, encoding="utf-8") as file:
        rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in file if line.startswith("| `")]
    with Server(["--auth", "off", "--region", "eu-central-1"]) as plain:
        shown = own("GetLimits", {}, Wire(plain.host, plain.port)).value()["Limits"]
    equal([row for row in rows if len(row) == 4], [[x["Name"], x["Value"], x["Unit"], x["Description"]] for x in shown])


@case("DescribeLimits has no input and answers in both encodings")
def _():
    for encoding in ENCODINGS:
        answer = wire.call("DescribeLimits", {}, encoding).value()
        equal(sorted(answer), ["OnDemandStreamCount", "OnDemandStreamCountLimit", "OpenShardCount", "ShardLimit"])
        equal(answer["ShardLimit"], 100000)


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
