//! Ids that are the same in every run: a counter, rendered as EC2 renders its ids.

/// Hands out ids; none comes twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    last: u64,
}

impl Ids {
    /// The next number, for what is derived from an id (a MAC address).
    pub(super) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// `prefix-` and 17 hexadecimal digits.
    pub(super) fn next(&mut self, prefix: &str) -> String {
        format!("{prefix}-{:017x}", self.number())
    }

    /// In the form of a random UUID, for request and event ids.
    pub(super) fn uuid(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.number())
    }
}
