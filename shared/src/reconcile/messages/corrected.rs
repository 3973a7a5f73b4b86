//! What a person reads of a restoration that went by too little, and of what became of it.

use super::super::corrections::{Correction, Outdated};
use crate::cloud::CloudError;
use crate::error::chain;
use crate::ledger::release::KnownAssociation;
use crate::model::elastic_ip::Association;
use crate::model::ids::AssociationId;
use crate::report::{Command, Finding, PlannedCall, Report, Subject};
use time::format_description::well_known::Rfc3339;

/// The address is where it belongs by what is known now.
pub(crate) fn corrected(report: Report, outdated: &Outdated) -> Report {
    with(
        report,
        Finding {
            what: format!(
                "{} was restored on too little, and is corrected",
                outdated.ip
            ),
            why: what_was_not_known(outdated),
            next: "check that nothing still relies on the place that it had in between".to_owned(),
        },
    )
}

/// It stays where it is; nothing is to be said where that is right.
pub(crate) fn left(report: Report, outdated: &Outdated, correction: &Correction) -> Report {
    let Correction::Leave { why } = correction else {
        return report;
    };
    with(
        report,
        Finding {
            what: format!("{} is perhaps not where it belongs", outdated.ip),
            why: format!("{}; it stays, since {why}", what_was_not_known(outdated)),
            next: by_hand(outdated),
        },
    )
}

/// EC2 does not let it go, or would not let it arrive.
pub(crate) fn refused(report: Report, outdated: &Outdated, refusal: &CloudError) -> Report {
    with(
        report,
        Finding {
            what: format!(
                "{} is not where it belongs, and EC2 refuses to move it",
                outdated.ip
            ),
            why: format!(
                "{}; EC2's answer: {}",
                what_was_not_known(outdated),
                chain(refusal)
            ),
            next: by_hand(outdated),
        },
    )
}

/// Whether the guard has associated it.
pub(crate) fn is_associated(report: &Report) -> bool {
    matches!(&report.subject, Subject::Address(address) if address.association.is_some())
}

/// The right place did not take it; whether it is back where it was.
pub(crate) fn not_corrected(
    report: Report,
    outdated: &Outdated,
    returned: Result<AssociationId, Option<CloudError>>,
) -> Report {
    let now = match returned {
        Ok(id) => format!("it is back where it was, as {id}"),
        Err(None) => "it is associated with nothing now".to_owned(),
        Err(Some(refusal)) => format!("it could not be put back where it was: {}", chain(&refusal)),
    };
    with(
        report,
        Finding {
            what: format!("{} could not be moved to where it belongs", outdated.ip),
            why: format!("{}; {now}", what_was_not_known(outdated)),
            next: by_hand(outdated),
        },
    )
}

/// `observe` mode: what `enforce` would do.
pub(crate) fn would_correct(
    mut report: Report,
    outdated: &Outdated,
    correction: &Correction,
) -> Report {
    let target = outdated.last.as_ref().and_then(|last| {
        let Association {
            eni, private_ip, ..
        } = &last.association;
        eni.as_ref().zip(*private_ip)
    });
    let associate = target
        .map(|(eni, private_ip)| PlannedCall::associate(&outdated.allocation, eni, private_ip));
    match correction {
        Correction::Move { from } => {
            let end = PlannedCall::disassociate(&from.id);
            report.would_call.push(end);
            report.would_call.extend(associate);
        }
        Correction::Associate => report.would_call.extend(associate),
        Correction::Right | Correction::Later => return report,
        Correction::Leave { .. } => return left(report, outdated, correction),
    }
    with(
        report,
        Finding {
            what: format!("{} is not where it belongs", outdated.ip),
            why: what_was_not_known(outdated),
            next: "nothing where `enforce` mode is to come; else as `wouldCall` says".to_owned(),
        },
    )
}

fn with(report: Report, finding: Finding) -> Report {
    let mut findings = vec![finding];
    findings.extend(report.findings);
    Report { findings, ..report }
}

fn what_was_not_known(outdated: &Outdated) -> String {
    let known = outdated.note.known.as_ref().map_or_else(
        || "no association was known".to_owned(),
        |known| format!("{} was known as its last association", since(known)),
    );
    match &outdated.last {
        Some(last) => format!(
            "when it was restored, {known}; only now it is known that it had {} before its release, on {}",
            since(&last.known),
            place(&last.association)
        ),
        None => format!(
            "when it was restored, {known}; only now it is known that this had been given up long before its \
             release"
        ),
    }
}

fn since(known: &KnownAssociation) -> String {
    let at = known.since.format(&Rfc3339).unwrap_or_default();
    format!("{} of {at}", known.id)
}

fn place(association: &Association) -> String {
    match (
        &association.eni,
        association.private_ip,
        &association.instance,
    ) {
        (Some(eni), Some(private_ip), _) => format!("{private_ip} of {eni}"),
        (_, _, Some(instance)) => instance.to_string(),
        _ => "an interface that no call named".to_owned(),
    }
}

fn by_hand(outdated: &Outdated) -> String {
    let Some(last) = &outdated.last else {
        let see = Command::ec2("describe-addresses").with("allocation-ids", &outdated.allocation);
        return format!("if nobody is to have it: {see}, and end the association that it shows");
    };
    let Association {
        eni, private_ip, ..
    } = &last.association;
    let associate = Command::ec2("associate-address")
        .with("allocation-id", &outdated.allocation)
        .known_or("network-interface-id", eni.as_ref(), "interface")
        .known_or("private-ip-address", private_ip.as_ref(), "private IP");
    format!("if it is wanted there: {associate}")
}
