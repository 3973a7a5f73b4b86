//! Reverse DNS of addresses: asynchronous, and a lock on the release while it is set.

use time::OffsetDateTime;

use super::{
    addresses::{Address, allocation_not_found},
    api::{
        AddressAttribute, DescribeAddressesAttribute, Ec2Error, ModifyAddressAttribute,
        PtrUpdateStatus, ResetAddressAttribute, Response,
    },
    model::{Model, View, invalid_value, missing_parameter},
    paging::page,
    timers::Due,
};

const DOMAIN_NAME: &str = "domain-name";

/// The PTR record of an address.
#[derive(Clone, Debug, Default)]
pub(super) struct ReverseDns {
    /// As published, with its trailing dot.
    pub(super) record: Option<String>,
    pub(super) update: Option<PendingUpdate>,
    /// Until when ReleaseAddress still sees a record that was reset.
    release_locked_until: Option<OffsetDateTime>,
}

/// A request on its way. No value: the record is being removed.
#[derive(Clone, Debug)]
pub(super) struct PendingUpdate {
    value: Option<String>,
    due: OffsetDateTime,
}

impl ReverseDns {
    pub(super) fn locks_release(&self, now: OffsetDateTime) -> bool {
        self.record.is_some()
            || self.update.is_some()
            || self.release_locked_until.is_some_and(|until| now < until)
    }
}

fn attribute_of(address: &Address) -> AddressAttribute {
    AddressAttribute {
        public_ip: address.public_ip.clone(),
        allocation_id: address.allocation_id.clone(),
        ptr_record: address.reverse_dns.record.clone(),
        ptr_record_update: address
            .reverse_dns
            .update
            .as_ref()
            .map(|update| PtrUpdateStatus {
                value: update.value.clone(),
                status: "PENDING".to_owned(),
                reason: None,
            }),
    }
}

impl Model {
    pub(super) fn modify_address_attribute(
        &mut self,
        account: &str,
        request: &ModifyAddressAttribute,
    ) -> Result<Response, Ec2Error> {
        self.own_address(account, &request.allocation_id)?;
        let Some(name) = request
            .domain_name
            .as_deref()
            .filter(|name| !name.is_empty())
        else {
            return Err(missing_parameter(
                "The request must contain the parameter domainName",
            ));
        };
        let name = name.trim_end_matches('.');
        // "Before you create a reverse DNS record, you must create a forward record" (EC2 user
        // guide, "Use reverse DNS for email applications"). Whether EC2 refuses at once or lets the
        // update fail later is not known.
        let forward = self.settings.forward_records.as_ref();
        if forward.is_some_and(|names| !names.contains(name)) {
            return Err(invalid_value(format!(
                "The forward DNS record of '{name}' does not point to the Elastic IP address."
            )));
        }
        let value = Some(format!("{name}."));
        self.plan_reverse_dns(&request.allocation_id, value)
            .map(Response::ModifyAddressAttribute)
            .ok_or_else(|| allocation_not_found(&request.allocation_id))
    }

    pub(super) fn reset_address_attribute(
        &mut self,
        account: &str,
        request: &ResetAddressAttribute,
    ) -> Result<Response, Ec2Error> {
        let address = self.own_address(account, &request.allocation_id)?;
        domain_name_only(Some(&request.attribute))?;
        if address.reverse_dns.record.is_none() && address.reverse_dns.update.is_none() {
            return Ok(Response::ResetAddressAttribute(attribute_of(address)));
        }
        self.plan_reverse_dns(&request.allocation_id, None)
            .map(Response::ResetAddressAttribute)
            .ok_or_else(|| allocation_not_found(&request.allocation_id))
    }

    fn plan_reverse_dns(
        &mut self,
        allocation_id: &str,
        value: Option<String>,
    ) -> Option<AddressAttribute> {
        let due = self.now + self.settings.reverse_dns_published_after;
        let address = self.resources.addresses.get_mut(allocation_id)?;
        address.reverse_dns.update = Some(PendingUpdate { value, due });
        self.timers
            .plan(due, Due::ReverseDnsPublished(allocation_id.to_owned()));
        Some(attribute_of(address))
    }

    /// The request is done, unless a later one has replaced it.
    pub(super) fn publish_reverse_dns(&mut self, allocation_id: &str) {
        let now = self.now;
        let lock_lingers = self.settings.reverse_dns_lock_lingers;
        let Some(address) = self.resources.addresses.get_mut(allocation_id) else {
            return;
        };
        let reverse_dns = &mut address.reverse_dns;
        if reverse_dns
            .update
            .as_ref()
            .is_none_or(|update| update.due != now)
        {
            return;
        }
        reverse_dns.record = reverse_dns.update.take().and_then(|update| update.value);
        reverse_dns.release_locked_until =
            reverse_dns.record.is_none().then_some(now + lock_lingers);
    }
}

fn domain_name_only(attribute: Option<&str>) -> Result<(), Ec2Error> {
    if attribute == Some(DOMAIN_NAME) {
        return Ok(());
    }
    let given = attribute.unwrap_or_default();
    Err(invalid_value(format!(
        "Value ({given}) for parameter attribute is invalid."
    )))
}

impl View<'_> {
    /// The only reader of reverse DNS, and it pages. Addresses that were not asked for by id are
    /// answered when they have a record or will; that rule is a guess from AWS's examples.
    pub(super) fn describe_addresses_attribute(
        &self,
        account: &str,
        request: &DescribeAddressesAttribute,
    ) -> Result<Response, Ec2Error> {
        domain_name_only(request.attribute.as_deref())?;
        self.require_allocations(account, &request.allocation_ids)?;
        let ids = &request.allocation_ids;
        let answers = self
            .addresses_of(account)
            .filter(|address| {
                let reverse_dns = &address.reverse_dns;
                let set = reverse_dns.record.is_some() || reverse_dns.update.is_some();
                if ids.is_empty() {
                    set
                } else {
                    ids.contains(&address.allocation_id)
                }
            })
            .map(attribute_of)
            .collect();
        let (addresses, next_token) = page(
            answers,
            request.max_results,
            request.next_token.as_deref(),
            1,
        )?;
        Ok(Response::DescribeAddressesAttribute {
            addresses,
            next_token,
        })
    }
}
