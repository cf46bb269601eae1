"""Streams, shards, records and consumers as the model keeps them, and the values that only a server can choose."""
import seqno
from answers import Mismatch, Opaque
from shapes import Ms

ACCOUNT, REGION = "000000000000", "us-east-1"
HASH_END = (1 << 128) - 1
HOUR = 3600000
SHARD_INDEX_MAX = 2147483647


class Record:
    def __init__(self, number, arrived, key, data):
        self.number, self.arrived, self.key, self.data = number, arrived, key, data


class Shard:
    def __init__(self, index, start, end, opened, parents=(), created_s=None):
        self.index, self.start, self.end, self.parents = index, start, end, parents
        self.made = self.opened = opened
        self.created_s = created_s  # None: the server has not told yet
        self.closed = None
        self.records = []  # in the order of their numbers
        self.promised = 0  # a subscription may be resumed behind this number: all later ones are above it

    @property
    def id(self):
        return shard_id(self.index)

    @property
    def last(self):
        return self.records[-1].number if self.records else self.starting

    @property
    def starting(self):
        return seqno.start(self.created_s, self.index)

    @property
    def closed_s(self):
        return max(self.closed // 1000, self.created_s)

    @property
    def ending(self):
        return seqno.end(self.created_s, self.index, self.closed_s)

    def key_range(self):
        return {"StartingHashKey": str(self.start), "EndingHashKey": str(self.end)}


def even(i, count):
    """(start, end) of one of so many equal hash ranges."""
    width = (1 << 128) // count
    return i * width, (i + 1) * width - 1 if i + 1 < count else HASH_END


class Consumer:
    def __init__(self, name, stream, now, tags):
        self.name, self.created_s, self.tags, self.policy, self.status = name, now // 1000, tags, None, "ACTIVE"
        self.arn = "%s/consumer/%s:%d" % (stream.arn, name, self.created_s)

    def described(self, status=None):
        return {"ConsumerName": self.name, "ConsumerARN": self.arn, "ConsumerStatus": status or self.status,
                "ConsumerCreationTimestamp": Ms(self.created_s * 1000)}


class Stream:
    def __init__(self, name, uid, now, mode, count, tags, record_kib):
        self.name, self.uid, self.created, self.mode, self.tags = name, uid, now, mode, tags
        self.record_kib, self.retention, self.floor = record_kib, 24 * HOUR, 0
        self.consumers, self.policy = {}, None
        self.metrics, self.key, self.encrypted = set(), None, None  # encrypted: since when
        self.warm = self.warm_now = 0
        self.daily = []  # what was done when, of that which is counted by day
        self.status, self.opened, self.growth = "ACTIVE", now, 0  # growth: open shards to come
        self.shards = [Shard(i, *even(i, count), now) for i in range(count)]

    @property
    def arn(self):
        return "arn:aws:kinesis:%s:%s:stream/%s" % (REGION, ACCOUNT, self.name)

    def encryption(self, arrived):
        """The member EncryptionType of what arrived then, where it is there."""
        return {"EncryptionType": "KMS"} if self.key and arrived >= self.encrypted else {}

    def open(self, now):
        self.opened = now
        for shard in self.shards:
            shard.opened = now

    @property
    def serves(self):
        return self.status in ("ACTIVE", "UPDATING")

    def horizon(self, now):
        return max(now - self.retention, self.floor)

    def open_shards(self):
        return [shard for shard in self.shards if shard.closed is None]

    def visible(self, now):
        """Instants are half-open: the newest possible record of a shard came before it closed."""
        return [shard for shard in self.shards if shard.closed is None or shard.closed > self.horizon(now)]

    def shard(self, index, now):
        return next((shard for shard in self.visible(now) if shard.index == index), None)

    def route(self, key):
        return next(shard for shard in self.open_shards() if shard.start <= key <= shard.end)

    def replace(self, now, parents, *ranges):
        """Close the parents; a child for each range."""
        for parent in parents:
            parent.closed = now
        created_s = max(now // 1000, max(parent.created_s for parent in parents) + 1)
        children = [Shard(len(self.shards) + i, start, end, now, [parent.index for parent in parents], created_s)
                    for i, (start, end) in enumerate(ranges)]
        self.shards += children
        return children

    def split(self, now, shard, key):
        return self.replace(now, [shard], (shard.start, key - 1), (key, shard.end))

    def merge(self, now, lower, upper):
        return self.replace(now, [lower, upper], (lower.start, upper.end))[0]

    def spread(self, now, target):
        """By the walk over the new boundaries, from left to right."""
        pending, filled = None, 0
        for shard in sorted(self.open_shards(), key=lambda shard: shard.start):
            while shard.end > even(filled, target)[1]:
                lower, shard = self.split(now, shard, even(filled, target)[1] + 1)
                if pending:
                    self.merge(now, pending, lower)
                pending, filled = None, filled + 1
            pending = self.merge(now, pending, shard) if pending else shard
            if shard.end == even(filled, target)[1]:
                pending, filled = None, filled + 1


class Position:
    """Of an iterator: the records with at least this number that arrived at or after `since`."""

    def __init__(self, stream, shard, number, since, made):
        self.stream, self.shard, self.number, self.since, self.made = stream, shard, number, since, made


class Listing:
    """Of a NextToken: what is still to be listed."""

    def __init__(self, kind, made, after, stream=None, wanted=None):
        self.kind, self.made, self.after, self.stream, self.wanted = kind, made, after, stream, wanted


class Created(Opaque):
    """StartingSequenceNumber of a shard; the first one seen tells the second the shard was created in."""

    def __init__(self, shard):
        self.shard = shard

    def take(self, got, path):
        if self.shard.created_s is None:
            made = seqno.decode(got) if isinstance(got, str) and got.isdigit() else None
            if not made or not self.shard.made // 1000 - 10 <= made.created_s <= self.shard.made // 1000:
                raise Mismatch("%s: %r is not the start of a shard opened at %d" % (path, got, self.shard.opened))
            self.shard.created_s = made.created_s
        if got != str(self.shard.starting):
            raise Mismatch("%s: got %r, wanted %d" % (path, got, self.shard.starting))


class Rising(Opaque):
    """The number of a record that was just put: of its shard's form, and above every earlier one."""

    def __init__(self, shard, now):
        self.shard, self.now, self.number = shard, now, None

    def take(self, got, path):
        digits = "%047x" % int(got) if isinstance(got, str) and got.isdigit() else ""
        form = seqno.LAYOUT.fullmatch(digits)
        if not form:
            raise Mismatch("%s: %r has not the layout of a sequence number" % (path, got))
        created_s, nibble, ix, time_s, index = (int(part, 16) for part in form.groups())
        if self.shard.created_s is None:
            self.shard.created_s = created_s
        if (created_s, nibble, index) != (self.shard.created_s, self.shard.index & 15, self.shard.index):
            raise Mismatch("%s: %r (%s) is of another shard than %s" % (path, got, digits, self.shard.id))
        if not 0 < ix < seqno.IX_MAX or not created_s <= time_s <= max(self.now // 1000, created_s):
            raise Mismatch("%s: %r (%s) is out of its shard's bounds" % (path, got, digits))
        if int(got) <= max(self.shard.last, self.shard.promised):
            raise Mismatch("%s: %r is not above %d" % (path, got, max(self.shard.last, self.shard.promised)))
        self.number = int(got)


class Resuming(Opaque):
    """ContinuationSequenceNumber: of the shard, not below what was delivered, below all that was not."""

    def __init__(self, shard, delivered, next_number):
        self.shard, self.delivered, self.next_number = shard, delivered, next_number

    def take(self, got, path):
        made = seqno.decode(got) if isinstance(got, str) and got.isdigit() else None
        if not made or (made.version, made.created_s, made.index) != (2, self.shard.created_s, self.shard.index):
            raise Mismatch("%s: %r is no number of %s" % (path, got, self.shard.id))
        if int(got) < self.delivered or self.next_number is not None and int(got) >= self.next_number:
            raise Mismatch("%s: resuming behind %r would lose or repeat a record" % (path, got))
        self.shard.promised = max(self.shard.promised, int(got))


class Subscription:
    """What a subscription still has to bring: records with at least this number."""

    def __init__(self, stream, shard, number, left):
        self.stream, self.shard, self.number, self.left = stream, shard, number, left
        self.delivered, self.ended = 0, False

    @property
    def waits(self):
        """Whether an event must come without anybody doing anything."""
        return bool(self.left) or self.shard.closed is not None and not self.ended


def shard_id(index):
    return "shardId-%012d" % index


def shard_index(text):
    """By the lenient rule for ids; None if it cannot be read."""
    parts = text.split("-")
    digits = parts[1] if len(parts) > 1 and parts[1] else text
    if not digits.isascii() or not digits.isdigit() or int(digits) > SHARD_INDEX_MAX:
        return None
    return int(digits)
