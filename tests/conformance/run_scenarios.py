"""Runs every scenario through one driver or all: run_scenarios.py [driver [scenario]]; ends with "N passed, N failed"."""
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

from drivers import DRIVERS  # noqa: E402
from scenarios import SCENARIOS, Session  # noqa: E402
from server import Server  # noqa: E402


def main():
    only_driver = sys.argv[1] if len(sys.argv) > 1 else None
    only_scenario = sys.argv[2] if len(sys.argv) > 2 else None
    passed = failed = 0
    for kind in [d for d in DRIVERS if only_driver in (None, "all", d.name)]:
        began = time.monotonic()
        with Server(["--limits", "off"]) as server:
            driver = kind(server)
            for scenario in [x for x in SCENARIOS if only_scenario in (None, x.__name__) and x.__name__ not in kind.too_old_for]:
                try:
                    scenario(Session(driver, server, scenario.__name__.replace("_", "-")))
                    passed += 1
                except Exception:
                    failed += 1
                    print("FAILED %s: %s\n%s" % (kind.name, scenario.__name__, traceback.format_exc()))
        print("%s: %.0f s" % (kind.name, time.monotonic() - began), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
