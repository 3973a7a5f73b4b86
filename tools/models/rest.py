"""Calls of services whose operations are methods and paths, Lambda's: which operation a path is, and whether its parts are
as the model says. What stands in headers is not recorded."""

import json
import re
import urllib.parse

import shapes


def operation(models, method, path):
    """(model, name) of the operation with this method and path, or None."""
    plain = urllib.parse.urlsplit(path).path
    for model in models:
        for name in model.operation_names:
            http = model.operation_model(name).http
            if http["method"] == method and re.fullmatch(pattern(http["requestUri"]), plain):
                return model, name
    return None


def pattern(uri):
    plain = uri.partition("?")[0].rstrip("/")
    return re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(plain)) + "/?"


def members(shape, location):
    """The members of a shape that stand in this place, by the names that they have there."""
    found = {}
    for name, member in shape.members.items() if shape is not None else ():
        if member.serialization.get("location") == location:
            found[member.serialization.get("name", name)] = member
    return found


def check_request(call, operation, counted):
    shape = operation.input_shape
    counted.add(shape.name if shape is not None else "-")
    known = members(shape, "querystring")
    query = urllib.parse.urlsplit(call.head["path"]).query
    for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
        if name in known:
            yield from shapes.text(known[name], value, name)
        else:
            yield name, "the model has no such parameter"
    yield from check_body(shape, call.asked, "request", counted)


def check_answer(call, operation, counted):
    wanted = operation.http.get("responseCode", 200)
    # An invocation says by its status how it was made.
    allowed = {200, 202, 204} if operation.name == "Invoke" else {wanted}
    if call.head["status"] not in allowed:
        yield "answer", f"status {call.head['status']}, not {wanted}"
    yield from check_body(operation.output_shape, call.answer, operation.name, counted)


def check_body(shape, body, where, counted):
    if shape is None or shape.serialization.get("payload"):
        # Handed on as it is: the model says nothing about it.
        return
    got = json.loads(body or b"{}")
    inside = {name: each for name, each in shape.members.items() if "location" not in each.serialization}
    counted.add(shape.name)
    for name, each in got.items():
        if name not in inside:
            yield f"{where}.{name}", "the model has no such member"
        elif each is not None:
            yield from shapes.value(inside[name], each, f"{where}.{name}", counted)
    required = [name for name in shape.required_members if name in inside]
    yield from ((where, f"the required member {name} is missing") for name in required if name not in got)
