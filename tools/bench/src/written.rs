//! Prints what was measured, as the page has it, and writes the page.

use super::options::Options;
use holdfast_tests::performance::{self, Results};
use holdfast_tests::terminal::{self, Problem};
use std::fs;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Prints it; after a whole run writes results, page and plots.
pub(super) fn write(options: &Options, mut results: Results) -> Result<(), Problem> {
    if let Some(folder) = &options.printed {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path
                .file_stem()
                .map(|name| name.to_string_lossy().into_owned());
            results
                .printed
                .insert(name.unwrap_or_default(), fs::read_to_string(path)?);
        }
    }
    for (title, table) in performance::sections(&results) {
        terminal::heading(title)?;
        terminal::line(&table)?;
    }
    if !options.writes() {
        return terminal::line("Not everything was measured: docs/PERFORMANCE.md stays as it is.");
    }
    let json = serde_json::to_string_pretty(&results)?;
    fs::write(docs().join("performance/results.json"), json + "\n")?;
    write_files(&results)
}

fn write_files(results: &Results) -> Result<(), Problem> {
    let template = fs::read_to_string(docs().join("performance/page.md"))?;
    for (file, text) in performance::files(&template, results)? {
        fs::write(docs().join(file), text)?;
    }
    Ok(())
}
