//! What is around the addresses: alarms of members, room for more, names in the VPC, and whether they can be released.

use super::reads::{GroupAlarms, Tried};
use super::verdict::{Read, Verdict, on};
use crate::aws::checks::{AlarmState, HeldAddress, Release, VpcNames};
use crate::output::counted;

pub(super) fn alarms(alarms: &Read<GroupAlarms>) -> Verdict {
    on(alarms, |alarms| {
        if alarms.members == 0 {
            return Verdict::passed("no sweep has found a group with members yet");
        }
        if !alarms.unwatched.is_empty() {
            return Verdict::failed(
                format!("no alarm watches {}", alarms.unwatched.join(", ")),
                "Give each member an alarm: templates/instance-group-alarms.yaml, or docs/DEPLOYMENT.md, Alarms.",
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
            counted(alarms.members, "member is", "members are"),
            counted(alarms.alarms.len(), "alarm", "alarms")
        ))
    })
}

pub(super) fn quota(quota: &Read<f64>, held: &Read<Vec<HeldAddress>>) -> Verdict {
    on(held, |held| {
        on(quota, |quota| {
            let seen = format!(
                "{} of {quota} in use",
                counted(held.len(), "address", "addresses")
            );
            // A quota is a small whole number.
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 addresses")]
            let is_full = held.len() as f64 >= *quota;
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

pub(super) fn names(vpcs: &Read<Vec<VpcNames>>) -> Verdict {
    on(vpcs, |vpcs| {
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
    })
}

pub(super) fn releases(tried: &Read<Vec<Tried>>) -> Verdict {
    on(tried, |tried| {
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
