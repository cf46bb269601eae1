"""Consumers with throughput of their own."""
import time

from .session import ACCOUNT, arn, equal, seconds


def registered(s, stream, name, **members):
    return s.call("RegisterStreamConsumer", StreamARN=arn(stream), ConsumerName=name, **members)["Consumer"]


def consumers_are_registered_described_listed_and_deregistered(s):
    name = s.stream()
    made = registered(s, name, "reader")
    equal((made["ConsumerName"], made["ConsumerStatus"]), ("reader", "CREATING"))
    assert abs(seconds(made["ConsumerCreationTimestamp"]) - time.time()) < 60
    equal(made["ConsumerARN"], "%s/consumer/reader:%d" % (arn(name), seconds(made["ConsumerCreationTimestamp"])))
    active = {**made, "ConsumerStatus": "ACTIVE"}
    for names in ({"ConsumerARN": made["ConsumerARN"]}, {"StreamARN": arn(name), "ConsumerName": "reader"}):
        equal(s.call("DescribeStreamConsumer", **names), {"ConsumerDescription": {**active, "StreamARN": arn(name)}})
    equal(s.call("ListStreamConsumers", StreamARN=arn(name)), {"Consumers": [active]})
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["ConsumerCount"], 1)
    equal(s.call("DeregisterStreamConsumer", ConsumerARN=made["ConsumerARN"]), {})
    for operation in ("DescribeStreamConsumer", "DeregisterStreamConsumer"):
        error = s.refused(operation, StreamARN=arn(name), ConsumerName="reader")
        equal(str(error), "ResourceNotFoundException: Consumer reader, account %s not found." % ACCOUNT)
    equal(s.call("ListStreamConsumers", StreamARN=arn(name)), {"Consumers": []})


def consumers_are_listed_in_pages_with_a_token(s):
    name = s.stream()
    for consumer in ("c", "a", "e", "b", "d"):
        registered(s, name, consumer)
    page = s.call("ListStreamConsumers", StreamARN=arn(name), MaxResults=2)
    found = [page["Consumers"]]
    while page.get("NextToken"):
        page = s.call("ListStreamConsumers", StreamARN=arn(name), MaxResults=2, NextToken=page["NextToken"])
        found.append(page["Consumers"])
    equal([[consumer["ConsumerName"] for consumer in page] for page in found], [["a", "b"], ["c", "d"], ["e"]])


def the_name_of_a_consumer_is_taken_once_in_a_stream(s):
    name, other = s.stream(), s.stream()
    registered(s, name, "reader")
    registered(s, other, "reader")
    error = s.refused("RegisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")
    equal(str(error), "ResourceInUseException: Consumer reader under stream %s already exists." % name)


def a_stream_with_consumers_goes_only_with_force(s):
    name = s.stream()
    registered(s, name, "reader")
    error = s.refused("DeleteStream", StreamName=name)
    equal(str(error), "ResourceInUseException: DeleteStream can't delete {0}:{1} because there are consumers associated with this data "
          "stream. To delete {1} anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers "
          "that are associated with it.".format(ACCOUNT, name))
    s.call("DeleteStream", StreamName=name, EnforceConsumerDeletion=True)
    error = s.refused("ListStreamConsumers", StreamARN=arn(name))
    equal(str(error), "ResourceNotFoundException: Stream %s under account %s not found." % (name, ACCOUNT))
