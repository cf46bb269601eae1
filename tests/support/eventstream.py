"""Messages of application/vnd.amazon.eventstream, and a SubscribeToShard read one message at a time.

    with Subscription.http1(wire, ConsumerARN=..., ShardId=..., StartingPosition=...) as events:
        events.status, events.headers
        events.message()          # (headers, payload bytes); None at the orderly end of the stream
        events.event()            # the next SubscribeToShardEvent as a dict; None at the end

http2() is the same over HTTP/2; there the test opens windows by itself if it says so.
"""
import collections
import json
import struct
import zlib

import http2
import wire as wires

Message = collections.namedtuple("Message", "headers payload")


def parse(data):
    """(message, rest) of bytes, or None while the first message is not whole. Checks every length and checksum."""
    if len(data) < 12:
        return None
    total, headers_len, crc = struct.unpack(">III", data[:12])
    assert zlib.crc32(data[:8]) == crc, "checksum of the prelude"
    assert total >= 16 + headers_len, (total, headers_len)
    if len(data) < total:
        return None
    assert zlib.crc32(data[:total - 4]) == struct.unpack(">I", data[total - 4:total])[0], "checksum of the message"
    headers, at, end = {}, 12, 12 + headers_len
    while at < end:
        name = data[at + 1:at + 1 + data[at]].decode()
        at += 1 + data[at]
        assert data[at] == 7, "%s is no string but of type %d" % (name, data[at])
        size = struct.unpack(">H", data[at + 1:at + 3])[0]
        headers[name] = data[at + 3:at + 3 + size].decode()
        at += 3 + size
    assert at == end
    return Message(headers, data[end:total - 4]), data[total:]


class Refused(Exception):
    """The answer was no stream; .response is it, as of wire.py."""

    def __init__(self, response):
        super().__init__(repr(response))
        self.response = response


class Subscription:
    def __init__(self, status, headers, more, close):
        self.status, self.headers, self._more, self.close = status, headers, more, close
        self.data, self.ended = b"", False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _request(members):
        return json.dumps(members).encode()

    @classmethod
    def http1(cls, wire, timeout=10.0, **members):
        connection = wire.connect(timeout)
        fields = [("Content-Type", wires.JSON), ("X-Amz-Target", wires.PREFIX + "SubscribeToShard")]
        connection.send(wire.request(headers=fields, body=cls._request(members)))
        status, reason, headers = connection.head()
        if status != 200:
            body = connection._bytes(int(headers["content-length"]))
            connection.close()
            raise Refused(wires.Response(status, reason, headers, body))
        assert headers["transfer-encoding"] == "chunked" and "content-length" not in headers, headers

        def more():
            size = int(connection._line(), 16)
            data = connection._bytes(size)
            assert connection._bytes(2) == b"\r\n"
            return data

        events = cls(status, headers, more, connection.close)
        events.connection = connection
        return events

    @classmethod
    def http2(cls, wire, h2=None, windows=True, **members):
        own = h2 is None
        h2 = h2 or http2.Http2(wire.host, wire.port)
        body = cls._request(members)
        pairs = [("host", "%s:%d" % (wire.host, wire.port)), ("content-type", wires.JSON),
                 ("x-amz-target", wires.PREFIX + "SubscribeToShard"), ("x-amz-date", wire.signer.when())]
        pairs.append(("authorization", wire.signer.authorization("POST", "/", "", pairs, body)))
        stream = h2.request([(":method", "POST"), (":scheme", "http"), (":path", "/"),
                             (":authority", "%s:%d" % (wire.host, wire.port))] + pairs[1:], body)
        got = h2.next(lambda got: got.stream == stream)
        assert got.type == http2.HEADERS, got
        headers = dict(got.payload)
        status = int(headers.pop(":status"))
        if status != 200:
            got = h2.next(lambda got: got.stream == stream)
            raise Refused(wires.Response(status, "", headers, got.payload))

        def more():
            got = h2.next(lambda got: got.stream == stream)
            if got.type == http2.RST_STREAM:
                raise http2.Reset(struct.unpack(">I", got.payload)[0])
            assert got.type == http2.DATA, got
            if got.flags & http2.END_STREAM:
                events.ended = True
            elif windows:
                size = struct.pack(">I", len(got.payload))
                h2.send(http2.WINDOW_UPDATE, payload=size)
                h2.send(http2.WINDOW_UPDATE, 0, stream, size)
            return got.payload

        events = cls(status, headers, more, h2.socket.close if own else lambda: None)
        events.h2, events.stream = h2, stream
        return events

    def message(self):
        while True:
            found = parse(self.data)
            if found:
                message, self.data = found
                return message
            if self.ended:
                assert self.data == b"", "the stream ends inside a message: %r" % self.data[:100]
                return None
            data = self._more()
            if not data:
                self.ended = True
            self.data += data

    def begin(self):
        """Reads the initial response; returns self."""
        message = self.message()
        assert message.headers == {":event-type": "initial-response", ":content-type": wires.JSON,
                                   ":message-type": "event"}, message
        assert message.payload == b"{}", message
        return self

    def event(self):
        message = self.message()
        if message is None:
            return None
        assert message.headers == {":event-type": "SubscribeToShardEvent", ":content-type": wires.JSON,
                                   ":message-type": "event"}, message
        return json.loads(message.payload)

    def exception(self):
        """(type, message) of the exception that comes next, whatever events come before."""
        while True:
            message = self.message()
            assert message is not None, "the stream ended without a word"
            if message.headers[":message-type"] == "exception":
                assert message.headers[":content-type"] == wires.JSON
                return message.headers[":exception-type"], json.loads(message.payload)["message"]

    def records(self, count):
        """That many records, in order, and the last event that brought any."""
        found = []
        while len(found) < count:
            event = self.event()
            assert event is not None, "the stream ended after %d of %d records" % (len(found), count)
            found += event["Records"]
        return found, event
