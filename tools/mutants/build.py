"""Makes the copy of the project that has all mutants in it, and builds its tests once."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from schemata import Schemata

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# What a report says is held by tests that read reports; samples and fixtures are tests themselves.
LEFT_OUT = ["*/tests/*", "*/tests.rs", "*samples*", "*fixtures*", "*messages*", "*lib.rs", "report*", "aws/lambda*", "cloud*"]
# Each part is one crate: where its sources lie, its name, and what its files are called before their own path.
ENGINE = ("shared/src/", "holdfast", "")
ADAPTERS = ("shared/aws/src/", "holdfast-aws", "aws/")
LEFT_OUT += ["clock.rs", "ports.rs", "error.rs", "model/ids.rs", "ledger/memory.rs"]
# The tests that reach the AWS adapters, as program/module of the tests crate.
ADAPTERS_TESTS = ["wire/cloud_contract", "wire/ledger_contract"]
ZERO = re.compile(r"\bconst ([A-Z][A-Z_0-9]{2,}): \w+ = 0;")
TEXT = re.compile(r"\bconst ([A-Z][A-Z_0-9]{2,}): &")
MOVED = re.compile(r"^(?:use|borrow) of (?:partially )?moved value: `(\w+)`")
MARK = re.compile(rb"/\*(<)?([0-9_]+)(>)?\*/")


def run(command, **more):
    return subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, **more)


class Copy:
    """The copy in `target/mutants`, and what has been learnt about it."""

    def __init__(self, place, with_aws, programs=(), edits=None):
        self.place = place
        self.tree = place / "tree"
        self.with_aws = with_aws
        self.sources, self.package, self.prefix = ADAPTERS if with_aws else ENGINE
        self.programs = programs or (ADAPTERS_TESTS if with_aws else [])
        self.excluded_file = place / "excluded.json"
        self.mutants = []
        # By hand, for each file below the root: text and what stands there instead.
        self.edits = edits or {}
        place.mkdir(parents=True, exist_ok=True)

    def environment(self):
        # The adapters' copy uses the AWS SDK that is compiled already.
        own = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") if self.with_aws else self.place / "target"
        return dict(os.environ, CARGO_TARGET_DIR=str(own), CARGO_TERM_COLOR="never")

    def features(self):
        return [] if self.with_aws else ["--no-default-features"]

    def short(self, name):
        """What a file is called in the table."""
        return self.prefix + name.removeprefix(self.sources)

    def refresh(self):
        """Copies what git knows or does not ignore; leaves what has not changed, so that cargo does too."""
        listed = run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT).stdout
        files = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
        self.tree.mkdir(exist_ok=True)
        for old in [path for path in self.tree.rglob("*") if path.is_file()]:
            if str(old.relative_to(self.tree)) not in files:
                old.unlink()
        for name in sorted(files):
            if not name.startswith(self.sources):
                put(self.tree / name, (ROOT / name).read_bytes(), (ROOT / name).stat().st_mode)
        return sorted(files)

    def mutate(self, files, wanted):
        """Writes the crate's sources, the wanted ones with mutants; gives how many there are."""
        excluded = set()
        if self.excluded_file.exists():
            excluded = set(json.loads(self.excluded_file.read_text()))
        self.mutants = []
        crate = [name for name in files if name.startswith(self.sources)]
        sources = "".join((ROOT / name).read_text() for name in crate)
        constants = {name: "+ 1" for name in ZERO.findall(sources)} | {name: None for name in TEXT.findall(sources)}
        for name in crate:
            source = (ROOT / name).read_bytes()
            short = self.short(name)
            if short in wanted:
                schemata = Schemata(short, source, self.mutants, excluded, constants)
                source = schemata.text_with_mutants().encode()
            for old, new in self.edits.get(name, []):
                source = replaced(name, source, old, new)
            if name == self.sources + "lib.rs":
                source += b"\npub(crate) mod mutant;\n"
            put(self.tree / name, source)
        put(self.tree / self.sources / "mutant.rs", (HERE / "switch.rs").read_bytes())
        return len(self.mutants)

    def until_it_compiles(self, files, wanted):
        """Takes out what does not compile, until all does."""
        for _ in range(8):
            count = self.mutate(files, wanted)
            print(f"{count} mutants; checking which compile", flush=True)
            check = ["cargo", "check", "--locked", "-p", self.package, "--lib", "--message-format", "json"]
            # A check would compile the AWS SDK once more, and so would a package by itself, with other features.
            command = self.building() if self.with_aws else check + self.features()
            said = run(command, cwd=self.tree, env=self.environment(), stderr=subprocess.DEVNULL).stdout
            bad, lost = self.blamed(said)
            # One mutant that does not compile can make its neighbours look wrong: those go with it.
            if lost and not bad:
                raise SystemExit("These errors belong to no mutant:\n" + "\n".join(lost[:10]))
            if not bad:
                (self.place / "mutants.json").write_text(json.dumps(self.mutants))
                return
            known = set(json.loads(self.excluded_file.read_text())) if self.excluded_file.exists() else set()
            self.excluded_file.write_text(json.dumps(sorted(known | bad), indent=0))
        raise SystemExit("The copy does not compile after eight rounds.")

    def blamed(self, said):
        """The mutants that the compiler's errors are about, and the errors that are about none."""
        by_number = {each["id"]: each["name"] for each in self.mutants}
        marks, bad, lost = {}, set(), []
        for line in said.splitlines():
            message = json.loads(line) if line.startswith("{") else {}
            if message.get("reason") != "compiler-message":
                continue
            message = message["message"]
            if message["level"] != "error" or not message["spans"]:
                continue
            numbers = self.marked(message["spans"], marks)
            left_out = self.left_out(message)
            if left_out:
                bad.update(left_out)
            elif numbers:
                bad.update(by_number[number] for number in numbers)
            else:
                lost.append(message["rendered"])
        return bad, lost

    def left_out(self, message):
        """Of a value that is used after it was moved: the mutants that leave out what gives it a new one."""
        moved = MOVED.match(message["message"])
        if not moved:
            return []
        file = self.short(message["spans"][0]["file_name"])
        of_file = [each for each in self.mutants if each["file"] == file and each["operator"] == "delete-statement"]
        return [each["name"] for each in of_file if each["what"].startswith(f"{moved.group(1)} = ")]

    def marked(self, spans, marks):
        for span in sorted(spans, key=lambda span: not span["is_primary"]):
            file = span["file_name"]
            if file not in marks:
                marks[file] = ranges((self.tree / file).read_bytes())
            around = [
                (end - start, numbers)
                for start, end, numbers in marks[file]
                if start <= span["byte_start"] and span["byte_end"] <= end
            ]
            if around:
                return [int(number) for number in min(around)[1].split("_")]
        return []

    def building(self):
        """What builds every test, or the unit tests and the programs that are named."""
        packages = ["-p", self.package, "-p", "holdfast-tests"]
        if self.programs:
            built = dict.fromkeys(program.split("/")[0] for program in self.programs)
            packages += ["--lib", *(word for program in built for word in ("--test", program))]
        return ["cargo", "test", "--locked", "--no-run", "--message-format", "json", *packages, *self.features()]

    def executables(self):
        """Builds the tests; gives the executables by name, each with its folder and the tests that are wanted of it."""
        made = run(self.building(), cwd=self.tree, env=self.environment())
        found = {}
        for line in made.stdout.splitlines():
            message = json.loads(line) if line.startswith("{") else {}
            if message.get("reason") == "compiler-artifact" and message.get("executable") and message["profile"]["test"]:
                name = f"{message['package_id'].split('#')[0].rsplit('/', 1)[-1]}/{message['target']['name']}"
                folder = str(Path(message["manifest_path"]).parent)
                found[name] = (message["executable"], folder, self.modules(message["target"]["name"]))
        if made.returncode or not found:
            raise SystemExit("The tests of the copy do not compile.")
        return found

    def modules(self, program):
        """The modules of a program whose tests are wanted, as the beginnings of their names; none: all of them."""
        named = [name.split("/") for name in self.programs]
        return [f"{parts[1]}::" for parts in named if parts[0] == program and len(parts) > 1]


def replaced(name, source, old, new):
    found = source.count(old.encode())
    if found != 1:
        raise SystemExit(f"{name}: this stands there {found} times, not once:\n{old}")
    return source.replace(old.encode(), new.encode())


def put(path, content, mode=None):
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if mode is not None:
        path.chmod(mode)


def ranges(text):
    starts, out = {}, []
    for mark in MARK.finditer(text):
        if mark.group(1):
            starts.setdefault(mark.group(2), []).append(mark.start())
        elif mark.group(3):
            out.append((starts[mark.group(2)].pop(), mark.end(), mark.group(2).decode()))
    return out


def wanted_files(files, patterns, with_aws):
    """The files whose code is mutated: all that acts, decides or stores, and matches one of the patterns."""
    out = []
    for name in files:
        sources, _, prefix = ADAPTERS if with_aws else ENGINE
        if not name.startswith(sources) or not name.endswith(".rs"):
            continue
        short = prefix + name.removeprefix(sources)
        if any(fnmatch.fnmatch(short, pattern) for pattern in LEFT_OUT):
            continue
        if not patterns or any(fnmatch.fnmatch(short, pattern) for pattern in patterns):
            out.append(short)
    return out


def start_again(place):
    """Forgets a copy, with all that was learnt of it."""
    shutil.rmtree(place, ignore_errors=True)
