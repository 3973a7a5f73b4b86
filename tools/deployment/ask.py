"""Asks the few things that nobody else can answer, and hands them to `sam deploy`.

    ask.py STACK -- COMMAND...     runs COMMAND with the answers as --parameter-overrides

The answers are kept for the next time in .holdfast/STACK.json, which git ignores: they are one person's, with a mail
address in them. What is not asked here has a default, or what the stack has already; `SET="Name=value ..."` in the
environment sets it for this time. Without a terminal nothing is asked: what is kept counts.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

KEPT = pathlib.Path(".holdfast")
MODES = ("observe", "enforce")

QUESTIONS = (
    ("ReleaseGuardMode", "Take released addresses back", MODES, "observe"),
    ("InstanceStartMode", "Give starting instances their addresses", MODES, "observe"),
    ("AlarmFailoverMode", "Move addresses when an alarm fires", MODES, "observe"),
    ("ReconcileMode", "Finish what the others left", MODES, "observe"),
    ("NotificationEmail", "Mail address for reports and alarms (- for none)", r"[^@\s]+@[^@\s]+", ""),
    ("ExemptPrincipals", "ARN patterns whose releases are let go (- for none)", r"arn(:[^,:]*){4}:.*", ""),
)


def ask(name, question, expected, known, read):
    """One answer that CloudFormation takes."""
    choices = " or ".join(expected) if isinstance(expected, tuple) else ""
    shown = f" [{known}]" if known else ""
    while True:
        answer = read(f"{question}{f' ({choices})' if choices else ''}{shown}: ").strip() or known
        if answer == "-" or answer == "":
            return ""
        if answer in expected if isinstance(expected, tuple) else re.fullmatch(expected, answer):
            return answer
        print(f"  {name}: `{answer}` is not {choices or 'of that form'}")


def answers(stack, read):
    """What is kept, and what is asked. Nothing is asked where nobody can answer."""
    file = KEPT / f"{stack}.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if read is not None:
        for name, question, expected, default in QUESTIONS:
            known[name] = ask(name, question, expected, known.get(name, default), read)
        KEPT.mkdir(exist_ok=True)
        file.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        file.chmod(0o600)
    return known


def overrides(known, more):
    """As `sam deploy` takes them: each value quoted, since a list of patterns may hold spaces."""
    given = dict(known)
    for word in shlex.split(more):
        name, equals, value = word.partition("=")
        if not equals:
            raise SystemExit(f"deploy: SET has `{word}`, which is no Name=value")
        given[name] = value
    return [f"{name}={shlex.quote(value) if value else chr(34) * 2}" for name, value in given.items()]


def main(stack, command):
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stack):
        raise SystemExit(f"deploy: `{stack}` is no name of a stack")
    is_asked = sys.stdin.isatty() or os.environ.get("HOLDFAST_ASK") == "1"
    known = answers(stack, input if is_asked else None)
    given = overrides(known, os.environ.get("SET", ""))
    if given:
        command = [*command, "--parameter-overrides", *given]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[3:]))
    except EOFError:
        raise SystemExit("deploy: the answers ended before the questions did") from None
