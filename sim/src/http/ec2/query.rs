//! EC2's query protocol on the way in: a form whose names spell out lists and structures
//! (`Filter.1.Value.2`). Source: EC2 API reference, "Making requests to the Amazon EC2 API".

use crate::api::Ec2Error;
use crate::filters::matches;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The parameters of one call, or of one member of a list in it. Each notes when somebody reads it, so that one that
/// nobody reads can be refused.
#[derive(Debug, Default)]
pub(in crate::http) struct Parameters {
    /// What stands before the names in the whole form.
    prefix: String,
    values: BTreeMap<String, String>,
    /// Whole names; shared by all parts of one form.
    read: Rc<RefCell<BTreeSet<String>>>,
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self {
            values: pairs.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Parameters {
    fn value(&self, name: &str) -> Option<&String> {
        let value = self.values.get(name)?;
        self.read
            .borrow_mut()
            .insert(format!("{}{name}", self.prefix));
        Some(value)
    }

    /// The first name that nobody has read so far.
    pub(in crate::http) fn unread(&self) -> Option<&String> {
        let read = self.read.borrow();
        self.values.keys().find(|name| !read.contains(*name))
    }

    /// Counts as read what fits one of these patterns.
    pub(in crate::http) fn pass_over(&self, patterns: &[&str]) {
        let fits = |name: &&String| patterns.iter().any(|pattern| matches(pattern, name));
        let names = self.values.keys().filter(fits).cloned();
        self.read.borrow_mut().extend(names);
    }

    pub(in crate::http) fn text(&self, name: &str) -> Option<String> {
        self.value(name).cloned()
    }

    pub(in crate::http) fn required(&self, name: &str) -> Result<String, Ec2Error> {
        self.text(name)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                let message = format!("The request must contain the parameter {name}");
                Ec2Error::new("MissingParameter", message)
            })
    }

    pub(in crate::http) fn boolean(&self, name: &str) -> Result<Option<bool>, Ec2Error> {
        match self.value(name).map(String::as_str) {
            None => Ok(None),
            Some("true" | "True") => Ok(Some(true)),
            Some("false" | "False") => Ok(Some(false)),
            Some(other) => Err(invalid(name, other)),
        }
    }

    pub(in crate::http) fn integer(&self, name: &str) -> Result<Option<i32>, Ec2Error> {
        let parse = |text: &String| text.parse().map_err(|_| invalid(name, text));
        self.value(name).map(parse).transpose()
    }

    /// `Name.1`, `Name.2`, in the order of their numbers.
    pub(in crate::http) fn list(&self, name: &str) -> Vec<String> {
        self.numbers(name)
            .into_iter()
            .filter_map(|number| self.text(&format!("{name}.{number}")))
            .collect()
    }

    /// `Name.1.Member`, `Name.2.Member`, each as parameters of its own.
    pub(in crate::http) fn members(&self, name: &str) -> Vec<Self> {
        self.numbers(name)
            .into_iter()
            .map(|number| self.under(&format!("{name}.{number}.")))
            .collect()
    }

    /// `Name.Member`, as parameters of its own.
    pub(in crate::http) fn member(&self, name: &str) -> Self {
        self.under(&format!("{name}."))
    }

    fn under(&self, prefix: &str) -> Self {
        let within = |(name, value): (&String, &String)| {
            Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
        };
        Self {
            prefix: format!("{}{prefix}", self.prefix),
            values: self.values.iter().filter_map(within).collect(),
            read: Rc::clone(&self.read),
        }
    }

    fn numbers(&self, name: &str) -> BTreeSet<u32> {
        let numbered = |key: &String| {
            let rest = key.strip_prefix(name)?.strip_prefix('.')?;
            rest.split('.').next()?.parse().ok()
        };
        self.values.keys().filter_map(numbered).collect()
    }
}

fn invalid(name: &str, value: &str) -> Ec2Error {
    Ec2Error::new(
        "InvalidParameterValue",
        format!("Value ({value}) for parameter {name} is invalid."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_list_keeps_the_order_of_its_numbers_beyond_nine() {
        let form = parameters(&[
            ("AllocationId.10", "c"),
            ("AllocationId.2", "b"),
            ("AllocationId.1", "a"),
        ]);
        assert_eq!(form.list("AllocationId"), ["a", "b", "c"]);
    }

    #[test]
    fn a_list_inside_a_list_is_read() {
        let form = parameters(&[("Filter.1.Name", "domain"), ("Filter.1.Value.1", "vpc")]);
        let filter = &form.members("Filter")[0];
        assert_eq!(filter.text("Name").as_deref(), Some("domain"));
        assert_eq!(filter.list("Value"), ["vpc"]);
    }

    #[test]
    fn a_boolean_that_is_none_is_refused_by_name() {
        let error = parameters(&[("DryRun", "yes")])
            .boolean("DryRun")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "InvalidParameterValue: Value (yes) for parameter DryRun is invalid."
        );
    }
}
