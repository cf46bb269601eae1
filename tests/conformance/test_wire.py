#!/usr/bin/python3
"""The wire, byte by byte: order of checks, envelopes, texts, authentication, and HTTP itself.

Starts a server of its own on a scratch directory. Every case is one sentence; the last line counts.
    tests/conformance/test_wire.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import datetime
import hashlib
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import cbor2  # noqa: E402

import runner  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, wait_until  # noqa: E402
from wire import CBOR, JSON, PREFIX, Signer, Wire, amz_date, blob, head_bytes  # noqa: E402

ACCOUNT = "000000000000"
REGION = "us-east-1"
STREAM = "wire"
DENIED = (b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
          b"</AccessDeniedException>\n")
UNKNOWN_XML = b"<UnknownOperationException/>\n"
TBN = "com.amazon.coral.value.json.numbers.TruncatingBigNumber"
ENCODINGS = (JSON, CBOR)
MODEL = """AddTagsToStream CreateChannel CreateStream DecreaseStreamRetentionPeriod DeleteChannel DeleteResourcePolicy
DeleteStream DeregisterStreamConsumer DescribeAccountSettings DescribeChannel DescribeLimits DescribeStream
DescribeStreamConsumer DescribeStreamSummary DisableEnhancedMonitoring EnableEnhancedMonitoring GetRecords
GetResourcePolicy GetShardIterator IncreaseStreamRetentionPeriod ListChannels ListShards ListStreamConsumers
ListStreams ListTagsForResource ListTagsForStream MergeShards PutRecord PutRecords PutResourcePolicy
RegisterStreamConsumer RemoveTagsFromStream SplitShard StartStreamEncryption StopStreamEncryption SubscribeToShard
TagResource UntagResource UpdateAccountSettings UpdateChannel UpdateMaxRecordSize UpdateShardCount UpdateStreamMode
UpdateStreamRecordDistributionStrategy UpdateStreamWarmThroughput""".split()
BUILT = """CreateStream DeleteStream DescribeStream DescribeStreamSummary ListStreams ListShards PutRecord PutRecords
GetShardIterator GetRecords AddTagsToStream RemoveTagsFromStream ListTagsForStream IncreaseStreamRetentionPeriod
DecreaseStreamRetentionPeriod DescribeLimits SplitShard MergeShards UpdateShardCount
RegisterStreamConsumer DeregisterStreamConsumer DescribeStreamConsumer ListStreamConsumers SubscribeToShard
TagResource UntagResource ListTagsForResource PutResourcePolicy GetResourcePolicy DeleteResourcePolicy
EnableEnhancedMonitoring DisableEnhancedMonitoring StartStreamEncryption StopStreamEncryption UpdateMaxRecordSize
UpdateStreamMode UpdateStreamWarmThroughput DescribeAccountSettings UpdateAccountSettings""".split()

server = None  # the one most cases talk to, with authentication on
wire = None


def check_error(response, status, type_, message=None, capital=None, encoding=None, empty=False):
    """The whole envelope: nothing but these members."""
    wanted = {"__type": type_}
    if message is not None:
        wanted["message"] = message
    if capital is not None:
        wanted["Message"] = capital
    equal(response.status, status, repr(response))
    if encoding:
        equal(response.type, encoding, repr(response))
    equal(response.value(), wanted, repr(response))
    check_ids(response)


def check_ids(response):
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                        response.headers.get("x-amzn-requestid", "")), response
    extended = base64.b64decode(response.headers["x-amz-id-2"], validate=True)
    assert 64 <= len(extended) <= 80, len(extended)
    date = datetime.datetime.strptime(response.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs((date - datetime.datetime.utcnow()).total_seconds()) < 5, response.headers["date"]
    assert "content-length" in response.headers, response
    assert "x-amzn-errortype" not in response.headers


def check_xml(response, status, body):
    equal((response.status, response.body), (status, body))
    assert "content-type" not in response.headers, response
    check_ids(response)


def typed(target, body, encoding=JSON, signer="own", **more):
    """A request with exactly this target and content type; None leaves the header out."""
    headers = []
    if encoding is not None:
        headers.append(("Content-Type", encoding))
    if target is not None:
        headers.append(("X-Amz-Target", target))
    return wire.send(headers=headers, body=body, signer=signer, **more)


# ---- 1.7: the order of checks ----

@case("a body over the limit is refused with 413 before it is read")
def _():
    with wire.connect() as c:
        c.send(head_bytes("POST", "/", [("Host", "x"), ("Content-Length", str(16 * 1024 * 1024 + 1))]))
        equal(c.response().status, 413)
        assert c.ended()
    with wire.connect() as c:  # and a client that asks first is not told to go on
        c.send(head_bytes("POST", "/", [("Host", "x"), ("Content-Length", str(1 << 40)), ("Expect", "100-continue")]))
        equal(c.response().status, 413)


@case("a chunked body over the limit is refused with 413")
def _():
    with wire.connect(timeout=30) as c:
        c.send(head_bytes("POST", "/", [("Host", "x"), ("Transfer-Encoding", "chunked")]))
        block = b"x" * (1 << 20)
        try:
            for _ in range(20):
                c.send(b"%x\r\n%s\r\n" % (len(block), block))
        except (BrokenPipeError, ConnectionResetError):
            pass
        equal(c.response().status, 413)


@case("a body of 15 MiB is read whole")
def _():
    body = b'{"StreamName":"nobody","Padding":"' + b"x" * (15 << 20) + b'"}'
    check_error(wire.call("DescribeStream", body), 400, "ResourceNotFoundException",
                "Stream nobody under account %s not found." % ACCOUNT)


@case("OPTIONS with Origin gets the CORS answer")
def _():
    response = wire.send(method="OPTIONS", headers=[("Origin", "http://x.example")], signer=None)
    equal((response.status, response.body), (200, b""))
    equal(response.headers["access-control-allow-origin"], "*")
    equal(response.headers["access-control-max-age"], "172800")
    equal(response.headers["content-length"], "0")
    assert "x-amz-id-2" not in response.headers and "content-type" not in response.headers
    assert "access-control-allow-headers" not in response.headers
    assert "access-control-expose-headers" not in response.headers
    response = wire.send(method="OPTIONS", signer=None, headers=[
        ("Origin", "http://x.example"), ("Access-Control-Request-Headers", "a, B"),
        ("Access-Control-Request-Method", "POST")])
    equal(response.headers["access-control-allow-headers"], "a, B")
    equal(response.headers["access-control-allow-methods"], "POST")


@case("other requests with Origin get the CORS headers too")
def _():
    for method, body in (("POST", b"{}"), ("GET", b""), ("POST", b"")):
        response = wire.send(method=method, headers=[("Origin", "null"), ("Content-Type", JSON)], body=body, signer=None)
        equal(response.headers["access-control-allow-origin"], "*")
        equal(response.headers["access-control-expose-headers"],
              "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date")
        assert "x-amz-id-2" in response.headers
    response = typed(PREFIX + "ListStreams", b"{}")
    assert "access-control-allow-origin" not in response.headers


@case("methods other than POST get the 403 XML")
def _():
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        for body in (b"", b"{}"):
            check_xml(wire.send(method=method, headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams")],
                                body=body), 403, DENIED)


@case("an empty body: Serialization or UnknownOperation, in CBOR unless the type is JSON 1.1")
def _():
    for signer in ("own", None):
        for encoding in (JSON, JSON + "; charset=utf-8", CBOR, "application/json", "text/plain", None):
            wanted = JSON if encoding and encoding.startswith(JSON) else CBOR
            for target, type_ in ((PREFIX + "PutRecord", "SerializationException"),
                                  (PREFIX + "SubscribeToShard", "SerializationException"),
                                  (PREFIX + "putRecord", "UnknownOperationException"),
                                  ("DynamoDB_20120810.PutItem", "UnknownOperationException"),
                                  (PREFIX, "UnknownOperationException"),
                                  (None, "UnknownOperationException")):
                check_error(typed(target, b"", encoding, signer), 400, type_, encoding=wanted)


@case("a content type of no protocol gets XML: 403 without a target, 404 with one")
def _():
    for encoding in (None, "text/plain", "application/x-amz-json-1.0", "application/x-www-form-urlencoded",
                     "application/cbor", ";" + JSON):
        for target in (None, "", "Kinesis_20131202", "Kinesis_20131202.", ".PutRecord", "."):
            check_xml(typed(target, b"{}", encoding), 403, DENIED)
        for target in (PREFIX + "PutRecord", PREFIX + "Nothing", "a.b"):
            check_xml(typed(target, b"{}", encoding), 404, UNKNOWN_XML)


@case("the content type counts up to its semicolon")
def _():
    for encoding in (JSON + ";x", JSON + " ; charset=utf-8", "  " + JSON + "  "):
        equal(typed(PREFIX + "ListStreams", b"{}", encoding).status, 200)


@case("a body that does not parse is a SerializationException without text, before anything else")
def _():
    for signer in ("own", None):
        for target in (PREFIX + "PutRecord", PREFIX + "SplitShard", PREFIX + "Nothing", None):
            for body in (b"{", b"nope", b'{"a":}', b'{"a":1', b"{} x", b'"text"', b"12", b"true", b'{"a":"\x01"}', b'{"a" 1}'):
                check_error(typed(target, body, JSON, signer), 400, "SerializationException", encoding=JSON)
            for body in (b"\xa1", b"\xa1\x61a", b"\xbf\x61a\x01", b"\x61a", b"\x05", b"\xf5", b"\xa1\x61a\x1c", b"\xff",
                         b"\xa0\xa0"):
                check_error(typed(target, body, CBOR, signer), 400, "SerializationException", encoding=CBOR)


@case("a body nested without end is refused and costs nothing")
def _():
    check_error(typed(PREFIX + "PutRecord", b'{"a":' + b"[" * 1000000, JSON), 400, "SerializationException")
    check_error(typed(PREFIX + "PutRecord", b"\xa1\x61a" + b"\x81" * 1000000, CBOR), 400, "SerializationException")
    check_error(typed(PREFIX + "PutRecord", b"\xbf\x61a" + b"\x9f" * 1000000, CBOR), 400, "SerializationException")
    equal(typed(PREFIX + "ListStreams", b"{}").status, 200)


@case("lengths that a CBOR body only claims are refused")
def _():
    for claim in (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", b"\xbb" + b"\xff" * 8,
                  b"\x7a\xff\xff\xff\xff"):
        check_error(typed(PREFIX + "PutRecord", b"\xa1\x61a" + claim, CBOR), 400, "SerializationException", encoding=CBOR)


@case("application/json never reaches an operation")
def _():
    envelope = '{"Output":{"__type":"com.amazon.coral.service#%s"},"Version":"1.0"}'
    for signer in ("own", None):
        for target in (PREFIX + "ListStreams", PREFIX + "Nothing", None):
            response = typed(target, b"{", "application/json", signer)
            equal((response.status, response.body), (400, (envelope % "SerializationException").encode()))
            equal(response.type, "application/json")
            response = typed(target, b"{}", "application/json", signer)
            equal((response.status, response.body), (404, (envelope % "UnknownOperationException").encode()))


@case("an operation outside the model is UnknownOperationException, before authentication")
def _():
    for signer in ("own", None):
        for target in (PREFIX + "Nothing", PREFIX + "putRecord", "Kinesis_20131203.PutRecord", "kinesis_20131202.PutRecord",
                       "DynamoDB_20120810.ListTables", PREFIX, "PutRecord", "", None, PREFIX + "PutRecord "
                       "x", "." + PREFIX + "PutRecord"):
            check_error(typed(target, b"{}", JSON, signer), 400, "UnknownOperationException", encoding=JSON)
            check_error(typed(target, b"\xa0", CBOR, signer), 400, "UnknownOperationException", encoding=CBOR)


@case("an operation of the model that is not built says so, after authentication")
def _():
    for operation in MODEL:
        if operation in BUILT:
            continue
        for encoding, body in ((JSON, b"{}"), (CBOR, b"\xa0")):
            check_error(typed(PREFIX + operation, body, encoding), 400, "UnsupportedOperationException",
                        "Runnel does not implement %s%s" % (PREFIX, operation), encoding=encoding)
            check_error(typed(PREFIX + operation, body, encoding, None), 400, "MissingAuthenticationTokenException",
                        "Missing Authentication Token", encoding=encoding)


@case("authentication comes before types, constraints and existence")
def _():
    wrong = Signer(server.access_key, "another secret")
    for encoding in ENCODINGS:
        for body in ({}, {"StreamName": True}, {"StreamName": ""}, {"StreamName": "nobody"}):
            check_error(wire.call("DescribeStream", body, encoding, None), 400, "MissingAuthenticationTokenException",
                        "Missing Authentication Token", encoding=encoding)
            check_error(wire.call("DescribeStream", body, encoding, wrong), 400, "InvalidSignatureException", MISMATCH,
                        encoding=encoding)


@case("types come before constraints, and constraints before existence")
def _():
    for encoding in ENCODINGS:
        check_error(wire.call("DescribeStream", {"StreamName": "", "Limit": "x"}, encoding), 400, "SerializationException",
                    capital="class java.lang.String can not be converted to an Integer", encoding=encoding)
        check_error(wire.call("DescribeStream", {"StreamName": "nobody", "Limit": 0}, encoding), 400, "ValidationException",
                    "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
                    "Member must have value greater than or equal to 1", encoding=encoding)
        check_error(wire.call("DescribeStream", {"StreamName": "nobody"}, encoding), 400, "ResourceNotFoundException",
                    "Stream nobody under account %s not found." % ACCOUNT, encoding=encoding)


@case("the path of a request does not matter, except below /-/")
def _():
    for path in ("/", "/some/where", "/a%20b", "//x", "/./y/../z", "/-", "/-x"):
        equal(wire.send(path=path, headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams")],
                        body=b"{}").status, 200, path)
    for method in ("GET", "POST"):
        equal(wire.send(method=method, path="/-/nothing", body=b"{}").status, 404)


# ---- 1.2 to 1.6: what success looks like ----

@case("success answers in the encoding of the request, and no output is an empty body")
def _():
    for encoding in ENCODINGS:
        response = wire.call("ListStreams", {}, encoding)
        equal((response.status, response.type), (200, encoding))
        check_ids(response)
        assert STREAM in response.value()["StreamNames"]
    name = "wire-short"
    for encoding in ENCODINGS:
        for operation, body in (("CreateStream", {"StreamName": name, "ShardCount": 1}), ("DeleteStream", {"StreamName": name})):
            response = wire.call(operation, body, encoding)
            equal((response.status, response.body, response.type), (200, b"", encoding), operation)
            equal(response.headers["content-length"], "0")
            check_ids(response)
        wait_until(lambda: name not in wire.call("ListStreams", {}).value()["StreamNames"], 10, "stream gone")


@case("a timestamp is seconds in JSON and tag 1 with milliseconds in CBOR")
def _():
    body = {"StreamName": STREAM}
    stamp = wire.call("DescribeStreamSummary", body).value()["StreamDescriptionSummary"]["StreamCreationTimestamp"]
    assert abs(stamp - time.time()) < 600, stamp
    equal(stamp, int(stamp))
    raw = wire.call("DescribeStreamSummary", body, CBOR).body
    at = raw.index(b"StreamCreationTimestamp") + len(b"StreamCreationTimestamp")
    equal(raw[at:at + 2], b"\xc1\x1b")
    equal(int.from_bytes(raw[at + 2:at + 10], "big"), int(stamp) * 1000)


@case("a blob is base64 in JSON and bytes in CBOR, each read back by the other")
def _():
    for put_as in ENCODINGS:
        data = os.urandom(100) + put_as.encode()
        put = wire.call("PutRecord", {"StreamName": STREAM, "PartitionKey": "k", "Data": blob(data, put_as)}, put_as)
        equal(put.status, 200, repr(put))
        where = put.value()
        equal(sorted(where), ["SequenceNumber", "ShardId"])
        for get_as in ENCODINGS:
            iterator = wire.call("GetShardIterator", {
                "StreamName": STREAM, "ShardId": where["ShardId"], "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                "StartingSequenceNumber": where["SequenceNumber"]}, get_as).value()["ShardIterator"]
            got = wire.call("GetRecords", {"ShardIterator": iterator, "Limit": 1}, get_as)
            equal(got.status, 200)
            got = got.value()
            back = got["Records"][0]["Data"]
            equal(back if get_as == CBOR else base64.b64decode(back), data)
            assert "NextShardIterator" in got and "ChildShards" not in got and "EncryptionType" not in got["Records"][0]


@case("CBOR with indefinite lengths, as Jackson writes it, is read")
def _():
    def text(value):
        half = len(value) // 2
        return (b"\x7f" + bytes([0x60 + half]) + value[:half].encode() + bytes([0x60 + len(value) - half]) +
                value[half:].encode() + b"\xff")
    body = (b"\xbf" + text("StreamName") + text(STREAM) + text("Records") + b"\x9f\xbf" + text("PartitionKey") + text("key") +
            text("Data") + b"\x5f\x42ab\x41c\xff" + b"\xff\xff" + b"\xff")
    response = wire.call("PutRecords", body, CBOR)
    equal(response.status, 200, repr(response))
    equal(response.value()["FailedRecordCount"], 0)


@case("null, undefined and unknown members are as if absent")
def _():
    for body in (b'{"StreamName":"nobody","Limit":null,"Else":{"a":[1,{"b":null}]},"StreamARN":null}',):
        check_error(wire.call("DescribeStream", body), 400, "ResourceNotFoundException",
                    "Stream nobody under account %s not found." % ACCOUNT)
    body = b"\xa3\x6aStreamName\x66nobody\x65Limit\xf7\x64Else\x82\x01\xa1\x61a\xf6"
    check_error(wire.call("DescribeStream", body, CBOR), 400, "ResourceNotFoundException",
                "Stream nobody under account %s not found." % ACCOUNT)
    check_error(wire.call("GetRecords", b"[]"), 400, "ValidationException",
                "1 validation error detected: Value null at 'shardIterator' failed to satisfy constraint: "
                "Member must not be null")


# ---- 1.8 and the catalogue of failures ----

MISMATCH = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            "Key and signing method. Consult the service documentation for details.")
TOKEN = "The security token included in the request is invalid."


def authorized(value=None, query="", date="now", headers=(), body=b"{}", encoding=JSON, host=True):
    """An answer to ListStreams with this Authorization header, byte for byte."""
    if encoding == CBOR and body == b"{}":
        body = b"\xa0"
    pairs = [("Host", "h")] if host else []
    pairs += [("Content-Type", encoding), ("X-Amz-Target", PREFIX + "ListStreams"), ("Content-Length", str(len(body)))]
    if date is not None:
        pairs.append(("X-Amz-Date", amz_date() if date == "now" else date))
    if value is not None:
        pairs.append(("Authorization", value))
    with wire.connect() as c:
        c.send(head_bytes("POST", "/" + ("?" + query if query else ""), pairs + list(headers)) + body)
        return c.response()


def check_denied(type_, message, **how):
    for encoding in ENCODINGS:
        check_error(authorized(encoding=encoding, **how), 400, type_, message, encoding=encoding)


def digest_end(header):
    return "(Hashed with SHA-256 and encoded with Base64) Authorization=" + base64.b64encode(
        hashlib.sha256(header.encode()).digest()).decode()


def scope(key=None, date=None, region=REGION, service="kinesis", terminator="aws4_request"):
    return "/".join([key or server.access_key, date or amz_date()[:8], region, service, terminator])


def header(credential=None, signed="host;x-amz-date", signature="0" * 64, algorithm="AWS4-HMAC-SHA256"):
    return "%s Credential=%s, SignedHeaders=%s, Signature=%s" % (algorithm, credential or scope(), signed, signature)


@case("no signature at all: MissingAuthenticationToken")
def _():
    check_denied("MissingAuthenticationTokenException", "Missing Authentication Token")
    check_denied("MissingAuthenticationTokenException", "Missing Authentication Token", query="X-Amz-Credential=x&a=b")


@case("a header and a query: both is too much, also when the query's algorithm is empty")
def _():
    text = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    for query in ("X-Amz-Algorithm=x", "X-Amz-Algorithm=", "X-Amz-Algorithm"):
        check_denied("InvalidSignatureException", text, value=header(), query=query)


@case("missing pieces of the header are told all at once, in order")
def _():
    credential = "Authorization header requires 'Credential' parameter. "
    signature = "Authorization header requires 'Signature' parameter. "
    signed = "Authorization header requires 'SignedHeaders' parameter. "
    date = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    for value, given_date, text in (
            ("X", None, credential + signature + signed + date),
            ("X", "now", credential + signature + signed),
            ("AWS4-HMAC-SHA256", "now", credential + signature + signed),
            ("AWS4-HMAC-SHA256 Credential=a", "now", signature + signed),
            ("AWS4-HMAC-SHA256 Signature=a", "now", credential + signed),
            ("AWS4-HMAC-SHA256 SignedHeaders=a", "now", credential + signature),
            ("AWS4-HMAC-SHA256 Credential=a,Signature=b", "now", signed),
            ("AWS4-HMAC-SHA256 Credential=a SignedHeaders=b Signature=c", None, date),
            ("Bearer abc=", "now", credential + signature + signed)):
        check_denied("IncompleteSignatureException", text + digest_end(value), value=value, date=given_date)


@case("missing pieces of the query are told all at once, in order")
def _():
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    for left_out in ((), (0,), (1,), (2, 3), (1, 2, 3, 4)):
        if not left_out:
            continue
        query = "&".join("%s=%s" % (name, "" if i in left_out and i == 0 else "x") for i, name in enumerate(names)
                         if i not in left_out or i == 0)
        text = "".join("AWS query-string parameters must include '%s'. " % names[i] for i in left_out)
        check_denied("IncompleteSignatureException", text + "Re-examine the query-string parameters.", query=query)


@case("a piece without an equal sign")
def _():
    value = header() + ", loose"
    check_denied("IncompleteSignatureException",
                 "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with "
                 "Base64): '%s'." % base64.b64encode(hashlib.sha256(value.encode()).digest()).decode(), value=value)


@case("a date that is none")
def _():
    for date in ("x", "2026-01-15T10:15:30Z", "20260115T101530", "20261315T101530Z", "20260115T101530Zz"):
        check_denied("IncompleteSignatureException",
                     "Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601" % date,
                     value=header(), date=date)


@case("a date too old or too new, with the three times")
def _():
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for minutes, pattern in (
            (-6, r"Signature expired: (\d{8}T\d{6}Z) is now earlier than (\d{8}T\d{6}Z) \((\d{8}T\d{6}Z) - 5 min\.\)"),
            (6, r"Signature not yet current: (\d{8}T\d{6}Z) is still later than (\d{8}T\d{6}Z) \((\d{8}T\d{6}Z) \+ 5 min\.\)")):
        date = amz_date(now + datetime.timedelta(minutes=minutes))
        for encoding in ENCODINGS:
            response = authorized(header(scope(date=date[:8])), date=date, encoding=encoding)
            equal((response.status, response.value()["__type"]), (400, "InvalidSignatureException"))
            match = re.fullmatch(pattern, response.value()["message"])
            assert match, response
            sent, bound, there = (datetime.datetime.strptime(t, "%Y%m%dT%H%M%SZ") for t in match.groups())
            equal(amz_date(sent), date)
            equal(bound - there, datetime.timedelta(minutes=5 if minutes > 0 else -5))
    for seconds in (-280, 280):  # within the window
        date = amz_date(now + datetime.timedelta(seconds=seconds))
        equal(wire.call("ListStreams", {}, signer=Signer(server.access_key, server.secret_key, date=date)).status, 200)


@case("the host must be signed")
def _():
    check_denied("InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
                 value=header(signed="x-amz-date;x-amz-target"))


@case("another algorithm")
def _():
    for algorithm in ("AWS4-ECDSA-P256-SHA256", "AWS3", "aws4-hmac-sha256"):
        check_denied("IncompleteSignatureException", "Unsupported AWS 'algorithm': '%s'." % algorithm,
                     value=header(algorithm=algorithm))


@case("a credential that is no scope")
def _():
    for credential in ("a", "a/b/c/d", "a/b/c/d/e/f"):
        check_denied("IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements, e.g. "
                     "keyid/date/region/service/term, got '%s'" % credential, value=header(credential))


@case("a wrong scope, alone and all together")
def _():
    region = "Credential should be scoped to a valid region. "
    service = "Credential should be scoped to correct service: 'kinesis'. "
    term = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. "
    now = amz_date()
    date = ("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            "'20200101' != '%s', from '%s'." % (now[:8], now))
    for credential, text in (
            (scope(region="eu-west-9"), region), (scope(service="s3"), service), (scope(terminator="aws5"), term),
            (scope(date="20200101"), date), (scope(region="x", service="y"), region + service),
            (scope(date="20200101", region="x", service="y", terminator="aws5"), region + service + term + date)):
        check_denied("InvalidSignatureException", text, value=header(credential), date=now)


@case("a signature for elsewhere is told in the log with what was expected, not at every request")
def _():
    with Server() as own:
        elsewhere = Signer(own.access_key, own.secret_key, region="eu-west-9")
        there = Wire(own.host, own.port, elsewhere)
        for _ in range(20):
            equal(there.call("ListStreams", {}).status, 400)
        lines = [line for line in own.log().splitlines() if "eu-west-9" in line]
        equal(len(lines), 1, lines)
        assert "signed for region 'eu-west-9' and service 'kinesis'; this is 'us-east-1' and 'kinesis'" in lines[0], lines
        assert "refused a request of 127.0.0.1" in lines[0], lines


@case("an unknown key, and a token beside a key that has none")
def _():
    check_denied("UnrecognizedClientException", TOKEN, value=header(scope("AKIANOBODY")))
    for encoding in ENCODINGS:
        response = authorized(header(), headers=[("X-Amz-Security-Token", "abc")], encoding=encoding)
        equal((response.status, response.value()["__type"]), (400, "UnrecognizedClientException"))
        assert response.value()["message"].startswith("The security token included in the request is invalid")


@case("a signature that does not fit: wrong, upper case, too short, or of another request")
def _():
    good = Signer(server.access_key, server.secret_key)
    fields = [("Host", "h"), ("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams"), ("X-Amz-Date", amz_date())]
    fitting = good.authorization("POST", "/", "", fields, b"{}")
    raw = head_bytes("POST", "/", fields + [("Authorization", fitting), ("Content-Length", "2")])
    with wire.connect() as c:  # the control: this one does fit
        c.send(raw + b"{}")
        equal(c.response().status, 200)
    for change in ((b"{}", b"{ "), (b"ListStreams", b"ListShards "), (b"POST / ", b"POST /x "), (b"Host: h", b"Host: i"),
                   (b"Signature=", b"Signature=0"), (fitting[-64:].encode(), fitting[-64:].upper().encode()),
                   (fitting[-64:].encode(), fitting[-64:-1].encode()), (b"SignedHeaders=", b"SignedHeaders=accept;")):
        tampered = (raw + b"{}").replace(*change)
        if change[0] == b"{}":
            tampered = raw.replace(b"Content-Length: 2", b"Content-Length: 3") + b"{ }"
        assert tampered != raw + b"{}"
        with wire.connect() as c:
            c.send(tampered)
            check_error(c.response(), 400, "InvalidSignatureException", MISMATCH)


@case("the authentication of a header counts in any order and with any separators")
def _():
    signer = Signer(server.access_key, server.secret_key)
    fields = [("Host", "h"), ("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams"), ("X-Amz-Date", amz_date())]
    fitting = signer.authorization("POST", "/", "", fields, b"{}")
    algorithm, pieces = fitting.split(" ", 1)
    pieces = pieces.split(", ")
    for value in (algorithm + " " + ",".join(pieces), algorithm + " " + " ".join(reversed(pieces)),
                  algorithm + "  " + " , ".join(pieces[1:] + pieces[:1])):
        with wire.connect() as c:
            c.send(head_bytes("POST", "/", fields + [("Authorization", value), ("Content-Length", "2")]) + b"{}")
            equal(c.response().status, 200, value)


@case("queries, odd paths, blanks and repeated headers are signed as the service reads them")
def _():
    own = [("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams")]
    equal(wire.send(headers=own, body=b"{}", query="a=b&c=").status, 200)
    equal(wire.send(headers=own, body=b"{}", path="/a%20b/c~d").status, 200)
    equal(wire.send(headers=own + [("X-Amz-Meta", "a   b \t c"), ("X-Amz-Meta", "d")], body=b"{}").status, 200)
    equal(wire.send(headers=own, body=b"{}", keep=["host", "x-amz-date"]).status, 200)


@case("a presigned query passes")
def _():
    signer = Signer(server.access_key, server.secret_key)
    fields = [("Host", "h")]
    query = signer.query("POST", "/", fields, b"{}")
    for tail, status in (("", 200), ("0", 400)):
        with wire.connect() as c:
            c.send(head_bytes("POST", "/?" + query + tail, fields + [
                ("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams"), ("Content-Length", "2")]) + b"{}")
            equal(c.response().status, status)


# ---- 1.9: types ----

def check_type(operation, member, values, message):
    """`values`: what to send, in JSON and CBOR alike, unless it is bytes (JSON only)."""
    for value in values:
        for encoding in ENCODINGS:
            if isinstance(value, bytes):
                if encoding == CBOR:
                    continue
                body = b'{"%s":%s}' % (member.encode(), value)
            else:
                body = {member: value}
            check_error(wire.call(operation, body, encoding), 400, "SerializationException", capital=message,
                        encoding=encoding)


@case("types of a string")
def _():
    for operation, member in (("DescribeStream", "StreamName"), ("PutRecord", "PartitionKey"), ("GetRecords", "ShardIterator")):
        check_type(operation, member, (True, False), "class java.lang.Boolean can not be converted to an String")
        check_type(operation, member, (1, -3.5, b"1e3"), "class %s can not be converted to an String" % TBN)
        check_type(operation, member, ([], ["a"]), "Start of list found where not expected")
        check_type(operation, member, ({}, {"a": 1}), "Start of structure or map found where not expected.")


@case("types of an integer")
def _():
    for operation, member in (("CreateStream", "ShardCount"), ("DescribeStream", "Limit"), ("GetRecords", "Limit")):
        check_type(operation, member, ("1", ""), "class java.lang.String can not be converted to an Integer")
        check_type(operation, member, (True,), "class java.lang.Boolean can not be converted to an Integer")
        check_type(operation, member, ([],), "Start of list found where not expected")
        check_type(operation, member, ({},), "Start of structure or map found where not expected.")


@case("types of a boolean")
def _():
    check_type("DeleteStream", "EnforceConsumerDeletion", (1, 0), "class %s can not be converted to an Boolean" % TBN)
    check_type("DeleteStream", "EnforceConsumerDeletion", ("hello",), "'HELLO' can not be converted to an Boolean")
    check_type("DeleteStream", "EnforceConsumerDeletion", ([],), "Start of list found where not expected")
    check_type("DeleteStream", "EnforceConsumerDeletion", ({},), "Start of structure or map found where not expected.")
    for word in ("true", "FALSE", "1", "0", "yes", "No"):
        check_error(wire.call("DeleteStream", {"StreamName": "nobody", "EnforceConsumerDeletion": word}), 400,
                    "ResourceNotFoundException", "Stream nobody under account %s not found." % ACCOUNT)


@case("types of a blob")
def _():
    check_type("PutRecord", "Data", (True,), "class java.lang.Boolean can not be converted to a Blob")
    check_type("PutRecord", "Data", (12,), "class %s can not be converted to a Blob" % TBN)
    check_type("PutRecord", "Data", ([],), "Start of list found where not expected")
    check_type("PutRecord", "Data", ({},), "Start of structure or map found where not expected.")


@case("bad base64 is told with its reason")
def _():
    for text, reason in (("YQ", "Base64 encoded length is expected a multiple of 4 bytes but found: 2"),
                         ("YWJjZA", "Base64 encoded length is expected a multiple of 4 bytes but found: 6"),
                         ("=x==", "Invalid Base64 character: '='"), ("YQ=a", "Invalid Base64 character: '='"),
                         ("Y!==", "Invalid Base64 character: '!'"), ("YW-_", "Invalid Base64 character: '-'"),
                         ("YW==", "Invalid last non-pad Base64 character dectected"),
                         ("YWF=", "Invalid last non-pad Base64 character dectected")):
        check_error(wire.call("PutRecord", {"StreamName": STREAM, "PartitionKey": "k", "Data": text}), 400,
                    "SerializationException", capital="'%s' can not be converted to a Blob: %s" % (text, reason))


@case("types of a timestamp")
def _():
    for value, kind in (("2015", "String"), (True, "Boolean")):
        check_type("GetShardIterator", "Timestamp", (value,),
                   "class java.lang.%s can not be converted to milliseconds since epoch" % kind)
    check_type("GetShardIterator", "Timestamp", ([],), "Start of list found where not expected")
    check_type("GetShardIterator", "Timestamp", ({},), "Start of structure or map found where not expected.")


@case("types of a list, a map and a structure")
def _():
    check_type("PutRecords", "Records", ("a", 1, True), "Expected list or null")
    check_type("PutRecords", "Records", ({},), "Start of structure or map found where not expected.")
    check_type("CreateStream", "Tags", ("a", 1, True), "Expected map or null")
    check_type("CreateStream", "Tags", ([],), "Start of list found where not expected")
    check_type("CreateStream", "StreamModeDetails", ("a", 1, True), "Expected null")
    check_type("CreateStream", "StreamModeDetails", ([],), "Start of list found where not expected")
    for encoding in ENCODINGS:  # inside, the walk is the same
        check_error(wire.call("PutRecords", {"Records": [{"PartitionKey": "a"}, {"PartitionKey": 1}]}, encoding), 400,
                    "SerializationException", capital="class %s can not be converted to an String" % TBN)
        check_error(wire.call("PutRecords", {"Records": ["a"]}, encoding), 400, "SerializationException",
                    capital="Expected null")
        check_error(wire.call("CreateStream", {"Tags": {"a": 1}}, encoding), 400, "SerializationException",
                    capital="class %s can not be converted to an String" % TBN)
        check_error(wire.call("CreateStream", {"StreamModeDetails": {"StreamMode": True}}, encoding), 400,
                    "SerializationException", capital="class java.lang.Boolean can not be converted to an String")


@case("the first wrong member met is the one that is told, but broken syntax wins")
def _():
    check_error(wire.call("PutRecord", b'{"PartitionKey":true,"Data":1}'), 400, "SerializationException",
                capital="class java.lang.Boolean can not be converted to an String")
    check_error(wire.call("PutRecord", b'{"Data":1,"PartitionKey":true}'), 400, "SerializationException",
                capital="class %s can not be converted to a Blob" % TBN)
    check_error(wire.call("PutRecord", b'{"Data":1,"PartitionKey":true'), 400, "SerializationException")


@case("numbers are cut to whole and clamped")
def _():
    text = "Value '%s' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"
    for sent, shown in ((b"99999999999", "2147483647"), (b"10001.9", "10001"), (b"1e400", "2147483647")):
        check_error(wire.call("DescribeStream", b'{"StreamName":"s","Limit":%s}' % sent), 400, "ValidationException",
                    "1 validation error detected: " + text % shown)


# ---- 1.10: constraints ----

NULL = "Value null at '%s' failed to satisfy constraint: Member must not be null"
NAME_PATTERN = "[a-zA-Z0-9_.-]+"


def clause(value, path, phrase):
    return "Value '%s' at '%s' failed to satisfy constraint: %s" % (value, path, phrase)


def pattern(value, path, expression):
    return clause(value, path, "Member must satisfy regular expression pattern: " + expression)


def shortest(value, path, count):
    return clause(value, path, "Member must have length greater than or equal to %d" % count)


def longest(value, path, count):
    return clause(value, path, "Member must have length less than or equal to %d" % count)


def least(value, path, count):
    return clause(value, path, "Member must have value greater than or equal to %d" % count)


def most(value, path, count):
    return clause(value, path, "Member must have value less than or equal to %d" % count)


def one_of(value, path, *names):
    return clause(value, path, "Member must satisfy enum value set: [%s]" % ", ".join(names))


ITERATOR_TYPES = ("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON")
HASH_KEY = "0|([1-9]\\d{0,38})"
SEQUENCE = "0|([1-9]\\d{0,128})"


def check_invalid(operation, body, *clauses):
    count = len(clauses)
    message = "%d validation error%s detected: %s" % (count, "" if count == 1 else "s", "; ".join(clauses))
    for encoding in ENCODINGS:
        sent = body(encoding) if callable(body) else body
        check_error(wire.call(operation, sent, encoding), 400, "ValidationException", message, encoding=encoding)


@case("members that must be there")
def _():
    check_invalid("CreateStream", {}, NULL % "streamName")
    check_invalid("GetRecords", {}, NULL % "shardIterator")
    check_invalid("GetShardIterator", {"StreamName": "s"}, NULL % "shardId", NULL % "shardIteratorType")
    check_invalid("PutRecord", {"StreamName": "s", "PartitionKey": "k"}, NULL % "data")
    check_invalid("PutRecords", {"StreamName": "s"}, NULL % "records")
    check_invalid("PutRecords", {"StreamName": "s", "Records": [{"PartitionKey": "k"}]}, NULL % "records.1.member.data")
    check_invalid("CreateStream", {"StreamName": "s", "StreamModeDetails": {}}, NULL % "streamModeDetails.streamMode")
    check_invalid("ListShards", {"StreamName": "s", "ShardFilter": {}}, NULL % "shardFilter.type")


@case("names: pattern, then shortest, then longest")
def _():
    long = "a" * 129
    for operation in ("DescribeStream", "DeleteStream", "DescribeStreamSummary", "ListShards"):
        check_invalid(operation, {"StreamName": ""}, pattern("", "streamName", NAME_PATTERN), shortest("", "streamName", 1))
        check_invalid(operation, {"StreamName": "a b"}, pattern("a b", "streamName", NAME_PATTERN))
        check_invalid(operation, {"StreamName": long}, longest(long, "streamName", 128))
        check_invalid(operation, {"StreamName": long + "!"}, pattern(long + "!", "streamName", NAME_PATTERN),
                      longest(long + "!", "streamName", 128))


@case("members are told in the order of the service: streams")
def _():
    check_invalid("CreateStream", {"StreamName": "", "ShardCount": 0}, least(0, "shardCount", 1),
                  pattern("", "streamName", NAME_PATTERN), shortest("", "streamName", 1))
    check_invalid("DescribeStream", {"StreamName": "", "Limit": 0, "ExclusiveStartShardId": ""}, least(0, "limit", 1),
                  pattern("", "exclusiveStartShardId", NAME_PATTERN), shortest("", "exclusiveStartShardId", 1),
                  pattern("", "streamName", NAME_PATTERN), shortest("", "streamName", 1))
    check_invalid("DescribeStream", {"StreamName": "s", "Limit": 10001}, most(10001, "limit", 10000))
    check_invalid("ListStreams", {"Limit": 0, "ExclusiveStartStreamName": ""}, least(0, "limit", 1),
                  pattern("", "exclusiveStartStreamName", NAME_PATTERN), shortest("", "exclusiveStartStreamName", 1))
    check_invalid("ListStreams", {"Limit": 10001}, most(10001, "limit", 10000))


@case("members are told in the order of the service: records")
def _():
    for encoding in ENCODINGS:
        body = {"StreamName": "", "SequenceNumberForOrdering": "x", "PartitionKey": "", "ExplicitHashKey": "-1",
                "Data": blob(b"", encoding)}
        check_error(wire.call("PutRecord", body, encoding), 400, "ValidationException",
                    "5 validation errors detected: " + "; ".join([
                        pattern("x", "sequenceNumberForOrdering", SEQUENCE), shortest("", "partitionKey", 1),
                        pattern("-1", "explicitHashKey", HASH_KEY), pattern("", "streamName", NAME_PATTERN),
                        shortest("", "streamName", 1)]), encoding=encoding)
    key = "k" * 257
    for encoding in ENCODINGS:
        check_error(wire.call("PutRecord", {"StreamName": "s", "PartitionKey": key, "Data": blob(b"", encoding)}, encoding),
                    400, "ValidationException", "1 validation error detected: " + longest(key, "partitionKey", 256))
    check_invalid("GetShardIterator", {"StreamName": "", "ShardId": "", "ShardIteratorType": "x",
                                       "StartingSequenceNumber": "x"},
                  pattern("", "shardId", NAME_PATTERN), shortest("", "shardId", 1),
                  one_of("x", "shardIteratorType", *ITERATOR_TYPES), pattern("x", "startingSequenceNumber", SEQUENCE),
                  pattern("", "streamName", NAME_PATTERN), shortest("", "streamName", 1))
    check_invalid("GetRecords", {"ShardIterator": "", "Limit": 0}, least(0, "limit", 1), shortest("", "shardIterator", 1))
    long = "a" * 513
    check_invalid("GetRecords", {"ShardIterator": long, "Limit": 10001}, most(10001, "limit", 10000),
                  longest(long, "shardIterator", 512))


@case("lists are counted, and their items told one by one")
def _():
    check_invalid("PutRecords", {"StreamName": "s", "Records": []},
                  clause("[]", "records", "Member must have length greater than or equal to 1"))
    for encoding in ENCODINGS:
        entry = {"PartitionKey": "", "ExplicitHashKey": "x", "Data": blob(b"", encoding)}
        check_error(wire.call("PutRecords", {"StreamName": "s", "Records": [entry, entry]}, encoding), 400,
                    "ValidationException", "4 validation errors detected: " + "; ".join(
                        text for i in (1, 2) for text in (shortest("", "records.%d.member.partitionKey" % i, 1),
                                                          pattern("x", "records.%d.member.explicitHashKey" % i, HASH_KEY))))
        entry = {"PartitionKey": "k", "Data": blob(b"", encoding)}
        response = wire.call("PutRecords", {"StreamName": "s", "Records": [entry] * 501}, encoding)
        equal(response.status, 400)
        match = re.fullmatch(r"1 validation error detected: Value '\[(.*)\]' at 'records' failed to satisfy constraint: "
                             r"Member must have length less than or equal to 500", response.value()["message"])
        assert match, response
        items = match.group(1).split(", ")
        equal(len(items), 501)
        assert all(re.fullmatch(r"com\.amazonaws\.kinesis\.v20131202\.PutRecordsRequestEntry@[0-9a-f]{1,8}", i) for i in items)


@case("never more than ten are told")
def _():
    for encoding in ENCODINGS:
        entries = [{"PartitionKey": "", "Data": blob(b"", encoding)}] * 20
        check_error(wire.call("PutRecords", {"StreamName": "", "Records": entries}, encoding), 400, "ValidationException",
                    "10 validation errors detected: " + "; ".join(
                        shortest("", "records.%d.member.partitionKey" % i, 1) for i in range(1, 11)))


@case("maps tell their keys, their values and their count")
def _():
    keys = "Map keys must satisfy constraint: [Member must have length less than or equal to 128, " \
           "Member must have length greater than or equal to 1]"
    values = "Map value must satisfy constraint: [Member must have length less than or equal to 256, " \
             "Member must have length greater than or equal to 0]"
    check_invalid("CreateStream", {"StreamName": "s", "Tags": {}},
                  clause("{}", "tags", "Member must have length greater than or equal to 1"))
    check_invalid("CreateStream", {"StreamName": "s", "Tags": {"": "v"}}, clause("{=v}", "tags", keys))
    long = "v" * 257
    check_invalid("CreateStream", {"StreamName": "s", "Tags": {"k": long}}, clause("{k=%s}" % long, "tags", values))
    many = {"k%d" % i: "v" for i in range(201)}
    for encoding in ENCODINGS:
        response = wire.call("CreateStream", {"StreamName": "s", "Tags": many}, encoding)
        assert re.fullmatch(r"1 validation error detected: Value '\{(k\d+=v, ){200}k\d+=v\}' at 'tags' failed to satisfy "
                            r"constraint: Member must have length less than or equal to 200",
                            response.value()["message"]), response


@case("a blob is told by its size")
def _():
    size = 10485761
    data = b"x" * size
    for encoding in ENCODINGS:
        check_error(wire.call("PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": blob(data, encoding)}, encoding),
                    400, "ValidationException", "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=%d "
                    "cap=%d]' at 'data' failed to satisfy constraint: Member must have length less than or equal to 10485760"
                    % (size, size))


@case("enumerations and ARNs")
def _():
    check_invalid("CreateStream", {"StreamName": "s", "StreamModeDetails": {"StreamMode": "X"}},
                  one_of("X", "streamModeDetails.streamMode", "PROVISIONED", "ON_DEMAND"))
    check_invalid("DescribeStream", {"StreamARN": "x"}, pattern("x", "streamARN", "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+"))


@case("values are printed as they came, also quotes and other scripts")
def _():
    for name in ("it's", "a\"b\\c", "\u00e9\u4e16\U0001f600", "<&>", "\t"):
        check_invalid("DescribeStream", {"StreamName": name}, pattern(name, "streamName", NAME_PATTERN))


# ---- step 10 ----

@case("an ARN that cannot name a stream is answered with the name and the account it holds")
def _():
    for name in ("n" * 129, "s/x", "é"):
        for account in (ACCOUNT, "123456789012"):
            body = {"StreamARN": "arn:aws:kinesis:%s:%s:stream/%s" % (REGION, account, name)}
            check_error(wire.call("DescribeStream", body), 400, "ResourceNotFoundException",
                        "Stream %s under account %s not found." % (name, account))


@case("what an operation finds itself comes in both encodings")
def _():
    arn = "arn:aws:kinesis:%s:%s:stream/nobody" % (REGION, ACCOUNT)
    for encoding in ENCODINGS:
        for body in ({"StreamName": "nobody"}, {"StreamARN": arn}, {"StreamName": "nobody", "StreamARN": arn}):
            check_error(wire.call("DescribeStream", body, encoding), 400, "ResourceNotFoundException",
                        "Stream nobody under account %s not found." % ACCOUNT, encoding=encoding)
        check_error(wire.call("CreateStream", {"StreamName": STREAM, "ShardCount": 1}, encoding), 400,
                    "ResourceInUseException", "Stream %s under account %s already exists." % (STREAM, ACCOUNT))
        check_error(wire.call("GetRecords", {"ShardIterator": "AAAA"}, encoding), 400, "InvalidArgumentException",
                    "Invalid ShardIterator.", encoding=encoding)
        check_error(wire.call("PutRecord", {"StreamName": STREAM, "PartitionKey": "k", "Data": blob(b"", encoding),
                                            "ExplicitHashKey": str(1 << 128)}, encoding), 400, "InvalidArgumentException",
                    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %d"
                    % (1 << 128), encoding=encoding)


@case("members of CreateStream whose meaning is not built are refused, not dropped")
def _():
    provisioned, on_demand = {"StreamMode": "PROVISIONED"}, {"StreamMode": "ON_DEMAND"}
    for members, text in (
            ({"ShardCount": 1, "StreamModeDetails": provisioned, "WarmThroughputMiBps": 1},
             "WarmThroughputMiBps is only supported for on-demand streams. Stream extras is using PROVISIONED mode."),
            ({"ShardCount": 1, "StreamModeDetails": provisioned, "RecordDistributionStrategy": "AUTO"},
             "RecordDistributionStrategy=AUTO is only supported for on-demand streams. Stream [extras] is using PROVISIONED mode."),
            ({"StreamModeDetails": on_demand, "RecordDistributionStrategy": "AUTO"},
             "RecordDistributionStrategy=AUTO is not available for stream extras.")):
        for encoding in ENCODINGS:
            check_error(wire.call("CreateStream", {"StreamName": "extras", **members}, encoding), 400, "InvalidArgumentException", text,
                        encoding=encoding)
    assert "extras" not in wire.call("ListStreams", {}).value()["StreamNames"]


# ---- HTTP ----

def list_streams(keep_alive=True):
    headers = [("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams")]
    if not keep_alive:
        headers.append(("Connection", "close"))
    return wire.request(headers=headers, body=b"{}")


@case("a connection is kept, and closed when asked")
def _():
    with wire.connect() as c:
        for _ in range(5):
            c.send(list_streams())
            equal(c.response().status, 200)
        c.send(list_streams(keep_alive=False))
        response = c.response()
        equal(response.status, 200)
        equal(response.headers.get("connection", "").lower(), "close")
        assert c.ended()


@case("errors keep the connection too")
def _():
    with wire.connect() as c:
        for request, status in ((wire.request(method="GET"), 403), (wire.request(body=b""), 400),
                                (wire.request(body=b"{", headers=[("Content-Type", JSON)]), 400),
                                (wire.request(body=b"{}", headers=[("Content-Type", "x/y")]), 403), (list_streams(), 200)):
            c.send(request)
            equal(c.response().status, status)


@case("pipelined requests are answered in order")
def _():
    with wire.connect() as c:
        names = ["nobody-%d" % i for i in range(50)]
        c.send(b"".join(wire.request(headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "DescribeStream")],
                                     body=b'{"StreamName":"%s"}' % n.encode()) for n in names))
        for name in names:
            equal(c.response().value()["message"], "Stream %s under account %s not found." % (name, ACCOUNT))


@case("a pipelined put is answered before the request behind it")
def _():
    with wire.connect() as c:
        put = wire.request(headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "PutRecord")],
                           body=b'{"StreamName":"%s","PartitionKey":"p","Data":"AAAA"}' % STREAM.encode())
        c.send(put + wire.request(method="GET") + put + list_streams())
        answers = [c.response() for _ in range(4)]
        equal([a.status for a in answers], [200, 403, 200, 200])
        assert int(answers[0].value()["SequenceNumber"]) < int(answers[2].value()["SequenceNumber"])


@case("a request that comes byte by byte is one request")
def _():
    with wire.connect() as c:
        for byte in list_streams():
            c.send(bytes([byte]))
        equal(c.response().status, 200)


@case("a chunked body is the body")
def _():
    body = b'{"StreamName":"nobody"}'
    headers = [("Host", "h"), ("Content-Type", JSON), ("X-Amz-Target", PREFIX + "DescribeStream"), ("X-Amz-Date", amz_date())]
    headers.append(("Authorization", wire.signer.authorization("POST", "/", "", headers, body)))
    for chunks in ([body], [body[:1], body[1:]], [body[i:i + 1] for i in range(len(body))]):
        with wire.connect() as c:
            c.send(head_bytes("POST", "/", headers + [("Transfer-Encoding", "chunked")]))
            for chunk in chunks:
                c.send(b"%x;ext=1\r\n%s\r\n" % (len(chunk), chunk))
            c.send(b"0\r\nTrailer: x\r\n\r\n" + list_streams())
            check_error(c.response(), 400, "ResourceNotFoundException", "Stream nobody under account %s not found." % ACCOUNT)
            equal(c.response().status, 200)


@case("a client that expects 100 is told to go on")
def _():
    request = list_streams()
    at = request.index(b"\r\n\r\n")
    with wire.connect() as c:
        c.send(request[:at] + b"\r\nExpect: 100-continue\r\n\r\n")
        status, _, headers = c.head()
        equal(status, 100)
        c.send(request[at + 4:])
        equal(c.response().status, 200)


@case("a head over 32 KiB or with too many headers is 431")
def _():
    for extra in ([("X-Long", "a" * 33000)], [("X-%d" % i, "a" * 300) for i in range(120)],
                  [("X-%d" % i, "a") for i in range(150)]):
        with wire.connect() as c:
            c.send(head_bytes("POST", "/", [("Host", "h"), ("Content-Length", "0")] + extra))
            equal(c.response().status, 431)
            assert c.ended()
    with wire.connect() as c:
        try:
            c.send(b"GET /" + b"a" * 40000)
        except ConnectionError:
            pass
        assert c.response().status in (414, 431)


@case("a head of 30 KiB is read")
def _():
    response = typed(PREFIX + "ListStreams", b"{}")
    equal(response.status, 200)
    response = wire.send(headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams"), ("X-Long", "a" * 30000)],
                         body=b"{}", keep=["host", "x-amz-date"])
    equal(response.status, 200)


@case("what could be read in two ways is refused with 400")
def _():
    start = b"POST / HTTP/1.1\r\nHost: h\r\n"
    for rest in (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                 b"Content-Length: +2\r\n\r\n{}", b"Content-Length: -1\r\n\r\n", b"Content-Length: 0x2\r\n\r\n{}",
                 b"Content-Length: 2,2\r\n\r\n{}", b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"Transfer-Encoding: chunked, gzip\r\n\r\n",
                 b"Host: other\r\nContent-Length: 2\r\n\r\n{}", b"Bad Name: x\r\n\r\n", b"No-Colon\r\n\r\n", b": empty\r\n\r\n",
                 b"Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n", b"Blank : x\r\n\r\n", b"Nul: a\0b\r\n\r\n",
                 b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
                 b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"):
        with wire.connect() as c:
            c.send(start + rest)
            response = c.response()
            assert response.status in (400, 413, 501), (rest, response)
            assert c.ended(), rest
    for line in (b"POST /\r\n\r\n", b"POST / HTTP/1.1 x\r\n\r\n", b"P(ST / HTTP/1.1\r\nHost: h\r\n\r\n", b"\x00\r\n\r\n",
                 b"POST / HTTP/2.0\r\nHost: h\r\n\r\n", b"POST x HTTP/1.1\r\nHost: h\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n"):
        with wire.connect() as c:
            c.send(line)
            assert c.response().status in (400, 501, 505), line
            assert c.ended(), line


@case("many connections at once are all answered")
def _():
    connections = [wire.connect() for _ in range(200)]
    try:
        for c in connections:
            c.send(list_streams())
        for c in connections:
            equal(c.response().status, 200)
    finally:
        for c in connections:
            c.close()


@case("a client that goes away in the middle harms nobody")
def _():
    put = wire.request(headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "PutRecord")],
                       body=b'{"StreamName":"%s","PartitionKey":"p","Data":"AAAA"}' % STREAM.encode())
    for _ in range(20):
        for cut in (10, len(put) - 5, len(put)):
            with wire.connect() as c:
                c.send(put[:cut])
    equal(typed(PREFIX + "ListStreams", b"{}").status, 200)


# ---- the process: own paths, settings, start, drain ----

@case("live and ready answer without credentials")
def _():
    for path, body in (("/-/live", b"live\n"), ("/-/ready", b"ready\n")):
        response = wire.send(method="GET", path=path, signer=None)
        equal((response.status, response.body), (200, body))
        equal(wire.send(method="POST", path=path, body=b"{}", signer=None).status, 405)


def run(*arguments, env=None, timeout=30):
    environment = server.environment()
    environment.update(env or {})
    done = subprocess.run([server.binary] + list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment, timeout=timeout)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@case("a second server on the same data directory or port is told so, with exit code 75")
def _():
    code, _, text = run("serve", "--data", server.data, "--listen", "127.0.0.1:0")
    equal(code, 75, text)
    assert server.data in text, text
    other = os.path.join(server.scratch, "other")
    code, _, text = run("serve", "--data", other, "--listen", "127.0.0.1:%d" % server.port)
    equal(code, 75, text)
    assert "127.0.0.1:%d" % server.port in text, text


@case("wrong settings are named, with exit code 2")
def _():
    for arguments, named in ((["--port", "1"], '"--port"'), (["--cache", "64MB"], '"64MB"'), (["--limits", "x.json"], '"x.json"'),
                             (["--listen", "nowhere:1"], '"nowhere:1"'), (["--auth", "maybe"], '"maybe"')):
        code, _, text = run("serve", "--data", os.path.join(server.scratch, "none"), *arguments)
        equal(code, 2, text)
        assert named in text, text
    code, _, text = run("serve", "--data", os.path.join(server.scratch, "none"), env={"RUNNEL_THREADS": "many"})
    equal(code, 2, text)
    assert "RUNNEL_THREADS" in text and '"many"' in text, text
    assert not os.path.exists(os.path.join(server.scratch, "none"))
    code, _, text = run("nonsense")
    equal(code, 2)
    assert '"nonsense"' in text


@case("without authentication, only loopback is listened on unless that is meant")
def _():
    data = os.path.join(server.scratch, "none")
    code, _, text = run("serve", "--data", data, "--auth", "off", "--listen", "0.0.0.0:0")
    equal(code, 2, text)
    assert "0.0.0.0" in text and "--allow-remote" in text, text
    with Server(["--auth", "off", "--allow-remote", "--listen", "0.0.0.0:0"]) as remote:
        assert "NO AUTHENTICATION" in remote.log(), remote.log()


@case("with authentication off, unsigned requests, any key and any region pass")
def _():
    with Server(["--auth", "off", "--limits", "off"]) as off:
        open_wire = Wire(off.host, off.port)
        for signer in (None, Signer("any", "thing"), Signer("test", "test", region="mars-1")):
            for encoding in ENCODINGS:
                equal(open_wire.call("ListStreams", {}, encoding, signer).status, 200)


@case("help, version and config answer")
def _():
    code, text, _ = run("help")
    equal(code, 0)
    for name in "serve create list describe delete put tail shards env config version help".split():
        assert re.search(r"^  %s " % name, text, re.M), name
        code, one, _ = run(name, "--help")
        equal(code, 0, name)
        assert one, name
    equal(run("version")[0], 0)
    equal(run("--version")[1], run("version")[1])
    code, text, _ = run("config", "--cache=1GiB", env={"RUNNEL_REGION": "eu-west-1"})
    equal(code, 0)
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines()}
    equal(lines["cache"], ["1GiB", "--cache"])
    equal(lines["region"], ["eu-west-1", "RUNNEL_REGION"])
    equal(lines["durability"], ["sync", "default"])


@case("the data directory is private, and refused when it is not")
def _():
    equal(os.stat(server.data).st_mode & 0o7777, 0o700)
    equal(os.stat(os.path.join(server.data, "credentials")).st_mode & 0o7777, 0o600)
    assert server.secret_key not in server.log()
    with Server() as other:
        other.stop()
        os.chmod(other.data, 0o755)
        code, _, text = run("serve", "--data", other.data, "--listen", "127.0.0.1:0")
        equal(code, 77, text)
        assert "chmod 700" in text and other.data in text, text
        os.chmod(other.data, 0o700)
        os.chmod(os.path.join(other.data, "credentials"), 0o644)
        code, _, text = run("serve", "--data", other.data, "--listen", "127.0.0.1:0")
        equal(code, 77, text)
        assert "chmod 600" in text, text
        os.chmod(os.path.join(other.data, "credentials"), 0o600)
        other.start()


@case("region and account are fixed at first start, a newer format is left alone")
def _():
    with Server(["--region", "eu-west-1", "--account", "123456789012"]) as other:
        signer = Signer(other.access_key, other.secret_key, region="eu-west-1")
        theirs = Wire(other.host, other.port, signer)
        check_error(theirs.call("DescribeStream", {"StreamName": "x"}), 400, "ResourceNotFoundException",
                    "Stream x under account 123456789012 not found.")
        other.stop()
        for flags, named in ((["--account", "123456789012"], "us-east-1"), (["--region", "eu-west-1"], "000000000000")):
            code, _, text = run("serve", "--data", other.data, "--listen", "127.0.0.1:0", *flags)
            equal(code, 2, text)
            assert named in text, text
        path = os.path.join(other.data, "FORMAT")
        with open(path, encoding="ascii") as f:
            kept = f.read()
        with open(path, "w", encoding="ascii") as f:
            f.write("runnel-data 99\n")
        code, _, text = run("serve", "--data", other.data, "--listen", "127.0.0.1:0")
        equal(code, 65, text)
        assert "99" in text and " 1" in text, text
        with open(path, "w", encoding="ascii") as f:
            f.write(kept)
        other.start()


@case("a root key can be given, and is kept for the next start")
def _():
    given = {"RUNNEL_ROOT_ACCESS_KEY_ID": "AKIDGIVEN", "RUNNEL_ROOT_SECRET_ACCESS_KEY": "given/secret+1"}
    with Server(env=given) as other:
        equal(other.credentials(), ("AKIDGIVEN", "given/secret+1"))
        theirs = Wire(other.host, other.port, Signer("AKIDGIVEN", "given/secret+1"))
        equal(theirs.call("ListStreams", {}).status, 200)
        other.env = {}
        other.restart()
        equal(theirs.call("ListStreams", {}).status, 200)


@case("port 0 is one port for both families")
def _():
    with Server(["--listen", "localhost:0"]) as other:
        import socket
        equal(other.status("/-/ready"), 200)
        try:
            socket.create_connection(("::1", other.port), timeout=5).close()
        except OSError as error:
            assert not os.path.exists("/proc/net/if_inet6"), error


@case("records and streams are there after a drain and a restart, and the drain ends with code 0")
def _():
    with Server(["--limits", "off"]) as other:
        theirs = Wire(other.host, other.port, Signer(other.access_key, other.secret_key))
        equal(theirs.call("CreateStream", {"StreamName": "kept", "ShardCount": 2}).status, 200)
        put = theirs.call("PutRecord", {"StreamName": "kept", "PartitionKey": "k", "Data": "aGVsbG8="}).value()
        other.restart()
        iterator = theirs.call("GetShardIterator", {"StreamName": "kept", "ShardId": put["ShardId"],
                                                    "ShardIteratorType": "TRIM_HORIZON"}).value()["ShardIterator"]
        records = theirs.call("GetRecords", {"ShardIterator": iterator}).value()["Records"]
        equal([(r["SequenceNumber"], r["Data"]) for r in records], [(put["SequenceNumber"], "aGVsbG8=")])


@case("a drain answers what is under way and closes idle connections")
def _():
    with Server() as other:
        theirs = Wire(other.host, other.port, Signer(other.access_key, other.secret_key))
        idle, half = theirs.connect(), theirs.connect()
        request = theirs.request(headers=[("Content-Type", JSON), ("X-Amz-Target", PREFIX + "ListStreams"),
                                          ("Expect", "100-continue")], body=b"{}", keep=["host", "x-amz-date", "x-amz-target"])
        half.send(request[:-2])
        equal(half.head()[0], 100)  # so it has been read
        other.process.terminate()
        assert idle.ended()
        half.send(request[-2:])
        response = half.response()
        equal(response.status, 200)
        assert half.ended()
        equal(other.process.wait(20), 0)
        other.process = None
        assert "good-bye" in other.log()


@case("the server has survived all this and drains with code 0")
def _():
    equal(server.process.poll(), None, server.log())
    equal(server.stop(), 0, server.log())


def main():
    global server, wire
    with Server(["--limits", "off"]) as started:
        server = started
        wire = Wire(server.host, server.port, Signer(server.access_key, server.secret_key))
        created = wire.call("CreateStream", {"StreamName": STREAM, "ShardCount": 2})
        assert created.status == 200, created
        return runner.main()


if __name__ == "__main__":
    sys.exit(main())
