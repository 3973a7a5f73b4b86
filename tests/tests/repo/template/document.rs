//! The template as the other tests of the harness read it.

pub(crate) use holdfast_tests::template::{Function, Template, entries, template, texts};
