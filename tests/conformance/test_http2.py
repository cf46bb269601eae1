#!/usr/bin/python3
"""HTTP/2 as RFC 9113 has it and as clients of Kinesis use it, against a real server.

The rules are tried frame by frame over a socket (tests/support/http2.py); curl and nghttp are clients that know
nothing of us. Starts a server of its own. Every case is one sentence; the last line counts.
    tests/conformance/test_http2.py [WORD...]     only cases whose sentence holds one of the words
"""
import base64
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import http2 as h2  # noqa: E402
import runner  # noqa: E402
from http2 import Gone, Http2, Reset, frame  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server  # noqa: E402
from wire import JSON, PREFIX, Signer, cbor_value, CBOR  # noqa: E402
import cbor2  # noqa: E402

STREAM = "http2"
DENIED = (b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
          b"</AccessDeniedException>\n")
MIB = 1024 * 1024

server = None  # with authentication
signer = None


def connect(**more):
    return Http2(server.host, server.port, **more)


def authority():
    return "%s:%d" % (server.host, server.port)


def plain(method="GET", path="/-/live", more=()):
    return [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority())] + list(more)


def signed(operation, body, encoding=JSON, name=":authority", path="/", query="", as_header=False):
    """The fields of a signed call; `name`: under which name the authority is signed."""
    date = signer.when()
    fields = [("content-type", encoding), ("x-amz-date", date), ("x-amz-target", PREFIX + operation)]
    authorization = signer.authorization("POST", path, query, [(name, authority())] + fields, body)
    if as_header:
        fields.append(("host", authority()))
    return plain("POST", path + ("?" + query if query else ""), fields + [("authorization", authorization)])


def call(connection, operation, value, **more):
    body = json.dumps(value).encode()
    return connection.response(connection.request(signed(operation, body, **more), body))


def check_alive(connection):
    status, _, body = connection.response(connection.request(plain()))
    equal((status, connection.goaway), (200, None), body)


def check_goes(codes, *data, **more):
    """The frames end the connection, with one of `codes` (None among them: no word is fine too)."""
    with connect(**more) as c:
        c.raw(b"".join(data))
        try:
            code = c.gone()
        except TimeoutError:
            raise AssertionError("not gone after %r" % (data,)) from None
        codes = codes if isinstance(codes, tuple) else (codes,)
        assert code in codes, "gone with %r, not one of %r" % (code, codes)


def check_reset(code, headers, body=None):
    """The request is reset; the connection lives."""
    with connect() as c:
        try:
            answer = c.response(c.request(headers, body))
        except Reset as reset:
            equal(reset.code, code)
        else:
            raise AssertionError("answered: %r" % (answer,))
        check_alive(c)


# ---- the start ----

@case("the preface starts HTTP/2, and the first flight says what the server takes")
def _():
    with connect() as c:
        equal(c.settings[h2.MAX_CONCURRENT_STREAMS], 512)
        equal(c.settings[h2.INITIAL_WINDOW_SIZE], MIB)
        equal(c.settings[h2.MAX_HEADER_LIST_SIZE], 32 * 1024)
        update = c.expect(h2.WINDOW_UPDATE)
        equal((update.stream, struct.unpack(">I", update.payload)[0] + 65535), (0, 16 * MIB))
        check_alive(c)


@case("SETTINGS are acknowledged, each time")
def _():
    with connect() as c:
        c.expect(h2.SETTINGS, h2.ACK)
        for value in (1, 100):
            c.send(h2.SETTINGS, 0, 0, h2.settings_payload([(h2.MAX_CONCURRENT_STREAMS, value)]))
            equal(c.expect(h2.SETTINGS, h2.ACK).payload, b"")
        check_alive(c)


@case("what follows the preface must be SETTINGS")
def _():
    c = Http2(server.host, server.port, greet=False)
    with c:
        c.raw(h2.PREFACE + frame(h2.PING, 0, 0, b"12345678"))
        equal(c.gone(), h2.PROTOCOL_ERROR)


@case("HTTP/1.1 is spoken on the same port, and to what only begins like the preface")
def _():
    with socket.create_connection((server.host, server.port), timeout=10) as plain_socket:
        plain_socket.sendall(b"GET /-/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert plain_socket.recv(100).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection((server.host, server.port), timeout=10) as plain_socket:
        plain_socket.sendall(b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")
        assert plain_socket.recv(100).startswith(b"HTTP/1.1 505 ")


# ---- frames ----

@case("PING is answered with its own bytes, one with ACK is not")
def _():
    with connect() as c:
        c.send(h2.PING, h2.ACK, 0, b"an answr")
        c.send(h2.PING, 0, 0, b"question")
        equal(c.expect(h2.PING).payload, b"question")


@case("unknown frames, flags and settings are passed over")
def _():
    with connect() as c:
        c.send(0xbb, 0xff, 0, b"what")
        c.send(0xbb, 0, 77, b"")
        c.send(h2.PING, 0xfe, 0, b"12345678")
        c.send(h2.SETTINGS, 0, 0, h2.settings_payload([(0x7777, 1)]))
        check_alive(c)


@case("frames of a wrong size end the connection with FRAME_SIZE_ERROR")
def _():
    for data in (frame(h2.PING, 0, 0, b"1234567"), frame(h2.SETTINGS, 0, 0, b"12345"), frame(h2.SETTINGS, h2.ACK, 0, b"123456"),
                 frame(h2.WINDOW_UPDATE, 0, 0, b"123"), frame(h2.RST_STREAM, 0, 1, b"123"), frame(h2.GOAWAY, 0, 0, b"1234567"),
                 frame(h2.PRIORITY, 0, 1, b"1234")):
        check_goes(h2.FRAME_SIZE_ERROR, data)
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
        c.send(h2.DATA, 0, 1, b"x" * 16385)
        equal(c.gone(), h2.FRAME_SIZE_ERROR)


@case("frames for a stream on the connection's own, and the other way round, end it with PROTOCOL_ERROR")
def _():
    zero = struct.pack(">I", 8)
    for data in (frame(h2.DATA, 0, 0, b"x"), frame(h2.HEADERS, h2.END_HEADERS, 0, b"\x82"), frame(h2.RST_STREAM, 0, 0, zero),
                 frame(h2.PRIORITY, 0, 0, b"12345"), frame(h2.CONTINUATION, h2.END_HEADERS, 0, b"\x82"),
                 frame(h2.SETTINGS, 0, 1), frame(h2.PING, 0, 1, b"12345678"), frame(h2.GOAWAY, 0, 1, b"12345678")):
        check_goes(h2.PROTOCOL_ERROR, data)


@case("frames for streams that nobody opened end the connection")
def _():
    for data in (frame(h2.DATA, 0, 1, b"x"), frame(h2.RST_STREAM, 0, 1, struct.pack(">I", 8)),
                 frame(h2.WINDOW_UPDATE, 0, 1, struct.pack(">I", 1))):
        check_goes(h2.PROTOCOL_ERROR, data)


@case("settings out of their range end the connection")
def _():
    for code, pair in ((h2.PROTOCOL_ERROR, (h2.ENABLE_PUSH, 2)), (h2.FLOW_CONTROL_ERROR, (h2.INITIAL_WINDOW_SIZE, 1 << 31)),
                       (h2.PROTOCOL_ERROR, (h2.MAX_FRAME_SIZE, 16383)), (h2.PROTOCOL_ERROR, (h2.MAX_FRAME_SIZE, 1 << 24))):
        check_goes(code, frame(h2.SETTINGS, 0, 0, h2.settings_payload([pair])))


@case("a client may not push")
def _():
    check_goes(h2.PROTOCOL_ERROR, frame(h2.PUSH_PROMISE, h2.END_HEADERS, 1, b"\0\0\0\2\x82"))


@case("padding longer than its frame ends the connection, other padding is nothing")
def _():
    with connect() as c:
        block = c.block(plain("POST", "/"))
        c.send(h2.HEADERS, h2.END_HEADERS | h2.PADDED | h2.PRIORITIZED, 1, b"\x05" + b"\0\0\0\0\x0f" + block + b"\0" * 5)
        c.send(h2.DATA, h2.END_STREAM | h2.PADDED, 1, b"\x03{}" + b"\0" * 3)
        equal(c.response(1)[0], 403)
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
        c.send(h2.DATA, h2.PADDED, 1, b"\x09{}")
        equal(c.gone(), h2.PROTOCOL_ERROR)


# ---- streams ----

@case("streams of the client have odd numbers that rise")
def _():
    with connect() as c:
        c.request(plain(), stream=2)
        equal(c.gone(), h2.PROTOCOL_ERROR)
    with connect() as c:
        equal(c.response(c.request(plain(), stream=5))[0], 200)
        c.request(plain(), stream=3)
        try:  # the RFC wants the end; a closed stream may also be passed over
            check_alive_from(c, 7)
        except Gone as gone:
            assert gone.code in (h2.PROTOCOL_ERROR, h2.STREAM_CLOSED), gone.code


def check_alive_from(connection, stream):
    connection.next_stream = stream
    check_alive(connection)


@case("DATA and HEADERS behind the end of a stream end the connection with STREAM_CLOSED")
def _():
    for type_, payload in ((h2.DATA, b"x"), (h2.HEADERS, b"\x82")):
        with connect() as c:
            # One send, so that the reply has not closed the stream yet.
            body = json.dumps({"StreamName": STREAM}).encode()
            c.raw(frame(h2.HEADERS, h2.END_HEADERS, 1, c.block(signed("DescribeStreamSummary", body)))
                  + frame(h2.DATA, h2.END_STREAM, 1, body) + frame(type_, h2.END_HEADERS if type_ else 0, 1, payload))
            equal(c.gone(), h2.STREAM_CLOSED)


@case("a stream that depends on itself ends the connection")
def _():
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM | h2.PRIORITIZED, 1, b"\0\0\0\x01\x0f" + c.block(plain()))
        equal(c.gone(), h2.PROTOCOL_ERROR)


@case("more streams at once than promised are not taken")
def _():
    with connect() as c:
        c.expect(h2.SETTINGS, h2.ACK)
        for _ in range(513):
            c.send(h2.HEADERS, h2.END_HEADERS, c.next_stream, c.block(plain("POST", "/")))
            c.next_stream += 2
        try:
            c.response(2 * 512 + 1)
        except Reset as reset:
            equal(reset.code, h2.REFUSED_STREAM)
        except Gone as gone:
            equal(gone.code, h2.PROTOCOL_ERROR)


@case("a stream that is reset may come in pieces still")
def _():
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
        c.send(h2.RST_STREAM, 0, 1, struct.pack(">I", h2.CANCEL))
        c.send(h2.WINDOW_UPDATE, 0, 1, struct.pack(">I", 1))
        c.send(h2.RST_STREAM, 0, 1, struct.pack(">I", h2.CANCEL))
        check_alive_from(c, 3)


# ---- heads ----

@case("a request with bad pseudo headers is reset with PROTOCOL_ERROR")
def _():
    good = plain()
    without = [[pair for pair in good if pair[0] != name] for name in (":method", ":scheme", ":path", ":authority")]
    for headers in without + [good + [(":path", "/")], good + [(":status", "200")], good + [(":unknown", "x")],
                              [("accept", "x")] + good, [(":path", "") if n == ":path" else (n, v) for n, v in good],
                              [(":path", "a") if n == ":path" else (n, v) for n, v in good]]:
        check_reset(h2.PROTOCOL_ERROR, headers)


@case("a request with headers that HTTP/2 forbids is reset with PROTOCOL_ERROR")
def _():
    for pair in (("connection", "close"), ("transfer-encoding", "chunked"), ("keep-alive", "1"), ("upgrade", "h2c"),
                 ("proxy-connection", "x"), ("te", "gzip"), ("Upper", "x"), ("a b", "x"), ("x", "a\nb"), ("x", "a\0"),
                 ("content-length", "x"), ("content-length", "-1")):
        check_reset(h2.PROTOCOL_ERROR, plain(more=[pair]))
    check_reset(h2.PROTOCOL_ERROR, plain(more=[("content-length", "0"), ("content-length", "0")]))
    check_reset(h2.PROTOCOL_ERROR, plain(more=[("host", authority()), ("host", authority())]))


@case("te: trailers is allowed, and cookies may come in pieces")
def _():
    with connect() as c:
        more = [("te", "trailers"), ("cookie", "a=b"), ("cookie", "c=d")]
        equal(c.response(c.request(plain(more=more)))[0], 200)


@case("a body that differs from its content-length is reset with PROTOCOL_ERROR")
def _():
    for length in ("1", "3"):
        check_reset(h2.PROTOCOL_ERROR, plain("POST", "/", [("content-length", length)]), b"{}")
    check_reset(h2.PROTOCOL_ERROR, plain(more=[("content-length", "1")]))


@case("a host that differs from the authority is answered with 400")
def _():
    with connect() as c:
        equal(c.response(c.request(plain(more=[("host", "elsewhere")])))[0], 400)
        equal(c.response(c.request(plain(more=[("host", authority())])))[0], 200)
        check_alive(c)


@case("a header list over 32 KiB is answered with 431, a target over 8 KiB with 414, over 100 headers with 431")
def _():
    with connect() as c:
        equal(c.response(c.request(plain(more=[("x%d" % i, "v" * 4000) for i in range(3)])))[0], 200)
        big = c.block(plain(more=[("y%d" % i, "~" * 4000) for i in range(10)]))
        stream, c.next_stream = c.next_stream, c.next_stream + 2
        c.send(h2.HEADERS, h2.END_STREAM, stream, big[:16384])
        c.send(h2.CONTINUATION, 0, stream, big[16384:32768])
        c.send(h2.CONTINUATION, h2.END_HEADERS, stream, big[32768:])
        equal(c.response(stream)[0], 431)
        equal(c.response(c.request(plain(path="/" + "p" * 8192)))[0], 414)
        equal(c.response(c.request(plain(more=[("z%d" % i, "1") for i in range(101)])))[0], 431)
        check_alive(c)


@case("a head may come in pieces, and nothing may come between them")
def _():
    with connect() as c:
        block = c.block(plain())
        c.send(h2.HEADERS, h2.END_STREAM, 1, block[:3])
        c.send(h2.CONTINUATION, 0, 1, block[3:5])
        c.send(h2.CONTINUATION, h2.END_HEADERS, 1, block[5:])
        equal(c.response(1)[0], 200)
        c.send(h2.HEADERS, h2.END_STREAM, 3, b"\x82")
        c.send(h2.PING, 0, 0, b"12345678")
        equal(c.gone(), h2.PROTOCOL_ERROR)
    with connect() as c:
        c.send(h2.HEADERS, h2.END_STREAM, 1, b"\x82")
        c.send(h2.CONTINUATION, h2.END_HEADERS, 3, b"\x86")
        equal(c.gone(), h2.PROTOCOL_ERROR)


@case("a block that does not unpack ends the connection with COMPRESSION_ERROR")
def _():
    for block in (b"\xff\xff\xff\xff\xff\x0f", b"\x80", b"\x40\x8a", b"\x3f\xe2\x7f"):
        check_goes(h2.COMPRESSION_ERROR, frame(h2.HEADERS, h2.END_HEADERS | h2.END_STREAM, 1, block))


@case("trailers end a request, and may not have pseudo headers or go on")
def _():
    def trailers(flags, pairs):
        with connect() as c:
            c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
            c.send(h2.DATA, 0, 1, b"{}")
            c.send(h2.HEADERS, h2.END_HEADERS | flags, 1, c.block(pairs))
            return c.response(1)[0]

    equal(trailers(h2.END_STREAM, [("x-checksum", "1")]), 403)
    for flags, pairs in ((h2.END_STREAM, [(":path", "/")]), (0, [("x-checksum", "1")])):
        try:
            equal(trailers(flags, pairs), None)
        except Reset as reset:
            equal(reset.code, h2.PROTOCOL_ERROR)


@case("the table of compression may shrink and grow between requests")
def _():
    with connect() as c:
        for size in (0, 4096, 100, 65536):
            c.send(h2.SETTINGS, 0, 0, h2.settings_payload([(h2.HEADER_TABLE_SIZE, size)]))
            c.decoder.max_allowed_table_size = size
            c.encoder.header_table_size = min(size, 4096)
            for _ in range(2):
                check_alive(c)


# ---- windows ----

@case("window updates of zero and beyond the largest window are errors")
def _():
    check_goes(h2.PROTOCOL_ERROR, frame(h2.WINDOW_UPDATE, 0, 0, b"\0\0\0\0"))
    check_goes(h2.FLOW_CONTROL_ERROR, frame(h2.WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"))
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
        c.send(h2.WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff")
        try:
            c.response(1)
        except Reset as reset:
            equal(reset.code, h2.FLOW_CONTROL_ERROR)
        check_alive_from(c, 3)


@case("more than a stream's window allows is an error")
def _():
    with connect() as c:
        c.expect(h2.SETTINGS, h2.ACK)
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
        # The server's own view counts: nothing is read in between, so no window opens.
        c.raw(frame(h2.DATA, 0, 1, b"x" * 16384) * 1100)
        try:
            c.response(1)
        except Reset as reset:
            assert reset.code in (h2.FLOW_CONTROL_ERROR, h2.NO_ERROR), reset.code
        except Gone as gone:
            equal(gone.code, h2.FLOW_CONTROL_ERROR)


@case("a reply waits for its window and comes in as many pieces as that wants")
def _():
    with connect(settings=[(h2.INITIAL_WINDOW_SIZE, 0)]) as c:
        stream = c.request(plain(path="/"))
        equal(dict(c.next(lambda got: got.type == h2.HEADERS).payload)[":status"], "403")
        assert c.alive()
        assert not [got for got in c.waiting if got.type == h2.DATA]
        got = b""
        for size in (1, 2, 5):
            c.send(h2.WINDOW_UPDATE, 0, stream, struct.pack(">I", size))
            piece = c.expect(h2.DATA)
            equal((len(piece.payload), piece.flags), (size, 0))
            got += piece.payload
        c.send(h2.SETTINGS, 0, 0, h2.settings_payload([(h2.INITIAL_WINDOW_SIZE, 1000)]))
        piece = c.expect(h2.DATA)
        equal((got + piece.payload, piece.flags), (DENIED, h2.END_STREAM))


@case("large bodies come whole through any window, many at once")
def _():
    data = base64.b64encode(os.urandom(600000)).decode()
    with connect() as c:
        streams = []
        for key in range(4):
            body = json.dumps({"StreamName": STREAM, "PartitionKey": str(key), "Data": data}).encode()
            streams.append(c.request(signed("PutRecord", body), body))
        for stream in reversed(streams):
            status, _, body = c.response(stream)
            equal(status, 200, body)
        shard = "shardId-000000000000"
        iterator = json.loads(call(c, "GetShardIterator", {"StreamName": STREAM, "ShardId": shard,
                                                           "ShardIteratorType": "TRIM_HORIZON"})[2])["ShardIterator"]
        status, headers, body = call(c, "GetRecords", {"ShardIterator": iterator})
        equal((status, int(headers["content-length"])), (200, len(body)))
        assert [r["Data"] for r in json.loads(body)["Records"]] == [data] * 4


@case("a body over 16 MiB is refused with 413, and the client is asked to stop")
def _():
    with connect() as c:
        stream = c.next_stream
        c.next_stream += 2
        c.send(h2.HEADERS, h2.END_HEADERS, stream, c.block(plain("POST", "/", [("content-length", str(16 * MIB + 1))])))
        equal(c.response(stream)[0], 413)
        equal(struct.unpack(">I", c.expect(h2.RST_STREAM).payload)[0], h2.NO_ERROR)
        check_alive(c)


@case("100-continue is answered when it is asked for")
def _():
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/", [("expect", "100-continue")])))
        equal(c.next(lambda got: got.type == h2.HEADERS).payload, [(":status", "100")])
        c.send(h2.DATA, h2.END_STREAM, 1, b"{}")
        equal(c.response(1)[0], 403)


# ---- floods ----

@case("requests taken back at once, without end, end the connection with ENHANCE_YOUR_CALM")
def _():
    with connect() as c:
        block = c.block(plain("POST", "/"))
        c.raw(frame(h2.HEADERS, h2.END_HEADERS, 1, block))
        again = hpack_again(c)
        data = b"".join(frame(h2.HEADERS, h2.END_HEADERS, i, again) + frame(h2.RST_STREAM, 0, i, struct.pack(">I", h2.CANCEL))
                        for i in range(3, 8000, 2))
        c.raw(data)
        equal(c.gone(), h2.ENHANCE_YOUR_CALM)


def hpack_again(connection):
    """The same head once more: a few bytes, out of the table."""
    return connection.block(plain("POST", "/"))


@case("PING, SETTINGS, empty DATA and CONTINUATION without end do too")
def _():
    check_goes(h2.ENHANCE_YOUR_CALM, frame(h2.PING, 0, 0, b"12345678") * 5000)
    check_goes(h2.ENHANCE_YOUR_CALM, frame(h2.SETTINGS) * 5000)
    with connect() as c:
        c.send(h2.HEADERS, h2.END_HEADERS, 1, c.block(plain("POST", "/")))
        c.raw(frame(h2.DATA, 0, 1) * 5000)
        equal(c.gone(), h2.ENHANCE_YOUR_CALM)
    check_goes(h2.ENHANCE_YOUR_CALM, frame(h2.HEADERS, 0, 1, b"\x82") + frame(h2.CONTINUATION, 0, 1) * 100)


# ---- the API ----

@case("signed calls pass with the authority signed as :authority and as host")
def _():
    with connect() as c:
        for name in (":authority", "host"):
            for as_header in (False, True):
                status, headers, body = call(c, "DescribeStreamSummary", {"StreamName": STREAM}, name=name, as_header=as_header)
                equal(status, 200, body)
                equal(headers["content-type"], JSON)
                assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-amzn-requestid"]), headers
                assert headers["date"].endswith(" GMT") and headers["x-amz-id-2"], headers
                equal([n for n in headers if n != n.lower() or n in ("connection", "transfer-encoding")], [])
        status, _, body = call(c, "ListStreams", {}, path="/some//path/", query="b=2&a=1")
        equal(status, 400, body)  # our signer's query is not sorted: a mismatch it must be
        equal(json.loads(body)["__type"], "InvalidSignatureException")


@case("a signature over another authority does not pass")
def _():
    body = b"{}"
    headers = signed("ListStreams", body)
    with connect() as c:
        headers = [(n, "127.0.0.1:1" if n == ":authority" else v) for n, v in headers]
        status, _, answer = c.response(c.request(headers, body))
        equal((status, json.loads(answer)["__type"]), (400, "InvalidSignatureException"))


@case("a call without a signature is refused in the words of the service, in CBOR too")
def _():
    body = cbor2.dumps({})
    with connect() as c:
        status, headers, answer = c.response(c.request(
            plain("POST", "/", [("content-type", CBOR), ("x-amz-target", PREFIX + "ListStreams")]), body))
        equal((status, headers["content-type"]), (400, CBOR))
        equal(cbor_value(answer)["__type"], "MissingAuthenticationTokenException")


@case("a hundred calls at once are answered on one connection, in whatever order")
def _():
    with connect() as c:
        streams = {}
        for index in range(100):
            body = json.dumps({"StreamName": STREAM, "PartitionKey": str(index), "Data": "eA=="}).encode()
            streams[c.request(signed("PutRecord", body), body)] = index
        numbers = {json.loads(c.response(stream)[2])["SequenceNumber"] for stream in streams}
        equal(len(numbers), 100)


@case("GOAWAY of a client ends no reply, and leaves it to the client to close the connection")
def _():
    with connect(settings=[(h2.INITIAL_WINDOW_SIZE, 10)]) as c:
        body = json.dumps({"StreamName": STREAM}).encode()
        stream = c.request(signed("DescribeStream", body), body)
        equal(dict(c.next(lambda got: got.type == h2.HEADERS).payload)[":status"], "200")
        c.send(h2.GOAWAY, 0, 0, b"\0" * 8)
        got = b""
        while True:
            data = c.next(lambda f: f.type == h2.DATA)
            got += data.payload
            if data.flags & h2.END_STREAM:
                break
            c.send(h2.WINDOW_UPDATE, 0, stream, struct.pack(">I", 10))
        equal(json.loads(got)["StreamDescription"]["StreamName"], STREAM)
        equal(select.select([c.socket], [], [], 0.3)[0], [], "nothing comes, not even an end")
        c.socket.shutdown(socket.SHUT_WR)
        equal(c.gone(), None)


# ---- clients ----

def output(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
    equal(done.returncode, 0, done.stderr.decode())
    return done.stdout


@case("curl signs and calls over HTTP/2 with prior knowledge")
def _():
    def curl(operation, body):
        text = output("curl", "-sS", "--http2-prior-knowledge", "-w", "\n%{http_version} %{http_code}", "--aws-sigv4",
                      "aws:amz:us-east-1:kinesis", "--user", "%s:%s" % (server.access_key, server.secret_key),
                      "-H", "Content-Type: " + JSON, "-H", "X-Amz-Target: " + PREFIX + operation, "-d", body, server.endpoint)
        body, end = text.rsplit(b"\n", 1)
        equal(end, b"2 200", text)
        return json.loads(body)

    assert STREAM in curl("ListStreams", "{}")["StreamNames"]
    assert curl("PutRecord", json.dumps({"StreamName": STREAM, "PartitionKey": "c", "Data": "eA=="}))["ShardId"]


@case("curl uploads and fetches a large body, and is told to go on when it asks")
def _():
    with Server(["--auth", "off", "--limits", "off"]) as other:
        data = base64.b64encode(os.urandom(700000)).decode()
        path = os.path.join(other.scratch, "body")

        def curl(operation, value, *more):
            with open(path, "w", encoding="ascii") as file:
                json.dump(value, file)
            return json.loads(output("curl", "-sS", "--http2-prior-knowledge", "-H", "Content-Type: " + JSON, "-H",
                                     "X-Amz-Target: " + PREFIX + operation, "--data-binary", "@" + path, *more,
                                     other.endpoint) or "{}")

        curl("CreateStream", {"StreamName": "big", "ShardCount": 1})
        put = curl("PutRecord", {"StreamName": "big", "PartitionKey": "k", "Data": data}, "-H", "Expect: 100-continue")
        iterator = curl("GetShardIterator", {"StreamName": "big", "ShardId": put["ShardId"],
                                             "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        equal([r["Data"] for r in curl("GetRecords", {"ShardIterator": iterator})["Records"]], [data])


@case("nghttp asks many times on one connection and finds no fault")
def _():
    text = output("nghttp", "-v", "-n", "-m", "20", server.endpoint + "/-/live").decode()
    equal(len(re.findall(r":status: 200", text)), 20, text[-2000:])
    assert "INVALID" not in text and "error_code=PROTOCOL" not in text, text[-2000:]


@case("nghttp calls operations")
def _():
    with Server(["--auth", "off"]) as other:
        def nghttp(operation, value):
            path = os.path.join(other.scratch, "body")
            with open(path, "w", encoding="ascii") as file:
                json.dump(value, file)
            return output("nghttp", "-d", path, "-H", "content-type: " + JSON, "-H", "x-amz-target: " + PREFIX + operation,
                          other.endpoint + "/")

        equal(nghttp("CreateStream", {"StreamName": "n", "ShardCount": 1}), b"")
        equal(json.loads(nghttp("ListStreams", {}))["StreamNames"], ["n"])


# ---- the end ----

@case("a drain says GOAWAY, answers what is under way and ends with code 0")
def _():
    with Server() as other:
        theirs = Signer(other.access_key, other.secret_key)
        with Http2(other.host, other.port) as idle, Http2(other.host, other.port) as half:
            idle.response(idle.request([(":method", "GET"), (":scheme", "http"), (":path", "/-/live"), (":authority", "x")]))
            fields = [("content-type", JSON), ("x-amz-date", theirs.when()), ("x-amz-target", PREFIX + "ListStreams")]
            pairs = [(":authority", "x")] + fields
            fields.append(("authorization", theirs.authorization("POST", "/", "", pairs, b"{}")))
            half.send(h2.HEADERS, h2.END_HEADERS, 1, half.block(
                [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "x")] + fields))
            half.send(h2.DATA, 0, 1, b"{")
            assert half.alive()
            other.process.terminate()
            equal(idle.gone(), h2.NO_ERROR)
            half.expect(h2.GOAWAY)
            half.send(h2.DATA, h2.END_STREAM, 1, b"}")
            equal(half.response(1)[0], 200)
            equal(half.gone(), h2.NO_ERROR)
        equal(other.process.wait(20), 0)
        other.process = None


@case("the server has survived all this and drains with code 0")
def _():
    equal(server.process.poll(), None, server.log())
    equal(server.stop(), 0, server.log())


def main():
    global server, signer
    with Server(["--limits", "off"]) as started:
        server = started
        signer = Signer(server.access_key, server.secret_key)
        with connect() as c:
            status, _, body = call(c, "CreateStream", {"StreamName": STREAM, "ShardCount": 1})
            assert status == 200, body
        return runner.main()


if __name__ == "__main__":
    sys.exit(main())
