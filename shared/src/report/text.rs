//! The whole of a report as a person reads it at night: what happened, who did it, what to do, and how long it took. Each
//! command is on a line of its own. Nothing else renders it: the mail and the chat carry this text.

use super::commands_in::commands_in;
use super::finding::for_mail;
use super::word::word;
use super::{FailoverReport, Finding, Origin, Phase, Report, Subject, utc};
use crate::model::cloudtrail::Call;
use std::collections::BTreeMap;

/// How many bytes a text has at most: a mail that nobody scrolls through is not read. What is left out is counted. A
/// message of SNS has 256 KB. Source: SNS API reference, `Publish`, parameter `Message`.
pub const MAX_BYTES: usize = 48_000;

/// What the lines after the findings may take.
const RESERVE: usize = 8_000;

/// How much of one sentence is told: an answer of AWS may be of any length.
const MAX_SENTENCE: usize = 4_000;

/// What a text is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) summary: &'a str,
    /// Function, mode and outcome, each in its word.
    pub(super) words: [&'a str; 3],
    pub(super) call: Option<&'a Call>,
    pub(super) findings: &'a [Finding],
    pub(super) repair: &'a [String],
    pub(super) times: &'a [String],
}

/// The text of a report.
#[must_use]
pub fn text(report: &Report, origin: &Origin) -> String {
    let words = [
        report.function.word(),
        word(report.mode),
        report.outcome.word(),
    ];
    let [function, mode, outcome] = words.each_ref().map(String::as_str);
    rendered(
        Parts {
            summary: &report.summary,
            words: [function, mode, outcome],
            call: report.event.as_ref(),
            findings: &report.findings,
            repair: &report.repair,
            times: &times(report),
        },
        origin,
    )
}

pub(super) fn rendered(parts: Parts<'_>, origin: &Origin) -> String {
    let [function, mode, outcome] = parts.words;
    let mut lines = vec![sentence(parts.summary), String::new()];
    lines.push(format!("outcome: {outcome}, by {function}, mode {mode}"));
    let account = origin.account.as_ref();
    let account = account.map_or(String::new(), |id| format!(", account {id}"));
    lines.push(format!("where:   {}{account}", origin.region));
    lines.push(format!("when:    {}", utc(origin.at)));
    lines.extend(parts.call.map(who));
    let mut size = bytes(&lines);
    let mut left_out = parts.findings.len();
    for (number, (finding, more)) in by_kind(parts.findings).into_iter().enumerate() {
        let mut written = of_finding(number + 1, finding);
        written.extend(of_the_same_kind(&more));
        size += bytes(&written);
        if size > MAX_BYTES - RESERVE {
            lines.push(String::new());
            lines.push(format!(
                "And {left_out} findings more: the log has all of them."
            ));
            break;
        }
        lines.extend(written);
        left_out -= 1 + more.len();
    }
    lines.extend(after(&parts, origin));
    let mut whole = lines.join("\n");
    cut(&mut whole, MAX_BYTES);
    whole
}

/// What stands behind the findings.
fn after(parts: &Parts<'_>, origin: &Origin) -> Vec<String> {
    let mut lines = Vec::new();
    if !parts.repair.is_empty() {
        lines.push(String::new());
        lines.push("To bring Terraform's state up to date:".to_owned());
        lines.extend(parts.repair.iter().map(|line| sentence(line)));
    }
    if !parts.times.is_empty() {
        lines.push(String::new());
        lines.extend_from_slice(parts.times);
    }
    let mut size = 0;
    lines.retain(|line| {
        size += line.len() + 1;
        size < RESERVE - 1_000
    });
    lines.push(String::new());
    lines.push(format!(
        "The log of this run, request {}:",
        origin.request_id
    ));
    match (origin.link(), &origin.log_group) {
        (Some(link), _) => lines.push(link),
        (None, _) => lines.push("CloudWatch Logs, the log group of the function".to_owned()),
    }
    lines
}

/// How many findings of one kind are each told in full.
const IN_FULL: usize = 3;

/// How many more of one kind are named.
const NAMED: usize = 25;

/// The findings, in their order. Of a kind that is found many times the first stands for the others. A kind has one why.
fn by_kind(findings: &[Finding]) -> Vec<(&Finding, Vec<&Finding>)> {
    let mut number: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        *number.entry(&finding.why).or_default() += 1;
    }
    let mut kinds: Vec<(&Finding, Vec<&Finding>)> = Vec::new();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let why = finding.why.as_str();
        match first.get(why) {
            Some(&place) if number[why] > IN_FULL => kinds[place].1.push(finding),
            _ => {
                first.insert(why, kinds.len());
                kinds.push((finding, Vec::new()));
            }
        }
    }
    kinds
}

/// What else was found of the same kind, each with its command where it has one.
fn of_the_same_kind(more: &[&Finding]) -> Vec<String> {
    if more.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("   {} more of this kind:", more.len())];
    for finding in more.iter().take(NAMED) {
        lines.push(format!("   - {}", sentence(&finding.what)));
        lines.extend(commands_in(&for_mail(&finding.next)));
    }
    let others = more.len().saturating_sub(NAMED);
    lines.extend((others > 0).then(|| format!("   and {others} others, which the log names")));
    lines
}

fn of_finding(number: usize, finding: &Finding) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("{number}. {}", sentence(&finding.what)),
        format!("   why:  {}", sentence(&finding.why)),
        format!("   next: {}", sentence(&finding.next)),
    ];
    lines.extend(commands_in(&for_mail(&finding.next)));
    lines
}

fn who(call: &Call) -> String {
    let actor = &call.actor;
    let names = [&actor.arn, &actor.invoked_by, &actor.kind];
    let name = names.into_iter().flatten().next();
    let name = name.map_or("somebody CloudTrail does not name", String::as_str);
    let from = actor.source.as_ref();
    let from = from.map_or(String::new(), |from| format!(", from {from}"));
    let with = actor.user_agent.as_ref();
    let with = with.map_or(String::new(), |with| format!(", with {with}"));
    sentence(&format!(
        "who:     {name}{from}{with} ({} at {})",
        call.name,
        utc(call.at)
    ))
}

/// How long the run took, and of a failover each address on its way.
pub(super) fn times(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(told("The run", &report.phases));
    match &report.subject {
        Subject::Failover(failover) => lines.extend(moves(failover)),
        Subject::Failovers(each) => lines.extend(each.iter().flat_map(times)),
        Subject::Sweep(sweep) => lines.extend(sweep.failovers.iter().flat_map(times)),
        _ => {}
    }
    lines
}

fn moves(failover: &FailoverReport) -> Vec<String> {
    let each = failover.moves.iter().filter_map(|one| {
        let private = one.private_ips.first();
        let what = one.public_ips.first().or(private)?;
        let to = one.to.as_ref();
        let to = to.map_or(String::new(), |to| format!(" to {to}"));
        told(&format!("{what}{to}, since the event arrived"), &one.phases)
    });
    each.collect()
}

fn told(what: &str, phases: &[Phase]) -> Option<String> {
    let each: Vec<String> = phases
        .iter()
        .map(|phase| format!("{} {} ms", phase.name, phase.ms))
        .collect();
    (!each.is_empty()).then(|| format!("{what}: {}", each.join(", ")))
}

/// One line, whatever a tag or an answer of AWS holds.
fn sentence(text: &str) -> String {
    let mut line = for_mail(text);
    cut(&mut line, MAX_SENTENCE);
    line
}

fn cut(text: &mut String, most: usize) {
    const MARK: &str = " ... (cut)";
    if text.len() <= most {
        return;
    }
    let room = most - MARK.len();
    let starts = text.char_indices().map(|(at, _)| at);
    let end = starts.take_while(|at| *at <= room).last().unwrap_or(0);
    text.truncate(end);
    text.push_str(MARK);
}

fn bytes(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + 1).sum()
}

#[cfg(test)]
mod tests {
    use super::super::{Function, Outcome};
    use super::*;
    use crate::model::cloudtrail::Actor;
    use crate::model::ids::AccountId;
    use crate::settings::Mode;
    use time::macros::datetime;

    fn origin() -> Origin {
        Origin {
            request_id: "b9dd6c3d-0000".to_owned(),
            account: AccountId::in_arn("arn:aws:lambda:eu-west-1:111122223333:function:guard"),
            region: "eu-west-1".to_owned(),
            log_group: Some("/aws/lambda/holdfast-release-guard".to_owned()),
            at: datetime!(2026-03-07 12:00:10.795 UTC),
        }
    }

    fn finding(next: &str) -> Finding {
        Finding {
            what: "203.0.113.7 is not this account's any more".to_owned(),
            why: "EC2 gives it to whoever asks first".to_owned(),
            next: next.to_owned(),
        }
    }

    fn lost(findings: Vec<Finding>) -> Report {
        Report {
            event: Some(Call {
                event_id: "1".to_owned(),
                name: "ReleaseAddress".to_owned(),
                at: datetime!(2026-03-07 12:00:01.5 UTC),
                region: "eu-west-1".to_owned(),
                account: None,
                request_id: None,
                actor: Actor {
                    arn: Some("arn:aws:iam::111122223333:user/kim".to_owned()),
                    source: Some("198.51.100.7".to_owned()),
                    user_agent: Some("Terraform/1.9".to_owned()),
                    ..Actor::default()
                },
            }),
            findings,
            repair: vec!["terraform state rm aws_eip.<name>".to_owned()],
            phases: vec![Phase {
                name: "observe",
                ms: 12,
            }],
            ..Report::of(
                Function::ReleaseGuard,
                Mode::Enforce,
                Outcome::Lost,
                "203.0.113.7 was released: lost".to_owned(),
            )
        }
    }

    #[test]
    fn m5_a_person_reads_what_happened_who_did_it_and_what_to_paste() {
        let next = "ask at once: aws ec2 allocate-address --domain vpc --address 203.0.113.7; then look again";
        let text = text(&lost(vec![finding(next)]), &origin());
        let lines: Vec<&str> = text.lines().collect();
        for line in [
            "203.0.113.7 was released: lost",
            "outcome: lost, by release-guard, mode enforce",
            "where:   eu-west-1, account 111122223333",
            "when:    2026-03-07T12:00:10Z",
            "who:     arn:aws:iam::111122223333:user/kim, from 198.51.100.7, with Terraform/1.9 (ReleaseAddress at \
             2026-03-07T12:00:01Z)",
            "aws ec2 allocate-address --domain vpc --address 203.0.113.7",
            "terraform state rm aws_eip.<name>",
            "The run: observe 12 ms",
            "The log of this run, request b9dd6c3d-0000:",
        ] {
            assert!(lines.contains(&line), "`{line}` is not in:\n{text}");
        }
        assert!(!text.contains('"'), "{text}");
    }

    #[test]
    fn a_text_is_bounded_and_counts_what_it_leaves_out() {
        for (count, words) in [(2_000, 10), (3, 100_000), (40, 500)] {
            let next = "look again ".repeat(words);
            let of_a_kind_each = (0..count).map(|number| Finding {
                why: format!("cause {number}"),
                ..finding(&next)
            });
            let text = text(&lost(of_a_kind_each.collect()), &origin());
            assert!(text.len() <= MAX_BYTES, "{} bytes", text.len());
            assert!(
                text.contains("b9dd6c3d-0000:\nhttps://"),
                "the log is named"
            );
            let told = text
                .lines()
                .filter(|line| line.starts_with("   why:"))
                .count();
            let left_out = format!("And {} findings more", count - told);
            assert_eq!(told < count, text.contains(&left_out), "{told} of {count}");
        }
    }

    #[test]
    fn findings_of_one_kind_are_told_once_with_their_number() {
        let of = |number: usize| Finding {
            what: format!("group g{number} has no standby"),
            why: "no other member runs".to_owned(),
            next: format!("start one for g{number}"),
        };
        let mut findings: Vec<Finding> = (0..100).map(of).collect();
        findings.insert(50, finding("look"));
        let told = text(&lost(findings), &origin());
        let whys = told.lines().filter(|line| line.starts_with("   why:"));
        assert_eq!(whys.count(), 2, "{told}");
        for line in [
            "99 more of this kind:",
            "- group g1 has no standby",
            "and 74 others",
        ] {
            assert!(told.contains(line), "`{line}` is not in:\n{told}");
        }
        let few = text(&lost((0..3).map(of).collect()), &origin());
        assert!(
            few.contains("start one for g2"),
            "a few have a command each: {few}"
        );
    }

    #[test]
    fn a_tag_cannot_write_a_line_of_its_own() {
        let text = text(
            &lost(vec![finding("a\nSubject: forged\r\n\u{7}")]),
            &origin(),
        );
        assert!(
            !text.lines().any(|line| line.starts_with("Subject")),
            "{text}"
        );
        assert!(text.chars().all(|sign| sign == '\n' || !sign.is_control()));
    }
}
