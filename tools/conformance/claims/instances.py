"""What instances and interfaces do to one another."""

from claim import claim

API = "EC2 API reference, {}"
GUIDE = "EC2 user guide, {}"
ENI_GUIDE = GUIDE.format("'Elastic network interfaces'")


@claim("instance.attaching", "An interface that is attached passes through `attaching` or is `attached` at once, and is in use",
       API.format("AttachNetworkInterface, NetworkInterfaceAttachment"))  # fmt: skip
def attaching(it):
    eni, instance = it.interface()["NetworkInterfaceId"], it.instance()["InstanceId"]
    it("AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)
    it.equal("a status of the attachment", it.attachment(eni) in ("attaching", "attached"), True)
    it.until("attached", lambda: it.attachment(eni) == "attached")
    it.equal("the status", it.status(eni), "in-use")


@claim("instance.detached", "What is detached has no attachment any more, and is `available`", API.format("DetachNetworkInterface"))
def detached(it):
    eni, instance = it.interface()["NetworkInterfaceId"], it.instance()["InstanceId"]
    attachment = it.attached(eni, instance)
    it("DetachNetworkInterface", AttachmentId=attachment)
    it.free(eni)
    it.refused("InvalidAttachmentID.NotFound", "DetachNetworkInterface", AttachmentId=attachment)


@claim("instance.addresses-stay-on-the-interface", "Private and Elastic IPs stay on an interface that moves", ENI_GUIDE)
def addresses_stay(it):
    made, address = it.interface(SecondaryPrivateIpAddressCount=1), it.allocate()["AllocationId"]
    eni = made["NetworkInterfaceId"]
    association = it("AssociateAddress", AllocationId=address, NetworkInterfaceId=eni,
                     PrivateIpAddress=made["PrivateIpAddress"])["AssociationId"]  # fmt: skip
    before = [each["PrivateIpAddress"] for each in it.seen(eni)["PrivateIpAddresses"]]
    attachment = it.attached(eni, it.instance(0)["InstanceId"])
    it("DetachNetworkInterface", AttachmentId=attachment)
    it.free(eni)
    it.attached(eni, it.instance(1)["InstanceId"])
    it.equal("private IPs", [each["PrivateIpAddress"] for each in it.seen(eni)["PrivateIpAddresses"]], before)
    seen = it.address(address)
    it.equal("the association", (seen["AssociationId"], seen["InstanceId"]), (association, it.instance(1)["InstanceId"]))


@claim("instance.primary-stays", "The interface at device index 0 is not detached", ENI_GUIDE)
def primary_stays(it):
    primary = it.instance()["NetworkInterfaces"][0]
    it.account.made.add(primary["Attachment"]["AttachmentId"])
    it.refused("OperationNotPermitted", "DetachNetworkInterface", AttachmentId=primary["Attachment"]["AttachmentId"])


@claim("instance.index-taken", "A device index that is taken is refused", "EC2 API reference, 'Error codes'; amazon-vpc-cni-k8s")
def index_taken(it):
    eni, instance = it.interface()["NetworkInterfaceId"], it.instance()["InstanceId"]
    it.refused("InvalidParameterValue", "AttachNetworkInterface", NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=0)


@claim("instance.limit", "A t3.micro has two interfaces at most", GUIDE.format("'Maximum IP addresses per network interface'"))
def limit(it):
    one, other, instance = it.interface(), it.interface(), it.instance()["InstanceId"]
    it.attached(one["NetworkInterfaceId"], instance)
    it.refused("AttachmentLimitExceeded", "AttachNetworkInterface", NetworkInterfaceId=other["NetworkInterfaceId"],
               InstanceId=instance, DeviceIndex=2)  # fmt: skip


@claim("instance.delete-in-use", "An interface that is attached is not deleted", API.format("DeleteNetworkInterface"))
def delete_in_use(it):
    eni = it.interface()["NetworkInterfaceId"]
    it.attached(eni, it.instance()["InstanceId"])
    it.refused(("InvalidParameterValue", "InvalidNetworkInterface.InUse"), "DeleteNetworkInterface", NetworkInterfaceId=eni)


@claim("instance.kept-on-termination", "An interface that was attached later stays when its instance is terminated", ENI_GUIDE)
def kept_on_termination(it):
    eni, instance = it.interface()["NetworkInterfaceId"], it.own_instance()["InstanceId"]
    it.attached(eni, instance)
    it.equal("the flag", it.seen(eni)["Attachment"]["DeleteOnTermination"], False)
    it("TerminateInstances", InstanceIds=[instance])
    it.free(eni)


@claim("instance.deleted-on-termination", "The primary interface goes with its instance, and its Elastic IP stays allocated",
       GUIDE.format("'Terminate Amazon EC2 instances'"))  # fmt: skip
def deleted_on_termination(it):
    launched, address = it.own_instance(), it.allocate()["AllocationId"]
    primary = launched["NetworkInterfaces"][0]["NetworkInterfaceId"]
    it("AssociateAddress", AllocationId=address, NetworkInterfaceId=primary)
    it("TerminateInstances", InstanceIds=[launched["InstanceId"]])
    it.until("the interface is gone", lambda: it.status(primary) is None, 300)
    it.equal("an association", it.address(address).get("AssociationId"), None)


@claim("instance.stopped-keeps", "An instance that is stopped keeps its Elastic IP and its interfaces",
       GUIDE.format("'Stop and start Amazon EC2 instances'"))  # fmt: skip
def stopped_keeps(it):
    launched, address = it.own_instance(), it.allocate()["AllocationId"]
    primary = launched["NetworkInterfaces"][0]["NetworkInterfaceId"]
    it("AssociateAddress", AllocationId=address, NetworkInterfaceId=primary)
    it("StopInstances", InstanceIds=[launched["InstanceId"]])
    it.until("stopped", lambda: it.state(launched["InstanceId"]) == "stopped", 300)
    it.equal("the holder", it.address(address).get("InstanceId"), launched["InstanceId"])
    it("StartInstances", InstanceIds=[launched["InstanceId"]])
    it.until("running", lambda: it.state(launched["InstanceId"]) == "running", 300)
    it.equal("the holder", it.address(address).get("InstanceId"), launched["InstanceId"])


@claim("instance.pending-takes-none", "A pending instance takes no Elastic IP", "terraform-provider-aws, issue 21228")
def pending_takes_none(it):
    address, launched = it.allocate()["AllocationId"], it.launch()
    if it.state(launched["InstanceId"]) in (None, "pending"):
        it.refused(("InvalidInstanceID", "IncorrectInstanceState", "InvalidInstanceID.NotFound"), "AssociateAddress",
                   AllocationId=address, InstanceId=launched["InstanceId"])  # fmt: skip


@claim("instance.two-interfaces", "An instance with two interfaces is no target by its id", API.format("AssociateAddress"))
def two_interfaces(it):
    eni, instance, address = it.interface()["NetworkInterfaceId"], it.instance()["InstanceId"], it.allocate()
    it.attached(eni, instance)
    it.refused("InvalidInstanceID", "AssociateAddress", AllocationId=address["AllocationId"], InstanceId=instance)


@claim("instance.terminated-twice", "To terminate what is terminated is no error", API.format("TerminateInstances"))
def terminated_twice(it):
    instance = it.own_instance()["InstanceId"]
    for _ in range(2):
        it("TerminateInstances", InstanceIds=[instance])


@claim("instance.names-and-pages", "MaxResults and InstanceIds together are refused", API.format("DescribeInstances"))
def names_and_pages(it):
    instance = it.instance()["InstanceId"]
    it.refused("InvalidParameterCombination", "DescribeInstances", InstanceIds=[instance], MaxResults=5)
