"""Counts what the operator's tool does at its start, beside an empty Rust program in the same run. It times nothing.

    tools/start/cli [BINARY]      a `holdfast` to count; none: builds one as it ships

`--version` and `help` are counted to their end, `status` to the first byte that it sends to AWS. strace counts system calls
and files, callgrind instructions. BOUNDS has how many times the empty program's it may be. A start above a bound fails the run, and so does one that reads
certificates and calls nobody. `status` reads those of the machine, since it calls AWS by HTTPS: how many these are, and so
its files and system calls, is the machine's matter. START_FILES=1 lists the files.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from cost import end

BOUNDS = json.loads((Path(__file__).parent / "bounds.json").read_text())["cli"]
COMMANDS = {"an empty program": [], "--version": ["--version"], "help": ["help"], "status": ["status"]}
CERTIFICATES = re.compile(r"/(certs?|ssl|pki|ca-certificates)(/|$)")


class Listener:
    """AWS, as far as a start gets: it takes a connection, and answers nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = threading.Event()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            connection, _ = self.socket.accept()
            if connection.recv(1):
                self.asked.set()
        except OSError:
            pass

    def close(self):
        self.socket.close()


def start(tool, binary, arguments):
    """Runs a command under a tool: to its end, or until it has sent something. Gives what the tool said."""
    listener = Listener()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home, "PATH": "/usr/bin:/bin", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "START",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.port}",
        }
        process = subprocess.Popen([*tool, binary, *arguments], env=environment, text=True, cwd=home,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if arguments == ["status"]:
            if not listener.asked.wait(120):
                process.kill()
                raise SystemExit(f"{binary} status sent nothing: {process.communicate()}")
            end(process)
        out, err = process.communicate(timeout=120)
    listener.close()
    return out + err


def calls_and_files(binary, arguments):
    """How many system calls there were until the end, or until the first byte, and which files were opened."""
    with tempfile.NamedTemporaryFile("r") as trace:
        start(["strace", "-f", "-qq", "-s", "200", "-o", trace.name], binary, arguments)
        lines = trace.read().splitlines()
    sent = (index for index, line in enumerate(lines) if '"POST / HTTP/1.1' in line or "POST /" in line)
    last = next(sent, len(lines))
    opened = (re.search(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)".* = (\d+|-1 E)', line) for line in lines[:last])
    return last, sorted(found.group(1) for found in opened if found)


def instructions(binary, arguments):
    said = start(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], binary, arguments)
    return int(re.search(r"Collected : (\d+)", said).group(1))


def empty(folder):
    """`fn main() {}`, as rustc makes it."""
    source, binary = Path(folder) / "empty.rs", Path(folder) / "empty"
    source.write_text("fn main() {}\n")
    subprocess.run(["rustc", "--edition", "2024", "-C", "opt-level=3", "-o", binary, source], check=True)
    return binary


def main():
    tool, wrong, counted = Path(sys.argv[1]).resolve(), [], {}
    with tempfile.TemporaryDirectory() as folder:
        program = empty(folder)
        for name, arguments in COMMANDS.items():
            binary = tool if arguments else program
            counted[name] = (*calls_and_files(binary, arguments), instructions(binary, arguments))
    own_calls, own_files, own_instructions = counted["an empty program"]
    print("| start | system calls | files beside the empty program's | instructions, million | of the empty program's |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (calls, files, count) in counted.items():
        beside = [each for each in files if each not in own_files]
        print(f"| {name} | {calls} | {len(beside)} | {count / 1e6:.2f} | {count / own_instructions:.1f} |")
        certificates = [each for each in beside if CERTIFICATES.search(each)]
        if certificates and name != "status":
            wrong.append(f"{name} reads certificates and calls nobody: {', '.join(certificates[:4])}")
        for what, is_so in (
            ("system calls", calls / own_calls), ("files", len(beside)), ("instructions", count / own_instructions),
        ):
            bound = BOUNDS.get(name, {}).get(what)
            if bound is not None and is_so > bound:
                wrong.append(f"{name}: {what}: {is_so:.1f}, at most {bound} are allowed. Files: {', '.join(beside[:8])}")
    if os.environ.get("START_FILES"):
        for name, (_, files, _) in counted.items():
            print(name, *files, sep="\n    ")
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
