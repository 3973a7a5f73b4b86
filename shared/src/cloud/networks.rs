//! Reading what decides whether an address is reached on an interface: subnets, their routes, zones. Only readiness asks:
//! nothing on the way of a failover or a placement waits for it.

use super::CloudError;
use crate::model::ids::{BorderGroup, SubnetId, VpcId, Zone};
use crate::model::network::{RouteTable, Subnet};
use serde::Serialize;
use std::collections::BTreeMap;

/// Which route tables to describe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTableFilter {
    /// Those that are associated with these subnets.
    OfSubnets(Vec<SubnetId>),
    /// The main ones of these VPCs.
    MainOf(Vec<VpcId>),
    /// The main ones of all VPCs: for whoever does not know yet which VPCs the subnets are in.
    Main,
}

/// Reading subnets, route tables and zones.
pub trait ReadNetworks: Send + Sync {
    /// `DescribeSubnets` by filter: one that does not exist is left out, it is no error.
    ///
    /// # Errors
    /// As EC2 refuses: `Throttled`, `Denied`, or anything else as `Other`.
    fn subnets(
        &self,
        ids: &[SubnetId],
    ) -> impl Future<Output = Result<Vec<Subnet>, CloudError>> + Send;

    /// `DescribeRouteTables` by filter. All pages are read. A subnet without a table of its own is in no answer of
    /// `OfSubnets`: it goes by the main one of its VPC (VPC user guide, "Subnet route tables").
    ///
    /// # Errors
    /// As for [`ReadNetworks::subnets`].
    fn route_tables(
        &self,
        which: &RouteTableFilter,
    ) -> impl Future<Output = Result<Vec<RouteTable>, CloudError>> + Send;

    /// `DescribeAvailabilityZones`: the border group of each zone of the Region.
    ///
    /// # Errors
    /// As for [`ReadNetworks::subnets`].
    fn border_groups(
        &self,
    ) -> impl Future<Output = Result<BTreeMap<Zone, BorderGroup>, CloudError>> + Send;
}
