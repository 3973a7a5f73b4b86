//! Commands that a person is advised to run: the one place where they are put together. Each value is quoted for the
//! shell, so that the name of an alarm or the value of a tag is never part of the command. None has a double quote or a
//! backslash: the mail carries the text inside JSON, and EventBridge escapes nothing.

use crate::model::ids::{AllocationId, EniId, InstanceId};
use crate::settings::TagKeys;
use std::fmt::{self, Display};
use std::net::Ipv4Addr;

/// A command line, as a person pastes it into a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(String);

impl Command {
    /// A call of the AWS command line interface: `ec2`, `stop-instances`.
    #[must_use]
    pub fn aws(service: &str, operation: &str) -> Self {
        Self(format!("aws {service} {operation}"))
    }

    /// The same for EC2.
    #[must_use]
    pub fn ec2(operation: &str) -> Self {
        Self::aws("ec2", operation)
    }

    /// What Auto Scaling says of an instance.
    #[must_use]
    pub fn of_auto_scaling(instance: &InstanceId) -> Self {
        Self::aws("autoscaling", "describe-auto-scaling-instances").with("instance-ids", instance)
    }

    /// An address moves on when its instance stops.
    #[must_use]
    pub fn let_it_move(allocation: &AllocationId, keys: &TagKeys) -> Self {
        Self::ec2("create-tags")
            .with("resources", allocation)
            .tags([(keys.on_stop.as_str(), "move")])
    }

    /// Another program of which a person knows how it is called.
    #[must_use]
    pub fn of(words: &'static str) -> Self {
        Self(words.to_owned())
    }

    /// An Elastic IP goes to a private IP, and from nobody else.
    #[must_use]
    pub fn associate(allocation: &AllocationId, eni: &EniId, private_ip: Ipv4Addr) -> Self {
        Self::ec2("associate-address")
            .with("allocation-id", allocation)
            .with("network-interface-id", eni)
            .with("private-ip-address", private_ip)
            .flag("no-allow-reassociation")
    }

    /// An option with its value.
    #[must_use]
    pub fn with(self, option: &str, value: impl Display) -> Self {
        let value = quoted(&value.to_string());
        Self(format!("{} --{option} {value}", self.0))
    }

    /// An option with several values.
    #[must_use]
    pub fn with_all(self, option: &str, values: impl IntoIterator<Item = String>) -> Self {
        let values = values.into_iter().map(|value| quoted(&value));
        let whole = values.fold(format!("{} --{option}", self.0), |whole, value| {
            format!("{whole} {value}")
        });
        Self(whole)
    }

    /// An option without a value.
    #[must_use]
    pub fn flag(self, option: &str) -> Self {
        Self(format!("{} --{option}", self.0))
    }

    /// An option with what only the person knows: `<this account>`.
    #[must_use]
    pub fn to_fill_in(self, option: &str, what: &str) -> Self {
        Self(format!("{} --{option} <{what}>", self.0))
    }

    /// An option with its value; where that is not known, only the person knows it.
    #[must_use]
    pub fn known_or(self, option: &str, value: Option<&impl Display>, what: &str) -> Self {
        match value {
            Some(value) => self.with(option, value),
            None => self.to_fill_in(option, what),
        }
    }

    /// A word of which the person knows a part: `aws_eip.<name>`.
    #[must_use]
    pub fn placeholder(self, words: &str) -> Self {
        Self(format!("{} {words}", self.0))
    }

    /// A word of its own.
    #[must_use]
    pub fn word(self, word: impl Display) -> Self {
        Self(format!("{} {}", self.0, quoted(&word.to_string())))
    }

    /// Tags, as `create-tags` takes them.
    #[must_use]
    pub fn tags<'a>(self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.with_all("tags", tags.into_iter().map(tag))
    }

    /// Tags on what the call creates.
    #[must_use]
    pub fn tag_specification<'a>(
        self,
        of: &str,
        tags: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let tags = tags.into_iter().map(|it| format!("{{{}}}", tag(it)));
        let tags: Vec<String> = tags.collect();
        let all = format!("ResourceType={of},Tags=[{}]", tags.join(","));
        self.with("tag-specifications", all)
    }

    /// Values for one filter of a describe call.
    #[must_use]
    pub fn filter(self, name: &str, value: &str) -> Self {
        let filter = format!("Name={},Values={}", in_shorthand(name), in_shorthand(value));
        self.with("filters", filter)
    }
}

impl Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A tag in the command line's shorthand.
#[must_use]
pub fn tag((key, value): (&str, &str)) -> String {
    format!("Key={},Value={}", in_shorthand(key), in_shorthand(value))
}

/// A tag without its value, as `delete-tags` takes it.
#[must_use]
pub fn key(key: &str) -> String {
    format!("Key={}", in_shorthand(key))
}

/// A value of the shorthand; none where it would have to stand in quotation marks of its own.
/// Source: AWS CLI user guide, "Using shorthand syntax".
fn in_shorthand(value: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || "_@%+:./-".contains(sign);
    let is_word = |word: &str| !word.is_empty() && word.chars().all(is_plain);
    if value.is_empty() || value.split(' ').all(is_word) {
        return value.to_owned();
    }
    unwritten(value)
}

/// A word of a shell's command line.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "_@%+=:,./-".contains(sign);
    // A sentence goes on behind a mark: a word that ends with one is quoted, so that it is seen to be its own.
    let ends_plainly = !word.is_empty() && !word.ends_with(['.', ',', ':']);
    if ends_plainly && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let has = |signs: &[char]| word.contains(signs);
    if has(&['\'', '"', '\\', '<', '>']) || word.chars().any(char::is_control) {
        return unwritten(word);
    }
    format!("'{word}'")
}

/// In place of what a shell, the shorthand or a mail could read as something else: a placeholder, which the person
/// writes. A shell that is handed it finds no such file, and does nothing.
fn unwritten(value: &str) -> String {
    let is_harmless = |sign: &char| sign.is_alphanumeric() || " _@%+:./-=".contains(*sign);
    let harmless: String = value
        .chars()
        .map(|sign| if is_harmless(&sign) { sign } else { '?' })
        .collect();
    format!("<{harmless}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_quotes_has_none() {
        let command = Command::ec2("create-tags")
            .with("resources", "eipalloc-01")
            .tags([("holdfast:group", "web")]);
        assert_eq!(
            command.to_string(),
            "aws ec2 create-tags --resources eipalloc-01 --tags Key=holdfast:group,Value=web"
        );
    }

    #[test]
    fn the_value_of_a_tag_is_never_part_of_the_command() {
        let command = Command::ec2("describe-tags").with("x", "a; rm -rf $(pwd) `id` & |");
        assert_eq!(
            command.to_string(),
            "aws ec2 describe-tags --x 'a; rm -rf $(pwd) `id` & |'"
        );
        assert_eq!(
            (quoted(""), quoted("ends.")),
            ("''".to_owned(), "'ends.'".to_owned())
        );
    }

    #[test]
    fn what_would_end_its_own_quotes_is_left_to_the_person() {
        for value in ["it's", "a \"b\"", "back\\slash", "two\nlines", "<x>"] {
            let word = quoted(value);
            assert!(word.starts_with('<') && word.ends_with('>'), "{word}");
            assert!(!word.contains(['"', '\n', '\\', '\'']), "{word}");
        }
        let command = Command::ec2("create-tags").tags([("Name", "a,Value=b")]);
        let placeholder = "aws ec2 create-tags --tags <Key=Name?Value=?a?Value=b?>";
        assert_eq!(command.to_string(), placeholder);
    }
}
