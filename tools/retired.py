#!/usr/bin/env python3
"""Keeps the retired words of docs/GLOSSARY.md from coming back as identifiers.

The table of retired words is the list: word, word now, where. "Where" names folders, and may end in what the word is
retired as: a type (its definition counts), a room (a module of the crate's root), the beginning of a constant. Comments
and texts are not looked at.

`retired.pending` lists the words whose renaming is under way. A word of it that does not occur any more is an error, so
the list only shrinks. `--pending` prints what it has to say now.
"""

import re
import sys
from pathlib import Path

import rust

TOP = Path(__file__).resolve().parent.parent
GLOSSARY = TOP / "docs/GLOSSARY.md"
PENDING = Path(__file__).with_name("retired.pending")
HEAD = """\
# The retired words of docs/GLOSSARY.md that still occur: their renaming is under way. A word that is gone has to go
# from here, too. `tools/retired.py --pending` prints this file.
"""

# A folder of the glossary, as paths: what it is called now, and what it was called before.
FOLDERS = {
    "everywhere": [""],
    "shared": ["shared/"],
    "tests": ["tests/", "sim/", "tools/"],
    "aws": ["shared/aws/", "shared/src/aws/"],
    "aws/ledger": ["shared/aws/src/ledger/", "shared/src/aws/ledger/"],
    "lambda": ["shared/aws/src/lambda", "shared/src/lambda"],
    "events": ["shared/src/events/", "shared/src/event/"],
    "ledger": ["shared/src/ledger/"],
    "report": ["shared/src/report"],
    "release_guard": ["shared/src/release_guard/", "shared/src/guard/"],
    "instance_start": ["shared/src/instance_start/", "shared/src/placement/"],
    "alarm_failover": ["shared/src/alarm_failover/", "shared/src/failover/"],
    "reconcile": ["shared/src/reconcile/"],
}
AS = {
    "as a type": r"\b(?:struct|enum|union|type|trait)\s+{word}\b",
    "as a room": r"\bmod\s+{word}\b",
    "as the beginning of a constant": r"\b(?:const|static)\s+(?:mut\s+)?{word}\w*",
    "module": r"\bmod\s+{word}\b",
    "": r"\b{word}\b",
}

IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*")


class Retired:
    """One word of one row."""

    def __init__(self, word, now, where, kind):
        self.word, self.now, self.where, self.kind = word, now, where, kind
        self.pattern = re.compile(AS[kind].format(word=re.escape(word)))
        # What a person reads, and what `retired.pending` says.
        self.name = f"{word} (module)" if kind in ("module", "as a room") else word

    def applies_to(self, path):
        if self.kind == "as a room" and not path.endswith("src/lib.rs"):
            return False
        return any(path.startswith(folder) for name in self.where for folder in FOLDERS[name])


def table(text):
    """The rows of the table of retired words."""
    section = text.split("## Retired words", 1)[1]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in section.splitlines() if line.startswith("|")]
    words = []
    for first, now, where in rows[2:]:
        # What stands behind a colon, a semicolon or in brackets is for people.
        places = [place.strip() for place in re.split(r"[:;(]", where)[0].split(",")]
        kind = next((place for place in places if place in AS), "module" if "(module" in first else "")
        places = [place for place in places if place not in AS]
        unknown = [place for place in places if place not in FOLDERS]
        if unknown:
            sys.exit(f"docs/GLOSSARY.md, {first}: tools/retired.py does not know the folder {unknown[0]!r}")
        for word in re.sub(r"\(modules?\)", "", first).replace("`", "").split(","):
            words.append(Retired(word.strip().replace(" ", "_"), now.replace("`", ""), places, kind))
    return words


def occurrences(words, sources):
    """Where a retired word is, as (path, line, Retired). `sources` are pairs of a path and its text."""
    found = {}
    for path, text in sources:
        here = {}
        for word in words:
            if word.applies_to(path):
                here.setdefault(word.word if word.kind == "" else "", []).append(word)
        special = here.pop("", [])
        for number, line in enumerate(rust.blanked(text).split("\n"), 1):
            hits = [word for name in IDENTIFIER.findall(line) if name in here for word in here[name]]
            for word in hits + [word for word in special if word.pattern.search(line)]:
                found.setdefault((path, number, word.name), word)
    return [(path, number, word) for (path, number, _), word in found.items()]


def of_the_tree():
    words = table(GLOSSARY.read_text())
    return words, occurrences(words, [(str(path), (TOP / path).read_text()) for path in rust.files(TOP, "*.rs")])


def check():
    words, found = of_the_tree()
    pending = {line for line in PENDING.read_text().splitlines() if line and not line.startswith("#")}
    errors = [f"{path}:{number}: {word.name} is {word.now} now"
              for path, number, word in found if word.name not in pending]
    gone = pending - {word.name for _, _, word in found}
    errors += [f"{PENDING.relative_to(TOP)}: take this line out, the word does not occur any more: {name}"
               for name in sorted(gone)]
    total = len({word.name for word in words})
    told = f"retired words: {len(pending)} of {total} still occur (tools/retired.pending)"
    print("\n".join(errors) or told)
    return bool(errors)


def self_test():
    """Proves on a small sample that a word that comes back is found, where it is, and that nothing else is."""
    words = table("""
## Retired words

| retired | word now | where |
| --- | --- | --- |
| `Deed` | AddressChange (shared), LeasedCall (tests) | everywhere |
| `loss`, `Loss` | `release`, `Release` | release_guard |
| `Held` | `Dated` | shared, as a type |
| `MOST_` | `MAX_` | everywhere, as the beginning of a constant |
| act (module) | `execute` | shared |
| event (module) | `events` | shared, as a room |
| fencing token | lease number | ledger (fencing is only STONITH) |
""")
    samples = [
        ("a word", "sim/src/a.rs", "\nlet a: Deed = b;", [(2, "Deed")]),
        ("two words of a row", "shared/src/guard/a.rs", "use super::Loss;\nfn loss() {}", [(1, "Loss"), (2, "loss")]),
        ("the folder's name of today", "shared/src/release_guard/a.rs", "use super::Loss;", [(1, "Loss")]),
        ("another folder", "shared/src/ledger/a.rs", "use super::Loss;", []),
        ("a part of a word", "sim/src/a.rs", "struct Indeed; struct Deeds; fn deed() {}", []),
        ("a comment and a text", "sim/src/a.rs", '// Deed\n/// [`Deed`]\nconst A: &str = "Deed"; /* Deed */', []),
        ("behind a text with a quotation mark", "sim/src/a.rs", 'a("\\""); Deed', [(1, "Deed")]),
        ("a type", "shared/src/a.rs", "pub struct Held<T>(T);", [(1, "Held")]),
        ("a variant", "shared/src/a.rs", "Location::Held => 1,", []),
        ("a constant", "cli/src/a.rs", "pub const MOST_ROWS: u8 = 1;\nlet a = ALMOST_B;", [(1, "MOST_")]),
        ("a module", "shared/src/guard/mod.rs", "pub(crate) mod act;\nlet act = 1;", [(1, "act (module)")]),
        ("a room", "shared/src/lib.rs", "pub mod event;", [(1, "event (module)")]),
        ("a module of that name in a room", "shared/src/lambda.rs", "mod event;", []),
        ("a term of two words", "shared/src/ledger/a.rs", "let fencing_token = 1;", [(1, "fencing_token")]),
    ]
    wrong = []
    for name, path, text, expected in samples:
        found = [(number, word.name) for _, number, word in occurrences(words, [(path, text)])]
        if found != expected:
            wrong.append(f"{name}: found {found}, not {expected}")
    print("\n".join(f"retired --self-test: {line}" for line in wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    if sys.argv[1:] == ["--pending"]:
        names = {word.name for _, _, word in of_the_tree()[1]}
        print(HEAD + "".join(f"{name}\n" for name in sorted(names, key=lambda name: (name.lower(), name))), end="")
        sys.exit()
    sys.exit(check())
