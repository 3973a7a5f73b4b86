//! What stands in the way of a move, each with what to change. Known before anything is touched.

mod how_to;

use super::group::{Group, ResourceId};
use crate::groups::TargetObstacle;
use crate::model::auto_scaling::LifecycleState;
use crate::model::ids::{AllocationId, EniId, InstanceId, InstanceType, SubnetId, Zone};
use crate::model::instance::{InstanceState, StatusChecks};
use crate::model::instance_status::ScheduledEvent;
use crate::model::zonal_shift::ZonalShift;
use crate::report::{Command, Finding, utc};
use crate::settings::Settings;
use std::fmt;
use time::OffsetDateTime;

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// No other member.
    NoStandby {
        /// How many members the group has in all.
        members: usize,
    },
    /// Another member was asked for.
    NotRequested {
        /// The member.
        standby: InstanceId,
    },
    /// The member does not run.
    NotRunning {
        /// The member.
        standby: InstanceId,
        /// What it does.
        state: InstanceState,
    },
    /// EC2's checks do not pass.
    StatusChecksNotOk {
        /// The member.
        standby: InstanceId,
        /// What they say.
        checks: StatusChecks,
    },
    /// EC2's probe of the application fails on the member, and has to pass.
    ApplicationNotOk {
        /// The member.
        standby: InstanceId,
    },
    /// AWS is about to stop or retire the member too: what is moved out of an event's way does not go into the next one's.
    EventAhead {
        /// The member.
        standby: InstanceId,
        /// What AWS has planned.
        event: ScheduledEvent,
    },
    /// An alarm fires for the member.
    AlarmFiring {
        /// The member.
        standby: InstanceId,
        /// The alarm.
        alarm: String,
    },
    /// Auto Scaling has set the member aside, ends it, or has it in a state that is not known here.
    NotInService {
        /// The member.
        standby: InstanceId,
        /// Its lifecycle state.
        state: LifecycleState,
    },
    /// Traffic is shifted away from the member's zone.
    ZoneShifted {
        /// The member.
        standby: InstanceId,
        /// The shift.
        shift: ZonalShift,
    },
    /// EC2 refused it in this run.
    Refused {
        /// The member.
        standby: InstanceId,
    },
    /// IAM or a policy forbids to attach it there.
    NotPermitted {
        /// The member.
        standby: InstanceId,
        /// EC2's answer.
        answer: String,
    },
    /// An interface stays in its zone.
    OtherZone {
        /// The member.
        standby: InstanceId,
        /// Its zone.
        zone: Zone,
        /// The interface's zone.
        wanted: Zone,
    },
    /// The member has as many interfaces as its type allows.
    NoFreeDeviceIndex {
        /// The member.
        standby: InstanceId,
        /// Its type.
        kind: Option<InstanceType>,
        /// How many interfaces it allows.
        limit: i32,
    },
    /// EC2 does not say what the member's type allows.
    UnknownType {
        /// The member.
        standby: InstanceId,
        /// Its type.
        kind: Option<InstanceType>,
    },
    /// A private IP stays in its subnet.
    OtherSubnet {
        /// The member.
        standby: InstanceId,
        /// The subnet.
        subnet: Option<SubnetId>,
    },
    /// The interface has as many private IPs as the type allows.
    PrivateIpLimit {
        /// The member.
        standby: InstanceId,
        /// The interface.
        eni: EniId,
        /// How many private IPs it allows.
        limit: i32,
    },
    /// Private IPs are the group's by the tag of their interface, and the member's interface has no such tag:
    /// they would be found there no more.
    Untagged {
        /// The member.
        standby: InstanceId,
        /// The interface that they would go to.
        eni: EniId,
    },
    /// Nothing says which interface of the member is to take the address, or that one has no room.
    Target(TargetObstacle),
    /// A primary interface never leaves its instance.
    PrimaryInterface {
        /// The interface.
        eni: EniId,
    },
    /// A primary private IP never leaves its interface.
    PrimaryPrivateIp {
        /// The address on it.
        allocation: AllocationId,
    },
    /// An address is to move with its interface, which is not in the group.
    NotAnInterface {
        /// The address.
        allocation: AllocationId,
    },
    /// The last failover is too recent.
    Cooldown {
        /// When an alarm may move it again.
        until: OffsetDateTime,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStandby { members: 0 | 1 } => {
                formatter.write_str("the group has no other member")
            }
            Self::NoStandby { .. } => formatter.write_str("every member of the group has failed"),
            Self::NotRequested { standby } => write!(formatter, "{standby} was not asked for"),
            Self::NotRunning { standby, state } => write!(formatter, "{standby} is {state}"),
            Self::StatusChecksNotOk { standby, checks } => {
                formatter.write_str(&said_by_checks(standby, *checks))
            }
            Self::ApplicationNotOk { standby } => {
                write!(
                    formatter,
                    "EC2's check of the application fails on {standby}, or is not known to pass"
                )
            }
            Self::EventAhead { standby, event } => {
                write!(formatter, "AWS has planned {} for {standby}", event.code)
            }
            Self::AlarmFiring { standby, alarm } => {
                write!(formatter, "alarm {alarm} fires for {standby}")
            }
            Self::NotInService { standby, state } => write!(
                formatter,
                "{standby} is not in service: Auto Scaling has it as `{state}`"
            ),
            Self::ZoneShifted { standby, shift } => {
                formatter.write_str(&said_by_shift(standby, shift))
            }
            Self::Refused { standby } => write!(formatter, "EC2 refused {standby}"),
            Self::NotPermitted { standby, answer } => {
                write!(
                    formatter,
                    "to attach it to {standby} is not permitted: {answer}"
                )
            }
            Self::OtherZone {
                standby,
                zone,
                wanted,
            } => write!(
                formatter,
                "{standby} is in {zone}, the interface in {wanted}"
            ),
            Self::NoFreeDeviceIndex {
                standby,
                kind,
                limit,
            } => write!(
                formatter,
                "{standby} has the {limit} interfaces that {} allows",
                named(kind.as_ref())
            ),
            Self::UnknownType { standby, kind } => write!(
                formatter,
                "EC2 does not say how many interfaces {} of {standby} allows",
                named(kind.as_ref())
            ),
            Self::OtherSubnet { standby, subnet } => match subnet {
                Some(subnet) => {
                    write!(
                        formatter,
                        "{standby} has no interface of its own in {subnet}"
                    )
                }
                None => write!(
                    formatter,
                    "{standby} has no interface of its own in the subnet"
                ),
            },
            Self::PrivateIpLimit {
                standby,
                eni,
                limit,
            } => write!(
                formatter,
                "{eni} of {standby} has no room: its type allows {limit} private IPs"
            ),
            Self::Untagged { standby, eni } => write!(
                formatter,
                "the private IPs go by the tag of their interface, and {eni} of {standby} lacks it: the next \
                 failover would not find them there"
            ),
            Self::Target(why) => write!(formatter, "{why}"),
            Self::PrimaryInterface { eni } => write!(
                formatter,
                "{eni} is the primary interface of its instance, which EC2 never detaches"
            ),
            Self::PrimaryPrivateIp { allocation } => write!(
                formatter,
                "{allocation} is on a primary private IP, which EC2 never moves"
            ),
            Self::NotAnInterface { allocation } => write!(
                formatter,
                "{allocation} is to move with its interface, which is not in the group"
            ),
            Self::Cooldown { until } => formatter.write_str(&failed_over_until(*until)),
        }
    }
}

fn said_by_shift(standby: &InstanceId, shift: &ZonalShift) -> String {
    format!("{standby} is in a zone that is to be left: {shift}")
}

fn said_by_checks(standby: &InstanceId, checks: StatusChecks) -> String {
    match checks {
        StatusChecks::Initializing => {
            format!("{standby} has just started: EC2's status checks are initializing")
        }
        StatusChecks::Impaired => format!("{standby} fails EC2's status checks"),
        StatusChecks::Ok | StatusChecks::Unknown => format!("EC2 has no status of {standby}"),
    }
}

fn failed_over_until(until: OffsetDateTime) -> String {
    let until = utc(until);
    format!("the group failed over a moment ago: not before {until}")
}

fn named(kind: Option<&InstanceType>) -> String {
    kind.map_or_else(|| "its type".to_owned(), ToString::to_string)
}

impl From<TargetObstacle> for Obstacle {
    fn from(why: TargetObstacle) -> Self {
        Self::Target(why)
    }
}

impl Obstacle {
    /// Whether the member would take an address if it had a private IP more.
    #[must_use]
    pub fn lacks_room(&self) -> bool {
        matches!(self, Self::Target(why) if why.lacks_room())
    }

    /// What a person can do about it.
    #[must_use]
    pub fn next_in(&self, name: &str, settings: &Settings) -> String {
        let keys = &settings.tags;
        match self {
            Self::NotRequested { standby } => {
                format!("ask for {standby}, or for nobody in particular")
            }
            Self::NoStandby { .. }
            | Self::NotRunning {
                state: InstanceState::ShuttingDown | InstanceState::Terminated,
                ..
            } => format!(
                "start another instance with the tag {} = {name}; reconcile goes on then",
                keys.group
            ),
            Self::NotRunning { standby, state } => how_to::start(standby, *state),
            Self::StatusChecksNotOk { standby, checks } => how_to::pass_checks(standby, *checks),
            Self::ApplicationNotOk { standby } => format!(
                "see why: {}. Where the application runs on the holder alone, set the parameter \
                 StandbyApplicationStatus to ignore",
                Command::ec2("describe-instance-status").with("instance-ids", standby)
            ),
            Self::EventAhead { standby, .. } => {
                format!(
                    "give the group another member, or stop {standby} and start it again: it comes up on another host"
                )
            }
            Self::AlarmFiring { standby, alarm } => {
                format!("mend {standby}, or change or delete the alarm {alarm} if that is wrong")
            }
            Self::NotInService { standby, state } => how_to::serve(standby, state),
            Self::ZoneShifted { standby, .. } => how_to::leave_zone(standby),
            Self::Refused { standby } => {
                format!(
                    "see EC2's answer for {standby} above; reconcile goes on when that is mended"
                )
            }
            Self::OtherZone { wanted, .. } => format!(
                "keep a standby in {wanted}, or let the address move alone: tag it {} = eip",
                keys.mover
            ),
            Self::NoFreeDeviceIndex { standby, .. } => format!(
                "free a device index of {standby}, take a larger type, or let the address move alone: tag it \
                 {} = ip or eip",
                keys.mover
            ),
            Self::UnknownType { .. } => {
                "see whether DescribeInstanceTypes knows the type in this region".to_owned()
            }
            Self::OtherSubnet { .. } => format!(
                "give the standby an interface in that subnet, or tag the address {} = eip. An interface with the tag \
                 {} moves among that group, and is nobody's own",
                keys.mover, keys.group
            ),
            Self::PrivateIpLimit { .. } => {
                "take private IPs that are not used from it, or a larger type".to_owned()
            }
            Self::Untagged { eni, .. } => format!(
                "tag it too: {}",
                Command::ec2("create-tags")
                    .with("resources", eni)
                    .tags([(keys.group.as_str(), name), (keys.mover.as_str(), "ip")])
            ),
            Self::Target(why) => why.next(keys),
            Self::NotPermitted { standby, .. } => format!(
                "allow ec2:AttachNetworkInterface on {standby} to the role of this function, or see \
                 which policy denies it"
            ),
            Self::PrimaryInterface { .. } => format!(
                "put the address on an interface of its own, or tag it {} = ip or eip",
                keys.mover
            ),
            Self::PrimaryPrivateIp { .. } => format!(
                "put it on a secondary private IP, or tag it {} = eip or auto",
                keys.mover
            ),
            Self::NotAnInterface { .. } => format!(
                "tag the interface {} = {name} as well, or the address {} = eip or auto",
                keys.group, keys.mover
            ),
            Self::Cooldown { .. } => format!(
                "nothing: reconcile takes it up after that while the cause lasts. To have it at once, ask for a failover \
                 of the group {name}, as docs/RUNBOOK.md shows under partly-moved"
            ),
        }
    }

    /// The same for a report.
    #[must_use]
    pub fn finding(
        &self,
        resource: &ResourceId,
        group: &Group<'_>,
        settings: &Settings,
    ) -> Finding {
        Finding {
            what: format!("{resource} cannot move"),
            why: self.to_string(),
            next: self.next_in(group.name, settings),
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(eni) => eni.fmt(formatter),
            Self::PrivateIps(Some(ip)) => write!(formatter, "private IP {ip}"),
            Self::PrivateIps(None) => formatter.write_str("a set of private IPs"),
            Self::Address(allocation) => allocation.fmt(formatter),
        }
    }
}
