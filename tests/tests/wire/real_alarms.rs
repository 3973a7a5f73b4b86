//! The compiled alarm-failover against the simulator, on alarms that CloudWatch's clients came to know in 2026: log
//! alarms, alone, beneath a composite and on a standby, also where the endpoint does not know them.

use ec2_sim::alarms::{Alarm, AlarmState};
use ec2_sim::http::Simulator;
use holdfast_tests::runtime::{Environment, Function};
use holdfast_tests::scenarios::failover::{FailoverFixture, alarm_of, floating_address};
use serde_json::{Value, json};

const TABLE: &str = "ledger";
const ERRORS: &str = "errors in the log";

/// A group of three whose logs have an alarm, and an alarm on that.
struct Account {
    simulator: Simulator,
    members: Vec<String>,
}

async fn account(change: impl FnOnce(FailoverFixture) -> FailoverFixture) -> Account {
    let trio = change(floating_address().world(|world| {
        let logs = Alarm::on_logs(ERRORS, "stats count(*) by InstanceId");
        let outer = Alarm::composite("outer", &format!("ALARM(\"{ERRORS}\")"));
        for alarm in [logs, outer] {
            world.put_alarm(alarm).unwrap();
        }
    }));
    let simulator = Simulator::serve(trio.world, 0).await.unwrap();
    simulator.create_table(TABLE).await.unwrap();
    Account {
        simulator,
        members: trio.members,
    }
}

impl Account {
    fn errors_of(&self, member: usize) -> Vec<Value> {
        let attributes = [("InstanceId", self.members[member].as_str())];
        let mut world = self.simulator.world();
        world.set_contributor(ERRORS, &attributes, AlarmState::Alarm);
        world.take_events()
    }

    async fn run(&self, function: &str, event: &Value) -> Value {
        let environment = Environment::new(function, &self.simulator.url)
            .set("HOLDFAST_TABLE", TABLE)
            .set("HOLDFAST_MODE", "enforce");
        let function = Function::start_named(function, &environment).await.unwrap();
        function.invoke(event).await.result.unwrap()
    }

    /// The outcome, and to whom the address went.
    async fn failed_over(&self, event: &Value) -> (Value, Option<usize>) {
        let report = self.run("alarm-failover", event).await;
        let to = &report["failover"]["moves"][0]["to"];
        let to = self.members.iter().position(|member| to == member.as_str());
        (report["outcome"].clone(), to)
    }
}

fn told_of(events: &[Value], alarm: &str) -> Value {
    let mut events = events.iter();
    let event = events.rfind(|event| event["detail"]["alarmName"] == alarm);
    event.unwrap().clone()
}

#[tokio::test]
async fn a_log_alarm_moves_the_address_of_the_instance_for_which_it_fires() {
    let account = account(|trio| trio).await;
    let event = told_of(&account.errors_of(0)[..1], ERRORS);
    assert_eq!(
        account.failed_over(&event).await,
        (json!("failed-over"), Some(1))
    );
}

#[tokio::test]
async fn a_composite_over_a_log_alarm_moves_it_too() {
    let account = account(|trio| trio).await;
    let event = told_of(&account.errors_of(0), "outer");
    assert_eq!(
        account.failed_over(&event).await,
        (json!("failed-over"), Some(1))
    );
}

#[tokio::test]
async fn a_standby_with_a_log_alarm_is_passed_by() {
    let account = account(|trio| trio).await;
    drop(account.errors_of(1));
    let sweep = json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": "111122223333", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail": {},
    });
    let swept = account.run("reconcile", &sweep).await;
    assert_eq!(swept["outcome"], "refreshed", "{swept}");
    let alarming = alarm_of(&account.members[0]);
    account
        .simulator
        .world()
        .set_alarm(&alarming, AlarmState::Alarm);
    let event = told_of(&account.simulator.take_events(), &alarming);
    assert_eq!(
        account.failed_over(&event).await,
        (json!("failed-over"), Some(2))
    );
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_log_alarms_stops_no_failover() {
    let older = |trio: FailoverFixture| {
        trio.world(|world| {
            let unknown = &mut world.settings().unknown_alarm_types;
            unknown.insert("LogAlarm".to_owned());
        })
    };
    let account = account(older).await;
    let alarming = alarm_of(&account.members[0]);
    account
        .simulator
        .world()
        .set_alarm(&alarming, AlarmState::Alarm);
    let event = told_of(&account.simulator.take_events(), &alarming);
    let report = account.run("alarm-failover", &event).await;
    assert_eq!(report["outcome"], "failed-over", "{report}");
    assert!(
        report["findings"].to_string().contains("LogAlarm"),
        "{report}"
    );
}
