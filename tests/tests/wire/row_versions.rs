//! Rows of other versions in the table: those of the first version are taken up, those that cannot be read stay to the
//! byte, and nothing waits for them. By way of the AWS SDK, on the simulated DynamoDB.

use crate::aws::Aws;
use aws_sdk_dynamodb::types::AttributeValue;
use ec2_sim::api::{AllocateAddress, Caller, Tag};
use ec2_sim::world::ACCOUNT;
use holdfast::ledger::lease::Acquire;
use holdfast::ledger::{Ledger, Written, update_snapshot};
use holdfast_aws::DynamoLedger;
use holdfast_tests::ledger_contract::{a_claim, a_snapshot};
use holdfast_tests::runtime::{Environment, Function};
use holdfast_tests::scenarios::estate;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

const NAME: &str = "ledger";
const FIRST: &str = include_str!("../../fixtures/ledger/72eb87c.json");

type Row = HashMap<String, AttributeValue>;

struct Table {
    ledger: DynamoLedger,
    aws: Aws,
}

impl Table {
    async fn with(rows: impl IntoIterator<Item = Row>) -> Self {
        let aws = Aws::start().await;
        aws.simulator.create_table(NAME).await.unwrap();
        let table = Self {
            ledger: DynamoLedger::new(
                aws.dynamodb.clone(),
                NAME.to_owned(),
                Duration::from_hours(24),
            ),
            aws,
        };
        for row in rows {
            table.put(row).await;
        }
        table
    }

    async fn put(&self, row: Row) {
        let put = self.aws.dynamodb.put_item().table_name(NAME);
        put.set_item(Some(row)).send().await.unwrap();
    }

    async fn row(&self, kind: &str, key: &str) -> Row {
        let get = self.aws.dynamodb.get_item().table_name(NAME);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let get = get.key("pk", text(kind)).key("sk", text(key));
        get.send().await.unwrap().item.unwrap_or_default()
    }
}

fn attribute(value: &Value) -> AttributeValue {
    let (kind, inside) = value.as_object().unwrap().iter().next().unwrap();
    let text = || inside.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(inside.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(inside.as_array().unwrap().iter().map(attribute).collect()),
        "M" => AttributeValue::M(row(inside)),
        unknown => panic!("no attribute is of type {unknown}"),
    }
}

fn row(value: &Value) -> Row {
    let members = value.as_object().unwrap().iter();
    members
        .map(|(name, value)| (name.clone(), attribute(value)))
        .collect()
}

fn first_version() -> Vec<Row> {
    let rows: Vec<Value> = serde_json::from_str(FIRST).unwrap();
    rows.iter().map(row).collect()
}

/// The same row, as a later version might have written it.
fn of_later_version(mut row: Row) -> Row {
    row.insert("row_version".to_owned(), AttributeValue::N("99".to_owned()));
    row
}

#[tokio::test]
async fn m3_a_table_of_the_first_version_is_read_whole() {
    let table = Table::with(first_version()).await;
    let ledger = &table.ledger;
    assert_eq!(ledger.snapshots().await.unwrap().len(), 4);
    assert_eq!(ledger.releases().await.unwrap().len(), 18);
    assert_eq!(ledger.leases().await.unwrap().len(), 3);
    let association = "eipassoc-1".parse().unwrap();
    let tied = ledger.allocation_of_association(&association);
    assert_eq!(tied.await.unwrap().unwrap().as_str(), "eipalloc-1");
    assert_eq!(ledger.take_unreadable(), []);
}

#[tokio::test]
async fn m3_a_lease_of_the_first_version_is_taken_with_its_number_and_its_past() {
    let table = Table::with(first_version()).await;
    let taken = table.ledger.acquire_lease(&a_claim("db", "one")).await;
    let Acquire::Granted(lease) = taken.unwrap() else {
        panic!("nobody has it");
    };
    assert_eq!(lease.lease_number, 3, "one more than its number was");
    assert!(lease.last.is_some(), "the cooldown counts from it");
    let row = table.row("lease", "db").await;
    assert!(!row.contains_key("fencing"), "{row:?}");
    let stored = table.ledger.put_lease(&lease).await.unwrap();
    assert_eq!(stored, Written::Stored);
    let second = table.ledger.acquire_lease(&a_claim("db", "two")).await;
    assert!(matches!(second.unwrap(), Acquire::HeldBy(_)));
    assert_eq!(table.ledger.take_unreadable(), []);
}

#[tokio::test]
async fn m3_a_lease_that_a_function_of_the_first_version_holds_is_another_ones() {
    let table = Table::with(first_version()).await;
    let mut claim = a_claim("web", "one");
    claim.now = time::macros::datetime!(2026-03-01 12:00:30 UTC);
    let taken = table.ledger.acquire_lease(&claim).await.unwrap();
    let Acquire::HeldBy(lease) = taken else {
        panic!("run-1 has it until 12:01");
    };
    assert_eq!(lease.held.unwrap().owner, "run-1");
    assert!(lease.in_progress.is_some());
}

#[tokio::test]
async fn m3_rows_of_a_later_version_are_told_left_out_and_stay_to_the_byte() {
    let rows: Vec<Row> = first_version().into_iter().map(of_later_version).collect();
    let table = Table::with(rows.clone()).await;
    table.put(first_version().into_iter().next().unwrap()).await;
    let ledger = &table.ledger;
    let read = ledger.snapshots().await.unwrap();
    assert_eq!(read.len(), 1, "what can be read is read");
    assert_eq!(ledger.releases().await.unwrap(), []);
    assert_eq!(ledger.leases().await.unwrap(), []);
    let told = ledger.take_unreadable();
    assert_eq!(told.len(), 3 + 18 + 3, "{told:?}");

    let second = "eipalloc-2".parse().unwrap();
    let known = ledger.read(&second).await.unwrap();
    assert_eq!((&known.snapshot, &known.release), (&None, &None));
    assert!(known.is_release_unreadable);
    let mut next = a_snapshot(2);
    next.allocation = second.clone();
    let written = update_snapshot(ledger, &second, known, |_| Some(next.clone())).await;
    assert_eq!(written.unwrap(), None, "nothing is written over it");
    let kept = table.row("snapshot", "eipalloc-2").await;
    assert!(rows.contains(&kept), "{kept:?}");
}

#[tokio::test]
async fn m3_a_failover_goes_on_beside_a_lease_that_cannot_be_read_one_at_a_time() {
    let rows = first_version().into_iter().map(of_later_version);
    let rows: Vec<Row> = rows.collect();
    let table = Table::with(rows.clone()).await;
    let ledger = &table.ledger;
    let Acquire::Granted(lease) = ledger.acquire_lease(&a_claim("web", "one")).await.unwrap()
    else {
        panic!("the row beside it is nobody's");
    };
    assert!(lease.is_beside);
    let second = ledger.acquire_lease(&a_claim("web", "two")).await.unwrap();
    assert!(matches!(second, Acquire::HeldBy(_)), "one at a time");
    let released = holdfast::ledger::Lease {
        held: None,
        ..lease
    };
    assert_eq!(ledger.put_lease(&released).await.unwrap(), Written::Stored);
    let second = ledger.acquire_lease(&a_claim("web", "two")).await.unwrap();
    assert!(matches!(second, Acquire::Granted(_)));
    let listed = ledger.leases().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].is_beside);
    let kept = table.row("lease", "web").await;
    assert!(rows.contains(&kept), "the row stays: {kept:?}");
}

impl Table {
    async fn function(&self, name: &str) -> Function {
        let environment = Environment::new(name, &self.aws.simulator.url)
            .set("AWS_REGION", "us-east-1")
            .set("HOLDFAST_TABLE", NAME)
            .set("HOLDFAST_MODE", "enforce")
            .set("HOLDFAST_RETRY_SECONDS", "1");
        Function::start_named(name, &environment)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    async fn swept(&self) -> Value {
        let event = json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": ACCOUNT, "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
            "resources": [], "detail": {},
        });
        let reconcile = self.function("reconcile").await;
        reconcile.invoke(&event).await.result.unwrap()
    }
}

/// A protected address in the simulator: its allocation.
fn protected(table: &Table) -> String {
    let kim = Caller::user(ACCOUNT, "kim");
    let tags = vec![Tag::new("holdfast:protect", "reclaim")];
    let mut world = table.aws.simulator.world();
    let given = estate::allocate(&mut world, &kim, AllocateAddress::default(), tags);
    given.unwrap().allocation_id
}

#[tokio::test]
async fn m3_one_row_that_cannot_be_read_stops_no_sweep_and_no_reclaim() {
    let table = Table::with([]).await;
    let [odd, other] = [protected(&table), protected(&table)];
    assert_eq!(table.swept().await["outcome"], "refreshed");
    let mut row = table.row("snapshot", &odd).await;
    let state = [("is".to_owned(), AttributeValue::S("quarantined".to_owned()))];
    row.insert("state".to_owned(), AttributeValue::M(state.into()));
    table.put(row.clone()).await;

    for _ in 0..2 {
        let report = table.swept().await;
        assert_eq!(report["outcome"], "refreshed", "{report}");
        assert_eq!(report["sweep"]["addresses"], 2, "{report}");
        let finding = &report["findings"][0];
        let told = format!("a row of the ledger cannot be read: snapshot/{odd}");
        assert_eq!(finding["what"], told.as_str(), "{report}");
        assert!(finding["why"].as_str().unwrap().contains("quarantined"));
    }
    assert_eq!(table.row("snapshot", &odd).await, row, "it stays");

    let kim = Caller::user(ACCOUNT, "kim");
    for allocation in [&other, &odd] {
        let _ = table.aws.simulator.take_events();
        estate::release(&mut table.aws.simulator.world(), &kim, allocation).unwrap();
        let event = table.aws.simulator.take_events().pop().unwrap();
        let guard = table.function("release-guard").await;
        let report = guard.invoke(&event).await.result.unwrap();
        assert_eq!(report["outcome"], "reclaimed", "{report}");
        let findings = report["findings"].as_array().map_or(0, Vec::len);
        assert_eq!(findings, usize::from(allocation == &odd), "{report}");
    }
    assert_eq!(table.row("snapshot", &odd).await, row, "it stays");
}

#[tokio::test]
async fn m3_a_release_whose_record_cannot_be_read_is_left_to_the_version_that_can() {
    let table = Table::with([]).await;
    let allocation = protected(&table);
    assert_eq!(table.swept().await["outcome"], "refreshed");
    let kim = Caller::user(ACCOUNT, "kim");
    let _ = table.aws.simulator.take_events();
    estate::release(&mut table.aws.simulator.world(), &kim, &allocation).unwrap();
    let event = table.aws.simulator.take_events().pop().unwrap();
    let record = [
        ("pk", AttributeValue::S("release".to_owned())),
        ("sk", AttributeValue::S(allocation.clone())),
        ("row_version", AttributeValue::N("99".to_owned())),
    ];
    let record: Row = record
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    table.put(record.clone()).await;
    let guard = table.function("release-guard").await;
    let report = guard.invoke(&event).await.result.unwrap();
    assert_eq!(report["outcome"], "refused", "{report}");
    let told = report["summary"].as_str().unwrap();
    assert!(told.contains("its release record cannot be read"), "{told}");
    assert_eq!(table.row("release", &allocation).await, record);
}
