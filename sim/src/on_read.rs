//! What is written when somebody reads it, and once. Most records of a world are never read, and an explorer copies
//! and drops worlds by the thousand: copies share what was written.

use std::sync::{Arc, LazyLock};

/// What is written when somebody reads it. A clone is the same.
pub(super) type WrittenOnRead<T> = Arc<LazyLock<T, Box<dyn FnOnce() -> T + Send>>>;

/// What `write` gives, which knows all that it needs: the world may have gone on when it is called.
pub(super) fn on_read<T>(write: impl FnOnce() -> T + Send + 'static) -> WrittenOnRead<T> {
    Arc::new(LazyLock::new(Box::new(write)))
}

#[cfg(test)]
mod tests {
    use super::on_read;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn it_is_written_once_by_the_first_who_reads_any_clone() {
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let text = on_read(move || count.fetch_add(1, Ordering::Relaxed));
        let clone = text.clone();
        assert_eq!(written.load(Ordering::Relaxed), 0);
        assert_eq!((**clone, **text), (0, 0));
        assert_eq!(written.load(Ordering::Relaxed), 1);
    }
}
