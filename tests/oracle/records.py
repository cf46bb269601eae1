"""The model's record path: puts, iterators, reads, subscriptions."""
import hashlib
import time

import seqno
from answers import Error, Fresh, Mismatch
from refusals import DRY_RUN, gone, invalid, not_found
from shapes import Ms, Refused, blob_clause, violations
from stream import ACCOUNT, HASH_END, Position, Record, Resuming, Rising, Subscription, shard_id, shard_index

GET_BYTES = 10 * 1000 * 1000
PUT_BYTES = 10 * 1024 * 1024
SEALED_LIFE = 300000  # of iterators and tokens


class Records:
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

    # ---- subscriptions ----

    def subscribe_to_shard(self, request, _):
        """A Subscription, whose events are to be compared with event()."""
        of = request["ConsumerARN"].split("/consumer/")[0]
        for stream in self.streams.values():
            if stream.arn == of and not stream.serves:
                raise not_found(stream.name)
        stream, consumer = self.consumer(request)
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
