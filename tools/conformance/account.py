"""The account that claims are tried in: every call goes through here.

What is made carries the run's tag from its birth, so that it is found after a crash; what changes something has to name
what this run made; instances and minutes are counted; each answer is kept, with what is personal taken out.
"""

import json
import os
import re
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TAG = "ec2-conformance"

# The parameter by which each call that makes something tags it, and what it makes.
MAKES = {
    "AllocateAddress": ("elastic-ip",),
    "CreateNetworkInterface": ("network-interface",),
    "RunInstances": ("instance", "network-interface"),
    "CreateSecurityGroup": ("security-group",),
}
# Whose ids an answer brings: they are this run's.
BRINGS = {
    "AllocateAddress": ("eipalloc-",), "CreateNetworkInterface": ("eni-",), "RunInstances": ("i-", "eni-"),
    "CreateSecurityGroup": ("sg-",), "AssociateAddress": ("eipassoc-",), "AttachNetworkInterface": ("eni-attach-",),
}  # fmt: skip
KINDS = tuple({kind for kinds in BRINGS.values() for kind in kinds})
READS = ("Describe", "Get")
ID = re.compile(r"\b(eipalloc|eipassoc|eni-attach|eni|igw|vpc|subnet|sg|sgr|rtb|vol|ami|i|r|lt|key)-([0-9a-f]{8,17})\b")


class OverBudget(Exception):
    pass


class NotOurs(Exception):
    pass


class Refused(Exception):
    """EC2 refused a call, with this code."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Account:
    def __init__(self, options, run):
        session = boto3.Session(region_name=options.region)
        self.client = session.client("ec2", endpoint_url=options.endpoint, config=Config(
            # What a claim says is refused is to be refused by EC2, not by botocore.
            retries={"mode": "standard"}, parameter_validation=False))  # fmt: skip
        self.identity = session.client("sts", endpoint_url=options.endpoint)
        self.options, self.run = options, run
        self.simulator = options.simulator
        self.made = set()
        self.changes, self.instances, self.began = 0, 0, time.monotonic()
        self.pool = []
        self.answers, self.personal = [], Personal()
        self.dies_after = None

    def __call__(self, action, **parameters):
        """One call. Raises `Refused` with EC2's code."""
        is_read = action.startswith(READS)
        if not is_read:
            self.admit(action, parameters)
        if action in MAKES:
            tags = [{"Key": TAG, "Value": self.run}]
            given = {each["ResourceType"]: each["Tags"] for each in parameters.get("TagSpecifications", [])}
            parameters["TagSpecifications"] = [
                {"ResourceType": kind, "Tags": tags + given.get(kind, [])} for kind in MAKES[action]
            ]
        method = getattr(self.client, re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower())
        try:
            answer = method(**parameters)
        except ClientError as error:
            refused = error.response["Error"]
            self.keep(action, parameters, {"refused": refused})
            self.maybe_die(is_read)
            raise Refused(refused["Code"], refused.get("Message", "")) from error
        self.maybe_die(is_read)
        answer.pop("ResponseMetadata", None)
        self.keep(action, parameters, answer)
        self.made |= {each for each in ids(answer) if each.startswith(BRINGS.get(action, ()))}
        return answer

    def admit(self, action, parameters):
        minutes = (time.monotonic() - self.began) / 60
        if minutes > self.options.minutes:
            raise OverBudget(f"{minutes:.0f} minutes are over, and {self.options.minutes} were given")
        if action == "RunInstances":
            self.instances += parameters["MaxCount"]
            if self.instances > self.options.instances:
                raise OverBudget(f"a further instance, and {self.options.instances} were given")
        named = {each for each in ids({**parameters, "Groups": None}) if each.startswith(KINDS)}
        # An id that never was can be named: EC2 has to refuse it.
        strangers = {each for each in named - self.made if not is_nobodys(each)}
        if strangers and action not in MAKES:
            raise NotOurs(f"{action} names {', '.join(sorted(strangers))}, which this run did not make")

    def maybe_die(self, is_read):
        if is_read:
            return
        self.changes += 1
        if self.changes == self.dies_after:
            os._exit(9)

    def keep(self, action, parameters, answer):
        self.answers.append(self.personal.out_of({"action": action, "parameters": parameters, "answer": answer}))

    def sleep(self, seconds):
        """Time passes: at once on a simulator."""
        if not self.simulator:
            time.sleep(seconds)
            return
        body = json.dumps({"seconds": max(1, round(seconds))}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.options.endpoint}/_sim/advance", data=body)).read()


def is_nobodys(one):
    """Ids that claims make up are all zeros but for the end."""
    return one.endswith("0badbadbad")


def ids(value):
    return {match.group() for match in ID.finditer(json.dumps(value, default=str))}


class Personal:
    """Takes out what tells whose account it was: ids, addresses and names become others, the same ones each time."""

    def __init__(self):
        self.known = {}

    def out_of(self, value):
        text = json.dumps(value, default=str)
        text = ID.sub(lambda found: self.number(found.group(1), found.group(), "{0}-{1:017x}"), text)
        text = re.sub(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b", self.address, text)
        text = re.sub(r"\b(ec2|ip)-\d+-\d+-\d+-\d+[.\w-]*", r"\1-name.example", text)
        text = re.sub(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b", "02:00:00:00:00:00", text)
        text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "00000000-0000-0000-0000-000000000000", text)
        text = re.sub(r"\barn:[^\"\s]+", "arn:of:something", text)
        text = re.sub(r"\b\d{12}\b", "111122223333", text)
        return json.loads(text)

    def number(self, kind, what, form):
        of_kind = self.known.setdefault(kind, {})
        return form.format(kind, of_kind.setdefault(what, len(of_kind) + 1))

    def address(self, found):
        text = found.group()
        parts = [int(part) for part in found.groups()]
        if parts[0] == 10 or parts[:2] == [192, 168] or (parts[0] == 172 and 16 <= parts[1] < 32):
            return self.number("private", text, "10.0.0.{1}") if parts[3] else text
        return self.number("public", text, "203.0.113.{1}")
