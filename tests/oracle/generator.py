"""Random operations: the next one from a seed and what the model knows, so that most of them mean something.

An operation never holds what only the server can choose (a sequence number, an iterator): it names the earlier answer
that held it, so a sequence can be cut and run again.
"""
from shapes import METRICS

NAMES = ["a", "orders", "A_b-9.x", "s" * 128, "z", "B"]
UNKNOWN = ["nobody", "A"]
BAD_NAMES = ["", "no spaces", "n" * 129, "é", "s/x"]
POLICIES = ['{"Version":"2012-10-17","Statement":[]}', '{}', ' {"a": "é"}\n', '{"a":{"b":[1,2,{"c":null}]}}']
BAD_POLICIES = ["", "x", "[]", "{", '{"a":1} x', "5", "null", '{"a":01}']
KMS_KEYS = ["alias/aws/kinesis", "alias/x", "12345678-1234-1234-1234-123456789012",
            "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012", "arn:aws:kms:us-east-1:000000000000:alias/x"]
BAD_KMS_KEYS = ["x", "", "alias/", "arn:aws:kms:us-east-1:000000000000:x"]
CONSUMERS = ["c1", "c2", "App-1", "b.c", "x" * 128]
KEYS = ["a", "key", "é", "k" * 256, "日本", "p0", "p1", "p2", "p3", "p4", "p5", "p6"]
TAG_KEYS = ["env", "Env", "cost center", "t" * 128, "a=b", "é", "k1", "k2", "k3", "k4", "日"]
TAG_VALUES = ["", "x", "a b_c./=+-@:", "v" * 256, "été"]
BAD_TAGS = ["a;b", "a\tb", "100%", "aws:x", "AWS:y", "a,b", "\n"]
HASH_KEYS = ["0", "1", str((1 << 128) - 1), str(1 << 127), str((1 << 127) - 1), str((1 << 126)), str((1 << 128) // 3)]
BAD_HASH_KEYS = ["01", "-1", "x", "", str(1 << 128), "9" * 39, "9" * 40]
NUMBERS = ["0", "1", "170141183460469231731687303715884105728", "99", str(1 << 185), str((1 << 185) + 9), str((3 << 184) - 1),
           "9" * 56, str(int("2" + "f" * 46, 16))]
BAD_NUMBERS = ["x", "", "00", "-1", "1" * 130]
SHARD_IDS = ["shardId-000000000000", "0", "shard-1", "shardId-000000000001", "x-2", "shardId-000000000099", "2147483647", "03"]
BAD_SHARD_IDS = ["shardId-x", "x", "2147483648", "-", "12-", "a-1.5"]
HOURS = [24, 24, 24, 25, 36, 48, 72, 168, 8760]
BAD_HOURS = [1, 23, 8761, 100000]
FILTERS = ["AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"]
ITERATOR_TYPES = ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"]
WRONG_TYPES = [True, 5, "x", [], {}, 1.5, None, ["a"], {"a": "b"}]
CUT = {"PutRecord", "PutRecords", "CreateStream", "DeleteStream", "AddTagsToStream", "RemoveTagsFromStream", "SplitShard", "MergeShards",
       "UpdateShardCount", "RegisterStreamConsumer", "DeregisterStreamConsumer", "IncreaseStreamRetentionPeriod",
       "DecreaseStreamRetentionPeriod", "EnableEnhancedMonitoring", "StartStreamEncryption", "StopStreamEncryption",
       "UpdateMaxRecordSize", "UpdateStreamMode"}
METRICS = list(METRICS)
MANY = 60  # of each kind of what is remembered
SECOND, MINUTE, HOUR = 1000, 60000, 3600000


class Generator:
    def __init__(self, rng, oracle, is_heavy=False, is_stretched=False):
        """Heavy: records are large, so that the server has to let go of some and to look for others. Stretched: for some
        time transitions do not end, so that states between can be looked at."""
        self.rng, self.oracle, self.is_heavy, self.is_stretched = rng, oracle, is_heavy, is_stretched
        self.iterators, self.numbers, self.tokens, self.times, self.consumers = [], [], [], [], []
        self.weights = {
            "PutRecord": 20, "PutRecords": 10, "GetShardIterator": 15, "GetRecords": 26, "ListShards": 7, "DescribeStream": 4,
            "DescribeStreamSummary": 3, "ListStreams": 4, "CreateStream": 4, "DeleteStream": 1, "AddTagsToStream": 4,
            "RemoveTagsFromStream": 2, "ListTagsForStream": 3, "IncreaseStreamRetentionPeriod": 2,
            "DecreaseStreamRetentionPeriod": 2, "DescribeLimits": 1, "SplitShard": 2, "MergeShards": 2,
            "UpdateShardCount": 1, "RegisterStreamConsumer": 3, "DescribeStreamConsumer": 3, "DeregisterStreamConsumer": 1.5,
            "ListStreamConsumers": 3, "SubscribeToShard": 4, "TagResource": 2, "UntagResource": 1,
            "ListTagsForResource": 2, "PutResourcePolicy": 1.5, "GetResourcePolicy": 2, "DeleteResourcePolicy": 1,
            "EnableEnhancedMonitoring": 1.5, "DisableEnhancedMonitoring": 1, "StartStreamEncryption": 2, "StopStreamEncryption": 1,
            "UpdateMaxRecordSize": 1, "UpdateStreamMode": 1.5, "UpdateStreamWarmThroughput": 1, "DescribeAccountSettings": 1,
            "UpdateAccountSettings": 1, "restart": 0.2, "kill": 0.3,
        }

    # ---- the sequence ----

    def next(self, number):
        rng = self.rng
        do = rng.choices(list(self.weights), list(self.weights.values()))[0]
        if not self.oracle.streams and rng.random() < 0.8:
            do = "CreateStream"
        elif self.tokens and self.tokens[-1][1][0] == number - 1 and self.maybe(0.5):
            do = self.tokens[-1][0]  # the next page
        operation = {"id": number, "wait": self.wait(), "do": do}
        if self.is_stretched and self.maybe(0.05 if self.oracle.stretched else 0.02):
            do = operation["do"] = "restart"
            operation["delay"] = "0" if self.oracle.stretched else "1h"
        if do in ("restart", "kill"):
            return operation
        body = getattr(self, "".join("_" + c.lower() if c.isupper() else c for c in do).lstrip("_"))()
        if rng.random() < 0.04:
            self.spoil(body)
        operation["body"] = body
        if rng.random() < 0.15 and do != "SubscribeToShard":
            operation["cbor"] = True
        if do in CUT and self.maybe(0.008):
            operation["cut"] = rng.choice([0, 50, 100, 200, 400, 800])
        return operation

    def wait(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.7:
            return 0 if kind < 0.3 else rng.randrange(1, 40)
        if kind < 0.97:
            return rng.randrange(40, 3 * SECOND)
        if kind < 0.996:
            return rng.choice((10 * SECOND, 100 * SECOND, 299999, 300000, 300001))
        return rng.choice((10 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR + 1))

    def saw(self, operation, answer):
        """Remember what a later operation can name."""
        number = operation["id"]
        self.times.append(number)
        if not answer:
            return
        for member, table in (("ShardIterator", self.iterators), ("NextShardIterator", self.iterators), ("NextToken", self.tokens)):
            if member in answer:
                table.append((operation["do"], [number, member]))
        stream = operation.get("body", {}).get("StreamName")
        if "ContinuationSequenceNumber" in answer:
            self.numbers.append((self.subscribed, operation["body"]["ShardId"], [number, "ContinuationSequenceNumber"]))
        if "Consumer" in answer:
            self.consumers.append([number, "Consumer", "ConsumerARN"])
        if "SequenceNumber" in answer:
            self.numbers.append((stream, answer["ShardId"], [number, "SequenceNumber"]))
        elif operation["do"] == "PutRecords" and "Records" in answer:
            for i, entry in enumerate(answer["Records"][:4]):
                self.numbers.append((stream, entry["ShardId"], [number, "Records", i, "SequenceNumber"]))
        for table in (self.iterators, self.numbers, self.tokens, self.times, self.consumers):
            del table[:-MANY]

    def spoil(self, body):
        """One member of a wrong type, missing, null, or unknown."""
        rng = self.rng
        members = [name for name in body if name not in ("Records", "ShardFilter", "StartingPosition", "MinimumThroughputBillingCommitment", "Tags", "StreamModeDetails")]
        kind = rng.random()
        if kind < 0.2 or not members:
            body["Unknown"] = rng.choice(WRONG_TYPES)
        elif kind < 0.5:
            body[rng.choice(members)] = None
        elif kind < 0.6:
            del body[rng.choice(members)]
        else:
            name = rng.choice(members)
            value = rng.choice(WRONG_TYPES)
            if not known_by_encoding(name, value):
                body[name] = value

    # ---- parts ----

    def maybe(self, chance):
        return self.rng.random() < chance

    def known(self):
        return self.rng.choice(sorted(self.oracle.streams)) if self.oracle.streams else self.rng.choice(NAMES)

    def name(self):
        draw = self.rng.random()
        if draw < 0.94:
            return self.known()
        return self.rng.choice(BAD_NAMES if draw > 0.98 else UNKNOWN + NAMES)

    def arn(self, name):
        draw = self.rng.random()
        account, region = "000000000000", "us-east-1"
        if draw > 0.97:
            return self.rng.choice(["arn:aws:kinesis:us-east-1:000:stream/x", "x", ""])
        if draw > 0.9:
            account, region = self.rng.choice([("123456789012", region), (account, "eu-west-1")])
        return "arn:aws:kinesis:%s:%s:stream/%s" % (region, account, name)

    def select(self, body):
        """Name, ARN, both, neither."""
        name, draw = self.name(), self.rng.random()
        if draw < 0.8 or draw > 0.97:
            body["StreamName"] = name
        if 0.8 <= draw < 0.98:
            body["StreamARN"] = self.arn(name if draw < 0.96 else self.known())
        if draw > 0.99:
            del body["StreamName"]
        if self.maybe(0.02):
            body["StreamId"] = self.rng.choice(["abcdefghij0123456789-a1b", "x"])
        return body

    def shard_id(self, name):
        """Mostly one that is there."""
        stream = self.oracle.streams.get(name)
        draw = self.rng.random()
        if stream and draw < 0.9:
            return self.rng.choice(stream.open_shards() if self.maybe(0.6) else stream.shards).id
        return self.rng.choice(BAD_SHARD_IDS if draw > 0.98 else SHARD_IDS)

    def limit(self, body, member="Limit", most=10000):
        if self.maybe(0.4):
            body[member] = self.rng.choice([1, 1, 2, 3, 5, 10, most])
        elif self.maybe(0.02):
            body[member] = self.rng.choice([0, -1, most + 1, 2.9])
        return body

    def time_of(self):
        """A moment near something that happened."""
        if not self.times or self.maybe(0.1):
            return {"$time": [None, self.rng.choice([0, 1, -1, -HOUR, -24 * HOUR])]}
        return {"$time": [self.rng.choice(self.times), self.rng.choice([0, 0, 0, 1, -1, 5, -1000])]}

    def sequence_number(self, stream=None, shard=None):
        """Mostly one of that shard."""
        draw = self.rng.random()
        if draw > 0.985:
            return self.rng.choice(BAD_NUMBERS)
        if draw > 0.95:
            return self.rng.choice(NUMBERS)
        mine = [path for name, one, path in self.numbers if stream is None or (name, one) == (stream, shard)]
        if draw < 0.8 and mine:
            return {"$ref": self.rng.choice(mine), "add": self.rng.choice([0] * 8 + [1, -1, 16, 1 << 80])}
        known = self.oracle.streams.get(stream) or self.oracle.streams.get(self.known())
        index = int(shard[8:]) if shard and shard.startswith("shardId-0") else 0
        if known and index < len(known.shards) and known.shards[index].created_s is not None:
            return {"$start": [known.name, index], "add": self.rng.choice([0, 0, 1, -1])}
        return {"$ref": self.rng.choice(self.numbers)[2]} if self.numbers else "0"

    # ---- a body each ----

    def create_stream(self):
        body, rng = {"StreamName": rng_name(self)}, self.rng
        draw = rng.random()
        if draw < 0.85:
            body["ShardCount"] = rng.choice([1, 1, 2, 3, 4, 5]) if draw < 0.8 else rng.choice([0, -1, 7, 50])
        if draw < 0.1:
            body["WarmThroughputMiBps"] = rng.choice([0, 5])
        if draw < 0.2 or draw > 0.9:
            body["StreamModeDetails"] = {"StreamMode": rng.choice(["PROVISIONED", "ON_DEMAND", "PROVISIONED", "OTHER"])}
        if self.maybe(0.3):
            body["Tags"] = self.tags()
        if self.maybe(0.1):
            body["MaxRecordSizeInKiB"] = rng.choice([1024, 2048, 10240, 1023, 10241])
        return body

    def delete_stream(self):
        body = self.select({})
        if self.maybe(0.3):
            body["EnforceConsumerDeletion"] = self.rng.choice([True, False, "yes", "HELLO", "0"])
        return body

    def describe_stream(self):
        body = self.limit(self.select({}))
        if self.maybe(0.3) and body.get("StreamName") in self.oracle.streams:
            body["ExclusiveStartShardId"] = self.shard_id(body["StreamName"])
        return body

    def describe_stream_summary(self):
        return self.select({})

    def describe_limits(self):
        return {}

    def token(self, do):
        """Mostly one of that operation; an old one; none at all."""
        draw = self.rng.random()
        mine = [path for one, path in self.tokens if one == do]
        if draw > 0.95 or not self.tokens:
            return self.rng.choice(["x", "", "AAAA", "bm9uZQ=="])
        return {"$ref": mine[-1] if mine and draw < 0.7 else self.rng.choice(self.tokens)[1]}

    def list_streams(self):
        body = self.limit({})
        if self.maybe(0.4):
            body["NextToken"] = self.token("ListStreams")
        if self.maybe(0.2):
            body["ExclusiveStartStreamName"] = self.name()
        return body

    def list_shards(self):
        rng, body = self.rng, {}
        draw = rng.random()
        if draw < (0.7 if self.tokens and self.tokens[-1][0] == "ListShards" else 0.25) and self.tokens:
            body["NextToken"] = self.token("ListShards")
        if "NextToken" not in body or self.maybe(0.03):
            self.select(body)
        name, alone = body.get("StreamName"), "NextToken" in body and self.maybe(0.97)
        if not alone and self.maybe(0.25):
            body["ExclusiveStartShardId"] = self.shard_id(name) if name in self.oracle.streams else "0"
        if not alone and self.maybe(0.5):
            body["ShardFilter"] = self.filter(name)
        if not alone and self.maybe(0.05):
            body["StreamCreationTimestamp"] = self.time_of()
        if "ShardFilter" in body and self.maybe(0.5):
            body["MaxResults"] = rng.choice([1, 1, 2, 3])
            return body
        return self.limit(body, "MaxResults")

    def filter(self, name):
        kind = self.rng.choice(FILTERS if self.maybe(0.97) else ["NO"])
        made = {"Type": kind}
        if (kind == "AFTER_SHARD_ID") != self.maybe(0.04):
            made["ShardId"] = self.shard_id(name) if name in self.oracle.streams else "0"
        if kind.endswith("_TIMESTAMP") != self.maybe(0.04):
            made["Timestamp"] = self.time_of()
        return made

    def entry(self, may_be_large=True):
        rng = self.rng
        key = rng.choice(KEYS)
        if self.maybe(0.01):
            key = rng.choice(["", "k" * 257])
        made = {"PartitionKey": key, "Data": {"$blob": rng.choice(["", "x", "datum-%d" % rng.randrange(1000), "é" * rng.randrange(40)])}}
        if self.is_heavy and may_be_large and self.maybe(0.3):
            made["Data"] = {"$fill": ["%d/" % rng.randrange(1 << 30), rng.choice([1000, 10000, 60000, 200000])]}
        if self.maybe(0.2):
            made["ExplicitHashKey"] = rng.choice(HASH_KEYS) if self.maybe(0.97) else rng.choice(BAD_HASH_KEYS)
        return made

    def put_record(self):
        body = self.select(self.entry())
        if self.maybe(0.005):
            body["Data"] = {"$zeros": self.rng.choice([1048576, 1048577, 2097152, 2097153] * 3 + [10485760, 10485761])}
        if self.maybe(0.1):
            body["SequenceNumberForOrdering"] = self.sequence_number()
        return self.dry(body)

    def dry(self, body):
        if self.maybe(0.02):
            body["DryRun"] = self.rng.choice([True, False])
        return body

    def put_records(self):
        count = self.rng.choice([1, 2, 3, 5, 10, 20])
        if self.maybe(0.01):
            count = self.rng.choice([0, 500, 501])
        body = {"Records": [self.entry(count < 100) for _ in range(count)]}
        if self.maybe(0.005) and count:
            body["Records"][-1]["Data"] = {"$zeros": 1048577}
        return self.dry(self.select(body))

    def get_shard_iterator(self):
        rng = self.rng
        body = self.select({})
        name = body.get("StreamName") or (body.get("StreamARN") or "").rpartition("/")[2]
        body["ShardId"] = self.shard_id(name)
        kind = body["ShardIteratorType"] = rng.choice(ITERATOR_TYPES) if self.maybe(0.99) else "NONE"
        if kind.endswith("SEQUENCE_NUMBER") != self.maybe(0.03):
            body["StartingSequenceNumber"] = self.sequence_number(name, body["ShardId"])
        if (kind == "AT_TIMESTAMP") != self.maybe(0.03):
            body["Timestamp"] = self.time_of()
        return self.dry(body)

    def get_records(self):
        rng = self.rng
        if self.iterators:
            recent = self.iterators[-6:] if self.maybe(0.85) else self.iterators
            iterator = {"$ref": rng.choice(recent)[1]}
            if self.maybe(0.02):
                iterator["wrap"] = rng.choice(['"%s"', "%sA", "A%s", '"%s'])
        else:
            iterator = "AAAA"
        body = self.limit({"ShardIterator": iterator if self.maybe(0.99) else rng.choice(["", "x", "AAAAAAAAAAE="])})
        if self.maybe(0.05):
            body["StreamARN"] = self.arn(self.name())
        return self.dry(body)

    def tags(self, fine=0.93):
        rng = self.rng
        if self.maybe(0.015):
            return {}
        if not self.maybe(fine):
            return {rng.choice(TAG_KEYS + BAD_TAGS + ["", "t" * 129]): rng.choice(TAG_VALUES + BAD_TAGS + ["v" * 257])}
        return {key: rng.choice(TAG_VALUES) for key in rng.sample(TAG_KEYS, rng.randrange(1, 5))}

    def add_tags_to_stream(self):
        return self.select({"Tags": self.tags()})

    def remove_tags_from_stream(self):
        keys = self.rng.sample(TAG_KEYS, self.rng.randrange(1, 4))
        if self.maybe(0.1):
            keys = self.rng.choice([[], ["a%"], ["t;"], [""], ["t" * 129], keys + keys])
        return self.select({"TagKeys": keys})

    def list_tags_for_stream(self):
        body = self.limit(self.select({}), most=50)
        if self.maybe(0.3):
            body["ExclusiveStartTagKey"] = self.rng.choice(TAG_KEYS + ["", "b", "t" * 129])
        return body

    def open_shard(self, name):
        stream = self.oracle.streams.get(name)
        return self.rng.choice(stream.open_shards()) if stream and self.maybe(0.9) else None

    def split_shard(self):
        rng, body = self.rng, self.select({})
        shard = self.open_shard(body.get("StreamName"))
        body["ShardToSplit"] = shard.id if shard else self.shard_id(body.get("StreamName"))
        if shard:
            keys = [shard.start + (shard.end - shard.start) // part for part in (2, 2, 3, 5)] if self.maybe(0.85) else [
                shard.start, shard.start + 1, shard.start + 2, shard.end - 1, shard.end, shard.end + 1]
            body["NewStartingHashKey"] = str(rng.choice(keys))
        else:
            body["NewStartingHashKey"] = rng.choice(HASH_KEYS + BAD_HASH_KEYS)
        return body

    def merge_shards(self):
        body = self.select({})
        name = body.get("StreamName")
        stream, lower = self.oracle.streams.get(name), self.open_shard(name)
        upper = next((one for one in stream.open_shards() if lower and one.start == lower.end + 1), None) if stream else None
        body["ShardToMerge"] = lower.id if lower else self.shard_id(name)
        body["AdjacentShardToMerge"] = upper.id if upper else self.shard_id(name)
        return body

    def update_shard_count(self):
        body = self.select({})
        stream = self.oracle.streams.get(body.get("StreamName"))
        count = len(stream.open_shards()) if stream else 1
        body["TargetShardCount"] = self.rng.choice([count - 1, count + 1, count * 2, (count + 1) // 2, count, 1, 3, 4] if self.maybe(0.9)
                                                   else [0, -1, count * 2 + 1, count // 2, 13, 100])
        body["ScalingType"] = "UNIFORM_SCALING" if self.maybe(0.98) else "OTHER"
        return body

    def consumer_name(self):
        return self.rng.choice(CONSUMERS if self.maybe(0.97) else BAD_NAMES)

    def stream_arn(self):
        return self.arn(self.name())

    def register_stream_consumer(self):
        body = {"StreamARN": self.stream_arn(), "ConsumerName": self.consumer_name()}
        if self.maybe(0.2):
            body["Tags"] = self.tags()
        return body

    def describe_stream_consumer(self):
        """By ARN, by stream and name, by what does not suffice."""
        body, rng = {}, self.rng
        draw = rng.random()
        if draw < 0.5 and self.consumers:
            body["ConsumerARN"] = {"$ref": rng.choice(self.consumers[-8:] if self.maybe(0.9) else self.consumers)}
        elif draw < 0.55:
            body["ConsumerARN"] = rng.choice(["arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c1:1", "x", ""])
        if not 0.08 < draw < 0.55:
            body["StreamARN"] = self.stream_arn()
        if not 0.04 < draw < 0.53:
            body["ConsumerName"] = self.consumer_name()
        return body

    deregister_stream_consumer = describe_stream_consumer

    def subscribe_to_shard(self):
        """Mostly of a consumer that is there."""
        rng = self.rng
        there = [(stream, consumer) for stream in self.oracle.streams.values() for consumer in stream.consumers.values()]
        stream, consumer = rng.choice(there) if there and self.maybe(0.95) else (None, None)
        self.subscribed = stream.name if stream else self.known()
        shard, kind = self.shard_id(self.subscribed), rng.choice(ITERATOR_TYPES) if self.maybe(0.99) else "NONE"
        start = {"Type": kind}
        if kind.endswith("SEQUENCE_NUMBER") != self.maybe(0.03):
            start["SequenceNumber"] = self.sequence_number(self.subscribed, shard)
        if (kind == "AT_TIMESTAMP") != self.maybe(0.03):
            start["Timestamp"] = self.time_of()
        arn = consumer.arn if consumer else rng.choice(["arn:aws:kinesis:us-east-1:000000000000:stream/a/consumer/c1:1", "x"])
        return self.dry({"ConsumerARN": arn, "ShardId": shard, "StartingPosition": start})

    def list_stream_consumers(self):
        body = {"StreamARN": self.stream_arn()}
        if self.maybe(0.3):
            body["NextToken"] = self.token("ListStreamConsumers")
        if self.maybe(0.05):
            body["StreamCreationTimestamp"] = self.time_of()
        return self.limit(body, "MaxResults")

    def resource(self):
        """A stream, a consumer, what is neither."""
        rng = self.rng
        draw = rng.random()
        if draw < 0.5 and self.consumers:
            return {"ResourceARN": {"$ref": rng.choice(self.consumers[-5:])}}
        if draw > 0.97:
            return {"ResourceARN": rng.choice(["", "x", "arn:aws:kinesis:us-east-1:000000000000:channel/a"])}
        return {"ResourceARN": self.arn(self.known() if draw < 0.94 else rng.choice(UNKNOWN)) + (
            "" if draw < 0.92 else "/consumer/c1:1767225600")}

    def tag_resource(self):
        return {**self.resource(), "Tags": self.tags()}

    def untag_resource(self):
        return {**self.resource(), **{name: value for name, value in self.remove_tags_from_stream().items() if name == "TagKeys"}}

    def put_resource_policy(self):
        return {**self.resource(), "Policy": self.rng.choice(POLICIES if self.maybe(0.9) else BAD_POLICIES)}

    list_tags_for_resource = get_resource_policy = delete_resource_policy = resource

    def enable_enhanced_monitoring(self):
        names = self.rng.sample(METRICS, self.rng.randrange(1, 4)) if self.maybe(0.8) else self.rng.choice(
            [["ALL"], ["ALL", METRICS[0]], [], ["Other"], [METRICS[1]] * 2, METRICS + ["ALL"]])
        return self.select({"ShardLevelMetrics": list(names)})

    disable_enhanced_monitoring = enable_enhanced_monitoring

    def start_stream_encryption(self):
        kind = "KMS" if self.maybe(0.96) else self.rng.choice(["NONE", "AES"])
        return self.select({"EncryptionType": kind, "KeyId": self.rng.choice(KMS_KEYS if self.maybe(0.95) else BAD_KMS_KEYS)})

    def stop_stream_encryption(self):
        body = self.start_stream_encryption()
        stream = self.oracle.streams.get(body.get("StreamName"))
        if stream and stream.key and self.maybe(0.7):
            body["KeyId"] = stream.key
        return body

    def update_max_record_size(self):
        body = {"MaxRecordSizeInKiB": self.rng.choice([1024, 1025, 2048, 10240, 1023, 10241])}
        if self.maybe(0.97):
            body["StreamARN"] = self.stream_arn()
        return body

    def update_stream_mode(self):
        body = {"StreamARN": self.stream_arn(), "StreamModeDetails": {"StreamMode": self.rng.choice(["PROVISIONED", "ON_DEMAND"])}}
        if self.maybe(0.2):
            body["WarmThroughputMiBps"] = self.rng.choice([0, 1, 501])
        return body

    def update_stream_warm_throughput(self):
        """Never more than the least number of shards: a stream that lacks some gets them whenever the server pleases."""
        return self.select({"WarmThroughputMiBps": self.rng.choice([0, 1, 1, 501, -1])})

    def describe_account_settings(self):
        return {}

    def update_account_settings(self):
        return {"MinimumThroughputBillingCommitment": {"Status": self.rng.choice(["ENABLED", "ENABLED", "DISABLED"]
                                                                                 if self.maybe(0.97) else ["ON"])}}

    def increase_stream_retention_period(self):
        return self.select({"RetentionPeriodHours": self.rng.choice(HOURS if self.maybe(0.9) else BAD_HOURS + [0, -5])})

    decrease_stream_retention_period = increase_stream_retention_period


def known_by_encoding(name, value):
    """Whether JSON and CBOR differ in what the value means there."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return name == "Data" and isinstance(value, str) or number and name in ("Timestamp", "StreamCreationTimestamp")


def rng_name(generator):
    """Of a stream to make: mostly one that is not there."""
    free = [name for name in NAMES if name not in generator.oracle.streams]
    draw = generator.rng.random()
    if free and draw < 0.85:
        return generator.rng.choice(free)
    return generator.rng.choice(NAMES if draw < 0.97 else BAD_NAMES)
