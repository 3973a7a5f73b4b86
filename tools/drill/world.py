"""What the drills meet: the simulated EC2, the real release-guard, and stand-ins for the services that are only told or
asked a number. What a stand-in is asked and answers is held to botocore's model of the service."""

import http.server
import json
import os
import queue
import re
import subprocess
import threading
import urllib.request
import uuid

import boto3
import botocore.session
from botocore.exceptions import ClientError, HTTPClientError
from botocore.validate import ParamValidator

from interpreter import ACCOUNT, REGION

MODELS = botocore.session.get_session()


class Simulator:
    """The program `simulator`: EC2, DynamoDB and CloudTrail."""

    def __init__(self, target):
        command = [f"{target}/debug/simulator"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://[\d.:]+", self.process.stdout.readline())[0]
        self.ask("tables", {"name": "holdfast"})

    def ask(self, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sim/{what}", data, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def ec2(self, key):
        return boto3.client(
            "ec2", REGION, endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key="any",
            config=boto3.session.Config(retries={"total_max_attempts": 1}),
        )

    def role(self, key, role):
        self.ask("callers", {"access_key": key, "role": role, "session": "drill"})

    def close(self):
        self.process.kill()
        self.process.wait()


class Guard:
    """The compiled release-guard, run as Lambda runs it. It is told to a log group what Lambda tells."""

    def __init__(self, target, simulator, clock):
        self.clock = clock
        self.events = queue.Queue()
        self.answers = queue.Queue()
        self.log = []
        guard = self

        class Runtime(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                request, event = guard.events.get()
                body = json.dumps(event).encode()
                self.send_response(200)
                deadline = guard.clock.milliseconds() + 60_000
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", request),
                    ("Lambda-Runtime-Deadline-Ms", str(deadline)),
                    ("Lambda-Runtime-Invoked-Function-Arn", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:guard"),
                    ("Content-Length", str(len(body))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if self.path.endswith(("/response", "/error")):
                    guard.answers.put(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "holdfast-release-guard",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/holdfast-release-guard",
            "AWS_LAMBDA_LOG_STREAM_NAME": "drill",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "HOLDFASTFUNCTION",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_ENDPOINT_URL": simulator.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOLDFAST_TABLE": "holdfast",
            "HOLDFAST_MODE": "enforce",
            "HOLDFAST_RETRY_SECONDS": "1",
        }
        self.process = subprocess.Popen(
            [f"{target}/debug/release-guard"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.write(line.rstrip("\n"))

    def write(self, line):
        self.log.append({"Timestamp": self.clock.milliseconds(), "Message": line})

    def invoke(self, event):
        request = str(uuid.uuid4())
        start = {"time": self.clock.now().isoformat(), "type": "platform.start", "record": {"requestId": request}}
        self.write(json.dumps(start))
        self.events.put((request, event))
        return self.answers.get(timeout=60)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.server.shutdown()


class Sdk:
    """A client as Step Functions has one: a connection that breaks is an error of the task, with words of its own."""

    def __init__(self, client):
        self.client = client
        # What the addresses that were asked for have as the time of their birth.
        self.births = []

    def __getattr__(self, name):
        def call(**parameters):
            tags = (tag for each in parameters.get("TagSpecifications", []) for tag in each["Tags"])
            self.births += [tag["Value"] for tag in tags if tag["Key"].endswith(":drill-at")]
            try:
                return getattr(self.client, name)(**parameters)
            except HTTPClientError as broken:
                told = {"Error": {"Code": "Broken", "Message": "the connection broke"}, "ResponseMetadata": {
                    "HTTPStatusCode": 0, "RequestId": "none"}}
                raise ClientError(told, name) from broken

        return call


class StandIn:
    """A client of one service. What it is asked has to fit the service's model."""

    def __init__(self, service, operation, answer):
        self.service, self.operation, self.answer = service, operation, answer
        self.asked = []

    def __getattr__(self, name):
        def call(**parameters):
            model = MODELS.get_service_model(self.service).operation_model(self.operation)
            if name != botocore.xform_name(self.operation):
                raise AssertionError(f"{self.service} is asked for {name}")
            own = as_modelled(parameters, model.input_shape)
            problems = ParamValidator().validate(own, model.input_shape)
            if problems.has_errors():
                raise AssertionError(f"{self.service}: {problems.generate_report()}")
            self.asked.append(parameters)
            return self.answer(parameters)

        return call


def as_modelled(value, shape):
    """Step Functions writes every member with a capital letter; some models do not."""
    if shape.type_name == "structure":
        known = {name[:1].upper() + name[1:]: name for name in shape.members}
        unknown = set(value) - set(known)
        if unknown:
            raise AssertionError(f"{shape.name} has no {', '.join(unknown)}")
        return {known[name]: as_modelled(each, shape.members[known[name]]) for name, each in value.items()}
    if shape.type_name == "list":
        return [as_modelled(each, shape.member) for each in value]
    return value


def matches(pattern, line):
    """CloudWatch Logs' filter patterns, as far as the drill uses them: `{ $.a = "x" && $.b.c = * }`.
    Source: CloudWatch Logs user guide, "Filter pattern syntax"."""
    inner = re.fullmatch(r"\{ (.*) \}", pattern)
    if not inner:
        raise AssertionError(f"`{pattern}` is none of the patterns that are known here")
    for term in inner[1].split(" && "):
        parsed = re.fullmatch(r'\$((?:\.\w+)+) = (?:"([^"]*)"|(\*))', term)
        if not parsed:
            raise AssertionError(f"`{term}` is none of the terms that are known here")
        value = line
        for key in parsed[1].split(".")[1:]:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or (parsed[3] is None and value != parsed[2]):
            return False
    return True


class World:
    """A simulated account with a Holdfast, and the clients of a drill."""

    def __init__(self, target, clock, drills_role):
        self.clock = clock
        self.simulator = Simulator(target)
        self.simulator.role("DRILL", drills_role)
        self.simulator.ask("callers", {"access_key": "SOMEBODY", "user": "somebody"})
        self.guard = Guard(target, self.simulator, clock)
        self.somebody = self.simulator.ec2("SOMEBODY")
        self.has_trail = True
        self.reports = []
        self.quota = 5
        self.last_good = None
        self.running = 1
        self.before_guard = lambda: None
        self.metrics = StandIn("cloudwatch", "PutMetricData", lambda asked: {})
        self.drills = Sdk(self.simulator.ec2("DRILL"))
        self.clients = {
            "ec2": self.drills,
            "cloudwatch": self.metrics,
            "logs": StandIn("logs", "FilterLogEvents", self.filtered),
            "service-quotas": StandIn("service-quotas", "GetServiceQuota", self.quota_of),
            "stepfunctions": StandIn("stepfunctions", "ListExecutions", self.executions),
        }
        names = {"cloudwatchlogs": "logs", "servicequotas": "service-quotas", "sfn": "stepfunctions"}
        self.client_for = lambda service: self.clients[names.get(service, service)]
        clock.on_wait = self.time_passes

    def time_passes(self, seconds):
        """EventBridge delivers meanwhile, by the rule of release-guard."""
        self.deliver()

    def deliver(self):
        for event in self.simulator.ask("events/take", {}):
            detail = event["detail"]
            if self.has_trail and detail.get("eventName") == "ReleaseAddress" and "errorCode" not in detail:
                self.before_guard()
                self.reports.append(self.guard.invoke(event))

    def filtered(self, asked):
        found = []
        for event in self.guard.log:
            try:
                line = json.loads(event["Message"])
            except ValueError:
                continue
            if event["Timestamp"] >= asked["StartTime"] and matches(asked["FilterPattern"], line):
                found.append(event)
        return {"Events": found}

    def quota_of(self, _):
        if self.quota is None:
            raise ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": "no"}, "ResponseMetadata": {
                    "HTTPStatusCode": 400, "RequestId": "request-1"}}, "GetServiceQuota")
        return {"Quota": {"Value": float(self.quota)}}

    def executions(self, asked):
        if asked["StatusFilter"] == "RUNNING":
            return {"Executions": [{} for _ in range(self.running)]}
        if self.last_good is None:
            return {"Executions": []}
        return {"Executions": [{"StopDate": self.last_good.isoformat()}]}

    def addresses(self):
        return self.somebody.describe_addresses()["Addresses"]

    def allocate(self, **tags):
        tags = [{"Key": key.replace("__", ":").replace("_", "-"), "Value": value} for key, value in tags.items()]
        specification = [{"ResourceType": "elastic-ip", "Tags": tags}] if tags else []
        return self.somebody.allocate_address(Domain="vpc", TagSpecifications=specification)["AllocationId"]

    def calls(self, name):
        return sum(call["action"] == name for call in self.simulator.ask("calls"))

    def told(self):
        """Each number that was put into a metric, by its name and the last dimension."""
        told = {}
        for asked in self.metrics.asked:
            for each in asked["MetricData"]:
                told[each["MetricName"], each["Dimensions"][-1]["Value"]] = each["Value"]
        return told

    def close(self):
        self.guard.close()
        self.simulator.close()
