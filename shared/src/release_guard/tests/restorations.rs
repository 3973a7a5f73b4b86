//! What follows once an address is back.

use super::super::restore::{self, CurrentState, Restoration};
use super::*;
use crate::ledger::RestorationNote;
use crate::ledger::release::KnownAssociation;
use crate::model::cloudtrail::{AddressChange, Call, Record};
use crate::model::interface::{Interface, InterfaceAssociation};

/// The place that the address had, as it is when the address is back: everything still there and free.
struct FormerPlace {
    released: Released,
    current: CurrentState,
}

fn former_place() -> FormerPlace {
    FormerPlace {
        released: released(),
        current: CurrentState {
            allocation: "eipalloc-0b".parse().unwrap(),
            association: None,
            note: None,
            interface: Some(Interface {
                private_ips: [(PRIVATE_IP, None)].into(),
                ..Interface::bare("eni-01".parse().unwrap())
            }),
            reverse_dns: None,
        },
    }
}

impl FormerPlace {
    fn current(mut self, change: impl Fn(&mut CurrentState)) -> Self {
        change(&mut self.current);
        self
    }

    fn interface(self, change: impl Fn(&mut Interface)) -> Self {
        self.current(|current| current.interface.iter_mut().for_each(&change))
    }

    fn occupied_by(self, ip: [u8; 4], allocation: Option<&str>) -> Self {
        self.interface(|interface| {
            let allocation = allocation.map(|id| id.parse().unwrap());
            let other = InterfaceAssociation {
                ip: ip.into(),
                allocation,
            };
            interface.private_ips.insert(PRIVATE_IP, Some(other));
        })
    }

    fn snapshot(self, change: impl Fn(&mut Snapshot)) -> Self {
        Self {
            released: self.released.snapshot(change),
            ..self
        }
    }

    fn restoration(&self) -> Restoration {
        let snapshot = self.released.observed.snapshot.as_ref().unwrap();
        restore::decide(
            snapshot,
            &self.released.release,
            &self.current,
            &self.released.settings(),
        )
    }

    fn refusal(&self) -> String {
        let restoration = self.restoration();
        assert_eq!(restoration.associate, None);
        restoration.findings[0].why.clone()
    }
}

#[test]
fn the_address_goes_back_to_its_interface_and_private_ip() {
    let target = former_place().restoration().associate.unwrap();
    assert_eq!(
        (target.eni.as_str(), target.private_ip),
        ("eni-01", PRIVATE_IP)
    );
}

#[test]
fn the_reverse_name_is_set_again() {
    assert_eq!(
        former_place().restoration().reverse_dns.as_deref(),
        Some("gate.example.com")
    );
}

#[test]
fn nothing_is_left_to_do_once_it_is_restored() {
    let restored = former_place().current(|current| {
        current.association = Some(association());
        current.reverse_dns = Some("gate.example.com".to_owned());
    });
    let restoration = restored.restoration();
    assert_eq!(
        (restoration.associate, restoration.reverse_dns),
        (None, None)
    );
    assert!(restoration.already_correct.is_some() && restoration.findings.is_empty());
}

#[test]
fn an_association_that_ended_just_before_the_release_is_restored() {
    let former_place =
        former_place().snapshot(|snapshot| ended(&mut snapshot.association, Duration::minutes(2)));
    assert!(former_place.restoration().associate.is_some());
}

#[test]
fn an_association_given_up_long_before_the_release_is_not() {
    let former_place = former_place().snapshot(|snapshot| {
        ended(&mut snapshot.association, Duration::days(3));
        ended(&mut snapshot.reverse_dns, Duration::days(3));
    });
    assert_eq!(former_place.restoration(), Restoration::default());
}

/// Associated with another interface, so long before the release.
fn associated_again(snapshot: &mut Snapshot, number: u8, before: Duration) {
    let change = AddressChange::Associated {
        allocation: snapshot.allocation.clone(),
        association: Some(format!("eipassoc-1{number}").parse().unwrap()),
        eni: Some(format!("eni-1{number}").parse().unwrap()),
        private_ip: Some(PRIVATE_IP),
        instance: None,
    };
    let call = Call {
        event_id: format!("associated-{number}"),
        at: RELEASED_AT - before,
        ..release().call.unwrap()
    };
    let record = Record { call, change };
    let next = snapshot.after_record(&record, "holdfast:protect");
    *snapshot = next.unwrap();
}

#[test]
fn two_associations_of_one_second_are_told_whichever_counts() {
    let second = Duration::minutes(1);
    let rivals = former_place().snapshot(|snapshot| {
        associated_again(snapshot, 1, second);
        associated_again(snapshot, 2, second);
    });
    let [told] = rivals.restoration().findings.try_into().unwrap();
    assert!(told.what.starts_with("which association"), "{told:?}");
    assert!(
        told.why
            .starts_with("eipassoc-11 on eni-11 and eipassoc-12 began"),
        "{told:?}"
    );
    assert!(told.next.starts_with("if it was eipassoc-11: "), "{told:?}");
    let one_after_the_other = former_place().snapshot(|snapshot| {
        associated_again(snapshot, 1, second);
        associated_again(snapshot, 2, second - Duration::seconds(1));
    });
    assert!(one_after_the_other.restoration().findings.is_empty());
}

#[test]
fn a_call_by_instance_means_its_primary_interface() {
    let by_instance = former_place().snapshot(|snapshot| {
        let held = snapshot.association.as_mut().unwrap();
        (held.value.eni, held.value.private_ip) = (None, None);
    });
    let primary = by_instance.interface(|interface| interface.primary_ip = Some(PRIVATE_IP));
    let target = primary.restoration().associate.unwrap();
    assert_eq!(
        (target.eni.as_str(), target.private_ip),
        ("eni-01", PRIVATE_IP)
    );
    let gone = primary.current(|current| current.interface = None);
    assert_eq!(
        gone.refusal(),
        "which network interface and private IP it had is not known"
    );
}

/// The release record says what an earlier run has restored.
fn noted(made: &str) -> RestorationNote {
    let known = KnownAssociation {
        id: "eipassoc-00".parse().unwrap(),
        since: RELEASED_AT - Duration::hours(1),
    };
    RestorationNote {
        known: Some(known),
        made: Some(made.parse().unwrap()),
    }
}

#[test]
fn a_restoration_notes_what_it_went_by() {
    let note = former_place().restoration().note;
    assert_eq!(note.known.unwrap().id, association().id);
    assert_eq!(note.made, None);
    let given_up = former_place().snapshot(|snapshot| {
        ended(&mut snapshot.association, Duration::days(3));
    });
    assert_eq!(given_up.restoration().note, RestorationNote::default());
}

#[test]
fn a_place_that_holdfast_gave_is_left_with_its_note_when_more_is_known() {
    let elsewhere = Association {
        id: "eipassoc-0e".parse().unwrap(),
        eni: Some("eni-0e".parse().unwrap()),
        ..association()
    };
    let misplaced = former_place().current(|current| {
        current.association = Some(elsewhere.clone());
        current.note = Some(noted("eipassoc-0e"));
    });
    assert!(
        misplaced
            .refusal()
            .starts_with("Holdfast has put it on eni-0e")
    );
    assert_eq!(misplaced.restoration().note, noted("eipassoc-0e"));
    let touched = misplaced.current(|current| current.note = Some(noted("eipassoc-0d")));
    assert!(touched.refusal().starts_with("somebody has associated it"));
    let note = touched.restoration().note;
    assert_eq!(
        (note.known.unwrap().id, note.made),
        (association().id, None)
    );
}

#[test]
fn an_interface_that_is_gone_is_reported_with_the_command_to_go_on() {
    let former_place = former_place().current(|current| current.interface = None);
    assert_eq!(
        former_place.refusal(),
        "the network interface eni-01 does not exist any more"
    );
    assert!(
        former_place.restoration().findings[0]
            .next
            .contains("--allocation-id eipalloc-0b")
    );
}

#[test]
fn a_nat_gateways_interface_is_left_alone() {
    let former_place = former_place().interface(|interface| interface.requester_managed = true);
    assert!(former_place.refusal().contains("belongs to an AWS service"));
}

#[test]
fn a_private_ip_that_has_another_elastic_ip_is_not_robbed_of_it() {
    let former_place = former_place().occupied_by([203, 0, 113, 99], Some("eipalloc-0c"));
    assert_eq!(
        former_place.refusal(),
        "10.0.0.5 on eni-01 has 203.0.113.99 (eipalloc-0c) now"
    );
}

#[test]
fn an_address_that_ec2_assigned_by_itself_gives_way_and_that_is_reported() {
    let restoration = former_place()
        .occupied_by([198, 51, 100, 4], None)
        .restoration();
    assert!(restoration.associate.is_some());
    assert!(restoration.findings[0].what.contains("198.51.100.4"));
}

#[test]
fn a_private_ip_that_moved_away_is_reported() {
    let former_place = former_place().interface(|interface| interface.private_ips.clear());
    assert!(
        former_place
            .refusal()
            .contains("does not have the private IP 10.0.0.5")
    );
}

#[test]
fn whoever_associated_the_address_meanwhile_keeps_it() {
    let former_place = former_place().current(|current| {
        let eni = Some("eni-99".parse().unwrap());
        current.association = Some(Association {
            eni,
            ..association()
        });
    });
    assert!(former_place.refusal().contains("eni-99"));
}

fn of_an_instance_that_is_gone() -> FormerPlace {
    let by_instance = former_place().snapshot(|snapshot| {
        if let Some(held) = &mut snapshot.association {
            held.value.eni = None;
        }
    });
    by_instance.current(|current| current.interface = None)
}

#[test]
fn an_association_of_an_instance_that_is_gone_is_left_to_a_person() {
    assert!(
        of_an_instance_that_is_gone()
            .refusal()
            .contains("is not known")
    );
}

#[test]
fn an_address_on_another_private_ip_of_the_same_interface_is_not_where_it_was() {
    let former_place = former_place().current(|current| {
        let private_ip = Some([10, 0, 0, 9].into());
        current.association = Some(Association {
            private_ip,
            ..association()
        });
    });
    assert!(former_place.refusal().contains("eni-01"));
}

#[test]
fn an_address_that_stands_where_it_stood_is_reported_as_ec2_shows_it() {
    let former_place = former_place().current(|current| current.association = Some(association()));
    let expected = crate::report::AssociationReport {
        id: Some("eipassoc-01".parse().unwrap()),
        eni: "eni-01".parse().unwrap(),
        private_ip: PRIVATE_IP,
        instance: Some("i-01".parse().unwrap()),
        verified: true,
    };
    assert_eq!(former_place.restoration().already_correct, Some(expected));
}

/// The address's own answer lags, the interface's does not.
#[test]
fn a_private_ip_that_shows_the_address_already_is_no_obstacle() {
    let restoration = former_place()
        .occupied_by([203, 0, 113, 7], Some("eipalloc-0b"))
        .restoration();
    assert!(restoration.associate.is_some() && restoration.findings.is_empty());
}

#[test]
fn what_is_not_restored_comes_with_the_command_as_far_as_it_is_known() {
    let gone = former_place()
        .current(|current| current.interface = None)
        .restoration();
    let next = &gone.findings[0].next;
    assert!(
        next.contains("<instead of eni-01> --private-ip-address <instead of 10.0.0.5>"),
        "{next}"
    );
    let unknown = of_an_instance_that_is_gone();
    let next = &unknown.restoration().findings[0].next;
    assert!(
        next.contains("--network-interface-id <interface>"),
        "{next}"
    );
}

#[test]
fn a_name_that_is_published_already_is_not_set_again() {
    let named = |name: &str| {
        let name = Some(name.to_owned());
        former_place()
            .current(|current| current.reverse_dns.clone_from(&name))
            .restoration()
    };
    assert_eq!(named("gate.example.com").reverse_dns, None);
    assert!(named("other.example.com").reverse_dns.is_some());
}
