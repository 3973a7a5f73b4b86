//! What is there at a glance, and whether it is ready.

use crate::account::{Account, TABLE, kim, schedule};
use ec2_sim::api::AllocateAddress;
use ec2_sim::http::Fault;
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn group(document: &Value) -> &Value {
    &document["deployments"][0]["groups"][0]
}

#[tokio::test]
async fn a_group_is_shown_with_its_holder_its_standbys_and_its_address() {
    let account = Account::swept().await;
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 0, "{status:#}");
    let stack = &status["deployments"][0];
    assert_eq!(stack["modes"]["release-guard"], "enforce");
    assert_eq!(group(&status)["readiness"], "ready");
    assert_eq!(group(&status)["holders"], json!([account.members[0]]));
    assert_eq!(group(&status)["standbys"], json!([account.members[1]]));
    let address = &stack["addresses"][0];
    assert_eq!(address["address"], account.ip.as_str());
    assert_eq!(address["interface"], account.eni.as_str());
    assert_eq!(address["protection"], "reclaim");
    assert_eq!(address["inLedger"], true);
}

#[tokio::test]
async fn what_a_terminal_shows_names_the_same() {
    let account = Account::swept().await;
    let ran = account.tool().run(&["status"]).await;
    let shown: Vec<&str> = ran.out.lines().collect();
    assert!(shown[0].starts_with("holdfast in us-east-1"), "{ran:?}");
    assert_eq!(shown[1], "every function: enforce");
    let row = shown
        .iter()
        .find(|line| line.starts_with("web"))
        .expect("the group has a row");
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        words[..4],
        ["web", "ready", &account.members[0], &account.members[1]]
    );
    assert!(
        !ran.out.contains('\u{1b}'),
        "no colour where no terminal is"
    );
    assert_eq!(ran.err, "");
}

#[tokio::test]
async fn rows_have_a_field_for_each_name_of_the_first_line() {
    let account = Account::swept().await;
    let ran = account.tool().run(&["status", "--output", "tsv"]).await;
    let fields: Vec<usize> = ran
        .out
        .lines()
        .map(|line| line.split('\t').count())
        .collect();
    assert_eq!(fields, [10, 10], "{}", ran.out);
}

#[tokio::test]
async fn a_release_that_nobody_has_told_of_is_found() {
    let account = Account::swept().await;
    account.released();
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 1);
    let open = &status["deployments"][0]["openReleases"];
    assert_eq!(
        open[0]["allocation"],
        account.allocation.as_str(),
        "{status:#}"
    );
    assert_eq!(open[0]["status"], "not-shown");
}

#[tokio::test]
async fn a_group_without_a_standby_is_not_ready_and_what_to_do_is_said() {
    let account = Account::swept().await;
    for member in &account.members[1..] {
        holdfast_tests::scenarios::failover::stop(&mut account.simulator.world(), member);
    }
    let (code, readiness) = account.tool().json(&["readiness", "web"]).await;
    assert_eq!(code, 1, "{readiness:#}");
    assert_eq!(group(&readiness)["readiness"], "not-ready");
    let obstacle = &group(&readiness)["obstacles"][0];
    assert_ne!(obstacle["next"], "", "{readiness:#}");
    let (code, _) = account.tool().json(&["status"]).await;
    assert_eq!(code, 1);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let account = Account::swept().await;
    account.simulator.forget_calls();
    account.tool().run(&["status"]).await;
    account.tool().run(&["readiness"]).await;
    let called = account.simulator.call_names();
    let reads = [
        "Describe", "Get", "Query", "BatchGet", "List", "Lookup", "Filter",
    ];
    for call in &called {
        let (_, verb) = call.split_once(':').expect("service and verb");
        assert!(reads.iter().any(|word| verb.starts_with(word)), "{call}");
    }
    assert!(called.len() > 10, "{called:?}");
}

#[tokio::test]
async fn a_group_that_nobody_knows_is_a_slip_of_the_pen() {
    let account = Account::swept().await;
    for command in ["status", "readiness", "history"] {
        let ran = account.tool().run(&[command, "wbe"]).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}: {ran:?}");
        assert!(ran.err.contains("wbe"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_stack_that_is_not_there_leads_to_those_that_are() {
    let account = Account::swept().await;
    let ran = account
        .tool()
        .run(&["status", "--stack", "steadfast"])
        .await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err
            .contains("Holdfast's stacks in this region: holdfast"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told_and_keeps_nothing_else_from_being_shown() {
    let account = Account::swept().await;
    let row = json!({ "pk": { "S": "snapshot" }, "sk": { "S": "eipalloc-0abc" }, "row_version": { "N": "99" } });
    account.put_row(TABLE, &row).await;
    let (_, status) = account.tool().json(&["status"]).await;
    let findings = status["deployments"][0]["findings"].to_string();
    assert!(findings.contains("snapshot/eipalloc-0abc"), "{findings}");
    assert_eq!(group(&status)["readiness"], "ready");
}

/// How many addresses beside those of the group.
const MANY: usize = 1_000;

#[tokio::test]
async fn a_thousand_addresses_cost_no_call_more_than_one() {
    let account = Account::swept().await;
    account.simulator.forget_calls();
    account.tool().run(&["status"]).await;
    let of_one = account.simulator.call_names();
    {
        let mut world = account.simulator.world();
        world.settings().address_quota = 2 * MANY;
        for _ in 0..MANY {
            let request = AllocateAddress::default();
            estate::allocate(&mut world, &kim(), request, Vec::new()).unwrap();
        }
    }
    let report = account.invoke("reconcile", &schedule()).await;
    assert_eq!(report["outcome"], "refreshed", "{report}");
    account.simulator.forget_calls();
    let (_, status) = account.tool().json(&["status"]).await;
    let of_many = account.simulator.call_names();
    let shown = status["deployments"][0]["addresses"].as_array().unwrap();
    assert_eq!(shown.len(), MANY + 1);
    assert!(shown.iter().all(|address| address["inLedger"] == true));
    // DynamoDB gives a page for each MiB, and a thousand rows are more than one.
    let but_pages = |calls: &[String]| {
        let others = calls.iter().filter(|call| *call != "dynamodb:Query");
        others.count()
    };
    assert_eq!(but_pages(&of_many), but_pages(&of_one), "{of_many:?}");
    assert!(of_many.len() <= of_one.len() + 6, "{of_many:?}");
}

#[tokio::test]
async fn what_can_be_read_at_the_same_time_is() {
    const LATE: Duration = Duration::from_secs(1);
    let account = Account::swept().await;
    account.simulator.forget_calls();
    account.tool().run(&["status"]).await;
    let calls = account.simulator.call_names();
    for action in calls.iter().collect::<BTreeSet<_>>() {
        let slow = Fault::Slow(u64::try_from(LATE.as_millis()).unwrap());
        account.simulator.inject(action, slow, 20);
    }
    let began = Instant::now();
    let ran = account.tool().run(&["status"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    // The stack, its functions, what there is, how well it is, where it would go.
    let rounds = began.elapsed().as_secs_f64() / LATE.as_secs_f64();
    assert!(calls.len() >= 14, "{calls:?}");
    assert!(rounds < 7.5, "{} calls took {rounds} rounds", calls.len());
}
