//! The names in the rule of a composite alarm.

use super::Redaction;
use holdfast::alarm_failover::rule::{Piece, pieces};

impl Redaction<'_> {
    /// The names in the rule of a composite alarm; the words around them stay.
    pub(super) fn rule(&mut self, rule: &str) -> String {
        let told = pieces(rule).into_iter().map(|piece| match piece {
            Piece::Alarm(alarm) => self.named(alarm),
            Piece::Other(text) => text.to_owned(),
        });
        told.collect()
    }
}
