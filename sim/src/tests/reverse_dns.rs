//! Reverse DNS and the lock that it puts on a release.

use super::stage::{naming, release, stage, unnaming};

#[test]
fn a_name_is_pending_and_then_published_with_its_trailing_dot() {
    let mut stage = stage();
    let address = stage.allocate();
    stage.name(&address, "mail.example.com");
    let pending = stage.attribute(&address);
    assert_eq!(pending.ptr_record, None);
    assert_eq!(
        pending.ptr_record_update.expect("it is on its way").status,
        "PENDING"
    );
    stage.wait(60);
    let published = stage.attribute(&address);
    assert_eq!(published.ptr_record.as_deref(), Some("mail.example.com."));
    assert_eq!(published.ptr_record_update, None);
}

#[test]
fn the_last_name_wins() {
    let mut stage = stage();
    let address = stage.allocate();
    stage.name(&address, "old.example.com");
    stage.wait(30);
    stage.name(&address, "new.example.com");
    stage.wait(30);
    assert_eq!(stage.attribute(&address).ptr_record, None);
    stage.wait(30);
    assert_eq!(
        stage.attribute(&address).ptr_record.as_deref(),
        Some("new.example.com.")
    );
}

#[test]
fn a_name_locks_the_release_until_a_while_after_its_reset_reads_done() {
    let mut stage = stage();
    let address = stage.allocate();
    stage.name(&address, "mail.example.com");
    stage.wait(60);
    assert_eq!(
        stage.refused(release(&address.allocation_id)),
        "InvalidAddress.PtrSet"
    );
    stage
        .call(unnaming(&address.allocation_id))
        .expect("the name can be reset");
    stage.wait(60);
    assert_eq!(stage.attribute(&address).ptr_record, None);
    assert_eq!(
        stage.refused(release(&address.allocation_id)),
        "InvalidAddress.PtrSet"
    );
    stage.wait(180);
    stage.release(&address);
}

#[test]
fn a_name_without_a_forward_record_is_refused() {
    let mut stage = stage();
    let address = stage.allocate();
    stage.world.settings().forward_records = Some(["mail.example.com".to_owned()].into());
    let request = naming(&address.allocation_id, "www.example.com");
    assert_eq!(stage.refused(request), "InvalidParameterValue");
    stage.name(&address, "mail.example.com.");
}

#[test]
fn a_recovered_address_has_no_name() {
    let mut stage = stage();
    let address = stage.allocate();
    stage.name(&address, "mail.example.com");
    stage.wait(60);
    stage
        .call(unnaming(&address.allocation_id))
        .expect("the name can be reset");
    stage.wait(240);
    stage.release(&address);
    let back = stage.recover(&address.public_ip);
    assert_eq!(stage.attribute(&back).ptr_record, None);
}
