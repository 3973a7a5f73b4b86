//! What each command prints, word for word, in `tests/fixtures/cli`. Times, ids of requests and events are put as their
//! names, since they differ from run to run. `HOLDFAST_WRITE_CLI=1` writes the files anew.

use crate::account::Account;
use regex_lite::Regex;
use std::path::{Path, PathBuf};

/// The commands that are kept, each with the file's name.
const KEPT: [(&str, &[&str]); 5] = [
    ("status", &["status"]),
    ("readiness", &["readiness"]),
    ("history", &["history", "web"]),
    ("reports", &["reports", "--all"]),
    ("status-of-a-group", &["status", "web"]),
];

fn file(name: &str, form: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cli");
    folder.join(format!("{name}.{form}"))
}

/// The same without what differs from run to run.
fn lasting(text: &str) -> String {
    let times = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"\d+[smhd] ago", "AGO"),
        (r"drill-\d{19}", "DRILL"),
        // The home folder of a test.
        (r"[^ ]*/holdfast-cli-\d+-\d+", "HOME"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "ID",
        ),
        (r#""(millis|ms|startedMs|afterMs)": \d+"#, "\"$1\": 0"),
        (r"\d+ ms", "N ms"),
        // A column is as wide as its widest cell.
        (r"  +", "  "),
    ];
    times.iter().fold(text.to_owned(), |text, (pattern, name)| {
        let pattern = Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *name).into_owned()
    })
}

#[track_caller]
pub(crate) fn is_kept(name: &str, form: &str, printed: &str) {
    let path = file(name, form);
    let printed = lasting(printed);
    if std::env::var_os("HOLDFAST_WRITE_CLI").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        printed,
        kept,
        "{}: HOLDFAST_WRITE_CLI=1 writes it anew",
        path.display()
    );
}

#[tokio::test]
async fn what_each_command_prints_is_kept() {
    let account = Account::swept().await;
    account.taken_back_by_the_guard().await;
    for (name, command) in KEPT {
        let table = account.tool().run(command).await;
        is_kept(name, "txt", &table.out);
        // The reports themselves have times of their own making, and are held to their schema only.
        if name == "reports" {
            continue;
        }
        let (_, document) = account.tool().json(command).await;
        is_kept(name, "json", &format!("{document:#}\n"));
    }
}
