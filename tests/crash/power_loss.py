"""Power loss under load, again and again, on the shipped binary.

Each round starts the server under tests/crash/powerloss.c, puts records over CONNECTIONS connections, and
takes the power away: in the middle of a drawn sync, or at a drawn moment between syncs. Every third round
also loses power while the server recovers. Whatever was not synced is kept, dropped or torn as the round's
seed says. After each loss the server starts plainly and every record acknowledged in that round must be
there, once, under the sequence number that was acknowledged, unchanged; at the end, all of all rounds.

    power_loss.py [--rounds 50] [--acknowledged 100000] [--seed S] [--round R] [--expect-loss ROUNDS]

--expect-loss N turns the test around, for a server that acknowledges before its sync (--durability os): it passes when
a loss is noticed within N rounds. A failure prints the seed and round that replay it.
"""
import argparse
import base64
import hashlib
import http.client
import os
import random
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

from server import Server, StartFailed, scratch_directory, unsigned, wait_until  # noqa: E402

CONNECTIONS = 8
SHARDS = 8
STREAM = "power"
LAYER = os.environ.get("RUNNEL_POWERLOSS", os.path.join(ROOT, "build", "tests", "powerloss.so"))
ROUND_SECONDS = 20


class Gone(Exception):
    """The server went away in the middle of a call."""


def call(connection, operation, body):
    """(status, reply) of one call."""
    try:
        return unsigned(connection, operation, body)
    except (OSError, http.client.HTTPException) as error:
        raise Gone(str(error)) from error


def connect(server):
    return http.client.HTTPConnection(server.host, server.port, timeout=30)


class Writer(threading.Thread):
    """Puts records until the server is gone; remembers what was acknowledged."""

    def __init__(self, server, round_number, index, seed):
        super().__init__(daemon=True)
        self.server, self.round, self.index = server, round_number, index
        self.random = random.Random(seed * 1000 + index)
        self.acknowledged = []  # (shard, sequence number, record id)
        self.error = None

    def run(self):
        connection, serial = connect(self.server), 0
        try:
            while True:
                size = self.random.choice((1, 1, 10, 100, 500))
                ids = ["%d-%d-%d" % (self.round, self.index, serial + i) for i in range(size)]
                serial += size
                records = [{"PartitionKey": one, "Data": data_of(one)} for one in ids]
                status, answer = call(connection, "PutRecords", {"StreamName": STREAM, "Records": records})
                if status >= 500:
                    continue
                assert status == 200, answer
                for one, entry in zip(ids, answer["Records"]):
                    if "SequenceNumber" in entry:
                        self.acknowledged.append((entry["ShardId"], entry["SequenceNumber"], one))
        except Gone:
            pass
        except Exception as error:
            self.error = error


def data_of(record_id):
    """What a record holds: from its id, so that a changed byte is noticed; 40 bytes to 3 KiB, base64."""
    digest = hashlib.sha256(record_id.encode()).digest()
    return base64.b64encode((record_id.encode() + b" " + digest) * (1 + digest[0] // 4)).decode()


def read_all(server):
    """{(shard, sequence number): (partition key, data)} of the whole stream; AssertionError on anything read twice."""
    connection, found = connect(server), {}
    status, answer = call(connection, "ListShards", {"StreamName": STREAM})
    assert status == 200, answer
    for shard in [s["ShardId"] for s in answer["Shards"]]:
        status, answer = call(connection, "GetShardIterator", {"StreamName": STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"})
        assert status == 200, answer
        newest = -1
        while True:
            status, answer = call(connection, "GetRecords", {"ShardIterator": answer.get("ShardIterator") or answer["NextShardIterator"]})
            assert status == 200, answer
            for record in answer["Records"]:
                assert int(record["SequenceNumber"]) > newest, "numbers do not rise in %s" % shard
                newest = int(record["SequenceNumber"])
                found[(shard, record["SequenceNumber"])] = (record["PartitionKey"], record["Data"])
            if answer["MillisBehindLatest"] == 0 and not answer["Records"]:
                break
    return found


class Loss(Exception):
    """An acknowledged record is missing or changed."""


def compare(found, acknowledged):
    """Raise Loss unless every acknowledged record is there, under its number, unchanged."""
    for shard, number, record_id in acknowledged:
        got = found.get((shard, number))
        if got is None:
            raise Loss("acknowledged record %s (%s %s) is missing" % (record_id, shard, number))
        if got != (record_id, data_of(record_id)):
            raise Loss("acknowledged record %s (%s %s) was displaced or changed: %r" % (record_id, shard, number, got[0]))
    if len({(shard, number) for shard, number, _ in acknowledged}) != len(acknowledged):
        raise Loss("one sequence number was acknowledged twice")


class Rounds:
    def __init__(self, arguments):
        self.arguments = arguments
        self.scratch = scratch_directory()
        self.data = os.path.join(self.scratch, "data")
        self.acknowledged = []
        self.recovery_losses = 0

    def flags(self):
        return ["--auth", "off", "--limits", "off", "--segment-size", "4MiB", "--durability", self.arguments.durability]

    def layer_env(self, seed, at_sync):
        undo, fifo = os.path.join(self.scratch, "undo"), os.path.join(self.scratch, "fifo")
        shutil.rmtree(undo, ignore_errors=True)
        os.mkdir(undo)
        if not os.path.exists(fifo):
            os.mkfifo(fifo)
        os.makedirs(self.data, mode=0o700, exist_ok=True)
        return {"LD_PRELOAD": LAYER, "POWERLOSS_ROOT": self.data, "POWERLOSS_UNDO": undo, "POWERLOSS_FIFO": fifo,
                "POWERLOSS_SEED": str(seed), "POWERLOSS_AT_SYNC": str(at_sync)}

    def lose_power(self):
        """Tell the layer by its fifo; it kills the server."""
        try:
            fd = os.open(os.path.join(self.scratch, "fifo"), os.O_WRONLY | os.O_NONBLOCK)
            os.write(fd, b"x")
            os.close(fd)
        except OSError:
            pass  # already dead, or its reader not there yet: asked again

    def wait_dead(self, server, ask):
        def dead():
            if ask:
                self.lose_power()
            return server.process.poll() is not None
        wait_until(dead, ROUND_SECONDS, "the server loses power")
        server.process.wait()
        server.process = None

    def put_until_loss(self, number, rng):
        """One loss of power under load; the records acknowledged before it."""
        by_sync = rng.random() < 0.6
        server = Server(self.flags(), data=self.data, env=self.layer_env(rng.randrange(1 << 62), rng.randrange(20, 300) if by_sync else 0), start=False)
        try:
            server.start()
            connection = connect(server)
            status, answer = call(connection, "CreateStream", {"StreamName": STREAM, "ShardCount": SHARDS})
            assert status == 200 or answer["__type"] == "ResourceInUseException", answer
        except (StartFailed, Gone):
            wait_until(lambda: server.process is None or server.process.poll() is not None, ROUND_SECONDS, "the server loses power")
            server.process = None
            server.close()
            return []
        writers = [Writer(server, number, index, rng.randrange(1 << 30)) for index in range(CONNECTIONS)]
        for writer in writers:
            writer.start()
        wanted = self.arguments.acknowledged // self.arguments.rounds
        wait_until(lambda: sum(len(w.acknowledged) for w in writers) >= wanted or server.process.poll() is not None, ROUND_SECONDS, "records are acknowledged")
        self.wait_dead(server, ask=not by_sync or rng.random() < 0.5)
        for writer in writers:
            writer.join(ROUND_SECONDS)
            if writer.error:
                raise writer.error
        server.close()
        return [one for writer in writers for one in writer.acknowledged]

    def lose_in_recovery(self, rng):
        """Start under the layer so that power goes in one of the first syncs, while the server recovers."""
        server = Server(self.flags(), data=self.data, env=self.layer_env(rng.randrange(1 << 62), rng.randrange(1, 6)), start=False)
        try:
            server.start(ROUND_SECONDS)
        except StartFailed:
            self.recovery_losses += 1
        else:
            self.wait_dead(server, ask=True)
        server.close()

    def verify(self, acknowledged, clean=False):
        server = Server(self.flags(), data=self.data)
        try:
            compare(read_all(server), acknowledged)
            if clean:
                code = server.stop()
                assert code == 0, "clean stop ended with %d:\n%s" % (code, server.log())
        finally:
            server.close()

    def run_round(self, number):
        rng = random.Random(self.arguments.seed * 100003 + number)
        fresh = self.put_until_loss(number, rng)
        if number % 3 == 2:
            self.lose_in_recovery(rng)
        self.acknowledged += fresh
        self.verify(fresh, clean=rng.random() < 0.3)
        return len(fresh)

    def run(self):
        for number in range(self.arguments.rounds):
            self.run_round(number)
        extra = self.arguments.rounds
        while len(self.acknowledged) < self.arguments.acknowledged and extra < self.arguments.rounds * 4:
            self.run_round(extra)
            extra += 1
        self.verify(self.acknowledged)
        return extra


def build_layer():
    if not os.path.exists(LAYER):
        os.makedirs(os.path.dirname(LAYER), exist_ok=True)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", LAYER, os.path.join(HERE, "powerloss.c"), "-ldl"], check=True)


def main():
    parser = argparse.ArgumentParser(description="power loss under load")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--acknowledged", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--expect-loss", type=int, default=0, metavar="ROUNDS")
    arguments = parser.parse_args()
    arguments.durability = "os" if arguments.expect_loss else "sync"
    if arguments.expect_loss:
        arguments.rounds, arguments.acknowledged = arguments.expect_loss, arguments.expect_loss * 2000
    build_layer()
    rounds, began = Rounds(arguments), time.monotonic()
    try:
        done = rounds.run()
        loss = None
    except Loss as error:
        done, loss = arguments.rounds, error
    finally:
        shutil.rmtree(rounds.scratch, ignore_errors=True)
    print("%d rounds, %d records acknowledged, %d losses during recovery, %.0f s, seed %d%s" %
          (done, len(rounds.acknowledged), rounds.recovery_losses, time.monotonic() - began, arguments.seed, ": %s" % loss if loss else ""))
    enough = len(rounds.acknowledged) >= arguments.acknowledged
    good = bool(loss) if arguments.expect_loss else not loss and enough
    if not good:
        print("replay: %s --seed %d --rounds %d" % (sys.argv[0], arguments.seed, arguments.rounds))
    print("%d passed, %d failed" % (good, not good))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
