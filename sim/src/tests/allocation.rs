//! AllocateAddress, and the recovery of a released address.

use super::bed::{bed, recovery, release, tagged};
use crate::{
    TakenAnswer,
    api::{AllocateAddress, Request, Tag},
};

const OTHER: &str = "444455556666";

fn refusal_to_recover(bed: &mut super::bed::SimFixture, ip: &str) -> String {
    bed.refused(Request::AllocateAddress(recovery(ip)))
}

#[test]
fn a_released_address_comes_back_with_the_same_ip_and_a_new_allocation_id() {
    let mut bed = bed();
    let released = bed.released();
    let back = bed.recover(&released.public_ip);
    assert_eq!(back.public_ip, released.public_ip);
    assert_ne!(back.allocation_id, released.allocation_id);
}

#[test]
fn a_recovered_address_has_lost_its_tags() {
    let mut bed = bed();
    let address = bed.allocated(tagged(&[("owner", "mail")]));
    bed.release(&address);
    bed.recover(&address.public_ip);
    assert_eq!(bed.address(&address.public_ip).tags, []);
}

#[test]
fn tags_ride_in_the_call_that_recovers() {
    let mut bed = bed();
    let address = bed.released();
    let request = AllocateAddress {
        address: Some(address.public_ip.clone()),
        ..tagged(&[("owner", "mail")])
    };
    bed.allocated(request);
    assert_eq!(
        bed.address(&address.public_ip).tags,
        [Tag::new("owner", "mail")]
    );
}

#[test]
fn a_new_address_is_never_one_that_was_released() {
    let mut bed = bed();
    let released = bed.released();
    assert_ne!(bed.allocate().public_ip, released.public_ip);
}

#[test]
fn an_address_that_we_still_hold_cannot_be_recovered() {
    let mut bed = bed();
    let held = bed.allocate();
    let error = bed
        .call(Request::AllocateAddress(recovery(&held.public_ip)))
        .expect_err("it is held already");
    assert_eq!(error.code, "InvalidAddress.NotFound");
    assert_eq!(
        error.message,
        "The Elastic IP address '198.51.100.1' does not exist or is not available."
    );
}

#[test]
fn an_address_that_was_never_ours_cannot_be_recovered() {
    let mut bed = bed();
    let released = bed.released();
    assert_eq!(
        refusal_to_recover(&mut bed, "203.0.113.77"),
        "InvalidAddress.NotFound"
    );
    bed.as_account(OTHER);
    assert_eq!(
        refusal_to_recover(&mut bed, &released.public_ip),
        "InvalidAddress.NotFound"
    );
}

#[test]
fn an_address_that_another_account_took_is_lost() {
    let mut bed = bed();
    let address = bed.released();
    bed.world.take_address(&address.public_ip);
    assert_eq!(
        refusal_to_recover(&mut bed, &address.public_ip),
        "InvalidAddress.NotFound"
    );
    bed.world.settings().taken_answer = TakenAnswer::AuthFailure;
    assert_eq!(
        refusal_to_recover(&mut bed, &address.public_ip),
        "AuthFailure"
    );
}

#[test]
fn another_account_can_take_an_address_a_while_after_its_release() {
    let mut bed = bed();
    let address = bed.released();
    let at = bed.world.now() + time::Duration::seconds(10);
    bed.world.take_address_at(&address.public_ip, at);
    bed.wait(9);
    let back = bed.recover(&address.public_ip);
    bed.release(&back);
    bed.wait(1);
    assert_eq!(
        refusal_to_recover(&mut bed, &address.public_ip),
        "InvalidAddress.NotFound"
    );
}

#[test]
fn an_address_that_was_recovered_in_time_is_not_taken() {
    let mut bed = bed();
    bed.world.settings().released_taken_after = Some(time::Duration::seconds(10));
    let address = bed.released();
    bed.recover(&address.public_ip);
    bed.wait(10);
    assert_eq!(bed.address(&address.public_ip).public_ip, address.public_ip);
}

#[test]
fn a_share_of_the_released_addresses_is_taken_and_the_seed_says_which() {
    let taken = |per_million, seed| -> Vec<u64> {
        let share = crate::Share { per_million, seed };
        (0..20_000).filter(|case| share.draws(*case)).collect()
    };
    let one_in_a_hundred = taken(10_000, 7).len();
    assert!((150..250).contains(&one_in_a_hundred), "{one_in_a_hundred}");
    assert_eq!(taken(10_000, 7), taken(10_000, 7));
    assert_ne!(taken(10_000, 7), taken(10_000, 8));
    assert_eq!((taken(0, 7).len(), taken(1_000_000, 7).len()), (0, 20_000));
}

#[test]
fn an_address_that_is_not_drawn_is_not_taken() {
    let mut bed = bed();
    bed.world.settings().released_taken_after = Some(time::Duration::ZERO);
    bed.world.settings().released_taken_share = Some(crate::Share {
        per_million: 0,
        seed: 1,
    });
    let address = bed.released();
    bed.wait(10);
    assert_eq!(bed.recover(&address.public_ip).public_ip, address.public_ip);
}

#[test]
fn a_released_address_may_not_be_available_at_once() {
    let mut bed = bed();
    bed.world.settings().released_unavailable_for = time::Duration::seconds(5);
    let address = bed.released();
    assert_eq!(
        refusal_to_recover(&mut bed, &address.public_ip),
        "InvalidAddress.NotFound"
    );
    bed.wait(5);
    assert_eq!(bed.recover(&address.public_ip).public_ip, address.public_ip);
}

#[test]
fn something_that_is_no_address_is_an_invalid_value() {
    assert_eq!(
        refusal_to_recover(&mut bed(), "mail"),
        "InvalidParameterValue"
    );
}

#[test]
fn the_sixth_address_is_over_the_quota_and_so_is_a_recovery() {
    let mut bed = bed();
    let released = bed.released();
    for _ in 0..5 {
        bed.allocate();
    }
    let sixth = Request::AllocateAddress(AllocateAddress::default());
    assert_eq!(bed.refused(sixth), "AddressLimitExceeded");
    assert_eq!(
        refusal_to_recover(&mut bed, &released.public_ip),
        "AddressLimitExceeded"
    );
    bed.world.settings().address_quota = 6;
    bed.recover(&released.public_ip);
}

#[test]
fn addresses_of_ones_own_pool_are_not_counted_and_come_back_by_address_alone() {
    let mut bed = bed();
    bed.world.settings().address_quota = 0;
    bed.world
        .add_pool("ipv4pool-ec2-0a", false, "us-east-1", &["203.0.113.200"]);
    let address = bed.allocated(AllocateAddress {
        public_ipv4_pool: Some("ipv4pool-ec2-0a".to_owned()),
        ..AllocateAddress::default()
    });
    bed.release(&address);
    let back = bed.recover("203.0.113.200");
    assert_eq!(back.public_ipv4_pool, "ipv4pool-ec2-0a");
}

#[test]
fn a_pool_and_an_address_cannot_be_named_together() {
    let mut bed = bed();
    bed.world
        .add_pool("ipv4pool-ec2-0a", false, "us-east-1", &["203.0.113.200"]);
    let request = AllocateAddress {
        public_ipv4_pool: Some("ipv4pool-ec2-0a".to_owned()),
        ..recovery("203.0.113.200")
    };
    assert_eq!(
        bed.refused(Request::AllocateAddress(request)),
        "InvalidParameterCombination"
    );
}

#[test]
fn an_address_of_an_ipam_pool_comes_back_only_with_its_pool() {
    let mut bed = bed();
    bed.world
        .add_pool("ipam-pool-0a", true, "us-east-1", &["203.0.113.201"]);
    let with_pool = AllocateAddress {
        ipam_pool_id: Some("ipam-pool-0a".to_owned()),
        ..recovery("203.0.113.201")
    };
    let address = bed.allocated(with_pool.clone());
    bed.release(&address);
    assert_eq!(
        refusal_to_recover(&mut bed, "203.0.113.201"),
        "InvalidAddress.NotFound"
    );
    assert_eq!(bed.allocated(with_pool).public_ipv4_pool, "ipam-pool-0a");
}

#[test]
fn an_address_comes_back_only_in_its_own_border_group() {
    let mut bed = bed();
    bed.world.add_zone("us-east-1-bos-1a", "us-east-1-bos-1");
    let in_boston = AllocateAddress {
        network_border_group: Some("us-east-1-bos-1".to_owned()),
        ..AllocateAddress::default()
    };
    let address = bed.allocated(in_boston.clone());
    bed.release(&address);
    assert_eq!(
        refusal_to_recover(&mut bed, &address.public_ip),
        "InvalidAddress.NotFound"
    );
    let back = AllocateAddress {
        address: Some(address.public_ip.clone()),
        ..in_boston
    };
    assert_eq!(bed.allocated(back).network_border_group, "us-east-1-bos-1");
}

#[test]
fn a_refused_tag_refuses_the_whole_recovery() {
    let mut bed = bed();
    let address = bed.released();
    let request = AllocateAddress {
        address: Some(address.public_ip.clone()),
        ..tagged(&[("aws:cloudformation:stack-name", "mail")])
    };
    assert_eq!(
        bed.refused(Request::AllocateAddress(request)),
        "InvalidParameterValue"
    );
    assert_eq!(bed.addresses(&[]), []);
}

#[test]
fn an_address_that_was_transferred_away_is_gone_without_a_release() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.world.transfer_address_away(&address.allocation_id);
    assert_eq!(
        bed.refused(release(&address.allocation_id)),
        "InvalidAllocationID.NotFound"
    );
    assert_eq!(
        refusal_to_recover(&mut bed, &address.public_ip),
        "InvalidAddress.NotFound"
    );
}

#[test]
fn a_refused_allocation_uses_up_no_address() {
    let mut bed = bed();
    bed.world.settings().address_quota = 0;
    bed.refused(Request::AllocateAddress(AllocateAddress::default()));
    bed.world.settings().address_quota = 1;
    assert_eq!(bed.allocate().public_ip, "198.51.100.1");
}
