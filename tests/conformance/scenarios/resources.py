"""What hangs on a stream or a consumer by its ARN: tags and policies."""
import json

from .session import ACCOUNT, arn, equal

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                                                  "Action": ["kinesis:PutRecord"], "Resource": "*"}]}


def resources(s, name):
    """ARNs of the stream and of a consumer of it."""
    return arn(name), s.call("RegisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")["Consumer"]["ConsumerARN"]


def tags_hang_on_streams_and_consumers_by_arn(s):
    name = s.stream()
    for resource in resources(s, name):
        equal(s.call("ListTagsForResource", ResourceARN=resource), {"Tags": []})
        equal(s.call("TagResource", ResourceARN=resource, Tags={"team": "blue", "env": "test", "x": ""}), {})
        s.call("TagResource", ResourceARN=resource, Tags={"team": "red"})
        equal(s.call("UntagResource", ResourceARN=resource, TagKeys=["x", "unknown"]), {})
        equal(s.call("ListTagsForResource", ResourceARN=resource),
              {"Tags": [{"Key": "env", "Value": "test"}, {"Key": "team", "Value": "red"}]})
    equal(len(s.call("ListTagsForStream", StreamName=name)["Tags"]), 2)
    error = s.refused("TagResource", ResourceARN=arn(name), Tags={"a;b": "c"})
    equal(error.kind, "InvalidArgumentException")


def tags_of_a_registration_and_of_a_creation_are_there_at_once(s):
    name = s.prefix
    s.call("CreateStream", StreamName=name, ShardCount=1, Tags={"of": "stream"})
    consumer = s.call("RegisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader", Tags={"of": "consumer"})["Consumer"]["ConsumerARN"]
    for resource, value in ((arn(name), "stream"), (consumer, "consumer")):
        equal(s.call("ListTagsForResource", ResourceARN=resource)["Tags"], [{"Key": "of", "Value": value}])


def policies_hang_on_streams_and_consumers_by_arn(s):
    for resource in resources(s, s.stream()):
        equal(s.call("GetResourcePolicy", ResourceARN=resource), {"Policy": "{}"})
        equal(s.call("PutResourcePolicy", ResourceARN=resource, Policy='{"Version": "2012-10-17", "Statement": []}'), {})
        s.call("PutResourcePolicy", ResourceARN=resource, Policy=json.dumps(POLICY))
        equal(json.loads(s.call("GetResourcePolicy", ResourceARN=resource)["Policy"]), POLICY)
        equal(s.call("DeleteResourcePolicy", ResourceARN=resource), {})
        error = s.refused("DeleteResourcePolicy", ResourceARN=resource)
        equal(str(error), "ResourceNotFoundException: No resource policy found for resource ARN %s." % resource)
    error = s.refused("PutResourcePolicy", ResourceARN=arn("nowhere"), Policy="{}")
    equal(error.kind, "ResourceNotFoundException")
