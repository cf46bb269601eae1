"""A naive Kinesis in memory: what every call must answer, by the reference of the wire API.

It knows lists and dictionaries and the time it is told; it shares nothing with the server. answer() gives what the
server has to say. Where the reference leaves a choice to the server (how many records a call returns, which number a
record gets) the answer holds an Opaque, or the server's own answer is looked at, held to what the reference allows, and
remembered. Effects that depend on values of the answer are in .commit, to be run when the answer was found right.
"""
from answers import Error, Fresh, Text, Unordered
from records import SEALED_LIFE, Records
from refusals import invalid, not_active, not_found, provisioned
from resources import Resources
from settings import Settings
from shapes import OPERATIONS, Ms, Refused, checked
from stream import ACCOUNT, HOUR, REGION, Created, Listing, Stream, shard_id, shard_index


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


class Kinesis(Records, Resources, Settings):
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
