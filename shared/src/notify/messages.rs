//! The message as each place takes it. The words are the report's own; what is added is how often it came, and that it is
//! over.

use super::decide::MAX_IN_AN_HOUR;
use super::state::{Channel, News, Telling, Why};
use crate::ledger::ToldMatter;
use crate::report::headline::headline;
use crate::report::utc;
use crate::settings::Settings;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

/// How many other matters of the same report a message names.
const MAX_OTHERS: usize = 20;

/// What a chat takes. The form is that of custom notifications; a message of another form is dropped in silence. Its
/// lengths are not documented there: these are below what Slack takes in one section, 3,000 characters.
/// Sources: Amazon Q Developer in chat applications administrator guide, "Custom notifications"; Slack API, "Section
/// block".
const MAX_DESCRIPTION: usize = 2_800;
const MAX_STEPS: usize = 5;
const MAX_STEP: usize = 250;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) headline: String,
    text: String,
    next: Vec<String>,
    /// What it is about: a chat puts messages on the same matter into one thread.
    about: String,
    outcome: String,
    function: String,
}

impl Message {
    /// Subject and body, as SNS hands them to those who read there.
    pub(super) fn to(&self, channel: Channel) -> (Option<&str>, String) {
        match channel {
            Channel::Mail => (Some(&self.headline), self.text.clone()),
            Channel::Chat => (None, self.notification().to_string()),
        }
    }

    fn notification(&self) -> Value {
        let steps = self.next.iter().take(MAX_STEPS);
        let steps: Vec<String> = steps.map(|step| harmless(&cut(step, MAX_STEP))).collect();
        let title = harmless(&self.headline);
        let mut content = json!({
            "textType": "client-markdown",
            "title": title,
            "description": format!("```\n{}\n```", harmless(&cut(&self.text, MAX_DESCRIPTION))),
        });
        if !steps.is_empty() {
            content["nextSteps"] = json!(steps);
        }
        json!({
            "version": "1.0",
            "source": "custom",
            "content": content,
            "metadata": {
                "threadId": self.about,
                "summary": title,
                "eventType": self.outcome,
                "additionalContext": { "function": self.function },
            },
        })
    }
}

/// The message on these matters of a report, the gravest first.
pub(super) fn of(news: &News, mine: &[Telling], is_last: bool) -> Message {
    let first = mine.first();
    let line = first.map_or(news.headline.clone(), line);
    let mut lines: Vec<String> = first.into_iter().filter_map(repetition).collect();
    if is_last {
        lines.push(last(first.map_or("", |one| &one.outcome)));
    }
    let others: Vec<String> = mine.iter().skip(1).map(line_of_other).collect();
    if !others.is_empty() {
        lines.push("Also in this report:".to_owned());
        let more = others.len().saturating_sub(MAX_OTHERS);
        lines.extend(others.into_iter().take(MAX_OTHERS));
        lines.extend((more > 0).then(|| format!("- and {more} more")));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(news.text.clone());
    let is_over = first.is_some_and(|one| matches!(one.why, Why::Over { .. }));
    Message {
        headline: line,
        text: lines.join("\n"),
        next: if is_over {
            Vec::new()
        } else {
            news.next.clone()
        },
        about: first.map_or(String::new(), |one| one.row.about.clone()),
        outcome: first.map_or(String::new(), |one| one.outcome.clone()),
        function: news.function.clone(),
    }
}

fn line(one: &Telling) -> String {
    match &one.why {
        Why::First { .. } => one.headline.clone(),
        Why::Again => marked("still", &one.headline),
        Why::Over { .. } => marked("OVER", &one.headline),
    }
}

/// `Holdfast: still: ...`
fn marked(mark: &str, told: &str) -> String {
    let words = told.split_once(": ").map_or(told, |(_, words)| words);
    headline(&format!("{mark}: {words}"), "")
}

fn line_of_other(one: &Telling) -> String {
    format!("- {}", line(one))
}

fn repetition(one: &Telling) -> Option<String> {
    match &one.why {
        Why::First { before } => before
            .as_ref()
            .map(|before| format!("Before it was {}, {}.", before.outcome, times(before))),
        Why::Again => Some(format!(
            "It is still so: {}. People are told once an hour.",
            times(&one.row)
        )),
        Why::Over { before } => Some(format!(
            "It is over. It was {}, {}. This report shows that it is well now:",
            before.outcome,
            times(before)
        )),
    }
}

fn times(row: &ToldMatter) -> String {
    let since = utc(row.since);
    match row.seen {
        0 | 1 => format!("seen once, at {since}"),
        seen => format!("seen {seen} times or more since {since}"),
    }
}

fn last(outcome: &str) -> String {
    format!(
        "This is message {MAX_IN_AN_HOUR} on `{outcome}` within an hour. Further ones are counted and not sent until \
         the hour is over: see the dashboard and the logs."
    )
}

/// The message by which a person sees that messages arrive.
pub(super) fn test(settings: &Settings, at: OffsetDateTime) -> Message {
    let at = at - Duration::nanoseconds(i64::from(at.nanosecond()));
    Message {
        headline: headline("this is a test message", &settings.region),
        text: format!(
            "Somebody asked notify for a test message at {}. What Holdfast has to tell arrives here.",
            utc(at)
        ),
        next: vec!["nothing: it is a test".to_owned()],
        about: "test".to_owned(),
        outcome: "test".to_owned(),
        function: "notify".to_owned(),
    }
}

fn cut(text: &str, most: usize) -> String {
    const MARK: &str = "\n... (cut: the mail and the log have all of it)";
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - MARK.chars().count()).collect();
    format!("{kept}{MARK}")
}

/// No value of a tag mentions a channel, makes a link, or ends the block of code that it is in.
fn harmless(text: &str) -> String {
    let each = text.chars().map(|sign| match sign {
        '<' => '\u{2039}',
        '>' => '\u{203a}',
        '`' => '\'',
        sign => sign,
    });
    each.collect()
}
