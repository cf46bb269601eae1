"""Data directories of every released format open, and hold what was put into them. make.py makes them.

Their records have long expired, so the server runs under faketime, a minute after they were written.
"""
import glob
import json
import os
import shutil
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from make import call, digest  # noqa: E402
from runner import case, equal, main  # noqa: E402
from server import Server, StartFailed, clock_from, scratch_directory  # noqa: E402

ARCHIVES = sorted(glob.glob(os.path.join(HERE, "*.tar.xz")))


class Unpacked:
    """A kept directory, and a server on it."""

    def __init__(self, archive, at=None):
        self.scratch = scratch_directory()
        self.data = os.path.join(self.scratch, "data")
        with tarfile.open(archive) as tar:
            tar.extractall(self.data)
        os.chmod(self.data, 0o700)
        self.server = Server(["--auth", "off", "--limits", "off"], data=self.data, start=False, env=clock_from(at) if at else {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def tree(self):
        """Every file and its bytes, but for the lock."""
        found = {}
        for top, _, names in os.walk(self.data):
            for name in names:
                path = os.path.join(top, name)
                if name != "LOCK":
                    with open(path, "rb") as file:
                        found[os.path.relpath(path, self.data)] = file.read()
        return found


def read(server, stream, shard):
    where = call(server, "GetShardIterator", {"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"})
    iterator, records = where["ShardIterator"], []
    while True:
        answer = call(server, "GetRecords", {"ShardIterator": iterator})
        records += [[r["SequenceNumber"], r["PartitionKey"], digest(r["Data"])] for r in answer["Records"]]
        iterator = answer["NextShardIterator"]
        if answer["MillisBehindLatest"] == 0:
            return records


@case("every released format opens, holds what was put, and takes more")
def _():
    assert ARCHIVES, "no data directory is kept"
    for archive in ARCHIVES:
        with open(archive.replace(".tar.xz", ".json"), encoding="ascii") as file:
            kept = json.load(file)
        with Unpacked(archive, kept["made"] + 60) as old:
            server = old.server.start()
            equal(call(server, "ListStreams", {})["StreamNames"], sorted(kept["streams"]), archive)
            for stream, shards in kept["streams"].items():
                for shard, records in shards.items():
                    equal(read(server, stream, shard), records, "%s %s %s" % (archive, stream, shard))
            answer = call(server, "PutRecord", {"StreamName": "orders", "PartitionKey": "new", "Data": "bmV3"})
            server.restart()
            equal(read(server, "orders", answer["ShardId"])[-1], [answer["SequenceNumber"], "new", digest("bmV3")], archive)
            equal(server.stop(), 0)


@case("a newer format is refused with both numbers, and nothing is touched")
def _():
    with Unpacked(ARCHIVES[-1]) as old:
        with open(os.path.join(old.data, "FORMAT"), "w", encoding="ascii") as file:
            file.write("runnel-data 999\n")
        before = old.tree()
        try:
            old.server.start()
        except StartFailed as refusal:
            equal(refusal.code, 65)
            assert "999" in str(refusal) and "up to %d" % len(ARCHIVES) in str(refusal), refusal
        else:
            raise AssertionError("it was opened")
        equal(old.tree(), before)


if __name__ == "__main__":
    sys.exit(main())
