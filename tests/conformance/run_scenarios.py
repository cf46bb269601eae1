"""Runs the scenarios through clients; ends with "N passed, N failed".

    run_scenarios.py test|check|all              the drivers of that part
    run_scenarios.py DRIVER [SCENARIO]           one of them, or one scenario

What a whole run shows goes to $BUILD/compatibility/DRIVER.json, which scripts/compatibility makes tables of.
A client that cannot be made ready here (offline, no compiler) is one failure that says what it needs. To go without
it, name it in RUNNEL_CLIENTS_LEFT_OUT (comma between names).
"""
import hashlib
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

from clients import BUILD, HERE, Missing  # noqa: E402
from drivers import DRIVERS  # noqa: E402
from scenarios import SCENARIOS, Session  # noqa: E402
from server import BINARY, Server, StartFailed  # noqa: E402

LEFT_OUT = [name.strip() for name in os.environ.get("RUNNEL_CLIENTS_LEFT_OUT", "").split(",") if name.strip()]


def digest():
    """Of what results depend on: the server, the scenarios, the drivers."""
    sha = hashlib.sha256()
    files = [os.path.join(HERE, name) for name in ("drivers.py", "clients.py")]
    for part in ("scenarios", "clients"):
        for folder, _, names in os.walk(os.path.join(HERE, part)):
            files += [os.path.join(folder, name) for name in names if not name.endswith(".pyc")]
    for path in [BINARY] + sorted(files):
        with open(path, "rb") as file:
            sha.update(hashlib.sha256(file.read()).digest())
    return sha.hexdigest()


def result_file(driver):
    return os.path.join(BUILD, "compatibility", driver.name + ".json")


def keep(driver, version, shown):
    """`shown` has for every scenario whether it passed and which operations answered in it."""
    os.makedirs(os.path.dirname(result_file(driver)), exist_ok=True)
    with open(result_file(driver), "w", encoding="utf-8") as file:
        json.dump({"digest": digest(), "version": version, "scenarios": shown}, file)


def kept(driver):
    """What the last whole run showed, or None if something has changed since."""
    try:
        with open(result_file(driver), encoding="utf-8") as file:
            result = json.load(file)
    except FileNotFoundError:
        return None
    return result if result["digest"] == digest() else None


def play(driver, scenarios):
    """(passed, failed) of one client against a server of its own."""
    shown = {}
    with Server(["--limits", "off"] + driver.flags) as server:
        client = driver.start(server)
        try:
            print("%s %s" % (driver.name, client.version))
            for scenario in scenarios:
                session = Session(client, server, scenario.__name__.replace("_", "-"))
                try:
                    scenario(session)
                    passed = True
                except Exception:
                    passed = False
                    print("FAILED %s: %s\n%s" % (driver.name, scenario.__name__, traceback.format_exc()))
                shown[scenario.__name__] = {"passed": passed, "operations": sorted(session.answered)}
        finally:
            client.close()
    if len(scenarios) + len(driver.cannot) == len(SCENARIOS):
        keep(driver, client.version, shown)
    passed = sum(one["passed"] for one in shown.values())
    return passed, len(shown) - passed


def chosen(word):
    drivers = [driver for driver in DRIVERS if word in ("all", driver.part, driver.name)]
    unknown = [name for name in LEFT_OUT if name not in [driver.name for driver in DRIVERS]]
    if not drivers or unknown:
        sys.exit("run_scenarios: no client %s; there are: %s" % (unknown or word, " ".join(driver.name for driver in DRIVERS)))
    for driver in [driver for driver in drivers if driver.name in LEFT_OUT]:
        print("%s: left out, as RUNNEL_CLIENTS_LEFT_OUT says" % driver.name)
    return [driver for driver in drivers if driver.name not in LEFT_OUT]


def main():
    only = sys.argv[2] if len(sys.argv) > 2 else None
    passed = failed = 0
    for driver in chosen(sys.argv[1] if len(sys.argv) > 1 else "all"):
        began = time.monotonic()
        try:
            results = play(driver, [x for x in SCENARIOS if only in (None, x.__name__) and x.__name__ not in driver.cannot])
        except (Missing, StartFailed, AssertionError) as problem:
            results = (0, 1)
            print("FAILED %s could not start: %s\nTo go without it: RUNNEL_CLIENTS_LEFT_OUT=%s" % (driver.name, problem, driver.name))
        passed, failed = passed + results[0], failed + results[1]
        print("%s: %d passed, %d failed, %.1f s" % (driver.name, *results, time.monotonic() - began), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
