//! Handing a release to the guard, and before that the correction of a restoration that went by too little.
//!
//! Races with whoever changes the address by hand, and with a failover of its group. EC2 arbitrates:
//! `DisassociateAddress` names the association that Holdfast made and ends that one or none, and the guard associates
//! with `AllowReassociation=false`. The record is compare-and-set.
//!
//! What each step leaves when the run ends right after it:
//!
//! 1. The record says that not all is restored. The address has its place: this is decided anew.
//! 2. `DisassociateAddress`: idempotent on the association id; done already: EC2 shows no association, or another one.
//!    A lost reply means: look. The address is unassociated and its record open, so that the guard associates it.
//! 3. The guard's own effects, the record last.
//! 4. `AssociateAddress` with the place that it had, where the right one does not take it. Not done: the audit finds the
//!    address unassociated.

use super::case::{Case, FUNCTION};
use super::cloud::ReconcileCloud;
use super::corrections::{self, Correction, Outdated, Whereabouts};
use super::messages;
use super::observe::retry_transient;
use super::state::READ_LAG;
use crate::clock::Clock;
use crate::cloud::moves::DryRunCall;
use crate::cloud::{AddressFilter, Class, CloudError, InstanceFilter, InterfaceFilter};
use crate::error::Error;
use crate::groups::occupant;
use crate::ledger::{AllocationRows, Ledger, ReleaseStatus, RestorationNote, update_release};
use crate::model::elastic_ip::Association;
use crate::model::ids::{AllocationId, AssociationId};
use crate::ports::Ports;
use crate::release_guard;
use crate::release_guard::restore::with_primary_interface;
use crate::release_guard::state::Release;
use crate::report::Report;
use crate::settings::Mode;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Hands a release to the guard. Where its address is back in a place that is wrong by what is known now, that place is
/// given up first.
pub(super) async fn handle_release<C: ReconcileCloud, L: Ledger, K: Clock>(
    ports: &Ports<C, L, K>,
    case: Case<'_>,
    release: &Release,
) -> Result<Report, Error> {
    let now = ports.clock.now();
    let known = ports.ledger.read(&release.allocation).await;
    let known = known.map_err(Error::LedgerUnread)?;
    let run = Correcting { ports, case };
    let Some(mut outdated) = corrections::outdated(&known, case.settings, now) else {
        return run.guard(release).await;
    };
    run.find_interface(&mut outdated).await?;
    let correction = run.decide(&outdated).await?;
    if case.settings.mode == Mode::Observe {
        let report = run.guard(release).await?;
        return Ok(messages::would_correct(report, &outdated, &correction));
    }
    match &correction {
        Correction::Move { from } => run.move_from(from, release, known, &outdated).await,
        Correction::Associate => {
            run.reopen(release, known).await?;
            let report = run.guard(release).await?;
            Ok(if messages::is_associated(&report) {
                messages::corrected(report, &outdated)
            } else {
                report
            })
        }
        Correction::Later => run.guard(release).await,
        Correction::Right | Correction::Leave { .. } => {
            run.close(release, known, &outdated).await?;
            let report = run.guard(release).await?;
            Ok(messages::left(report, &outdated, &correction))
        }
    }
}

fn unread(ip: Ipv4Addr, source: CloudError) -> Error {
    Error::Unfinished {
        what: format!("where {ip} is and belongs could not be read"),
        source,
    }
}

struct Correcting<'a, C, L, K> {
    ports: &'a Ports<C, L, K>,
    case: Case<'a>,
}

impl<C: ReconcileCloud, L: Ledger, K: Clock> Correcting<'_, C, L, K> {
    async fn guard(&self, release: &Release) -> Result<Report, Error> {
        let Case { settings, delivery } = self.case;
        let handled =
            release_guard::handle_release(FUNCTION, self.ports, settings, release, delivery);
        Box::pin(handled).await
    }

    async fn decide(&self, outdated: &Outdated) -> Result<Correction, Error> {
        let now = self.whereabouts(outdated).await;
        let now = now.map_err(|source| unread(outdated.ip, source))?;
        Ok(corrections::decide(outdated, &now))
    }

    /// A call may have named an instance only.
    async fn find_interface(&self, outdated: &mut Outdated) -> Result<(), Error> {
        let Some(last) = &mut outdated.last else {
            return Ok(());
        };
        let (None, Some(instance)) = (&last.association.eni, &last.association.instance) else {
            return Ok(());
        };
        let which = InterfaceFilter::PrimaryOf(instance.clone());
        let (clock, cloud) = (&self.ports.clock, &self.ports.cloud);
        let found = retry_transient(clock, &self.case, || cloud.interfaces(&which)).await;
        let found = found.map_err(|source| unread(outdated.ip, source))?;
        last.association = with_primary_interface(&last.association, found.first());
        Ok(())
    }

    /// Waits until EC2 shows what the guard did a moment ago.
    async fn whereabouts(&self, outdated: &Outdated) -> Result<Whereabouts, CloudError> {
        let Ports {
            cloud,
            ledger,
            clock,
        } = self.ports;
        let elapsed = Duration::try_from(clock.now() - outdated.written_at).unwrap_or_default();
        clock.sleep(READ_LAG.saturating_sub(elapsed)).await;
        let which = AddressFilter::Allocations(vec![outdated.allocation.clone()]);
        let address = || cloud.addresses(&which);
        let address = retry_transient(clock, &self.case, address).await?.pop();
        let row = ledger.read(&outdated.allocation).await?.snapshot;
        let held = address
            .as_ref()
            .and_then(|address| address.association.as_ref());
        let last = outdated.last.as_ref().map(|last| &last.association);
        let enis = [held, last].into_iter().flatten();
        let enis: Vec<_> = enis.filter_map(|it: &Association| it.eni.clone()).collect();
        let mut now = Whereabouts {
            address,
            row,
            ..Whereabouts::default()
        };
        if enis.is_empty() {
            return Ok(now);
        }
        let which = InterfaceFilter::Ids(enis);
        now.interfaces = retry_transient(clock, &self.case, || cloud.interfaces(&which)).await?;
        let instances = now.interfaces.iter();
        let instances: Vec<_> = instances.filter_map(|it| it.instance().cloned()).collect();
        if !instances.is_empty() {
            let which = InstanceFilter::Ids(instances);
            now.instances = retry_transient(clock, &self.case, || cloud.instances(&which)).await?;
        }
        Ok(now)
    }

    /// What EC2 refuses stays, and is told.
    async fn move_from(
        &self,
        from: &Association,
        release: &Release,
        known: AllocationRows,
        outdated: &Outdated,
    ) -> Result<Report, Error> {
        let Ports { cloud, clock, .. } = self.ports;
        if let Some(denial) = self.denial(outdated).await {
            return self.refused(release, known, outdated, &denial).await;
        }
        self.reopen(release, known.clone()).await?;
        let end = || cloud.disassociate(&from.id);
        match retry_transient(clock, &self.case, end).await {
            // EC2 may or may not say that an association is over.
            Ok(()) | Err(CloudError::NotFound { .. }) => {
                let report = self.guard(release).await?;
                if messages::is_associated(&report) {
                    return Ok(messages::corrected(report, outdated));
                }
                match self.put_back(from, outdated).await {
                    // Another run, or somebody else, was faster.
                    Err(Some(CloudError::AlreadyAssociated(_))) => Ok(report),
                    returned => Ok(messages::not_corrected(report, outdated, returned)),
                }
            }
            Err(source) if source.is_transient() => Err(Error::Unfinished {
                what: format!("{} is still where it does not belong", outdated.ip),
                source,
            }),
            Err(refusal) => self.refused(release, known, outdated, &refusal).await,
        }
    }

    /// The permission without which an address would be taken from its place for nothing.
    async fn denial(&self, outdated: &Outdated) -> Option<CloudError> {
        let Association {
            eni, private_ip, ..
        } = &outdated.last.as_ref()?.association;
        let associate = DryRunCall::Associate {
            allocation: outdated.allocation.clone(),
            eni: eni.clone()?,
            private_ip: (*private_ip)?,
        };
        let answer = self.ports.cloud.dry_run(&associate).await;
        answer.err().filter(|it| it.class() == Class::Denied)
    }

    async fn refused(
        &self,
        release: &Release,
        known: AllocationRows,
        outdated: &Outdated,
        refusal: &CloudError,
    ) -> Result<Report, Error> {
        self.close(release, known, outdated).await?;
        let report = self.guard(release).await?;
        Ok(messages::refused(report, outdated, refusal))
    }

    /// The right place does not take it: better the wrong one than none.
    async fn put_back(
        &self,
        from: &Association,
        outdated: &Outdated,
    ) -> Result<AssociationId, Option<CloudError>> {
        let (eni, private_ip) = from.eni.as_ref().zip(from.private_ip).ok_or(None)?;
        let Ports { cloud, clock, .. } = self.ports;
        let allocation = &outdated.allocation;
        let call = || async {
            if occupant(cloud, allocation, eni, private_ip)
                .await?
                .is_some()
            {
                return Ok(None);
            }
            let made = cloud.associate(allocation, eni, private_ip).await;
            made.map(Some)
        };
        let made = retry_transient(clock, &self.case, call).await;
        made.map_err(Some)?.ok_or(None)
    }

    /// The record says that not all is restored, until the guard says that it is.
    async fn reopen(&self, release: &Release, known: AllocationRows) -> Result<(), Error> {
        self.change(&release.allocation, known, |status, _| {
            if let ReleaseStatus::Reclaimed { restored, .. } = status {
                *restored = false;
            }
        })
        .await
    }

    /// The record goes by what is known now: nothing more is to be done about it.
    async fn close(
        &self,
        release: &Release,
        known: AllocationRows,
        outdated: &Outdated,
    ) -> Result<(), Error> {
        let last = outdated.last.as_ref().map(|last| last.known.clone());
        self.change(&release.allocation, known, |_, note| {
            note.known.clone_from(&last);
        })
        .await
    }

    async fn change(
        &self,
        allocation: &AllocationId,
        known: AllocationRows,
        change: impl Fn(&mut ReleaseStatus, &mut RestorationNote) + Send + Sync,
    ) -> Result<(), Error> {
        let now = self.ports.clock.now();
        let changed = |known: &AllocationRows| {
            let before = known.release.as_ref()?;
            let mut next = before.clone();
            let mut note = next.restoration.clone().unwrap_or_default();
            change(&mut next.status, &mut note);
            next.restoration = Some(note);
            if next == *before {
                return None;
            }
            next.updated_at = now;
            Some(next)
        };
        update_release(&self.ports.ledger, allocation, known, changed)
            .await
            .map_err(|source| Error::LedgerUnwritten {
                done: "nothing was changed in EC2".to_owned(),
                source,
            })?;
        Ok(())
    }
}
