"""Each client as a driver: call(operation, members) answers as the API does, or raises ApiError;
call_all([(operation, members), ...]) makes many calls at the same time and answers a list.

A client that is a program in another language, or of another Python, runs in a process of its own for as long as
the driver lives. It reads lines of JSON from standard input and answers each with one on standard output:

    first, by itself     {"ready": "its version"}
    {"operation": "PutRecord", "input": {...}}
        the API answered {"output": {...}}
        the API refused  {"error": {"code": "...", "message": "...", "status": 400}}      status where it is known
        anything else    {"failure": "what happened"}
    [{"operation": ...}, ...]
        all at the same time, if the client can; a list of answers in the same order

SubscribeToShard answers {"output": {"Subscription": number}} once the API accepted it. Two more operations are there for it:

    NextEvent     of {"Subscription": number}: {"output": {"SubscribeToShardEvent": {...}}} as soon as there is one,
                  {"output": {}} at the end of the stream, or the error that ended it
    Unsubscribe   of the same: gives it up

Members have the API's names; absent ones are left out. Data is base64, a moment (is_moment() knows
them by name) is whole milliseconds. Endpoint and credentials come in the environment variables that SDKs read.

A row of DRIVERS is a client over one protocol. Those of part "test" need only Debian's packages and npm.
"""
import base64
import collections
import ctypes
import datetime
import json
import os
import selectors
import subprocess
import time

import clients
from scenarios import SCENARIOS, fanout
from scenarios.session import ApiError, NoAnswer, REGION

ANSWER_SECONDS = 60


def is_moment(name):
    return name.endswith("Timestamp") or name in ("StartedAt", "EndedAt", "EarliestAllowedEndAt")


def encode(value, moment=None, name=""):
    """JSON of a call: bytes as base64, moments (epoch seconds or datetime) as `moment` makes of seconds."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: encode(item, moment, key) for key, item in value.items()}
    if isinstance(value, list):
        return [encode(item, moment) for item in value]
    if isinstance(value, datetime.datetime):
        value = value.timestamp()
    return moment(value) if moment and is_moment(name) else value


def decode(value, moment=None, name=""):
    if isinstance(value, dict):
        return {key: decode(item, moment, key) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item, moment) for item in value]
    if name == "Data":
        return base64.b64decode(value)
    return moment(value) if moment and is_moment(name) else value


def request_of(operation, members):
    return {"operation": operation, "input": encode(members, lambda seconds: round(seconds * 1000))}


class Process:
    """A client in a process of its own."""

    def __init__(self, command, server, env):
        self.log_path = os.path.join(server.scratch, "client.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, env={**server.environment(), **server.client_env(), **env}, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        self.pending = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        try:
            self.version = self.answer()["ready"]
        except BaseException:
            self.close()
            raise

    def answer(self):
        deadline = time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self.pending:
            if not self.selector.select(max(0, deadline - time.monotonic())):
                raise AssertionError("no answer within %d s%s" % (ANSWER_SECONDS, self.log()))
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            if not data:
                raise AssertionError("the client ended with %r%s" % (self.process.wait(ANSWER_SECONDS), self.log()))
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "\n" + log.read()[-2000:]

    def ask(self, request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return self.answer()

    def result(self, answer):
        if "error" in answer:
            error = answer["error"]
            raise ApiError(error["code"], error["message"], error.get("status"))
        if "failure" in answer:
            raise NoAnswer(answer["failure"] + self.log())
        return decode(answer["output"], lambda ms: ms / 1000)

    def call(self, operation, members):
        return self.result(self.ask(request_of(operation, members)))

    def call_all(self, calls):
        return [self.result(answer) for answer in self.ask([request_of(operation, members) for operation, members in calls])]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.selector.close()


class Library:
    """librunnel.so through ctypes."""

    def __init__(self, server):
        self.lib = ctypes.CDLL(os.path.join(clients.BUILD, "librunnel.so"))
        for function, kinds in {"runnel_config_new": [], "runnel_config_set": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p],
                                "runnel_client_new": [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)],
                                "runnel_client_call": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t,
                                                       ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_size_t)],
                                "runnel_client_error_type": [ctypes.c_void_p], "runnel_client_error_message": [ctypes.c_void_p]}.items():
            getattr(self.lib, function).argtypes = kinds
        self.lib.runnel_config_new.restype = ctypes.c_void_p
        self.lib.runnel_client_error_type.restype = self.lib.runnel_client_error_message.restype = ctypes.c_char_p
        config, self.client = self.lib.runnel_config_new(), ctypes.c_void_p()
        trust = [("ca_bundle", server.ca_file)] if server.tls else []
        for name, value in [("endpoint", server.endpoint), ("region", REGION), ("access_key_id", server.access_key),
                            ("secret_access_key", server.secret_key)] + trust:
            assert self.lib.runnel_config_set(config, name.encode(), value.encode()) == 0
        assert self.lib.runnel_client_new(config, ctypes.byref(self.client)) == 0
        self.version = "of this tree"

    def call(self, operation, members):
        body = json.dumps(encode(members)).encode()
        answer, length = ctypes.c_char_p(), ctypes.c_size_t()
        err = self.lib.runnel_client_call(self.client, operation.encode(), body, len(body), ctypes.byref(answer), ctypes.byref(length))
        if err:
            raise ApiError(self.lib.runnel_client_error_type(self.client).decode(), self.lib.runnel_client_error_message(self.client).decode())
        return decode(json.loads(answer.value) if length.value else {})

    def call_all(self, calls):
        return [self.call(operation, members) for operation, members in calls]  # a client serves one thread

    def close(self):
        pass


class Driver(collections.namedtuple("Driver", "part name client speaks command cannot flags")):
    """command()  what to run, made ready by clients.py; None for our own library
    cannot     {scenario: why this client cannot play it}; only what the client itself lacks
    flags      of the server that it talks to"""

    def start(self, server):
        if not self.command:
            return Library(server)
        trust = clients.java_trust(server.ca_file, server.scratch) if server.tls and "java" in self.name else {}
        return Process(self.command(), server, trust)


def row(part, name, client, speaks, command, cannot=None, flags=()):
    return Driver(part, name, client, speaks, command, cannot or {}, list(flags))


TLS = ["--tls-self-signed"]


NO_TAGS_BY_ARN = dict.fromkeys(("tags_hang_on_streams_and_consumers_by_arn", "tags_of_a_registration_and_of_a_creation_are_there_at_once"),
                               "its model has no TagResource")
NO_NEW_SETTINGS = {"records_may_be_as_long_as_their_stream_says": "its model has no UpdateMaxRecordSize",
                   "an_account_with_a_commitment_warms_up_its_on_demand_streams": "its model has no account settings"}
NO_POLICIES = {"policies_hang_on_streams_and_consumers_by_arn": "its model has no policies"}
NO_ARN = dict.fromkeys(("a_stream_is_found_by_its_arn_as_by_its_name", "a_change_of_the_shard_count_answers_with_both_counts",
                        "a_change_of_metrics_is_answered_with_the_arn"), "its model has no StreamARN")
NO_SUMMARIES = {"a_list_of_streams_tells_the_mode_and_age_of_each": "its model has no StreamSummaries",
                "streams_are_listed_in_pages_with_a_token": "its model has no NextToken there"}
NO_DRY_RUN = {"a_dry_run_goes_through_all_checks_and_acts_on_nothing": "its model has no DryRun"}
JAVA_V1 = {**NO_TAGS_BY_ARN, **NO_NEW_SETTINGS, **NO_DRY_RUN}
CLI_OF_2023 = {**JAVA_V1, **NO_POLICIES}
BOTO3_OF_2022 = {**NO_ARN, **NO_SUMMARIES, **CLI_OF_2023}


def without_subscriptions(why):
    return {scenario.__name__: why for scenario in SCENARIOS if scenario.__module__ == fanout.__name__}


NO_CLI = without_subscriptions("the CLI leaves out subscribe-to-shard")
NO_STREAMS = without_subscriptions("it has no event streams")

DRIVERS = [
    row("test", "boto3", "boto3, Debian 12's", "JSON, HTTP/1.1", lambda: clients.debians_python("boto3_driver.py"), BOTO3_OF_2022),
    row("test", "awscli", "AWS CLI, Debian 12's", "JSON, HTTP/1.1", lambda: clients.debians_python("awscli_driver.py"),
        {**CLI_OF_2023, **NO_CLI}),
    row("test", "runnel", "librunnel, our own", "JSON, HTTP/1.1", None, NO_STREAMS),
    row("test", "runnel-tls", "librunnel, our own", "JSON, HTTP/1.1, TLS", None, NO_STREAMS, flags=TLS),
    row("test", "js", "AWS SDK for JavaScript v3", "JSON, HTTP/2 with prior knowledge", lambda: clients.javascript("http2")),
    row("test", "js-tls", "AWS SDK for JavaScript v3", "JSON, HTTP/2, TLS", lambda: clients.javascript("http2"), flags=TLS),
    row("test", "js-http1", "AWS SDK for JavaScript v3, with NodeHttpHandler", "JSON, HTTP/1.1", lambda: clients.javascript("http1")),
    row("check", "boto3-newest", "boto3, PyPI's newest", "JSON, HTTP/1.1", lambda: clients.newest_python("boto3_driver.py")),
    row("check", "boto3-newest-tls", "boto3, PyPI's newest", "JSON, HTTP/1.1, TLS",
        lambda: clients.newest_python("boto3_driver.py"), flags=TLS),
    row("check", "awscli-newest", "AWS CLI 1, PyPI's newest", "JSON, HTTP/1.1", lambda: clients.newest_python("awscli_driver.py"),
        {**NO_DRY_RUN, **NO_CLI}),
    row("check", "java2-sync", "AWS SDK for Java v2, KinesisClient", "CBOR, HTTP/1.1", lambda: clients.java("java2", "sync"), NO_STREAMS),
    row("check", "java2-async", "AWS SDK for Java v2, KinesisAsyncClient", "CBOR, HTTP/2 with prior knowledge",
        lambda: clients.java("java2", "async")),
    row("check", "java2-async-tls", "AWS SDK for Java v2, KinesisAsyncClient", "CBOR, HTTP/2, TLS",
        lambda: clients.java("java2", "async"), flags=TLS),
    row("check", "java2-async-http1", "AWS SDK for Java v2, KinesisAsyncClient set to HTTP/1.1", "CBOR, HTTP/1.1",
        lambda: clients.java("java2", "async-http1")),
    row("check", "java1", "AWS SDK for Java v1", "CBOR, HTTP/1.1", lambda: clients.java("java1"), {**JAVA_V1, **NO_STREAMS}),
    row("check", "java1-tls", "AWS SDK for Java v1", "CBOR, HTTP/1.1, TLS", lambda: clients.java("java1"), {**JAVA_V1, **NO_STREAMS}, flags=TLS),
    row("check", "go", "AWS SDK for Go v2", "JSON, HTTP/1.1", clients.go),
    row("check", "go-tls", "AWS SDK for Go v2", "JSON, HTTP/2, TLS", clients.go, flags=TLS),
]
