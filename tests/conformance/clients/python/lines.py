"""The loop that both Python drivers share; drivers.py describes the lines.

Standard output belongs to the lines: what a client prints there goes to standard error instead.
"""
import base64
import concurrent.futures
import datetime
import json
import sys

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def from_line(value, name=""):
    """What boto3 takes: bytes and datetimes where the line has base64 and milliseconds."""
    if isinstance(value, dict):
        return {key: from_line(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [from_line(item) for item in value]
    if name == "Data":
        return base64.b64decode(value)
    if name.endswith("Timestamp"):
        return EPOCH + datetime.timedelta(milliseconds=value)
    return value


def to_line(value):
    if isinstance(value, dict):
        return {key: to_line(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_line(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return round((value - EPOCH) / datetime.timedelta(milliseconds=1))
    return value


def serve(version, call, at_once=1):
    """Answer lines until there are no more. `call(operation, input)` gives the answer as a dict, in up to `at_once` threads."""
    answers, sys.stdout = sys.stdout, sys.stderr

    def say(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    def answer(request):
        try:
            return call(request["operation"], request["input"])
        except Exception as error:
            return {"failure": "%s: %s: %s" % (request["operation"], type(error).__name__, error)}

    say({"ready": version})
    with concurrent.futures.ThreadPoolExecutor(at_once) as threads:
        for line in sys.stdin:
            request = json.loads(line)
            say(list(threads.map(answer, request)) if isinstance(request, list) else answer(request))
