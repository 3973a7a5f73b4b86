//! The contract that every ledger keeps to, here of the one in memory, on which the scenarios run. `wire` holds the
//! one on `DynamoDB` to it.

use holdfast::ledger::MemoryLedger;
use holdfast_tests::ledger_contract::{self, Checked};

macro_rules! keeps_to {
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
    };
}

holdfast_tests::for_each_check_of_a_ledger!(keeps_to);
