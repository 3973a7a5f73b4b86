"""What the scripts with boto3 have in common: the simulator's own controls, and what an answer has to be."""

import json
import sys
import urllib.request

from botocore.exceptions import ClientError


def control(url, path, body):
    request = urllib.request.Request(
        f"{url}/_sim/{path}", data=json.dumps(body).encode(), headers={"content-type": "application/json"}
    )
    urllib.request.urlopen(request).read()


def equal(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        equal(f"the refusal of {error.operation_name}", error.response["Error"]["Code"], code)
    else:
        sys.exit(f"wanted the refusal {code}, but the call with {parameters} went through")
