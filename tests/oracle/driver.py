"""The real server under a clock that stands still, and a client that says what an operation of the model test says.

An operation is a dictionary that survives JSON: {"id", "wait", "do", "body", "cbor"}. Before it the clock moves by `wait`
milliseconds. `do` is a Kinesis operation, or "restart" (a clean stop and a start) or "kill" (SIGKILL and a start). One that
has a "cut" is killed so many microseconds after it was sent. In a body, {"$...": ...} stands for what JSON cannot say, or
for what an earlier answer held; see Driver.resolve().
"""
import base64
import json
import mmap
import os
import re
import socket
import struct
import subprocess
import sys
import time

import cbor2

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

import seqno  # noqa: E402
from eventstream import Refused, Subscription  # noqa: E402
from server import Server, wait_until  # noqa: E402
from shapes import Ms  # noqa: E402
from wire import CBOR, JSON, PREFIX, Wire, cbor_value  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
LAYER = os.path.join(ROOT, BUILD, "tests", "clock.so")
TIMES = {"ApproximateArrivalTimestamp", "StreamCreationTimestamp", "ConsumerCreationTimestamp", "StartedAt", "EndedAt",
         "EarliestAllowedEndAt"}
OWN = "Runnel_20250101."
LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)")


def build_layer():
    if not os.path.exists(LAYER):
        subprocess.run(["make", "BUILD=" + BUILD, os.path.relpath(LAYER, ROOT)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


class Unresolved(Exception):
    """The operation refers to an answer that is not there: a sequence that was cut does without it."""


class Client:
    """One connection, kept alive."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def send(self, target, encoding, body):
        head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nX-Amz-Target: %s\r\nContent-Length: %d\r\n\r\n" % (
            encoding, target, len(body))
        self.socket.sendall(head.encode("ascii") + body)

    def receive(self):
        """(status, body) as bytes came."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.received()
        at = data.index(b"\r\n\r\n")
        length = LENGTH.search(data, 0, at + 2)
        assert length, "an answer without end: %r" % data[:200]
        wanted = at + 4 + int(length.group(1))
        while len(data) < wanted:
            data += self.received()
        return int(data[9:12]), data[at + 4:wanted]

    def received(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError("the server closed the connection")
        return data


def sent(value, cbor):
    """A value of a request as its encoding has it."""
    if isinstance(value, bytes):
        return value if cbor else base64.b64encode(value).decode("ascii")
    if isinstance(value, Ms):
        return cbor2.CBORTag(1, int(value)) if cbor else value / 1000
    if isinstance(value, dict):
        return {name: sent(one, cbor) for name, one in value.items()}
    return [sent(one, cbor) for one in value] if isinstance(value, list) else value


def came(value, cbor, name=None):
    """A value of an answer as the model has it."""
    if isinstance(value, dict):
        return {member: came(one, cbor, member) for member, one in value.items()}
    if isinstance(value, list):
        return [came(one, cbor, name) for one in value]
    if name in TIMES:
        ms = value if cbor else round(value * 1000)
        return Ms(ms) if cbor or abs(value * 1000 - ms) < 0.01 else value
    if name == "Data" and not cbor:
        return base64.b64decode(value, validate=True)
    return value


class Driver:
    def __init__(self, now, limits, arguments=(), binary=None):
        self.answers, self.times = {}, {}
        self.server = Server(["--auth", "off", "--limits", "off", "--threads", "1", "--log-level", "warn", *arguments], start=False,
                             binary=binary)
        self.client, self.arguments = None, self.server.arguments
        path = os.path.join(self.server.scratch, "clock")
        with open(path, "w+b") as file:
            file.write(bytes(8))
            file.flush()
            self.clock = mmap.mmap(file.fileno(), 8)
        self.server.env.update(LD_PRELOAD=LAYER, RUNNEL_CLOCK=path)
        self.now = now
        self.set_clock(now)
        try:
            self.start()
            self.client.send(OWN + "SetLimits", JSON, json.dumps({"Limits": limits}).encode("utf-8"))
            status, body = self.client.receive()
            assert status == 200, body
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.client:
            self.client.close()
        self.server.close()

    def set_clock(self, now):
        self.now = now
        self.clock[:] = struct.pack("=q", now * 1000 + 321)

    def start(self):
        self.server.start()
        self.client = Client(self.server.port)

    def again(self, how, delay=None):
        """Stop and start; from then on transitions take `delay`, if it is given."""
        self.client.close()
        if how == "kill":
            self.server.kill()
        else:
            code = self.server.stop()
            assert code == 0, "a clean stop ended with %r:\n%s" % (code, self.server.log())
        if delay is not None:
            self.server.arguments = [*self.arguments, "--transition-delay", delay]
        self.start()

    def resolve(self, value, oracle):
        """The value itself, in place of what stands for it:
        {"$blob": text}, {"$zeros": count}, {"$fill": [text, count]}: bytes
        {"$time": [id or null, ms]}: when that operation ran (or now), and so much more
        {"$ref": [id, member...], "add": n, "wrap": text}: a member of an earlier answer, with n added, in the text's place of %s
        {"$start": [stream, shard index], "add": n}: the StartingSequenceNumber of a shard"""
        if isinstance(value, list):
            return [self.resolve(one, oracle) for one in value]
        if not isinstance(value, dict):
            return value
        if "$blob" in value:
            return value["$blob"].encode("utf-8")
        if "$zeros" in value:
            return bytes(value["$zeros"])
        if "$fill" in value:
            text, count = value["$fill"]
            return (text * (count // len(text) + 1))[:count].encode("ascii")
        if "$time" in value:
            since, more = value["$time"]
            return Ms(self.stored(self.times, [since], self.now) + more)
        if "$ref" in value:
            return changed(self.stored(self.answers, value["$ref"], None), value)
        if "$start" in value:
            name, index = value["$start"]
            stream = oracle.streams.get(name)
            if not stream or index >= len(stream.shards) or stream.shards[index].created_s is None:
                raise Unresolved()
            return changed(str(seqno.start(stream.shards[index].created_s, index)), value)
        return {name: self.resolve(one, oracle) for name, one in value.items()}

    @staticmethod
    def stored(table, path, default):
        if path[0] is None:
            return default
        value = table
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError) as error:
                raise Unresolved() from error
        return value

    def send(self, operation, body):
        cbor = operation.get("cbor", False)
        value = sent(body, cbor)
        raw = cbor2.dumps(value) if cbor else json.dumps(value).encode("utf-8")
        self.client.send(PREFIX + operation["do"], CBOR if cbor else JSON, raw)

    def receive(self, operation):
        """(status, answer) of what was sent."""
        cbor = operation.get("cbor", False)
        status, answer = self.client.receive()
        answer = came(cbor_value(answer) if cbor else json.loads(answer), cbor) if answer else None
        if "id" in operation:
            self.answers[operation["id"]], self.times[operation["id"]] = answer, self.now
        return status, answer

    def call(self, operation, body):
        """(status, answer) of a resolved request."""
        self.send(operation, body)
        return self.receive(operation)

    def cut(self, operation, body, delay_us):
        """Kill the server so soon after it was sent the request; (status, answer) if it had answered, else None."""
        self.times[operation["id"]] = self.now
        until = time.monotonic() + delay_us / 1e6
        self.send(operation, body)
        while time.monotonic() < until:
            pass
        self.server.kill()
        try:
            return self.receive(operation)
        except (EOFError, ConnectionError):
            return None
        finally:
            self.client.close()
            self.start()

    def subscribe(self, body):
        """A subscription that has begun. Who had its place has gone, but the server may not have heard of it yet."""
        def attempt():
            try:
                return Subscription.http1(Wire(self.server.host, self.server.port), **sent(body, False)).begin()
            except Refused as refused:
                assert refused.response.value()["message"].startswith("Another active subscription"), refused
                return None
        return wait_until(attempt, 5, "the place is free")


def changed(text, how):
    if how.get("add"):
        text = str(int(text) + how["add"])
    return how["wrap"] % text if "wrap" in how else text
