"""Just enough of Rust for the checks that read it as text: its tokens, its test modules, its tree of modules."""

import re
import subprocess
from pathlib import Path

LEXER = re.compile(
    r"""
    (?P<doc>//[/!](?!/)[^\n]*)
  | (?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
  | (?P<raw>b?r(?P<hashes>\#*)".*?"(?P=hashes))
  | (?P<string>[bc]?"(?:\\.|[^"\\])*")
  | (?P<char>b?'(?:\\(?:u\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|.)|[^\\'\n])')
    """,
    re.VERBOSE | re.DOTALL,
)
MODULE = re.compile(r"(?P<attributes>(?:#\[[^\]]*\]\s*)*)(?:pub(?:\([^)]*\))?\s+)?\bmod\s+(?P<name>\w+)\s*;")
TEST_ITEM = re.compile(r"#\[cfg\((?:test|all\(test\b[^\]]*)\)\]")


def tokens(text):
    """Each comment and literal, as (kind, start, end). `//!` and `///` are of the kind `doc`."""
    for found in LEXER.finditer(text):
        yield found.lastgroup if found.lastgroup != "hashes" else "raw", found.start(), found.end()


def blanked(text, kinds=("doc", "comment", "raw", "string", "char")):
    """The text with what is not code overwritten by spaces, every line where it was."""
    parts, last = [], 0
    for kind, start, end in tokens(text):
        if kind in kinds:
            parts += [text[last:start], re.sub(r"[^\n]", " ", text[start:end])]
            last = end
    return "".join(parts) + text[last:]


def without_tests(code):
    """Blanked code whose items under `#[cfg(test)]` are blanked, too."""
    while found := TEST_ITEM.search(code):
        end = _end_of_item(code, found.end())
        code = code[: found.start()] + re.sub(r"[^\n]", " ", code[found.start() : end]) + code[end:]
    return code


def _end_of_item(code, start):
    depth = 0
    for at in range(start, len(code)):
        letter = code[at]
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth == 0 and letter == "}":
                return at + 1
        elif letter in ";," and depth == 0:
            return at + 1
    return len(code)


def modules(root):
    """The files that a crate's root reaches: path to module path, without those that only tests compile."""
    found, open_files = {}, [(Path(root), ())]
    while open_files:
        path, name = open_files.pop()
        found[path] = name
        is_folder = path.name in ("lib.rs", "main.rs", "mod.rs")
        folder = path.parent if is_folder else path.with_suffix("")
        for child in MODULE.finditer(blanked(path.read_text())):
            if TEST_ITEM.search(child["attributes"]):
                continue
            for place in (folder / f"{child['name']}.rs", folder / child["name"] / "mod.rs"):
                if place.exists():
                    open_files.append((place, (*name, child["name"])))
    return found


def crate_roots(top):
    """Every `src/lib.rs` and `src/main.rs` that git knows below a folder."""
    return [top / path for path in files(top, "*.rs") if path.match("src/lib.rs") or path.match("src/main.rs")]


def files(top, *patterns):
    """The files of a checkout that git knows or would take, by pattern."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=top, check=True, capture_output=True, text=True,
    ).stdout
    return sorted({Path(name) for name in listed.split("\0") if name and (top / name).is_file()})
