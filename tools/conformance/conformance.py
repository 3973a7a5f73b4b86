#!/usr/bin/env python3
"""Tries what the simulator claims about EC2, in an account or on the simulator, and says what EC2 did.

    conformance.py plan                               what it would make, and what that costs
    conformance.py run --region eu-central-1          asks, runs, cleans up, writes a file of what EC2 answered
    conformance.py clean --region eu-central-1        takes away what a run left that was interrupted
    conformance.py run --simulator http://127.0.0.1:5000

It makes Elastic IPs, interfaces and instances in one subnet, each with the tag `ec2-conformance`, and touches nothing
else. An account with `holdfast:*` tags or with associated addresses is refused unless `--even-so` is given.
"""

import argparse
import datetime
import json
import os
import sys
import traceback
import uuid
from pathlib import Path

import account as accounts
import claims  # noqa: F401  (they enter themselves)
from claim import CLAIMS, Broken, Trial
from clean import clean, left

# About, in us-east-1: aws.amazon.com/ec2/pricing/on-demand and /vpc/pricing, 2026.
DOLLARS_AN_HOUR = {"an instance (t3.micro)": 0.0104, "a public IPv4 address": 0.005}
ADDRESSES_AT_ONCE = 2


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("plan", "run", "clean"))
    parser.add_argument("--region", default=os.environ.get("AWS_REGION", "us-east-1"))
    parser.add_argument("--simulator", help="the URL of a simulator, instead of an account")
    parser.add_argument("--subnet", help="where instances and interfaces go; else the default VPC's first subnet")
    parser.add_argument("--image", default="resolve:ssm:/aws/service/ami-amazon-linux-latest/"
                        "al2023-ami-minimal-kernel-default-x86_64")  # fmt: skip
    parser.add_argument("--type", default="t3.micro")
    parser.add_argument("--instances", type=int, default=8, help="how many it may start in all")
    parser.add_argument("--minutes", type=int, default=45, help="how long it may take")
    parser.add_argument("--only", help="claims whose name begins so")
    parser.add_argument("--even-so", action="store_true", help="also in an account that is in use")
    parser.add_argument("--yes", action="store_true", help="without asking")
    parser.add_argument("--out", default="target/conformance", help="where the journal and the answers go")
    chosen = parser.parse_args(arguments)
    chosen.endpoint = chosen.simulator
    if chosen.simulator:
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "CONFORMANCE")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        chosen.image, chosen.yes = "ami-12345678", True
    return chosen


def plan(chosen):
    hours = chosen.minutes / 60
    cost = hours * (chosen.instances * 0.0104 + (chosen.instances + ADDRESSES_AT_ONCE) * 0.005)
    print(f"{len(wanted(chosen))} claims in {chosen.region}: at most {chosen.instances} instances ({chosen.type}) and "
          f"{chosen.minutes} minutes, {ADDRESSES_AT_ONCE} Elastic IPs at a time, interfaces. At the very most "
          f"{cost:.2f} dollars.")  # fmt: skip
    print(f"Everything is tagged `{accounts.TAG}` and is taken away at the end; nothing else is touched.")


def wanted(chosen):
    return [each for each in CLAIMS if not chosen.only or each.name.startswith(chosen.only)]


class Journal:
    """The runs that may have left something: written before the first call, emptied when nothing is left."""

    def __init__(self, chosen):
        folder = Path(chosen.out)
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"runs-{chosen.region}.json"

    def runs(self):
        return json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else []

    def add(self, run):
        self.write([*self.runs(), run])

    def write(self, runs):
        beside = self.file.with_suffix(".new")
        beside.write_text(json.dumps(runs), encoding="utf-8")
        with open(beside, encoding="utf-8") as file:
            os.fsync(file.fileno())
        beside.replace(self.file)


def in_use(client):
    """Why this account is not one to try things in; none where it is."""
    addresses = client.describe_addresses()["Addresses"]
    associated = [each["PublicIp"] for each in addresses if "AssociationId" in each and not is_ours(each.get("Tags", []))]
    if associated:
        return f"{len(associated)} of its addresses are associated"
    tags = client.describe_tags(Filters=[{"Name": "key", "Values": ["holdfast:*"]}])["Tags"]
    return f"{len(tags)} of its resources have a holdfast:* tag" if tags else None


def is_ours(tags):
    return any(each["Key"] == accounts.TAG for each in tags)


def default_subnet(client):
    found = [each for each in client.describe_subnets()["Subnets"] if each["DefaultForAz"]]
    if not found:
        sys.exit("conformance: this region has no default VPC: name a subnet with --subnet")
    return min(each["SubnetId"] for each in found)


def open_account(chosen, run):
    account = accounts.Account(chosen, run)
    chosen.subnet = chosen.subnet or default_subnet(account.client)
    return account


def tried(account, claim):
    """How a claim ended: its entry in the file of answers."""
    account.answers = []
    entry = {"claim": claim.name, "says": claim.says, "source": claim.source}
    try:
        answered = claim.does(Trial(account))
        entry["outcome"] = "held"
        if claim.settles:
            reading = claim.readings.get(answered)
            entry |= {"settles": claim.settles, "answered": answered, "reading": reading}
            entry["outcome"] = "settled" if reading else "not settled"
    except Broken as broken:
        entry |= {"outcome": "broken", "why": str(broken)}
    except (accounts.OverBudget, accounts.NotOurs):
        raise
    except Exception as error:  # noqa: BLE001  (the next claim is tried all the same)
        entry |= {"outcome": "could not be tried", "why": f"{type(error).__name__}: {error}"}
        if account.simulator:
            traceback.print_exc()
    entry = account.personal.out_of(entry)
    entry["calls"] = account.answers
    return entry


def run(chosen):
    plan(chosen)
    journal, this = Journal(chosen), f"run-{uuid.uuid4().hex[:12]}"
    account = open_account(chosen, this)
    before = journal.runs()
    if before:
        print(f"An earlier run was interrupted: {len(clean(account, before))} things of it are taken away.")
    why = in_use(account.client)
    if why and not chosen.even_so:
        sys.exit(f"conformance: this account is in use: {why}. Another account is better; `--even-so` goes on.")
    if not chosen.yes and input("Go on? (yes) ").strip() != "yes":
        sys.exit("conformance: nothing was made")
    journal.write([this])
    entries = []
    try:
        for claim in wanted(chosen):
            entries.append(tried(account, claim))
            told = entries[-1]
            print(f"{told['outcome']:10} {claim.name}: {told.get('answered') or told.get('why') or claim.says}", flush=True)
            clean(account, [this], keep=account.pool)
    except accounts.OverBudget as over:
        print(f"It stops here: {over}.")
    finally:
        clean(account, [this])
        rest = left(account, [this])
        journal.write([this] if rest else [])
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    file = Path(chosen.out) / f"{'simulator' if chosen.simulator else chosen.region}-{day}.json"
    file.write_text(json.dumps({"on": day, "of": "the simulator" if chosen.simulator else "EC2", "region": chosen.region,
                                "claims": entries}, indent=1) + "\n", encoding="utf-8")  # fmt: skip
    bad = [each for each in entries if each["outcome"] not in ("held", "settled")]
    print(f"{len(entries)} claims: {len(entries) - len(bad)} right, {len(bad)} not; nothing is left: {not rest}. {file}")
    return entries, bad or rest


def main(arguments):
    chosen = options(arguments)
    if chosen.command == "plan":
        plan(chosen)
        for each in wanted(chosen):
            print(f"  {each.name}: {each.says} ({each.source})")
        return
    if chosen.command == "clean":
        journal = Journal(chosen)
        account = open_account(chosen, "clean")
        print(f"{len(clean(account, journal.runs()) if journal.runs() else [])} things are taken away")
        journal.write([])
        return
    sys.exit(bool(run(chosen)[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
