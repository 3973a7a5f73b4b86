"""The figures of a checkout that tell how the house is kept: see `tools/figures`.

Nothing is compiled. Imports are the `use` lines and the paths that begin with `crate`, `super` or `self`, outside of
comments, texts and tests. A re-exported name counts for the module that re-exports it.
"""

import re
import sys
import tempfile
from pathlib import Path

import rust
import tree_sitter_rust
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_rust.language()))
LONG = 50

# The floors of the design.
FLOORS = {
    "model": 1, "clock": 1,
    "settings": 2, "ports": 2,
    "cloud": 3,
    "retry": 4, "groups": 4,
    "ledger": 5, "events": 5,
    "report": 6,
    "error": 7,
    "release_guard": 8, "instance_start": 8, "alarm_failover": 8,
    "reconcile": 9,
    "aws": 10,
    "lambda": 11,
}
# What a module of the crate's root belongs to, where its name is another one than the room's, or was.
ROOMS = {
    "address": "model", "ids": "model", "instance": "model", "tags": "model", "delivery": "ports",
    "event": "events", "guard": "release_guard", "placement": "instance_start", "failover": "alarm_failover",
}

USE = re.compile(r"\buse\s+([^;]+);")
PATH = re.compile(r"\b(?:crate|super|self)(?:\s*::\s*\w+)+")
GENERIC_PORTS = re.compile(r"<C, L, K>|\bPorts<")


def names_of(tree):
    """Every path of a `use` tree."""
    tree = re.sub(r"\s+", " ", re.sub(r"\bas \w+", "", tree)).strip().removeprefix("::")
    head, brace, rest = tree.partition("{")
    if not brace:
        yield [part.strip() for part in tree.split("::")]
        return
    start = [part.strip() for part in head.split("::") if part.strip()]
    depth, part = 0, ""
    for letter in rest[: rest.rindex("}")] + ",":
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            if part.strip():
                yield from (start + name for name in names_of(part))
            part = ""
        else:
            part += letter


def resolve(path, module, known):
    """The module that a path is in, none when it is not one of this crate."""
    start = path[0]
    if start == "crate":
        at, rest = (), path[1:]
    elif start in ("super", "self"):
        at, rest = module, path
        while rest and rest[0] in ("super", "self"):
            at, rest = (at[:-1] if rest[0] == "super" else at), rest[1:]
    elif (*module, start) in known:
        at, rest = module, path
    else:
        return None
    for name in rest:
        if (*at, name) not in known:
            break
        at = (*at, name)
    return at


def imports(code, module, known):
    """The other modules of the crate that a file names."""
    paths = [name for tree in USE.findall(code) for name in names_of(tree)]
    paths += [re.split(r"\s*::\s*", path) for path in PATH.findall(USE.sub("", code))]
    return {at for path in paths if (at := resolve(path, module, known)) is not None} - {module}


def circles(edges):
    """The strongly connected sets of more than one (Tarjan), the largest first."""
    number, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        on_stack.add(node)
        for other in sorted(edges[node]):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            members = []
            while not members or members[-1] != node:
                members.append(stack.pop())
                on_stack.remove(members[-1])
            if len(members) > 1:
                found.append(sorted(members))

    for node in sorted(edges):
        if node not in number:
            visit(node)
    return sorted(found, key=lambda members: (-len(members), members))


def is_above(one, other):
    return len(one) < len(other) and other[: len(one)] == one


def shown(module):
    return "::".join(module) or "lib.rs"


def functions(text):
    """Every function as (name, lines)."""
    found, open_nodes = [], [(PARSER.parse(text.encode()).root_node, "")]
    while open_nodes:
        node, owner = open_nodes.pop()
        if node.type == "impl_item":
            owner = re.sub(r"<.*", "", node.child_by_field_name("type").text.decode()) + "::"
        elif node.type == "function_item" and node.child_by_field_name("body"):
            name = owner + node.child_by_field_name("name").text.decode()
            found.append((name, node.end_point[0] - node.start_point[0] + 1))
        open_nodes += [(child, owner) for child in node.children]
    return found


class Checkout:
    def __init__(self, top):
        self.top = top
        self.crate = rust.modules(top / "shared/src/lib.rs")
        self.code = {}
        for path, module in self.crate.items():
            self.code[module] = rust.without_tests(rust.blanked(path.read_text()))
        self.edges = {module: imports(code, module, self.crate.values()) for module, code in self.code.items()}

    def circles(self):
        """Between files that are not each other's parent; and parents that import what imports them."""
        level = {module: {other for other in others if not is_above(other, module) and not is_above(module, other)}
                 for module, others in self.edges.items()}
        pairs = [(module, other) for module, others in self.edges.items() for other in others
                 if is_above(module, other) and module in self.edges[other]]
        return circles(level), sorted(pairs)

    def wrong_way(self):
        """Imports of a higher floor, and of another room of the same floor, as rooms with their files."""
        up, beside, unknown = {}, {}, set()
        for module, others in self.edges.items():
            for other in others:
                if not module or not other:
                    continue
                room, used = (ROOMS.get(name[0], name[0]) for name in (module, other))
                unknown |= {room, used} - FLOORS.keys()
                rise = FLOORS.get(used, 0) - FLOORS.get(room, 99)
                if rise >= 0 and room != used:
                    (up if rise else beside).setdefault((room, used), set()).add(shown(module))
        return up, beside, unknown

    def rust_files(self):
        """Every file of the repository: product or not."""
        product = {path for root in rust.crate_roots(self.top)
                   if root.relative_to(self.top).parts[0] in ("shared", "functions", "cli")
                   for path in rust.modules(root)}
        return {self.top / path: self.top / path in product for path in rust.files(self.top, "*.rs")}


def lines_of(path, product):
    """Lines of a file as (of the product, of tests)."""
    text = path.read_text()
    total = text.count("\n")
    if not product:
        return 0, total
    blank = rust.blanked(text)
    tests = sum(1 for one, other in zip(blank.split("\n"), rust.without_tests(blank).split("\n")) if one != other)
    return total - tests, tests


def report(top):
    house = Checkout(top)
    found, pairs = house.circles()
    up, beside, unknown = house.wrong_way()
    tests = top / "tests/tests"
    executables = len(list(tests.glob("*.rs"))) + len(list(tests.glob("*/main.rs")))
    product_lines = test_lines = simulator = 0
    product_functions, other_functions = [], []
    for path, product in house.rust_files().items():
        of_product, of_tests = lines_of(path, product)
        product_lines, test_lines = product_lines + of_product, test_lines + of_tests
        if str(path.relative_to(top)).startswith(("sim/", "tests/src/sim/")):
            simulator += of_tests
        text = path.read_text()
        (product_functions if product else other_functions).extend(
            (lines, name, path.relative_to(top)) for name, lines in functions(text))
    longest, longest_other = max(product_functions), max(other_functions)
    generic = sum(bool(GENERIC_PORTS.search(code)) for code in house.code.values())

    def rows(name, value, details=()):
        print(f"{name:<46} {value}")
        for detail in details:
            print(f"    {detail}")

    def imports_of(rooms):
        return [f"{one} -> {other}: {', '.join(sorted(files))}" for (one, other), files in sorted(rooms.items())]

    def sets(found):
        return [f"{len(members)}: {' '.join(shown(member) for member in members)}" for members in found]

    def count(rooms):
        return f"{sum(len(files) for files in rooms.values())} files, {len(rooms)} pairs of rooms"

    rows("circles between modules of `shared`", f"{len(found)} ({sum(map(len, found))} files)", sets(found))
    rows("parent and child that import each other", f"{len(pairs)} pairs")
    rows("imports of a higher floor", count(up), imports_of(up))
    rows("imports of another room of the same floor", count(beside), imports_of(beside))
    if unknown:
        rows("rooms without a floor in tools/figures.py", ", ".join(sorted(unknown)))
    rows("test executables of tests/tests", executables)
    rows("lines of Rust, product", product_lines)
    rows("lines of Rust, tests, simulator and tools", f"{test_lines}, of which the simulator {simulator}")
    rows("longest function, product", f"{longest[1]}, {longest[0]} lines ({longest[2]})")
    rows("longest function, elsewhere", f"{longest_other[1]}, {longest_other[0]} lines ({longest_other[2]})")
    for name, every in (("product", product_functions), ("elsewhere", other_functions)):
        rows(f"functions of {LONG} lines or more, {name}", sum(lines >= LONG for lines, _, _ in every))
    rows("files of `shared` that name the generic ports", generic)


def self_test():
    """Proves on a small crate that circles, wrong ways and test code are told apart."""
    files = {
        "lib.rs": "pub mod ids; pub mod cloud; pub mod guard; #[cfg(test)] mod testing;",
        "testing.rs": "use crate::guard::act::run;",
        "ids.rs": "// use crate::guard;\nuse crate::cloud::Error as Fault;\nconst A: &str = \"crate::guard\";",
        "cloud.rs": "use std::fmt;\n#[cfg(test)]\nmod tests {\n    use crate::guard::act::run;\n}",
        "guard/mod.rs": "mod act; mod words; mod decide; use act::run; pub struct Guard;",
        "guard/act.rs": "use super::{Guard, words::{self, told}};\nuse crate::ids::Id;",
        "guard/words.rs": "fn told() { super::decide::plan() }",
        "guard/decide.rs": "pub use super::act::{run};",
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, "shared/src", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        house = Checkout(Path(folder))
        found, pairs = house.circles()
        up, beside, unknown = house.wrong_way()
    circle = [("guard", "act"), ("guard", "decide"), ("guard", "words")]
    expected = {
        "circles": (found, [circle]),
        "parents": (pairs, [(("guard",), ("guard", "act"))]),
        "higher": (up, {("model", "cloud"): {"ids"}}),
        "beside": (beside, {}),
        "unknown": (unknown, set()),
        "functions": (functions("impl A<B> {\n    /// One.\n    fn a() {\n    }\n}"), [("A::a", 2)]),
    }
    wrong = [f"figures --self-test: {name}: {is_so}, not {should}" for name, (is_so, should) in expected.items()
             if is_so != should]
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        sys.exit(self_test())
    report(Path(sys.argv[1]))
