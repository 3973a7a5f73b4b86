//! Recorded looks: everything that a function asks while it deals with one event, and everything that it is answered.
//! From such a record the run can be had again, anywhere, without AWS: the same answers give the same decision.
//!
//! [`mod@recording`] stands between a function and its ports and notes each call with its answer. [`replay`] is the ports of
//! a function that answer out of such notes, on a clock of their own. [`look`] is the file with all of it.
//!
//! No function is built from this crate, and it does not know the AWS SDK.

pub mod answer;
mod calls;
pub mod decision;
pub mod look;
pub mod recording;
pub mod redact;
pub mod refusal;
pub mod replay;
pub mod run;
pub mod tape;

pub use decision::{decision, whole};
pub use look::{BadLook, Look, UnreadSetting};
pub use recording::{Recorder, recording};
pub use redact::{TakenOut, redact};
pub use replay::Unanswered;
pub use run::{AllPorts, RecordedRun, carry_out, functions_for};
pub use tape::{Entry, Tape};
