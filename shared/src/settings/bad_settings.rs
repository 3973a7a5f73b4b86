//! What is wrong with the settings: every bad key in one message.

use std::fmt;

/// One setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// Its key.
    pub key: String,
    /// What is wrong with it, and what was expected.
    pub problem: String,
}

/// All settings that are wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct BadSettings(pub Vec<BadSetting>);

impl fmt::Display for BadSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let (noun, verb) = if count == 1 {
            ("setting", "is")
        } else {
            ("settings", "are")
        };
        write!(
            formatter,
            "{count} {noun} {verb} wrong, nothing was started: "
        )?;
        for (index, bad) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{}: {}", bad.key, bad.problem)?;
        }
        Ok(())
    }
}
