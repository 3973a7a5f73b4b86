//! What is made when it is first used. A start makes the clients that every event needs, and an event the others.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

type Make<T> = Box<dyn FnOnce() -> T + Send>;

/// Clones share what was made.
#[derive(Debug, Clone)]
pub(super) struct OnFirstUse<T>(Arc<LazyLock<T, Make<T>>>);

impl<T> OnFirstUse<T> {
    pub(super) fn new(make: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }
}

impl<T> Deref for OnFirstUse<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn it_is_made_once_and_not_before_somebody_asks() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let it = OnFirstUse::new(move || count.fetch_add(1, Ordering::SeqCst));
        assert_eq!(made.load(Ordering::SeqCst), 0);
        let another = it.clone();
        assert_eq!((*another, *it), (0, 0));
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }
}
