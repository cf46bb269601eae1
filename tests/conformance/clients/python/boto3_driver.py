"""boto3 as a driver: of whichever Python runs this."""
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


def call(operation, members):
    try:
        answer = getattr(client, botocore.xform_name(operation))(**lines.from_line(members))
    except botocore.exceptions.ClientError as error:
        return {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"],
                          "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}}
    answer.pop("ResponseMetadata")
    if "EventStream" in answer:
        answer["EventStream"] = [event["SubscribeToShardEvent"] for event in answer["EventStream"]]
    return {"output": lines.to_line(answer)}


lines.serve(boto3.__version__, call, at_once=10)  # its pool has that many connections
