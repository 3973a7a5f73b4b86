"""Every mutant of the engine in one build, and which test notices it. `make mutants` runs this; see --help."""

import argparse
import json
import os
import sys
import tomllib
from pathlib import Path

import build
import table
import trial

HERE = Path(__file__).resolve().parent


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", nargs="*", default=[], metavar="PATTERN", help="only these, as release_guard/* below shared/src")
    parser.add_argument("--again", action="store_true", help="only what survived the last time")
    parser.add_argument("--longest", type=float, default=8, help="no test that takes longer, in seconds")
    parser.add_argument("--budget", type=float, default=40, help="seconds of tests for one mutant at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--only", choices=["engine", "adapters"], help="all but the AWS adapters, or these alone")
    parser.add_argument("--programs", nargs="*", default=[], help="of the tests crate, only these: program or program/module")
    parser.add_argument("--table", action="store_true", help="print what the last run found, and run nothing")
    return parser.parse_args()


def accepted():
    """The survivors that a person has accepted, with the reasons."""
    listed = tomllib.loads((HERE / "accepted.toml").read_text())
    return {each["mutant"]: each["reason"] for each in listed.get("accepted", [])}


def run_part(name, chosen):
    """Mutates, builds and runs one part; its results are kept in its folder."""
    place = build.ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "mutants" / name
    results_file = place / "results.json"
    if not chosen.table:
        copy = build.Copy(place, with_aws=name == "adapters", programs=chosen.programs)
        files = copy.refresh()
        wanted = set(build.wanted_files(files, chosen.files, copy.with_aws))
        if not wanted:
            return [], [], []
        copy.until_it_compiles(files, wanted)
        print(f"building the tests of {name}", flush=True)
        executables = copy.executables()
        tests = trial.trace(executables, place / "traces.json", chosen.jobs, chosen.longest)
        before = json.loads(results_file.read_text()) if results_file.exists() else []
        results = trials(copy.mutants, tests, chosen, before)
        results_file.write_text(json.dumps(results))
    if not results_file.exists():
        return [], [], []
    excluded_file = place / "excluded.json"
    excluded = json.loads(excluded_file.read_text()) if excluded_file.exists() else []
    return json.loads((place / "mutants.json").read_text()), json.loads(results_file.read_text()), excluded


def trials(mutants, tests, chosen, before):
    known = {result["name"]: result for result in before if result["end"] == "killed"} if chosen.again else {}
    todo = [mutant for mutant in mutants if mutant["name"] not in known]
    print(f"running {len(todo)} of {len(mutants)} mutants", flush=True)
    runner = trial.Trials(tests, chosen.longest, chosen.budget)
    results = trial.run_all(runner, todo, chosen.jobs, lambda text: print(text, flush=True))
    names = {mutant["name"] for mutant in mutants}
    return [result for name, result in known.items() if name in names] + results


def main():
    chosen = options()
    mutants, results, excluded = [], [], []
    for name in ["engine", "adapters"]:
        if chosen.only in (None, name):
            part = run_part(name, chosen)
            mutants += part[0]
            results += part[1]
            excluded += part[2]
    by_reason = accepted()
    rows, left = table.rows(mutants, results, excluded, by_reason)
    print()
    total = table.print_table(rows)
    print("\nChange behaviour, survive, and are not accepted:")
    for mutant, result in left:
        tests = "never executed" if result["end"] == "never executed" else f"{result['tests']} tests reach it"
        print(f"  {mutant['file']}:{mutant['line']} {mutant['function']}: {mutant['operator']} `{mutant['what']}` ({tests})")
        print(f"      {' '.join(mutant['around'].split())[:200]}")
    names = {mutant["name"] for mutant in mutants}
    killed = {result["name"] for result in results if result["end"] == "killed"}
    for name in by_reason:
        if name in killed:
            print(f"accepted.toml lists what a test kills: take it out: {name}")
        elif not chosen.files and chosen.only is None and name not in names:
            print(f"accepted.toml lists what is no mutant any more: take it out: {name}")
    broken = table.broken_limits(rows, total, by_reason)
    print("\n" + ("\n".join(broken) if broken else "All figures are within their limits."))
    return 1 if broken or left else 0


if __name__ == "__main__":
    sys.exit(main())
