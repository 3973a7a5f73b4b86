//! The kind: what could not be read turns no value into "none", "0", "no" or a shorter list. In an account in which much is
//! going on each call of `status` is refused in turn. Whatever is told then is either what was told when all was read, or
//! that it is not known.

use crate::account::{Account, kim, schedule};
use crate::partial::EVERY_TRY;
use ec2_sim::api::{AllocateAddress, Tag};
use ec2_sim::http::Fault;
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The lists of a stack, each with what tells one thing in it from another.
const LISTS: [(&str, &str); 3] = [
    ("groups", "group"),
    ("addresses", "allocation"),
    ("openReleases", "allocation"),
];

/// Whether all of a thing could be read; else its other fields are of what could be.
const KNOWN: [(&str, &[&str]); 2] = [
    ("readinessKnown", &["ready", "readiness", "obstacles"]),
    ("leaseKnown", &["pause", "lastFailover", "inProgress"]),
];

impl Account {
    /// A group that is paused after a failover, an event that failed, and a release that nobody has told of.
    async fn busy() -> Self {
        let account = Self::swept().await;
        let other = {
            let mut world = account.simulator.world();
            let tags = vec![
                Tag::new("holdfast:protect", "reclaim"),
                Tag::new("holdfast:group", "web"),
            ];
            let request = AllocateAddress::default();
            estate::allocate(&mut world, &kim(), request, tags).unwrap()
        };
        account.invoke("Reconcile", &schedule()).await;
        let moved = json!({ "holdfast": "failover", "group": "web" });
        account.invoke("AlarmFailover", &moved).await;
        let pause = ["pause", "web", "--for", "2h"];
        assert_eq!(account.tool().run(&pause).await.code, 0);
        account.released_by_kim(&other.allocation_id);
        account.fail_an_event().await;
        account
    }
}

fn stack(document: &Value) -> &Value {
    &document["deployments"][0]
}

/// What is told of a thing though it was read otherwise, or not at all.
fn changed(list: &str, was: &Value, is: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (field, before) in was.as_object().unwrap() {
        let now = &is[field.as_str()];
        let excused = KNOWN
            .iter()
            .any(|(known, fields)| is[*known] == false && fields.contains(&field.as_str()));
        let is_flag = KNOWN.iter().any(|(known, _)| known == field);
        // The status of a release follows from all that is known of it.
        let is_judged = list == "openReleases" && is["status"] != was["status"];
        if now != before && !now.is_null() && !excused && !is_flag && !is_judged {
            wrong.push(format!("{list}.{field}: {before} became {now}"));
        }
    }
    wrong
}

#[tokio::test]
async fn a_call_that_is_refused_turns_nothing_into_none() {
    let account = Account::busy().await;
    account.simulator.forget_calls();
    let (_, full) = account.tool().json(&["status"]).await;
    let calls: BTreeSet<String> = account.simulator.call_names().into_iter().collect();
    assert_eq!(stack(&full)["failedEvents"], 1, "{full:#}");
    assert_eq!(stack(&full)["openReleases"].as_array().unwrap().len(), 1);
    assert!(stack(&full)["groups"][0]["pause"].is_object(), "{full:#}");
    let mut wrong = Vec::new();
    for action in calls
        .iter()
        .filter(|it| *it != "cloudformation:DescribeStacks")
    {
        let refusal = Fault::Refused("AccessDeniedException".to_owned());
        account.simulator.inject(action, refusal, EVERY_TRY);
        let (_, part) = account.tool().json(&["status"]).await;
        let shown = account.tool().run(&["status"]).await.out;
        account.simulator.heal();
        let (was, is) = (stack(&full), stack(&part));
        for count in ["failedEvents", "undeliveredEvents"] {
            if is[count] != was[count] && !is[count].is_null() {
                wrong.push(format!("{action}: {count} {}", is[count]));
            }
        }
        for (list, key) in LISTS {
            let now = is[list].as_array().unwrap();
            for before in was[list].as_array().unwrap() {
                match now.iter().find(|it| it[key] == before[key]) {
                    Some(now) => wrong.extend(
                        changed(list, before, now)
                            .into_iter()
                            .map(|it| format!("{action}: {it}")),
                    ),
                    None if is["incomplete"].as_array().unwrap().contains(&json!(list)) => {}
                    None => wrong.push(format!("{action}: {list} lacks {}", before[key])),
                }
            }
        }
        for (list, words) in [
            ("groups", "groups: not known"),
            ("addresses", "addresses: not known"),
        ] {
            let is_known = !is["incomplete"].as_array().unwrap().contains(&json!(list));
            if is_known == shown.contains(words) {
                wrong.push(format!("{action}: {words}: {shown}"));
            }
        }
        if shown.contains("failed events: 0") {
            wrong.push(format!("{action}: {shown}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
