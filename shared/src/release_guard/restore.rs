//! What follows when an address is back: its association and its reverse DNS, where they still can be
//! restored. Pure: deciding on the state after it was restored yields nothing to do.

use super::state::Release;
use crate::groups::{ChosenBy, Everything, Locations, TargetChoice, TargetInterfaces};
use crate::ledger::RestorationNote;
use crate::ledger::Snapshot;
use crate::ledger::release::KnownAssociation;
use crate::ledger::snapshot::Dated;
use crate::model::elastic_ip::Association;
use crate::model::former_target::LastTarget;
use crate::model::ids::{AllocationId, AssociationId, EniId, InstanceId};
use crate::model::instance::Instance;
use crate::model::interface::{Interface, InterfaceAssociation};
use crate::report::{AssociationReport, Command, Finding};
use crate::settings::Settings;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What the address and its former place look like now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentState {
    /// The allocation that holds the address now.
    pub allocation: AllocationId,
    /// What it is associated with now.
    pub association: Option<Association>,
    /// What an earlier run has restored, by the release record.
    pub note: Option<RestorationNote>,
    /// The interface that had it, if it still exists and was asked for.
    pub interface: Option<Interface>,
    /// The instance that had it, where that interface cannot take it.
    pub former_holder: FormerHolder,
    /// The reverse DNS name that is published now.
    pub reverse_dns: Option<String>,
}

/// The instance that had the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FormerHolder {
    /// It was not asked for, or is gone for good.
    #[default]
    None,
    /// EC2 refuses to show it.
    Refused(String),
    /// It is there.
    Found {
        /// The instance.
        instance: Box<Instance>,
        /// Its interfaces, with their tags.
        interfaces: Vec<Interface>,
    },
}

/// What is to be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restoration {
    /// Associate with this private IP.
    pub associate: Option<Target>,
    /// Set this reverse DNS name.
    pub reverse_dns: Option<String>,
    /// The association, where it is right already.
    pub already_correct: Option<AssociationReport>,
    /// What cannot be restored, and why.
    pub findings: Vec<Finding>,
    /// What the release record is to say of it, as far as it is known before anything is done.
    pub note: RestorationNote,
}

/// A private IP on an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The interface.
    pub eni: EniId,
    /// The private IP.
    pub private_ip: Ipv4Addr,
    /// Whether the interface was read by the call right before this was decided: then it is not read once more.
    pub just_read: bool,
}

/// The association that the address had when it was released, or shortly before.
#[must_use]
pub fn association_then<'a>(
    snapshot: &'a Snapshot,
    release: &Release,
    settings: &Settings,
) -> Option<&'a Association> {
    last_association(snapshot, release, settings).map(|held| &held.value)
}

/// The same, with its times.
#[must_use]
pub fn last_association<'a>(
    snapshot: &'a Snapshot,
    release: &Release,
    settings: &Settings,
) -> Option<&'a Dated<Association>> {
    let held = snapshot.association.as_ref()?;
    let window = time::Duration::try_from(settings.restore_window).unwrap_or(time::Duration::MAX);
    held.held_within(window, release.released_at)
        .then_some(held)
}

/// The reverse DNS name that it had then.
#[must_use]
pub fn reverse_name_then<'a>(
    snapshot: &'a Snapshot,
    release: &Release,
    settings: &Settings,
) -> Option<&'a str> {
    let held = snapshot.reverse_dns.as_ref()?;
    let window = time::Duration::try_from(settings.restore_window).unwrap_or(time::Duration::MAX);
    held.held_within(window, release.released_at)
        .then_some(held.value.as_str())
}

/// Decides what to restore.
#[must_use]
pub fn decide(
    snapshot: &Snapshot,
    release: &Release,
    current: &CurrentState,
    settings: &Settings,
) -> Restoration {
    let last = last_association(snapshot, release, settings);
    let mut restoration = Restoration {
        note: note(last, current),
        ..Restoration::default()
    };
    if let Some(then) = last.map(|held| &held.value) {
        match association(then, current) {
            Availability::Free { target, displaced } => {
                restoration.findings.extend(displaced);
                restoration.associate = Some(target);
            }
            Availability::AlreadyAssociated(already_correct) => {
                restoration.already_correct = Some(already_correct);
            }
            Availability::Elsewhere(why) => restoration
                .findings
                .push(not_associated(then, current, why)),
            Availability::Unavailable(why) => {
                let former = snapshot.last_target();
                counterpart(
                    &mut restoration,
                    then,
                    former.as_ref(),
                    current,
                    (why, settings),
                );
            }
        }
    }
    let rival = last.and_then(|_| snapshot.rival_association());
    restoration
        .findings
        .extend(rival.map(|rival| uncertain(snapshot, &rival, current)));
    restoration.reverse_dns = reverse_name_then(snapshot, release, settings)
        .filter(|&name| current.reverse_dns.as_deref() != Some(name))
        .map(str::to_owned);
    restoration
}

/// What is noted of a restoration on this knowledge. One that finds the address where an earlier one put it, and knows
/// better, leaves the note: reconcile moves the address by it.
fn note(last: Option<&Dated<Association>>, current: &CurrentState) -> RestorationNote {
    let known = last.map(KnownAssociation::of);
    let now = current.association.as_ref().map(|now| &now.id);
    let before = current.note.clone().unwrap_or_default();
    if now.is_some() && now == before.made.as_ref() {
        return before;
    }
    RestorationNote { known, made: None }
}

enum Availability {
    Free {
        target: Target,
        displaced: Option<Finding>,
    },
    AlreadyAssociated(AssociationReport),
    /// Somebody has associated it with something else.
    Elsewhere(String),
    /// Its former place cannot take it.
    Unavailable(String),
}

/// Which instance is to be asked for, since the former place of the address cannot take it.
#[must_use]
pub fn holder_to_ask_for<'a>(
    then: &'a Association,
    current: &CurrentState,
) -> Option<&'a InstanceId> {
    match association(then, current) {
        Availability::Unavailable(_) => then.instance.as_ref(),
        _ => None,
    }
}

/// The former place cannot take the address: on the instance that had it, its counterpart may.
fn counterpart(
    restoration: &mut Restoration,
    then: &Association,
    former: Option<&LastTarget>,
    current: &CurrentState,
    (why, settings): (String, &Settings),
) {
    let keys = &settings.tags;
    let (instance, interfaces) = match &current.former_holder {
        FormerHolder::Found {
            instance,
            interfaces,
        } => (instance, interfaces),
        FormerHolder::None => {
            let finding = not_associated(then, current, why);
            return restoration.findings.push(finding);
        }
        FormerHolder::Refused(answer) => {
            let why = format!("{why}; whether its instance can take it is not known: {answer}");
            let finding = not_associated(then, current, why);
            return restoration.findings.push(finding);
        }
    };
    let look = Locations::of(Everything {
        instances: std::slice::from_ref(instance.as_ref()),
        interfaces,
        addresses: &[],
    });
    let former = former.and_then(|last| look.last_target(last));
    let own = TargetInterfaces::of(instance, &look, keys);
    match own.choose(former.as_ref(), &BTreeSet::new(), 0) {
        Ok(TargetChoice { target, chosen_by }) => {
            let (eni, private_ip) = (target.eni, target.private_ip);
            restoration
                .findings
                .extend(target.auto_assigned.map(|ip| auto_assigned(ip, &eni)));
            restoration.findings.push(Finding {
                what: format!(
                    "the address goes to {private_ip} on {eni} of {}, not to where it was",
                    instance.id
                ),
                why,
                next: format!(
                    "nothing, if that is where it belongs; if not, tag the interface that is to take it with {}",
                    keys.address_target
                ),
            });
            if chosen_by == ChosenBy::OnlyOne {
                let key = &keys.address_target;
                let doubt = Finding::only_interface("the address", &eni, &instance.id, key);
                restoration.findings.push(doubt);
            }
            restoration.associate = Some(Target {
                eni,
                private_ip,
                just_read: false,
            });
        }
        Err(obstacle) => restoration.findings.push(Finding {
            what: "the association is not restored".to_owned(),
            why: format!("{why}; {obstacle}"),
            next: obstacle.next(keys),
        }),
    }
}

fn association(then: &Association, current: &CurrentState) -> Availability {
    let then = with_primary_interface(then, current.interface.as_ref());
    let place = former_place(&then, current);
    let Some(now) = &current.association else {
        return place;
    };
    let is_same_place = now.eni == then.eni && now.private_ip == then.private_ip;
    // An earlier run has put it on another interface of the instance that had it.
    let is_counterpart = || {
        let is_same_instance = then.instance.is_some() && now.instance == then.instance;
        is_same_instance && matches!(place, Availability::Unavailable(_))
    };
    if let (Some(eni), Some(private_ip)) = (&now.eni, now.private_ip)
        && (is_same_place || is_counterpart())
    {
        return Availability::AlreadyAssociated(already_correct(now, eni, private_ip));
    }
    let holder = now.eni.as_ref().map_or("something else", EniId::as_str);
    if is_made(&now.id, current) {
        return Availability::Elsewhere(format!(
            "Holdfast has put it on {holder}, on what was known by then; reconcile moves it, or says \
             why it does not"
        ));
    }
    Availability::Elsewhere(format!(
        "somebody has associated it with {holder} meanwhile"
    ))
}

/// Whether the place that the address had can take it.
fn former_place(then: &Association, current: &CurrentState) -> Availability {
    let (Some(eni), Some(private_ip)) = (&then.eni, then.private_ip) else {
        return Availability::Unavailable(
            "which network interface and private IP it had is not known".to_owned(),
        );
    };
    let Some(interface) = &current.interface else {
        return Availability::Unavailable(format!(
            "the network interface {eni} does not exist any more"
        ));
    };
    if interface.requester_managed {
        let why = format!("{eni} belongs to an AWS service (a NAT gateway, a load balancer)");
        return Availability::Unavailable(format!("{why}, which takes no address from others"));
    }
    let target = Target {
        eni: eni.clone(),
        private_ip,
        just_read: true,
    };
    match interface.private_ips.get(&private_ip) {
        None => Availability::Unavailable(format!(
            "{eni} does not have the private IP {private_ip} any more"
        )),
        Some(associated) => availability(target, associated.as_ref(), current),
    }
}

/// The association, with the interface that a call by instance meant: the primary one, since EC2 refuses such a call for
/// an instance with several.
/// Source: EC2 API reference, `AssociateAddress`, `InstanceId`.
#[must_use]
pub fn with_primary_interface(then: &Association, primary: Option<&Interface>) -> Association {
    let mut then = then.clone();
    if let (None, Some(primary)) = (&then.eni, primary) {
        then.eni = Some(primary.id.clone());
        then.private_ip = then.private_ip.or(primary.primary_ip);
    }
    then
}

fn is_made(id: &AssociationId, current: &CurrentState) -> bool {
    let note = current.note.as_ref();
    note.is_some_and(|note| note.made.as_ref() == Some(id))
}

/// Whether the former target can take the address, by what it has now.
fn availability(
    target: Target,
    associated: Option<&InterfaceAssociation>,
    current: &CurrentState,
) -> Availability {
    let (eni, private_ip) = (&target.eni, target.private_ip);
    let displaced = match associated.map(|other| (other.ip, &other.allocation)) {
        None => None,
        Some((_, Some(allocation))) if *allocation == current.allocation => None,
        Some((ip, Some(allocation))) => {
            let why = format!("{private_ip} on {eni} has {ip} ({allocation}) now");
            return Availability::Unavailable(why);
        }
        Some((ip, None)) => Some(auto_assigned(ip, eni)),
    };
    Availability::Free { target, displaced }
}

fn uncertain(snapshot: &Snapshot, rival: &Association, current: &CurrentState) -> Finding {
    let eni = rival.eni.as_ref().map_or("<its interface>", EniId::as_str);
    let counts = snapshot.association.as_ref().map(|held| &held.value.id);
    let counts = counts.map_or("another one", AssociationId::as_str);
    let associate = Command::ec2("associate-address")
        .with("allocation-id", &current.allocation)
        .known_or("network-interface-id", rival.eni.as_ref(), "its interface");
    Finding {
        what: format!("which association {} had last is not certain", snapshot.ip),
        why: format!(
            "{} on {eni} and {counts} began within one second, and CloudTrail's times are to the second; \
             {counts} is taken for the last",
            rival.id
        ),
        next: format!("if it was {}: {associate}", rival.id),
    }
}

fn already_correct(now: &Association, eni: &EniId, private_ip: Ipv4Addr) -> AssociationReport {
    AssociationReport {
        id: Some(now.id.clone()),
        eni: eni.clone(),
        private_ip,
        instance: now.instance.clone(),
        verified: true,
    }
}

fn auto_assigned(ip: Ipv4Addr, eni: &EniId) -> Finding {
    Finding {
        what: format!(
            "the public IP {ip} that EC2 had assigned to {eni} by itself is gone for good"
        ),
        why: "a private IP has one public IP, and the returned address took its place".to_owned(),
        next: "nothing, unless something relied on that address".to_owned(),
    }
}

fn not_associated(then: &Association, current: &CurrentState, why: String) -> Finding {
    let associate = Command::ec2("associate-address").with("allocation-id", &current.allocation);
    let associate = match (&then.eni, then.private_ip) {
        (Some(eni), Some(private_ip)) => associate
            .to_fill_in("network-interface-id", &format!("instead of {eni}"))
            .to_fill_in("private-ip-address", &format!("instead of {private_ip}")),
        _ => associate.to_fill_in("network-interface-id", "interface"),
    };
    let next = format!(
        "associate it where it belongs now: {}",
        associate.flag("no-allow-reassociation")
    );
    Finding {
        what: "the association is not restored".to_owned(),
        why,
        next,
    }
}
