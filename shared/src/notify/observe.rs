//! What the ledger has of the matters of a report.

use super::state::News;
use crate::error::Error;
use crate::ledger::{ToldLedger, ToldMatter};
use std::collections::BTreeMap;

/// The rows by what they are about, in one read.
pub(super) async fn rows(
    ledger: &impl ToldLedger,
    news: &News,
) -> Result<BTreeMap<String, ToldMatter>, Error> {
    let abouts: Vec<String> = news.matters.iter().map(|it| it.about.clone()).collect();
    if abouts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = ledger.told(&abouts).await.map_err(Error::LedgerUnread)?;
    Ok(found
        .into_iter()
        .map(|row| (row.about.clone(), row))
        .collect())
}

/// One row, as it is now.
pub(super) async fn row(
    ledger: &impl ToldLedger,
    about: &str,
) -> Result<Option<ToldMatter>, Error> {
    let found = ledger.told(&[about.to_owned()]).await;
    Ok(found.map_err(Error::LedgerUnread)?.pop())
}
