//! Finds a compiled function beside the test, demo or benchmark that runs it: cargo puts them all
//! under one profile folder.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// A function that has not been compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingBinary {
    name: String,
    expected: PathBuf,
    build: String,
}

impl fmt::Display for MissingBinary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not built (looked for {}): run `{}` first",
            self.name,
            self.expected.display(),
            self.build
        )
    }
}

impl std::error::Error for MissingBinary {}

/// The compiled binary of that name, of the same profile as the running program.
///
/// # Errors
/// It does not exist; the error names the cargo command that makes it.
pub fn find_binary(name: &str) -> Result<PathBuf, MissingBinary> {
    let running = env::current_exe().unwrap_or_default();
    let profile = profile_folder(&running);
    let expected = profile.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if expected.is_file() {
        return Ok(expected);
    }
    Err(MissingBinary {
        name: name.to_owned(),
        build: build_command(name, profile),
        expected,
    })
}

/// Tests run from `<profile>/deps`, examples from `<profile>/examples`, programs from `<profile>`.
fn profile_folder(running: &Path) -> &Path {
    let folder = running.parent().unwrap_or(Path::new("."));
    let is_inner = folder
        .file_name()
        .is_some_and(|name| name == "deps" || name == "examples");
    if is_inner {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    }
}

fn build_command(name: &str, profile: &Path) -> String {
    match profile.file_name().and_then(|folder| folder.to_str()) {
        Some("debug") | None => format!("cargo build -p {name}"),
        Some("release") => format!("cargo build --release -p {name}"),
        Some(other) => format!("cargo build --profile {other} -p {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_looks_beside_its_own_profile_folder() {
        let running = Path::new("/project/target/debug/deps/scenarios-0123456789abcdef");
        assert_eq!(profile_folder(running), Path::new("/project/target/debug"));
    }

    #[test]
    fn a_program_looks_in_its_own_folder() {
        let running = Path::new("/project/target/release/demo");
        assert_eq!(
            profile_folder(running),
            Path::new("/project/target/release")
        );
    }

    #[test]
    fn a_missing_binary_says_which_command_builds_it() {
        let error = find_binary("no-such-function").unwrap_err();
        assert!(error.to_string().contains("run `cargo build"), "{error}");
        assert!(
            error.to_string().contains("-p no-such-function`"),
            "{error}"
        );
    }
}
