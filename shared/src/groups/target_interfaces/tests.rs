//! Which interface of an instance takes an address, rule by rule.

use super::*;
use crate::groups::Everything;
use crate::model::former_target::LastTarget;
use crate::model::instance::{InstanceState, PrivateIp, PublicIp};
use crate::model::interface::Interface;
use time::OffsetDateTime;

/// A firewall: each interface at a device index, in a subnet, with private IPs.
fn firewall(interfaces: &[(&str, i32, &str, &[u8])]) -> Instance {
    let attached =
        |(eni, device_index, subnet, ips): &(&str, i32, &str, &[u8])| AttachedInterface {
            id: eni.parse().unwrap(),
            device_index: *device_index,
            card_index: 0,
            state: None,
            subnet: Some(subnet.parse().unwrap()),
            service_managed: false,
            other_ips: crate::model::interface::OtherIps::default(),
            private_ips: ips
                .iter()
                .map(|last| PrivateIp {
                    ip: ip(*last),
                    public: None,
                })
                .collect(),
        };
    Instance {
        id: "i-1".parse().unwrap(),
        state: InstanceState::Running,
        tags: Tags::new(),
        launched_at: OffsetDateTime::UNIX_EPOCH,
        zone: None,
        kind: None,
        stop_limit: None,
        zone_id: None,
        interfaces: interfaces.iter().map(attached).collect(),
    }
}

/// A management interface and a public one.
fn two_legged() -> Instance {
    firewall(&[
        ("eni-0m", 0, "subnet-m", &[1]),
        ("eni-0p", 1, "subnet-p", &[2, 3]),
    ])
}

fn look<'a>(instances: &'a [Instance], interfaces: &'a [Interface]) -> Locations<'a> {
    Locations::of(Everything {
        instances,
        interfaces,
        addresses: &[],
    })
}

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

fn was(device_index: i32, subnet: &str) -> FormerTarget {
    FormerTarget {
        card_index: 0,
        device_index,
        subnet: Some(subnet.parse().unwrap()),
        position: Some(0),
    }
}

fn tagged(eni: &str, more: &[(&str, &str)]) -> Interface {
    let tags = more.iter();
    Interface {
        tags: tags
            .map(|(key, value)| (format!("holdfast:{key}"), (*value).to_owned()))
            .collect(),
        ..Interface::bare(eni.parse().unwrap())
    }
}

/// Where an address goes, and why there.
fn choice(
    instance: &Instance,
    interfaces: &[Interface],
    former: Option<&FormerTarget>,
) -> Result<(String, Ipv4Addr, ChosenBy), TargetObstacle> {
    let keys = TagKeys::under("holdfast");
    let look = look(std::slice::from_ref(instance), interfaces);
    let all = TargetInterfaces::of(instance, &look, &keys);
    let chosen = all.choose(former, &BTreeSet::new(), 0)?;
    let target = chosen.target;
    Ok((target.eni.to_string(), target.private_ip, chosen.chosen_by))
}

fn taken(instance: &mut Instance, last: u8) {
    let interfaces = instance.interfaces.iter_mut();
    let mut all = interfaces.flat_map(|each| &mut each.private_ips);
    all.find(|each| each.ip == ip(last)).unwrap().public = Some(PublicIp {
        ip: Ipv4Addr::new(203, 0, 113, last),
        auto_assigned: false,
    });
}

#[test]
fn an_address_goes_to_the_interface_at_the_same_device_index() {
    let chosen = choice(&two_legged(), &[], Some(&was(1, "subnet-far")));
    assert_eq!(
        chosen,
        Ok(("eni-0p".to_owned(), ip(2), ChosenBy::DeviceIndex))
    );
}

#[test]
fn the_same_device_index_of_another_network_card_is_another() {
    let mut instance = two_legged();
    instance.interfaces[1].card_index = 1;
    let chosen = choice(&instance, &[], Some(&was(1, "subnet-m")));
    assert_eq!(chosen, Ok(("eni-0m".to_owned(), ip(1), ChosenBy::Subnet)));
}

#[test]
fn without_that_index_it_goes_to_the_interface_in_the_same_subnet() {
    let chosen = choice(&two_legged(), &[], Some(&was(3, "subnet-p")));
    assert_eq!(chosen, Ok(("eni-0p".to_owned(), ip(2), ChosenBy::Subnet)));
}

#[test]
fn a_tag_comes_before_index_and_subnet() {
    for value in ["true", "", "yes", "web"] {
        let tag = [tagged("eni-0m", &[("address-target", value)])];
        let chosen = choice(&two_legged(), &tag, Some(&was(1, "subnet-p")));
        assert_eq!(chosen, Ok(("eni-0m".to_owned(), ip(1), ChosenBy::Tag)));
    }
    for value in ["false", " False "] {
        let tag = [tagged("eni-0m", &[("address-target", value)])];
        let chosen = choice(&two_legged(), &tag, Some(&was(1, "subnet-p")));
        assert_eq!(chosen.unwrap().0, "eni-0p");
    }
}

#[test]
fn two_tags_on_one_instance_are_an_obstacle_that_says_so() {
    let tags = ["eni-0m", "eni-0p"].map(|eni| tagged(eni, &[("address-target", "true")]));
    let why = choice(&two_legged(), &tags, Some(&was(1, "subnet-p"))).unwrap_err();
    assert_eq!(
        why.to_string(),
        "several interfaces of i-1 have the tag holdfast:address-target, of which one is to have it: eni-0m and eni-0p"
    );
    assert_eq!(
        why.next(&TagKeys::under("holdfast")),
        "take the tag from all but one: aws ec2 delete-tags --resources <one of eni-0m or eni-0p> --tags \
         Key=holdfast:address-target"
    );
}

#[test]
fn a_floating_interface_and_one_of_a_service_take_nothing_even_with_the_tag() {
    let floating = [tagged(
        "eni-0p",
        &[("address-target", "true"), ("group", "web")],
    )];
    let chosen = choice(&two_legged(), &floating, Some(&was(0, "subnet-m")));
    assert_eq!(chosen.unwrap().0, "eni-0m");
    let mut instance = two_legged();
    instance.interfaces[1].service_managed = true;
    let tag = [tagged("eni-0p", &[("address-target", "true")])];
    let chosen = choice(&instance, &tag, Some(&was(0, "subnet-m")));
    assert_eq!(chosen.unwrap().0, "eni-0m");
}

#[test]
fn index_and_subnet_that_name_different_interfaces_are_an_obstacle() {
    let why = choice(&two_legged(), &[], Some(&was(1, "subnet-m"))).unwrap_err();
    assert_eq!(
        why.to_string(),
        "on i-1, eni-0p is at the device index where the address was, and eni-0m in its subnet"
    );
    assert_eq!(
        why.next(&TagKeys::under("holdfast")),
        "tag the one that is to take addresses: aws ec2 create-tags --resources <eni-0p or eni-0m> --tags \
         Key=holdfast:address-target,Value=true"
    );
}

#[test]
fn several_interfaces_that_nothing_tells_apart_are_an_obstacle() {
    let one_subnet = firewall(&[
        ("eni-0a", 0, "subnet-p", &[1]),
        ("eni-0b", 1, "subnet-p", &[2]),
    ]);
    let why = |instance: &Instance, former: Option<&FormerTarget>| {
        choice(instance, &[], former).unwrap_err().to_string()
    };
    assert_eq!(
        why(&one_subnet, Some(&was(2, "subnet-p"))),
        "i-1 has several interfaces in the subnet where the address was: eni-0a or eni-0b"
    );
    assert_eq!(
        why(&two_legged(), Some(&was(2, "subnet-far"))),
        "i-1 has no interface at the device index or in the subnet where the address was, and could take it on eni-0m \
         or eni-0p"
    );
    assert_eq!(
        why(&two_legged(), None),
        "where the address was is not known, and i-1 could take it on eni-0m or eni-0p"
    );
}

#[test]
fn one_of_two_interfaces_in_the_subnet_is_named_by_its_index() {
    let one_subnet = firewall(&[
        ("eni-0a", 0, "subnet-p", &[1]),
        ("eni-0b", 1, "subnet-p", &[2]),
    ]);
    let chosen = choice(&one_subnet, &[], Some(&was(1, "subnet-p")));
    assert_eq!(chosen.unwrap().0, "eni-0b");
}

#[test]
fn the_only_interface_that_can_take_it_is_taken_and_that_is_told_where_it_may_be_wrong() {
    let single = firewall(&[("eni-0a", 0, "subnet-a", &[1])]);
    let by = |instance: &Instance, former: Option<&FormerTarget>| {
        choice(instance, &[], former).unwrap().2
    };
    assert_eq!(by(&single, None), ChosenBy::Alone);
    assert_eq!(
        by(&single, Some(&was(0, "subnet-b"))),
        ChosenBy::DeviceIndex
    );
    assert_eq!(by(&single, Some(&was(1, "subnet-b"))), ChosenBy::OnlyOne);
    let mut half_full = two_legged();
    taken(&mut half_full, 1);
    assert_eq!(by(&half_full, None), ChosenBy::OnlyOne);
    assert_eq!(by(&half_full, Some(&was(4, "subnet-b"))), ChosenBy::OnlyOne);
}

#[test]
fn the_interface_that_the_rule_names_is_not_passed_over_where_it_has_no_room() {
    let mut full = two_legged();
    taken(&mut full, 1);
    let why = choice(&full, &[], Some(&was(0, "subnet-m"))).unwrap_err();
    assert!(why.lacks_room());
    assert_eq!(
        why.to_string(),
        "eni-0m of i-1 is to take it, and each of its private IPs has or gets an Elastic IP, or moves with a group"
    );
    let mut single = firewall(&[("eni-0a", 0, "subnet-a", &[1])]);
    taken(&mut single, 1);
    assert!(matches!(
        choice(&single, &[], None),
        Err(TargetObstacle::NoFreePrivateIp { .. })
    ));
}

#[test]
fn on_the_interface_it_goes_to_the_private_ip_at_the_same_position_if_that_is_free() {
    let former = FormerTarget {
        position: Some(1),
        ..was(1, "subnet-p")
    };
    let target = |instance: &Instance| choice(instance, &[], Some(&former)).unwrap().1;
    assert_eq!(target(&two_legged()), ip(3));
    let mut half_full = two_legged();
    taken(&mut half_full, 3);
    assert_eq!(target(&half_full), ip(2));
    let short = firewall(&[
        ("eni-0m", 0, "subnet-m", &[1]),
        ("eni-0p", 1, "subnet-p", &[2]),
    ]);
    assert_eq!(target(&short), ip(2));
}

#[test]
fn what_an_earlier_step_reserved_is_not_free() {
    let keys = TagKeys::under("holdfast");
    let instance = two_legged();
    let look = look(std::slice::from_ref(&instance), &[]);
    let all = TargetInterfaces::of(&instance, &look, &keys);
    let former = was(1, "subnet-p");
    let after = |reserved: &[u8]| {
        let eni: EniId = "eni-0p".parse().unwrap();
        let reserved = reserved.iter().map(|last| (eni.clone(), ip(*last)));
        let chosen = all.choose(Some(&former), &reserved.collect(), 0)?;
        Ok::<_, TargetObstacle>(chosen.target.private_ip)
    };
    assert_eq!(after(&[2]), Ok(ip(3)));
    assert!(after(&[2, 3]).unwrap_err().lacks_room());
}

#[test]
fn where_an_address_is_comes_from_its_holder_or_from_the_interface_itself() {
    let eni: EniId = "eni-0p".parse().unwrap();
    let shown = look(&[two_legged()], &[]).target_at(&eni, Some(ip(3)));
    let expected = FormerTarget {
        position: Some(1),
        ..was(1, "subnet-p")
    };
    assert_eq!(shown, Some(expected));
    assert_eq!(look(&[], &[]).target_at(&eni, Some(ip(3))), None);
}

#[test]
fn what_the_ledger_noted_counts_before_what_became_of_the_interface() {
    let last = LastTarget {
        eni: Some("eni-0m".parse().unwrap()),
        private_ip: Some(ip(1)),
        noted: Some(was(5, "subnet-x")),
        ..LastTarget::default()
    };
    let of = |last: &LastTarget| look(&[two_legged()], &[]).last_target(last);
    assert_eq!(of(&last), Some(was(5, "subnet-x")));
    let unnoted = LastTarget {
        noted: None,
        ..last
    };
    assert_eq!(of(&unnoted), Some(was(0, "subnet-m")));
    assert_eq!(of(&LastTarget::default()), None);
}

#[test]
fn a_private_ip_of_another_interface_goes_by_the_same_rule_to_one_that_can_take_it() {
    let keys = TagKeys::under("holdfast");
    let instance = firewall(&[
        ("eni-0a", 0, "subnet-p", &[1]),
        ("eni-0b", 1, "subnet-p", &[2]),
        ("eni-0c", 2, "subnet-x", &[3]),
    ]);
    let look = look(std::slice::from_ref(&instance), &[]);
    let all = TargetInterfaces::of(&instance, &look, &keys);
    let in_subnet = |each: &AttachedInterface| each.subnet == was(0, "subnet-p").subnet;
    let goes_to = |index| {
        let chosen = all.choose_interface(Some(&was(index, "subnet-p")), in_subnet);
        chosen.map(|one| one.unwrap().id.to_string())
    };
    assert_eq!(goes_to(1), Ok("eni-0b".to_owned()));
    assert!(matches!(goes_to(2), Err(TargetObstacle::Ambiguous { .. })));
    let none = all.choose_interface(None, |_| false);
    assert_eq!(none.unwrap(), None);
}

#[test]
fn where_the_one_at_the_index_has_no_room_another_one_of_its_subnet_is_as_good() {
    let mut three = firewall(&[
        ("eni-0a", 0, "subnet-p", &[1]),
        ("eni-0b", 1, "subnet-p", &[2]),
        ("eni-0c", 2, "subnet-x", &[3]),
    ]);
    taken(&mut three, 1);
    let chosen = |instance: &Instance, index| choice(instance, &[], Some(&was(index, "subnet-p")));
    let expected = Ok(("eni-0b".to_owned(), ip(2), ChosenBy::Subnet));
    assert_eq!(chosen(&three, 0), expected);
    assert_eq!(chosen(&three, 7), expected);
    taken(&mut three, 2);
    assert!(chosen(&three, 0).unwrap_err().lacks_room());
    assert!(matches!(
        chosen(&three, 7),
        Err(TargetObstacle::Ambiguous { .. })
    ));
}
