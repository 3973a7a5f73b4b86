"""What documentation and users tell differently, or nobody tells. Each returns the reading that EC2 showed."""

from claim import doubt


@doubt("doubt.ended-association", "DisassociateAddress with the id of an association that is over",
       "EC2 API reference, DisassociateAddress (no error); terraform issues 6758 and 2543 (InvalidAssociationID.NotFound)",
       settles="ended_association", readings={"OK": "done", "InvalidAssociationID.NotFound": "not-found"})  # fmt: skip
def ended_association(it):
    made, one, other = it.allocate()["AllocationId"], it.interface(), it.interface()
    first = it("AssociateAddress", AllocationId=made, NetworkInterfaceId=one["NetworkInterfaceId"])["AssociationId"]
    it("AssociateAddress", AllocationId=made, NetworkInterfaceId=other["NetworkInterfaceId"])
    answered = it.code("DisassociateAddress", AssociationId=first)
    it.equal("the holder", it.address(made)["NetworkInterfaceId"], other["NetworkInterfaceId"])
    return answered


@doubt("doubt.status-while-detaching", "The status of an interface, seen while it is being detached",
       "EC2 API reference, DescribeNetworkInterfaces, filter `status` (in-use); enum NetworkInterfaceStatus (detaching)",
       settles="detaching_interface", readings={"in-use": "in-use", "detaching": "detaching"})  # fmt: skip
def status_while_detaching(it):
    eni, instance = it.interface()["NetworkInterfaceId"], it.instance()["InstanceId"]
    it("DetachNetworkInterface", AttachmentId=it.attached(eni, instance))
    seen = it.seen(eni)
    status = seen["Status"] if seen.get("Attachment", {}).get("Status") == "detaching" else "not seen"
    it.free(eni)
    return status


@doubt("doubt.occupied-target", "A free address for a private IP that has another one, under AllowReassociation=false",
       "EC2 API reference, AssociateAddress, which speaks of the address alone",
       settles="occupied_target", readings={"Resource.AlreadyAssociated": "refuses", "OK": "bumps-off"})  # fmt: skip
def occupied_target(it):
    one, other, eni = it.allocate()["AllocationId"], it.allocate()["AllocationId"], it.interface()["NetworkInterfaceId"]
    it("AssociateAddress", AllocationId=one, NetworkInterfaceId=eni)
    answered = it.code("AssociateAddress", AllocationId=other, NetworkInterfaceId=eni, AllowReassociation=False)
    holder = it.address(one if answered != "OK" else other).get("NetworkInterfaceId")
    it.equal("who has the interface", holder, eni)
    return answered


@doubt("doubt.attach-in-use", "AttachNetworkInterface of an interface that another instance has",
       "EC2 API reference, 'Error codes': InvalidNetworkInterface.InUse, 'you may also receive InvalidParameterValue'",
       settles="taken_interface",
       readings={"InvalidParameterValue": "invalid-parameter-value", "InvalidNetworkInterface.InUse": "in-use"})  # fmt: skip
def attach_in_use(it):
    eni = it.interface()["NetworkInterfaceId"]
    it.attached(eni, it.instance(0)["InstanceId"])
    return it.code("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=it.instance(1)["InstanceId"], DeviceIndex=1)
