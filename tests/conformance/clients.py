"""Installs the clients that drivers.py runs, each at the version that its folder under clients/ pins.

Everything goes to $BUILD/clients, once for a pin: a stamp there holds the digest of the files that name the
versions. Packages come from PyPI, npm, Maven Central and the Go module proxy by their own tools, which check each
against a hash that the folder holds. What is missing or cannot be fetched raises Missing with what to do.

To take a newer version:
    python       pip-compile --generate-hashes over the names that requirements.txt opens with
    javascript   npm install --package-lock-only NAME@VERSION in the folder; node likewise
    java1/2      the version in pom.xml, then sha256sum *.jar of $BUILD/clients/NAME/jars, which stay when hashes differ
    go           go get MODULE@VERSION, go mod tidy
and then scripts/compatibility, which writes the versions down.
"""
import hashlib
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(HERE, "clients")
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
FETCH_SECONDS = 150
DEBIANS_PYTHON = "/usr/bin/python3"


class Missing(Exception):
    """A client cannot be made ready here; the text says what it needs."""


def source(*parts):
    return os.path.join(SOURCES, *parts)


def tool(name, package):
    path = shutil.which(name)
    if not path and name == "go" and os.access("/usr/local/go/bin/go", os.X_OK):
        path = "/usr/local/go/bin/go"
    if not path:
        raise Missing("needs the command %s (Debian: apt-get install %s)" % (name, package))
    return path


def at_least(command, wanted, what):
    """Whether the version that `command` prints is the wanted one or newer; (bool, as printed)."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    match = re.search(r"(\d+)\.(\d+)", done.stdout)
    if done.returncode or not match:
        raise Missing("%s does not tell its version: %s" % (what, done.stdout.strip()))
    return (int(match.group(1)), int(match.group(2))) >= wanted, match.group(0)


def run(what, command, cwd=None, env=None):
    try:
        done = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=FETCH_SECONDS)
        problem = done.stdout.strip()[-2000:] if done.returncode else None
    except subprocess.TimeoutExpired:
        problem = "no end within %d s" % FETCH_SECONDS
    if problem is not None:
        raise Missing("%s failed: %s\n%s" % (what, " ".join(command), problem))


def installed(name, fill):
    """$BUILD/clients/NAME, filled by fill(folder) unless that was done for these very files of clients/NAME."""
    digest = hashlib.sha256()
    for file in sorted(os.listdir(source(name))):
        if not file.startswith("__"):
            with open(source(name, file), "rb") as opened:
                digest.update(file.encode() + b"\0" + opened.read())
    folder, stamp = os.path.join(BUILD, "clients", name), os.path.join(BUILD, "clients", name, "stamp")
    try:
        with open(stamp, encoding="ascii") as opened:
            if opened.read() == digest.hexdigest():
                return folder
    except FileNotFoundError:
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    fill(folder)
    with open(stamp, "w", encoding="ascii") as opened:
        opened.write(digest.hexdigest())
    return folder


# ---- Python ------------------------------------------------------------------------------------

def debians_python(script):
    return [DEBIANS_PYTHON, source("python", script)]


def newest_python(script):
    def fill(folder):
        run("making a virtual environment (Debian: python3-venv)", [DEBIANS_PYTHON, "-m", "venv", os.path.join(folder, "venv")])
        run("installing from PyPI", [os.path.join(folder, "venv", "bin", "pip"), "install", "--quiet", "--only-binary", ":all:",
                                     "--require-hashes", "-r", source("python", "requirements.txt")])
    return [os.path.join(installed("python", fill), "venv", "bin", "python"), source("python", script)]


# ---- JavaScript --------------------------------------------------------------------------------

NODE_WANTED = (20, 0)  # what the SDK's package.json asks for


def npm_install(name, wanted):
    """The path of `wanted` in what clients/NAME installs."""
    def fill(folder):
        for file in os.listdir(source(name)):
            shutil.copy(source(name, file), folder)
        run("installing from npm", [tool("npm", "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
        if not os.path.exists(os.path.join(folder, wanted)):  # npm says nothing when it cannot fetch what is for some machines only
            raise Missing("npm installed clients/%s without %s: not fetched, or none for a %s" % (name, wanted, os.uname().machine))
    return os.path.join(installed(name, fill), wanted)


def node():
    """The machine's Node, or one from npm where that is too old."""
    path = tool("node", "nodejs")
    if at_least([path, "--version"], NODE_WANTED, "node")[0]:
        return path
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine)
    return npm_install("node", "node_modules/node-linux-%s/bin/node" % machine)


def javascript(mode):
    return [node(), npm_install("javascript", "driver.mjs"), mode]


# ---- Java --------------------------------------------------------------------------------------

def check_jars(folder, pins):
    """Exactly the jars that the pins list, with their hashes."""
    found = {}
    for file in os.listdir(folder):
        with open(os.path.join(folder, file), "rb") as opened:
            found[file] = hashlib.sha256(opened.read()).hexdigest()
    with open(pins, encoding="ascii") as opened:
        wanted = {name: digest for digest, name in (line.split() for line in opened)}
    wrong = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    if wrong:
        raise Missing("Maven gave other files than %s lists: %s" % (pins, ", ".join(wrong)))


def java(name, *arguments):
    def fill(folder):
        jars, maven = os.path.join(folder, "jars"), tool("mvn", "maven")
        run("installing from Maven Central", [maven, "-B", "-q", "-f", source(name, "pom.xml"), "dependency:copy-dependencies",
                                              "-DincludeScope=runtime", "-DoutputDirectory=" + jars])
        check_jars(jars, source(name, "jars.sha256"))
        run("compiling", [tool("javac", "openjdk-17-jdk-headless"), "-Xlint:all", "-Werror", "-d", os.path.join(folder, "classes"),
                          "-cp", os.path.join(jars, "*"), "-sourcepath", source(name), source(name, "Driver.java")])
    folder = installed(name, fill)
    quick_start = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"]
    return [tool("java", "openjdk-17-jdk-headless"), *quick_start, "-cp",
            os.path.join(folder, "classes") + ":" + os.path.join(folder, "jars", "*"), "Driver", *arguments]


def java_trust(ca_file, folder):
    """The environment in which a Java program trusts that certificate: Java reads neither PEM nor a variable of the SDKs."""
    store = os.path.join(folder, "trust.p12")
    run("making a trust store", [tool("keytool", "openjdk-17-jdk-headless"), "-importcert", "-noprompt", "-alias", "server", "-file", ca_file,
                                 "-keystore", store, "-storetype", "PKCS12", "-storepass", "not secret"])
    return {"JDK_JAVA_OPTIONS": "-Djavax.net.ssl.trustStore=%s -Djavax.net.ssl.trustStorePassword=\"not secret\"" % store}


# ---- Go ----------------------------------------------------------------------------------------

GO_WANTED = (1, 24)     # what the SDK's go.mod asks for
GO_SWITCHES = (1, 21)   # from here on, go takes a newer toolchain from the module proxy when told which
GO_TOOLCHAIN = "go1.27.3"


def go():
    def fill(folder):
        path, env = tool("go", "golang-go"), {"CGO_ENABLED": "0"}
        new_enough, version = at_least([path, "version"], GO_WANTED, "go")
        if not new_enough:
            if not at_least([path, "version"], GO_SWITCHES, "go")[0]:
                raise Missing("needs Go %d.%d or newer, and this is %s" % (*GO_WANTED, version))
            env["GOTOOLCHAIN"] = GO_TOOLCHAIN
        run("building with the Go module proxy", [path, "build", "-mod=readonly", "-o", os.path.join(folder, "driver"), "."],
            cwd=source("go"), env=env)
    return [os.path.join(installed("go", fill), "driver")]
