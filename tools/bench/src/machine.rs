//! Which machine a measurement comes from: without it, an absolute time says nothing.

use super::share::Group;
use holdfast_tests::performance::Machine;
use std::fs;

/// As Linux tells; what it does not tell is said to be unknown.
pub(super) fn this(is_quick: bool) -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let name = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let name = name
        .and_then(|rest| rest.split_once(':'))
        .map(|(_, name)| name.trim().to_owned());
    let kernel = read("/proc/sys/kernel/osrelease");
    let version = kernel.split('-').next().unwrap_or_default().trim();
    let load = read("/proc/loadavg");
    let load = load
        .split_ascii_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    Machine {
        processor: name.unwrap_or_else(|| "an unknown processor".to_owned()),
        processors: std::thread::available_parallelism().map_or(1, Into::into),
        system: format!("Linux {version}, {}", std::env::consts::ARCH),
        load_before: load.unwrap_or_default(),
        is_quick,
        held_by: Group::new("probe")
            .map(|group| group.told())
            .unwrap_or_default(),
    }
}
