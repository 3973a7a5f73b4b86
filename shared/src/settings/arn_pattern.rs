//! Patterns over principal ARNs, in which the exempt are named.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A pattern over principal ARNs: `*` stands for any text, `?` for one character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArnPattern(String);

impl ArnPattern {
    /// Whether the pattern covers the whole ARN.
    #[must_use]
    pub fn matches(&self, arn: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = arn.chars().collect();
        let (mut at, mut read, mut star) = (0, 0, None);
        while read < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, read));
                    at += 1;
                }
                Some(&wanted) if wanted == '?' || wanted == text[read] => {
                    at += 1;
                    read += 1;
                }
                _ => {
                    let Some((star_at, star_read)) = star else {
                        return false;
                    };
                    star = Some((star_at, star_read + 1));
                    at = star_at + 1;
                    read = star_read + 1;
                }
            }
        }
        pattern[at..].iter().all(|&rest| rest == '*')
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ArnPattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ArnPattern> for String {
    fn from(pattern: ArnPattern) -> Self {
        pattern.0
    }
}

impl FromStr for ArnPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("arn:") && text.splitn(6, ':').count() == 6 {
            Ok(Self(text.to_owned()))
        } else {
            Err(
                "expected ARN patterns such as `arn:aws:iam::111122223333:role/network-*`, \
                 separated by commas",
            )
        }
    }
}
