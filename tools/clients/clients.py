"""Runs AWS clients that no one here wrote, unmodified, against the simulator, and writes the table of docs/CLIENTS.md.

    clients.py TARGET NODE [--write]

TARGET is Cargo's folder with the simulator and the clients' virtual environments, NODE the program. Each run has a
simulator of its own. A run that ends otherwise than the table says fails the whole.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "CLIENTS.md"
# How fast the simulated EC2 is here: clients look at it seconds apart.
SETTINGS = {
    "instance_starts_after_seconds": 1, "status_checks_pass_after_seconds": 1, "attach_delay_milliseconds": 500,
    "detach_delay_milliseconds": 1000, "forced_detach_delay_milliseconds": 1000,
}  # fmt: skip


AT_ONCE = 3


class Simulator:
    """A fresh one, until the block ends."""

    def __init__(self, target):
        self.binary = target / "debug" / "simulator"

    def __enter__(self):
        self.process = subprocess.Popen([self.binary], stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://[0-9.:]+", self.process.stdout.readline()).group()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def post(self, path, body):
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data=json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def knows(self, setting):
        """Whether it can be set over HTTP."""
        with urllib.request.urlopen(f"{self.url}/_sim/") as said:
            return f'"{setting}"' in said.read().decode()

    def refusals(self):
        """What was refused, as the record of calls has it."""
        with urllib.request.urlopen(f"{self.url}/_sim/calls") as answer:
            calls = json.load(answer)
        return [f"{each['action']} {each['outcome']['code']}" for each in calls if each["outcome"]["kind"] == "refused"]


class Run:
    def __init__(self, client, package, licence, shows, command, ends="well", settings=None, needs_world=True, **more):
        self.client, self.package, self.licence, self.shows = client, package, licence, shows
        self.command, self.ends, self.settings, self.needs_world = command, ends, settings or {}, needs_world
        self.check = more.get("check")
        self.seconds, self.wrong, self.refused = 0.0, None, []

    def go(self, target, home):
        with Simulator(target) as simulator:
            if self.needs_world:
                simulator.post("settings", {**SETTINGS, **self.settings})
            environment = {
                "PATH": f"{target}/venv-aws-cli/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8",
                "AWS_ENDPOINT_URL": simulator.url, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "CLIENT", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_PAGER": "", "ANSIBLE_HOME": str(home / "ansible"), "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_PYTHON_INTERPRETER": "auto_silent", "NODE_PATH": str(target / "clients"),
            }  # fmt: skip
            if self.needs_world:
                told = subprocess.run(
                    [target / "venv/bin/python", HERE / "world.py", simulator.url], capture_output=True, text=True, check=True
                )
                environment |= dict(line.split("=", 1) for line in told.stdout.split())
            if self.check:
                self.check[0](environment)
            began = time.monotonic()
            command = [each.format(url=simulator.url, target=target, home=home) for each in self.command]
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, cwd=home)
            self.seconds = time.monotonic() - began
            self.refused = sorted(set(simulator.refusals()))
            end = "well" if ended.returncode == 0 else refusal(ended.stdout + ended.stderr)
            if end != self.ends:
                said = (ended.stdout + ended.stderr).strip()
                self.wrong = f"ended `{end}`, not `{self.ends}`: {said[-3000:]}"
            elif self.check and (wrong := self.check[1](environment)):
                self.wrong = wrong


def refusal(said):
    codes = re.findall(r"An error occurred \((\S+)\)", said)
    return codes[-1] if codes else "otherwise"


def aws(environment, *arguments):
    ended = subprocess.run(["aws", "ec2", *arguments], env=environment, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout or "null")


def with_service_interface(environment):
    """The interface that the script is to move, with the holder."""
    environment["SERVICE_IP"] = "10.20.2.50"
    made = aws(environment, "create-network-interface", "--subnet-id", environment["SERVICE_SUBNET"],
               "--private-ip-address", environment["SERVICE_IP"])  # fmt: skip
    environment["SERVICE_ENI"] = made["NetworkInterface"]["NetworkInterfaceId"]
    aws(environment, "attach-network-interface", "--network-interface-id", environment["SERVICE_ENI"],
        "--instance-id", environment["HOLDER"], "--device-index", "1")  # fmt: skip
    time.sleep(1)


def held_by(whom):
    def check(environment):
        for _ in range(20):
            found = aws(environment, "describe-network-interfaces", "--network-interface-ids", environment["SERVICE_ENI"])
            attachment = found["NetworkInterfaces"][0].get("Attachment", {})
            if attachment.get("Status") != "detaching":
                break
            time.sleep(2)
        holder = attachment.get("InstanceId")
        if holder != (environment[whom] if whom else None):
            return f"the interface is with {holder}, not with the {whom or 'one that nobody is'}"
        return None

    return check


def nothing(_):
    pass


def only_the_primary_ones_are_left(environment):
    addresses = aws(environment, "describe-addresses")["Addresses"]
    interfaces = aws(environment, "describe-network-interfaces")["NetworkInterfaces"]
    if addresses or len(interfaces) != 2:
        return f"left: {addresses}, {[each['NetworkInterfaceId'] for each in interfaces]}"
    return None


def with_things_to_clean(environment):
    """A free address, a held one, a free interface."""
    aws(environment, "allocate-address", "--domain", "vpc")
    held = aws(environment, "allocate-address", "--domain", "vpc", "--tag-specifications",
               "ResourceType=elastic-ip,Tags=[{Key=Name,Value=held}]")  # fmt: skip
    aws(environment, "associate-address", "--allocation-id", held["AllocationId"],
        "--network-interface-id", environment["HOLDER_ENI"])  # fmt: skip
    aws(environment, "create-network-interface", "--subnet-id", environment["SERVICE_SUBNET"])


def mover(shows, argument, ends, holder, **settings):
    package, licence = version("aws-cli", "awscli"), "Apache-2.0"
    command = ["/bin/sh", str(HERE / "move-interface.sh"), *argument]
    return Run("a script that moves an interface", package, licence, shows, command, ends,
               settings, check=(with_service_interface, held_by(holder)))  # fmt: skip


def version(pins, package):
    text = (HERE / f"{pins}.txt").read_text(encoding="utf-8")
    return re.search(rf"^{package}==.*$", text, re.MULTILINE).group().replace("==", " ")


def runs(has_both_readings):
    smoke = str(HERE.parent.parent / "sim" / "boto3_smoke.py")
    boto3 = re.search("boto3==.*", (HERE.parent / "boto3.txt").read_text(encoding="utf-8")).group().replace("==", " ")
    javascript = json.loads((HERE / "npm" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    javascript = " ".join(*javascript.items())
    ansible = "{target}/venv-ansible/bin/ansible-playbook"
    yield Run("boto3", boto3, "Apache-2.0", "a world is built, an address lost and had back, an interface moved; the trail, "
              "the alarms and a table are read", ["{target}/venv/bin/python", smoke, "{url}"], needs_world=False)  # fmt: skip
    yield Run("AWS CLI", version("aws-cli", "awscli"), "Apache-2.0", "an address is lost and had back by its IP, an interface "
              "moves; `wait instance-running`, `wait network-interface-available`",
              ["/bin/sh", str(HERE / "aws-cli.sh")])  # fmt: skip
    yield Run("AWS SDK for JavaScript v3", javascript, "Apache-2.0", "its waiters for running, terminated and available, its "
              "paginator, refusals by name", ["{node}", "{target}/clients/javascript.mjs"])  # fmt: skip
    yield Run("Ansible `ec2_eip`, `ec2_eip_info`", version("ansible", "ansible"), "GPL-3.0, run as a program", "allocate, tag, "
              "associate, refuse to take, move, release", [ansible, str(HERE / "ec2-eip.yaml")])  # fmt: skip
    yield Run("Ansible `ec2_eni`, `ec2_eni_info`", version("ansible", "ansible"), "GPL-3.0, run as a program", "create, attach, "
              "detach, attach elsewhere, secondary addresses, delete", [ansible, str(HERE / "ec2-eni.yaml")])  # fmt: skip
    custodian = ["{target}/venv-custodian/bin/custodian", "run", "--region", "us-east-1", "--cache-period", "0", "-s",
                 "{home}/custodian", str(HERE / "custodian.yaml")]  # fmt: skip
    yield Run("Cloud Custodian", version("custodian", "c7n"), "Apache-2.0", "addresses found, tagged, released, released by "
              "force; interfaces deleted", custodian, check=(with_things_to_clean, only_the_primary_ones_are_left))  # fmt: skip
    in_use = {"answers": {"detaching_interface": "in-use"}}
    detaching = {"answers": {"detaching_interface": "detaching"}}
    if has_both_readings:
        yield mover("status `in-use` until the end, without `--force`", [], "well", "STANDBY", **in_use)
        yield mover("status `in-use` until the end, with `--force`", ["--force"], "well", "STANDBY", **in_use)
    else:
        print("the simulator has no setting `detaching_interface`: the script runs under its one reading, `detaching`")
        detaching = {}
    slow = {"detach_delay_milliseconds": 25000, "forced_detach_delay_milliseconds": 25000}
    in_the_way = "InvalidNetworkInterface.InUse"
    yield mover("status `detaching` at once, without `--force`: the script attaches too early, nobody has the interface",
                [], in_the_way, None, **detaching, **slow)  # fmt: skip
    yield mover("status `detaching` at once, with `--force`, and EC2 is slower than the script: the same",
                ["--force"], in_the_way, None, **detaching, **slow)  # fmt: skip
    fast = {"forced_detach_delay_milliseconds": 0}
    yield mover("status `detaching` at once, with `--force`, and EC2 is faster than the script", ["--force"], "well",
                "STANDBY", **detaching, **fast)  # fmt: skip


def table(all_runs):
    lines = ["| client | version, licence | what it does here | how it ends |", "| --- | --- | --- | --- |"]
    for run in all_runs:
        end = "well" if run.ends == "well" else f"`{run.ends}`, as it has to"
        lines.append(f"| {run.client} | {run.package}, {run.licence} | {run.shows} | {end} |")
    return "\n".join(lines)


BEGIN, END = "<!-- written by make clients -->\n", "<!-- until here -->\n"


def main(target, node, *options):
    target, all_runs = Path(target).resolve(), []
    with Simulator(target) as simulator:
        all_runs = list(runs(simulator.knows("detaching_interface")))
    failed = 0

    def go(run):
        run.command = [each.replace("{node}", node) for each in run.command]
        with tempfile.TemporaryDirectory() as home:
            run.go(target, Path(home))
        return run

    # They wait most of the time.
    for run in ThreadPoolExecutor(AT_ONCE).map(go, all_runs):
        failed += bool(run.wrong)
        print(f"{'FAILED' if run.wrong else 'ok':6} {run.seconds:5.1f} s  {run.client}: {run.shows}")
        if run.refused:
            print(f"                refused on the way: {', '.join(run.refused)}")
        if run.wrong:
            print(run.wrong)
        sys.stdout.flush()
    print(f"{len(all_runs) - failed} of {len(all_runs)} runs as the table says")
    if failed:
        sys.exit(1)
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    written = f"{before}{BEGIN}\n{table(all_runs)}\n\n{END}{rest.partition(END)[2]}"
    if "--write" in options:
        PAGE.write_text(written, encoding="utf-8")
    elif written != page:
        sys.exit("clients: the table in docs/CLIENTS.md is another: `make clients-page` writes it")


main(*sys.argv[1:])
