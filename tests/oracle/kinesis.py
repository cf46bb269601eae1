"""A naive Kinesis in memory: what every call must answer, by the reference of the wire API.

It knows lists and dictionaries and the time it is told; it shares nothing with the server. answer() gives what the
server has to say. Where the reference leaves a choice to the server (how many records a call returns, which number a
record gets) the answer holds an Opaque, or the server's own answer is looked at, held to what the reference allows, and
remembered. Effects that depend on values of the answer are in .commit, to be run when the answer was found right.
"""
import hashlib
import json
import re
import time

import seqno
from answers import Error, Fresh, Mismatch, Opaque, Text, Unordered
from shapes import METRICS, OPERATIONS, Ms, Refused, blob_clause, checked, violations

ACCOUNT, REGION = "000000000000", "us-east-1"
HASH_END = (1 << 128) - 1
HOUR = 3600000
SEALED_LIFE = 300000  # of iterators and tokens
GET_BYTES = 10 * 1000 * 1000
PUT_BYTES = 10 * 1024 * 1024
SHARD_INDEX_MAX = 2147483647
KEY = re.compile(r"(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?=alias/|key/)(?:key/)?)?(alias/[a-zA-Z0-9/_:-]+)?(?(1)|([0-9a-f-]{36}))")
DRY_RUN = ("DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")


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


def invalid(message):
    return Refused("InvalidArgumentException", message)


def not_active(stream):
    return Refused("ResourceInUseException", "Stream %s under account %s not ACTIVE, instead in state %s" % (
        stream.name, ACCOUNT, stream.status))


def not_found(name, account=ACCOUNT):
    return Refused("ResourceNotFoundException", "Stream %s under account %s not found." % (name, account))


def no_consumer(name, account):
    return Refused("ResourceNotFoundException", "Consumer %s, account %s not found." % (name, account))


def listed_tags(tagged):
    return [{"Key": key, "Value": tagged.tags[key]} for key in sorted(tagged.tags, key=lambda key: key.encode("utf-8"))]


def provisioned(name):
    return invalid("WarmThroughputMiBps is only supported for on-demand streams. Stream %s is using PROVISIONED mode." % name)


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


class Kinesis:
    def __init__(self, now, limits):
        self.now = now
        self.shards_max, self.on_demand_max = limits["account-shards"], limits["account-on-demand-streams"]
        self.tags_max, self.stream_shards_max = limits["stream-tags"], limits["stream-shards"]
        self.consumers_max, self.warm_max = limits["stream-consumers"], limits["stream-warm-throughput"]
        self.daily_max = {name[len("daily-"):]: value for name, value in limits.items() if name.startswith("daily-")}
        self.commitment = (None, None)  # of the account: since when, until when
        self.transitions_max, self.creating_max = limits["account-transitions"], limits["stream-consumers-creating"]
        self.stretched, self.unfinished = False, []  # transitions that are still under way
        self.streams, self.uids = {}, 0
        self.iterators, self.tokens = {}, {}
        self.commit, self.puts = None, []

    def answer(self, operation, body, got):
        """What the server must answer: None (empty), a dictionary, or an Error."""
        self.commit, self.puts = None, []
        try:
            request = checked(OPERATIONS[operation], body)
            return getattr(self, snake(operation))(request, got)
        except Refused as refused:
            if refused.type == "InternalFailure":
                return Error("InternalFailure", status=500)
            return Error(refused.type, refused.message, member=refused.member)

    # ---- transitions: at once, or when finish() says ----

    def begin(self, one, status, done):
        """A stream or consumer goes into this status until it is done."""
        if not self.stretched:
            done()
            return
        one.status = status
        self.unfinished = [(other, then) for other, then in self.unfinished if other is not one] + [(one, done)]

    def finish(self):
        unfinished, self.unfinished = self.unfinished, []
        for one, done in unfinished:
            one.status = "ACTIVE"
            done()

    def check_active(self, stream):
        if stream.status != "ACTIVE":
            raise not_active(stream)

    # ---- which stream ----

    def selected(self, request):
        """(stream or None, name, account) by name, ARN or both."""
        name, arn = request.get("StreamName"), request.get("StreamARN")
        if name is None and arn is None:
            raise invalid("Either StreamName or StreamARN should be provided.")
        account, found = ACCOUNT, None
        if arn is not None:
            parts = arn.split(":", 5)
            named, account = parts[5][len("stream/"):], parts[4]
            if name is not None and name != named:
                raise invalid("StreamName %s and StreamARN %s do not name the same stream." % (name, arn))
            name = named
            found = next((stream for stream in self.streams.values() if stream.arn == arn), None)
        else:
            found = self.streams.get(name)
        return found, name, account

    def stream(self, request):
        stream, name, account = self.selected(request)
        if not stream:
            raise not_found(name, account)
        return stream

    def serving(self, request):
        stream = self.stream(request)
        if not stream.serves:
            raise not_found(stream.name)
        return stream

    def untold(self):
        """Streams that the server has not shown the shards of: only it knows the second they count from."""
        return [stream for stream in self.streams.values() if stream.status != "CREATING" and
                any(shard.created_s is None for shard in stream.shards)]

    def open_count(self):
        return sum(len(stream.open_shards()) for stream in self.streams.values())

    def check_shards_fit(self, more):
        """Shards that are still to open count already."""
        count = self.open_count() + sum(stream.growth for stream in self.streams.values() if stream.status == "UPDATING")
        if count + more > self.shards_max:
            raise Refused("LimitExceededException", (
                "This request would exceed the shard limit for the account %s in %s. Current shard count for the account: %d. "
                "Limit: %d. Number of additional shards that would have resulted from this request: %d. Refer to the AWS "
                "Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
                "limits and how to request higher limits.") % (ACCOUNT, REGION, count, self.shards_max, more))

    def on_demand_count(self):
        return sum(stream.mode == "ON_DEMAND" for stream in self.streams.values())

    def check_on_demand_fits(self):
        if self.on_demand_count() >= self.on_demand_max:
            raise Refused("LimitExceededException", (
                "This request would exceed the on-demand stream limit for the account %s in %s. Current on-demand stream "
                "count for the account: %d. Limit: %d.") % (ACCOUNT, REGION, self.on_demand_count(), self.on_demand_max))

    # ---- streams ----

    def create_stream(self, request, _):
        name, count = request["StreamName"], request.get("ShardCount")
        mode = request.get("StreamModeDetails", {}).get("StreamMode", "ON_DEMAND" if count is None else "PROVISIONED")
        if mode == "PROVISIONED" and count is None:
            raise invalid("ShardCount must be provided for a stream in PROVISIONED mode.")
        if mode == "ON_DEMAND" and count is not None:
            raise invalid("ShardCount must not be provided for a stream in ON_DEMAND mode.")
        if request.get("WarmThroughputMiBps") and mode == "PROVISIONED":
            raise provisioned(name)
        if request.get("RecordDistributionStrategy") == "AUTO" and mode == "PROVISIONED":
            raise invalid("RecordDistributionStrategy=AUTO is only supported for on-demand streams. Stream [%s] is using "
                          "PROVISIONED mode." % name)
        tags = request.get("Tags", {})
        self.check_tags("add", "stream", name, tags)
        self.check_tag_count("stream", name, tags)
        if name in self.streams:
            raise Refused("ResourceInUseException", "Stream %s under account %s already exists." % (name, ACCOUNT))
        if mode == "ON_DEMAND":
            self.check_on_demand_fits()
        self.check_shards_fit(count or 4)
        if sum(stream.status in ("CREATING", "DELETING") for stream in self.streams.values()) >= self.transitions_max:
            raise Refused("LimitExceededException", (
                "This request would have exceed the limit on the number  of streams that can simultaneously be in CREATING or "
                "DELETING for the account %s. Limit: %d.") % (ACCOUNT, self.transitions_max))
        self.uids += 1
        stream = self.streams[name] = Stream(name, self.uids, self.now, mode, count or 4, dict(tags),
                                             request.get("MaxRecordSizeInKiB", 1024))
        self.begin(stream, "CREATING", lambda: stream.open(self.now))

    def delete_stream(self, request, _):
        stream = self.stream(request)
        if stream.status == "DELETING":
            return
        if stream.consumers and not request.get("EnforceConsumerDeletion"):
            raise Refused("ResourceInUseException", (
                "DeleteStream can't delete %s:%s because there are consumers associated with this data stream. To delete %s anyway, "
                "set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated "
                "with it.") % (ACCOUNT, stream.name, stream.name))
        for consumer in stream.consumers.values():
            consumer.status = "DELETING"
        self.begin(stream, "DELETING", lambda: self.streams.pop(stream.name))

    def description(self, stream):
        made = {"EncryptionType": "KMS", "KeyId": stream.key} if stream.key else {"EncryptionType": "NONE"}
        return {
            **made, "StreamName": stream.name, "StreamARN": stream.arn, "StreamStatus": stream.status,
            "StreamModeDetails": {"StreamMode": stream.mode}, "RetentionPeriodHours": stream.retention // HOUR,
            "StreamCreationTimestamp": Ms(stream.created // 1000 * 1000),
            "EnhancedMonitoring": [{"ShardLevelMetrics": Unordered(stream.metrics)}],
        }

    def described(self, shard):
        numbers = {"StartingSequenceNumber": Created(shard)}
        if shard.closed is not None:
            numbers["EndingSequenceNumber"] = str(shard.ending)
        made = {"ShardId": shard.id, "HashKeyRange": shard.key_range(), "SequenceNumberRange": numbers}
        for member, parent in zip(("ParentShardId", "AdjacentParentShardId"), shard.parents):
            made[member] = shard_id(parent)
        return made

    def first_index(self, text, name):
        """The lowest index behind an exclusive start."""
        if text is None:
            return 0
        index = shard_index(text)
        if index is None:
            raise Refused("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s." % (text, name, ACCOUNT))
        return index + 1

    def describe_stream(self, request, _):
        stream = self.stream(request)
        first = self.first_index(request.get("ExclusiveStartShardId"), stream.name)
        shards = [shard for shard in stream.visible(self.now) if shard.index >= first and stream.status != "CREATING"]
        limit = min(request.get("Limit", 100), 100)
        return {"StreamDescription": dict(
            self.description(stream), Shards=[self.described(shard) for shard in shards[:limit]],
            HasMoreShards=len(shards) > limit)}

    def describe_stream_summary(self, request, _):
        stream = self.stream(request)
        made = dict(self.description(stream), OpenShardCount=0 if stream.status == "CREATING" else len(stream.open_shards()), ConsumerCount=len(stream.consumers),
                    MaxRecordSizeInKiB=stream.record_kib)
        if stream.mode == "ON_DEMAND" and self.committed():
            made["WarmThroughput"] = {"TargetMiBps": stream.warm, "CurrentMiBps": stream.warm_now}
        return {"StreamDescriptionSummary": made}

    def opened(self, text, kind):
        """What a NextToken stands for."""
        listing = self.tokens.get(text)
        if not listing or listing.kind != kind:
            raise invalid("Invalid NextToken.")
        if self.now - listing.made > SEALED_LIFE:
            raise Refused("ExpiredNextTokenException", Text("NextToken expired.*"))
        return listing

    def list_streams(self, request, _):
        after = request.get("ExclusiveStartStreamName", "")
        if "NextToken" in request:
            if after:
                raise invalid("NextToken and ExclusiveStartStreamName cannot be provided together.")
            after = self.opened(request["NextToken"], "streams").after
        names = sorted(name for name in self.streams if name > after)
        limit = min(request.get("Limit", 100), 100)
        made = {"StreamNames": names[:limit], "HasMoreStreams": len(names) > limit, "StreamSummaries": []}
        for name in names[:limit]:
            description = self.description(self.streams[name])
            made["StreamSummaries"].append({member: description[member] for member in (
                "StreamName", "StreamARN", "StreamStatus", "StreamModeDetails", "StreamCreationTimestamp")})
        if len(names) > limit:
            made["NextToken"] = Fresh(self.tokens, Listing("streams", self.now, names[limit - 1]))
        return made

    def describe_limits(self, _request, _):
        return {"ShardLimit": self.shards_max, "OpenShardCount": self.open_count(),
                "OnDemandStreamCount": self.on_demand_count(), "OnDemandStreamCountLimit": self.on_demand_max}

    # ---- shards ----

    def list_shards(self, request, _):
        if "NextToken" in request:
            for member in ("StreamName", "StreamARN", "ExclusiveStartShardId", "StreamCreationTimestamp", "ShardFilter"):
                if member in request:
                    raise invalid("NextToken and %s cannot be provided together." % member)
            listing = self.opened(request["NextToken"], "shards")
            if self.streams.get(listing.stream.name) is not listing.stream:
                raise not_found(listing.stream.name)
        else:
            listing = self.new_listing(request)
        if listing.stream.status == "CREATING":
            raise not_active(listing.stream)
        shards = [shard for shard in listing.stream.visible(self.now) if shard.index >= listing.after and listing.wanted(shard)]
        limit = min(request.get("MaxResults", 1000), 1000)
        made = {"Shards": [self.described(shard) for shard in shards[:limit]]}
        if len(shards) > limit:
            made["NextToken"] = Fresh(self.tokens, Listing(
                "shards", self.now, shards[limit].index, listing.stream, listing.wanted))
        return made

    def new_listing(self, request):
        if "StreamName" not in request and "StreamARN" not in request:
            raise invalid("Either NextToken or StreamName should be provided.")
        stream = self.stream(request)
        self.check_creation(request, stream)
        first = self.first_index(request.get("ExclusiveStartShardId"), stream.name)
        wanted, after = self.filtered(stream, request.get("ShardFilter", {"Type": "FROM_TRIM_HORIZON"}))
        return Listing("shards", self.now, max(first, after), stream, wanted)

    def check_creation(self, request, stream):
        """A stream of that name, made at another second, is another stream."""
        if "StreamCreationTimestamp" in request and request["StreamCreationTimestamp"] // 1000 != stream.created // 1000:
            raise not_found(stream.name)

    def filtered(self, stream, chosen):
        """(which shards, lowest index) of a ShardFilter."""
        kind = chosen["Type"]
        for member, wants in (("ShardId", ("AFTER_SHARD_ID",)), ("Timestamp", ("AT_TIMESTAMP", "FROM_TIMESTAMP"))):
            if (member in chosen) != (kind in wants):
                raise invalid("%s must %sbe provided in a ShardFilter of type %s." % (
                    member, "" if kind in wants else "not ", kind))
        horizon = max(stream.horizon(self.now), stream.opened)
        at = max(chosen.get("Timestamp", horizon), horizon)
        if kind == "AFTER_SHARD_ID":
            return lambda shard: True, self.first_index(chosen["ShardId"], stream.name)
        if kind == "AT_LATEST":
            return lambda shard: shard.closed is None, 0
        if kind in ("AT_TRIM_HORIZON", "AT_TIMESTAMP"):
            return lambda shard: shard.opened <= at and (shard.closed is None or shard.closed > at), 0
        if kind == "FROM_TIMESTAMP":
            return lambda shard: shard.closed is None or shard.closed >= at, 0
        return lambda shard: True, 0

    def resharded(self, request, *ids):
        """(stream, shards): readable ids, a stream that may be resharded, shards that are there and open."""
        stream, name, account = self.selected(request)
        indices = [shard_index(request[member]) for member in ids]
        for member, index in zip(ids, indices):
            if index is None:
                raise Refused("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s." % (
                    request[member], name, account))
        if not stream:
            raise not_found(name, account)
        self.check_active(stream)
        if stream.mode == "ON_DEMAND":
            raise Refused("ValidationException", "Request is invalid. Stream %s under account %s is in On-Demand mode." % (name, ACCOUNT))
        shards = [stream.shard(index, self.now) for index in indices]
        for index, shard in zip(indices, shards):
            if not shard:
                raise Refused("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s." % (
                    shard_id(index), name, ACCOUNT))
            if shard.closed is not None:
                raise invalid("Shard %s in stream %s under account %s has already been merged or split, and thus is not eligible "
                              "for merging or splitting." % (shard.id, name, ACCOUNT))
        return stream, shards

    def split_shard(self, request, _):
        stream, (shard,) = self.resharded(request, "ShardToSplit")
        self.check_shards_fit(1)
        key = int(request["NewStartingHashKey"])
        if not shard.start + 1 < key < shard.end:
            raise invalid("NewStartingHashKey %d used in SplitShard() on shard %s in stream %s under account %s is not both "
                          "greater than one plus the shard's StartingHashKey %d and less than the shard's EndingHashKey %d." % (
                              key, shard.id, stream.name, ACCOUNT, shard.start, shard.end))
        self.reshard(stream, 1, lambda: stream.split(self.now, shard, key))

    def merge_shards(self, request, _):
        stream, (lower, upper) = self.resharded(request, "ShardToMerge", "AdjacentShardToMerge")
        if lower.end + 1 != upper.start:
            raise invalid("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging" % (
                lower.id, upper.id, stream.name, ACCOUNT))
        self.reshard(stream, 0, lambda: stream.merge(self.now, lower, upper))

    def reshard(self, stream, growth, change):
        def done():
            stream.growth = 0
            change()
        stream.growth = growth
        self.begin(stream, "UPDATING", done)

    def update_shard_count(self, request, _):
        stream, _ = self.resharded(request)
        count, target = len(stream.open_shards()), request["TargetShardCount"]
        told = "Current open shard count: %d Target shard count: %d" % (count, target)
        if target > self.stream_shards_max:
            raise Refused("LimitExceededException", "UpdateShardCount cannot scale stream %s under account %s beyond %d shards. %s" % (
                stream.name, ACCOUNT, self.stream_shards_max, told))
        if target > 2 * count or 2 * target < count:
            raise Refused("LimitExceededException", "UpdateShardCount cannot scale %s your current open shard count. %s" % (
                "up over double" if target > count else "down below half", told))
        if target > count:
            self.check_shards_fit(target - count)
        if target != count:
            self.count_daily(stream, "UpdateShardCount")
            self.reshard(stream, max(0, target - count), lambda: stream.spread(self.now, target))
        return {"StreamName": stream.name, "StreamARN": stream.arn, "CurrentShardCount": count, "TargetShardCount": target}

    # ---- records ----

    def hash_key(self, entry):
        if "ExplicitHashKey" in entry:
            key = int(entry["ExplicitHashKey"])
            if key > HASH_END:
                raise invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value "
                              "was %s" % entry["ExplicitHashKey"])
            return key
        return int.from_bytes(hashlib.md5(entry["PartitionKey"].encode("utf-8")).digest(), "big")

    def put(self, stream, entries):
        """The numbers to come, one an entry; commit appends the records in the order of their numbers."""
        numbers = [Rising(stream.route(self.hash_key(entry)), self.now) for entry in entries]
        arrived, self.puts = self.now, list(zip(numbers, entries))

        def commit():
            for taken, entry in sorted(zip(numbers, entries), key=lambda pair: pair[0].number):
                if taken.number <= taken.shard.last:
                    raise Mismatch("the number %d was given twice" % taken.number)
                taken.shard.records.append(Record(taken.number, arrived, entry["PartitionKey"], entry["Data"]))
        self.commit = commit
        return numbers

    def adopt(self, shard, puts, records):
        """Records of a put that was never answered: any of its own, each once, above all that were there."""
        puts = list(puts)
        for record in records:
            found = next((put for put in puts if put[0].shard is shard and (put[1]["PartitionKey"], put[1]["Data"]) == (
                record["PartitionKey"], record["Data"])), None)
            if not found:
                raise Mismatch("%s was never put, or comes twice: %r" % (shard.id, record))
            puts.remove(found)
            found[0].take(record["SequenceNumber"], "a record that was not acknowledged")
            shard.records.append(Record(found[0].number, record["ApproximateArrivalTimestamp"], found[1]["PartitionKey"], found[1]["Data"]))
            if record["ApproximateArrivalTimestamp"] != self.now:
                raise Mismatch("%r did not arrive at %d" % (record, self.now))

    def put_record(self, request, _):
        stream = self.serving(request)
        if len(request["Data"]) > stream.record_kib * 1024:
            raise Refused("ValidationException", violations([blob_clause(request["Data"], "data", stream.record_kib * 1024)]))
        shard = stream.route(self.hash_key(request))
        if "SequenceNumberForOrdering" in request:
            text = request["SequenceNumberForOrdering"]
            made = seqno.decode(text)
            if not made or made.time_s > max(self.now // 1000, shard.created_s or 0):
                raise invalid("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid." % (
                    text, stream.name, ACCOUNT))
        if request.get("DryRun"):
            raise Refused(*DRY_RUN)
        return {"ShardId": shard.id, "SequenceNumber": self.put(stream, [request])[0], **stream.encryption(self.now)}

    def put_records(self, request, _):
        stream, entries = self.serving(request), request["Records"]
        large = [blob_clause(entry["Data"], "records.%d.member.data" % (i + 1), stream.record_kib * 1024)
                 for i, entry in enumerate(entries) if len(entry["Data"]) > stream.record_kib * 1024]
        if large:
            raise Refused("ValidationException", violations(large[:10]))
        if sum(len(entry["Data"]) + len(entry["PartitionKey"].encode("utf-8")) for entry in entries) > PUT_BYTES:
            raise invalid("Records size exceeds 10 MB limit")
        numbers = self.put(stream, entries)
        if request.get("DryRun"):
            self.commit = None
            raise Refused(*DRY_RUN)
        return {"FailedRecordCount": 0, "Records": [
            {"ShardId": number.shard.id, "SequenceNumber": number} for number in numbers], **stream.encryption(self.now)}

    def get_shard_iterator(self, request, _):
        stream, name, account = self.selected(request)
        index, kind = shard_index(request["ShardId"]), request["ShardIteratorType"]
        if index is None:
            raise Refused("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s." % (
                request["ShardId"], name, account))
        shard = stream.shard(index, self.now) if stream and stream.serves else None
        if not shard:
            raise gone(index, name, account)
        number, since = self.starting_point(request, stream, shard, kind)
        if request.get("DryRun"):
            raise Refused(*DRY_RUN)
        return {"ShardIterator": self.iterator(stream, shard, number, since)}

    def iterator(self, stream, shard, number, since):
        return Fresh(self.iterators, Position(stream, shard, number, since, self.now), "AAAAAAAAAAE", 512)

    def starting_point(self, request, stream, shard, kind, operation="GetShardIterator"):
        """(least number, earliest arrival) of an iterator."""
        text, by_number = request.get("StartingSequenceNumber"), kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
        choice = ("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) "
                  "TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s StartingSequenceNumber.")
        if text is not None:
            if kind in ("TRIM_HORIZON", "LATEST"):
                raise invalid(choice % (kind, "also a"))
            self.check_number(text, stream, shard, kind, operation)
        if by_number and text is None:
            raise invalid(choice % (kind, "no"))
        if by_number:
            return int(text) + (kind == "AFTER_SEQUENCE_NUMBER"), 0
        if kind == "AT_TIMESTAMP":
            at = request.get("Timestamp")
            if at is None:
                raise invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has "
                              "no timestamp parameter.")
            if at > self.now:
                raise invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                              "timestampInMillis: %d, currentTimestampInMillis: %d" % (at, self.now))
            return 0, at
        return (shard.last + 1 if kind == "LATEST" and shard.records else 0), 0

    def check_number(self, text, stream, shard, kind, operation):
        used = "StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is invalid" % (
            text, operation, shard.id, stream.name, ACCOUNT)
        made = seqno.decode(text)
        if not made:
            raise invalid(used + ".")
        if made.index != shard.index:
            raise invalid("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s" % (
                shard_id(made.index), shard.id))
        if made.version == 0:
            raise Refused("InternalFailure", None)
        if made.version != 2 or made.created_s != shard.created_s:
            raise invalid(used + " because it did not come from this stream.")
        if kind == "AFTER_SEQUENCE_NUMBER" and shard.closed is not None and made.ix == seqno.IX_MAX:
            raise invalid("Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, SequenceNumber has reached max "
                          "possible value for the shard.")

    def get_records(self, request, got):
        text = request["ShardIterator"]
        position = self.iterators.get(text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text)
        if not position:
            raise invalid("Invalid ShardIterator.")
        stream, shard = position.stream, position.shard
        alive = self.streams.get(stream.name) is stream
        if "StreamARN" in request and not (alive and stream.arn == request["StreamARN"]):
            raise invalid("StreamARN %s does not name the stream of the ShardIterator." % request["StreamARN"])
        if not alive or not stream.serves or shard not in stream.visible(self.now):
            raise gone(shard.index, stream.name, ACCOUNT)
        if self.now - position.made > SEALED_LIFE:
            raise Refused("ExpiredIteratorException", (
                "Iterator expired. The iterator was created at time %s while right now it is %s which is further in the "
                "future than the tolerated delay of 300000 milliseconds.") % (java_time(position.made), java_time(self.now)))
        if request.get("DryRun"):
            raise Refused(*DRY_RUN)
        return self.read(position, min(request.get("Limit", 10000), 10000), got)

    def read(self, position, limit, got):
        stream, shard, since = position.stream, position.shard, max(position.since, position.stream.horizon(self.now))
        left = [record for record in shard.records if record.number >= position.number and record.arrived >= since]
        records = left[:returned(left[:limit], got)]
        drained = len(records) == len(left)
        made = {"Records": [self.shown(stream, record) for record in records],
                "MillisBehindLatest": 0 if drained else self.now - records[-1].arrived}
        if shard.closed is not None and drained and not (records and "NextShardIterator" in got):
            made["ChildShards"] = self.children(stream, shard)
        elif records:
            made["NextShardIterator"] = self.iterator(stream, shard, records[-1].number + 1, 0)
        else:
            made["NextShardIterator"] = self.iterator(stream, shard, position.number, position.since)
        return made

    @staticmethod
    def shown(stream, record):
        return {**stream.encryption(record.arrived), "SequenceNumber": str(record.number), "ApproximateArrivalTimestamp": Ms(record.arrived), "Data": record.data,
                "PartitionKey": record.key}

    def children(self, stream, shard):
        return [{"ShardId": child.id, "ParentShards": [shard_id(parent) for parent in child.parents],
                 "HashKeyRange": child.key_range()} for child in stream.shards if shard.index in child.parents]

    # ---- consumers ----

    def register_stream_consumer(self, request, _):
        stream, name, tags = self.stream(request), request["ConsumerName"], request.get("Tags", {})
        self.check_tags("add", "consumer", name, tags)
        self.check_tag_count("consumer", name, tags)
        if name in stream.consumers:
            raise Refused("ResourceInUseException", "Consumer %s under stream %s already exists." % (name, stream.name))
        self.check_active(stream)
        if len(stream.consumers) >= self.consumers_max:
            raise Refused("LimitExceededException", "This request would exceed the limit on the number of consumers for stream %s "
                          "under account %s. Limit: %d." % (stream.name, ACCOUNT, self.consumers_max))
        if sum(one.status == "CREATING" for one in stream.consumers.values()) >= self.creating_max:
            raise Refused("LimitExceededException", "This request would exceed the limit on the number of consumers that can "
                          "simultaneously be in CREATING for stream %s under account %s. Limit: %d." % (
                              stream.name, ACCOUNT, self.creating_max))
        consumer = stream.consumers[name] = Consumer(name, stream, self.now, dict(tags))
        self.begin(consumer, "CREATING", lambda: None)
        return {"Consumer": consumer.described("CREATING")}

    def consumer(self, request):
        """(stream, consumer) by the consumer's ARN, or the stream's and a name, or all three."""
        arn, stream_arn, name = (request.get(member) for member in ("ConsumerARN", "StreamARN", "ConsumerName"))
        if arn is None and (stream_arn is None or name is None):
            raise invalid("Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
        if arn is None:
            stream, account = self.stream(request), ACCOUNT
            found = stream.consumers.get(name)
        else:
            of, named = arn.split("/consumer/")
            if stream_arn not in (None, of) or name not in (None, named.rpartition(":")[0]):
                raise invalid("StreamARN, ConsumerName and ConsumerARN do not name the same consumer.")
            name, account = named.rpartition(":")[0], arn.split(":")[4]
            stream = next((stream for stream in self.streams.values() if stream.arn == of), None)
            found = next((one for one in stream.consumers.values() if one.arn == arn), None) if stream else None
        if not found:
            raise no_consumer(name, account)
        return stream, found

    def describe_stream_consumer(self, request, _):
        stream, consumer = self.consumer(request)
        return {"ConsumerDescription": {**consumer.described(), "StreamARN": stream.arn}}

    def deregister_stream_consumer(self, request, _):
        stream, consumer = self.consumer(request)
        self.begin(consumer, "DELETING", lambda: stream.consumers.pop(consumer.name, None))

    def subscribe_to_shard(self, request, _):
        """A Subscription, whose events are to be compared with event()."""
        stream, consumer = self.consumer(request)
        if not stream.serves:
            raise not_found(stream.name)
        index, start = shard_index(request["ShardId"]), request["StartingPosition"]
        if index is None:
            raise Refused("ResourceNotFoundException", "Could not find shard %s in stream %s under account %s." % (
                request["ShardId"], stream.name, ACCOUNT))
        shard = stream.shard(index, self.now)
        if not shard:
            raise gone(index, stream.name, ACCOUNT)
        if consumer.status != "ACTIVE":
            raise Refused("ResourceInUseException", "Consumer %s with creation timestamp %d under stream: %s , account %s is not in "
                          "ACTIVE status." % (consumer.name, consumer.created_s, stream.name, ACCOUNT))
        wish = {"StartingSequenceNumber": start.get("SequenceNumber"), "Timestamp": start.get("Timestamp")}
        number, since = self.starting_point(wish, stream, shard, start["Type"], "SubscribeToShard")
        if request.get("DryRun"):
            raise Refused(*DRY_RUN)
        return Subscription(stream, shard, number, [record for record in shard.records if record.number >= number and
                                            record.arrived >= max(since, stream.horizon(self.now))])

    def event(self, subscription, got):
        """What this event of it must hold."""
        shard, count = subscription.shard, len(got.get("Records", ()))
        records, subscription.left = subscription.left[:count], subscription.left[count:]
        if not records and subscription.left:
            raise Mismatch("an event without records, and %d to come" % len(subscription.left))
        if records:
            subscription.delivered = records[-1].number
        made = {"Records": [self.shown(subscription.stream, record) for record in records],
                "MillisBehindLatest": self.now - records[-1].arrived if subscription.left else 0}
        if shard.closed is not None and not subscription.left and "ContinuationSequenceNumber" not in got:
            made["ChildShards"], subscription.ended = self.children(subscription.stream, shard), True
        else:
            made["ContinuationSequenceNumber"] = Resuming(
                shard, subscription.delivered, subscription.left[0].number if subscription.left else None)
        return made

    def in_use(self, subscription, arn):
        """The answer to another who subscribes meanwhile."""
        return Error("ResourceInUseException", "Another active subscription exists for this consumer: %s:%s:%s:%s" % (
            ACCOUNT, subscription.stream.name, subscription.shard.id, arn.split("/consumer/")[1].rpartition(":")[0]))

    def list_stream_consumers(self, request, _):
        stream, after = self.stream(request), ""
        self.check_creation(request, stream)
        if "NextToken" in request:
            listing = self.opened(request["NextToken"], "consumers")
            if listing.stream is not stream:
                raise invalid("Invalid NextToken.")
            after = listing.after
        if stream.status == "CREATING":
            raise not_active(stream)
        names = sorted(name for name in stream.consumers if name > after)
        limit = min(request.get("MaxResults", 100), 100)
        made = {"Consumers": [stream.consumers[name].described() for name in names[:limit]]}
        if len(names) > limit:
            made["NextToken"] = Fresh(self.tokens, Listing("consumers", self.now, names[limit - 1], stream))
        return made

    # ---- tags ----

    def check_tags(self, verb, what, name, tags):
        """`what` is stream or consumer; `tags` may be a list of keys."""
        texts = list(tags) + (list(tags.values()) if isinstance(tags, dict) else [])
        failed = "Failed to %s tags %s %s %s under account %s because " % (
            verb, "to" if verb == "add" else "from", what, name, ACCOUNT)
        if any(not (c.isalpha() or c.isdigit() or c in " _./=+-%@:") for text in texts for c in text):
            raise invalid("Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, "
                          "_ . / = + - % @.")
        if any("%" in text for text in texts):
            raise invalid(failed + "some tags contained illegal characters. The allowed characters are Unicode letters, "
                          "white-spaces, '_',',','/','=','+','-','@'.")
        if verb == "add" and any(key.lower().startswith("aws:") for key in tags):
            raise invalid(failed + "tag keys that begin with aws: are reserved.")

    def check_tag_count(self, what, name, tags):
        if len(tags) > self.tags_max:
            raise invalid("Failed to add tags to %s %s under account %s because a given %s cannot have more than %d tags "
                          "associated with it." % (what, name, ACCOUNT, what, self.tags_max))

    def resource(self, request):
        """(stream or consumer, which of the two) by its ARN."""
        arn = request["ResourceARN"]
        of, _, named = arn.partition("/consumer/")
        stream = next((stream for stream in self.streams.values() if stream.arn == of), None)
        if not stream:
            raise not_found(arn, arn.split(":")[4])
        if not named:
            return stream, "stream", stream
        found = next((one for one in stream.consumers.values() if one.arn == arn), None)
        if not found:
            raise no_consumer(named.rpartition(":")[0], arn.split(":")[4])
        return found, "consumer", stream

    def check_resource_active(self, resource, what, stream):
        if what == "stream":
            self.check_active(stream)
        elif resource.status != "ACTIVE":
            raise Refused("ResourceInUseException", "Consumer %s with creation timestamp %d under stream %s and account %s is not in "
                          "ACTIVE status." % (resource.name, resource.created_s, stream.name, ACCOUNT))

    def add_tags(self, tagged, what, stream, added):
        self.check_tags("add", what, tagged.name, added)
        self.check_resource_active(tagged, what, stream)
        tags = {**tagged.tags, **added}
        self.check_tag_count(what, tagged.name, tags)
        tagged.tags = tags

    def remove_tags(self, tagged, what, stream, keys):
        self.check_tags("remove", what, tagged.name, keys)
        self.check_resource_active(tagged, what, stream)
        tagged.tags = {key: value for key, value in tagged.tags.items() if key not in keys}

    def add_tags_to_stream(self, request, _):
        stream = self.stream(request)
        self.add_tags(stream, "stream", stream, request["Tags"])

    def remove_tags_from_stream(self, request, _):
        stream = self.stream(request)
        self.remove_tags(stream, "stream", stream, request["TagKeys"])

    def tag_resource(self, request, _):
        self.add_tags(*self.resource(request), request["Tags"])

    def untag_resource(self, request, _):
        self.remove_tags(*self.resource(request), request["TagKeys"])

    def list_tags_for_resource(self, request, _):
        return {"Tags": listed_tags(self.resource(request)[0])}

    def list_tags_for_stream(self, request, _):
        stream, after = self.stream(request), request.get("ExclusiveStartTagKey", "").encode("utf-8")
        tags = [tag for tag in listed_tags(stream) if tag["Key"].encode("utf-8") > after]
        limit = request.get("Limit", 50)
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    # ---- policies ----

    def put_resource_policy(self, request, _):
        resource, what, stream = self.resource(request)
        try:
            if not isinstance(json.loads(request["Policy"]), dict):
                raise ValueError
        except ValueError as error:
            raise invalid("The policy is not a valid JSON object.") from error
        self.check_resource_active(resource, what, stream)
        resource.policy = request["Policy"]

    def get_resource_policy(self, request, _):
        return {"Policy": self.resource(request)[0].policy or "{}"}

    def delete_resource_policy(self, request, _):
        resource, what, stream = self.resource(request)
        self.check_resource_active(resource, what, stream)
        if not resource.policy:
            raise Refused("ResourceNotFoundException", "No resource policy found for resource ARN %s." % request["ResourceARN"])
        resource.policy = None

    # ---- settings ----

    def settle(self, stream, is_changed):
        """A setting counts at once; the stream is UPDATING all the same."""
        if is_changed:
            self.begin(stream, "UPDATING", lambda: setattr(stream, "warm_now", stream.warm))

    def monitor(self, request, change):
        stream, named = self.stream(request), request["ShardLevelMetrics"]
        self.check_active(stream)
        before = stream.metrics
        stream.metrics = change(before, set(METRICS if "ALL" in named else named))
        self.settle(stream, before != stream.metrics)
        return {"StreamName": stream.name, "StreamARN": stream.arn, "CurrentShardLevelMetrics": Unordered(before),
                "DesiredShardLevelMetrics": Unordered(stream.metrics)}

    def enable_enhanced_monitoring(self, request, _):
        return self.monitor(request, set.union)

    def disable_enhanced_monitoring(self, request, _):
        return self.monitor(request, set.difference)

    def count_daily(self, stream, operation):
        most = self.daily_max[operation]
        if sum(what == operation and at > self.now - 24 * HOUR for what, at in stream.daily) >= most:
            raise Refused("LimitExceededException", "Limit of %d %s operations in 24 hours exceeded for stream %s under account %s." % (
                most, operation, stream.name, ACCOUNT))
        stream.daily.append((operation, self.now))

    def encrypted(self, request):
        """The stream of a valid request to start or to stop encryption."""
        stream, key = self.stream(request), request["KeyId"]
        if request["EncryptionType"] != "KMS":
            raise invalid("EncryptionType must be KMS.")
        if not KEY.fullmatch(key):
            raise Refused("KMSNotFoundException", "KeyId %s is not the id of a key, nor an alias, nor the ARN of one." % key)
        self.check_active(stream)
        return stream

    def start_stream_encryption(self, request, _):
        stream = self.encrypted(request)
        if stream.key == request["KeyId"]:
            return
        self.count_daily(stream, "StartStreamEncryption")
        if not stream.key:
            stream.encrypted = self.now
        stream.key = request["KeyId"]
        self.settle(stream, True)

    def stop_stream_encryption(self, request, _):
        stream, key = self.encrypted(request), request["KeyId"]
        if not stream.key:
            raise invalid("Stream %s under account %s is not encrypted." % (stream.name, ACCOUNT))
        if KEY.fullmatch(key).group(1, 2) != KEY.fullmatch(stream.key).group(1, 2):
            raise invalid("Stream %s under account %s is not encrypted with key %s." % (stream.name, ACCOUNT, key))
        self.count_daily(stream, "StopStreamEncryption")
        stream.key = None
        self.settle(stream, True)

    def update_max_record_size(self, request, _):
        if "StreamARN" not in request:
            raise invalid("StreamARN should be provided.")
        stream, before = self.stream(request), self.stream(request).record_kib
        self.check_active(stream)
        stream.record_kib = request["MaxRecordSizeInKiB"]
        self.settle(stream, before != stream.record_kib)

    def committed(self):
        """Whether the account's commitment holds now."""
        started, ends = self.commitment
        return started is not None and (ends is None or self.now < ends)

    def check_warm_fits(self, stream, wanted):
        if not self.committed():
            raise invalid("WarmThroughputMiBps is only supported in accounts that have MinimumThroughputBillingCommitment enabled. "
                          "Account %s has not." % ACCOUNT)
        if wanted > self.warm_max:
            raise Refused("LimitExceededException", (
                "Warm throughput of %d MiBps exceeds the limit of %d MiBps for stream %s under account %s.") % (
                    wanted, self.warm_max, stream.name, ACCOUNT))

    def update_stream_mode(self, request, _):
        stream, mode = self.stream(request), request["StreamModeDetails"]["StreamMode"]
        warm = request.get("WarmThroughputMiBps", 0)
        if warm and mode == "PROVISIONED":
            raise provisioned(stream.name)
        if mode == "ON_DEMAND" and mode != stream.mode:
            self.check_on_demand_fits()
        if warm:
            self.check_warm_fits(stream, warm)
        self.check_active(stream)
        before = (stream.mode, stream.warm)
        if mode != stream.mode:
            self.count_daily(stream, "UpdateStreamMode")
            stream.warm = warm
        stream.mode, stream.warm = mode, warm or stream.warm
        if mode == "PROVISIONED":
            stream.warm_now = 0
        self.settle(stream, before != (stream.mode, stream.warm))

    def update_stream_warm_throughput(self, request, _):
        stream, wanted = self.stream(request), request["WarmThroughputMiBps"]
        self.check_warm_fits(stream, wanted)
        self.check_active(stream)
        if stream.mode != "ON_DEMAND":
            raise provisioned(stream.name)
        before, is_changed, stream.warm = stream.warm_now, stream.warm != wanted, wanted
        self.settle(stream, is_changed)
        return {"StreamName": stream.name, "StreamARN": stream.arn,
                "WarmThroughput": {"TargetMiBps": wanted, "CurrentMiBps": before}}

    def describe_account_settings(self, _request, _):
        started, ends = self.commitment
        made = {"Status": "DISABLED"}
        if self.committed():
            made = {"Status": "ENABLED" if ends is None else "ENABLED_UNTIL_EARLIEST_ALLOWED_END",
                    "EarliestAllowedEndAt": Ms(started + 24 * HOUR)}
        elif started is not None:
            made["EndedAt"] = Ms(ends)
        if started is not None:
            made["StartedAt"] = Ms(started)
        return {"MinimumThroughputBillingCommitment": made}

    def update_account_settings(self, request, _):
        started, ends = self.commitment
        if request["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED":
            self.commitment = (started if self.committed() else self.now, None)
        elif self.committed() and ends is None:
            self.commitment = (started, max(started + 24 * HOUR, self.now))
        return self.describe_account_settings({}, {})

    # ---- retention ----

    def hours(self, request):
        hours = request["RetentionPeriodHours"]
        for least, wrong, words in ((True, hours < 24, "Minimum allowed retention period is 24 hours. Requested retention period "
                                     "(%d hours) is too short."),
                                    (False, hours > 8760, "Maximum allowed retention period is 8760 hours. Requested retention "
                                     "period (%d hours) is too long.")):
            if wrong:
                raise invalid(words % hours)
        return hours

    def set_retention(self, request, wrong, words):
        stream = self.stream(request)
        hours, existing = self.hours(request), stream.retention // HOUR
        self.check_active(stream)
        if wrong(hours, existing):
            raise invalid("Requested retention period (%d hours) for stream %s can not be %s than existing retention period "
                          "(%d hours). Use %sRetentionPeriod API." % (hours, stream.name, words[0], existing, words[1]))
        stream.floor = stream.horizon(self.now)  # what is gone stays gone
        stream.retention = hours * HOUR

    def increase_stream_retention_period(self, request, _):
        self.set_retention(request, lambda hours, existing: hours < existing, ("shorter", "Decrease"))

    def decrease_stream_retention_period(self, request, _):
        self.set_retention(request, lambda hours, existing: hours > existing, ("longer", "Increase"))


def gone(index, name, account):
    return Refused("ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist" % (
        shard_id(index), name, account))


def java_time(ms):
    return time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(ms // 1000))


def returned(records, got):
    """How many of these the server gave: all, or as many as ten megabytes hold, but one at least."""
    count = len(got.get("Records", ())) if isinstance(got.get("Records"), list) else 0
    size = 0
    for i, record in enumerate(records):
        size += len(record.data) + len(record.key.encode("utf-8"))
        if size > GET_BYTES:
            return min(max(count, 1), i if i else 1)
    return len(records)
