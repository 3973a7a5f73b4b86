"""Finds which test reaches which mutant, then runs each mutant against the tests that reach it, the quick ones first,
until one fails."""

import concurrent.futures
import json
import os
import subprocess
import tempfile
import threading
import time

import table

# A test that takes longer than this is an explorer, a random history or the like.
QUICK = 0.5
# The time of a test that takes too long to be tried on any mutant.
NEVER_TRIED = 1e6


def environment(**more):
    # Random tests draw the same cases each time, so that a mutant is not killed by luck in one run only.
    return dict(os.environ, RUST_BACKTRACE="0", PROPTEST_RNG_SEED="20261126", **more)


def trace(executables, cache_file, jobs, longest):
    """For each test: which mutants it reaches, and how long it takes alone. One that takes far more than `longest`
    is stopped: what it has reached by then counts as executed, and it is tried on nothing."""
    cache = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    out, todo = [], []
    for name, (path, folder, modules) in sorted(executables.items()):
        stamp = [os.stat(path).st_mtime, modules]
        if name in cache and cache[name]["stamp"] == stamp:
            out += cache[name]["tests"]
            continue
        listed = subprocess.run([path, "--list"], cwd=folder, capture_output=True, text=True, check=True).stdout
        tests = [line[:-6] for line in listed.splitlines() if line.endswith(": test")]
        tests = [test for test in tests if not modules or test.startswith(tuple(modules))]
        cache[name] = {"stamp": stamp, "tests": []}
        todo += [(name, path, folder, test, max(20, 4 * longest)) for test in tests]
    print(f"tracing {len(todo)} tests", flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, traced in pool.map(trace_one, todo):
            cache[name]["tests"].append(traced)
            out.append(traced)
    cache_file.write_text(json.dumps({name: cache[name] for name in executables}))
    too_long = [test["test"] for test in out if test["seconds"] == NEVER_TRIED]
    if too_long:
        print(f"These tests take too long, and are tried on no mutant: {', '.join(too_long)}")
    failing = [test["test"] for test in out if not test["passes"]]
    if failing:
        print("These tests fail without any mutant, and are left out: " + ", ".join(failing))
    return [test for test in out if test["passes"]]


def trace_one(job):
    name, path, folder, test, limit = job
    handle, file = tempfile.mkstemp()
    os.close(handle)
    began = time.time()
    try:
        ended = subprocess.run(
            [path, "--exact", test, "--test-threads=1"],
            cwd=folder,
            env=environment(MUTANT_TRACE=file),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limit,
            check=False,
        )
        passes = ended.returncode == 0
        took = time.time() - began
    except subprocess.TimeoutExpired:
        passes, took = True, NEVER_TRIED
    with open(file) as lines:
        reached = sorted({int(line) for line in lines if line.strip().isdigit()})
    os.unlink(file)
    traced = dict(binary=name, path=path, folder=folder, test=test, seconds=round(took, 3), passes=passes, ids=reached)
    return name, traced


class Trials:
    """All mutants against the tests that reach them. `longest` bounds one test, `budget` all of one mutant's. A mutant
    that is only minor is tried on quick tests."""

    def __init__(self, tests, longest, budget):
        self.longest = longest
        self.budget = budget
        self.reach = {}
        for test in sorted(tests, key=lambda test: test["seconds"]):
            for number in test["ids"]:
                self.reach.setdefault(number, []).append(test)

    def run(self, mutant):
        tests = self.reach.get(mutant["id"], [])
        result = {"name": mutant["name"], "tests": len(tests), "end": "never executed", "by": None, "stage": None}
        if not tests:
            return result
        chosen, left = [], self.budget
        # Where there are more than the budget allows, those beside the code are not the ones to do without.
        for test in sorted(tests, key=lambda test: not is_beside(test, mutant)):
            if test["seconds"] <= self.longest and left > 0:
                chosen.append(test)
                left -= test["seconds"]
        if table.kind_of(mutant)[0] == "minor":
            chosen = [test for test in chosen if test["seconds"] <= QUICK]
        result["run"] = len(chosen)
        for binary, group in batches(chosen):
            killer = self.killer(group, mutant["id"])
            if killer:
                return dict(result, end="killed", by=f"{binary} {killer['test']}", stage=stage_of(killer))
        return dict(result, end="survived")

    def killer(self, group, number):
        """The first test of one executable that fails."""
        names = [test["test"] for test in group]
        limit = max(15, sum(test["seconds"] for test in group) * 8 + 5)
        process = subprocess.Popen(
            [group[0]["path"], "--test-threads=1", "--exact", *names],
            cwd=group[0]["folder"],
            env=environment(MUTANT=str(number)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        timer = threading.Timer(limit, process.kill)
        timer.start()
        failed = None
        for line in process.stdout:
            if line.startswith("test ") and line.rstrip().endswith("FAILED") and "result" not in line:
                failed = line.split()[1]
                process.kill()
                break
        process.wait()
        timer.cancel()
        if failed:
            return next((test for test in group if test["test"] == failed), group[0])
        return group[0] if process.returncode else None


def is_beside(test, mutant):
    """Whether a test is of the module that the mutant is in."""
    module = mutant["file"].split("/", 1)[0].removesuffix(".rs")
    return test["test"].startswith(f"{module}::")


def batches(tests):
    """Quick tests of one executable together, then the slow ones, one at a time."""
    by_binary = {}
    for test in tests:
        if test["seconds"] <= QUICK:
            by_binary.setdefault(test["binary"], []).append(test)
    out = sorted(by_binary.items(), key=lambda item: sum(test["seconds"] for test in item[1]))
    return out + [(test["binary"], [test]) for test in tests if test["seconds"] > QUICK]


def stage_of(test):
    if test["binary"] in ("shared/holdfast", "aws/holdfast_aws"):
        return "pure"
    if test["binary"] == "tests/repo" and test["test"].split("::")[0] in ("template", "policies"):
        return "template"
    return "scenario" if test["seconds"] <= QUICK else "long"


def run_all(trials, mutants, jobs, told):
    results, began = [], time.time()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for done, result in enumerate(pool.map(trials.run, mutants), start=1):
            results.append(result)
            if done % 200 == 0:
                told(f"{done} of {len(mutants)} mutants, {time.time() - began:.0f} s")
    return results
