"""The name of every call that the AWS SDK crates of Cargo.lock have, read out of their sources."""

import json
import re
import subprocess
from pathlib import Path


def operations(root):
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    told = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    found = set()
    for package in json.loads(told)["packages"]:
        if not package["name"].startswith("aws-sdk-"):
            continue
        folder = Path(package["manifest_path"]).parent / "src" / "operation"
        for source in folder.glob("*.rs"):
            with open(source, encoding="utf-8") as file:
                found |= set(re.findall(r"\bstruct (\w+)RequestSerializer\b", file.read()))
    if not {"AllocateAddress", "ReleaseAddress", "Publish"} <= found:
        raise SystemExit("the sources of the AWS SDK are not where they were")
    return found
