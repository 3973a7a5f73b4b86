//! How a command ends: its exit code, on which scripts key.

use std::process::ExitCode;

/// How a command ends. Scripts key on the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Exit {
    /// 0: it is done, or everything is as it should be.
    #[default]
    Done,
    /// 1: it ran, and found something that a person should look at.
    Found,
    /// 2: the command line, the profile or the stack's name is wrong.
    Usage,
    /// 3: AWS refuses: no permission, or no keys that it takes.
    Denied,
    /// 4: AWS did not answer, or not with what was asked for.
    NoAnswer,
}

impl Exit {
    /// The one that tells of more: what was found comes before a part that was asked for and is not there, and an answer
    /// that is missing before both.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::Usage => 1,
            Self::Found => 2,
            Self::Denied => 3,
            Self::NoAnswer => 4,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// The exit code as a number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::NoAnswer => 4,
        }
    }
}
