//! Which reports are asked for, and by what patterns CloudWatch Logs is asked for them.

/// Which reports are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    All,
    /// Those of runs that ended so.
    Outcome(String),
    /// Those of one run, by Lambda's request id or the id of the event.
    Id(String),
    /// Those that speak of something.
    About {
        /// Addresses and ids, wherever they stand in a text.
        words: Vec<String>,
        /// A name that is a value by itself: of a group.
        name: Option<String>,
    },
}

/// CloudWatch Logs takes patterns of 1,024 characters at most.
/// Source: CloudWatch Logs API reference, `FilterLogEvents`, `filterPattern`.
const MAX_PATTERN: usize = 1_000;

/// The filter patterns: what any of them lets through is asked for, and more may come. [`LoggedReport::is`] has the last
/// word. Source: CloudWatch Logs user guide, "Filter pattern syntax".
pub(super) fn patterns(wanted: &Wanted) -> Vec<String> {
    const ALL: &str = r#"{ $.holdfast = "report" }"#;
    let quoted = |text: &str| text.replace(['"', '\\'], "");
    match wanted {
        Wanted::All => vec![ALL.to_owned()],
        Wanted::Outcome(outcome) => {
            let outcome = quoted(outcome);
            vec![format!(
                r#"{{ ($.holdfast = "report") && ($.outcome = "{outcome}") }}"#
            )]
        }
        Wanted::Id(id) => {
            let id = quoted(id);
            vec![format!(
                r#"{{ ($.holdfast = "report") && (($.requestId = "{id}") || ($.eventId = "{id}")) }}"#
            )]
        }
        Wanted::About { words, name } => {
            let words: Option<Vec<&str>> =
                words.iter().chain(name).map(|it| plain_part(it)).collect();
            // A name of nothing but quotes can be no pattern: all reports are read.
            words.map_or_else(|| vec![ALL.to_owned()], |words| any_of(&words))
        }
    }
}

/// The longest part of a text that stands in JSON, and in a pattern, as it is: a quote or a backslash is escaped in both,
/// in different ways.
fn plain_part(text: &str) -> Option<&str> {
    let is_escaped = |each: char| each == '"' || each == '\\' || each.is_control();
    let parts = text.split(is_escaped);
    parts
        .max_by_key(|part| part.len())
        .filter(|part| !part.is_empty())
}

/// Patterns that let through what has any of these words, each short enough.
fn any_of(words: &[&str]) -> Vec<String> {
    let mut patterns: Vec<String> = Vec::new();
    for word in words {
        let word = format!("?\"{word}\"");
        match patterns.last_mut() {
            Some(last) if last.len() + word.len() < MAX_PATTERN => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => patterns.push(word),
        }
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_quotes_is_looked_for_by_what_json_has_as_it_is() {
        let about = |name: &str| {
            patterns(&Wanted::About {
                words: Vec::new(),
                name: Some(name.to_owned()),
            })
        };
        assert_eq!(about("web"), [r#"?"web""#]);
        assert_eq!(about(r#"the "web" servers"#), [r#"?" servers""#]);
        assert_eq!(about(r"a\blue"), [r#"?"blue""#]);
        assert_eq!(about(r#""\"#), [r#"{ $.holdfast = "report" }"#]);
    }

    #[test]
    fn many_words_are_several_patterns_that_are_short_enough() {
        let words: Vec<String> = (0..100)
            .map(|number| format!("eipalloc-{number:017}"))
            .collect();
        let patterns = patterns(&Wanted::About { words, name: None });
        assert!(patterns.len() > 1);
        assert!(patterns.iter().all(|pattern| pattern.len() <= 1_024));
        assert_eq!(patterns.join(" ").matches('?').count(), 100);
    }
}
