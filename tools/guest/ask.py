"""Asks EC2 for what a kit is made from, and writes the answers as one JSON document. Only reads.

    ask.py PREFIX
    ask.py --self-test   against the models of boto3: each call is one that EC2 takes, each answer one that it gives

The permissions: ec2:DescribeInstances, ec2:DescribeNetworkInterfaces, ec2:DescribeAddresses, ec2:DescribeSubnets."""

import json
import os
import sys

import boto3
import botocore.exceptions
import botocore.stub

# EC2 takes this many values in a filter.
MOST_VALUES = 200


def pages(ec2, operation, key, **asked):
    found = []
    for page in ec2.get_paginator(operation).paginate(**asked):
        found.extend(page[key])
    return found


def by_values(ec2, operation, key, name, values):
    values = sorted(values)
    found = []
    for start in range(0, len(values), MOST_VALUES):
        found += pages(ec2, operation, key, Filters=[{"Name": name, "Values": values[start:start + MOST_VALUES]}])
    return found


def ask(ec2, prefix):
    tagged = [{"Name": "tag-key", "Values": [f"{prefix}:group"]}]
    reservations = pages(ec2, "describe_instances", "Reservations", Filters=tagged)
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    interfaces = pages(ec2, "describe_network_interfaces", "NetworkInterfaces", Filters=tagged)
    addresses = ec2.describe_addresses(Filters=tagged)["Addresses"]
    ids = {it["InstanceId"] for it in instances} | {it["InstanceId"] for it in addresses if it.get("InstanceId")}
    interfaces += by_values(ec2, "describe_network_interfaces", "NetworkInterfaces", "attachment.instance-id", ids)
    every = {it["NetworkInterfaceId"]: it for it in interfaces}
    subnets = by_values(ec2, "describe_subnets", "Subnets", "subnet-id",
                        {it["SubnetId"] for it in every.values() if it.get("SubnetId")})
    return {"NetworkInterfaces": list(every.values()), "Subnets": subnets, "Instances": instances,
            "Addresses": addresses}


def self_test():
    """EC2 answers what the demo stack's fixture has, and the document is that fixture."""
    fixture = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/fixtures/guest/demo-stack.json")
    with open(fixture) as file:
        demo = json.load(file)
    ec2 = boto3.client("ec2", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
    tagged = [{"Name": "tag-key", "Values": ["holdfast:group"]}]
    members = [it["InstanceId"] for it in demo["Instances"]]
    subnets = [it["SubnetId"] for it in demo["Subnets"]]
    with botocore.stub.Stubber(ec2) as stub:
        def expect(operation, answer, name, values):
            stub.add_response(operation, answer, {"Filters": [{"Name": name, "Values": values}]} if name else {"Filters": tagged})
        expect("describe_instances", {"Reservations": [{"Instances": demo["Instances"]}]}, None, None)
        expect("describe_network_interfaces", {"NetworkInterfaces": demo["NetworkInterfaces"]}, None, None)
        expect("describe_addresses", {"Addresses": []}, None, None)
        expect("describe_network_interfaces", {"NetworkInterfaces": demo["NetworkInterfaces"]},
               "attachment.instance-id", members)
        expect("describe_subnets", {"Subnets": demo["Subnets"]}, "subnet-id", subnets)
        assert ask(ec2, "holdfast") == demo, "the answers are not put together as they came"
        stub.assert_no_pending_responses()
    print("ask.py: its five calls are as EC2 takes them")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    try:
        answers = ask(boto3.client("ec2", endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None), sys.argv[1])
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as problem:
        sys.exit(f"make guest: EC2 does not answer: {problem}\n"
                 "Set AWS_PROFILE (or other credentials) and AWS_REGION as for the AWS CLI.")
    json.dump(answers, sys.stdout, default=str, indent=1)


main()
