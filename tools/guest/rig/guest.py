"""A guest: Debian's own systemd-networkd or NetworkManager, in namespaces for network, mounts and processes, on a root
file system of unpacked packages with a layer of its own. /sys is read-only, so that both wait for no udev."""

import os
import time

from processes import Failed, Space, run, start

PASSWD = "root:x:0:0::/root:/bin/sh\nsystemd-network:x:101:101::/:/bin/false\nmessagebus:x:102:102::/:/bin/false\n"
GROUP = "root:x:0:\nsystemd-network:x:101:\nmessagebus:x:102:\n"
NM_CONF = "[main]\nplugins=keyfile\ndhcp=internal\nauth-polkit=false\nno-auto-default=*\n[logging]\nlevel=INFO\n"
HERE = os.path.dirname(os.path.abspath(__file__))


class Guest(Space):
    """With `manager`: networkd or networkmanager."""

    def __init__(self, name, manager, root, logs):
        self.name, self.manager, self.logs = name, manager, logs
        self.processes = []
        super().__init__("--mount", "--pid", "--uts")
        self.root = f"{logs}/{name}.root"
        os.makedirs(self.root, exist_ok=True)
        self.enter = ("nsenter", "-t", self.pid, "-n", "-m", "-p")
        m = self.root
        self.run("sh", "-e", "-c", f"""
            mount --make-rprivate /
            mount -t tmpfs tmpfs {m}
            mkdir {m}/upper {m}/work {m}/root
            mount -t overlay overlay -o lowerdir={root},upperdir={m}/upper,workdir={m}/work {m}/root
            cd {m}/root
            mkdir -p proc sys run dev tmp root etc/holdfast var/lib/NetworkManager usr/local/lib
            mount -t proc proc proc
            mount -t sysfs -o ro sysfs sys
            mount -t tmpfs tmpfs run
            mount -t tmpfs -o mode=755 tmpfs dev
            mknod -m 666 dev/null c 1 3; mknod -m 666 dev/urandom c 1 9; mknod -m 666 dev/random c 1 8
            mkdir -p run/dbus run/systemd/netif/links run/systemd/netif/leases run/systemd/netif/lldp run/NetworkManager
            chown -R 101:101 run/systemd/netif
            ln -sf /run var/run""")
        self.inside = (*self.enter, "chroot", f"{m}/root")
        self.ip("link set lo up")
        self.write("/etc/passwd", PASSWD)
        self.write("/etc/group", GROUP)
        self.write("/etc/machine-id", f"{int.from_bytes(name.encode(), 'big'):032x}\n")
        self.sysctl(ipv6__conf__default__accept_ra=0)

    def sh(self, script, check=True, stdin=None):
        """A script inside, with nothing but the packages' own programs."""
        return run(*self.inside, "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "/bin/sh", "-c", script,
                   check=check, stdin=stdin)

    def write(self, path, text, mode=0o644):
        self.sh(f"mkdir -p {os.path.dirname(path)} && cat >{path} && chmod {mode:o} {path}", stdin=text)

    def begin(self):
        """Starts the bus and the network manager."""
        self.daemon("bus", "/usr/bin/dbus-daemon", "--system", "--nofork", "--nopidfile")
        self.wait("test -S /run/dbus/system_bus_socket", "the bus")
        if self.manager == "networkd":
            self.daemon("networkd", "/lib/systemd/systemd-networkd")
            self.wait("networkctl list", "networkd")
        else:
            self.write("/etc/NetworkManager/NetworkManager.conf", NM_CONF)
            self.daemon("nm", "/usr/sbin/NetworkManager", "--debug")
            self.wait("nmcli -t general status", "NetworkManager")
        self.processes.append(start("nsenter", "-t", self.pid, "-n", "python3", f"{HERE}/serve.py"))

    def daemon(self, name, *command):
        environment = ("/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_LOG_TARGET=console")
        self.processes.append(start(*self.inside, *environment, *command, log=f"{self.logs}/{self.name}-{name}.log"))

    def beside(self, name):
        """A process with the name of a network manager, as a container would have one: in another namespace."""
        self.sh(f"cp /bin/sleep /tmp/{name}")
        self.processes.append(start("nsenter", "-t", self.pid, "-m", "-p", "unshare", "--net", "chroot",
                                    f"{self.root}/root", f"/tmp/{name}", "1000"))

    def wait(self, script, what, seconds=10):
        end = time.monotonic() + seconds
        while self.sh(script, check=False).returncode:
            if time.monotonic() > end:
                raise Failed(f"{self.name}: {what} is not there after {seconds} s; see {self.logs}")
            time.sleep(0.02)

    def rp_filter(self, value):
        values = "/proc/sys/net/ipv4/conf/*/rp_filter"
        host = os.readlink("/proc/self/ns/net")
        self.run("sh", "-e", "-c", f'[ "$(readlink /proc/self/ns/net)" != "{host}" ]\n'
                                   f"for file in {values}; do echo {value} >$file; done")

    def state(self):
        """Everything that a kit may bring: rules, routes of all tables, addresses."""
        shown = [self.ip("-4 rule"), self.ip("-6 rule"), self.ip("-4 route show table all"),
                 self.ip("-6 route show table all"), self.ip("-o address")]
        # How long a route is still good changes by the second.
        lines = [" ".join(line.replace("\\", " ").split()) for text in shown for line in text.splitlines()]
        return sorted(line for line in lines if "fe80::" not in line and "ff00::/8" not in line)

    def gone(self, device):
        """Waits until the guest knows nothing of an interface any more."""
        self.wait(f"! test -e /sys/class/net/{device} && ! ip rule | grep -q '^2000:' && "
                  "! ip -6 rule | grep -q '^2000:'", f"the end of {device}")

    def check(self, grace=5):
        done = self.sh(f"/usr/local/lib/holdfast/check {grace}", check=False)
        return done.returncode, done.stdout.strip()

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        super().end()
        os.rmdir(self.root)
