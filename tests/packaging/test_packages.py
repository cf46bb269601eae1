"""What `make install` and `make deb` produce, taken apart and installed. Ends with "N passed, N failed".

The package is installed into an overlay of this machine's root that vanishes with its mount namespace: a real
package manager with this machine's libraries, and nothing is left behind. Needs root."""
import os
import re
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from runner import case, equal, main  # noqa: E402
from server import BINARY, ROOT, Server, scratch_directory, wait_until  # noqa: E402

BUILD = os.path.dirname(BINARY)


def run(*words, code=0, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, cwd=ROOT, **options)
    equal(done.returncode, code, "%s\n%s" % (" ".join(words), done.stdout))
    return done.stdout


def make(*words):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "RUNNEL_"))}
    return run("make", "BUILD=" + BUILD, *words, env=env)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def depends():
    names = run("dpkg-deb", "-f", package, "Depends").strip().split(", ")
    return {name.split(" ")[0] for name in names}


@case("make install puts everything below its prefix, and keeps an operator's configuration file")
def _():
    root = os.path.join(scratch, "install")
    make("install", "DESTDIR=" + root)
    for path in ("bin/runnel", "lib/librunnel.so", "lib/librunnel.a", "lib/pkgconfig/runnel.pc", "include/runnel/client.h",
                 "share/man/man1/runnel.1", "share/bash-completion/completions/runnel", "share/zsh/site-functions/_runnel",
                 "share/fish/vendor_completions.d/runnel.fish", "lib/systemd/system/runnel.service", "lib/sysusers.d/runnel.conf"):
        assert os.path.isfile(os.path.join(root, "usr/local", path)), path
    assert "ExecStart=/usr/local/bin/runnel serve\n" in read(root, "usr/local/lib/systemd/system/runnel.service")
    conf = os.path.join(root, "etc/runnel/runnel.conf")
    equal(read(conf), run(BINARY, "docs", "conf"))
    with open(conf, "w", encoding="utf-8") as file:
        file.write("cache = 1GiB\n")
    make("install", "DESTDIR=" + root)
    equal(read(conf), "cache = 1GiB\n")
    assert "RUNNEL(1)" in run("mandoc", "-T", "ascii", os.path.join(root, "usr/local/share/man/man1/runnel.1"))


@case("the service manager accepts the unit, and finds it well confined")
def _():
    unit = read(ROOT, "packaging/runnel.service")
    equal(set(re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M).group(1).split()), {"2", "65", "77"})
    path = os.path.join(scratch, "runnel.service")
    with open(path, "w", encoding="utf-8") as file:
        file.write(unit.replace("/usr/bin/runnel", BINARY))
    equal(run("systemd-analyze", "verify", "--man=no", path), "")
    run("systemd-analyze", "security", "--offline=true", "--threshold=20", path)  # of 100: 2.0
    equal(run("systemd-sysusers", "--dry-run", "--root=/", os.path.join(ROOT, "packaging/sysusers.conf"), code=0).count("rror"), 0)


def filter_calls(name):
    """The system calls in a set of systemd's, sets in it included."""
    calls = set()
    for line in run("systemd-analyze", "syscall-filter", name).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= filter_calls(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


@case("the unit's filter lets through every system call that a server's life takes")
def _():
    trace = os.path.join(scratch, "trace")
    with Server(wrapper=["strace", "-f", "-qq", "-o", trace]) as server:
        env = {**os.environ, **server.client_env()}
        run(BINARY, "create", "orders", env=env)
        run("sh", "-c", 'echo hello | "$0" put orders && "$0" tail orders --from oldest --no-follow', BINARY, env=env)
        with open("/proc/%d/task/%d/children" % (server.pid, server.pid), encoding="ascii") as file:
            inner = int(file.read())
        os.kill(inner, signal.SIGHUP)
        wait_until(lambda: "reloaded" in server.log(), 30, "the settings were read again")
        os.kill(inner, signal.SIGTERM)
        equal(server.process.wait(30), 0)
        server.process = None
    used = set(re.findall(r"^\d+ +([a-z0-9_]+)\(", read(trace), re.M))
    assert {"fdatasync", "accept4", "flock"} <= used, used
    allowed, refused = filter_calls("@default"), set()
    for words in re.findall(r"^SystemCallFilter=(.*)$", read(ROOT, "packaging/runnel.service"), re.M):
        if words.startswith("~"):
            refused |= filter_calls(words[1:])
        else:
            allowed |= filter_calls(words)
    equal(sorted(used - (allowed - refused)), [])


@case("the package holds the program with its papers, and its configuration file as one")
def _():
    listing = run("dpkg-deb", "-c", package)
    files = {line.split()[5]: line.split()[:2] for line in listing.splitlines()}
    for path, mode in (("./usr/bin/runnel", "-rwxr-xr-x"), ("./etc/runnel/runnel.conf", "-rw-r--r--"), ("./lib/systemd/system/runnel.service", "-rw-r--r--"),
                       ("./usr/share/man/man1/runnel.1.gz", "-rw-r--r--"), ("./usr/share/bash-completion/completions/runnel", "-rw-r--r--"),
                       ("./usr/share/zsh/vendor-completions/_runnel", "-rw-r--r--"), ("./usr/share/fish/vendor_completions.d/runnel.fish", "-rw-r--r--")):
        equal(files[path], [mode, "root/root"], path)
    assert not any("librunnel" in path or "include" in path for path in files), files
    control = os.path.join(scratch, "control")
    run("dpkg-deb", "-e", package, control)
    equal(read(control, "conffiles"), "/etc/runnel/runnel.conf\n")
    for script in ("postinst", "prerm", "postrm"):
        run("sh", "-n", os.path.join(control, script))
    fields = read(control, "control")
    equal(re.search(r"^Version: (.*)$", fields, re.M).group(1), run(BINARY, "version").split()[1])


@case("the package depends on the libraries that the program links, and the container installs the same")
def _():
    needed = depends()
    for name in ("libc6", "libuv1", "libssl3", "libcurl4", "passwd"):
        assert name in needed, needed
    last_stage = read(ROOT, "packaging/Containerfile").split("\nFROM ")[-1]
    installed = set(re.search(r"--no-install-recommends (.*?) \\\n", last_stage, re.S).group(1).split())
    assert needed - {"libc6", "passwd"} <= installed, (needed, installed)
    assert re.search(r"^USER runnel$", last_stage, re.M) and re.search(r"^VOLUME /var/lib/runnel$", last_stage, re.M)
    assert re.search(r'^HEALTHCHECK .*CMD \["runnel", "health"\]$', last_stage, re.M) and re.search(r"^EXPOSE 4567$", last_stage, re.M)


@case("the same tree gives the same package")
def _():
    with open(package, "rb") as file:
        before = file.read()
    make("deb")
    with open(package, "rb") as file:
        assert file.read() == before, "two builds differ"


@case("the package checker finds no error")
def _():
    # The maintainer has no public address.
    text = run("lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags",
               "bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs", package)
    assert not re.search(r"^[EW]:", text, re.M), text


INSIDE = r"""
set -eu
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset LANG LC_ALL || true
say() { echo "== $*"; }
dpkg -i "$1" >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
say version "$(runnel version)"
say user "$(getent passwd runnel | cut -d: -f1,6,7)"
say data "$(stat -c '%a %U:%G' /var/lib/runnel)"
say enabled "$(readlink /etc/systemd/system/multi-user.target.wants/runnel.service)"
# As the unit would: the directories through variables, nothing else.
runuser -u runnel -- env CONFIGURATION_DIRECTORY=/etc/runnel STATE_DIRECTORY=/var/lib/runnel \
    runnel serve --listen 127.0.0.1:0 --port-file /tmp/runnel-port/port 2>/tmp/serve.log &
for i in $(seq 300); do [ ! -s /tmp/runnel-port/port ] || break; read -r -t 0.1 _ <> /tmp/pause || true; done
endpoint=http://127.0.0.1:$(cat /tmp/runnel-port/port) || { cat /tmp/serve.log; exit 1; }
for i in $(seq 300); do runnel health --endpoint $endpoint 2>/dev/null && break; read -r -t 0.1 _ <> /tmp/pause || true; done
runnel create orders --endpoint $endpoint
echo hello | runnel put orders --endpoint $endpoint 2>/dev/null
say record "$(runnel tail orders --from oldest --no-follow --endpoint $endpoint)"
say config "$(runuser -u runnel -- env CONFIGURATION_DIRECTORY=/etc/runnel runnel config --data /x | awk '$1 == "config" { print $2 }')"
kill -TERM $(pgrep -u runnel -x runnel)
wait %1; say ended $?
echo "cache = 1GiB" >>/etc/runnel/runnel.conf
dpkg -i "$1" >/tmp/dpkg.log 2>&1 </dev/null || { cat /tmp/dpkg.log; exit 1; }
say kept "$(tail -n 1 /etc/runnel/runnel.conf)"
dpkg -r runnel >/dev/null 2>&1
say removed "$(ls /usr/bin/runnel 2>/dev/null) $(ls -d /var/lib/runnel /etc/runnel/runnel.conf)"
dpkg -P runnel >/dev/null 2>&1
say purged "$(ls -d /etc/runnel 2>/dev/null) $(ls -d /var/lib/runnel)"
"""

OUTSIDE = r"""
set -eu
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t tmpfs tmpfs "$1/root/tmp"
chmod 1777 "$1/root/tmp"
mount -t tmpfs tmpfs "$1/root/run"
mount --rbind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
rm -rf "$1/root/var/lib/runnel" "$1/root/etc/runnel"
cp "$2" "$1/root/tmp/runnel.deb"
mkfifo "$1/root/tmp/pause"
mkdir -m 777 "$1/root/tmp/runnel-port"
exec chroot "$1/root" bash -c "$3" bash /tmp/runnel.deb
"""


@case("installed, it makes its user and directory, serves, keeps the operator's file, and leaves records when it goes")
def _():
    place = os.path.join(scratch, "overlay")
    os.mkdir(place)
    text = run("unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", OUTSIDE, "bash", place, package, INSIDE)
    said = dict(re.findall(r"^== (\w+) ?(.*)$", text, re.M))
    equal(said["version"], "runnel " + re.search(r"_([0-9.]+)_", package).group(1))
    equal(said["user"], "runnel:/var/lib/runnel:/usr/sbin/nologin")
    equal(said["data"], "700 runnel:runnel")
    equal(said["enabled"], "/lib/systemd/system/runnel.service")
    equal(said["record"], "hello", text)
    equal(said["config"], "/etc/runnel/runnel.conf")
    equal(said["ended"], "0")
    equal(said["kept"], "cache = 1GiB")
    assert "/usr/bin/runnel" not in said["removed"] and "/etc/runnel/runnel.conf" in text.split("== removed")[1].split("== purged")[0], text
    equal(text.split("== purged")[1].split(), ["/var/lib/runnel"], text)
    assert not os.path.exists("/usr/bin/runnel"), "the overlay leaked"


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("test_packages: needs root (overlay, chroot)", file=sys.stderr)
        sys.exit(77)
    scratch = scratch_directory()
    try:
        package = os.path.join(ROOT, make("deb").splitlines()[-1])
        code = main()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(code)
