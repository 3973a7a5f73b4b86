"""Points the alias of each function of a stack back to the version before.

    rollback.py STACK

The next deployment points it forward again. A function without an earlier version stays, and is named.
"""

import sys

ALIAS = "live"


def before(versions, now):
    """The version that the alias had before `now`, as far as the numbers tell: the highest below it."""
    numbers = sorted(int(each) for each in versions if each.isdigit())
    earlier = [each for each in numbers if each < int(now)]
    return str(earlier[-1]) if earlier else None


def versions_of(client, function):
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    return [version["Version"] for page in pages for version in page["Versions"]]


def roll_back(client, functions):
    """Each function by itself: one that cannot go back keeps no other from it."""
    stayed = []
    for function in functions:
        now = client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
        earlier = before(versions_of(client, function), now) if now.isdigit() else None
        if earlier is None:
            stayed.append(function)
            print(f"{function}: version {now} stays, there is none before it")
            continue
        client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=earlier)
        print(f"{function}: version {now} -> {earlier}")
    return stayed


def main(stack):
    import boto3

    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    functions = [
        each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Lambda::Function"
    ]
    if not functions:
        raise SystemExit(f"rollback: the stack {stack} has no function")
    stayed = roll_back(boto3.client("lambda"), functions)
    return 1 if len(stayed) == len(functions) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
