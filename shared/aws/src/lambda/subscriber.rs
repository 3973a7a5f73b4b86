//! Which lines of the log are written, and in which form. It heeds the variables that `lambda_runtime`'s own subscriber
//! does.
//!
//! That one can also filter by what a span contains, and has regular expressions for it. Nobody filters so here, and they
//! would be 0.4 MB of each function.
//! Source: Lambda developer guide, "Configuring advanced logging controls for Lambda functions".

use lambda_runtime::tracing::subscriber::filter::{LevelFilter, Targets};
use lambda_runtime::tracing::subscriber::layer::SubscriberExt;
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::subscriber::{fmt, registry};
use std::env;

/// Lambda sets these two.
const LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
const FORMAT: &str = "AWS_LAMBDA_LOG_FORMAT";

/// Levels by target, as for every program in Rust. They come before that of Lambda.
const DIRECTIVES: &str = "RUST_LOG";

/// From now on lines are written.
pub(super) fn init() {
    let text = |name| env::var(name).unwrap_or_default();
    let to_write = registry().with(filter(&text(LEVEL), &text(DIRECTIVES)));
    let lines = fmt::layer().with_target(false).without_time();
    if text(FORMAT).eq_ignore_ascii_case("json") {
        to_write.with(lines.json()).init();
    } else {
        to_write.with(lines).init();
    }
}

/// A directive that cannot be read has no effect.
fn filter(level: &str, directives: &str) -> Targets {
    let each = directives.split(',').filter(|each| !each.is_empty());
    let read: Vec<Targets> = each.filter_map(|each| each.parse().ok()).collect();
    if read.is_empty() {
        // No text at all would be read as the level ERROR.
        let level = Some(level).filter(|level| !level.is_empty());
        let level = level.and_then(|level| level.parse().ok());
        return Targets::new().with_default(level.unwrap_or(LevelFilter::INFO));
    }
    read.into_iter().fold(Targets::new(), |all, one| {
        let default = one.default_level();
        let all = all.with_targets(one);
        match default {
            Some(level) => all.with_default(level),
            None => all,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::tracing::Level;

    fn writes(level: &str, directives: &str, target: &str, line: Level) -> bool {
        filter(level, directives).would_enable(target, &line)
    }

    #[test]
    fn lines_from_info_up_are_written_where_nobody_says_otherwise() {
        for level in ["", "FATAL", "loud"] {
            assert!(writes(level, "", "holdfast", Level::INFO), "{level}");
            assert!(!writes(level, "", "holdfast", Level::DEBUG), "{level}");
        }
    }

    #[test]
    fn the_level_is_lambdas() {
        assert!(writes("DEBUG", "", "hyper", Level::DEBUG));
        assert!(!writes("WARN", "", "holdfast", Level::INFO));
        assert!(writes("WARN", "", "holdfast", Level::WARN));
    }

    #[test]
    fn directives_come_before_the_level_of_lambda() {
        let directives = "error,holdfast=debug";
        assert!(writes("INFO", directives, "holdfast::run", Level::DEBUG));
        assert!(!writes("INFO", directives, "hyper", Level::WARN));
        assert!(writes("INFO", directives, "hyper", Level::ERROR));
    }

    #[test]
    fn a_directive_that_cannot_be_read_leaves_the_others_and_the_level_as_they_are() {
        assert!(writes("INFO", "hyper=loud,warn", "hyper", Level::WARN));
        assert!(!writes("INFO", "hyper=loud,warn", "hyper", Level::INFO));
        assert!(writes("DEBUG", "hyper=loud", "hyper", Level::DEBUG));
    }
}
