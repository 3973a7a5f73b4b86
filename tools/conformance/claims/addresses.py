"""Elastic IPs without an instance."""

from claim import claim

GUIDE = "EC2 user guide, 'Elastic IP addresses'"
API = "EC2 API reference, {}"
NEVER = "eipalloc-00000000badbadbad"


@claim("address.recovered", "A released address can be had back by its IP, and has a new allocation id then", GUIDE)
def recovered(it):
    first = it.allocate()
    it("ReleaseAddress", AllocationId=first["AllocationId"])
    again = it.allocate(Address=first["PublicIp"])
    it.equal("the address", again["PublicIp"], first["PublicIp"])
    it.equal("another allocation id", again["AllocationId"] == first["AllocationId"], False)


@claim("address.recovered-without-tags", "A recovered address has lost its tags", GUIDE)
def recovered_without_tags(it):
    first = it.allocate(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "a"}]}])
    it("ReleaseAddress", AllocationId=first["AllocationId"])
    again = it.allocate(Address=first["PublicIp"])
    names = [each["Key"] for each in it.address(again["AllocationId"]).get("Tags", [])]
    it.equal("the tag of before", "Name" in names, False)


@claim("address.released-is-gone", "A released allocation is not found any more, by a read and by a release",
       "EC2 API reference, 'Error codes': InvalidAllocationID.NotFound")  # fmt: skip
def released_is_gone(it):
    made = it.allocate()["AllocationId"]
    it("ReleaseAddress", AllocationId=made)
    it.refused("InvalidAllocationID.NotFound", "DescribeAddresses", AllocationIds=[made])
    it.refused("InvalidAllocationID.NotFound", "ReleaseAddress", AllocationId=made)


@claim("address.held-twice", "An address that the account has already cannot be allocated once more",
       "EC2 API reference, 'Error codes': InvalidAddress.NotFound")  # fmt: skip
def held_twice(it):
    made = it.allocate()
    it.refused(("InvalidAddress.NotFound", "InvalidParameterValue"), "AllocateAddress", Domain="vpc", Address=made["PublicIp"])


@claim("address.unknown", "An allocation id that never was is refused", "EC2 API reference, 'Error codes'")
def unknown(it):
    it.refused("InvalidAllocationID.NotFound", "DescribeAddresses", AllocationIds=[NEVER])
    it.refused("InvalidAllocationID.NotFound", "ReleaseAddress", AllocationId=NEVER)


@claim("address.dry-run", "A dry run that is permitted is refused as DryRunOperation, and makes nothing",
       API.format("'Common parameters': DryRun"))  # fmt: skip
def dry_run(it):
    before = len(it("DescribeAddresses")["Addresses"])
    it.refused("DryRunOperation", "AllocateAddress", Domain="vpc", DryRun=True)
    it.equal("addresses", len(it("DescribeAddresses")["Addresses"]), before)


@claim("address.associated-by-interface", "An address is associated with an interface that is attached to nothing",
       API.format("AssociateAddress"))  # fmt: skip
def associated_by_interface(it):
    made, eni = it.allocate(), it.interface()
    association = it("AssociateAddress", AllocationId=made["AllocationId"],
                     NetworkInterfaceId=eni["NetworkInterfaceId"])["AssociationId"]  # fmt: skip
    seen = it.address(made["AllocationId"])
    it.equal("the association", seen.get("AssociationId"), association)
    it.equal("the private IP", seen.get("PrivateIpAddress"), eni["PrivateIpAddress"])
    on_it = it.seen(eni["NetworkInterfaceId"])["Association"]
    it.equal("the interface's side", (on_it["PublicIp"], on_it["AssociationId"]), (made["PublicIp"], association))


@claim("address.release-of-an-associated-one", "In a default VPC a release disassociates; elsewhere it is refused",
       API.format("ReleaseAddress"))  # fmt: skip
def release_of_an_associated_one(it):
    made, eni = it.allocate()["AllocationId"], it.interface()
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=eni["NetworkInterfaceId"])
    if it("DescribeVpcs", VpcIds=[eni["VpcId"]])["Vpcs"][0]["IsDefault"]:
        it("ReleaseAddress", AllocationId=made)
        it.equal("an association", it.seen(eni["NetworkInterfaceId"]).get("Association"), None)
    else:
        it.refused("InvalidIPAddress.InUse", "ReleaseAddress", AllocationId=made)


@claim("address.reassociated", "Reassociation is automatic, and the association id changes", API.format("AssociateAddress"))
def reassociated(it):
    made, one, other = it.allocate()["AllocationId"], it.interface(), it.interface()
    first = it("AssociateAddress", AllocationId=made, NetworkInterfaceId=one["NetworkInterfaceId"])["AssociationId"]
    second = it("AssociateAddress", AllocationId=made, NetworkInterfaceId=other["NetworkInterfaceId"])["AssociationId"]
    it.equal("another id", first == second, False)
    it.equal("the holder", it.address(made)["NetworkInterfaceId"], other["NetworkInterfaceId"])


@claim("address.reassociation-refused", "With AllowReassociation=false an address that is held is not taken",
       "EC2 API reference, AssociateAddress; 'Error codes': Resource.AlreadyAssociated")  # fmt: skip
def reassociation_refused(it):
    made, one, other = it.allocate()["AllocationId"], it.interface(), it.interface()
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=one["NetworkInterfaceId"])
    it.refused("Resource.AlreadyAssociated", "AssociateAddress", AllocationId=made,
               NetworkInterfaceId=other["NetworkInterfaceId"], AllowReassociation=False)  # fmt: skip
    it.equal("the holder", it.address(made)["NetworkInterfaceId"], one["NetworkInterfaceId"])


@claim("address.associated-again", "To associate it with what has it already is no error", API.format("AssociateAddress"))
def associated_again(it):
    made, eni = it.allocate()["AllocationId"], it.interface()["NetworkInterfaceId"]
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=eni)
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=eni)
    it.equal("the holder", it.address(made)["NetworkInterfaceId"], eni)


@claim("address.disassociated", "A disassociated address stays allocated, and can be released", API.format("DisassociateAddress"))
def disassociated(it):
    made, eni = it.allocate()["AllocationId"], it.interface()["NetworkInterfaceId"]
    association = it("AssociateAddress", AllocationId=made, NetworkInterfaceId=eni)["AssociationId"]
    it("DisassociateAddress", AssociationId=association)
    it.equal("an association", it.address(made).get("AssociationId"), None)
    it("ReleaseAddress", AllocationId=made)


@claim("address.free-after-its-interface", "When its interface is deleted, an address stays allocated and is free",
       API.format("DeleteNetworkInterface"))  # fmt: skip
def free_after_its_interface(it):
    made, eni = it.allocate()["AllocationId"], it.interface()["NetworkInterfaceId"]
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=eni)
    it("DeleteNetworkInterface", NetworkInterfaceId=eni)
    it.equal("an association", it.until("free", lambda: [it.address(made).get("AssociationId")]), [None])


@claim("address.both-targets", "An instance and an interface together are no target", API.format("AssociateAddress"))
def both_targets(it):
    made, eni = it.allocate()["AllocationId"], it.interface()["NetworkInterfaceId"]
    it.refused(("InvalidParameterCombination", "InvalidInstanceID.NotFound"), "AssociateAddress", AllocationId=made,
               NetworkInterfaceId=eni, InstanceId="i-00000000badbadbad")  # fmt: skip


@claim("address.filtered", "Filters are ANDed, their values ORed; `*` stands for any text", API.format("Filter"))
def filtered(it):
    made = it.allocate(TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "conform"}]}])

    def found(*filters):
        filters = [{"Name": name, "Values": values} for name, values in filters]
        return [each["PublicIp"] for each in it("DescribeAddresses", Filters=filters)["Addresses"]]

    ip = made["PublicIp"]
    it.equal("by two values", found(("public-ip", [ip, "192.0.2.1"])), [ip])
    it.equal("by a pattern", found(("public-ip", [ip]), ("tag:Name", ["conf*"])), [ip])
    it.equal("by two that disagree", found(("public-ip", [ip]), ("tag:Name", ["other"])), [])
    it.equal("by another case", found(("public-ip", [ip]), ("tag:Name", ["CONFORM"])), [])


@claim("address.unknown-filter", "A filter that does not exist is refused", "EC2 API reference, 'Error codes'")
def unknown_filter(it):
    it.allocate()
    it.refused("InvalidParameterValue", "DescribeAddresses", Filters=[{"Name": "no-such-filter", "Values": ["a"]}])
