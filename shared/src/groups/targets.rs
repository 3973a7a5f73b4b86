//! On which private IP of an instance an address can go. One answer for every function that places one.

use super::floating::{floating_group, floating_group_of};
use super::locations::Locations;
use crate::model::ids::EniId;
use crate::model::instance::{AttachedInterface, Instance, PrivateIp};
use crate::settings::TagKeys;
use std::net::Ipv4Addr;

/// A private IP that can take an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The interface.
    pub eni: EniId,
    /// The private IP.
    pub private_ip: Ipv4Addr,
    /// The public IP that EC2 assigned by itself, and that is lost when an Elastic IP comes.
    pub auto_assigned: Option<Ipv4Addr>,
}

/// The interfaces that are an instance's own: not an AWS service's, and none that floats in a group. An address
/// on a floating one goes with it to the next member.
pub(super) fn own_interfaces<'a>(
    instance: &'a Instance,
    look: &Locations<'_>,
    keys: &TagKeys,
) -> impl Iterator<Item = &'a AttachedInterface> {
    let floats = move |eni: &EniId| {
        let tagged = look.interface(eni);
        tagged.is_some_and(|each| floating_group(each, keys).is_some())
    };
    let attached = instance.interfaces.iter();
    attached.filter(move |each| !each.service_managed && !floats(&each.id))
}

/// The private IPs of an instance that can take an address, interface by interface in the order of their device
/// indexes. One that floats is left out: it moves away, and the address on it with it.
///
/// A free private IP has no public IP, or one that EC2 assigned by itself. EC2 shows no Elastic IP there, of
/// whatever group: a second one would drive it away.
pub(super) fn targets(instance: &Instance, look: &Locations<'_>, keys: &TagKeys) -> Vec<Target> {
    let floats = |eni: &EniId, ip: Ipv4Addr| {
        let tagged = look.interface(eni);
        tagged.is_some_and(|each| floating_group_of(each, Some(ip), keys).is_some())
    };
    let is_free = |eni: &EniId, private: &PrivateIp| {
        private.public.is_none_or(|public| public.auto_assigned)
            && !floats(eni, private.ip)
            && look.address_at(eni, private.ip).is_none()
    };
    let of = |own: &AttachedInterface| {
        let free = own.private_ips.iter().filter(|ip| is_free(&own.id, ip));
        let target = |private: &PrivateIp| Target {
            eni: own.id.clone(),
            private_ip: private.ip,
            auto_assigned: private.public.map(|public| public.ip),
        };
        free.map(target).collect::<Vec<Target>>()
    };
    own_interfaces(instance, look, keys).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::Everything;
    use crate::model::instance::{InstanceState, PublicIp};
    use crate::model::interface::{Attachment, AttachmentState, Interface, OtherIps};
    use crate::model::tags::Tags;
    use time::OffsetDateTime;

    fn private_ip(last: u8) -> PrivateIp {
        PrivateIp {
            ip: Ipv4Addr::new(10, 0, 0, last),
            public: None,
        }
    }

    fn interface(id: &str, device_index: i32, private_ips: &[u8]) -> AttachedInterface {
        AttachedInterface {
            id: id.parse().unwrap(),
            device_index,
            card_index: 0,
            state: None,
            subnet: None,
            service_managed: false,
            private_ips: private_ips.iter().map(|last| private_ip(*last)).collect(),
            other_ips: OtherIps::default(),
        }
    }

    /// Two interfaces with two private IPs each.
    fn instance() -> Instance {
        Instance {
            id: "i-1".parse().unwrap(),
            state: InstanceState::Running,
            tags: Tags::new(),
            launched_at: OffsetDateTime::UNIX_EPOCH,
            stop_limit: None,
            zone_id: None,
            zone: None,
            kind: None,
            interfaces: vec![
                interface("eni-1", 0, &[1, 2]),
                interface("eni-2", 1, &[3, 4]),
            ],
        }
    }

    fn look<'a>(instance: &'a Instance, interfaces: &'a [Interface]) -> Locations<'a> {
        Locations::of(Everything {
            instances: std::slice::from_ref(instance),
            interfaces,
            addresses: &[],
        })
    }

    fn places(instance: &Instance, interfaces: &[Interface]) -> Vec<(String, u8)> {
        let keys = TagKeys::under("holdfast");
        let found = targets(instance, &look(instance, interfaces), &keys);
        let last = |ip: Ipv4Addr| ip.octets()[3];
        found
            .into_iter()
            .map(|it| (it.eni.to_string(), last(it.private_ip)))
            .collect()
    }

    fn place(eni: &str, last: u8) -> (String, u8) {
        (eni.to_owned(), last)
    }

    #[test]
    fn one_interface_comes_after_the_other() {
        let expected = [("eni-1", 1), ("eni-1", 2), ("eni-2", 3), ("eni-2", 4)];
        let expected = expected.map(|(eni, last)| place(eni, last));
        assert_eq!(places(&instance(), &[]), expected);
    }

    #[test]
    fn a_private_ip_that_floats_takes_nothing() {
        let tags = [("group", "web"), ("mover", "ip")];
        let floating = Interface {
            tags: tags
                .map(|(key, value)| (format!("holdfast:{key}"), value.to_owned()))
                .into(),
            attachment: Some(Attachment {
                id: "eni-attach-1".parse().unwrap(),
                instance: Some("i-1".parse().unwrap()),
                device_index: 1,
                card_index: 0,
                state: AttachmentState::Attached,
                delete_on_termination: false,
                since: None,
            }),
            primary_ip: Some(private_ip(3).ip),
            private_ips: [(private_ip(3).ip, None), (private_ip(4).ip, None)].into(),
            ..Interface::bare("eni-2".parse().unwrap())
        };
        let found = places(&instance(), &[floating]);
        let expected = [("eni-1", 1), ("eni-1", 2), ("eni-2", 3)];
        assert_eq!(found, expected.map(|(eni, last)| place(eni, last)));
    }

    #[test]
    fn an_elastic_ip_there_already_leaves_no_room_and_an_auto_assigned_one_is_told() {
        let mut instance = instance();
        let public = |auto_assigned| {
            Some(PublicIp {
                ip: Ipv4Addr::new(203, 0, 113, 1),
                auto_assigned,
            })
        };
        instance.interfaces[0].private_ips[0].public = public(false);
        instance.interfaces[1].private_ips[0].public = public(true);
        let keys = TagKeys::under("holdfast");
        let found = targets(&instance, &look(&instance, &[]), &keys);
        assert_eq!(found[1].private_ip, private_ip(3).ip);
        assert_eq!(found[1].auto_assigned, public(true).map(|it| it.ip));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn an_interface_that_floats_in_any_group_and_one_of_a_service_take_nothing() {
        for group in ["web", "other"] {
            let floating = Interface {
                tags: [("holdfast:group".to_owned(), group.to_owned())].into(),
                ..Interface::bare("eni-2".parse().unwrap())
            };
            let found = places(&instance(), &[floating]);
            assert_eq!(found, [place("eni-1", 1), place("eni-1", 2)], "{group}");
        }
        let mut instance = instance();
        instance.interfaces[0].service_managed = true;
        let found = places(&instance, &[]);
        assert_eq!(found, [place("eni-2", 3), place("eni-2", 4)]);
    }
}
