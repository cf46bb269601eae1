"""What any Kinesis client must see: one list of scenarios, run through every driver of drivers.py.

A scenario is a function of one argument, a Session: session.call("PutRecord", StreamName=..., ...) answers
a dict as the API has it (blobs are bytes, timestamps datetime or epoch numbers) or raises ApiError. Its
name is a sentence that holds. A new client is a new driver, never a new list.
"""
import datetime
import hashlib
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

    def refused(self, operation, **members):
        """The ApiError that the call must raise."""
        try:
            answer = self.call(operation, **members)
        except ApiError as error:
            assert error.status in (400, None), "status %r of %s" % (error.status, error)
            return error
        raise AssertionError("%s was accepted: %r" % (operation, answer))

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


# ---- streams -----------------------------------------------------------------------------------

def a_created_stream_is_described_listed_and_gone_after_delete(s):
    name = s.stream(3)
    described = s.call("DescribeStream", StreamName=name)["StreamDescription"]
    equal((described["StreamName"], described["StreamARN"], described["StreamStatus"]), (name, arn(name), "ACTIVE"))
    equal((described["RetentionPeriodHours"], described["HasMoreShards"], described["EncryptionType"]), (24, False, "NONE"))
    equal(described["EnhancedMonitoring"], [{"ShardLevelMetrics": []}])
    assert abs(seconds(described["StreamCreationTimestamp"]) - time.time()) < 60
    equal([shard["ShardId"] for shard in described["Shards"]], [shard_id(i) for i in range(3)])
    assert name in s.call("ListStreams", Limit=10000)["StreamNames"]
    s.call("DeleteStream", StreamName=name)
    error = s.refused("DescribeStream", StreamName=name)
    equal((error.kind, error.message), ("ResourceNotFoundException", "Stream %s under account %s not found." % (name, ACCOUNT)))
    assert name not in s.call("ListStreams", Limit=10000)["StreamNames"]


def hash_ranges_cover_the_key_space_in_equal_parts(s):
    for count in (1, 2, 3, 5):
        name = s.stream(count)
        shards = s.call("DescribeStream", StreamName=name)["StreamDescription"]["Shards"]
        ranges = [(int(x["HashKeyRange"]["StartingHashKey"]), int(x["HashKeyRange"]["EndingHashKey"])) for x in shards]
        equal([start for start, _ in ranges], [i * (2 ** 128 // count) for i in range(count)])
        equal([end + 1 for _, end in ranges[:-1]], [start for start, _ in ranges[1:]])
        equal(ranges[-1][1], HASH_KEY_MAX)
        for shard in shards:
            assert "EndingSequenceNumber" not in shard["SequenceNumberRange"] and "ParentShardId" not in shard


def a_summary_counts_open_shards(s):
    name = s.stream(4)
    summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    equal((summary["StreamName"], summary["OpenShardCount"], summary["ConsumerCount"], summary["StreamStatus"]), (name, 4, 0, "ACTIVE"))
    equal(summary["StreamModeDetails"], {"StreamMode": "PROVISIONED"})


def a_name_is_taken_once(s):
    name = s.stream()
    error = s.refused("CreateStream", StreamName=name, ShardCount=1)
    equal((error.kind, error.message), ("ResourceInUseException", "Stream %s under account %s already exists." % (name, ACCOUNT)))


def a_name_can_be_used_again_and_shows_nothing_of_the_old_stream(s):
    name = s.stream()
    s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"old")
    s.call("DeleteStream", StreamName=name)
    s.call("CreateStream", StreamName=name, ShardCount=1)
    equal(s.read(name), [])


def an_on_demand_stream_starts_with_four_shards(s):
    name = s.prefix + "-on-demand"
    s.call("CreateStream", StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    equal((summary["OpenShardCount"], summary["StreamModeDetails"]), (4, {"StreamMode": "ON_DEMAND"}))


def streams_are_listed_in_pages_by_name(s):
    names = sorted(s.stream() for _ in range(5))
    found, last = [], names[0][:-1]
    while True:
        page = s.call("ListStreams", Limit=2, ExclusiveStartStreamName=last)
        found += page["StreamNames"]
        if not page["HasMoreStreams"] or not found[-1].startswith(s.prefix):
            break
        last = found[-1]
    equal([name for name in found if name in names], names)


def a_list_of_streams_tells_the_mode_and_age_of_each(s):
    name = s.stream()
    described = s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    page = s.call("ListStreams", ExclusiveStartStreamName=name[:-1], Limit=1)
    equal(page["StreamSummaries"], [{"StreamName": name, "StreamARN": arn(name), "StreamStatus": "ACTIVE",
                                     "StreamModeDetails": {"StreamMode": "PROVISIONED"},
                                     "StreamCreationTimestamp": described["StreamCreationTimestamp"]}])


def shards_are_described_in_pages(s):
    name = s.stream(5)
    first = s.call("DescribeStream", StreamName=name, Limit=2)["StreamDescription"]
    equal(([x["ShardId"] for x in first["Shards"]], first["HasMoreShards"]), ([shard_id(0), shard_id(1)], True))
    rest = s.call("DescribeStream", StreamName=name, Limit=3, ExclusiveStartShardId=shard_id(1))["StreamDescription"]
    equal(([x["ShardId"] for x in rest["Shards"]], rest["HasMoreShards"]), ([shard_id(2), shard_id(3), shard_id(4)], False))


def shards_are_listed_in_pages_with_a_token(s):
    name = s.stream(5)
    page = s.call("ListShards", StreamName=name, MaxResults=2)
    found = [x["ShardId"] for x in page["Shards"]]
    while page.get("NextToken"):
        page = s.call("ListShards", NextToken=page["NextToken"], MaxResults=2)
        found += [x["ShardId"] for x in page["Shards"]]
    equal(found, [shard_id(i) for i in range(5)])
    error = s.refused("ListShards", StreamName=name, NextToken="x")
    equal((error.kind, error.message), ("InvalidArgumentException", "NextToken and StreamName cannot be provided together."))


def shard_filters_choose_shards(s):
    name = s.stream(3)
    for kind in ("AT_LATEST", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON"):
        equal(len(s.call("ListShards", StreamName=name, ShardFilter={"Type": kind})["Shards"]), 3)
    for kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP"):
        equal(len(s.call("ListShards", StreamName=name, ShardFilter={"Type": kind, "Timestamp": time.time() - 5})["Shards"]), 3)
    after = s.call("ListShards", StreamName=name, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": shard_id(0)})["Shards"]
    equal([x["ShardId"] for x in after], [shard_id(1), shard_id(2)])


def a_stream_is_found_by_its_arn_as_by_its_name(s):
    name = s.stream()
    put = s.call("PutRecord", StreamARN=arn(name), PartitionKey="a", Data=b"x")
    equal(s.call("DescribeStream", StreamARN=arn(name))["StreamDescription"]["StreamName"], name)
    iterator = s.call("GetShardIterator", StreamARN=arn(name), ShardId=put["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    equal(len(s.call("GetRecords", ShardIterator=iterator, StreamARN=arn(name))["Records"]), 1)
    error = s.refused("DescribeStream", StreamARN=arn(name + "-none"))
    equal(error.kind, "ResourceNotFoundException")


# ---- records -----------------------------------------------------------------------------------

def a_record_comes_back_unchanged(s):
    name = s.stream()
    data = bytes(range(256)) * 3
    put = s.call("PutRecord", StreamName=name, PartitionKey="schlüssel", Data=data)
    equal(put["ShardId"], shard_id(0))
    assert "EncryptionType" not in put
    record, = s.read(name)
    equal((record["Data"], record["PartitionKey"], record["SequenceNumber"]), (data, "schlüssel", put["SequenceNumber"]))
    assert abs(seconds(record["ApproximateArrivalTimestamp"]) - time.time()) < 60
    assert "EncryptionType" not in record


def empty_and_largest_data_and_longest_keys_are_legal(s):
    name = s.stream()
    largest = b"\xff" * (1048576 - 1024)
    s.call("PutRecord", StreamName=name, PartitionKey="k", Data=b"")
    s.call("PutRecord", StreamName=name, PartitionKey="€" * 256, Data=b"key")
    s.call("PutRecord", StreamName=name, PartitionKey="k", Data=largest)
    records = s.read(name)
    equal([(r["PartitionKey"], len(r["Data"])) for r in records], [("k", 0), ("€" * 256, 3), ("k", len(largest))])
    equal(records[2]["Data"], largest)


def records_go_to_the_shard_of_their_key_and_keep_their_order(s):
    name = s.stream(4)
    keys = ["key-%d" % (i % 50) for i in range(500)]
    answer = s.call("PutRecords", StreamName=name, Records=[{"PartitionKey": k, "Data": b"%d" % i} for i, k in enumerate(keys)])
    equal((answer["FailedRecordCount"], len(answer["Records"])), (0, 500))
    for key, entry in zip(keys, answer["Records"]):
        home = int.from_bytes(hashlib.md5(key.encode()).digest(), "big") * 4 >> 128
        equal(entry["ShardId"], shard_id(home))
    for shard in range(4):
        put = [(entry["SequenceNumber"], b"%d" % i) for i, entry in enumerate(answer["Records"]) if entry["ShardId"] == shard_id(shard)]
        got = [(r["SequenceNumber"], r["Data"]) for r in s.read(name, shard)]
        equal(got, put)
        numbers = [int(number) for number, _ in got]
        equal(numbers, sorted(set(numbers)))


def an_explicit_hash_key_decides_the_shard(s):
    name = s.stream(2)
    for key, home in ((0, 0), (2 ** 127 - 1, 0), (2 ** 127, 1), (HASH_KEY_MAX, 1)):
        equal(s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"x", ExplicitHashKey=str(key))["ShardId"], shard_id(home))
    error = s.refused("PutRecord", StreamName=name, PartitionKey="a", Data=b"x", ExplicitHashKey=str(2 ** 128))
    equal((error.kind, error.message), ("InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %d" % 2 ** 128))


def ordering_by_the_last_number_is_accepted(s):
    name = s.stream()
    first = s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"1")["SequenceNumber"]
    second = s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"2", SequenceNumberForOrdering=first)["SequenceNumber"]
    assert int(second) > int(first)


def puts_to_an_unknown_stream_are_refused(s):
    for operation, members in (("PutRecord", {"PartitionKey": "a", "Data": b"x"}), ("PutRecords", {"Records": [{"PartitionKey": "a", "Data": b"x"}]})):
        error = s.refused(operation, StreamName="nowhere", **members)
        equal((error.kind, error.message), ("ResourceNotFoundException", "Stream nowhere under account %s not found." % ACCOUNT))


def megabytes_pass_in_both_directions(s):
    name = s.stream()
    data = [bytes([ord("a") + i]) * 700000 for i in range(6)]
    answer = s.call("PutRecords", StreamName=name, Records=[{"PartitionKey": "k", "Data": one} for one in data])
    equal((answer["FailedRecordCount"], len(answer["Records"])), (0, len(data)))
    assert [r["Data"] for r in s.read(name)] == data, "not what was put"


def calls_at_the_same_time_get_each_its_own_answer(s):
    name = s.stream(4)
    keys = [i << 121 for i in range(128)]  # 32 to a shard
    answers = s.call_all("PutRecord", [{"StreamName": name, "PartitionKey": "a", "Data": b"%d" % i, "ExplicitHashKey": str(key)}
                                       for i, key in enumerate(keys)])
    equal([answer["ShardId"] for answer in answers], [shard_id(i // 32) for i in range(128)])
    put = {(answer["ShardId"], answer["SequenceNumber"]): b"%d" % i for i, answer in enumerate(answers)}
    got = {(shard_id(shard), r["SequenceNumber"]): r["Data"] for shard in range(4) for r in s.read(name, shard)}
    equal(got, put)


# ---- iterators ---------------------------------------------------------------------------------

def iterators_begin_where_their_type_says(s):
    name = s.stream()
    latest = s.iterator(name, 0, "LATEST")
    numbers = [s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"%d" % i)["SequenceNumber"] for i in range(4)]

    def data(iterator):
        return [r["Data"] for r in s.call("GetRecords", ShardIterator=iterator)["Records"]]
    equal(data(s.iterator(name)), [b"0", b"1", b"2", b"3"])
    equal(data(latest), [b"0", b"1", b"2", b"3"])
    equal(data(s.iterator(name, 0, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])), [b"1", b"2", b"3"])
    equal(data(s.iterator(name, 0, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])), [b"2", b"3"])
    equal(data(s.iterator(name, 0, "LATEST")), [])
    start = s.call("DescribeStream", StreamName=name)["StreamDescription"]["Shards"][0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert int(start) < int(numbers[0])
    equal(data(s.iterator(name, 0, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)), [b"0", b"1", b"2", b"3"])


def a_time_finds_the_first_record_at_or_after_it(s):
    name = s.stream()
    s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"before")
    arrived = seconds(s.read(name)[0]["ApproximateArrivalTimestamp"])
    moment = int(arrived) + 1
    while time.time() < moment + 0.05:  # clients may cut a timestamp to whole seconds
        time.sleep(0.02)
    s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"after")
    equal([r["Data"] for r in s.read(name, 0, "AT_TIMESTAMP", Timestamp=moment)], [b"after"])
    equal([r["Data"] for r in s.read(name, 0, "AT_TIMESTAMP", Timestamp=moment - 3600)], [b"before", b"after"])


def pages_of_records_follow_each_other(s):
    name = s.stream()
    s.call("PutRecords", StreamName=name, Records=[{"PartitionKey": "a", "Data": b"%d" % i} for i in range(25)])
    iterator, got, seen = s.iterator(name), [], set()
    while len(got) < 25:
        page = s.call("GetRecords", ShardIterator=iterator, Limit=10)
        assert len(page["Records"]) <= 10
        got += [int(r["Data"]) for r in page["Records"]]
        seen.add(iterator)
        iterator = page["NextShardIterator"]
        assert iterator not in seen
    equal(got, list(range(25)))
    equal(s.call("GetRecords", ShardIterator=iterator)["Records"], [])


def an_iterator_can_be_used_again(s):
    name = s.stream()
    s.call("PutRecord", StreamName=name, PartitionKey="a", Data=b"x")
    iterator = s.iterator(name)
    for _ in range(2):
        equal([r["Data"] for r in s.call("GetRecords", ShardIterator=iterator)["Records"]], [b"x"])


def nonsense_iterators_and_shards_are_refused_in_the_services_words(s):
    name = s.stream()
    equal(str(s.refused("GetRecords", ShardIterator="AAAA")), "InvalidArgumentException: Invalid ShardIterator.")
    error = s.refused("GetShardIterator", StreamName=name, ShardId="shardId-000000000007", ShardIteratorType="LATEST")
    equal(str(error), "ResourceNotFoundException: Shard shardId-000000000007 in stream %s under account %s does not exist" % (name, ACCOUNT))
    error = s.refused("GetShardIterator", StreamName=name, ShardId="shard-x", ShardIteratorType="LATEST")
    equal(str(error), "ResourceNotFoundException: Could not find shard shard-x in stream %s under account %s." % (name, ACCOUNT))
    error = s.refused("GetShardIterator", StreamName=name, ShardId=shard_id(0), ShardIteratorType="AT_SEQUENCE_NUMBER")
    equal(error.message, "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or "
          "LATEST and no StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.")


def short_shard_ids_are_understood(s):
    name = s.stream(2)
    for text in ("1", "shard-1", "shardId-000000000001"):
        s.call("GetShardIterator", StreamName=name, ShardId=text, ShardIteratorType="LATEST")


# ---- the service as a whole --------------------------------------------------------------------

def constraints_are_refused_in_the_services_words(s):
    error = s.refused("PutRecord", StreamName="bad name!", PartitionKey="a", Data=b"x")
    equal(str(error), "ValidationException: 1 validation error detected: Value 'bad name!' at 'streamName' failed to satisfy constraint: "
          "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")


# ---- tags, retention, limits -------------------------------------------------------------------

def tags_are_added_listed_in_pages_and_removed(s):
    name = s.stream()
    equal(s.call("ListTagsForStream", StreamName=name), {"Tags": [], "HasMoreTags": False})
    s.call("AddTagsToStream", StreamName=name, Tags={"team": "blue", "env": "test", "cost centre": ""})
    s.call("AddTagsToStream", StreamName=name, Tags={"team": "red"})
    wanted = [{"Key": "cost centre", "Value": ""}, {"Key": "env", "Value": "test"}, {"Key": "team", "Value": "red"}]
    equal(s.call("ListTagsForStream", StreamName=name), {"Tags": wanted, "HasMoreTags": False})
    equal(s.call("ListTagsForStream", StreamName=name, Limit=1), {"Tags": wanted[:1], "HasMoreTags": True})
    equal(s.call("ListTagsForStream", StreamName=name, ExclusiveStartTagKey="cost centre"), {"Tags": wanted[1:], "HasMoreTags": False})
    s.call("RemoveTagsFromStream", StreamName=name, TagKeys=["env", "unknown"])
    equal(s.call("ListTagsForStream", StreamName=name)["Tags"], [wanted[0], wanted[2]])
    error = s.refused("AddTagsToStream", StreamName=name, Tags={"a;b": "c"})
    equal(error.kind, "InvalidArgumentException")


def retention_is_lengthened_and_shortened(s):
    name = s.stream()
    put = s.call("PutRecord", StreamName=name, PartitionKey="k", Data=b"kept")
    s.call("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=8760)
    equal(s.call("DescribeStream", StreamName=name)["StreamDescription"]["RetentionPeriodHours"], 8760)
    s.call("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=24)
    equal(s.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["RetentionPeriodHours"], 24)
    equal([record["SequenceNumber"] for record in s.read(name)], [put["SequenceNumber"]])
    error = s.refused("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=48)
    equal((error.kind, error.message), ("InvalidArgumentException", "Requested retention period (48 hours) for stream %s can not be longer "
                                        "than existing retention period (24 hours). Use IncreaseRetentionPeriod API." % name))


def limits_of_the_account_are_described(s):
    before = s.call("DescribeLimits")
    s.stream(3)
    equal(s.call("DescribeLimits"), {**before, "OpenShardCount": before["OpenShardCount"] + 3})


def consumers_are_registered_described_listed_and_deregistered(s):
    name = s.stream()
    made = s.call("RegisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")["Consumer"]
    equal((made["ConsumerName"], made["ConsumerStatus"]), ("reader", "CREATING"))
    assert made["ConsumerARN"].startswith(arn(name) + "/consumer/reader:"), made
    found = s.call("DescribeStreamConsumer", ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    equal((found["ConsumerStatus"], found["StreamARN"]), ("ACTIVE", arn(name)))
    equal([consumer["ConsumerARN"] for consumer in s.call("ListStreamConsumers", StreamARN=arn(name))["Consumers"]], [made["ConsumerARN"]])
    error = s.refused("DeleteStream", StreamName=name)
    equal(error.kind, "ResourceInUseException")
    s.call("DeregisterStreamConsumer", StreamARN=arn(name), ConsumerName="reader")
    error = s.refused("DescribeStreamConsumer", StreamARN=arn(name), ConsumerName="reader")
    equal(str(error), "ResourceNotFoundException: Consumer reader, account 000000000000 not found.")


def a_restart_changes_nothing(s):
    name = s.stream(2)
    put = [s.call("PutRecord", StreamName=name, PartitionKey="k%d" % i, Data=b"%d" % i) for i in range(20)]
    s.call("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=100)
    s.call("AddTagsToStream", StreamName=name, Tags={"kept": "yes"})
    before = s.call("DescribeStream", StreamName=name)["StreamDescription"]
    iterators = [s.iterator(name, shard) for shard in range(2)]
    s.server.restart()
    equal(s.call_again("DescribeStream", StreamName=name)["StreamDescription"], before)
    equal(s.call("ListTagsForStream", StreamName=name)["Tags"], [{"Key": "kept", "Value": "yes"}])
    found = [r for iterator in iterators for r in s.call("GetRecords", ShardIterator=iterator)["Records"]]
    equal(sorted(r["SequenceNumber"] for r in found), sorted(p["SequenceNumber"] for p in put))
    later = s.call("PutRecord", StreamName=name, PartitionKey="k0", Data=b"later")
    assert int(later["SequenceNumber"]) > int(put[0]["SequenceNumber"])


def _is_scenario(value):
    return getattr(value, "__module__", None) == __name__ and getattr(value, "__code__", None) and value.__code__.co_varnames[:1] == ("s",)


SCENARIOS = [value for value in list(globals().values()) if _is_scenario(value)]
