"""Takes away what runs of the suite have made: found by their tag, whose runs the journal knows, and nothing else."""

from account import TAG, Refused


def clean(account, runs, keep=()):
    """What was taken away, by id."""
    client, gone = account.client, []
    mine = [{"Name": f"tag:{TAG}", "Values": sorted(runs)}]
    instances = [
        each["InstanceId"]
        for page in client.get_paginator("describe_instances").paginate(Filters=mine)
        for reservation in page["Reservations"]
        for each in reservation["Instances"]
        if each["State"]["Name"] not in ("terminated",) and each["InstanceId"] not in keep
    ]
    if instances:
        client.terminate_instances(InstanceIds=instances)
        wait(account, lambda: all(state == "terminated" for state in states(client, instances)), "instances to end")
        gone += instances
    for each in client.describe_addresses(Filters=mine)["Addresses"]:
        if "AssociationId" in each:
            tolerant(client.disassociate_address, AssociationId=each["AssociationId"])
        wait(account, lambda each=each: tolerant(client.release_address, AllocationId=each["AllocationId"]), "a release")
        gone.append(each["AllocationId"])
    pages = client.get_paginator("describe_network_interfaces").paginate(Filters=mine)
    for each in [each for page in pages for each in page["NetworkInterfaces"]]:
        eni, attachment = each["NetworkInterfaceId"], each.get("Attachment")
        if attachment and attachment.get("DeviceIndex") == 0:
            continue
        if attachment and attachment["Status"] in ("attaching", "attached"):
            wait(account, lambda: tolerant(client.detach_network_interface, AttachmentId=attachment["AttachmentId"]), "a detach")
        wait(account, lambda eni=eni: tolerant(client.delete_network_interface, NetworkInterfaceId=eni), "a deletion")
        gone.append(eni)
    for each in client.describe_security_groups(Filters=mine)["SecurityGroups"]:
        tolerant(client.delete_security_group, GroupId=each["GroupId"])
        gone.append(each["GroupId"])
    return gone


def left(account, runs):
    """What is still there of these runs."""
    client = account.client
    mine = [{"Name": f"tag:{TAG}", "Values": sorted(runs)}]
    found = [each["AllocationId"] for each in client.describe_addresses(Filters=mine)["Addresses"]]
    found += [each["NetworkInterfaceId"] for each in client.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]]
    for reservation in client.describe_instances(Filters=mine)["Reservations"]:
        found += [each["InstanceId"] for each in reservation["Instances"] if each["State"]["Name"] != "terminated"]
    return found


def states(client, instances):
    found = client.describe_instances(InstanceIds=instances)["Reservations"]
    return [each["State"]["Name"] for reservation in found for each in reservation["Instances"]]


def tolerant(call, **parameters):
    """Whether it is done: carried out, or nothing is there any more."""
    try:
        call(**parameters)
    except call.__self__.exceptions.ClientError as error:
        return error.response["Error"]["Code"].endswith(".NotFound")
    return True


def wait(account, is_done, what):
    for _ in range(300):
        if is_done():
            return
        account.sleep(2)
    raise Refused("Timeout", f"cleaning waits for {what}")
