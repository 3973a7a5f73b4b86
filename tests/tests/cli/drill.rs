//! The drill by its compiled binary. What becomes of a run that is killed at any call is tried in `cli/src/drill/tests`,
//! on a simulated clock: a run waits two minutes for EC2's answers to settle before it ends.

use crate::tool::Tool;
use ec2_sim::World;
use ec2_sim::http::Simulator;
use ec2_sim::throttle::Limit;
use holdfast::clock::{Clock, WallClock};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn simulator(change: impl FnOnce(&mut World)) -> Simulator {
    let mut world = World::new();
    change(&mut world);
    Simulator::serve(world, 0).await.unwrap()
}

/// One trial that waits for nothing, with further arguments.
fn recover<'a>(run_file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let line = [
        "drill",
        "recover",
        "--waits",
        "0s",
        "--trials",
        "1",
        "--run-file",
        run_file,
    ];
    line.iter().chain(more).copied().collect()
}

pub(crate) fn changes(simulator: &Simulator) -> Vec<&'static str> {
    let world = simulator.world();
    let changes = world.calls().iter().filter(|call| call.mutated());
    changes.map(ec2_sim::world::Call::action).collect()
}

#[tokio::test]
async fn a_killed_run_has_released_what_it_allocated_and_shows_what_it_found() {
    let simulator = simulator(|_| ()).await;
    let tool = Tool::at(&simulator.url);
    let file = tool.place("run.json");
    let mut process = tool.start(&recover(&file, &["--yes"]));
    for _ in 0..400 {
        WallClock.sleep(Duration::from_millis(50)).await;
        if changes(&simulator).len() == 4 {
            break;
        }
    }
    WallClock.sleep(Duration::from_millis(300)).await;
    process.kill().await.unwrap();
    let twice = [
        "AllocateAddress",
        "ReleaseAddress",
        "AllocateAddress",
        "ReleaseAddress",
    ];
    assert_eq!(changes(&simulator), twice);
    let (code, curve) = tool.json(&["drill", "show", "--run-file", &file]).await;
    assert_eq!(code, 1, "whether nothing is left is not known yet");
    let point = &curve["points"][0];
    assert_eq!(
        (&point["trials"], &point["recovered"], &point["lost"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(
        (&curve["complete"], &curve["clean"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn a_drill_that_is_throttled_waits_and_goes_on() {
    let slow = Limit {
        capacity: 1.0,
        refill: 0.1,
    };
    let simulator = simulator(|world| world.limit("ReleaseAddress", slow)).await;
    let tool = Tool::at(&simulator.url);
    let file = tool.place("run.json");
    let mut process = tool.start(&recover(&file, &["--yes"]));
    for _ in 0..600 {
        WallClock.sleep(Duration::from_millis(50)).await;
        if changes(&simulator).len() == 4 {
            break;
        }
    }
    WallClock.sleep(Duration::from_millis(300)).await;
    process.kill().await.unwrap();
    assert_eq!(changes(&simulator).len(), 4);
    assert!(
        simulator
            .world()
            .calls()
            .iter()
            .any(|call| { call.action() == "ReleaseAddress" && !call.mutated() }),
        "no call was throttled"
    );
    let (_, curve) = tool.json(&["drill", "show", "--run-file", &file]).await;
    assert_eq!(curve["points"][0]["recovered"], json!(1), "{curve}");
    assert_eq!(curve["regions"][0]["stopped"], Value::Null);
}

/// The process gives keys that end at once, twice, and then none: so ends a sign-on while a run is under way.
#[tokio::test]
async fn a_sign_on_that_ends_during_a_drill_is_told_as_such_and_ends_with_3() {
    let simulator = simulator(|_| ()).await;
    let tool = Tool::without_keys(&simulator.url);
    let count = tool.place("count");
    let keys = json!({ "Version": 1, "AccessKeyId": "AKIAOPERATOR", "SecretAccessKey": "not-a-secret",
        "SessionToken": "any", "Expiration": "2020-01-01T00:00:00Z" });
    let script = format!("echo >> {count}; [ $(wc -l < {count}) -le 4 ] || exit 1; echo '{keys}'");
    let script = tool.file("keys.sh", &script);
    let profile =
        format!("[profile short]\nregion = us-east-1\ncredential_process = /bin/sh {script}\n");
    let config = tool.file(".aws/config", &profile);
    let tool = tool
        .set("AWS_CONFIG_FILE", &config)
        .set("AWS_PROFILE", "short");
    let file = tool.place("run.json");
    let ran = tool.run(&recover(&file, &["--yes"])).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.out.contains("sign in again"), "{ran:?}");
    assert!(!ran.out.contains("does not answer"), "{ran:?}");
}

#[tokio::test]
async fn a_quota_that_is_nearly_full_is_told_and_nothing_is_changed() {
    let simulator = simulator(|world| world.settings().address_quota = 1).await;
    let tool = Tool::at(&simulator.url);
    let file = tool.place("run.json");
    let (code, curve) = tool.json(&recover(&file, &["--yes"])).await;
    assert_eq!(code, 1);
    let stopped = json!({ "why": "quota-full", "free": 1 });
    assert_eq!(curve["regions"][0]["stopped"], stopped);
    assert!(changes(&simulator).is_empty());
}

#[tokio::test]
async fn a_denied_drill_ends_with_3_and_says_which_policy_it_needs() {
    let simulator = simulator(|world| world.deny("*", "ec2:AllocateAddress")).await;
    let tool = Tool::at(&simulator.url);
    let file = tool.place("run.json");
    let ran = tool.run(&recover(&file, &["--yes"])).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.out.contains("policies/drill.iam.json"), "{ran:?}");
    assert!(changes(&simulator).is_empty());
}

#[tokio::test]
async fn nobody_is_taken_to_agree_who_cannot_answer() {
    let simulator = simulator(|_| ()).await;
    let tool = Tool::at(&simulator.url);
    let file = tool.place("run.json");
    let ran = tool.run(&recover(&file, &[])).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err
            .contains("2 addresses are allocated and released again"),
        "{ran:?}"
    );
    assert!(ran.err.contains("--yes"), "{ran:?}");
    assert!(changes(&simulator).is_empty());
}

#[tokio::test]
async fn an_account_that_does_not_answer_ends_with_4() {
    let tool = Tool::at("http://127.0.0.1:9");
    let file = tool.place("run.json");
    let ran = tool.run(&recover(&file, &["--yes"])).await;
    assert_eq!(ran.code, 4, "{ran:?}");
}

#[tokio::test]
async fn a_run_of_another_account_is_not_gone_on_with() {
    let simulator = simulator(|world| world.settings().address_quota = 1).await;
    let tool = Tool::at(&simulator.url);
    let file = tool.place("run.json");
    tool.run(&recover(&file, &["--yes"])).await;
    let mut run: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    run["account"] = json!("444455556666");
    std::fs::write(&file, run.to_string()).unwrap();
    let ran = tool
        .run(&["drill", "end", "--yes", "--run-file", &file])
        .await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("444455556666"), "{ran:?}");
}

#[tokio::test]
async fn a_run_that_is_not_there_cannot_be_shown() {
    let tool = Tool::at("http://127.0.0.1:9");
    let ran = tool
        .run(&["drill", "show", "--run-file", &tool.place("none.json")])
        .await;
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[tokio::test]
async fn a_picture_that_cannot_be_written_is_refused_before_anything_is_allocated() {
    let simulator = simulator(|_| ()).await;
    let tool = Tool::at(&simulator.url);
    let (file, plot) = (
        tool.place("run.json"),
        tool.place("no/such/folder/drill.svg"),
    );
    let line = recover(&file, &["--yes", "--plot", &plot]);
    let ran = tool.run(&line).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(simulator.call_names().is_empty(), "{ran:?}");
}
