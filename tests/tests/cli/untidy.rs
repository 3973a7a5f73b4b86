//! What an old, large and untidy account has: a stack that was not deployed to its end, functions that somebody changed by
//! hand, groups with strange names, a thousand addresses in one of them, and logs that are gone.

use crate::account::{Account, kim, schedule};
use ec2_sim::api::{AllocateAddress, CreateTags, Request, Tag};
use ec2_sim::http::Fault;
use ec2_sim::services::Declared;
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Account {
    /// The stack is in another state, with or without its outputs.
    fn stack_is(&self, status: &str, has_outputs: bool) {
        let mut stacks = self.deployment.declared().stacks;
        status.clone_into(&mut stacks[0].status);
        if !has_outputs {
            stacks[0].outputs.clear();
        }
        self.simulator.declare(Declared {
            stacks,
            ..Declared::default()
        });
    }

    /// Somebody changes a setting of one function by hand.
    pub(crate) fn function_is_changed(&self, binary: &str, key: &str, value: &str) {
        let functions = self.deployment.declared().functions.into_iter();
        let mut functions: Vec<_> = functions.filter(|it| it.code == binary).collect();
        functions[0]
            .environment
            .insert(key.to_owned(), value.to_owned());
        self.simulator.declare(Declared {
            functions,
            ..Declared::default()
        });
    }

    fn tag(&self, resources: &[&String], key: &str, value: &str) {
        let request = CreateTags {
            resources: resources.iter().map(ToString::to_string).collect(),
            tags: vec![Tag::new(key, value)],
        };
        let mut world = self.simulator.world();
        world
            .call(&kim(), &Request::CreateTags(request), false)
            .unwrap();
    }
}

#[tokio::test]
async fn a_stack_that_did_not_come_to_its_end_is_told_by_its_state() {
    let account = Account::swept().await;
    for status in [
        "UPDATE_ROLLBACK_FAILED",
        "DELETE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS",
    ] {
        account.stack_is(status, true);
        for command in ["status", "readiness"] {
            let ran = account.tool().run(&[command]).await;
            assert_eq!(ran.code, 1, "{command}: {ran:?}");
            assert!(ran.out.contains(status), "{command}: {ran:?}");
            assert!(ran.out.contains("deploy again"), "{command}: {ran:?}");
        }
    }
    for status in ["ROLLBACK_COMPLETE", "DELETE_FAILED", "CREATE_FAILED"] {
        account.stack_is(status, false);
        let ran = account.tool().run(&["status"]).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(status), "{ran:?}");
        assert!(!ran.err.contains("not one of Holdfast's"), "{ran:?}");
    }
}

#[tokio::test]
async fn functions_with_other_settings_are_told() {
    let account = Account::swept().await;
    account.function_is_changed("alarm-failover", "HOLDFAST_COOLDOWN_SECONDS", "17");
    for command in [&["status"][..], &["readiness"], &["history", "web"]] {
        let ran = account.tool().run(command).await;
        assert!(
            ran.out.contains("HOLDFAST_COOLDOWN_SECONDS"),
            "{command:?}: {ran:?}"
        );
    }
    let (code, status) = account.tool().json(&["status"]).await;
    assert_eq!(code, 1);
    let known = status["deployments"][0]["notKnown"].to_string();
    assert!(
        known.contains("differ in HOLDFAST_COOLDOWN_SECONDS"),
        "{known}"
    );
}

#[tokio::test]
async fn a_group_may_have_quotes_and_backslashes_in_its_name() {
    for name in [r#"the "web" servers"#, r"a\blue", r#""\"#, "b|c [x] {y} ?*"] {
        let account = Account::set_up(|it| it).await;
        let members = account.members.iter();
        let all: Vec<&String> = members.chain([&account.eni]).collect();
        account.tag(&all, "holdfast:group", name);
        let account = account.and_swept().await;
        let event = json!({ "holdfast": "failover", "group": name });
        let report = account.invoke("AlarmFailover", &event).await;
        assert_eq!(report["outcome"], "switched-over", "{report}");
        let (code, status) = account.tool().json(&["status", name]).await;
        assert_eq!(code, 0, "{status:#}");
        let (_, history) = account.tool().json(&["history", name]).await;
        let entries = history["entries"].as_array().unwrap();
        let told = entries.iter().any(|it| {
            it["source"] == "report" && it["what"].as_str().unwrap().starts_with("switched-over")
        });
        assert!(told, "{name}: {history:#}");
    }
}

#[tokio::test]
async fn the_end_of_an_association_is_told_with_who_ended_it() {
    let account = Account::swept().await;
    {
        let mut world = account.simulator.world();
        estate::take_out_of_use(&mut world, &kim(), &account.allocation).unwrap();
    }
    for subject in [&account.ip, &account.allocation, "web"] {
        let (_, history) = account.tool().json(&["history", subject]).await;
        let entries = history["entries"].as_array().unwrap();
        let ends = entries.iter().find(|it| {
            it["what"]
                .as_str()
                .unwrap()
                .starts_with("DisassociateAddress on eipassoc-")
        });
        let ends = ends.unwrap_or_else(|| panic!("{subject}: {history:#}"));
        assert!(ends["by"].as_str().unwrap().ends_with("user/kim"), "{ends}");
    }
}

/// Another address's association is none of this one's history.
#[tokio::test]
async fn the_end_of_another_association_is_not_told() {
    let account = Account::swept().await;
    {
        let mut world = account.simulator.world();
        let other = estate::allocate(&mut world, &kim(), AllocateAddress::default(), Vec::new());
        let other = other.unwrap().allocation_id;
        let eni = estate::interface(&mut world, &kim(), "10.0.0.5").unwrap();
        estate::put_to_use(
            &mut world,
            &kim(),
            &other,
            (&eni, "10.0.0.5"),
            "a.example.com",
        )
        .unwrap();
        estate::take_out_of_use(&mut world, &kim(), &other).unwrap();
    }
    let (_, history) = account.tool().json(&["history", &account.ip]).await;
    assert!(
        !history.to_string().contains("DisassociateAddress"),
        "{history:#}"
    );
}

#[tokio::test]
async fn reports_that_the_logs_no_longer_have_are_told_as_gone() {
    let account = Account::swept().await;
    let (_, history) = account
        .tool()
        .json(&["history", "web", "--since", "29d"])
        .await;
    assert!(
        !history["incomplete"].to_string().contains("are gone"),
        "{history:#}"
    );
    let (_, history) = account
        .tool()
        .json(&["history", "web", "--since", "100d"])
        .await;
    let incomplete = history["incomplete"].to_string();
    assert!(
        incomplete.contains("the logs of holdfast in us-east-1 are kept 90 days"),
        "{incomplete}"
    );
}

/// The names of all findings in a document.
fn findings(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::Array(list) => list.iter().for_each(|it| findings(it, found)),
        Value::Object(members) => {
            if let (Some(what), true) = (members.get("what"), members.contains_key("next")) {
                found.insert(what.as_str().unwrap().to_owned());
            }
            members.values().for_each(|it| findings(it, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn rows_leave_no_finding_out() {
    let account = Account::swept().await;
    account.function_is_changed("alarm-failover", "HOLDFAST_MODE", "observe");
    account.function_is_changed("notify", "HOLDFAST_COOLDOWN_SECONDS", "17");
    account.stack_is("UPDATE_ROLLBACK_FAILED", true);
    for member in &account.members[1..] {
        holdfast_tests::scenarios::failover::stop(&mut account.simulator.world(), member);
    }
    let refusal = Fault::Refused("AccessDenied".to_owned());
    account
        .simulator
        .inject("sqs:GetQueueAttributes", refusal, 1_000);
    for command in [&["status"][..], &["readiness"]] {
        let (_, document) = account.tool().json(command).await;
        let mut all = BTreeSet::new();
        findings(&document, &mut all);
        assert!(all.len() > 2, "{all:?}");
        let line: Vec<&str> = command.iter().copied().chain(["--output", "tsv"]).collect();
        let ran = account.tool().run(&line).await;
        for what in all {
            let told = ran.out.contains(&what) || ran.err.contains(&what);
            assert!(told, "{command:?} leaves out: {what}\n{ran:?}");
        }
    }
}

const MANY: usize = 1_000;

impl Account {
    /// A thousand addresses of the group besides, all of them in the ledger.
    pub(crate) async fn with_a_thousand(self) -> Self {
        {
            let mut world = self.simulator.world();
            world.settings().address_quota = 2 * MANY;
            for _ in 0..MANY {
                let tags = vec![Tag::new("holdfast:group", "web")];
                estate::allocate(&mut world, &kim(), AllocateAddress::default(), tags).unwrap();
            }
        }
        self.invoke("Reconcile", &schedule()).await;
        self
    }
}

#[tokio::test]
async fn the_history_of_a_thousand_addresses_is_a_bounded_number_of_calls_and_says_what_was_not_read()
 {
    let account = Account::swept().await.with_a_thousand().await;
    account.simulator.forget_calls();
    let (code, history) = account.tool().json(&["history", "web"]).await;
    assert_eq!(code, 0);
    let calls = account.simulator.call_names();
    assert!(calls.len() < 150, "{} calls", calls.len());
    let lookups = calls.iter().filter(|it| *it == "cloudtrail:LookupEvents");
    assert!(lookups.count() <= 15, "{calls:?}");
    let incomplete = history["incomplete"].to_string();
    for part in [
        "further addresses: ask for one address",
        "further resources: ask for one address",
    ] {
        assert!(incomplete.contains(part), "{part}: {incomplete}");
    }
}

/// AWS answers so for a region that is not on, as it does for keys that are wrong.
#[tokio::test]
async fn a_region_that_is_not_on_is_named_among_the_causes() {
    let account = Account::swept().await;
    for code in ["UnrecognizedClientException", "InvalidClientTokenId"] {
        let refusal = Fault::Refused(code.to_owned());
        account
            .simulator
            .inject("cloudformation:DescribeStacks", refusal, 10);
        let ran = account.tool().run(&["status"]).await;
        account.simulator.heal();
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.err.contains("not on in the account"), "{ran:?}");
    }
}
