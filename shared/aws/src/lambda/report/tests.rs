//! The lines as the log gets them.

use super::*;
use holdfast::report::{Finding, Function, MAX_LINE_BYTES, Outcome, size_of};
use holdfast::settings::Mode;
use time::macros::datetime;

fn origin() -> Origin {
    Origin {
        request_id: "request-1".to_owned(),
        account: None,
        region: "eu-west-1".to_owned(),
        log_group: None,
        at: datetime!(2026-01-01 00:00 UTC),
    }
}

fn told<'a>(ended: &Result<Report, Error>, origin: &'a Origin) -> ReportLog<'a> {
    let line = EventLine {
        function: Function::AlarmFailover,
        request_id: "request-1",
        trace_id: None,
        event_id: Some("event-1"),
        subject: None,
        mode: Mode::Enforce,
        is_cold_start: false,
        began: datetime!(2026-01-01 00:00 UTC),
    };
    ReportLog::new(&line, ended, origin)
}

fn report(findings: usize) -> Report {
    let finding = |number: usize| Finding {
        what: format!("eipalloc-{number:017x} cannot move"),
        why: "every private IP has an Elastic IP".repeat(10),
        next: "give it another one".to_owned(),
    };
    Report {
        findings: (0..findings).map(finding).collect(),
        ..Report::of(
            Function::AlarmFailover,
            Mode::Enforce,
            Outcome::FailedOver,
            "moved it".to_owned(),
        )
    }
}

#[test]
fn h2_the_whole_report_is_one_line_of_the_log_with_all_there_is_to_search_for() {
    let (report, origin) = (report(2), origin());
    let lines: Vec<Value> = told(&Ok(report.clone()), &origin).lines().collect();
    let expected = json!({
        "holdfast": "report",
        "function": "alarm-failover",
        "requestId": "request-1",
        "eventId": "event-1",
        "outcome": "failed-over",
        "part": 1,
        "parts": 1,
        "report": whole(&report, &origin),
    });
    assert_eq!(lines, [expected]);
}

#[test]
fn h2_a_run_that_could_not_finish_tells_its_moves_and_findings_too() {
    let stranded = || Error::Stranded {
        what: "203.0.113.7 is with nobody".to_owned(),
        source: None,
    };
    let origin = origin();
    let alone = told(&Err(stranded()), &origin).lines().next().unwrap();
    assert_eq!(alone["outcome"], "failed");
    assert_eq!(alone["report"]["error"], "Holdfast.Stranded");
    assert_eq!(alone["report"]["function"], "alarm-failover");
    assert_eq!(alone["report"]["mode"], "enforce");
    let with = Err(stranded().with_report(report(2)));
    let with = told(&with, &origin).lines().next().unwrap();
    assert_eq!(with["outcome"], "failed");
    assert_eq!(with["report"]["summary"], "203.0.113.7 is with nobody");
    assert_eq!(with["report"]["findings"].as_array().unwrap().len(), 3);
}

#[test]
fn h3_a_report_that_is_too_large_for_a_bus_is_whole_in_numbered_lines_and_says_where() {
    let (report, origin) = (report(2_000), origin());
    let told = told(&Ok(report.clone()), &origin);
    let lines: Vec<Value> = told.lines().collect();
    assert!(lines.len() > 3, "{}", lines.len());
    let mut findings = 0;
    for (line, number) in lines.iter().zip(1..) {
        assert!(size_of(line) < MAX_LINE_BYTES);
        assert_eq!(
            (&line["part"], &line["parts"]),
            (&json!(number), &json!(lines.len()))
        );
        let Some(here) = line["report"]["findings"].as_array() else {
            continue;
        };
        let before = &line["begin"]["/findings"];
        assert_eq!(before.as_u64().unwrap_or_default(), findings);
        findings += u64::try_from(here.len()).unwrap();
    }
    assert_eq!(findings, 2_000);
    let answer = told.answer(&report);
    assert!(size_of(&answer) < 200_000);
    let whole = format!("lines 1 to {} of the request request-1", lines.len());
    assert!(answer["leftOut"].as_str().unwrap().ends_with(&whole));
}
