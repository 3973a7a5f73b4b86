//! What the part of a group has: all that concerns the group, and nothing that concerns another one alone.

use super::*;
use crate::model::elastic_ip::{Association, Pool};
use crate::model::instance::{AttachedInterface, InstanceState, PrivateIp};
use crate::model::interface::OtherIps;
use crate::model::tags::Tags;
use time::OffsetDateTime;

fn tags(group: Option<&str>) -> Tags {
    let group = group.map(|group| ("holdfast:group".to_owned(), group.to_owned()));
    group.into_iter().collect()
}

fn eni(number: u16) -> EniId {
    format!("eni-{number}").parse().unwrap()
}

fn private_ip(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, 0, high, low)
}

/// An instance with an interface of the same number.
fn instance(number: u16, group: &str) -> Instance {
    Instance {
        id: format!("i-{number}").parse().unwrap(),
        state: InstanceState::Running,
        tags: tags(Some(group)),
        launched_at: OffsetDateTime::UNIX_EPOCH,
        zone: None,
        kind: None,
        stop_limit: None,
        zone_id: None,
        interfaces: vec![AttachedInterface {
            id: eni(number),
            device_index: 0,
            card_index: 0,
            state: None,
            subnet: None,
            service_managed: false,
            other_ips: OtherIps::default(),
            private_ips: vec![PrivateIp {
                ip: private_ip(number),
                public: None,
            }],
        }],
    }
}

/// An address on the interface of an instance, or on nothing.
fn address(number: u16, group: &str, on: Option<u16>) -> Address {
    let [high, low] = number.to_be_bytes();
    Address {
        allocation: format!("eipalloc-{number}").parse().unwrap(),
        ip: Ipv4Addr::new(203, 0, high, low),
        pool: Pool::Amazon,
        border_group: None,
        tags: tags(Some(group)),
        association: on.map(|on| Association {
            id: format!("eipassoc-{number}").parse().unwrap(),
            eni: Some(eni(on)),
            private_ip: Some(private_ip(on)),
            instance: Some(format!("i-{on}").parse().unwrap()),
        }),
        service_managed: None,
    }
}

fn of<'a>(instances: &'a [Instance], addresses: &'a [Address]) -> BTreeMap<&'a str, Part> {
    let look = Everything {
        instances,
        interfaces: &[],
        addresses,
    };
    parts(look, &TagKeys::under("holdfast"), |_| None).collect()
}

#[test]
fn an_address_brings_its_holder_and_the_holder_what_else_it_has() {
    let instances = [instance(1, "a"), instance(2, "b"), instance(3, "c")];
    let addresses = [
        address(1, "a", Some(2)),
        address(2, "b", Some(2)),
        address(3, "c", None),
    ];
    let parts = of(&instances, &addresses);
    let part = &parts["a"];
    assert_eq!(part.instances, instances[..2]);
    assert_eq!(part.addresses, addresses[..2]);
    assert_eq!(parts["c"].instances, instances[2..]);
    assert_eq!(parts["c"].addresses, addresses[2..]);
}

#[test]
fn an_instance_that_shows_an_interface_belongs_to_it_though_the_interface_shows_none() {
    let own = Interface {
        tags: tags(Some("a")),
        ..Interface::bare(eni(2))
    };
    let instances = [instance(1, "a"), instance(2, "b")];
    let look = Everything {
        instances: &instances,
        interfaces: std::slice::from_ref(&own),
        addresses: &[],
    };
    let keys = TagKeys::under("holdfast");
    let parts: BTreeMap<&str, Part> = parts(look, &keys, |_| None).collect();
    assert_eq!(parts["a"].instances, instances);
}

#[test]
fn where_an_address_was_last_belongs_to_it() {
    let interfaces = [
        Interface::bare(eni(7)),
        Interface {
            tags: tags(Some("b")),
            ..Interface::bare(eni(8))
        },
    ];
    let instances = [instance(1, "a"), instance(2, "b")];
    let addresses = [address(1, "a", None), address(2, "a", None)];
    let look = Everything {
        instances: &instances,
        interfaces: &interfaces,
        addresses: &addresses,
    };
    let (first, second) = (eni(2), eni(7));
    let last = |address: &Address| match address.allocation.as_str() {
        "eipalloc-1" => Some(&first),
        _ => Some(&second),
    };
    let keys = TagKeys::under("holdfast");
    let parts: BTreeMap<&str, Part> = parts(look, &keys, last).collect();
    assert_eq!(parts["a"].instances, instances);
    assert_eq!(parts["a"].interfaces, interfaces[..1]);
    assert_eq!(parts["b"].interfaces, interfaces[1..]);
}

/// Counts what a sweep goes through, without a clock: all parts together are no more than the look.
#[test]
fn groups_that_share_nothing_are_looked_at_once_however_many_there_are() {
    for count in [10, 20, 400] {
        let names: Vec<String> = (0..count).map(|number| format!("web-{number}")).collect();
        let numbered = || names.iter().zip(0_u16..);
        let instances =
            numbered().flat_map(|(name, at)| [2 * at, 2 * at + 1].map(|id| instance(id, name)));
        let instances: Vec<Instance> = instances.collect();
        let addresses = numbered().map(|(name, at)| address(at, name, Some(2 * at)));
        let addresses: Vec<Address> = addresses.collect();
        let parts = of(&instances, &addresses);
        assert_eq!(parts.len(), names.len());
        let gone_through = |count: fn(&Part) -> usize| parts.values().map(count).sum::<usize>();
        assert_eq!(gone_through(|part| part.instances.len()), instances.len());
        assert_eq!(gone_through(|part| part.addresses.len()), addresses.len());
    }
}
