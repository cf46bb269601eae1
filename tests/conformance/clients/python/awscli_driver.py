"""The AWS CLI as a driver: what /usr/bin/aws does with its arguments, over and over in one process.

Version 2 takes blobs as base64. Version 1 takes them as text, or bytes from a file that an argument names, so
that it cannot put bytes which are no text with PutRecords.
"""
import base64
import contextlib
import datetime
import io
import json
import os
import re
import tempfile

import awscli
import awscli.clidriver

import lines

TAKES_BASE64 = int(awscli.__version__.split(".")[0]) >= 2
# What the command line would ask for page after page by itself.
PAGES_BY_ITSELF = {"ListStreams", "ListShards", "ListStreamConsumers", "DescribeStream"}
scratch = tempfile.TemporaryDirectory(prefix="runnel-awscli-")
cli = awscli.clidriver.create_clidriver()


def scratch_file(name, data):
    path = os.path.join(scratch.name, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def for_the_tool(value, name=""):
    """The input as the tool reads it: seconds, and blobs as its version wants them."""
    if isinstance(value, dict):
        return {key: for_the_tool(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [for_the_tool(item) for item in value]
    if name.endswith("Timestamp"):
        return value / 1000
    if name == "Data" and not TAKES_BASE64:
        return base64.b64decode(value).decode()
    return value


def from_the_tool(value, name=""):
    if isinstance(value, dict):
        return {key: from_the_tool(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [from_the_tool(item) for item in value]
    if name.endswith("Timestamp") or name in ("StartedAt", "EndedAt", "EarliestAllowedEndAt"):  # ISO 8601 from version 2, seconds from version 1
        return lines.to_line(datetime.datetime.fromisoformat(value)) if isinstance(value, str) else round(value * 1000)
    return value


def call(operation, members):
    command = ["kinesis", "-".join(word.lower() for word in re.findall("[A-Z][a-z]*", operation)), "--output", "json",
               "--endpoint-url", os.environ["AWS_ENDPOINT_URL_KINESIS"]]
    if operation in PAGES_BY_ITSELF:
        command.append("--no-paginate")
    if "Data" in members and not TAKES_BASE64:
        members = dict(members)
        command += ["--data", "fileb://" + scratch_file("data", base64.b64decode(members.pop("Data")))]
    command += ["--cli-input-json", "file://" + scratch_file("input.json", json.dumps(for_the_tool(members)).encode())]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(command)
    if code == 0:
        return {"output": from_the_tool(json.loads(out.getvalue())) if out.getvalue().strip() else {}}
    match = re.search(r"An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: (.*)", err.getvalue(), re.S)
    if not match:
        return {"failure": "aws %s ended with %d: %s" % (command[1], code, err.getvalue())}
    return {"error": {"code": match.group(1), "message": match.group(2).rstrip("\n")}}


lines.serve(awscli.__version__, call)
