"""Creates the packaged stack in moto, changes it, and deletes it: references, order, conditions and the aliases hold.

    moto.py TEMPLATE

moto models a part of CloudFormation. What it does not know of this template it leaves out, and that is printed: these
resources are read by linters only. What it has no model for at all is taken out before, and named here.
"""

import json
import os
import re
import sys

import boto3
import yaml
from moto import mock_aws
from moto.cloudformation import parsing

REGION, STACK, ACCOUNT = "eu-west-1", "holdfast", "123456789012"
# moto ends at these: a dashboard with names in its text, and an alias, whose function stands in for it.
OUT = ("AWS::CloudWatch::Dashboard", "AWS::Lambda::Alias")

CODE = {"CodeBucketPrefix": "code"}


def resolved(template):
    """The policies as objects: moto takes no text for one."""
    for resource in template["Resources"].values():
        document = resource["Properties"].get("PolicyDocument")
        if isinstance(document, dict) and "Fn::Sub" in document:
            names = {"TagPrefix": "holdfast", "AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
            text = re.sub(r"\$\{([^}]+)\}", lambda found: names.get(found.group(1), "sg-1"), document["Fn::Sub"])
            resource["Properties"]["PolicyDocument"] = json.loads(text)
    return template


def with_bus_by_name(template):
    """moto gives an object for the reference to a bus, and wants its name."""
    buses = {name: each for name, each in template["Resources"].items() if each["Type"] == "AWS::Events::EventBus"}
    for each in template["Resources"].values():
        bus = each["Properties"].get("EventBusName")
        if isinstance(bus, dict) and bus.get("Ref") in buses:
            each["Properties"]["EventBusName"] = buses[bus["Ref"]]["Properties"]["Name"]
    return template


def without_aliases(node):
    """A function in the place of its alias."""
    if isinstance(node, list):
        return [without_aliases(each) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("Ref"), str) and node["Ref"].endswith("Aliaslive"):
        return {"Fn::GetAtt": [node["Ref"].removesuffix("Aliaslive"), "Arn"]}
    return {key: without_aliases(each) for key, each in node.items()}


def upload(template):
    """An empty zip for each function, where the template says that it is."""
    s3 = boto3.client("s3", region_name=REGION)
    bucket = f"code-{REGION}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for each in template["Resources"].values():
        if each["Type"] == "AWS::Lambda::Function":
            key = each["Properties"]["Code"]["S3Key"]["Fn::Sub"].replace("${CodeKeyPrefix}", "")
            s3.put_object(Bucket=bucket, Key=key, Body=b"PK\x05\x06" + bytes(18))


def outputs(client):
    stack = client.describe_stacks(StackName=STACK)["Stacks"][0]
    return stack["StackStatus"], {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def parameters(**more):
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in {**CODE, **more}.items()]


def main(path):
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[key] = "none"
    os.environ["AWS_DEFAULT_REGION"] = REGION
    with open(path, encoding="utf-8") as file:
        template = with_bus_by_name(without_aliases(resolved(yaml.safe_load(file))))
    left_out = [name for name, each in template["Resources"].items() if each["Type"] in OUT]
    for name in left_out:
        del template["Resources"][name]
    template["Outputs"] = {key: each for key, each in template["Outputs"].items() if each["Value"] != {"Ref": "Dashboard"}}
    with mock_aws():
        upload(template)
        client = boto3.client("cloudformation", region_name=REGION)
        body = yaml.safe_dump(template)
        client.create_stack(StackName=STACK, TemplateBody=body, Parameters=parameters(), Capabilities=["CAPABILITY_IAM"])
        status, told = outputs(client)
        made = client.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        print(f"{status}: {len(made)} resources, with those that moto only counts")
        assert status == "CREATE_COMPLETE", status
        table = told["LedgerTable"]
        print(f"functions: {sorted(value for key, value in told.items() if key.endswith('Function'))}")

        kinds = {each["Type"] for each in template["Resources"].values()}
        missing = sorted(kind for kind in kinds if kind not in parsing.get_model_map())
        print(f"moto does not model: {', '.join(missing) or 'nothing'}; left out: {', '.join(left_out)}")

        again = parameters(AlarmFailoverMode="enforce", ReleaseGuardReservedConcurrency="5")
        client.update_stack(StackName=STACK, TemplateBody=body, Parameters=again, Capabilities=["CAPABILITY_IAM"])
        status, _ = outputs(client)
        assert status == "UPDATE_COMPLETE", status
        print("a changed parameter: UPDATE_COMPLETE")

        client.delete_stack(StackName=STACK)
        tables = boto3.client("dynamodb", region_name=REGION).list_tables()["TableNames"]
        print(f"deleted; tables that stay: {tables}")
        # moto knows no DeletionPolicy for every kind: a ledger that is gone is made again, for the adoption.
        if table not in tables:
            print("moto deletes what has DeletionPolicy: Retain; CloudFormation does not")
        adopted = parameters(ExistingLedger=table)
        client.create_stack(StackName=STACK, TemplateBody=body, Parameters=adopted, Capabilities=["CAPABILITY_IAM"])
        status, told = outputs(client)
        assert (status, told["LedgerTable"]) == ("CREATE_COMPLETE", table), (status, told)
        kinds = {each["ResourceType"] for each in client.list_stack_resources(StackName=STACK)["StackResourceSummaries"]}
        assert "AWS::DynamoDB::Table" not in kinds, kinds
        print("a ledger is adopted: CREATE_COMPLETE, and the stack makes no table")


if __name__ == "__main__":
    main(*sys.argv[1:])
