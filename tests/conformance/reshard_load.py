#!/usr/bin/python3
"""Shards split, merge and change in number under full load: nothing is lost, doubled, out of order or misplaced.

    tests/conformance/reshard_load.py [--seconds 60] [--reshards 60] [--records 500000] [--kills N] [--plant]

8 writers put records of random keys, 4 consumers follow the lineage from the oldest record on, and about once a second
the shards change; until the time is over and there were that many reshards and records. Then the writers stop, the
consumers read on to the tips of the open shards, and what each one read is compared with what was acknowledged. No put
may fail, or be sent twice: but with --kills the server is killed so often in the middle of a reshard, and a put
without an answer is sent again; it may then be there twice. --plant proves the judges: three consumers are given a dropped,
a doubled and two swapped records, and have to notice. Everybody is a process of its own.
"""
import argparse
import base64
import http.client
import json
import multiprocessing
import os
import random
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import runner  # noqa: E402
from lineage import KEYS, Fault, Reader, range_of  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, unsigned, wait_until  # noqa: E402

STREAM = "load"
WRITERS, CONSUMERS = 8, 4
PARTITION_KEYS = ["key-%d" % i for i in range(500)]
BATCH_MIN, BATCH_MAX = 100, 500
RECORDS_A_SECOND = 8000      # of all writers; while the shards change, as many as go
SHARDS_MIN, SHARDS_MAX = 2, 12
PAUSE_S = 0.4                # between reshards
PAGE = 5000
PATIENCE_S = 240             # for what comes in any case, on however slow a server
OFFLINE_S = 60               # for a server that was killed to be back
RUN_UP_S = 0.02              # of the writers, at most, before a change
HEAVY_BYTES = 6000           # of the first writer's records meanwhile: as long as it is being encoded, a put may meet the close
DEAD = (OSError, http.client.HTTPException)


class Recovering(OSError):
    """The server says that it is not ready yet."""


class Link:
    """Calls over one connection, made anew wherever the server is."""

    def __init__(self, port_file):
        self.port_file, self.connection = port_file, None

    def call(self, operation, **members):
        """(status, reply); one of DEAD: no answer."""
        try:
            if self.connection is None:
                with open(self.port_file, encoding="ascii") as file:
                    self.connection = http.client.HTTPConnection("127.0.0.1", int(file.read().split()[0]), timeout=PATIENCE_S)
            status, reply = unsigned(self.connection, operation, members)
            if status == 503:
                raise Recovering(reply)
            return status, reply
        except DEAD:
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            raise

    def must(self, operation, **members):
        """The reply of a call that may be repeated until the server answers it; it must say 200."""
        deadline = time.monotonic() + OFFLINE_S
        while True:
            try:
                status, reply = self.call(operation, **members)
            except DEAD:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
                continue
            assert status == 200, (operation, members, reply)
            return reply


class Shared:
    """What the processes know of each other."""

    def __init__(self, port_file):
        self.port_file = port_file
        self.put = multiprocessing.Value("q", 0)  # records acknowledged
        self.resharding = multiprocessing.Event()
        self.stop_writing, self.stop_reading = multiprocessing.Event(), multiprocessing.Event()


# ---- writers ----

class Writer:
    def __init__(self, shared, who, may_retry):
        self.shared, self.who, self.may_retry = shared, who, may_retry
        self.chance = random.Random(who)
        self.link = Link(shared.port_file)
        self.counts = {}      # (writer, key): records acknowledged
        self.newest = {}      # likewise: the newest sequence number
        self.unanswered = []  # as Judge.differences has it
        self.wrong = []

    def run(self):
        while not self.shared.stop_writing.is_set() and not self.wrong:
            began = time.monotonic()
            records, counts = self.batch()
            self.put(records)
            self.counts.update(counts)
            with self.shared.put.get_lock():
                self.shared.put.value += len(records)
            self.shared.resharding.wait(max(0, began + len(records) * WRITERS / RECORDS_A_SECOND - time.monotonic()))
        return self.counts, self.unanswered, self.wrong

    def batch(self):
        counts, records = {}, []
        heavy = self.who == 0 and self.shared.resharding.is_set()
        for _ in range(BATCH_MIN if heavy else self.chance.randint(BATCH_MIN, BATCH_MAX)):
            key = self.chance.choice(PARTITION_KEYS)
            count = counts.get((self.who, key), self.counts.get((self.who, key), 0))
            counts[self.who, key] = count + 1
            data = b"%d %d %s" % (self.who, count, b"." * (HEAVY_BYTES if heavy else count % 40))
            records.append({"PartitionKey": key, "Data": base64.b64encode(data).decode()})
        return records, counts

    def put(self, records):
        while True:
            try:
                status, reply = self.link.call("PutRecords", StreamName=STREAM, Records=records)
                break
            except DEAD as error:
                if not self.may_retry:
                    self.wrong.append("writer %d got no answer: %r" % (self.who, error))
                    return
                if not isinstance(error, Recovering):
                    self.note_unanswered(records)
                time.sleep(0.02)
        if status != 200 or reply["FailedRecordCount"]:
            self.wrong.append("writer %d: a put failed: %d %s" % (self.who, status, str(reply)[:500]))
            return
        for record, stored in zip(records, reply["Records"]):
            number, key = int(stored["SequenceNumber"]), record["PartitionKey"]
            if number <= self.newest.get(key, -1):
                self.wrong.append("writer %d was told number %d of key %r after %d" % (self.who, number, key, self.newest[key]))
            self.newest[key] = number

    def note_unanswered(self, records):
        first = {}
        for record in records:
            first[record["PartitionKey"]] = first.get(record["PartitionKey"], 0) + 1
        for key, count in first.items():
            at = self.counts.get((self.who, key), 0)
            self.unanswered.append((self.who, key, at, at + count))


# ---- consumers ----

def consume(shared, kind):
    """(Judge, shards that ended, shards that are open) of a consumer."""
    link = Link(shared.port_file)
    shards = [shard for shard in link.must("ListShards", StreamName=STREAM)["Shards"] if "ParentShardId" not in shard]
    reader = Reader(
        shards,
        lambda shard: link.must("GetShardIterator", StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"],
        lambda iterator: link.must("GetRecords", ShardIterator=iterator, Limit=PAGE), Fault(kind, 500) if kind else None)
    while True:
        last = shared.stop_reading.is_set()  # before the turn: it sees everything that was put
        if reader.turn():
            if last:
                break
            shared.stop_reading.wait(0.02)
    reader.finish()
    return reader.judge, reader.lineage.ended, set(reader.iterators)


class Process:
    """A function in a process of its own, and what it returns."""

    def __init__(self, function, *arguments):
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.run, args=(there, function, arguments), daemon=True)
        self.process.start()
        there.close()

    @staticmethod
    def run(pipe, function, arguments):
        try:
            pipe.send((function(*arguments), None))
        except BaseException:  # told by result()
            pipe.send((None, traceback.format_exc(limit=-6)))

    def result(self):
        assert self.pipe.poll(PATIENCE_S), "a process takes longer than %d s" % PATIENCE_S
        value, error = self.pipe.recv()
        self.process.join()
        assert error is None, error
        return value


def write(shared, who, may_retry):
    return Writer(shared, who, may_retry).run()


# ---- reshards ----

class Resharder:
    def __init__(self, shared):
        self.shared, self.link, self.chance = shared, Link(shared.port_file), random.Random(1)
        self.done = {"SplitShard": 0, "MergeShards": 0, "UpdateShardCount": 0}

    def all_shards(self):
        reply = self.link.must("ListShards", StreamName=STREAM)
        shards = reply["Shards"]
        while "NextToken" in reply:
            reply = self.link.must("ListShards", NextToken=reply["NextToken"])
            shards += reply["Shards"]
        return shards

    def open_shards(self):
        """By hash range."""
        return sorted((shard for shard in self.all_shards() if "EndingSequenceNumber" not in shard["SequenceNumberRange"]), key=range_of)

    def wish(self):
        """(operation, members) of a change that the stream as it is can make."""
        shards = self.open_shards()
        kind = self.chance.random()
        if kind < 0.15:
            return "UpdateShardCount", {"TargetShardCount": self.other_count(len(shards)), "ScalingType": "UNIFORM_SCALING"}
        if len(shards) == SHARDS_MIN or (len(shards) < SHARDS_MAX and kind < 0.6):
            shard = self.chance.choice(shards)
            low, high = range_of(shard)
            return "SplitShard", {"ShardToSplit": shard["ShardId"], "NewStartingHashKey": str(low + (high - low) // self.chance.randint(2, 4))}
        at = self.chance.randrange(len(shards) - 1)
        return "MergeShards", {"ShardToMerge": shards[at]["ShardId"], "AdjacentShardToMerge": shards[at + 1]["ShardId"]}

    def other_count(self, count):
        return self.chance.choice([other for other in range(SHARDS_MIN, SHARDS_MAX + 1) if other != count])

    def once(self):
        """A change, with all writers at full speed meanwhile. False: the server did not live to answer it."""
        operation, members = self.wish()
        self.shared.resharding.set()
        try:
            self.shared.stop_writing.wait(self.chance.uniform(0, RUN_UP_S))
            status, reply = self.link.call(operation, StreamName=STREAM, **members)
        except DEAD:
            return False
        finally:
            self.shared.resharding.clear()
        assert status == 200, (operation, members, reply)
        self.wait_active()
        self.done[operation] += 1
        return True

    def wait_active(self):
        wait_until(lambda: self.link.must("DescribeStreamSummary", StreamName=STREAM)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE",
                   PATIENCE_S, "the stream is ACTIVE again")

    def count(self):
        return sum(self.done.values())


class Load:
    """The whole run; what came out of it."""

    def __init__(self, options):
        with Server(["--auth", "off", "--limits", "off"]) as server:
            self.shared = Shared(server.port_file)
            self.resharder = Resharder(self.shared)
            self.resharder.link.must("CreateStream", StreamName=STREAM, ShardCount=4)
            kinds = ["drop", "double", "swap"] if options.plant else []
            writers = [Process(write, self.shared, who, options.kills > 0) for who in range(WRITERS)]
            consumers = [Process(consume, self.shared, kind) for kind in (kinds + [None] * CONSUMERS)[:CONSUMERS]]
            self.began = time.monotonic()
            self.kills = 0
            self.change_shards(server, options, writers)
            self.seconds = time.monotonic() - self.began
            self.shared.stop_writing.set()
            self.take_written([writer.result() for writer in writers])
            self.shared.stop_reading.set()
            self.consumers = [consumer.result() for consumer in consumers]
            self.drained_s = time.monotonic() - self.began - self.seconds
            self.shards = self.resharder.all_shards()
            self.code, self.log = server.stop(), server.log()

    def enough(self, options):
        return time.monotonic() - self.began >= options.seconds and self.resharder.count() >= options.reshards and \
            self.shared.put.value >= options.records and self.kills == options.kills

    def change_shards(self, server, options, writers):
        chance, limit = random.Random(2), self.began + options.seconds + PATIENCE_S
        while not self.enough(options):
            assert time.monotonic() < limit, "too slow: %s, %d records" % (self.resharder.done, self.shared.put.value)
            due = (self.kills + 1) * max(options.seconds, 1) / (options.kills + 1)
            if self.kills < options.kills and time.monotonic() - self.began > due:
                self.kill_in_reshard(server, chance.uniform(0, 0.02))
            else:
                self.resharder.once()
            if any(writer.pipe.poll() for writer in writers):
                break  # one has given up: its result tells why
            self.shared.stop_writing.wait(PAUSE_S)

    def kill_in_reshard(self, server, after_s):
        errors = []
        resharding = threading.Thread(target=self.reshard, args=(errors,))
        resharding.start()
        self.shared.resharding.wait(PATIENCE_S)
        time.sleep(after_s)  # anywhere in the reshard, or shortly behind it
        server.kill()
        server.start()
        resharding.join()
        equal(errors, [])
        self.resharder.wait_active()
        self.kills += 1

    def reshard(self, errors):
        try:
            self.resharder.once()
        except Exception as error:  # told by kill_in_reshard
            errors.append(error)

    def take_written(self, results):
        self.counts, self.unanswered, self.wrong = {}, [], []
        for counts, unanswered, wrong in results:
            self.counts.update(counts)
            self.unanswered += unanswered
            self.wrong += wrong
        self.records = sum(self.counts.values())


def judged(load, consumer):
    judge = load.consumers[consumer][0]
    return judge.differences(load.counts, load.unanswered)


def each_consumer_read_everything(load, options):
    for consumer in range(3 if options.plant else 0, CONSUMERS):
        equal(judged(load, consumer), [], "consumer %d" % consumer)


def planted_faults_are_found(load):
    for consumer, words in enumerate(("missing", "twice", "twice or too late")):
        found = judged(load, consumer)
        assert any(words in line for line in found), (consumer, words, found)


def each_consumer_saw_every_shard(load):
    closed = {shard["ShardId"] for shard in load.shards if "EndingSequenceNumber" in shard["SequenceNumberRange"]}
    still_open = {shard["ShardId"] for shard in load.shards} - closed
    for _, ended, active in load.consumers:
        equal((sorted(ended), sorted(active)), (sorted(closed), sorted(still_open)))
    at = 0
    for low, high in sorted(range_of(shard) for shard in load.shards if shard["ShardId"] in still_open):
        equal(low, at)
        at = high + 1
    equal(at, KEYS)


def report(load):
    print("%d records in %.1f s by %d writers, %s, %d shards, %d kills; %d consumers were at the tips %.1f s later" % (
        load.records, load.seconds, WRITERS, ", ".join("%d %s" % (n, name) for name, n in load.resharder.done.items()),
        len(load.shards), load.kills, CONSUMERS, load.drained_s))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--reshards", type=int, default=60)
    parser.add_argument("--records", type=int, default=500000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--plant", action="store_true")
    options = parser.parse_args()
    load = Load(options)
    report(load)

    @case("there was enough of everything")
    def _():
        assert load.seconds >= options.seconds and load.records >= options.records, (load.seconds, load.records)
        assert load.resharder.count() >= options.reshards and load.kills == options.kills, (load.resharder.done, load.kills)

    @case("no put failed, and the numbers that a writer was told of a key rise")
    def _():
        equal(load.wrong, [])

    @case("every consumer read every acknowledged record once, in order, from the shard that holds its key")
    def _():
        each_consumer_read_everything(load, options)

    @case("every consumer came to the end of every closed shard, and the open ones cover all hash keys")
    def _():
        each_consumer_saw_every_shard(load)

    if options.plant:
        @case("a record that was dropped, doubled, or swapped over a reshard is noticed")
        def _():
            planted_faults_are_found(load)

    @case("the server drained with code 0")
    def _():
        equal(load.code, 0, load.log)

    sys.argv[1:] = []
    return runner.main()


if __name__ == "__main__":
    sys.exit(main())
