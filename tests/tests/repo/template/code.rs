//! What each function can call, read out of the sources: from its `main` to the bounds of its `run`, from
//! there to the traits that these are made of, and to the calls that the adapters make for them.

use super::operation::{self, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Expr, GenericParam, Item, TypeParamBound};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Calls whose permission has another name. Sources: DynamoDB developer guide, "Using IAM with `DynamoDB`
/// transactions"; EC2 user guide, "Grant permission to tag resources during creation".
const CHECKED_AS: [(&str, &str); 1] = [("dynamodb:TransactWriteItems", "dynamodb:PutItem")];
const TAGS_RIDE_ALONG: (&str, &str) = ("set_tag_specifications", "ec2:CreateTags");

/// The sources: path, from the repository's root, and text.
#[derive(Clone)]
pub(crate) struct Sources(BTreeMap<String, String>);

/// The sources as they are in the repository, without tests.
pub(crate) fn sources() -> Sources {
    sources_of(&["shared/src", "shared/aws/src", "functions"])
}

/// The sources below these folders.
pub(crate) fn sources_of(folders: &[&str]) -> Sources {
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(Path::new(ROOT).join(&folder)).expect("a source folder");
        for entry in entries {
            let name = entry.expect("can be listed").file_name();
            let path = folder.join(&name);
            let there = Path::new(ROOT).join(&path);
            if there.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&there).expect("a source can be read");
                found.insert(path.to_string_lossy().into_owned(), text);
            }
        }
    }
    Sources(found)
}

impl Sources {
    /// The sources below a folder: path and text.
    pub(crate) fn files_under(&self, folder: &str) -> Vec<(String, String)> {
        let files = self.0.iter().filter(|(path, _)| path.starts_with(folder));
        files
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect()
    }

    /// The same with more text at the end of one file, which has to be there.
    pub(crate) fn with_more(&self, path: &str, more: &str) -> Self {
        let mut changed = self.clone();
        changed
            .0
            .get_mut(path)
            .expect("the source is there")
            .push_str(more);
        changed
    }

    /// The same with one text replaced by another, which has to be there.
    pub(crate) fn replaced(&self, path: &str, from: &str, to: &str) -> Self {
        let mut changed = self.clone();
        let text = changed.0.get_mut(path).expect("the source is there");
        assert!(text.contains(from), "{path} does not say `{from}`");
        *text = text.replace(from, to);
        changed
    }

    /// The functions that there are.
    pub(crate) fn functions(&self) -> Vec<String> {
        let mains = self.0.keys().filter_map(|path| {
            let function = path.strip_prefix("functions/")?;
            function.strip_suffix("/src/main.rs")
        });
        mains.map(str::to_owned).collect()
    }

    /// Every enumeration's variants.
    pub(crate) fn variants(&self, path: &str, name: &str) -> Vec<String> {
        let file = parsed(path, &self.0[path]);
        let found = file.items.iter().find_map(|item| match item {
            Item::Enum(each) if each.ident == name => Some(each),
            _ => None,
        });
        let found = found.unwrap_or_else(|| panic!("{path} has no enumeration {name}"));
        found
            .variants
            .iter()
            .map(|each| each.ident.to_string())
            .collect()
    }

    /// Every text in a file that satisfies `wanted`.
    pub(crate) fn texts(&self, path: &str, wanted: fn(&str) -> bool) -> BTreeSet<String> {
        let mut texts = Texts(BTreeSet::new());
        texts.visit_file(&parsed(path, &self.0[path]));
        texts.0.retain(|text| wanted(text));
        texts.0
    }

    /// The actions that IAM checks for everything that a function can call.
    pub(crate) fn actions_of(&self, function: &str) -> BTreeSet<String> {
        let traits = self.traits_of(function);
        assert!(!traits.is_empty(), "{function} is bound by nothing");
        let names: Vec<&str> = traits.iter().map(String::as_str).collect();
        self.actions_behind(&names)
    }

    /// The traits through which a function speaks to AWS.
    pub(crate) fn traits_of(&self, function: &str) -> BTreeSet<String> {
        let main = &self.0[&format!("functions/{function}/src/main.rs")];
        let mut served = Served(None);
        served.visit_file(&parsed(function, main));
        let module = served.0.expect("main serves a module's run");
        let path = format!("shared/src/{module}/mod.rs");
        let file = parsed(&path, &self.0[&path]);
        let run = file.items.iter().find_map(|item| match item {
            Item::Fn(each) if each.sig.ident == "run" => Some(each),
            _ => None,
        });
        let generics = &run.expect("the module has a run").sig.generics;
        let bounds = generics
            .params
            .iter()
            .flat_map(|parameter| match parameter {
                GenericParam::Type(each) => names(&each.bounds),
                _ => Vec::new(),
            });
        self.parts_of(bounds.filter(|bound| bound != "Clock").collect())
    }

    /// The actions that IAM checks for everything that these traits can call.
    pub(crate) fn actions_behind(&self, traits: &[&str]) -> BTreeSet<String> {
        let adapters = self.actions_of_traits();
        let parts = self.parts_of(traits.iter().map(|name| (*name).to_owned()).collect());
        let actions = parts.iter().flat_map(|name| {
            let actions = adapters.get(name);
            actions.unwrap_or_else(|| panic!("no adapter carries out {name}"))
        });
        actions.cloned().collect()
    }

    /// What traits are made of, down to those that have methods of their own.
    fn parts_of(&self, mut open: Vec<String>) -> BTreeSet<String> {
        let composed = self.composed_traits();
        let mut found = BTreeSet::new();
        while let Some(name) = open.pop() {
            match composed.get(&name) {
                Some(parts) => open.extend(parts.iter().cloned()),
                None => drop(found.insert(name)),
            }
        }
        found
    }

    /// Traits that are nothing but others together.
    fn composed_traits(&self) -> BTreeMap<String, Vec<String>> {
        let mut composed = BTreeMap::new();
        for (path, text) in &self.0 {
            for item in parsed(path, text).items {
                if let Item::Trait(each) = item
                    && each.items.is_empty()
                {
                    composed.insert(each.ident.to_string(), names(&each.supertraits));
                }
            }
        }
        composed
    }

    /// The actions of each trait as `actions.rs` lists them: the list is documented by the trait's name.
    pub(crate) fn listed_actions(&self) -> BTreeMap<String, BTreeSet<String>> {
        const LISTS: &str = "shared/aws/src/actions.rs";
        let file = parsed(LISTS, &self.0[LISTS]);
        let constants = file.items.iter().filter_map(|item| match item {
            Item::Const(each) => Some(each),
            _ => None,
        });
        let named: BTreeMap<String, String> = constants
            .clone()
            .filter_map(|each| Some((each.ident.to_string(), text(&each.expr)?)))
            .collect();
        let lists = constants.filter_map(|each| {
            let Expr::Reference(list) = &*each.expr else {
                return None;
            };
            let Expr::Array(list) = &*list.expr else {
                return None;
            };
            let actions = list.elems.iter().map(|element| match element {
                Expr::Path(path) => {
                    named[&path.path.require_ident().expect("a constant").to_string()].clone()
                }
                other => text(other).expect("an action"),
            });
            let mut documented = Texts(BTreeSet::new());
            each.attrs
                .iter()
                .for_each(|attribute| documented.visit_attribute(attribute));
            let about = documented
                .0
                .iter()
                .find_map(|line| line.split_once("[`")?.1.split_once("`]"));
            let about = about.expect("a list says of which trait it is").0;
            let name = about.rsplit("::").next().unwrap_or_default();
            Some((name.to_owned(), actions.collect()))
        });
        lists.collect()
    }

    /// The actions of each trait that the adapters carry out.
    pub(crate) fn actions_of_traits(&self) -> BTreeMap<String, BTreeSet<String>> {
        let adapters = self
            .0
            .iter()
            .filter(|(path, _)| path.starts_with("shared/aws/src/"));
        let adapters = adapters.map(|(path, text)| Source {
            module: module(path),
            file: parsed(path, text),
        });
        let adapters: Vec<Source> = adapters.collect();
        operation::actions_of_traits(&adapters)
    }
}

/// The name that IAM has for a call, and for what rides along with it.
pub(crate) fn checked_as(call: &str, with_tags: bool) -> Vec<String> {
    let renamed = CHECKED_AS.iter().find(|(name, _)| *name == call);
    let name = renamed.map_or(call, |(_, checked)| *checked).to_owned();
    let tagged = with_tags.then(|| TAGS_RIDE_ALONG.1.to_owned());
    std::iter::once(name).chain(tagged).collect()
}

pub(crate) fn brings_tags(method: &str) -> bool {
    method == TAGS_RIDE_ALONG.0
}

fn parsed(path: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The module that a file is: `ledger` for `ledger/mod.rs`.
fn module(path: &str) -> String {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn names<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Vec<String> {
    let names = bounds.into_iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(each) => each.path.segments.last(),
        _ => None,
    });
    let names = names.map(|segment| segment.ident.to_string());
    names
        .filter(|name| name != "Send" && name != "Sync")
        .collect()
}

/// Finds `serve(.., module::run)`, and `serve_failover(module::run)`.
struct Served(Option<String>);

impl Visit<'_> for Served {
    fn visit_expr_call(&mut self, call: &syn::ExprCall) {
        if let Expr::Path(called) = &*call.func
            && called
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "serve" || last.ident == "serve_failover")
            && let Some(Expr::Path(run)) = call.args.last()
        {
            let module = run.path.segments.iter().rev().nth(1);
            self.0 = module.map(|module| module.ident.to_string());
        }
        visit::visit_expr_call(self, call);
    }
}

fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

struct Texts(BTreeSet<String>);

impl Visit<'_> for Texts {
    fn visit_lit_str(&mut self, text: &syn::LitStr) {
        self.0.insert(text.value());
    }
}
