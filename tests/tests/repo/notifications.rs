//! docs/NOTIFICATIONS.md shows what people read: mails and chat messages of real runs on the simulated EC2, as notify
//! sends them. `make notifications` writes it.

mod runs;

use futures_util::FutureExt;
use holdfast::clock::WallClock;
use holdfast::cloud::CloudError;
use holdfast::cloud::publish::PublishNotice;
use holdfast::error::{Error, chain};
use holdfast::ledger::MemoryLedger;
use holdfast::model::ids::AccountId;
use holdfast::notify;
use holdfast::ports::Ports;
use holdfast::report::delivered::{FailedRun, delivered};
use holdfast::report::{Function, Origin, Report};
use holdfast::settings::{Mode, OUTCOMES, Settings, ToldOutcomes};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use time::macros::datetime;

/// Set by `make notifications`: the page is written instead of compared.
const WRITE: &str = "HOLDFAST_WRITE_NOTIFICATIONS";

const HEAD: &str = "\
# Notifications

What people read, as notify sends it. Each message is of a real run of the functions on the simulated EC2.
`make notifications` writes this page, and a test fails when it is out of date. [RUNBOOK.md](RUNBOOK.md) says what to do
about each outcome.

A mail has the first line as its subject. The same goes to a second topic, in the form that Amazon Q Developer in chat
applications takes. One cause is told at once, then at most once an hour with the count, and then its end. `MailOutcomes`
and `ChatOutcomes` say which outcomes are told where. `make test-notification` sends a test message to both.

To have the messages in a chat, give the topic of the output `ChatTopic` to a channel configuration of Amazon Q
Developer. To have the alarms there as well, give it the topic of `NotificationTopic` too: it shows alarms, and drops the
mails.
";

/// SNS, as this page sees it: topic, subject and message.
#[derive(Debug, Clone, Default)]
struct Topics(Arc<Mutex<Vec<(String, String)>>>);

impl PublishNotice for Topics {
    async fn publish(
        &self,
        _: &str,
        subject: Option<&str>,
        message: &str,
    ) -> Result<(), CloudError> {
        let subject = subject.unwrap_or_default().to_owned();
        let mut sent = self.0.lock().expect("nobody fails with it");
        sent.push((subject, message.to_owned()));
        Ok(())
    }
}

fn own() -> AccountId {
    AccountId::in_arn("arn:aws:lambda:us-east-1:111122223333:function:notify").expect("an account")
}

fn origin() -> Origin {
    Origin {
        request_id: "b9dd6c3d-0e2f-4a11-9c5e-3f6a7b8c9d0e".to_owned(),
        account: Some(own()),
        region: "us-east-1".to_owned(),
        log_group: Some("/aws/lambda/holdfast".to_owned()),
        at: datetime!(2026-01-01 00:00:10 UTC),
    }
}

/// How a run ended, as the bus has it.
fn of_run(function: Function, ended: &Result<Report, Error>) -> Value {
    match ended {
        Ok(report) => delivered(report, &origin(), "the log"),
        Err(error) => {
            let summary = chain(error);
            let failed = FailedRun {
                function,
                mode: Some(Mode::Enforce),
                error: error.name(),
                summary: &summary,
                subject: None,
                report: error.report(),
            };
            failed.delivered(&origin(), "the log")
        }
    }
}

/// The mail and the chat message that notify makes of it.
fn told(report: &Value) -> Vec<(String, String)> {
    let settings = [
        ("HOLDFAST_TABLE", "ledger"),
        ("HOLDFAST_MAIL_TOPIC", "mail"),
        ("HOLDFAST_CHAT_TOPIC", "chat"),
        ("AWS_REGION", "us-east-1"),
    ];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let settings = Settings::read(settings).expect("settings");
    let topics = Topics::default();
    let ports = Ports {
        cloud: topics.clone(),
        ledger: MemoryLedger::default(),
        clock: WallClock,
    };
    let event = json!({
        "account": "111122223333",
        "detail-type": "Lambda Function Invocation Result - Success",
        "detail": { "requestContext": { "requestId": "1" }, "responsePayload": report },
    });
    let own = own();
    let run = notify::run(&ports, &settings, &event, Some(&own), "1");
    let ended = run.now_or_never().expect("nothing waits");
    ended.unwrap_or_else(|error| panic!("{}", chain(&error)));
    let sent = topics.0.lock().expect("nobody fails with it");
    sent.clone()
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut open: BTreeSet<&str> = OUTCOMES.into_iter().collect();
    let by_default = ToldOutcomes::default();
    open.retain(|outcome| by_default.has(outcome));
    for (what, report) in runs::all() {
        let outcome = report["outcome"].as_str().unwrap_or_default().to_owned();
        let messages = told(&report);
        assert_eq!(
            messages.len(),
            2,
            "{what} {outcome}: a mail and a chat message"
        );
        open.remove(outcome.as_str());
        let (subject, mail) = &messages[0];
        let chat: Value = serde_json::from_str(&messages[1].1).expect("JSON");
        let chat = serde_json::to_string_pretty(&chat).expect("JSON");
        let _ = write!(
            page,
            "\n## `{outcome}`\n\n{what}\n\n```text\nSubject: {subject}\n\n{mail}\n```\n\nIn the chat:\n\n````json\n{chat}\n````\n"
        );
    }
    let shown: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    assert!(
        open.is_empty(),
        "told by default, and no run shows it: {open:?}; shown are {shown:?}"
    );
    page
}

#[test]
fn the_page_of_notifications_is_what_notify_sends() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/NOTIFICATIONS.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written
        .lines()
        .zip(page.lines())
        .find(|(was, is)| was != is);
    assert!(
        written == page,
        "docs/NOTIFICATIONS.md is stale (`make notifications` writes it); the first line that differs: {differs:?}"
    );
}
