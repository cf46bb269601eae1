"""The command-line tools as a user runs them, against a real server. Ends with "N passed, N failed"."""
import base64
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from server import BINARY, Server, wait_until  # noqa: E402
from wire import Signer, Wire  # noqa: E402

SECONDS = 30


def setUpModule():
    global server, scratch
    server = Server(["--limits", "off"])
    scratch = tempfile.mkdtemp(prefix="runnel-cli-")


def tearDownModule():
    server.close()
    shutil.rmtree(scratch)


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RUNNEL_"))}
    env.update({"HOME": scratch, "AWS_ENDPOINT_URL_KINESIS": server.endpoint, **more})
    return env


def run(*words, data=None, env=None, code=0):
    """Run the binary; its (standard output, standard error) as bytes and text."""
    if words[0] not in ("shards", "version", "help", "config"):
        words = words + ("--data", server.data)
    done = subprocess.run([BINARY, *words], input=data, env=env or environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    error = done.stderr.decode()
    assert code is None or done.returncode == code, "%r ended with %d, wanted %d: %s" % (words, done.returncode, code, error)
    return done.stdout, error


made = 0


def stream(shards=1):
    global made
    made += 1
    name = "cli-%d" % made
    run("create", name, "--shards", str(shards))
    return name


def read_json(name):
    out, _ = run("tail", name, "--from", "oldest", "--no-follow", "--json")
    return [json.loads(line) for line in out.splitlines()]


def data_of(name):
    return [base64.b64decode(record["Data"]) for record in read_json(name)]


class Streams(unittest.TestCase):
    def test_create_list_describe_delete(self):
        name = stream(3)
        self.assertIn(name, run("list")[0].decode().split())
        self.assertIn("ACTIVE", run("list", "--long")[0].decode())
        shown = run("describe", name)[0].decode()
        self.assertRegex(shown, r"shards      3 open, 0 closed\n")
        self.assertEqual(shown.count("shardId-"), 3)
        self.assertEqual(json.loads(run("describe", name, "--json")[0])["StreamDescriptionSummary"]["OpenShardCount"], 3)
        run("delete", name)
        self.assertNotIn(name, run("list")[0].decode().split())

    def test_what_is_missing_is_named(self):
        _, error = run("describe", "nothing-here", code=69)
        self.assertIn("Stream nothing-here under account 000000000000 not found.", error)

    def test_taken_names_are_refused(self):
        _, error = run("create", stream(), code=1)
        self.assertIn("already exists", error)

    def test_on_demand(self):
        run("create", "cli-on-demand", "--on-demand")
        self.assertIn("ON_DEMAND", run("describe", "cli-on-demand")[0].decode())


class Describe(unittest.TestCase):
    def picture(self, name, *words, **env):
        """The lines behind the summary's blank one."""
        return run("describe", name, *words, env=environment(**env))[0].decode().split("\n\n", 1)[1].splitlines()

    def test_bars_lie_over_the_hash_keys_as_wide_as_the_terminal(self):
        name = stream(4)
        for columns in (60, 80, 120):
            head, *rows = self.picture(name, COLUMNS=str(columns), LC_ALL="C")
            self.assertEqual(len(head), columns)
            bars = [row.split("|")[1] for row in rows]
            self.assertEqual([bar.index("#") // (len(bars[0]) // 4) for bar in bars], [0, 1, 2, 3])
            self.assertEqual([row.split()[-1] for row in rows], ["25.0"] * 4)
            self.assertTrue(all(row.isascii() for row in rows))
        self.assertIn("\u2588", "".join(self.picture(name, LC_ALL="C.UTF-8")))
        self.assertTrue(rows[1].startswith("shardId-000000000001 open"), rows)
        self.assertTrue(self.picture(name, COLUMNS="40", LC_ALL="C")[2].startswith("1 "))

    def test_a_terminal_says_how_wide_it_is(self):
        name, (main, side) = stream(), pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 97, 0, 0))
        done = subprocess.run([BINARY, "describe", name, "--data", server.data], env=environment(LC_ALL="C"), stdout=side, timeout=SECONDS)
        os.close(side)
        shown = os.read(main, 65536).decode().replace("\r", "")
        os.close(main)
        self.assertEqual((done.returncode, len(shown.split("\n\n")[1].split("\n")[0])), (0, 97))

    def test_many_shards_are_counted_unless_all_are_asked_for(self):
        name = stream(1000)
        shown = self.picture(name)
        self.assertEqual(sum(int(line.split("%")[1].split()[0]) for line in shown[1:17]), 1000)
        self.assertEqual(shown[-1], "runnel describe %s --all draws each shard" % name)
        self.assertEqual(len(self.picture(name, "--all")), 1001)

    def test_settings_that_differ_are_shown(self):
        name = stream()
        self.assertNotIn("metrics", run("describe", name)[0].decode())
        wire = Wire(server.host, server.port, Signer(server.access_key, server.secret_key))
        wire.call("EnableEnhancedMonitoring", {"StreamName": name, "ShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"]})
        wire.call("StartStreamEncryption", {"StreamName": name, "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"})
        shown = run("describe", name)[0].decode()
        self.assertIn("  metrics     IncomingBytes, OutgoingBytes\n", shown)
        self.assertIn("  encryption  KMS alias/aws/kinesis\n", shown)

    def test_long_has_the_numbers(self):
        shown = "\n".join(self.picture(stream(2), "--long"))
        self.assertIn("hash keys        0 - 170141183460469231731687303715884105727\n", shown)
        self.assertRegex(shown, r"sequence numbers \d{56} - now")


def picture(text):
    """The lines of the picture in what describe or --plan printed."""
    lines = text.decode().splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith("shard ")):]


class Reshard(unittest.TestCase):
    def test_a_shard_is_split_in_the_middle_or_where_asked(self):
        name = stream()
        self.assertEqual(run("split", name, "0")[0], b"shardId-000000000001\nshardId-000000000002\n")
        run("split", name, "shardId-000000000001", "--at", "30%")
        run("split", name, "2", "--at", str(2 ** 127 + 2 ** 125))
        shown = run("describe", name, env=environment(LC_ALL="C", COLUMNS="90"))[0]
        self.assertEqual([(line.split()[0], line.split()[1], line.split()[-1]) for line in picture(shown)[1:]], [
            ("shardId-000000000000", "closed", "100.0"),
            ("+-shardId-000000000001", "closed", "50.0"),
            ("|", "+-shardId-000000000003", "15.0"),
            ("|", "`-shardId-000000000004", "35.0"),
            ("`-shardId-000000000002", "closed", "50.0"),
            ("+-shardId-000000000005", "open", "12.5"),
            ("`-shardId-000000000006", "open", "37.5")])
        self.assertIn("shards      4 open, 3 closed", shown.decode())

    def test_shards_are_merged_in_either_order(self):
        name = stream(4)
        self.assertEqual(run("merge", name, "1", "0")[0], b"shardId-000000000004\n")
        self.assertEqual(run("merge", name, "shardId-000000000002", "3")[0], b"shardId-000000000005\n")
        shown = picture(run("describe", name, env=environment(LC_ALL="C"))[0])
        self.assertTrue(any(line.startswith("`-shardId-000000000004 = 0+1 open") for line in shown), shown)
        self.assertTrue(any(line.startswith("shardId-000000000003 -> 5") for line in shown), shown)

    def test_another_number_of_shards(self):
        name = stream(2)
        self.assertIn("%s went from 2 to 4 open shards" % name, run("reshard", name, "--shards", "4")[1])
        self.assertEqual(run("reshard", name, "--shards", "3", "--quiet"), (b"", ""))
        self.assertEqual(json.loads(run("describe", name, "--json")[0])["StreamDescriptionSummary"]["OpenShardCount"], 3)
        self.assertIn("from 3 to 3", run("reshard", name, "--shards", "3")[1])

    def test_a_plan_shows_what_then_comes_and_does_nothing(self):
        for start, *words in ((3, "reshard", "--shards", "5"), (5, "reshard", "--shards", "3"), (1, "split", "0", "--at", "10%"), (3, "merge", "1", "2"),
                              (60, "reshard", "--shards", "90")):
            name = stream(start)
            line = [words[0], name, *words[1:]]
            before = run("describe", name)[0]
            plan = run(*line, "--plan")[0]
            self.assertEqual(run("describe", name)[0], before)
            run(*line)
            self.assertEqual(picture(run("describe", name)[0])[:60] if start < 60 else 0, picture(plan) if start < 60 else 0, line)
            after = json.loads(run("describe", name, "--json")[0])["StreamDescriptionSummary"]["OpenShardCount"]
            self.assertIn(b"From %d to %d open shards; nothing is done yet" % (start, after), plan)
            self.assertRegex(plan, rb"   1[.] (split|merge) shardId-0000000000\d\d (at|and) ")
        self.assertRegex(plan, rb"and \d+ more like these")
        self.assertIn(b"Nothing to do", run("reshard", name, "--shards", "90", "--plan")[0])

    def test_what_is_wrong_is_named(self):
        name = stream(3)
        run("merge", name, "0", "1")
        for words, code, named in ((("split", name, "x"), 2, "'x'"), (("split", name, "77"), 69, "%s has no shard shardId-000000000077" % name),
                                   (("split", name, "0"), 69, "shardId-000000000000 of %s is closed" % name), (("split", name), 2, "split STREAM SHARD"),
                                   (("split", name, "2", "--at", "100%"), 2, "'100%'"), (("split", name, "2", "--at", "no"), 2, "'no'"),
                                   (("split", name, "2", "--at", "5"), 2, "--at 5 must be over"), (("split", "nothing-here", "2"), 69, "nothing-here"),
                                   (("merge", name, "2", "2"), 2, "do not touch"), (("merge", name, "2"), 2, "merge STREAM SHARD SHARD"),
                                   (("reshard", name), 2, "runnel reshard %s --shards N" % name), (("reshard", name, "--shards", "0"), 2, "'0'"),
                                   (("reshard", "nothing-here", "--shards", "2"), 69, "nothing-here"),
                                   (("reshard", "nothing-here", "--shards", "2", "--plan"), 69, "nothing-here")):
            self.assertIn(named, run(*words, code=code)[1])

    def test_a_quota_is_not_waited_for(self):
        with Server() as limited:
            env = environment(AWS_ENDPOINT_URL_KINESIS=limited.endpoint)
            subprocess.run([BINARY, "create", "s", "--data", limited.data], env=env, check=True, timeout=60)
            done = subprocess.run([BINARY, "reshard", "s", "--shards", "4", "--data", limited.data], env=env, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count", done.stderr)

    def test_waiting_shows_progress_on_a_terminal_and_can_be_left(self):
        with Server(["--transition-delay", "3s"]) as slow:
            env = environment(AWS_ENDPOINT_URL_KINESIS=slow.endpoint)
            subprocess.run([BINARY, "create", "s", "--shards", "2", "--data", slow.data], env=env, check=True, timeout=60)
            main, side = pty.openpty()
            process = subprocess.Popen([BINARY, "reshard", "s", "--shards", "3", "--data", slow.data], env=env, stderr=side)
            os.close(side)
            shown = b""
            while b"UPDATING, 2 open shards" not in shown:
                shown += os.read(main, 4096)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(SECONDS), 130)
            shown += os.read(main, 4096)
            self.assertIn(b"the change of s goes on; runnel describe s shows it", shown)
            os.close(main)


class Consumers(unittest.TestCase):
    def test_they_are_registered_shown_and_deregistered(self):
        name = stream()
        self.assertEqual(run("consumers", "list", name)[0], b"")
        arn = run("consumers", "register", name, "first")[0].decode().strip()
        self.assertRegex(arn, r"^arn:aws:kinesis:us-east-1:\d{12}:stream/%s/consumer/first:\d+$" % name)
        run("consumers", "register", name, "second")
        self.assertEqual([line.split()[::2] for line in run("consumers", "list", name)[0].decode().splitlines()], [["ACTIVE", "first"], ["ACTIVE", "second"]])
        self.assertIn("  arn     %s\n  status  ACTIVE\n" % arn, run("consumers", "describe", name, "first")[0].decode())
        self.assertEqual(run("consumers", "deregister", name, "first")[0], b"")
        self.assertEqual([line.split()[2] for line in run("consumers", "list", name)[0].decode().splitlines()], ["second"])
        self.assertIn("consumers   1\n", run("describe", name)[0].decode())

    def test_what_is_wrong_is_named(self):
        name = stream()
        self.assertIn("nobody", run("consumers", "describe", name, "nobody", code=69)[1])
        self.assertIn("nobody", run("consumers", "deregister", name, "nobody", code=69)[1])
        self.assertIn("nothing-here", run("consumers", "list", "nothing-here", code=69)[1])
        self.assertIn("'put' is not one of list, register, describe, deregister", run("consumers", "put", code=2)[1])
        run("consumers", "register", name, "twice")
        self.assertIn("twice", run("consumers", "register", name, "twice", code=1)[1])


class Tag(unittest.TestCase):
    def test_tags_are_set_shown_and_removed(self):
        name = stream()
        run("tag", "set", name, "team=core", "note=a=b c", "empty=")
        self.assertEqual(run("tag", "list", name)[0], b"empty=\nnote=a=b c\nteam=core\n")
        run("tag", "remove", name, "team", "note", "unknown")
        self.assertEqual(run("tag", "list", name)[0], b"empty=\n")

    def test_more_than_a_page(self):
        name = stream()
        for part in range(0, 120, 10):
            run("tag", "set", name, *("key%03d=%d" % (i, i) for i in range(part, part + 10)))
        self.assertEqual(run("tag", "list", name)[0].decode().split(), ["key%03d=%d" % (i, i) for i in range(120)])

    def test_what_is_wrong_is_named(self):
        for words, named in ((("set", "s", "x"), "'x'"), (("set", "s", "=x"), "'=x'"), (("put",), "'put' is not one of list, set, remove"), ((), "one of list"),
                             (("set", "s"), "tag set STREAM KEY=VALUE..."), (("list", "s", "t"), "'t'")):
            self.assertIn(named, run("tag", *words, code=2)[1])
        self.assertIn("not found", run("tag", "list", "nothing-here", code=69)[1])


class Mode(unittest.TestCase):
    def test_it_is_shown_and_changed_both_ways(self):
        name = stream(3)
        for wanted, shown in (("on-demand", b"on-demand\n"), ("PROVISIONED", b"provisioned\n"), ("ON_DEMAND", b"on-demand\n")):
            self.assertEqual(run("mode", name, wanted)[0], b"")
            self.assertEqual(run("mode", name)[0], shown)
        self.assertIn("On-Demand mode", run("split", name, "0", code=1)[1])
        self.assertIn("shards      3 open", run("describe", name)[0].decode())

    def test_what_is_wrong_is_named(self):
        self.assertIn("'fast'", run("mode", "s", "fast", code=2)[1])
        self.assertIn("nothing-here", run("mode", "nothing-here", code=69)[1])
        self.assertIn("nothing-here", run("mode", "nothing-here", "on-demand", code=69)[1])


class Retention(unittest.TestCase):
    def test_it_is_shown_and_changed_both_ways(self):
        name = stream()
        for wanted, shown in (("7d", b"168\n"), ("168", b"168\n"), ("36h", b"36\n"), ("24", b"24\n")):
            self.assertEqual(run("retention", name, wanted)[0], b"")
            self.assertEqual(run("retention", name)[0], shown)

    def test_what_is_wrong_is_named(self):
        for words in ("7w", "", "h", "1.5", "0"):
            self.assertIn("'%s'" % words, run("retention", "s", words, code=2)[1])
        self.assertIn("20 hours", run("retention", stream(), "20", code=1)[1])


class Put(unittest.TestCase):
    def test_bytes_pass_unchanged(self):
        lines = [b"plain", b"", b"nul \0 byte", b"windows\r", b"bad \xff\xfe utf-8", b"last without newline"]
        name = stream()
        _, error = run("put", name, "--key", "k", data=b"\n".join(lines))
        self.assertEqual(data_of(name), lines)
        self.assertIn("6 records acknowledged", error)

    def test_an_empty_input_puts_nothing(self):
        name = stream()
        run("put", name, data=b"")
        self.assertEqual(data_of(name), [])

    def test_many_lines_over_many_batches_keep_their_order(self):
        name, lines = stream(), [b"line %d %s" % (i, b"x" * (i % 300)) for i in range(3000)]
        run("put", name, "--key", "k", data=b"\n".join(lines) + b"\n")
        self.assertEqual(data_of(name), lines)

    def test_files_follow_each_other_and_dash_is_standard_input(self):
        path = os.path.join(scratch, "lines")
        with open(path, "wb") as file:
            file.write(b"1\n2\n")
        name = stream()
        run("put", name, path, "-", "--key", "k", data=b"3\n")
        self.assertEqual(data_of(name), [b"1", b"2", b"3"])

    def test_a_missing_file_is_named(self):
        _, error = run("put", stream(), "/no/such/file", code=69)
        self.assertIn("/no/such/file", error)

    def test_keys_come_from_a_field(self):
        name = stream()
        run("put", name, "--key-field", "2", data=b"a b c\n  d   e\n")
        self.assertEqual([r["PartitionKey"] for r in read_json(name)], ["b", "e"])
        name = stream()
        run("put", name, "--key-field", "2", "--delimiter", ",", data=b"a,b b,c\n")
        self.assertEqual([r["PartitionKey"] for r in read_json(name)], ["b b"])

    def test_without_a_key_each_line_gets_its_own(self):
        name = stream()
        run("put", name, data=b"1\n2\n3\n")
        self.assertEqual(len({r["PartitionKey"] for r in read_json(name)}), 3)

    def test_a_bad_key_fails_naming_the_line(self):
        for line in (b"only", b"a \xff", b"a " + b"k" * 257):
            name = stream()
            _, error = run("put", name, "--key-field", "2", data=b"a good\n" + line + b"\na late\n", code=65)
            self.assertRegex(error, r"line 2: its field 2 is no partition key \(\d+ bytes")
            self.assertIn("--from-line 2", error)
            self.assertEqual(data_of(name), [b"a good"])

    def test_a_bad_key_can_be_skipped_or_hashed(self):
        name = stream()
        _, error = run("put", name, "--key-field", "2", "--bad-key", "skip", data=b"a good\nonly\na late\n")
        self.assertEqual(data_of(name), [b"a good", b"a late"])
        self.assertIn("1 lines skipped", error)
        name = stream()
        run("put", name, "--key-field", "2", "--bad-key", "hash", data=b"only\n")
        self.assertRegex(read_json(name)[0]["PartitionKey"], "^[0-9a-f]{32}$")

    def test_an_oversize_line_fails_naming_line_and_size(self):
        for size in (1048577, 3000000):
            name = stream()
            _, error = run("put", name, "--key", "k", data=b"first\n" + b"x" * size + b"\n", code=65)
            self.assertIn("line 2 has %d bytes" % size, error)
            self.assertEqual(data_of(name), [b"first"])

    def test_an_oversize_line_can_be_skipped_or_split(self):
        big = bytes(range(256)) * 10000
        big = big.replace(b"\n", b"")
        name = stream()
        run("put", name, "--key", "k", "--oversize", "skip", data=b"a\n" + big + b"\nb\n")
        self.assertEqual(data_of(name), [b"a", b"b"])
        name = stream()
        run("put", name, "--key", "k", "--oversize", "split", data=b"a\n" + big + b"\nb\n")
        pieces = data_of(name)
        self.assertEqual((pieces[0], b"".join(pieces[1:-1]), pieces[-1]), (b"a", big, b"b"))
        self.assertGreater(len(pieces), 4)

    def test_a_line_of_a_gibibyte_needs_little_memory(self):
        """A sparse file of 1 GiB of NUL without a newline, under a limit of address space."""
        path = os.path.join(scratch, "giant")
        with open(path, "wb") as file:
            file.truncate(1 << 30)
        done = subprocess.run(["sh", "-c", "ulimit -v 400000; exec \"$0\" \"$@\"", BINARY, "put", stream(), path, "--oversize", "skip", "--data", server.data],
                              env=environment(), stderr=subprocess.PIPE, timeout=120)
        os.unlink(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"1 lines skipped", done.stderr)

    def test_lines_can_be_left_out_to_go_on(self):
        name = stream()
        run("put", name, "--key", "k", "--from-line", "3", data=b"1\n2\n3\n4\n")
        self.assertEqual(data_of(name), [b"3", b"4"])

    def test_printed_numbers_are_those_that_are_read(self):
        name = stream()
        out, _ = run("put", name, "--key", "k", "--print", data=b"1\n2\n")
        self.assertEqual([line.split() for line in out.decode().splitlines()], [[r["ShardId"], r["SequenceNumber"]] for r in read_json(name)])

    def test_a_pause_in_the_input_sends_what_is_queued(self):
        name = stream()
        process = subprocess.Popen([BINARY, "put", name, "--key", "k", "--data", server.data], env=environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"early\n")
        process.stdin.flush()
        wait_until(lambda: data_of(name) == [b"early"], SECONDS, "the first line is put while the input is open")
        process.communicate(b"late\n", timeout=SECONDS)
        self.assertEqual(data_of(name), [b"early", b"late"])

    def test_interrupted_it_says_where_to_go_on(self):
        name = stream()
        process = subprocess.Popen([BINARY, "put", name, "--key", "k", "--data", server.data], env=environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"1\n2\n3\n")
        process.stdin.flush()
        wait_until(lambda: len(data_of(name)) == 3, SECONDS, "three lines are put")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, 130)
        self.assertIn(b"3 records acknowledged; to go on from there: --from-line 4", error)

    def test_wrong_options_are_named(self):
        for words, text in ((("--bad-key", "what"), "'what'"), (("--key-field", "x"), "'x'"), (("--nonsense",), "'--nonsense'"),
                            (("--key", ""), "''"), (("--delimiter", "ab"), "'ab'")):
            self.assertIn(text, run("put", "s", *words, data=b"", code=2)[1])


def history():
    """A stream whose shards were split, merged and split again, with ten records of each of eight keys in between."""
    name, parts = stream(), (("split", "0"), ("merge", "1", "2"), ("split", "3", "--at", "40%"), ())
    for part, line in enumerate(parts):
        for key in range(8):
            run("put", name, "--key", "key%d" % key, "--quiet", data=b"".join(b"key%d %d\n" % (key, part * 10 + i) for i in range(10)))
        if line:
            run(line[0], name, *line[1:])
    return name


def check_order(test, out):
    """All records of history(), those of each key in the order in which they were put."""
    lines = out.split(b"\n")[:-1]
    test.assertEqual(len(lines), 320)
    for key in range(8):
        of_key = [int(line.split()[1]) for line in lines if line.startswith(b"key%d " % key)]
        test.assertEqual(of_key, list(range(40)))


class Reader:
    """A command that goes on, and the lines that it has printed so far."""

    def __init__(self, *words, at=None, env=None):
        self.process = subprocess.Popen([BINARY, *words, "--data", (at or server).data], env=env or environment(), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.lines, self.errors = [], []
        self.threads = [threading.Thread(target=lambda to=to, pipe=pipe: to.extend(pipe), daemon=True)
                        for to, pipe in ((self.lines, self.process.stdout), (self.errors, self.process.stderr))]
        for thread in self.threads:
            thread.start()

    def end(self, code, interrupt=False):
        """Its last lines have come, and it ended with this code; what it complained of."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        got = self.process.wait(SECONDS)
        for thread in self.threads:
            thread.join(SECONDS)
        error = b"".join(self.errors).decode()
        assert got == code, (got, error)
        return error

    def put_until_read(self, name):
        """Put lines until one is shown: reading has begun."""
        count = [0]

        def seen():
            count[0] += 1
            run("put", name, "--quiet", "--key", "k", data=b"old %d\n" % count[0])
            return self.lines
        wait_until(seen, SECONDS, "it has begun")


def follow_reshards(test, name, reader):
    """Records of one key, put while the shards change, are shown in order and once."""
    reader.put_until_read(name)
    put = [b"new %d\n" % i for i in range(300)]
    for part, shards in enumerate((4, 3, 5)):
        run("put", name, "--quiet", "--key", "k", data=b"".join(put[part * 100:part * 100 + 100]))
        run("reshard", name, "--shards", str(shards), "--quiet")
    wait_until(lambda: put[-1] in reader.lines, SECONDS, "the last record is shown")
    reader.end(130, interrupt=True)
    begun = next(i for i, line in enumerate(reader.lines) if line.startswith(b"new"))
    test.assertEqual(reader.lines[begun:], put)
    test.assertTrue(all(line.startswith(b"old") for line in reader.lines[:begun]), reader.lines[:begun])


class Tail(unittest.TestCase):
    def test_it_follows_all_shards(self):
        name = stream(4)
        process = subprocess.Popen([BINARY, "tail", name, "--from", "oldest", "--limit", "40", "--data", server.data], env=environment(), stdout=subprocess.PIPE)
        for part in range(4):
            run("put", name, data=b"".join(b"%d\n" % (part * 10 + i) for i in range(10)))
        out, _ = process.communicate(timeout=SECONDS)
        self.assertEqual(sorted(int(line) for line in out.split()), list(range(40)))
        self.assertEqual(process.returncode, 0)

    def test_latest_shows_only_what_comes(self):
        name = stream()
        run("put", name, "--key", "k", data=b"old\n")
        process = subprocess.Popen([BINARY, "tail", name, "--limit", "1", "--data", server.data], env=environment(), stdout=subprocess.PIPE)

        def ended():
            run("put", name, "--key", "k", data=b"new\n")
            return process.poll() is not None
        wait_until(ended, SECONDS, "a new record is shown")
        self.assertEqual(process.stdout.read(), b"new\n")

    def test_places_to_begin(self):
        name = stream(2)
        run("put", name, "--key", "k", data=b"1\n2\n3\n")
        records = read_json(name)
        self.assertEqual(run("tail", name, "--from", records[1]["SequenceNumber"], "--no-follow")[0], b"2\n3\n")
        self.assertEqual(run("tail", name, "--from", "-1h", "--no-follow")[0], b"1\n2\n3\n")
        self.assertEqual(run("tail", name, "--from", "2020-01-01T00:00:00Z", "--no-follow")[0], b"1\n2\n3\n")
        self.assertEqual(run("tail", name, "--from", str(int(time.time()) - 600), "--no-follow")[0], b"1\n2\n3\n")
        self.assertIn("'yesterday'", run("tail", name, "--from", "yesterday", code=2)[1])

    def test_parents_are_read_before_their_children(self):
        name = history()
        for words in (("--from", "oldest"), ("--from", "-1h")):
            check_order(self, run("tail", name, *words, "--no-follow")[0])

    def test_one_shard_is_read_without_its_children(self):
        name = history()
        self.assertEqual(run("tail", name, "--from", "oldest", "--no-follow", "--shard", "0")[0].count(b"\n"), 80)
        self.assertEqual(run("tail", name, "--from", "oldest", "--shard", "shardId-000000000003")[0].count(b"\n"), 80)  # it has ended
        self.assertIn("'x'", run("tail", name, "--shard", "x", code=2)[1])
        self.assertIn("77", run("tail", name, "--shard", "77", code=69)[1])

    def test_a_sequence_number_leads_on_to_children(self):
        name = history()
        shown = [json.loads(line) for line in run("tail", name, "--from", "oldest", "--no-follow", "--json")[0].splitlines()]
        first = next(i for i, record in enumerate(shown) if record["ShardId"] == "shardId-000000000001")
        lines = run("tail", name, "--from", shown[first]["SequenceNumber"], "--no-follow")[0].splitlines()
        in_shard = sum(record["ShardId"] == "shardId-000000000001" for record in shown)
        self.assertEqual(len(lines), in_shard + 80 + 80)  # then the merged one, then the last two

    def test_latest_begins_with_the_open_shards_and_goes_on_with_their_children(self):
        name = history()
        follow_reshards(self, name, Reader("tail", name))

    def test_raw_is_the_data_and_nothing_else(self):
        name = stream()
        run("put", name, "--key", "k", data=b"a\0b\r\nc\n")
        self.assertEqual(run("tail", name, "--from", "oldest", "--no-follow", "--raw")[0], b"a\0b\rc")

    def test_json_has_what_the_api_has(self):
        name = stream()
        run("put", name, "--key", "ké\"y", data=b"x\n")
        record, = read_json(name)
        self.assertEqual((record["ShardId"], record["PartitionKey"], record["Data"]), ("shardId-000000000000", "ké\"y", "eA=="))
        self.assertRegex(record["ApproximateArrivalTimestamp"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")

    def test_a_terminal_gets_no_control_bytes(self):
        name = stream()
        run("put", name, "--key", "k", data=b"\x1b[31mred\x07 \xc2\x9b \xff caf\xc3\xa9\n")
        main, side = pty.openpty()
        process = subprocess.Popen([BINARY, "tail", name, "--from", "oldest", "--no-follow", "--data", server.data], env=environment(), stdout=side)
        os.close(side)
        process.wait(SECONDS)
        shown = os.read(main, 4096)
        os.close(main)
        self.assertEqual(shown.rstrip(b"\r\n"), b"\\x1b[31mred\\x07 \\xc2\\x9b \\xff caf\xc3\xa9")

    def test_a_closed_pipe_is_a_clean_end(self):
        name = stream()
        run("put", name, "--key", "k", data=b"line\n" * 20000)
        done = subprocess.run(["/bin/bash", "-c", "\"$1\" tail \"$2\" --from oldest --data \"$3\" | head -n 1; exit ${PIPESTATUS[0]}",
                               "bash", BINARY, name, server.data],
                              env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"line\n", b""))

    def test_it_rides_out_a_restart_of_the_server(self):
        name = stream()
        process = subprocess.Popen([BINARY, "tail", name, "--from", "oldest", "--limit", "2", "--data", server.data], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
        reader.start()
        run("put", name, "--key", "k", data=b"before\n")
        wait_until(lambda: len(lines) == 1, SECONDS, "the first record is shown")
        server.restart()
        run("put", name, "--key", "k", data=b"after\n")
        self.assertEqual(process.wait(SECONDS), 0)
        reader.join(SECONDS)
        self.assertEqual(lines, [b"before\n", b"after\n"])

    @staticmethod
    def caught(process):
        """The signals that it handles, as the kernel's bits; Python's own handlers are still there while it starts."""
        with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
            return int(re.search(r"^SigCgt:\t([0-9a-f]+)$", status.read(), re.M).group(1), 16)

    def test_interrupted_it_ends_with_130(self):
        process = subprocess.Popen([BINARY, "tail", stream(), "--data", server.data], env=environment(), stdout=subprocess.PIPE)
        wait_until(lambda: self.caught(process) & 0x4002 == 0x4002, SECONDS, "it handles SIGINT and SIGTERM")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(SECONDS), 130)


class Subscribe(unittest.TestCase):
    def test_it_registers_and_shows_parents_before_their_children(self):
        name = history()
        out, error = run("subscribe", name, "--consumer", "c", "--from", "oldest", "--limit", "320")
        check_order(self, out)
        self.assertIn("registered c; runnel consumers deregister %s c takes it away again" % name, error)
        out, error = run("subscribe", name, "--consumer", "c", "--from", "-1h", "--limit", "320")
        check_order(self, out)
        self.assertEqual(error, "")
        self.assertEqual(run("subscribe", name, "--consumer", "c", "--from", "oldest", "--shard", "0")[0].count(b"\n"), 80)  # it has ended
        shown = [json.loads(line) for line in run("subscribe", name, "--consumer", "c", "--from", "oldest", "--limit", "320", "--json")[0].splitlines()]
        first = next(record for record in shown if record["ShardId"] == "shardId-000000000003")
        self.assertEqual(run("subscribe", name, "--consumer", "c", "--from", first["SequenceNumber"], "--limit", "160")[0].count(b"\n"), 160)

    def test_latest_begins_with_the_open_shards_and_goes_on_with_their_children(self):
        name = history()
        follow_reshards(self, name, Reader("subscribe", name, "--consumer", "c"))

    def test_over_tls_the_shards_share_a_connection(self):
        with Server(["--limits", "off", "--tls-self-signed"]) as tls:
            env = environment(AWS_ENDPOINT_URL_KINESIS=tls.endpoint.replace("http:", "https:"), AWS_CA_BUNDLE=os.path.join(tls.data, "tls", "ca.pem"))

            def command(*words, data=None):
                return subprocess.run([BINARY, *words, "--data", tls.data], input=data, env=env, check=True, timeout=60, stdout=subprocess.PIPE).stdout
            command("create", "s", "--shards", "50")
            command("put", "s", "--quiet", data=b"".join(b"%d\n" % i for i in range(2000)))
            out = command("subscribe", "s", "--consumer", "c", "--from", "oldest", "--limit", "2000")
            self.assertEqual(sorted(map(int, out.split())), list(range(2000)))

    def test_it_rides_out_a_restart_of_the_server(self):
        name = stream(3)
        reader = Reader("subscribe", name, "--consumer", "c", "--from", "oldest")
        put = [b"%d\n" % i for i in range(200)]
        run("put", name, "--quiet", data=b"".join(put[:100]))
        wait_until(lambda: len(reader.lines) == 100, SECONDS, "the first hundred are shown")
        server.restart()
        run("put", name, "--quiet", data=b"".join(put[100:]))
        wait_until(lambda: len(reader.lines) >= 200, SECONDS, "the second hundred are shown")
        reader.end(130, interrupt=True)
        self.assertEqual(sorted(reader.lines), sorted(put))

    def test_what_ends_it_is_named(self):
        name = stream()
        reader = Reader("subscribe", name, "--consumer", "c")
        reader.put_until_read(name)
        run("consumers", "deregister", name, "c")
        self.assertIn("Consumer c", reader.end(69))
        reader = Reader("subscribe", name, "--consumer", "c")
        reader.put_until_read(name)
        run("delete", name, "--with-consumers")
        self.assertIn("Stream %s under account 000000000000 not found." % name, reader.end(69))

    def test_one_reader_as_a_consumer_at_a_time(self):
        name = stream()
        first = Reader("subscribe", name, "--consumer", "c")
        first.put_until_read(name)
        second = Reader("subscribe", name, "--consumer", "c")  # takes over when the first has had its five seconds
        self.assertIn("ResourceInUseException", first.end(1))
        before = len(second.lines)
        wait_until(lambda: run("put", name, "--quiet", data=b"x\n") and len(second.lines) > before, SECONDS, "the second reads")
        second.end(130, interrupt=True)

    def test_wrong_options_are_named(self):
        name = stream()
        for words, code, named in (((name,), 2, "--consumer NAME"), ((name, "--consumer", "c", "--from", "yesterday"), 2, "'yesterday'"),
                                   ((name, "--consumer", "c", "--shard", "x"), 2, "'x'"), ((name, "--consumer", "c", "--shard", "9"), 69, "no shard 9"),
                                   (("nothing-here", "--consumer", "c"), 69, "nothing-here"), ((name, "--consumer", "c d"), 1, "consumerName"),
                                   ((name, "--consumer", "c", "--raw", "--json"), 2, "exclude")):
            self.assertIn(named, run("subscribe", *words, code=code)[1])


class Credentials(unittest.TestCase):
    def key(self):
        return server.access_key, server.secret_key

    def write(self, name, text):
        path = os.path.join(scratch, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def list_with(self, code=0, **env):
        done = subprocess.run([BINARY, "list", "--data", "/nowhere"], env=environment(**env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr.decode()

    def test_variables(self):
        access, secret = self.key()
        self.list_with(AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret)

    def test_a_profile_in_the_credentials_file(self):
        path = self.write("credentials", "[default]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = no\n\n[team]\naws_access_key_id=%s\naws_secret_access_key=%s\n" % self.key())
        self.list_with(AWS_SHARED_CREDENTIALS_FILE=path, AWS_PROFILE="team")
        self.assertIn("UnrecognizedClientException", self.list_with(code=77, AWS_SHARED_CREDENTIALS_FILE=path))

    def test_a_profile_in_the_config_file(self):
        path = self.write("config", "# comment\n[profile team]\nregion = us-east-1\naws_access_key_id = %s\naws_secret_access_key = %s\ns3 =\n  nested = 1\n" % self.key())
        self.list_with(AWS_CONFIG_FILE=path, AWS_PROFILE="team")

    def test_a_missing_profile_is_named(self):
        self.assertIn("'nobody'", self.list_with(code=2, AWS_PROFILE="nobody"))

    def test_no_key_anywhere(self):
        self.assertIn("no credentials", self.list_with(code=77))

    def test_a_wrong_secret(self):
        self.assertIn("InvalidSignatureException", self.list_with(code=77, AWS_ACCESS_KEY_ID=self.key()[0], AWS_SECRET_ACCESS_KEY="wrong"))

    def test_nobody_at_the_endpoint(self):
        access, secret = self.key()
        began = time.monotonic()
        error = self.list_with(code=69, AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret, AWS_ENDPOINT_URL_KINESIS="http://127.0.0.1:1")
        self.assertIn("http://127.0.0.1:1", error)
        self.assertLess(time.monotonic() - began, 25)

    def test_loopback_never_goes_through_a_proxy(self):
        access, secret = self.key()
        self.list_with(AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret, http_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")

    def test_env_prints_what_the_aws_tools_need(self):
        out = run("env")[0].decode()
        self.assertIn("export AWS_ENDPOINT_URL_KINESIS='%s'\n" % server.endpoint, out)
        self.assertIn("export AWS_ACCESS_KEY_ID='%s'\n" % self.key()[0], out)
        shell = subprocess.run(["sh", "-c", out + "echo \"$AWS_SECRET_ACCESS_KEY\""], stdout=subprocess.PIPE, text=True)
        self.assertEqual(shell.stdout.strip(), self.key()[1])


class Limits(unittest.TestCase):
    def test_a_limit_is_shown_set_and_taken_back(self):
        def shown():
            return run("limits", "get", "stream-tags")[0].decode().split()

        self.assertEqual(shown()[:3], ["stream-tags", "off", "tags"])
        self.assertEqual(run("limits", "set", "stream-tags", "70")[0], b"")
        self.assertEqual(shown()[1], "70")
        self.assertIn("(set; default off)", run("limits", "get", "stream-tags")[0].decode())
        run("limits", "set", "stream-tags", "default")
        self.assertNotIn("set", shown())
        names = [line.split()[0] for line in run("limits", "get")[0].decode().splitlines()]
        with open(os.path.join(os.path.dirname(os.path.dirname(HERE)), "src", "model", "limit.h"), encoding="utf-8") as table:
            self.assertEqual(names, re.findall(r'^ *X\([A-Z_]+, *"([A-Za-z-]+)"', table.read(), re.M))

    def test_what_is_wrong_is_named(self):
        for words, named in ((["set", "stream-tags", "many"], '"many"'), (["set", "tags", "5"], '"tags"'), (["get", "tags"], "'tags'"),
                             (["put"], "'put' is not one of get, set"), ([], "one of get, set"), (["set", "stream-tags"], "limits set NAME VALUE"),
                             (["get", "a", "b"], "'b'")):
            self.assertIn(named, run("limits", *words, code=2)[1])

    def test_lifting_a_limit_lets_refused_records_in(self):
        with Server() as limited:
            env = environment(AWS_ENDPOINT_URL_KINESIS=limited.endpoint)
            words = ["--data", limited.data]
            for line in (["limits", "set", "shard-write-records", "1"], ["create", "s", "--shards", "1"]):
                subprocess.run([BINARY, *line, *words], env=env, check=True, timeout=60)
            with subprocess.Popen([BINARY, "put", "s", *words], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as put:
                put.stdin.write(b"line\n" * 5000)
                put.stdin.close()
                wait_until(lambda: "runnel limits set shard-write-records VALUE" in limited.log(), SECONDS, "the log names the limit")
                subprocess.run([BINARY, "limits", "set", "shard-write-records", "off", *words], env=env, check=True, timeout=60)
                self.assertEqual(put.wait(60), 0)


class Others(unittest.TestCase):
    def test_the_estimator(self):
        out = run("shards", "--record-bytes", "2048", "--records-per-second", "600", "--consumers", "4")[0].decode()
        self.assertTrue(out.startswith("3 shards:"), out)  # out: 1200 KB/s x 4 / 2000

    def test_help_and_version(self):
        for command in ("create", "list", "describe", "reshard", "split", "merge", "mode", "consumers", "tag", "retention", "delete", "put", "tail", "subscribe", "shards", "env", "serve"):
            done = subprocess.run([BINARY, command, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
            self.assertEqual((done.returncode, done.stderr), (0, b""), command)
            self.assertIn(b"usage: runnel " + command.encode(), done.stdout)
        self.assertRegex(run("version")[0].decode(), r"\d+\.\d+\.\d+")

    def test_an_unknown_subcommand_is_named(self):
        done = subprocess.run([BINARY, "frobnicate"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"frobnicate", done.stderr)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    failed = len(program.result.failures) + len(program.result.errors)
    print("%d passed, %d failed" % (program.result.testsRun - failed, failed))
    sys.exit(1 if failed or not program.result.testsRun else 0)
