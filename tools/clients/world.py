"""Builds what a client finds: a VPC with an internet gateway, two subnets, and two instances that run.

    world.py URL        prints names and ids, one NAME=value a line
"""

import sys
import time

import boto3

REGION = "us-east-1"


def main(url):
    session = boto3.Session(aws_access_key_id="WORLD", aws_secret_access_key="not-a-secret", region_name=REGION)
    ec2 = session.client("ec2", endpoint_url=url)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
        for number in (1, 2)
    ]
    instances = [
        ec2.run_instances(
            ImageId="ami-12345678", InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnets[0]
        )["Instances"][0]["InstanceId"]
        for _ in (1, 2)
    ]
    for _ in range(100):
        reservations = ec2.describe_instances(InstanceIds=instances)["Reservations"]
        found = [each for reservation in reservations for each in reservation["Instances"]]
        if all(each["State"]["Name"] == "running" for each in found):
            break
        time.sleep(0.2)
    found.sort(key=lambda each: instances.index(each["InstanceId"]))
    told = {"VPC": vpc, "SUBNET": subnets[0], "SERVICE_SUBNET": subnets[1]}
    for which, each in zip(("HOLDER", "STANDBY"), found):
        told[which] = each["InstanceId"]
        told[f"{which}_IP"] = each["PrivateIpAddress"]
        told[f"{which}_ENI"] = each["NetworkInterfaces"][0]["NetworkInterfaceId"]
    for name, value in told.items():
        print(f"{name}={value}")


main(*sys.argv[1:])
