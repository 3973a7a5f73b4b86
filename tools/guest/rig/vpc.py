"""A VPC as a guest sees it: a router in a namespace of its own, with one wire to each interface.

What EC2 does, and how it is done here:
- it delivers an address to the interface that has it, and asks nobody: a route and a fixed neighbour for each address;
- it drops what leaves an interface with another source than the interface's own (the source check): routing rules by
  wire and source, the last of which drops;
- it answers for every neighbour of a subnet: `proxy_arp`, and a neighbour proxy for each address in IPv6;
- its router is the first address after the base of a subnet, and fe80:ec2::1."""

from processes import Space

INTERNET = ("203.0.113.9", "2001:db8:ffff::9")


class Eni:
    """An interface: its hardware address stays, the wire is a new one at each attachment."""

    def __init__(self, number, name, subnet, addresses):
        self.number, self.name, self.subnet, self.addresses = number, name, subnet, addresses
        self.mac = f"02:00:00:00:00:{number:02x}"
        self.eni = f"eni-000000000000000{number:02x}"
        self.wire = f"vpc{number}"
        self.holder = None


class Vpc:
    def __init__(self, routers):
        self.space = Space()
        self.enis = {}
        self.space.ip("link set lo up")
        self.space.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1, ipv4__conf__all__rp_filter=0,
                          ipv4__conf__default__rp_filter=0, ipv6__conf__default__accept_dad=0,
                          ipv6__conf__all__accept_dad=0, ipv4__conf__default__proxy_arp=1,
                          ipv6__conf__default__proxy_ndp=1, ipv6__conf__all__proxy_ndp=1)
        self.space.batch([f"-4 address add {ip}/32 dev lo" for ip in routers])

    def attach(self, eni, space, device):
        """Makes the wire, and puts its other end into a guest: the moment at which the interface is there."""
        self.space.ip(self.prepare(eni, space, device))

    def prepare(self, eni, space, device):
        """All but the last step, which is the command that is returned."""
        end = f"new{eni.number}"
        v4 = [ip for ip in eni.addresses if ":" not in ip]
        v6 = [ip for ip in eni.addresses if ":" in ip]
        self.space.run("sh", "-e", "-c", f"""
            ip link add {eni.wire} type veth peer name {end} address {eni.mac}
            ip link set {eni.wire} up
            ip address add fe80:ec2::1/64 dev {eni.wire} nodad""")
        # EC2 answers for a neighbour at once; a Linux proxy waits up to 0.8 s.
        self.space.sysctl(**{f"{family}__neigh__{eni.wire}__proxy_delay": 0 for family in ("ipv4", "ipv6")})
        self.space.batch(
            [f"-4 rule add pref 100 iif {eni.wire} from {ip} lookup main" for ip in v4]
            + [f"-6 rule add pref 100 iif {eni.wire} from {ip} lookup main" for ip in v6]
            + [f"{family} rule add pref 200 iif {eni.wire} blackhole" for family in ("-4", "-6")])
        self.deliver(eni, eni.addresses)
        others = [ip for other in self.enis.values() if other is not eni for ip in other.addresses if ":" in ip]
        wires = [other.wire for other in self.enis.values() if other is not eni]
        self.space.batch([f"-6 neigh add proxy {ip} dev {eni.wire}" for ip in others]
                         + [f"-6 neigh replace proxy {ip} dev {wire}" for ip in v6 for wire in wires])
        self.enis[eni.name] = eni
        eni.holder = space
        return f"link set {end} name {device} netns {space.pid}"

    def deliver(self, eni, addresses):
        lines = []
        for ip in addresses:
            family = "-6" if ":" in ip else "-4"
            lines.append(f"{family} route replace {ip} dev {eni.wire}")
            lines.append(f"{family} neigh replace {ip} lladdr {eni.mac} dev {eni.wire} nud permanent")
        self.space.batch(lines)

    def detach(self, eni):
        self.space.ip(f"link del {eni.wire}")
        self.space.run("sh", "-c", f"""for family in -4 -6; do
            for pref in 100 200; do while ip $family rule del pref $pref iif {eni.wire} 2>/dev/null; do :; done; done
        done""")
        del self.enis[eni.name]
        eni.holder = None

    def move_ip(self, ip, source, target):
        """AssignPrivateIpAddresses with reassignment."""
        family = "-6" if ":" in ip else "-4"
        self.space.ip(f"{family} rule del pref 100 iif {source.wire} from {ip}")
        self.space.ip(f"{family} rule add pref 100 iif {target.wire} from {ip} lookup main")
        source.addresses = [it for it in source.addresses if it != ip]
        target.addresses = [*target.addresses, ip]
        self.deliver(target, [ip])


class Host:
    """Somebody with one interface: a neighbour, or the internet."""

    def __init__(self, vpc, eni, gateway):
        self.space, self.eni = Space(), eni
        self.space.ip("link set lo up")
        self.space.sysctl(ipv6__conf__default__accept_dad=0)
        vpc.attach(eni, self.space, "eth0")
        self.space.ip("link set eth0 up")
        for ip in eni.addresses:
            bits = f"/{eni.subnet[1 if ':' in ip else 0].split('/')[1]}" if eni.subnet else ("/128" if ":" in ip else "/32")
            self.space.ip(f"address add {ip}{bits} dev eth0" + (" nodad" if ":" in ip else ""))
        self.space.ip(f"route add default via {gateway} dev eth0 onlink")
        self.space.ip("-6 route add default via fe80:ec2::1 dev eth0")
