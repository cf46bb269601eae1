#!/usr/bin/python3
"""Settings of streams and of the account on the wire: every text, in the order of the checks.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_settings.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from caller import ACCOUNT, ENCODINGS, INVALID, NO_NULL, VALIDATION, arn, caller_of, violation, violations  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, clock_from, wait_until  # noqa: E402
from wire import CBOR, JSON  # noqa: E402

HOUR = 3600
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/" + KEY
ALIAS = "alias/aws/kinesis"
METRICS = ["IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
           "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds"]
NOBODY = "Stream nobody under account %s not found." % ACCOUNT
NO_NAME = "Either StreamName or StreamARN should be provided."

server = None  # without limits
call = None


def travelled(some, when):
    """The server, started anew at that time."""
    if some.process:
        equal(some.stop(), 0, some.log())
    some.env = clock_from(when)
    some.start()
    return caller_of(some)


# Each operation, with members that name the stream by name or ARN and change something.
CHANGES = [
    ("EnableEnhancedMonitoring", lambda name: {"StreamName": name, "ShardLevelMetrics": ["ALL"]}),
    ("DisableEnhancedMonitoring", lambda name: {"StreamName": name, "ShardLevelMetrics": ["ALL"]}),
    ("StartStreamEncryption", lambda name: {"StreamName": name, "EncryptionType": "KMS", "KeyId": KEY}),
    ("StopStreamEncryption", lambda name: {"StreamName": name, "EncryptionType": "KMS", "KeyId": KEY}),
    ("UpdateMaxRecordSize", lambda name: {"StreamARN": arn(name), "MaxRecordSizeInKiB": 2048}),
    ("UpdateStreamMode", lambda name: {"StreamARN": arn(name), "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
    ("UpdateStreamWarmThroughput", lambda name: {"StreamName": name, "WarmThroughputMiBps": 5}),
]


def enabled(to):
    """The account may have warm throughput."""
    to("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})


@case("a stream that is not there is told of by name, whatever is asked of it")
def _():
    for operation, members in CHANGES:
        call.refused(operation, "ResourceNotFoundException", NOBODY, **members("nobody"))


@case("a request that names no stream is refused")
def _():
    for operation, members in CHANGES:
        given = {name: value for name, value in members("x").items() if name not in ("StreamName", "StreamARN")}
        if operation == "UpdateStreamMode":
            call.refused(operation, VALIDATION, violations(violation(None, "streamARN", NO_NULL)), **given)
        else:
            call.refused(operation, INVALID, "StreamARN should be provided." if operation == "UpdateMaxRecordSize" else NO_NAME, **given)


@case("a change shows as UPDATING while transitions are stretched, keeps other changes away, and ends after a restart")
def _():
    with Server(["--limits", "off"]) as slow:
        to = caller_of(slow)
        enabled(to)
        names = {operation: to.stream(0 if operation == "UpdateStreamWarmThroughput" else 1) for operation, _ in CHANGES}
        to("EnableEnhancedMonitoring", StreamName=names["DisableEnhancedMonitoring"], ShardLevelMetrics=["ALL"])
        to("StartStreamEncryption", StreamName=names["StopStreamEncryption"], EncryptionType="KMS", KeyId=KEY)

        def restart(*more):
            equal(slow.stop(), 0, slow.log())
            slow.arguments = ["--limits", "off"] + list(more)
            slow.start()
            return caller_of(slow)

        to = restart("--transition-delay", "10m")
        to("CreateStream", StreamName="new", ShardCount=1)
        not_active = "Stream %s under account " + ACCOUNT + " not ACTIVE, instead in state %s"
        for operation, members in CHANGES:
            to.refused(operation, "ResourceInUseException", not_active % ("new", "CREATING"), **members("new"))
            name = names[operation]
            to(operation, **members(name))
            equal((to.described(name)["StreamStatus"], to.summary(name)["StreamStatus"]), ("UPDATING", "UPDATING"))
            for other, others in CHANGES:
                to.refused(other, "ResourceInUseException", not_active % (name, "UPDATING"), encodings=[JSON], **others(name))
            to.refused("AddTagsToStream", "ResourceInUseException", not_active % (name, "UPDATING"), StreamName=name, Tags={"a": "b"})
            to("PutRecord", StreamName=name, PartitionKey="k", Data="YQ==")  # records go in meanwhile
        equal(to.summary(names["UpdateStreamWarmThroughput"])["WarmThroughput"], {"TargetMiBps": 5, "CurrentMiBps": 0})
        equal(to.summary(names["StartStreamEncryption"])["EncryptionType"], "KMS")  # it counts from its start on
        to("DeleteStream", StreamName=names["UpdateStreamMode"])
        equal(to.summary(names["UpdateStreamMode"])["StreamStatus"], "DELETING")
        to = restart()
        for operation, name in names.items():
            if operation != "UpdateStreamMode":
                wait_until(lambda: to.summary(name)["StreamStatus"] == "ACTIVE", 20, operation)
        equal(to.summary(names["UpdateStreamWarmThroughput"])["WarmThroughput"], {"TargetMiBps": 5, "CurrentMiBps": 5})


# ---- monitoring ----

@case("metrics are switched on and off one by one or all together, and told before and after")
def _():
    name = call.stream()
    for encoding in ENCODINGS:
        answer = call("EnableEnhancedMonitoring", encoding, StreamName=name, ShardLevelMetrics=["IncomingRecords", "IteratorAgeMilliseconds"])
        equal(answer, {"StreamName": name, "StreamARN": arn(name), "CurrentShardLevelMetrics": [],
                       "DesiredShardLevelMetrics": ["IncomingRecords", "IteratorAgeMilliseconds"]})
        equal(call.described(name)["EnhancedMonitoring"], [{"ShardLevelMetrics": ["IncomingRecords", "IteratorAgeMilliseconds"]}])
        answer = call("EnableEnhancedMonitoring", encoding, StreamARN=arn(name), ShardLevelMetrics=["ALL"])
        equal((answer["CurrentShardLevelMetrics"], answer["DesiredShardLevelMetrics"]), (["IncomingRecords", "IteratorAgeMilliseconds"], METRICS))
        answer = call("EnableEnhancedMonitoring", encoding, StreamName=name, ShardLevelMetrics=["OutgoingBytes"])  # nothing new
        equal((answer["CurrentShardLevelMetrics"], answer["DesiredShardLevelMetrics"]), (METRICS, METRICS))
        answer = call("DisableEnhancedMonitoring", encoding, StreamName=name, ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"])
        equal(answer["CurrentShardLevelMetrics"], METRICS)
        left = [metric for metric in METRICS if metric not in ("IncomingBytes", "OutgoingBytes")]
        equal(answer["DesiredShardLevelMetrics"], left)
        equal(call.summary(name)["EnhancedMonitoring"], [{"ShardLevelMetrics": left}])
        answer = call("DisableEnhancedMonitoring", encoding, StreamName=name, ShardLevelMetrics=["ALL"])
        equal(answer["DesiredShardLevelMetrics"], [])
        equal(call.described(name)["EnhancedMonitoring"], [{"ShardLevelMetrics": []}])


@case("metrics are one to seven names of the set")
def _():
    names = "satisfy constraint: [Member must satisfy enum value set: [%s, ALL]]" % ", ".join(METRICS)
    for operation in ("EnableEnhancedMonitoring", "DisableEnhancedMonitoring"):
        call.refused(operation, VALIDATION, violations(violation(None, "shardLevelMetrics", NO_NULL),
                     violation("a b", "streamName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")), StreamName="a b")
        call.refused(operation, VALIDATION, violations(violation("[]", "shardLevelMetrics", "have length greater than or equal to 1")),
                     StreamName="a", ShardLevelMetrics=[])
        call.refused(operation, VALIDATION, violations(violation("[%s, ALL]" % ", ".join(METRICS), "shardLevelMetrics",
                     "have length less than or equal to 7")), StreamName="a", ShardLevelMetrics=METRICS + ["ALL"])
        call.refused(operation, VALIDATION, violations(violation("[ALL, Age]", "shardLevelMetrics", names)), StreamName="a",
                     ShardLevelMetrics=["ALL", "Age"])


# ---- encryption ----

def oldest(name, to=None):
    to = to or call
    iterator = to("GetShardIterator", StreamName=name, ShardId="0", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    return [record.get("EncryptionType") for record in to("GetRecords", ShardIterator=iterator)["Records"]]


@case("a stream tells how it is encrypted, in the words in which the key was named")
def _():
    name = call.stream()
    put = {"StreamName": name, "PartitionKey": "k", "Data": "YQ=="}
    equal(sorted(call("PutRecord", **put)), ["SequenceNumber", "ShardId"])
    stored_ms = int(time.time() * 1000)
    wait_until(lambda: int(time.time() * 1000) > stored_ms, 10, "the next millisecond")
    for key in (KEY, KEY_ARN, "mrk-1234abcd12ab34cd56ef1234567890ab", ALIAS, "arn:aws-cn:kms:cn-north-1:111122223333:alias/a:b_c-d/1"):
        call("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=key)
        for shown in (call.described(name), call.summary(name)):
            equal((shown["EncryptionType"], shown["KeyId"], shown["StreamStatus"]), ("KMS", key, "ACTIVE"))
    equal(call("PutRecord", **put)["EncryptionType"], "KMS")
    equal(call("PutRecords", StreamName=name, Records=[{"PartitionKey": "k", "Data": "YQ=="}])["EncryptionType"], "KMS")
    equal(oldest(name), [None, "KMS", "KMS"])
    server.restart()
    renew()
    equal(call.summary(name)["KeyId"], "arn:aws-cn:kms:cn-north-1:111122223333:alias/a:b_c-d/1")
    call("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId="alias/a:b_c-d/1")
    for shown in (call.described(name), call.summary(name)):
        equal((shown["EncryptionType"], shown.get("KeyId")), ("NONE", None))
    assert "EncryptionType" not in call("PutRecord", **put)
    equal(oldest(name), [None] * 4)


@case("encryption stops with the key it has, as its id or ARN, and with no other")
def _():
    name = call.stream()
    stop = {"StreamName": name, "EncryptionType": "KMS"}
    call.refused("StopStreamEncryption", INVALID, "Stream %s under account %s is not encrypted." % (name, ACCOUNT), KeyId=KEY, **stop)
    call("StartStreamEncryption", KeyId=KEY_ARN, **stop)
    for other in (ALIAS, KEY.replace("1", "2")):
        call.refused("StopStreamEncryption", INVALID, "Stream %s under account %s is not encrypted with key %s." % (name, ACCOUNT, other),
                     KeyId=other, **stop)
    call("StopStreamEncryption", KeyId=KEY, **stop)
    equal(call.summary(name)["EncryptionType"], "NONE")


@case("what is no key, or no type, is refused")
def _():
    name = call.stream()
    for operation in ("StartStreamEncryption", "StopStreamEncryption"):
        call.refused(operation, VALIDATION, violations(violation(None, "encryptionType", NO_NULL), violation(None, "keyId", NO_NULL)), StreamName=name)
        call.refused(operation, VALIDATION, violations(violation("AES", "encryptionType", "satisfy enum value set: [NONE, KMS]"),
                     violation("", "keyId", "have length greater than or equal to 1")), StreamName=name, EncryptionType="AES", KeyId="")
        call.refused(operation, VALIDATION, violations(violation("k" * 2049, "keyId", "have length less than or equal to 2048")),
                     StreamName=name, EncryptionType="KMS", KeyId="k" * 2049)
        call.refused(operation, INVALID, "EncryptionType must be KMS.", StreamName=name, EncryptionType="NONE", KeyId=KEY)
        for key in ("n/a", KEY + "0", KEY.replace("a", "g"), "alias/", "alias/a b", "mrk-1234", "arn:aws:kms:us-east-1:1:key/" + KEY,
                    "arn:aws:iam:us-east-1:111122223333:key/" + KEY, KEY_ARN + "x", "arn:aws:kms"):
            call.refused(operation, "KMSNotFoundException", "KeyId %s is not the id of a key, nor an alias, nor the ARN of one." % key, StreamName=name, EncryptionType="KMS", KeyId=key)


def daily(operation, most, name):
    return "Limit of %d %s operations in 24 hours exceeded for stream %s under account %s." % (most, operation, name, ACCOUNT)


@case("encryption is started and stopped 25 times in any 24 hours, the same key again not counted")
def _():
    with Server() as limited:
        to = caller_of(limited)
        to("CreateStream", StreamName="s", ShardCount=1)
        request = {"StreamName": "s", "EncryptionType": "KMS"}
        for i in range(25):
            to("StartStreamEncryption", KeyId=KEY, **request)
            to("StartStreamEncryption", KeyId=KEY, **request)
            to("StopStreamEncryption", KeyId=KEY, **request)
        to.refused("StartStreamEncryption", "LimitExceededException", daily("StartStreamEncryption", 25, "s"), KeyId=KEY, **request)
        to.set_limits(daily_StartStreamEncryption="off")
        to("StartStreamEncryption", KeyId=KEY, **request)
        to.refused("StopStreamEncryption", "LimitExceededException", daily("StopStreamEncryption", 25, "s"), KeyId=KEY, **request)
        limited.restart()
        to = caller_of(limited)
        to.refused("StopStreamEncryption", "LimitExceededException", daily("StopStreamEncryption", 25, "s"), KeyId=KEY, **request)
        to.set_limits(daily_StopStreamEncryption="26")
        to("StopStreamEncryption", KeyId=KEY, **request)
        assert "limit daily-StopStreamEncryption was reached for stream s" in limited.log(), limited.log()


# ---- record size ----

def size_of(name):
    return call.summary(name)["MaxRecordSizeInKiB"]


def too_long(path, size, most):
    return "Value 'java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]' at '%s' failed to satisfy constraint: Member must have length less " \
           "than or equal to %d" % (size, size, path, most)


@case("the largest record is 1 to 10 MiB, up and down, and puts go by it at once")
def _():
    name = call.stream()
    equal(size_of(name), 1024)
    data = "a" * (3 * 1024 * 1024)  # in JSON it is base64 of 2,359,296 bytes
    put = {"StreamName": name, "PartitionKey": "k", "Data": data}
    call.refused("PutRecord", VALIDATION, violations(too_long("data", 2359296, 1048576)), [JSON], **put)
    call("UpdateMaxRecordSize", StreamARN=arn(name), MaxRecordSizeInKiB=2304)
    equal(size_of(name), 2304)
    call("PutRecord", **put)
    call.refused("PutRecord", VALIDATION, violations(too_long("data", 2359297, 2359296)), [CBOR], **dict(put, Data=b"x" * 2359297))
    call.refused("PutRecords", VALIDATION, violations(too_long("records.2.member.data", 2359297, 2359296)), [CBOR], StreamName=name,
                 Records=[{"PartitionKey": "k", "Data": b"x"}, {"PartitionKey": "k", "Data": b"x" * 2359297}])
    call("UpdateMaxRecordSize", StreamARN=arn(name), MaxRecordSizeInKiB=1024)
    call.refused("PutRecord", VALIDATION, violations(too_long("data", 2359296, 1048576)), [JSON], **put)
    server.restart()
    renew()
    equal(size_of(name), 1024)
    for kib, phrase in ((1023, "have value greater than or equal to 1024"), (10241, "have value less than or equal to 10240")):
        call.refused("UpdateMaxRecordSize", VALIDATION, violations(violation(kib, "maxRecordSizeInKiB", phrase)), StreamARN=arn(name), MaxRecordSizeInKiB=kib)
    call.refused("UpdateMaxRecordSize", VALIDATION, violations(violation(None, "maxRecordSizeInKiB", NO_NULL)), StreamARN=arn(name))


@case("a record of 10 MiB goes in and comes out in both encodings, alone and in PutRecords, and one byte more does not")
def _():
    name = call.stream(MaxRecordSizeInKiB=10240)
    largest = bytes(range(256)) * 40960
    wanted = []
    for encoding in ENCODINGS:
        def written(data):
            return base64.b64encode(data).decode() if encoding == JSON else data

        call("PutRecord", encoding, StreamName=name, PartitionKey="key", Data=written(largest))
        rest = largest[:-256 - 3]  # with its key, and the other record, 10 MiB to the byte
        call("PutRecords", encoding, StreamName=name, Records=[{"PartitionKey": "k" * 256, "Data": written(rest)},
                                                               {"PartitionKey": "k", "Data": written(b"ab")}])
        call.refused("PutRecords", INVALID, "Records size exceeds 10 MB limit", [encoding], StreamName=name,
                     Records=[{"PartitionKey": "k" * 256, "Data": written(rest)}, {"PartitionKey": "k", "Data": written(b"abc")}])
        call.refused("PutRecord", VALIDATION, violations(too_long("data", 10485761, 10485760)), [encoding], StreamName=name, PartitionKey="k",
                     Data=written(largest + b"x"))
        wanted += [largest, rest, b"ab"]
    for encoding in ENCODINGS:
        found = []
        iterator = call("GetShardIterator", StreamName=name, ShardId="0", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while len(found) < len(wanted):
            page = call("GetRecords", encoding, ShardIterator=iterator)
            assert page["Records"], "no more after %d" % len(found)
            found += [base64.b64decode(record["Data"]) if encoding == JSON else record["Data"] for record in page["Records"]]
            iterator = page["NextShardIterator"]
        assert found == wanted, "the %d records differ" % len(found)


@case("a record above a shard's second of bytes is taken as a burst, and paid for afterwards")
def _():
    with Server() as limited:
        to = caller_of(limited)
        to("CreateStream", StreamName="s", ShardCount=1, MaxRecordSizeInKiB=10240)
        to("PutRecord", CBOR, StreamName="s", PartitionKey="k", Data=b"x" * 10485760)
        to.refused("PutRecord", "ProvisionedThroughputExceededException",
                   "Rate exceeded for shard shardId-000000000000 in stream s under account %s." % ACCOUNT, StreamName="s", PartitionKey="k", Data=b"x",
                   encodings=[CBOR])


# ---- mode and warm throughput ----

def mode(to, name, mode, **more):
    return to("UpdateStreamMode", StreamARN=arn(name), StreamModeDetails={"StreamMode": mode}, **more)


@case("a stream changes its mode and keeps its shards; the mode it has is no change")
def _():
    name = call.stream(3)
    equal(mode(call, name, "ON_DEMAND"), {})
    equal((call.described(name)["StreamModeDetails"], call.summary(name)["OpenShardCount"]), ({"StreamMode": "ON_DEMAND"}, 3))
    call.refused("UpdateShardCount", VALIDATION, "Request is invalid. Stream %s under account %s is in On-Demand mode." % (name, ACCOUNT),
                 StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    mode(call, name, "ON_DEMAND")
    server.restart()
    renew()
    equal(call.summary(name)["StreamModeDetails"], {"StreamMode": "ON_DEMAND"})
    mode(call, name, "PROVISIONED")
    equal(call.summary(name)["StreamModeDetails"], {"StreamMode": "PROVISIONED"})
    call.refused("UpdateStreamMode", VALIDATION, violations(violation(None, "streamModeDetails", NO_NULL), violation(None, "streamARN", NO_NULL)))
    call.refused("UpdateStreamMode", VALIDATION, violations(violation("FAST", "streamModeDetails.streamMode", "satisfy enum value set: [PROVISIONED, ON_DEMAND]"),
                 violation(-1, "warmThroughputMiBps", "have value greater than or equal to 0")), StreamARN=arn(name),
                 StreamModeDetails={"StreamMode": "FAST"}, WarmThroughputMiBps=-1)


@case("a stream changes its mode twice in any 24 hours, also across restarts")
def _():
    start = 1800000000
    with Server(["--auth", "off"], start=False) as travelling:
        def travel(hours):
            return travelled(travelling, start + hours * HOUR)

        to = travel(0)
        to("CreateStream", StreamName="s", ShardCount=1)
        mode(to, "s", "ON_DEMAND")
        to = travel(10)
        mode(to, "s", "PROVISIONED")
        mode(to, "s", "PROVISIONED")
        refusal = {"StreamARN": arn("s"), "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
        to.refused("UpdateStreamMode", "LimitExceededException", daily("UpdateStreamMode", 2, "s"), **refusal)
        to = travel(23)
        to.refused("UpdateStreamMode", "LimitExceededException", daily("UpdateStreamMode", 2, "s"), **refusal)
        to = travel(25)  # the first no longer counts
        mode(to, "s", "ON_DEMAND")
        to.refused("UpdateStreamMode", "LimitExceededException", daily("UpdateStreamMode", 2, "s"), StreamARN=arn("s"),
                   StreamModeDetails={"StreamMode": "PROVISIONED"})
        to = travel(35)
        mode(to, "s", "PROVISIONED")


@case("an account has so many on-demand streams, whichever way they came to be")
def _():
    with Server() as limited:
        to = caller_of(limited)
        to.set_limits(account_on_demand_streams="1", calls_DescribeLimits="off")
        to("CreateStream", StreamName="first")
        to("CreateStream", StreamName="s", ShardCount=1)
        text = ("This request would exceed the on-demand stream limit for the account %s in us-east-1. Current on-demand stream count for the "
                "account: 1. Limit: 1." % ACCOUNT)
        to.refused("UpdateStreamMode", "LimitExceededException", text, StreamARN=arn("s"), StreamModeDetails={"StreamMode": "ON_DEMAND"})
        mode(to, "first", "ON_DEMAND")  # which it is
        mode(to, "first", "PROVISIONED")
        equal(to("DescribeLimits")["OnDemandStreamCount"], 0)
        mode(to, "s", "ON_DEMAND")
        equal(to("DescribeLimits")["OnDemandStreamCount"], 1)


NOT_COMMITTED = ("WarmThroughputMiBps is only supported in accounts that have MinimumThroughputBillingCommitment enabled. Account %s has not." % ACCOUNT)


def provisioned(name):
    return "WarmThroughputMiBps is only supported for on-demand streams. Stream %s is using PROVISIONED mode." % name


@case("warm throughput is for on-demand streams of accounts with the commitment, up to 10 GiB/s")
def _():
    with Server() as limited:
        to = caller_of(limited)
        on_demand = to.stream(0)
        fixed = to.stream(1)
        to.refused("UpdateStreamWarmThroughput", INVALID, NOT_COMMITTED, StreamName=on_demand, WarmThroughputMiBps=5)
        to.refused("UpdateStreamMode", INVALID, NOT_COMMITTED, StreamARN=arn(fixed), StreamModeDetails={"StreamMode": "ON_DEMAND"}, WarmThroughputMiBps=5)
        to.set_limits(calls_CreateStream="off")
        to.refused("CreateStream", INVALID, NOT_COMMITTED, StreamName="new", StreamModeDetails={"StreamMode": "ON_DEMAND"}, WarmThroughputMiBps=5)
        assert "WarmThroughput" not in to.summary(on_demand)
        enabled(to)
        to.set_limits(calls_UpdateStreamWarmThroughput="off", daily_UpdateStreamMode="off", calls_DescribeStreamSummary="off")
        equal(to.summary(on_demand)["WarmThroughput"], {"TargetMiBps": 0, "CurrentMiBps": 0})
        assert "WarmThroughput" not in to.summary(fixed)
        to.refused("UpdateStreamWarmThroughput", INVALID, provisioned(fixed), StreamName=fixed, WarmThroughputMiBps=5)
        to.refused("UpdateStreamMode", INVALID, provisioned(fixed), StreamARN=arn(fixed), StreamModeDetails={"StreamMode": "PROVISIONED"}, WarmThroughputMiBps=5)
        to.refused("CreateStream", INVALID, provisioned("new"), StreamName="new", ShardCount=1, WarmThroughputMiBps=5)
        to("CreateStream", StreamName="warm", StreamModeDetails={"StreamMode": "ON_DEMAND"}, WarmThroughputMiBps=6)
        equal(to.summary("warm")["WarmThroughput"], {"TargetMiBps": 6, "CurrentMiBps": 6})
        for encoding in ENCODINGS:
            equal(to("UpdateStreamWarmThroughput", encoding, StreamARN=arn(on_demand), WarmThroughputMiBps=7),
                  {"StreamName": on_demand, "StreamARN": arn(on_demand), "WarmThroughput": {"TargetMiBps": 7, "CurrentMiBps": 0 if encoding == JSON else 7}})
        equal(to.summary(on_demand)["WarmThroughput"], {"TargetMiBps": 7, "CurrentMiBps": 7})
        mode(to, fixed, "ON_DEMAND", WarmThroughputMiBps=20)
        equal(to.summary(fixed)["WarmThroughput"], {"TargetMiBps": 20, "CurrentMiBps": 20})
        mode(to, fixed, "ON_DEMAND")
        mode(to, fixed, "ON_DEMAND", WarmThroughputMiBps=30)  # no other mode, but more throughput
        equal(to.summary(fixed)["WarmThroughput"], {"TargetMiBps": 30, "CurrentMiBps": 30})
        mode(to, fixed, "PROVISIONED")
        mode(to, fixed, "ON_DEMAND")
        equal(to.summary(fixed)["WarmThroughput"], {"TargetMiBps": 0, "CurrentMiBps": 0})
        to("UpdateStreamWarmThroughput", StreamName=fixed, WarmThroughputMiBps=10240)
        to.refused("UpdateStreamWarmThroughput", "LimitExceededException", "Warm throughput of 10241 MiBps exceeds the limit of 10240 MiBps for "
                   "stream %s under account %s." % (fixed, ACCOUNT), StreamName=fixed, WarmThroughputMiBps=10241)
        to.set_limits(stream_warm_throughput="off")
        to.refused("UpdateStreamWarmThroughput", "LimitExceededException", "Warm throughput of 1000001 MiBps exceeds the limit of 1000000 MiBps for "
                   "stream %s under account %s." % (fixed, ACCOUNT), StreamName=fixed, WarmThroughputMiBps=1000001)
        to.refused("UpdateStreamWarmThroughput", VALIDATION, violations(violation(None, "warmThroughputMiBps", NO_NULL)), StreamName=fixed)
        limited.restart()
        equal(caller_of(limited).summary(fixed)["WarmThroughput"], {"TargetMiBps": 10240, "CurrentMiBps": 10240})


# ---- the account ----

def commitment(to, encoding=JSON):
    return to("DescribeAccountSettings", encoding)["MinimumThroughputBillingCommitment"]


def commit(to, status):
    return to("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": status})["MinimumThroughputBillingCommitment"]


@case("the commitment of the account holds for a day at least, also across restarts")
def _():
    start = 1800000000
    with Server(["--auth", "off", "--limits", "off"], start=False) as travelling:
        def travel(hours):
            return travelled(travelling, start + hours * HOUR)

        def near(instant, hours):
            assert 0 <= instant - (start + hours * HOUR) < 60, instant

        to = travel(0)
        equal(commitment(to), {"Status": "DISABLED"})
        equal(commit(to, "DISABLED"), {"Status": "DISABLED"})
        now = commit(to, "ENABLED")
        equal(sorted(now), ["EarliestAllowedEndAt", "StartedAt", "Status"])
        equal(now["Status"], "ENABLED")
        near(now["StartedAt"], 0)
        equal(round(now["EarliestAllowedEndAt"] - now["StartedAt"], 3), 24 * HOUR)
        equal(commit(to, "ENABLED"), now)
        in_ms = commitment(to, CBOR)
        equal(in_ms["StartedAt"], round(now["StartedAt"] * 1000))
        to = travel(2)
        equal(commitment(to), now)
        ending = dict(now, Status="ENABLED_UNTIL_EARLIEST_ALLOWED_END")
        equal(commit(to, "DISABLED"), ending)
        equal(commit(to, "ENABLED"), now)  # it goes on
        equal(commit(to, "DISABLED"), ending)
        to("CreateStream", StreamName="s")
        to("UpdateStreamWarmThroughput", StreamName="s", WarmThroughputMiBps=5)  # as long as it holds
        to = travel(25)
        ended = commitment(to)
        equal(ended, {"Status": "DISABLED", "StartedAt": now["StartedAt"], "EndedAt": now["EarliestAllowedEndAt"]})
        equal(commit(to, "DISABLED"), ended)
        to.refused("UpdateStreamWarmThroughput", INVALID, NOT_COMMITTED, StreamName="s", WarmThroughputMiBps=6)
        again = commit(to, "ENABLED")
        near(again["StartedAt"], 25)
        to = travel(80)
        done = commit(to, "DISABLED")
        equal((done["Status"], done["StartedAt"]), ("DISABLED", again["StartedAt"]))
        near(done["EndedAt"], 80)


@case("the status of a commitment is ENABLED or DISABLED")
def _():
    path = "minimumThroughputBillingCommitment"
    call.refused("UpdateAccountSettings", VALIDATION, violations(violation(None, path, NO_NULL)))
    call.refused("UpdateAccountSettings", VALIDATION, violations(violation(None, path + ".status", NO_NULL)), MinimumThroughputBillingCommitment={})
    call.refused("UpdateAccountSettings", VALIDATION, violations(violation("ENABLED_UNTIL_EARLIEST_ALLOWED_END", path + ".status",
                 "satisfy enum value set: [ENABLED, DISABLED]")), MinimumThroughputBillingCommitment={"Status": "ENABLED_UNTIL_EARLIEST_ALLOWED_END"})


# ---- limits of calls ----

@case("calls a second are limited by account and stream, each in its words")
def _():
    with Server() as limited:
        to = caller_of(limited)
        to("CreateStream", StreamName="s", ShardCount=1)
        of_stream = "Rate exceeded for stream s under account %s." % ACCOUNT
        of_account = "Rate exceeded for account %s." % ACCOUNT
        commit_ = {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
        for operation, members, message in (CHANGES[0][:1] + (CHANGES[0][1]("s"), of_stream), CHANGES[1][:1] + (CHANGES[1][1]("s"), of_stream),
                                            CHANGES[6][:1] + (CHANGES[6][1]("s"), of_stream), ("DescribeAccountSettings", {}, of_account),
                                            ("UpdateAccountSettings", commit_, of_account)):
            to.set_limits(**{"calls_" + operation: "1"})
            answers = []
            deadline = time.monotonic() + 20
            while {"__type": "LimitExceededException", "message": message} not in answers:
                assert time.monotonic() < deadline, (operation, answers)
                answers.append(to.wire.call(operation, members).value())


@case("the server has survived all this and drains with code 0")
def _():
    equal(server.process.poll(), None, server.log())
    equal(server.stop(), 0, server.log())


def renew():
    """After a restart: the port is another."""
    call.wire = caller_of(server).wire


def main():
    global server, call
    with Server(["--limits", "off"]) as started:
        server = started
        call = caller_of(server, "s")
        return runner.main()


if __name__ == "__main__":
    sys.exit(main())
