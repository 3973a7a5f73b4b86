#!/usr/bin/env python3
"""Runs the tests of what an event meets after a freeze, and prints their times as the rows of a table.

    tools/bench/after-a-freeze.py

The functions have to be compiled: cargo build --workspace --bins
"""

import functools
import re
import statistics
import subprocess
import sys

CARGO = ["cargo", "test", "--quiet", "--locked", "--workspace", "--test", "wire", "--"]
TOLD = re.compile(r"^(?!test result)(?P<told>.*): .* in (?P<number>[\d.]+)(?P<unit>µs|ms|s)$")
SECONDS = {"µs": 1e-6, "ms": 1e-3, "s": 1.0}

# What the event meets, the test, and which of its lines.
ROWS = [
    ("a call that is refused once, for its signature or its token",
     "refusals::whichever_call_of_whichever_function_is_refused_once_the_run_ends_as_ever", ""),
    ("a call that is lost, or whose reply is",
     "connections::a_call_whose_reply_is_lost_does_not_end_the_run", ""),
    ("connections that were closed or reset since the last event",
     "connections::a_dead_idle_connection_costs_less_than_two_seconds", "(Closed|Reset)$"),
    ("connections that keep silent",
     "connections::a_dead_idle_connection_costs_less_than_two_seconds", "Silent$"),
    ("a read that nobody answers",
     "connections::a_read_that_nobody_answers_costs_less_than_two_seconds", ""),
    ("descriptions of 5 s; a request of 4 s",
     "connections::a_description_of_five_seconds_and_a_request_of_four_still_succeed", ""),
    ("keys that stay refused, until Lambda is told",
     "ending::keys_that_are_refused_for_good_end_the_process_and_the_next_one_goes_on", ""),
]


@functools.cache
def printed(test):
    """What a test prints: each runs once."""
    run = [*CARGO, f"thaw::{test}", "--exact", "--nocapture", "--test-threads=1"]
    ended = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"{test} failed:\n{ended.stdout}")
    return ended.stdout.splitlines()


def times(test, wanted):
    found = []
    for line in printed(test):
        told = TOLD.match(line)
        if told and re.search(wanted, told["told"]):
            found.append(float(told["number"]) * SECONDS[told["unit"]])
    if not found:
        sys.exit(f"{test} prints no time of {wanted or 'anything'}")
    return found


def main():
    print("| what the event meets | runs | median, s | slowest, s |")
    print("| --- | ---: | ---: | ---: |")
    for meets, test, wanted in ROWS:
        took = times(test, wanted)
        print(f"| {meets} | {len(took)} | {statistics.median(took):.2f} | {max(took):.2f} |")


if __name__ == "__main__":
    main()
