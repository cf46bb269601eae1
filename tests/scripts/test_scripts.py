"""The project's own scripts: that each can fail, and says why. Every case copies scripts/ into a scratch tree."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = "base:   # below\nsys: base\nnet: base sys\ncli: *\n"


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="runnel-scripts-")
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copytree(os.path.join(ROOT, "scripts"), os.path.join(self.root, "scripts"))
        for folder in ("src", "include", "tests", "bench"):
            os.mkdir(os.path.join(self.root, folder))
        self.write("Makefile", "all:\n")
        self.write("src/LAYERS", LAYERS)

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def run_script(self, name, *words, env=None):
        done = subprocess.run([os.path.join(self.root, "scripts", name), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, env={**os.environ, **(env or {})})
        return done.returncode, done.stdout


class Layers(Tree):
    def test_includes_that_the_layers_allow_pass(self):
        self.write("src/net/a.c", '#include "net/a.h"\n#include "sys/loop.h"\n#include "base/str.h"\n#include <stdio.h>\n')
        self.write("src/cli/main.c", '#include "net/a.h"\n')
        self.assertEqual(self.run_script("layers"), (0, ""))

    def test_an_include_upwards_is_named(self):
        self.write("src/sys/a.c", 'int x;\n# include  "net/a.h"\n')
        code, text = self.run_script("layers")
        self.assertEqual(code, 1)
        self.assertIn('src/sys/a.c:2: sys may not include "net/a.h"', text)

    def test_a_line_that_names_a_room_below_it_is_refused(self):
        self.write("src/LAYERS", "base: sys\nsys: base\n")
        self.write("src/sys/a.c", '#include "base/a.h"\n')
        code, text = self.run_script("layers")
        self.assertEqual(code, 1)
        self.assertIn("base may not name sys", text)

    def test_a_room_without_a_line_is_refused(self):
        self.write("src/attic/a.c", '#include "base/a.h"\n')
        self.assertEqual(self.run_script("layers")[0], 1)


class Tidy(Tree):
    def breach(self, name, text):
        self.write(name, text)
        code, output = self.run_script("tidy")
        self.assertEqual(code, 1, output)
        self.assertIn(name + ":", output)

    def test_clean_code_passes_also_when_comments_and_strings_name_what_is_banned(self):
        self.write("src/base/a.c", '/* never strcpy(a, b)\n * nor time(NULL) */\nconst char *a = "sprintf(";\nint x = \'"\';\nint runtime(int y);\n')
        self.assertEqual(self.run_script("tidy"), (0, ""))

    def test_banned_calls_are_found(self):
        self.breach("src/base/a.c", "/* a */\nint x(void)\n{\n    strcpy(a, b);\n}\n")

    def test_time_outside_sys_is_found(self):
        self.breach("src/net/a.c", "/* a */\nlong x = (long)time(0);\n")

    def test_a_sleeping_test_is_found(self):
        self.breach("tests/unit/base/test_a.c", "void x(void)\n{\n    usleep(1);\n}\n")

    def test_a_library_outside_its_room_is_found(self):
        self.breach("src/net/a.c", "/* a */\n#include <uv.h>\n")

    def test_a_file_that_says_nothing_first_is_found(self):
        self.breach("src/net/a.c", "int x;\n")

    def test_unfinished_work_is_found(self):
        self.breach("src/net/a.c", "/* " + "FIX" + "ME later */\n")

    def test_names_without_a_subject_are_found(self):
        self.breach("src/net/util.c", "/* a */\n")


class Runner(Tree):
    def suite(self, rows):
        self.write("tests/SUITES", "# rows\n" + rows)
        code, text = self.run_script("test", "part")
        return code, text.splitlines()[-1], text

    def test_results_of_all_kinds_are_summed(self):
        self.write("cm", "#!/bin/sh\necho '[==========] Running 3 test(s).'\necho '[  PASSED  ] 3 test(s).'\n", 0o755)
        self.write("py", "#!/bin/sh\necho 'Ran 4 tests in 0.1s'\necho\necho OK\n", 0o755)
        self.write("own", "#!/bin/sh\necho 'passed'\necho '5 passed, 0 failed'\n", 0o755)
        code, last, _ = self.suite("part programs 5 a ./cm ./cm\npart suite 5 b ./py\npart suite 5 c ./own\npart step 5 d true\nother step 5 e false\n")
        self.assertEqual((code, last), (0, "16 passed, 0 failed"))

    def test_failures_are_counted_and_their_output_shown(self):
        self.write("cm", "#!/bin/sh\necho 'reason one'\necho '[  PASSED  ] 2 test(s).'\necho '[  FAILED  ] 1 test(s), listed below:'\nexit 1\n", 0o755)
        self.write("py", "#!/bin/sh\necho 'Ran 4 tests in 0.1s'\necho 'FAILED (failures=1, errors=2)'\nexit 1\n", 0o755)
        code, last, text = self.suite("part suite 5 a ./cm\npart suite 5 b ./py\npart step 5 c false\n")
        self.assertEqual((code, last), (1, "3 passed, 5 failed"))
        self.assertIn("reason one", text)

    def test_a_suite_that_dies_after_passing_counts_as_failed(self):
        self.write("cm", "#!/bin/sh\necho '[  PASSED  ] 2 test(s).'\nkill -9 $$\n", 0o755)
        self.assertEqual(self.suite("part suite 5 a ./cm\n")[:2], (1, "2 passed, 1 failed"))

    def test_a_suite_without_tests_fails(self):
        self.assertEqual(self.suite("part suite 5 a true\n")[:2], (1, "0 passed, 1 failed"))

    def test_nothing_to_run_fails(self):
        self.assertEqual(self.suite("other step 5 a true\n")[:2], (1, "0 passed, 0 failed"))

    def test_a_suite_that_hangs_is_killed(self):
        self.write("hang", "#!/bin/sh\nexec sleep 100\n", 0o755)
        code, last, text = self.suite("part suite 1 a ./hang\n")
        self.assertEqual((code, last), (1, "0 passed, 1 failed"))
        self.assertIn("killed", text)


class Deps(Tree):
    """With a PATH of stand-ins: what is installed, who we are and whether the package manager works is ours to say."""

    def deps(self, installed, uid="0", apt="exit 0", sudo=False, group="build", commands=()):
        bin_dir = os.path.join(self.root, "bin")
        os.mkdir(bin_dir)
        for tool in ("bash", "printf", "sort", "sed", "grep", "mktemp", "rm", "tail", "cat"):
            if shutil.which(tool):
                os.symlink(shutil.which(tool), os.path.join(bin_dir, tool))
        self.write("bin/id", "#!/bin/sh\necho %s\n" % uid, 0o755)
        self.write("bin/dpkg-query", '#!/bin/bash\nfor p; do case $p in -*) ;; *) %s ;; esac; done\n'
                   % ('echo "$p installed"' if installed else ":"), 0o755)
        self.write("bin/apt-get", '#!/bin/sh\necho "$@" >>%s/calls\n%s\n' % (self.root, apt), 0o755)
        for command in commands:
            self.write("bin/" + command, "#!/bin/sh\n", 0o755)
        if sudo:
            self.write("bin/sudo", '#!/bin/bash\n[ "$1" = -n ] && exit 0\nshift\necho by sudo >>%s/calls\nexec "$@"\n' % self.root, 0o755)
        code, text = self.run_script("deps", group, env={"PATH": bin_dir})
        calls = os.path.join(self.root, "calls")
        if not os.path.exists(calls):
            return code, text, ""
        with open(calls) as file:
            return code, text, file.read()

    def test_with_everything_there_nothing_is_done(self):
        self.assertEqual(self.deps(True, apt="exit 1"), (0, "", ""))

    def test_root_installs_what_is_missing(self):
        code, _, calls = self.deps(False)
        self.assertEqual(code, 0)
        self.assertIn("install -y --no-install-recommends", calls)
        self.assertIn("libuv1-dev", calls)

    def test_a_command_from_elsewhere_needs_no_package(self):
        _, _, calls = self.deps(False, group="test", commands=["npm"])
        words = calls.split()
        self.assertIn("nodejs", words)
        self.assertNotIn("npm", words)

    def test_sudo_is_used_where_it_needs_no_password(self):
        code, _, calls = self.deps(False, uid="1000", sudo=True)
        self.assertEqual(code, 0)
        self.assertIn("by sudo", calls)

    def test_without_root_and_sudo_the_command_is_printed(self):
        code, text, calls = self.deps(False, uid="1000")
        self.assertEqual((code, calls), (69, ""))
        self.assertIn("sudo apt-get update && sudo apt-get install -y --no-install-recommends", text)

    def test_offline_the_command_is_printed(self):
        code, text, _ = self.deps(False, apt="exit 100")
        self.assertEqual(code, 69)
        self.assertIn("    apt-get update && apt-get install", text)


class Compatibility(unittest.TestCase):
    """On a copy of what it reads, without clients: their columns stay as the page has them."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="runnel-scripts-")
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("scripts", "docs", "tests/conformance", "tests/support", "tests/unit/service", "tests/unit/auth", "tests/unit/api",
                       "src/api", "src/auth", "src/fanout", "src/service", "src/shape"):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(self.root, folder))
        self.clients = re.findall(r'^    row\("\w+", "([\w-]+)"', self.read("tests/conformance/drivers.py"), re.M)

    def read(self, name):
        with open(os.path.join(self.root, name)) as file:
            return file.read()

    def change(self, name, old, new):
        text = self.read(name)
        self.assertIn(old, text)
        with open(os.path.join(self.root, name), "w") as file:
            file.write(text.replace(old, new))

    def compatibility(self, *words):
        done = subprocess.run([os.path.join(self.root, "scripts/compatibility"), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60,
                              env={**os.environ, "RUNNEL_CLIENTS_LEFT_OUT": ",".join(self.clients)})
        return done.returncode, done.stdout

    def test_the_page_of_this_tree_is_up_to_date(self):
        self.assertGreater(len(self.clients), 3)
        self.assertEqual(self.compatibility("--check"), (0, ""))

    def test_a_text_that_changed_is_named_and_then_written(self):
        self.change("src/service/get.c", '"Invalid ShardIterator."', '"No ShardIterator at all."')
        code, text = self.compatibility("--check")
        self.assertEqual(code, 1)
        self.assertIn("+| InvalidArgumentException | `No ShardIterator at all.` | NONE |", text)
        self.assertEqual(self.compatibility(), (0, ""))
        self.assertEqual(self.compatibility("--check"), (0, ""))

    def test_an_operation_that_was_built_is_missed(self):
        self.change("src/api/operations.c", '    ROW("PutRecord", ', '    ROW("CreateChannel", put_record, rn_service_put_record),\n    ROW("PutRecord", ')
        code, text = self.compatibility("--check")
        self.assertEqual(code, 1)
        self.assertIn("+| CreateChannel | - |", text)


if __name__ == "__main__":
    unittest.main()
