#!/usr/bin/python3
"""The model test: a naive Kinesis and the real server are told the same, and every answer must agree.

    model_test.py [--seeds 200] [--first 1] [--operations 1000] [--jobs 2]
    model_test.py --seed S [--operations N]       one seed
    model_test.py --replay FILE                   a sequence of operations, as a failure wrote it

The sequence of a seed is drawn from the seed and from what the model knows. The server runs under a clock that only the
test moves (clock.c), so times are part of what must agree; it is stopped and killed on the way. A failure is shrunk to
few operations, printed, and written to a file that --replay takes. BUILD and RUNNEL_BINARY name what is tested.
"""
import argparse
import collections
import copy
import json
import multiprocessing
import os
import random
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
if os.path.isdir("/dev/shm"):
    os.environ.setdefault("RUNNEL_TEST_DIR", "/dev/shm")  # what a disk does is the crash tests' matter

import driver  # noqa: E402
from answers import Error, Mismatch, agree  # noqa: E402
from generator import Generator  # noqa: E402
from kinesis import Kinesis  # noqa: E402
from server import StartFailed  # noqa: E402

BEGIN = 1767225600000  # a morning; nothing depends on which
LIMITS = {"account-shards": 40, "account-on-demand-streams": 2, "account-transitions": 3, "daily-StartStreamEncryption": 3, "daily-StopStreamEncryption": 2,
          "daily-UpdateShardCount": 4, "daily-UpdateStreamMode": 2, "stream-consumers": 3, "stream-consumers-creating": 2,
          "stream-shard-factor": 2, "stream-shards": 12, "stream-tags": 8,
          "stream-warm-throughput": 500}
RESTARTS = ("restart", "kill")
LIGHT = ["--segment-size", "4MiB"]
HEAVY = ["--segment-size", "1MiB", "--cache", "1MiB"]  # records come from many files, and are let go of
SHRINK_SECONDS, SHOWN = 120, 30


class Disagreement(Exception):
    """At .operation; .cause says how."""

    def __init__(self, operation, cause):
        super().__init__(operation, cause)
        self.operation, self.cause = operation, cause

    def __str__(self):
        return "%s\n  %s" % (json.dumps(self.operation, ensure_ascii=False), self.cause)


class Run:
    """One server and one model, told the same."""

    def __init__(self, arguments, binary=None):
        self.oracle = Kinesis(BEGIN, LIMITS)
        self.seen = collections.Counter()
        self.driver = driver.Driver(BEGIN, {name: str(value) for name, value in LIMITS.items()}, arguments, binary)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.close()

    def step(self, operation):
        """The server's answer; None when the operation refers to nothing, or is a restart."""
        self.oracle.now += operation["wait"]
        self.driver.set_clock(self.oracle.now)
        try:
            if operation["do"] in RESTARTS:
                self.again(operation)
                return None
            body = self.driver.resolve(operation["body"], self.oracle)
            answer = self.cut(operation, body) if "cut" in operation else self.told(operation, body)
            for stream in self.oracle.untold():
                self.told({"do": "ListShards"}, {"StreamName": stream.name})
            return answer
        except driver.Unresolved:
            return None
        except (Mismatch, EOFError, OSError, AssertionError, StartFailed) as error:
            log = self.driver.server.log()
            raise Disagreement(operation, "%s: %s%s" % (type(error).__name__, error, "\n" + log[-2000:] if log else "")) from error

    def again(self, operation):
        """Stop and start; with or without a delay of transitions, where the operation says so."""
        self.driver.again(operation["do"], operation.get("delay"))
        if "delay" in operation:
            self.oracle.stretched = operation["delay"] != "0"
        if not self.oracle.stretched:
            names = [one.name for one, _ in self.oracle.unfinished if one.name in self.oracle.streams] + [
                stream.name for stream in self.oracle.streams.values()]
            self.oracle.finish()
            for name in names if "delay" in operation else ():
                self.settle([self.oracle], name)

    def told(self, operation, body):
        if operation["do"] == "SubscribeToShard":
            wanted = self.oracle.answer(operation["do"], body, {})
            if not isinstance(wanted, Error):
                return self.subscribed(operation, body, wanted)
        status, answer = self.driver.call(operation, body)
        self.seen[operation["do"], (answer or {}).get("__type", status)] += 1
        self.compare(self.oracle.answer(operation["do"], body, answer or {}), status, answer)
        return answer

    def cut(self, operation, body):
        """Killed under way: what was answered has happened, anything else has happened or not."""
        name = str(body.get("StreamName") or str(body.get("StreamARN") or body.get("ConsumerARN")).partition("stream/")[2].split("/")[0])
        answered = self.driver.cut(operation, body, operation["cut"])
        self.seen[operation["do"], "cut, answered" if answered else "cut"] += 1
        if answered:
            self.compare(self.oracle.answer(operation["do"], body, answered[1] or {}), *answered)
            self.settle([self.oracle], name)
            return answered[1]
        changed = copy.deepcopy(self.oracle)
        changed.answer(operation["do"], body, {})
        if changed.puts:
            self.oracle.answer(operation["do"], body, {})
            self.look_for(self.oracle.puts, name)
        else:
            self.settle([self.oracle, changed], name)
        return None

    def settle(self, models, name):
        """Go on with the model that agrees; while the server finishes what it had begun, none does."""
        deadline = time.monotonic() + 10
        while True:
            for model in models:
                try:
                    self.oracle = model
                    for operation in ("DescribeStream", "DescribeStreamSummary", "ListTagsForStream", "DescribeLimits"):
                        self.told({"do": operation}, {"StreamName": name} if operation != "DescribeLimits" else {})
                    self.told({"do": "ListStreamConsumers"}, {"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/" + name})
                    return
                except Mismatch:
                    if time.monotonic() > deadline:
                        raise

    def look_for(self, puts, name):
        """Which records of a put without an answer are there?"""
        for shard in {put[0].shard.index: put[0].shard for put in puts}.values():
            _, answer = self.driver.call({"do": "GetShardIterator"}, {
                "StreamName": name, "ShardId": shard.id, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": str(shard.last)})
            _, answer = self.driver.call({"do": "GetRecords"}, {"ShardIterator": answer["ShardIterator"]})
            self.oracle.adopt(shard, puts, answer["Records"])

    def subscribed(self, operation, body, wanted):
        """Read all that is due; what is put meanwhile is pushed, and nobody else gets in."""
        with self.driver.subscribe(body) as events:
            self.seen[operation["do"], 200] += 1
            last = self.events(events, wanted)
            if wanted.ended:
                agree(None, events.message(), "after the end")
            else:
                status, answer = self.driver.call({"do": operation["do"]}, body)
                self.compare(self.oracle.in_use(wanted, body["ConsumerARN"]), status, answer)
                self.told({"do": "PutRecord"}, {
                    "StreamName": wanted.stream.name, "PartitionKey": "pushed", "Data": b"pushed",
                    "ExplicitHashKey": str(wanted.shard.start)})
                wanted.left = [record for record in wanted.shard.records[-1:] if record.number >= wanted.number]
                last = self.events(events, wanted) or last
        if "id" in operation:
            self.driver.answers[operation["id"]], self.driver.times[operation["id"]] = last, self.oracle.now
        return last

    def events(self, events, wanted):
        """The last event of those that are due."""
        event = None
        while wanted.waits:
            event = events.event()
            if event is None:
                raise Mismatch("the subscription ended, and %d records are to come" % len(wanted.left))
            event = driver.came(event, False)
            agree(self.oracle.event(wanted, event), event, "event")
        return event

    def compare(self, wanted, status, answer):
        if isinstance(wanted, Error):
            agree({"status": wanted.status, "body": wanted.body}, {"status": status, "body": answer})
        else:
            agree({"status": 200, "body": wanted}, {"status": status, "body": answer})
        if self.oracle.commit:
            self.oracle.commit()


def is_heavy(seed):
    return seed % 4 == 0


def arguments_of(seed):
    """Of the server that a seed runs with."""
    return HEAVY if is_heavy(seed) else LIGHT


def run_seed(seed, count, binary=None):
    """(operations done, failure or None, what was answered how often)"""
    done = []
    with Run(arguments_of(seed), binary) as run:
        generator = Generator(random.Random(seed), run.oracle, is_heavy(seed), seed % 4 == 1)
        for number in range(count):
            operation = generator.next(number)
            done.append(operation)
            try:
                answer = run.step(operation)
            except Disagreement as failure:
                return done, failure, run.seen
            if operation["do"] not in RESTARTS:
                generator.oracle = run.oracle
                generator.saw(operation, answer)
    return done, None, run.seen


def replay(arguments, operations):
    """The failure, or None."""
    with Run(arguments) as run:
        for operation in operations:
            try:
                run.step(operation)
            except Disagreement as failure:
                return failure
    return None


def shrink(arguments, operations, failure):
    """Fewer operations that still end in a disagreement about the same kind of operation."""
    deadline, size = time.monotonic() + SHRINK_SECONDS, len(operations) // 2
    while size and time.monotonic() < deadline:
        at = 0
        while at < len(operations) - 1 and time.monotonic() < deadline:
            fewer = joined(operations, at, min(size, len(operations) - 1 - at))
            found = replay(arguments, fewer)
            if found and found.operation["do"] == failure.operation["do"]:
                last = [operation["id"] for operation in fewer].index(found.operation["id"])
                operations, failure = fewer[:last + 1], found
            else:
                at += size
        size //= 2
    return operations, failure


def joined(operations, at, size):
    """Without `size` operations from `at`; the time they took still passes."""
    behind = dict(operations[at + size])
    behind["wait"] += sum(operation["wait"] for operation in operations[at:at + size])
    return operations[:at] + [behind] + operations[at + size + 1:]


def report(seed, operations, failure, whole):
    path = os.path.join(os.path.dirname(driver.LAYER), "model-%s.json" % seed)
    with open(path, "w", encoding="utf-8") as file:
        for line in [{"arguments": arguments_of(seed)}] + operations:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    lines = ["FAIL  seed %s: of %d operations these %d remain" % (seed, whole, len(operations))]
    lines += ["      ..."] if len(operations) > SHOWN else []
    lines += ["      " + json.dumps(operation, ensure_ascii=False)[:600] for operation in operations[-SHOWN:]]
    lines += ["  " + failure.cause, "replay: %s --replay %s" % (sys.argv[0], path), "or:     %s --seed %s" % (sys.argv[0], seed)]
    return "\n".join(lines)


def tested(task):
    """(answers counted, report of a failure or None) of one seed."""
    seed, count, shrinks = task
    try:
        operations, failure, seen = run_seed(seed, count)
        if not failure:
            return seen, None
        whole = len(operations)
        if shrinks:
            operations, failure = shrink(arguments_of(seed), operations, failure)
        return seen, report(seed, operations, failure, whole)
    except Exception:
        return collections.Counter(), "FAIL  seed %s\n%s" % (seed, traceback.format_exc())


def run_seeds(arguments):
    tasks = [(seed, arguments.operations, not arguments.no_shrink) for seed in range(arguments.first, arguments.first + arguments.seeds)]
    began, seen, failed = time.monotonic(), collections.Counter(), 0
    with multiprocessing.Pool(arguments.jobs) as pool:
        for counted, text in pool.imap_unordered(tested, tasks):
            seen += counted
            if text:
                failed += 1
                print(text, flush=True)
                if failed >= arguments.failures:
                    pool.terminate()
                    break
    seconds = time.monotonic() - began
    operations = sum(seen.values())
    if arguments.figures:
        for (operation, how), count in sorted(seen.items(), key=str):
            print("%8d  %s %s" % (count, operation, how))
    print("%d seeds, %d calls, %.0f s: %.0f seeds and %.0f calls a minute" % (
        len(tasks), operations, seconds, len(tasks) * 60 / seconds, operations * 60 / seconds))
    print("%d passed, %d failed" % (len(tasks) - failed, failed))
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description="the server against a naive model of Kinesis")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--operations", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--failures", type=int, default=3, help="stop after so many")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--figures", action="store_true", help="count answers by operation and kind")
    parser.add_argument("--replay", metavar="FILE")
    arguments = parser.parse_args()
    driver.build_layer()
    if arguments.replay:
        with open(arguments.replay, encoding="utf-8") as file:
            head, *operations = [json.loads(line) for line in file]
        failure = replay(head["arguments"], operations)
        print(failure or "all answers agree")
        return 1 if failure else 0
    if arguments.seed is not None:
        arguments.first, arguments.seeds, arguments.jobs = arguments.seed, 1, 1
    return run_seeds(arguments)


if __name__ == "__main__":
    sys.exit(main())
