"""Calls on a wire as most cases make them: one that must succeed, one that must be refused in these words."""
import json

from runner import equal
from wire import CBOR, JSON, Signer, Wire

ACCOUNT = "000000000000"
ENCODINGS = (JSON, CBOR)
INVALID = "InvalidArgumentException"
VALIDATION = "ValidationException"


def arn(name, account=ACCOUNT):
    return "arn:aws:kinesis:us-east-1:%s:stream/%s" % (account, name)


def violations(*clauses):
    """The text of a ValidationException."""
    return "%d validation error%s detected: %s" % (len(clauses), "s" if len(clauses) > 1 else "", "; ".join(clauses))


def violation(value, path, phrase):
    value = "null" if value is None else "'%s'" % value
    return "Value %s at '%s' failed to satisfy constraint: Member must %s" % (value, path, phrase)


NO_NULL = "not be null"


class Caller:
    """Over a Wire; its streams have names of their own."""

    def __init__(self, wire, prefix="s"):
        self.wire, self.prefix, self.made = wire, prefix, 0

    def __call__(self, operation, encoding=JSON, **members):
        response = self.wire.call(operation, members, encoding)
        equal(response.status, 200, repr(response))
        return response.value() if response.body else {}

    def refused(self, operation, kind, message, encodings=ENCODINGS, **members):
        for encoding in encodings:
            response = self.wire.call(operation, members, encoding)
            equal((response.status, response.value()), (400, {"__type": kind, "message": message}), "%s %r" % (operation, members))

    def set_limits(self, **limits):
        """shard_write_bytes="off" is the limit shard-write-bytes."""
        body = json.dumps({"Limits": {name.replace("_", "-"): value for name, value in limits.items()}}).encode()
        response = self.wire.send(headers=[("Content-Type", JSON), ("X-Amz-Target", "Runnel_20250101.SetLimits")], body=body)
        equal(response.status, 200, repr(response))

    def stream(self, shards=1, **members):
        self.made += 1
        name = "%s-%d" % (self.prefix, self.made)
        if shards:
            members["ShardCount"] = shards
        self("CreateStream", StreamName=name, **members)
        return name

    def described(self, name):
        return self("DescribeStream", StreamName=name)["StreamDescription"]

    def summary(self, name):
        return self("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]


def caller_of(server, prefix="s"):
    """As the server's own user; without a signature where none is looked at."""
    open_to_all = "--auth" in server.arguments  # tests know no value but off
    return Caller(Wire(server.host, server.port, None if open_to_all else Signer(server.access_key, server.secret_key)), prefix)
