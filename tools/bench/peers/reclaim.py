"""What release-guard does first, in boto3: which IP had the released allocation, and ask for it back.

The ledger is Holdfast's own table, so both read the same row.
"""

import os

import boto3

ledger = boto3.client("dynamodb")
ec2 = boto3.client("ec2")


def handler(event, _context):
    allocation = event["detail"]["requestParameters"]["allocationId"]
    key = {"pk": {"S": "snapshot"}, "sk": {"S": allocation}}
    row = ledger.get_item(TableName=os.environ["HOLDFAST_TABLE"], Key=key)["Item"]
    address = ec2.allocate_address(Domain="vpc", Address=row["ip"]["S"])
    return {"outcome": "reclaimed", "allocation": address["AllocationId"]}
