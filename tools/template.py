"""Turns template.yaml into what CloudFormation itself understands, with the SAM translator on this machine.

    template.py plain OUT NAME=KEY...   without the SAM transform: the code of function NAME is the object KEY in a
                                        bucket of each region, which parameters name
    template.py resolved OUT            the same, with every policy as an object: for linters, which look into no text
"""

import json
import os
import re
import sys

from samcli.yamlhelper import yaml_dump, yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

FUNCTION = "AWS::Serverless::Function"

CODE_PARAMETERS = {
    "CodeBucketPrefix": {
        "Type": "String",
        "AllowedPattern": "^[a-z0-9][a-z0-9.-]{1,40}$",
        "ConstraintDescription": "the name of the buckets, up to the hyphen before the region",
        "Description": "The code is in a bucket of this name, a hyphen and the region: Lambda reads its own region only.",
    },
    "CodeKeyPrefix": {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "^([A-Za-z0-9_.-]+/)*$",
        "ConstraintDescription": "a folder with a slash at its end, or nothing",
        "Description": "The folder in the bucket in which the code is.",
    },
}

SAMPLES = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111122223333",
    "AWS::StackName": "holdfast",
    "AWS::URLSuffix": "amazonaws.com",
}


def plain(template, keys):
    """The template after the transform."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator wants one, and writes none
    template["Globals"]["Function"].pop("CodeUri")
    functions = [each for each in template["Resources"].values() if each["Type"] == FUNCTION]
    for function in functions:
        name = function["Metadata"]["BuildProperties"]["Binary"]
        function["Properties"]["CodeUri"] = {
            "Bucket": {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"},
            "Key": {"Fn::Sub": "${CodeKeyPrefix}" + keys.get(name, f"{name}.zip")},
        }
        for build in ("BuildMethod", "BuildProperties"):
            function["Metadata"].pop(build)
    template["Parameters"].update(CODE_PARAMETERS)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    groups.append({"Label": {"default": "Where the code is"}, "Parameters": list(CODE_PARAMETERS)})
    template["Metadata"].pop("AWS::ServerlessRepo::Application")
    translated = Translator({}, Parser()).translate(template, {name: "sample" for name in CODE_PARAMETERS})
    left = [name for name, each in translated["Resources"].items() if each["Type"].startswith("AWS::Serverless")]
    if "Transform" in translated or left:
        raise SystemExit(f"template.py: the transform left something for CloudFormation to transform: {left}")
    return translated


def resolved(template):
    """The same with each policy that is a text read as what it will be."""
    defaults = {name: each.get("Default", "sample") for name, each in template["Parameters"].items()}
    values = {**SAMPLES, **defaults}
    texts = 0
    for resource in template["Resources"].values():
        document = resource["Properties"].get("PolicyDocument")
        if isinstance(document, dict) and "Fn::Sub" in document:
            text = re.sub(r"\$\{([^}]+)\}", lambda found: str(values[found.group(1)]), document["Fn::Sub"])
            resource["Properties"]["PolicyDocument"] = json.loads(text)
            texts += 1
    if texts == 0:
        raise SystemExit("template.py: no policy is a text any more: lint the template as it is")
    return template


def main(kind, out, *code):
    with open("template.yaml", encoding="utf-8") as file:
        template = plain(yaml_parse(file.read()), dict(each.split("=", 1) for each in code))
    if kind == "resolved":
        template = resolved(template)
    with open(out, "w", encoding="utf-8") as file:
        file.write(yaml_dump(template))


if __name__ == "__main__":
    main(*sys.argv[1:])
