//! The rows that the checks write: plain ones by number, and one for every variant there is.
#![expect(
    clippy::expect_used,
    reason = "the ids that are made here are well formed"
)]

use holdfast::ledger::release::{KnownAssociation, LostReason, PendingReason};
use holdfast::ledger::snapshot::{
    AllocationState, Dated, Lock, Reclaimed, TransferOffer, Unlocked, Unprotected,
};
use holdfast::ledger::{NotedTarget, ReleaseRecord, ReleaseStatus, RestorationNote, Snapshot};
use holdfast::model::cloudtrail::{Actor, AddressChange, Allocation, Call, Record};
use holdfast::model::elastic_ip::{Association, Pool};
use holdfast::model::former_target::FormerTarget;
use holdfast::model::ids::{AllocationId, AssociationId, BorderGroup};
use holdfast::model::tags::Tags;
use std::net::Ipv4Addr;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(super) const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
pub(super) const PROTECT: &str = "holdfast:protect";

pub(super) fn allocation(number: u32) -> AllocationId {
    format!("eipalloc-{number:017}")
        .parse()
        .expect("a prefix and digits")
}

pub(super) fn association(number: u32) -> AssociationId {
    format!("eipassoc-{number:017}")
        .parse()
        .expect("a prefix and digits")
}

pub(super) fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The first row of an associated address. Each number has its own address.
#[must_use]
pub fn a_snapshot(number: u32) -> Snapshot {
    let [_, _, high, low] = number.to_be_bytes();
    let born = Allocation {
        allocation: allocation(number),
        ip: Ipv4Addr::new(198, 18, high, low),
        pool: Pool::Amazon,
        border_group: Some(BorderGroup("eu-central-1".to_owned())),
        tags: tags(&[(PROTECT, "reclaim"), ("Name", "partner gateway")]),
    };
    let association = Association {
        id: association(number),
        eni: Some("eni-1".parse().expect("a prefix and a digit")),
        private_ip: Some(Ipv4Addr::new(10, 0, high, low)),
        instance: Some("i-1".parse().expect("a prefix and a digit")),
    };
    Snapshot {
        association: Some(Dated {
            value: association,
            since: NOON,
            until: None,
        }),
        revision: 1,
        ..Snapshot::from_allocation(&born, NOON)
    }
}

/// The same with as many tags as EC2 takes, long ones: 10 KB.
pub(super) fn a_large_snapshot(number: u32) -> Snapshot {
    let tag = |number: u32| (format!("{number:0>32}"), "a value of a tag ".repeat(10));
    Snapshot {
        tags: (0..50).map(tag).collect(),
        ..a_snapshot(number)
    }
}

pub(super) fn a_release(number: u32) -> ReleaseRecord {
    ReleaseRecord {
        allocation: allocation(number),
        ip: Some(a_snapshot(number).ip),
        border_group: None,
        released_at: NOON,
        event_id: Some(format!("event-{number}")),
        actor: somebody(),
        unlocked: Vec::new(),
        status: ReleaseStatus::Pending {
            reason: PendingReason::NotAvailable,
        },
        restoration: None,
        late_exemption: None,
        is_asked_for: false,
        audited: false,
        attempts: 1,
        updated_at: NOON,
        revision: 1,
    }
}

pub(super) fn a_record(change: AddressChange, at: OffsetDateTime) -> Record {
    let call = Call {
        event_id: "event-1".to_owned(),
        name: "AnyCall".to_owned(),
        at,
        region: "eu-central-1".to_owned(),
        account: None,
        request_id: None,
        actor: Actor::default(),
    };
    Record { call, change }
}

fn somebody() -> Actor {
    Actor {
        arn: Some("arn:aws:sts::111122223333:assumed-role/network/alice".to_owned()),
        role_arn: Some("arn:aws:iam::111122223333:role/network".to_owned()),
        kind: Some("AssumedRole".to_owned()),
        invoked_by: None,
        source: Some("198.51.100.9".to_owned()),
        user_agent: Some("Terraform \"1.9\" / ünïcödé".to_owned()),
        access_key: Some("AKIAEXAMPLE".to_owned()),
    }
}

/// Snapshots with every pool, every life, and every optional field with and without its value.
pub(super) fn every_snapshot() -> Vec<Snapshot> {
    let own = |id: &str| id.to_owned();
    let with_pool = |(number, pool)| Snapshot {
        pool,
        ..a_snapshot(number)
    };
    let pools = [
        (1, Pool::Amazon),
        (2, Pool::BringYourOwn(own("ipv4pool-ec2-1"))),
        (3, Pool::Ipam(own("ipam-pool-1"))),
        (4, Pool::CustomerOwned(own("ipv4pool-coip-1"))),
    ];
    let mut all: Vec<Snapshot> = pools.into_iter().map(with_pool).collect();
    all.push(with_everything(5));
    all.push(Snapshot {
        border_group: None,
        tags: Tags::new(),
        association: None,
        ..a_snapshot(6)
    });
    all
}

/// The second interface of an instance, at its third private IP.
pub(super) fn a_former_target() -> FormerTarget {
    FormerTarget {
        card_index: 0,
        device_index: 1,
        subnet: Some("subnet-1".parse().expect("a prefix and a digit")),
        position: Some(2),
    }
}

fn with_everything(number: u32) -> Snapshot {
    let plain = a_snapshot(number);
    let later = NOON + Duration::nanoseconds(1_500_000_001);
    let unlocked = |what| Unlocked {
        what,
        at: NOON,
        by: somebody(),
    };
    let ended = plain.association.clone().map(|held| Dated {
        until: Some(later),
        ..held
    });
    Snapshot {
        tags: tags(&[("empty", ""), ("key with blanks & ünïcödé", "a=b,\"c\"")]),
        service_managed: Some("rnat".to_owned()),
        former_target: ended.as_ref().map(|held| NotedTarget {
            association: held.value.id.clone(),
            target: a_former_target(),
        }),
        association: ended,
        reverse_dns: Some(Dated {
            value: "a.example.com".to_owned(),
            since: NOON,
            until: None,
        }),
        unprotected: Some(Unprotected {
            at: NOON,
            by: Some(somebody()),
        }),
        unlocked: [Lock::ProtectTag, Lock::ReverseDns, Lock::Association]
            .map(unlocked)
            .to_vec(),
        transfer_offer: Some(TransferOffer {
            to_account: Some("444455556666".to_owned()),
            at: NOON,
            by: somebody(),
            withdrawn_at: Some(later),
        }),
        reclaims: vec![Reclaimed {
            at: NOON,
            released_by: somebody(),
        }],
        state: AllocationState::Released { at: later },
        observed_at: later,
        tags_as_of: later,
        as_of: later,
        ..plain
    }
}

/// Release records with every status, and every reason of each.
pub(super) fn every_release() -> Vec<ReleaseRecord> {
    let pending = [
        PendingReason::NotAvailable,
        PendingReason::OverQuota,
        PendingReason::Denied,
        PendingReason::UnknownAddress,
        PendingReason::Refused,
        PendingReason::NotReleased,
        PendingReason::Unreachable,
        PendingReason::WrongAddress,
    ]
    .map(|reason| ReleaseStatus::Pending { reason });
    let lost = [LostReason::Deadline, LostReason::ReclaimLoop]
        .map(|reason| ReleaseStatus::Lost { reason });
    let back = [true, false].map(|restored| ReleaseStatus::Reclaimed {
        allocation: allocation(99),
        restored,
    });
    let rest = [
        ReleaseStatus::LetGo {
            reason: "exempt".to_owned(),
        },
        ReleaseStatus::Transferred {
            to_account: Some("444455556666".to_owned()),
        },
        ReleaseStatus::Transferred { to_account: None },
        ReleaseStatus::Recorded,
    ];
    let statuses = pending.into_iter().chain(lost).chain(back).chain(rest);
    let mut all: Vec<ReleaseRecord> = (101..)
        .zip(statuses)
        .map(|(number, status)| ReleaseRecord {
            status,
            ..a_release(number)
        })
        .collect();
    all.push(ReleaseRecord {
        ip: None,
        border_group: Some(BorderGroup("eu-central-1-wl1".to_owned())),
        event_id: None,
        actor: Actor::default(),
        unlocked: vec![Unlocked {
            what: Lock::ProtectTag,
            at: NOON,
            by: somebody(),
        }],
        late_exemption: Some("the tag was removed before".to_owned()),
        is_asked_for: true,
        restoration: Some(RestorationNote {
            known: Some(KnownAssociation {
                id: association(1),
                since: NOON,
            }),
            made: Some(association(2)),
        }),
        audited: true,
        attempts: u32::MAX,
        ..a_release(100)
    });
    all
}
