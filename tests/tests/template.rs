//! Holds `template.yaml` to the code: permissions to what the adapters can call, event patterns to the events
//! that a function acts on, parameters to settings, reports to outcomes. Everything is read from where it is
//! written: the template, the sources, the event files.

#[path = "template/code.rs"]
mod code;
#[path = "template/document.rs"]
mod document;
#[path = "template/matcher.rs"]
mod matcher;
#[path = "template/operation.rs"]
mod operation;
#[path = "template/parameters.rs"]
mod parameters;
#[path = "template/patterns.rs"]
mod patterns;
#[path = "template/permissions.rs"]
mod permissions;
#[path = "template/policy.rs"]
mod policy;
#[path = "template/reports.rs"]
mod reports;
