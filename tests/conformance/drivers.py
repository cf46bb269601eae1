"""Each client as a driver: call(operation, members) answers as the API does, or raises scenarios.ApiError.

    boto3    Debian's python3-boto3
    awscli   Debian's aws, a process for each call
    runnel   our own client library, librunnel.so through ctypes
"""
import base64
import ctypes
import json
import os
import re
import subprocess

from scenarios import ApiError, REGION

BUILD = os.environ.get("BUILD", os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build"))


def words(operation):
    """PutRecords -> put, records"""
    return [word.lower() for word in re.findall("[A-Z][a-z]*", operation)]


class Boto3:
    name = "boto3"
    too_old_for = {"a_stream_is_found_by_its_arn_as_by_its_name"}  # its model has no StreamARN

    def __init__(self, server):
        import boto3
        import botocore.config
        self.client = boto3.client("kinesis", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id=server.access_key,
                                   aws_secret_access_key=server.secret_key, config=botocore.config.Config(retries={"max_attempts": 2}))

    def call(self, operation, members):
        import botocore.exceptions
        try:
            answer = getattr(self.client, "_".join(words(operation)))(**members)
        except botocore.exceptions.ClientError as error:
            raise ApiError(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error
        answer.pop("ResponseMetadata")
        return answer


def encode_blobs(value):
    """The same with bytes as base64 text, for drivers that speak JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: encode_blobs(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encode_blobs(item) for item in value]
    return value


def decode_blobs(value, name=None):
    if name == "Data" and isinstance(value, str):
        return base64.b64decode(value)
    if isinstance(value, dict):
        return {key: decode_blobs(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [decode_blobs(item) for item in value]
    return value


class AwsCli:
    name = "awscli"
    too_old_for = set()
    # What the command line sends along without being asked, or answers in its own way.
    pages_by_itself = {"ListStreams", "ListShards", "DescribeStream"}

    def __init__(self, server):
        self.env = {**server.environment(), **server.client_env(), "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "2"}
        self.endpoint = server.endpoint
        self.input = os.path.join(server.scratch, "input.json")  # read twice by the tool, so not a pipe

    def call(self, operation, members):
        command = ["/usr/bin/aws", "kinesis", "-".join(words(operation)), "--endpoint-url", self.endpoint, "--output", "json",
                   "--cli-input-json", "file://" + self.input]
        if operation in self.pages_by_itself:
            command.append("--no-paginate")
        with open(self.input, "w", encoding="utf-8") as file:
            json.dump(encode_blobs(members), file)
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60)
        if done.returncode:
            match = re.search(r"An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: (.*)", done.stderr, re.S)
            if not match:
                raise AssertionError("aws ended with %d: %s" % (done.returncode, done.stderr))
            raise ApiError(match.group(1), match.group(2).rstrip("\n"))
        return decode_blobs(json.loads(done.stdout) if done.stdout.strip() else {})


class Runnel:
    name = "runnel"
    too_old_for = set()

    def __init__(self, server):
        self.lib = ctypes.CDLL(os.path.join(BUILD, "librunnel.so"))
        for function, kinds in {"runnel_config_new": [], "runnel_config_set": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p],
                                "runnel_client_new": [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)],
                                "runnel_client_call": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t,
                                                       ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_size_t)],
                                "runnel_client_error_type": [ctypes.c_void_p], "runnel_client_error_message": [ctypes.c_void_p]}.items():
            getattr(self.lib, function).argtypes = kinds
        self.lib.runnel_config_new.restype = ctypes.c_void_p
        self.lib.runnel_client_error_type.restype = self.lib.runnel_client_error_message.restype = ctypes.c_char_p
        config, self.client = self.lib.runnel_config_new(), ctypes.c_void_p()
        for name, value in (("endpoint", server.endpoint), ("region", REGION), ("access_key_id", server.access_key),
                            ("secret_access_key", server.secret_key)):
            assert self.lib.runnel_config_set(config, name.encode(), value.encode()) == 0
        assert self.lib.runnel_client_new(config, ctypes.byref(self.client)) == 0

    def call(self, operation, members):
        body = json.dumps(encode_blobs(members)).encode()
        answer, length = ctypes.c_char_p(), ctypes.c_size_t()
        err = self.lib.runnel_client_call(self.client, operation.encode(), body, len(body), ctypes.byref(answer), ctypes.byref(length))
        if err:
            raise ApiError(self.lib.runnel_client_error_type(self.client).decode(), self.lib.runnel_client_error_message(self.client).decode())
        return decode_blobs(json.loads(answer.value) if length.value else {})


DRIVERS = [Boto3, AwsCli, Runnel]
