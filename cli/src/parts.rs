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

    /// A part, or none where it could not be read: that is noted, once for each thing that several calls read, and each
    /// thing to do about it.
    pub fn take<T>(&mut self, read: Result<T, Failure>) -> Option<T> {
        match read {
            Ok(part) => Some(part),
            Err(failure) => {
                self.lost(&failure);
                None
            }
        }
    }

    /// A part that could not be read.
    pub fn lost(&mut self, failure: &Failure) {
        self.add(failure.unread(&self.region, &self.stack));
    }

    /// One more that could not be read. Where the same is told with the same advice, the worse exit code stays; another
    /// advice is another thing to mend.
    pub fn add(&mut self, part: Unread) {
        let mut told = self.unread.iter_mut();
        match told.find(|it| it.what == part.what && it.next == part.next) {
            Some(told) => told.exit = told.exit.worse(part.exit),
            None => self.unread.push(part),
        }
    }

    /// All that could not be read.
    #[must_use]
    pub fn into_unread(self) -> Vec<Unread> {
        self.unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn part(next: &str, exit: Exit) -> Unread {
        Unread {
            region: "us-east-1".to_owned(),
            stack: "holdfast".to_owned(),
            what: "the ledger could not be read".to_owned(),
            why: "AWS says so".to_owned(),
            next: next.to_owned(),
            exit,
        }
    }

    fn gathered(told: [Unread; 2]) -> Vec<Unread> {
        let mut parts = Parts::of("us-east-1", "holdfast");
        for it in told {
            parts.add(it);
        }
        parts.into_unread()
    }

    #[test]
    fn the_worse_exit_code_of_one_thing_stays_whichever_comes_first() {
        for [first, second] in [
            [Exit::Denied, Exit::NoAnswer],
            [Exit::NoAnswer, Exit::Denied],
        ] {
            let kept = gathered([part("ask", first), part("ask", second)]);
            assert_eq!(kept, [part("ask", Exit::NoAnswer)]);
        }
    }

    #[test]
    fn a_second_right_that_is_missing_is_named_too() {
        let both = [
            part("ask for a", Exit::Denied),
            part("ask for b", Exit::Denied),
        ];
        assert_eq!(gathered(both.clone()), both);
    }
}
