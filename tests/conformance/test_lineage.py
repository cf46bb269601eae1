"""The reader and the judge of reshard_load.py must notice whatever a reshard could do to a record, wherever it happens.

Method: a stream in memory, 4 shards that become 1 by a split and four merges, whose answers are spoiled before they are read.
"""
import base64
import copy
import random
import sys
import unittest

from lineage import KEYS, Fault, Reader, hash_of

SPLIT = KEYS // 8
RANGES = [(i * (KEYS // 4), (i + 1) * (KEYS // 4) - 1) for i in range(4)] + \
         [(0, SPLIT - 1), (SPLIT, KEYS // 4 - 1), (0, KEYS // 4 - 1), (0, KEYS // 2 - 1), (KEYS // 2, KEYS - 1), (0, KEYS - 1)]
PARENTS = {4: [0], 5: [0], 6: [4, 5], 7: [6, 1], 8: [2, 3], 9: [7, 8]}
WRITERS, NAMES = 3, ["key-%d" % i for i in range(9)]
PAGE = 7


def shard_id(index):
    return "shardId-%012d" % index


def describe(index):
    low, high = RANGES[index]
    return {"ShardId": shard_id(index), "HashKeyRange": {"StartingHashKey": str(low), "EndingHashKey": str(high)},
            "ParentShards": [shard_id(parent) for parent in PARENTS.get(index, [])]}


def filled():
    """({shard: [record]}, {(writer, key): how many}): some records for every shard while it was open."""
    chance, counts, records = random.Random(5), {}, {}
    for age, opened in enumerate(([0, 1, 2, 3], [4, 5, 1, 2, 3], [6, 1, 8], [7, 8], [9])):
        for i in range(80):
            writer, key = chance.randrange(WRITERS), chance.choice(NAMES)
            shard = next(index for index in opened if RANGES[index][0] <= hash_of(key) <= RANGES[index][1])
            count = counts.get((writer, key), 0)
            counts[writer, key] = count + 1
            records.setdefault(shard_id(shard), []).append(
                {"SequenceNumber": str(10000 * age + 10 * i + 10), "PartitionKey": key, "Data": data_of(writer, count)})
    return records, counts


def data_of(writer, count):
    return base64.b64encode(b"%d %d filler" % (writer, count)).decode()


class Stream:
    def __init__(self, records, counts):
        self.records, self.counts = records, counts
        self.children = {shard_id(i): [describe(c) for c in PARENTS if i in PARENTS[c]] for i in range(len(RANGES) - 1)}

    def get(self, iterator):
        shard, at = iterator
        page = self.records.get(shard, [])[at:at + PAGE]
        answer = {"Records": page, "MillisBehindLatest": 0}
        if page or shard not in self.children:
            answer["NextShardIterator"] = shard, at + len(page)
        else:
            answer["ChildShards"] = self.children[shard]
        return answer

    def differences(self, fault=None, **known):
        reader = Reader([describe(i) for i in range(4)], lambda shard: (shard, 0), self.get, fault)
        while not reader.turn():
            pass
        reader.finish()
        return " | ".join(reader.judge.differences(self.counts, **known))


class Lineage(unittest.TestCase):
    def setUp(self):
        self.stream = Stream(*filled())

    def each_place(self):
        for shard, records in self.stream.records.items():
            for at in (0, len(records) // 2, len(records) - 1):
                spoiled = Stream(copy.deepcopy(self.stream.records), self.stream.counts)
                yield spoiled, spoiled.records[shard], at

    def boundaries(self):
        """(stream, parent's last record of a writer and key, where its child has the next)"""
        for shard in self.stream.records:
            spoiled = Stream(copy.deepcopy(self.stream.records), self.stream.counts)
            last = spoiled.records[shard][-1]
            writer, count = map(int, base64.b64decode(last["Data"]).split()[:2])
            wanted = last["PartitionKey"], data_of(writer, count + 1)
            for record in [record for records in spoiled.records.values() for record in records]:
                if (record["PartitionKey"], record["Data"]) == wanted:
                    yield spoiled, last, record

    def test_a_true_stream_passes(self):
        self.assertEqual(self.stream.differences(), "")

    def test_a_dropped_record_is_caught(self):
        for stream, records, at in self.each_place():
            del records[at]
            self.assertRegex(stream.differences(), "missing|the last one read")

    def test_a_doubled_record_is_caught(self):
        for stream, records, at in self.each_place():
            records.insert(at, records[at])
            self.assertIn("twice", stream.differences())

    def test_a_record_doubled_into_a_child_is_caught(self):
        places = 0
        for stream, last, record in self.boundaries():
            child = next(records for records in stream.records.values() if record in records)
            child.insert(0, dict(last, SequenceNumber=str(int(child[0]["SequenceNumber"]) - 1)))
            self.assertIn("twice", stream.differences())
            places += 1
        self.assertGreater(places, 5)

    def test_two_records_swapped_over_a_boundary_are_caught(self):
        places = 0
        for stream, last, record in self.boundaries():
            last["Data"], record["Data"] = record["Data"], last["Data"]
            found = stream.differences()
            self.assertIn("missing", found)
            self.assertIn("twice or too late", found)
            places += 1
        self.assertGreater(places, 5)

    def test_a_record_in_a_shard_that_does_not_hold_its_key_is_caught(self):
        for stream, records, at in self.each_place():
            if records is stream.records[shard_id(9)]:
                continue  # it holds every key
            name = "other"
            while self.held(stream, records, name):
                name += "'"
            records[at]["PartitionKey"] = name
            self.assertIn("hash range", stream.differences())

    @staticmethod
    def held(stream, records, name):
        low, high = next(RANGES[i] for i in range(len(RANGES)) if stream.records.get(shard_id(i)) is records)
        return low <= hash_of(name) <= high

    def test_a_number_that_does_not_rise_is_caught(self):
        for stream, last, record in self.boundaries():
            record["SequenceNumber"] = last["SequenceNumber"]
            self.assertIn("does not rise", stream.differences())

    def test_a_child_that_is_never_named_is_caught(self):
        for shard, children in self.stream.children.items():
            for i in range(len(children)):
                spoiled = Stream(*filled())
                spoiled.children[shard] = children[:i] + children[i + 1:]
                with self.assertRaises(AssertionError):
                    spoiled.differences()

    def test_a_record_that_came_twice_is_fine_only_where_a_put_got_no_answer(self):
        for stream, records, at in self.each_place():
            record = records[at]
            writer, count = map(int, base64.b64decode(record["Data"]).split()[:2])
            records.insert(at, dict(record, SequenceNumber=str(int(record["SequenceNumber"]) - 1)))
            key = record["PartitionKey"]
            self.assertEqual(stream.differences(unanswered=[(writer, key, count, count + 1)]), "")
            self.assertIn("twice", stream.differences(unanswered=[(writer, key, count + 1, count + 9)]))
            self.assertIn("twice", stream.differences())

    def test_what_the_load_test_plants_is_caught(self):
        for kind, words in (("drop", "missing"), ("double", "twice"), ("swap", "twice or too late")):
            for after in (0, 10, 50):
                fault = Fault(kind, after)
                self.assertIn(words, self.stream.differences(fault))
                self.assertTrue(fault.planted)

    def test_all_is_read_through_a_fault_that_is_never_planted(self):
        self.assertEqual(self.stream.differences(Fault("drop", 10 ** 6)), "")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    failed = len(program.result.failures) + len(program.result.errors)
    print("%d passed, %d failed" % (program.result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)
