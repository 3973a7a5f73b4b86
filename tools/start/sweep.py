"""Counts the instructions of a scheduled run of reconcile in accounts of three sizes, each twice the one before. It times
nothing.

    tools/start/sweep FOLDER [--only NAME] [--sizes 100,200,400] [--keep FOLDER]

Each run is one process, behind a Lambda Runtime API of this program, against the simulator. callgrind counts. What a
process takes to start is the same at each size. So it drops out where the runs are subtracted from each other: a cost that
grows with the account gives a growth of 2, and one that grows with its square gives 4. A run above the bound fails. --keep
writes callgrind's profile of each run into a folder, for callgrind_annotate.
"""

import argparse
import http.server
import json
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

from cost import BOUNDS, TABLE, Simulator, binary_of, end, environment

SIZES = [100, 200, 400]
# How many times what the step from the smallest to the middle size takes, the step from there to the largest may take.
BOUND = BOUNDS["sweep_growth"]
SCHEDULE = {
    "version": "0", "id": "schedule", "detail-type": "Scheduled Event", "source": "aws.events",
    "account": "111122223333", "time": "2026-01-15T12:00:00Z", "region": "us-east-1", "resources": [], "detail": {},
}  # fmt: skip


class OneEvent(http.server.BaseHTTPRequestHandler):
    """Lambda's side: it has the schedule once, and takes the answer."""

    def do_GET(self):
        if self.server.is_handed_out:
            self.server.asked_again.set()
            self.server.end.wait(60)
            return
        self.server.is_handed_out = True
        event = json.dumps(SCHEDULE).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "sweep")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 600_000))
        function = "arn:aws:lambda:us-east-1:111122223333:function:holdfast-reconcile"
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", function)
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self):
        said = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.endswith("/response"):
            self.server.answer = json.loads(said)
        else:
            self.server.problem = f"{self.path}: {said.decode()}"
            self.server.asked_again.set()
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Account:
    """What its owner does in the simulated account, and how many addresses it has."""

    def __init__(self, simulator, size):
        self.url, self.size, self.round = simulator.url, size, 0
        self.control("settings", {"address_quota": 4 * size, "instance_starts_after_seconds": 0,
                                  "status_checks_pass_after_seconds": 0})  # fmt: skip
        self.control("callers", {"access_key": "OWNER", "user": "owner"})

    def control(self, what, said):
        request = urllib.request.Request(f"{self.url}/_sim/{what}", data=json.dumps(said).encode(),
                                         headers={"Content-Type": "application/json"})  # fmt: skip
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def ec2(self, action, **parameters):
        form = {"Action": action, "Version": "2016-11-15", **parameters}
        credential = "Credential=OWNER/20260101/us-east-1/ec2/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}
        request = urllib.request.Request(self.url, data=urllib.parse.urlencode(form).encode(), headers=headers)
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def tagged(self, kind, tags):
        given = {"TagSpecification.1.ResourceType": kind}
        for number, (key, value) in enumerate(tags.items(), 1):
            given |= {f"TagSpecification.1.Tag.{number}.Key": key, f"TagSpecification.1.Tag.{number}.Value": value}
        return given

    def allocate(self, tags):
        said = self.ec2("AllocateAddress", Domain="vpc", **self.tagged("elastic-ip", tags))
        return re.search(r"<allocationId>([^<]+)", said).group(1)

    def launch(self, count, tags):
        said = self.ec2("RunInstances", MinCount=count, MaxCount=count, InstanceType="t3.small",
                        **self.tagged("instance", tags))  # fmt: skip
        return re.findall(r"<instanceId>([^<]+)", said)

    def retag(self, ids):
        """Each has another tag than before, and no event tells of it."""
        self.round += 1
        for first in range(0, len(ids), 500):
            named = {f"ResourceId.{number}": each for number, each in enumerate(ids[first : first + 500], 1)}
            self.ec2("CreateTags", **named, **{"Tag.1.Key": "round", "Tag.1.Value": str(self.round)})


def addresses(account):
    """Protected addresses that nothing uses. Gives what changes all of them."""
    ids = [account.allocate({"Name": f"partner-{number}", "holdfast:protect": "reclaim"})
           for number in range(account.size)]  # fmt: skip
    return lambda: account.retag(ids)


def groups(account):
    """Groups of two instances, of which the first has an address: four things of a group for each four of the size."""
    ids = []
    for number in range(account.size // 4):
        group = {"holdfast:group": f"group-{number}"}
        holder = account.launch(2, group)[0]
        allocation = account.allocate(group | {"holdfast:mover": "eip"})
        account.ec2("AssociateAddress", AllocationId=allocation, InstanceId=holder)
        ids.append(allocation)
    account.control("advance", {"seconds": 600})
    return lambda: account.retag(ids)


ACCOUNTS = {"addresses": addresses, "groups": groups}


def run(binary, simulator, profile):
    """One scheduled run in a process of its own: how many instructions it takes, and what it reports."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OneEvent)
    server.asked_again, server.end = threading.Event(), threading.Event()
    server.is_handed_out, server.answer, server.problem = False, None, None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile or '/dev/null'}", binary]
    variables = environment(server, simulator, "reconcile")
    process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read()), daemon=True)
    reader.start()
    asked = server.asked_again.wait(600)
    end(process)
    process.wait(60)
    reader.join(60)
    server.end.set()
    server.shutdown()
    if not asked or server.problem or not server.answer:
        raise SystemExit(f"{binary} did not answer the schedule: {server.problem}\n{''.join(said)[-3000:]}")
    return int(re.search(r"Collected : (\d+)", said[0]).group(1)), server.answer


def counted(binary, simulator_binary, name, size, keep):
    """The runs in one account: the first, one after which nothing has changed, and one for which everything has."""
    found = {}
    with Simulator(simulator_binary) as simulator:
        change = ACCOUNTS[name](Account(simulator, size))
        for kind in ("first run", "nothing changed", "all changed"):
            if kind == "all changed":
                change()
            profile = keep and keep / f"{name}-{size}-{kind.replace(' ', '-')}.callgrind"
            found[kind], report = run(binary, simulator, profile)
            must_have_done(report, kind, name, size)
    return found


def must_have_done(report, kind, name, size):
    """What is counted is what was meant: all rows are written, or none."""
    addresses = size if name == "addresses" else size // 4
    rows = 0 if kind == "nothing changed" else addresses
    sweep = report["sweep"]
    is_so = report["outcome"] == "refreshed" and sweep["addresses"] == addresses and sweep["written"] == rows
    if not is_so:
        raise SystemExit(f"{name}, {size}, {kind}: {rows} rows were to be written: {report['summary']}\n{sweep}")


def growth_of(by_size, kind):
    """How many times what the step to the middle size takes, the step from there to the largest takes."""
    first, second, third = [found[kind] for found in by_size][-3:]
    return (third - second) / (second - first)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("simulator", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=ACCOUNTS)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=SIZES)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    binary, wrong = binary_of(given.folder, "reconcile"), []
    print("| a run of reconcile | " + " | ".join(f"{size:,}, million instructions" for size in given.sizes) + " | growth |")
    print("| --- |" + " ---: |" * (len(given.sizes) + 1))
    for name in [given.only] if given.only else ACCOUNTS:
        by_size = [counted(binary, given.simulator, name, size, given.keep) for size in given.sizes]
        if any(growth_of(by_size, kind) > BOUND for kind in by_size[0]):
            # A read that gets no answer in time is sent once more: where the machine is busy, that adds instructions.
            again = [counted(binary, given.simulator, name, size, given.keep) for size in given.sizes]
            by_size = [{kind: min(one[kind], other[kind]) for kind in one} for one, other in zip(by_size, again)]
        for kind in by_size[0]:
            counts, growth = [found[kind] for found in by_size], growth_of(by_size, kind)
            shown = " | ".join(f"{count / 1e6:.1f}" for count in counts)
            print(f"| {name}, {kind} | {shown} | {growth:.2f} |")
            if growth > BOUND:
                wrong.append(f"{name}, {kind}: the growth is {growth:.2f}, at most {BOUND} is allowed; 2 is linear")
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
