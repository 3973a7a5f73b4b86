"""Takes single guards out of the engine, and shows which tests notice. `make sabotage` runs this.

sabotage.toml lists them. All are in one build, each behind a switch; the tests that reach a switch are run with it on.
Each must be noticed by the tests that are about it, and, where it concerns failover, by an explorer or a random
history.
"""

import argparse
import concurrent.futures
import os
import re
import sys
import tomllib
from pathlib import Path

import build
import trial

HERE = Path(__file__).resolve().parent
# The tests whose histories nobody wrote by hand, as program/test: whole modules, and what is explored elsewhere.
EXPLORERS = re.compile(r"tests/(?!holdfast_tests/)\w+/((explorer|random|races|promises|wishes)::|.*whatever_goes_wrong)")


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only those whose name has this in it")
    parser.add_argument("--without-aws", action="store_true", help="leave out those of the AWS adapters")
    parser.add_argument("--longest", type=float, default=40, help="no test that takes longer, in seconds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    return parser.parse_args()


def edits_of(listed):
    """For each file, what is to be replaced; `{on}` in a replacement is the switch."""
    edits = {}
    for number, each in enumerate(listed, start=1):
        for edit in each["edits"]:
            new = edit["new"].replace("{on}", f"crate::mutant::on({number})")
            edits.setdefault(edit["file"], []).append((edit["old"], new))
    return edits


def failing(number, tests, jobs, longest):
    """The tests that fail with the switch on."""
    runner = trial.Trials(tests, longest, budget=100_000)
    reaching = [test for test in runner.reach.get(number, []) if test["seconds"] <= longest]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        failed = pool.map(lambda test: runner.killer([test], number), reaching)
        return [test for test in failed if test], len(reaching)


def told(each, failed, reaching):
    """Prints what noticed it; gives what should have and did not."""
    print(f"\n{each['name']}\n  {len(failed)} of {reaching} tests that reach it fail:")
    for test in sorted(failed, key=lambda test: (test["binary"], test["test"])):
        print(f"    {test['binary'].split('/')[-1]} {test['test']}")
    names = {test["test"] for test in failed}
    missing = [f"{each['name']}: not noticed by {name}" for name in each["about"] if name not in names]
    if each.get("failover") and not any(EXPLORERS.match(f"{test['binary']}/{test['test']}") for test in failed):
        missing.append(f"{each['name']}: not noticed by an explorer or a random history")
    return missing


def run_part(part, listed, jobs, longest):
    if not listed:
        return []
    place = build.ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "mutants" / part
    copy = build.Copy(place, with_aws=part == "adapters", edits=edits_of(listed))
    files = copy.refresh()
    copy.until_it_compiles(files, set())
    tests = trial.trace(copy.executables(), place / "traces-of-sabotage.json", jobs, longest)
    missing = []
    for number, each in enumerate(listed, start=1):
        missing += told(each, *failing(number, tests, jobs, longest))
    return missing


def main():
    chosen = options()
    listed = tomllib.loads((HERE / "sabotage.toml").read_text())["sabotage"]
    listed = [each for each in listed if chosen.only in each["name"]]
    listed = [each for each in listed if each["part"] == "engine" or not chosen.without_aws]
    missing = []
    for part in ["engine", "adapters"]:
        if any(each["part"] == part for each in listed):
            missing += run_part(part, [each for each in listed if each["part"] == part], chosen.jobs, chosen.longest)
    print("\n" + ("\n".join(missing) if missing else f"{len(listed)} sabotages, each noticed by whom it should be."))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
