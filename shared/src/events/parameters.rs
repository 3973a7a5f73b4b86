//! What a call did to an address, read from its request and its response. Each action has the one
//! struct or two that hold the fields we need, under both names that CloudTrail gives them.
//! Source of the fields: EC2 API reference, the action's request parameters and response elements.

use super::action::Action;
use super::error::EventError;
use super::serialisation::{List, Section, Text};
use crate::model::cloudtrail::{AddressChange, Allocation};
use crate::model::elastic_ip::Pool;
use crate::model::ids::{AllocationId, AssociationId, BorderGroup, EniId, InstanceId};
use crate::model::tags::Tags;
use serde::Deserialize;
use serde_json::Value;
use std::net::Ipv4Addr;

const AN_ALLOCATION: &str = "the allocation id of the address, `eipalloc-...`";

/// What the call of `action`, which EC2 names `name`, did according to the record at `path`; none when
/// it did nothing to an address.
pub(super) fn address_change(
    action: Action,
    name: &str,
    record: &Value,
    path: &str,
) -> Result<Option<AddressChange>, EventError> {
    let request = Section::of(record, path, "requestParameters", &format!("{name}Request"));
    let response = Section::of(record, path, "responseElements", &format!("{name}Response"));
    match action {
        Action::AllocateAddress => allocated(&request, &response).map(Some),
        Action::ReleaseAddress => released(&request).map(Some),
        Action::AssociateAddress => associated(&request, &response).map(Some),
        Action::DisassociateAddress => disassociated(&request).map(Some),
        Action::CreateTags => tagged(&request),
        Action::DeleteTags => untagged(&request),
        Action::ModifyAddressAttribute => reverse_name_set(&request).map(Some),
        Action::ResetAddressAttribute => Ok(Some(AddressChange::ReverseDnsReset {
            allocation: named_address(&request)?.0,
        })),
        Action::EnableAddressTransfer => transfer_enabled(&request).map(Some),
        Action::DisableAddressTransfer => Ok(Some(AddressChange::TransferDisabled {
            allocation: named_address(&request)?.0,
        })),
        Action::AcceptAddressTransfer => transfer_accepted(&request, &response).map(Some),
    }
}

/// The request of each action that names one address.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OneAddressRequest {
    #[serde(alias = "AllocationId")]
    allocation_id: Option<AllocationId>,
    #[serde(alias = "PublicIp")]
    public_ip: Option<Text>,
    #[serde(alias = "NetworkBorderGroup")]
    network_border_group: Option<BorderGroup>,
    #[serde(alias = "NetworkInterfaceId")]
    network_interface_id: Option<EniId>,
    #[serde(alias = "PrivateIpAddress")]
    private_ip_address: Option<Ipv4Addr>,
    #[serde(alias = "InstanceId")]
    instance_id: Option<InstanceId>,
    #[serde(alias = "DomainName")]
    domain_name: Option<Text>,
    #[serde(alias = "TransferAccountId")]
    transfer_account_id: Option<Text>,
}

/// The allocation that a request names, and the rest of the request.
fn named_address(request: &Section<'_>) -> Result<(AllocationId, OneAddressRequest), EventError> {
    let mut raw: OneAddressRequest = request.read()?;
    let allocation = raw.allocation_id.take();
    let expected = raw.public_ip.as_ref().map_or_else(
        || AN_ALLOCATION.to_owned(),
        |Text(ip)| {
            format!(
                "{AN_ALLOCATION}; the call named the address by its public IP {ip} alone, as only \
                 EC2-Classic did, and nothing else in the record tells which allocation that was"
            )
        },
    );
    Ok((request.require(allocation, "allocationId", &expected)?, raw))
}

fn released(request: &Section<'_>) -> Result<AddressChange, EventError> {
    let (allocation, raw) = named_address(request)?;
    Ok(AddressChange::Released {
        allocation,
        border_group: raw.network_border_group,
    })
}

fn associated(request: &Section<'_>, response: &Section<'_>) -> Result<AddressChange, EventError> {
    let (allocation, raw) = named_address(request)?;
    let answer: AssociationNamed = response.read()?;
    Ok(AddressChange::Associated {
        allocation,
        association: answer.association_id,
        eni: raw.network_interface_id,
        private_ip: raw.private_ip_address,
        instance: raw.instance_id,
    })
}

fn disassociated(request: &Section<'_>) -> Result<AddressChange, EventError> {
    let raw: AssociationNamed = request.read()?;
    let expected = "the association id that ended, `eipassoc-...`";
    Ok(AddressChange::Disassociated {
        association: request.require(raw.association_id, "associationId", expected)?,
    })
}

/// The response of `AssociateAddress` and the request of `DisassociateAddress`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AssociationNamed {
    #[serde(alias = "AssociationId")]
    association_id: Option<AssociationId>,
}

fn reverse_name_set(request: &Section<'_>) -> Result<AddressChange, EventError> {
    let (allocation, raw) = named_address(request)?;
    Ok(AddressChange::ReverseDnsSet {
        allocation,
        name: raw.domain_name.map(|Text(name)| name),
    })
}

fn transfer_enabled(request: &Section<'_>) -> Result<AddressChange, EventError> {
    let (allocation, raw) = named_address(request)?;
    // An account id that became a number lost its leading zeros; account ids have twelve digits.
    let to_account = raw
        .transfer_account_id
        .map(|Text(account)| format!("{account:0>12}"));
    Ok(AddressChange::TransferEnabled {
        allocation,
        to_account,
    })
}

fn transfer_accepted(
    request: &Section<'_>,
    response: &Section<'_>,
) -> Result<AddressChange, EventError> {
    let raw: AcceptTransferRequest = request.read()?;
    let answer: AcceptTransferResponse = response.read()?;
    let transfer = answer.address_transfer.unwrap_or_default();
    let ip = raw.address.or(transfer.public_ip);
    Ok(AddressChange::TransferAccepted {
        ip: request.require(ip, "address", "the IP that was transferred")?,
        allocation: transfer.allocation_id,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AcceptTransferRequest {
    #[serde(alias = "Address")]
    address: Option<Ipv4Addr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AcceptTransferResponse {
    #[serde(alias = "AddressTransfer")]
    address_transfer: Option<Transfer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct Transfer {
    #[serde(alias = "PublicIp")]
    public_ip: Option<Ipv4Addr>,
    #[serde(alias = "AllocationId")]
    allocation_id: Option<AllocationId>,
}

fn allocated(request: &Section<'_>, response: &Section<'_>) -> Result<AddressChange, EventError> {
    let asked: AllocateRequest = request.read()?;
    let got: AllocateResponse = response.read()?;
    let allocation = response.require(got.allocation_id, "allocationId", AN_ALLOCATION)?;
    let (pool, ip, ip_field) = match got
        .customer_owned_ipv4_pool
        .or(asked.customer_owned_ipv4_pool)
    {
        Some(Text(pool)) => (
            Pool::CustomerOwned(pool),
            got.customer_owned_ip,
            "customerOwnedIp",
        ),
        None => (
            pool(
                asked.ipam_pool_id,
                got.public_ipv4_pool.or(asked.public_ipv4_pool),
            ),
            got.public_ip.or(got.carrier_ip),
            "publicIp",
        ),
    };
    Ok(AddressChange::Allocated(Allocation {
        allocation,
        ip: response.require(ip, ip_field, "the IP that was allocated")?,
        pool,
        border_group: got.network_border_group.or(asked.network_border_group),
        tags: asked.tag_specifications.for_addresses(),
    }))
}

fn pool(ipam: Option<Text>, public: Option<Text>) -> Pool {
    match (ipam, public) {
        (Some(Text(ipam)), _) => Pool::Ipam(ipam),
        (None, Some(Text(pool))) if pool.starts_with("ipam-pool-") => Pool::Ipam(pool),
        (None, Some(Text(pool))) if pool != "amazon" && !pool.is_empty() => {
            Pool::BringYourOwn(pool)
        }
        (None, _) => Pool::Amazon,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AllocateRequest {
    #[serde(alias = "PublicIpv4Pool")]
    public_ipv4_pool: Option<Text>,
    #[serde(alias = "IpamPoolId")]
    ipam_pool_id: Option<Text>,
    #[serde(alias = "CustomerOwnedIpv4Pool")]
    customer_owned_ipv4_pool: Option<Text>,
    #[serde(alias = "NetworkBorderGroup")]
    network_border_group: Option<BorderGroup>,
    #[serde(
        rename = "tagSpecificationSet",
        alias = "TagSpecification",
        alias = "TagSpecifications"
    )]
    tag_specifications: List<TagSpecification>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AllocateResponse {
    #[serde(alias = "AllocationId")]
    allocation_id: Option<AllocationId>,
    #[serde(alias = "PublicIp")]
    public_ip: Option<Ipv4Addr>,
    /// In place of the public IP, in a Wavelength Zone.
    #[serde(alias = "CarrierIp")]
    carrier_ip: Option<Ipv4Addr>,
    #[serde(alias = "PublicIpv4Pool")]
    public_ipv4_pool: Option<Text>,
    /// In place of the public IP, on an Outpost.
    #[serde(alias = "CustomerOwnedIp")]
    customer_owned_ip: Option<Ipv4Addr>,
    #[serde(alias = "CustomerOwnedIpv4Pool")]
    customer_owned_ipv4_pool: Option<Text>,
    #[serde(alias = "NetworkBorderGroup")]
    network_border_group: Option<BorderGroup>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an object")]
struct TagSpecification {
    #[serde(alias = "ResourceType")]
    resource_type: Option<Text>,
    // Not `tag`: the newer serialisation numbers its elements under that key.
    #[serde(rename = "tags", alias = "Tags", alias = "Tag", alias = "tagSet")]
    tags: List<Tag>,
}

impl List<TagSpecification> {
    /// The tags meant for an address; a specification that names no resource type means the resource
    /// that the call makes.
    fn for_addresses(self) -> Tags {
        let ours = |specification: &TagSpecification| {
            specification
                .resource_type
                .as_ref()
                .is_none_or(|Text(kind)| kind == "elastic-ip")
        };
        self.0
            .into_iter()
            .filter(ours)
            .flat_map(|specification| specification.tags.written())
            .collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "a tag, which is an object")]
struct Tag {
    #[serde(alias = "Key")]
    key: Text,
    #[serde(alias = "Value")]
    value: Option<Text>,
}

impl List<Tag> {
    /// As `CreateTags` and `AllocateAddress` mean them: no value is the empty value.
    fn written(self) -> Tags {
        self.0
            .into_iter()
            .map(|tag| (tag.key.0, tag.value.unwrap_or_default().0))
            .collect()
    }

    /// As `DeleteTags` means them: no value is whatever value.
    fn removed(self) -> Vec<(String, Option<String>)> {
        self.0
            .into_iter()
            .map(|tag| (tag.key.0, tag.value.map(|Text(value)| value)))
            .collect()
    }
}

fn tagged(request: &Section<'_>) -> Result<Option<AddressChange>, EventError> {
    let raw: TagsRequest = request.read()?;
    let (allocations, tags) = raw.split();
    let tags = tags.written();
    Ok((!allocations.is_empty()).then_some(AddressChange::Tagged { allocations, tags }))
}

fn untagged(request: &Section<'_>) -> Result<Option<AddressChange>, EventError> {
    let raw: TagsRequest = request.read()?;
    let (allocations, tags) = raw.split();
    let tags = tags.removed();
    Ok((!allocations.is_empty()).then_some(AddressChange::Untagged { allocations, tags }))
}

/// The request of `CreateTags` and of `DeleteTags`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TagsRequest {
    resources_set: List<Resource>,
    #[serde(rename = "ResourceId")]
    resource_ids: List<ResourceId>,
    #[serde(alias = "Tag")]
    tag_set: List<Tag>,
}

impl TagsRequest {
    /// The addresses among the resources, and the tags.
    fn split(self) -> (Vec<AllocationId>, List<Tag>) {
        let flat = self
            .resources_set
            .0
            .into_iter()
            .map(|resource| resource.resource_id);
        let ids = flat.chain(self.resource_ids.0);
        let allocations = ids
            .filter_map(|ResourceId(allocation)| allocation)
            .collect();
        (allocations, self.tag_set)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a resource, which is an object")]
struct Resource {
    #[serde(alias = "ResourceId")]
    resource_id: ResourceId,
}

/// Any resource's id, of which only those of addresses are kept.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Text")]
struct ResourceId(Option<AllocationId>);

impl TryFrom<Text> for ResourceId {
    type Error = crate::model::ids::InvalidId;

    fn try_from(Text(id): Text) -> Result<Self, Self::Error> {
        if id.starts_with("eipalloc-") {
            id.parse().map(Some).map(Self)
        } else {
            Ok(Self(None))
        }
    }
}
