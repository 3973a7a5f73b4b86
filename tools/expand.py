"""Writes a template out that has loops, for linters that cannot read them: expand.py TEMPLATE OUT PROBE

PROBE is the same with a queue that nothing encrypts: a linter that does not find it has not read the template.

Each `Fn::ForEach` runs over two samples. What CloudFormation's AWS::LanguageExtensions would make of the real list is the
same, with other names.
"""

import re
import sys

from samcli.yamlhelper import yaml_dump, yaml_parse

SAMPLES = ("i-0a1", "i-0b2")
LOOP = "Fn::ForEach::"


def bound(node, name, value):
    """The same, with the variable of the loop in its place."""
    if isinstance(node, list):
        return [bound(each, name, value) for each in node]
    if isinstance(node, str):
        plain = re.sub(r"[^A-Za-z0-9]", "", value)
        return node.replace("&{" + name + "}", plain).replace("${" + name + "}", value)
    if not isinstance(node, dict):
        return node
    if node == {"Ref": name}:
        return value
    return {bound(key, name, value): bound(each, name, value) for key, each in node.items()}


def expanded(node):
    """The same without a loop."""
    if isinstance(node, list):
        return [expanded(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {}
    for key, each in node.items():
        if not key.startswith(LOOP):
            plain[key] = expanded(each)
            continue
        name, _, body = each
        for value in SAMPLES:
            plain.update(expanded(bound(body, name, value)))
    return plain


PROBE = {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": False}}


def main(source, out, probe):
    with open(source, encoding="utf-8") as file:
        template = expanded(yaml_parse(file.read()))
    if template.get("Transform") == "AWS::LanguageExtensions":
        del template["Transform"]
    with open(out, "w", encoding="utf-8") as file:
        file.write(yaml_dump(template))
    template["Resources"]["Probe"] = PROBE
    with open(probe, "w", encoding="utf-8") as file:
        file.write(yaml_dump(template))


if __name__ == "__main__":
    main(*sys.argv[1:])
