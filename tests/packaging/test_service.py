"""The server as a service: under a service manager, as process 1, asked for its health, its settings read again,
its log. Ends with "N passed, N failed"."""
import contextlib
import datetime
import glob
import http.client
import http.server
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from runner import case, equal, main  # noqa: E402
from server import BINARY, Server, StartFailed, scratch_directory, unsigned, wait_until  # noqa: E402

SECONDS = 30


class Manager:
    """The socket of a service manager, at a path or at an abstract name."""

    def __init__(self, abstract=False):
        self.directory = scratch_directory()
        self.address = "@runnel-manager-%d" % os.getpid() if abstract else os.path.join(self.directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.address[1:] if abstract else self.address)
        self.socket.settimeout(SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        subprocess.run(["rm", "-rf", self.directory], check=True)

    def receive(self):
        """The next datagram as a dictionary."""
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n") if line)

    def until(self, name):
        """The next datagram that has this name; those before are let go."""
        while True:
            got = self.receive()
            if name in got:
                return got


@case("a service manager hears of ready when the server is, and of stopping, at a path and at an abstract name")
def _():
    for abstract in (False, True):
        with Manager(abstract) as manager:
            with Server(env={"NOTIFY_SOCKET": manager.address}, start=False) as server:
                server.launch()
                equal(manager.receive(), {"STATUS": "recovering"})
                got = manager.receive()
                equal(got["READY"], "1")
                server.wait_listening()
                equal(server.status("/-/ready"), 200)
                equal(got["STATUS"], "serving " + server.endpoint)
                equal(server.stop(), 0)
                equal(manager.receive()["STOPPING"], "1")


@case("a manager that asks for signs of life gets them")
def _():
    with Manager() as manager:
        with Server(env={"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "300000"}) as server:
            for _ in range(3):
                equal(manager.until("WATCHDOG"), {"WATCHDOG": "1"})
            equal(server.stop(), 0)


@case("a start that fails tells the manager why")
def _():
    with Manager() as manager, Server() as other:
        try:
            Server(["--listen", "127.0.0.1:%d" % other.port], env={"NOTIFY_SOCKET": manager.address})
        except StartFailed as failed:
            equal(failed.code, 75)
        assert "127.0.0.1:%d is taken" % other.port in manager.receive()["STATUS"]


@case("a configuration file is served from, and a wrong one ends the start with 2, naming file, line and value")
def _():
    directory = scratch_directory()
    conf = os.path.join(directory, "runnel", "runnel.conf")
    os.mkdir(os.path.dirname(conf))

    def start(text, **options):
        with open(conf, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return Server(**options)

    try:
        with start("region = eu-north-1\r\nauth = off # on loopback\r\n", arguments=["--config", conf]) as server:
            connection = http.client.HTTPConnection(server.host, server.port, timeout=SECONDS)
            equal(unsigned(connection, "CreateStream", {"StreamName": "orders", "ShardCount": 1})[0], 200)
            summary = unsigned(connection, "DescribeStreamSummary", {"StreamName": "orders"})[1]["StreamDescriptionSummary"]
            equal(summary["StreamARN"], "arn:aws:kinesis:eu-north-1:000000000000:stream/orders")
            connection.close()
        for text, said in (("threads = 2\nthread = 2\n", '2: "thread" is no setting'), ("cache = 64MB\n", '1: cache: "64MB" is not a size'),
                           ("transition-delay = 7d\n", '1: transition-delay: "7d" is not between 0 and 1h'),
                           ("account = 1\n", '1: account: "1" is not 12 digits'), ("x" * 70000, "has more than 65536 bytes")):
            for options in ({"arguments": ["--config=" + conf]}, {"env": {"RUNNEL_CONFIG": conf}},
                            {"env": {"RUNNEL_CONFIG": "", "CONFIGURATION_DIRECTORY": os.path.dirname(conf)}}):
                try:
                    start(text, **options).close()
                    raise AssertionError("it started: " + text)
                except StartFailed as failed:
                    equal(failed.code, 2, str(failed))
                    assert said in str(failed) and conf in str(failed), (said, str(failed))
        with open(conf, "w", encoding="utf-8") as file:  # what only the start finds wrong is named by its place, too
            file.write("\nlisten = 127.0.0.1:0\nlisten = nowhere:x\nlisten = [::1]:0\n")
        done = subprocess.run([BINARY, "serve", "--data", os.path.join(directory, "data"), "--config", conf], stderr=subprocess.PIPE, text=True,
                              timeout=SECONDS, env={"PATH": os.environ["PATH"]})
        equal(done.returncode, 2)
        assert done.stderr.startswith('runnel serve: %s:3: listen: "nowhere:x" is not an address' % conf), done.stderr
    finally:
        subprocess.run(["rm", "-rf", directory], check=True)


@case("SIGHUP reads the settings again: the log's change at once, of others it is told that they wait")
def _():
    with Manager() as manager:
        conf = os.path.join(manager.directory, "runnel.conf")

        def write(text):
            with open(conf, "w", encoding="utf-8") as file:
                file.write(text)

        def reload(server):
            server.process.send_signal(signal.SIGHUP)
            assert int(manager.until("RELOADING")["MONOTONIC_USEC"]) > 0
            equal(manager.receive(), {"READY": "1"})

        write("cache = 32MiB\n")
        with Server(["--config", conf], env={"NOTIFY_SOCKET": manager.address}) as server:
            manager.until("READY")
            reload(server)
            assert "reloaded: no setting has changed" in server.log()
            write("cache = 48MiB\nlog-format = json\n")
            reload(server)
            lines = server.log().splitlines()
            told = [json.loads(line)["message"] for line in lines if line.startswith("{")]
            assert "reloaded: log-format is json, was text" in told, told
            assert "cache is 32MiB until the next start, then 48MiB" in told, told
            write("\nlog-level = loud\n")
            reload(server)
            assert '%s:2: log-level: \\"loud\\" is not one of' % conf in server.log().splitlines()[-1]
            equal(server.status("/-/ready"), 200)
            equal(server.stop(), 0)


@case("a terminal that goes ends the server, drained")
def _():
    mine, theirs = pty.openpty()
    with Server(start=False) as server:
        server.process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=server.environment())
        os.close(theirs)
        server.wait_ready()
        equal(server.stop(signal.SIGHUP), 0)
        assert b"the terminal has gone" in os.read(mine, 65536)
    os.close(mine)


@contextlib.contextmanager
def process_one():
    """(server, its pid out here): process 1 of a PID namespace, as in a container."""
    alone = ["unshare", "--pid", "--fork"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    with Server(wrapper=alone) as server:
        with open("/proc/%d/task/%d/children" % (server.pid, server.pid), encoding="ascii") as file:
            inner = int(file.read())
        with open("/proc/%d/status" % inner, encoding="ascii") as file:
            equal(re.search(r"^NSpid:.*\t(\d+)$", file.read(), re.M).group(1), "1")
        try:
            yield server, inner
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(inner, signal.SIGKILL)


@case("as process 1 it drains on SIGTERM and SIGINT")
def _():
    for number in (signal.SIGTERM, signal.SIGINT):
        with process_one() as (server, inner):
            # A request whose body is still on its way is under way: it is answered before the end.
            with server.connect() as connection:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
                                   b"X-Amz-Target: Kinesis_20131202.ListStreams\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 100"), "the head was read"
                os.kill(inner, number)
                wait_until(lambda: "finishing what is under way" in server.log(), SECONDS, "the drain has begun")
                connection.sendall(b"{}")
                assert connection.recv(65536).startswith(b"HTTP/1.1 400"), "the request was answered"
            process, server.process = server.process, None
            equal(process.wait(SECONDS), 0, server.log())
            assert "everything is written; good-bye" in server.log()


@case("as process 1 it leaves no zombies of processes it adopts")
def _():
    with process_one() as (server, inner):
        def children():
            with open("/proc/%d/task/%d/children" % (inner, inner), encoding="ascii") as file:
                return file.read().split()

        # Its parent ends first, so that it is adopted.
        subprocess.run(["nsenter", "--target", str(inner), "--pid", "sh", "-c", "sleep 1 & exit 0"],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=SECONDS, check=True)
        wait_until(lambda: len(children()) == 1, SECONDS, "a process was adopted")
        wait_until(lambda: children() == [], SECONDS, "the adopted process is gone")
        equal(server.status("/-/ready"), 200)


def health(*words, env=None):
    done = subprocess.run([BINARY, "health", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS,
                          env={"PATH": os.environ["PATH"], **(env or {})})
    return done.returncode, done.stdout, done.stderr


class NotReady(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        assert self.path == "/-/ready", self.path
        self.send_response(503)
        self.end_headers()
        self.wfile.write(b"recovering\n")

    def log_message(self, *_):
        pass


@case("health asks without credentials: 0 when ready, 69 and why when not")
def _():
    with Server() as server:
        equal(health("--endpoint", server.endpoint), (0, "ready\n", ""))
        equal(health(env={"AWS_ENDPOINT_URL_KINESIS": server.endpoint}), (0, "ready\n", ""))
        gone = server.endpoint
        server.stop()
    code, out, error = health("--endpoint", gone)
    equal((code, out), (69, ""))
    assert gone in error, error
    with http.server.HTTPServer(("127.0.0.1", 0), NotReady) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        endpoint = "http://127.0.0.1:%d" % other.server_address[1]
        equal(health("--endpoint", endpoint), (69, "", "runnel health: %s answers 503: recovering\n" % endpoint))
        other.shutdown()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        equal(health("--endpoint", "http://127.0.0.1:%d" % silent.getsockname()[1], "--timeout", "1")[0], 69)
    code, _, error = health("--endpoint", "ftp://here")
    equal(code, 2)
    assert "ftp://here" in error, error


@case("every line of a JSON log is an object, in UTC, also of a start that fails")
def _():
    with Server(["--log-format", "json", "--log-level", "debug"], env={"TZ": "Asia/Tokyo"}) as server:
        try:
            Server(["--log-format", "json", "--listen", "127.0.0.1:%d" % server.port])
            raise AssertionError("two servers on one port")
        except StartFailed as failed:
            failed_lines = [line for line in str(failed).splitlines()[1:] if line]
        server.restart()
        lines = server.log().splitlines()
        assert len(lines) > 5 and failed_lines, (lines, failed_lines)
        for line in lines + failed_lines:
            entry = json.loads(line)
            equal(sorted(entry), ["level", "message", "room", "time"], line)
            then = datetime.datetime.strptime(entry["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
            assert abs((datetime.datetime.now(datetime.timezone.utc) - then).total_seconds()) < 300, line
            assert len(line) < 16384
        assert "taken" in json.loads(failed_lines[-1])["message"], failed_lines


@case("a clock that is set is told once, with old, new and size")
def _():
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
    directory = scratch_directory()
    offset = os.path.join(directory, "offset")

    def set_clock(by):
        with open(offset + ".new", "w", encoding="ascii") as file:
            file.write(by + "\n")
        os.rename(offset + ".new", offset)

    set_clock("+0")
    env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": offset, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    try:
        with Server(env=env) as server:
            set_clock("-2h")
            wait_until(lambda: "the clock was set back" in server.log(), SECONDS, "the step is told")
            set_clock("+0")
            wait_until(lambda: "the clock was set forward" in server.log(), SECONDS, "the step is told")
            steps = re.findall(r"the clock was set (back|forward) by (\d+) s: from (\S+) to (\S+)", server.log())
            equal([(step[0], abs(int(step[1]) - 7200) <= 1) for step in steps], [("back", True), ("forward", True)])
            for direction, _, old, new in steps:
                equal(old > new, direction == "back")
    finally:
        subprocess.run(["rm", "-rf", directory], check=True)


if __name__ == "__main__":
    sys.exit(main())
