//! What a process has used so far, as Linux tells it.

use std::io;
use std::time::Duration;
use std::{fs, path::Path};

/// Of one process, from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// How long its threads that are still there were on a processor.
    pub processor: Duration,
    /// The most memory that was its own at any moment, in KiB.
    pub peak_memory: u64,
}

impl Usage {
    /// What the process of that id has used.
    ///
    /// # Errors
    /// There is no such process, or this is not Linux.
    pub fn of(process: u32) -> io::Result<Self> {
        let folder = Path::new("/proc").join(process.to_string());
        let mut processor = Duration::ZERO;
        for thread in fs::read_dir(folder.join("task"))? {
            processor += on_processor(&fs::read_to_string(thread?.path().join("schedstat"))?)?;
        }
        Ok(Self {
            processor,
            peak_memory: peak_memory(&fs::read_to_string(folder.join("status"))?)?,
        })
    }
}

/// The first number of `schedstat`: nanoseconds on a processor.
fn on_processor(schedstat: &str) -> io::Result<Duration> {
    let first = schedstat.split_ascii_whitespace().next();
    first
        .and_then(|nanoseconds| nanoseconds.parse().ok())
        .map(Duration::from_nanos)
        .ok_or_else(|| unread("schedstat"))
}

/// `VmHWM` of `status`, in KiB.
fn peak_memory(status: &str) -> io::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| unread("VmHWM of status"))
}

fn unread(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("cannot read {what} of a process"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_the_first_number() {
        assert_eq!(
            on_processor("2500000 18 3\n").unwrap(),
            Duration::from_micros(2500)
        );
    }

    #[test]
    fn the_peak_is_found_among_the_lines_of_the_status() {
        let status = "Name:\tguard\nVmPeak:\t  99 kB\nVmHWM:\t   14352 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(peak_memory(status).unwrap(), 14_352);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_zero() {
        assert!(on_processor("").is_err());
        assert!(peak_memory("Name:\tguard\n").is_err());
    }
}
