"""boto3 as a driver: of whichever Python runs this."""
import itertools
import os

import boto3
import botocore
import botocore.config
import botocore.exceptions

import lines

# Since 1.28 the endpoint comes from the environment; before, only from the code.
FROM_ENVIRONMENT = tuple(int(part) for part in boto3.__version__.split(".")[:2]) >= (1, 28)
client = boto3.client("kinesis", endpoint_url=None if FROM_ENVIRONMENT else os.environ["AWS_ENDPOINT_URL_KINESIS"],
                      config=botocore.config.Config(retries={"max_attempts": 2}))


numbers = itertools.count(1)
subscriptions = {}  # number: (what to close, events)


def call_client(operation, members):
    answer = getattr(client, botocore.xform_name(operation))(**lines.from_line(members))
    answer.pop("ResponseMetadata")
    return answer


def subscribe(members):
    stream = call_client("SubscribeToShard", members)["EventStream"]
    number = next(numbers)
    subscriptions[number] = stream, iter(stream)
    return {"Subscription": number}


def next_event(members):
    return next(subscriptions[members["Subscription"]][1], {})


def unsubscribe(members):
    subscriptions.pop(members["Subscription"])[0].close()
    return {}


OF_SUBSCRIPTIONS = {"SubscribeToShard": subscribe, "NextEvent": next_event, "Unsubscribe": unsubscribe}


def call(operation, members):
    try:
        if operation in OF_SUBSCRIPTIONS:
            return {"output": lines.to_line(OF_SUBSCRIPTIONS[operation](members))}
        return {"output": lines.to_line(call_client(operation, members))}
    except botocore.exceptions.ClientError as error:  # an event stream tells no status
        told = error.response["Error"]
        return {"error": {"code": told["Code"], "message": told["Message"],
                          "status": error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")}}


lines.serve(boto3.__version__, call, at_once=10)  # its pool has that many connections
