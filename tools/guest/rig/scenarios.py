"""What is tried in each world."""

import json
import textwrap
import time

from vpc import Eni
from world import FLOATING

FAMILIES = {False: "IPv4", True: "IPv6"}
# What is in a line of rules, routes or addresses that came with a kit.
KIT = ("2000:", "table 20", "lookup 20", "10.42.0.100", "10.42.0.101", "10.42.0.20 ", "10.42.0.20/", "::100", "::20 ",
       "10.42.0.50", "10.42.0.90")
# The file that the runbook had before: its `Address=` puts a route into the main table.
OLD_FILE = """[Match]
MACAddress=02:00:00:00:00:64
[Network]
DHCP=no
IPv6AcceptRA=no
LinkLocalAddressing=no
Address=10.42.0.100/26
[RoutingPolicyRule]
From=10.42.0.100/32
Table=100
Priority=100
[Route]
Destination=10.42.0.64/26
Scope=link
Table=100
[Route]
Gateway=10.42.0.65
Table=100
"""
# What cloud-init 24 writes for a second interface when hotplug is on.
NETPLAN = """network:
  version: 2
  ethernets:
    eth1:
      match: {{macaddress: "{mac}"}}
      set-name: eth1
      dhcp4: true
      dhcp4-overrides: {{route-metric: 200, use-routes: true}}
      dhcp6: false
      routes:
      - {{to: 0.0.0.0/0, via: 10.42.0.65, table: 101}}
      - {{to: 10.42.0.64/26, scope: link, table: 101}}
      routing-policy:
      - {{from: 10.42.0.100, table: 101}}
"""


def matrix(world, report, guest, enis, what):
    """From everywhere to every address of a guest, for each value of rp_filter."""
    targets = {"the primary": world.primary[guest].addresses}
    for eni in enis:
        targets["its own subnet" if eni is world.apart else "the same subnet"] = eni.addresses
    for value in (0, 1, 2):
        world.guests[guest].rp_filter(value)
        found = world.flows([ip for ips in targets.values() for ip in ips])
        for name, ips in targets.items():
            for ipv6, family in FAMILIES.items():
                own = {key: ms for key, ms in found.items() if key[1] in ips and (":" in key[1]) == ipv6}
                mute = [f"{ip} from {client}" for (client, ip), ms in own.items() if ms is None]
                to = name if name == "the primary" else f"the floating address in {name}"
                report.check(f"{what}, rp_filter {value}: {to} answers in {family} ({len(own)} flows)", own and not mute,
                             ", ".join(mute))


def says(report, guest, what, code, word=""):
    found, text = guest.check(grace=5 if code in (0, 10) else 1)
    report.check(f"check on {what} says {code}", found == code and word in text, f"{found} {text}")


def same_state(report, guest, before, what):
    end = time.monotonic() + 3
    while (now := guest.state()) != before and time.monotonic() < end:
        time.sleep(0.05)
    more = sorted(set(now) ^ set(before))
    report.check(f"{what} leaves no address, rule or route behind", now == before, "; ".join(more[:4]))


def whole_life(world, report):
    """Attach, detach, attach elsewhere, both ways, several interfaces."""
    a, b = world.guests["a"], world.guests["b"]
    world.install(world.kit(world.answers()))
    before = {name: guest.state() for name, guest in world.guests.items()}
    says(report, a, "a standby", 10)
    for eni in world.floating:
        world.attach(eni, "a")
    matrix(world, report, "a", world.floating, "both on a")
    says(report, a, "the holder", 0)
    says(report, b, "the other one", 10)
    for eni in world.floating:
        world.vpc.detach(eni)
    same_state(report, a, before["a"], "detaching both")
    says(report, a, "a holder that was", 10)
    world.attach(world.apart, "b")
    world.attach(world.same, "a")
    matrix(world, report, "b", [world.apart], "one moved on to b")
    matrix(world, report, "a", [world.same], "the other one back on a")
    says(report, b, "the new holder", 0)
    undo(world, report, before)


def undo(world, report, before):
    """With an interface still there: everything that came with the kit goes."""
    for name, guest in world.guests.items():
        done = guest.sh("/usr/local/lib/holdfast/undo", check=False)
        report.check(f"undo on {name} ends well", done.returncode == 0, done.stderr)
        # The interface itself is still there; what it had before the kit is nobody's to take away.
        left = [line for line in guest.state() if line not in before[name]]
        kit = [line for line in left if any(word in line for word in KIT)]
        report.check(f"undo on {name} leaves no address, rule or route behind", not kit, "; ".join(kit[:4]))
        found = guest.sh("ls /etc/holdfast /usr/local/lib/holdfast /etc/systemd/network/05-* "
                         "/etc/NetworkManager/system-connections/holdfast-*", check=False).stdout
        report.check(f"undo on {name} leaves no file behind", not found.strip(), found)


def checks(world, report):
    """The self-check says what is wrong, and only then."""
    a, b = world.guests["a"], world.guests["b"]
    script = world.kit(world.answers())
    world.install(script)
    says(report, a, "a standby", 10)
    path = a.sh("sed -n 's/^file [^ ]* //p' /etc/holdfast/guest").stdout.split()[0]
    kept = a.sh(f"cat {path}").stdout
    mode = 0o600 if world.manager == "networkmanager" else 0o644
    a.sh(f"echo >>{path}")
    says(report, a, "a standby with a changed file", 11, "was changed")
    a.sh(f"rm {path}")
    says(report, a, "a standby without a file", 11, "is gone")
    # The right file, which the manager has not loaded.
    a.sh("rm -f /run/holdfast/loaded")
    a.write(path, kept, mode)
    if world.manager == "networkmanager":
        a.sh("nmcli connection delete id $(sed -n 's/^profile //p' /etc/holdfast/guest | head -n 1)")
        a.write(path, kept, mode)
    says(report, a, "a standby that has not loaded a file", 11, "has not loaded")
    a.sh("cat >/tmp/install && sh /tmp/install", stdin=script)
    says(report, a, "a standby that has loaded it again", 10)
    world.attach(world.apart, "a")
    says(report, a, "the holder right after an attachment", 0)
    a.ip("rule del from 10.42.0.101 priority 2000")
    says(report, a, "a holder without a rule", 1, "10.42.0.101")
    a.ip("rule add from 10.42.0.101 priority 2000 table 20100")
    says(report, a, "a holder that has it again", 0)
    a.ip("address del 10.42.0.101/32 dev eth1")
    says(report, a, "a holder without an address", 1, "10.42.0.101 is not on eth1")
    world.vpc.detach(world.apart)
    b.sh("rm /etc/holdfast/guest")
    says(report, b, "a guest without a kit", 11, "install the kit")
    found, _ = b.check(grace="soon")
    report.check("check with a grace that is no number cannot tell", found == 2, str(found))


def again(world, report):
    """A kit over an older one: what that had, and this has not, goes."""
    a = world.guests["a"]
    world.install(world.kit(world.answers()))
    both = world.floating
    world.floating = [world.apart]
    world.install(world.kit(world.answers()))
    world.floating = both
    files = a.sh("sed -n 's/^file [^ ]* //p' /etc/holdfast/guest; ls /etc/systemd/network "
                 "/etc/NetworkManager/system-connections", check=False).stdout
    report.check("the files of an interface that the group no longer has are gone", world.same.eni not in files, files)
    world.attach(world.apart, "a")
    matrix(world, report, "a", [world.apart], "after a second install")
    says(report, a, "the holder", 0)


def restarted(world, report):
    """The manager starts again, with an interface there."""
    a = world.guests["a"]
    world.install(world.kit(world.answers()))
    world.attach(world.apart, "a")
    says(report, a, "the holder", 0)
    number = a.sh("for p in /proc/[0-9]*; do read -r n <$p/comm; case $n in systemd-network|NetworkManager) "
                  "echo ${p#/proc/};; esac; done").stdout.split()[0]
    a.sh(f"kill {number}")
    time.sleep(1.2)
    a.daemon("again", *(["/lib/systemd/systemd-networkd"] if world.manager == "networkd"
                        else ["/usr/sbin/NetworkManager", "--no-daemon"]))
    a.wait("networkctl list" if world.manager == "networkd" else "nmcli -t general status", "the manager")
    says(report, a, "the holder after a restart", 0)
    matrix(world, report, "a", [world.apart], "after a restart")
    world.vpc.detach(world.apart)
    says(report, a, "a standby whose manager has started since", 10)


def private_ip(world, report):
    """The mover `ip`: the address is on every member, and EC2 delivers it to one."""
    ip = "10.42.0.50"
    before = {name: guest.state() for name, guest in world.guests.items()}
    world.install(world.kit(world.answers(by_ip=[ip])))
    moves(world, report, ip, world.primary["a"], world.primary["b"])
    for name, guest in world.guests.items():
        local = guest.ip("-o address show dev lo")
        report.check(f"{name} keeps 127.0.0.1", "127.0.0.1/8" in local, local)
    undo(world, report, before)
    for name, guest in world.guests.items():
        local = guest.ip("-o address show dev lo")
        report.check(f"{name} keeps 127.0.0.1 after the undo", "127.0.0.1/8" in local and "::1/128" in local, local)


def private_ip_on_second(world, report):
    """The same, to the second interface of each member."""
    ip = "10.42.0.90"
    second = [Eni(0x47, "second of a", FLOATING, ["10.42.0.71"]), Eni(0x48, "second of b", FLOATING, ["10.42.0.72"])]
    world.install(world.kit(world.answers(by_ip=[ip], second=second)))
    for eni, name in zip(second, "ab"):
        world.attach(eni, name)
    moves(world, report, ip, *second)


def moves(world, report, ip, on_a, on_b):
    """A private IP from a to b and back."""
    world.vpc.deliver(on_a, [ip])
    world.vpc.space.ip(f"rule add pref 100 iif {on_a.wire} from {ip} lookup main")
    on_a.addresses = [*on_a.addresses, ip]
    for source, target, name in ((on_a, on_a, "a"), (on_a, on_b, "b"), (on_b, on_a, "a")):
        if source is not target:
            world.vpc.move_ip(ip, source, target)
        for value in (0, 1, 2):
            world.guests[name].rp_filter(value)
            found = world.flows([ip, target.addresses[0], *world.primary[name].addresses[:2]])
            mute = [str(flow) for flow, ms in found.items() if ms is None]
            report.check(f"delivered to {name}, rp_filter {value}: it answers, and so does the guest ({len(found)} flows)",
                         not mute, ", ".join(mute))
    for name, guest in world.guests.items():
        says(report, guest, name, 10)


def beside_others(world, report):
    """Beside what others write for the same interface: netplan's own generator, given what cloud-init's hotplug gives
    it, and a file as amazon-ec2-net-utils has it."""
    a = world.guests["a"]
    a.write("/etc/netplan/50-cloud-init.yaml", NETPLAN.format(mac=world.apart.mac), 0o600)
    a.sh("/usr/libexec/netplan/generate")
    made = a.sh("cat /run/systemd/network/10-netplan-eth1.network").stdout
    report.check("netplan writes a file for the interface", "Table=101" in made and "DHCP=ipv4" in made, made)
    own = f"[Match]\nMACAddress={world.apart.mac}\n[Network]\nAddress=10.42.0.100/26\nGateway=10.42.0.65\n"
    a.write("/run/systemd/network/70-eth1.network", own)
    a.write("/run/systemd/network/70-eth1.network.d/eni.conf", "[Network]\nDHCP=yes\n")
    world.install(world.kit(world.answers()))
    world.attach(world.apart, "a")
    matrix(world, report, "a", [world.apart], "the kit's file wins")
    says(report, a, "the holder", 0)
    a.sh("networkctl reload")
    says(report, a, "the holder after a reload by somebody else", 0)


def old_file(world, report):
    """The file that the runbook had: it loses traffic, and this rig notices."""
    a = world.guests["a"]
    world.install(world.kit(world.answers()))
    a.sh("rm /etc/systemd/network/05-holdfast-*")
    a.write("/etc/systemd/network/10-floating.network", OLD_FILE)
    a.sh("networkctl reload")
    world.attach(world.apart, "a")
    world.floating = [world.apart]
    for value in (0, 1, 2):
        a.rp_filter(value)
        found = world.flows(["10.42.0.100", "10.42.0.10"], seconds=1.0)
        mute = {flow for flow, ms in found.items() if ms is None}
        lost = ("a neighbour of the floating", "10.42.0.10")
        report.check(f"rp_filter {value}: the primary does not answer a neighbour of the floating address", lost in mute,
                     str(found))
    says(report, a, "a holder with the old file", 1, "main table")


def parts(world, report):
    """A kit with a part taken out loses traffic, and this rig notices: each part is there for a reason."""
    a = world.guests["a"]
    script = world.kit(world.answers())
    world.floating = [world.apart]
    path = f"/etc/systemd/network/05-holdfast-{world.apart.eni}.network"
    for part, change in (("the rule of an address", "s/^From=10.42.0.100.32$/From=10.42.0.99/"),
                         ("the default route", "/^Gateway=10.42.0.65$/,$d"),
                         ("the table of a route", "/^Gateway=10.42.0.65$/,$s/^Table=.*/Table=20999/"),
                         ("`AddPrefixRoute=false`", "s/^AddPrefixRoute=false$//; s/^Address=10.42.0.100.32/Address=10.42.0.100\\/26/"),
                         ("the hardware address", "s/^MACAddress=.*/MACAddress=02:00:00:00:00:99/")):
        a.sh("cat >/tmp/install && sh /tmp/install", stdin=script)
        a.sh(f"sed -i '{change}' {path} && networkctl reload")
        world.attach(world.apart, "a")
        a.rp_filter(1)
        time.sleep(0.3)
        found = world.flows([*world.apart.addresses, *world.primary["a"].addresses], seconds=0.7)
        report.check(f"without {part} some flow is lost", None in found.values(), str(found))
        says(report, a, f"a holder without {part}", 1)
        world.vpc.detach(world.apart)
        a.gone("eth1")


def wrapped(world, report):
    """The same kit as a document of Systems Manager, and as user data. A container has managers of its own."""
    a = world.guests["a"]
    for name in ("NetworkManager", "systemd-network"):
        a.beside(name)
    before = a.state()
    document = json.loads(world.kit(world.answers(), "ssm"))
    lines = "\n".join(document["mainSteps"][0]["inputs"]["runCommand"])

    def action(word):
        return a.sh("cat >/tmp/command && sh /tmp/command", stdin=lines.replace("{{ Action }}", word), check=False)

    done = action("install")
    report.check("the document installs", done.returncode == 0 and "has loaded the kit" in done.stdout, done.stderr)
    done = action("check")
    report.check("the document's check is a success on a standby", done.returncode == 0 and "standby" in done.stdout,
                 done.stdout)
    world.attach(world.apart, "a")
    says(report, a, "the holder", 0)
    done = action("undo")
    report.check("the document undoes", done.returncode == 0 and "the kit is gone" in done.stdout, done.stderr)
    world.vpc.detach(world.apart)
    same_state(report, a, before, "the undo, and then the detachment,")
    text = world.kit(world.answers(), "cloud-init").split("  content: |\n")[1].split("runcmd:")[0]
    a.sh("cat >/tmp/command && sh /tmp/command", stdin=textwrap.dedent(text))
    says(report, a, "a standby that user data has prepared", 10)
    world.attach(world.apart, "a")
    says(report, a, "the holder", 0)


def no_file(world, report):
    """Without a kit the floating address never answers."""
    world.attach(world.apart, "a")
    world.guests["a"].ip("link set eth1 up")
    found = world.flows(world.apart.addresses, seconds=1.0)
    report.check("no flow to the floating address answers", all(ms is None for ms in found.values()), str(found))
    found = world.flows(world.primary["a"].addresses)
    report.check("every flow to the primary address answers", all(ms is not None for ms in found.values()), str(found))


ALL = [
    ("systemd-networkd, mover eni", "networkd", whole_life),
    ("systemd-networkd, the check", "networkd", checks),
    ("systemd-networkd, a second install", "networkd", again),
    ("systemd-networkd, a restart", "networkd", restarted),
    ("systemd-networkd, mover ip", "networkd", private_ip),
    ("systemd-networkd, mover ip to a second interface", "networkd", private_ip_on_second),
    ("systemd-networkd, beside the files of the system", "networkd", beside_others),
    ("systemd-networkd, the old file of the runbook", "networkd", old_file),
    ("systemd-networkd, document and user data", "networkd", wrapped),
    ("systemd-networkd, a part taken out", "networkd", parts),
    ("systemd-networkd, no file", "networkd", no_file),
    ("NetworkManager, mover eni", "networkmanager", whole_life),
    ("NetworkManager, the check", "networkmanager", checks),
    ("NetworkManager, a second install", "networkmanager", again),
    ("NetworkManager, document and user data", "networkmanager", wrapped),
    ("NetworkManager, a restart", "networkmanager", restarted),
    ("NetworkManager, mover ip", "networkmanager", private_ip),
    ("NetworkManager, mover ip to a second interface", "networkmanager", private_ip_on_second),
]
