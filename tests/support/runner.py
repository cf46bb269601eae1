"""A small test runner: functions marked @case("sentence"), one line each, a count at the end."""
import sys
import time
import traceback

_cases = []


def case(sentence):
    def mark(function):
        _cases.append((sentence, function))
        return function
    return mark


def equal(got, wanted, what=""):
    assert got == wanted, "%s\n     got %r\n  wanted %r" % (what, got, wanted)


def main(*fixtures):
    """Run the cases (those whose sentence holds an argument of the command line, if any); exit 0 or 1."""
    words = sys.argv[1:]
    passed = failed = 0
    for sentence, function in _cases:
        if words and not any(word in sentence for word in words):
            continue
        started = time.monotonic()
        try:
            function(*fixtures)
        except Exception:  # whatever it is, it is this case's failure
            failed += 1
            print("FAIL  %s" % sentence)
            traceback.print_exc(limit=-4, file=sys.stdout)
        else:
            passed += 1
            print("ok    %s (%.2f s)" % (sentence, time.monotonic() - started))
        sys.stdout.flush()
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0
