//! Takes what a command reads part by part: what cannot be read is noted, and ends nothing.

use crate::failure::Failure;
use crate::unread::Unread;

/// Takes the parts of one stack as they come, and keeps what is said of those that cannot be read.
#[derive(Debug)]
pub struct Parts {
    region: String,
    stack: String,
    unread: Vec<Unread>,
}

impl Parts {
    /// Of a stack in a region. Nothing is read yet.
    #[must_use]
    pub fn of(region: &str, stack: &str) -> Self {
        Self {
            region: region.to_owned(),
            stack: stack.to_owned(),
            unread: Vec::new(),
        }
    }

    /// A part, or none where it could not be read: that is noted, once for each thing that several calls read.
    pub fn take<T>(&mut self, read: Result<T, Failure>) -> Option<T> {
        match read {
            Ok(part) => Some(part),
            Err(failure) => {
                self.add(failure.unread(&self.region, &self.stack));
                None
            }
        }
    }

    /// One more that could not be read.
    pub fn add(&mut self, part: Unread) {
        if !self.unread.iter().any(|it| it.what == part.what) {
            self.unread.push(part);
        }
    }

    /// All that could not be read.
    #[must_use]
    pub fn into_unread(self) -> Vec<Unread> {
        self.unread
    }
}
