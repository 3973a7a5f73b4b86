//! The rule of a composite alarm. Source: CloudWatch API reference, `PutCompositeAlarm`, `AlarmRule`.

use std::collections::BTreeMap;

use super::{Alarm, AlarmState};

/// A rule that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Constant(bool),
    Is(AlarmState, String),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

impl Rule {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut tokens = tokens(text).into_iter().peekable();
        let rule = either(&mut tokens)?;
        tokens.next().is_none().then_some(rule)
    }

    /// A composite is in OK or in ALARM.
    pub(super) fn state(&self, alarms: &BTreeMap<String, Alarm>) -> AlarmState {
        if self.holds(alarms) {
            AlarmState::Alarm
        } else {
            AlarmState::Ok
        }
    }

    fn holds(&self, alarms: &BTreeMap<String, Alarm>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::Is(state, name) => alarms.get(name).is_some_and(|it| it.state == *state),
            Self::Not(rule) => !rule.holds(alarms),
            Self::And(one, other) => one.holds(alarms) && other.holds(alarms),
            Self::Or(one, other) => one.holds(alarms) || other.holds(alarms),
        }
    }

    /// The alarms that it names, in order.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Is(_, name) => vec![name.clone()],
            Self::Not(rule) => rule.names(),
            Self::And(one, other) | Self::Or(one, other) => {
                let mut names = one.names();
                names.extend(other.names());
                names
            }
        }
    }
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<String>>;

/// Words, parentheses, and texts in quotes without their quotes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' | ')' if !quoted => {
                tokens.push(character.to_string());
                tokens.push(String::new());
            }
            blank if blank.is_whitespace() && !quoted => tokens.push(String::new()),
            other => {
                if let Some(last) = tokens.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

fn either(tokens: &mut Tokens) -> Option<Rule> {
    let mut rule = both(tokens)?;
    while tokens.next_if(|token| token == "OR").is_some() {
        rule = Rule::Or(Box::new(rule), Box::new(both(tokens)?));
    }
    Some(rule)
}

fn both(tokens: &mut Tokens) -> Option<Rule> {
    let mut rule = one(tokens)?;
    while tokens.next_if(|token| token == "AND").is_some() {
        rule = Rule::And(Box::new(rule), Box::new(one(tokens)?));
    }
    Some(rule)
}

fn one(tokens: &mut Tokens) -> Option<Rule> {
    let token = tokens.next()?;
    match token.as_str() {
        "NOT" => Some(Rule::Not(Box::new(one(tokens)?))),
        "TRUE" => Some(Rule::Constant(true)),
        "FALSE" => Some(Rule::Constant(false)),
        "(" => {
            let rule = either(tokens)?;
            tokens.next_if(|token| token == ")").map(|_| rule)
        }
        word => {
            let state = AlarmState::named(word)?;
            tokens.next_if(|token| token == "(")?;
            let name = tokens.next()?;
            tokens.next_if(|token| token == ")")?;
            // By name or by ARN.
            let name = name.rsplit_once(":alarm:").map_or(&*name, |(_, name)| name);
            Some(Rule::Is(state, name.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarms(firing: &[&str]) -> BTreeMap<String, Alarm> {
        let alarm = |name: &&str| {
            let mut alarm = Alarm::on_status_checks(name, "i-1");
            alarm.state = AlarmState::Alarm;
            ((*name).to_owned(), alarm)
        };
        firing.iter().map(alarm).collect()
    }

    #[test]
    fn and_binds_more_than_or_and_not_more_than_both() {
        let rule = Rule::parse("ALARM(a) OR ALARM(\"b c\") AND NOT ALARM(d)").expect("a rule");
        assert_eq!(rule.names(), ["a", "b c", "d"]);
        assert_eq!(rule.state(&alarms(&["a", "d"])), AlarmState::Alarm);
        assert_eq!(rule.state(&alarms(&["b c"])), AlarmState::Alarm);
        assert_eq!(rule.state(&alarms(&["b c", "d"])), AlarmState::Ok);
    }

    #[test]
    fn a_rule_names_an_alarm_by_its_arn_too() {
        let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:web";
        let rule = Rule::parse(&format!("(NOT (TRUE AND ALARM({arn})))")).expect("a rule");
        assert_eq!(rule.names(), ["web"]);
        assert_eq!(rule.state(&alarms(&["web"])), AlarmState::Ok);
    }

    #[test]
    fn what_is_no_rule_is_not_read() {
        for text in ["", "ALARM(a", "ALARM a", "ALARM(a) ALARM(b)", "RED(a)"] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }
}
