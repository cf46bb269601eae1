"""What scenarios are written in: a Session calls operations of one client, and knows names that nobody else uses."""
import contextlib
import datetime
import time

ACCOUNT = "000000000000"
REGION = "us-east-1"
HASH_KEY_MAX = 2 ** 128 - 1


class ApiError(Exception):
    """The service refused. `status` is that of the HTTP answer, or None from a client that does not tell."""

    def __init__(self, kind, message, status=None):
        super().__init__("%s: %s" % (kind, message))
        self.kind, self.message, self.status = kind, message, status


class NoAnswer(AssertionError):
    """A client gave up without an answer of the service."""


class Session:
    """A driver, a server, and names that no other scenario uses."""

    def __init__(self, driver, server, name):
        self.driver, self.server, self.prefix, self.made = driver, server, name[:80], 0
        self.answered = set()  # operations that did what was asked

    def call(self, operation, **members):
        answer = self.driver.call(operation, members)
        self.answered.add(operation)
        return answer

    def call_all(self, operation, many):
        """The answers to many calls made at the same time, in their order."""
        answers = self.driver.call_all([(operation, members) for members in many])
        self.answered.add(operation)
        return answers

    def stream(self, shards=1):
        """A new stream, ready for use."""
        self.made += 1
        name = "%s-%d" % (self.prefix, self.made)
        self.call("CreateStream", StreamName=name, ShardCount=shards)
        return name

    def call_again(self, operation, seconds=30, **members):
        """The same behind a restart: each attempt may find out about some connections of the client's pool that are dead."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.call(operation, **members)
            except NoAnswer:
                if time.monotonic() > deadline:
                    raise

    @contextlib.contextmanager
    def served_with(self, *flags):
        """The server with further flags, and then without them again: two restarts."""
        usual = self.server.arguments
        try:
            self.server.arguments = usual + list(flags)
            self.server.restart()
            yield
        finally:
            self.server.arguments = usual
            self.server.restart()

    def refused(self, operation, **members):
        """The ApiError that the call must raise."""
        try:
            answer = self.call(operation, **members)
        except ApiError as error:
            assert error.status in (400, None), "status %r of %s" % (error.status, error)
            return error
        raise AssertionError("%s was accepted: %r" % (operation, answer))

    @contextlib.contextmanager
    def subscription(self, consumer, kind="LATEST", shard=0, **members):
        """What SubscribeToShard pushes to a consumer, by its ARN."""
        answer = self.call("SubscribeToShard", ConsumerARN=consumer, ShardId=shard_id(shard), StartingPosition={"Type": kind, **members})
        yield Subscription(self.driver, answer)
        self.driver.call("Unsubscribe", answer)

    def iterator(self, stream, shard=0, kind="TRIM_HORIZON", **members):
        return self.call("GetShardIterator", StreamName=stream, ShardId=shard_id(shard), ShardIteratorType=kind, **members)["ShardIterator"]

    def read(self, stream, shard=0, kind="TRIM_HORIZON", **members):
        """All records from there to the tip."""
        records, iterator = [], self.iterator(stream, shard, kind, **members)
        while True:
            page = self.call("GetRecords", ShardIterator=iterator)
            records += page["Records"]
            iterator = page["NextShardIterator"]
            if page["MillisBehindLatest"] == 0:
                return records


class Subscription:
    def __init__(self, driver, answer):
        self.driver, self.answer = driver, answer

    def event(self):
        """The next one, or None at the end."""
        return self.driver.call("NextEvent", self.answer).get("SubscribeToShardEvent")

    def records(self, count):
        """So many of them, and the event that had the last."""
        found = []
        while len(found) < count:
            event = self.event()
            assert event, "the end after %d records of %d" % (len(found), count)
            found += event["Records"]
        return found, event

    def broken(self):
        """The ApiError that ends it, behind whatever events."""
        try:
            while self.event():
                pass
        except ApiError as error:
            return error
        raise AssertionError("an orderly end")


def shard_id(index):
    return "shardId-%012d" % index


def arn(name):
    return "arn:aws:kinesis:%s:%s:stream/%s" % (REGION, ACCOUNT, name)


def seconds(timestamp):
    """Epoch seconds of whatever a client makes of a timestamp."""
    if isinstance(timestamp, datetime.datetime):
        return timestamp.timestamp()
    if isinstance(timestamp, str):
        return datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    return float(timestamp)


def equal(got, wanted):
    assert got == wanted, "got %r, wanted %r" % (got, wanted)
