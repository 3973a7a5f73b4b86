//! Each line as `CloudWatch` gets it.

use super::*;
use holdfast::report::{AddressReport, FailoverReport, MoveReport, Outcome};
use holdfast::settings::{Mode, Mover};
use time::macros::datetime;

fn measured<'a>(
    phases: &'a [Phase],
    installation: Option<InstallationMetrics<'a>>,
) -> Measured<'a> {
    Measured {
        function: "reconcile",
        outcome: "refreshed",
        milliseconds: 120,
        calls: Calls {
            calls: 5,
            retries: 1,
        },
        phases: phases.iter().collect(),
        has_rival: false,
        installation,
        delays: Vec::new(),
    }
}

fn lines_of(phases: &[Phase], installation: Option<InstallationMetrics<'_>>) -> Vec<Value> {
    let at = datetime!(2026-01-01 00:00:00.250 UTC);
    lines(&measured(phases, installation), at)
}

fn phase(name: &'static str, ms: u64) -> Phase {
    Phase { name, ms }
}

/// What a line counts: name of the metric, and the dimensions that it is counted by.
fn counted(line: &Value) -> Vec<(String, Vec<String>)> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let mut counted = Vec::new();
    for directive in directives {
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            for dimensions in directive["Dimensions"].as_array().unwrap() {
                let keys = serde_json::from_value(dimensions.clone()).unwrap();
                counted.push((name.to_owned(), keys));
            }
        }
    }
    counted
}

#[test]
fn an_event_is_one_line_with_its_outcome_and_its_calls() {
    let expected = json!({
        "_aws": {
            "Timestamp": 1_767_225_600_250_i64,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Holdfast",
                    "Dimensions": [["Function", "Outcome"]],
                    "Metrics": [
                        { "Name": "Events", "Unit": "Count" },
                        { "Name": "Duration", "Unit": "Milliseconds" },
                    ],
                },
                {
                    "Namespace": "Holdfast",
                    "Dimensions": [["Function"]],
                    "Metrics": [
                        { "Name": "Calls", "Unit": "Count" },
                        { "Name": "Retries", "Unit": "Count" },
                    ],
                },
            ],
        },
        "Function": "reconcile",
        "Outcome": "refreshed",
        "Events": 1,
        "Duration": 120,
        "Calls": 5,
        "Retries": 1,
    });
    assert_eq!(lines_of(&[], None), [expected]);
}

#[test]
fn each_phase_is_a_line_of_its_own() {
    let expected = |name: &str, ms: u64| {
        json!({
            "_aws": {
                "Timestamp": 1_767_225_600_250_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Holdfast",
                    "Dimensions": [["Function", "Phase"]],
                    "Metrics": [{ "Name": "PhaseDuration", "Unit": "Milliseconds" }],
                }],
            },
            "Function": "reconcile",
            "Phase": name,
            "PhaseDuration": ms,
        })
    };
    let lines = lines_of(&[phase("observe", 40), phase("releases", 80)], None);
    assert_eq!(
        lines[1..],
        [expected("observe", 40), expected("releases", 80)]
    );
}

fn group(name: &str, ready: bool, free_addresses: usize) -> GroupReport {
    GroupReport {
        group: name.to_owned(),
        ready,
        readiness: if ready {
            Readiness::Ready
        } else {
            Readiness::NotReady
        },
        by_design: None,
        holders: Vec::new(),
        standbys: Vec::new(),
        free_addresses,
        pause: None,
        fences: Vec::new(),
        obstacles: Vec::new(),
    }
}

fn installation(groups: &[GroupReport]) -> InstallationMetrics<'_> {
    InstallationMetrics {
        protected: 7,
        untold: 2,
        groups,
    }
}

#[test]
fn a_look_at_everything_counts_for_the_whole_installation() {
    let groups = [group("web", true, 2), group("db", false, 0)];
    let line = &lines_of(&[], Some(installation(&groups)))[0];
    for (name, value) in [
        ("ProtectedAddresses", 7),
        ("GroupsNotReady", 1),
        ("UntoldChanges", 2),
    ] {
        assert!(counted(line).contains(&(name.to_owned(), Vec::new())));
        assert_eq!(line[name], value);
    }
}

#[test]
fn each_group_is_a_line_of_its_own_and_its_free_addresses_count_without_it_too() {
    let groups = [group("web", true, 2), group("db", false, 0)];
    let lines = lines_of(&[], Some(installation(&groups)));
    let declared = |name: &str, by: &[&str]| {
        let by = by.iter().map(|key| (*key).to_owned()).collect();
        (name.to_owned(), by)
    };
    for (line, (name, ready, free)) in lines[1..].iter().zip([("web", 1, 2), ("db", 0, 0)]) {
        assert_eq!(
            counted(line),
            [
                declared("GroupReady", &["Group"]),
                declared("FreeAddresses", &["Group"]),
                declared("FreeAddresses", &[]),
            ]
        );
        assert_eq!(
            (&line["Group"], &line["GroupReady"], &line["FreeAddresses"]),
            (&json!(name), &json!(ready), &json!(free))
        );
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn every_metric_and_dimension_that_is_declared_is_there() {
    let groups = [group("web", true, 2)];
    for line in lines_of(&[phase("observe", 40)], Some(installation(&groups))) {
        for (name, dimensions) in counted(&line) {
            assert!(
                line[&name].is_u64(),
                "{name} is declared and no number: {line}"
            );
            for key in dimensions {
                assert!(
                    line[&key].is_string(),
                    "{key} is declared and missing: {line}"
                );
            }
        }
    }
}

#[test]
fn an_event_of_another_installation_is_counted_for_the_whole_and_no_other_is() {
    let counted = |has_rival| {
        let measured = Measured {
            has_rival,
            ..measured(&[], None)
        };
        event(&measured).at(datetime!(2026-01-01 00:00 UTC))["OtherInstallations"].clone()
    };
    assert_eq!(counted(true), 1);
    assert_eq!(counted(false), Value::Null);
}

/// A release that was asked for two seconds after it.
fn asked(function: Function) -> Report {
    let address = AddressReport {
        released_allocation: "eipalloc-01".parse().unwrap(),
        ip: None,
        border_group: None,
        released_at: datetime!(2026-01-01 00:00 UTC),
        allocation: None,
        association: None,
        reverse_dns: None,
        known_from: None,
        attempts: 1,
        request_after_ms: Some(2_000),
    };
    Report {
        subject: Subject::Address(Box::new(address)),
        ..Report::of(function, Mode::Enforce, Outcome::Reclaimed, String::new())
    }
}

#[test]
fn m7_the_seconds_from_a_release_to_the_request_are_a_metric_of_the_guard_and_of_no_sweep() {
    let delays = delays(&asked(Function::ReleaseGuard));
    assert_eq!(delays, [("ReleaseToRequest", 2_000)]);
    assert_eq!(super::delays(&asked(Function::Reconcile)), []);
    let measured = Measured {
        function: "release-guard",
        delays,
        ..measured(&[], None)
    };
    let lines = lines(&measured, datetime!(2026-01-01 00:00 UTC));
    assert_eq!(lines[1]["ReleaseToRequest"], 2_000);
    assert_eq!(
        counted(&lines[1]),
        [("ReleaseToRequest".to_owned(), vec!["Function".to_owned()])]
    );
}

/// A failover of one Elastic IP, whose event arrived four seconds after the failure.
fn failed_over(end: MoveEnd) -> Report {
    let moved = MoveReport {
        eni: None,
        allocation: Some("eipalloc-01".parse().unwrap()),
        private_ips: Vec::new(),
        public_ips: Vec::new(),
        mover: Mover::Eip,
        from: None,
        to: None,
        end,
        attachment: None,
        displaced: None,
        left_behind: Vec::new(),
        tried: Vec::new(),
        phases: vec![phase("moved", 900), phase("verified", 1_100)],
    };
    let failover = FailoverReport {
        group: "web".to_owned(),
        cause: "an alarm".to_owned(),
        failed_members: Vec::new(),
        arrived_after_ms: Some(4_000),
        moves: vec![moved],
        fenced: Vec::new(),
        lease_number: Some(1),
        looks: 1,
        mutating_calls: 1,
    };
    Report {
        subject: Subject::Failover(Box::new(failover)),
        ..Report::of(
            Function::AlarmFailover,
            Mode::Enforce,
            Outcome::FailedOver,
            String::new(),
        )
    }
}

#[test]
fn m7_the_time_from_a_failure_to_verified_is_a_metric_of_each_address_that_was_moved() {
    let delays = delays(&failed_over(MoveEnd::Moved));
    assert_eq!(delays, [("FailureToVerified", 5_100)]);
    assert_eq!(super::delays(&failed_over(MoveEnd::NotMoved)), []);
}
