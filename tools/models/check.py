#!/usr/bin/env python3
"""Holds recorded calls, and what the simulator answered, to the service models that botocore ships.

    check.py FOLDER ...      every call that EC2_SIM_RECORD, or HOLDFAST_ADAPTER_RECORD, kept there
    check.py --self-test     the proof that each kind of difference is found

A call from Holdfast has to be as its model says. A call from anybody else may be wrong on purpose: then it has to be
refused. Every answer has to be as its model says, each refusal in the shape and with the status of its service.

A test of an adapter writes its answers by hand. They are held to the models too. One that is wrong on purpose says so
with a reason, and then has to be wrong.
"""

import io
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import botocore
import botocore.session
from botocore.parsers import ResponseParserError, RpcV2CBORParser
from botocore.utils import instance_cache  # noqa: F401  (botocore's parsers want it loaded)

import rest
import shapes

SERVICES = (
    "ec2", "autoscaling", "arc-zonal-shift", "sns", "sts", "dynamodb", "cloudtrail", "cloudwatch", "resourcegroupstaggingapi", "lambda", "logs",
    "events", "sqs", "cloudformation", "service-quotas",
)  # fmt: skip

# What differs from the models and stays so, each with its reason: (operation, where or what begins so): reason.
EXCEPTIONS = json.loads((Path(__file__).parent / "exceptions.json").read_text(encoding="utf-8"))

# Refusals that every service knows, and no model lists. Source: each API reference, "Common Error Types".
COMMON = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "InternalFailure", "InvalidAction", "InvalidClientTokenId",
    "InvalidSignatureException", "MissingAction", "OptInRequired", "RequestExpired", "ServiceUnavailable",
    "ThrottlingException", "Throttling", "UnrecognizedClientException", "ValidationException", "ValidationError",
    "UnknownOperationException", "SerializationException", "AccessDenied", "InvalidParameterValue",
    "InvalidParameterCombination", "MissingParameter", "SignatureDoesNotMatch", "UnknownParameter", "InternalServerError",
}  # fmt: skip

# EC2's model lists no refusals. Source: EC2 API reference, "Error codes": the status where it is not 400.
EC2_STATUS = {
    "UnauthorizedOperation": 403, "DryRunOperation": 412, "RequestLimitExceeded": 503,
    "InternalError": 500, "Unavailable": 503, "SignatureDoesNotMatch": 403, "ExpiredToken": 400,
}  # fmt: skip


class Models:
    def __init__(self):
        session = botocore.session.Session()
        self.of = {name: session.get_service_model(name) for name in SERVICES}

    def by_target(self, target):
        prefix, _, operation = target.rpartition(".")
        for model in self.of.values():
            if model.metadata.get("targetPrefix") == prefix:
                return model, operation
        # CloudTrail's long name, as older clients write it.
        if prefix.endswith("CloudTrail_20131101"):
            return self.of["cloudtrail"], operation
        return None, operation

    def by_version(self, version):
        return next((model for model in self.of.values() if model.api_version == version and is_form(model)), None)


def is_form(model):
    return model.metadata["protocol"] in ("ec2", "query") or "query" in model.metadata.get("protocols", ())


class Call:
    """One file of the record."""

    def __init__(self, head, asked, answer):
        self.head, self.asked, self.answer = head, asked, answer

    @classmethod
    def read(cls, path):
        head, _, rest = path.read_bytes().partition(b"\n")
        head = json.loads(head)
        return cls(head, rest[: head["asked"]], rest[head["asked"] :])

    def operation(self, models):
        """(model, operation, what protocol it came by), or None where the call is no service's."""
        if self.head["target"]:
            model, name = models.by_target(self.head["target"])
            return model, name, "json"
        by_path = [model for model in models.of.values() if model.metadata["protocol"] == "rest-json"]
        found = rest.operation(by_path, self.head.get("method", "POST"), self.head["path"])
        if found:
            return *found, "rest"
        parts = self.head["path"].split("/")
        if len(parts) == 5 and parts[1::2] == ["service", "operation"]:
            return models.of["cloudwatch"], parts[4], "cbor"
        form = dict(urllib.parse.parse_qsl(self.asked.decode("utf-8", "replace"), keep_blank_values=True))
        model = models.by_version(form.get("Version"))
        protocol = "ec2" if model and model.service_name == "ec2" else "query"
        return model, form.get("Action", ""), protocol


def cbor(body):
    if not body:
        return {}
    parser = RpcV2CBORParser()
    return parser.parse_data_item(io.BufferedReader(io.BytesIO(body)))


def check_request(call, operation, protocol, counted):
    shape = operation.input_shape
    if protocol == "rest":
        yield from rest.check_request(call, operation, counted)
        return
    if protocol in ("ec2", "query"):
        form = urllib.parse.parse_qsl(call.asked.decode("utf-8", "replace"), keep_blank_values=True)
        form = [(name, value) for name, value in form if name not in ("Action", "Version")]
        if shape is None:
            yield from ((name, "the model has no parameters") for name, _ in form)
            return
        yield from shapes.form(shape, shapes.tree(form), "", counted, protocol == "ec2")
        return
    got = cbor(call.asked) if protocol == "cbor" else json.loads(call.asked or b"{}")
    if shape is not None:
        yield from shapes.value(shape, got, "request", counted)


def check_answer(call, model, operation, protocol, counted):
    if not 200 <= call.head["status"] < 300:
        yield from check_refusal(call, operation, protocol)
        return
    if protocol == "rest":
        yield from rest.check_answer(call, operation, counted)
        return
    shape = operation.output_shape
    if protocol in ("ec2", "query"):
        try:
            root = ElementTree.fromstring(call.answer)
        except ElementTree.ParseError as error:
            yield "answer", f"no XML: {error}"
            return
        if shapes.local(root) != f"{operation.name}Response":
            yield "answer", f"the root is {shapes.local(root)}"
        version = model.metadata.get("xmlNamespace", {})
        space = version.get("uri") if isinstance(version, dict) else version
        if protocol == "ec2" and root.tag.partition("}")[0][1:] != f"http://ec2.amazonaws.com/doc/{model.api_version}/":
            yield "answer", f"the namespace is `{root.tag.partition('}')[0][1:]}`, not {space}"
        if protocol == "ec2":
            if root.find("{*}requestId") is None:
                yield "answer", "no requestId"
            if shape is not None:
                yield from shapes.xml(shape, root, operation.name, counted, ("requestId", "return"))
            return
        wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
        inside = root.find("{*}" + wrapper) if wrapper else root
        if root.find("{*}ResponseMetadata/{*}RequestId") is None:
            yield "answer", "no ResponseMetadata with a RequestId"
        if inside is None:
            yield "answer", f"no {wrapper}"
        elif shape is not None:
            yield from shapes.xml(shape, inside, operation.name, counted, ("ResponseMetadata",))
        return
    try:
        got = cbor(call.answer) if protocol == "cbor" else json.loads(call.answer or b"{}")
    except (ValueError, ResponseParserError) as error:
        yield "answer", f"it cannot be read: {error}"
        return
    if shape is not None:
        yield from shapes.value(shape, got, operation.name, counted)
    elif got:
        yield operation.name, "an answer, where the model has none"


def check_refusal(call, operation, protocol):
    status = call.head["status"]
    code, message = refusal(call, protocol)
    if not code:
        yield "refusal", f"no code in {call.answer[:120]!r}"
        return
    if message is None:
        yield "refusal", f"{code} without a message"
    if call.head.get("ordered"):
        return
    if protocol == "ec2":
        wanted = EC2_STATUS.get(code, 400)
        # 401 where EC2 does not take the keys (hashicorp/terraform, issue 17273), 400 where a resource is another's.
        if status != wanted and (code, status) != ("AuthFailure", 401):
            yield "refusal", f"{code} with status {status}, not {wanted}"
        return
    listed = {each.metadata.get("error", {}).get("code", each.name): each for each in operation.error_shapes}
    listed |= {each.name: each for each in operation.error_shapes}
    if code not in listed and code not in COMMON:
        yield "refusal", f"{code} is no refusal of {operation.name}"
    wanted = listed[code].metadata.get("error", {}).get("httpStatusCode") if code in listed else None
    if wanted and status != wanted:
        yield "refusal", f"{code} with status {status}, not {wanted}"
    if not 400 <= status < 600:
        yield "refusal", f"{code} with status {status}"


def refusal(call, protocol):
    if protocol in ("ec2", "query"):
        try:
            root = ElementTree.fromstring(call.answer)
        except ElementTree.ParseError:
            return None, None
        where, number = ("{*}Errors/{*}Error", "{*}RequestID") if protocol == "ec2" else ("{*}Error", "{*}RequestId")
        if shapes.local(root) != ("Response" if protocol == "ec2" else "ErrorResponse") or root.find(number) is None:
            return None, None
        return root.findtext(f"{where}/{{*}}Code"), root.findtext(f"{where}/{{*}}Message")
    try:
        got = cbor(call.answer) if protocol == "cbor" else json.loads(call.answer or b"{}")
    except (ValueError, ResponseParserError):
        return None, None
    if protocol == "rest":
        # Its code stands in a header.
        return call.head.get("refused"), got.get("message", got.get("Message"))
    return str(got.get("__type", "")).rpartition("#")[2], got.get("message", got.get("Message"))


def excepted(operation, where, what):
    for each in EXCEPTIONS:
        if each["operation"] in ("*", operation) and each["where"] in where and each["what"] in what:
            return each
    return None


class Verdict:
    def __init__(self):
        self.calls, self.operations, self.shapes = 0, Counter(), set()
        self.findings, self.excepted, self.refused, self.nobody = Counter(), Counter(), 0, Counter()
        self.wrong_on_purpose = Counter()

    def take(self, call, models):
        model, name, protocol = call.operation(models)
        if model is None or name not in model.operation_names:
            # No model speaks of it: it has to be refused.
            self.nobody[f"{call.head['target'] or call.head['path']} {name}".strip()] += 1
            if call.head["status"] == 200:
                self.findings[f"{name}: answered, and no model has it"] += 1
            return
        operation = model.operation_model(name)
        self.calls += 1
        self.operations[f"{model.service_name}:{name}"] += 1
        test = call.head.get("test")
        is_ours = bool(test) or "app/" in call.head["user_agent"]
        wrong = list(check_request(call, operation, protocol, self.shapes))
        if wrong and not is_ours and 400 <= call.head["status"] < 500:
            self.refused += 1
            wrong = []
        self.note(name, "asks", wrong, test)
        if call.head["status"]:
            wrong = list(check_answer(call, model, operation, protocol, self.shapes))
            self.note(name, "answers", self.unmarked(call, wrong), test)

    def unmarked(self, call, wrong):
        """What is wrong with an answer that does not say that it is wrong on purpose."""
        reason = call.head.get("wrong")
        if not reason:
            return wrong
        if not wrong:
            return [("answer", f"it says that it is wrong, and the model allows it: {reason}")]
        self.wrong_on_purpose[reason] += 1
        return []

    def note(self, name, verb, wrong, test=None):
        for where, what in wrong:
            known = excepted(name, where, what)
            if known:
                self.excepted[json.dumps(known)] += 1
            else:
                self.findings[f"{name} {verb}: {where}: {what}" + (f", in {test}" if test else "")] += 1

    def told(self, folder):
        print(f"{folder}: botocore {botocore.__version__}: {self.calls} distinct calls of {len(self.operations)} operations checked,"
              f" with {len(self.shapes)} shapes; {self.refused} were wrong on purpose, and refused")
        for reason, times in sorted(self.wrong_on_purpose.items()):
            print(f"wrong on purpose in a test, {times} times: {reason}")
        print(f"no model has {sum(self.nobody.values())} calls, each refused: {', '.join(sorted(self.nobody)) or 'none'}")
        for known, times in self.excepted.items():
            known = json.loads(known)
            print(f"exception, {times} times: {known['operation']} {known['where']} {known['what']}: {known['reason']}")
        for finding, times in sorted(self.findings.items()):
            print(f"DIFFERS ({times}): {finding}")


def check(folders):
    models, differences, excepted = Models(), 0, set()
    for folder in folders:
        verdict = Verdict()
        for path in sorted(Path(folder).glob("*.call")):
            verdict.take(Call.read(path), models)
        verdict.told(Path(folder).name)
        if not verdict.calls:
            sys.exit(f"check: nothing was recorded in {folder}: that is a failure")
        differences += len(verdict.findings)
        excepted |= set(verdict.excepted)
    for each in EXCEPTIONS:
        if json.dumps(each) not in excepted:
            print(f"exception that nothing needed in this run: {each['operation']} {each['where']} {each['what']}")
    if differences:
        sys.exit(f"check: {differences} differences from AWS's own models")


def main(arguments):
    if arguments == ["--self-test"]:
        import flaws

        flaws.prove(Models(), Verdict, Call)
    elif arguments and not arguments[0].startswith("-"):
        check(arguments)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
