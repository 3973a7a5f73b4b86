//! Ranges of addresses, as far as a route needs them.

use crate::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A range, such as 10.42.0.64/26 or `2001:db8::/64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    base: IpAddr,
    bits: u8,
}

impl Cidr {
    /// The range of one address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        let bits = if ip.is_ipv4() { 32 } else { 128 };
        Self { base: ip, bits }
    }

    /// Whether it is one of IPv4.
    #[must_use]
    pub fn is_ipv4(&self) -> bool {
        self.base.is_ipv4()
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        masked(ip, self.bits) == self.base && ip.is_ipv4() == self.base.is_ipv4()
    }

    /// Where the VPC's router is, seen from a guest in this subnet. In IPv4 it is the first address after the base.
    /// In IPv6 it is the same link-local address everywhere, so nothing waits for an advertisement.
    /// Source: VPC user guide, "Subnet CIDR blocks".
    #[must_use]
    pub fn router(&self) -> IpAddr {
        match self.base {
            IpAddr::V4(base) => IpAddr::V4(Ipv4Addr::from(u32::from(base).wrapping_add(1))),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0xfe80, 0xec2, 0, 0, 0, 0, 0, 1)),
        }
    }

    /// A neighbour in it that every subnet has: what the VPC keeps for itself right after the base.
    #[must_use]
    pub fn neighbour(&self) -> IpAddr {
        match self.base {
            IpAddr::V4(_) => self.router(),
            IpAddr::V6(base) => IpAddr::V6(Ipv6Addr::from(u128::from(base).wrapping_add(1))),
        }
    }
}

fn masked(ip: IpAddr, bits: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(bits.min(32)))
                .unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(ip) & mask))
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(bits.min(128)))
                .unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(ip) & mask))
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.base, self.bits)
    }
}

impl FromStr for Cidr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unreadable = || Error::Unreadable {
            what: "a range of addresses",
            text: text.to_owned(),
        };
        let (base, bits) = text.split_once('/').ok_or_else(unreadable)?;
        let base: IpAddr = base.parse().map_err(|_| unreadable())?;
        let bits: u8 = bits.parse().map_err(|_| unreadable())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        if bits > most || masked(base, bits) != base {
            return Err(unreadable());
        }
        Ok(Self { base, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn the_router_of_a_subnet_is_where_the_vpc_puts_it() {
        assert_eq!(cidr("10.42.0.64/26").router().to_string(), "10.42.0.65");
        assert_eq!(
            cidr("2001:db8:0:1::/64").router().to_string(),
            "fe80:ec2::1"
        );
        assert_eq!(
            cidr("2001:db8:0:1::/64").neighbour().to_string(),
            "2001:db8:0:1::1"
        );
    }

    #[test]
    fn an_address_is_in_its_subnet_and_in_no_other() {
        let subnet = cidr("10.42.0.64/26");
        let is_in = |ip: &str| subnet.contains(ip.parse().unwrap());
        assert!(is_in("10.42.0.64") && is_in("10.42.0.127"));
        assert!(!is_in("10.42.0.63") && !is_in("10.42.0.128") && !is_in("2001:db8::1"));
        assert!(cidr("0.0.0.0/0").contains("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn what_is_no_range_is_named() {
        for text in [
            "10.42.0.64",
            "10.42.0.64/33",
            "10.42.0.65/26",
            "x/26",
            "2001:db8::/129",
        ] {
            let error = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
