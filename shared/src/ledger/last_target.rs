//! Where an address was last, as the ledger remembers it. Pure.

use super::snapshot::Snapshot;
use crate::model::former_target::FormerTarget;
use crate::model::ids::{AssociationId, EniId, InstanceId};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// Where an address was with one association, as EC2 showed it while it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedTarget {
    /// The association: of another one it says nothing.
    pub association: AssociationId,
    /// Where the address was.
    pub target: FormerTarget,
}

/// The last place of an address: by name, and, where it was noted, by index and subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastTarget {
    /// The instance.
    pub instance: Option<InstanceId>,
    /// The interface.
    pub eni: Option<EniId>,
    /// The private IP on it.
    pub private_ip: Option<Ipv4Addr>,
    /// Index, subnet and position.
    pub noted: Option<FormerTarget>,
}

impl Snapshot {
    /// The last place of the address; none where it was never associated.
    #[must_use]
    pub fn last_target(&self) -> Option<LastTarget> {
        let last = &self.association.as_ref()?.value;
        let noted = self.former_target.as_ref();
        let noted = noted.filter(|noted| noted.association == last.id);
        Some(LastTarget {
            instance: last.instance.clone(),
            eni: last.eni.clone(),
            private_ip: last.private_ip,
            noted: noted.map(|noted| noted.target.clone()),
        })
    }

    /// This snapshot with a note of where its association is; none where that is known, or it has another one by now.
    #[must_use]
    pub fn with_target(&self, noted: &NotedTarget) -> Option<Self> {
        let last = &self.association.as_ref()?.value;
        let is_news = last.id == noted.association && self.former_target.as_ref() != Some(noted);
        is_news.then(|| Self {
            former_target: Some(noted.clone()),
            ..self.clone()
        })
    }
}
