//! The file of a run. It is written beside its place and renamed, so a crash leaves the old state or the new one.
//!
//! What races with it: a second process with the same file. Whoever has the lock on `NAME.lock` may go on.

use super::ports::{KeepRun, NotKept};
use super::run::{FORMAT, Run};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A run file that is this process's own for as long as it lives.
#[derive(Debug)]
pub struct RunFile {
    path: PathBuf,
    /// Held, not read: the lock ends with it.
    _lock: File,
}

/// Why a run file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableFile {
    /// Another process goes on with this run.
    #[error("another process has this run file: wait until it has ended")]
    InUse,
    /// Its content is none of this version.
    #[error("this is no run file of this version")]
    Unreadable(#[source] serde_json::Error),
    /// Its content is of another version.
    #[error(
        "this run file has version {found}, and this program reads version {FORMAT}: go on with the program that wrote it"
    )]
    OtherFormat {
        /// The version that it has.
        found: u64,
    },
    /// The file system refuses.
    #[error("the run file cannot be read or written")]
    Io(#[from] io::Error),
}

impl RunFile {
    /// What is in a run file, whoever goes on with it; `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Path) -> Result<Option<Run>, UnusableFile> {
        match fs::read(path) {
            Ok(bytes) => parse(&bytes).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a run file, and gives the run that it has; `None`: there is none yet.
    ///
    /// # Errors
    /// Somebody else has it, or it cannot be read. Then nothing of it is changed.
    pub fn take(path: &Path) -> Result<(Self, Option<Run>), UnusableFile> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(beside(path, "lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(UnusableFile::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let run = Self::read(path)?;
        Ok((
            Self {
                path: path.to_owned(),
                _lock: lock,
            },
            run,
        ))
    }
}

fn parse(bytes: &[u8]) -> Result<Run, UnusableFile> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(UnusableFile::Unreadable)?;
    match value["format"].as_u64() {
        Some(found) if found != u64::from(FORMAT) => Err(UnusableFile::OtherFormat { found }),
        _ => serde_json::from_value(value).map_err(UnusableFile::Unreadable),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

impl KeepRun for RunFile {
    fn keep(&mut self, run: &Run) -> Result<(), NotKept> {
        let bytes = serde_json::to_vec(run).map_err(io::Error::from)?;
        let new = beside(&self.path, "new");
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // Without it, the name may still lead to the old file after a power failure.
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }
}
