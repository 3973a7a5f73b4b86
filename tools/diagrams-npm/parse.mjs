// Parses every ```mermaid block of the documents named, and prints what mermaid says of those that are wrong. `-` is
// one diagram on stdin.
import DOMPurify from "dompurify";
import { readFileSync } from "node:fs";

// Mermaid cleans the texts of a diagram with DOMPurify, which is empty without a browser's window. A parse needs no
// more of it than this.
Object.assign(DOMPurify, { addHook() {}, removeHook() {}, removeAllHooks() {}, sanitize: (text) => text });
const { default: mermaid } = await import("mermaid");

// The proof that mermaid reads each kind of diagram here, and finds one that is broken.
const PROOF = [
    ['flowchart LR\n  a["one<br/>two"] -->|then| b{three?}', "flowchart LR\n  a[one --> b"],
    ["sequenceDiagram\n  participant A\n  A->>B: one", "sequenceDiagram\n  A->>B one"],
    ["stateDiagram-v2\n  [*] --> one: two", "stateDiagram-v2\n  one --> : two"],
];
for (const [whole, broken] of PROOF) {
    await mermaid.parse(whole);
    if (await mermaid.parse(broken, { suppressErrors: true })) throw new Error(`not found to be broken: ${broken}`);
}

const FENCE = /^(\s*(?:>\s*)*)(`{3,}|~{3,})\s*(\S*)/;

function blocksOf(file, text) {
    const blocks = [];
    let open = null;
    text.split(/\r?\n/).forEach((line, index) => {
        const fence = FENCE.exec(line);
        if (open === null) {
            if (!fence) return;
            const [, prefix, mark, language] = fence;
            open = { file, line: index + 1, mark, prefix, language, lines: [] };
        } else if (fence && fence[3] === "" && fence[2].startsWith(open.mark)) {
            blocks.push(open);
            open = null;
        } else {
            open.lines.push(line.startsWith(open.prefix) ? line.slice(open.prefix.length) : line.trimStart());
        }
    });
    if (open) blocks.push({ ...open, unclosed: true });
    return blocks.filter((block) => block.language === "mermaid");
}

const diagrams = process.argv.slice(2).flatMap((file) =>
    file === "-"
        ? [{ file: "stdin", line: 0, lines: readFileSync(0, "utf8").split("\n") }]
        : blocksOf(file, readFileSync(file, "utf8")),
);

let broken = 0;
for (const { file, line, lines, unclosed } of diagrams) {
    try {
        if (unclosed) throw new Error("The block has no end.");
        await mermaid.parse(lines.join("\n"));
    } catch (error) {
        broken += 1;
        console.log(`${file}:${line}: this diagram does not parse`);
        console.log(error.message.replace(/^/gm, "    "));
    }
}
console.log(`${diagrams.length} diagrams, ${broken} broken`);
process.exitCode = broken > 0 ? 1 : 0;
