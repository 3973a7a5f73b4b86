//! Rows of the ledger that nobody can read: a newer version wrote them, or somebody did by hand. What they would say is
//! told as not known. It is never told as none.

use crate::account::Account;
use ec2_sim::http::Fault;
use serde_json::{Value, json};

impl Account {
    /// Somebody writes over a row what no version reads.
    async fn overwritten(&self, kind: &str, key: &str) {
        let row = json!({ "pk": { "S": kind }, "sk": { "S": key }, "row_version": { "N": "99" } });
        self.put_row(&row).await;
    }

    /// The guard has asked for the released address, and was refused.
    async fn release_pending(&self) {
        let event = self.released();
        self.simulator.world().deny("*", "ec2:AllocateAddress");
        let report = self.deployment.invoke(
            &self.simulator,
            "ReleaseGuard",
            event.to_string().into_bytes(),
        );
        drop(report.await);
        self.simulator.world().allow_all();
    }

    /// What is said of the group: the exit code, the stack, and what a terminal shows.
    async fn status_of_web(&self) -> (i32, Value, String) {
        let (code, document) = self.tool().json(&["status", "web"]).await;
        let shown = self.tool().run(&["status", "web"]).await;
        assert_eq!(shown.code, code, "{shown:?}");
        (code, document["deployments"][0].clone(), shown.out)
    }
}

#[tokio::test]
async fn an_open_release_whose_row_cannot_be_read_is_told_for_each_group() {
    let account = Account::swept().await;
    account.release_pending().await;
    account.overwritten("snapshot", &account.allocation).await;
    let (code, stack, shown) = account.status_of_web().await;
    assert_eq!(code, 1, "{stack:#}");
    let open = &stack["openReleases"][0];
    assert_eq!(open["allocation"], account.allocation.as_str(), "{stack:#}");
    assert_eq!(open["status"], "pending", "{stack:#}");
    let words = format!("group not known: {}", account.allocation);
    assert!(shown.contains(&words), "{shown}");
}

#[tokio::test]
async fn a_release_whose_record_cannot_be_read_may_be_open() {
    let account = Account::swept().await;
    account.release_pending().await;
    account.overwritten("release", &account.allocation).await;
    let (code, stack, shown) = account.status_of_web().await;
    assert_eq!(code, 1, "{stack:#}");
    let open = stack["openReleases"].as_array().unwrap();
    assert_eq!(open.len(), 1, "{stack:#}");
    assert_eq!(open[0]["allocation"], account.allocation.as_str());
    assert_eq!(open[0]["status"], "unknown");
    assert_eq!(open[0]["address"], account.ip.as_str());
    assert_eq!(open[0]["attempts"], Value::Null);
    let row = shown.lines().find(|line| line.contains("unknown"));
    let unknown = row.map(|row| row.matches("not known").count());
    assert_eq!(unknown, Some(2), "by whom, how often: {shown}");
    assert!(
        shown.contains("its record in the ledger cannot be read"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_address_that_is_gone_and_whose_row_cannot_be_read_may_be_an_open_release() {
    let account = Account::swept().await;
    account.released();
    account.overwritten("snapshot", &account.allocation).await;
    let (code, stack, shown) = account.status_of_web().await;
    assert_eq!(code, 1, "{stack:#}");
    assert_eq!(stack["openReleases"][0]["status"], "unknown", "{stack:#}");
    assert!(shown.contains(&account.allocation), "{shown}");
}

#[tokio::test]
async fn releases_that_could_not_be_read_are_not_known_and_not_none() {
    let account = Account::swept().await;
    account.release_pending().await;
    for action in ["dynamodb:Query", "ec2:DescribeAddresses"] {
        let refusal = Fault::Refused("AccessDenied".to_owned());
        account.simulator.inject(action, refusal, 1_000);
        let (code, stack, shown) = account.status_of_web().await;
        account.simulator.heal();
        assert_eq!(code, 3, "{action}: {stack:#}");
        let incomplete = stack["incomplete"].as_array().unwrap();
        assert!(
            incomplete.contains(&json!("openReleases")),
            "{action}: {stack:#}"
        );
        let is_told = ["open releases: not known", "others: not known"];
        assert!(
            is_told.iter().any(|it| shown.contains(it)),
            "{action}: {shown}"
        );
    }
    let (_, stack, shown) = account.status_of_web().await;
    assert_eq!(stack["incomplete"], json!([]));
    assert!(!shown.contains("not known"), "{shown}");
}

#[tokio::test]
async fn an_address_whose_own_row_cannot_be_read_is_not_said_to_be_missing_in_the_ledger() {
    let account = Account::swept().await;
    account.overwritten("snapshot", &account.allocation).await;
    let (code, stack, shown) = account.status_of_web().await;
    assert_eq!(code, 1, "{stack:#}");
    assert_eq!(stack["addresses"][0]["inLedger"], Value::Null, "{stack:#}");
    assert!(!shown.contains("not in the ledger yet"), "{shown}");
}

#[tokio::test]
async fn a_pause_that_cannot_be_read_is_not_said_to_be_none() {
    let account = Account::swept().await;
    let paused = account.tool().run(&["pause", "web", "--for", "2h"]).await;
    assert_eq!(paused.code, 0, "{paused:?}");
    for kind in ["lease", "lease-beside"] {
        account.overwritten(kind, "web").await;
    }
    for command in ["status", "readiness"] {
        let (code, document) = account.tool().json(&[command]).await;
        assert_eq!(code, 1, "{document:#}");
        let group = &document["deployments"][0]["groups"][0];
        assert_eq!(group["leaseKnown"], false, "{document:#}");
        assert_eq!(group["readinessKnown"], false, "{document:#}");
        let shown = account.tool().run(&[command]).await.out;
        assert!(shown.contains("ready in what was read"), "{shown}");
        assert!(shown.contains("not known"), "{shown}");
    }
    let rows = account.tool().run(&["readiness", "--output", "tsv"]).await;
    let row = rows.out.lines().nth(1).unwrap();
    assert_eq!(row.split('\t').nth(6), Some("not known"), "{rows:?}");
}
