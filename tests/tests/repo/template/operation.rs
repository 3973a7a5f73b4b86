//! Which calls the adapters make. A method of one of the SDK's clients, be it a field or an argument, is a call of
//! that service, wherever it stands: in the trait's own method, or in a function that this one calls.

use super::code::{brings_tags, checked_as};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{
    Expr, FnArg, GenericArgument, Ident, ImplItem, Item, Member, Pat, PathArguments, Signature,
    Type, UseTree,
};

/// The SDK's crates, and the service as IAM writes it.
const SERVICES: [(&str, &str); 7] = [
    ("aws_sdk_ec2", "ec2"),
    ("aws_sdk_dynamodb", "dynamodb"),
    ("aws_sdk_cloudtrail", "cloudtrail"),
    ("aws_sdk_cloudwatch", "cloudwatch"),
    ("aws_sdk_autoscaling", "autoscaling"),
    ("aws_sdk_arczonalshift", "arc-zonal-shift"),
    ("aws_sdk_sns", "sns"),
];

/// A source of the adapters: its module's name, and what is in it.
pub(crate) struct Source {
    pub(crate) module: String,
    pub(crate) file: syn::File,
}

/// The actions of each trait, by the adapters' sources.
pub(crate) fn actions_of_traits(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let fields: BTreeMap<String, &str> = sources.iter().flat_map(fields).collect();
    let bodies: Vec<Body> = sources
        .iter()
        .flat_map(|source| bodies(source, &fields))
        .collect();
    let mut actions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for body in &bodies {
        if let Place::Trait(name) = &body.place {
            let reached = reached_from(body, &bodies);
            actions.entry(name.clone()).or_default().extend(reached);
        }
    }
    actions.retain(|_, actions| !actions.is_empty());
    actions
}

/// A function or method of the adapters.
struct Body {
    module: String,
    name: String,
    place: Place,
    actions: Vec<String>,
    calls: BTreeSet<Called>,
}

#[derive(PartialEq)]
enum Place {
    Free,
    Type,
    Trait(String),
}

/// What is called: a method of the same type, a function of the same module, or one of another module.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Called {
    Method(String),
    Function(String),
    In(String, String),
}

impl Called {
    fn may_be(&self, body: &Body, caller: &Body) -> bool {
        match self {
            Self::Method(name) => body.place != Place::Free && body.name == *name,
            Self::Function(name) => {
                body.place == Place::Free && body.name == *name && body.module == caller.module
            }
            Self::In(module, name) => body.module == *module && body.name == *name,
        }
    }
}

fn reached_from(start: &Body, bodies: &[Body]) -> BTreeSet<String> {
    let mut seen = vec![start];
    let mut next = 0;
    while let Some(&caller) = seen.get(next) {
        next += 1;
        for body in bodies {
            let is_called = caller.calls.iter().any(|call| call.may_be(body, caller));
            if is_called && !seen.iter().any(|known| std::ptr::eq(*known, body)) {
                seen.push(body);
            }
        }
    }
    let actions = seen.into_iter().flat_map(|body| &body.actions);
    actions.cloned().collect()
}

/// The service whose `Client` a source imports by that name.
fn imported(file: &syn::File) -> Option<&'static str> {
    file.items.iter().find_map(|item| match item {
        Item::Use(each) => {
            let UseTree::Path(root) = &each.tree else {
                return None;
            };
            let service = SERVICES.iter().find(|(name, _)| root.ident == name)?;
            names_client(&root.tree).then_some(service.1)
        }
        _ => None,
    })
}

fn names_client(tree: &UseTree) -> bool {
    match tree {
        UseTree::Name(each) => each.ident == "Client",
        UseTree::Group(group) => group.items.iter().any(names_client),
        _ => false,
    }
}

/// The service of a type that is a client, a reference to one, or something that holds one.
fn service_of(kind: &Type, imported: Option<&'static str>) -> Option<&'static str> {
    match kind {
        Type::Reference(reference) => service_of(&reference.elem, imported),
        Type::Path(path) => {
            if let Some(PathArguments::AngleBracketed(held)) =
                path.path.segments.last().map(|last| &last.arguments)
            {
                return held.args.iter().find_map(|held| match held {
                    GenericArgument::Type(kind) => service_of(kind, imported),
                    _ => None,
                });
            }
            let mut segments = path.path.segments.iter().rev().map(|each| &each.ident);
            segments.next().filter(|last| *last == "Client")?;
            match segments.next() {
                None => imported,
                Some(name) => {
                    let service = SERVICES.iter().find(|(known, _)| name == known);
                    service.map(|(_, service)| *service)
                }
            }
        }
        _ => None,
    }
}

/// The fields that hold a client, by name, with their service.
fn fields(source: &Source) -> Vec<(String, &'static str)> {
    let imported = imported(&source.file);
    let structs = source.file.items.iter().filter_map(|item| match item {
        Item::Struct(each) => Some(&each.fields),
        _ => None,
    });
    let fields = structs.flatten().filter_map(|field| {
        let service = service_of(&field.ty, imported)?;
        Some((field.ident.as_ref()?.to_string(), service))
    });
    fields.collect()
}

fn bodies(source: &Source, fields: &BTreeMap<String, &'static str>) -> Vec<Body> {
    let mut bodies = Vec::new();
    let mut add = |signature: &Signature, place, block: &syn::Block| {
        let mut calls = Calls {
            fields,
            arguments: arguments(signature, imported(&source.file)),
            operations: Vec::new(),
            with_tags: false,
            others: BTreeSet::new(),
        };
        calls.visit_block(block);
        let operations = calls.operations.iter();
        bodies.push(Body {
            module: source.module.clone(),
            name: signature.ident.to_string(),
            place,
            actions: operations
                .flat_map(|each| checked_as(each, calls.with_tags))
                .collect(),
            calls: calls.others,
        });
    };
    for item in &source.file.items {
        match item {
            Item::Fn(each) => add(&each.sig, Place::Free, &each.block),
            Item::Impl(each) => {
                let of_trait = each.trait_.as_ref().map(|(_, path, _)| path);
                let of_trait = of_trait.and_then(|path| path.segments.last());
                for item in &each.items {
                    if let ImplItem::Fn(each) = item {
                        let place = match of_trait {
                            Some(name) => Place::Trait(name.ident.to_string()),
                            None => Place::Type,
                        };
                        add(&each.sig, place, &each.block);
                    }
                }
            }
            _ => {}
        }
    }
    bodies
}

/// The arguments that are a client.
fn arguments(
    signature: &Signature,
    imported: Option<&'static str>,
) -> BTreeMap<String, &'static str> {
    let typed = signature.inputs.iter().filter_map(|each| match each {
        FnArg::Typed(each) => Some(each),
        FnArg::Receiver(_) => None,
    });
    let clients = typed.filter_map(|argument| {
        let Pat::Ident(name) = &*argument.pat else {
            return None;
        };
        let service = service_of(&argument.ty, imported)?;
        Some((name.ident.to_string(), service))
    });
    clients.collect()
}

struct Calls<'a> {
    fields: &'a BTreeMap<String, &'static str>,
    arguments: BTreeMap<String, &'static str>,
    operations: Vec<String>,
    with_tags: bool,
    others: BTreeSet<Called>,
}

impl Calls<'_> {
    /// The service of an expression that is a client.
    fn client(&self, receiver: &Expr) -> Option<&'static str> {
        match receiver {
            Expr::Field(field) => match &field.member {
                Member::Named(name) => self.fields.get(&name.to_string()).copied(),
                Member::Unnamed(_) => None,
            },
            Expr::Path(path) => {
                let name = path.path.get_ident().map(Ident::to_string)?;
                self.arguments.get(&name).copied()
            }
            _ => None,
        }
    }
}

impl Visit<'_> for Calls<'_> {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        let method = call.method.to_string();
        self.with_tags |= brings_tags(&method);
        if let Some(service) = self.client(&call.receiver) {
            let operation = format!("{service}:{}", camel_case(&method));
            self.operations.push(operation);
        } else if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self")) {
            self.others.insert(Called::Method(method));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &syn::ExprPath) {
        let mut names = path
            .path
            .segments
            .iter()
            .rev()
            .map(|each| each.ident.to_string());
        let called = match (names.next(), names.next().as_deref()) {
            (Some(name), None) => Some(Called::Function(name)),
            (Some(name), Some("Self")) => Some(Called::Method(name)),
            (Some(name), Some(module)) => Some(Called::In(module.to_owned(), name)),
            (None, _) => None,
        };
        self.others.extend(called);
    }
}

pub(crate) fn camel_case(snake_case: &str) -> String {
    let words = snake_case.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}
