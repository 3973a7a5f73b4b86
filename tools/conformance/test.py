#!/usr/bin/env python3
"""Tests the suite, and by it the simulator: test.py SIMULATOR [crash]

Every claim holds on the simulator, and each doubt is read as it is set. What EC2 has answered somebody (answers/*.json)
is as the simulator has it. A run that is killed after any of its calls leaves nothing, once it is run again, and
touches nothing of others.
"""

import contextlib
import io
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import account as accounts
import boto3
import conformance
from claim import CLAIMS, Trial
from clean import clean, left

HERE = Path(__file__).resolve().parent


class Simulator:
    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://[0-9.:]+", self.process.stdout.readline()).group()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def set(self, **settings):
        body = json.dumps(settings).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/_sim/settings", data=body)).read()

    def knows(self, setting):
        """Whether it can be set over HTTP."""
        with urllib.request.urlopen(f"{self.url}/_sim/") as said:
            return f'"{setting}"' in said.read().decode()

    def options(self, *more):
        self.home = tempfile.mkdtemp()
        return conformance.options(["run", "--simulator", self.url, "--out", self.home, *more])

    def client(self):
        return boto3.Session(region_name="us-east-1").client("ec2", endpoint_url=self.url)


def quiet(call, *arguments):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        return call(*arguments), said.getvalue()


def check(what, is_so, told=""):
    if not is_so:
        sys.exit(f"conformance: {what} {told}")


def whole(binary):
    """Every claim holds, nothing is left."""
    with Simulator(binary) as simulator:
        (entries, bad), said = quiet(conformance.run, simulator.options())
    check("not every claim is right on the simulator:\n", not bad, said)
    calls = sum(len(each["calls"]) for each in entries)
    doubts = sum("settles" in each for each in entries)
    print(f"{len(entries)} claims, {doubts} of them doubts, all right on the simulator: {calls} calls")
    return {each["settles"]: each["reading"] for each in entries if "settles" in each}


def doubts(binary):
    """A doubt is read as the simulator is set, both ways."""
    for claim in [each for each in CLAIMS if each.settles]:
        with Simulator(binary) as simulator:
            if not simulator.knows(claim.settles):
                print(f"{claim.name}: the simulator has one reading, and no setting `{claim.settles}`")
                continue
        for reading in claim.readings.values():
            with Simulator(binary) as simulator:
                simulator.set(answers={claim.settles: reading})
                (entries, bad), said = quiet(conformance.run, simulator.options("--only", claim.name))
            check(f"{claim.name} under {reading}:", not bad and entries[0]["reading"] == reading, said)
        print(f"{claim.name} tells {' from '.join(claim.readings.values())}")


def contradictions(files, defaults):
    """Where EC2 answered otherwise than the simulator does."""
    for file in files:
        for entry in json.loads(file.read_text(encoding="utf-8"))["claims"]:
            if entry["outcome"] == "broken":
                yield f"{file.name}: {entry['claim']}: {entry['why']}"
            elif entry.get("reading") and entry["reading"] != defaults[entry["settles"]]:
                yield f"{file.name}: {entry['settles']} is `{entry['reading']}`, the simulator has `{defaults[entry['settles']]}`"


def settled(defaults):
    """The files that people sent who have an account. A made-up one proves that a contradiction is found."""
    with tempfile.TemporaryDirectory() as home:
        made_up = Path(home) / "made-up.json"
        setting, reading = next(iter(defaults.items()))
        entry = {"claim": "a doubt", "outcome": "settled", "settles": setting}
        for other, is_found in ((reading, False), ("something else", True)):
            made_up.write_text(json.dumps({"claims": [{**entry, "reading": other}]}), encoding="utf-8")
            check("a contradiction is not seen", bool(list(contradictions([made_up], defaults))) == is_found)
    files = sorted((HERE / "answers").glob("*.json"))
    found = list(contradictions(files, defaults))
    check("EC2 answered otherwise:\n", not found, "\n".join(found))
    print(f"files of what EC2 answered: {len(files)}, none contradicts the simulator" if files else
          "nobody has run it in an account yet: each doubt is open")  # fmt: skip


def manners(binary):
    """It refuses an account in use, keeps to its budget, and changes nothing of others."""
    with Simulator(binary) as simulator:
        client = simulator.client()
        held = client.allocate_address(Domain="vpc")["AllocationId"]
        client.create_tags(Resources=[held], Tags=[{"Key": "holdfast:protect", "Value": "reclaim"}])
        try:
            quiet(conformance.run, simulator.options("--only", "address.recovered"))
            check("an account with holdfast:* tags is not refused", False)
        except SystemExit as refusal:
            check("the refusal names no reason", "holdfast:*" in str(refusal))
        (_, bad), _ = quiet(conformance.run, simulator.options("--only", "address.recovered", "--even-so"))
        check("--even-so does not go on", not bad)
        options = simulator.options("--instances", "0")
        account = conformance.open_account(options, "run-test")
        for call, kind in ((lambda it: it("ReleaseAddress", AllocationId=held), accounts.NotOurs),
                           (lambda it: it.instance(), accounts.OverBudget)):  # fmt: skip
            try:
                call(Trial(account))
                check(f"no {kind.__name__}", False)
            except kind:
                pass
        check("somebody's address is there", len(client.describe_addresses(AllocationIds=[held])["Addresses"]) == 1)
    print("it refuses an account in use, calls for what is not its own, and more instances than it was given")


def others(client):
    """Everything in the account that no run made, as EC2 shows it, without what changes by itself."""
    def foreign(found):
        return [each for each in found if not conformance.is_ours(each.get("Tags", each.get("TagSet", [])))]

    addresses = foreign(client.describe_addresses()["Addresses"])
    interfaces = foreign(client.describe_network_interfaces()["NetworkInterfaces"])
    instances = [each for found in client.describe_instances()["Reservations"] for each in foreign(found["Instances"])]
    return json.dumps([addresses, interfaces, [each["InstanceId"] + each["State"]["Name"] for each in instances]], default=str)


def populate(account):
    """Somebody else's: an address with an interface, another that is free, an instance."""
    client = account.client
    subnet = account.options.subnet
    address = client.allocate_address(Domain="vpc")["AllocationId"]
    client.allocate_address(Domain="vpc")
    eni = client.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    client.associate_address(AllocationId=address, NetworkInterfaceId=eni)
    client.run_instances(ImageId="ami-12345678", InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet)
    account.sleep(300)


def dies(options, run, name, after):
    """A run of one claim that ends after so many of its changes, as a killed process does."""
    account = conformance.open_account(options, run)
    account.dies_after = after
    claim = next(each for each in CLAIMS if each.name == name)
    with contextlib.redirect_stderr(io.StringIO()):
        conformance.tried(account, claim)
    os._exit(0)


def crash(binary):
    """Killed after each of its calls, and run again."""
    kills, began = 0, time.monotonic()
    with Simulator(binary) as simulator:
        simulator.set(address_quota=50)
        options = simulator.options("--even-so", "--minutes", "600", "--instances", "999")
        keeper = conformance.open_account(options, "keeper")
        populate(keeper)
        before = others(keeper.client)
        journal = conformance.Journal(options)
        for claim in CLAIMS:
            for after in range(1, 200):
                run = f"run-{claim.name}-{after}"
                journal.add(run)
                child = multiprocessing.get_context("fork").Process(target=dies, args=(options, run, claim.name, after))
                child.start()
                child.join()
                kills += child.exitcode == 9
                clean(keeper, journal.runs())
                check(f"{claim.name}, killed after change {after}, leaves", not left(keeper, [run]), left(keeper, [run]))
                journal.write([])
                if child.exitcode != 9:
                    break
            check(f"{claim.name} touches what is somebody else's", others(keeper.client) == before)
    print(f"killed after each of {kills} changes of {len(CLAIMS)} claims, and cleaned: nothing left, nothing of others "
          f"touched ({time.monotonic() - began:.0f} s)")  # fmt: skip


def main(binary, *which):
    if which:
        crash(binary)
        return
    defaults = whole(binary)
    doubts(binary)
    settled(defaults)
    manners(binary)


if __name__ == "__main__":
    main(*sys.argv[1:])
