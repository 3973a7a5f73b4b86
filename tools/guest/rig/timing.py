"""How long from the moment that the kernel of a guest shows an interface to the first packet that somebody on the internet gets
back from its address: ICMP echo, one request each half millisecond. One line for each manager and family, of as many
attachments as asked for; and the same guest without the kit, where nothing ever comes back."""

import json
import statistics
import subprocess
import sys

import packages
from world import HERE, World

LIMIT = 6.0


def once(world, limit):
    """Attaches the interface apart; the milliseconds for IPv4 and IPv6, or None for never."""
    targets = [world.apart.addresses[0], world.apart.addresses[-1]]
    sources = world.internet.eni.addresses
    probe = subprocess.Popen([*world.internet.space.enter, "python3", f"{HERE}/ping.py", str(limit), *sources, *targets],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    last = world.vpc.prepare(world.apart, world.guests["a"], "eth1")
    arrival = subprocess.Popen(["nsenter", "-t", world.guests["a"].pid, "-n", "python3", f"{HERE}/arrival.py", "eth1"],
                               stdout=subprocess.PIPE, text=True)
    for one in (probe, arrival):
        one.stdout.readline()
    probe.stdin.write("\n")
    probe.stdin.flush()
    world.vpc.space.ip(last)
    there = float(arrival.stdout.readline())
    answers = [at and (at - there) * 1000 for at in json.loads(probe.stdout.read())]
    for one in (probe, arrival):
        one.wait()
    world.vpc.detach(world.apart)
    world.guests["a"].gone("eth1")
    return answers


def measure(manager, kit, detection, root, folder, times):
    world = World(manager, root, f"{folder}/logs/timing")
    try:
        world.begin()
        world.floating = [world.apart]
        if not detection:
            world.guests["a"].sysctl(ipv6__conf__default__accept_dad=0)
        if kit:
            world.install(world.kit(world.answers()))
        found = [once(world, LIMIT if kit else 0.3) for _ in range(times)]
    finally:
        world.end()
    return list(zip(*found))


def shown(values):
    never = sum(value is None for value in values)
    if never == len(values):
        return "never", "never"
    if never:
        return "never", f"never ({never} of {len(values)})"
    return f"{statistics.median(values):.1f} ms", f"{max(values):.1f} ms"


def table(root, folder, times):
    print(f"| guest | family | median of {times} | worst of {times} |")
    print("| --- | --- | ---: | ---: |")
    bad = False
    for title, manager, kit, detection in (
            ("systemd-networkd 252 with the kit", "networkd", True, True),
            ("systemd-networkd 252 without it", "networkd", False, True),
            ("NetworkManager 1.42 with the kit", "networkmanager", True, True),
            ("NetworkManager 1.42 with the kit, and `accept_dad` 0", "networkmanager", True, False),
            ("NetworkManager 1.42 without it", "networkmanager", False, True)):
        for family, values in zip(("IPv4", "IPv6"), measure(manager, kit, detection, root, folder, times)):
            median, worst = shown(values)
            print(f"| {title} | {family} | {median} | {worst} |")
            sys.stdout.flush()
            bad = bad or ("never" in worst) == kit
    return bad


def main(folder, times):
    root, notes = packages.unpack(folder)
    for note in notes:
        print(f"note: {note}")
    sys.exit(1 if table(root, folder, times) else 0)
