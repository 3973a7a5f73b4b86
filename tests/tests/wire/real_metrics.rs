//! What the compiled functions write into their log: the metrics, and one line for each event.

use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::http::{Fault, Simulator};
use ec2_sim::world::ACCOUNT;
use holdfast_tests::runtime::{Environment, Function};
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};

const TABLE: &str = "ledger";

/// Reconcile, running, with one protected address to look at.
struct Watched {
    simulator: Simulator,
    reconcile: Function,
}

impl Watched {
    async fn start() -> Self {
        let simulator = Simulator::start().await.unwrap();
        simulator.create_table(TABLE).await.unwrap();
        let tags = vec![Tag::new("holdfast:protect", "reclaim")];
        let kim = Caller::user(ACCOUNT, "kim");
        let request = AllocateAddress::default();
        estate::allocate(&mut simulator.world(), &kim, request, tags).unwrap();
        let environment = Environment::new("reconcile", &simulator.url)
            .set("HOLDFAST_TABLE", TABLE)
            .set("AWS_LAMBDA_LOG_FORMAT", "JSON");
        let reconcile = Function::start_named("reconcile", &environment)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        simulator.forget_calls();
        Self {
            simulator,
            reconcile,
        }
    }

    async fn sweep(&self) {
        let schedule = json!({
            "id": "schedule-1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "detail": {},
        });
        let report = self.reconcile.invoke(&schedule).await.result.unwrap();
        assert_eq!(report["outcome"], "refreshed", "{report}");
    }

    fn sent(&self) -> usize {
        self.simulator.call_names().len()
    }

    fn lines(&self) -> Vec<Value> {
        let log = self.reconcile.log();
        log.iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Every value of a metric, in the order in which it was written.
    fn metric(&self, name: &str) -> Vec<u64> {
        let lines = self.lines();
        lines
            .iter()
            .filter(|line| line.get("_aws").is_some())
            .filter_map(|line| line[name].as_u64())
            .collect()
    }
}

#[tokio::test]
async fn the_calls_of_each_event_are_those_that_went_over_the_wire() {
    let watched = Watched::start().await;
    for _ in 0..2 {
        let (counted, before) = (watched.metric("Calls").len(), watched.sent());
        watched.sweep().await;
        let calls = watched.metric("Calls")[counted];
        assert_eq!(usize::try_from(calls).unwrap(), watched.sent() - before);
    }
    assert_eq!(watched.metric("Retries"), [0, 0]);
}

#[tokio::test]
async fn a_throttled_call_is_one_call_and_a_retry() {
    let watched = Watched::start().await;
    watched
        .simulator
        .inject("ec2:DescribeAddresses", Fault::Throttled, 1);
    watched.sweep().await;
    assert_eq!(watched.metric("Retries"), [1]);
    let calls = usize::try_from(watched.metric("Calls")[0]).unwrap();
    assert_eq!(calls + 1, watched.sent());
}

#[tokio::test]
async fn a_sweep_counts_what_is_protected_and_how_long_each_phase_took() {
    let watched = Watched::start().await;
    watched.sweep().await;
    assert_eq!(watched.metric("ProtectedAddresses"), [1]);
    assert_eq!(watched.metric("Events"), [1]);
    assert!(!watched.metric("PhaseDuration").is_empty());
}

#[tokio::test]
async fn each_event_is_one_line_and_only_the_first_is_a_cold_start() {
    let watched = Watched::start().await;
    watched.sweep().await;
    watched.sweep().await;
    let lines = watched.lines();
    let told: Vec<&Value> = lines
        .iter()
        .map(|line| &line["fields"])
        .filter(|fields| fields["event_id"] == "schedule-1")
        .collect();
    let cold: Vec<&Value> = told.iter().map(|fields| &fields["cold_start"]).collect();
    assert_eq!(cold, [&json!(true), &json!(false)]);
    for fields in told {
        for key in ["request_id", "outcome", "subject", "duration_ms", "calls"] {
            assert!(!fields[key].is_null(), "{key} is missing: {fields}");
        }
    }
}
