//! Whether an address would be reached where a failover would take it. EC2 accepts an association in a subnet that no
//! internet gateway leads to, so readiness looks at routes and border groups. Nothing on the way of a failover does.
//!
//! Reading only: what races with it is whoever changes routes, and the next sweep sees that.

use super::case::Case;
use super::observe::retry_transient;
use crate::alarm_failover::{Additions, Audit, PlannedTarget};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::cloud::networks::{ReadNetworks, RouteTableFilter};
use crate::error::chain;
use crate::model::ids::{BorderGroup, SubnetId, VpcId, Zone};
use crate::model::network::{RouteTable, RouteTarget, Subnet};
use crate::ports::Ports;
use crate::report::{Command, Finding};
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// What EC2 shows of the networks that planned targets are in.
#[derive(Debug, Default)]
pub(super) struct Networks {
    pub(super) subnets: BTreeMap<SubnetId, Subnet>,
    pub(super) tables: Vec<RouteTable>,
    pub(super) border_groups: BTreeMap<Zone, BorderGroup>,
}

/// Whether what comes from outside comes to a subnet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Yes,
    /// Its routes lead to no internet gateway.
    No,
    /// Everything goes to something in front of the gateway, or EC2 does not show enough.
    Unknown(String),
}

/// Adds to an audit what its planned targets lack.
pub(super) async fn check<C: ReadNetworks, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    audit: &mut Audit,
) {
    if audit.targets.is_empty() {
        return;
    }
    match networks((&ports.cloud, &ports.clock), case, &audit.targets).await {
        Ok(networks) => judge(audit, &networks, case.settings),
        Err(failure) => audit.findings.push(unread(&failure)),
    }
}

/// The networks of these subnets, read at the same time: the VPCs of the subnets are not known yet, so the main tables of
/// all VPCs are read. Nothing is read of no subnet.
pub(super) async fn networks_of<C: ReadNetworks, L, K: Clock>(
    ports: &Ports<C, L, K>,
    case: &Case<'_>,
    subnets: BTreeSet<SubnetId>,
) -> Result<Networks, CloudError> {
    if subnets.is_empty() {
        return Ok(Networks::default());
    }
    let (cloud, clock) = (&ports.cloud, &ports.clock);
    let ids: Vec<SubnetId> = subnets.into_iter().collect();
    let own = RouteTableFilter::OfSubnets(ids.clone());
    let (subnets, own, main, border_groups) = futures_util::join!(
        retry_transient(clock, case, || cloud.subnets(&ids)),
        retry_transient(clock, case, || cloud.route_tables(&own)),
        retry_transient(clock, case, || cloud.route_tables(&RouteTableFilter::Main)),
        retry_transient(clock, case, || cloud.border_groups()),
    );
    Ok(Networks {
        subnets: by_id(subnets?),
        tables: own?.into_iter().chain(main?).collect(),
        border_groups: border_groups?,
    })
}

fn by_id(subnets: Vec<Subnet>) -> BTreeMap<SubnetId, Subnet> {
    subnets.into_iter().map(|it| (it.id.clone(), it)).collect()
}

async fn networks<C: ReadNetworks, K: Clock>(
    (cloud, clock): (&C, &K),
    case: &Case<'_>,
    targets: &[PlannedTarget],
) -> Result<Networks, CloudError> {
    let ids: BTreeSet<SubnetId> = targets.iter().filter_map(|it| it.subnet.clone()).collect();
    let ids: Vec<SubnetId> = ids.into_iter().collect();
    let own = RouteTableFilter::OfSubnets(ids.clone());
    let (subnets, tables, border_groups) = futures_util::join!(
        retry_transient(clock, case, || cloud.subnets(&ids)),
        retry_transient(clock, case, || cloud.route_tables(&own)),
        retry_transient(clock, case, || cloud.border_groups()),
    );
    let (subnets, mut tables) = (subnets?, tables?);
    let has_own = |id: &SubnetId| tables.iter().any(|table| table.subnets.contains(id));
    let by_main = subnets.iter().filter(|subnet| !has_own(&subnet.id));
    let vpcs: BTreeSet<VpcId> = by_main.map(|subnet| subnet.vpc.clone()).collect();
    if !vpcs.is_empty() {
        let main = RouteTableFilter::MainOf(vpcs.into_iter().collect());
        let main = retry_transient(clock, case, || cloud.route_tables(&main)).await?;
        tables.extend(main);
    }
    Ok(Networks {
        subnets: by_id(subnets),
        tables,
        border_groups: border_groups?,
    })
}

/// What is known to be wrong is an obstacle: the group is not ready. What is not known is told.
pub(super) fn judge(audit: &mut Audit, networks: &Networks, settings: &Settings) {
    let targets = std::mem::take(&mut audit.targets);
    let mut additions = Additions::to(audit);
    for target in targets {
        match networks.reached(target.subnet.as_ref()) {
            Reached::Yes => {}
            Reached::No => additions.obstacle(&target.group, not_reached(&target, settings)),
            Reached::Unknown(why) => additions.finding(not_known(&target, why)),
        }
        match networks.border_group_of(&target) {
            Ok(()) => {}
            Err(Some(there)) => additions.obstacle(&target.group, other_border(&target, &there)),
            Err(None) => additions.finding(border_not_known(&target)),
        }
    }
}

impl Networks {
    /// A subnet without a route table of its own goes by the main one of its VPC.
    pub(super) fn reached(&self, subnet: Option<&SubnetId>) -> Reached {
        let Some(id) = subnet else {
            return Reached::Unknown("EC2 does not say in which subnet it is".to_owned());
        };
        let Some(subnet) = self.subnets.get(id) else {
            return Reached::Unknown(format!("EC2 does not show {id}"));
        };
        let mut tables = self.tables.iter();
        let own = tables.find(|table| table.subnets.contains(id));
        let main = || {
            let mut tables = self.tables.iter();
            tables.find(|table| table.is_main && table.vpc == subnet.vpc)
        };
        let Some(table) = own.or_else(main) else {
            return Reached::Unknown(format!("no route table of {id} is found"));
        };
        let is_gateway = |target: &RouteTarget| *target == RouteTarget::InternetGateway;
        if table.routes.iter().any(is_gateway) {
            return Reached::Yes;
        }
        let by_another = table.routes.iter().find_map(|target| match target {
            RouteTarget::DefaultBy(id) => Some(id),
            _ => None,
        });
        by_another.map_or(Reached::No, |by| {
            Reached::Unknown(format!("{id} sends everything to {by}"))
        })
    }

    /// Whether the zone of a target is in the border group of its address.
    ///
    /// # Errors
    /// The border group that the zone is in; none where EC2 does not say.
    fn border_group_of(&self, target: &PlannedTarget) -> Result<(), Option<BorderGroup>> {
        let Some(own) = &target.border_group else {
            return Ok(());
        };
        let zone = target.zone.as_ref();
        match zone.and_then(|zone| self.border_groups.get(zone)) {
            Some(there) if there == own => Ok(()),
            there => Err(there.cloned()),
        }
    }
}

fn place(target: &PlannedTarget) -> String {
    format!("{} of {}", target.eni, target.instance)
}

fn named<T: ToString>(what: Option<&T>) -> String {
    what.map_or_else(|| "its zone".to_owned(), ToString::to_string)
}

fn not_reached(target: &PlannedTarget, settings: &Settings) -> Finding {
    let subnet = target
        .subnet
        .as_ref()
        .map_or("its subnet", SubnetId::as_str);
    Finding {
        what: format!(
            "{} would go to {}, where nobody would reach it",
            target.what,
            place(target)
        ),
        why: format!("the routes of {subnet} lead to no internet gateway"),
        next: format!(
            "give {subnet} a route to one, or tag an interface that has one with {}",
            settings.tags.address_target
        ),
    }
}

fn not_known(target: &PlannedTarget, why: String) -> Finding {
    let see = Command::ec2("describe-route-tables");
    let see = match &target.subnet {
        Some(subnet) => see.filter("association.subnet-id", subnet.as_str()),
        None => see.to_fill_in("filters", "Name=association.subnet-id,Values=subnet"),
    };
    Finding {
        what: format!(
            "whether {} would be reached on {} is not known",
            target.what,
            place(target)
        ),
        why,
        next: format!("see where its routes lead: {see}"),
    }
}

fn other_border(target: &PlannedTarget, there: &BorderGroup) -> Finding {
    let zone = named(target.zone.as_ref());
    let own = named(target.border_group.as_ref());
    Finding {
        what: format!("{} cannot go to {}", target.what, place(target)),
        why: format!("AWS advertises it from {own}, and {zone} is in {there}"),
        next: format!("keep a standby in a zone of {own}"),
    }
}

fn border_not_known(target: &PlannedTarget) -> Finding {
    let zone = named(target.zone.as_ref());
    Finding {
        what: format!(
            "whether {} can go to {} is not known",
            target.what,
            place(target)
        ),
        why: format!("EC2 does not say in which border group {zone} is"),
        next: format!("see it: {}", Command::ec2("describe-availability-zones")),
    }
}

fn unread(failure: &CloudError) -> Finding {
    Finding {
        what: "whether the addresses of groups would be reached after a failover is not known"
            .to_owned(),
        why: chain(failure),
        next: format!(
            "allow {} to the role of reconcile, or see which policy denies it; the next sweep looks again",
            failure.failure().action
        ),
    }
}
