"""Members of every operation: their types, constraints, and the texts of what breaks them.

Written from the reference of the wire API (member types, the grammar of ValidationException, shared constraints).
A value of a request is what JSON knows, or bytes for a blob, or Ms for a timestamp.
"""
import re

CLAUSES_MAX = 10
NUMBER = "com.amazon.coral.value.json.numbers.TruncatingBigNumber"


class Ms(int):
    """A timestamp: milliseconds since 1970."""


class Refused(Exception):
    """Of .type, with .message; .member is the name the message goes by."""

    def __init__(self, type_, message, member="message"):
        super().__init__(type_, message)
        self.type, self.message, self.member = type_, message, member


def class_of(value):
    if isinstance(value, bool):
        return "java.lang.Boolean"
    return "java.lang.String" if isinstance(value, str) else NUMBER


class Shape:
    words = "an String"

    def wrong(self, value):
        """The text for a value of another type; None if it is of this one."""
        if isinstance(value, list):
            return "Start of list found where not expected"
        if isinstance(value, dict):
            return "Start of structure or map found where not expected."
        return None if self.fits(value) else "class %s can not be converted to %s" % (class_of(value), self.words)

    def take(self, value):
        """The value as the operation sees it; Refused if it is of another type."""
        text = self.wrong(value)
        if text:
            raise Refused("SerializationException", text, "Message")
        return value

    def clauses(self, value, path):
        return [clause(self.printed(value), path, phrase) for phrase in self.phrases(value)]

    def printed(self, value):
        return "'%s'" % value

    def phrases(self, value):
        return []


def clause(value, path, phrase):
    return "Value %s at '%s' failed to satisfy constraint: %s" % (value, path, phrase)


def length_phrases(length, least, most):
    if least is not None and length < least:
        yield "Member must have length greater than or equal to %d" % least
    if most is not None and length > most:
        yield "Member must have length less than or equal to %d" % most


def length_list(shape):
    return "[Member must have length less than or equal to %d, Member must have length greater than or equal to %d]" % (
        shape.most, shape.least)


class Text(Shape):
    def __init__(self, least=None, most=None, pattern=None, enum=None):
        self.least, self.most, self.pattern, self.enum = least, most, pattern, enum

    def fits(self, value):
        return isinstance(value, str)

    def phrases(self, value):
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            yield "Member must satisfy regular expression pattern: " + self.pattern
        if self.enum and value not in self.enum:
            yield "Member must satisfy enum value set: [%s]" % ", ".join(self.enum)
        yield from length_phrases(len(value.encode("utf-16-le")) // 2, self.least, self.most)


class Number(Shape):
    def __init__(self, least=None, most=None, words="an Integer"):
        self.least, self.most, self.words = least, most, words

    def fits(self, value):
        return isinstance(value, (int, float)) and not isinstance(value, (bool, Ms))

    def take(self, value):
        return min(int(super().take(value)), 2147483647)

    def phrases(self, value):
        if self.least is not None and value < self.least:
            yield "Member must have value greater than or equal to %d" % self.least
        if self.most is not None and value > self.most:
            yield "Member must have value less than or equal to %d" % self.most


class Boolean(Shape):
    words = "an Boolean"

    def fits(self, value):
        return isinstance(value, (bool, str))

    def take(self, value):
        value = super().take(value)
        if isinstance(value, str):
            if value.upper() not in ("TRUE", "FALSE", "1", "0", "YES", "NO"):
                raise Refused("SerializationException", "'%s' can not be converted to an Boolean" % value.upper(), "Message")
            return value.upper() in ("TRUE", "1", "YES")
        return value


class Blob(Shape):
    words = "a Blob"

    def __init__(self, most):
        self.most = most

    def fits(self, value):
        return isinstance(value, bytes)

    def printed(self, value):
        return printed_blob(value)

    def phrases(self, value):
        return length_phrases(len(value), None, self.most)


def printed_blob(value):
    return "'java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]'" % (len(value), len(value))


def blob_clause(value, path, most):
    return clause(printed_blob(value), path, "Member must have length less than or equal to %d" % most)


class Time(Shape):
    words = "milliseconds since epoch"

    def fits(self, value):
        return isinstance(value, Ms)


class List(Shape):
    def __init__(self, item, least=None, most=None):
        self.item, self.least, self.most = item, least, most

    def wrong(self, value):
        if isinstance(value, list):
            return None
        return "Start of structure or map found where not expected." if isinstance(value, dict) else "Expected list or null"

    def take(self, value):
        return [self.item.take(one) for one in super().take(value)]

    def clauses(self, value, path):
        listed = [printed_item(one) for one in value]
        made = [clause("'[%s]'" % ", ".join(listed), path, phrase)
                for phrase in length_phrases(len(value), self.least, self.most)]
        if isinstance(self.item, Text):
            if any(list(self.item.phrases(one)) for one in value):
                inner = length_list(self.item) if not self.item.enum else (
                    "[Member must satisfy enum value set: [%s]]" % ", ".join(self.item.enum))
                made.append(clause("'[%s]'" % ", ".join(listed), path, "Member must satisfy constraint: " + inner))
            return made
        for i, one in enumerate(value):
            made += self.item.clauses(one, "%s.%d.member" % (path, i + 1))
        return made


def printed_item(value):
    return value if isinstance(value, str) else "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@********"


class Map(Shape):
    def __init__(self, key, value, least, most):
        self.key, self.value, self.least, self.most = key, value, least, most

    def wrong(self, value):
        if isinstance(value, dict):
            return None
        return "Start of list found where not expected" if isinstance(value, list) else "Expected map or null"

    def take(self, value):
        return {name: self.value.take(one) for name, one in super().take(value).items()}

    def clauses(self, value, path):
        printed = "'{%s}'" % ", ".join("%s=%s" % pair for pair in value.items())
        made = [clause(printed, path, phrase) for phrase in length_phrases(len(value), self.least, self.most)]
        if any(list(self.key.phrases(one)) for one in value):
            made.append(clause(printed, path, "Map keys must satisfy constraint: " + length_list(self.key)))
        if any(list(self.value.phrases(one)) for one in value.values()):
            made.append(clause(printed, path, "Map value must satisfy constraint: " + length_list(self.value)))
        return made


class Structure(Shape):
    """`members`: (name, shape) or (name, shape, True) for a required one, in the order of the clauses."""

    def __init__(self, *members):
        self.members = [member if len(member) == 3 else member + (False,) for member in members]

    def wrong(self, value):
        if isinstance(value, dict):
            return None
        return "Start of list found where not expected" if isinstance(value, list) else "Expected null"

    def take(self, value):
        """The known members that are there; null is as absent. The first wrong one in the document is told."""
        super().take(value)
        shapes = {name: shape for name, shape, _ in self.members}
        return {name: shapes[name].take(one) for name, one in value.items() if name in shapes and one is not None}

    def clauses(self, value, path=""):
        made = []
        for name, shape, required in self.members:
            at = path + ("." if path else "") + name[0].lower() + name[1:]
            if name in value:
                made += shape.clauses(value[name], at)
            elif required:
                made.append("Value null at '%s' failed to satisfy constraint: Member must not be null" % at)
        return made


def checked(shape, body):
    """The request as the operation sees it; Refused when a type or a constraint is broken."""
    request = shape.take(body)
    clauses = shape.clauses(request)[:CLAUSES_MAX]
    if clauses:
        raise Refused("ValidationException", violations(clauses))
    return request


def violations(clauses):
    return "%d validation error%s detected: %s" % (len(clauses), "s" if len(clauses) > 1 else "", "; ".join(clauses))


NAME = Text(1, 128, r"[a-zA-Z0-9_.-]+")
STREAM_ARN = Text(1, 2048, r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")
CONSUMER_ARN = Text(1, 2048, r"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+")
RESOURCE_ARN = Text(1, 2048, r"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+")
STREAM_ID = Text(1, 24, r"[a-z0-9]{20}-[a-z0-9]{3}")
NUMBER_TEXT = Text(pattern=r"0|([1-9]\d{0,128})")
HASH_KEY = Text(pattern=r"0|([1-9]\d{0,38})")
PARTITION_KEY = Text(1, 256)
DATA = Blob(10485760)
ITERATOR = Text(1, 512)
TOKEN = Text(1, 1048576)
TAG_KEY, TAG_VALUE = Text(1, 128), Text(0, 256)
TAGS = Map(TAG_KEY, TAG_VALUE, 1, 200)
TAG_KEYS = List(TAG_KEY, 1, 50)
PAGE = Number(1, 10000)
HOURS = Number(1)
MODE = Structure(("StreamMode", Text(enum=("PROVISIONED", "ON_DEMAND")), True))
METRICS = ("IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
           "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds")
MONITORED = List(Text(enum=METRICS + ("ALL",)), 1, 7)
RECORD_KIB, WARM = Number(1024, 10240), Number(0)
STRATEGY = Text(enum=("AUTO", "USER_PARTITION_KEY"))
ITERATOR_TYPE = Text(enum=("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"))
POSITION = Structure(("Type", ITERATOR_TYPE, True), ("SequenceNumber", NUMBER_TEXT), ("Timestamp", Time()))
FILTER = Structure(
    ("Type", Text(enum=("AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP",
                        "FROM_TIMESTAMP")), True),
    ("ShardId", NAME), ("Timestamp", Time()))
ENTRY = Structure(("PartitionKey", PARTITION_KEY, True), ("ExplicitHashKey", HASH_KEY), ("Data", DATA, True))

SELECTED = (("StreamName", NAME), ("StreamARN", STREAM_ARN), ("StreamId", STREAM_ID))

ONE_CONSUMER = Structure(("ConsumerName", NAME), ("ConsumerARN", CONSUMER_ARN), *SELECTED[1:])
RESOURCE = (("ResourceARN", RESOURCE_ARN, True), SELECTED[2])
ENCRYPTION = (("EncryptionType", Text(enum=("NONE", "KMS")), True), ("KeyId", Text(1, 2048), True))


def with_dry_run(*members):
    """Members of the data plane: DryRun stands between name and ARN."""
    return Structure(*members, ("StreamName", NAME), ("DryRun", Boolean()), ("StreamARN", STREAM_ARN), ("StreamId", STREAM_ID))


OPERATIONS = {
    "CreateStream": Structure(
        ("ShardCount", Number(1)), ("StreamName", NAME, True), ("StreamModeDetails", MODE), ("Tags", TAGS),
        ("WarmThroughputMiBps", WARM), ("MaxRecordSizeInKiB", RECORD_KIB),
        ("RecordDistributionStrategy", STRATEGY)),
    "DeleteStream": Structure(("StreamName", NAME), ("EnforceConsumerDeletion", Boolean()), *SELECTED[1:]),
    "DescribeStream": Structure(("Limit", PAGE), ("ExclusiveStartShardId", NAME), *SELECTED),
    "DescribeStreamSummary": Structure(*SELECTED),
    "ListStreams": Structure(("Limit", PAGE), ("ExclusiveStartStreamName", NAME), ("NextToken", TOKEN)),
    "DescribeLimits": Structure(),
    "ListShards": Structure(
        ("ExclusiveStartShardId", NAME), ("MaxResults", PAGE), ("NextToken", TOKEN), ("StreamCreationTimestamp", Time()),
        ("StreamName", NAME), ("ShardFilter", FILTER), *SELECTED[1:]),
    "PutRecord": with_dry_run(
        ("SequenceNumberForOrdering", NUMBER_TEXT), ("PartitionKey", PARTITION_KEY, True), ("ExplicitHashKey", HASH_KEY),
        ("Data", DATA, True)),
    "PutRecords": with_dry_run(("Records", List(ENTRY, 1, 500), True)),
    "GetShardIterator": Structure(
        ("ShardId", NAME, True), ("ShardIteratorType", ITERATOR_TYPE, True), ("StartingSequenceNumber", NUMBER_TEXT),
        ("StreamName", NAME), ("Timestamp", Time()), ("DryRun", Boolean()), *SELECTED[1:]),
    "GetRecords": Structure(
        ("Limit", PAGE), ("ShardIterator", ITERATOR, True), ("DryRun", Boolean()), *SELECTED[1:]),
    "AddTagsToStream": Structure(("Tags", TAGS, True), *SELECTED),
    "RemoveTagsFromStream": Structure(("TagKeys", TAG_KEYS, True), *SELECTED),
    "TagResource": Structure(("Tags", TAGS, True), *RESOURCE),
    "UntagResource": Structure(("TagKeys", TAG_KEYS, True), *RESOURCE),
    "ListTagsForResource": Structure(*RESOURCE),
    "PutResourcePolicy": Structure(("Policy", Text(), True), *RESOURCE),
    "GetResourcePolicy": Structure(*RESOURCE),
    "DeleteResourcePolicy": Structure(*RESOURCE),
    "EnableEnhancedMonitoring": Structure(("ShardLevelMetrics", MONITORED, True), *SELECTED),
    "DisableEnhancedMonitoring": Structure(("ShardLevelMetrics", MONITORED, True), *SELECTED),
    "StartStreamEncryption": Structure(*ENCRYPTION, *SELECTED),
    "StopStreamEncryption": Structure(*ENCRYPTION, *SELECTED),
    "UpdateMaxRecordSize": Structure(("MaxRecordSizeInKiB", RECORD_KIB, True), *SELECTED[1:]),
    "UpdateStreamMode": Structure(
        ("StreamModeDetails", MODE, True), ("WarmThroughputMiBps", WARM), ("StreamARN", STREAM_ARN, True), SELECTED[2]),
    "UpdateStreamWarmThroughput": Structure(("WarmThroughputMiBps", WARM, True), *SELECTED),
    "DescribeAccountSettings": Structure(),
    "UpdateAccountSettings": Structure(
        ("MinimumThroughputBillingCommitment", Structure(("Status", Text(enum=("ENABLED", "DISABLED")), True)), True)),
    "ListTagsForStream": Structure(("Limit", Number(1, 50)), ("ExclusiveStartTagKey", TAG_KEY), *SELECTED),
    "SplitShard": Structure(("NewStartingHashKey", HASH_KEY, True), SELECTED[0], ("ShardToSplit", NAME, True), *SELECTED[1:]),
    "MergeShards": Structure(("ShardToMerge", NAME, True), ("AdjacentShardToMerge", NAME, True), *SELECTED),
    "UpdateShardCount": Structure(
        ("TargetShardCount", Number(1), True), SELECTED[0], ("ScalingType", Text(enum=("UNIFORM_SCALING",)), True),
        *SELECTED[1:]),
    "RegisterStreamConsumer": Structure(("Tags", TAGS), ("ConsumerName", NAME, True), ("StreamARN", STREAM_ARN, True), SELECTED[2]),
    "DescribeStreamConsumer": ONE_CONSUMER,
    "DeregisterStreamConsumer": ONE_CONSUMER,
    "SubscribeToShard": Structure(
        ("ConsumerARN", CONSUMER_ARN, True), ("ShardId", NAME, True), ("StartingPosition", POSITION, True), ("DryRun", Boolean()),
        SELECTED[2]),
    "ListStreamConsumers": Structure(
        ("MaxResults", PAGE), ("NextToken", TOKEN), ("StreamCreationTimestamp", Time()), ("StreamARN", STREAM_ARN, True), SELECTED[2]),
    "IncreaseStreamRetentionPeriod": Structure(("RetentionPeriodHours", HOURS, True), *SELECTED),
    "DecreaseStreamRetentionPeriod": Structure(("RetentionPeriodHours", HOURS, True), *SELECTED),
}
