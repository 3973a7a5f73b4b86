//! What a person should know of a run, and what to do about it.

use super::command::Command;
use crate::model::ids::{EniId, InstanceId};
use serde::{Serialize, Serializer};

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What happened.
    #[serde(serialize_with = "mailable")]
    pub what: String,
    /// Why.
    #[serde(serialize_with = "mailable")]
    pub why: String,
    /// What to do next.
    #[serde(serialize_with = "mailable")]
    pub next: String,
}

impl Finding {
    /// An address goes to an interface only because no other one can take it. `tag` is the key of the tag that would
    /// name it.
    #[must_use]
    pub fn only_interface(what: &str, eni: &EniId, instance: &InstanceId, tag: &str) -> Self {
        Self {
            what: format!(
                "{what} goes to {eni}, the only interface of {instance} that can take it"
            ),
            why: format!(
                "nothing says that it is the right one: it has no tag {tag}, and is not known to be where the address was"
            ),
            next: format!(
                "if it is right, say so: {}; if not, tag another one",
                Command::ec2("create-tags")
                    .with("resources", eni)
                    .tags([(tag, "true")])
            ),
        }
    }
}

impl Finding {
    /// How many rows a finding names: the log has a line for each.
    const NAMED_ROWS: usize = 5;

    /// Rows of the ledger that could not be read, each with its name and why; none where all could.
    #[must_use]
    pub fn unreadable_rows(rows: &[(&str, &str)]) -> Option<Self> {
        let (_, why) = rows.first()?;
        let first = rows.iter().take(Self::NAMED_ROWS).map(|(name, _)| *name);
        let mut listed = first.collect::<Vec<_>>().join(", ");
        let more = rows.len().saturating_sub(Self::NAMED_ROWS);
        if more > 0 {
            listed = format!("{listed} and {more} more");
        }
        Some(Self {
            what: format!("{} of the ledger cannot be read: {listed}", how_many(rows.len())),
            why: format!("{why}; what cannot be read is passed by and stays as it is"),
            next: "deploy the version that wrote it again, or repair it: docs/UPGRADE.md, A row that cannot be read"
                .to_owned(),
        })
    }
}

fn how_many(rows: usize) -> String {
    if rows == 1 {
        "a row".to_owned()
    } else {
        format!("{rows} rows")
    }
}

/// A text as the mail can carry it: EventBridge puts it between quotation marks, and escapes nothing. The name of an
/// alarm, the value of a tag and an answer of AWS may hold anything.
/// Source: EventBridge user guide, "Input transformation", on values from an input path.
#[must_use]
pub(super) fn for_mail(text: &str) -> String {
    let each = text.chars().map(|sign| match sign {
        '"' => '\'',
        '\\' => '/',
        sign if sign.is_control() => ' ',
        sign => sign,
    });
    each.collect()
}

pub(super) fn mailable<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&for_mail(text))
}

pub(super) fn all_mailable<S: Serializer>(
    texts: &[String],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| for_mail(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_mail_carries_has_no_quotation_mark_no_backslash_and_no_line_break() {
        let finding = Finding {
            what: "alarm a \"b\" fires".to_owned(),
            why: "two\nlines".to_owned(),
            next: "see C:\\x".to_owned(),
        };
        let told = serde_json::to_value(&finding).unwrap();
        assert_eq!(told["what"], "alarm a 'b' fires");
        assert_eq!(told["why"], "two lines");
        assert_eq!(told["next"], "see C:/x");
    }
}
