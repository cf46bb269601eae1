"""Reads every shard of a stream along its lineage, and judges what comes, record by record.

A record's data is "WRITER COUNT ...": its writer counts its own records of each partition key from 0. So whoever
reads a shard only after its parents have ended sees the counts of each (writer, key) go up by one: a gap is a
record that was lost or came too early, a step back is one that came twice or too late.
"""
import base64
import hashlib

KEYS = 1 << 128
SAID_MAX = 20  # differences that are put into words


def hash_of(key):
    return int.from_bytes(hashlib.md5(key.encode()).digest(), "big")


def range_of(shard):
    """The hash range of a shard as the service describes it."""
    return int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"])


class Judge:
    """Of one consumer. take() what was read, in that order; then differences() from what was acknowledged."""

    def __init__(self):
        self.next = {}     # (writer, key): the count that must come next
        self.newest = {}   # key: its greatest sequence number
        self.hashes = {}
        self.steps_back = []  # (writer, key, from count, to count): fine only where a put got no answer
        self.said = []
        self.wrong = 0
        self.records = 0

    def say(self, text, *values):
        self.wrong += 1
        if len(self.said) < SAID_MAX:
            self.said.append(text % values)

    def take(self, shard, low, high, number, key, data):
        """A record that `shard`, which has the hash keys low to high, gave."""
        self.records += 1
        if key not in self.hashes:
            self.hashes[key] = hash_of(key)
        if not low <= self.hashes[key] <= high:
            self.say("%s holds key %r, which is not in its hash range", shard, key)
        if number <= self.newest.get(key, -1):
            self.say("%s: sequence number %d of key %r does not rise", shard, number, key)
        self.newest[key] = number
        writer, count = map(int, data.split(b" ", 2)[:2])
        wanted = self.next.get((writer, key), 0)
        if count > wanted:
            self.say("%s: records %d to %d of writer %d, key %r are missing before %d", shard, wanted, count - 1, writer, key, count)
        elif count < wanted:
            self.steps_back.append((writer, key, wanted, count))
        self.next[writer, key] = count + 1

    def differences(self, acknowledged, unanswered=()):
        """Readable lines, none when all is well.

        acknowledged    {(writer, key): how many records were acknowledged}
        unanswered      (writer, key, first count, end) of puts without an answer, sent again later: may be there twice
        """
        doubtful = {}
        for writer, key, first, end in unanswered:
            doubtful.setdefault((writer, key), set()).update(range(first, end))
        for writer, key, wanted, count in self.steps_back:
            if not set(range(count, wanted)) <= doubtful.get((writer, key), set()):
                self.say("records %d to %d of writer %d, key %r came twice or too late", count, wanted - 1, writer, key)
        for (writer, key), count in acknowledged.items():
            if self.next.get((writer, key), 0) != count:
                self.say("writer %d put %d records of key %r, the last one read is %d", writer, count, key,
                         self.next.get((writer, key), 0) - 1)
        for writer, key in set(self.next) - set(acknowledged):
            self.say("writer %d never put key %r", writer, key)
        if self.wrong > len(self.said):
            self.said.append("and %d more" % (self.wrong - len(self.said)))
        return self.said


class Lineage:
    """Which shards a consumer may read: one after all its parents have ended, as ChildShards tell."""

    def __init__(self, shards):
        self.ranges = {shard["ShardId"]: range_of(shard) for shard in shards}
        self.ended = set()
        self.waiting = {}  # child: the parents it still waits for

    def end(self, shard, children):
        """The shard has ended. Returns the children that may be read from now on."""
        assert shard in self.ranges and shard not in self.ended, shard
        self.ended.add(shard)
        ready = []
        for child in children:
            name, parents = child["ShardId"], child["ParentShards"]
            assert shard in parents, (shard, child)
            self.waiting.setdefault(name, set(parents) - self.ended).discard(shard)
            self.ranges.setdefault(name, range_of(child))
            if not self.waiting[name]:
                del self.waiting[name]
                ready.append(name)
        self.assert_covered_by(shard, children)
        return ready

    def assert_covered_by(self, shard, children):
        """The children hold every hash key of their parent once."""
        low, high = self.ranges[shard]
        for first, last in sorted(range_of(child) for child in children):
            assert first <= low <= last, (shard, children)
            low = last + 1
        assert low > high, (shard, children)


class Fault:
    """Between a reader and its judge: a record dropped, one doubled, or the last of a parent exchanged with the next of
    its writer and key, which a child has. Keeps back the newest record of each shard until it is known to be the last."""

    def __init__(self, kind, after=0):
        assert kind in ("drop", "double", "swap"), kind
        self.kind, self.left = kind, after  # so many records go by untouched
        self.planted = False
        self.kept = {}       # shard: record
        self.exchanged = {}  # (writer, key, count): the data that comes in its place

    def take(self, shard, record, is_end=False):
        """What is to be judged now."""
        out = self.spoiled(self.kept.pop(shard), is_end) if shard in self.kept else []
        if record:
            self.kept[shard] = record
        return out

    def spoiled(self, record, is_end):
        number, key, data = record
        writer, count = data.split(b" ", 2)[:2]
        other = self.exchanged.pop((writer, key, int(count)), None)
        if other:
            return [(number, key, other)]
        self.left -= 1
        if self.planted or self.left >= 0 or (self.kind == "swap" and not is_end):
            return [record]
        self.planted = True
        if self.kind == "swap":
            self.exchanged[writer, key, int(count) + 1] = data
            return [(number, key, b"%s %d" % (writer, int(count) + 1))]
        return [] if self.kind == "drop" else [record, record]


class Reader:
    """A consumer: reads what may be read, a page of each shard in turn, and has it judged.

    begin(shard) gives an iterator of its oldest record, get(iterator) an answer of GetRecords."""

    def __init__(self, shards, begin, get, fault=None):
        self.lineage, self.judge, self.fault = Lineage(shards), Judge(), fault
        self.begin, self.get = begin, get
        self.iterators = {shard["ShardId"]: begin(shard["ShardId"]) for shard in shards}

    def turn(self):
        """Whether there was nothing new at all: every shard is open, and was read up to its tip."""
        idle = True
        for shard in list(self.iterators):
            answer = self.get(self.iterators[shard])
            assert ("NextShardIterator" in answer) != ("ChildShards" in answer), answer
            for record in answer["Records"]:
                self.take(shard, (int(record["SequenceNumber"]), record["PartitionKey"], base64.b64decode(record["Data"])))
            if "NextShardIterator" in answer:
                self.iterators[shard] = answer["NextShardIterator"]
                idle = idle and not answer["Records"] and answer["MillisBehindLatest"] == 0
                continue
            idle = False
            self.take(shard, None, True)
            del self.iterators[shard]
            for child in self.lineage.end(shard, answer["ChildShards"]):
                self.iterators[child] = self.begin(child)
        return idle

    def take(self, shard, record, is_end=False):
        records = self.fault.take(shard, record, is_end) if self.fault else [record] if record else []
        for each in records:
            self.judge.take(shard, *self.lineage.ranges[shard], *each)

    def finish(self):
        """Nothing more will be read."""
        for shard in self.iterators:
            self.take(shard, None)
