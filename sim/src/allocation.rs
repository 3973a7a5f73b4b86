//! AllocateAddress, recovery of a released address, and ReleaseAddress.
//!
//! Other accounts race for a released address; EC2 gives it to whoever asks first.

use std::{collections::BTreeSet, net::Ipv4Addr};

use super::{
    addresses::{AMAZON, Address, FormerAddress},
    api::{AllocateAddress, AllocatedAddress, Ec2Error, ReleaseAddress, Response},
    model::{Model, auth_failure, invalid_value, missing_parameter},
    reverse_dns::ReverseDns,
    settings::TakenAnswer,
    timers::Due,
};

fn not_available(ip: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidAddress.NotFound",
        format!("The Elastic IP address '{ip}' does not exist or is not available."),
    )
}

/// The addresses of Amazon's pool, in the order they are handed out: the documentation ranges
/// 198.51.100.0/24 and 203.0.113.0/24, then the benchmark range 198.18.0.0/16 for large accounts.
pub(super) fn amazon_address(number: u32) -> Option<Ipv4Addr> {
    let (base, offset) = match number {
        0..254 => (Ipv4Addr::new(198, 51, 100, 1), number),
        254..508 => (Ipv4Addr::new(203, 0, 113, 1), number - 254),
        508..66_000 => (Ipv4Addr::new(198, 18, 0, 1), number - 508),
        _ => return None,
    };
    Some(Ipv4Addr::from(u32::from(base) + offset))
}

/// Where an address is taken from.
struct Source {
    public_ip: String,
    pool: String,
    /// How many of Amazon's addresses have been handed out when this one has.
    handed_out: u32,
}

impl Model {
    pub(super) fn allocate_address(
        &mut self,
        account: &str,
        request: &AllocateAddress,
    ) -> Result<Response, Ec2Error> {
        // EC2-Classic is gone, and with it the domain `standard`.
        if request
            .domain
            .as_deref()
            .is_some_and(|domain| domain != "vpc")
        {
            return Err(invalid_value(
                "Invalid value for parameter domain. Expecting 'vpc'.",
            ));
        }
        let tags = self.new_tags("elastic-ip", &request.tag_specifications, &["elastic-ip"])?;
        let border_group = request
            .network_border_group
            .as_ref()
            .unwrap_or(&self.region.name);
        if !self.region.has_border_group(border_group) {
            return Err(invalid_value(format!(
                "Invalid value '{border_group}' for parameter networkBorderGroup."
            )));
        }
        let border_group = border_group.clone();
        // Which of the two refusals comes first when both are due is not known.
        let source = self.address_source(account, request, &border_group)?;
        if source.pool == AMAZON && self.counted_addresses(account) >= self.settings.address_quota {
            return Err(Ec2Error::new(
                "AddressLimitExceeded",
                "The maximum number of addresses has been reached.",
            ));
        }
        Ok(self.allocate(account, source, border_group, tags))
    }

    /// Addresses of one's own pools do not count (EC2 user guide, "Bring your own IP addresses").
    fn counted_addresses(&self, account: &str) -> usize {
        let addresses = self.resources.addresses.values();
        addresses
            .filter(|address| address.owner == account && address.pool == AMAZON)
            .count()
    }

    fn allocate(
        &mut self,
        account: &str,
        source: Source,
        border_group: String,
        tags: Vec<super::api::Tag>,
    ) -> Response {
        self.handed_out = source.handed_out;
        let allocation_id = self.ids.next("eipalloc");
        let address = Address {
            allocation_id: allocation_id.clone(),
            public_ip: source.public_ip.clone(),
            owner: account.to_owned(),
            pool: source.pool.clone(),
            border_group: border_group.clone(),
            allocated_at: self.now,
            association: None,
            service_managed: None,
            locked: false,
            reverse_dns: ReverseDns::default(),
        };
        self.resources
            .addresses
            .insert(allocation_id.clone(), address);
        self.put_tags(&allocation_id, tags);
        Response::AllocateAddress(AllocatedAddress {
            public_ip: source.public_ip,
            allocation_id,
            domain: "vpc".to_owned(),
            public_ipv4_pool: source.pool,
            network_border_group: border_group,
        })
    }

    fn address_source(
        &self,
        account: &str,
        request: &AllocateAddress,
        border_group: &str,
    ) -> Result<Source, Ec2Error> {
        let ipam_pool = request.ipam_pool_id.as_deref();
        match (
            request.address.as_deref(),
            ipam_pool,
            request.public_ipv4_pool.as_deref(),
        ) {
            // EC2 API reference, PublicIpv4Pool: "To specify a specific address from the address
            // pool, use the Address parameter instead." What EC2 does with both is not known; this
            // is the strict reading.
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => Err(Ec2Error::new(
                "InvalidParameterCombination",
                "The parameters address, ipamPoolId and publicIpv4Pool cannot be used together.",
            )),
            (Some(_), ..) if self.settings.gives_another_address => self.next_of_amazon(),
            (Some(ip), _, None) => self.named_address(account, ip, ipam_pool, border_group),
            (None, Some(pool), None) => self.next_of_pool(account, pool, true, border_group),
            (None, None, Some(pool)) if pool != AMAZON => {
                self.next_of_pool(account, pool, false, border_group)
            }
            (None, None, _) => self.next_of_amazon(),
        }
    }

    /// Recovery, or an address of one's own pool by name.
    fn named_address(
        &self,
        account: &str,
        ip: &str,
        ipam_pool: Option<&str>,
        border_group: &str,
    ) -> Result<Source, Ec2Error> {
        if ip.parse::<Ipv4Addr>().is_err() {
            return Err(invalid_value(
                "invalid value for parameter pool: InvalidIpV4Address",
            ));
        }
        if self.is_taken(account, ip) {
            return Err(match self.settings.taken_answer {
                TakenAnswer::NotFound => not_available(ip),
                TakenAnswer::AuthFailure => auth_failure(),
            });
        }
        let pool = match self.pool_of(ip) {
            Some((id, pool)) => {
                let asked = if pool.ipam {
                    ipam_pool == Some(id)
                } else {
                    ipam_pool.is_none()
                };
                let fits = pool.owner == account && pool.border_group == border_group && asked;
                fits.then_some(id)
            }
            // Recovery is for whoever released the address (EC2 user guide, "Recover an Elastic IP
            // address"), in its Region and border group.
            None => self
                .former_addresses
                .get(ip)
                .filter(|former| former.accounts.contains(account))
                .filter(|former| former.border_group == border_group && ipam_pool.is_none())
                .map(|_| AMAZON),
        };
        match pool {
            Some(pool) if self.is_free(ip) => Ok(self.source(ip.to_owned(), pool)),
            _ => Err(not_available(ip)),
        }
    }

    fn pool_of(&self, ip: &str) -> Option<(&str, &super::addresses::AddressPool)> {
        let mut pools = self.pools.iter();
        pools
            .find(|(_, pool)| pool.addresses.iter().any(|known| known == ip))
            .map(|(id, pool)| (id.as_str(), pool))
    }

    fn is_taken(&self, account: &str, ip: &str) -> bool {
        let foreign = self
            .resources
            .address_at(ip)
            .is_some_and(|held| held.owner != account);
        foreign
            || self
                .former_addresses
                .get(ip)
                .is_some_and(|former| former.taken)
    }

    fn is_free(&self, ip: &str) -> bool {
        self.resources.address_at(ip).is_none()
            && self
                .former_addresses
                .get(ip)
                .is_none_or(|former| !former.taken && former.available_from <= self.now)
    }

    fn next_of_pool(
        &self,
        account: &str,
        id: &str,
        ipam: bool,
        border_group: &str,
    ) -> Result<Source, Ec2Error> {
        let pool = self
            .pools
            .get(id)
            .filter(|pool| pool.ipam == ipam && pool.owner == account)
            .filter(|pool| pool.border_group == border_group)
            .ok_or_else(|| {
                // The codes are those of the EC2 API reference's list; the texts are not known.
                let code = if ipam {
                    "InvalidIpamPoolId.NotFound"
                } else {
                    "InvalidPoolID.NotFound"
                };
                Ec2Error::new(code, format!("The pool ID '{id}' does not exist"))
            })?;
        let ip = pool.addresses.iter().find(|ip| self.is_free(ip));
        ip.map(|ip| self.source(ip.clone(), id))
            .ok_or_else(no_capacity)
    }

    /// An address that nobody ever had, so that a released one stays to be asked back.
    fn next_of_amazon(&self) -> Result<Source, Ec2Error> {
        for number in self.handed_out.. {
            let ip = amazon_address(number).ok_or_else(no_capacity)?.to_string();
            if self.is_free(&ip) && self.pool_of(&ip).is_none() {
                return Ok(Source {
                    handed_out: number + 1,
                    ..self.source(ip, AMAZON)
                });
            }
        }
        Err(no_capacity())
    }

    fn source(&self, public_ip: String, pool: &str) -> Source {
        Source {
            public_ip,
            pool: pool.to_owned(),
            handed_out: self.handed_out,
        }
    }

    pub(super) fn release_address(
        &mut self,
        account: &str,
        request: &ReleaseAddress,
    ) -> Result<Response, Ec2Error> {
        let id = match (&request.allocation_id, &request.public_ip) {
            (Some(id), _) => id,
            (None, Some(_)) => {
                return Err(invalid_value(
                    "You must specify an allocation id when releasing a VPC elastic IP address",
                ));
            }
            (None, None) => {
                return Err(missing_parameter(
                    "Either public IP or allocation id must be specified",
                ));
            }
        };
        let address = self.own_address(account, id)?;
        self.may_release(address, request.network_border_group.as_deref())?;
        let address = address.clone();
        self.end_association(id);
        self.give_up(&address);
        Ok(Response::Done)
    }

    fn may_release(&self, address: &Address, border_group: Option<&str>) -> Result<(), Ec2Error> {
        let id = &address.allocation_id;
        if border_group.is_some_and(|group| group != address.border_group) {
            return Err(not_available(&address.public_ip));
        }
        let interface = address
            .association
            .as_ref()
            .and_then(|association| self.resources.interfaces.get(&association.interface_id));
        let by_service = interface.is_some_and(|interface| interface.requester_managed);
        if address.service_managed.is_some() || by_service {
            return Err(auth_failure());
        }
        if address.locked {
            let message = format!(
                "The address with allocation id [{id}] cannot be released because it is locked to \
                 your account. Please contact AWS Support to unlock it."
            );
            return Err(Ec2Error::new("InvalidAddress.Locked", message));
        }
        if address.reverse_dns.locks_release(self.now) {
            let message = format!(
                "The address with allocation id [{id}] cannot be released because it has a PTR \
                 record set."
            );
            return Err(Ec2Error::new("InvalidAddress.PtrSet", message));
        }
        // "[Default VPC] Releasing an Elastic IP address automatically disassociates it from any
        // instance that it's associated with. [Nondefault VPC] You must use DisassociateAddress
        // [...] before you can release it. Otherwise, Amazon EC2 returns an error
        // (InvalidIPAddress.InUse)." (EC2 API reference, ReleaseAddress; its text is not known.)
        let vpc = interface.and_then(|interface| self.resources.vpcs.get(&interface.vpc_id));
        if vpc.is_some_and(|vpc| !vpc.is_default) {
            let message = format!("Address {} is in use.", address.public_ip);
            return Err(Ec2Error::new("InvalidIPAddress.InUse", message));
        }
        Ok(())
    }

    /// The account no longer has the address; its tags are gone for good.
    pub(super) fn give_up(&mut self, address: &Address) {
        self.resources.addresses.remove(&address.allocation_id);
        self.resources.tags.remove(&address.allocation_id);
        let available_from = self.now + self.settings.released_unavailable_for;
        let former = self
            .former_addresses
            .entry(address.public_ip.clone())
            .or_insert(FormerAddress {
                accounts: BTreeSet::new(),
                pool: address.pool.clone(),
                border_group: address.border_group.clone(),
                available_from,
                taken: false,
            });
        former.accounts.insert(address.owner.clone());
        former.available_from = available_from;
        let case = self.releases;
        self.releases += 1;
        let share = self.settings.released_taken_share;
        let after = self.settings.released_taken_after;
        if let Some(after) = after.filter(|_| share.is_none_or(|share| share.draws(case))) {
            let due = Due::AddressTaken(address.public_ip.clone());
            self.timers.plan(self.now + after, due);
        }
    }

    /// Another account asks for the address and gets it, if it is there to be had. Addresses of
    /// somebody's own pool are nobody else's to take.
    pub(super) fn take_released_address(&mut self, ip: &str) {
        if self.resources.address_at(ip).is_some() {
            return;
        }
        if let Some(former) = self.former_addresses.get_mut(ip) {
            former.taken |= former.pool == AMAZON;
        }
    }
}

fn no_capacity() -> Ec2Error {
    Ec2Error::new(
        "InsufficientAddressCapacity",
        "There are not enough free addresses.",
    )
}
