//! The settings of a stack's functions, as these read them.

use super::function::Function;
use crate::aws::{FunctionConfiguration, Stack};
use crate::failure::Failure;
use holdfast::settings::{BadSetting, BadSettings, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// The output by which a stack is known to be Holdfast's: the table of the ledger.
pub(super) const TABLE: &str = "LedgerTable";

/// What the names of our settings begin with.
const OURS: &str = "HOLDFAST_";
/// Each function's own.
pub(super) const MODE: &str = "HOLDFAST_MODE";

/// The settings of the functions, as these read them. All functions of a stack have the same, but for the mode. So those
/// of any that could be read are taken, and reconcile's first. Where none could, the stack says what a look goes by.
pub(super) fn settings(
    functions: &BTreeMap<Function, FunctionConfiguration>,
    stack: &Stack,
    region: &str,
) -> Result<(Settings, Vec<BadSetting>), Failure> {
    let read = functions.get(&Function::Reconcile);
    let read = read.or_else(|| functions.values().next());
    let variables = read.map_or_else(|| of_stack(stack), |it| it.environment.clone());
    readable(variables, region)
}

/// The settings of one function, as it reads them, and those that cannot be read here.
pub(super) fn own_settings(
    function: &FunctionConfiguration,
    region: &str,
) -> Result<(Settings, Vec<BadSetting>), Failure> {
    readable(function.environment.clone(), region)
}

/// The settings that other functions cannot read: each with its function, since somebody changed that one by hand.
pub(super) fn bad_of_others(
    functions: &BTreeMap<Function, FunctionConfiguration>,
    region: &str,
    known: &[BadSetting],
) -> Vec<BadSetting> {
    let bad = functions.iter().flat_map(|(function, set_up)| {
        let mut variables = set_up.environment.clone();
        variables.insert("AWS_REGION".to_owned(), region.to_owned());
        let bad = Settings::read(variables)
            .err()
            .map_or_else(Vec::new, |bad| bad.0);
        bad.into_iter().map(move |bad| (function, bad))
    });
    let new = bad.filter(|(_, bad)| !known.contains(bad));
    let with_function = new.map(|(function, bad)| BadSetting {
        problem: format!("{} (of {function})", bad.problem),
        ..bad
    });
    with_function.collect()
}

fn readable(
    mut variables: BTreeMap<String, String>,
    region: &str,
) -> Result<(Settings, Vec<BadSetting>), Failure> {
    variables.insert("AWS_REGION".to_owned(), region.to_owned());
    let bad = match Settings::read(variables.clone()) {
        Ok(settings) => return Ok((settings, Vec::new())),
        Err(bad) => bad,
    };
    for each in &bad.0 {
        variables.remove(&each.key);
    }
    let settings = Settings::read(variables).map_err(|bad| unreadable(&bad))?;
    Ok((settings, bad.0))
}

/// The ledger, the tags and the protection, by the stack's own outputs and parameters.
fn of_stack(stack: &Stack) -> BTreeMap<String, String> {
    let table = stack.outputs.get(TABLE);
    let prefix = stack.parameters.get("TagPrefix");
    let protection = stack.parameters.get("DefaultProtection");
    let named = [
        ("HOLDFAST_TABLE", table),
        ("HOLDFAST_TAG_PREFIX", prefix),
        ("HOLDFAST_DEFAULT_PROTECTION", protection),
    ];
    let named = named.into_iter();
    named
        .filter_map(|(key, value)| Some((key.to_owned(), value?.clone())))
        .collect()
}

fn unreadable(bad: &BadSettings) -> Failure {
    Failure::Unreadable {
        what: "the settings of the functions".to_owned(),
        why: bad.to_string(),
        advice: "Use the `holdfast` of the version that is deployed, or see docs/RUNBOOK.md: a function with \
                 such settings does not start."
            .to_owned(),
    }
}

/// The keys of Holdfast's own settings that not all functions have alike.
pub(super) fn differing(functions: &BTreeMap<Function, FunctionConfiguration>) -> BTreeSet<String> {
    let own = |function: &FunctionConfiguration| {
        let own = function.environment.clone().into_iter();
        own.filter(|(key, _)| key.starts_with(OURS) && key != MODE)
            .collect::<BTreeSet<_>>()
    };
    let of_each: Vec<BTreeSet<(String, String)>> = functions.values().map(own).collect();
    let all: BTreeSet<&(String, String)> = of_each.iter().flatten().collect();
    let not_everywhere = all
        .into_iter()
        .filter(|pair| !of_each.iter().all(|own| own.contains(*pair)));
    not_everywhere.map(|(key, _)| key.clone()).collect()
}
