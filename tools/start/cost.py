"""Counts what a function does before it first asks for an event: system calls, files, instructions, page faults, and how
large its zip is. It times nothing.

    tools/start/cost FOLDER [NAME ...]     FOLDER has NAME/bootstrap or NAME for each function, as they ship
    tools/start/cost FOLDER --unoptimised  FOLDER has the binaries of the tests, which have bounds of their own

The functions run behind a Lambda Runtime API of this program, against the simulator, without TLS on the wire: the TLS
configuration is made all the same. Beside them runs the empty function that is built alike. strace counts calls and files,
callgrind instructions, and Linux the pages that a start has to be given. The bounds are in BOUNDS. A start above one fails the run.
"""

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
import zlib
from pathlib import Path
from typing import NamedTuple

EMPTY = "echo-function"
FUNCTIONS = ["release-guard", "instance-start", "alarm-failover", "reconcile", "notify"]
TABLE = "start-cost"

# At most, for every function: system calls; files opened beside those of the empty function; instructions and page faults
# as a multiple of the empty function's in the same run; megabytes of its zip. What is not optimised ships in no zip.
BOUNDS = json.loads((Path(__file__).parent / "bounds.json").read_text())


class Found(NamedTuple):
    """What one function's start came to."""

    calls: int
    files: list
    instructions: int
    page_faults: int
    megabytes: float
    zip_megabytes: float


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Lambda's side: it has no event for anybody."""

    def do_GET(self):
        if self.path.endswith("/invocation/next"):
            self.server.asked.set()
            self.server.end.wait(60)

    def do_POST(self):
        said = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.problem = f"{self.path}: {said}"
        self.server.asked.set()

    def log_message(self, *_):
        pass


class Simulator:
    """A fresh one with an empty table, until the block ends."""

    def __init__(self, binary):
        self.binary = binary

    def __enter__(self):
        self.process = subprocess.Popen([self.binary], stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://[0-9.:]+", self.process.stdout.readline()).group()
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        table = {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        }
        headers = {"X-Amz-Target": "DynamoDB_20120810.CreateTable", "Content-Type": "application/x-amz-json-1.0"}
        request = urllib.request.Request(self.url, data=json.dumps(table).encode(), headers=headers)
        with urllib.request.urlopen(request) as answer:
            answer.read()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def environment(server, simulator, name):
    """What Lambda and the template give a function, with this program as Lambda."""
    return {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": name, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}", "AWS_LAMBDA_LOG_STREAM_NAME": name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "START", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_SESSION_TOKEN": "not-a-token",
        "AWS_ENDPOINT_URL": simulator.url, "HOLDFAST_TABLE": TABLE, "HOLDFAST_MODE": "enforce",
        "HOME": "/root",
    }  # fmt: skip


def start(command, simulator, look=lambda process: None):
    """Runs a function, under a tool or not, until it asks for an event; gives what it said, and what a look at it gave."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    server.asked, server.end, server.problem = threading.Event(), threading.Event(), None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = environment(server, simulator, "start")
    process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    asked = server.asked.wait(120)
    seen = look(process)
    end(process)
    out, err = process.communicate(timeout=60)
    server.end.set()
    server.shutdown()
    if not asked or server.problem:
        raise SystemExit(f"{command[-1]} did not ask for an event: {server.problem}\n{out[-2000:]}\n{err[-2000:]}")
    return out + err, seen


def end(process):
    """Ends the function. strace passes no signal on, so its child gets one of its own."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for each in [*map(int, children), process.pid]:
        os.kill(each, signal.SIGTERM)


def calls_and_files(binary, simulator):
    """How many system calls there were before the first poll, and which files were opened."""
    with tempfile.NamedTemporaryFile("r") as trace:
        start(["strace", "-f", "-qq", "-s", "200", "-o", trace.name, binary], simulator)
        lines = trace.read().splitlines()
    end = next(index for index, line in enumerate(lines) if "invocation/next" in line)
    opened = (re.search(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)".* = (\d+|-1 E)', line) for line in lines[:end])
    return end, sorted(found.group(1) for found in opened if found)


def instructions(binary, simulator):
    """How many instructions a start takes, until the process is ended just after its first poll."""
    said, _ = start(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary], simulator)
    return int(re.search(r"Collected : (\d+)", said).group(1))


def page_faults(binary, simulator):
    """How many pages a start was given, the loader's included: the fewest of five starts."""

    def minor_faults(process):
        after_name = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(after_name[7])

    return min(start([binary], simulator, minor_faults)[1] for _ in range(5))


def zip_megabytes(binary):
    """What `make build` packs weighs as much, but for its directory."""
    return len(zlib.compress(binary.read_bytes(), 9)) / 1e6


def binary_of(folder, name):
    for path in (folder / name / "bootstrap", folder / name):
        if path.is_file():
            return path
    raise SystemExit(f"there is no {folder / name}: build it as it ships, or name another folder")


def main():
    simulator_binary, folder, *rest = sys.argv[1:]
    simulator_binary, folder = Path(simulator_binary), Path(folder)
    is_unoptimised = "--unoptimised" in rest
    bounds = BOUNDS["unoptimised"] if is_unoptimised else BOUNDS
    only = [name for name in rest if name != "--unoptimised"] or FUNCTIONS
    found, wrong = {}, []
    for name in [EMPTY, *only]:
        binary = binary_of(folder, name)
        with Simulator(simulator_binary) as simulator:
            calls, files = calls_and_files(binary, simulator)
            found[name] = Found(
                calls, files, instructions(binary, simulator), page_faults(binary, simulator),
                binary.stat().st_size / 1e6, zip_megabytes(binary),
            )  # fmt: skip
    empty = found[EMPTY]
    print("| function | binary, MB | zip, MB | system calls | files beside the empty function's | instructions, million | of the empty one's | page faults | of the empty one's |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, each in found.items():
        beside = [file for file in each.files if file not in empty.files]
        more = each.instructions / empty.instructions
        pages = each.page_faults / empty.page_faults
        print(
            f"| {name} | {each.megabytes:.1f} | {each.zip_megabytes:.1f} | {each.calls} | {len(beside)} "
            f"| {each.instructions / 1e6:.1f} | {more:.1f} | {each.page_faults} | {pages:.1f} |"
        )
        if name == EMPTY:
            continue
        instructions_bound = bounds["instructions"]
        if is_unoptimised:
            instructions_bound = instructions_bound[name]
        checks = [
            ("system calls", each.calls, bounds["system_calls"]),
            ("files", len(beside), bounds["files"]),
            ("instructions, as a multiple of the empty function's", round(more, 2), instructions_bound),
            ("page faults, as a multiple of the empty function's", round(pages, 2), bounds["page_faults"]),
        ]
        if not is_unoptimised:
            checks.append(("megabytes of its zip", round(each.zip_megabytes, 2), bounds["zip_megabytes"]))
        for what, is_so, bound in checks:
            if is_so > bound:
                wrong.append(f"{name}: {what}: {is_so}, at most {bound} are allowed. Files: {', '.join(beside[:8])}")
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
