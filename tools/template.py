"""Turns template.yaml into what CloudFormation itself understands, with the SAM translator on this machine.

    template.py plain OUT NAME=KEY...   without the SAM transform: the code of function NAME is the object KEY in a
                                        bucket of each region, which parameters name
    template.py deploy OUT              the same, with the code in target/lambda, which `sam deploy` uploads
    template.py resolved OUT            plain, with every policy as an object: for linters, which look into no text

In all of them rules, permissions, destinations, alarm actions and outputs name the alias `live` of each function. It
points to what is deployed ($LATEST), so that a changed parameter counts at once, however it was changed; the SAM
transform's own versions would not notice it, since it looks at the template and not at the values. `make deploy`
publishes a version of what passed the smoke test, and `make rollback` points the alias to one of these.
"""

import json
import os
import re
import sys

from samcli.yamlhelper import yaml_dump, yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

FUNCTION = "AWS::Serverless::Function"
ALIAS = "live"

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


def named_by_alias(node, functions):
    """The same, with the alias wherever a function is named as what is invoked, and its ARN is told."""
    if isinstance(node, list):
        return [named_by_alias(each, functions) for each in node]
    if not isinstance(node, dict):
        return node
    for name in functions:
        if node == {"Fn::GetAtt": [name, "Arn"]}:
            return {"Ref": f"{name}Alias{ALIAS}"}
    return {key: named_by_alias(each, functions) for key, each in node.items()}


def with_alias(template):
    """After the transform: the alias of each function points to what is deployed, and no version is published."""
    resources = template["Resources"]
    versions = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]
    functions = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Function"]
    for name in versions:
        del resources[name]
    for name, each in resources.items():
        if each["Type"] == "AWS::Lambda::Alias":
            each["Properties"]["FunctionVersion"] = "$LATEST"
        elif each["Type"] == "AWS::Lambda::Permission":
            function = each["Properties"]["FunctionName"]
            if function in [{"Ref": name} for name in functions]:
                each["Properties"]["FunctionName"] = {"Ref": f"{function['Ref']}Alias{ALIAS}"}
        elif each["Type"] not in ("AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig", "AWS::IAM::Role"):
            each["Properties"] = named_by_alias(each["Properties"], functions)
    template["Outputs"] = named_by_alias(template["Outputs"], functions)
    return template


def plain(template, keys):
    """The template after the transform."""
    template["Globals"]["Function"]["AutoPublishAlias"] = ALIAS
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # the translator wants one, and writes none
    template["Globals"]["Function"].pop("CodeUri")
    functions = {name: each for name, each in template["Resources"].items() if each["Type"] == FUNCTION}
    code = {}
    for logical, function in functions.items():
        name = function["Metadata"]["BuildProperties"]["Binary"]
        key = "${CodeKeyPrefix}" + keys.get(name, f"{name}.zip")
        code[logical] = {
            "S3Bucket": {"Fn::Sub": "${CodeBucketPrefix}-${AWS::Region}"},
            "S3Key": {"Fn::Sub": key},
        }
        function["Properties"]["CodeUri"] = {"Bucket": "sample", "Key": key}
        for build in ("BuildMethod", "BuildProperties"):
            function["Metadata"].pop(build)
    template["Parameters"].update(CODE_PARAMETERS)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    groups.append({"Label": {"default": "Where the code is"}, "Parameters": list(CODE_PARAMETERS)})
    template["Metadata"].pop("AWS::ServerlessRepo::Application")
    translated = Translator({}, Parser()).translate(template, {name: "sample" for name in CODE_PARAMETERS})
    # The transform puts a value into the parameters of the code where it makes an alias.
    for logical, where in code.items():
        translated["Resources"][logical]["Properties"]["Code"] = where
    left = [name for name, each in translated["Resources"].items() if each["Type"].startswith("AWS::Serverless")]
    if "Transform" in translated or left:
        raise SystemExit(f"template.py: the transform left something for CloudFormation to transform: {left}")
    return with_alias(translated)


def deployable(template, binaries):
    """The same with the code that is compiled on this machine."""
    for name, binary in binaries.items():
        template["Resources"][name]["Properties"]["Code"] = f"../lambda/{binary}"
    for name in CODE_PARAMETERS:
        del template["Parameters"][name]
    template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].pop()
    return template


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
        source = yaml_parse(file.read())
    binaries = {
        name: each["Metadata"]["BuildProperties"]["Binary"]
        for name, each in source["Resources"].items()
        if each["Type"] == FUNCTION
    }
    template = plain(source, dict(each.split("=", 1) for each in code))
    if kind == "deploy":
        template = deployable(template, binaries)
    if kind == "resolved":
        template = resolved(template)
    with open(out, "w", encoding="utf-8") as file:
        file.write(yaml_dump(template))


if __name__ == "__main__":
    main(*sys.argv[1:])
