//! What each command that changes something prints, word for word, in `tests/fixtures/cli`, as `snapshots` keeps it for
//! those that read. Each is run as a table in one account, and as JSON in another one: the second time, nothing would be
//! left to do.

use crate::account::Account;
use crate::snapshots::is_kept;
use axum::Router;
use axum::routing::post;

/// Before it, kim releases the address.
const RESTORE: &str = "restore-of-what-was-released";

/// The commands in their order, each with the file's name and the exit code.
fn story(account: &Account) -> Vec<(&'static str, Vec<String>, i32)> {
    let (ip, first) = (account.ip.as_str(), account.members[0].as_str());
    let line = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    vec![
        ("plan", line(&["plan", "web"]), 0),
        ("switchover", line(&["switchover", "web", "--yes"]), 0),
        (
            "switchover-to-where-it-is",
            line(&["switchover", "web", "--to", &account.members[1], "--yes"]),
            0,
        ),
        ("failback", line(&["failback", "web", "--yes"]), 0),
        (
            "pause",
            line(&["pause", "web", "--for", "2h", "--by", "anna"]),
            0,
        ),
        ("resume", line(&["resume", "web"]), 0),
        ("resume-of-no-pause", line(&["resume", "web"]), 1),
        ("restore-of-what-is-there", line(&["restore", ip]), 0),
        (
            "restore-of-what-never-was",
            line(&["restore", "203.0.113.99"]),
            1,
        ),
        ("unprotect", line(&["unprotect", ip]), 0),
        ("unprotect-applied", line(&["unprotect", ip, "--apply"]), 0),
        ("protect-applied", line(&["protect", ip, "--apply"]), 0),
        (
            "protect-of-what-is-protected",
            line(&["protect", ip, "--apply"]),
            0,
        ),
        ("adopt", line(&["adopt", "gate", first, ip]), 0),
        (RESTORE, line(&["restore", ip]), 0),
        ("test-notification", line(&["test-notification"]), 0),
    ]
}

/// SNS, as far as it takes a message. Source: SNS API reference, `Publish`.
async fn sns() -> String {
    const TAKEN: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                         <MessageId>1</MessageId></PublishResult></PublishResponse>";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let topics = Router::new().route("/", post(|| async { TAKEN }));
    tokio::spawn(async { axum::serve(listener, topics).await });
    url
}

async fn account() -> Account {
    let account = Account::swept().await;
    account.function_is_changed("notify", "AWS_ENDPOINT_URL_SNS", &sns().await);
    account
}

#[tokio::test]
async fn what_each_changing_command_prints_is_kept() {
    let account = account().await;
    for (name, line, code) in story(&account) {
        if name == RESTORE {
            account.released();
        }
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let ran = account.tool().run(&line).await;
        assert_eq!(ran.code, code, "{line:?}: {ran:?}");
        // A sign of life comes with the time: a slow machine has more of them.
        let beside = ran.err.lines().filter(|line| !line.contains(" is at it, "));
        let beside: Vec<&str> = beside.collect();
        is_kept(
            name,
            "txt",
            &format!("{}\n---\n{}", beside.join("\n"), ran.out),
        );
    }
}

/// The report of the function is held to the schema alone: it has times of its own making.
#[tokio::test]
async fn what_each_changing_command_says_as_json_is_kept() {
    let account = account().await;
    for (name, line, code) in story(&account) {
        if name == RESTORE {
            account.released();
        }
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let (ended, mut document) = account.tool().json(&line).await;
        assert_eq!(ended, code, "{line:?}: {document:#}");
        let members = document.as_object_mut().unwrap();
        members.remove("report");
        is_kept(name, "json", &format!("{document:#}\n"));
    }
}

#[tokio::test]
async fn a_test_message_goes_to_each_place_and_its_places_are_named() {
    let account = account().await;
    let (code, sent) = account.tool().json(&["test-notification"]).await;
    assert_eq!(code, 0, "{sent:#}");
    assert!(!sent["sent"].as_array().unwrap().is_empty(), "{sent:#}");
}
