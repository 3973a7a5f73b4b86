"""Debian's packages, unpacked below target/: nothing is installed, no script of a package runs.

packages.txt pins each by version and SHA-256. apt fetches that version. Where the mirror no longer has it, apt fetches
the one that Debian has now (apt checks its signature), and the rig says so: a rig that tests a newer point release is
worth more than none. apt works in folders of its own, with Debian's key and the sources of Debian 12."""

import hashlib
import os
import shutil
import subprocess

from processes import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
PINS = os.path.join(HERE, "packages.txt")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCES = """deb [signed-by={key}] http://deb.debian.org/debian bookworm main
deb [signed-by={key}] http://deb.debian.org/debian bookworm-updates main
deb [signed-by={key}] http://deb.debian.org/debian-security bookworm-security main
"""


def pins():
    lines = [line.split() for line in open(PINS) if line.strip() and not line.startswith("#")]
    return {name: (version, architecture, sha) for name, version, architecture, sha in lines}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def why_not():
    """Why this machine cannot fetch them, or None."""
    for tool in ("apt-get", "apt-config", "dpkg-deb"):
        if not shutil.which(tool):
            return f"there is no {tool}: Debian's packages cannot be fetched"
    if not os.path.exists(KEYRING):
        return f"there is no {KEYRING}: Debian's packages cannot be trusted"
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
    if architecture != "amd64":
        return f"the packages are pinned for amd64, and this machine is {architecture}"
    return None


class Apt:
    """apt in folders of its own, with the machine's own proxy and mirror settings."""

    def __init__(self, folder):
        self.folder = folder
        for part in ("state/lists/partial", "cache/archives/partial"):
            os.makedirs(f"{folder}/{part}", exist_ok=True)
        with open(f"{folder}/sources.list", "w") as file:
            file.write(SOURCES.format(key=KEYRING))
        open(f"{folder}/status", "w").close()
        options = {"Dir::State": f"{folder}/state", "Dir::State::status": f"{folder}/status",
                   "Dir::Cache": f"{folder}/cache", "Dir::Etc::sourcelist": f"{folder}/sources.list",
                   "Dir::Etc::sourceparts": "-", "Dir::Etc::preferences": "-", "Dir::Etc::preferencesparts": "-",
                   "APT::Architecture": "amd64", "APT::Sandbox::User": "root"}
        self.options = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]

    def get(self, *words, cwd=None):
        done = subprocess.run(["apt-get", "-qq", *self.options, *words], capture_output=True, text=True, cwd=cwd)
        if done.returncode:
            raise Failed(f"apt-get {words[0]}: {done.stderr.strip()}")


def fetch(folder):
    """The files of all packages. Says what is not the pinned version."""
    debs = f"{folder}/debs"
    os.makedirs(debs, exist_ok=True)
    wanted = pins()
    path = {name: f"{debs}/{name}_{version.replace(':', '%3a')}_{architecture}.deb"
            for name, (version, architecture, _) in wanted.items()}
    missing = [name for name in wanted if not os.path.exists(path[name]) or sha256(path[name]) != wanted[name][2]]
    if not missing:
        return list(path.values()), []
    apt = Apt(f"{folder}/apt")
    apt.get("update")
    try:
        apt.get("download", *(f"{name}={wanted[name][0]}" for name in missing), cwd=debs)
        newer = []
    except Failed:
        newer = [name for name in missing if not one(apt, f"{name}={wanted[name][0]}", debs)]
    for name in set(missing) - set(newer):
        if sha256(path[name]) != wanted[name][2]:
            os.remove(path[name])
            raise Failed(f"{name} {wanted[name][0]} has another checksum than the one in {PINS}")
    notes = []
    for name in newer:
        own = f"{debs}/now"
        shutil.rmtree(own, ignore_errors=True)
        os.makedirs(own)
        apt.get("download", name, cwd=own)
        file = os.listdir(own)[0]
        path[name] = f"{debs}/{file}"
        os.replace(f"{own}/{file}", path[name])
        notes.append(f"{name}: the mirror has no {wanted[name][0]} any more; this is {file}. Pin it anew.")
    return list(path.values()), notes


def one(apt, name, folder):
    try:
        apt.get("download", name, cwd=folder)
        return True
    except Failed:
        return False


def unpack(folder):
    """The root file system of the guests."""
    files, notes = fetch(folder)
    key = hashlib.sha256("\n".join(sorted(map(os.path.basename, files))).encode()).hexdigest()[:12]
    root = f"{folder}/root-{key}"
    if not os.path.exists(f"{root}/.done"):
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        for file in files:
            subprocess.run(["dpkg-deb", "-x", file, root], check=True)
        # Debian merges them by a script of a package.
        for name in ("bin", "sbin", "lib", "lib64"):
            if os.path.isdir(f"{root}/{name}") and not os.path.islink(f"{root}/{name}"):
                os.makedirs(f"{root}/usr/{name}", exist_ok=True)
                subprocess.run(["cp", "-a", f"{root}/{name}/.", f"{root}/usr/{name}/"], check=True)
                shutil.rmtree(f"{root}/{name}")
                os.symlink(f"usr/{name}", f"{root}/{name}")
        open(f"{root}/.done", "w").close()
    return root, notes
