"""Writes every mutation of a Rust file beside its original, chosen at run time by the number in `MUTANT`.

Each mutant is named by what it is (file, function, operator, text), not by its line, so that a list of accepted
mutants survives edits elsewhere in the file. Marks `/*<7*/ ... /*7>*/` show which code belongs to which mutant: from
them `build.py` learns which mutant a compiler error is about.
"""

import re

import tree_sitter_rust
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_rust.language()))
ON = "crate::mutant::on"

OPERATORS = {
    "==": ["!="],
    "!=": ["=="],
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "&&": ["||"],
    "||": ["&&"],
    "+": ["-"],
    "-": ["+"],
    "*": ["+"],
    "/": ["*"],
}
SAYS_YES_OR_NO = re.compile(
    r"^(is_\w+|has_\w+|contains\w*|may_\w+|starts_with|ends_with|matches|goes_on_stop|needs_\w+|had_\w+|stood_at"
    r"|held_within|any|all|eq)$"
)
FREE_FUNCTION_SAYS_YES_OR_NO = re.compile(r"^(is_|has_|may_|needs_|had_)")
SWAPPED_CALLS = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "min_by_key": "max_by_key",
    "max_by_key": "min_by_key",
    "is_subset": "is_superset",
}
DROPPED_CALLS = {"or", "or_else", "filter", "max", "min", "skip", "take", "rev", "xor"}
VERBATIM = {
    "line_comment",
    "block_comment",
    "attribute_item",
    "inner_attribute_item",
    "use_declaration",
    "macro_definition",
    "token_tree",
    "struct_item",
    "enum_item",
    "type_item",
    "trait_item",
    "match_pattern",
    "const_item",
    "static_item",
}
PATTERNS = {"match_pattern", "tuple_pattern", "tuple_struct_pattern", "field_pattern", "or_pattern"}
CONSTANT = re.compile(r"^[A-Z][A-Z_0-9]{2,}$")
CATCH_ALL = re.compile(r"^(_|[a-z_]+)$")


def other_bodies(return_type):
    """What a function of this type could return at once instead of doing its work."""
    if return_type == "bool":
        return ["true", "false"]
    if return_type.startswith("Option<"):
        return ["None"]
    if return_type.startswith("Result<()"):
        return ["Ok(())"]
    if return_type.startswith("Result<Option<"):
        return ["Ok(None)"]
    if re.match(r"^Result<(Vec|BTreeMap|BTreeSet|HashMap)<", return_type):
        return ["Ok(Default::default())"]
    if re.match(r"^(Vec|BTreeMap|BTreeSet|HashMap)<", return_type) or return_type == "Tags":
        return ["Default::default()"]
    if return_type == "()":
        return [""]
    if return_type in ("usize", "u32", "u64", "i32", "Duration"):
        return ["Default::default()"]
    if return_type == "String":
        return ["String::new()"]
    return []


class Schemata:
    """One file with all its mutants. `mutants` is the list that is added to, over all files. `constants` says for some
    of them by which change they are mutated: one that is 0 is the same twice, and one that is no number has none."""

    def __init__(self, file, source, mutants, excluded, constants=None):
        self.file = file
        self.source = source
        self.mutants = mutants
        self.excluded = excluded
        self.constants = constants or {}
        self.functions = [""]
        self.in_const = 0
        self.seen = {}

    def text_with_mutants(self):
        tree = PARSER.parse(self.source)
        if tree.root_node.has_error:
            raise SystemExit(f"{self.file}: tree-sitter cannot read it")
        head = self.source[: tree.root_node.start_byte].decode()
        return head + self.emit(tree.root_node)

    def text(self, node):
        return self.source[node.start_byte : node.end_byte].decode()

    def between(self, start, end):
        return self.source[start:end].decode()

    def new(self, node, operator, what):
        """The number of a new mutant; None where it was seen not to compile, or cannot be switched at run time."""
        if self.in_const:
            return None
        name = f"{self.file} {self.functions[-1]} {operator} {what}"
        self.seen[name] = self.seen.get(name, 0) + 1
        if self.seen[name] > 1:
            name += f" #{self.seen[name]}"
        if name in self.excluded:
            return None
        number = len(self.mutants) + 1
        self.mutants.append(
            {
                "id": number,
                "name": name,
                "file": self.file,
                "line": node.start_point[0] + 1,
                "function": self.functions[-1],
                "operator": operator,
                "what": what,
                "text": self.text(node)[:160],
                "around": self.text(self.statement_of(node))[:400],
            }
        )
        return number

    @staticmethod
    def statement_of(node):
        while node.parent is not None and node.type not in ("expression_statement", "let_declaration", "match_arm"):
            if node.parent.type in ("block", "function_item", "source_file"):
                break
            node = node.parent
        return node

    def children(self, node):
        out, at = [], node.start_byte
        for child in node.children:
            out.append(self.between(at, child.start_byte))
            out.append(self.emit(child))
            at = child.end_byte
        out.append(self.between(at, node.end_byte))
        return "".join(out)

    def choose(self, alternatives, original):
        alternatives = [each for each in alternatives if each[0] is not None]
        if not alternatives:
            return original
        out = ""
        for number, text in alternatives:
            out += f"if {ON}({number}) {{/*<{number}*/ {text} /*{number}>*/}} else "
        mark = "_".join(str(number) for number, _ in alternatives)
        return f"/*<{mark}*/({out}{{ {original} }})/*{mark}>*/"

    def negate(self, node, original, what):
        number = self.new(node, "negate", what)
        return original if number is None else f"/*<{number}*/({ON}({number}) != ({original}))/*{number}>*/"

    def force(self, node, original, operators):
        """A condition that is made true, and one that is made false."""
        what = self.text(node)[:80].replace("\n", " ")
        to_true = self.new(node, operators[0], what)
        to_false = self.new(node, operators[1], what)
        if to_true is not None:
            original = f"/*<{to_true}*/({ON}({to_true}) || ({original}))/*{to_true}>*/"
        if to_false is not None:
            original = f"/*<{to_false}*/(!{ON}({to_false}) && ({original}))/*{to_false}>*/"
        return original

    def is_test(self, node):
        sibling = node.prev_sibling
        while sibling is not None and sibling.type in ("attribute_item", "line_comment", "block_comment"):
            if sibling.type == "attribute_item" and "cfg(test)" in self.text(sibling):
                return True
            sibling = sibling.prev_sibling
        return False

    def emit(self, node):
        kind = node.type
        if kind in VERBATIM:
            return self.text(node)
        if kind == "mod_item" and self.is_test(node):
            return self.text(node)
        emit = {
            "function_item": self.function,
            "binary_expression": self.binary,
            "call_expression": self.call,
            "match_expression": self.match,
            "if_expression": self.condition,
            "expression_statement": self.statement,
        }.get(kind)
        if emit:
            return emit(node)
        if kind == "unary_expression" and node.children[0].type == "!":
            number = self.new(node, "delete-not", self.text(node)[:60])
            original = "!" + self.emit(node.children[1])
            return original if number is None else f"/*<{number}*/({ON}({number}) != ({original}))/*{number}>*/"
        if kind == "boolean_literal" and node.parent.type not in PATTERNS:
            return self.negate(node, self.text(node), self.text(node))
        if kind == "macro_invocation":
            text = self.text(node)
            return self.negate(node, text, text[:80].replace("\n", " ")) if text.startswith("matches!") else text
        if kind == "integer_literal" and node.parent.type in ("arguments", "binary_expression", "field_initializer"):
            return self.number(node, "int+1", "+ 1")
        if kind == "identifier" and CONSTANT.match(self.text(node)):
            if node.parent.type in ("binary_expression", "arguments"):
                change = self.constants.get(self.text(node), "* 2")
                return self.number(node, f"const{change.replace(' ', '')}", change) if change else self.text(node)
        return self.children(node)

    def number(self, node, operator, change):
        text, number = self.text(node), self.new(node, operator, self.text(node))
        if number is None:
            return text
        return f"/*<{number}*/(if {ON}({number}) {{ {text} {change} }} else {{ {text} }})/*{number}>*/"

    def binary(self, node):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = self.text(node.child_by_field_name("operator"))
        original = f"{self.emit(left)} {operator} {self.emit(right)}"
        if any(child.type == "let_condition" for child in node.children):
            return original
        # In parentheses: `a || b || c` with its second `||` changed is not `a || (b && c)`.
        alternatives = [
            (self.new(node, "operator", f"{operator} -> {other}"), f"({self.text(left)}) {other} ({self.text(right)})")
            for other in OPERATORS.get(operator, [])
        ]
        return self.choose(alternatives, original)

    def call(self, node):
        function = node.child_by_field_name("function")
        original = self.children(node)
        if function.type != "field_expression":
            name = self.text(function).split("::")[-1]
            return self.negate(node, original, name) if FREE_FUNCTION_SAYS_YES_OR_NO.match(name) else original
        name = self.text(function.child_by_field_name("field"))
        receiver = self.text(function.child_by_field_name("value"))
        arguments = self.text(node.child_by_field_name("arguments"))
        alternatives = []
        if name in SWAPPED_CALLS:
            other = SWAPPED_CALLS[name]
            alternatives.append((self.new(node, "swap", f"{name} -> {other}"), f"{receiver}.{other}{arguments}"))
        if name in DROPPED_CALLS:
            what = f".{name}{arguments[:50]}".replace("\n", " ")
            alternatives.append((self.new(node, "drop-call", what), receiver))
        original = self.choose(alternatives, original)
        return self.negate(node, original, f".{name}") if SAYS_YES_OR_NO.match(name) else original

    def match(self, node):
        body = node.child_by_field_name("body")
        arms = [child for child in body.children if child.type == "match_arm"]

        def is_catch_all(arm):
            pattern = arm.child_by_field_name("pattern")
            return pattern.child_by_field_name("condition") is None and CATCH_ALL.match(self.text(pattern))

        has_catch_all = any(is_catch_all(arm) for arm in arms)
        value = node.child_by_field_name("value")
        out = [self.between(node.start_byte, value.start_byte), self.emit(value)]
        out.append(self.between(value.end_byte, body.start_byte))
        at = body.start_byte
        for child in body.children:
            out.append(self.between(at, child.start_byte))
            at = child.end_byte
            may_be_deleted = child.type == "match_arm" and has_catch_all and not is_catch_all(child)
            out.append(self.arm(child, may_be_deleted) if child.type == "match_arm" else self.text(child))
        out.append(self.between(at, node.end_byte))
        return "".join(out)

    def arm(self, arm, may_be_deleted):
        pattern, value = arm.child_by_field_name("pattern"), arm.child_by_field_name("value")
        condition = pattern.child_by_field_name("condition")
        if condition is None:
            head = self.text(pattern)
            number = self.new(arm, "delete-arm", head[:80].replace("\n", " ")) if may_be_deleted else None
            if number is not None:
                head += f" /*<{number}*/ if !{ON}({number}) /*{number}>*/"
        else:
            emitted = self.emit(condition)
            if condition.type not in ("let_condition", "let_chain"):
                emitted = self.force(condition, emitted, ("guard-true", "guard-false"))
            head = self.between(pattern.start_byte, condition.start_byte) + emitted
        return (
            self.between(arm.start_byte, pattern.start_byte)
            + head
            + self.between(pattern.end_byte, value.start_byte)
            + self.emit(value)
            + self.between(value.end_byte, arm.end_byte)
        )

    def condition(self, node):
        condition = node.child_by_field_name("condition")
        out, at = [], node.start_byte
        for child in node.children:
            out.append(self.between(at, child.start_byte))
            at = child.end_byte
            emitted = self.emit(child)
            if child.id == condition.id:
                if child.type in ("let_condition", "let_chain"):
                    number = self.new(child, "if-let-false", self.text(child)[:80].replace("\n", " "))
                    if number is not None:
                        emitted = f"/*<{number}*/ !{ON}({number}) && {emitted} /*{number}>*/"
                else:
                    emitted = self.force(child, emitted, ("if-true", "if-false"))
            out.append(emitted)
        out.append(self.between(at, node.end_byte))
        return "".join(out)

    def statement(self, node):
        core = node.children[0]
        while core.type in ("await_expression", "try_expression"):
            core = core.children[0]
        emitted = self.children(node)
        acts = core.type in ("call_expression", "assignment_expression", "compound_assignment_expr")
        if acts and self.text(node).rstrip().endswith(";"):
            number = self.new(node, "delete-statement", self.text(node)[:90].replace("\n", " "))
            if number is not None:
                return f"/*<{number}*/ if !{ON}({number}) {{ {emitted} }} /*{number}>*/"
        return emitted

    def function(self, node):
        if self.is_test(node):
            return self.text(node)
        modifiers = [child for child in node.children if child.type == "function_modifiers"]
        is_const = any("const" in self.text(modifier) for modifier in modifiers)
        self.functions.append(self.text(node.child_by_field_name("name")))
        self.in_const += is_const
        body, returned = node.child_by_field_name("body"), node.child_by_field_name("return_type")
        returned = self.text(returned) if returned else "()"
        early = ""
        for value in other_bodies(returned):
            number = self.new(node, "body", f"-> {value or '()'}")
            if number is not None:
                early += f" /*<{number}*/ if {ON}({number}) {{ return {value}; }} /*{number}>*/ "
        emitted = self.children(body)
        self.in_const -= is_const
        self.functions.pop()
        head = self.between(node.start_byte, body.start_byte)
        return head + emitted[0] + early + emitted[1:] + self.between(body.end_byte, node.end_byte)
