"""Proves that what an account has beside EC2 is served to an AWS client that knows nothing of the simulator: stacks,
functions, logs, rules, queues, trails, quotas, and keys of a role, all by plain boto3.

    python3 boto3_account.py http://127.0.0.1:PORT

The simulator must be a fresh one. Exits with 0, or with 1 and the reason.
"""

import sys

import boto3
from boto3_steps import control, equal, refused
from botocore.config import Config
from botocore.exceptions import ClientError

REGION, ACCOUNT = "us-east-1", "111122223333"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failed"
DECLARED = {
    "stacks": [{
        "stack_name": "guards",
        "parameters": {"Mode": "enforce"},
        "outputs": [{"key": "Function", "value": "guard", "description": "It guards."}],
        "resources": [
            {"logical_id": f"R{number}", "physical_id": f"guards-r{number}", "resource_type": "AWS::SQS::Queue"}
            for number in range(120)
        ],
    }],
    "functions": [{
        "function_name": "guard", "code": "guard", "role": f"arn:aws:iam::{ACCOUNT}:role/guard",
        "environment": {"MODE": "enforce"}, "aliases": {"live": "7"}, "reserved_concurrency": 2, "on_failure": QUEUE,
    }],
    "log_groups": ["/aws/lambda/guard", "/aws/lambda/other"],
    "event_buses": ["reports"],
    "rules": [{
        "name": "keep", "event_bus_name": "reports", "event_pattern": {"source": ["lambda"]},
        "targets": [{"id": "queue", "arn": QUEUE, "input_path": "$.detail"}],
    }],
    "queues": [{"queue_name": "failed"}],
}  # fmt: skip


def client(url, name, key="ACCOUNT"):
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="not-a-secret", region_name=REGION)
    return session.client(name, endpoint_url=url, config=Config(retries={"max_attempts": 1}))


def read_stack(cloudformation):
    stack = cloudformation.describe_stacks(StackName="guards")["Stacks"][0]
    equal("the output", stack["Outputs"][0]["OutputValue"], "guard")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName="guards")
    equal("the resources", sum(len(page["StackResourceSummaries"]) for page in pages), 120)
    first = cloudformation.describe_stack_resources(StackName="guards")["StackResources"]
    equal("the resources that are described at once", len(first), 100)
    equal("the stacks", len(cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]), 1)
    refused("ValidationError", cloudformation.describe_stacks, StackName="nothing")


def read_function(functions):
    found = functions.get_function(FunctionName="guard", Qualifier="live")
    equal("the version", found["Configuration"]["Version"], "7")
    equal("the concurrency", found["Concurrency"]["ReservedConcurrentExecutions"], 2)
    arn = functions.get_function_configuration(FunctionName="guard")["FunctionArn"]
    equal("the setting", functions.get_function_configuration(FunctionName=arn)["Environment"]["Variables"]["MODE"], "enforce")
    equal("the functions", [it["FunctionName"] for it in functions.list_functions()["Functions"]], ["guard"])
    equal("the alias", functions.get_alias(FunctionName="guard", Name="live")["FunctionVersion"], "7")
    told = functions.get_function_event_invoke_config(FunctionName="guard")["DestinationConfig"]["OnFailure"]["Destination"]
    equal("who is told of a failure", told, QUEUE)
    equal("a call for show", functions.invoke(FunctionName="guard", InvocationType="DryRun")["StatusCode"], 204)
    refused("ResourceNotFoundException", functions.invoke, FunctionName="nothing")
    refused("InvalidRequestContentException", functions.invoke, FunctionName="guard", Payload=b"no JSON")


def read_logs(logs):
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    equal("the groups", [group["logGroupName"] for group in groups], ["/aws/lambda/guard", "/aws/lambda/other"])
    equal("the streams", logs.describe_log_streams(logGroupName="/aws/lambda/guard")["logStreams"], [])
    found = logs.filter_log_events(logGroupName="/aws/lambda/guard", filterPattern='{ $.type = "report" }')
    equal("the events", found["events"], [])
    refused("ResourceNotFoundException", logs.filter_log_events, logGroupName="/nothing")


def read_rules(events):
    equal("the rules", [rule["Name"] for rule in events.list_rules(EventBusName="reports")["Rules"]], ["keep"])
    equal("the state", events.describe_rule(Name="keep", EventBusName="reports")["State"], "ENABLED")
    targets = events.list_targets_by_rule(Rule="keep", EventBusName="reports")["Targets"]
    equal("the target", targets[0]["Arn"], QUEUE)
    equal("the bus", events.describe_event_bus(Name="reports")["Name"], "reports")
    refused("ResourceNotFoundException", events.describe_rule, Name="keep")


def use_queue(sqs):
    url = sqs.get_queue_url(QueueName="failed")["QueueUrl"]
    equal("the queues", sqs.list_queues()["QueueUrls"], [url])
    sqs.send_message(QueueUrl=url, MessageBody="left undone")
    message = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"][0]
    equal("the message", message["Body"], "left undone")
    count = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    equal("in somebody's hands", count["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "1")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    refused("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName="nothing")


def read_trails(cloudtrail):
    trail = cloudtrail.describe_trails()["trailList"][0]
    equal("whether it logs", cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"], True)
    selectors = cloudtrail.get_event_selectors(TrailName=trail["Name"])["EventSelectors"]
    equal("what it logs", selectors[0]["IncludeManagementEvents"], True)
    equal("the list", [it["Name"] for it in cloudtrail.list_trails()["Trails"]], [trail["Name"]])
    refused("TrailNotFoundException", cloudtrail.get_trail_status, Name="nothing")


def read_quota(url, quotas):
    control(url, "settings", {"address_quota": 7})
    equal("the quota", quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-0263D0A3")["Quota"]["Value"], 7.0)
    equal("the quotas", len(quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]), 1)
    refused("NoSuchResourceException", quotas.get_service_quota, ServiceCode="ec2", QuotaCode="L-00000000")


def become_a_role(url):
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/operator", "RoleSessionName": "ada"}
    keys = client(url, "sts").assume_role(**role)["Credentials"]
    who = client(url, "sts", keys["AccessKeyId"]).get_caller_identity()["Arn"]
    equal("who it is then", who, f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/ada")
    control(url, "settings", {"deny": [{"principal": "*role/operator", "action": "sqs:*"}]})
    refused("AccessDeniedException", client(url, "sqs", keys["AccessKeyId"]).list_queues)
    client(url, "sqs").list_queues()
    client(url, "sts").assume_role_with_web_identity(WebIdentityToken="a.b.c", **role)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: boto3_account.py URL")
    url = sys.argv[1].rstrip("/")
    control(url, "account", DECLARED)
    read_stack(client(url, "cloudformation"))
    read_function(client(url, "lambda"))
    read_logs(client(url, "logs"))
    read_rules(client(url, "events"))
    use_queue(client(url, "sqs"))
    read_trails(client(url, "cloudtrail"))
    read_quota(url, client(url, "service-quotas"))
    become_a_role(url)
    print(f"boto3 {boto3.__version__}: the account beside EC2 is as with AWS")


try:
    main()
except ClientError as error:
    sys.exit(str(error))
