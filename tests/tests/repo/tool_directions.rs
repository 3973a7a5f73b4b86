//! The direction in the operator's tool, as `directions` has it for the crate `holdfast`: a file imports from a lower
//! floor only, and no files import each other in a circle.

use crate::directions::{Import, circles, imports_of, module_in, no_circles, none_climbs, product};
use crate::template::code::{Sources, sources_of};
use std::collections::BTreeSet;

const CRATE: &str = "cli/src/";

/// The floors, the lowest first. Why there were no keys is of AWS, and every failure says it: so it stands by itself.
const FLOORS: [&[&str]; 11] = [
    &["exit"],
    &["unread"],
    &["aws::credentials"],
    &["failure"],
    &["output", "parts", "drill", "read_only"],
    &["arguments", "period"],
    &["aws"],
    &["deployment"],
    &["first_round", "reports", "session", "look"],
    &["commands"],
    &["command_line"],
];

fn sources() -> Sources {
    sources_of(&["cli/src"])
}

/// The room of a file: what its floor is given for.
fn room(file: &str) -> Option<String> {
    let module = module_in(CRATE, file);
    let whole = module.join("::");
    let is_named = FLOORS.iter().any(|rooms| rooms.contains(&whole.as_str()));
    if is_named {
        return Some(whole);
    }
    module.into_iter().next()
}

fn floor(file: &str) -> Option<usize> {
    let room = room(file)?;
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room.as_str()))
}

/// The imports between rooms that do not lead to a lower floor. What holds all of them together is on none.
fn climbing(imports: &BTreeSet<Import>) -> Vec<&Import> {
    let between = imports
        .iter()
        .filter(|import| room(&import.from) != room(&import.to));
    between
        .filter(|import| floor(&import.from).is_some())
        .filter(|import| floor(&import.from) <= floor(&import.to))
        .collect()
}

#[test]
fn every_room_of_the_tool_stands_on_a_floor() {
    let files = product(&sources(), CRATE);
    let above = ["cli/src/lib.rs", "cli/src/main.rs"];
    let without: Vec<&String> = files
        .iter()
        .map(|(file, _)| file)
        .filter(|file| !above.contains(&file.as_str()) && floor(file).is_none())
        .collect();
    assert!(without.is_empty(), "give these rooms a floor: {without:#?}");
}

#[test]
fn a_file_of_the_tool_imports_from_a_lower_floor_only() {
    let imports = imports_of(&sources(), CRATE);
    none_climbs(&imports, 150, &climbing(&imports));
}

#[test]
fn no_files_of_the_tool_import_each_other_in_a_circle() {
    no_circles(&imports_of(&sources(), CRATE));
}

#[test]
fn an_import_of_the_tool_that_leads_up_or_round_is_named() {
    let up = "use crate::commands::Command;\n";
    let broken = sources().with_more("cli/src/arguments.rs", up);
    let imports = imports_of(&broken, CRATE);
    let wrong = climbing(&imports);
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert_eq!(wrong[0].from, "cli/src/arguments.rs");
    assert!(!circles(&imports).is_empty());
}
