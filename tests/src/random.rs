//! How random tests run.

use proptest::test_runner::Config;

/// So many cases, and no file is left in the tree when one fails. What failed becomes a test of its own.
#[must_use]
pub fn random(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}
