"""Raw HTTP/1.1 and Signature Version 4, byte by byte, for tests that must be able to send anything.

Needs only the standard library, and cbor2 (Debian: python3-cbor2) for CBOR bodies.
"""
import base64
import datetime
import hashlib
import hmac
import io
import json
import socket
import urllib.parse

import cbor2
import cbor2.decoder

JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
PREFIX = "Kinesis_20131202."


class CborReader(cbor2.decoder.CBORDecoder):
    """Reads tag 1 as the service means it: a whole number of milliseconds, which no calendar has room for as seconds."""

    def decode_semantic(self, subtype):
        if subtype == 1:
            ms = self._decode()
            assert isinstance(ms, int), ms
            return self.set_shareable(ms)
        return super().decode_semantic(subtype)


cbor2.decoder.major_decoders[6] = lambda reader, subtype: reader.decode_semantic(subtype)


def cbor_value(body):
    return CborReader(io.BytesIO(body)).decode()


class Response:
    """status, headers (names in lower case; repeated ones joined), raw body."""

    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def __repr__(self):
        return "<%d %r %r>" % (self.status, self.headers, self.body[:300])

    @property
    def type(self):
        return self.headers.get("content-type")

    def value(self):
        """The body by its content type."""
        if self.type == CBOR:
            return cbor_value(self.body)
        return json.loads(self.body.decode("utf-8"))


class Connection:
    """A connection on which bytes are sent as they are and answers are read one at a time; over `carrier`,
    a connected socket of another kind, if one is given."""

    def __init__(self, host=None, port=None, timeout=10.0, carrier=None):
        self.socket = carrier or socket.create_connection((host, port), timeout=timeout)
        self.socket.settimeout(timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("connection closed, with %r unread" % self.buffer[:200])
        self.buffer += data

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _bytes(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def head(self):
        """Status line and headers of the next answer (100 Continue counts as one)."""
        version, status, reason = (self._line() + " ").split(" ", 2)
        assert version == "HTTP/1.1", version
        headers = {}
        while True:
            line = self._line()
            if not line:
                return int(status), reason.strip(), headers
            name, value = line.split(":", 1)
            name, value = name.lower(), value.strip()
            headers[name] = headers[name] + ", " + value if name in headers else value

    def response(self, has_body=True):
        status, reason, headers = self.head()
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while True:
                size = int(self._line().split(";")[0], 16)
                body += self._bytes(size)
                assert self._bytes(2) == b"\r\n"
                if size == 0:
                    break
        elif has_body:
            body = self._bytes(int(headers.get("content-length", "0")))
        return Response(status, reason, headers, body)

    def ended(self):
        """Whether the server closes the connection without sending more."""
        if self.buffer:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def hmac256(key, text):
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()


def amz_date(when=None):
    when = when or datetime.datetime.now(datetime.timezone.utc)
    return when.strftime("%Y%m%dT%H%M%SZ")


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def canonical_path(path):
    """Without empty and dotted segments, each byte of it encoded once more."""
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return quote("/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")).replace("%2F", "/")


class Signer:
    """Signs requests; every part of the scope can be set wrong."""

    def __init__(self, access_key, secret_key, region="us-east-1", service="kinesis", terminator="aws4_request",
                 date=None, scope_date=None, algorithm="AWS4-HMAC-SHA256"):
        self.access_key, self.secret_key = access_key, secret_key
        self.region, self.service, self.terminator = region, service, terminator
        self.date, self.scope_date, self.algorithm = date, scope_date, algorithm

    def when(self):
        return self.date or amz_date()

    def scope(self, date):
        return "/".join([self.scope_date or date[:8], self.region, self.service, self.terminator])

    def signature(self, method, path, query, headers, signed, body, date):
        def values(name):
            found = [" ".join(v.split()) for n, v in headers if n.lower() == name]
            return ",".join(found)

        canonical = "\n".join(
            [method, canonical_path(path), query,
             "".join("%s:%s\n" % (name, values(name)) for name in signed), ";".join(signed), sha256(body)])
        text = "\n".join(["AWS4-HMAC-SHA256", date, self.scope(date), sha256(canonical.encode("utf-8"))])
        key = ("AWS4" + self.secret_key).encode("utf-8")
        for part in self.scope(date).split("/"):
            key = hmac256(key, part)
        return hmac256(key, text).hex()

    def authorization(self, method, path, query, headers, body, signed=None):
        """Header value for `headers`, a list of pairs that holds host and x-amz-date."""
        date = dict((n.lower(), v) for n, v in headers)["x-amz-date"]
        signed = sorted({n.lower() for n, _ in headers}) if signed is None else signed
        return "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
            self.algorithm, self.access_key, self.scope(date), ";".join(signed),
            self.signature(method, path, query, headers, signed, body, date))

    def query(self, method, path, headers, body, expires=None):
        """A presigned query for the same request."""
        date = self.when()
        signed = sorted(n.lower() for n, _ in headers)
        pairs = [("X-Amz-Algorithm", self.algorithm), ("X-Amz-Credential", self.access_key + "/" + self.scope(date)),
                 ("X-Amz-Date", date), ("X-Amz-SignedHeaders", ";".join(signed))]
        if expires is not None:
            pairs.append(("X-Amz-Expires", str(expires)))
        query = "&".join("%s=%s" % (quote(n), quote(v)) for n, v in sorted(pairs))
        return query + "&X-Amz-Signature=" + self.signature(method, path, query, headers, signed, body, date)


def head_bytes(method, target, headers):
    lines = ["%s %s HTTP/1.1" % (method, target)] + ["%s: %s" % pair for pair in headers] + ["", ""]
    return "\r\n".join(lines).encode("latin-1")


class Wire:
    """Requests to one server, signed by `signer` unless told otherwise."""

    def __init__(self, host, port, signer=None):
        self.host, self.port, self.signer = host, port, signer

    def connect(self, timeout=10.0):
        return Connection(self.host, self.port, timeout)

    def request(self, method="POST", path="/", query="", headers=(), body=b"", signer="own", keep=None):
        """The bytes of a request. `headers` are pairs; host, content-length and x-amz-date are added."""
        signer = self.signer if signer == "own" else signer
        pairs = [("Host", "%s:%d" % (self.host, self.port))] + list(headers)
        if signer is not None:
            pairs.append(("X-Amz-Date", signer.when()))
            pairs.append(("Authorization", signer.authorization(method, path, query, pairs, body, keep)))
        pairs.append(("Content-Length", str(len(body))))
        return head_bytes(method, path + ("?" + query if query else ""), pairs) + body

    def send(self, **request):
        """One request on a connection of its own."""
        with self.connect() as connection:
            connection.send(self.request(**request))
            return connection.response()

    def call(self, operation, body, encoding=JSON, signer="own", headers=()):
        """An operation; `body` is bytes as they are, or a value to encode."""
        if not isinstance(body, (bytes, bytearray)):
            body = cbor2.dumps(body) if encoding == CBOR else json.dumps(body).encode("utf-8")
        fields = [("Content-Type", encoding), ("X-Amz-Target", PREFIX + operation)] + list(headers)
        return self.send(headers=fields, body=bytes(body), signer=signer)


def blob(data, encoding):
    """How a blob is written in a request of that encoding."""
    return data if encoding == CBOR else base64.b64encode(data).decode("ascii")
