"""Proves that the simulator serves an AWS client that knows nothing of it: plain boto3 builds a world,
loses an address, gets it back, moves an interface, and reads the trail, the alarms and the ledger's table.

    python3 boto3_smoke.py http://127.0.0.1:PORT

The simulator must be a fresh one. Exits with 0, or with 1 and the reason. Only time is not boto3's to control: the simulator's own
/_sim/advance moves it.
"""

import json
import sys

import boto3
from boto3_steps import control, equal, refused
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"


def clients(url):
    session = boto3.Session(
        aws_access_key_id="SMOKE",
        aws_secret_access_key="not-a-secret",
        region_name=REGION,
    )
    config = Config(retries={"max_attempts": 1})
    return [session.client(name, endpoint_url=url, config=config) for name in ("ec2", "cloudtrail", "dynamodb", "cloudwatch")]


def build_network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return subnet["SubnetId"]


def run_instance(ec2, url, subnet):
    launched = ec2.run_instances(
        ImageId="ami-12345678",
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}],
    )["Instances"][0]
    equal("a new instance", launched["State"]["Name"], "pending")
    control(url, "advance", {"seconds": 300})
    described = ec2.describe_instances(InstanceIds=[launched["InstanceId"]])
    instance = described["Reservations"][0]["Instances"][0]
    equal("the instance after five minutes", instance["State"]["Name"], "running")
    equal("the instance's tag", instance["Tags"], [{"Key": "Name", "Value": "web"}])
    status = ec2.describe_instance_status(InstanceIds=[launched["InstanceId"]])["InstanceStatuses"][0]
    equal("the status checks", status["InstanceStatus"]["Status"], "ok")
    return instance


def allocate(ec2):
    allocated = ec2.allocate_address(
        Domain="vpc",
        TagSpecifications=[
            {"ResourceType": "elastic-ip", "Tags": [{"Key": "holdfast:protect", "Value": "reclaim"}]}
        ],
    )
    ec2.create_tags(Resources=[allocated["AllocationId"]], Tags=[{"Key": "Name", "Value": "partner <a & b>"}])
    found = ec2.describe_addresses(Filters=[{"Name": "tag:holdfast:protect", "Values": ["reclaim"]}])
    equal("the address found by its tag", found["Addresses"][0]["PublicIp"], allocated["PublicIp"])
    tags = {tag["Key"]: tag["Value"] for tag in found["Addresses"][0]["Tags"]}
    equal("a tag that looks like markup", tags["Name"], "partner <a & b>")
    return allocated["PublicIp"], allocated["AllocationId"]


def associate(ec2, allocation, interface):
    private_ip = interface["PrivateIpAddress"]
    association = ec2.associate_address(
        AllocationId=allocation,
        NetworkInterfaceId=interface["NetworkInterfaceId"],
        PrivateIpAddress=private_ip,
        AllowReassociation=False,
    )["AssociationId"]
    described = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])
    seen = described["NetworkInterfaces"][0]["PrivateIpAddresses"][0]["Association"]
    equal("the interface's association", seen["AssociationId"], association)
    refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=allocation)
    return association


def name(ec2, url, allocation):
    ec2.modify_address_attribute(AllocationId=allocation, DomainName="mail.example.com")
    control(url, "advance", {"seconds": 600})
    attributes = ec2.describe_addresses_attribute(AllocationIds=[allocation], Attribute="domain-name")
    equal("the reverse DNS", attributes["Addresses"][0]["PtrRecord"], "mail.example.com.")


def lose_and_recover(ec2, url, ip, allocation, association):
    refused("DryRunOperation", ec2.disassociate_address, AssociationId=association, DryRun=True)
    ec2.disassociate_address(AssociationId=association)
    refused("InvalidAddress.PtrSet", ec2.release_address, AllocationId=allocation)
    ec2.reset_address_attribute(AllocationId=allocation, Attribute="domain-name")
    control(url, "advance", {"seconds": 3600})
    ec2.release_address(AllocationId=allocation)
    refused("InvalidAllocationID.NotFound", ec2.describe_addresses, AllocationIds=[allocation])
    recovered = ec2.allocate_address(Domain="vpc", Address=ip)
    equal("the recovered address", recovered["PublicIp"], ip)
    if recovered["AllocationId"] == allocation:
        sys.exit("a recovered address must have a new allocation id")
    refused("InvalidAddress.NotFound", ec2.allocate_address, Domain="vpc", Address=ip)
    again = ec2.describe_addresses(PublicIps=[ip])["Addresses"][0]
    equal("the tags after recovery", again.get("Tags", []), [])


def attachment_of(ec2, eni):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0].get("Attachment", {})


def move_interface(ec2, url, subnet, holder, standby):
    eni = ec2.create_network_interface(SubnetId=subnet, SecondaryPrivateIpAddressCount=1)["NetworkInterface"]
    eni = eni["NetworkInterfaceId"]
    where = {"NetworkInterfaceId": eni, "DeviceIndex": 1, "NetworkCardIndex": 0}
    attachment = ec2.attach_network_interface(InstanceId=holder, **where)["AttachmentId"]
    refused("InvalidNetworkInterface.InUse", ec2.attach_network_interface, InstanceId=standby, **where)
    control(url, "advance", {"seconds": 60})
    equal("the attachment after a minute", attachment_of(ec2, eni)["Status"], "attached")
    change = {"AttachmentId": attachment, "DeleteOnTermination": True}
    ec2.modify_network_interface_attribute(NetworkInterfaceId=eni, Attachment=change)
    equal("what was set on it", attachment_of(ec2, eni)["DeleteOnTermination"], True)
    ec2.detach_network_interface(AttachmentId=attachment)
    equal("the attachment while it ends", attachment_of(ec2, eni)["Status"], "detaching")
    control(url, "advance", {"seconds": 60})
    equal("the attachment that is over", attachment_of(ec2, eni), {})
    refused("InvalidAttachmentID.NotFound", ec2.detach_network_interface, AttachmentId=attachment)
    ec2.attach_network_interface(InstanceId=standby, **where)
    control(url, "advance", {"seconds": 60})
    equal("the new holder", attachment_of(ec2, eni)["InstanceId"], standby)
    return eni


def move_private_ip(ec2, eni, target):
    described = ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]
    ip = described["PrivateIpAddresses"][1]["PrivateIpAddress"]
    wish = {"NetworkInterfaceId": target, "PrivateIpAddresses": [ip]}
    refused("InvalidParameterValue", ec2.assign_private_ip_addresses, **wish)
    assigned = ec2.assign_private_ip_addresses(AllowReassignment=True, **wish)["AssignedPrivateIpAddresses"]
    equal("the private address that moved", assigned, [{"PrivateIpAddress": ip}])
    ec2.unassign_private_ip_addresses(**wish)
    refused("InvalidParameterValue", ec2.delete_network_interface, NetworkInterfaceId=eni)


def read_limits(ec2):
    network = ec2.describe_instance_types(InstanceTypes=["t3.micro"])["InstanceTypes"][0]["NetworkInfo"]
    equal("the interfaces of a t3.micro", network["MaximumNetworkInterfaces"], 2)
    equal("the addresses of each", network["Ipv4AddressesPerInterface"], 2)
    equal("the interfaces on its card", network["NetworkCards"][0]["MaximumNetworkInterfaces"], 2)


def read_alarms(cloudwatch, url, instance):
    dimensions = {"InstanceId": instance}
    metric = {"namespace": "AWS/EC2", "name": "StatusCheckFailed", "dimensions": dimensions}
    control(url, "alarms", {"name": "sick", "metric": metric})
    control(url, "alarms", {"name": "web", "rule": "ALARM(sick)"})
    control(url, "alarms/set", {"name": "sick", "state": "ALARM"})
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = cloudwatch.describe_alarms(AlarmNames=["sick", "web"], AlarmTypes=kinds)
    equal("the alarm's state", found["MetricAlarms"][0]["StateValue"], "ALARM")
    equal("the composite's state", found["CompositeAlarms"][0]["StateValue"], "ALARM")
    since = found["MetricAlarms"][0]["StateUpdatedTimestamp"]
    equal("the kind of the alarm's time", type(since).__name__, "datetime")
    on_it = cloudwatch.describe_alarms_for_metric(
        Namespace="AWS/EC2",
        MetricName="StatusCheckFailed",
        Dimensions=[{"Name": "InstanceId", "Value": instance}],
    )["MetricAlarms"]
    equal("the alarms on the metric", [alarm["AlarmName"] for alarm in on_it], ["sick"])
    refused("InvalidNextToken", cloudwatch.describe_alarms, NextToken="no such token")


def fill_quota(ec2):
    while len(ec2.describe_addresses()["Addresses"]) < 5:
        ec2.allocate_address(Domain="vpc")
    refused("AddressLimitExceeded", ec2.allocate_address, Domain="vpc")


def read_trail(cloudtrail, allocation, ip):
    looked_up = cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": allocation}]
    )["Events"]
    equal("the newest event of the address", looked_up[0]["EventName"], "ReleaseAddress")
    birth = [event for event in looked_up if event["EventName"] == "AllocateAddress"]
    record = json.loads(birth[0]["CloudTrailEvent"])
    equal("the IP in the trail", record["responseElements"]["publicIp"], ip)


def use_table(dynamodb, url):
    control(url, "tables", {"name": "smoke"})
    row = {"pk": {"S": "a"}, "sk": {"S": "1"}, "at": {"N": "5"}}
    newer = {"ConditionExpression": "attribute_not_exists(pk) OR #at < :at", "ExpressionAttributeNames": {"#at": "at"}}
    dynamodb.put_item(TableName="smoke", Item=row, ExpressionAttributeValues={":at": {"N": "5"}}, **newer)
    refused(
        "ConditionalCheckFailedException",
        dynamodb.put_item,
        TableName="smoke",
        Item=row,
        ExpressionAttributeValues={":at": {"N": "4"}},
        **newer,
    )
    read = dynamodb.get_item(TableName="smoke", Key={"pk": row["pk"], "sk": row["sk"]}, ConsistentRead=True)
    equal("the row", read["Item"], row)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: boto3_smoke.py URL")
    url = sys.argv[1].rstrip("/")
    ec2, cloudtrail, dynamodb, cloudwatch = clients(url)
    equal("the addresses of a fresh simulator", ec2.describe_addresses()["Addresses"], [])
    subnet = build_network(ec2)
    holder = run_instance(ec2, url, subnet)
    interface = holder["NetworkInterfaces"][0]
    ip, allocation = allocate(ec2)
    association = associate(ec2, allocation, interface)
    name(ec2, url, allocation)
    lose_and_recover(ec2, url, ip, allocation, association)
    standby = run_instance(ec2, url, subnet)
    eni = move_interface(ec2, url, subnet, holder["InstanceId"], standby["InstanceId"])
    move_private_ip(ec2, eni, interface["NetworkInterfaceId"])
    read_limits(ec2)
    read_alarms(cloudwatch, url, holder["InstanceId"])
    fill_quota(ec2)
    read_trail(cloudtrail, allocation, ip)
    use_table(dynamodb, url)
    print(f"boto3 {boto3.__version__}: all as with AWS; {ip} was released and came back")


try:
    main()
except ClientError as error:
    sys.exit(str(error))
