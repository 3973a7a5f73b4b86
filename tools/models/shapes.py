"""Holds values to the shapes of AWS's own service models, as botocore ships them: names, types, required members, enums.

Each walk yields what is wrong, as (where, what). A walk never stops at the first.
"""

import re

NUMBER = {"integer": r"-?\d+", "long": r"-?\d+", "float": r"-?\d+(\.\d+)?(E-?\d+)?", "double": r"-?\d+(\.\d+)?(E-?\d+)?"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def text(shape, value, where):
    """A scalar that is written as text: a form's value, or an XML element's."""
    kind = shape.type_name
    if kind in NUMBER:
        if not re.fullmatch(NUMBER[kind], value):
            yield where, f"`{value}` is no {kind}"
    elif kind == "boolean":
        if value not in ("true", "false"):
            yield where, f"`{value}` is no boolean"
    elif kind == "timestamp":
        if not TIME.fullmatch(value):
            yield where, f"`{value}` is no time"
    elif kind == "string":
        yield from enum(shape, value, where)
    elif kind != "blob":
        yield where, f"text, where the model has a {kind}"


def enum(shape, value, where):
    if shape.enum and value not in shape.enum:
        yield where, f"`{value}` is none of {shape.name}"


def missing(shape, names, where):
    for name in shape.required_members:
        if name not in names:
            yield where, f"the required member {name} is missing"


# JSON and CBOR


JSON = {"string": str, "boolean": bool, "integer": int, "long": int, "float": (int, float), "double": (int, float)}


def value(shape, got, where, counted):
    """A value that is JSON, or CBOR once it has been read."""
    counted.add(shape.name)
    kind = shape.type_name
    if kind == "structure":
        yield from structure(shape, got, where, counted)
    elif kind == "list":
        if not isinstance(got, list):
            yield where, f"{type(got).__name__}, where the model has a list"
            return
        for number, each in enumerate(got):
            yield from value(shape.member, each, f"{where}[{number}]", counted)
    elif kind == "map":
        if not isinstance(got, dict):
            yield where, f"{type(got).__name__}, where the model has a map"
            return
        for key, each in got.items():
            yield from text(shape.key, key, f"{where}.{key}")
            yield from value(shape.value, each, f"{where}.{key}", counted)
    elif kind == "timestamp":
        if isinstance(got, (str, bool, dict, list, type(None))):
            yield where, f"{got!r} is no time"
    elif kind == "blob":
        if not isinstance(got, (str, bytes)):
            yield where, f"{got!r} is no blob"
    elif not isinstance(got, JSON[kind]) or (isinstance(got, bool) and kind != "boolean"):
        yield where, f"{got!r} is no {kind}"
    elif kind == "string":
        yield from enum(shape, got, where)


def structure(shape, got, where, counted):
    if not isinstance(got, dict):
        yield where, f"{type(got).__name__}, where the model has a structure"
        return
    for name, each in got.items():
        if name not in shape.members:
            yield f"{where}.{name}", "the model has no such member"
        elif each is not None:
            yield from value(shape.members[name], each, f"{where}.{name}", counted)
    present = {name for name, each in got.items() if each is not None}
    yield from missing(shape, present, where)
    if getattr(shape, "is_tagged_union", False) and len(present) != 1:
        yield where, f"{len(present)} members, where the model has one of several"


# XML


def local(element):
    return element.tag.rpartition("}")[2]


def xml(shape, element, where, counted, beside=()):
    """An element of an answer. `beside` are names that the protocol puts there."""
    counted.add(shape.name)
    kind = shape.type_name
    if kind == "structure":
        names = {each.serialization.get("name", name): (name, each) for name, each in shape.members.items()}
        present = set()
        for child in element:
            tag = local(child)
            if tag in beside:
                continue
            if tag not in names:
                yield f"{where}/{tag}", "the model has no such element"
                continue
            name, member = names[tag]
            if name in present and not flattened(member):
                yield f"{where}/{tag}", "it is there twice"
            present.add(name)
            if flattened(member):
                counted.add(member.name)
                yield from xml(member.member, child, f"{where}/{tag}", counted)
            else:
                yield from xml(member, child, f"{where}/{tag}", counted)
        # An empty list is written as an empty element or not at all: required or not, it is then empty.
        lists = {name for name, member in shape.members.items() if member.type_name == "list"}
        yield from missing(shape, present | lists, where)
        if (element.text or "").strip():
            yield where, f"text `{element.text.strip()}` in a structure"
    elif kind == "list":
        of = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != of:
                yield f"{where}/{local(child)}", f"the model has `{of}` here"
            else:
                yield from xml(shape.member, child, f"{where}/{of}", counted)
    elif len(element):
        yield where, f"elements, where the model has a {kind}"
    else:
        yield from text(shape, element.text or "", where)


def flattened(shape):
    return shape.type_name == "list" and shape.serialization.get("flattened", False)


# Forms


def tree(form):
    """`A.1.B=x` as nested dictionaries; a value stands under the empty name."""
    root = {}
    for name, what in form:
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[""] = what
    return root


def form(shape, node, where, counted, is_ec2):
    counted.add(shape.name)
    kind = shape.type_name
    if kind == "structure":
        names = {form_name(name, member, is_ec2): (name, member) for name, member in shape.members.items()}
        present = set()
        for key, below in node.items():
            if key not in names:
                yield f"{where}.{key}".lstrip("."), "the model has no such parameter"
                continue
            name, member = names[key]
            present.add(name)
            yield from form(member, below, f"{where}.{key}".lstrip("."), counted, is_ec2)
        yield from missing(shape, present, where or "the call")
    elif kind == "list":
        if not is_ec2 and not flattened(shape):
            of = shape.member.serialization.get("name", "member")
            if set(node) == {""} and node[""] == "":
                return
            if set(node) != {of}:
                yield where, f"{sorted(node)}, where the protocol has `{of}`"
                return
            node = node[of]
        for number, below in node.items():
            if not number.isdigit():
                yield f"{where}.{number}", "no number, where the protocol has one"
            else:
                yield from form(shape.member, below, f"{where}.{number}", counted, is_ec2)
    elif set(node) != {""}:
        yield where, f"parts {sorted(node)}, where the model has a {kind}"
    else:
        yield from text(shape, node[""], where)


def form_name(name, member, is_ec2):
    """Source: the EC2 and the query protocol, as botocore's serializers write them."""
    said = member.serialization
    if not is_ec2:
        return said.get("name", name)
    if "queryName" in said:
        return said["queryName"]
    called = said.get("name", name)
    return called[0].upper() + called[1:]
