//! A look without personal data: nothing of the account it was made in is left, and it gives the same decision.

use crate::{Case, alarm, release, start, sweep};
use holdfast::events::parse;
use holdfast::report::Subject;
use holdfast_look::{Look, decision, redact};
use holdfast_tests::client::ACCOUNT;
use serde_json::Value;

/// The decision of the first run, from the file.
fn decided(look: &Look) -> Value {
    let trigger = parse(&look.event).expect("the event can be read");
    let end = look.runs[0].replayed(&look.settings, &trigger);
    decision(&end.unwrap_or_else(|unanswered| panic!("{unanswered}")))
}

/// Each text of a document that could name somebody in the account of a test.
fn told(text: &str) -> Vec<&str> {
    let apart = |it: char| !(it.is_ascii_alphanumeric() || "._-:/@".contains(it));
    let words = text.split(apart);
    let is_telling = |word: &&str| {
        let is_ip = word.parse::<std::net::Ipv4Addr>().is_ok();
        (is_ip && !word.starts_with("198.18.")) || word.contains(ACCOUNT)
    };
    words.filter(is_telling).collect()
}

#[track_caller]
fn is_redacted(case: Case, names: &[&str]) -> Look {
    let (_, look) = case.ended();
    let (redacted, taken) = redact(&look).unwrap_or_else(|bad| panic!("{bad}"));
    let (before, text) = (look.text(), redacted.text());
    assert!(taken.accounts + taken.ips > 0, "{taken:?}");
    assert_eq!(told(&text), Vec::<&str>::new());
    for name in names {
        assert!(before.contains(name), "{name} is nowhere in the look");
        assert!(!text.contains(name), "{name} is left");
    }
    assert_eq!(decided(&redacted), decided(&look));
    assert!(redacted.redacted && !look.redacted);
    redacted
}

#[test]
fn a_release_names_nobody_and_is_decided_alike() {
    let names = ["kim", "partner gateway", "gate.example.com", "10.0.0.5"];
    is_redacted(release(), &names);
}

#[test]
fn a_start_names_nobody_and_is_decided_alike() {
    is_redacted(start(), &[]);
}

#[test]
fn an_alarm_names_nobody_and_is_decided_alike() {
    let look = is_redacted(alarm(), &[]);
    let of_event = &look.event["detail"]["alarmName"];
    assert!(
        of_event.as_str().unwrap().starts_with("name-"),
        "{of_event}"
    );
}

#[test]
fn a_sweep_names_nobody_and_is_decided_alike() {
    is_redacted(sweep(), &[]);
}

#[test]
fn whoever_is_exempt_by_a_pattern_is_exempt_by_a_stand_in() {
    let (_, mut look) = release().ended();
    let exempt = vec!["arn:aws:iam::*:user/k*".parse().unwrap()];
    look.settings.exempt_principals = exempt;
    let (redacted, _) = redact(&look).unwrap();
    let patterns = &redacted.settings.exempt_principals;
    let actor = redacted.event["detail"]["userIdentity"]["arn"].as_str();
    let actor = actor.expect("the event names who released it");
    assert!(
        patterns.iter().any(|pattern| pattern.matches(actor)),
        "{patterns:?} {actor}"
    );
    assert!(!redacted.text().contains("user/k"), "{}", redacted.text());
}

#[test]
fn redacting_twice_changes_nothing_that_a_decision_hangs_on() {
    let (_, look) = alarm().ended();
    let (once, _) = redact(&look).unwrap();
    let (twice, _) = redact(&once).unwrap();
    assert_eq!(decided(&twice), decided(&once));
}

#[test]
fn another_address_or_one_less_is_another_decision() {
    let report = start().ended().0;
    let mut none = report.clone();
    let mut other = report.clone();
    let Subject::Instance(placement) = &mut none.subject else {
        panic!("{:?}", none.subject);
    };
    let placed = placement.placed.pop().expect("an address is placed");
    let Subject::Instance(placement) = &mut other.subject else {
        panic!("{:?}", other.subject);
    };
    placement.placed[0].allocation = "eipalloc-0000000000000000f".parse().unwrap();
    assert_ne!(placement.placed[0].allocation, placed.allocation);
    let was = decision(&Ok(report));
    for end in [none, other] {
        assert_ne!(decision(&Ok(end)), was);
    }
}
