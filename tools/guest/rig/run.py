"""Does a guest answer? Real network managers in network namespaces, with EC2's source check in between.

    run.py [--only WORDS]
    run.py timing [TIMES]

Each check is a line. The exit code is 1 when one fails. `tools/guest/test` starts it."""

import hashlib
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packages  # noqa: E402
import scenarios  # noqa: E402
import timing  # noqa: E402
from processes import Failed  # noqa: E402
from world import TOP, World  # noqa: E402


class Report:
    def __init__(self):
        self.passed, self.failed, self.title = 0, [], ""

    def say(self, title):
        self.title = title
        print(f"\n{title}")

    def check(self, what, good, why=""):
        if good:
            self.passed += 1
            print(f"  ok      {what}")
        else:
            self.failed.append(f"{self.title}: {what}")
            print(f"  FAILED  {what}{': ' if why else ''}{why}")
        sys.stdout.flush()


def machine():
    """What of this machine's own network a careless rig could change."""
    shown = [subprocess.run(words.split(), capture_output=True, text=True).stdout
             for words in ("ip rule", "ip -6 rule", "ip route show table all", "ip -o link", "ip netns list")]
    values = []
    for folder, _, files in os.walk("/proc/sys/net"):
        for file in sorted(files):
            try:
                values.append(f"{folder}/{file} " + open(f"{folder}/{file}").read())
            except (OSError, UnicodeDecodeError):
                pass
    # A counter, and what the kernel tunes by itself.
    values = [it for it in values if not any(word in it for word in ("nf_conntrack_count", "/dev_weight", "tcp_mem", "udp_mem"))]
    return shown, sorted(values)


def main():
    try:
        go()
    except Failed as problem:
        sys.exit(f"guest-test: {problem}")


def go():
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    folder = f"{os.environ.get('CARGO_TARGET_DIR', f'{TOP}/target')}/guest-rig"
    os.makedirs(folder, exist_ok=True)
    if sys.argv[1:2] == ["timing"]:
        timing.main(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 50)
    began = time.monotonic()
    before = machine()
    root, notes = packages.unpack(folder)
    for note in notes:
        print(f"note: {note}")
    report = Report()
    for title, manager, scenario in scenarios.ALL:
        if only not in title:
            continue
        report.say(title)
        logs = f"{folder}/logs/{hashlib.md5(title.encode()).hexdigest()[:8]}"
        shutil.rmtree(logs, ignore_errors=True)
        world = World(manager, root, logs)
        try:
            world.begin()
            scenario(world, report)
        except Failed as problem:
            report.check("the world runs to its end", False, f"{problem} (logs: {logs})")
        finally:
            world.end()
    report.say("the machine")
    after = machine()
    changed = [line for pair in zip(before, after) for line in set(pair[0]) ^ set(pair[1])]
    report.check("its sysctls, rules, routes, links and namespaces are as they were", not changed, str(changed[:4]))
    print(f"\n{report.passed} checks passed, {len(report.failed)} failed, in {time.monotonic() - began:.0f} s")
    for line in report.failed:
        print(f"  FAILED  {line}")
    sys.exit(1 if report.failed or not report.passed else 0)


main()
