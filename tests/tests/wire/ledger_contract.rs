//! The contract that every ledger keeps to, here of the one on `DynamoDB`, by way of the AWS SDK. `guard` holds the
//! one in memory to it. It is the simulator's `DynamoDB`, or another that an environment variable names: see
//! `tools/ledger/contract`.

use holdfast_tests::ledger_contract::{self, Checked};

macro_rules! keeps_to {
    ($($check:ident,)*) => {
        mod on_dynamodb {
            use super::*;
            $(
                #[tokio::test]
                async fn $check() -> Checked {
                    if let Some(ledger) = elsewhere::table().await {
                        let end = ledger_contract::$check(&ledger).await;
                        return elsewhere::told(stringify!($check), end);
                    }
                    let table = table::Table::create().await;
                    ledger_contract::$check(&table.ledger).await
                }
            )*
        }
    };
}

holdfast_tests::for_each_check_of_a_ledger!(keeps_to);

mod elsewhere {
    use super::Checked;
    use crate::aws::dynamodb_at;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };
    use holdfast::clock::{Clock, WallClock};
    use holdfast::cloud::CloudError;
    use holdfast::ledger::UpdateError;
    use holdfast_aws::DynamoLedger;
    use std::env;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    /// Where another `DynamoDB` listens.
    const ENDPOINT: &str = "LEDGER_CONTRACT_ENDPOINT";
    /// Set for one that has no transactions.
    const WITHOUT_TRANSACTIONS: &str = "LEDGER_CONTRACT_WITHOUT_TRANSACTIONS";
    const RETENTION: Duration = Duration::from_hours(24);

    static TABLES: AtomicU32 = AtomicU32::new(1);

    /// The ledger on an empty table there; none where nobody named another `DynamoDB`.
    pub(super) async fn table() -> Option<DynamoLedger> {
        let client = dynamodb_at(&env::var(ENDPOINT).ok()?);
        let name = format!("ledger-{}", TABLES.fetch_add(1, Ordering::Relaxed));
        let mut create = client.create_table().table_name(&name);
        for (key, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let schema = KeySchemaElement::builder();
            let schema = schema.attribute_name(key).key_type(kind);
            let attribute = AttributeDefinition::builder().attribute_name(key);
            let attribute = attribute.attribute_type(ScalarAttributeType::S);
            create = create
                .key_schema(schema.build().unwrap())
                .attribute_definitions(attribute.build().unwrap());
        }
        let create = create.billing_mode(BillingMode::PayPerRequest);
        create.send().await.unwrap();
        let described = || client.describe_table().table_name(&name).send();
        while described()
            .await
            .unwrap()
            .table
            .and_then(|table| table.table_status)
            != Some("ACTIVE".into())
        {
            WallClock.sleep(Duration::from_millis(50)).await;
        }
        Some(DynamoLedger::new(client, name, RETENTION))
    }

    /// Says how a check ended there, for the table that `tools/ledger/contract` prints. A refused transaction is an end
    /// of its own where there are none; so is a failed condition that does not show the item it failed on.
    pub(super) fn told(check: &str, end: Checked) -> Checked {
        let lacks = env::var_os(WITHOUT_TRANSACTIONS).is_some();
        match end {
            Err(UpdateError::Cloud(CloudError::Other(failure)))
                if lacks
                    && matches!(
                        failure.code.as_deref(),
                        Some("UnknownOperationException" | "ConditionalCheckFailedException")
                    ) =>
            {
                let code = failure.code.unwrap_or_default();
                println!("CONTRACT {check}: lacks {} ({code})", failure.action);
                Ok(())
            }
            Ok(()) => {
                println!("CONTRACT {check}: kept");
                Ok(())
            }
            end => end,
        }
    }
}

mod table {
    use crate::aws::Aws;
    use holdfast::ledger::lease::Acquire;
    use holdfast::ledger::{Ledger, Snapshot, Written};
    use holdfast_aws::DynamoLedger;
    use holdfast_tests::ledger_contract;
    use std::time::Duration;

    const NAME: &str = "ledger";
    /// As many rows as fit into 1 MB when each has fifty tags.
    const PAGE: u32 = 100;
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
