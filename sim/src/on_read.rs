//! What is written when somebody reads it, and once. Most records of a world are never read, and an explorer copies
//! and drops worlds by the thousand: copies share what was written.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

type Write<T> = Box<dyn FnOnce() -> T + Send>;

/// What is written when somebody reads it. A clone is the same.
#[derive(Debug)]
pub(super) struct WrittenOnRead<T>(Arc<LazyLock<T, Write<T>>>);

impl<T> WrittenOnRead<T> {
    /// What `write` gives, which knows all that it needs: the world may have gone on when it is called.
    pub(super) fn new(write: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(write))))
    }
}

impl<T> Clone for WrittenOnRead<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for WrittenOnRead<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::WrittenOnRead;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn it_is_written_once_by_the_first_who_reads_any_clone() {
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let text = WrittenOnRead::new(move || count.fetch_add(1, Ordering::Relaxed));
        let clone = text.clone();
        assert_eq!(written.load(Ordering::Relaxed), 0);
        assert_eq!((*clone, *text), (0, 0));
        assert_eq!(written.load(Ordering::Relaxed), 1);
    }
}
