"""HTTP/2 by hand: frames written and read one at a time over a socket, so that rules can be broken.

    with Http2("127.0.0.1", port) as h2:      # preface and SETTINGS are said, the server's are read
        stream = h2.request([(":method", "GET"), ...])
        h2.response(stream)                   # (status, headers, body)

Header blocks go through python3-hpack. Frames for other streams wait in order until they are asked for.
"""
import collections
import socket
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)
(HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE,
 MAX_HEADER_LIST_SIZE) = range(1, 7)

Frame = collections.namedtuple("Frame", "type flags stream payload")


class Reset(Exception):
    """The stream asked for was reset; .code is why."""

    def __init__(self, code):
        super().__init__("reset with code %d" % code)
        self.code = code


class Gone(Exception):
    """GOAWAY came, or the end; .code is the error code, or None when the end came without a word."""

    def __init__(self, code, last=None):
        super().__init__("gone with code %r" % code)
        self.code, self.last = code, last


def frame(type_, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([type_, flags]) + struct.pack(">I", stream) + payload


def settings_payload(pairs):
    return b"".join(struct.pack(">HI", name, value) for name, value in pairs)


class Http2:
    def __init__(self, host, port, settings=(), greet=True, timeout=10.0):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.next_stream = 1
        self.waiting = collections.deque()
        self.settings, self.goaway = {}, None
        if greet:
            self.socket.sendall(PREFACE + frame(SETTINGS, payload=settings_payload(settings)))
            self.expect(SETTINGS)
            self.send(SETTINGS, ACK)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # ---- frames ----

    def raw(self, data):
        """Bytes as they are; a server that has hung up is noticed when reading."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send(self, type_, flags=0, stream=0, payload=b""):
        self.raw(frame(type_, flags, stream, payload))

    def _bytes(self, count):
        while len(self.buffer) < count:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Gone(*(self.goaway or (None,)))
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _read(self):
        head = self._bytes(9)
        got = Frame(head[3], head[4], struct.unpack(">I", head[5:])[0], self._bytes(int.from_bytes(head[:3], "big")))
        assert len(got.payload) <= 16384, "a frame over what we take: %d" % len(got.payload)
        if got.type == GOAWAY:
            last, code = struct.unpack(">II", got.payload[:8])
            self.goaway = (code, last)
        elif got.type == SETTINGS and not got.flags & ACK:
            for at in range(0, len(got.payload), 6):
                name, value = struct.unpack(">HI", got.payload[at:at + 6])
                self.settings[name] = value
        elif got.type == HEADERS:  # the tables want every block, in order
            assert got.flags & END_HEADERS, "no reply of ours is that long"
            got = got._replace(payload=self.decoder.decode(got.payload))
        return got

    def next(self, wanted):
        """The first frame for which `wanted` holds; those before it wait for others to ask."""
        for index, got in enumerate(self.waiting):
            if wanted(got):
                del self.waiting[index]
                return got
        while True:
            got = self._read()
            if wanted(got):
                return got
            if got.type == GOAWAY and got.payload[4:8] != b"\0\0\0\0":
                raise Gone(*self.goaway)
            self.waiting.append(got)

    def expect(self, type_, flags=0):
        return self.next(lambda got: got.type == type_ and got.flags & flags == flags)

    def gone(self):
        """The code of the GOAWAY that comes (None: none), once the connection has ended."""
        try:
            while True:
                self._read()
        except Gone as gone:
            return gone.code

    def alive(self):
        """Whether a PING is answered."""
        self.send(PING, payload=b"are you?")
        return self.next(lambda got: got.type == PING and got.flags & ACK).payload == b"are you?"

    # ---- requests ----

    def block(self, headers):
        return self.encoder.encode(headers)

    def request(self, headers, body=None, stream=None, chunk=16384):
        """HEADERS, and DATA when there is a body; which stream."""
        if stream is None:
            stream = self.next_stream
            self.next_stream += 2
        self.send(HEADERS, END_HEADERS | (END_STREAM if body is None else 0), stream, self.block(headers))
        if body is not None:
            pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)] or [b""]
            for index, piece in enumerate(pieces):
                self.send(DATA, END_STREAM if index == len(pieces) - 1 else 0, stream, piece)
        return stream

    def response(self, stream, windows=True):
        """(status, headers, body). Reset when the stream is, before its end."""
        status, headers, body, ended = None, {}, b"", False
        while not ended:
            got = self.next(lambda got: got.stream == stream)
            if got.type == RST_STREAM:
                raise Reset(struct.unpack(">I", got.payload)[0])
            if got.type == HEADERS:
                fields = dict(got.payload)
                status = int(fields.pop(":status"))
                headers.update(fields)
            elif got.type == DATA:
                body += got.payload
                if windows and got.payload:
                    size = struct.pack(">I", len(got.payload))
                    self.raw(frame(WINDOW_UPDATE, 0, 0, size) + frame(WINDOW_UPDATE, 0, stream, size))
            ended = got.type in (HEADERS, DATA) and got.flags & END_STREAM
        return status, headers, body
