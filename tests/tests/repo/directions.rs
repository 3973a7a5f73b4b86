//! The direction of the house: a file imports from a lower floor only, inside a domain too, and there are no
//! circles. docs/ARCHITECTURE.md draws the floors. The test reads every `use` and every path of the crate
//! `holdfast`, without its tests.

use crate::template::code::{Sources, sources};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Attribute, File, ItemFn, ItemImpl, ItemMod, ItemUse, Path, UseTree};

const CRATE: &str = "shared/src/";

/// The floors, the lowest first. What stands on one floor imports from the floors below it.
const FLOORS: [&[&str]; 10] = [
    &["clock", "model"],
    &["ports", "settings"],
    &["cloud"],
    &["groups", "retry"],
    &["events", "ledger"],
    &["report"],
    &["error"],
    &["member_alarms"],
    &[
        "alarm_failover",
        "instance_start",
        "notify",
        "release_guard",
    ],
    &["reconcile"],
];

/// The domains that act on EC2: each is built alike inside. What notify does is its messages, so they come first there.
const DOMAINS: [&str; 4] = [
    "alarm_failover",
    "instance_start",
    "reconcile",
    "release_guard",
];

/// The order inside a domain, the lowest first. A file imports from its own row and from the rows below it. What has
/// another name stands where its imports put it.
const INSIDE: [&[&str]; 5] = [
    &["case", "cloud", "plan", "state"],
    &["decide"],
    &["execute", "observe"],
    &["messages"],
    &["mod"],
];

/// What only tests compile.
const FOR_TESTS: [&str; 3] = ["testing", "samples", "fixtures"];

/// An import: the file that has it, the file it is of, and the path as it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: String,
    pub(crate) to: String,
    path: String,
}

/// The files that ship.
pub(crate) fn product(sources: &Sources, folder: &str) -> Vec<(String, String)> {
    let all = sources.files_under(folder).into_iter();
    let ships = |file: &str| {
        let module = module_in(folder, file);
        !module.iter().any(|part| FOR_TESTS.contains(&part.as_str()))
    };
    all.filter(|(file, _)| ships(file)).collect()
}

/// Every import between two files of the crate.
fn imports(sources: &Sources) -> BTreeSet<Import> {
    imports_of(sources, CRATE)
}

/// Every import between two files of a crate, by the folder of its sources.
pub(crate) fn imports_of(sources: &Sources, folder: &str) -> BTreeSet<Import> {
    let files = product(sources, folder);
    let modules: BTreeMap<Vec<String>, &str> = files
        .iter()
        .map(|(file, _)| (module_in(folder, file), file.as_str()))
        .collect();
    let mut found = BTreeSet::new();
    for (file, text) in &files {
        let parsed: File = syn::parse_file(text).expect("a source is Rust");
        let mut paths = Paths::default();
        paths.visit_file(&parsed);
        for path in paths.0 {
            let Some(to) = target(&module_in(folder, file), &path, &modules) else {
                continue;
            };
            if to != file {
                found.insert(Import {
                    from: file.clone(),
                    to: to.to_owned(),
                    path: path.join("::"),
                });
            }
        }
    }
    found
}

/// `shared/src/ledger/lease.rs` is `ledger::lease`, and `shared/src/ledger/mod.rs` is `ledger`.
fn module_of(file: &str) -> Vec<String> {
    module_in(CRATE, file)
}

/// The same in another crate, by the folder of its sources.
pub(crate) fn module_in(folder: &str, file: &str) -> Vec<String> {
    let path = file.strip_prefix(folder).expect("a file of the crate");
    let path = path.strip_suffix(".rs").expect("a source");
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

/// The file that a path leads to, seen from a module.
fn target<'a>(
    from: &[String],
    path: &[String],
    modules: &BTreeMap<Vec<String>, &'a str>,
) -> Option<&'a str> {
    let mut at: Vec<String> = from.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => at.clear(),
        "self" => {}
        "super" => drop(at.pop()),
        child => {
            at.push(child.to_owned());
            if !modules.contains_key(&at) {
                return None;
            }
        }
    }
    rest = &rest[1..];
    while let Some(("super", more)) = rest.split_first().map(|(head, more)| (head.as_str(), more)) {
        at.pop();
        rest = more;
    }
    for part in rest {
        let mut deeper = at.clone();
        deeper.push(part.clone());
        if !modules.contains_key(&deeper) {
            break;
        }
        at = deeper;
    }
    modules.get(&at).copied().filter(|_| !at.is_empty())
}

/// Every path that a file names, without those of its tests.
#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let listed = attribute.meta.require_list();
        attribute.path().is_ident("cfg")
            && listed.is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !is_test(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_test(&item.attrs) {
            self.branches(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let parts: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if parts.len() > 1 {
            self.0.insert(parts);
        }
        visit::visit_path(self, path);
    }
}

impl Paths {
    fn branches(&mut self, tree: &UseTree, before: &[String]) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.branches(&path.tree, &with(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => drop(self.0.insert(before.to_vec())),
            UseTree::Name(name) => drop(self.0.insert(with(&name.ident))),
            UseTree::Rename(name) => drop(self.0.insert(with(&name.ident))),
            UseTree::Glob(_) => drop(self.0.insert(before.to_vec())),
            UseTree::Group(group) => {
                for each in &group.items {
                    self.branches(each, before);
                }
            }
        }
    }
}

/// The floor of a file's room.
fn floor(file: &str) -> Option<usize> {
    let module = module_of(file);
    let room = module.first()?;
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room.as_str()))
}

fn room(file: &str) -> Option<String> {
    module_of(file).into_iter().next()
}

/// The imports between rooms that do not lead to a lower floor.
fn climbing(imports: &BTreeSet<Import>) -> Vec<&Import> {
    let between = imports
        .iter()
        .filter(|import| room(&import.from) != room(&import.to));
    let between = between.filter(|import| room(&import.from).is_some());
    between
        .filter(|import| floor(&import.from) <= floor(&import.to))
        .collect()
}

/// The files that lead to each other, together; each set is a circle.
pub(crate) fn circles(imports: &BTreeSet<Import>) -> Vec<BTreeSet<&str>> {
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in imports {
        reached.entry(&import.from).or_default().insert(&import.to);
    }
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        let steps = reached.clone();
        for found in reached.values_mut() {
            let further: BTreeSet<&str> = found
                .iter()
                .filter_map(|to| steps.get(to))
                .flatten()
                .copied()
                .collect();
            found.extend(further);
        }
        if reached.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    let in_circle = reached.iter().filter(|(from, found)| found.contains(*from));
    let mut sets: Vec<BTreeSet<&str>> = in_circle
        .map(|(from, found)| {
            let back = found
                .iter()
                .copied()
                .filter(|to| reached.get(to).is_some_and(|there| there.contains(from)));
            back.collect()
        })
        .collect();
    sets.sort();
    sets.dedup();
    sets
}

#[test]
fn every_room_stands_on_a_floor() {
    let files = product(&sources(), CRATE);
    let without_floor: Vec<&String> = files
        .iter()
        .map(|(file, _)| file)
        .filter(|file| !file.ends_with("/lib.rs") && floor(file).is_none())
        .collect();
    assert!(
        without_floor.is_empty(),
        "give these rooms a floor: {without_floor:#?}"
    );
}

#[test]
fn a_file_imports_from_a_lower_floor_only() {
    let imports = imports(&sources());
    none_climbs(&imports, 300, &climbing(&imports));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    no_circles(&imports(&sources()));
}

/// More imports than so many were found, and none of them climbs.
pub(crate) fn none_climbs(imports: &BTreeSet<Import>, more_than: usize, climbing: &[&Import]) {
    let found = imports.len();
    assert!(found > more_than, "only {found} imports were found");
    assert!(
        climbing.is_empty(),
        "these imports lead up or sideways: {climbing:#?}"
    );
}

pub(crate) fn no_circles(imports: &BTreeSet<Import>) {
    let circles = circles(imports);
    assert!(
        circles.is_empty(),
        "files import each other in a circle: {circles:#?}"
    );
}

/// The row of a file inside its domain.
fn row(file: &str) -> Option<(&str, usize)> {
    let (domain, inside) = file.strip_prefix(CRATE)?.split_once('/')?;
    let name = inside.split(['/', '.']).next()?;
    let row = INSIDE.iter().position(|row| row.contains(&name))?;
    DOMAINS.contains(&domain).then_some((domain, row))
}

/// The imports inside a domain that lead to a higher row.
fn against_the_order(imports: &BTreeSet<Import>) -> Vec<&Import> {
    let leads_up = |import: &&Import| match (row(&import.from), row(&import.to)) {
        (Some((domain, from)), Some((other, to))) => domain == other && to > from,
        _ => false,
    };
    imports.iter().filter(leads_up).collect()
}

#[test]
fn inside_a_domain_a_file_imports_from_a_lower_row_only() {
    let imports = imports(&sources());
    let rows: BTreeSet<_> = imports
        .iter()
        .filter_map(|import| row(&import.from))
        .collect();
    assert!(rows.len() > 16, "hardly a file has a row: {rows:#?}");
    let wrong = against_the_order(&imports);
    assert!(wrong.is_empty(), "these imports lead up: {wrong:#?}");
}

#[test]
fn an_import_against_the_order_of_a_domain_is_named() {
    let up = "use super::messages;\n";
    let broken = sources().with_more("shared/src/release_guard/decide.rs", up);
    let imports = imports(&broken);
    let wrong = against_the_order(&imports);
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert_eq!(wrong[0].from, "shared/src/release_guard/decide.rs");
}

#[test]
fn an_import_that_leads_up_is_named() {
    let up = "use crate::reconcile::run;\n";
    let broken = sources().with_more("shared/src/model/tags.rs", up);
    let imports = imports(&broken);
    let wrong = climbing(&imports);
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert_eq!(wrong[0].from, "shared/src/model/tags.rs");
    assert_eq!(wrong[0].path, "crate::reconcile::run");
}

#[test]
fn a_circle_is_named() {
    let back = "fn back(it: &crate::ledger::lease::Lease) {}\n";
    let broken = sources().with_more("shared/src/model/ids.rs", back);
    let imports = imports(&broken);
    let found = circles(&imports);
    let named = found
        .iter()
        .any(|circle| circle.contains("shared/src/model/ids.rs"));
    assert!(named, "{found:#?}");
}
