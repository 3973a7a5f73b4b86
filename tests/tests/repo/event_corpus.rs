//! Reads whole folders of event files: our own, and the folder that `HOLDFAST_EVENT_CORPUS` names, for
//! events collected elsewhere. Each file must give a trigger or an error that names a field; what the
//! files with a known name must give is written down below.

mod accounts;
mod aws_types;
mod fields;
mod needs;
mod outcomes;

use holdfast::events::alarm::AlarmEvent;
use holdfast::events::{EventError, Trigger, from_lookup, parse};
use holdfast::model::cloudtrail::AddressChange;
use holdfast::model::tags::Tags;
use outcomes::{OWN_OUTCOMES, PUBLIC_OUTCOMES};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Display;
use std::path::Path;

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events");

struct EventFile {
    name: String,
    event: Value,
}

impl EventFile {
    fn read(path: &Path) -> Result<Self, String> {
        let wrong = |error: &dyn Error| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let event = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self { name, event })
    }

    /// The event as EventBridge would deliver it, if it is a bare record.
    fn in_envelope(&self) -> Option<Value> {
        self.event.get("eventSource")?;
        Some(json!({
            "id": "envelope",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.ec2",
            "detail": self.event
        }))
    }
}

/// The events of a folder; none is an error, so that no test here passes on an empty one.
fn corpus(folder: &Path) -> Result<Vec<EventFile>, String> {
    let wrong = |problem: &dyn Display| format!("{}: {problem}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| wrong(&error))? {
        let path = entry.map_err(|error| wrong(&error))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(EventFile::read(&path)?);
        }
    }
    if files.is_empty() {
        Err(wrong(&"no event file was found"))
    } else {
        Ok(files)
    }
}

fn own() -> Result<Vec<EventFile>, String> {
    corpus(Path::new(OWN))
}

/// The events of the folder that the environment names, if it names one.
fn named() -> Result<Vec<EventFile>, String> {
    match std::env::var_os("HOLDFAST_EVENT_CORPUS") {
        Some(folder) => corpus(Path::new(&folder)),
        None => Ok(Vec::new()),
    }
}

fn all() -> Result<Vec<EventFile>, String> {
    Ok(own()?.into_iter().chain(named()?).collect())
}

/// What comes of an event, in one line.
fn outcome(event: &Value) -> String {
    match parse(event) {
        Ok(Trigger::Call(record)) => format!("{}: {}", record.call.name, done(&record.change)),
        Ok(Trigger::Schedule { at }) => format!("schedule at {at}"),
        Ok(
            told @ (Trigger::Instance(_)
            | Trigger::SpotNotice(_)
            | Trigger::HealthEvent(_)
            | Trigger::LifecycleAction(_)
            | Trigger::Command(_)),
        ) => told.to_string(),
        Ok(Trigger::Alarm(alarm)) => format!("{alarm}: {}", about(&alarm)),
        Ok(Trigger::Ignored(ignored)) => format!("ignored: {}", ignored.what),
        Err(EventError { field, .. }) => format!("wrong: {field}"),
    }
}

/// What an alarm names, and what keeps it back.
fn about(alarm: &AlarmEvent) -> String {
    let instances: Vec<_> = alarm.instances().into_iter().collect();
    let tags = words(&alarm.tags);
    let by = alarm
        .suppressed_by
        .as_ref()
        .map(|by| format!("kept back by {by}"));
    let told = [list(&instances), list(&alarm.children), tags];
    let told: Vec<String> = told
        .into_iter()
        .chain(by)
        .filter(|it| !it.is_empty())
        .collect();
    if told.is_empty() {
        "nothing".to_owned()
    } else {
        told.join(", ")
    }
}

fn done(change: &AddressChange) -> String {
    match change {
        AddressChange::Allocated(told) => {
            let tags = if told.tags.is_empty() {
                "no tags".to_owned()
            } else {
                words(&told.tags)
            };
            format!(
                "{} is {} of {:?} with {tags}",
                told.allocation, told.ip, told.pool
            )
        }
        AddressChange::Released {
            allocation,
            border_group,
        } => {
            format!("{allocation} in {}", text(border_group.as_ref()))
        }
        AddressChange::Associated {
            allocation,
            association,
            eni,
            private_ip,
            ..
        } => format!(
            "{allocation} with {} {} as {}",
            text(eni.as_ref()),
            text(private_ip.as_ref()),
            text(association.as_ref())
        ),
        AddressChange::Disassociated { association } => association.to_string(),
        AddressChange::Tagged { allocations, tags } => {
            format!("{} gets {}", list(allocations), words(tags))
        }
        AddressChange::Untagged { allocations, tags } if tags.is_empty() => {
            format!("{} loses every tag", list(allocations))
        }
        AddressChange::Untagged { allocations, tags } => {
            let tag = |(key, value): &(String, Option<String>)| match value {
                Some(value) => format!("{key}={value}"),
                None => key.clone(),
            };
            let tags: Vec<String> = tags.iter().map(tag).collect();
            format!("{} loses {}", list(allocations), tags.join(" "))
        }
        AddressChange::ReverseDnsSet { allocation, name } => {
            format!("{allocation} is {}", text(name.as_ref()))
        }
        AddressChange::ReverseDnsReset { allocation }
        | AddressChange::TransferDisabled { allocation } => allocation.to_string(),
        AddressChange::TransferEnabled {
            allocation,
            to_account,
        } => {
            format!("{allocation} to {}", text(to_account.as_ref()))
        }
        AddressChange::TransferAccepted { ip, allocation } => {
            format!("{ip} is now {}", text(allocation.as_ref()))
        }
    }
}

fn text(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

fn list(items: &[impl ToString]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn words(tags: &Tags) -> String {
    tags.iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_file_gives_a_trigger_or_an_error_that_names_a_field() -> Result<(), String> {
    for file in all()? {
        for event in [Some(file.event.clone()), file.in_envelope()]
            .into_iter()
            .flatten()
        {
            match parse(&event) {
                Err(EventError { field, problem }) => {
                    assert!(
                        !field.is_empty() && !problem.is_empty(),
                        "{} names no field",
                        file.name
                    );
                }
                Ok(Trigger::Ignored(ignored)) => {
                    assert!(
                        !ignored.why.is_empty(),
                        "{} is ignored for no reason",
                        file.name
                    );
                }
                Ok(_) => {}
            }
        }
    }
    Ok(())
}

#[test]
fn each_file_with_a_known_name_gives_exactly_what_is_written_down() -> Result<(), String> {
    for (files, outcomes) in [(own()?, OWN_OUTCOMES), (named()?, PUBLIC_OUTCOMES)] {
        for file in files {
            if let Some((_, expected)) = outcomes.iter().find(|(name, _)| *name == file.name) {
                assert_eq!(outcome(&file.event), *expected, "{}", file.name);
            }
        }
    }
    Ok(())
}

#[test]
fn each_of_our_own_files_has_its_outcome_written_down() -> Result<(), String> {
    let files: BTreeSet<String> = own()?.into_iter().map(|file| file.name).collect();
    let written_down = OWN_OUTCOMES.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(files, written_down.collect());
    Ok(())
}

#[test]
fn a_bare_record_in_an_envelope_gives_the_same() -> Result<(), String> {
    let mut wrapped = 0;
    for file in all()? {
        if let Some(event) = file.in_envelope() {
            assert_eq!(outcome(&event), outcome(&file.event), "{}", file.name);
            wrapped += 1;
        }
    }
    assert!(wrapped > 0, "no bare record was found");
    Ok(())
}

#[test]
fn every_record_of_a_lookup_answer_can_be_read_and_only_what_ec2_did_is_a_deed()
-> Result<(), String> {
    for file in named()? {
        looked_up(&file)?;
    }
    let changes = own()?
        .iter()
        .map(looked_up)
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    assert_eq!(changes, ["AllocateAddress"]);
    Ok(())
}

/// The calls that a `LookupEvents` answer holds as far as they are address changes.
fn looked_up(file: &EventFile) -> Result<Vec<String>, String> {
    let mut changes = Vec::new();
    for event in file
        .event
        .get("Events")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = event
            .get("CloudTrailEvent")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let record = from_lookup(text).map_err(|error| format!("{}: {error}", file.name))?;
        changes.extend(record.map(|record| record.call.name));
    }
    Ok(changes)
}
