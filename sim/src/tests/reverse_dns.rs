//! Reverse DNS and the lock that it puts on a release.

use super::bed::{bed, naming, release, unnaming};

#[test]
fn a_name_is_pending_and_then_published_with_its_trailing_dot() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.name(&address, "mail.example.com");
    let pending = bed.attribute(&address);
    assert_eq!(pending.ptr_record, None);
    assert_eq!(
        pending.ptr_record_update.expect("it is on its way").status,
        "PENDING"
    );
    bed.wait(60);
    let published = bed.attribute(&address);
    assert_eq!(published.ptr_record.as_deref(), Some("mail.example.com."));
    assert_eq!(published.ptr_record_update, None);
}

#[test]
fn the_last_name_wins() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.name(&address, "old.example.com");
    bed.wait(30);
    bed.name(&address, "new.example.com");
    bed.wait(30);
    assert_eq!(bed.attribute(&address).ptr_record, None);
    bed.wait(30);
    assert_eq!(
        bed.attribute(&address).ptr_record.as_deref(),
        Some("new.example.com.")
    );
}

#[test]
fn a_name_locks_the_release_until_a_while_after_its_reset_reads_done() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.name(&address, "mail.example.com");
    bed.wait(60);
    assert_eq!(
        bed.refused(release(&address.allocation_id)),
        "InvalidAddress.PtrSet"
    );
    bed.call(unnaming(&address.allocation_id))
        .expect("the name can be reset");
    bed.wait(60);
    assert_eq!(bed.attribute(&address).ptr_record, None);
    assert_eq!(
        bed.refused(release(&address.allocation_id)),
        "InvalidAddress.PtrSet"
    );
    bed.wait(180);
    bed.release(&address);
}

#[test]
fn a_name_without_a_forward_record_is_refused() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.world.settings().forward_records = Some(["mail.example.com".to_owned()].into());
    let request = naming(&address.allocation_id, "www.example.com");
    assert_eq!(bed.refused(request), "InvalidParameterValue");
    bed.name(&address, "mail.example.com.");
}

#[test]
fn a_recovered_address_has_no_name() {
    let mut bed = bed();
    let address = bed.allocate();
    bed.name(&address, "mail.example.com");
    bed.wait(60);
    bed.call(unnaming(&address.allocation_id))
        .expect("the name can be reset");
    bed.wait(240);
    bed.release(&address);
    let back = bed.recover(&address.public_ip);
    assert_eq!(bed.attribute(&back).ptr_record, None);
}
