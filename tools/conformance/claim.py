"""What a claim is: a few calls, what is expected of them, and the source of that."""

from account import Refused

CLAIMS = []


class Broken(Exception):
    """EC2 did otherwise."""


class Claim:
    def __init__(self, name, says, source, does, settles=None, readings=()):
        self.name, self.says, self.source, self.does = name, says, source, does
        self.settles, self.readings = settles, readings


def claim(name, says, source):
    """What EC2 does, and where that stands."""

    def note(does):
        CLAIMS.append(Claim(name, says, source, does))
        return does

    return note


def doubt(name, says, source, settles, readings):
    """What nobody knows: the calls return which of the readings it is. `settles` is a setting of the simulator."""

    def note(does):
        CLAIMS.append(Claim(name, says, source, does, settles, readings))
        return does

    return note


class Trial:
    """One claim under way: fixtures, calls, expectations."""

    def __init__(self, account):
        self.account = account

    def __call__(self, action, **parameters):
        return self.account(action, **parameters)

    # Expectations

    def equal(self, what, got, wanted):
        if got != wanted:
            raise Broken(f"{what}: {got!r}, not {wanted!r}")

    def refused(self, codes, action, **parameters):
        """The code with which a call is refused, which has to be one of these."""
        codes = (codes,) if isinstance(codes, str) else codes
        try:
            self(action, **parameters)
        except Refused as refusal:
            if refusal.code not in codes:
                raise Broken(f"{action}: {refusal}, not {' or '.join(codes)}") from refusal
            return refusal.code
        raise Broken(f"{action} went through, and {' or '.join(codes)} was expected")

    def code(self, action, **parameters):
        """The code of a refusal; `OK` where there is none."""
        try:
            self(action, **parameters)
        except Refused as refusal:
            return refusal.code
        return "OK"

    def until(self, what, seen, seconds=120):
        """Looks until something is seen, and returns it."""
        for _ in range(seconds):
            found = seen()
            if found:
                return found
            self.account.sleep(1)
        raise Broken(f"{what}: not within {seconds} seconds")

    # Fixtures

    def allocate(self, **parameters):
        return self("AllocateAddress", Domain="vpc", **parameters)

    def interface(self, **parameters):
        made = self("CreateNetworkInterface", SubnetId=self.account.options.subnet, **parameters)["NetworkInterface"]
        self.until("an interface that is there", lambda: self.status(made["NetworkInterfaceId"]) == "available")
        return made

    def instance(self, number=0):
        """A running one, which later claims use again."""
        while len(self.account.pool) <= number:
            self.account.pool.append(self.own_instance()["InstanceId"])
        return self.described(self.account.pool[number])

    def own_instance(self):
        """A running one of this claim alone."""
        launched = self.launch()
        self.until("a running instance", lambda: self.state(launched["InstanceId"]) == "running", 300)
        return self.described(launched["InstanceId"])

    def launch(self):
        """One that has just been asked for."""
        options = self.account.options
        return self("RunInstances", ImageId=options.image, InstanceType=options.type, MinCount=1, MaxCount=1,
                    SubnetId=options.subnet)["Instances"][0]  # fmt: skip

    # Reads

    def described(self, instance):
        found = self("DescribeInstances", InstanceIds=[instance])["Reservations"]
        return found[0]["Instances"][0]

    def state(self, instance):
        try:
            return self.described(instance)["State"]["Name"]
        except Refused:
            return None

    def seen(self, interface):
        return self("DescribeNetworkInterfaces", NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]

    def status(self, interface):
        try:
            return self.seen(interface)["Status"]
        except Refused:
            return None

    def attachment(self, interface):
        return self.seen(interface).get("Attachment", {}).get("Status")

    def address(self, allocation):
        return self("DescribeAddresses", AllocationIds=[allocation])["Addresses"][0]

    # Deeds

    def attached(self, interface, instance):
        """Attached and come to rest: the attachment."""
        made = self("AttachNetworkInterface", NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1)
        self.until("attached", lambda: self.attachment(interface) == "attached")
        return made["AttachmentId"]

    def free(self, interface):
        self.until("free", lambda: self.attachment(interface) is None and self.status(interface) == "available", 300)
