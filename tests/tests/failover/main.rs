//! Alarm failover on the simulated EC2: what moves from a failed member to a standby, how, and what does not.

mod alarms;
mod audit;
mod dry_runs;
mod effects;
mod explorer;
mod fence_limits;
mod fences;
mod fitness;
mod groups;
mod halfway;
mod holders;
mod lease;
mod left_behind;
mod moves;
mod out_of_service;
mod pitfalls;
mod promise_lease;
mod promises;
mod random;
mod rounds;
mod run;
mod slow;
mod times;
mod wishes;
mod worlds;
mod zones;
