//! Where an address was last, as the ledger remembers it. Pure.

use super::snapshot::{NotedTarget, Snapshot};
use crate::model::former_target::LastTarget;

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
