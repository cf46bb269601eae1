"""Calls whose answers a test knows beforehand.

    to = Asking(server)                        # signed, as the server's own user
    to.call("DescribeLimits")                  # the answer of a call that must succeed
    to.refused("DeleteStream", "ResourceNotFoundException", "Stream x ...", StreamName="x")
"""
import json

from runner import equal
from wire import CBOR, JSON, Signer, Wire

ACCOUNT = "000000000000"


class Asking:
    def __init__(self, server):
        open_to_all = "--auth" in server.arguments  # tests know no value but off
        self.wire = Wire(server.host, server.port, None if open_to_all else Signer(server.access_key, server.secret_key))

    def call(self, operation, **members):
        response = self.wire.call(operation, members)
        equal(response.status, 200, "%s %r: %r" % (operation, members, response))
        return response.value() if response.body else {}

    def refused(self, operation, type_, message, **members):
        """In both encodings."""
        for encoding in (JSON, CBOR):
            response = self.wire.call(operation, members, encoding)
            equal((response.status, response.value()), (400, {"__type": type_, "message": message}), "%s %r" % (operation, members))

    def set_limits(self, **limits):
        """Names with '_' in place of '-'."""
        body = json.dumps({"Limits": {name.replace("_", "-"): value for name, value in limits.items()}}).encode()
        response = self.wire.send(headers=[("Content-Type", JSON), ("X-Amz-Target", "Runnel_20250101.SetLimits")], body=body)
        equal(response.status, 200, repr(response))

    def stream(self, name, **members):
        """A new stream's ARN."""
        self.call("CreateStream", StreamName=name, **(members or {"ShardCount": 1}))
        return self.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
