//! What must be so in the end of a release, and what a report claims, held against the account itself.

use super::{NAME, Released, record};
use crate::client::{ACCOUNT, TestBed, faults};
use crate::explorer::truth;
use ec2_sim::World;
use ec2_sim::api::{Address, Caller, DescribeAddressesAttribute, Request, Response};
use futures_util::FutureExt;
use holdfast::ledger::{Ledger, ReleaseStatus, Snapshot};
use holdfast::report::Report;

impl Released {
    /// What must be so in the end: the address, its tags, its association, its name, and the ledger.
    ///
    /// # Errors
    /// What is not so.
    pub fn is_back(&self, bed: &TestBed) -> Result<(), String> {
        self.is_back_without(&[], bed)
    }

    /// The same where some of its tags cannot come back.
    ///
    /// # Errors
    /// What is not so.
    pub fn is_back_without(&self, lost: &[&str], bed: &TestBed) -> Result<(), String> {
        let back = self
            .held(bed)
            .ok_or("the account does not have the address")?;
        let has = |key: &str, value: &str| {
            let mut tags = back.tags.iter();
            tags.any(|tag| tag.key == key && tag.value == value)
        };
        let expected = self
            .tags
            .iter()
            .filter(|tag| !lost.contains(&tag.key.as_str()));
        if let Some(missing) = expected.clone().find(|tag| !has(&tag.key, &tag.value)) {
            return Err(format!(
                "it lacks its tag {}={}",
                missing.key, missing.value
            ));
        }
        if !has("holdfast:reclaimed-from", &self.allocation) {
            return Err("it does not say where from".to_owned());
        }
        let at = back.association.as_ref();
        if at.map(|now| now.network_interface_id.as_str()) != Some(&self.eni) {
            return Err("it is not where it was".to_owned());
        }
        let was_named = self
            .rows
            .iter()
            .any(|row| row.allocation.as_str() == self.allocation && row.reverse_dns.is_some());
        if was_named && !is_named(&bed.world(), &back, NAME) {
            return Err("it does not have its name".to_owned());
        }
        let record = record(bed).ok_or("the ledger has no record of the release")?;
        let at_rest = ReleaseStatus::Reclaimed {
            allocation: back.allocation_id.parse().map_err(|_| "no id")?,
            restored: true,
        };
        if record.status != at_rest {
            return Err(format!("the ledger says {:?}", record.status));
        }
        self.ledger_agrees(bed, &back.allocation_id)
    }

    fn ledger_agrees(&self, bed: &TestBed, now: &str) -> Result<(), String> {
        let rows = bed
            .ledger
            .snapshots()
            .now_or_never()
            .and_then(Result::ok)
            .unwrap_or_default();
        let alive = |id: &str| {
            rows.iter()
                .find(|row| row.allocation.as_str() == id)
                .map(Snapshot::is_allocated)
        };
        match (alive(&self.allocation), alive(now)) {
            (Some(false), Some(true)) => Ok(()),
            other => Err(format!(
                "the ledger has the old and the new allocation as {other:?}"
            )),
        }
    }
}

/// Whether the name is published for the address, or on its way.
fn is_named(world: &World, address: &Address, name: &str) -> bool {
    let request = Request::DescribeAddressesAttribute(DescribeAddressesAttribute {
        allocation_ids: vec![address.allocation_id.clone()],
        attribute: Some("domain-name".to_owned()),
        ..DescribeAddressesAttribute::default()
    });
    let auditor = Caller::user(ACCOUNT, "auditor");
    let Ok(Response::DescribeAddressesAttribute { addresses, .. }) =
        world.inspect(&auditor, &request)
    else {
        return false;
    };
    let names = addresses.into_iter().flat_map(|each| {
        let coming = each.ptr_record_update.and_then(|update| update.value);
        [each.ptr_record, coming]
    });
    names
        .flatten()
        .any(|known| known.trim_end_matches('.') == name)
}

/// Notes what the report of a run claims and the account does not have.
pub(super) fn note_claims(run: faults::Run, report: &Report, bed: &TestBed) {
    let broken = truth::false_statements_of_run(run, report, &bed.world());
    bed.note_broken(broken);
}
