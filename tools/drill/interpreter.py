"""Runs state machines of a template: moto's interpreter of the Amazon States Language, with JSONata in Python.

What the interpreter is not told by moto comes from here: JSONata (moto leaves the place for it empty), time (a wait takes
none, and the clock goes on by it), and whom the SDK integrations call.
"""

import datetime
import json
import re
import time
import types

import boto3
import yaml
from jsonata import Jsonata
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state import state as state_module
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.jsonata import jsonata as jsonata_module

ACCOUNT = "111122223333"
REGION = "us-east-1"


class Clock:
    """The machine's time, and what has been waited for."""

    def __init__(self):
        self.waited = 0.0
        self.on_wait = lambda seconds: None

    def now(self):
        return datetime.datetime.now(tz=datetime.timezone.utc) + datetime.timedelta(seconds=self.waited)

    def milliseconds(self):
        return int(self.now().timestamp() * 1000)

    def wait(self, seconds):
        self.waited += seconds
        self.on_wait(seconds)


def jsonata(expression):
    """`$parse` is Step Functions' own: JSONata has `$eval` for it, which Step Functions forbids."""
    evaluated = Jsonata(expression)
    evaluated.register_lambda("parse", json.loads)
    return evaluated.evaluate(None)


def install(clock, client_for):
    """Puts JSONata, the clock and the clients in their places. `client_for(service)` gives what answers the calls."""
    jsonata_module._eval_jsonata = jsonata

    class OfTheClock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.now()

    state_module.datetime = types.SimpleNamespace(datetime=OfTheClock, timezone=datetime.timezone)
    WaitFunction._wait_interval = lambda self, env, wait_seconds: clock.wait(wait_seconds)

    retrier_decl.time = types.SimpleNamespace(sleep=clock.wait)
    state_task_service_aws_sdk.boto_client_for = lambda service, region, state_credentials: client_for(service)


class Template:
    """A template with its parameters and what AWS would put in place of its references."""

    def __init__(self, path, parameters, pseudo):
        with open(path, encoding="utf-8") as file:
            self.body = yaml.load(file, Loader)
        defaults = {name: it.get("Default") for name, it in self.body["Parameters"].items()}
        self.values = {**defaults, **pseudo, **parameters}

    def resolved(self, value):
        if isinstance(value, dict):
            if list(value) == ["Ref"]:
                return self.values.get(value["Ref"], f"arn:of:{value['Ref']}")
            if list(value) == ["Fn::Sub"]:
                return re.sub(r"\$\{([\w:]+)\}", lambda found: str(self.values[found[1]]), value["Fn::Sub"])
            return {key: self.resolved(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.resolved(each) for each in value]
        return value

    def definition(self, name):
        properties = self.body["Resources"][name]["Properties"]
        text = json.dumps(properties["Definition"])
        for key, value in self.resolved(properties["DefinitionSubstitutions"]).items():
            text = text.replace("${%s}" % key, json.dumps(str(value))[1:-1])
        left = re.search(r"\$\{\w+\}", text)
        if left:
            raise AssertionError(f"{name}: nothing is put in place of {left[0]}")
        return text


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms: `!Ref A` is `{"Ref": "A"}`."""


def short_form(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", short_form)


class Ended:
    """How an execution ended, and through which states."""

    def __init__(self, told, history):
        self.status = told["status"]
        self.output = json.loads(told["output"]) if "output" in told else None
        self.error = told.get("error")
        self.cause = told.get("cause")
        names = (event.get("stateEnteredEventDetails", {}).get("name") for event in history)
        self.states = [name for name in names if name]

    def __repr__(self):
        return f"{self.status} {self.output or ''} {self.error or ''} {self.cause or ''} by {' '.join(self.states)}"


def execute(definition, execution_input, clock):
    """Runs an execution to its end."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        states = boto3.client("stepfunctions", REGION, aws_access_key_id="any", aws_secret_access_key="any")
        role = f"arn:aws:iam::{ACCOUNT}:role/drill"
        machine = states.create_state_machine(name="drill", definition=definition, roleArn=role)["stateMachineArn"]
        begun = states.start_execution(stateMachineArn=machine, input=json.dumps(execution_input))["executionArn"]
        for _ in range(3000):
            told = states.describe_execution(executionArn=begun)
            if told["status"] != "RUNNING":
                history = states.get_execution_history(executionArn=begun, maxResults=1000)["events"]
                return Ended(told, history)
            time.sleep(0.02)
        raise AssertionError("an execution does not end")
