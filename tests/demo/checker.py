"""Compares what consumers read with what was put: nothing missing, nothing twice, nothing out of order.

A record is (partition key, data). Routing is a pure function of the key, so the expected content of every
shard is known exactly: the records routed to it, in the order of the file. What a consumer read of a shard
must be that list, with sequence numbers that rise.
"""
import hashlib
from collections import Counter

MAX_HASH_KEY = 2 ** 128 - 1


def shard_of(key, ranges):
    """The id of the shard whose hash range holds the key. ranges: {shard id: (start, end)}."""
    value = int.from_bytes(hashlib.md5(key.encode()).digest(), "big")
    return next(shard for shard, (start, end) in ranges.items() if start <= value <= end)


def expected_by_shard(records, ranges):
    """{shard id: [(key, data), ...]} in the order in which the records were put."""
    shards = {shard: [] for shard in ranges}
    home = {}
    for key, data in records:
        if key not in home:
            home[key] = shard_of(key, ranges)
        shards[home[key]].append((key, data))
    return shards


def differences(expected, received, limit=5):
    """What is wrong, as readable lines; an empty list when all is well.

    expected    {shard id: [(key, data), ...]}
    received    {shard id: [(sequence number, key, data), ...]} in the order in which it was read
    """
    found = []
    for shard in sorted(set(expected) | set(received)):
        want = expected.get(shard, [])
        got = received.get(shard, [])
        records = [(key, data) for _, key, data in got]
        missing = Counter(want) - Counter(records)
        extra = Counter(records) - Counter(want)
        for (key, data), count in list(missing.items())[:limit]:
            found.append("%s: %d missing: key %r, %r" % (shard, count, key, data[:60]))
        for (key, data), count in list(extra.items())[:limit]:
            found.append("%s: %d too many: key %r, %r" % (shard, count, key, data[:60]))
        if not missing and not extra and records != want:
            at = next(i for i, (a, b) in enumerate(zip(records, want)) if a != b)
            found.append("%s: out of order from record %d on: key %r, %r" % (shard, at, records[at][0], records[at][1][:60]))
        numbers = [int(number) for number, _, _ in got]
        for i in range(1, len(numbers)):
            if numbers[i] <= numbers[i - 1]:
                found.append("%s: sequence numbers do not rise at record %d" % (shard, i))
                break
    return found
