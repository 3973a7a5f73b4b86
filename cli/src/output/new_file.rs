//! A file that a command is to write. Its place is taken before anybody is asked: whoever waits for minutes must not hear
//! then that there is no room for the answer. Half a file is none: what does not come to its end is removed.
//!
//! What races with it: another process that writes the same file. The file system arbitrates: who makes it has it.

use crate::failure::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The place of a file that is not written yet.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    /// None once it is whole.
    file: Option<File>,
}

impl NewFile {
    /// Takes the place. Whoever else is on this machine does not read what comes.
    ///
    /// # Errors
    /// There is such a file, or it cannot be made.
    pub fn take(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| refused(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
        })
    }

    /// Writes the whole of it.
    ///
    /// # Errors
    /// It cannot be written: then there is no such file.
    pub fn write(mut self, text: &str) -> Result<(), Failure> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        written.map_err(|error| refused(&self.path, &error))?;
        self.file = None;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.is_some() {
            // What keeps it there was told by the error before.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(
            format!("{path} is there already"),
            "Name another file: a look is never written over another one.",
        ),
        _ => Failure::usage(
            format!("{path} cannot be written: {error}"),
            "Name a file in a folder that is there and can be written.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> PathBuf {
        let name = format!("holdfast-new-file-{name}-{}", std::process::id());
        std::env::temp_dir().join(name)
    }

    #[test]
    fn a_file_that_is_not_written_to_its_end_is_not_there() {
        let path = place("left");
        let file = NewFile::take(&path);
        assert!(path.exists());
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let path = place("kept");
        assert!(NewFile::take(&path).is_ok_and(|file| file.write("whole").is_ok()));
        assert!(NewFile::take(&path).is_err());
        let kept = std::fs::read_to_string(&path);
        drop(std::fs::remove_file(&path));
        assert_eq!(kept.unwrap_or_default(), "whole");
    }
}
