"""Records put, and read through iterators."""
import hashlib
import time

from .session import ACCOUNT, HASH_KEY_MAX, equal, seconds, shard_id


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
