//! Starts a function: a process waits in its group for the word, and at the word becomes the function. The start counts
//! from the word. So it is alike for all, and to join a group is no part of it.

use super::share::{Group, WHOLE};
use holdfast_tests::runtime::{Environment, Function, Usage};
use holdfast_tests::terminal::Problem;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many were started: each has a group of its own.
static STARTED: AtomicUsize = AtomicUsize::new(0);

const LAUNCHER: &str = "#!/bin/sh
[ -z \"$BENCH_DOOR\" ] || echo $$ >\"$BENCH_DOOR\"
echo $$ >\"$BENCH_GATE.process\"
read -r _ <\"$BENCH_GATE\"
exec \"$BENCH_BINARY\"
";

/// A folder for the launcher and for the certificates; gone when dropped.
#[derive(Debug)]
pub(super) struct Room(PathBuf);

impl Room {
    pub(super) fn new() -> Result<Self, Problem> {
        let folder = std::env::temp_dir().join(format!("holdfast-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let launcher = folder.join("launch");
        fs::write(&launcher, LAUNCHER)?;
        fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755))?;
        Ok(Self(folder))
    }

    pub(super) fn certificates(&self) -> PathBuf {
        self.0.join("certificates.pem")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A function that has asked for its first event.
pub(super) struct Started {
    pub(super) function: Function,
    /// When it was told to become the function.
    pub(super) began: Instant,
    /// From then to its first request for an event.
    pub(super) first_poll: Duration,
    /// What the process had used of a processor before it was the function.
    pub(super) spent_before: Duration,
    /// Kept as long as the function.
    _group: Option<Group>,
}

impl Started {
    /// It stands still from now on; nothing tells it.
    pub(super) fn freeze(&self) -> Result<(), Problem> {
        self.signal("-STOP")
    }

    pub(super) fn thaw(&self) -> Result<(), Problem> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<(), Problem> {
        let process = self.function.process_id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status()?;
        if sent.success() {
            return Ok(());
        }
        Err(format!("no signal can be sent to process {process}").into())
    }
}

/// Starts it with the whole machine, and holds it to `share` from its first request for an event on.
pub(super) async fn start(
    room: &Room,
    binary: &Path,
    environment: Environment,
    share: u32,
) -> Result<Started, Problem> {
    let group = if share < WHOLE {
        Group::new(&STARTED.fetch_add(1, Ordering::Relaxed).to_string())
    } else {
        None
    };
    if share < WHOLE && group.is_none() {
        return Err("no process can be held to a share of a processor here".into());
    }
    let gate = room.0.join("gate");
    let _ = fs::remove_file(&gate);
    if !Command::new("mkfifo").arg(&gate).status()?.success() {
        return Err("mkfifo does not work here".into());
    }
    let door = group.as_ref().map(Group::door).unwrap_or_default();
    let environment = environment
        .set("BENCH_DOOR", &door.display().to_string())
        .set("BENCH_GATE", &gate.display().to_string())
        .set("BENCH_BINARY", &binary.display().to_string());
    let word = tokio::task::spawn_blocking(move || give_the_word(&gate));
    let function = Function::start(&room.0.join("launch"), &environment).await?;
    if let Some(group) = &group {
        group.hold(share)?;
    }
    let polled = function.started_at();
    let (began, spent_before) = word.await??;
    Ok(Started {
        function,
        began,
        first_poll: polled.saturating_duration_since(began),
        spent_before,
        _group: group,
    })
}

/// Gives it once the launcher reads; when that was, and what the launcher had used of a processor by then.
fn give_the_word(gate: &Path) -> io::Result<(Instant, Duration)> {
    let mut word = OpenOptions::new().write(true).open(gate)?;
    let process = fs::read_to_string(gate.with_extension("process"))?;
    let process = process.trim().parse().map_err(io::Error::other)?;
    // The launcher goes to sleep.
    std::thread::sleep(Duration::from_millis(3));
    let spent = Usage::of(process)?.processor;
    let began = Instant::now();
    word.write_all(b"go\n")?;
    Ok((began, spent))
}
