"""The manual page, the completions and the configuration file, as the program prints them from its tables.
Ends with "N passed, N failed"."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))

from runner import case, equal, main  # noqa: E402
from server import BINARY  # noqa: E402


def output(*words, data=None, code=0, env=None):
    """Standard output of a program that must end with `code` and say nothing on standard error."""
    done = subprocess.run(words, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          env=env or {k: v for k, v in os.environ.items() if not k.startswith(("RUNNEL_", "AWS_"))})
    equal((done.returncode, done.stderr), (code, ""), " ".join(words))
    return done.stdout


def docs(what):
    return output(BINARY, "docs", what)


def commands():
    """{command: [flag, ...]} as the program's own help tells."""
    names = re.findall(r"^  ([a-z]+) +\S", output(BINARY, "help"), re.M)
    assert "serve" in names and "docs" not in names, names
    flags = {name: re.findall(r"^  (--[a-z0-9-]+)", output(BINARY, name, "--help"), re.M) for name in names if name != "help"}
    assert all("--help" in found for found in flags.values()), flags
    assert len(flags["serve"]) > 15, flags["serve"]
    return flags


def save(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def parts(man):
    """{command: its part of the page}, plain text."""
    plain = man.replace("\\-", "-").replace("\\e", "\\")
    found = re.split(r'^\.SS "runnel ([a-z]+).*"$', plain.split(".SH COMMANDS")[1].split("\n.SH ")[0], flags=re.M)
    return dict(zip(found[1::2], found[2::2]))


@case("the manual names every command with every flag, every variable and every exit code")
def _():
    man, flags = docs("man"), commands()
    told = parts(man)
    for name, wanted in flags.items():
        for flag in wanted:
            if flag != "--help" and name != "config":  # config takes those of serve
                assert re.search(r"^\\fB%s\\fR" % re.escape(flag), told[name], re.M), (name, flag)
    assert "Takes the options of runnel serve" in told["config"]
    for flag in flags["serve"]:
        if flag != "--help":
            assert "\\fBRUNNEL_%s\\fR" % flag[2:].upper().replace("-", "_") in man, flag
    codes = re.findall(r"^ +(\d+)  ", output(BINARY, "help"), re.M)
    equal(re.findall(r"^\\fB(\d+)\\fR$", man.split(".SH EXIT STATUS")[1], re.M), codes)


@case("the page of operating names every command")
def _():
    with open(os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "operating.md"), encoding="utf-8") as page:
        tools = page.read().split("\n## Tools\n")[1].split("\n## ")[0]
    told = set(re.findall(r"`(?:runnel )?([a-z]+)", tools))
    equal(sorted(set(commands()) - {"serve", "version", "help"} - told), [])


@case("the manual formats without a warning")
def _():
    with tempfile.TemporaryDirectory() as scratch:
        path = save(scratch, "runnel.1", docs("man"))
        for device in ("utf8", "ascii"):
            text = re.sub(".\b|\x1b\\[[0-9;]*m", "", output("groff", "-man", "-T" + device, "-ww", path))  # bold is struck twice
            assert "RUNNEL(1)" in text and "RUNNEL_CACHE" in text and "130" in text, text
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], stdout=subprocess.PIPE, text=True, timeout=60).stdout
        equal([line for line in lint.splitlines() if "missing date" not in line], [])


def bash(script, *words):
    """What bash offers for the last of these words, having loaded the completion."""
    code = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { echo "<$*>"; }\n' \
           'complete -p runnel >/dev/null || exit 1; _runnel; printf "%s\\n" "${COMPREPLY[@]}"'
    return output("bash", "--norc", "-c", code, script, "runnel", *words).split()


@case("bash completes commands, every flag of each, and values")
def _():
    with tempfile.TemporaryDirectory() as scratch:
        script, flags = save(scratch, "runnel", docs("bash")), commands()
        output("bash", "-n", script)
        equal(set(bash(script, "")), set(flags) | {"help"})
        equal(bash(script, "ver"), ["version"])
        for name, wanted in flags.items():
            equal(sorted(bash(script, name, "--")), sorted(wanted), name)
        equal(bash(script, "serve", "--log-l"), ["--log-level"])
        equal(bash(script, "serve", "--durability", ""), ["sync", "os"])
        equal(bash(script, "put", "s", "--bad-key", "=", "sk"), ["skip"])
        equal(bash(script, "put", "s", "--bad-key", "="), ["fail", "skip", "hash"])
        equal(bash(script, "serve", "--config", ""), ["<-o", "default>"])
        equal(bash(script, "serve", "--data", ""), ["<-o", "dirnames>"])
        equal(bash(script, "put", "s", ""), ["<-o", "default>"])
        equal(bash(script, "serve", "--region", ""), [])
        equal(bash(script, "help", "des"), ["describe"])
        equal(bash(script, "tag", ""), ["list", "set", "remove"])
        equal(bash(script, "tag", "list", ""), [])


@case("fish completes commands, every flag of each, and values")
def _():
    with tempfile.TemporaryDirectory() as scratch:
        script, flags = save(scratch, "runnel.fish", docs("fish")), commands()
        env = dict(os.environ, HOME=scratch)
        output("fish", "--no-execute", script, env=env)

        def offers(line):
            text = output("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line, env=env)
            return [row.split("\t")[0] for row in text.splitlines()]

        equal(set(offers("runnel ")), set(flags) | {"help"})
        for name, wanted in flags.items():
            equal(sorted(offers("runnel %s --" % name)), sorted(wanted), name)
        equal(offers("runnel put s --oversize s"), ["skip", "split"])
        equal(sorted(offers("runnel tag ")), ["list", "remove", "set"])
        equal(offers("runnel tag list "), [])


@case("zsh loads the completion, which names every flag of every command")
def _():
    with tempfile.TemporaryDirectory() as scratch:
        text, flags = docs("zsh"), commands()
        script = save(scratch, "_runnel", text)
        output("zsh", "-n", script)
        equal(output("zsh", "-f", "-c", 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D; print -- $_comps[runnel]', "zsh", scratch).strip(), "_runnel")
        # Each command's specs, as zsh itself takes the quoting apart.
        show = '_arguments() { print -rl -- "$@" }; _describe() { print -rl -- $commands }; _runnel() { }; compdef() { }\n' \
               'source "$1"; words=(runnel "$2" ""); CURRENT=$3; _runnel'
        for name, wanted in flags.items():
            specs = output("zsh", "-f", "-c", show, "zsh", script, name, "3").splitlines()
            equal(sorted(re.match(r"\*?(--[a-z0-9-]+)", spec).group(1) for spec in specs if "--" in spec[:3]), sorted(wanted), name)
        equal({line.split(":")[0] for line in output("zsh", "-f", "-c", show, "zsh", script, "", "2").split("\n") if line}, set(flags) | {"help"})
        specs = output("zsh", "-f", "-c", show, "zsh", script, "serve", "3").splitlines()
        assert any(spec.endswith(":HOST\\:PORT:") and spec.startswith("*--listen=[") for spec in specs), specs
        assert any(spec.endswith("(sync os)") for spec in specs), specs
        assert "1:command:(list set remove)" in output("zsh", "-f", "-c", show, "zsh", script, "tag", "3").splitlines()
        assert any(spec.endswith(":_files") for spec in specs), specs


@case("the configuration file holds every setting, commented, and says what the defaults say")
def _():
    conf, flags = docs("conf"), commands()["serve"]
    equal([line for line in conf.splitlines() if line and not line.startswith("#")], [])
    keys = re.findall(r"^#([a-z0-9-]+) = ", conf, re.M)
    equal(sorted(keys), sorted(flag[2:] for flag in flags if flag not in ("--help", "--config")))
    assert max(map(len, conf.splitlines())) <= 100
    with tempfile.TemporaryDirectory() as scratch:
        env = {"HOME": scratch, "PATH": os.environ["PATH"]}
        plain = {line.split()[0]: line.split()[1] for line in output(BINARY, "config", env=env).splitlines()}
        shown = "".join(line[1:] + "\n" for line in conf.splitlines() if re.match(r"#[a-z0-9-]+ = (?![A-Z]+$)", line))
        path = save(scratch, "runnel.conf", shown)
        rows = [line.split() for line in output(BINARY, "config", "--config", path, env=env).splitlines()]
        for name, value, origin in rows:
            if name != "config":
                equal(value, plain[name], name)
                equal(origin.startswith(path + ":"), name in re.findall(r"^([a-z0-9-]+) = ", shown, re.M), name)
        equal(output(BINARY, "config", "--config", save(scratch, "all.conf", conf), env=env).count("default"), len(flags) - 2)


@case("what docs cannot print is named")
def _():
    done = subprocess.run([BINARY, "docs", "html"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    equal((done.returncode, done.stdout), (2, ""))
    assert "'html'" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(main())
