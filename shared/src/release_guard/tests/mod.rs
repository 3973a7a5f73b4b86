//! What the guard decides, in sentences. No clock, no cloud, no runtime.

mod again;
mod associating;
mod attempts;
mod counterparts;
mod decisions;
mod ec2;
mod estates;
mod hindsight;
mod observing;
mod records;
mod restorations;
mod stacks;
mod tags;
mod unwritten;

use super::decide;
use super::plan::{Conclusion, Decision, FirstDecision, ReclaimPlan};
use super::state::{Observed, Release};
use crate::ledger::snapshot::{Dated, Reclaimed, Unprotected};
use crate::ledger::{AllocationRows, ReleaseRecord, ReleaseStatus, Snapshot};
use crate::model::cloudtrail::{Actor, Call};
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::report::KnownFrom;
use crate::settings::Settings;
use std::net::Ipv4Addr;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const RELEASED_AT: OffsetDateTime = datetime!(2026-03-07 12:00:00 UTC);
const IP: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const PRIVATE_IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);

/// An address that was released: protected, known to the ledger, by a person, ten seconds ago.
struct Released {
    observed: Observed,
    trail_was_asked: bool,
    release: Release,
    settings: Vec<(String, String)>,
    now: OffsetDateTime,
}

fn released() -> Released {
    let snapshot = snapshot();
    Released {
        observed: Observed {
            ledger: AllocationRows {
                snapshot: Some(snapshot.clone()),
                release: None,
                ..AllocationRows::default()
            },
            snapshot: Some(snapshot),
            known_from: Some(KnownFrom::Ledger),
        },
        trail_was_asked: false,
        release: release(),
        settings: vec![
            ("HOLDFAST_TABLE".to_owned(), "ledger".to_owned()),
            ("HOLDFAST_MODE".to_owned(), "enforce".to_owned()),
            ("AWS_REGION".to_owned(), "eu-west-1".to_owned()),
        ],
        now: RELEASED_AT + Duration::seconds(10),
    }
}

fn release() -> Release {
    Release {
        allocation: "eipalloc-0a".parse().unwrap(),
        border_group: Some(crate::model::ids::BorderGroup("eu-west-1".to_owned())),
        released_at: RELEASED_AT,
        call: Some(Call {
            event_id: "event-1".to_owned(),
            name: "ReleaseAddress".to_owned(),
            at: RELEASED_AT,
            region: "eu-west-1".to_owned(),
            account: Some("111122223333".to_owned()),
            request_id: None,
            actor: Actor {
                arn: Some("arn:aws:sts::111122223333:assumed-role/ops/kim".to_owned()),
                role_arn: Some("arn:aws:iam::111122223333:role/ops".to_owned()),
                ..Actor::default()
            },
        }),
    }
}

fn snapshot() -> Snapshot {
    let address = Address {
        allocation: "eipalloc-0a".parse().unwrap(),
        ip: IP,
        pool: Pool::Amazon,
        border_group: Some(crate::model::ids::BorderGroup("eu-west-1".to_owned())),
        tags: [("holdfast:protect", "reclaim"), ("Name", "partner gateway")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        association: Some(association()),
        service_managed: None,
    };
    let at = RELEASED_AT - Duration::days(30);
    let name = Some(Some("gate.example.com"));
    Snapshot::first(crate::ledger::snapshot::Observation {
        address: &address,
        reverse_dns: name,
        at,
    })
}

fn association() -> Association {
    Association {
        id: "eipassoc-01".parse().unwrap(),
        eni: Some("eni-01".parse().unwrap()),
        private_ip: Some(PRIVATE_IP),
        instance: Some("i-01".parse().unwrap()),
    }
}

impl Released {
    fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    fn snapshot(mut self, change: impl Fn(&mut Snapshot)) -> Self {
        self.observed.snapshot.iter_mut().for_each(&change);
        self
    }

    fn tagged(self, value: &str) -> Self {
        self.snapshot(|snapshot| {
            snapshot
                .tags
                .insert("holdfast:protect".to_owned(), value.to_owned());
        })
    }

    fn untagged(self) -> Self {
        self.snapshot(|snapshot| {
            snapshot.tags.remove("holdfast:protect");
        })
    }

    fn untagged_before(self, before: Duration) -> Self {
        self.untagged().snapshot(|snapshot| {
            let by = Some(Actor {
                arn: Some("arn:kim".to_owned()),
                ..Actor::default()
            });
            snapshot.unprotected = Some(Unprotected {
                at: RELEASED_AT - before,
                by,
            });
        })
    }

    /// Holdfast took it back so long before this release, each time.
    fn taken_back(self, before: &[Duration]) -> Self {
        self.snapshot(|snapshot| {
            snapshot.reclaims = before
                .iter()
                .map(|&before| Reclaimed {
                    at: RELEASED_AT - before,
                    released_by: Actor::default(),
                })
                .collect();
        })
    }

    fn unknown_to_the_ledger(mut self) -> Self {
        self.observed.ledger.snapshot = None;
        self.observed.snapshot = None;
        self.observed.known_from = None;
        self
    }

    fn and_the_trail_was_asked(mut self) -> Self {
        self.trail_was_asked = true;
        self
    }

    fn recorded_as(mut self, status: ReleaseStatus) -> Self {
        self.observed.ledger.release = Some(ReleaseRecord {
            allocation: self.release.allocation.clone(),
            ip: Some(IP),
            border_group: None,
            released_at: RELEASED_AT,
            event_id: None,
            actor: Actor::default(),
            unlocked: Vec::new(),
            status,
            restoration: None,
            late_exemption: None,
            is_asked_for: false,
            audited: false,
            attempts: 1,
            updated_at: RELEASED_AT,
            revision: 1,
        });
        self
    }

    fn after(mut self, elapsed: Duration) -> Self {
        self.now = RELEASED_AT + elapsed;
        self
    }

    fn settings(&self) -> Settings {
        Settings::read(self.settings.clone()).unwrap()
    }

    fn first_decision(&self) -> FirstDecision {
        decide::release(&self.observed, &self.release, &self.settings(), self.now)
    }

    fn decision(&self) -> Decision {
        let settings = self.settings();
        if self.trail_was_asked {
            return decide::after_lookup(&self.observed, &self.release, &settings, self.now);
        }
        match self.first_decision() {
            FirstDecision::Decided(decision) => decision,
            FirstDecision::LookUpEvents => panic!("CloudTrail is asked first"),
        }
    }

    fn plan(&self) -> ReclaimPlan {
        match self.decision() {
            Decision::Reclaim(plan) => *plan,
            other => panic!("expected a reclaim, decided: {other:?}"),
        }
    }

    fn conclusion(&self) -> Conclusion {
        match self.decision() {
            Decision::Conclude(conclusion) => conclusion,
            other => panic!("expected a conclusion, decided: {other:?}"),
        }
    }
}

fn ended<T>(held: &mut Option<Dated<T>>, before: Duration) {
    if let Some(held) = held {
        held.until = Some(RELEASED_AT - before);
    }
}
