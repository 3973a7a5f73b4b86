//! Two members of a group in one zone, of which the first fails, and something that moves.

use crate::alarm_failover::case::CauseKind;
use crate::alarm_failover::decide;
use crate::alarm_failover::early_answers::EarlyAnswers;
use crate::alarm_failover::group::{Group, ResourceId};
use crate::alarm_failover::plan::{Exclusions, Move, MoveAction, Plan, PlanInput};
use crate::alarm_failover::state::{MemberHealth, Observed};
use crate::member_alarms::Rows;
use crate::model::elastic_ip::{Address, Association, Pool};
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AllocationId, InstanceId, InstanceType, Zone};
use crate::model::instance::{
    AttachedInterface, Instance, InstanceState, InstanceTypeLimits, PrivateIp, PublicIp,
    StatusChecks,
};
use crate::model::interface::{Attachment, AttachmentState, Interface, OtherIps};
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use time::OffsetDateTime;

/// The interface that moves.
pub(super) const ENI: &str = "eni-0f";
/// The Elastic IP that moves, or rides along.
pub(super) const EIP: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const FLOATING_IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);
/// The tag of everything here.
pub(super) const GROUP: (&str, &str) = ("holdfast:group", "web");

/// A group under construction.
#[derive(Debug, Clone)]
pub(super) struct Fixture {
    pub(super) observed: Observed,
    pub(super) health: MemberHealth,
    pub(super) limits: InstanceTypeLimits,
    pub(super) kind: CauseKind,
    pub(super) excluded: Exclusions,
    /// The addresses that an earlier run may have left free.
    pub(super) pending_reassociation: Vec<AllocationId>,
    /// Where they were.
    pub(super) former_targets: BTreeMap<AllocationId, FormerTarget>,
}

pub(super) fn id(number: u8) -> InstanceId {
    format!("i-0{number}").parse().unwrap()
}

pub(super) fn zone(letter: &str) -> Zone {
    Zone(format!("eu-west-1{letter}"))
}

pub(super) fn private_ip(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, number)
}

/// What goes to a member so, from another or from nobody.
pub(super) fn moving(resource: ResourceId, from: Option<u8>, to: u8, action: &MoveAction) -> Move {
    let to = id(to);
    Move {
        resource,
        public_ips: vec![EIP],
        from: from.map(id),
        mover: action.mover(),
        effects: action.effects(&to),
        displaced: None,
        chosen_by: None,
        left_behind: None,
        to,
        is_return: false,
    }
}

fn kind() -> InstanceType {
    InstanceType("t3.small".to_owned())
}

fn member(number: u8) -> Instance {
    Instance {
        id: id(number),
        state: InstanceState::Running,
        tags: [(GROUP.0.to_owned(), GROUP.1.to_owned())].into(),
        launched_at: OffsetDateTime::UNIX_EPOCH,
        stop_limit: None,
        zone_id: None,
        zone: Some(zone("a")),
        kind: Some(kind()),
        interfaces: vec![AttachedInterface {
            id: format!("eni-0{number}").parse().unwrap(),
            device_index: 0,
            card_index: 0,
            state: Some(AttachmentState::Attached),
            subnet: Some("subnet-1".parse().unwrap()),
            service_managed: false,
            private_ips: vec![PrivateIp {
                ip: private_ip(number),
                public: None,
            }],
            other_ips: OtherIps::default(),
        }],
    }
}

/// Two members that are well, and nothing that moves.
pub(super) fn pair() -> Fixture {
    Fixture {
        observed: Observed {
            at: OffsetDateTime::UNIX_EPOCH,
            instances: vec![member(1), member(2)],
            interfaces: Vec::new(),
            addresses: Vec::new(),
            others: BTreeMap::new(),
            reads_log_alarms: true,
            contributors_not_told: None,
            alarms: BTreeMap::new(),
            learnt: Rows::default(),
            lifecycle: BTreeMap::new(),
            early: EarlyAnswers::default(),
        },
        health: MemberHealth {
            statuses: [1, 2]
                .map(|number| (id(number), StatusChecks::Ok.into()))
                .into(),
            ..MemberHealth::default()
        },
        limits: InstanceTypeLimits {
            interfaces: 3,
            private_ips: 4,
        },
        kind: CauseKind::Alarm,
        excluded: Exclusions::default(),
        pending_reassociation: Vec::new(),
        former_targets: BTreeMap::new(),
    }
}

impl Fixture {
    pub(super) fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// With one more member that is well.
    pub(super) fn joined_by(mut self, number: u8) -> Self {
        self.observed.instances.push(member(number));
        let ok = StatusChecks::Ok.into();
        self.health.statuses.insert(id(number), ok);
        self
    }

    /// With an interface that moves, attached to the first member.
    pub(super) fn floating(mut self) -> Self {
        self.observed.interfaces.push(Interface {
            private_ips: [(FLOATING_IP, None)].into(),
            primary_ip: Some(FLOATING_IP),
            subnet: Some("subnet-1".parse().unwrap()),
            zone: Some(zone("a")),
            tags: [(GROUP.0.to_owned(), GROUP.1.to_owned())].into(),
            ..Interface::bare(ENI.parse().unwrap())
        });
        self.attached_to(1)
    }

    pub(super) fn attached_to(mut self, number: u8) -> Self {
        self.observed.interfaces[0].attachment = Some(Attachment {
            id: format!("eni-attach-0{number}").parse().unwrap(),
            instance: Some(id(number)),
            device_index: 1,
            card_index: 0,
            state: AttachmentState::Attached,
            delete_on_termination: false,
            since: None,
        });
        self
    }

    pub(super) fn adrift(mut self) -> Self {
        self.observed.interfaces[0].attachment = None;
        self
    }

    pub(super) fn held_by_a_service(mut self) -> Self {
        let attachment = self.observed.interfaces[0].attachment.as_mut().unwrap();
        attachment.id = "ela-attach-01".parse().unwrap();
        attachment.instance = None;
        self
    }

    pub(super) fn at_device_index(mut self, index: i32) -> Self {
        let attachment = self.observed.interfaces[0].attachment.as_mut();
        attachment.unwrap().device_index = index;
        self
    }

    pub(super) fn tagged(mut self, key: &str, value: &str) -> Self {
        let tags = &mut self.observed.interfaces[0].tags;
        tags.insert(format!("holdfast:{key}"), value.to_owned());
        self
    }

    /// With an Elastic IP that moves alone, on the first member.
    pub(super) fn address(mut self) -> Self {
        self.associate("eni-01", private_ip(1), Some(id(1)));
        self
    }

    pub(super) fn put_address_on(&mut self, eni: &str) {
        self.associate(eni, FLOATING_IP, Some(id(1)));
    }

    fn associate(&mut self, eni: &str, private_ip: Ipv4Addr, instance: Option<InstanceId>) {
        self.observed.addresses.push(Address {
            allocation: "eipalloc-01".parse().unwrap(),
            ip: EIP,
            pool: Pool::Amazon,
            border_group: None,
            tags: [(GROUP.0.to_owned(), GROUP.1.to_owned())].into(),
            association: Some(Association {
                id: "eipassoc-01".parse().unwrap(),
                eni: Some(eni.parse().unwrap()),
                private_ip: Some(private_ip),
                instance,
            }),
            service_managed: None,
        });
    }

    pub(super) fn member(&mut self, number: u8) -> &mut Instance {
        let mut members = self.observed.instances.iter_mut();
        members.find(|member| member.id == id(number)).unwrap()
    }

    pub(super) fn health(&mut self, number: u8, checks: StatusChecks, state: InstanceState) {
        self.member(number).state = state;
        self.health.statuses.insert(id(number), checks.into());
    }

    /// A member has an Elastic IP of its own on its only private IP.
    pub(super) fn occupy(&mut self, number: u8) {
        self.member(number).interfaces[0].private_ips[0].public = Some(PublicIp {
            ip: Ipv4Addr::new(198, 51, 100, 1),
            auto_assigned: false,
        });
    }

    /// How well the members are, and what their type allows.
    pub(super) fn fitness_with_limits(&self) -> MemberHealth {
        let mut health = self.health.clone();
        health.limits.insert(kind(), self.limits);
        health
    }

    /// What is to be done when the first member fails.
    pub(super) fn plan(&self) -> Plan {
        let variables = [("HOLDFAST_TABLE", "ledger"), ("AWS_REGION", "eu-west-1")];
        let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let settings = Settings::read(variables).unwrap();
        decide::plan(&PlanInput {
            group: &Group::named(
                GROUP.1,
                &self.observed,
                &settings,
                &self.pending_reassociation,
            ),
            observed: &self.observed,
            health: &self.fitness_with_limits(),
            kind: &self.kind,
            sources: &BTreeSet::from([id(1)]),
            may_begin: true,
            last_ended_at: None,
            excluded: &self.excluded,
            former_targets: &self.former_targets,
            settings: &settings,
            now: OffsetDateTime::UNIX_EPOCH,
        })
    }
}
