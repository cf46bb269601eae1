"""Consumers with throughput of their own."""
from .session import arn, equal


def consumers_are_registered_described_listed_and_deregistered(s):
    name = s.stream()
    made = s.call("RegisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")["Consumer"]
    equal((made["ConsumerName"], made["ConsumerStatus"]), ("reader", "CREATING"))
    assert made["ConsumerARN"].startswith(arn(name) + "/consumer/reader:"), made
    found = s.call("DescribeStreamConsumer", ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    equal((found["ConsumerStatus"], found["StreamARN"]), ("ACTIVE", arn(name)))
    equal([consumer["ConsumerARN"] for consumer in s.call("ListStreamConsumers", StreamARN=arn(name))["Consumers"]], [made["ConsumerARN"]])
    error = s.refused("DeleteStream", StreamName=name)
    equal(error.kind, "ResourceInUseException")
    s.call("DeregisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")
    error = s.refused("DescribeStreamConsumer", StreamARN=arn(name), ConsumerName="reader")
    equal(str(error), "ResourceNotFoundException: Consumer reader, account 000000000000 not found.")
