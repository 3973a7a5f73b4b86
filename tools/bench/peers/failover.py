"""Failover by moving an interface, in boto3: find it by its IP, detach it, wait with boto3's own waiter, attach it.

The first of the instances that did not fail gets it, as device 1.
"""

import os

import boto3

ec2 = boto3.client("ec2")


def handler(event, _context):
    metrics = event["detail"]["configuration"]["metrics"]
    failed = metrics[0]["metricStat"]["metric"]["dimensions"]["InstanceId"]
    standby = next(each for each in os.environ["INSTANCES"].split(",") if each != failed)
    by_ip = [{"Name": "addresses.private-ip-address", "Values": [os.environ["SERVICE_IP"]]}]
    interface = ec2.describe_network_interfaces(Filters=by_ip)["NetworkInterfaces"][0]
    name = interface["NetworkInterfaceId"]
    ec2.detach_network_interface(AttachmentId=interface["Attachment"]["AttachmentId"], Force=True)
    ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[name])
    ec2.attach_network_interface(NetworkInterfaceId=name, InstanceId=standby, DeviceIndex=1)
    return {"outcome": "failed-over", "interface": name}
