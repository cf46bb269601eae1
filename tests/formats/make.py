"""Make tests/formats/N.tar.xz, a small data directory as the server of today writes it, N being its format, and
N.json, which tells what is in it.

Run once, before the release that is the first to write a format; never again for that format: what lies there
must open for ever.

    tests/formats/make.py
"""
import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from server import Server, scratch_directory, unsigned  # noqa: E402

RECORDS = 300


def call(server, operation, body):
    """The reply of one unsigned call, for a server with --auth off."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        status, reply = unsigned(connection, operation, body)
    finally:
        connection.close()
    assert status == 200, reply
    return reply


def digest(data):
    return hashlib.sha256(data.encode()).hexdigest()[:16]


def fill(server):
    """Streams of every kind, over two runs of the server: {stream: {shard: [[number, key, digest of data], ...]}}."""
    held = {"orders": {}, "empty": {}}
    for name, shards in (("gone", 1), ("orders", 3), ("empty", 2)):
        call(server, "CreateStream", {"StreamName": name, "ShardCount": shards})
    for i in range(RECORDS):
        if i == RECORDS // 2:
            call(server, "DeleteStream", {"StreamName": "gone"})
            server.restart()
        record = {"PartitionKey": "key-%d" % i, "Data": base64.b64encode(bytes([i % 256]) * (i * 67 % 20000)).decode()}
        answer = call(server, "PutRecord", {"StreamName": "orders", **record})
        held["orders"].setdefault(answer["ShardId"], []).append(
            [answer["SequenceNumber"], record["PartitionKey"], digest(record["Data"])])
    return held


def main():
    scratch = scratch_directory()
    server = Server(["--auth", "off", "--limits", "off", "--segment-size", "1MiB"], data=os.path.join(scratch, "data"))
    try:
        held = fill(server)
        server.stop()
        with open(os.path.join(server.data, "FORMAT"), encoding="ascii") as file:
            number = re.fullmatch(r"runnel-data (\d+)\n", file.read()).group(1)
        archive = os.path.join(HERE, number + ".tar.xz")
        if os.path.exists(archive):
            sys.exit("%s is there, and stays as it is" % archive)
        with tarfile.open(archive, "w:xz") as tar:
            tar.add(server.data, ".", filter=lambda entry: None if entry.name.endswith("LOCK") else entry)
        with open(os.path.join(HERE, number + ".json"), "w", encoding="ascii") as file:
            json.dump({"made": int(time.time()), "streams": held}, file, indent=0, sort_keys=True)
            file.write("\n")
    finally:
        server.close()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
