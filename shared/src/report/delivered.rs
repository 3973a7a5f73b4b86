//! A report as it leaves the function: all that it says, with what people read of it beside. One place renders it, for a
//! run that ended well and for one that failed.

use super::bound::{MAX_BYTES, bounded_within};
use super::finding::for_mail;
use super::headline::headline;
use super::matter::matters;
use super::parts::size_of;
use super::text::{Parts, rendered, text, times};
use super::word::word;
use super::{Finding, Function, Origin, Report};
use crate::settings::Mode;
use serde_json::{Map, Value, json};

/// What a report has beside its own keys.
const HEADLINE: &str = "headline";
const TEXT: &str = "text";
const MATTERS: &str = "matters";

/// A report, as it was decided on and as people read it, in its bound. `whole` says in words where all of it is.
#[must_use]
pub fn delivered(report: &Report, origin: &Origin, whole: &str) -> Value {
    with(in_json(report), beside(report, origin), Some(whole))
}

/// The same, with all that there is: for the log.
#[must_use]
pub fn whole(report: &Report, origin: &Origin) -> Value {
    with(in_json(report), beside(report, origin), None)
}

fn in_json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}

fn beside(report: &Report, origin: &Origin) -> Map<String, Value> {
    let matters = matters(report, &origin.region);
    let first = matters.iter().find(|matter| !matter.headline.is_empty());
    let first = first.map_or_else(
        || headline(&report.summary, &origin.region),
        |matter| matter.headline.clone(),
    );
    Map::from_iter([
        (HEADLINE.to_owned(), json!(first)),
        (TEXT.to_owned(), json!(text(report, origin))),
        (MATTERS.to_owned(), json!(matters)),
    ])
}

/// In its bound where there is one: `whole` says where all of it is.
fn with(own: Value, beside: Map<String, Value>, whole: Option<&str>) -> Value {
    let mut told = match whole {
        Some(whole) => {
            let taken = size_of(&Value::Object(beside.clone()));
            bounded_within(own, MAX_BYTES.saturating_sub(taken), whole)
        }
        None => own,
    };
    if let Value::Object(members) = &mut told {
        members.extend(beside);
    }
    told
}

/// A run that ended with an error.
#[derive(Debug, Clone, Copy)]
pub struct FailedRun<'a> {
    /// Whose run.
    pub function: Function,
    /// In which mode, where it is known.
    pub mode: Option<Mode>,
    /// The error's stable name: `Holdfast.Stranded`.
    pub error: &'a str,
    /// What it says, with everything that caused it.
    pub summary: &'a str,
    /// What the event says that it is about.
    pub subject: Option<&'a str>,
    /// What it had done and found by then, where it has a report.
    pub report: Option<&'a Report>,
}

/// The outcome of a run that ended with an error: no report has it.
pub const FAILED: &str = "failed";

impl FailedRun<'_> {
    /// The report on it, in its bound, and as people read it. `whole` says in words where all of it is.
    #[must_use]
    pub fn delivered(&self, origin: &Origin, whole: &str) -> Value {
        self.told(origin, Some(whole))
    }

    /// The same, with all that there is: for the log.
    #[must_use]
    pub fn whole(&self, origin: &Origin) -> Value {
        self.told(origin, None)
    }

    fn told(&self, origin: &Origin, whole: Option<&str>) -> Value {
        let about = self.about();
        let (cause, function) = (word_of(self.error), self.function.word());
        let what = match self.subject.filter(|_| is_of_one_subject(self.error)) {
            Some(subject) => format!("{cause} of {function}: {subject}"),
            None => format!("{cause} of {function}"),
        };
        let line = headline(&what, &origin.region);
        let mode = self.mode.map_or("not known".to_owned(), word);
        let words = [function.as_str(), mode.as_str(), FAILED];
        let mut findings = vec![self.finding()];
        findings.extend(self.report.iter().flat_map(|it| it.findings.clone()));
        let times = self.report.map(times).unwrap_or_default();
        let parts = Parts {
            summary: self.summary,
            words,
            call: self.report.and_then(|report| report.event.as_ref()),
            findings: &findings,
            repair: self.report.map_or(&[], |report| &report.repair),
            times: &times,
        };
        let beside = Map::from_iter([
            (HEADLINE.to_owned(), json!(line)),
            (TEXT.to_owned(), json!(rendered(parts, origin))),
            (
                MATTERS.to_owned(),
                json!([{ "about": about, "outcome": FAILED, "headline": line }]),
            ),
        ]);
        let mut own = self.report.map_or_else(|| json!({}), in_json);
        if let Value::Object(members) = &mut own {
            members.extend(Map::from_iter([
                ("function".to_owned(), json!(self.function)),
                ("mode".to_owned(), json!(self.mode)),
                ("outcome".to_owned(), json!(FAILED)),
                ("error".to_owned(), json!(self.error)),
                ("summary".to_owned(), json!(for_mail(self.summary))),
                ("subject".to_owned(), json!(self.subject)),
                ("findings".to_owned(), json!(findings)),
            ]));
        }
        with(own, beside, whole)
    }

    /// What it is about: `failed alarm-failover Holdfast.Stranded web-down`.
    #[must_use]
    pub fn about(&self) -> String {
        about_failure(&self.function.word(), self.error, self.subject)
    }

    fn finding(&self) -> Finding {
        let (why, next) = advice(self.error);
        Finding {
            what: self.summary.to_owned(),
            why: why.to_owned(),
            next: next.to_owned(),
        }
    }
}

/// What a failure is about. Where it says something of what was to be done, each event is one thing; where it says
/// something of the installation, all events of a function are one.
#[must_use]
pub fn about_failure(function: &str, error: &str, subject: Option<&str>) -> String {
    match subject.filter(|_| is_of_one_subject(error)) {
        Some(subject) => format!("failed {function} {error} {subject}"),
        None => format!("failed {function} {error}"),
    }
}

/// The failures of a function that are over once a run of it has ended well: those of the installation, and those on the
/// same subject.
#[must_use]
pub fn failures_that_are_over(function: &str, subject: Option<&str>) -> Vec<String> {
    const ERRORS: [&str; 8] = [
        "Holdfast.Stranded",
        "Holdfast.OutOfTime",
        "Holdfast.Unfinished",
        "Holdfast.LedgerUnread",
        "Holdfast.LedgerUnwritten",
        "Holdfast.KeysRefused",
        "Runtime.ExitError",
        "Sandbox.Timedout",
    ];
    let each = ERRORS.iter();
    each.map(|error| about_failure(function, error, subject))
        .collect()
}

/// The errors that say something of one address, group or instance.
fn is_of_one_subject(error: &str) -> bool {
    matches!(
        error,
        "Holdfast.Stranded" | "Holdfast.OutOfTime" | "Holdfast.Unfinished"
    )
}

/// What a person calls it.
fn word_of(error: &str) -> &str {
    match error {
        "Holdfast.Stranded" => "STRANDED: an address is with nobody. Run",
        "Holdfast.OutOfTime" => "OUT OF TIME: a run",
        "Holdfast.Unfinished" => "UNFINISHED: a run",
        "Holdfast.LedgerUnread" => "the ledger cannot be read: a run",
        "Holdfast.LedgerUnwritten" => "the ledger cannot be written: a run",
        "Holdfast.KeysRefused" => "AWS refuses the keys: a run",
        "Holdfast.EventUnreadable" => "an event cannot be read: a run",
        _ => "FAILED: a run",
    }
}

/// Why it matters, and what to do. docs/RUNBOOK.md says more, under the error's name.
fn advice(error: &str) -> (&'static str, &'static str) {
    match error {
        "Holdfast.Stranded" => (
            "no member of its group takes it; users of it reach nobody",
            "start a member of the group, or mend what the log says of each. Lambda tries the event twice more, and \
             reconcile goes on every five minutes",
        ),
        "Holdfast.OutOfTime" => (
            "the run was at its end and its work was not",
            "nothing at first: Lambda tries the event twice more, and reconcile goes on every five minutes. If it comes \
             again, see which call is slow in the log",
        ),
        "Holdfast.Unfinished" => (
            "AWS did not answer in a way that lets the run end",
            "nothing at first: Lambda tries the event twice more, and reconcile goes on every five minutes. If it comes \
             again, mend what the answer says: a permission, a quota",
        ),
        "Holdfast.LedgerUnread" => (
            "without the ledger nothing is decided, and nothing was changed",
            "see the table of the stack, and whether the role of the function may read it",
        ),
        "Holdfast.LedgerUnwritten" => (
            "what was done is done, and the ledger does not know it yet; the next try finds it",
            "see the table of the stack, and whether the role of the function may write it",
        ),
        "Holdfast.KeysRefused" => (
            "Lambda gives a process its keys once; this one has ended, and another one gets the event",
            "nothing, unless it comes again: then see whether the role of the function still exists",
        ),
        "Holdfast.EventUnreadable" => (
            "it is none of the events that the function knows; trying again does not help",
            "see who sends it: a rule or a subscription of your own leads to the function",
        ),
        _ => (
            "the function ended without an answer",
            "see the log of the function; docs/RUNBOOK.md, errors",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Function, GroupReport, Outcome, Readiness, Subject, SweepReport};
    use super::*;
    use crate::settings::Mode;
    use time::OffsetDateTime;

    fn origin() -> Origin {
        Origin {
            request_id: "b9dd6c3d-0000".to_owned(),
            account: None,
            region: "eu-west-1".to_owned(),
            log_group: None,
            at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn failed(error: &'static str, subject: Option<&'static str>) -> Value {
        FailedRun {
            function: Function::AlarmFailover,
            mode: Some(Mode::Enforce),
            error,
            summary: "203.0.113.7 is with \"nobody\"",
            subject,
            report: None,
        }
        .delivered(&origin(), "the log")
    }

    #[test]
    fn h2_a_stranded_address_is_told_as_a_report_with_what_to_do() {
        let told = failed("Holdfast.Stranded", Some("web-down"));
        assert_eq!(told["outcome"], "failed");
        assert_eq!(told["error"], "Holdfast.Stranded");
        assert_eq!(
            told["headline"],
            "Holdfast: STRANDED: an address is with nobody. Run of alarm-failover: web-down (eu-west-1)"
        );
        let text = told["text"].as_str().unwrap();
        for said in [
            "203.0.113.7 is with 'nobody'",
            "start a member of the group",
        ] {
            assert!(text.contains(said), "{text}");
        }
        assert_eq!(
            told["matters"][0]["about"],
            "failed alarm-failover Holdfast.Stranded web-down"
        );
    }

    #[test]
    fn h2_what_a_failed_run_had_done_and_found_is_told_with_it() {
        let finding = |what: &str| Finding {
            what: what.to_owned(),
            why: "why".to_owned(),
            next: "next".to_owned(),
        };
        let report = Report {
            findings: vec![finding("eni-1 has no standby")],
            repair: vec!["terraform import a".to_owned()],
            ..Report::of(
                Function::AlarmFailover,
                Mode::Enforce,
                Outcome::Failed,
                String::new(),
            )
        };
        let told = FailedRun {
            function: Function::AlarmFailover,
            mode: Some(Mode::Enforce),
            error: "Holdfast.Stranded",
            summary: "it is with nobody",
            subject: None,
            report: Some(&report),
        }
        .whole(&origin());
        assert_eq!(told["findings"].as_array().unwrap().len(), 2);
        let text = told["text"].as_str().unwrap();
        assert!(text.contains("eni-1 has no standby"), "{text}");
        assert!(text.contains("terraform import a"), "{text}");
        assert_eq!(told["summary"], "it is with nobody");
    }

    #[test]
    fn what_says_something_of_the_installation_is_one_cause_for_all_events() {
        let one = failed("Holdfast.LedgerUnread", Some("i-1"));
        let other = failed("Holdfast.LedgerUnread", Some("i-2"));
        assert_eq!(one["matters"], other["matters"]);
        let each = failed("Holdfast.OutOfTime", Some("i-1"));
        assert_ne!(
            each["matters"],
            failed("Holdfast.OutOfTime", Some("i-2"))["matters"]
        );
    }

    #[test]
    fn h3_a_report_with_its_text_is_within_its_bound() {
        let finding = Finding {
            what: "eipalloc-0 cannot move".to_owned(),
            why: "every private IP has an Elastic IP ".repeat(10),
            next: "give it another one: aws ec2 describe-addresses --filters a".to_owned(),
        };
        let group = |number: usize| GroupReport {
            group: format!("group-{number}"),
            ready: true,
            readiness: Readiness::Ready,
            by_design: None,
            holders: vec!["i-0123456789abcdef0".parse().unwrap(); 10],
            standbys: Vec::new(),
            free_addresses: 0,
            pause: None,
            fences: Vec::new(),
            obstacles: vec![finding.clone(); 20],
        };
        let report = Report {
            findings: vec![finding.clone(); 3_000],
            subject: Subject::Sweep(SweepReport {
                groups: (0..300).map(group).collect(),
                ..SweepReport::default()
            }),
            ..Report::of(
                Function::Reconcile,
                Mode::Enforce,
                Outcome::Refused,
                "nothing was moved".to_owned(),
            )
        };
        let told = delivered(&report, &origin(), "the log");
        let size = told.to_string().len();
        assert!(size <= MAX_BYTES, "{size}");
        assert!(told["leftOut"].as_str().unwrap().ends_with("the log"));
        let whole = text(&report, &origin());
        assert_eq!(
            told["text"], whole,
            "the text is never cut behind its own bound"
        );
        assert_eq!(told["matters"].as_array().unwrap().len(), 200);
        assert_eq!(
            told["matters"][0]["outcome"], "refused",
            "the gravest first"
        );
    }

    #[test]
    fn of_several_releases_in_one_sweep_each_is_a_matter_of_its_own() {
        let of = |outcome: Outcome, allocation: &str| Report {
            subject: Subject::Address(Box::new(super::super::AddressReport {
                released_allocation: allocation.parse().unwrap(),
                ip: Some([203, 0, 113, 7].into()),
                border_group: None,
                released_at: OffsetDateTime::UNIX_EPOCH,
                allocation: None,
                association: None,
                reverse_dns: None,
                known_from: None,
                attempts: 1,
                request_after_ms: None,
            })),
            ..Report::of(Function::Reconcile, Mode::Enforce, outcome, String::new())
        };
        let report = Report {
            subject: Subject::Sweep(SweepReport {
                releases: vec![
                    of(Outcome::Reclaimed, "eipalloc-01"),
                    of(Outcome::Pending, "eipalloc-02"),
                ],
                ..SweepReport::default()
            }),
            ..Report::of(
                Function::Reconcile,
                Mode::Enforce,
                Outcome::Pending,
                String::new(),
            )
        };
        let told = delivered(&report, &origin(), "the log");
        let each: Vec<&str> = told["matters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|matter| matter["about"].as_str().unwrap())
            .collect();
        assert_eq!(each, ["release eipalloc-02", "release eipalloc-01"]);
        let pending = "Holdfast: 203.0.113.7 was released and is not back yet (eu-west-1)";
        assert_eq!(told["headline"], pending);
    }
}
