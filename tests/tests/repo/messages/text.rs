//! From an expression to the texts that it can be, with a name in braces for what only a run knows.

use std::collections::BTreeMap;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprCall, ExprLit, ExprMacro, ExprMethodCall, ImplItemFn, ItemConst, ItemFn, Lit,
    Local, Macro, Member, Pat, Stmt, Token,
};

/// How deep functions are followed that make a part of a text.
const DEEPEST: usize = 4;

/// The functions of the sources, by file and name, and the texts that have a name of their own.
#[derive(Default)]
pub(super) struct Functions {
    blocks: BTreeMap<(String, String), Block>,
    texts: BTreeMap<String, String>,
}

/// What `let` gives a name in a function.
#[derive(Default, Clone)]
pub(super) struct Scope(BTreeMap<String, (Expr, Option<usize>)>);

impl Scope {
    pub(super) fn of(block: &Block) -> Self {
        let mut scope = Self::default();
        scope.visit_block(block);
        scope
    }
}

impl<'ast> Visit<'ast> for Scope {
    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            let pattern = match &local.pat {
                Pat::Type(typed) => &*typed.pat,
                other => other,
            };
            match pattern {
                Pat::Ident(name) => {
                    // A name that is given again, from itself, keeps what it was first.
                    let known = self.0.entry(name.ident.to_string());
                    known.or_insert(((*init.expr).clone(), None));
                }
                Pat::Tuple(tuple) => {
                    for (place, part) in tuple.elems.iter().enumerate() {
                        if let Pat::Ident(name) = part {
                            let value = ((*init.expr).clone(), Some(place));
                            self.0.entry(name.ident.to_string()).or_insert(value);
                        }
                    }
                }
                _ => {}
            }
        }
        visit::visit_local(self, local);
    }
}

struct Collected<'a> {
    path: &'a str,
    functions: &'a mut Functions,
}

impl<'ast> Visit<'ast> for Collected<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let key = (self.path.to_owned(), function.sig.ident.to_string());
        self.functions.blocks.insert(key, (*function.block).clone());
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        let key = (self.path.to_owned(), function.sig.ident.to_string());
        self.functions.blocks.insert(key, function.block.clone());
    }

    fn visit_item_const(&mut self, constant: &'ast ItemConst) {
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &*constant.expr
        {
            let texts = &mut self.functions.texts;
            texts.insert(constant.ident.to_string(), text.value());
        }
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    scope: &'a Scope,
    path: &'a str,
    depth: usize,
}

impl Functions {
    pub(super) fn add(&mut self, path: &str, file: &syn::File) {
        let mut collected = Collected {
            path,
            functions: self,
        };
        collected.visit_file(file);
    }

    /// Every text that an expression can be.
    pub(super) fn texts(&self, expr: &Expr, scope: &Scope, path: &str) -> Vec<String> {
        let place = Place {
            scope,
            path,
            depth: 0,
        };
        let mut texts = self.alternatives(expr, None, place);
        texts.dedup();
        texts
    }

    /// The function of that name: in the same file, or the only one that there is.
    fn function(&self, name: &str, path: &str) -> Option<(&str, &Block)> {
        let own = (path.to_owned(), name.to_owned());
        if let Some(((file, _), block)) = self.blocks.get_key_value(&own) {
            return Some((file, block));
        }
        let mut all = self.blocks.iter().filter(|((_, known), _)| known == name);
        let ((file, _), block) = all.next()?;
        all.next().is_none().then_some((file.as_str(), block))
    }

    /// `part` names one of a tuple's values.
    fn alternatives(&self, expr: &Expr, part: Option<usize>, place: Place<'_>) -> Vec<String> {
        let go = |expr: &Expr| self.alternatives(expr, part, place);
        match expr {
            Expr::Tuple(tuple) => match part.and_then(|part| tuple.elems.get(part)) {
                Some(value) => self.alternatives(value, None, place),
                None => Vec::new(),
            },
            Expr::Match(matched) => matched.arms.iter().flat_map(|arm| go(&arm.body)).collect(),
            Expr::If(choice) => {
                let mut texts = self.of_block(&choice.then_branch, part, place);
                texts.extend(choice.else_branch.iter().flat_map(|(_, other)| go(other)));
                texts
            }
            Expr::Block(block) => self.of_block(&block.block, part, place),
            Expr::Return(returned) => returned.expr.iter().flat_map(|it| go(it)).collect(),
            Expr::Paren(inner) => go(&inner.expr),
            Expr::Reference(inner) => go(&inner.expr),
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => vec![text.value()],
            Expr::Macro(ExprMacro { mac, .. }) => self.of_macro(mac, place),
            Expr::MethodCall(call) => self.of_method(call, part, place),
            Expr::Call(call) => self.of_call(call, part, place),
            Expr::Path(path) => {
                let name = path.path.segments.last();
                let name = name.map(|it| it.ident.to_string()).unwrap_or_default();
                self.of_name(&name, part, place)
            }
            Expr::Field(field) => match &field.member {
                Member::Named(name) => vec![format!("{{{name}}}")],
                Member::Unnamed(_) => go(&field.base),
            },
            _ => Vec::new(),
        }
    }

    fn of_name(&self, name: &str, part: Option<usize>, place: Place<'_>) -> Vec<String> {
        match place.scope.0.get(name) {
            Some((value, which)) if place.depth < DEEPEST => {
                let deeper = Place {
                    depth: place.depth + 1,
                    ..place
                };
                let texts = self.alternatives(value, which.or(part), deeper);
                let says = texts.iter().any(|text| text.contains(' '));
                if says {
                    texts
                } else {
                    vec![format!("{{{name}}}")]
                }
            }
            _ => match self.texts.get(name) {
                Some(text) => vec![text.clone()],
                None => vec![format!("{{{name}}}")],
            },
        }
    }

    fn of_block(&self, block: &Block, part: Option<usize>, place: Place<'_>) -> Vec<String> {
        let mut texts = Vec::new();
        let mut early = Returned(Vec::new());
        early.visit_block(block);
        texts.extend(
            early
                .0
                .iter()
                .flat_map(|it| self.alternatives(it, part, place)),
        );
        match block.stmts.last() {
            Some(Stmt::Expr(last, _)) if !matches!(last, Expr::Return(_)) => {
                texts.extend(self.alternatives(last, part, place));
            }
            _ => {}
        }
        texts
    }

    fn of_call(&self, call: &ExprCall, part: Option<usize>, place: Place<'_>) -> Vec<String> {
        let Expr::Path(path) = &*call.func else {
            return Vec::new();
        };
        let names: Vec<String> = path
            .path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let first = |place: usize| call.args.get(place);
        let said = |at: usize| first(at).map(|it| self.one(it, place)).unwrap_or_default();
        match names.as_slice() {
            ["Some" | "Ok" | "Err"] => call
                .args
                .iter()
                .flat_map(|it| self.alternatives(it, part, place))
                .collect(),
            ["chain"] => vec!["{the answer of AWS}".to_owned()],
            ["utc"] => vec!["{time}".to_owned()],
            ["Command" | "Self", "ec2"] => vec![format!("aws ec2 {}", said(0))],
            ["Command" | "Self", "aws"] => vec![format!("aws {} {}", said(0), said(1))],
            ["Command", "of"] => vec![said(0)],
            _ => {
                let name = names.last().copied().unwrap_or_default();
                self.of_function(name, part, place)
            }
        }
    }

    fn of_function(&self, name: &str, part: Option<usize>, place: Place<'_>) -> Vec<String> {
        let found = self
            .function(name, place.path)
            .filter(|_| place.depth < DEEPEST);
        let texts = found.map(|(path, block)| {
            let scope = Scope::of(block);
            let inside = Place {
                scope: &scope,
                path,
                depth: place.depth + 1,
            };
            self.of_block(block, part, inside)
        });
        match texts {
            Some(texts) if texts.iter().any(|text| text.contains(' ')) => texts,
            _ => vec![format!("{{{name}}}")],
        }
    }

    fn of_method(
        &self,
        call: &ExprMethodCall,
        part: Option<usize>,
        place: Place<'_>,
    ) -> Vec<String> {
        let argument = |at: usize| {
            call.args
                .get(at)
                .map(|it| self.one(it, place))
                .unwrap_or_default()
        };
        let name = call.method.to_string();
        let added = match (name.as_str(), call.args.len()) {
            ("with", 2) => format!(" --{} {}", argument(0), argument(1)),
            ("to_fill_in", 2) => format!(" --{} <{}>", argument(0), argument(1)),
            ("flag", 1) => format!(" --{}", argument(0)),
            ("tags", 1) => " --tags {tags}".to_owned(),
            ("tag_specification", 2) => format!(" --tag-specifications {{{}, tags}}", argument(0)),
            ("filter", 2) => format!(" --filters Name={},Values={}", argument(0), argument(1)),
            ("word" | "placeholder", 1) => format!(" {}", argument(0)),
            _ => String::new(),
        };
        let before = self.alternatives(&call.receiver, part, place);
        let is_command = before
            .iter()
            .any(|text| text.starts_with("aws ") || text.starts_with("terraform"));
        if is_command && !added.is_empty() {
            return before.into_iter().map(|text| text + &added).collect();
        }
        match name.as_str() {
            "to_owned" | "to_string" | "into" | "clone" | "as_str" | "as_deref" | "as_ref"
            | "cloned" | "flag" | "with" | "tags" => before,
            "map_or" | "map_or_else" | "unwrap_or" | "unwrap_or_else" | "map" | "then"
            | "then_some" => {
                let closures = call.args.iter().flat_map(|it| match it {
                    Expr::Closure(closure) => self.alternatives(&closure.body, part, place),
                    other => self.alternatives(other, part, place),
                });
                let texts: Vec<String> = closures.filter(|text| !text.is_empty()).collect();
                if texts.is_empty() { before } else { texts }
            }
            _ => {
                let texts = self.of_function(&name, part, place);
                let says = texts.iter().any(|text| text.contains(' '));
                if says || before.is_empty() {
                    texts
                } else {
                    before
                }
            }
        }
    }

    fn of_macro(&self, mac: &Macro, place: Place<'_>) -> Vec<String> {
        let name = mac.path.segments.last().map(|it| it.ident.to_string());
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(parsed) = parser.parse2(mac.tokens.clone()) else {
            return Vec::new();
        };
        let mut parts = parsed.into_iter();
        if name.as_deref() == Some("write") {
            parts.next();
        }
        let Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) = parts.next()
        else {
            return Vec::new();
        };
        let positional: Vec<String> = parts.map(|it| self.one(&it, place)).collect();
        vec![self.filled(&text.value(), &positional, place)]
    }

    /// A format string with what is known of its parts.
    fn filled(&self, format: &str, positional: &[String], place: Place<'_>) -> String {
        let mut text = String::new();
        let format = format.replace("{{", "\u{1}").replace("}}", "\u{2}");
        let mut rest = format.as_str();
        let mut positional = positional.iter();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            match name.split(':').next().unwrap_or_default() {
                "" => text.push_str(positional.next().map_or("{}", String::as_str)),
                name => text.push_str(&either(self.of_name(name, None, place))),
            }
            rest = after;
        }
        text.push_str(rest);
        text.replace('\u{1}', "{").replace('\u{2}', "}")
    }

    /// A part of a text: one of several is a bracket.
    fn one(&self, expr: &Expr, place: Place<'_>) -> String {
        let deeper = Place {
            depth: place.depth + 1,
            ..place
        };
        either(self.alternatives(expr, None, deeper))
    }
}

fn either(mut texts: Vec<String>) -> String {
    texts.dedup();
    match texts.len() {
        0 => "{...}".to_owned(),
        1 => texts.remove(0),
        _ => format!("[{}]", texts.join(" | ")),
    }
}

/// What is returned before the end.
struct Returned(Vec<Expr>);

impl<'ast> Visit<'ast> for Returned {
    fn visit_expr_return(&mut self, returned: &'ast syn::ExprReturn) {
        self.0.extend(returned.expr.as_deref().cloned());
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
}
