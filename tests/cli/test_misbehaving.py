#!/usr/bin/python3
"""The tools that read, against a service that loses shards, breaks off, and answers nonsense, as each case tells it.

Ends with "N passed, N failed"."""
import http.server
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from runner import case, equal, main  # noqa: E402
from server import BINARY  # noqa: E402

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
HASH_KEYS = 2 ** 128


def message(payload, **headers):
    fields = b"".join(bytes([len(name) + 1]) + b":" + name.replace("_", "-").encode() + b"\7" + struct.pack(">H", len(value)) + value.encode()
                      for name, value in headers.items())
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(fields) + len(body), len(fields))
    data = prelude + struct.pack(">I", zlib.crc32(prelude)) + fields + body
    return data + struct.pack(">I", zlib.crc32(data))


INITIAL = message({}, event_type="initial-response", content_type="application/x-amz-json-1.1", message_type="event")


def record(number):
    return {"SequenceNumber": str(number), "ApproximateArrivalTimestamp": 1.5, "Data": "eA==", "PartitionKey": "k"}


def event(*numbers, children=None):
    """An event with these records; it goes on behind the last, or there are children."""
    payload = {"Records": [record(number) for number in numbers], "MillisBehindLatest": 0}
    payload.update({"ChildShards": children} if children else {"ContinuationSequenceNumber": str(numbers[-1])})
    return message(payload, event_type="SubscribeToShardEvent", content_type="application/x-amz-json-1.1", message_type="event")


def failure(kind, text):
    return message({"message": text}, exception_type=kind, content_type="application/x-amz-json-1.1", message_type="exception")


def name_of(index):
    return "shardId-%012d" % index


def shard(index, parent=None, adjacent=None, closed=False):
    numbers = {"StartingSequenceNumber": "1"}
    numbers.update({"EndingSequenceNumber": "9"} if closed else {})
    value = {"ShardId": name_of(index), "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(HASH_KEYS - 1)}, "SequenceNumberRange": numbers}
    for key, index in (("ParentShardId", parent), ("AdjacentParentShardId", adjacent)):
        value.update({key: name_of(index)} if index is not None else {})
    return value


def child(index, *parents):
    return {"ShardId": name_of(index), "ParentShards": [name_of(parent) for parent in parents],
            "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(HASH_KEYS - 1)}}


class Refusal(Exception):
    def __init__(self, kind, text, status=400):
        super().__init__(text)
        self.status, self.body = status, json.dumps({"__type": kind, "message": text}).encode()


def missing(text="Shard not found."):
    return Refusal("ResourceNotFoundException", text)


class Service:
    """Answers each operation by what `script` has for it: a function of the request. One of SubscribeToShard gives the pieces of
    its reply; the last may be CUT, then the connection breaks."""

    CUT = object()

    def __init__(self, **script):
        self.script, self.calls = dict(script), []
        self.script.setdefault("DescribeStreamSummary", lambda _: {"StreamDescriptionSummary": {"StreamName": "s", "StreamARN": ARN, "StreamStatus": "ACTIVE"}})
        self.script.setdefault("DescribeStreamConsumer", lambda _: {"ConsumerDescription": {
            "ConsumerName": "c", "ConsumerARN": ARN + "/consumer/c:1", "ConsumerStatus": "ACTIVE", "ConsumerCreationTimestamp": 1}})

    def __enter__(self):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                operation = self.headers["X-Amz-Target"].split(".")[1]
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.calls.append((operation, request))
                try:
                    reply = service.script[operation](request)
                except Refusal as refusal:
                    return self.answer(refusal.status, refusal.body)
                if operation == "SubscribeToShard":
                    return self.stream(reply)
                return self.answer(200, json.dumps(reply).encode())

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def stream(self, pieces):
                self.send_response(200)
                self.send_header("Content-Type", "application/vnd.amazon.eventstream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in pieces:
                    if piece is Service.CUT:
                        self.close_connection = True
                        return
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that has enough hangs up
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def run(self, *words, code=0):
        """Standard output's lines, and standard error, of a command that must end with `code`."""
        with tempfile.TemporaryDirectory() as home:
            env = {"HOME": home, "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:%d" % self.server.server_port,
                   "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}
            done = subprocess.run([BINARY, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == code, (done.returncode, done.stderr, self.calls)
        return done.stdout.split(), done.stderr

    def requests(self, operation):
        return [request for name, request in self.calls if name == operation]


def listings(*pages):
    """ListShards: each listing once, the last one again and again."""
    left = list(pages)
    return lambda _: {"Shards": left.pop(0) if len(left) > 1 else left[0]}


def iterators(lost=()):
    def get(request):
        if request["ShardId"] in lost:
            raise missing()
        return {"ShardIterator": request["ShardId"] + " " + request["ShardIteratorType"]}
    return get


def one_page(request):
    """Every shard has one record, its own number, and stays open."""
    index, kind = request["ShardIterator"].split()
    records = [] if kind == "again" else [record(int(index[8:]) * 10)]
    return {"Records": records, "NextShardIterator": index + " again", "MillisBehindLatest": 0}


def numbers(lines):
    return [json.loads(line)["SequenceNumber"] for line in lines]


FAMILY = [shard(0, closed=True), shard(1, parent=0), shard(2, parent=0)]


@case("tail goes on with the children of a shard whose records expired after it was listed")
def _():
    with Service(ListShards=listings(FAMILY, FAMILY[1:]), GetShardIterator=iterators(lost=[name_of(0)]), GetRecords=one_page) as service:
        lines, error = service.run("tail", "s", "--from", "oldest", "--no-follow", "--json")
        equal((sorted(numbers(lines)), error), (["10", "20"], ""))


@case("a shard that is listed and cannot be read ends tail with its name")
def _():
    with Service(ListShards=listings([shard(0)]), GetShardIterator=iterators(lost=[name_of(0)])) as service:
        _, error = service.run("tail", "s", "--from", "oldest", code=69)
        assert "shardId-000000000000 of s is listed and cannot be read" in error, error


@case("a child of two parents is looked up in a listing when one of them is unknown, and waits for the ancestors of that one")
def _():
    ends = {name_of(0): [child(4, 0, 2)], name_of(1): [child(2, 1), child(3, 1)], name_of(2): [child(4, 0, 2)]}
    order = []

    def get(request):
        index, kind = request["ShardIterator"].split()
        if index == name_of(1) and kind != "again":  # the other one is there first
            return {"Records": [], "NextShardIterator": index + " again", "MillisBehindLatest": 5}
        order.append(index)
        if index in ends:
            return {"Records": [record(int(index[8:]))], "MillisBehindLatest": 0, "ChildShards": ends[index]}
        return {"Records": [record(int(index[8:]))], "NextShardIterator": index + " again", "MillisBehindLatest": 0}
    later = [shard(0, closed=True), shard(1, closed=True), shard(2, parent=1, closed=True), shard(3, parent=1), shard(4, parent=0, adjacent=2)]
    with Service(ListShards=listings([shard(0), shard(1)], later), GetShardIterator=iterators(), GetRecords=get) as service:
        lines, _ = service.run("tail", "s", "--from", "oldest", "--limit", "5", "--json")
        equal(len(service.requests("ListShards")), 2)
        assert order.index(name_of(4)) > max(order.index(name_of(i)) for i in (0, 1, 2)), order
        equal(sorted(numbers(lines)), ["0", "1", "2", "3", "4"])


@case("a child shard whose id is none is no answer")
def _():
    def get(_):
        return {"Records": [], "MillisBehindLatest": 0, "ChildShards": [dict(child(1, 0), ShardId="what")]}
    with Service(ListShards=listings([shard(0)]), GetShardIterator=iterators(), GetRecords=get) as service:
        _, error = service.run("tail", "s", "--from", "oldest", code=70)
        assert "a child shard has no proper id" in error, error


@case("a listing with a hash key that is none is no answer")
def _():
    with Service(ListShards=listings([dict(shard(0), HashKeyRange={"StartingHashKey": "x", "EndingHashKey": "9"})])) as service:
        for words in (("describe", "s"), ("tail", "s"), ("reshard", "s", "--shards", "3", "--plan"), ("split", "s", "0")):
            _, error = service.run(*words, code=70)
            assert "a listed shard has no proper id or hash keys" in error, error


def subscriptions(*replies):
    """SubscribeToShard: these replies in turn, then none."""
    left = list(replies)

    def subscribe(_):
        reply = left.pop(0) if left else Refusal("LimitExceededException", "Rate exceeded for consumer.")
        if isinstance(reply, Refusal):
            raise reply
        return reply
    return subscribe


SUBSCRIBE = ("subscribe", "s", "--consumer", "c", "--from", "oldest", "--json")


@case("a subscription that breaks off in the midst of an event goes on behind the last whole one")
def _():
    broken = event(3, 4)[:-7]
    with Service(ListShards=listings([shard(0)]),
                 SubscribeToShard=subscriptions([INITIAL, event(1), event(2), broken, Service.CUT], [INITIAL, event(3, 4)], [INITIAL + event(5)])) as service:
        lines, _ = service.run(*SUBSCRIBE, "--limit", "5")
        equal(numbers(lines), ["1", "2", "3", "4", "5"])
        equal([request["StartingPosition"] for request in service.requests("SubscribeToShard")],
              [{"Type": "TRIM_HORIZON"}, {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "2"}, {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "4"}])


@case("events come in pieces of any size")
def _():
    data = INITIAL + event(1) + event(2, 3)
    with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscriptions([data[i:i + 1] for i in range(len(data))])) as service:
        equal(numbers(service.run(*SUBSCRIBE, "--limit", "3")[0]), ["1", "2", "3"])


@case("the children of a shard that ends are read from their oldest records, unless one shard alone is wanted")
def _():
    ended = [INITIAL, event(1), event(2, children=[child(1, 0), child(2, 0)])]
    with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscriptions(ended, [event(10)], [event(20)])) as service:
        equal(numbers(service.run(*SUBSCRIBE, "--limit", "4")[0])[:2], ["1", "2"])
        first = {}
        for request in service.requests("SubscribeToShard"):
            first.setdefault(request["ShardId"], request["StartingPosition"]["Type"])
        equal(first, {name_of(index): "TRIM_HORIZON" for index in range(3)})
    with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscriptions(ended)) as service:
        equal(numbers(service.run(*SUBSCRIBE, "--shard", "0")[0]), ["1", "2"])


@case("what passes is tried again: a rate, a failure inside, another reader that has just left")
def _():
    with Service(ListShards=listings([shard(0)]),
                 SubscribeToShard=subscriptions(Refusal("LimitExceededException", "Rate exceeded for consumer."), Refusal("InternalFailure", "", 500),
                                                Refusal("ResourceInUseException", "Another active subscription exists for this consumer: s"),
                                                [INITIAL, event(1), failure("InternalFailureException", "down")], [INITIAL, event(2)])) as service:
        equal(numbers(service.run(*SUBSCRIBE, "--limit", "2")[0]), ["1", "2"])


@case("a reader that takes over ends the subscription with the service's words")
def _():
    with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscriptions([INITIAL, event(1), failure("ResourceInUseException", "Another one.")])) as service:
        lines, error = service.run(*SUBSCRIBE, code=1)
        equal((numbers(lines), error), (["1"], "runnel subscribe: ResourceInUseException: Another one.\n"))


@case("an error without a type of its own is told too")
def _():
    error = message(b"", error_code="TeapotError", error_message="short and stout", message_type="error")
    with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscriptions([INITIAL, error])) as service:
        equal(service.run(*SUBSCRIBE, code=1)[1], "runnel subscribe: TeapotError: short and stout\n")


@case("what is pushed and does not parse is no answer")
def _():
    bad = bytearray(event(1))
    bad[-1] ^= 1
    for data in (bytes(bad), message({"Records": 7}, event_type="SubscribeToShardEvent", message_type="event"),
                 message({"Records": [], "MillisBehindLatest": 0}, event_type="SubscribeToShardEvent", message_type="event"),
                 struct.pack(">II", 0xffffffff, 16) + bytes(20)):
        with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscriptions([INITIAL, data])) as service:
            _, error = service.run(*SUBSCRIBE, code=70)
            assert "what was pushed of shardId-000000000000 does not parse" in error, error


@case("a subscription goes on with the children of a shard whose records expired")
def _():
    def subscribe(request):
        if request["ShardId"] == name_of(0):
            raise missing()
        if request["StartingPosition"]["Type"] != "TRIM_HORIZON":
            raise Refusal("LimitExceededException", "Rate exceeded for consumer.")
        return [INITIAL, event(int(request["ShardId"][8:]) * 10)]
    with Service(ListShards=listings(FAMILY, FAMILY[1:]), SubscribeToShard=subscribe) as service:
        equal(sorted(numbers(service.run(*SUBSCRIBE, "--limit", "2")[0])), ["10", "20"])


@case("a consumer that is gone is told in the service's words")
def _():
    def subscribe(_):
        raise missing("Consumer c, account 0 not found.")
    with Service(ListShards=listings([shard(0)]), SubscribeToShard=subscribe) as service:
        equal(service.run(*SUBSCRIBE, code=69)[1], "runnel subscribe: Consumer c, account 0 not found.\n")


if __name__ == "__main__":
    sys.exit(main())
