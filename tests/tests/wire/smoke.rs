//! `make smoke`, on the compiled functions and the simulator: its own events, and its own judgement of the answers.

use crate::aws::Aws;
use ec2_sim::http::Simulator;
use holdfast_tests::runtime::{Environment, Function};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TABLE: &str = "ledger";

fn smoke() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/deployment/smoke.py")
}

fn events() -> Map<String, Value> {
    let told = Command::new("python3").arg(smoke()).arg("events").output();
    let told = told.expect("python3 is there").stdout;
    serde_json::from_slice(&told).expect("the events are JSON")
}

/// What each function answers, as Lambda would tell it.
async fn answers(simulator: &Simulator, set: &[(&str, &str, &str)]) -> Value {
    let mut answers = Map::new();
    for (name, event) in events() {
        let mut environment = Environment::new(&name, &simulator.url)
            .set("AWS_REGION", "us-east-1")
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce")
            .set(
                "HOLDFAST_MAIL_TOPIC",
                "arn:aws:sns:us-east-1:111122223333:mail",
            )
            .set("HOLDFAST_RETRY_SECONDS", "1");
        for (of, key, value) in set {
            if *of == name {
                environment = environment.set(key, value);
            }
        }
        let answer = match Function::start_named(&name, &environment).await {
            Ok(function) => match function.invoke(&event).await.result {
                Ok(report) => json!({ "error": null, "payload": report }),
                Err(error) => failed(&error.to_string()),
            },
            Err(error) => failed(&error.to_string()),
        };
        answers.insert(name, answer);
    }
    Value::Object(answers)
}

fn failed(message: &str) -> Value {
    json!({ "error": "Unhandled", "payload": { "errorMessage": message } })
}

/// What `make smoke` prints of these answers, and whether it ends well.
fn judged(answers: &Value) -> (String, bool) {
    let mut running = Command::new("python3")
        .arg(smoke())
        .arg("judge")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let mut input = running.stdin.take().expect("it reads");
    input.write_all(answers.to_string().as_bytes()).unwrap();
    drop(input);
    let output = running.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    (told, output.status.success())
}

async fn account() -> Aws {
    let aws = Aws::start().await;
    aws.simulator.create_table(TABLE).await.unwrap();
    aws
}

#[tokio::test]
async fn a_deployment_that_is_well_is_green_and_nothing_is_changed() {
    let aws = account().await;
    let (told, is_well) = judged(&answers(&aws.simulator, &[]).await);
    assert!(is_well, "{told}");
    assert_eq!(told.matches("green ").count(), 5, "{told}");
    let changing = [
        "Allocate",
        "Associate",
        "Disassociate",
        "Attach",
        "Put",
        "Transact",
    ];
    let names = aws.simulator.call_names();
    let changed = names
        .iter()
        .filter(|name| changing.iter().any(|word| name.contains(word)));
    assert_eq!(changed.count(), 0, "{names:?}");
}

#[tokio::test]
async fn a_denied_permission_is_red_and_named() {
    let aws = account().await;
    aws.simulator.world().deny("*", "ec2:DescribeTags");
    let (told, is_well) = judged(&answers(&aws.simulator, &[]).await);
    println!("{told}");
    assert!(!is_well, "{told}");
    let red = told.lines().find(|line| line.starts_with("RED")).unwrap();
    assert!(red.contains("instance-start"), "{told}");
    assert!(told.contains("DescribeTags"), "{told}");
    assert!(told.contains("do: "), "{told}");
    assert!(told.contains("green release-guard"), "{told}");
}

#[tokio::test]
async fn a_bad_setting_of_notify_is_red_and_named() {
    let aws = account().await;
    let bad = [("notify", "HOLDFAST_MAIL_OUTCOMES", "reclaimt")];
    let (told, is_well) = judged(&answers(&aws.simulator, &bad).await);
    assert!(!is_well, "{told}");
    let red = told.lines().find(|line| line.starts_with("RED")).unwrap();
    assert!(red.contains("notify"), "{told}");
    assert!(told.contains("HOLDFAST_MAIL_OUTCOMES"), "{told}");
}

#[tokio::test]
async fn a_bad_setting_is_red_and_named() {
    let aws = account().await;
    let bad = [("release-guard", "HOLDFAST_RETRY_SECONDS", "1.5")];
    let (told, is_well) = judged(&answers(&aws.simulator, &bad).await);
    println!("{told}");
    assert!(!is_well, "{told}");
    assert_eq!(told.matches("RED").count(), 1, "{told}");
    assert!(told.contains("HOLDFAST_RETRY_SECONDS"), "{told}");
    assert!(told.contains("correct the parameter"), "{told}");
}
