//! The page: what is said, as Markdown.

use super::said::{self, Finding, Sentence};
use crate::template::code::Sources;
use crate::template::document::template;
use holdfast::settings::{OUTCOMES, ToldOutcomes};
use std::fmt::Write;

const HEAD: &str = "\
# Messages

Everything that a person is told by Holdfast, as the code has it. `make messages` writes this page, and a test fails when
it is out of date. A name in braces stands for what is put there. Of a bracket with strokes, one part is said.
[RUNBOOK.md](RUNBOOK.md) says what to do about each outcome, error and alarm.
";

/// The whole page.
pub(super) fn of(sources: &Sources) -> String {
    let said = said::all(sources);
    let mut page = HEAD.to_owned();
    page.push_str("\n## Findings\n\nWhat happened, why, and what to do next.\n");
    in_files(&mut page, &said.findings, |each| &each.file, finding);
    page.push_str("\n## What stands in the way of a failover\n\nIn a finding or in a report's `obstacles`: why, and what to do next.\n\n");
    for obstacle in &said.obstacles {
        let _ = writeln!(page, "- `{}`", obstacle.name);
        listed(&mut page, "why", &obstacle.why);
        listed(&mut page, "next", &obstacle.next);
    }
    page.push_str("\n## Summaries\n\nThe line that a report begins with, by its outcome.\n");
    in_files(&mut page, &said.summaries, |each| &each.file, sentence);
    page.push_str("\n## Errors\n\nWhat a run says that could not finish. Each is put together with the answer that caused it.\n");
    in_files(&mut page, &said.errors, |each| &each.file, sentence);
    mails(&mut page);
    page
}

fn in_files<T>(
    page: &mut String,
    all: &[T],
    file: impl Fn(&T) -> &String,
    write: impl Fn(&mut String, &T),
) {
    let mut before = None;
    for each in all {
        let here = file(each);
        if before != Some(here) {
            let name = here.trim_start_matches("shared/src/");
            let _ = write!(page, "\n### `{name}`\n\n");
        }
        before = Some(here);
        write(page, each);
    }
}

fn finding(page: &mut String, finding: &Finding) {
    let _ = writeln!(page, "- {}", together(&finding.what));
    listed(page, "why", &finding.why);
    listed(page, "next", &finding.next);
}

fn sentence(page: &mut String, said: &Sentence) {
    let _ = writeln!(page, "- {}: {}", said.name, together(&said.texts));
}

fn listed(page: &mut String, name: &str, texts: &[String]) {
    for text in texts {
        let _ = writeln!(page, "  - {name}: {}", code(text));
    }
}

fn together(texts: &[String]) -> String {
    let each: Vec<String> = texts.iter().map(|text| code(text)).collect();
    each.join(" or ")
}

/// A text as a code span, whatever is in it.
fn code(text: &str) -> String {
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// The mails: reports that people must know of, and alarms on Holdfast itself.
fn mails(page: &mut String) {
    let template = template();
    page.push_str("\n## Mails\n\nBy default, people are told of these outcomes:\n\n");
    let told = ToldOutcomes::default();
    for outcome in OUTCOMES.into_iter().filter(|outcome| told.has(outcome)) {
        let _ = writeln!(page, "- `{outcome}`");
    }
    page.push_str("\nAn alarm goes to them, too, when it comes and when it goes:\n\n");
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values() {
        let properties = &alarm["Properties"];
        let text = |key: &str| properties[key].as_str().unwrap_or_default().to_owned();
        let (name, description) = (text("AlarmName"), text("AlarmDescription"));
        let _ = writeln!(page, "- `{name}`: {}", code(description.trim()));
    }
}
