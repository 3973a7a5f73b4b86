//! Filter patterns of CloudWatch Logs: words that a line has or has not, and comparisons of a line that is JSON. Source:
//! CloudWatch Logs user guide, "Filter pattern syntax". Regular expressions and columns are refused.

use crate::filters::matches;
use serde_json::Value;

/// A pattern that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPattern(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Words {
        all: Vec<String>,
        any: Vec<String>,
        none: Vec<String>,
    },
    Json(Condition),
}

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Compare(Vec<Step>, Comparison, Operand),
    NotExists(Vec<Step>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Member(String),
    Index(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    Greater,
    AtMost,
    AtLeast,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Text(String),
    Number(f64),
    Is(Value),
}

impl LogPattern {
    /// Reads a pattern; none where it is wrong, or of a kind that is not modelled.
    #[must_use]
    pub fn read(pattern: &str) -> Option<Self> {
        let pattern = pattern.trim();
        if pattern.starts_with(['[', '%']) {
            return None;
        }
        let kind = match pattern.strip_prefix('{') {
            None => words(pattern)?,
            Some(rest) => {
                let mut parser = Parser(tokens(rest.strip_suffix('}')?)?);
                let condition = parser.any()?;
                parser.0.is_empty().then_some(Kind::Json(condition))?
            }
        };
        Some(Self(kind))
    }

    /// Whether a line fits.
    #[must_use]
    pub fn fits(&self, line: &str) -> bool {
        match &self.0 {
            Kind::Words { all, any, none } => {
                let has = |word: &String| line.contains(word.as_str());
                all.iter().all(has)
                    && !none.iter().any(has)
                    && (any.is_empty() || any.iter().any(has))
            }
            Kind::Json(condition) => {
                serde_json::from_str(line).is_ok_and(|line| condition.holds(&line))
            }
        }
    }
}

/// `one "two words" -not ?either ?or`
fn words(pattern: &str) -> Option<Kind> {
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = pattern.trim_start();
    while let Some(first) = rest.chars().next() {
        let (into, behind) = match first {
            '?' => (&mut any, &rest[1..]),
            '-' => (&mut none, &rest[1..]),
            _ => (&mut all, rest),
        };
        let (word, after) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => behind.split_once(' ').unwrap_or((behind, "")),
        };
        into.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(Kind::Words { all, any, none })
}

/// Words, quoted texts (with their first quotation mark), comparisons and brackets.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => 2 + rest[1..].find('"')?,
            '(' | ')' => 1,
            '=' | '!' | '<' | '>' | '&' | '|' => {
                rest.find(|it| !"=!<>&|".contains(it)).unwrap_or(rest.len())
            }
            _ => {
                let ends = |it: char| it.is_whitespace() || "=!<>&|()".contains(it);
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        let (token, after) = rest.split_at(length);
        let token = if first == '"' {
            &token[..length - 1]
        } else {
            token
        };
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    tokens.reverse();
    Some(tokens)
}

/// The tokens that are left, the next one last.
struct Parser(Vec<String>);

impl Parser {
    fn take(&mut self, wanted: &str) -> bool {
        let is_next = self.0.last().is_some_and(|next| next == wanted);
        if is_next {
            self.0.pop();
        }
        is_next
    }

    fn any(&mut self) -> Option<Condition> {
        let mut sides = vec![self.all()?];
        while self.take("||") {
            sides.push(self.all()?);
        }
        Some(Condition::Any(sides))
    }

    fn all(&mut self) -> Option<Condition> {
        let mut sides = vec![self.one()?];
        while self.take("&&") {
            sides.push(self.one()?);
        }
        Some(Condition::All(sides))
    }

    fn one(&mut self) -> Option<Condition> {
        if self.take("(") {
            let inner = self.any()?;
            return self.take(")").then_some(inner);
        }
        let path = path(&self.0.pop()?)?;
        let operator = self.0.pop()?;
        let comparison = match operator.as_str() {
            "=" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            ">" => Comparison::Greater,
            "<=" => Comparison::AtMost,
            ">=" => Comparison::AtLeast,
            "NOT" => return self.take("EXISTS").then_some(Condition::NotExists(path)),
            "IS" => {
                let value = match self.0.pop()?.as_str() {
                    "TRUE" => true.into(),
                    "FALSE" => false.into(),
                    "NULL" => Value::Null,
                    _ => return None,
                };
                return Some(Condition::Compare(
                    path,
                    Comparison::Equal,
                    Operand::Is(value),
                ));
            }
            _ => return None,
        };
        let value = self.0.pop()?;
        let operand = match (value.strip_prefix('"'), value.parse()) {
            (Some(text), _) => Operand::Text(text.to_owned()),
            (None, Ok(number)) => Operand::Number(number),
            (None, Err(_)) if value.starts_with('%') => return None,
            (None, Err(_)) => Operand::Text(value),
        };
        Some(Condition::Compare(path, comparison, operand))
    }
}

/// `$.a.b[0]`
fn path(selector: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in selector.strip_prefix("$.")?.split('.') {
        let (name, indices) = match part.split_once('[') {
            Some((name, indices)) => (name, Some(indices)),
            None => (part, None),
        };
        steps.push(Step::Member(name.to_owned()));
        for index in indices.into_iter().flat_map(|all| all.split('[')) {
            steps.push(Step::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(steps)
}

fn value_at<'a>(line: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(line, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Index(index) => value.get(index),
    })
}

impl Condition {
    fn holds(&self, line: &Value) -> bool {
        match self {
            Self::Any(sides) => sides.iter().any(|side| side.holds(line)),
            Self::All(sides) => sides.iter().all(|side| side.holds(line)),
            Self::NotExists(path) => value_at(line, path).is_none(),
            Self::Compare(path, comparison, operand) => {
                value_at(line, path).is_some_and(|value| compare(value, *comparison, operand))
            }
        }
    }
}

fn compare(value: &Value, comparison: Comparison, operand: &Operand) -> bool {
    let equal = match operand {
        Operand::Is(wanted) => value == wanted,
        Operand::Text(pattern) => value.as_str().is_some_and(|text| matches(pattern, text)),
        Operand::Number(number) => {
            let Some(value) = value.as_f64() else {
                return comparison == Comparison::NotEqual;
            };
            let order = value.total_cmp(number);
            return match comparison {
                Comparison::Equal => order.is_eq(),
                Comparison::NotEqual => order.is_ne(),
                Comparison::Less => order.is_lt(),
                Comparison::Greater => order.is_gt(),
                Comparison::AtMost => order.is_le(),
                Comparison::AtLeast => order.is_ge(),
            };
        }
    };
    match comparison {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, line: &str) -> bool {
        LogPattern::read(pattern).expect("a pattern").fits(line)
    }

    #[test]
    fn every_word_has_to_be_in_the_line_and_no_word_with_a_minus() {
        assert!(fits("", "anything"));
        assert!(fits("ERROR \"two words\"", "ERROR: two words"));
        assert!(!fits("ERROR WARN", "ERROR"));
        assert!(!fits("ERROR -gone", "ERROR gone"));
        assert!(fits("?ERROR ?WARN", "WARN"));
    }

    #[test]
    fn a_line_that_is_json_is_compared_by_its_members() {
        let line = r#"{"type":"report","report":{"code":7,"tags":["a"]}}"#;
        assert!(fits(r#"{ $.type = "rep*" && $.report.code >= 7 }"#, line));
        assert!(fits(r#"{ $.type = "x" || $.report.tags[0] = "a" }"#, line));
        assert!(fits("{ $.nothing NOT EXISTS }", line));
        assert!(!fits(r#"{ $.type != "report" }"#, line));
        assert!(!fits(r#"{ ($.type = "x") || ($.report.code < 7) }"#, line));
        assert!(!fits(r#"{ $.type = "report" }"#, "no JSON"));
    }

    #[test]
    fn what_is_not_modelled_is_refused() {
        for pattern in [
            "[a, b]",
            "%regular%",
            "{ $.a = %b% }",
            "{ $.a }",
            "{ $.a = 1",
            "\"open",
        ] {
            assert_eq!(LogPattern::read(pattern), None, "{pattern}");
        }
    }
}
