"""Sorts what survived into minor and behaviour, by operator and place, and prints the table."""

import re

# Waiting, limits and paces: twice as long or one more is another tuning, not another behaviour.
TUNING = re.compile(r"PAUSE|WAIT|LAG|MAX|MOST|LONGEST|SHORTEST|TO_[A-Z]+|TIMEOUT|LIMIT|EVERY|RETRY|SPACING|AT_ONCE")
BOUNDARY = re.compile(r"^(<|<=|>|>=) -> (<|<=|>|>=)$")
SAME_SIDE = {"< -> <=", "<= -> <", "> -> >=", ">= -> >"}
TELEMETRY = re.compile(r"watch\.lap|\.lap\(|tracing::|phases|Stopwatch")
COUNTER = re.compile(r"(looks|attempts|tries|tried|mutating_calls|written|counted)\b[^;]*(\+=|\+ 1)")
WORDS_FILES = {"alarm_failover/obstacle.rs", "release_guard/manual_recovery.rs", "ledger/history.rs"}
WORDS_FUNCTIONS = {"fmt", "summary", "sentence", "tell", "told", "story"}


def kind_of(mutant):
    """`minor`, with the reason, or `behaviour`."""
    operator, what, around = mutant["operator"], mutant["what"], mutant["around"]
    if mutant["file"] in WORDS_FILES or mutant["function"] in WORDS_FUNCTIONS or what == "-> String::new()":
        return "minor", "words of a report"
    if operator == "const*2" and TUNING.search(what):
        return "minor", "tuning constant"
    if operator == "operator" and what in SAME_SIDE:
        return "minor", "boundary"
    if TELEMETRY.search(around):
        return "minor", "telemetry"
    if COUNTER.search(around) and operator in ("int+1", "delete-statement", "operator"):
        return "minor", "counter"
    if operator == "int+1" and TUNING.search(around):
        return "minor", "tuning constant"
    return "behaviour", ""


COLUMNS = ["n", "unviable", "pure", "scenario", "template", "long", "minor", "accepted", "behaviour", "never"]


def rows(mutants, results, excluded, accepted):
    """For each file, its counts; and the survivors that count as behaviour and are not accepted."""
    by_name = {result["name"]: result for result in results}
    table, left = {}, []
    for mutant in mutants:
        row = table.setdefault(mutant["file"], dict.fromkeys(COLUMNS, 0))
        result = by_name.get(mutant["name"])
        if result is None:
            continue
        row["n"] += 1
        if result["end"] == "killed":
            row[result["stage"]] += 1
            continue
        if result["end"] == "never executed":
            row["never"] += 1
        if mutant["name"] in accepted:
            row["accepted"] += 1
        elif kind_of(mutant)[0] == "minor":
            row["minor"] += 1
        else:
            row["behaviour"] += 1
            left.append((mutant, result))
    for name in excluded:
        file = name.split(" ", 1)[0]
        if file in table:
            table[file]["unviable"] += 1
    return table, left


def print_table(table):
    print("| file | " + " | ".join(COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    total = dict.fromkeys(COLUMNS, 0)
    for file, row in sorted(table.items()):
        print(f"| {file} | " + " | ".join(str(row[column]) for column in COLUMNS) + " |")
        for column in COLUMNS:
            total[column] += row[column]
    print("| **all** | " + " | ".join(str(total[column]) for column in COLUMNS) + " |")
    return total


def broken_limits(table, total, accepted):
    """What the figures have to keep to, and do not."""
    out = []
    n = max(total["n"], 1)
    behaviour = total["behaviour"] + total["accepted"]
    if behaviour > 0.03 * n:
        out.append(f"{behaviour} mutants change behaviour and survive, {behaviour / n:.1%} of {n}: at most 3 %")
    if behaviour + total["minor"] > 0.10 * n:
        out.append(f"{behaviour + total['minor']} survive in all, of {n}: at most 10 %")
    for file, row in sorted(table.items()):
        survive = row["behaviour"] + row["accepted"]
        if survive > max(1, 0.08 * row["n"]):
            out.append(f"{file}: {survive} of {row['n']} change behaviour and survive: at most 8 % or one")
    if len(accepted) > 40:
        out.append(f"{len(accepted)} survivors are accepted: at most 40")
    return out
