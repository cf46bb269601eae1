#!/usr/bin/python3
"""What carries HTTP: TLS beside cleartext on one port, its certificates and their renewal, Unix sockets.

Starts servers of its own on scratch directories. Every case is one sentence; the last line counts.
    tests/conformance/test_transport.py [WORD...]     only cases whose sentence holds one of the words
"""
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import boto3  # noqa: E402
import botocore.config  # noqa: E402

import clients  # noqa: E402
import drivers  # noqa: E402
import runner  # noqa: E402
from runner import case, equal  # noqa: E402
from server import Server, StartFailed, clock_from, wait_until  # noqa: E402
from wire import JSON, PREFIX, Connection  # noqa: E402

READY = b"GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n"
server = None  # the one most cases talk to: a certificate of its own, no authentication


def authority_of(which):
    return os.path.join(which.data, "tls", "ca.pem")


def trusting(which, **more):
    context = ssl.create_default_context(cafile=authority_of(which))
    for name, value in more.items():
        setattr(context, name, value)
    return context


def connect(which=None, context=None, name="localhost", session=None):
    """A TLS connection, its certificate checked for `name`."""
    which = which or server
    plain = socket.create_connection((which.host, which.port), timeout=10)
    return (context or trusting(which)).wrap_socket(plain, server_hostname=name, session=session)


def call(connection, operation, body):
    body = json.dumps(body).encode()
    connection.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nX-Amz-Target: %s%s\r\nContent-Length: %d\r\n\r\n"
                    % (JSON.encode(), PREFIX.encode(), operation.encode(), len(body)) + body)
    return connection.response()


def ready(carrier):
    with Connection(carrier=carrier) as connection:
        connection.send(READY)
        return connection.response().status


def refused(arguments, code, *words, **more):
    """The server does not start, ends with `code` and says all of these words."""
    try:
        with Server(arguments, **more):
            pass
    except StartFailed as failure:
        equal(failure.code, code, str(failure))
        for word in words:
            assert word in str(failure), (word, str(failure))
    else:
        raise AssertionError("it started")


def shown(which, name="localhost"):
    with connect(which, name=name) as carrier:
        return carrier.getpeercert(True)


def copy_pem(which, directory):
    """Certificate and key of a server's, as files of an operator's."""
    paths = []
    for name in ("cert.pem", "key.pem"):
        paths.append(os.path.join(directory, name))
        with open(os.path.join(which.data, "tls", name), "rb") as source, open(paths[-1], "wb") as target:
            target.write(source.read())
    return paths


@case("TLS 1.2 and 1.3 are spoken with every name of the certificate; cleartext goes on, on the same port")
def _(_):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for name in ("localhost", "127.0.0.1", "::1", socket.gethostname()):
            context = trusting(server, minimum_version=version, maximum_version=version)
            with connect(context=context, name=name) as carrier:
                equal(carrier.version(), "TLSv1.2" if version == ssl.TLSVersion.TLSv1_2 else "TLSv1.3")
                equal(ready(carrier), 200)
    equal(server.status("/-/ready"), 200)


@case("another name, and no trust in the authority, fail at the client")
def _(_):
    for context, name in ((trusting(server), "elsewhere.example"), (ssl.create_default_context(), "localhost")):
        try:
            connect(context=context, name=name)
        except ssl.SSLCertVerificationError:
            pass
        else:
            raise AssertionError("accepted")


@case("TLS 1.1 is refused")
def _(_):
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % server.port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert "alert protocol version" in done.stdout, done.stdout


@case("bodies of megabytes go both ways over one connection, and pipelined requests are answered in order")
def _(_):
    import base64
    with Connection(carrier=connect()) as connection:
        equal(call(connection, "CreateStream", {"StreamName": "big", "ShardCount": 1}).status, 200)
        datas = [os.urandom(1 << 20) for _ in range(4)]
        for data in datas:
            equal(call(connection, "PutRecord", {"StreamName": "big", "PartitionKey": "k",
                                                 "Data": base64.b64encode(data).decode()}).status, 200)
        iterator = call(connection, "GetShardIterator", {"StreamName": "big", "ShardId": "shardId-000000000000",
                                                         "ShardIteratorType": "TRIM_HORIZON"}).value()["ShardIterator"]
        records = call(connection, "GetRecords", {"ShardIterator": iterator}).value()["Records"]
        assert [base64.b64decode(r["Data"]) for r in records] == datas
        connection.send(READY * 50)
        for _ in range(50):
            equal(connection.response().body, b"ready\n")


@case("a handshake and a request that come byte by byte are served")
def _(_):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(server).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection((server.host, server.port), timeout=10) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def drive(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        plain.send(bytes([byte]))
                    incoming.write(plain.recv(65536))
        drive(client.do_handshake)
        client.write(READY)
        assert drive(lambda: client.read(1000)).startswith(b"HTTP/1.1 200 OK")


@case("a client that ends without saying so in TLS still gets its reply")
def _(_):
    with Connection(carrier=connect()) as connection:
        connection.send(READY)
        socket.socket.shutdown(connection.socket, socket.SHUT_WR)  # of TCP alone
        equal(connection.response().status, 200)


@case("what is no handshake after its first byte gets an alert, and others go on")
def _(_):
    with socket.create_connection((server.host, server.port), timeout=10) as plain:
        plain.sendall(b"\x16\x03\x01\x00\x64" + b"x" * 100)
        answer = plain.recv(100)
        assert answer[:1] == b"\x15", answer
    equal(ready(connect()), 200)


@case("who says nothing, half a hello, or nothing after the handshake, is closed in time, and nobody else waits")
def _(_):
    def plain(data):
        carrier = socket.create_connection((server.host, server.port), timeout=20)
        carrier.sendall(data)
        return carrier
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        trusting(server).wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    stuck = [plain(b""), plain(hello[:1]), plain(hello[:len(hello) // 2]), plain(b"PRI * HTTP/2.0"), plain(b"POST / HTTP/1.1\r\nHost"),
             connect()]
    started = time.monotonic()
    for carrier in stuck:
        while time.monotonic() - started < 20:
            carrier.settimeout(0.05)
            try:
                if not carrier.recv(65536):
                    break
            except TimeoutError:
                equal(server.status("/-/live"), 200)
        else:
            raise AssertionError("still open after 20 s: %r" % carrier)


@case("a changed record ends the connection")
def _(_):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(server).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection((server.host, server.port), timeout=10) as plain:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))
        client.write(READY)
        record = bytearray(outgoing.read())
        record[-1] ^= 1
        plain.sendall(record)
        while plain.recv(65536):
            pass


@case("500 connections shake hands at once")
def _(_):
    context, statuses = trusting(server), []

    def some():
        for _ in range(50):
            statuses.append(ready(connect(context=context)))
    threads = [threading.Thread(target=some) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(statuses, [200] * 500)


@case("sessions are resumed, also at another worker and after SIGHUP")
def _(_):
    context = trusting(server, maximum_version=ssl.TLSVersion.TLSv1_2)
    with connect(context=context) as first:
        session = first.session
        equal(ready(first), 200)
    for _ in range(4):
        with connect(context=context, session=session) as again:
            assert again.session_reused
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: "read just now" in server.log(), 10, "the reload is logged")
    with connect(context=context, session=session) as again:
        assert again.session_reused


@case("boto3 talks over TLS with the authority the server names")
def _(_):
    assert "AWS_CA_BUNDLE=%s" % authority_of(server) in server.log()
    assert "NODE_EXTRA_CA_CERTS=%s" % authority_of(server) in server.log() and "keytool -importcert" in server.log()
    client = boto3.client("kinesis", endpoint_url="https://localhost:%d" % server.port, region_name="us-east-1",
                          aws_access_key_id="any", aws_secret_access_key="any", verify=authority_of(server),
                          config=botocore.config.Config(retries={"max_attempts": 0}))
    client.create_stream(StreamName="boto", ShardCount=1)
    put = client.put_record(StreamName="boto", PartitionKey="k", Data=b"over TLS")
    iterator = client.get_shard_iterator(StreamName="boto", ShardId=put["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    equal([r["Data"] for r in client.get_records(ShardIterator=iterator)["Records"]], [b"over TLS"])


@case("a client whose clock is twenty minutes off is told so, and the SDK for JavaScript corrects it by that")
def _(_):
    with Server() as own:
        for off in (-1200, 1200):
            client = drivers.Process(clients.javascript("http2"), own, clock_from(time.time() + off))
            try:
                equal(client.call("ListStreams", {})["StreamNames"], [])
            finally:
                client.close()


@case("--tls-only tells a cleartext client so")
def _(_):
    with Server(["--tls-self-signed", "--tls-only"], start=False) as own:
        own.launch()
        own.wait_listening()
        wait_until(lambda: "serves https://" in own.log(), 20, "ready")
        equal(ready(connect(own)), 200)
        with Connection(own.host, own.port) as connection:
            connection.send(READY)
            response = connection.response()
            equal((response.status, response.body), (400, b"This port speaks TLS only.\n"))
            assert connection.ended()


@case("without a certificate a TLS client gets an alert, and the log says what is missing")
def _(_):
    with Server() as own:
        try:
            connect(own, context=ssl.create_default_context())
        except ssl.SSLError as error:
            assert "ALERT" in str(error).upper(), error
        assert "--tls-self-signed" in own.log()


@case("an operator's certificate is used, and read again at SIGHUP; a broken one leaves the old in use")
def _(_):
    with tempfile.TemporaryDirectory() as directory, Server(["--tls-self-signed"]) as donor:
        certificate, key = copy_pem(server, directory)
        with Server(["--tls-cert", certificate, "--tls-key", key]) as own:
            def seen():
                with connect(own, context=context) as carrier:
                    return carrier.getpeercert(True)
            context = ssl.create_default_context(cafile=authority_of(server))
            context.load_verify_locations(authority_of(donor))
            first = seen()
            equal(first, shown(server))
            with connect(own, context=context) as old:
                copy_pem(donor, directory)
                os.kill(own.pid, signal.SIGHUP)
                wait_until(lambda: "read just now" in own.log(), 10, "the reload is logged")
                equal(seen(), shown(donor))
                equal(ready(old), 200)  # a connection that was there goes on
            with open(certificate, "w") as f:
                f.write("nothing")
            os.kill(own.pid, signal.SIGHUP)
            wait_until(lambda: "going on with the old certificate" in own.log(), 10, "the refusal is logged")
            assert certificate in own.log()
            equal(seen(), shown(donor))


@case("its own certificate is kept, made anew near its end, and its authority stays")
def _(_):
    with Server(["--tls-self-signed"]) as own:
        first, authority = shown(own), open(authority_of(own), "rb").read()
        own.stop()
        own.start()
        equal(shown(own), first)
        own.stop()
        own.env = clock_from(time.time() + 370 * 86400)
        own.start()
        equal(open(authority_of(own), "rb").read(), authority)
        with open(os.path.join(own.data, "tls", "cert.pem")) as f:
            assert ssl.PEM_cert_to_DER_cert(f.read()) != first
        for name in ("ca-key.pem", "key.pem"):
            equal(stat.S_IMODE(os.stat(os.path.join(own.data, "tls", name)).st_mode), 0o600)


@case("settings that do not go together, and files that cannot be used, are named")
def _(_):
    with tempfile.TemporaryDirectory() as directory, Server(["--tls-self-signed"]) as donor:
        certificate, key = copy_pem(server, directory)
        other = os.path.join(donor.data, "tls", "key.pem")
        empty = os.path.join(directory, "empty.pem")
        open(empty, "w").close()
        refused(["--tls-cert", certificate], 2, "--tls-key is missing")
        refused(["--tls-key", key], 2, "--tls-cert is missing")
        refused(["--tls-cert", certificate, "--tls-key", key, "--tls-self-signed"], 2, "exclude each other")
        refused(["--tls-only"], 2, "--tls-only needs")
        refused(["--tls-cert", directory + "/none", "--tls-key", key], 69, directory + "/none")
        refused(["--tls-cert", empty, "--tls-key", key], 2, empty, "the certificate cannot be used")
        refused(["--tls-cert", certificate, "--tls-key", other], 2, "does not belong to the certificate")


def connect_unix(path):
    carrier = socket.socket(socket.AF_UNIX)
    carrier.connect(path)
    return carrier


@case("a Unix socket serves beside TCP and alone, TLS too, and its file goes with the server")
def _(_):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "socket")
        with Server(["--listen", "unix:" + path, "--listen", "127.0.0.1:0", "--tls-self-signed"]) as own:
            equal(ready(connect_unix(path)), 200)
            equal(ready(trusting(own).wrap_socket(connect_unix(path), server_hostname="localhost")), 200)
            equal(own.status("/-/ready"), 200)
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o660)
            assert "unix:" + path in own.log()
            refused(["--listen", "unix:" + path], 75, path)
            equal(ready(connect_unix(path)), 200)
            own.stop()
            assert not os.path.exists(path)
        with Server(["--listen", "unix:" + path, "--auth", "off"], start=False) as own:
            own.launch()
            own.wait_listening()
            equal(own.port, 0)
            wait_until(lambda: "serves unix:" in own.log(), 20, "ready")
            with Connection(carrier=connect_unix(path)) as connection:
                equal(call(connection, "CreateStream", {"StreamName": "s", "ShardCount": 1}).status, 200)
            own.kill()
            assert os.path.exists(path)
            own.launch()  # the file of the killed one is replaced
            wait_until(lambda: own.log().count("serves unix:") == 2, 20, "ready again")
            equal(ready(connect_unix(path)), 200)


@case("a path that cannot be a Unix socket is named")
def _(_):
    refused(["--listen", "unix:relative"], 2, "unix:relative")
    refused(["--listen", "unix:/" + "x" * 120], 2, "unix:/xxx")
    refused(["--listen", "unix:/nowhere/at/all"], 73, "unix:/nowhere/at/all")


if __name__ == "__main__":
    with Server(["--auth", "off", "--tls-self-signed", "--limits", "off"]) as server:
        code = runner.main(None)
    sys.exit(code)
