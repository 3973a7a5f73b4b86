//! Holds `template.yaml` to the code: permissions to what the adapters can call, event patterns to the events
//! that a function acts on, parameters to settings, reports to outcomes. Everything is read from where it is
//! written: the template, the sources, the event files.

mod alarms;
pub(crate) mod code;
pub(crate) mod document;
mod matcher;
pub(crate) mod operation;
mod parameters;
mod patterns;
mod permissions;
mod policy;
mod reports;
