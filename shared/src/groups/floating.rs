//! Which interfaces and private IPs move among the members of a group. Where one goes, every address on it goes.

use super::membership::group_of;
use super::tags::value_of;
use crate::model::interface::{Attachment, Interface};
use crate::model::tags::Tags;
use crate::settings::{Mover, TagKeys};
use std::net::Ipv4Addr;

/// How something is to move. A value that is no mover counts as `auto`.
#[must_use]
pub fn mover_of(tags: &Tags, keys: &TagKeys) -> Mover {
    value_of(tags, &keys.mover).unwrap_or(Mover::Auto)
}

/// The group among whose members an interface floats: that of its tag. Three stay, whatever the tag says: one
/// that an AWS service has, one that an instance was launched with, and one whose mover takes only what is on
/// it. The last one floats all the same while it is attached to nothing.
#[must_use]
pub fn floating_group<'a>(interface: &'a Interface, keys: &TagKeys) -> Option<&'a str> {
    let attachment = interface.attachment.as_ref();
    let is_primary = attachment.is_some_and(Attachment::is_primary);
    let stays =
        attachment.is_some() && matches!(mover_of(&interface.tags, keys), Mover::Ip | Mover::Eip);
    let floats = !interface.is_aws_managed() && !is_primary && !stays;
    group_of(&interface.tags, keys).filter(|_| floats)
}

/// The private IPs that float by themselves: the secondary ones of an interface with a group tag that itself stays.
/// None where the mover takes Elastic IPs alone, or a primary interface is meant as a whole.
#[must_use]
pub fn floating_private_ips(interface: &Interface, keys: &TagKeys) -> Vec<Ipv4Addr> {
    let is_primary = interface
        .attachment
        .as_ref()
        .is_some_and(Attachment::is_primary);
    let stays = match mover_of(&interface.tags, keys) {
        Mover::Eip => false,
        Mover::Eni => !is_primary,
        Mover::Auto | Mover::Ip => true,
    };
    let is_tagged = group_of(&interface.tags, keys).is_some();
    if !is_tagged
        || !stays
        || interface.is_aws_managed()
        || floating_group(interface, keys).is_some()
    {
        return Vec::new();
    }
    let all = interface.private_ips.keys().copied();
    all.filter(|ip| Some(*ip) != interface.primary_ip).collect()
}

/// The group among whose members a private IP of an interface moves: with the interface, or by itself. Where EC2 tells
/// no private IP, only the interface counts.
#[must_use]
pub fn floating_group_of<'a>(
    interface: &'a Interface,
    private_ip: Option<Ipv4Addr>,
    keys: &TagKeys,
) -> Option<&'a str> {
    floating_group(interface, keys).or_else(|| {
        let floats =
            private_ip.is_some_and(|ip| floating_private_ips(interface, keys).contains(&ip));
        group_of(&interface.tags, keys).filter(|_| floats)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::InstanceId;
    use crate::model::interface::AttachmentState;

    fn tagged(more: &[(&str, &str)], instance: Option<&str>, device_index: i32) -> Interface {
        let attached = |instance: &str| Attachment {
            id: "eni-attach-1".parse().unwrap(),
            instance: Some(instance.parse::<InstanceId>().unwrap()),
            device_index,
            card_index: 0,
            state: AttachmentState::Attached,
            delete_on_termination: false,
            since: None,
        };
        let tags = [("group", "web")].iter().chain(more);
        Interface {
            attachment: instance.map(attached),
            tags: tags
                .map(|(key, value)| (format!("holdfast:{key}"), (*value).to_owned()))
                .collect(),
            ..Interface::bare("eni-1".parse().unwrap())
        }
    }

    fn floats(interface: &Interface) -> bool {
        let group = floating_group(interface, &TagKeys::under("holdfast"));
        assert!(group.is_none_or(|group| group == "web"));
        group.is_some()
    }

    #[test]
    fn an_interface_floats_in_the_group_of_its_tag() {
        assert!(floats(&tagged(&[], Some("i-1"), 1)));
        assert!(floats(&tagged(&[], None, 0)));
        let without = Interface::bare("eni-1".parse().unwrap());
        assert!(!floats(&without));
    }

    #[test]
    fn a_primary_interface_does_not_float_whatever_its_mover() {
        for mover in ["auto", "eni", "ip", "eip"] {
            assert!(!floats(&tagged(&[("mover", mover)], Some("i-1"), 0)));
        }
    }

    #[test]
    fn an_interface_whose_mover_takes_only_what_is_on_it_stays_while_it_is_attached() {
        for (mover, is_whole) in [("auto", true), ("eni", true), ("ip", false), ("eip", false)] {
            let attached = tagged(&[("mover", mover)], Some("i-1"), 1);
            assert_eq!(floats(&attached), is_whole, "{mover}");
            assert!(floats(&tagged(&[("mover", mover)], None, 1)), "{mover}");
        }
    }

    #[test]
    fn the_secondary_private_ips_of_an_interface_that_stays_float() {
        let ips = |last: u8| Ipv4Addr::new(10, 0, 0, last);
        let with_two = |interface: Interface| Interface {
            primary_ip: Some(ips(1)),
            private_ips: [(ips(1), None), (ips(2), None)].into(),
            ..interface
        };
        let floating = |mover, device_index| {
            let tagged = tagged(&[("mover", mover)], Some("i-1"), device_index);
            floating_private_ips(&with_two(tagged), &TagKeys::under("holdfast"))
        };
        for (mover, device_index) in [("ip", 1), ("ip", 0), ("auto", 0)] {
            assert_eq!(floating(mover, device_index), [ips(2)], "{mover}");
        }
        for (mover, device_index) in [("auto", 1), ("eni", 0), ("eip", 0), ("eip", 1)] {
            assert!(floating(mover, device_index).is_empty(), "{mover}");
        }
        let untagged = with_two(Interface::bare("eni-1".parse().unwrap()));
        assert!(floating_private_ips(&untagged, &TagKeys::under("holdfast")).is_empty());
    }

    #[test]
    fn an_interface_that_an_aws_service_has_does_not_float() {
        let service = Interface {
            requester_managed: true,
            ..tagged(&[], Some("i-1"), 1)
        };
        assert!(!floats(&service));
    }
}
