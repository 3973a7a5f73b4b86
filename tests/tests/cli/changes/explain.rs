//! What would be decided about an event: of every event there is, on reads alone.

use super::account::{Account, refusals};
use crate::schema::holds as follows_its_schema;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::scenarios::estate;
use holdfast_tests::scenarios::failover::floating_address;
use std::path::{Path, PathBuf};

/// The project's own events, and the corpus where it is.
fn events() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let corpus = std::env::var_os("HOLDFAST_EVENT_CORPUS").map(PathBuf::from);
    let folders = std::iter::once(own).chain(corpus);
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

fn reads(call: &str) -> bool {
    let verb = call.split_once(':').map_or(call, |(_, verb)| verb);
    let verbs = ["Describe", "Lookup", "BatchGet", "Query", "Get", "List"];
    verbs.iter().any(|known| verb.starts_with(known))
}

#[tokio::test]
async fn every_event_is_explained_or_named_as_none_on_reads_alone() {
    let account = Account::of(floating_address().world.clone()).await;
    let files = events();
    assert!(files.len() > 50, "{} events", files.len());
    let mut explained = 0;
    for file in &files {
        let path = file.to_str().unwrap();
        let ran = account.run(&["explain", path, "--output", "json"]).await;
        match ran.code {
            0 => {
                follows_its_schema(&ran.json());
                explained += 1;
            }
            4 => assert!(
                ran.err.contains("the event cannot be read"),
                "{path}: {}",
                ran.err
            ),
            code => panic!("{path} ended with {code}: {}{}", ran.out, ran.err),
        }
    }
    println!("{explained} of {} events explained", files.len());
    assert!(
        explained * 2 > files.len(),
        "{explained} of {}",
        files.len()
    );
    let names = account.simulator.call_names();
    let changes: Vec<_> = names.iter().filter(|name| !reads(name)).collect();
    assert!(changes.is_empty(), "{changes:?}");
}

#[tokio::test]
async fn a_look_that_aws_refuses_or_does_not_answer_is_told_with_its_exit_code() {
    let account = Account::of(floating_address().world.clone()).await;
    let event = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events/asked-plan.json");
    let arguments = ["explain", event.to_str().unwrap()];
    for (fault, code) in refusals() {
        account.simulator.heal();
        account
            .simulator
            .inject("ec2:DescribeInstances", fault, 100);
        let ran = account.run(&arguments).await;
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("ec2:DescribeInstances"), "{}", ran.out);
    }
    let ran = account.run_at("http://127.0.0.1:9", &arguments).await;
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[tokio::test]
async fn an_explanation_is_what_the_function_says_in_observe_mode() {
    let mut world = floating_address().world.clone();
    let owner = Caller::user(ACCOUNT, "owner");
    let tags = vec![Tag::new("holdfast:protect", "reclaim")];
    let given = estate::allocate(&mut world, &owner, AllocateAddress::default(), tags).unwrap();
    let account = Account::in_mode(world, "observe").await.noted().await;
    drop(account.simulator.take_events());
    estate::release(&mut account.simulator.world(), &owner, &given.allocation_id).unwrap();
    let event = account.simulator.take_events().pop().unwrap();
    let file = std::env::temp_dir().join(format!("holdfast-explain-{}.json", std::process::id()));
    std::fs::write(&file, event.to_string()).unwrap();
    let ran = account
        .run(&["explain", file.to_str().unwrap(), "--output", "json"])
        .await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answer = &ran.json()["functions"][0]["answer"];
    assert_eq!(answer["outcome"], "would-reclaim", "{}", ran.out);
    let real = account.answer_of("release-guard", &event).await;
    for part in ["outcome", "summary", "wouldCall", "findings"] {
        assert_eq!(answer["report"][part], real[part], "{part}");
    }
}
