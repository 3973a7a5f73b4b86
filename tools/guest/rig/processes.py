"""Processes and namespaces. A namespace lives as long as the process that holds it, and that dies with this one: the
machine is left as it was, however the rig ends. Nothing is written to the machine's own network: `sysctl` refuses."""

import ctypes
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A command failed that must not."""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*command, check=True, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if check and done.returncode:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def start(*command, log=None):
    out = open(log, "ab") if log else subprocess.DEVNULL
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent)


def host_netns():
    return os.readlink("/proc/self/ns/net")


class Space:
    """A network namespace, held by a process."""

    def __init__(self, *wrap):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--fork", "--kill-child", *wrap, "sh", "-c", "echo $$; exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.holder.stdout.readline()
        child = open(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read().split()[0]
        self.pid = child
        if os.readlink(f"/proc/{child}/ns/net") == host_netns():
            raise Failed("the new namespace is the machine's own")
        self.enter = ("nsenter", "-t", self.pid, "-n")

    def run(self, *command, **more):
        return run(*self.enter, *command, **more)

    def ip(self, command, **more):
        return self.run("ip", *command.split(), **more).stdout

    def batch(self, lines):
        """Several `ip` commands in one process."""
        for family in ("-4", "-6"):
            own = "\n".join(line[3:] for line in lines if line.startswith(family + " "))
            if own:
                self.run("ip", family, "-batch", "-", stdin=own + "\n")

    def sysctl(self, **values):
        """Writes below /proc/sys/net, as a process of this namespace sees it; `__` stands for a slash."""
        lines = "".join(f'echo {value} >"/proc/sys/net/{key.replace("__", "/")}"\n' for key, value in values.items())
        here = f'[ "$(readlink /proc/self/ns/net)" != "{host_netns()}" ] || exit 9\n'
        self.run("sh", "-e", "-c", here + lines)

    def start(self, *command, **more):
        return start(*self.enter, *command, **more)

    def end(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
