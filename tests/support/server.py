"""Start and stop a Runnel server for a test.

    with Server() as server:                 # scratch data directory, port 0, waits until ready
        server.port, server.endpoint, server.access_key, server.secret_key

A server listens on a port the kernel picks (--port-file tells which), is stopped by its pid, and
keeps its data directory until close(), so that a test can stop() and start() it again. Standard
error goes to <scratch>/server.log, which is printed when a start fails. Needs nothing beyond the
standard library.
"""
import configparser
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("RUNNEL_BINARY") or os.path.join(ROOT, os.environ.get("BUILD", "build"), "runnel")
READY_SECONDS = float(os.environ.get("RUNNEL_TEST_READY_SECONDS", "30"))
STOP_SECONDS = 30.0


class StartFailed(Exception):
    """The server ended, or did not become ready in time; .code is its exit code or None."""

    def __init__(self, message, code=None):
        super().__init__(message)
        self.code = code


def scratch_directory():
    """A new directory below $RUNNEL_TEST_DIR (a real disk, for benchmarks) or the usual place."""
    return tempfile.mkdtemp(prefix="runnel-test-", dir=os.environ.get("RUNNEL_TEST_DIR"))


def clock_from(at):
    """An environment in which the wall clock goes on from `at`. (The command faketime stands between us and the pid.)"""
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    assert library, "the package faketime is not installed"
    return {"LD_PRELOAD": library[0], "FAKETIME": time.strftime("@%Y-%m-%d %H:%M:%S", time.gmtime(at)), "TZ": "UTC",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def wait_until(condition, seconds, what):
    """Poll `condition` until it gives something true, and return that; AssertionError at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("not within %g s: %s" % (seconds, what))
        time.sleep(0.01)


def unsigned(connection, operation, body):
    """(status, reply) of one JSON call over an http.client connection, for a server with --auth off."""
    connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/x-amz-json-1.1",
                                                       "X-Amz-Target": "Kinesis_20131202." + operation})
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else {}


class Server:
    """One server process and its data directory.

    arguments   further command-line flags, e.g. ["--auth", "off"]
    env         further environment variables; RUNNEL_... and AWS_... of the caller are not passed on
    data        a data directory to use and keep; without it, a scratch one is made and removed
    wrapper     words to put before the command (a tracer, LD_PRELOAD goes into env)
    """

    def __init__(self, arguments=(), env=None, data=None, binary=None, wrapper=(), start=True):
        self.scratch = scratch_directory()
        self.data = data or os.path.join(self.scratch, "data")
        self.port_file = os.path.join(self.scratch, "port")
        self.log_path = os.path.join(self.scratch, "server.log")
        self.arguments = list(arguments)
        self.env = dict(env or {})
        self.binary = binary or BINARY
        self.wrapper = list(wrapper)
        self.host = "127.0.0.1"
        self.port = None
        self.process = None
        if start:
            try:
                self.start()
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def tls(self):
        return "--tls-self-signed" in self.arguments

    @property
    def ca_file(self):
        """What a client must trust to believe that it talks to this server."""
        return os.path.join(self.data, "tls", "ca.pem")

    @property
    def endpoint(self):
        return "%s://%s:%d" % ("https" if self.tls else "http", self.host, self.port)

    @property
    def pid(self):
        return self.process.pid

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("RUNNEL_", "AWS_"))}
        env["RUNNEL_CONFIG"] = os.devnull  # not the one of a package installed here
        env.update(self.env)
        return env

    def command(self):
        flags = ["--data", self.data, "--port-file", self.port_file]
        if not any(a == "--listen" or a.startswith("--listen=") for a in self.arguments):
            flags += ["--listen", "127.0.0.1:%d" % (self.port or 0)]
        return self.wrapper + [self.binary, "serve"] + flags + self.arguments

    def launch(self):
        """Start the process without waiting for it."""
        assert self.process is None, "already running"
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment())

    def start(self, seconds=READY_SECONDS):
        """Start, and wait until the port file is there and /-/ready says 200. A restart keeps the port."""
        self.launch()
        try:
            self.wait_ready(seconds)
        except BaseException:
            if self.process is not None:
                self.kill()
            raise
        return self

    def wait_listening(self, seconds=READY_SECONDS):
        self._poll(self._read_port, seconds, "listening")

    def wait_ready(self, seconds=READY_SECONDS):
        self.wait_listening(seconds)
        self._poll(lambda: self.status("/-/ready") == 200, seconds, "ready")

    def _poll(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            code = self.process.poll()
            if code is not None:
                self.process = None
                raise StartFailed("server ended with code %d before it was %s:\n%s" % (code, what, self.log()), code)
            if time.monotonic() > deadline:
                raise StartFailed("server not %s within %g s:\n%s" % (what, seconds, self.log()))
            time.sleep(0.01)

    def _read_port(self):
        try:
            with open(self.port_file, encoding="ascii") as f:
                text = f.read().split()
        except FileNotFoundError:
            return False
        self.port = int(text[0])
        return True

    def status(self, path):
        """The HTTP status of a GET, or None when nobody answers."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def connect(self, timeout=10.0):
        """A plain TCP connection to the server."""
        return socket.create_connection((self.host, self.port), timeout=timeout)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def credentials(self):
        """(access key id, secret) of the root key in DATA/credentials."""
        parser = configparser.ConfigParser(interpolation=None)
        assert parser.read(os.path.join(self.data, "credentials")), "no credentials file in " + self.data
        section = parser["default"]
        return section["aws_access_key_id"], section["aws_secret_access_key"]

    @property
    def access_key(self):
        return self.credentials()[0]

    @property
    def secret_key(self):
        return self.credentials()[1]

    def client_env(self):
        """Environment variables that point an AWS SDK or tool at this server."""
        access_key, secret_key = self.credentials()
        trust = {"AWS_CA_BUNDLE": self.ca_file, "NODE_EXTRA_CA_CERTS": self.ca_file} if self.tls else {}
        return {
            **trust,
            "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_KINESIS": self.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
        }

    def stop(self, number=signal.SIGTERM, seconds=STOP_SECONDS):
        """Ask this server (by pid) to end, wait, and return its exit code."""
        process, self.process = self.process, None
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("server did not end within %g s of signal %d:\n%s" % (seconds, number, self.log()))

    def kill(self):
        """End it as a crash would: SIGKILL, by pid."""
        return self.stop(signal.SIGKILL)

    def restart(self):
        code = self.stop()
        assert code == 0, "drain ended with code %r:\n%s" % (code, self.log())
        return self.start()

    def close(self):
        """Stop if running and remove the scratch directory (and with it the data made there)."""
        try:
            if self.process is not None:
                self.kill()
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
