//! The compiled functions behind a Lambda Runtime API, against the simulator over HTTP: the very files
//! that a deployment ships, start-up, settings, SDK and all.

use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::http::{Fault, Simulator};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::explorer::promises::addresses;
use holdfast_tests::runtime::{Environment, Function, StartError};
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const FUNCTIONS: [&str; 4] = [
    "release-guard",
    "reconcile",
    "instance-start",
    "alarm-failover",
];
const TABLE: &str = "ledger";
const RELEASE: &str = include_str!("../../fixtures/events/release-bare.json");

/// The simulator, and a protected address in it.
struct Account {
    simulator: Simulator,
    ip: String,
    allocation: String,
}

fn kim() -> Caller {
    Caller::user(ACCOUNT, "kim")
}

async fn account() -> Account {
    let simulator = Simulator::start().await.unwrap();
    simulator.create_table(TABLE).await.unwrap();
    let tags = vec![
        Tag::new("holdfast:protect", "reclaim"),
        Tag::new("Name", "gate"),
    ];
    let request = AllocateAddress::default();
    let given = estate::allocate(&mut simulator.world(), &kim(), request, tags).unwrap();
    Account {
        simulator,
        ip: given.public_ip,
        allocation: given.allocation_id,
    }
}

impl Account {
    fn environment(&self, function: &str) -> Environment {
        Environment::new(function, &self.simulator.url)
            .set("AWS_REGION", "us-east-1")
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce")
            .set("HOLDFAST_RETRY_SECONDS", "1")
            .set("HOLDFAST_POOL_WAIT_SECONDS", "1")
    }

    async fn function(&self, name: &str) -> Function {
        Function::start_named(name, &self.environment(name))
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    async fn noted(self) -> Self {
        let report = self
            .function("reconcile")
            .await
            .invoke(&schedule())
            .await
            .result
            .unwrap();
        assert_eq!(report["outcome"], "refreshed", "{report}");
        self
    }

    /// Delivers an event to a new process of the guard; gives its report.
    async fn guarded(&self, event: &Value) -> Value {
        let guard = self.function("release-guard").await;
        guard.invoke(event).await.result.unwrap()
    }

    /// Kim releases it; gives the event.
    fn released(&self) -> Value {
        let _ = self.simulator.take_events();
        estate::release(&mut self.simulator.world(), &kim(), &self.allocation).unwrap();
        self.simulator
            .take_events()
            .pop()
            .expect("the simulator emits an event for each call")
    }

    fn held_as(&self) -> Vec<String> {
        let held = addresses(&self.simulator.world());
        held.into_values()
            .filter(|address| address.public_ip == self.ip)
            .map(|address| address.allocation_id)
            .collect()
    }
}

fn schedule() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail": {},
    })
}

#[tokio::test]
async fn a_released_address_comes_back_with_one_ledger_read_before_the_request() {
    let account = account().await.noted().await;
    let event = account.released();
    let guard = account.function("release-guard").await;
    account.simulator.forget_calls();
    let report = guard.invoke(&event).await.result.unwrap();
    assert_eq!(report["outcome"], "reclaimed", "{report}");
    assert_eq!(
        account.simulator.call_names()[..2],
        ["dynamodb:BatchGetItem", "ec2:AllocateAddress"]
    );
    assert_eq!(account.held_as().len(), 1);
}

#[tokio::test]
async fn ten_deliveries_and_ten_processes_allocate_one_address() {
    let account = account().await.noted().await;
    let event = account.released();
    for delivery in 0..10 {
        let guard = account.function("release-guard").await;
        let report = guard.invoke(&event).await.result.unwrap();
        let expected = if delivery == 0 {
            "reclaimed"
        } else {
            "already-ours"
        };
        assert_eq!(report["outcome"], expected, "delivery {delivery}: {report}");
    }
    assert_eq!(account.held_as().len(), 1);
}

/// Release records as CloudTrail writes them: our own, and a real one where the corpus is there.
fn release_records() -> Vec<Value> {
    let corpus = std::env::var_os("HOLDFAST_EVENT_CORPUS").map(std::path::PathBuf::from);
    let real = corpus.map(|folder| folder.join("ct-ReleaseAddress-1.json"));
    let real = real
        .filter(|file| file.exists())
        .map(|file| std::fs::read_to_string(file).unwrap());
    let texts = std::iter::once(RELEASE.to_owned()).chain(real);
    texts
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

#[tokio::test]
async fn a_record_as_cloudtrail_writes_it_is_enough_bare_or_enveloped_whoever_knows_the_address() {
    for mut record in release_records() {
        for (enveloped, is_noted) in [(true, true), (true, false), (false, true), (false, false)] {
            let account = account().await;
            let account = if is_noted {
                account.noted().await
            } else {
                account
            };
            let mut event = account.released();
            for field in ["eventTime", "awsRegion", "recipientAccountId"] {
                record[field] = event["detail"][field].clone();
            }
            record["requestParameters"] = json!({
                "allocationId": account.allocation,
                "networkBorderGroup": record["awsRegion"],
            });
            event["detail"] = record.clone();
            let event = if enveloped { event } else { record.clone() };
            let report = account.guarded(&event).await;
            assert_eq!(
                report["outcome"], "reclaimed",
                "{enveloped}, {is_noted}: {report}"
            );
            assert_eq!(report["address"]["ip"], account.ip.as_str());
            let from = if is_noted { "ledger" } else { "event-history" };
            assert_eq!(report["address"]["knownFrom"], from);
        }
    }
}

#[tokio::test]
async fn what_only_lookup_events_knows_comes_back() {
    let account = account().await;
    let event = account.released();
    let report = account.guarded(&event).await;
    assert_eq!(report["outcome"], "reclaimed", "{report}");
    assert_eq!(report["address"]["knownFrom"], "event-history");
    assert_eq!(report["address"]["ip"], account.ip.as_str());
}

#[tokio::test]
async fn a_release_that_arrives_before_its_own_allocation_ends_reclaimed() {
    let account = account().await;
    let allocated = account.simulator.take_events().pop().unwrap();
    account.simulator.world().settings().looked_up_after = time::Duration::hours(1);
    let released = account.released();
    let guard = account.function("release-guard").await;
    let first = guard.invoke(&released).await.result.unwrap();
    assert_eq!(first["outcome"], "pending", "{first}");
    // An event alone makes no address known: CloudTrail has to say so as well.
    account.simulator.world().settings().looked_up_after = time::Duration::ZERO;
    let then = account
        .function("reconcile")
        .await
        .invoke(&allocated)
        .await
        .result
        .unwrap();
    assert_eq!(then["outcome"], "reclaimed", "{then}");
    assert_eq!(account.held_as().len(), 1);
}

#[tokio::test]
async fn a_process_that_is_killed_right_after_the_request_is_followed_by_one_that_goes_on() {
    let account = account().await.noted().await;
    let event = account.released();
    account
        .simulator
        .inject("dynamodb:TransactWriteItems", Fault::Slow(5000), 3);
    let guard = account.function("release-guard").await;
    let answer = tokio::time::timeout(Duration::from_secs(2), guard.invoke(&event)).await;
    assert!(
        answer.is_err(),
        "the run was to be ended before it had written anything down"
    );
    guard.kill().await;
    account.simulator.heal();
    assert_eq!(
        account.held_as().len(),
        1,
        "the dead process had the address back"
    );
    let report = account.guarded(&event).await;
    assert_eq!(report["outcome"], "already-ours", "{report}");
    assert_eq!(account.held_as().len(), 1);
}

#[tokio::test]
async fn a_lost_reply_to_the_request_is_no_second_request() {
    let account = account().await.noted().await;
    let event = account.released();
    account
        .simulator
        .inject("ec2:AllocateAddress", Fault::ReplyLost, 1);
    let report = account.guarded(&event).await;
    assert_eq!(report["outcome"], "already-ours", "{report}");
    assert_eq!(account.held_as().len(), 1);
}

#[tokio::test]
async fn a_denied_guard_says_what_to_do() {
    let account = account().await.noted().await;
    let event = account.released();
    account
        .simulator
        .world()
        .deny("*holdfast*", "AllocateAddress");
    let report = account.guarded(&event).await;
    assert_eq!(report["outcome"], "denied", "{report}");
    assert!(
        report["findings"][0]["next"]
            .as_str()
            .unwrap()
            .contains("allocate-address")
    );
}

#[tokio::test]
async fn what_is_not_json_is_an_error_that_says_so_and_the_process_goes_on() {
    let account = account().await;
    let guard = account.function("release-guard").await;
    let error = guard
        .invoke_raw(b"not json at all".to_vec())
        .await
        .result
        .unwrap_err();
    assert_eq!(error.error_type, "Holdfast.EventUnreadable");
    assert!(
        error.error_message.contains("the event is not JSON"),
        "{error}"
    );
    assert!(guard.is_running());
    assert!(guard.invoke(&schedule()).await.result.is_ok());
}

#[tokio::test]
async fn bad_settings_stop_the_start_with_one_message_that_names_every_key() {
    let account = account().await;
    for function in FUNCTIONS {
        let environment = account
            .environment(function)
            .without("HOLDFAST_TABLE")
            .set("HOLDFAST_MODE", "on")
            .set("HOLDFAST_TYPO", "1");
        let error = Function::start_named(function, &environment)
            .await
            .unwrap_err();
        let StartError::Failed {
            error: Some(told), ..
        } = error
        else {
            panic!("{error}")
        };
        for key in ["HOLDFAST_TABLE", "HOLDFAST_MODE", "HOLDFAST_TYPO"] {
            assert!(told.error_message.contains(key), "{told}");
        }
    }
}

#[tokio::test]
async fn an_instance_that_runs_gets_the_address_of_its_group() {
    let account = account().await;
    let group = || vec![Tag::new("holdfast:group", "web")];
    let instance = {
        let mut world = account.simulator.world();
        world.settings().instance_starts_after = time::Duration::ZERO;
        estate::allocate(&mut world, &kim(), AllocateAddress::default(), group()).unwrap();
        estate::launch(&mut world, &kim(), group()).unwrap()
    };
    account.simulator.advance(Duration::from_millis(1));
    let events = account.simulator.take_events();
    let event = events
        .iter()
        .rfind(|event| event["detail"]["state"] == "running")
        .unwrap();
    let start = account.function("instance-start").await;
    let report = start.invoke(event).await.result.unwrap();
    assert_eq!(report["outcome"], "associated", "{report}");
    let counted = start
        .log()
        .iter()
        .any(|line| line.contains("CloudWatchMetrics"));
    assert!(counted, "the outcome is no metric: {:?}", start.log());
    let held = addresses(&account.simulator.world());
    let holders = held
        .values()
        .filter_map(|address| address.association.as_ref()?.instance_id.clone());
    assert_eq!(holders.collect::<Vec<_>>(), [instance]);
}

#[tokio::test]
async fn every_event_of_the_corpus_ends_in_a_report_or_in_an_error_that_names_the_field() {
    let account = account().await;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let corpus = std::env::var_os("HOLDFAST_EVENT_CORPUS");
    let folders = std::iter::once(fixtures).chain(corpus.map(Into::into));
    let mut fed = 0;
    for function in FUNCTIONS {
        let running = account.function(function).await;
        for file in folders
            .clone()
            .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let body = std::fs::read(&path).unwrap();
            match running.invoke_raw(body).await.result {
                Ok(report) => assert!(
                    report["summary"].is_string(),
                    "{}: {report}",
                    path.display()
                ),
                Err(error) => {
                    assert!(
                        error.error_message.contains("field `"),
                        "{}: {error}",
                        path.display()
                    );
                }
            }
            assert!(
                running.is_running(),
                "{function} died of {}",
                path.display()
            );
            fed += 1;
        }
    }
    assert!(fed > 200, "only {fed} events were fed");
}
