//! The contract that every ledger keeps to, here of the one on `DynamoDB`, by way of the AWS SDK. `guard` holds the
//! one in memory to it.

use holdfast_tests::ledger_contract::{self, Checked};

macro_rules! keeps_to {
    ($($check:ident,)*) => {
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

holdfast_tests::for_each_check_of_a_ledger!(keeps_to);

mod table {
    use crate::aws::Aws;
    use holdfast::ledger::lease::Acquire;
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
        let Acquire::Granted(lease) = table.ledger.acquire_lease(&claim).await.unwrap() else {
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
