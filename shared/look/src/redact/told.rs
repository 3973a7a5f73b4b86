//! Texts of several words of which some are AWS's or Holdfast's: user agents, and why Holdfast looks at a group.

use super::form::{is_id, is_service, names_nobody};
use super::lists::{is_of_causes, is_program};
use super::{GONE, Redaction};

impl Redaction<'_> {
    /// What a caller's program says of itself. The programs stay that many use, and Holdfast's own mark.
    pub(super) fn user_agent(&mut self, agent: &str) -> String {
        let mut kept: Vec<String> = Vec::new();
        let mut all = true;
        for word in agent.split_whitespace() {
            if let Some(mark) = self.mark(word) {
                kept.push(mark);
            } else if is_known_program(word) {
                kept.push(word.to_owned());
            } else {
                all = false;
            }
        }
        if !all {
            self.met.texts += 1;
            kept.push(GONE.to_owned());
        }
        kept.join(" ")
    }

    /// The mark of an installation: which tags it obeys, and which ledger it has. The look's own has a stand-in, as its
    /// ledger has.
    fn mark(&self, word: &str) -> Option<String> {
        let mark = word.strip_prefix("app/")?;
        let parts: Vec<&str> = mark.split('~').collect();
        let is_hex = |part: &&str| part.len() == 8 && part.bytes().all(|it| it.is_ascii_hexdigit());
        if !matches!(parts.as_slice(), ["holdfast", tags, ledger] if is_hex(tags) && is_hex(ledger))
        {
            return None;
        }
        let (own, stand_in) = &self.installation;
        let mark = if mark == own { stand_in } else { mark };
        Some(format!("app/{mark}"))
    }

    /// Why Holdfast looks at a group. The name of an alarm has marks and blanks as its owner likes.
    pub(super) fn cause(&mut self, text: &str) -> String {
        if let Some(name) = text.strip_prefix("alarm ") {
            return format!("alarm {}", self.name(name));
        }
        let words: Vec<String> = text
            .split(' ')
            .map(|word| self.word_of_cause(word))
            .collect();
        words.join(" ")
    }

    fn word_of_cause(&mut self, word: &str) -> String {
        let bare = word.trim_end_matches([',', ':', '.']);
        let end = &word[bare.len()..];
        let stays = is_of_causes(bare)
            || is_id(bare)
            || names_nobody(bare)
            || self.own_values.contains(bare);
        if stays {
            return word.to_owned();
        }
        let told = self.plainly_named(bare);
        format!("{}{end}", told.unwrap_or_else(|| self.stand_in(bare)))
    }
}

/// `Terraform/1.9.0`, `ec2.amazonaws.com`.
fn is_known_program(word: &str) -> bool {
    let is_version =
        |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    match word.split_once('/') {
        Some((name, version)) => is_program(name) && is_version(version),
        None => is_service(word),
    }
}
