"""The alias of each function of a stack, and the versions behind it.

    rollback.py forward STACK   point the alias to what is deployed ($LATEST): a deployment that follows a rollback
    rollback.py publish STACK   keep what is deployed as a version: it has passed the smoke test
    rollback.py back STACK      point the alias to the newest version that is not what the alias serves now

A version has the code and the settings of its time. What it may do, and which events reach it, is the stack's: no
rollback of an alias changes a permission, a rule or an alarm.
"""

import sys

ALIAS = "live"
LATEST = "$LATEST"


def served(configuration):
    """What makes two versions the same to whoever invokes them."""
    variables = configuration.get("Environment", {}).get("Variables", {})
    return configuration["CodeSha256"], tuple(sorted(variables.items()))


def versions_of(client, function):
    """The published ones, the newest first."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    published = [each for page in pages for each in page["Versions"] if each["Version"] != LATEST]
    return sorted(published, key=lambda each: int(each["Version"]), reverse=True)


def earlier(versions, now):
    """The version to go back to: the newest below the alias's own that serves something else."""
    for each in versions:
        is_below = now["Version"] == LATEST or int(each["Version"]) < int(now["Version"])
        if is_below and served(each) != served(now):
            return each["Version"]
    return None


def back(client, function):
    """Points it back. False where there is nothing to go back to."""
    now = client.get_function_configuration(FunctionName=function, Qualifier=ALIAS)
    version = earlier(versions_of(client, function), now)
    if version is None:
        print(f"{function}: stays at {now['Version']}, no other version has passed a smoke test before it")
        return False
    client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=version)
    print(f"{function}: {now['Version']} -> {version}")
    return True


def forward(client, function):
    """Idempotent: an alias that is at what is deployed stays there."""
    now = client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
    if now != LATEST:
        client.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=LATEST)
        print(f"{function}: {now} -> what is deployed")
    return True


def publish(client, function):
    """Idempotent: Lambda publishes nothing where nothing has changed since the last version."""
    version = client.publish_version(FunctionName=function)["Version"]
    print(f"{function}: kept as version {version}")
    return True


DEEDS = {"back": back, "forward": forward, "publish": publish}


def functions_of(stack):
    import boto3

    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Lambda::Function"]


def main(deed, stack):
    import boto3

    functions = functions_of(stack)
    if not functions:
        raise SystemExit(f"{deed}: the stack {stack} has no function")
    client = boto3.client("lambda")
    # Each function by itself: one that cannot go back keeps no other from it.
    done = [DEEDS[deed](client, function) for function in functions]
    return 0 if any(done) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
