//! A report as EventBridge takes it. An event on a bus has 256 KB at most, Lambda's own part included, and one that is
//! larger is dropped whole. So a report that would be too large is cut: the first of each list stay, and each list says
//! how many more there were. The log has all of it, and the report says where.
//! Source: EventBridge user guide, "Calculating `PutEvents` event entry size".

use super::parts::size_of;
use serde_json::{Value, json};

/// What a report may have: Lambda's envelope and the event that set it going come on top.
pub const MAX_BYTES: usize = 200_000;

/// How many entries of each list stay, in turn, until the report is small enough.
const KEEP: [usize; 7] = [256, 64, 32, 16, 8, 4, 2];

/// What a report that is cut says of that.
const LEFT_OUT_BYTES: usize = 1_000;

/// How many characters of a text stay for each entry of a list.
const CHARACTERS_FOR_EACH: usize = 64;

/// A report in its bound. `whole` says in words where the whole of it is; a report that is cut says so.
#[must_use]
pub fn bounded(report: Value, whole: &str) -> Value {
    bounded_within(report, MAX_BYTES, whole)
}

/// The same in a bound of its own.
#[must_use]
pub(super) fn bounded_within(mut report: Value, most: usize, whole: &str) -> Value {
    let mut is_cut = false;
    for keep in KEEP {
        if size_of(&report) + LEFT_OUT_BYTES <= most {
            break;
        }
        is_cut = true;
        shorten(&mut report, keep, ("", whole));
    }
    if let (true, Value::Object(members)) = (is_cut, &mut report) {
        let told = format!("not all of it is here; the whole report is in {whole}");
        members.insert("leftOut".to_owned(), json!(told));
    }
    report
}

/// The message of an error, in a bound of the same kind.
#[must_use]
pub fn bounded_text(text: String) -> String {
    let mut text = Value::String(text);
    shorten(&mut text, KEEP[0], ("", ""));
    match text {
        Value::String(text) => text,
        _ => String::new(),
    }
}

/// `name` is the list's own, `whole` where all of the report is.
fn shorten(value: &mut Value, keep: usize, (name, whole): (&str, &str)) {
    match value {
        Value::Array(list) => {
            let left_out = list.len().saturating_sub(keep);
            if left_out > 0 {
                let is_text = list[0].is_string();
                list.truncate(keep);
                list.push(told(left_out, is_text, name, whole));
            }
            for each in list {
                shorten(each, keep, (name, whole));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                shorten(member, keep, (name, whole));
            }
        }
        Value::String(text) => {
            let most = keep * CHARACTERS_FOR_EACH;
            if let Some((end, _)) = text.char_indices().nth(most) {
                let left_out = text[end..].chars().count();
                text.truncate(end);
                *text = format!("{text} ... and {left_out} characters more");
            }
        }
        _ => {}
    }
}

/// What stands at the end of a list in place of the rest.
fn told(left_out: usize, is_text: bool, name: &str, whole: &str) -> Value {
    match name {
        _ if is_text => json!(format!("and {left_out} more")),
        "findings" | "obstacles" => json!({
            "what": format!("{left_out} more {name} are left out"),
            "why": "a report is bounded in size",
            "next": format!("read them in {whole}"),
        }),
        _ => json!({ "leftOut": left_out }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Finding, Function, GroupReport, Outcome, Readiness, Report, Subject, SweepReport,
    };
    use super::*;
    use crate::settings::Mode;

    fn finding(number: usize) -> Finding {
        Finding {
            what: format!("eipalloc-{number:017x} cannot move"),
            why: "every private IP of i-0123456789abcdef0 has an Elastic IP".repeat(3),
            next: "give it another one".to_owned(),
        }
    }

    fn group(number: usize, obstacles: usize) -> GroupReport {
        GroupReport {
            group: format!("group-{number}"),
            ready: false,
            readiness: Readiness::NotReady,
            by_design: None,
            holders: vec!["i-0123456789abcdef0".parse().unwrap(); 10],
            standbys: vec!["i-0123456789abcdef1".parse().unwrap(); 10],
            free_addresses: 0,
            pause: None,
            fences: Vec::new(),
            obstacles: (0..obstacles).map(finding).collect(),
        }
    }

    const WHOLE: &str = "the log of reconcile, 7 lines of the request 1";

    fn sweep(groups: usize, obstacles: usize, releases: usize) -> Value {
        let mut report = Report::of(
            Function::Reconcile,
            Mode::Enforce,
            Outcome::Reclaimed,
            "203.0.113.7 is back; ".repeat(releases),
        );
        report.findings = (0..groups * obstacles).map(finding).collect();
        let one = report.clone();
        report.subject = Subject::Sweep(SweepReport {
            groups: (0..groups).map(|number| group(number, obstacles)).collect(),
            releases: vec![one; releases],
            ..SweepReport::default()
        });
        serde_json::to_value(report).unwrap()
    }

    #[test]
    fn a_report_of_any_account_is_within_its_bound() {
        for (groups, obstacles, releases) in [(100, 90, 3), (1, 2450, 0), (1000, 3, 0), (0, 0, 200)]
        {
            let told = bounded(sweep(groups, obstacles, releases), WHOLE);
            assert!(size_of(&told) <= MAX_BYTES, "{groups}: {}", size_of(&told));
            assert_eq!(told["outcome"], "reclaimed");
            assert!(told["leftOut"].as_str().unwrap().ends_with(WHOLE));
        }
    }

    #[test]
    fn a_list_that_is_cut_begins_as_it_was_and_says_how_many_more_there_were() {
        let told = bounded(sweep(1, 2450, 0), WHOLE);
        let findings = told["findings"].as_array().unwrap();
        assert_eq!(findings[0]["what"], finding(0).what);
        let left = 2450 - (findings.len() - 1);
        let last = findings.last().unwrap();
        assert_eq!(last["what"], format!("{left} more findings are left out"));
        assert_eq!(last["next"], format!("read them in {WHOLE}"));
    }

    #[test]
    fn what_is_small_enough_is_told_whole() {
        let report = sweep(3, 3, 0);
        assert_eq!(bounded(report.clone(), WHOLE), report);
        assert_eq!(bounded_text("short".to_owned()), "short");
        assert!(bounded_text("long ".repeat(100_000)).len() < 20_000);
    }
}
