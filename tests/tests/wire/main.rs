//! What goes over a wire: the simulator's HTTP front, the AWS adapters on it, and the compiled functions.
//! All of it takes the AWS SDK.

mod account_front;
mod aws;
mod cloud_contract;
mod control_front;
mod dynamodb_front;
mod http_front;
mod http_moves;
mod ledger_contract;
mod notices;
mod real_alarms;
mod real_functions;
mod real_lifecycle;
mod real_metrics;
mod row_versions;
mod runtime_harness;
mod smoke;
mod thaw;
