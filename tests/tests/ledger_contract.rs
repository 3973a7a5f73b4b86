//! One contract, two ledgers: in memory, and on DynamoDB by way of the AWS SDK.

#[cfg(feature = "aws")]
mod aws;

use holdfast::ledger::MemoryLedger;
use holdfast_tests::ledger_contract::{self, Checked};

macro_rules! every_ledger_keeps_to {
    ($($check:ident,)*) => {
        mod in_memory {
            use super::*;
            $(
                #[tokio::test]
                async fn $check() -> Checked {
                    ledger_contract::$check(&MemoryLedger::default()).await
                }
            )*
        }

        #[cfg(feature = "aws")]
        mod on_dynamodb {
            use super::*;
            $(
                #[tokio::test]
                async fn $check() -> Checked {
                    let table = table::Table::create().await;
                    ledger_contract::$check(&table.ledger).await
                }
            )*
        }
    };
}

every_ledger_keeps_to! {
    what_nobody_wrote_is_not_known,
    both_rows_of_an_allocation_are_read_at_once,
    a_snapshot_gives_way_to_its_next_revision_only,
    a_release_gives_way_to_its_next_revision_only,
    a_write_that_is_repeated_changes_nothing,
    every_field_survives,
    all_rows_are_listed_tombstones_included,
    more_rows_than_a_page_holds_come_back_complete,
    the_order_of_arrival_does_not_matter,
    a_tombstone_is_never_raised,
    changes_at_the_same_moment_all_land,
    attempts_at_the_same_moment_are_all_counted,
    an_association_leads_to_its_allocation,
    the_history_of_an_address_is_told_by_period,
    a_release_is_in_the_history_as_well,
    a_lease_that_is_free_is_taken,
    a_lease_that_is_held_is_not_taken,
    a_lease_is_taken_over_at_its_end_and_not_before,
    each_taking_raises_the_fencing_number_by_one,
    what_was_taken_over_cannot_be_stored_by_who_had_it,
    a_lease_that_nobody_took_cannot_be_stored,
    an_episode_under_way_is_not_replaced,
    a_lease_that_was_given_back_is_free_and_keeps_what_was_done_last,
    the_same_owner_is_granted_it_again,
    the_leases_of_all_groups_are_listed,
    of_many_claims_at_once_one_is_granted,
    every_field_of_a_lease_survives,
}

#[cfg(feature = "aws")]
mod table {
    use crate::aws::Aws;
    use holdfast::ledger::lease::Taken;
    use holdfast::ledger::{Ledger, Snapshot, Written};
    use holdfast_aws::DynamoLedger;
    use holdfast_tests::ledger_contract;
    use std::time::Duration;

    const NAME: &str = "ledger";
    /// As many rows as fit into 1 MB when each has some forty tags.
    const PAGE: u32 = 300;
    const RETENTION: Duration = Duration::from_hours(24);

    /// A table of its own for each test. The simulator lives as long as the table does.
    pub(super) struct Table {
        pub(super) ledger: DynamoLedger,
        aws: Aws,
    }

    impl Table {
        pub(super) async fn create() -> Self {
            let aws = Aws::start().await;
            aws.simulator.create_table(NAME).await.unwrap();
            aws.simulator.page_after(Some(PAGE));
            let ledger = DynamoLedger::new(aws.dynamodb.clone(), NAME.to_owned(), RETENTION);
            Self { ledger, aws }
        }
    }

    #[tokio::test]
    async fn both_rows_cost_one_call() {
        let table = Table::create().await;
        table
            .ledger
            .read(&"eipalloc-1".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(table.aws.simulator.call_names(), ["dynamodb:BatchGetItem"]);
    }

    #[tokio::test]
    async fn a_lease_costs_one_call_to_take_and_one_to_give_back() {
        let table = Table::create().await;
        let claim = ledger_contract::a_claim("web", "one");
        let Taken::Ours(lease) = table.ledger.take_lease(&claim).await.unwrap() else {
            panic!("nobody else has it");
        };
        let stored = table.ledger.put_lease(&lease).await.unwrap();
        assert_eq!(stored, Written::Stored);
        assert_eq!(
            table.aws.simulator.call_names(),
            ["dynamodb:UpdateItem", "dynamodb:PutItem"]
        );
    }

    #[tokio::test]
    async fn all_snapshots_cost_a_call_for_each_page() {
        let table = Table::create().await;
        let none: Vec<Snapshot> = table.ledger.snapshots().await.unwrap();
        assert!(none.is_empty());
        assert_eq!(table.aws.simulator.call_names(), ["dynamodb:Query"]);
    }
}
