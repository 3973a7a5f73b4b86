"""Proves that the simulator serves an AWS client that knows nothing of it: plain boto3 builds a world,
loses an address, gets it back, and reads the trail and the ledger's table.

    python3 boto3_smoke.py http://127.0.0.1:PORT

The simulator must be a fresh one. Exits with 0, or with 1 and the reason. Only time is not boto3's to control: the simulator's own
/_sim/advance moves it.
"""

import json
import sys
import urllib.request

import boto3
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
    return [session.client(name, endpoint_url=url, config=config) for name in ("ec2", "cloudtrail", "dynamodb")]


def control(url, path, body):
    request = urllib.request.Request(
        f"{url}/_sim/{path}",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request).read()


def equal(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def refused(code, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        equal(f"the refusal of {error.operation_name}", error.response["Error"]["Code"], code)
    else:
        sys.exit(f"wanted the refusal {code}, but the call with {parameters} went through")


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
    return instance["NetworkInterfaces"][0]


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
    ec2, cloudtrail, dynamodb = clients(url)
    equal("the addresses of a fresh simulator", ec2.describe_addresses()["Addresses"], [])
    interface = run_instance(ec2, url, build_network(ec2))
    ip, allocation = allocate(ec2)
    association = associate(ec2, allocation, interface)
    name(ec2, url, allocation)
    lose_and_recover(ec2, url, ip, allocation, association)
    fill_quota(ec2)
    read_trail(cloudtrail, allocation, ip)
    use_table(dynamodb, url)
    print(f"boto3 {boto3.__version__}: all as with AWS; {ip} was released and came back")


try:
    main()
except ClientError as error:
    sys.exit(str(error))
