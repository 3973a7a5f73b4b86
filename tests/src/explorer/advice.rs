//! What a report advises is accepted in the world in which it is advised. Each command of a finding is read as a shell
//! and the AWS command line interface read it. A person who may do everything sends it to a fork of that world.
//!
//! The commands of one finding are sent one after the other, with two minutes between them: a later one may need what
//! an earlier one did. Where a finding says that something comes first, EC2 may refuse the command until then.

mod command_line;
mod words;

use crate::client::{ACCOUNT, TestBed};
use command_line::Sent;
use ec2_sim::World;
use ec2_sim::api::Caller;
use holdfast::report::{Finding, Report};
use time::Duration;
use words::commands_in;

/// Long enough for the ledger to hear of a tag, and for an instance to stop.
const BETWEEN: Duration = Duration::minutes(2);

/// What a finding says comes before its command, and the codes that EC2 answers until that is done.
const FIRST: [(&str, &[&str]); 5] = [
    ("mend it, then", &["*"]),
    ("resolve to the address, then", &["*"]),
    ("when it has stopped", &["IncorrectInstanceState"]),
    ("try by hand", &["InvalidAddress.NotFound", "AuthFailure"]),
    (
        "allocate-address",
        &[
            "InvalidAddress.NotFound",
            "AddressLimitExceeded",
            "AuthFailure",
        ],
    ),
];

/// The commands of a report that nobody could carry out as they are advised.
#[must_use]
pub fn refused(report: &Report, world: &World) -> Vec<String> {
    let each = report.findings.iter();
    each.flat_map(|finding| refused_of(finding, world))
        .collect()
}

/// Says that each command of a report is one that a person could carry out now.
///
/// # Panics
/// When one is not.
pub fn must_be_accepted<E>(end: &Result<Report, E>, bed: &TestBed) {
    if let Ok(report) = end {
        assert_eq!(refused(report, &bed.world()), Vec::<String>::new());
    }
}

fn refused_of(finding: &Finding, world: &World) -> Vec<String> {
    let commands = commands_in(&finding.next);
    if commands.is_empty() {
        return Vec::new();
    }
    let mut fork = world.clone();
    fork.allow_all();
    fork.throttle(false);
    fork.set_read_lag(Duration::ZERO);
    let person = Caller::user(ACCOUNT, "whoever-reads-it");
    let mut refused = Vec::new();
    for command in commands {
        let told = |why: &str| format!("{why}: {command:?}, advised by {finding:?}");
        let request = match command_line::read(&command) {
            Ok(Sent::ToEc2(request)) => request,
            Ok(Sent::Elsewhere) => continue,
            // What follows may need what the person does here.
            Ok(Sent::LeftToThePerson) => break,
            Err(why) => {
                refused.push(told(&why));
                continue;
            }
        };
        if let Err(error) = fork.call(&person, &request, false)
            && !is_expected(&finding.next, &error.code)
        {
            refused.push(told(&error.to_string()));
        }
        fork.advance(BETWEEN);
    }
    refused
}

fn is_expected(next: &str, code: &str) -> bool {
    let says = FIRST.iter().filter(|(words, _)| next.contains(words));
    says.flat_map(|(_, codes)| codes.iter())
        .any(|expected| *expected == "*" || *expected == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast::report::{Function, Outcome};
    use holdfast::settings::Mode;

    fn advising(next: &str) -> Report {
        let said = "something is to be done".to_owned();
        let mut report = Report::of(Function::Reconcile, Mode::Enforce, Outcome::Refused, said);
        report.findings.push(Finding {
            what: "something".to_owned(),
            why: "it is so".to_owned(),
            next: next.to_owned(),
        });
        report
    }

    #[test]
    fn advice_that_ec2_would_refuse_is_found_and_so_is_a_command_that_nobody_knows() {
        for (next, refused_by) in [
            (
                "stop it: aws ec2 stop-instances --instance-ids i-none",
                "InvalidInstanceID.NotFound",
            ),
            ("aws ec2 delete-vpc --vpc-id vpc-1", "nobody knows"),
        ] {
            let refused = refused(&advising(next), &World::new());
            assert!(refused[0].contains(refused_by), "{refused:?}");
        }
    }

    #[test]
    fn advice_that_needs_something_first_may_be_refused_until_then() {
        let next = "to try by hand: aws ec2 allocate-address --domain vpc --address 203.0.113.7";
        assert_eq!(
            refused(&advising(next), &World::new()),
            Vec::<String>::new()
        );
    }
}
