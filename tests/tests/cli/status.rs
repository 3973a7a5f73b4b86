//! What is there at a glance, and whether it is ready.

use crate::account::{Account, kim, schedule};
use ec2_sim::api::AllocateAddress;
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};

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
async fn an_event_that_could_not_be_finished_is_counted() {
    let account = Account::swept().await;
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 0, "{status:#}");
    assert_eq!(status["deployments"][0]["failedEvents"], 0);
    account.fail_an_event().await;
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 1);
    assert_eq!(status["deployments"][0]["failedEvents"], 1);
    assert_eq!(status["deployments"][0]["undeliveredEvents"], 0);
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
    let commands: [&[&str]; 4] = [
        &["status", "wbe"],
        &["status", "wbe", "--watch", "5"],
        &["readiness", "wbe"],
        &["history", "wbe"],
    ];
    for command in commands {
        let ran = account.tool().run(command).await;
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{command:?}: {ran:?}"
        );
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
    account.put_row(&row).await;
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 1, "what is not known is not well");
    let findings = status["deployments"][0]["notKnown"].to_string();
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
    let report = account.invoke("Reconcile", &schedule()).await;
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
async fn colour_is_where_somebody_wants_it() {
    let account = Account::swept().await;
    let forced = account.tool().set("CLICOLOR_FORCE", "1");
    let coloured = forced.run(&["status"]).await;
    assert!(coloured.out.contains("\u{1b}["), "{coloured:?}");
    let without = forced.run(&["status", "--no-color"]).await;
    assert!(!without.out.contains('\u{1b}'), "{without:?}");
    let refused = account.tool().set("NO_COLOR", "1").run(&["status"]).await;
    assert!(!refused.out.contains('\u{1b}'), "{refused:?}");
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_failure() {
    let account = Account::swept().await;
    let ran = account.tool().run_into_nothing(&["status"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
}

#[tokio::test]
async fn a_function_that_only_observes_makes_no_group_ready() {
    let account = Account::set_up(|deployment| deployment.with("AlarmFailoverMode", "observe"));
    let account = account.await.and_swept().await;
    let (code, readiness) = account.tool().json(&["readiness"]).await;
    assert_eq!(group(&readiness)["readiness"], "ready");
    assert_eq!(code, 1, "{readiness:#}");
    let hindrance = readiness["deployments"][0]["hindrances"][0]["what"].to_string();
    assert!(hindrance.contains("observe mode"), "{hindrance}");
}

#[tokio::test]
async fn a_group_of_which_no_sweep_has_told_is_not_said_to_be_ready() {
    let account = Account::set_up(|deployment| deployment).await;
    let (code, readiness) = account.tool().json(&["readiness"]).await;
    assert_eq!(code, 1, "{readiness:#}");
    let hindrance = readiness["deployments"][0]["hindrances"][0]["what"].to_string();
    assert!(hindrance.contains("told of no group"), "{hindrance}");
}

/// The default protection is to record only: what is recorded is done with.
#[tokio::test]
async fn a_release_that_was_only_to_be_recorded_is_not_open() {
    let account = Account::swept().await;
    let other = {
        let mut world = account.simulator.world();
        let request = AllocateAddress::default();
        estate::allocate(&mut world, &kim(), request, Vec::new()).unwrap()
    };
    account.invoke("Reconcile", &schedule()).await;
    let event = account.released_by_kim(&other.allocation_id);
    let report = account.invoke("ReleaseGuard", &event).await;
    assert_eq!(report["outcome"], "recorded-only", "{report}");
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(status["deployments"][0]["openReleases"], json!([]));
    assert_eq!(code, 0, "{status:#}");
}

#[tokio::test]
async fn a_group_whose_last_address_is_released_is_still_known() {
    let account = Account::swept().await;
    account.released();
    let (code, status) = account.tool().json(&["status", "web"]).await;
    assert_eq!(code, 1, "{status:#}");
    assert_eq!(
        status["deployments"][0]["openReleases"][0]["status"],
        "not-shown"
    );
}
