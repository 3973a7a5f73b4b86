"""Invokes each function of a stack with an event that changes nothing, and says which are well.

    smoke.py stack NAME      invoke the deployed functions, each by its alias
    smoke.py events          print the events, as {function: event}
    smoke.py judge           read {function: answer} from stdin, and say the same of these answers

An answer is {"payload": ..., "error": null or the word that Lambda has for it}. The end is 0 when all are green.
"""

import concurrent.futures
import json
import sys

NOBODYS_GROUP = "holdfast-smoke-test"

# Each reads what the function reads first, and finds nothing to do: a release in no region of ours, an instance that
# nobody has, a plan of a group that nobody has. Reconcile's is what its schedule sends every five minutes. Notify's is no
# report: it tells nobody, so it shows that notify starts with its settings. `make test-notification` shows the rest.
EVENTS = {
    "release-guard": {
        "eventVersion": "1.11", "eventSource": "ec2.amazonaws.com", "eventName": "ReleaseAddress",
        "eventID": "00000000-0000-0000-0000-000000000000", "eventTime": "2026-01-01T00:00:00Z",
        "awsRegion": "smoke-test-1", "eventType": "AwsApiCall", "userIdentity": {"type": "Unknown"},
        "requestParameters": {"allocationId": "eipalloc-00000000000000000"},
        "responseElements": {"_return": True},
    },
    "instance-start": {
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "source": "aws.ec2",
        "detail-type": "EC2 Instance State-change Notification", "time": "2026-01-01T00:00:00Z",
        "detail": {"instance-id": "i-00000000000000000", "state": "running"},
    },
    "alarm-failover": {"holdfast": "plan", "group": NOBODYS_GROUP},
    "reconcile": {
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "source": "aws.events",
        "detail-type": "Scheduled Event", "time": "2026-01-01T00:00:00Z", "detail": {},
    },
    "notify": {
        "version": "0", "id": "00000000-0000-0000-0000-000000000000", "source": "lambda",
        "detail-type": "Lambda Function Invocation Result - Success", "time": "2026-01-01T00:00:00Z",
        "detail": {"responsePayload": {"smoke": "a report of nobody's"}},
    },
}

OUTPUTS = {
    "release-guard": "ReleaseGuardFunction",
    "instance-start": "InstanceStartFunction",
    "alarm-failover": "AlarmFailoverFunction",
    "reconcile": "ReconcileFunction",
    "notify": "NotifyFunction",
}

# What a well function says of its event. Reconcile may find any work, and says of what it may not do: denied.
WELL = {
    "release-guard": {"ignored"},
    "instance-start": {"ignored"},
    "alarm-failover": {"ignored", "refused"},
}
NOT_ALLOWED = ("denied", "not authorized", "unauthorized")


def judged(function, answer):
    """Whether it is well, what it said, and what to do."""
    payload = answer.get("payload") or {}
    if answer.get("error"):
        kind, said = payload.get("errorType", answer["error"]), payload.get("errorMessage", "no message")
        if kind == "Holdfast.BadSettings" or "setting" in said.lower():
            do = "correct the parameter that the message names, and deploy again"
        elif any(word in said.lower() for word in NOT_ALLOWED):
            do = "give the function's role the permission that the message names, or find the policy that denies it"
        else:
            do = f"docs/RUNBOOK.md, {kind}; then make logs"
        return False, f"{kind}: {said}", do
    if payload.get("ignored"):
        return True, f"ignored: {payload['ignored']}", None
    outcome, summary = payload.get("outcome", "no outcome"), payload.get("summary", "")
    findings = payload.get("findings", [])
    refused = [each for each in findings if any(word in each["why"].lower() for word in NOT_ALLOWED)]
    if refused:
        return False, f"{outcome}: {refused[0]['what']}: {refused[0]['why']}", refused[0]["next"]
    if outcome == "denied" or outcome not in WELL.get(function, {outcome}):
        first = findings[0] if findings else {"next": f"docs/RUNBOOK.md, {outcome}"}
        return False, f"{outcome}: {summary}", first["next"]
    return True, f"{outcome}: {summary}", None


def tell(answers):
    """One line for each function, and what to do for each that is not well."""
    well = True
    for function in EVENTS:
        if function not in answers:
            is_well, said, do = False, "it was not invoked", "look for it in the stack"
        else:
            is_well, said, do = judged(function, answers[function])
        well = well and is_well
        print(f"{'green' if is_well else 'RED  '} {function:15} {said}")
        if do:
            print(f"{'':21} do: {do}")
    print("smoke: all functions are well." if well else "smoke: not all are well. make rollback takes the alias back.")
    return 0 if well else 1


def of_stack(name):
    """The deployed functions' answers."""
    import boto3
    import botocore.exceptions

    stack = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    client = boto3.client("lambda")

    def invoke(function):
        try:
            said = client.invoke(FunctionName=outputs[OUTPUTS[function]], Payload=json.dumps(EVENTS[function]))
        except botocore.exceptions.ClientError as refusal:
            message = f"it could not be invoked: {refusal}"
            return function, {"error": "Invoke", "payload": {"errorMessage": message}}
        return function, {"error": said.get("FunctionError"), "payload": json.loads(said["Payload"].read() or b"null")}

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return dict(pool.map(invoke, EVENTS))


def main(what, *rest):
    if what == "events":
        print(json.dumps(EVENTS))
        return 0
    return tell(json.load(sys.stdin) if what == "judge" else of_stack(*rest))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
