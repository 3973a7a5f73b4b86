//! What `holdfast doctor` reads beside what every command reads: each service by a small file.

mod alarms;
mod concurrency;
mod doors;
mod identity;
mod networks;
mod quotas;
mod release;
mod rules;
mod runs;
mod stack;
mod trails;

pub use alarms::{AlarmState, SeenAlarm};
pub use identity::Identity;
pub use networks::{HeldAddress, VpcNames};
pub use release::{Release, ReleaseTrial};
pub use rules::{RuleState, SeenRule};
pub use runs::SeenLine;
pub use stack::{METRIC_ALARM, StackResource};
pub use trails::{RegionTrail, TrailState};
