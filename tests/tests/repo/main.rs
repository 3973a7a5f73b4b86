//! What is written in the repository beside the code, held to the code: the templates, the policies, the runbook,
//! the promises, the event files, what is written of a guest.

mod dependencies;
mod deployment;
mod directions;
mod event_corpus;
mod guest;
mod instance_templates;
mod messages;
mod notifications;
mod operator;
mod performance;
mod policies;
mod promises;
mod runbook;
mod template;
mod tool_directions;
