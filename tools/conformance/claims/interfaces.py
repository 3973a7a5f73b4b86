"""Interfaces and their private addresses, attached to nothing."""

from claim import claim

API = "EC2 API reference, {}"
NEVER = "eni-00000000badbadbad"


@claim("interface.untagged", "An interface has a set of tags and one of IPv6 addresses, empty where it has none",
       "AWS CLI examples, describe-network-interfaces")  # fmt: skip
def untagged(it):
    seen = it.seen(it.interface()["NetworkInterfaceId"])
    it.equal("IPv6", seen.get("Ipv6Addresses"), [])
    it.equal("a set of tags", isinstance(seen.get("TagSet"), list), True)


@claim("interface.pending-at-birth", "A new interface answers `pending`, and is `available` afterwards",
       "AWS CLI examples, create-network-interface")  # fmt: skip
def pending_at_birth(it):
    made = it("CreateNetworkInterface", SubnetId=it.account.options.subnet)["NetworkInterface"]
    it.equal("the answer", made["Status"], "pending")
    it.until("available", lambda: it.status(made["NetworkInterfaceId"]) == "available")


@claim("interface.unknown", "An interface that never was is refused", "EC2 API reference, 'Error codes'")
def unknown(it):
    it.refused("InvalidNetworkInterfaceID.NotFound", "DescribeNetworkInterfaces", NetworkInterfaceIds=[NEVER])
    it.refused("InvalidNetworkInterfaceID.NotFound", "DeleteNetworkInterface", NetworkInterfaceId=NEVER)


@claim("interface.secondary-assigned", "A secondary address is assigned and taken away", API.format("AssignPrivateIpAddresses"))
def secondary_assigned(it):
    eni = it.interface()["NetworkInterfaceId"]
    it("AssignPrivateIpAddresses", NetworkInterfaceId=eni, SecondaryPrivateIpAddressCount=1)
    addresses = it.seen(eni)["PrivateIpAddresses"]
    it.equal("addresses", [each["Primary"] for each in addresses], [True, False])
    it("UnassignPrivateIpAddresses", NetworkInterfaceId=eni, PrivateIpAddresses=[addresses[1]["PrivateIpAddress"]])
    it.equal("addresses", len(it.seen(eni)["PrivateIpAddresses"]), 1)


def with_secondary(it):
    eni = it.interface(SecondaryPrivateIpAddressCount=1)["NetworkInterfaceId"]
    return eni, next(each["PrivateIpAddress"] for each in it.seen(eni)["PrivateIpAddresses"] if not each["Primary"])


@claim("interface.reassignment-refused", "An address of another interface is taken with AllowReassignment only",
       API.format("AssignPrivateIpAddresses"))  # fmt: skip
def reassignment_refused(it):
    (one, ip), other = with_secondary(it), it.interface()["NetworkInterfaceId"]
    it.refused("InvalidParameterValue", "AssignPrivateIpAddresses", NetworkInterfaceId=other, PrivateIpAddresses=[ip])
    it("AssignPrivateIpAddresses", NetworkInterfaceId=other, PrivateIpAddresses=[ip], AllowReassignment=True)
    it.until("moved", lambda: ip in [each["PrivateIpAddress"] for each in it.seen(other)["PrivateIpAddresses"]])
    it.equal("left", ip in [each["PrivateIpAddress"] for each in it.seen(one)["PrivateIpAddresses"]], False)


@claim("interface.address-rides-along", "The Elastic IP of a private address moves with it, in one call",
       "EC2 user guide, 'Secondary IP addresses for your EC2 instances'")  # fmt: skip
def address_rides_along(it):
    (one, ip), other, made = with_secondary(it), it.interface()["NetworkInterfaceId"], it.allocate()["AllocationId"]
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=one, PrivateIpAddress=ip)
    it("AssignPrivateIpAddresses", NetworkInterfaceId=other, PrivateIpAddresses=[ip], AllowReassignment=True)
    it.until("it rides along", lambda: it.address(made).get("NetworkInterfaceId") == other)


@claim("interface.unassigned-is-disassociated", "An Elastic IP loses its association when its private address is unassigned",
       "EC2 user guide, 'Secondary IP addresses for your EC2 instances'")  # fmt: skip
def unassigned_is_disassociated(it):
    (eni, ip), made = with_secondary(it), it.allocate()["AllocationId"]
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=eni, PrivateIpAddress=ip)
    it("UnassignPrivateIpAddresses", NetworkInterfaceId=eni, PrivateIpAddresses=[ip])
    it.until("free", lambda: it.address(made).get("AssociationId") is None)


@claim("interface.primary-stays", "The primary private address of an interface is not unassigned",
       API.format("UnassignPrivateIpAddresses"))  # fmt: skip
def primary_stays(it):
    made = it.interface()
    it.refused("InvalidParameterValue", "UnassignPrivateIpAddresses", NetworkInterfaceId=made["NetworkInterfaceId"],
               PrivateIpAddresses=[made["PrivateIpAddress"]])  # fmt: skip


@claim("interface.address-not-its-own", "An address is associated with none but an interface's own private addresses",
       API.format("AssociateAddress"))  # fmt: skip
def address_not_its_own(it):
    made, eni, other = it.allocate()["AllocationId"], it.interface()["NetworkInterfaceId"], it.interface()
    it.refused("InvalidParameterValue", "AssociateAddress", AllocationId=made, NetworkInterfaceId=eni,
               PrivateIpAddress=other["PrivateIpAddress"])  # fmt: skip


@claim("interface.one-attribute-at-a-time", "ModifyNetworkInterfaceAttribute takes one attribute",
       API.format("ModifyNetworkInterfaceAttribute"))  # fmt: skip
def one_attribute(it):
    eni = it.interface()
    groups = [each["GroupId"] for each in eni["Groups"]]
    it.refused("InvalidParameterCombination", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni["NetworkInterfaceId"],
               SourceDestCheck={"Value": False}, Groups=groups)  # fmt: skip
    it.equal("the check", it.seen(eni["NetworkInterfaceId"])["SourceDestCheck"], True)
    it("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni["NetworkInterfaceId"], SourceDestCheck={"Value": False})
    it.equal("the check", it.seen(eni["NetworkInterfaceId"])["SourceDestCheck"], False)


@claim("interface.pages", "MaxResults of DescribeNetworkInterfaces is 5 to 1000", API.format("DescribeNetworkInterfaces"))
def pages(it):
    for size in (4, 1001):
        it.refused("InvalidParameterValue", "DescribeNetworkInterfaces", MaxResults=size)
