//! `holdfast test-notification`: one message to each place where people are told, so that somebody sees whether it
//! arrives.

use super::invocation;
use crate::deployment::Function;
use crate::failure::{Exit, Failure};
use crate::output::{Cell, Document, Page, Table, VERSION_ADVICE};
use crate::session::Session;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;

const AFTER_HELP: &str = "\
Examples:
  holdfast test-notification

Exit code 0: SNS has taken a message for each place. Whether it arrives, those who read there see.";

/// Send a test message to everybody who is told
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {}

/// Who took the message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TestNotification {
    stack: String,
    region: String,
    /// Each message with where it went.
    sent: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Notified {
    told: Vec<String>,
}

impl Document for TestNotification {
    const COMMAND: &'static str = "test-notification";

    fn page(&self) -> Page {
        let mut page = Page::default();
        if self.sent.is_empty() {
            page.line([Cell::bad("no place is set up where people are told")]);
        }
        for one in &self.sent {
            page.line([Cell::good("sent"), Cell::from("  "), Cell::from(one)]);
        }
        page
    }

    fn rows(&self) -> Table {
        let mut table = Table::of(&["sent"]);
        for one in &self.sent {
            table.push([Cell::from(one)]);
        }
        table
    }

    fn exit(&self) -> Exit {
        if self.sent.is_empty() {
            Exit::Found
        } else {
            Exit::Done
        }
    }
}

pub(super) async fn run(_asked: &Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let deployment = session.deployment().await?;
    let event = json!({"holdfast": "test-notification"});
    let answer = invocation::ask(session, &deployment, Function::Notify, &event).await?;
    let notified: Notified =
        serde_json::from_value(answer).map_err(|error| Failure::Unreadable {
            what: "what notify answered".to_owned(),
            why: error.to_string(),
            advice: VERSION_ADVICE.to_owned(),
        })?;
    session.finish(&TestNotification {
        stack: deployment.stack.name.clone(),
        region: deployment.connection.region.clone(),
        sent: notified.told,
    })
}
