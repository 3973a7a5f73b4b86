#!/usr/bin/env python3
"""Starts a simulator and asks it, for each action of EC2's own model, whether it knows `DryRun`: as the model has it, or not at all.

    dry_run.py BINARY        an action that the simulator does not model counts for nothing

A `DryRun` that an action does not have is refused before anything else is looked at, so that the rest of the call does not
matter.
"""

import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import botocore.session


def refusal(url, model, action):
    """(code, message) of what was refused; a dry run always is."""
    form = urllib.parse.urlencode({"Action": action, "Version": model.api_version, "DryRun": "true"})
    key = "AWS4-HMAC-SHA256 Credential=MODELS/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=none"
    request = urllib.request.Request(url, form.encode(), {"Authorization": key})
    try:
        with urllib.request.urlopen(request) as answer:
            sys.exit(f"dry_run: {action} was carried out, status {answer.status}")
    except urllib.error.HTTPError as error:
        root = ElementTree.fromstring(error.read())
        return root.findtext("Errors/Error/Code"), root.findtext("Errors/Error/Message") or ""


def main(binary):
    process = subprocess.Popen([binary], stdout=subprocess.PIPE, text=True)
    try:
        compare(re.search(r"http://[0-9.:]+", process.stdout.readline()).group())
    finally:
        process.terminate()
        process.wait()


def compare(url):
    model = botocore.session.Session().get_service_model("ec2")
    known, without, wrong = 0, [], []
    for action in model.operation_names:
        shape = model.operation_model(action).input_shape
        has_it = shape is not None and "DryRun" in shape.members
        code, message = refusal(url, model, action)
        if code == "InvalidAction":
            continue
        known += 1
        is_unknown = code == "UnknownParameter" and "DryRun" in message
        if not has_it:
            without.append(action)
        if is_unknown == has_it:
            wrong.append(f"{action}: the model {'has' if has_it else 'does not have'} it, and the answer is {code}: {message}")
    print(f"DryRun: {known} actions of EC2 that the simulator knows; without it: {', '.join(without) or 'none'}")
    for each in wrong:
        print(f"DIFFERS: DryRun of {each}")
    if wrong or not known:
        sys.exit(f"dry_run: {len(wrong)} of {known} actions differ from EC2's own model")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
