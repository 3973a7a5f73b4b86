//! docs/PERFORMANCE.md and its plots are written from docs/performance/page.md and results.json, and from nothing else.
//! So what the page says was measured in one run. `make bench` measures and writes them.

use holdfast_tests::performance::{Results, files};
use std::fs;
use std::path::{Path, PathBuf};

/// Set to write the page from the results again, after a change of its text.
const WRITE: &str = "HOLDFAST_WRITE_PERFORMANCE";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn read(file: impl AsRef<Path>) -> String {
    fs::read_to_string(docs().join(file)).unwrap_or_default()
}

fn results() -> Results {
    serde_json::from_str(&read("performance/results.json")).expect("the results can be read")
}

#[test]
fn the_page_and_its_plots_are_what_the_results_say() {
    let results = results();
    assert!(!results.machine.is_quick, "a page of few rounds is a draft");
    let written = files(&read("performance/page.md"), &results).expect("each place is known");
    assert!(written.len() > 2, "{}", written.len());
    for (file, text) in written {
        if std::env::var_os(WRITE).is_some() {
            fs::write(docs().join(&file), &text).expect("the page can be written");
        }
        let is = read(&file);
        let stale = is.lines().zip(text.lines()).find(|(was, is)| was != is);
        assert!(
            is == text,
            "docs/{} is stale (`make performance` writes it again); the first line that differs: {stale:?}",
            file.display()
        );
    }
}

#[test]
fn another_figure_is_another_page() {
    let template = read("performance/page.md");
    let mut changed = results();
    let start = changed.starts.first_mut().expect("starts are measured");
    start.took.median += 1.0;
    assert_ne!(files(&template, &changed), files(&template, &results()));
}

#[test]
fn each_part_of_the_page_was_measured() {
    let results = results();
    let measured = [
        ("starts", results.starts.len()),
        ("paths", results.paths.len()),
        ("events", results.events.len()),
        ("sweeps", results.sweeps.len()),
        ("bursts", results.bursts.len()),
        ("failovers", results.failovers.len()),
    ];
    for (part, count) in measured {
        assert!(count > 0, "no {part} were measured");
    }
}
