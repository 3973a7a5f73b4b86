"""One world: a VPC with two guests, a neighbour in each subnet, and the internet; and what the group has in it, as EC2
would say it. The kit of the guests is made from that, by the same program as `make guest`."""

import json
import os
import shutil
import subprocess

from guest import Guest
from processes import Failed, run
from vpc import INTERNET, Eni, Host, Vpc

HOSTS = ("10.42.0.0/26", "2001:db8:42::/64")
FLOATING = ("10.42.0.64/26", "2001:db8:42:1::/64")
NAMES = {HOSTS: "subnet-00000000000000001", FLOATING: "subnet-00000000000000002"}
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(f"{HERE}/../../..")

PRIMARY = {"networkd": ("/etc/systemd/network/10-primary.network", 0o644, """[Match]
MACAddress={mac}
[Network]
Address={v4}/26
Gateway=10.42.0.1
LinkLocalAddressing=ipv6
IPv6AcceptRA=no
IPv6DuplicateAddressDetection=0
Address={v6}/64
Gateway=fe80:ec2::1
"""), "networkmanager": ("/etc/NetworkManager/system-connections/primary.nmconnection", 0o600, """[connection]
id=primary
uuid=00000000-0000-4000-8000-0000000000{number:02x}
type=ethernet
[ethernet]
mac-address={mac}
[ipv4]
method=manual
address1={v4}/26,10.42.0.1
[ipv6]
method=manual
addr-gen-mode=eui64
address1={v6}/64
gateway=fe80:ec2::1
""")}


class World:
    def __init__(self, manager, root, folder):
        self.manager, self.folder = manager, folder
        os.makedirs(folder, exist_ok=True)
        self.vpc = Vpc(["10.42.0.1", "10.42.0.65"])
        self.internet = Host(self.vpc, Eni(0xf9, "internet", None, list(INTERNET)), "10.42.0.1")
        self.near = Host(self.vpc, Eni(0x1e, "near", HOSTS, ["10.42.0.30", "2001:db8:42::30"]), "10.42.0.1")
        self.far = Host(self.vpc, Eni(0x46, "far", FLOATING, ["10.42.0.70", "2001:db8:42:1::70"]), "10.42.0.65")
        self.clients = {"the internet": self.internet, "a neighbour of the hosts": self.near,
                        "a neighbour of the floating": self.far}
        self.primary = {"a": Eni(0x0a, "a", HOSTS, ["10.42.0.10", "2001:db8:42::10"]),
                        "b": Eni(0x0b, "b", HOSTS, ["10.42.0.11", "2001:db8:42::11"])}
        # In a subnet of its own, with a second address; and in the subnet of the guests.
        self.apart = Eni(0x64, "apart", FLOATING, ["10.42.0.100", "10.42.0.101", "2001:db8:42:1::100"])
        self.same = Eni(0x14, "same", HOSTS, ["10.42.0.20", "2001:db8:42::20"])
        self.guests = {name: Guest(name, manager, root, folder) for name in self.primary}
        self.floating = [self.apart, self.same]

    def begin(self):
        for name, guest in self.guests.items():
            own = self.primary[name]
            path, mode, text = PRIMARY[self.manager]
            guest.write(path, text.format(mac=own.mac, v4=own.addresses[0], v6=own.addresses[1], number=own.number), mode)
            self.vpc.attach(own, guest, "eth0")
            guest.begin()
        for name, guest in self.guests.items():
            v4, v6 = self.primary[name].addresses[:2]
            guest.wait(f"ip -o address | grep -q {v4}/ && ip -6 -o address show scope global -tentative | grep -q {v6}/",
                       "its primary address")

    def answers(self, by_ip=(), second=()):
        """What EC2 says of the group. Interfaces float, or else the private IPs `by_ip` do: those of the primary
        interface of a, or of the first of `second`, where each guest has a second interface of its own."""
        tag = [{"Key": "holdfast:group", "Value": "web"}]
        staying = tag + [{"Key": "holdfast:mover", "Value": "ip"}] if by_ip else []
        holder = second[0] if second else self.primary["a"]
        seats = [(eni, f"i-0000000000000000{name}", index) for index, enis in ((0, self.primary.values()), (1, second))
                 for name, eni in zip("ab", enis)]
        interfaces = [self.described(eni, staying if eni is holder else [], instance, index,
                                     by_ip if eni is holder else ()) for eni, instance, index in seats]
        if not by_ip:
            interfaces += [self.described(eni, tag) for eni in self.floating]
        return {"NetworkInterfaces": interfaces,
                "Subnets": [{"SubnetId": name, "CidrBlock": ranges[0], "Ipv6CidrBlockAssociationSet": [
                    {"Ipv6CidrBlock": ranges[1], "Ipv6CidrBlockState": {"State": "associated"}}]}
                    for ranges, name in NAMES.items()],
                "Instances": [{"InstanceId": f"i-0000000000000000{name}", "State": {"Name": "running"}, "Tags": tag}
                              for name in self.primary],
                "Addresses": []}

    @staticmethod
    def described(eni, tags, instance=None, index=0, secondary=()):
        v4 = [ip for ip in [*eni.addresses, *secondary] if ":" not in ip]
        described = {"NetworkInterfaceId": eni.eni, "MacAddress": eni.mac, "SubnetId": NAMES[eni.subnet],
                     "PrivateIpAddresses": [{"PrivateIpAddress": ip, "Primary": ip == v4[0]} for ip in v4],
                     "Ipv6Addresses": [{"Ipv6Address": ip} for ip in eni.addresses if ":" in ip], "TagSet": tags}
        if instance:
            described["Attachment"] = {"AttachmentId": f"eni-attach-{eni.number:x}", "InstanceId": instance,
                                       "DeviceIndex": index}
        return described

    def kit(self, answers, what=None):
        """The install script, as `make guest` makes it."""
        out = f"{self.folder}/kit"
        shutil.rmtree(out, ignore_errors=True)
        binary = os.environ.get("GUEST_KIT", f"{os.environ.get('CARGO_TARGET_DIR', f'{TOP}/target')}/debug/guest-kit")
        made = subprocess.run([binary, "web", what or self.manager, out], input=json.dumps(answers), text=True,
                              capture_output=True)
        if made.returncode:
            raise Failed(made.stderr)
        with open(made.stdout.splitlines()[0]) as file:
            return file.read()

    def install(self, script):
        for guest in self.guests.values():
            done = guest.sh("cat >/tmp/install && sh /tmp/install", stdin=script, check=False)
            if done.returncode:
                raise Failed(f"{guest.name}: the kit cannot be installed: {done.stdout}{done.stderr}")

    def attach(self, eni, name):
        # As udev names it on a guest that has this one next.
        self.vpc.attach(eni, self.guests[name], f"eth{1 + (eni is self.same)}")

    def flows(self, targets, seconds=5.0):
        """Who reaches which of these addresses, from everywhere: {(client, ip): milliseconds or None}."""
        asked = {}
        for client, host in self.clients.items():
            sources = host.eni.addresses
            asked[client] = [[sources[1 if ":" in ip else 0], ip, seconds] for ip in targets]
        running = [(client, subprocess.Popen([*self.clients[client].space.enter, "python3", f"{HERE}/probe.py"],
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
                   for client in asked]
        for client, process in running:
            process.stdin.write(json.dumps(asked[client]))
            process.stdin.close()
        found = {}
        for client, process in running:
            answers = json.loads(process.stdout.read())
            process.wait()
            found.update({(client, flow[1]): answer for flow, answer in zip(asked[client], answers)})
        return found

    def end(self):
        for guest in self.guests.values():
            guest.end()
        for host in self.clients.values():
            host.space.end()
        self.vpc.space.end()
