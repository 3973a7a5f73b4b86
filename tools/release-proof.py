"""Searches compiled functions for the calls that they can make: release-proof.py FOLDER

FOLDER has `NAME/bootstrap`, as a release build leaves it in target/lambda, or the file NAME itself. The AWS SDK keeps a
type for each call, `AllocateAddressRequestSerializer`, and its name stays in a stripped binary. What nobody calls, the
linker drops. So a name that is there is a call that the function can make. Each has to be one that its role may make.

The search proves first that it finds: each binary has to show calls of its own list, and release-guard AllocateAddress.
"""

import re
import sys
from pathlib import Path

import yaml
from cargo_operations import operations

ROOT = Path(__file__).resolve().parent.parent
MARK = b"RequestSerializer"

# Not in the list of a role, and called all the same: how a profile or a web identity gets its keys.
FOR_KEYS = {"AssumeRole", "AssumeRoleWithWebIdentity"}
# A put in a transaction is checked as `dynamodb:PutItem`. Source: DynamoDB developer guide, "Using IAM with transactions".
CHECKED_AS = {"TransactWriteItems": "PutItem"}
# What has to be found at least, so that a search that finds nothing does not pass.
MUST_BE_FOUND = {
    "release-guard": {"AllocateAddress", "DescribeAddresses"},
    "reconcile": {"AllocateAddress", "DescribeAddresses"},
    "instance-start": {"AssociateAddress", "DescribeAddresses"},
    "alarm-failover": {"AttachNetworkInterface", "DescribeInstances"},
    "notify": {"Publish"},
}
# The other types of a call that nothing here may have.
NEVER = ("ReleaseAddress",)
PARTS = ("Input", "Error", "Output")


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms, without what they do: the text of a `!Sub`, the name of a `!Ref`."""


def plain(loader, _, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Loader.add_multi_constructor("!", plain)


def texts(value):
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from texts(each)


def permitted(template):
    """For each binary, the names of the calls that its role may make, whatever the parameters."""
    resources = template["Resources"]
    lists = {}
    for function in resources.values():
        if function["Type"] != "AWS::Serverless::Function":
            continue
        role = resources[function["Properties"]["Role"].split(".")[0]]["Properties"]
        policies = [role.get("Policies", [])]
        policies += [resources[name]["Properties"] for name in texts(role.get("ManagedPolicyArns", [])) if name in resources]
        found = re.findall(r"\b[a-z0-9-]+:([A-Z][A-Za-z]+)\b", "\n".join(texts(policies)))
        lists[function["Metadata"]["BuildProperties"]["Binary"]] = set(found)
    return lists


def calls(binary, known):
    """The calls of which a binary has the type. Names stand next to other texts, with nothing between them."""
    found, unknown = set(), set()
    # What stands before each mark, back to the one before it.
    for piece in binary.split(MARK)[:-1]:
        text = re.search(rb"[A-Za-z0-9]*$", piece[-120:])[0].decode()
        starts = [index for index, letter in enumerate(text) if letter.isupper()]
        names = [text[index:] for index in starts if text[index:] in known]
        if names:
            found.add(max(names, key=len))
        elif not text.endswith("Shared"):
            unknown.add(text)
    return found, unknown


def check(name, binary, allowed, known):
    """What is wrong with a binary."""
    found, unknown = calls(binary, known)
    wrong = [f"{name}: the type of a call that no SDK crate has: ...{text[-60:]}" for text in sorted(unknown)]
    for missing in sorted(MUST_BE_FOUND[name] - found):
        wrong.append(f"{name}: the search does not find {missing}, which it calls: it proves nothing")
    for call in sorted(found - FOR_KEYS):
        if CHECKED_AS.get(call, call) not in allowed:
            wrong.append(f"{name}: it can call {call}, and its role may not")
    for call in NEVER:
        for part in PARTS:
            if f"{call}{part}".encode() in binary:
                wrong.append(f"{name}: it has {call}{part}")
    return wrong, found


def self_test(known):
    """The search finds what is there, whatever stands before it, and names what is not permitted."""
    binary = b"\0xxidAllocateAddressRequestSerializerDescribeAddressesRequestSerializer\0"
    released = binary + b"errorUnhandledReleaseAddressRequestSerializer"
    allowed = {"AllocateAddress", "DescribeAddresses"}
    tests = [
        (binary, []),
        (released, ["release-guard: it can call ReleaseAddress, and its role may not"]),
        (b"", ["release-guard: the search does not find AllocateAddress, which it calls: it proves nothing",
               "release-guard: the search does not find DescribeAddresses, which it calls: it proves nothing"]),
        (binary + b"ReleaseAddressInput", ["release-guard: it has ReleaseAddressInput"]),
        (binary + b"NobodyKnowsThisRequestSerializer",
         ["release-guard: the type of a call that no SDK crate has: ...NobodyKnowsThis"]),
    ]
    for made, expected in tests:
        wrong, _ = check("release-guard", made, allowed, known)
        if wrong != expected:
            sys.exit(f"release-proof: it does not find what it is for: {wrong} is not {expected}")


def main():
    folder = Path(sys.argv[1])
    known = operations(ROOT)
    self_test(known)
    with open(ROOT / "template.yaml", encoding="utf-8") as file:
        lists = permitted(yaml.load(file, Loader))
    if set(lists) != set(MUST_BE_FOUND):
        sys.exit(f"release-proof: the functions of the template are {sorted(lists)}")
    wrong = []
    for name, allowed in sorted(lists.items()):
        places = [folder / name / "bootstrap", folder / name]
        place = next((place for place in places if place.is_file()), None)
        if place is None:
            wrong.append(f"{name}: no binary in {folder}")
            continue
        flaws, found = check(name, place.read_bytes(), allowed, known)
        wrong += flaws
        print(f"{name}: {len(found)} calls: {', '.join(sorted(found))}")
    for flaw in wrong:
        print(f"release-proof: {flaw}", file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
