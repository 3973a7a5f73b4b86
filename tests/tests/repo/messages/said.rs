//! What the sources say to people: every finding, every obstacle, every summary, every error.

use super::text::{Functions, Scope};
use crate::template::code::Sources;
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Block, Expr, ExprCall, ExprMatch, ExprMethodCall, ExprStruct, ExprTuple,
    ImplItemFn, ItemFn, ItemImpl, ItemMod, Member, Pat, Path,
};

/// Everything that is said.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) findings: Vec<Finding>,
    pub(super) obstacles: Vec<Obstacle>,
    pub(super) summaries: Vec<Sentence>,
    pub(super) errors: Vec<Sentence>,
}

/// One finding: what each part can be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) file: String,
    pub(super) what: Vec<String>,
    pub(super) why: Vec<String>,
    pub(super) next: Vec<String>,
}

/// What stands in the way of a failover.
#[derive(Debug, Default)]
pub(super) struct Obstacle {
    pub(super) name: String,
    pub(super) why: Vec<String>,
    pub(super) next: Vec<String>,
}

/// A sentence under a name: an outcome, or an error.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) texts: Vec<String>,
}

/// Where the obstacles are.
const OBSTACLES: &str = "shared/src/alarm_failover/obstacle.rs";

/// Reads all of it.
pub(super) fn all(sources: &Sources) -> Said {
    let files: Vec<(String, syn::File)> = sources
        .files_under("shared/src/")
        .into_iter()
        .filter(|(path, _)| {
            !["samples", "fixtures", "testing"]
                .iter()
                .any(|it| path.contains(it))
        })
        .map(|(path, text)| {
            let file = syn::parse_file(&text).expect("a source is Rust");
            (path, file)
        })
        .collect();
    let mut functions = Functions::default();
    for (path, file) in &files {
        functions.add(path, file);
    }
    let mut said = Said::default();
    for (path, file) in &files {
        let mut reader = Reader {
            path,
            functions: &functions,
            scope: Scope::default(),
            said: &mut said,
        };
        reader.visit_file(file);
        if path == OBSTACLES {
            said.obstacles = obstacles(path, file, &functions);
        }
    }
    said
}

struct Reader<'a> {
    path: &'a str,
    functions: &'a Functions,
    scope: Scope,
    said: &'a mut Said,
}

impl Reader<'_> {
    fn texts(&self, expr: &Expr) -> Vec<String> {
        self.functions.texts(expr, &self.scope, self.path)
    }

    fn inside(&mut self, block: &Block, visit: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.scope, Scope::of(block));
        visit(self);
        self.scope = outside;
    }

    /// Words beside an outcome are its summary.
    fn summary<'e>(&mut self, parts: impl Iterator<Item = &'e Expr> + Clone) {
        let Some(name) = parts.clone().find_map(outcome) else {
            return;
        };
        let texts: Vec<String> = parts
            .flat_map(|part| self.texts(part))
            .filter(|text| text.contains(' '))
            .collect();
        self.sentence(name, texts);
    }

    fn sentence(&mut self, name: String, texts: Vec<String>) {
        let sentence = Sentence {
            file: self.path.to_owned(),
            name,
            texts,
        };
        let known = &mut self.said.summaries;
        if !sentence.texts.is_empty() && !known.contains(&sentence) {
            known.push(sentence);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.inside(&function.block, |reader| {
            visit::visit_item_fn(reader, function);
        });
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.inside(&function.block, |reader| {
            visit::visit_impl_item_fn(reader, function);
        });
    }

    fn visit_expr_struct(&mut self, made: &'ast ExprStruct) {
        let part = |name: &str| {
            let mut fields = made.fields.iter();
            let field =
                fields.find(|field| matches!(&field.member, Member::Named(it) if it == name));
            field
                .map(|field| self.texts(&field.expr))
                .unwrap_or_default()
        };
        let kind: Vec<String> = made
            .path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        match kind
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            [.., "Finding"] => {
                let finding = Finding {
                    file: self.path.to_owned(),
                    what: part("what"),
                    why: part("why"),
                    next: part("next"),
                };
                let is_whole = made.rest.is_none();
                if is_whole && !self.said.findings.contains(&finding) {
                    self.said.findings.push(finding);
                }
            }
            ["Error", name] => {
                let texts = [part("what"), part("done")].concat();
                let error = Sentence {
                    file: self.path.to_owned(),
                    name: format!("`Holdfast.{name}`"),
                    texts,
                };
                if !error.texts.is_empty() && !self.said.errors.contains(&error) {
                    self.said.errors.push(error);
                }
            }
            _ => {}
        }
        visit::visit_expr_struct(self, made);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        self.summary(call.args.iter());
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        match call.method.to_string().as_str() {
            "ignored" => {
                let texts: Vec<String> =
                    call.args.iter().flat_map(|part| self.texts(part)).collect();
                self.sentence("`Ignored`".to_owned(), texts);
            }
            _ => self.summary(call.args.iter()),
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast ExprTuple) {
        self.summary(tuple.elems.iter());
        visit::visit_expr_tuple(self, tuple);
    }
}

/// `Outcome::Reclaimed`, as a name.
fn outcome(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = expr else {
        return None;
    };
    let names: Vec<String> = path
        .path
        .segments
        .iter()
        .map(|it| it.ident.to_string())
        .collect();
    match names.as_slice() {
        [kind, name] if kind == "Outcome" => Some(format!("`{name}`")),
        _ => None,
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let mut attributes = attributes.iter();
    attributes.any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("cfg") && list.is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// The obstacles by variant: what `Display` writes of each, and what `next_in` advises.
fn obstacles(path: &str, file: &syn::File, functions: &Functions) -> Vec<Obstacle> {
    let mut found = Arms::default();
    found.visit_file(file);
    let mut all: BTreeMap<String, Obstacle> = BTreeMap::new();
    for (function, arm) in &found.of_self {
        let texts = functions.texts(&arm.body, &Scope::default(), path);
        for name in variants(&arm.pat) {
            let obstacle = all.entry(name.clone()).or_default();
            obstacle.name = name;
            match function.as_str() {
                "fmt" => obstacle.why.extend(texts.clone()),
                _ => obstacle.next.extend(texts.clone()),
            }
        }
    }
    all.into_values().filter(|it| !it.why.is_empty()).collect()
}

/// The arms of the matches on an obstacle itself.
#[derive(Default)]
struct Arms {
    of_obstacle: bool,
    function: String,
    of_self: Vec<(String, Arm)>,
}

impl<'ast> Visit<'ast> for Arms {
    fn visit_item_impl(&mut self, made: &'ast ItemImpl) {
        self.of_obstacle =
            matches!(&*made.self_ty, syn::Type::Path(path) if path.path.is_ident("Obstacle"));
        visit::visit_item_impl(self, made);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function = function.sig.ident.to_string();
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_expr_match(&mut self, matched: &'ast ExprMatch) {
        let is_self = matches!(&*matched.expr, Expr::Path(path) if path.path.is_ident("self"));
        let speaks = ["fmt", "next_in"].contains(&self.function.as_str());
        if is_self && self.of_obstacle && speaks {
            let arms = matched.arms.iter().cloned();
            self.of_self
                .extend(arms.map(|arm| (self.function.clone(), arm)));
        }
    }
}

fn variants(pattern: &Pat) -> Vec<String> {
    let name = |path: &Path| path.segments.last().map(|it| it.ident.to_string());
    match pattern {
        Pat::Or(or) => or.cases.iter().flat_map(variants).collect(),
        Pat::Struct(it) => name(&it.path).into_iter().collect(),
        Pat::TupleStruct(it) => name(&it.path).into_iter().collect(),
        Pat::Path(it) => name(&it.path).into_iter().collect(),
        _ => Vec::new(),
    }
}
