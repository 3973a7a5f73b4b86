//! Two installations in one account and region that go by the same tags: each hears of the other, and says so.

use super::super::fixtures::{associated_at, installation};
use crate::report::Report;
use crate::settings::Installation;

const ROLE: &str = "arn:aws:iam::111122223333:role/holdfast-2-ReconcileRole-1ABC";

/// What an installation hears of a call that was made with this user agent.
async fn heard(made_with: &str) -> Report {
    let account = installation();
    account.sweep().await;
    let mut call = associated_at(1, 7, account.now());
    call.call.actor.role_arn = Some(ROLE.to_owned());
    call.call.actor.user_agent = Some(made_with.to_owned());
    account.hears(&call).await
}

fn agent(tag: &str, table: &str) -> String {
    let mark = Installation::of(tag, table);
    format!("aws-sdk-rust/1.3.14 ua/2.1 api/ec2/1.274.0 os/linux lang/rust/1.94.1 app/{mark}")
}

#[tokio::test]
async fn a_call_of_another_installation_with_the_same_tags_is_told_first_with_its_role() {
    let report = heard(&agent("holdfast:protect", "another-ledger")).await;
    assert_eq!(report.rival.as_deref(), Some(ROLE));
    let finding = &report.findings[0];
    assert!(
        finding.what.ends_with(&format!("as {ROLE}")),
        "{}",
        finding.what
    );
    assert!(finding.next.contains("TagPrefix"), "{}", finding.next);
}

#[tokio::test]
async fn nobody_else_is_a_rival() {
    let own = "ledger".to_owned();
    for made_with in [
        agent("holdfast:protect", &own),
        agent("acme:protect", "another-ledger"),
        "APN/1.0 HashiCorp/1.0 Terraform/1.9.0".to_owned(),
    ] {
        let report = heard(&made_with).await;
        assert_eq!(
            (report.rival, report.findings),
            (None, vec![]),
            "{made_with}"
        );
    }
}
