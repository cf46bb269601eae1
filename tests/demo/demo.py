"""Streams a real file through Runnel with boto3 and proves that nothing is lost, doubled or out of order.

    demo.py [FILE] [KEY_FIELD]

FILE is the machine's package log unless another is named; each line is a record. The partition key is the
line's KEY_FIELD-th word (from 1); without it, the package name of a package log's line, else its action. A short
file is repeated, each time under its run number, until at least RECORDS_MIN records have been put.
Exits 0 when both consumers read exactly what is in the file on disk, 1 on any difference.
"""
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

import boto3  # noqa: E402
import botocore.config  # noqa: E402

from checker import differences, expected_by_shard  # noqa: E402
from server import Server  # noqa: E402

RECORDS_MIN = 10000
SHARDS = 4
STREAM = "demo"
BATCH = 500
PACKAGE_LOG = "/var/log/dpkg.log"
DEADLINE_SECONDS = 120


def key_of(line, key_field):
    """The partition key of a line (bytes): never empty, at most 256 characters."""
    words = line.decode("utf-8", "replace").split()
    if key_field:
        key = words[key_field - 1] if len(words) >= key_field else "-"
    elif len(words) >= 4 and words[2] == "status":
        key = words[4].split(":")[0] if len(words) >= 5 else words[2]
    elif len(words) >= 4 and words[2] in ("install", "upgrade", "configure", "trigproc", "remove", "purge"):
        key = words[3].split(":")[0]
    else:
        key = words[2] if len(words) >= 3 else "-"
    return key[:256]


def read_lines(path):
    with open(path, "rb") as file:
        return file.read().splitlines(keepends=True)


def records_of(path, key_field):
    """[(key, data)] in file order, the whole file again under the next run number until there are enough."""
    lines = read_lines(path)
    if not lines:
        sys.exit("demo: %s is empty; name another file with FILE=" % path)
    runs = -(-RECORDS_MIN // len(lines))
    return [(key_of(line, key_field), b"%d\t%s" % (run, line)) for run in range(1, runs + 1) for line in lines], len(lines), runs


def client_of(server):
    return boto3.client("kinesis", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=server.access_key,
                        aws_secret_access_key=server.secret_key,
                        config=botocore.config.Config(max_pool_connections=SHARDS * 2, retries={"max_attempts": 3}))


class Consumer:
    """Reads every shard from its oldest record, a thread each, until it has `wanted` records in all."""

    def __init__(self, name, client, shards, wanted):
        self.name, self.client, self.wanted = name, client, wanted
        self.received = {shard: [] for shard in shards}
        self.count, self.bytes = 0, 0
        self.lock = threading.Lock()
        self.error = None
        self.began = self.ended = time.monotonic()
        self.threads = [threading.Thread(target=self.read, args=(shard,), daemon=True) for shard in shards]
        for thread in self.threads:
            thread.start()

    def read(self, shard):
        try:
            iterator = self.client.get_shard_iterator(StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            deadline = time.monotonic() + DEADLINE_SECONDS
            while self.count < self.wanted and time.monotonic() < deadline and not self.error:
                page = self.client.get_records(ShardIterator=iterator, Limit=1000)
                iterator = page["NextShardIterator"]
                for record in page["Records"]:
                    self.received[shard].append((record["SequenceNumber"], record["PartitionKey"], record["Data"]))
                with self.lock:
                    self.count += len(page["Records"])
                    self.bytes += sum(len(record["Data"]) for record in page["Records"])
                    self.ended = time.monotonic()
                if not page["Records"]:
                    time.sleep(0.05)
        except Exception as error:  # told by join()
            self.error = error

    def join(self):
        for thread in self.threads:
            thread.join(DEADLINE_SECONDS)
        if self.error:
            sys.exit("demo: consumer %s failed: %s" % (self.name, self.error))
        return self

    def rate(self):
        seconds = max(self.ended - self.began, 1e-3)
        return "%6d records in %5.2f s: %6.0f records/s, %5.1f MB/s" % (self.count, seconds, self.count / seconds, self.bytes / seconds / 1e6)


def put_all(client, records, at_half):
    for begin in range(0, len(records), BATCH):
        if begin >= len(records) // 2 and at_half:
            at_half()
            at_half = None
        batch = [{"PartitionKey": key, "Data": data} for key, data in records[begin:begin + BATCH]]
        answer = client.put_records(StreamName=STREAM, Records=batch)
        if answer["FailedRecordCount"]:
            sys.exit("demo: %d records were refused: %s" % (answer["FailedRecordCount"], answer["Records"][0]))


def check(name, consumer, expected, records):
    found = differences(expected, consumer.received)
    for line in found:
        print("  DIFFERENT  %s: %s" % (name, line))
    # And against the bytes on disk, whatever was kept in memory meanwhile.
    return not found and consumer.count == len(records)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else PACKAGE_LOG
    key_field = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else None
    if not os.path.exists(path):
        sys.exit("demo: %s does not exist; name another file: make demo FILE=/path/to/lines" % path)
    with Server(["--limits", "off"]) as server:
        print("Runnel demo")
        print("  server     pid %d at %s, data in %s, every record synced to disk" % (server.pid, server.endpoint, server.data))
        records, lines, runs = records_of(path, key_field)
        size = sum(len(data) for _, data in records)
        print("  file       %s: %d lines%s" % (path, lines, ", put %d times under a run number" % runs if runs > 1 else ""))
        client = client_of(server)
        client.create_stream(StreamName=STREAM, ShardCount=SHARDS)
        shards = client.list_shards(StreamName=STREAM)["Shards"]
        ranges = {s["ShardId"]: (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"])) for s in shards}
        keys = len({key for key, _ in records})
        print("  stream     %s with %d shards; %d partition keys" % (STREAM, len(ranges), keys))
        first = Consumer("one", client_of(server), ranges, len(records))
        late = []
        began = time.monotonic()
        put_all(client, records, lambda: late.append(Consumer("two", client_of(server), ranges, len(records))))
        seconds = time.monotonic() - began
        print("  put        %6d records in %5.2f s: %6.0f records/s, %5.1f MB/s" % (len(records), seconds, len(records) / seconds, size / seconds / 1e6))
        first.join()
        late[0].join()
        print("  consumer 1 %s (started before the first put)" % first.rate())
        print("  consumer 2 %s (started half way)" % late[0].rate())
        expected = expected_by_shard(records_of(path, key_field)[0], ranges)  # read from disk again
        spread = ", ".join(str(len(expected[shard])) for shard in sorted(expected))
        print("  shards     %s records" % spread)
        good = check("consumer 1", first, expected, records) & check("consumer 2", late[0], expected, records)
        code = server.stop()
        print("  stopped    cleanly" if code == 0 else "  stopped    with code %s" % code)
        print("  result     %s" % ("both consumers read every line of the file once, in order, unchanged" if good else "DIFFERENT"))
    sys.exit(0 if good and code == 0 else 1)


if __name__ == "__main__":
    main()
