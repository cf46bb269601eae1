"""The demo's checker must notice one dropped, one doubled and one swapped record, wherever it happens."""
import copy
import sys
import unittest

from checker import differences, expected_by_shard

RANGES = {"shardId-%012d" % i: (i * 2 ** 126, (i + 1) * 2 ** 126 - 1) for i in range(4)}
RECORDS = [("package-%d" % (i % 37), b"line %d" % i) for i in range(1000)]


def read_back():
    """(expected, received) of a consumer that read everything right."""
    expected = expected_by_shard(RECORDS, RANGES)
    received = {shard: [(str(n + 1), key, data) for n, (key, data) in enumerate(records)] for shard, records in expected.items()}
    return expected, received


class Checker(unittest.TestCase):
    def setUp(self):
        self.expected, self.received = read_back()

    def each_shard(self):
        for shard in self.received:
            self.assertGreater(len(self.received[shard]), 2)
            for at in (0, len(self.received[shard]) // 2, len(self.received[shard]) - 2):
                yield shard, at, copy.deepcopy(self.received)

    def test_a_true_copy_passes(self):
        self.assertEqual(differences(self.expected, self.received), [])

    def test_every_record_belongs_to_one_shard(self):
        self.assertEqual(sum(len(records) for records in self.expected.values()), len(RECORDS))

    def test_a_dropped_record_is_caught(self):
        for shard, at, received in self.each_shard():
            del received[shard][at]
            self.assertIn("missing", differences(self.expected, received)[0])

    def test_a_doubled_record_is_caught(self):
        for shard, at, received in self.each_shard():
            received[shard].insert(at, received[shard][at])
            self.assertIn("too many", differences(self.expected, received)[0])

    def test_two_swapped_records_are_caught(self):
        for shard, at, received in self.each_shard():
            a, b = received[shard][at], received[shard][at + 1]
            received[shard][at], received[shard][at + 1] = (a[0], b[1], b[2]), (b[0], a[1], a[2])
            self.assertIn("out of order", differences(self.expected, received)[0])

    def test_falling_sequence_numbers_are_caught(self):
        for shard, at, received in self.each_shard():
            a, b = received[shard][at], received[shard][at + 1]
            received[shard][at], received[shard][at + 1] = (b[0], a[1], a[2]), (a[0], b[1], b[2])
            self.assertIn("do not rise", differences(self.expected, received)[0])

    def test_a_whole_missing_shard_is_caught(self):
        for shard in self.expected:
            received = dict(self.received)
            del received[shard]
            self.assertTrue(differences(self.expected, received))


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    failed = len(program.result.failures) + len(program.result.errors)
    print("%d passed, %d failed" % (program.result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)
