//! What is around the addresses: alarms of members, room for more, names in the VPC, and whether they can be released.

use super::reads::{GroupAlarms, Tried};
use super::verdict::{Read, Verdict, if_all_rows, on, on_each};
use crate::aws::checks::{AlarmState, HeldAddress, Release, SeenAlarm, VpcNames};
use crate::output::{ago_in_words, counted};
use holdfast::settings::AlarmsThatMove;
use time::{Duration, OffsetDateTime};

/// What a sweep has learnt says how it is only as long as sweeps come, and only where all of it had room.
const LEARNT_HOLDS: Duration = Duration::minutes(30);

pub(super) fn alarms(
    alarms: &Read<GroupAlarms>,
    that_move: &AlarmsThatMove,
    now: OffsetDateTime,
) -> Verdict {
    on(alarms, |alarms| {
        if let Some(as_of) = alarms.as_of.filter(|as_of| now - *as_of > LEARNT_HOLDS) {
            return Verdict::not_made(
                format!(
                    "reconcile has last learnt the alarms of members {}",
                    ago_in_words(as_of, now)
                ),
                "See why it does not run, or does not read all alarms: the checks `schedule` and `runs`, and its last report.",
            );
        }
        if alarms.left_out > 0 {
            let count = counted(alarms.left_out, "alarm that names", "alarms that name");
            return Verdict::not_made(
                format!("{count} a member had no room in the ledger, so that not all are known"),
                "Give the members of a group fewer alarms, or make it several groups: docs/RUNBOOK.md.",
            );
        }
        if_all_rows(&alarms.unreadable, of_alarms(alarms, that_move))
    })
}

fn of_alarms(alarms: &GroupAlarms, that_move: &AlarmsThatMove) -> Verdict {
    if alarms.members.is_empty() {
        return Verdict::passed("no sweep has found a group with members yet");
    }
    let unwatched: Vec<&str> = alarms.members_without(|_| true);
    if !unwatched.is_empty() {
        return Verdict::failed(
            format!("no alarm watches {}", unwatched.join(", ")),
            "Give each member an alarm: templates/instance-group-alarms.yaml, or docs/DEPLOYMENT.md, Alarms.",
        );
    }
    let unmoved: Vec<&str> = alarms.members_without(|alarm| may_move(alarm, that_move));
    if !unmoved.is_empty() {
        return Verdict::failed(
            format!("no alarm of {} may move anything", unmoved.join(", ")),
            match that_move {
                AlarmsThatMove::Tagged => {
                    "AlarmsThatMove is tagged, and their alarms' events carry no tags: set AlarmTagsPropagation, as \
                         templates/instance-group-alarms.yaml does."
                }
                _ => {
                    "The names of their alarms do not begin as AlarmsThatMove says: docs/SECURITY.md."
                }
            },
        );
    }
    let named = |state| {
        let alarms = alarms.alarms.iter().filter(move |it| it.state == state);
        alarms.map(|alarm| alarm.name.as_str()).collect::<Vec<_>>()
    };
    let no_data = [named(AlarmState::NoData), named(AlarmState::Unknown)].concat();
    if !no_data.is_empty() {
        return Verdict::failed(
            format!("without data: {}", no_data.join(", ")),
            "See whether what they watch still writes its metric: docs/RUNBOOK.md, A heartbeat.",
        );
    }
    Verdict::passed(format!(
        "{} watched, by {}",
        counted(alarms.members.len(), "member is", "members are"),
        counted(alarms.alarms.len(), "alarm", "alarms")
    ))
}

/// Whether the event of an alarm may move anything, as far as its name and its tags decide it.
fn may_move(alarm: &SeenAlarm, that_move: &AlarmsThatMove) -> bool {
    match that_move {
        AlarmsThatMove::Any => true,
        AlarmsThatMove::Tagged => alarm.hands_on_tags,
        AlarmsThatMove::Named(prefix) => alarm.name.starts_with(prefix.as_str()),
    }
}

impl GroupAlarms {
    /// The members of which no alarm is as wanted.
    fn members_without(&self, is_wanted: impl Fn(&SeenAlarm) -> bool) -> Vec<&str> {
        let is_one = |name: &String| {
            let mut named = self.alarms.iter().filter(|alarm| alarm.name == *name);
            named.any(&is_wanted)
        };
        let without = self.members.iter();
        let without = without.filter(|(_, names)| !names.iter().any(is_one));
        without.map(|(member, _)| member.as_str()).collect()
    }
}

pub(super) fn quota(quota: &Read<f64>, held: &Read<Vec<HeldAddress>>) -> Verdict {
    on(held, |held| {
        on(quota, |quota| {
            let count = held.iter().filter(|address| address.counts).count();
            let seen = format!(
                "{} of {quota} in use",
                counted(count, "address", "addresses")
            );
            // A quota is a small whole number.
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 addresses")]
            let is_full = count as f64 >= *quota;
            if is_full {
                Verdict::failed(
                    seen,
                    "Ask for more in Service Quotas (EC2-VPC Elastic IPs), or release what nobody uses.",
                )
            } else {
                Verdict::passed(seen)
            }
        })
    })
}

pub(super) fn names(vpcs: &Read<Vec<Read<VpcNames>>>) -> Verdict {
    on(vpcs, |vpcs| on_each(vpcs, of_vpcs))
}

fn of_vpcs(vpcs: &[&VpcNames]) -> Verdict {
    let without = vpcs.iter().filter(|vpc| !(vpc.hostnames && vpc.support));
    let without: Vec<&str> = without.map(|vpc| vpc.vpc.as_str()).collect();
    if without.is_empty() {
        let count = counted(
            vpcs.len(),
            "VPC with addresses has",
            "VPCs with addresses have",
        );
        return Verdict::passed(format!("{count} DNS names, and none is without"));
    }
    Verdict::failed(
        format!("no DNS hostnames in {}", without.join(", ")),
        "Switch them on: aws ec2 modify-vpc-attribute --vpc-id VPC --enable-dns-hostnames. See docs/DEPLOYMENT.md.",
    )
}

pub(super) fn releases(tried: &[Read<Tried>]) -> Verdict {
    on_each(tried, |tried| {
        let of = |wanted: Release| {
            let of = tried.iter().filter(move |it| it.release == wanted);
            of.map(|it| it.ip.as_str()).collect::<Vec<_>>()
        };
        let allowed = of(Release::Allowed);
        if !allowed.is_empty() {
            return Verdict::failed(
                format!("whoever runs this could release {}", allowed.join(", ")),
                "Attach the policies that keep protected addresses, or run this with a profile of fewer rights: docs/PREVENTION.md.",
            );
        }
        if tried.is_empty() {
            return Verdict::passed("no address is protected by a tag");
        }
        Verdict::passed(format!(
            "whoever runs this can release none of {} tried (denied: {}, locked: {}); what others can, nobody knows",
            tried.len(),
            of(Release::Denied).len(),
            of(Release::Locked).len()
        ))
    })
}
