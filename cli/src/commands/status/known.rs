//! What of a stack could be read, and so what may be said of it. Pure.

use super::document::List;
use super::read::Seen;
use holdfast::ledger::UnreadableRow;
use holdfast::model::ids::AllocationId;
use holdfast::reconcile::state::AccountState;

/// What of an account could be read. What hangs on the other parts is not said.
#[derive(Debug)]
pub(super) struct Known<'a> {
    seen: &'a Seen,
}

impl<'a> Known<'a> {
    pub(super) fn of(seen: &'a Seen) -> Self {
        Self { seen }
    }

    pub(super) fn addresses(&self) -> bool {
        self.seen.knows.addresses
    }

    pub(super) fn the_ledger(&self) -> bool {
        self.seen.rows.is_some() && self.seen.releases.is_some()
    }

    pub(super) fn everything(&self) -> bool {
        self.addresses() && self.the_ledger()
    }

    /// The allocations whose row of this kind cannot be read.
    pub(super) fn unreadable(&self, kind: &'static str) -> impl Iterator<Item = AllocationId> {
        let rows = self.seen.unreadable.iter().map(UnreadableRow::kind_and_key);
        let of_kind = rows.filter(move |(of, _)| *of == kind);
        of_kind.filter_map(|(_, key)| key.parse().ok())
    }

    /// Whether the ledger knows an address; none where nobody can tell.
    pub(super) fn has_row(
        &self,
        account: &AccountState,
        allocation: &AllocationId,
    ) -> Option<bool> {
        let is_unreadable = self.unreadable(SNAPSHOT).any(|it| it == *allocation);
        (self.seen.rows.is_some() && !is_unreadable).then(|| account.rows.contains_key(allocation))
    }

    /// The lists in which something may be missing.
    pub(super) fn incomplete(&self) -> Vec<List> {
        let lists = [
            (self.seen.knows.groups, List::Groups),
            (self.addresses(), List::Addresses),
            (self.everything(), List::OpenReleases),
        ];
        let missing = lists.into_iter().filter(|(is_known, _)| !is_known);
        missing.map(|(_, list)| list).collect()
    }
}

/// The kinds of the ledger's rows.
pub(super) const SNAPSHOT: &str = "snapshot";
pub(super) const RELEASE: &str = "release";
