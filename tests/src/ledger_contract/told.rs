//! What people have been told: one row for each matter.

use super::Checked;
use super::rows::NOON;
use futures_util::future::try_join_all;
use holdfast::ledger::told::Teller;
use holdfast::ledger::{ToldLedger, ToldMatter, Written};
use time::Duration;

/// More than `DynamoDB` gives in one batch.
const MANY: u32 = 120;

fn about(number: u32) -> String {
    format!("address/203.0.113.{number}")
}

fn matter(number: u32) -> ToldMatter {
    ToldMatter {
        about: about(number),
        revision: 1,
        outcome: "lost".to_owned(),
        headline: "203.0.113.7 is LOST & gone, \"ünïcödé\"".to_owned(),
        since: NOON,
        seen_at: NOON + Duration::nanoseconds(1_500_000_001),
        seen: 1,
        told_at: None,
        ended_at: None,
        teller: None,
        requests: Vec::new(),
        written_by: "1.0.0".to_owned(),
    }
}

pub async fn what_people_were_told_gives_way_to_its_next_revision_only<L: ToldLedger>(
    ledger: &L,
) -> Checked {
    assert_eq!(ledger.told(&[about(1)]).await?, []);
    let first = matter(1);
    let second = ToldMatter {
        revision: 2,
        seen: 2,
        ..first.clone()
    };
    assert_eq!(ledger.put_told(&second).await?, Written::Conflict);
    assert_eq!(ledger.put_told(&first).await?, Written::Stored);
    assert_eq!(ledger.put_told(&first).await?, Written::Conflict);
    assert_eq!(ledger.put_told(&second).await?, Written::Stored);
    assert_eq!(ledger.told(&[about(1)]).await?, [second]);
    Ok(())
}

pub async fn every_field_of_what_people_were_told_survives<L: ToldLedger>(ledger: &L) -> Checked {
    let bare = matter(1);
    let full = ToldMatter {
        told_at: Some(NOON),
        ended_at: Some(NOON + Duration::HOUR),
        teller: Some(Teller {
            request: "run-1".to_owned(),
            until: NOON + Duration::MINUTE,
            sent: vec!["arn:aws:sns:eu-central-1:111122223333:mail".to_owned()],
        }),
        requests: vec!["run-0".to_owned(), "run-1".to_owned()],
        seen: u64::MAX,
        ..matter(2)
    };
    for row in [&bare, &full] {
        assert_eq!(ledger.put_told(row).await?, Written::Stored);
        let kept = ledger.told(std::slice::from_ref(&row.about)).await?;
        assert_eq!(kept, std::slice::from_ref(row));
    }
    Ok(())
}

pub async fn matters_are_read_by_the_hundred_and_untold_ones_are_left_out<L: ToldLedger>(
    ledger: &L,
) -> Checked {
    for number in 0..MANY {
        assert_eq!(ledger.put_told(&matter(number)).await?, Written::Stored);
    }
    let asked: Vec<String> = (MANY / 2..MANY * 2).map(about).collect();
    let mut found = ledger.told(&asked).await?;
    found.sort_by(|one, other| one.about.cmp(&other.about));
    let mut expected: Vec<ToldMatter> = (MANY / 2..MANY).map(matter).collect();
    expected.sort_by(|one, other| one.about.cmp(&other.about));
    assert_eq!(found, expected);
    assert_eq!(ledger.told(&[]).await?, []);
    Ok(())
}

/// Two runs with the same news: whoever writes first tells, and the others see that it is told.
pub async fn of_many_tellers_at_once_one_tells<L: ToldLedger>(ledger: &L) -> Checked {
    let rows: Vec<ToldMatter> = (0..8)
        .map(|number| ToldMatter {
            requests: vec![format!("run-{number}")],
            ..matter(1)
        })
        .collect();
    let ends = try_join_all(rows.iter().map(|row| ledger.put_told(row))).await?;
    let stored = ends.iter().filter(|&&end| end == Written::Stored).count();
    assert_eq!(stored, 1, "{ends:?}");
    let winner = ends.iter().position(|&end| end == Written::Stored);
    let kept = ledger.told(&[about(1)]).await?;
    assert_eq!(kept.first(), winner.map(|at| &rows[at]));
    Ok(())
}
