//! Lambda gives a function a part of a processor, by its memory: all of one at 1,769 MB. During the start it has more.
//! (Lambda developer guide, "Configure Lambda function memory".) Linux's own quota holds a process to it here.
//!
//! The quota is for each 20 ms: at 256 MB a process has 2.9 ms of a processor, and then stands still until the 20 ms are
//! over. A process joins its group before it starts, because joining takes the kernel 5 to 12 ms. To set the quota takes
//! 0.1 ms, so that is done at the first request for an event.

use holdfast_tests::terminal::Problem;
use std::fs;
use std::path::{Path, PathBuf};

/// How many parts a processor has.
pub(super) const WHOLE: u32 = 1_769;

const PERIOD_MICROSECONDS: u32 = 20_000;

/// Where Linux keeps its groups: the second version's one tree, or the first version's for processors.
const TREES: [(&str, Version); 3] = [
    ("/sys/fs/cgroup/cpu", Version::First),
    ("/sys/fs/cgroup", Version::Second),
    ("/sys/fs/cgroup/unified", Version::Second),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    First,
    Second,
}

/// A group of processes that can be held to a share. It is gone when this is dropped and its processes have ended.
#[derive(Debug)]
pub(super) struct Group {
    folder: PathBuf,
    version: Version,
}

impl Group {
    /// A group of its own, without a limit; none where this machine lets nobody make one.
    pub(super) fn new(name: &str) -> Option<Self> {
        TREES.iter().find_map(|(tree, version)| {
            let folder =
                Path::new(tree).join(format!("holdfast-bench-{}-{name}", std::process::id()));
            fs::create_dir(&folder).ok()?;
            let group = Self {
                folder,
                version: *version,
            };
            // A tree that does not count processors has no such file.
            group.hold(WHOLE).ok()?;
            Some(group)
        })
    }

    /// The file by which a process joins.
    pub(super) fn door(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// From now on its processes have so many parts of a processor; with all parts, no limit at all.
    pub(super) fn hold(&self, share: u32) -> Result<(), Problem> {
        let quota = PERIOD_MICROSECONDS * share / WHOLE;
        let is_whole = share >= WHOLE;
        match self.version {
            Version::First => {
                let period = PERIOD_MICROSECONDS.to_string();
                fs::write(self.folder.join("cpu.cfs_period_us"), period)?;
                let quota = if is_whole {
                    "-1".to_owned()
                } else {
                    quota.to_string()
                };
                fs::write(self.folder.join("cpu.cfs_quota_us"), quota)?;
            }
            Version::Second => {
                let quota = if is_whole {
                    "max".to_owned()
                } else {
                    quota.to_string()
                };
                let limit = format!("{quota} {PERIOD_MICROSECONDS}");
                fs::write(self.folder.join("cpu.max"), limit)?;
            }
        }
        Ok(())
    }

    /// How, for the page.
    pub(super) fn told(&self) -> String {
        let version = match self.version {
            Version::First => "version 1, cpu.cfs_quota_us",
            Version::Second => "version 2, cpu.max",
        };
        format!("a control group of Linux ({version}) with a period of 20 ms")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel takes a group away that has no process any more. A dead one leaves it within a moment.
        for _ in 0..50 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}
