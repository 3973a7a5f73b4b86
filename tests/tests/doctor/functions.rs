//! The functions: whether they can start, how they ran, and what they left.

use crate::account::{Account, enforcing};
use ec2_sim::alarms::AlarmState;
use ec2_sim::services::FunctionState;
use holdfast_tests::scenarios::failover::floating_interface;
use serde_json::json;

#[tokio::test]
async fn a_function_that_lambda_could_not_make_is_told_with_lambdas_reason() {
    let account = Account::well().await;
    let name = account.stack.physical_id("ReleaseGuard");
    {
        let mut world = account.simulator.world();
        let function = world.services_mut().function_mut(&name).unwrap();
        function.state = FunctionState::Failed;
        function.state_reason = Some("no such role".to_owned());
    }
    assert_eq!(
        account.fails("functions").await,
        "release-guard: Failed: no such role"
    );
}

#[tokio::test]
async fn a_function_that_may_run_zero_times_at_once_is_told() {
    let account = Account::well().await;
    let name = account.stack.physical_id("AlarmFailover");
    {
        let mut world = account.simulator.world();
        let function = world.services_mut().function_mut(&name).unwrap();
        function.reserved_concurrency = Some(0);
    }
    let seen = account.fails("functions").await;
    assert_eq!(
        seen,
        "nothing runs of alarm-failover: the reserved concurrency is 0"
    );
}

#[tokio::test]
async fn a_last_run_that_failed_is_told_and_is_forgotten_when_the_next_goes_well() {
    let account = Account::well().await;
    account.invoke("Reconcile", &json!({ "no": "event" })).await;
    let seen = account.fails("runs").await;
    assert!(
        seen.starts_with("the last run of reconcile failed at "),
        "{seen}"
    );
    account.sweep().await;
    account.passes("runs").await;
}

#[tokio::test]
async fn a_function_that_fails_at_its_start_is_told_as_a_run_that_failed() {
    let account = Account::well().await;
    let name = account.stack.physical_id("ReleaseGuard");
    {
        let mut world = account.simulator.world();
        let function = world.services_mut().function_mut(&name).unwrap();
        function
            .environment
            .insert("HOLDFAST_FENCE".to_owned(), "perhaps".to_owned());
    }
    account.invoke("ReleaseGuard", &json!({})).await;
    let seen = account.fails("runs").await;
    assert!(seen.contains("release-guard"), "{seen}");
}

#[tokio::test]
async fn a_reconcile_that_nobody_calls_is_told() {
    let account = Account::unswept(floating_interface(), enforcing()).await;
    assert_eq!(
        account.fails("schedule").await,
        "reconcile has not run in the past 15 minutes"
    );
    account.sweep().await;
    account.passes("schedule").await;
}

#[tokio::test]
async fn a_call_that_a_function_was_denied_is_told() {
    let account = Account::well().await;
    let role = format!("*role/{}", account.stack.physical_id("ReconcileRole"));
    account
        .simulator
        .world()
        .deny(&role, "ec2:DescribeAddresses");
    account.sweep().await;
    let seen = account.fails("permissions").await;
    assert!(seen.starts_with("reconcile was denied a call"), "{seen}");
}

/// No failover has needed it yet: the sweep asks for it by a dry run, and what EC2 answered is in the log.
#[tokio::test]
async fn a_permission_that_nobody_has_needed_yet_is_told_by_the_sweeps_dry_runs() {
    let account = Account::well().await;
    account.passes("permissions").await;
    let denied = "ec2:AttachNetworkInterface";
    account.simulator.world().deny("*", denied);
    account.sweep().await;
    let seen = account.fails("permissions").await;
    assert!(seen.contains("was denied a call"), "{seen}");
}

#[tokio::test]
async fn a_message_in_a_queue_is_told_also_while_somebody_reads_it() {
    let account = Account::well().await;
    let url = account.stack.physical_id("FailedEvents");
    let name = url.rsplit('/').next().unwrap().to_owned();
    {
        let mut world = account.simulator.world();
        let now = world.now();
        let queue = world.services_mut().queue_mut(&name).unwrap();
        queue.send("{}".to_owned(), now);
        queue.receive(1, Some(3600), now);
    }
    assert_eq!(
        account.fails("queues").await,
        "1 message in FailedEventsQueue"
    );
}

#[tokio::test]
async fn an_alarm_of_the_stack_that_fires_is_told_by_its_name() {
    let account = Account::well().await;
    let name = "holdfast-schedule-missed";
    account.simulator.world().set_alarm(name, AlarmState::Alarm);
    assert_eq!(
        account.fails("stack-alarms").await,
        "in ALARM: holdfast-schedule-missed"
    );
}

#[tokio::test]
async fn an_alarm_of_the_stack_that_somebody_deleted_is_told() {
    let account = Account::well().await;
    account
        .simulator
        .world()
        .delete_alarm("holdfast-schedule-missed");
    assert_eq!(account.fails("stack-alarms").await, "gone: ScheduleMissed");
}
