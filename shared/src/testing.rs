//! What the tests of this crate share.

use proptest::test_runner::Config;

/// How a random test runs: so many cases, and no file is left in the tree when one fails. What failed
/// becomes a test of its own.
pub(crate) fn random(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}
