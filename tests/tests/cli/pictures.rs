//! The pictures of README: real output of the tool in a terminal with colour, as SVG in `docs/pictures`. A picture that
//! is not what the tool prints today fails. `make pictures` writes them anew. A moment is shown as one of a story, since
//! a run has others each time.

use crate::account::Account;
use crate::tool::Tool;
use holdfast::clock::{Clock, WallClock};
use holdfast_tests::picture::svg;
use regex_lite::{Captures, Regex};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What README's column has room for.
const COLUMNS: u16 = 104;

/// The same with the times of the story: a week before it, a quarter of an hour before it, and its own.
fn as_told(text: &str) -> String {
    let moment = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").unwrap();
    let text = moment.replace_all(text, |found: &Captures<'_>| {
        let at = OffsetDateTime::parse(&found[0], &Rfc3339).unwrap();
        let ago = WallClock.now() - at;
        match ago.whole_minutes() {
            60.. => "2026-11-20T03:14:07Z",
            10.. => "2026-11-27T02:59:07Z",
            _ => "2026-11-27T03:14:07Z",
        }
    });
    let ago = Regex::new(r"\d+[smh] ago").unwrap();
    ago.replace_all(&text, "3m ago").into_owned()
}

async fn is_shown(name: &str, tool: &Tool, command: &[&str]) {
    let ended = tool.in_terminal(command, COLUMNS).ends().await;
    assert!(ended.code.is_some_and(|code| code < 2), "{ended:?}");
    let line = format!("holdfast {}", command.join(" "));
    let drawn = svg(&line, &as_told(&ended.text));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/pictures/{name}.svg"));
    if std::env::var_os("HOLDFAST_WRITE_PICTURES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        drawn == kept,
        "docs/pictures/{name}.svg is not what the tool prints: `make pictures` writes it anew"
    );
}

#[tokio::test]
async fn each_picture_is_what_the_tool_prints() {
    let account = Account::swept().await;
    account.taken_back_by_the_guard().await;
    let account = account.and_swept().await;
    is_shown("status", &account.tool(), &["status"]).await;
    is_shown("history", &account.tool(), &["history", &account.ip]).await;
    for member in &account.members[1..] {
        holdfast_tests::scenarios::failover::stop(&mut account.simulator.world(), member);
    }
    is_shown("readiness", &account.tool(), &["readiness", "web"]).await;
}

#[test]
fn readme_shows_each_picture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let pictures = std::fs::read_dir(root.join("docs/pictures")).unwrap();
    let names = pictures.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in names {
        assert!(
            readme.contains(&format!("(docs/pictures/{name})")),
            "README does not show {name}"
        );
    }
}
