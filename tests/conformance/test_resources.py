#!/usr/bin/python3
"""Tags and policies of streams and consumers, by ARN, on the wire.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_resources.py [WORD...]     only cases whose sentence holds one of the words
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from caller import ACCOUNT, INVALID, VALIDATION, arn as arn_of, caller_of  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server  # noqa: E402
from wire import CBOR  # noqa: E402

IN_USE = "ResourceInUseException"
LIMIT = "LimitExceededException"
NOT_FOUND = "ResourceNotFoundException"
ARN = arn_of("")
PATTERN = ("failed to satisfy constraint: Member must satisfy regular expression pattern: "
           "arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+")
MEMBERS = {"TagResource": {"Tags": {"a": "b"}}, "UntagResource": {"TagKeys": ["a"]}, "ListTagsForResource": {},
           "PutResourcePolicy": {"Policy": "{}"}, "GetResourcePolicy": {}, "DeleteResourcePolicy": {}}

server = None
to = None  # a server without limits

def stream(name=None, where=None):
    """A new stream's ARN."""
    if not name:
        return arn_of(to.stream())
    (where or to)("CreateStream", StreamName=name, ShardCount=1)
    return arn_of(name)


def consumer(arn, name="c", where=None):
    return (where or to)("RegisterStreamConsumer", StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"]


def tags_of(arn, where=None):
    return [(tag["Key"], tag["Value"]) for tag in (where or to)("ListTagsForResource", ResourceARN=arn)["Tags"]]


def policy_of(arn, where=None):
    return (where or to)("GetResourcePolicy", ResourceARN=arn)["Policy"]


def each_resource():
    """A stream's ARN, then that of a consumer of it."""
    arn = stream()
    return (arn, "stream", arn.split("/")[1]), (consumer(arn), "consumer", "c")


# ---- the resource ----

@case("members are told in one order, and the ARN of a resource has its pattern")
def _():
    first = {"TagResource": "Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1",
             "UntagResource": "Value '[]' at 'tagKeys' failed to satisfy constraint: Member must have length greater than or equal to 1",
             "PutResourcePolicy": "Value null at 'policy' failed to satisfy constraint: Member must not be null"}
    for operation in MEMBERS:
        one = [first[operation]] if operation in first else []
        both = one + ["Value null at 'resourceARN' failed to satisfy constraint: Member must not be null"]
        members = {"TagResource": {"Tags": {}}, "UntagResource": {"TagKeys": []}}.get(operation, {})
        to.refused(operation, VALIDATION, "%d validation error%s detected: %s" % (len(both), "s"[:len(both) - 1], "; ".join(both)), **members)
        for bad in (ARN, "arn:aws:kinesis:us-east-1:1:stream/s", ARN + "a b", "arn:aws:kinesis:us-east-1:%s:topic/s" % ACCOUNT, "x" + ARN + "s"):
            to.refused(operation, VALIDATION, "1 validation error detected: Value '%s' at 'resourceARN' %s" % (bad, PATTERN),
                       **{**MEMBERS[operation], "ResourceARN": bad})


@case("an unknown stream is told by its whole ARN, an unknown consumer by its name")
def _():
    arn = stream()
    known = consumer(arn)
    no_consumer = "Consumer %s, account %s not found."
    for operation, members in MEMBERS.items():
        for unknown, account in ((ARN + "nobody", ACCOUNT), (ARN + "nobody/consumer/c:1", ACCOUNT), (arn.replace("us-east-1", "eu-west-1"), ACCOUNT),
                                 (arn.replace("aws", "aws-cn", 1), ACCOUNT), (arn.replace(ACCOUNT, "123456789012"), "123456789012"),
                                 ("arn:aws:kinesis:us-east-1:%s:xstream/s" % ACCOUNT, ACCOUNT), (arn + "/x", ACCOUNT)):
            to.refused(operation, NOT_FOUND, "Stream %s under account %s not found." % (unknown, account), ResourceARN=unknown, **members)
        to.refused(operation, NOT_FOUND, no_consumer % ("d", ACCOUNT), ResourceARN=arn + "/consumer/d:1", **members)
        to.refused(operation, NOT_FOUND, no_consumer % ("c", ACCOUNT), ResourceARN=known + "0", **members)


@case("only what is ACTIVE is changed, and whatever is there is read")
def _():
    with Server(["--limits", "off", "--transition-delay", "10m"], start=False) as slow:
        slow.arguments[-1] = "0s"
        slow.start()
        arn = stream("s", caller_of(slow))
        equal(slow.stop(), 0)
        slow.arguments[-1] = "10m"
        slow.start()
        at = caller_of(slow)
        known = consumer(arn, where=at)
        text = "Consumer c with creation timestamp %s under stream s and account %s is not in ACTIVE status." % (known.split(":")[-1], ACCOUNT)
        for operation in ("TagResource", "UntagResource", "PutResourcePolicy", "DeleteResourcePolicy"):
            at.refused(operation, IN_USE, text, ResourceARN=known, **MEMBERS[operation])
        equal((tags_of(known, at), policy_of(known, at)), ([], "{}"))
        at("DeleteStream", StreamName="s", EnforceConsumerDeletion=True)
        for operation in ("TagResource", "UntagResource", "PutResourcePolicy", "DeleteResourcePolicy"):
            at.refused(operation, IN_USE, "Stream s under account %s not ACTIVE, instead in state DELETING" % ACCOUNT, ResourceARN=arn,
                       **MEMBERS[operation])
        equal((tags_of(arn, at), policy_of(arn, at)), ([], "{}"))


# ---- tags ----

@case("tags of a stream are the same by name and by ARN, and a consumer has its own")
def _():
    (arn, _, name), (of_consumer, _, _) = each_resource()
    to("AddTagsToStream", StreamName=name, Tags={"by": "name"})
    equal(to("TagResource", ResourceARN=arn, Tags={"at": "arn", "empty": ""}), {})
    to("TagResource", ResourceARN=of_consumer, Tags={"team": "blue", "by": "arn"})
    equal(tags_of(arn), [("at", "arn"), ("by", "name"), ("empty", "")])
    equal([(tag["Key"], tag["Value"]) for tag in to("ListTagsForStream", StreamName=name)["Tags"]], tags_of(arn))
    equal(tags_of(of_consumer), [("by", "arn"), ("team", "blue")])
    to("TagResource", ResourceARN=of_consumer, Tags={"team": "red"})
    equal(to("UntagResource", ResourceARN=of_consumer, TagKeys=["by", "unknown"]), {})
    to("UntagResource", ResourceARN=arn, TagKeys=["by"])
    equal((tags_of(arn), tags_of(of_consumer)), ([("at", "arn"), ("empty", "")], [("team", "red")]))


@case("tags of a registration are listed, and go with the consumer")
def _():
    arn = stream()
    first = to("RegisterStreamConsumer", StreamARN=arn, ConsumerName="c", Tags={"z": "1", "a": "2"})["Consumer"]["ConsumerARN"]
    equal(tags_of(first), [("a", "2"), ("z", "1")])
    to("DeregisterStreamConsumer", ConsumerARN=first)
    equal(tags_of(consumer(arn)), [])


@case("texts of tags are refused in the words of the service, which name the resource")
def _():
    odd = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @."
    for arn, what, name in each_resource():
        to.refused("TagResource", INVALID, odd, ResourceARN=arn, Tags={"a;": ""})
        to.refused("UntagResource", INVALID, odd, ResourceARN=arn, TagKeys=["a;"])
        illegal = (" %s %s under account %s because some tags contained illegal characters. The allowed characters are Unicode letters, "
                   "white-spaces, '_',',','/','=','+','-','@'." % (what, name, ACCOUNT))
        to.refused("TagResource", INVALID, "Failed to add tags to" + illegal, ResourceARN=arn, Tags={"a": "5%"})
        to.refused("UntagResource", INVALID, "Failed to remove tags from" + illegal, ResourceARN=arn, TagKeys=["5%"])
        to.refused("TagResource", INVALID, "Failed to add tags to %s %s under account %s because tag keys that begin with aws: are reserved."
                   % (what, name, ACCOUNT), ResourceARN=arn, Tags={"aws:x": ""})
        equal(tags_of(arn), [])


@case("stream and consumer have at most fifty tags each, and all come in one list")
def _():
    with Server(["--auth", "off"]) as limited:
        at = caller_of(limited)
        arn = stream("s", at)
        for resource, what, name in ((arn, "stream", "s"), (consumer(arn, where=at), "consumer", "c")):
            at("TagResource", ResourceARN=resource, Tags={"k%02d" % i: "v" for i in range(50)})
            at.refused("TagResource", INVALID, "Failed to add tags to %s %s under account %s because a given %s cannot have more than 50 tags "
                       "associated with it." % (what, name, ACCOUNT, what), ResourceARN=resource, Tags={"l": ""})
            equal(len(tags_of(resource, at)), 50)
            at.set_limits(calls_TagResource="off", calls_ListTagsForResource="off")


# ---- policies ----

@case("a policy is handed back as it was put, until it is replaced or deleted")
def _():
    text = '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kinesis:Get*", "Resource": "ü\\u00fc"}]}'
    for arn, _, _ in each_resource():
        equal(policy_of(arn), "{}")
        equal(to("PutResourcePolicy", ResourceARN=arn, Policy=text), {})
        equal(policy_of(arn), text)
        equal(to.wire.call("GetResourcePolicy", {"ResourceARN": arn}, CBOR).value(), {"Policy": text})
        to("PutResourcePolicy", ResourceARN=arn, Policy=' {"Statement":[]} ')
        equal(policy_of(arn), ' {"Statement":[]} ')
        equal(to("DeleteResourcePolicy", ResourceARN=arn), {})
        equal(policy_of(arn), "{}")
        to.refused("DeleteResourcePolicy", NOT_FOUND, "No resource policy found for resource ARN %s." % arn, ResourceARN=arn)


@case("what is no JSON object, or too large, is no policy")
def _():
    for arn, _, _ in each_resource():
        for bad in ("", " ", "[]", '"{}"', "null", "{", "{}x", "{'a': 1}", '{"a": 1,}', '{"a": tru}'):
            to.refused("PutResourcePolicy", INVALID, "The policy is not a valid JSON object.", ResourceARN=arn, Policy=bad)
        longest = '{"a": "%s"}' % ("x" * (20480 - 9))
        to("PutResourcePolicy", ResourceARN=arn, Policy=longest)
        equal(policy_of(arn), longest)
        to.refused("PutResourcePolicy", INVALID, "The policy has 20481 bytes. The maximum size of a resource policy is 20480 bytes.",
                   ResourceARN=arn, Policy=longest + " ")


@case("tags and policies are there after a restart, orderly and not, and go with their stream")
def _():
    with Server(["--limits", "off"]) as some:
        at = caller_of(some)
        arn = stream("s", at)
        resources = (arn, consumer(arn, where=at))
        for i, resource in enumerate(resources):
            at("TagResource", ResourceARN=resource, Tags={"tag": "%d" % i})
            at("PutResourcePolicy", ResourceARN=resource, Policy='{"Id": "%d"}' % i)
        for end in (some.kill, some.stop, some.kill):
            end()
            some.start()
            at = caller_of(some)
            for i, resource in enumerate(resources):
                equal((tags_of(resource, at), policy_of(resource, at)), ([("tag", "%d" % i)], '{"Id": "%d"}' % i))
        at("DeleteStream", StreamName="s", EnforceConsumerDeletion=True)
        equal(stream("s", at), arn)
        equal((tags_of(arn, at), policy_of(arn, at)), ([], "{}"))


# ---- limits ----

@case("calls a second are counted for the account, and refused in the name of the stream")
def _():
    with Server(["--auth", "off"]) as limited:
        at = caller_of(limited)
        arn = stream("s", at)
        at.set_limits(**{"calls_" + operation: "1" for operation in MEMBERS})

        def until_refused(operation, members):
            for _ in range(20):
                response = at.wire.call(operation, {"ResourceARN": arn, **members})
                if response.status != 200 and response.value()["__type"] == LIMIT:
                    return response.value()["message"]
            raise AssertionError("%s was never refused" % operation)

        for operation, members in MEMBERS.items():
            equal(until_refused(operation, members), "Rate exceeded for stream s under account %s." % ACCOUNT)


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
