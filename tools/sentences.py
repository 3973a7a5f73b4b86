#!/usr/bin/env python3
"""Finds sentences that are too long: in the documents, in doc comments, and in the texts that Holdfast writes.

A sentence ends with `.`, `!` or `?`, or with its paragraph, list item, heading or table cell. A code span is one word,
and the address of a link is none; a block of code is no text.

`sentences.allowed` lists what is still too long, as a path and the first six words of the sentence (of a document that
is being rewritten, as its path and `*`). A line of it that fits nothing is an error, so the list only shrinks.
`--list` prints everything that is too long, the longest first.
"""

import re
import sys
from pathlib import Path

import rust

TOP = Path(__file__).resolve().parent.parent
ALLOWED = Path(__file__).with_name("sentences.allowed")
MOST_WORDS = 30

# Where a string literal is a text for people. The simulator's are EC2's own words.
WRITES_TEXTS = ("shared/", "functions/", "cli/", "guest/")
# A test's name is its sentence.
TESTS = "tests/tests/"

FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
HEADING = re.compile(r"^\s*#{1,6}\s+")
ROW = re.compile(r"^\s*\|")
RULE = re.compile(r"^\s*(?:-{3,}|={3,}|\*{3,})\s*$")
REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s")
CELL = re.compile(r"(?<!\\)\|")

HIDDEN = str.maketrans({" ": "\ue000", ".": "\ue001", "!": "\ue002", "?": "\ue003", "\n": "\ue000"})
SHOWN = str.maketrans({"\ue000": " ", "\ue001": ".", "\ue002": "!", "\ue003": "?"})
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
IMAGE_OR_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\](?:\([^)\s]*(?:\s+\"[^\"]*\")?\)|\[[^\]]*\])")
URL = re.compile(r"<?https?://[^\s>)]*[^\s>).,;:!?]>?")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
ABBREVIATION = re.compile(r"\b(e\.g|i\.e|vs|etc|cf|approx|no)\.(?=\s+[a-z0-9(`])")
END = re.compile(r"[.!?][\"')\]*_”’]*(?=\s+[^a-z]|\s*$)")
WORD = re.compile(r"\w|\ue000")
PLACEHOLDER = re.compile(r"(?<!\{)\{[^{}\n]*\}")


def hide(text):
    """One word, however many it has, with as many line ends behind it as it had."""
    return text.translate(HIDDEN) + "\n" * text.count("\n")


def keep_lines(found):
    return "\n" * found[0].count("\n")


def inline(text):
    """The text with its markup taken off, line by line as it was."""
    text = CODE.sub(lambda found: hide(found[0]), text)
    text = COMMENT.sub(keep_lines, text)
    for _ in range(2):
        text = IMAGE_OR_LINK.sub(lambda found: found[1], text)
    text = URL.sub(lambda found: hide(found[0]), text)
    text = TAG.sub(keep_lines, text)
    return ABBREVIATION.sub(lambda found: found[0].translate(HIDDEN), text)


def blocks(lines):
    """What stands by itself in Markdown, as (line, text): paragraphs, list items, headings, table cells."""
    block, first, fence, margin = [], 0, None, 0

    def close():
        nonlocal block
        done, block = block, []
        return [(first, "\n".join(done))] if done else []

    for number, line in lines:
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(mark[1][0]):
                fence = None
            continue
        if mark:
            yield from close()
            fence = mark[1]
            continue
        line = re.sub(r"^ {0,3}(?:> ?)+", "", line)
        indent = len(line) - len(line.lstrip())
        if not line.strip() or RULE.match(line) or REFERENCE.match(line):
            yield from close()
        elif not block and indent >= margin + 4:
            continue
        elif ROW.match(line):
            yield from close()
            for cell in CELL.split(CODE.sub(lambda found: found[0].replace("|", "/"), line)):
                yield number, cell
        elif HEADING.match(line):
            yield from close()
            yield number, HEADING.sub("", line)
        else:
            item = ITEM.match(line)
            if item:
                yield from close()
                line = ITEM.sub("", line)
                margin = item.end()
            elif not block and indent < margin:
                margin = 0
            if not block:
                first = number
            block.append(line)
    yield from close()


def sentences(line, text):
    """Each sentence of a block, as (line, number of words, words)."""
    text = inline(text)
    start = 0
    for end in [found.end() for found in END.finditer(text)] + [len(text)]:
        part = text[start:end]
        words = part.split()
        if words:
            before = text[: start + len(part) - len(part.lstrip())]
            count = sum(bool(WORD.search(word)) for word in words)
            yield line + before.count("\n"), count, " ".join(words).translate(SHOWN)
        start = end


def of_markdown(text):
    for line, block in blocks(enumerate(text.split("\n"), 1)):
        yield from sentences(line, block)


def of_doc_comments(text):
    """The doc comments of a Rust file, each run of lines as Markdown."""
    run, kind = [], None
    for number, line in enumerate(rust.blanked(text, ("raw", "string", "comment")).split("\n"), 1):
        found = re.match(r"\s*(//[/!])(?!/)\s?(.*)", line)
        if run and (not found or found[1] != kind):
            yield from (sentence for first, block in blocks(run) for sentence in sentences(first, block))
            run = []
        if found:
            kind = found[1]
            run.append((number, found[2]))
    yield from (sentence for first, block in blocks(run) for sentence in sentences(first, block))


def of_literals(text):
    """The string literals of a Rust file outside its tests. A placeholder is one word."""
    code = rust.without_tests(rust.blanked(text, ("doc", "comment", "char")))
    for kind, start, end in rust.tokens(code):
        if kind != "string":
            continue
        # A line that ends in a backslash goes on without its end, and without the margin of the next.
        literal = re.sub(r"\\\n\s*", "", code[start + 1 : end - 1])
        literal = PLACEHOLDER.sub(lambda found: hide(found[0]), literal.replace("\\n", "\n\n").replace('\\"', '"'))
        line = code.count("\n", 0, start) + 1
        for block in literal.split("\n\n"):
            for _, count, words in sentences(line, block):
                yield line, count, words


def long_ones():
    """Everything that is too long, as (path, line, number of words, words)."""
    found = []

    def note(path, kind):
        text = (TOP / path).read_text()
        found.extend((str(path), *sentence) for sentence in kind(text) if sentence[1] > MOST_WORDS)

    for path in rust.files(TOP, "*.md"):
        note(path, of_markdown)
    product = {file for root in rust.crate_roots(TOP) for file in rust.modules(root)}
    for path in rust.files(TOP, "*.rs"):
        if str(path).startswith(TESTS):
            continue
        note(path, of_doc_comments)
        if str(path).startswith(WRITES_TEXTS) and TOP / path in product:
            note(path, of_literals)
    return found


def key(words):
    return " ".join(words.split()[:6])


def check():
    lines = [line for line in ALLOWED.read_text().splitlines() if line.strip() and not line.startswith("#")]
    allowed = {tuple(line.split(": ", 1)) for line in lines}
    used, left, errors = set(), 0, []
    for path, line, count, words in long_ones():
        entry = next((entry for entry in ((path, key(words)), (path, "*")) if entry in allowed), None)
        if entry:
            used.add(entry)
            left += 1
        else:
            errors.append(f"{path}:{line}: {count} words: {words}")
    errors += [f"{ALLOWED.relative_to(TOP)}: take this line out, nothing is too long there: {path}: {words}"
               for path, words in sorted(allowed - used)]
    print("\n".join(errors) if errors else f"sentences: {left} are still too long (tools/sentences.allowed)")
    return bool(errors)


def self_test():
    """Proves on small samples that a long sentence is found, where it is, and that nothing else is."""
    long = "One " + "word " * 29 + "more."
    short = "One " + "word " * 28 + "more."
    cut = "Half " + "word " * 14 + "ends. The " + "word " * 14 + "ends."

    def lines(kind, text):
        return [sentence[0] for sentence in kind(text) if sentence[1] > MOST_WORDS]

    samples = [
        ("a long sentence", of_markdown, f"A short one.\n\n{long}\n", [3]),
        ("one over several lines, behind a short one", of_markdown, "Short one. It\n" + "word\n" * 31, [1]),
        ("thirty words", of_markdown, short, []),
        ("two sentences", of_markdown, cut, []),
        ("a sentence that begins with code", of_markdown, cut.replace("The", "`the`"), []),
        ("code of many words", of_markdown, short.replace("word", "`one two. Three` ", 1), []),
        ("a block of code", of_markdown, f"```text\n{long}\n```\n", []),
        ("text behind a block of code", of_markdown, f"```\nx\n```\n{long}\n", [4]),
        ("an indented block of code", of_markdown, f"Short.\n\n    {long}\n    {long}\n", []),
        ("a second paragraph of an item", of_markdown, f"- Short.\n\n    {long}\n", [3]),
        ("a list", of_markdown, "".join(f"- Item {n} is of\n  some words\n" for n in range(9)), []),
        ("a long item", of_markdown, f"- A short one\n- {long}\n", [2]),
        ("a table", of_markdown, "| one two three four five six |" * 8, []),
        ("a long cell", of_markdown, f"| a | b |\n| --- | --- |\n| a | {long} |\n", [3]),
        ("the address of a link", of_markdown, short.replace("word", '[word](https://a.b/c "d e f g")', 1), []),
        ("the words of a link", of_markdown, long.replace("word word", "[word word](x.md)", 1), [1]),
        ("a comment of HTML", of_markdown, f"<!-- {long} -->\n", []),
        ("an abbreviation", of_markdown, long.replace("word word", "word, e.g. word", 1), [1]),
        ("a doc comment", of_doc_comments, f"/// Short.\n///\n/// {long}\nfn f() {{}}\n", [3]),
        ("the head of a file", of_doc_comments, f"//! {long}\n", [1]),
        ("two doc comments", of_doc_comments, "/// One two three four five six\nfn f() {}\n" * 9, []),
        ("a comment that is no doc", of_doc_comments, f"// {long}\n", []),
        ("a doc comment in a string", of_doc_comments, f'const A: &str = "\n/// {long}\n";\n', []),
        ("a text", of_literals, f'#[error("{long}")]\nA,\n', [1]),
        ("a text over two lines", of_literals, '\n"' + long.replace("word word", "word \\\n    word", 1) + '"', [2]),
        ("a text with a placeholder", of_literals, '"' + short.replace("word", "{one.two(three, four)}", 1) + '"', []),
        ("a text of a test", of_literals, f'#[cfg(test)]\nmod tests {{\n    const A: &str = "{long}";\n}}\n', []),
        ("a text behind a test", of_literals, f'#[cfg(test)]\nmod tests;\nconst A: &str = "{long}";\n', [3]),
        ("a quotation mark as a char", of_literals, f"let a = '\"'; // {long}\nlet b = '\"';\n", []),
    ]
    wrong = [f"{name}: found {lines(kind, text)}, not {expected}"
             for name, kind, text, expected in samples if lines(kind, text) != expected]
    print("\n".join(f"sentences --self-test: {line}" for line in wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    if sys.argv[1:] == ["--list"]:
        for path, line, count, words in sorted(long_ones(), key=lambda one: -one[2]):
            print(f"{path}:{line}: {count}: {words}")
        sys.exit()
    sys.exit(check())
