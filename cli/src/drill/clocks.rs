//! Two clocks of a machine: the time of day, which people and NTP set, and the time since the machine was started, which
//! nobody sets. Where they disagree, the time of day has jumped. Pure, but for the machine's own clock.

use serde::{Deserialize, Serialize};
use std::fs;
use std::process;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

/// Clocks that differ by more have jumped, beside a thousandth of the time that has passed: NTP corrects a clock by half
/// of that without a jump. Source: ntpd's manual, 500 parts in a million.
const JUMP: Duration = Duration::seconds(2);

/// How long a machine has been on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinceBoot {
    /// Which start of the machine, or of the process where a machine does not tell.
    pub boot: String,
    /// In milliseconds.
    pub milliseconds: u64,
}

/// A clock that nobody sets. Where the machine can tell, it goes on while the machine sleeps.
pub trait BootClock: Send + Sync {
    /// How long the machine has been on.
    fn since_boot(&self) -> SinceBoot;
}

/// What the clocks of a machine say at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// The time of day.
    #[serde(with = "time::serde::rfc3339")]
    pub wall: OffsetDateTime,
    /// The time since the start.
    pub since_boot: SinceBoot,
}

impl Clocks {
    /// By how much the time of day has jumped since then; nothing where it has not.
    ///
    /// After a restart of the machine only a jump back can be seen.
    #[must_use]
    pub fn jump_since(&self, then: &Self) -> Option<Duration> {
        let passed = self.wall - then.wall;
        let (jump, drift) = if then.since_boot.boot == self.since_boot.boot {
            let really = self.since_boot.elapsed() - then.since_boot.elapsed();
            (passed - really, really.abs() / 1_000)
        } else {
            (passed.min(Duration::ZERO), Duration::ZERO)
        };
        (jump.abs() > JUMP + drift).then_some(jump)
    }
}

impl SinceBoot {
    fn elapsed(&self) -> Duration {
        Duration::milliseconds(i64::try_from(self.milliseconds).unwrap_or(i64::MAX))
    }
}

/// The machine that this process runs on.
///
/// Linux tells how long it has been on, its sleep included, and which start that was. Elsewhere the time of this process
/// has to do: where it stands still while the machine sleeps, a sleep looks like a jump.
/// Source: proc(5), `/proc/uptime`, "including time spent in suspend"; random(4), `boot_id`.
#[derive(Debug)]
pub struct Machine {
    started: Instant,
    process: String,
}

impl Machine {
    /// This machine, for a process that was begun at this time.
    #[must_use]
    pub fn of_process(begun: OffsetDateTime) -> Self {
        Self {
            started: Instant::now(),
            process: format!(
                "process {} of {}",
                process::id(),
                begun.unix_timestamp_nanos()
            ),
        }
    }
}

impl BootClock for Machine {
    fn since_boot(&self) -> SinceBoot {
        of_linux().unwrap_or_else(|| SinceBoot {
            boot: self.process.clone(),
            milliseconds: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

fn of_linux() -> Option<SinceBoot> {
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(SinceBoot {
        boot: boot.trim().to_owned(),
        milliseconds: milliseconds(uptime.split(' ').next()?)?,
    })
}

/// `350735.47`: seconds, and hundredths of one.
fn milliseconds(text: &str) -> Option<u64> {
    let (seconds, hundredths) = text.trim().split_once('.')?;
    let hundredths: u64 = format!("{hundredths:0<2}").get(..2)?.parse().ok()?;
    Some(seconds.parse::<u64>().ok()? * 1_000 + hundredths * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(wall: i64, boot: &str, elapsed: u64) -> Clocks {
        Clocks {
            wall: OffsetDateTime::UNIX_EPOCH + Duration::seconds(wall),
            since_boot: SinceBoot {
                boot: boot.to_owned(),
                milliseconds: elapsed * 1_000,
            },
        }
    }

    #[test]
    fn clocks_that_go_alike_have_not_jumped_and_ntp_may_correct_them() {
        let then = clocks(1_000, "a", 10);
        assert_eq!(clocks(87_400, "a", 86_410).jump_since(&then), None);
        assert_eq!(clocks(87_440, "a", 86_410).jump_since(&then), None);
    }

    #[test]
    fn a_time_of_day_that_was_set_has_jumped_by_so_much() {
        let then = clocks(1_000, "a", 10);
        let hour = Duration::hours(1);
        assert_eq!(clocks(4_610, "a", 20).jump_since(&then), Some(hour));
        assert_eq!(clocks(-2_590, "a", 20).jump_since(&then), Some(-hour));
    }

    #[test]
    fn after_a_restart_only_a_jump_back_is_one() {
        let then = clocks(1_000, "a", 10);
        assert_eq!(clocks(9_000, "b", 5).jump_since(&then), None);
        let back = Duration::seconds(-900);
        assert_eq!(clocks(100, "b", 5).jump_since(&then), Some(back));
    }

    #[test]
    fn linux_says_how_long_it_has_been_on() {
        assert_eq!(milliseconds("350735.47"), Some(350_735_470));
        assert_eq!(milliseconds("350735.5"), Some(350_735_500));
        assert_eq!(milliseconds("nothing"), None);
    }

    #[test]
    fn this_machine_gets_older() {
        let machine = Machine::of_process(OffsetDateTime::UNIX_EPOCH);
        let (first, second) = (machine.since_boot(), machine.since_boot());
        assert_eq!(first.boot, second.boot);
        assert!(first.milliseconds <= second.milliseconds);
    }
}
