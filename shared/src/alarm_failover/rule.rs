//! The rule of a composite alarm, as far as it names other alarms. Pure.
//! Source: CloudWatch API reference, `PutCompositeAlarm`, `AlarmRule`.

/// The words of a rule that are no names. A name that is one of them has to be in quotes.
const WORDS: [&str; 9] = [
    "ALARM",
    "OK",
    "INSUFFICIENT_DATA",
    "AND",
    "OR",
    "NOT",
    "AT_LEAST",
    "TRUE",
    "FALSE",
];

/// A part of a rule. All of them in turn are the rule, but for blanks inside quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// An alarm, by name or by ARN, without the quotes that it may have.
    Alarm(&'a str),
    /// A word of the rule, a number, a sign, a quote or a blank.
    Other(&'a str),
}

/// A rule in its parts.
#[must_use]
pub fn pieces(rule: &str) -> Vec<Piece<'_>> {
    let apart = |it: char| it.is_whitespace() || matches!(it, '(' | ')' | ',');
    let mut pieces = Vec::new();
    // Every other part is in quotes.
    for (number, part) in rule.split('"').enumerate() {
        if number > 0 {
            pieces.push(Piece::Other("\""));
        }
        if number % 2 == 1 {
            pieces.push(Piece::Alarm(part.trim()));
            continue;
        }
        for part in part.split_inclusive(apart) {
            let word = part.trim_end_matches(apart);
            let is_own = word.is_empty() || WORDS.contains(&word) || is_number(word);
            let piece = if is_own { Piece::Other } else { Piece::Alarm };
            pieces.extend([piece(word), Piece::Other(&part[word.len()..])]);
        }
    }
    pieces
}

/// The alarms that a rule names, by name or by ARN, quoted or not, whatever it asks of them. `NOT OK(x)` and
/// `AT_LEAST(2, ALARM, (x, y))` hold because some of them fire, as `ALARM(x)` does.
#[must_use]
pub(super) fn names(rule: &str) -> Vec<String> {
    let pieces = pieces(rule).into_iter();
    let alarms = pieces.filter_map(|piece| match piece {
        Piece::Alarm(alarm) => Some(name_in(alarm).to_owned()),
        Piece::Other(_) => None,
    });
    alarms.collect()
}

/// How many `AT_LEAST` asks for: `2`, or `50%`.
fn is_number(word: &str) -> bool {
    let digits = word.strip_suffix('%').unwrap_or(word);
    digits.chars().all(|it| it.is_ascii_digit())
}

/// The name in an alarm's ARN, or the name itself.
#[must_use]
pub(super) fn name_in(alarm: &str) -> &str {
    match alarm.split_once(":alarm:") {
        Some((arn, name)) if arn.starts_with("arn:") => name,
        _ => alarm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_quoted_bare_and_in_arns() {
        let rule = "ALARM(\"web 1 (main)\") AND (ALARM(web-2) OR \
             ALARM(\"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:web-3\")) AND NOT OK(web-4)";
        assert_eq!(names(rule), ["web 1 (main)", "web-2", "web-3", "web-4"]);
    }

    #[test]
    fn names_are_found_in_a_list_of_which_some_have_to_fire() {
        let rule = "AT_LEAST(2, ALARM, (web-1, \"web 2\", web-3)) OR AT_LEAST(50%, NOT OK, (db-1))";
        assert_eq!(names(rule), ["web-1", "web 2", "web-3", "db-1"]);
    }

    #[test]
    fn a_name_that_looks_like_an_arn_is_a_name() {
        assert_eq!(names("ALARM(web:alarm:cpu)"), ["web:alarm:cpu"]);
    }

    #[test]
    fn the_pieces_of_a_rule_are_the_rule() {
        let rule = "AT_LEAST(50%, ALARM, (web-1, \"web 2\")) AND\tNOT OK( db )";
        let text = |piece| match piece {
            Piece::Alarm(text) | Piece::Other(text) => text,
        };
        let whole: String = pieces(rule).into_iter().map(text).collect();
        assert_eq!(whole, rule);
    }

    #[test]
    fn a_rule_that_is_cut_off_does_no_harm() {
        assert_eq!(names("ALARM(\"web"), ["web"]);
        assert_eq!(names("TRUE"), Vec::<String>::new());
    }
}
